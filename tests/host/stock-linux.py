#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stock-linux: Debian's unmodified kernel as a domain, from its bzImage, with busybox.

What must hold: with 1 and with 2 vCPUs it gives an interactive shell on its console; reboot and shutdown from
the tool reach it through XenStore.
"""
# RUN: timeout=300 cpus=1,2

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import CPUS, RunningHost  # noqa: E402

PROMPT = "linux# "


def shell(t, host, vcpus):
    """Log in on the console; returns whether there was a prompt."""
    import pexpect
    c = host.spawn("console", "linux", timeout=120)
    try:
        c.send("\r")
        if not t.ok(c.expect_exact([PROMPT, pexpect.TIMEOUT, pexpect.EOF]) == 0, "its console has a shell",
                    (c.before or "")[-3000:]):
            return False
        c.send("echo cpus=$(grep -c ^processor /proc/cpuinfo) sum=$((40 + 2))\r")
        t.ok(c.expect([r"cpus=(\d+) sum=42", pexpect.TIMEOUT, pexpect.EOF], timeout=30) == 0, "which answers",
             (c.before or "")[-1000:])
        t.eq(c.match and c.match is not pexpect.TIMEOUT and c.match.group(1), str(vcpus), f"it has {vcpus} vCPUs")
        c.send("uname -r\r")
        t.ok(c.expect([r"6\.1\.\S+", pexpect.TIMEOUT, pexpect.EOF], timeout=30) == 0, "it is the stock kernel")
        c.send("\x1d")
        t.ok(c.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=10) == 0, "Ctrl-] leaves the console")
        return True
    finally:
        c.close()


def main():
    vcpus = CPUS
    with Tap() as t, RunningHost() as host:
        host.first_domain()
        free = host.free_frames()
        r = host.pvctl("create", "configs/linux.cfg", f"vcpus={vcpus}", timeout=60)
        t.eq(r.status, 0, "create succeeds") or t.note(r)
        t.note(f"create took {r.seconds:.2f} s")
        if not shell(t, host, vcpus):
            t.note(host.pvctl("list"))
            t.note(host.pvctl("dmesg").out[-3000:])
            return
        before = host.list()["linux"][0]
        r = host.pvctl("reboot", "linux", timeout=60)
        t.eq(r.status, 0, "reboot succeeds") or t.note(r)
        t.ok(host.wait_for("the new domain", lambda: host.list().get("linux", (before,))[0] not in (before,), 60),
             "it starts again with a new id", host.list())
        shell(t, host, vcpus)
        r = host.pvctl("shutdown", "-w", "linux", timeout=90)
        t.eq(r.status, 0, "shutdown -w succeeds") or t.note(r)
        t.ok(host.wait_for("the domain to go", lambda: "linux" not in host.list(), 30), "it is gone", host.list())
        t.ok(host.wait_for("its memory", lambda: host.free_frames() == free, 10), "all memory is back",
             f"free frames before {free}, now {host.free_frames()}")


if __name__ == "__main__":
    main()
