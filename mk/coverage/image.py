#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The coverage image: where its counters are in memory, and to which source they belong.

  mk/coverage/image.py ELF >counters.json      what qemu.py needs to know about the image

The compiler gives each function an array of 64-bit counters and, for each object file, a `struct gcov_info` that
names them; hypervisor.lds.S puts all counters together and all pointers to these structures. merge() turns the
counters of any number of runs into the .gcda files that gcov reads.

[GCC 12: libgcc/libgcov.h for the structures, gcc/gcov-io.h for the files]
"""

import array
import json
import os
import struct
import subprocess
import sys

COUNTER_KINDS = 8                # GCOV_COUNTERS; the first kind, arcs, is the one used
TAG_FUNCTION = 0x01000000
TAG_ARCS = 0x01a10000
MAGIC = 0x67636461               # "gcda"
VERSION_12 = 0x42320000          # "B2" and the minor number and status that follow


class Image:
    """An ELF64 file seen through its program headers and symbols."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        offset, = struct.unpack_from("<Q", self.data, 0x20)
        size, count = struct.unpack_from("<HH", self.data, 0x36)
        self.segments = []
        for i in range(count):
            kind, _, file_at, virt, phys, length = struct.unpack_from("<IIQQQQ", self.data, offset + i * size)
            if kind == 1:
                self.segments.append((virt, phys, file_at, length))
        self.symbols = {}
        for line in subprocess.run(["nm", path], check=True, capture_output=True, text=True).stdout.splitlines():
            words = line.split()
            if len(words) == 3:
                self.symbols[words[2]] = int(words[0], 16)

    def phys(self, virt):
        """The image is loaded in one piece, so any segment tells the distance."""
        return virt - self.segments[0][0] + self.segments[0][1]

    def read(self, virt, length):
        for start, _, file_at, size in self.segments:
            if start <= virt and virt + length <= start + size:
                return self.data[file_at + virt - start:][:length]
        raise ValueError(f"address {virt:#x} is not in the image")

    def unpack(self, layout, virt):
        return struct.unpack(layout, self.read(virt, struct.calcsize(layout)))

    def string(self, virt):
        text = b""
        while not text.endswith(b"\0"):
            text += self.read(virt + len(text), 1)
        return text[:-1].decode()


def counters(image):
    """Where the counters are in the machine's memory, and the build id that shows that it runs this image."""
    s = image.symbols
    start, end, note = s["coverage_counters"], s["coverage_counters_end"], s["build_id_note"]
    return {"start": image.phys(start), "size": end - start, "id_start": image.phys(note),
            "id": image.read(note, s["build_id_note_end"] - note).hex()}


def objects(image):
    """For each object: its .gcda file, stamp, checksum, and its functions with the places of their counters."""
    at, end, first = (image.symbols[n] for n in ("coverage_info", "coverage_info_end", "coverage_counters"))
    for pointer in range(at, end, 8):
        info, = image.unpack("<Q", pointer)
        version, _, stamp, checksum, name = image.unpack("<IxxxxQIIQ", info)
        if version & 0xffff0000 != VERSION_12:
            raise ValueError(f"gcc wrote gcov version {version:#x}; mk/coverage/image.py knows that of gcc 12")
        count, functions = image.unpack("<IxxxxQ", info + 32 + 8 * COUNTER_KINDS)
        found = []
        for i in range(count):
            where, = image.unpack("<Q", functions + 8 * i)
            # Null: a function that another object file has, too, and that the linker took from there.
            if not where:
                continue
            key, ident, lines, cfg, number, values = image.unpack("<QIIIxxxxIxxxxQ", where)
            if key == info:
                found.append((ident, lines, cfg, (values - first) // 8, number))
        yield image.string(name), version, stamp, checksum, found


def add_up(paths, size):
    """The sum of the counters of all runs, and how many runs there were."""
    total = [0] * (size // 8)
    for path in paths:
        run = array.array("Q")
        with open(path, "rb") as f:
            run.frombytes(f.read())
        total = [a + b for a, b in zip(total, run, strict=True)]
    return total


def merge(image, total):
    """Write the .gcda files beside the .gcno files that the compiler wrote; the result is their names."""
    names = []
    for name, version, stamp, checksum, functions in objects(image):
        out = [struct.pack("<IIII", MAGIC, version, stamp, checksum)]
        for ident, lines, cfg, first, number in functions:
            values = total[first:first + number]
            out.append(struct.pack("<IiIII", TAG_FUNCTION, 12, ident, lines, cfg))
            if any(values):
                out.append(struct.pack(f"<Ii{number}Q", TAG_ARCS, 8 * number, *values))
            else:
                # A negative length: so many bytes, all zero, are left out.
                out.append(struct.pack("<Ii", TAG_ARCS, -8 * number))
        with open(name, "wb") as f:
            f.write(b"".join(out) + struct.pack("<I", 0))
        names.append(os.path.relpath(name))
    return names


if __name__ == "__main__":
    json.dump(counters(Image(sys.argv[1])), sys.stdout)
