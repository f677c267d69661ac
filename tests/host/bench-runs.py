#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make bench gives the same figures twice, and an operation that fails is shown as an error, never as a figure.

RUN: timeout=200
"""

import json
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", "build")
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
from tap import Tap                                                         # noqa: E402


def bench(names):
    with tempfile.TemporaryDirectory() as out:
        p = subprocess.run([f"{TOP}/tests/bench/bench.py", "--build", BUILD, "--debug", "--no-xen", "--only", names, "--out", out],
                           cwd=TOP, capture_output=True, text=True, check=False)
        with open(os.path.join(out, "bench.json"), encoding="utf-8") as f:
            return p, {row["name"]: row for row in json.load(f)["rows"]}


def main():
    with Tap() as t:
        first, rows = bench("null-syscall,event-send-masked,must-fail")
        t.note(first.stdout + first.stderr)
        t.eq(first.returncode, 1, "an operation without a figure makes the exit status 1")
        t.ok("paravane" not in rows["must-fail"], "the failed operation has no figure", rows["must-fail"])
        t.like(rows["must-fail"].get("paravane_error", ""), r"returned -\d+", "its reason is kept")
        t.like(first.stdout, r"^must-fail +- +error ", "the table says error in its place")
        t.ok(rows["null-syscall"].get("paravane", {}).get("median", 0) > 10, "the null hypercall has a figure",
             rows["null-syscall"])
        second, again = bench("null-syscall,event-send-masked")
        t.eq(second.returncode, 0, "without it the exit status is 0")
        for name in ("null-syscall", "event-send-masked"):
            t.eq(again[name].get("paravane"), rows[name].get("paravane"), f"{name} costs the same in a second run")
        _, unknown = bench("no-such-operation")
        t.like(unknown["no-such-operation"].get("paravane_error", ""), "printed nothing", "an unknown operation is an error")


if __name__ == "__main__":
    sys.exit(main())
