#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""store-dead: programs that wait for a XenStore that does not answer can be killed.

What must hold: with xenstored gone, a program that has sent a request through the control domain's kernel waits, and
goes when it is killed; so do many, whose requests together are more than the ring holds.
"""
# RUN: timeout=120

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import RunningHost  # noqa: E402

# XS_READ of a path of 191 characters: with the header 208 bytes, so that five fill the ring.
REQUEST = r"\002\000\000\000" + r"\000" * 8 + r"\300\000\000\000" + "/" + "x" * 190 + r"\000"
WAITERS = 12


def main():
    with Tap() as t, RunningHost() as host:
        def waiting():
            return len([l for l in host.run("ps").out.splitlines() if "sh -c printf" in l and " D " in l])

        r = host.run("xenstore-read /local/domain/0/name")
        t.like(r.out, "Domain-0", "the store answers")
        r = host.run(f"printf '{REQUEST}' > /dev/xen/xenbus")
        t.eq(r.status, 0, "so does it through the kernel") or t.note(r)
        host.run("for f in /proc/[0-9]*; do read -r x < $f/comm; [ $x = xenstored ] && kill -9 ${f#/proc/}; done")
        host.run(f"for i in $(seq {WAITERS}); do (exec sh -c \"printf '{REQUEST}' > /dev/xen/xenbus; :\") & done")
        t.ok(host.wait_for("waiters", lambda: waiting() == WAITERS, 10), f"{WAITERS} programs wait for it", waiting())
        host.run("for f in /proc/[0-9]*; do read -r c < $f/cmdline; case $c in *[x]xxx*) kill -9 ${f#/proc/};; "
                 "esac; done")
        t.ok(host.wait_for("their end", lambda: waiting() == 0, 10), "and are gone when they are killed", waiting())


if __name__ == "__main__":
    main()
