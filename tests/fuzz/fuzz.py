#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make fuzz: every libFuzzer target and the fuzzing guest in turn, for a number of minutes altogether.

    tests/fuzz/fuzz.py [--minutes N] [NAME...]

A line of each every five seconds, a table at the end, exit status 1 if anything was found. docs/fuzzing.md"""

import argparse
import os
import sys

import guestside
import hostside

GUEST_SHARE = 0.5       # of the time, when everything is run


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    every = hostside.targets() + ["guest"]
    wanted = args.names or every
    for name in wanted:
        if name not in every:
            sys.exit("fuzz: no target %r; there are: %s" % (name, " ".join(every)))
    hosts = [n for n in wanted if n != "guest"]
    seconds = args.minutes * 60
    guest_seconds = seconds * (GUEST_SHARE if hosts else 1) if "guest" in wanted else 0
    each = max(2, int((seconds - guest_seconds) / max(1, len(hosts))))
    rows, failures = [], 0
    for name in hosts:
        r = hostside.run(name, ["-max_total_time=%d" % each], os.path.join(hostside.BUILD, "fuzz", name + ".corpus"), say=True)
        rows.append(r.row())
        if r.failure:
            failures += 1
            print("\n".join("  " + l for l in hostside.explain(r)), flush=True)
    if guest_seconds:
        rows_guest, bad = guestside.campaign(guest_seconds)
        rows += rows_guest
        failures += bad
    print("\n%-20s %8s %10s %8s %6s" % ("target", "seconds", "runs", "a second", "edges"))
    print("\n".join(rows))
    print("%d targets, %d failed" % (len(rows), failures))
    sys.exit(1 if failures else 0)


main()
