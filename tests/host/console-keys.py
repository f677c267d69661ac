#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""console-keys: what is typed on the serial line, with our guest kernel as control domain.

What must hold: keys go to the control domain's shell; three times Ctrl-A gives them to the hypervisor, whose debug keys
answer, and three times more gives them back; one or two Ctrl-A are the shell's; conswitch= names another letter or none;
key R reboots the machine, which ends QEMU. Type-ahead beyond what the ring holds is dropped, and nothing else.
"""
# RUN: timeout=240

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import BUILD, PATIENCE, TOP, end_qemu, qemu  # noqa: E402

SWITCH = "\x01" * 3
PROMPT = "~ # "


class Line:
    """A machine and its serial line."""

    def __init__(self, append):
        self.text = ""
        self.machine = subprocess.Popen(qemu.qemu_command() + [
            "-accel", "tcg", "-cpu", "max,-smap", "-m", "512M", "-smp", "2", "-display", "none", "-no-reboot",
            "-monitor", "none", "-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line",
            "-device", "isa-debug-exit,iobase=0xf4", "-kernel", os.path.join(BUILD, "paravane"), "-append", append,
            "-initrd", f"{BUILD}/guest-kernel-pv,{BUILD}/initramfs.cpio"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        os.set_blocking(self.machine.stdout.fileno(), False)

    def type(self, keys):
        self.machine.stdin.write(keys.encode())
        self.machine.stdin.flush()

    def wait(self, wanted, seconds=20):
        """What came since the last call, up to and with a text; all that came when it does not come."""
        deadline = time.monotonic() + seconds * PATIENCE
        while wanted not in self.text and time.monotonic() < deadline and self.machine.poll() is None:
            self.text += (self.machine.stdout.read() or b"").decode("utf-8", "replace").replace("\r", "")
            time.sleep(0.02)
        self.text += (self.machine.stdout.read() or b"").decode("utf-8", "replace").replace("\r", "")
        at = self.text.find(wanted)
        end = len(self.text) if at < 0 else at + len(wanted)
        got, self.text = self.text[:end], self.text[end:]
        return got

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        end_qemu(self.machine)


def switching(t):
    with Line("console=com1 noreboot debug-exit dom0_mem=128M") as line:
        t.ok(PROMPT in line.wait(PROMPT, 60), "the shell's prompt")
        line.type("echo one$((40 + 2))\r")
        t.like(line.wait("one42\n"), r"one42", "a line goes to the shell")
        line.type(SWITCH)
        t.like(line.wait("to switch)"), r"Serial input to the hypervisor \(type CTRL-a three times", "Ctrl-A x 3")
        for key, wanted in (("h", "reboot the machine"), ("q", "domain 0: refs"), ("r", "credit scheduler"), ("t", "system time"),
                            ("m", "frames of"), ("d", "runs d"), ("0", "RIP"), ("e", "ports"), ("T", "Last records of CPU 1")):
            line.type(key)
            t.ok(wanted in line.wait(wanted), f"key {key}: {wanted}")
        line.type("Z" + SWITCH)
        t.like(line.wait("to switch)"), r"Serial input to the control domain", "Ctrl-A x 3 gives it back")
        # Two of them are the line editor's: to the start of the line, where "echo" is put before "two".
        line.type("ho two$((1 + 1))\x01\x01ec\r")
        t.like(line.wait("two2\n"), r"two2", "two Ctrl-A reach the shell")
        line.type("stty -echo 2>/dev/null; sleep 1; echo la''ter\r" + "x" * 1000)
        t.ok("later" in line.wait("later\n"), "a flood of keys harms nobody")
        line.type("\x03\x15echo af''ter\r")
        t.ok("\nafter" in line.wait("\nafter"), "and the line goes on")
        line.type(SWITCH + "R")
        line.wait("never")
        t.eq(line.machine.wait(20 * PATIENCE), 35, "key R: debug-exit with the code of a reboot")


def other_letter(t):
    with Line("console=com1 noreboot debug-exit dom0_mem=128M conswitch=b") as line:
        line.wait(PROMPT, 60)
        line.type(SWITCH + "echo a''b\r")
        t.ok("to switch" not in line.wait("ab\n"), "conswitch=b: Ctrl-A does not switch")
        line.type("\x02" * 3)
        t.like(line.wait("to switch)"), r"Serial input to the hypervisor \(type CTRL-b", "conswitch=b: Ctrl-B does")


def main():
    os.chdir(TOP)
    with Tap() as t:
        switching(t)
        other_letter(t)


if __name__ == "__main__":
    main()
