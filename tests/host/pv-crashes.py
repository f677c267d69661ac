#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pv-crashes: each way in which a guest ends: beyond repair, with a reason, registers and trace; or by its own shutdown.

What must hold: the reason names what was missing and where, the machine's status says how the control domain ended
(33 + 2 * code), and the hypervisor itself is well.
"""
# RUN: timeout=120

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import BUILD, PATIENCE, TOP, qemu  # noqa: E402

CRASH = 39
WAYS = (
    ("h", CRASH, r"crashed: vCPU 0: trap 6 .* no handler for it"),
    ("s", CRASH, r"crashed: vCPU 0: no writable stack at 0xf[0-9a-f]+ for a trap"),
    ("i", CRASH, r"crashed: vCPU 0: iret hypercall with no readable frame at 0x1000"),
    ("u", CRASH, r"crashed: vCPU 0: iret to user mode at 0x1000 without a user page table"),
    ("e", CRASH, r"crashed: vCPU 0: no callback to deliver to"),
    ("f", CRASH, r"crashed: vCPU 0: (return to .* faulted and no failsafe callback|trap 13)"),
    ("c", CRASH, r"Control domain shut down: crash"),
    ("r", 35, r"Control domain shut down: reboot"),
    ("z", 37, r"Control domain shut down: suspend"),
    ("d", 33, r"Control domain shut down: power off"),
)


def boot(way, append="debug-exit noreboot"):
    done = subprocess.run(qemu.qemu_command() + [
        "-accel", "tcg", "-cpu", "max,-smap", "-m", "256M", "-smp", "1", "-display", "none", "-no-reboot", "-monitor", "none",
        "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4", "-kernel", os.path.join(BUILD, "paravane"),
        "-append", "console=com1 dom0_mem=32M " + append, "-initrd", f"{BUILD}/tests/guest/pv-crash {way}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30 * PATIENCE, check=False)
    return done.stdout.decode("utf-8", "replace").replace("\r", ""), done.returncode


def main():
    os.chdir(TOP)
    with Tap() as t:
        for way, status, reason in WAYS:
            text, got = boot(way)
            t.eq(got, status, f"way {way}: status {status}")
            t.like(text, reason, f"way {way}: {reason}")
            t.ok("panic" not in text, f"way {way}: no panic", text)
            if status == CRASH:
                t.like(text, r"Last records of CPU 0:\n\(PV\) +\d+ ", f"way {way}: the trace is shown")
        # Without debug-exit a reboot is a reset of the machine, which ends QEMU under -no-reboot.
        text, got = boot("r", "")
        t.eq(got, 0, "a reboot resets the machine")
        t.like(text, r"shut down: reboot", "and is announced")


if __name__ == "__main__":
    main()
