#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# RUN: timeout=300 cpus=1,2
"""A number of fixed seeds of the fuzzing guest: the hypervisor lives, and after each everything has come back.
`make fuzz` goes on from there; docs/fuzzing.md says how to follow a failure."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz"))
import guestside  # noqa: E402

SEEDS = int(os.environ.get("FUZZ_SEEDS", "25"))
CPUS = int(os.environ.get("CPUS", "2"))


def main():
    first = 1000 * CPUS
    out = guestside.run(CPUS, "seed=%d count=%d ops=%d" % (first, SEEDS, guestside.OPS), 280 * guestside.PATIENCE)
    for line in out.lines[-40:] if out.failure or not out.totals else []:
        print("# " + line)
    print("1..3")
    print("%sok 1 - seeds %d to %d: failure %s, expected None" % ("not " if out.failure else "", first, first + SEEDS - 1,
                                                                   out.failure))
    calls = out.so_far[1]
    print("%sok 2 - %d hypercalls, expected at least %d" % ("" if calls >= SEEDS * 400 else "not ", calls, SEEDS * 400))
    gone = out.helped[4] if out.helped else 3 * SEEDS
    print("%sok 3 - %d of %d actors given up, expected at most one in ten" % ("" if gone * 10 <= 3 * SEEDS else "not ", gone,
                                                                            3 * SEEDS))
    for line in out.lines:
        if guestside.TOTALS.match(line) or guestside.HELPED.match(line):
            print(line)


main()
