#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""debug-gdb: gdb with the hypervisor's symbols and the pv- commands on a running host.

What must hold: the commands of mk/gdb/paravane.py still match the hypervisor's structures.
"""
# RUN: timeout=150

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import PATIENCE, TOP, RunningHost  # noqa: E402

COMMANDS = ["pv-domains", "pv-vcpus", "pv-vcpu 0 0", "pv-cpus", "pv-frames 0", "pv-trace 0 5"]


def main():
    if "COVERAGE_QEMU" in os.environ:
        Tap().skip_all("the image with counters is laid out otherwise than gdb's symbols say")
    with Tap() as t, RunningHost() as host:
        t.eq(host.pvctl("create", "configs/hello.cfg").status, 0, "a domain is created")
        args = ["gdb", "-q", "-batch", "-x", "mk/gdb/paravane.gdb", "-ex", f"target remote {host.host.dir}/gdb.sock"]
        for command in COMMANDS:
            args += ["-ex", f"echo --{command}\\n", "-ex", command]
        r = subprocess.run(args, cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                           timeout=60 * PATIENCE, check=False)
        said = {part.split("\n", 1)[0]: part for part in r.stdout.split("\n--")}
        t.like(said.get("pv-domains", r.stdout + r.stderr), r"^d0 .*privileged\nd1 ", "pv-domains lists both")
        t.like(said.get("pv-vcpus", ""), r"^d0v0 +cpu \d.*\n(.*\n)*d1v0 +cpu \d", "pv-vcpus lists their vCPUs")
        t.like(said.get("pv-vcpu 0 0", ""), r"rip 0x[0-9a-f]{16}", "pv-vcpu shows registers")
        t.like(said.get("pv-cpus", ""), r"^CPU 0: d\d+v\d", "pv-cpus shows what runs")
        t.like(said.get("pv-frames 0", ""), r"^d0 +L4 +\d+", "pv-frames counts page tables")
        t.like(said.get("pv-trace 0 5", ""), r"^ +\d+ +\d+ d\d+v\d+ \w+", "pv-trace shows records")
        t.eq(host.pvctl("list").status, 0, "the host goes on afterwards")


if __name__ == "__main__":
    main()
