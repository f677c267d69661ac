#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""worlds-hvm: the native guest kernel, the file that bare QEMU runs, as a fully virtualized domain.

What must hold: create, console, list and destroy work as for a PV domain; the kernel reaches its shell with 1 and with 2
vCPUs, keeps time and answers commands; power-off and reboot from inside follow the config's policy; a domain whose
device model dies has crashed; what cannot be asked of such a domain is refused with a reason; what was used comes back.
"""
# RUN: timeout=900

import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import RunningHost  # noqa: E402

CONFIG = "configs/world-svm-npt.cfg"
NAME = "world-svm-npt"


class Shell:
    """The domain's console, at its prompt."""

    def __init__(self, host):
        self.child = host.spawn("console", NAME, timeout=60)
        self.child.send("\r")
        self.wait()

    def wait(self):
        self.child.expect(r":[^\n]* # $")
        return self.child.before

    def ask(self, command):
        self.child.send(command + "\r")
        self.child.expect_exact(command + "\r") # behind older prompts
        return self.wait()

    def end(self, command):
        self.child.send(command + "\r")

    def close(self):
        self.child.close()


def check_shell(t, host, vcpus):
    r = host.pvctl("create", CONFIG, f"vcpus={vcpus}")
    t.eq(r.status, 0, f"create with {vcpus} vCPUs") or t.note(r)
    shell = Shell(host)
    t.eq(host.list().get(NAME, (0, 0, 0))[1:3], (64, vcpus), "list shows it")
    t.like(shell.ask("uname -a"), r"Linux paravane \S+ #1 SMP native x86_64", "uname is the native kernel's")
    t.like(shell.ask("nproc"), rf"(?m)^{vcpus}\r", "it has its CPUs")
    t.like(shell.ask("ps"), r"(?s)PID +PPID.*/init", "ps lists its processes")
    t.like(shell.ask("date -u +%Y"), time.strftime(r"(?m)^%Y\r", time.gmtime()), "it has the date")
    before = time.monotonic()
    shell.ask("sleep 2")
    t.ok(time.monotonic() - before >= 1.8, "and sleeps as long as it is told to", time.monotonic() - before)
    return shell


def check_power_off(t, host, shell, free):
    shell.end("poweroff")
    t.ok(host.wait_for("the domain to go", lambda: NAME not in host.list(), 30), "power-off from inside ends it", host.list())
    shell.close()
    t.eq(host.run("ls /run/pvctl").out, "", "nothing is kept of it")
    t.ok(host.wait_for("its memory", lambda: host.free_frames() == free, 20), "all memory is back",
         f"free frames before {free}, now {host.free_frames()}")


def check_refusals(t, host):
    r = host.pvctl("shutdown", NAME)
    t.eq(r.status, 1, "shutdown is refused")
    t.like(r.err, r"fully virtualized and has no PV drivers .* shutdown -F", "with what to do") or t.note(r)
    r = host.pvctl("create", CONFIG, "name=x", "virt=vmx")
    t.like(r.err, r'virt = "vmx": expected one of "svm-npt", "svm-shadow", "tande"', "an unknown world is refused")
    r = host.pvctl("create", CONFIG, "name=x", "kernel=build/guest-kernel-pv")
    t.like(r.err, r"guest-kernel-pv: no Multiboot header", "a PV kernel is refused")
    t.ok("x" not in host.list(), "neither leaves anything behind", host.list())


def check_reboot(t, host, shell):
    before = host.list()[NAME][0]
    shell.end("reboot")
    t.ok(host.wait_for("the new domain", lambda: host.list().get(NAME, (before,))[0] != before, 40),
         "reboot from inside starts it again with a new id", host.list())
    shell.close()
    t.like(Shell(host).ask("uname"), r"Linux", "to its shell")


def check_dead_model(t, host):
    found = re.findall(r"(?m)^ *(\d+) .*devmodel -r", host.run("ps").out)
    t.eq(len(found), 1, "one device model runs")
    host.run(f"kill -9 {found[0]}")
    t.ok(host.wait_for("the policy", lambda: NAME not in host.list(), 30), "a domain whose device model was killed is destroyed",
         host.list())
    t.like(host.run("cat /var/log/domaind.log").out, r"world-svm-npt: its device model has died", "and the log says why")


def check_force(t, host):
    host.pvctl("create", CONFIG)
    t.eq(host.pvctl("shutdown", "-F", "-w", NAME, timeout=40).status, 0, "shutdown -F switches it off")
    t.ok(host.wait_for("the domain to go", lambda: NAME not in host.list(), 20), "and it is gone", host.list())
    host.pvctl("create", CONFIG)
    t.eq(host.pvctl("destroy", NAME).status, 0, "destroy")
    t.ok(host.wait_for("the model to end", lambda: "devmodel" not in host.run("ps").out, 20), "no device model outlives its domain")


def main():
    with Tap() as t, RunningHost() as host:
        host.first_domain()
        host.pvctl("create", CONFIG)
        host.pvctl("destroy", NAME)
        host.wait_for("the model to end", lambda: "devmodel" not in host.run("ps").out, 20)
        free = host.free_frames()
        for vcpus in 1, 2:
            shell = check_shell(t, host, vcpus)
            if vcpus == 1:
                check_refusals(t, host)
            check_power_off(t, host, shell, free)
        host.pvctl("create", CONFIG)
        check_reboot(t, host, Shell(host))
        check_dead_model(t, host)
        check_force(t, host)
        t.ok(host.wait_for("its memory", lambda: host.free_frames() == free, 20), "all memory is back",
             f"free frames before {free}, now {host.free_frames()}")


if __name__ == "__main__":
    main()
