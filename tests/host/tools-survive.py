#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools-survive: the control domain's tools and our guest kernel where something goes wrong beside them.

What must hold: more event channels pending than any ring holds are all told; a rename on a full disk changes nothing;
domaind is found by what it is, not by a process id, and starts again after it was killed; a kept config that cannot be
read is complained of once; the console's verb ends with its input, and leaves the terminal at the start of a line; who
waits for a large kernel is told; an NMI is reported, and the domain goes on.
"""
# RUN: timeout=240

import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import BUILD, TOP, RunningHost  # noqa: E402

LOG = "/var/log/domaind.log"


def check_ports(t, host, share):
    subprocess.run([os.environ.get("HOSTCC", "gcc"), "-O1", "-static", "-I", TOP, "-o", os.path.join(share, "flood"),
                    os.path.join(TOP, "tests/host/evtchn-flood.c"), os.path.join(TOP, "dom0-tools/lib/evtchn.c")], check=True)
    r = host.run("/share/flood")
    t.eq((r.status, r.out.strip()), (0, "ok"), "700 event channels at once are all told") or t.note(r)


def check_rename(t, host):
    config = "/run/pvctl/%d.cfg" % host.list()["hello"][0]
    before = host.run(f"cat {config}").out
    t.like(before, r'(?m)^name = "hello"$', "the config is kept")
    # The file that is written first is a full disk.
    full = host.run(f"ln -s /dev/full {config}.new; pvctl rename hello other")
    t.eq(full.status, 1, "rename without room for the config fails") or t.note(full)
    t.like(full.err, r"not renamed: keeping the config: \S+: No space left", "and says why")
    t.eq(host.run(f"cat {config}").out, before, "the old config is whole")
    t.eq(host.run("ls /run/pvctl").out, os.path.basename(config) + "\n", "nothing lies beside it")
    t.ok("hello" in host.list(), "the name is as it was", host.list())
    t.eq(host.pvctl("rename", "hello", "other").status, 0, "with room it succeeds")
    t.eq(host.run(f"cat {config}").out, before.replace('"hello"\n', '"other"\n', 1), "and changes the name in the config only")
    host.pvctl("rename", "other", "hello")


def daemons(host):
    """Process ids of the domainds."""
    return host.run("for p in /proc/[0-9]*; do tr '\\000' ' ' <$p/cmdline | grep -q '^[^ ]*domaind' && echo ${p#/proc/}; "
                    "done").out.split()


def check_daemon(t, host):
    first = daemons(host)
    t.eq(len(first), 1, "one domaind runs")
    host.run("domaind; domaind")
    t.eq(daemons(host), first, "another one finds it and ends")
    # A process that lives under a daemon's old id, as far as a file tells, is not the daemon.
    host.run(f"kill -9 {first[0]}; sleep 0.2; echo 1 >/run/domaind.pid; domaind")
    second = daemons(host)
    t.ok(len(second) == 1 and second != first, "after it was killed a new one starts", (first, second))


def check_log(t, host):
    """A domain that has shut down, with a config that says nothing."""
    config = "/run/pvctl/%d.cfg" % host.list()["hello"][0]
    host.run(f"cp {config} /tmp/kept; echo 'name = ' >{config}; pvctl shutdown hello")
    t.ok(host.wait_for("the domain to shut down", lambda: "s" in host.list()["hello"][3], 20), "the domain shuts down")
    time.sleep(8)
    lines = [l for l in host.run(f"cat {LOG}").out.splitlines() if config in l]
    t.eq(len(lines), 1, "what is wrong with a kept config is logged once") or t.note("\n".join(lines))
    host.run(f"mv /tmp/kept {config}")
    t.ok(host.wait_for("the domain to go", lambda: "hello" not in host.list(), 20), "and once it is right it is followed")


def check_console(t, host):
    start = time.monotonic()
    r = host.pvctl("console", "hello", timeout=30)
    t.eq(r.status, 0, "the console's verb ends with its input")
    t.like(r.out, r"\S", "after what the domain has printed")
    t.note(f"{time.monotonic() - start:.2f} s")
    r = host.pvctl("console", "hello", data="nonsense\r", timeout=30)
    t.like(r.out, r"nonsense\r?\n[^\n]+", "and with the answer to the last line")
    import pexpect
    c = host.spawn("console", "hello", timeout=20)
    c.send("\r")
    c.expect(r"[>$#] $")
    c.send("\x1d")
    c.expect([pexpect.EOF, pexpect.TIMEOUT])
    # Another prompt may have come before it.
    t.like(repr(c.before), r"\\n'$", "Ctrl-] leaves the cursor at the start of a line")
    c.close()


def check_progress(t, host):
    import pexpect
    c = host.spawn("create", "configs/linux.cfg", timeout=60)
    try:
        t.ok(c.expect([r"Loading kernel \S*vmlinuz \.\.\.", pexpect.EOF, pexpect.TIMEOUT]) == 0,
             "a large kernel is announced on a terminal")
        c.expect([pexpect.EOF, pexpect.TIMEOUT])
    finally:
        c.close()
    host.pvctl("destroy", "linux")
    r = host.pvctl("create", "configs/hello.cfg", "name=quick")
    t.eq((r.status, r.err), (0, ""), "and not to a script")
    host.pvctl("destroy", "quick")


def check_nmi(t, host):
    for _ in range(20):
        r = host.pvctl("trigger", "hello", "nmi")
    t.eq(r.status, 0, "trigger succeeds")
    r = host.pvctl("console", "hello", data="nonsense\r", timeout=30)
    t.like(r.out, r"CPU 0: \d+ NMIs? that nothing here asked for; going on", "the guest kernel reports NMIs")
    told = sum(int(n) for n in re.findall(r"CPU 0: (\d+) NMI", r.out))
    t.ok(1 <= told <= 20, "no more than were sent", told)
    t.like(r.out, r"nonsense\r?\n[^\n]+", "and the domain goes on")
    t.ok("c" not in host.list()["hello"][3], "it has not crashed", host.list()["hello"])


def main():
    with Tap() as t, tempfile.TemporaryDirectory() as share, RunningHost(share=share) as host:
        t.eq(host.pvctl("create", "configs/hello.cfg").status, 0, "create")
        check_ports(t, host, share)
        check_console(t, host)
        check_nmi(t, host)
        check_rename(t, host)
        check_daemon(t, host)
        check_progress(t, host)
        check_log(t, host)


if __name__ == "__main__":
    main()
