#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the inputs that fuzzing starts from: seeds.py TARGET FOLDER.

Each is small and right, or right but for one thing, so that mutation begins behind the first checks. They
are made here and not kept in the tree: the same bytes every time."""

import gzip
import lzma
import os
import re
import struct
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BASE = 0xFFFFFFFF80000000


def text(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


# ---- kernels ----

def note(kind, desc, name=b"Xen\0"):
    return struct.pack("<III", len(name), len(desc), kind) + name + desc + bytes(-len(desc) % 4)


def number(kind, value):
    return note(kind, struct.pack("<Q", value))


def elf(notes, load=b"\xcc" * 64, vaddr=BASE + 0x1000, paddr=0x1000, sections=False):
    """One LOAD segment, one NOTE segment, and with `sections` a symbol table."""
    ehdr, phent = 64, 56
    nphdr = 2 if notes else 1
    at = ehdr + phent * nphdr
    load_at = at + len(notes)
    phdrs = struct.pack("<IIQQQQQQ", 1, 7, load_at, vaddr, paddr, len(load), 4096, 1)
    if notes:
        phdrs += struct.pack("<IIQQQQQQ", 4, 4, at, 0, 0, len(notes), len(notes), 4)
    tail, shoff, shnum, shstr = b"", 0, 0, 0
    if sections:
        names = b"\0.symtab\0.strtab\0__xen_guest\0main\0"
        old = b"GUEST_OS=linux,XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000,LOADER=generic\0"
        syms = bytes(24) + struct.pack("<IBBHQQ", 29, 2, 0, 1, vaddr, 16)
        where = load_at + len(load)
        tail = names + old + syms
        shoff, shnum, shstr = where + len(tail), 4, 2
        sh = bytes(64)
        sh += struct.pack("<IIQQQQIIQQ", 1, 2, 0, 0, where + len(names) + len(old), len(syms), 2, 1, 8, 24)
        sh += struct.pack("<IIQQQQIIQQ", 9, 3, 0, 0, where, len(names), 0, 0, 1, 0)
        sh += struct.pack("<IIQQQQIIQQ", 17, 1, 0, 0, where + len(names), len(old), 0, 0, 1, 0)
        tail += sh
    head = b"\x7fELF\2\1\1" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, vaddr, ehdr, shoff, 0, ehdr, phent, nphdr, 64, shnum, shstr)
    return head + phdrs + notes + load + tail


def xen_notes():
    return (note(6, b"linux\0") + note(5, b"xen-3.0\0") + note(8, b"generic\0") + number(3, BASE) +
            number(1, BASE + 0x1000) + number(2, BASE + 0x1000) + number(4, 0) + number(12, 0xFFFF800000000000) +
            note(10, b"!writable_page_tables|pae_pgdir_above_4gb\0"))


def kernels():
    linux = xen_notes() + number(15, 0x8000000000) + note(16, struct.pack("<I", 1)) + note(17, struct.pack("<I", 0x801))
    yield "plain", elf(b"")
    yield "notes", elf(xen_notes())
    yield "linux", elf(linux)
    yield "sections", elf(xen_notes(), sections=True)
    yield "old", elf(b"", sections=True)
    whole = bytearray(elf(xen_notes(), sections=True))
    struct.pack_into("<H", whole, 56, 0xCCCC)
    struct.pack_into("<H", whole, 54, 0xCCCC)
    yield "was-many-headers", bytes(whole)
    whole = bytearray(elf(xen_notes(), sections=True))
    struct.pack_into("<IQQQQ", whole, struct.unpack_from("<Q", whole, 40)[0] + 128 + 4, 8, 0, 0, 1 << 44, 1 << 44)
    yield "was-names-nowhere", bytes(whole)
    yield "unaligned", elf(note(6, b"NetBSD\0", b"Xenolith\0\0\0") + xen_notes())


def bzimage(payload):
    setup = bytearray(1024)
    setup[0x1F1] = 1
    struct.pack_into("<H", setup, 0x1FE, 0xAA55)
    setup[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", setup, 0x206, 0x20C)
    setup[0x211] = 1
    struct.pack_into("<II", setup, 0x248, 16, len(payload))
    return bytes(setup) + bytes(16) + payload


def images():
    plain = elf(xen_notes()) * 3
    packed = {"gzip": gzip.compress(plain, mtime=0), "xz": lzma.compress(plain, check=lzma.CHECK_CRC32),
              "xz-plain": lzma.compress(plain, check=lzma.CHECK_NONE)}
    for name, body in re.findall(r"packed_(\w+)\[\] = \{(.*?)\}", text("tests/unit/tools-packed.h"), re.S):
        packed["unit-" + name] = bytes(int(n, 0) for n in re.findall(r"0x[0-9a-f]+|\b\d+\b", body))
    for name, data in packed.items():
        yield name, data
        yield "bz-" + name, bzimage(data + struct.pack("<I", len(plain)))


# ---- device trees ----

class Tree:
    def __init__(self):
        self.struct, self.strings = b"", b""

    def begin(self, name):
        self.struct += struct.pack(">I", 1) + name + bytes(4 - len(name) % 4)

    def end(self):
        self.struct += struct.pack(">I", 2)

    def prop(self, name, value):
        at = self.strings.find(name + b"\0")
        if at < 0:
            at = len(self.strings)
            self.strings += name + b"\0"
        self.struct += struct.pack(">III", 3, len(value), at) + value + bytes(-len(value) % 4)

    def blob(self):
        body = self.struct + struct.pack(">I", 9)
        off = 40 + 16
        head = struct.pack(">10I", 0xD00DFEED, off + len(body) + len(self.strings), off, off + len(body), 40, 17, 16,
                           0, len(self.strings), len(body))
        return head + bytes(16) + body + self.strings


def tree(modules, extra):
    t = Tree()
    t.begin(b"")
    t.begin(b"chosen")
    t.begin(b"hypervisor")
    t.prop(b"compatible", b"hypervisor,xen\0")
    t.begin(b"domU1")
    t.prop(b"compatible", b"xen,domain\0")
    t.prop(b"domid", struct.pack(">I", 1))
    t.prop(b"memory", struct.pack(">II", 0, 65536))
    t.prop(b"cpus", struct.pack(">I", 2))
    t.prop(b"permissions", struct.pack(">I", 1))
    t.prop(b"domain-uuid", bytes(range(16)))
    for kind in (b"kernel", b"ramdisk"):
        t.begin(kind)
        t.prop(b"compatible", b"module," + kind + b"\0")
        if modules:
            t.prop(b"module-index", struct.pack(">I", 1 if kind == b"kernel" else 2))
        else:
            t.prop(b"path", b"/boot/" + kind + b"\0")
        t.prop(b"bootargs", b"quiet\0")
        t.end()
    if extra:
        t.prop(b"domain-name", b"web\0")
        t.begin(b"config")
        t.prop(b"on_crash", b"preserve\0")
        t.prop(b"cpu_weight", struct.pack(">I", 512))
        t.prop(b"disk", b"a\0b\0")
        t.end()
    for _ in range(4):
        t.end()
    return t.blob()


def trees():
    yield "modules", tree(True, False)
    yield "paths", tree(False, True)
    yield "both", tree(True, True)
    yield "was-magic-only", tree(True, True)[:4]


# ---- configs, shell ----

def configs():
    for name in sorted(os.listdir(os.path.join(TOP, "configs"))):
        if name.endswith(".cfg"):
            yield name, text("configs/" + name).encode()
    yield "syntax", (b'name = "web" # c\nmemory=0x40;vcpus = 2\ndisk = [ "a", \'b\',\n [1, -2], ]\nextra += " q"\n'
                     b'a = "\\n\\x41\\101\\""\ncpus = "0-3,^1"\nuuid = "01234567-89ab-cdef-0123-456789abcdef"\n')
    yield "values", (b'kernel="k"\nmaxmem=128\nmaxvcpus=4\non_crash="coredump-restart"\ncpu_weight=256\ncap=50\n'
                     b'cpus=["0","1-2"]\nmax_grant_frames=32\nroot="/dev/xvda1 ro"\nname="v"\n')


def scripts():
    for i, case in enumerate(text("tests/host/user-shell.cases").split("\n\n")[:60]):
        yield "case%d" % i, case[:600].encode()
    yield "all", (b"f() { case $1 in a|b) echo \"${x:-$(date)}\";; *) for i in 1 2; do :; done;; esac; }\n"
                  b"if ! f a && g || h; then { a | b; } >&2 2>x <<E & fi\n$((1+2)) `pwd`\nE\nwhile (a); do b=c d; done\n")
    yield "sum", b"(a = 1 << 3 | (2 ** 3), b ? -7 % 2 : ~0x1f && !a"


# ---- the store ----

def message(kind, payload=b"", req=1, tx=0):
    return struct.pack("<IIII", kind, req, tx, len(payload)) + payload


def store_requests():
    write = message(11, b"/local/domain/1/a\0v")
    perms = message(14, b"/local/domain/1/a\0n1\0r0\0")
    yield "write", b"\1" + write + message(2, b"/local/domain/1/a\0") + message(1, b"/local/domain/1\0")
    yield "watch", b"\0" + message(4, b"a\0token\0") + message(11, b"a\0v") + message(13, b"a\0") + message(5, b"a\0token\0")
    yield "transaction", (b"\1" + message(6, b"\0") + message(11, b"/x/y\0z", tx=1) + perms + message(7, b"T\0", tx=1))
    yield "rest", b"\1" + b"".join(message(k, b"/a\0" * 2) for k in range(0, 24))


def store_answers():
    ok = struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF)
    event = message(15, b"/a/b\0token\0", 0)
    for what in range(9):
        body = [b"a\0b\0c\0", b"value", b"n0\0r1\0", b"", b"", b"7\0", b"/local/domain/1\0", b"ok\0", b"OK\0"][what]
        good = ok + struct.pack("<II", 0, len(body)) + body
        yield "answer%d" % what, bytes([what | 0x80, 0]) + event + good + good + event
    error = struct.pack("<IIII", 16, 0xFFFFFFFF, 0, 6) + b"E2BIG\0"
    part = ok + struct.pack("<II", 0, 8) + b"1\0ab\0cd\0"
    last = ok + struct.pack("<II", 0, 7) + b"1\0ef\0\0\0"[:7]
    yield "parts", b"\0\0" + error + part + last + last


# ---- frames of the control protocol ----

def frame(kind, data=b""):
    return bytes([kind]) + struct.pack("<I", len(data)) + data


def hostd_frames():
    args = b"".join(frame(1, w) for w in (b"pvctl", b"create")) + frame(2, struct.pack("<I", 0) + b"--config=")
    start = args + frame(4, b"TERM=vt100") + frame(3, b"/host") + frame(5, struct.pack("<HHB", 24, 80, 3))
    hello = frame(1, b"01234567")
    both = frame(3, b"configs/web.cfg") + frame(4, b'name = "web"')
    yield "run", b"\0" + hello + both + frame(2, start) + frame(5, b"input") + frame(5) + frame(9, bytes(4)) + frame(10, b"\2\0\0\0") + b"E"
    yield "out", b"\x10" + hello + frame(2, frame(1, b"config") + frame(6, b"/x/y.dts"))
    yield "was-four-left", b"\0" + hello + frame(2, frame(1, b"x") + bytes(4))
    yield "odd", b"\1" + b"noise" + hello + frame(4, b"x") + frame(2, b"\1\xff\xff\xff\xff") + frame(12, b"1234")


def hostctl_frames():
    yield "run", b"\1" + frame(6, b"out") + frame(7, b"err") + frame(12, b"\3\0\0\0") + frame(4, b"file") + frame(8, bytes(4))
    yield "error", b"\0" + frame(11, b"no such %s program") + frame(8)


# ---- the guest kernel ----

def cpio_member(name, mode, data=b"", nlink=1):
    fields = (1, mode, 0, 0, nlink, 0, len(data), 0, 0, 5, 1, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % f for f in fields)
    body = head + name + b"\0"
    return body + bytes(-len(body) % 4) + data + bytes(-len(data) % 4)


def archives():
    one = (cpio_member(b".", 0o40755) + cpio_member(b"./bin", 0o40755) + cpio_member(b"bin/sh", 0o100755, b"text") +
           cpio_member(b"bin/ls", 0o120777, b"sh") + cpio_member(b"dev/null", 0o20666) + cpio_member(b"TRAILER!!!", 0))
    yield "one", one
    yield "was-endless-link", cpio_member(b"l", 0o120777, b"0123")
    yield "two", one + bytes(512 - len(one) % 512) + one


def p9_answers():
    def answer(kind, body):
        m = struct.pack("<IBH", 7 + len(body), kind, 0) + body
        return struct.pack("<H", len(m)) + m

    attr = answer(25, bytes(150))
    entry = bytes(13) + struct.pack("<QBH", 3, 8, 4) + b"name"
    for what in range(8):
        body = [answer(111, bytes(13)) + attr, attr, answer(23, b"\5\0there"), answer(117, struct.pack("<I", 4) + b"data"),
                answer(119, struct.pack("<I", 9)), answer(41, struct.pack("<I", 2 * len(entry)) + entry * 2),
                answer(9, bytes(60)), answer(111, b"") + answer(15, bytes(17)) + answer(121, b"")][what]
        yield "answer%d" % what, bytes([what]) + body * 3
    yield "error", b"\0" + answer(7, struct.pack("<I", 2))
    yield "full", b"\5" + answer(41, b"\xff" * 40).replace(struct.pack("<I", 47), b"\xff\0\0\0")


# ---- the rest ----

def instructions():
    operands = bytes(range(32))
    for i, code in enumerate(("488907", "f0480fb10f", "48c70701000000", "480fab0f", "f3a4", "48878424ffff0000", "41ff04c8",
                              "67668905", "f0480fba2f03", "488305000000007f", "4080e4aa", "48ab")):
        yield "insn%d" % i, operands + bytes.fromhex(code) + b"\x90" * 4


def pages():
    for i, change in enumerate(((0, 0, 0, 10, 64), (0xFFFFFFF0, 3, 0xFFFFFF00, 5, 700), (0, 9999, 5, 4, 3), (0, 0, 0, 1024, 1499))):
        for first in (b"\0", b"\1"):
            yield "ring%d%d" % (i, first[0]), first + struct.pack("<5I", *change) * 3


def multiboot_kernels():
    header = struct.pack("<III", 0x1BADB002, 3, (-(0x1BADB002 + 3)) & 0xFFFFFFFF) + b"\x90" * 20
    wide = struct.pack("<IIQQQQQQ", 1, 7, 120, BASE + 0x100000, 0x100000, len(header), 8192, 1)
    narrow = struct.pack("<8I", 1, 84, 0x80100000, 0x100000, len(header), 8192, 7, 4096)
    yield "elf64", (b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x10000C, 64, 0, 0, 64, 56, 1, 64, 0, 0) +
                    wide + header)
    yield "elf32", (b"\x7fELF\1\1\1" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, 0x10000C, 52, 0, 0, 52, 32, 1, 40, 0, 0) +
                    narrow + header)


def accesses():
    """Eight bytes each behind the first, as tests/fuzz/devmodel.c reads them."""
    def port(index, size, value=None):
        return struct.pack("<BBBBI", 1, (size >> 1) << 3 | (value is not None) << 7, index, 0, value or 0)

    def apic(reg, value):
        return struct.pack("<BBBBI", 3, 2 << 3 | 0x80, 0x40, reg >> 4, value)

    wait, take = struct.pack("<BBBBI", 5, 0, 0, 0, 50000), struct.pack("<BBBBI", 6, 0, 0, 0, 0)
    yield "calibrate", b"\0" + port(5, 1, 1) + port(3, 1, 0xB0) + port(2, 1, 77) + port(2, 1, 23) + (wait + port(5, 1)) * 3
    yield "uart", b"\0" + port(14, 1) + port(15, 1, 7) + port(15, 1, 11) + port(13, 1, 3) + struct.pack("<BBBBI", 7, 0, 9, 12, 0) * 2
    yield "timer", b"\0" + apic(0xF0, 0x1FF) + apic(0x320, 0x200F0) + apic(0x380, 10000) + (wait + take + apic(0xB0, 0)) * 3
    yield "start", b"\3" + apic(0xF0, 0x1FF) + apic(0x300, 0xC4500) + apic(0x300, 0xC4608) + apic(0x300, 0x840F1) + take


SEEDS = {
    "hv-elf": kernels, "tools-elf": kernels, "tools-image": images, "hv-hyperlaunch": trees, "tools-cfg-fdt": trees,
    "tools-cfg": configs, "xenstored-requests": store_requests, "xs-client": store_answers, "rings": pages,
    "hostd-frames": hostd_frames, "hostctl-frames": hostctl_frames, "hv-decode": instructions, "kernel-cpio": archives,
    "kernel-9p": p9_answers, "shell-parse": scripts, "devmodel": accesses,
    "tools-multiboot": multiboot_kernels,
}


def main():
    target, folder = sys.argv[1:]
    if target not in SEEDS:
        sys.exit("seeds.py: no seeds for target %r: add them to SEEDS" % target)
    os.makedirs(folder, exist_ok=True)
    for name, data in SEEDS[target]():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


main()
