#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which lines and branches of hypervisor/ the runs reached.

  mk/coverage/report.py [--build build] [--doc docs/coverage.md]     from build/coverage/runs/, the running hypervisor
  mk/coverage/report.py --units DIR                                   from unit tests built below DIR

Prints a table by folder and file and the functions that were never called. The first form also writes to
build/coverage: index.html with a page for each source, unreached.txt with all lines that were not reached, and
with --doc the figures by folder, between two marks of that page.
"""

import argparse
import fcntl
import glob
import json
import os
import subprocess
import sys
from collections import defaultdict

import html_pages
import image

MARK = "<!-- figures: written by make coverage -->"


class Source:
    """What is known about one source file, over all objects that contain parts of it."""

    def __init__(self, name):
        self.name = name
        self.lines = defaultdict(int)         # line number: how often it ran
        self.branches = {}                    # line number: how often each way was taken
        self.functions = {}                   # (first line, name): calls

    def take(self, report):
        for line in report["lines"]:
            number = line["line_number"]
            self.lines[number] += line["count"]
            taken = [b["count"] for b in line["branches"] if not b["throw"]]
            known = self.branches.get(number, [])
            if len(known) == len(taken):
                taken = [a + b for a, b in zip(known, taken)]
            if taken:
                # An inline function may have been compiled in more than one shape: the longer is kept.
                self.branches[number] = max(known, taken, key=len) if len(known) != len(taken) else taken
        for function in report["functions"]:
            key = function["start_line"], function["name"]
            self.functions[key] = self.functions.get(key, 0) + function["execution_count"]

    def figures(self):
        ways = [count for taken in self.branches.values() for count in taken]
        return Figures(sum(1 for c in self.lines.values() if c), len(self.lines),
                       sum(1 for c in ways if c), len(ways),
                       sum(1 for c in self.functions.values() if c), len(self.functions))

    def unreached(self):
        return sorted(n for n, count in self.lines.items() if not count)

    def never_called(self):
        return [(line, name) for (line, name), calls in sorted(self.functions.items()) if not calls]


class Figures:
    def __init__(self, *numbers):
        self.numbers = numbers or (0,) * 6

    def __add__(self, other):
        return Figures(*(a + b for a, b in zip(self.numbers, other.numbers)))

    def rates(self):
        """Lines, branches, functions: reached, all, per cent."""
        for reached, total in zip(self.numbers[::2], self.numbers[1::2]):
            yield reached, total, 100.0 * reached / total if total else 100.0


def run_gcov(names):
    """gcov's findings, source by source, for what lies in hypervisor/."""
    sources = {}
    for start in range(0, len(names), 40):
        out = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *names[start:start + 40]],
                             check=True, capture_output=True, text=True)
        if out.stderr.strip():
            # A source that was edited during the run: its lines may be off, the others are right.
            print(f"coverage: gcov: {out.stderr.strip()}", file=sys.stderr)
        for line in out.stdout.splitlines():
            for report in json.loads(line)["files"]:
                name = os.path.normpath(report["file"])
                if name.startswith("hypervisor/"):
                    sources.setdefault(name, Source(name)).take(report)
    return [sources[name] for name in sorted(sources)]


def by_folder(sources):
    folders = defaultdict(list)
    for source in sources:
        folders[os.path.dirname(source.name)].append(source)
    return sorted(folders.items())


def total(sources):
    return sum((s.figures() for s in sources), Figures())


def row(name, figures):
    cells = [f"{reached:5}/{count:<5}{rate:6.1f} %" for reached, count, rate in figures.rates()]
    return f"{name:<32} " + "  ".join(cells)


def print_table(sources, files=True):
    print(f"{'':<32} {'lines':^19}  {'branches':^19}  {'functions':^19}")
    for folder, members in by_folder(sources):
        print(row(folder + "/", total(members)))
        for source in members if files else []:
            print(row("  " + os.path.basename(source.name), source.figures()))
    print(row("all", total(sources)))


def ranges(numbers):
    """[1, 2, 3, 7] as 1-3, 7."""
    parts = []
    for n in numbers:
        if parts and n == parts[-1][1] + 1:
            parts[-1][1] = n
        else:
            parts.append([n, n])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def write_unreached(sources, path):
    with open(path, "w", encoding="utf-8") as out:
        for source in sources:
            with open(source.name, encoding="utf-8") as f:
                text = f.read().splitlines()
            for line in source.unreached():
                print(f"{source.name}:{line}: {text[line - 1].strip()}", file=out)


def write_doc(sources, path, runs):
    with open(path, encoding="utf-8") as f:
        before, _, after = f.read().split(MARK)
    table = ["", f"{runs} runs of the guest, hostile and host suites.", "",
             "| folder | lines | branches | functions |", "|---|---|---|---|"]
    for name, figures in [(f"`{n}/`", total(m)) for n, m in by_folder(sources)] + [("all", total(sources))]:
        table.append(f"| {name} | " + " | ".join(f"{rate:.1f} % of {count}" for _, count, rate in figures.rates()) + " |")
    with open(path, "w", encoding="utf-8") as f:
        f.write(before + MARK + "\n".join(table) + "\n\n" + MARK + after)


def collect_runs(out):
    """The sum of all machines' counters, as .gcda files. Machines that still end are waited for."""
    with open(os.path.join(out, "lock"), "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        elf = image.Image(os.path.join(out, "paravane.elf"))
        where = image.counters(elf)
        runs = glob.glob(os.path.join(out, "runs", where["id"][-12:] + "-*.counters"))
    if not runs:
        raise ValueError(f"no run of this image left its counters in {out}/runs")
    return len(runs), image.merge(elf, image.add_up(runs, where["size"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--doc")
    parser.add_argument("--units")
    opts = parser.parse_args()
    if opts.units:
        sources = run_gcov(glob.glob(os.path.join(opts.units, "**", "*.gcda"), recursive=True))
        print("Reached by the unit tests on this machine, of the sources that they include:")
        print_table(sources)
        return 0
    out = os.path.join(opts.build, "coverage")
    runs, names = collect_runs(out)
    sources = run_gcov(names)
    print_table(sources)
    print("\nFunctions that were never called:")
    for source in sources:
        for line, name in source.never_called():
            print(f"  {source.name}:{line}: {name}")
    write_unreached(sources, os.path.join(out, "unreached.txt"))
    html_pages.write(sources, by_folder(sources), total, out)
    if opts.doc:
        write_doc(sources, opts.doc, runs)
    print("\n" + row(f"{runs} runs", total(sources)))
    print(f"{out}/index.html, {out}/unreached.txt")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"coverage: {getattr(error, 'stderr', None) or error}")
