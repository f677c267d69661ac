#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stock-pvgrub: GRUB's PV image as a domain reaches its prompt and takes a command."""
# RUN: timeout=180

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import RunningHost  # noqa: E402


def main():
    import pexpect
    with Tap() as t, RunningHost() as host:
        r = host.pvctl("create", "configs/pvgrub.cfg")
        t.eq(r.status, 0, "create succeeds") or t.note(r)
        c = host.spawn("console", "pvgrub", timeout=60)
        c.send("\r")
        if t.ok(c.expect_exact(["grub> ", pexpect.TIMEOUT, pexpect.EOF]) == 0, "it shows grub>",
                (c.before or "")[-3000:]):
            c.send("echo a$root-b\r")
            t.ok(c.expect([r"a\S*-b", pexpect.TIMEOUT, pexpect.EOF], timeout=30) == 0, "and takes a command",
                 (c.before or "")[-1000:])
        c.close()
        t.eq(host.pvctl("destroy", "pvgrub").status, 0, "destroy succeeds")


if __name__ == "__main__":
    main()
