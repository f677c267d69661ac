#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same operations on Paravane and on Debian's Xen, in instructions: see docs/performance.md.

  tests/bench/bench.py [--build build] [--fresh] [--only NAME[,NAME]] [--whole] [--debug] [--no-xen] [--doc FILE]
                       [--out DIR]

Prints a table and writes bench.json and bench.html to BUILD/bench or DIR. Xen's figures are kept: they depend on nothing but
guest, Xen, QEMU and options, and the checksum of these is their name. Exit status 1 when an operation has no figure.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machine                                                              # noqa: E402
import operations                                                           # noqa: E402
import page                                                                 # noqa: E402
import report                                                               # noqa: E402
import whole                                                                # noqa: E402

# The smallest configuration of each: Xen without speculation mitigations and without page-table isolation, which
# Paravane does not have either. Guests that use the FPU need it switched eagerly: QEMU's XSAVE ignores CR0.TS.
XEN_APPEND = "console=com1 dom0_mem=64M noreboot spec-ctrl=no xpti=no"
XEN_LINUX_APPEND = "console=com1 dom0_mem=64M noreboot spec-ctrl=no,eager-fpu xpti=no"
PARAVANE_APPEND = "console=com1 dom0_mem=64M noreboot debug-exit"


@dataclass
class Side:
    """A hypervisor as it is started."""
    name: str
    build: str
    image: str
    append: str
    linux_append: str

    @property
    def guest(self):
        return f"{self.build}/bench/guest"


def checksum(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def commit():
    p = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], capture_output=True, text=True, check=False)
    return p.stdout.strip() or "not in a repository"


def measure(side, names):
    """All kinds of machine, one after the other, until all that is wanted has been printed."""
    result = {"figures": {}, "errors": {}, "banner": "", "trouble": ""}
    for kind, (cpus, vcpus) in machine.KINDS.items():
        module = " ".join([side.guest, f"machine={kind}"] + [f"op={n}" for n in names])
        part = machine.run(side.image, f"{side.append} dom0_max_vcpus={vcpus}", module, cpus)
        for key in ("figures", "errors"):
            result[key].update(part[key])
        result["banner"] = result["banner"] or part["banner"]
        result["trouble"] += part["trouble"]
        if names and all(n in result["figures"] or n in result["errors"] for n in names):
            break
    return result


def measure_all(side, names, with_whole):
    result = measure(side, names)
    if with_whole:
        more = whole.measure(side)
        for key in ("figures", "errors"):
            result[key].update(more[key])
        result["trouble"] += more["trouble"]
    return result


def cache_path(side, qemu, with_whole):
    parts = [checksum(side.guest), checksum(side.image), qemu, machine.CPU, machine.MEMORY, side.append, side.linux_append,
             str(machine.KINDS), *machine.ICOUNT]
    if with_whole:
        parts += [checksum(f"{side.build}/{f}") for f in ("bench/linux.cpio", "deps/linux/vmlinuz", "guest-kernel-pv",
                                                          "initramfs.cpio")]
    return f"{side.build}/bench/xen-{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:16]}.json"


def measure_xen(side, names, args, qemu):
    """Xen's figures, from the cache when it has all that is wanted."""
    path = cache_path(side, qemu, args.whole)
    have = {"figures": {}, "errors": {}}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            have = json.load(f)
    wanted = names or operations.TABLE + (operations.EXTRA if args.whole else [])
    if not args.fresh and all(n in have["figures"] for n in wanted):
        return have, f"kept from an earlier run in {path}; FRESH=1 measures again"
    result = measure_all(side, names, args.whole)
    if not result["trouble"]:
        kept = dict(result, figures=have["figures"] | result["figures"])
        with open(path, "w", encoding="utf-8") as f:
            json.dump(kept, f, indent=1)
    return result, "measured now"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--fresh", action="store_true", help="measure Xen again")
    parser.add_argument("--only", default="", help="operations, by comma or space")
    parser.add_argument("--whole", action="store_true", help="many domains, Linux and the prompt, too: minutes")
    parser.add_argument("--debug", action="store_true", help="the debug build, BUILD/paravane")
    parser.add_argument("--no-xen", action="store_true")
    parser.add_argument("--doc", help="put the table between the markers of this file")
    parser.add_argument("--out", help="where bench.json and bench.html go")
    return parser.parse_args()


def write(result, args):
    out = args.out or f"{args.build}/bench"
    with open(f"{out}/bench.json", "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
    with open(f"{out}/bench.html", "w", encoding="utf-8") as f:
        f.write(page.html(result))
    print(report.table(result))
    if args.doc:
        report.into_doc(args.doc, result)


def main():
    args = arguments()
    build = args.build
    names = args.only.replace(",", " ").split()
    qemu = machine.qemu_version()
    image = f"{build}/paravane" if args.debug else f"{build}/release/paravane"
    ours = Side("Paravane", build, image, PARAVANE_APPEND, PARAVANE_APPEND)
    theirs = Side("Xen", build, f"{build}/deps/xen/xen", XEN_APPEND, XEN_LINUX_APPEND)
    facts = {"commit": commit(), "Paravane": f"{image}, {'debug' if args.debug else 'release (NDEBUG)'} build",
             "its options": PARAVANE_APPEND}
    xen = None
    if not args.no_xen:
        xen, how = measure_xen(theirs, names, args, qemu)
        facts |= {"Xen": xen["banner"], "Xen's options": XEN_APPEND + (" (eager-fpu under Linux)" if args.whole else ""),
                  "Xen's figures": how}
    facts |= {"QEMU": f"{qemu} {' '.join(machine.ICOUNT)}", "CPU model": machine.CPU, "memory": machine.MEMORY,
              "guest": f"{ours.guest}, sha256 {checksum(ours.guest)[:16]}"}
    paravane = measure_all(ours, names, args.whole)
    known = names or operations.TABLE + (operations.EXTRA if args.whole else [])
    result = {"unit": "instructions", "facts": facts, "rows": report.rows(xen, paravane, known, not names)}
    write(result, args)
    trouble = paravane["trouble"] + (xen["trouble"] if xen else "")
    if trouble:
        print(f"bench: {trouble}", file=sys.stderr)
    return 1 if trouble or any("paravane_error" in r or "xen_error" in r for r in result["rows"]) else 0


if __name__ == "__main__":
    sys.exit(main())
