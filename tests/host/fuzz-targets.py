#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# RUN: timeout=600
"""Every libFuzzer target takes its seeds and a fixed number of mutations of them, the same each time, without a
complaint of a sanitizer or a broken promise. `make fuzz` goes on from there."""

import os
import subprocess
import sys
import tempfile

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "tests", "fuzz"))
import hostside  # noqa: E402

RUNS = int(os.environ.get("FUZZ_RUNS", "8000"))


def main():
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "T")}
    made = subprocess.run(["make", "-s", "-j2", "-C", TOP, "fuzz-targets"], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if made.returncode:
        print("\n".join("# " + l for l in made.stdout.splitlines()[-20:]))
    names = hostside.targets()
    print("1..%d" % len(names), flush=True)
    for i, name in enumerate(names, 1):
        with tempfile.TemporaryDirectory() as corpus:
            try:
                r = hostside.run(name, ["-seed=1", "-runs=%d" % RUNS], corpus)
                good, said = not r.failure and r.runs >= RUNS, "%d runs, %d edges" % (r.runs, r.cov)
                complaint = hostside.explain(r) if r.failure else []
            except (OSError, subprocess.CalledProcessError) as e:
                good, said, complaint = False, "not run", [str(e)]
        for line in [] if good else complaint:
            print("# " + line)
        print("%sok %d - %s: %s, expected %d" % ("" if good else "not ", i, name, said, RUNS), flush=True)


main()
