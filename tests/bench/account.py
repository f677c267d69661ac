#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where the instructions of one repetition of an operation go: make bench ACCOUNT="operation ...".

  tests/bench/account.py [--build build] [--listing] OPERATION...

The release build runs under QEMU with one instruction a translation block and each of them logged. What lies between the two
readings of the time-stamp counter around the operation, in its last repetition, is one repetition: the instructions are counted
by function, in the order in which they are executed. --listing shows each one, disassembled. Code that the compiler put
inline stands under the name of its own function, with the file and the lines of it that were executed.
"""

import argparse
import bisect
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench                                                                # noqa: E402
import machine                                                              # noqa: E402
import operations                                                           # noqa: E402

HYPERVISOR = 0xffff82d000000000
SHORTEST = 15                   # less than that is the empty operation, with which the overhead is measured
LINE = re.compile(rb"/([0-9a-f]{16})/")


def output(*command, stdin=None):
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout


class Program:
    """An ELF file: names of addresses, its instructions, and which source line they come from."""

    def __init__(self, path):
        self.path = path
        self.symbols = sorted((int(a, 16), name) for a, kind, name in
                              (line.split(None, 2) for line in output("nm", "-n", path).splitlines() if line[0] != " ")
                              if kind in "tT")
        self.starts = [a for a, _ in self.symbols]
        self.known = {}

    def symbol(self, pc):
        return self.symbols[bisect.bisect(self.starts, pc) - 1][1]

    def span(self, name):
        """Addresses of a function: first, and first behind it."""
        at = next(i for i, (_, n) in enumerate(self.symbols) if n == name)
        return self.symbols[at][0], self.symbols[at + 1][0]

    def places(self, pcs):
        """For each address: function, file, line; the innermost one where code is inline."""
        new = sorted(set(pcs) - set(self.known))
        lines = output("addr2line", "-f", "-e", self.path, stdin="\n".join(map(hex, new))).splitlines() if new else []
        for i, pc in enumerate(new):
            path, line = re.sub(r" \(discriminator.*", "", lines[2 * i + 1]).rsplit(":", 1)
            path = re.sub(r".*/(?=(hypervisor|tests)/)", "", path)
            self.known[pc] = (self.symbol(pc) if lines[2 * i] == "??" else lines[2 * i], path, line)
        return self.known

    def disassembly(self):
        text = {}
        for line in output("objdump", "-d", "--no-show-raw-insn", self.path).splitlines():
            m = re.match(r"\s*([0-9a-f]+):\s+(.*)", line)
            if m:
                text[int(m.group(1), 16)] = m.group(2)
        return text


def clock_readings(guest):
    """Address of the reading before the operation: that of the one after it. Each function that measures has these two."""
    found, name = {}, None
    for line in output("objdump", "-d", guest).splitlines():
        m = re.match(r"[0-9a-f]+ <(.*)>:", line)
        if m:
            name = m.group(1)
        elif "rdtsc" in line:
            found.setdefault(name, []).append(int(line.split(":")[0], 16))
    return {pair[0]: pair[1] for pair in found.values() if len(pair) == 2}


def repetitions(lines, pairs):
    """Lists of addresses, the readings of the clock not among them."""
    current, end = None, None
    for line in lines:
        m = LINE.search(line)
        if not m:
            continue
        pc = int(m.group(1), 16)
        if current is not None and pc == end:
            if len(current) >= SHORTEST:
                yield current
            current = None
        elif pc in pairs:
            current, end = [], pairs[pc]
        elif current is not None:
            current.append(pc)


def logged_run(args, name, programs):
    """The last repetition of the operation, as addresses; and how long each was."""
    hypervisor, guest = programs
    low, high = hypervisor.span("clock_init")       # it waits for a clock, in many instructions
    ranges = f"{HYPERVISOR:#x}..{low:#x},{high:#x}..{HYPERVISOR + 0xffffffff:#x},{guest.starts[0]:#x}..{guest.starts[-1]:#x}"
    kind = "smp" if name.startswith("smp-") else "shared" if name.startswith("vcpu-") else "one"
    cpus, vcpus = machine.KINDS[kind]
    with tempfile.TemporaryDirectory() as directory:
        pipe = f"{directory}/log"
        os.mkfifo(pipe)
        command = machine.command(f"{args.build}/release/paravane", f"{bench.PARAVANE_APPEND} dom0_max_vcpus={vcpus}",
                                  f"{guest.path} machine={kind} op={name}", cpus)
        command += ["-singlestep", "-d", "exec,nochain", "-D", pipe, "-dfilter", ranges]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
            last, lengths = None, []
            with open(pipe, "rb") as log:
                for last in repetitions(log, clock_readings(guest.path)):
                    lengths.append(len(last))
            process.wait()
    if not last:
        sys.exit(f"account: {name}: no repetition was seen; is it an operation of the table?")
    return last, lengths


def steps(pcs, programs):
    """Consecutive instructions of one function: name, file, lowest and highest line, addresses."""
    hypervisor, guest = programs
    where = {}
    for program, mine in ((hypervisor, lambda pc: pc >= HYPERVISOR and pc < guest.starts[0]), (guest, lambda pc: pc >= guest.starts[0])):
        where |= program.places([pc for pc in pcs if mine(pc)])
    result = []
    for pc in pcs:
        name, path, line = where[pc]
        if not result or result[-1]["name"] != name or result[-1]["path"] != path:
            result.append({"name": name, "path": path, "lines": [], "pcs": []})
        result[-1]["pcs"].append(pc)
        if line.isdigit():
            result[-1]["lines"].append(int(line))
    return result


def show(name, pcs, lengths, programs, listing):
    text = {}
    if listing:
        for program in programs:
            text |= program.disassembly()
    usual = sorted(lengths)[len(lengths) // 2]
    print(f"\n{name}: {len(pcs)} instructions in the last repetition (median of {len(lengths)}: {usual}), those of the call "
          "from the guest among them\n")
    print("| instructions | function | where |\n|---:|---|---|")
    for s in steps(pcs, programs):
        lines = f":{min(s['lines'])}-{max(s['lines'])}" if s["lines"] else ""
        print(f"| {len(s['pcs'])} | {s['name']} | {s['path']}{lines} |")
        for pc in s["pcs"] if listing else []:
            print(f"        {pc:x}  {text.get(pc, '')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--listing", action="store_true", help="each instruction")
    parser.add_argument("operation", nargs="+", choices=operations.TABLE)
    args = parser.parse_args()
    programs = Program(f"{args.build}/release/paravane.elf"), Program(f"{args.build}/bench/guest")
    for name in args.operation:
        show(name, *logged_run(args, name, programs), programs, args.listing)


if __name__ == "__main__":
    main()
