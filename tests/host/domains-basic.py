#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""domains-basic: the small guest from the host's terminal: create, list, console, pause, rename, shutdown,
reboot, destroy.

What must hold: xl's columns and exit statuses; the console works in both directions, inside and from the host;
what a domain used is free again when it is gone.
"""
# RUN: timeout=240 cpus=1,2

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import RunningHost  # noqa: E402

COLUMNS = r"^Name +ID +Mem +VCPUs\s+State\s+Time\(s\)$"


def check_list(t, host):
    r = host.pvctl("list")
    t.eq(r.status, 0, "list succeeds")
    t.like(r.out, COLUMNS, "list has xl's columns")
    t.like(r.out, r"^Domain-0 +0 +\d+ +\d+ +r", "the control domain is listed, running")
    r = host.pvctl("list", "no-such-domain")
    t.eq(r.status, 1, "list of a domain that is not there fails")
    t.like(r.err, r"no-such-domain", "and names it")


def check_create(t, host):
    r = host.pvctl("create", "configs/hello.cfg")
    t.eq(r.status, 0, "create succeeds") or t.note(r)
    t.note(f"create took {r.seconds:.2f} s")
    domains = host.list()
    t.ok("hello" in domains, "the new domain is listed", domains)
    r = host.pvctl("create", "configs/hello.cfg")
    t.eq(r.status, 1, "the same name again fails")
    t.like(r.err, r"hello", "and says which")
    r = host.pvctl("domid", "hello")
    t.eq((r.status, r.out.strip()), (0, str(domains.get("hello", [0])[0])), "domid converts")
    r = host.pvctl("domname", r.out.strip() or "1")
    t.eq((r.status, r.out.strip()), (0, "hello"), "domname converts back")


def check_console(t, host):
    import pexpect
    c = host.spawn("console", "hello", timeout=20)
    try:
        c.send("\r")
        t.ok(c.expect([r"\S", pexpect.TIMEOUT, pexpect.EOF]) == 0, "the guest's console shows its output")
        c.send("\x1d")
        t.ok(c.expect([pexpect.EOF, pexpect.TIMEOUT]) == 0, "Ctrl-] leaves it")
    finally:
        c.close()
    t.ok("hello" in host.list(), "the domain lives on")


def check_states(t, host):
    r = host.pvctl("pause", "hello")
    t.eq(r.status, 0, "pause succeeds")
    t.ok("p" in host.list()["hello"][3], "list shows p", host.list())
    t.eq(host.pvctl("unpause", "hello").status, 0, "unpause succeeds")
    t.ok("p" not in host.list()["hello"][3], "list shows it no more", host.list())
    t.eq(host.pvctl("rename", "hello", "renamed").status, 0, "rename succeeds")
    t.ok("renamed" in host.list(), "list shows the new name", host.list())
    t.eq(host.pvctl("rename", "renamed", "hello").status, 0, "and back")
    r = host.pvctl("vcpu-list", "hello")
    t.like(r.out, r"^hello +\d+ +0 +", "vcpu-list shows its vCPU")
    r = host.pvctl("info")
    t.like(r.out, r"^nr_cpus +: +\d", "info shows the CPUs")
    r = host.pvctl("dmesg")
    t.like(r.out, r"Paravane", "dmesg shows the hypervisor's log")
    r = host.pvctl("li")
    t.eq(r.status, 0, "an unambiguous prefix of a verb will do")
    r = host.pvctl("no-such-verb")
    t.eq(r.status, 2, "an unknown verb is a usage error")


def main():
    with Tap() as t, RunningHost() as host:
        t.note(f"ready after {host.ready_after:.2f} s")
        check_list(t, host)
        host.first_domain()
        free = host.free_frames()
        check_create(t, host)
        check_console(t, host)
        check_states(t, host)

        before = host.list()["hello"][0]
        r = host.pvctl("reboot", "hello", timeout=30)
        t.eq(r.status, 0, "reboot succeeds") or t.note(r)
        t.ok(host.wait_for("the new domain", lambda: host.list().get("hello", (before,))[0] != before, 20),
             "and starts it again with a new id", host.list())
        r = host.pvctl("shutdown", "-w", "hello", timeout=40)
        t.eq(r.status, 0, "shutdown -w succeeds") or t.note(r)
        t.ok(host.wait_for("the domain to go", lambda: "hello" not in host.list(), 10), "and it is gone", host.list())

        t.eq(host.pvctl("create", "configs/hello.cfg", "name=second", "memory=24").status, 0, "keys override")
        t.ok(abs(host.list().get("second", (0, 0))[1] - 24) <= 1, "the override counts", host.list())
        t.eq(host.pvctl("destroy", "second").status, 0, "destroy succeeds")
        t.ok(host.wait_for("the domain to go", lambda: "second" not in host.list(), 10), "and it is gone")
        t.ok(host.wait_for("its memory", lambda: host.free_frames() == free, 10), "all memory is back",
             f"free frames before {free}, now {host.free_frames()}")


if __name__ == "__main__":
    main()
