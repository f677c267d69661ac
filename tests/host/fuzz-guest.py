#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# RUN: timeout=300 cpus=1,2
"""A number of fixed seeds of the fuzzing guest: the hypervisor lives, and after each everything has come back.
`make fuzz` goes on from there; docs/fuzzing.md says how to follow a failure."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz"))
import guestside  # noqa: E402

SEEDS = int(os.environ.get("FUZZ_SEEDS", "40"))
CPUS = int(os.environ.get("CPUS", "2"))


def main():
    first = 1000 * CPUS
    out = guestside.run(CPUS, "seed=%d count=%d ops=%d" % (first, SEEDS, guestside.OPS), 280 * guestside.PATIENCE)
    for line in out.lines[-40:] if out.failure or not out.totals else []:
        print("# " + line)
    print("1..2")
    print("%sok 1 - seeds %d to %d: failure %s, expected None" % ("not " if out.failure else "", first, first + SEEDS - 1,
                                                                   out.failure))
    calls = out.totals[0] if out.totals else 0
    print("%sok 2 - %d hypercalls, expected at least %d" % ("" if calls >= SEEDS * 100 else "not ", calls, SEEDS * 100))
    if out.totals:
        print("# %d good; %d of %d operations tried, %d worked; %d domains ended, %d crashed, %d stuck"
              % (out.totals[1], out.totals[2], out.totals[3], out.totals[4], *out.totals[5:]))


main()
