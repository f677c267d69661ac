#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same operations on Paravane and on Debian's Xen, in instructions: see docs/performance.md.

  tests/bench/bench.py [--build build] [--fresh] [--only NAME[,NAME]] [--debug] [--no-xen] [--doc FILE]
                       [--out DIR]

Prints a table and writes bench.json and bench.html to BUILD/bench or DIR. Xen's figures are kept: they depend on nothing but guest,
Xen, QEMU and options, and the checksum of these is their name. Exit status 1 when an operation has no figure.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machine                                                              # noqa: E402
import operations                                                           # noqa: E402
import page                                                                 # noqa: E402
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


def measure(image, append, guest, names):
    """All kinds of machine, one after the other, until all that is wanted has been printed."""
    whole = {"figures": {}, "errors": {}, "banner": "", "trouble": ""}
    for kind, (cpus, vcpus) in machine.KINDS.items():
        module = " ".join([guest, f"machine={kind}"] + [f"op={n}" for n in names])
        part = machine.run(image, f"{append} dom0_max_vcpus={vcpus}", module, cpus)
        for key in ("figures", "errors"):
            whole[key].update(part[key])
        whole["banner"] = whole["banner"] or part["banner"]
        whole["trouble"] += part["trouble"]
        if names and all(n in whole["figures"] or n in whole["errors"] for n in names):
            break
    return whole


def measure_xen(build, guest, names, fresh, qemu):
    """Xen's figures, from the cache when it has all that is wanted."""
    xen = f"{build}/deps/xen/xen"
    key = hashlib.sha256("\n".join([checksum(guest), checksum(xen), qemu, machine.CPU, machine.MEMORY, XEN_APPEND,
                                    str(machine.KINDS), *machine.ICOUNT]).encode()).hexdigest()[:16]
    path = f"{build}/bench/xen-{key}.json"
    have = {"figures": {}, "errors": {}}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            have = json.load(f)
    if not fresh and all(n in have["figures"] for n in names or operations.ALL):
        return have, f"kept from an earlier run in {path}; FRESH=1 measures again"
    result = measure(xen, XEN_APPEND, guest, names)
    if not result["trouble"]:
        kept = dict(result, figures=have["figures"] | result["figures"], errors=result["errors"])
        with open(path, "w", encoding="utf-8") as f:
            json.dump(kept, f, indent=1)
    return result, "measured now"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--fresh", action="store_true", help="measure Xen again")
    parser.add_argument("--only", default="", help="operations, by comma or space")
    parser.add_argument("--debug", action="store_true", help="the debug build, BUILD/paravane")
    parser.add_argument("--no-xen", action="store_true")
    parser.add_argument("--doc", help="put the table between the markers of this file")
    parser.add_argument("--out", help="where bench.json and bench.html go")
    return parser.parse_args()


def main():
    args = arguments()
    build, guest = args.build, f"{args.build}/bench/guest"
    names = args.only.replace(",", " ").split()
    out = args.out or f"{build}/bench"
    qemu = machine.qemu_version()
    image = f"{build}/paravane" if args.debug else f"{build}/release/paravane"
    facts = {"commit": commit(), "Paravane": f"{image}, {'debug' if args.debug else 'release (NDEBUG)'} build",
             "its options": PARAVANE_APPEND}
    xen = None
    if not args.no_xen:
        xen, how = measure_xen(build, guest, names, args.fresh, qemu)
        facts |= {"Xen": xen["banner"], "Xen's options": XEN_APPEND, "Xen's figures": how}
    facts |= {"QEMU": f"{qemu} {' '.join(machine.ICOUNT)}", "CPU model": machine.CPU, "memory": machine.MEMORY,
              "guest": f"{guest}, sha256 {checksum(guest)[:16]}"}
    paravane = measure(image, PARAVANE_APPEND, guest, names)
    result = {"unit": "instructions", "facts": facts, "rows": report.rows(xen, paravane, names)}
    with open(f"{out}/bench.json", "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
    with open(f"{out}/bench.html", "w", encoding="utf-8") as f:
        f.write(page.html(result))
    print(report.table(result))
    if args.doc:
        report.into_doc(args.doc, result)
    trouble = paravane["trouble"] + (xen["trouble"] if xen else "")
    if trouble:
        print(f"bench: {trouble}", file=sys.stderr)
    return 1 if trouble or any("paravane_error" in r or "xen_error" in r for r in result["rows"]) else 0


if __name__ == "__main__":
    sys.exit(main())
