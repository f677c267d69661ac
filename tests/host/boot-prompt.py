#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""boot-prompt: from QEMU's start to the control domain's prompt.

What must hold: the prompt is there and answers; it takes at most 2 s on two idle CPUs (reported always, judged
only with room for a loaded machine, because a benchmark never decides whether tests pass).
"""
# RUN: timeout=120 cpus=1,2 alone

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import BUILD, CPUS, TOP, qemu  # noqa: E402

PROMPT = "~ #"


def main():
    with Tap() as t:
        os.chdir(TOP)
        host = qemu.Host(f"boot-prompt-{os.getpid()}", cpus=CPUS, build=BUILD)
        start = time.monotonic()
        host.start()
        try:
            while not os.path.exists(host.path("console.sock")) and host.process.poll() is None:
                start = time.monotonic()
                time.sleep(0.005)
            while time.monotonic() - start < 60 and PROMPT not in host.console_tail(3):
                time.sleep(0.01)
                if host.process.poll() is not None:
                    break
            seconds = time.monotonic() - start
            t.ok(PROMPT in host.console_tail(3), "the control domain shows its prompt", host.console_tail(60))
            t.note(f"from QEMU's start to the prompt: {seconds:.2f} s (aim: 2 s)")
            t.at_most(seconds, 15, "well before 15 s")
            t.ok("(PV)" in host.console_tail(10000), "the hypervisor's log is on the same line")
        finally:
            host.stop()


if __name__ == "__main__":
    main()
