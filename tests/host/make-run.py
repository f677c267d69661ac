#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make-run: `make run` on a terminal ends at the control domain's prompt with the demo domain running; commands
work there, ./pvctl works beside it, Ctrl-A X leaves.
"""
# RUN: timeout=240

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import BUILD, PATIENCE, TOP, qemu  # noqa: E402


def main():
    import pexpect
    name = f"make-run-{os.getpid()}"
    gone = [pexpect.TIMEOUT, pexpect.EOF]
    with Tap() as t:
        c = pexpect.spawn("make", ["-s", "run", f"HOST={name}", f"B={BUILD}"], cwd=TOP, timeout=60 * PATIENCE,
                          encoding="utf-8", codec_errors="replace", dimensions=(25, 100))
        try:
            if not t.ok(c.expect([r"~ # "] + gone, timeout=120 * PATIENCE) == 0, "the prompt comes",
                        (c.before or "")[-3000:]):
                return
            c.send("pvctl list\r")
            t.ok(c.expect([r"Domain-0 +0 .*\n.*hello +1 "] + gone) == 0, "the demo domain runs", (c.before or "")[-2000:])
            c.send("echo $((6 * 7)) | cat\r")
            t.ok(c.expect([r"\n42\r"] + gone) == 0, "the shell works")
            r = subprocess.run([os.path.join(TOP, "pvctl"), "-H", name, "domid", "hello"], capture_output=True,
                               text=True, timeout=60 * PATIENCE, check=False)
            t.eq((r.returncode, r.stdout), (0, "1\n"), "./pvctl works beside it") or t.note(r.stderr)
            c.send("pvctl console hello\r")
            t.ok(c.expect([r"hello> "] + gone) == 0, "the demo domain's console is reachable inside",
                 (c.before or "")[-2000:])
            c.send("\x1d")
            t.ok(c.expect([r"~ # "] + gone) == 0, "Ctrl-] comes back to the shell", (c.before or "")[-2000:])
            c.send("\x01x")
            t.ok(c.expect([pexpect.EOF, pexpect.TIMEOUT]) == 0, "Ctrl-A X leaves")
        finally:
            c.close(force=True)
            qemu.Host(name, build=BUILD).stop()


if __name__ == "__main__":
    main()
