#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make tour: the stations of the guided tour in order.

A station is a comment /* TOUR n.m: text */ (or "* TOUR n.m: text" inside a longer one). n is the walk, m the
station. "(native)" or "(pv)" behind the number marks two sides of one station. Stations of a walk count from 1
without a gap: a gap, or a number given twice, is an error.
"""
import os
import re
import sys

WALKS = {
    1: "From power-on to the first guest instruction",
    2: "A hypercall",
    3: "An event",
    4: "A page-table update",
    5: "The guest kernel starts",
    6: "A process: from fork to exit",
    7: "A system call of the guest kernel",
    8: "An event in the guest kernel",
}
MARK = re.compile(r"TOUR (\d+)\.(\d+)(?: \((\w+)\))?: *(.*?)\s*(?:\*/)?$")


def stations(folders):
    for folder in folders:
        for path, _, files in os.walk(folder):
            for name in sorted(files):
                if not name.endswith((".c", ".h", ".S")):
                    continue
                file = os.path.join(path, name)
                with open(file, encoding="utf-8") as source:
                    lines = source.read().split("\n")
                for number, line in enumerate(lines, 1):
                    found = MARK.search(line)
                    if not found:
                        continue
                    text = found.group(4)
                    for more in lines[number:number + 8]:
                        if "*/" in lines[number - 1] or not more.lstrip().startswith("*") or more.strip() in ("*", "*/"):
                            break
                        text += " " + more.strip().lstrip("* ").removesuffix("*/").strip()
                        if "*/" in more:
                            break
                    yield int(found.group(1)), int(found.group(2)), found.group(3) or "", file, number, text


def main():
    found = sorted(stations(("hypervisor", "guest-kernel", "dom0-tools")))
    errors = []
    seen = {}
    for walk, station, side, file, line, text in found:
        key = (walk, station, side)
        if key in seen:
            errors.append(f"{file}:{line}: station {walk}.{station} stands at {seen[key]} too")
        seen[key] = f"{file}:{line}"
    for walk in sorted({w for w, *_ in found}):
        numbers = sorted({s for w, s, *_ in found if w == walk})
        for missing in sorted(set(range(1, numbers[-1] + 1)) - set(numbers)):
            errors.append(f"station {walk}.{missing} is missing")
        print(f"\n{walk}. {WALKS.get(walk, 'a walk without a name in mk/tour.py')}\n")
        for w, station, side, file, line, text in found:
            if w == walk:
                print(f"  {w}.{station}{' ' + side if side else ''}  {file}:{line}\n       {text}")
    for error in errors:
        print(f"tour: error: {error}", file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
