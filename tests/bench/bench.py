#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same operations on Paravane and on Debian's Xen, in instructions: see docs/performance.md.

  tests/bench/bench.py [--build build] [--fresh] [--only NAME[,NAME]] [--debug] [--no-xen]

Prints a table and writes bench.json beside the guest. Xen's figures are kept: they depend on nothing but
guest, Xen, QEMU and options, whose checksums are their name.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machine                                                              # noqa: E402
import report                                                               # noqa: E402

# The smallest configuration of each: Xen without speculation mitigations and without page-table isolation, which
# Paravane does not have either.
XEN_APPEND = "console=com1 dom0_mem=64M noreboot spec-ctrl=no xpti=no"
PARAVANE_APPEND = "console=com1 dom0_mem=64M noreboot debug-exit"


def checksum(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def commit():
    p = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], capture_output=True, text=True, check=False)
    return p.stdout.strip() or "not in a repository"


def module(guest, names):
    return " ".join([guest] + [f"op={n}" for n in names])


def measure_xen(build, guest, names, fresh, qemu):
    """Xen's figures, from the cache when it has all that is wanted."""
    xen = f"{build}/deps/xen/xen"
    key = hashlib.sha256("\n".join([checksum(guest), checksum(xen), qemu, machine.CPU, machine.MEMORY,
                                    XEN_APPEND, *machine.ICOUNT]).encode()).hexdigest()[:16]
    path = f"{build}/bench/xen-{key}{'-' + '-'.join(names) if names else ''}.json"
    whole = f"{build}/bench/xen-{key}.json"
    for have in (whole, path):
        if not fresh and os.path.exists(have):
            with open(have, encoding="utf-8") as f:
                return json.load(f), f"from {have}; FRESH=1 measures again"
    result = machine.run(xen, XEN_APPEND, module(guest, names))
    with open(path, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
    return result, "measured now"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--fresh", action="store_true", help="measure Xen again")
    parser.add_argument("--only", default="", help="operations, by comma or space")
    parser.add_argument("--debug", action="store_true", help="the debug build, BUILD/paravane")
    parser.add_argument("--no-xen", action="store_true")
    args = parser.parse_args()
    build, guest = args.build, f"{args.build}/bench/guest"
    names = args.only.replace(",", " ").split()
    qemu = machine.qemu_version()
    image = f"{build}/paravane" if args.debug else f"{build}/release/paravane"
    facts = {"qemu": qemu, "cpu": machine.CPU, "icount": " ".join(machine.ICOUNT), "memory": machine.MEMORY,
             "commit": commit(), "paravane": f"{image} ({'debug' if args.debug else 'release'} build)",
             "paravane_options": PARAVANE_APPEND, "guest": checksum(guest)[:16]}
    try:
        xen = {"figures": {}, "errors": {}}
        if not args.no_xen:
            xen, how = measure_xen(build, guest, names, args.fresh, qemu)
            facts |= {"xen": xen["banner"], "xen_options": XEN_APPEND, "xen_figures": how}
        paravane = machine.run(image, PARAVANE_APPEND, module(guest, names))
    except machine.MachineError as e:
        print(f"bench: {e}", file=sys.stderr)
        return 1
    rows = report.rows(xen, paravane, names)
    result = {"facts": facts, "rows": rows}
    with open(f"{build}/bench/bench.json", "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
    print(report.table(result))
    return 1 if any("error" in str(r.get("paravane_error") or "") for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
