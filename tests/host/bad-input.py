#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bad-input: everything a person can get wrong gives one message that says what, where and what is allowed,
exit status 1 (2 for a misspelt command line), and leaves nothing behind.
"""
# RUN: timeout=240

import gzip
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import BUILD, RunningHost  # noqa: E402

HELLO = {"name": '"bad"', "kernel": '"build/guest-kernel-pv"', "ramdisk": '"build/initramfs-hello.cpio"',
         "memory": "16", "extra": '"console=hvc0"'}


def config(folder, leaf, **changes):
    values = dict(HELLO, **changes)
    path = os.path.join(folder, leaf)
    with open(path, "w", encoding="ascii") as f:
        f.write("".join(f"{k} = {v}\n" for k, v in values.items() if v is not None))
    return path


def make_kernels(share):
    """Kernels with one thing wrong each, in the folder that the control domain sees as /share."""
    with open(os.path.join(BUILD, "guest-kernel-pv"), "rb") as f:
        good = f.read()
    with open(os.path.join(BUILD, "linux", "vmlinuz"), "rb") as f:
        bzimage = bytearray(f.read())

    def put(leaf, data):
        with open(os.path.join(share, leaf), "wb") as f:
            f.write(data)

    put("empty", b"")
    put("text", b"this is no kernel\n" * 100)
    put("truncated", good[:len(good) // 2])
    put("bzimage-truncated", bzimage[:len(bzimage) // 3])
    elf32 = bytearray(good)
    elf32[4] = 1
    put("elf32", elf32)
    nonotes = bytearray(good)
    # Turn each PT_NOTE segment into PT_NULL.
    offset = int.from_bytes(good[32:40], "little")
    for i in range(int.from_bytes(good[56:58], "little")):
        at = offset + i * int.from_bytes(good[54:56], "little")
        if int.from_bytes(good[at:at + 4], "little") == 4:
            nonotes[at:at + 4] = b"\0\0\0\0"
    # And the notes themselves, for a builder that looks at sections.
    put("no-notes", nonotes.replace(b"Xen\0", b"Nox\0"))
    payload = int.from_bytes(bzimage[0x248:0x24c], "little") + (bzimage[0x1f1] + 1) * 512
    bzimage[payload:payload + 6] = b"\x89LZO\0\r"
    put("bzimage-lzo", bzimage)
    put("kernel.gz", gzip.compress(good))


def main():
    with Tap() as t, tempfile.TemporaryDirectory() as share, tempfile.TemporaryDirectory() as here, \
         RunningHost(share=share) as host:
        make_kernels(share)
        host.first_domain()
        free = host.free_frames()

        def refused(what, args, pattern, status=1):
            r = host.pvctl(*args)
            t.eq(r.status, status, f"{what}: exit status {status}")
            t.like(r.err, pattern, f"{what}: the message says so")
            t.ok(1 <= len(r.err.strip().splitlines()) <= 3, f"{what}: and is short", r.err)

        def refused_config(what, leaf, pattern, **changes):
            refused(what, ["create", config(here, leaf, **changes)], pattern)

        refused_config("missing kernel", "a.cfg", r"a\.cfg:2: kernel .*no-such-kernel", kernel='"/share/no-such-kernel"')
        refused_config("empty kernel", "b.cfg", r"b\.cfg:2: kernel .*/share/empty", kernel='"/share/empty"')
        refused_config("kernel that is text", "c.cfg", r"/share/text", kernel='"/share/text"')
        refused_config("truncated kernel", "d.cfg", r"d\.cfg:2: kernel .*/share/truncated", kernel='"/share/truncated"')
        refused_config("truncated bzImage", "e.cfg", r"e\.cfg:2: kernel .*bzimage-truncated", kernel='"/share/bzimage-truncated"')
        refused_config("32-bit kernel", "f.cfg", r"(?i)32.bit", kernel='"/share/elf32"')
        refused_config("kernel without Xen notes", "g.cfg", r"(?i)note", kernel='"/share/no-notes"')
        refused_config("unknown compression", "h.cfg", r"(?i)compress|payload|lzo", kernel='"/share/bzimage-lzo"')
        refused_config("missing ramdisk", "i.cfg", r"i\.cfg:3: ramdisk .*no-such-ramdisk", ramdisk='"/share/no-such-ramdisk"')
        refused_config("too much memory", "j.cfg", r"j\.cfg:\d+: memory", memory="500000")
        refused_config("wrong type", "k.cfg", r"k\.cfg:4: memory.*64x", memory='"64x"')
        refused_config("unknown key", "l.cfg", r"l\.cfg:6: .*memroy.*memory", memroy="64")
        refused_config("no kernel at all", "m.cfg", r"m\.cfg.*kernel", kernel=None)
        refused_config("bad name", "n.cfg", r"n\.cfg:1: name", name='"a/b"')

        broken = os.path.join(here, "o.cfg")
        with open(broken, "w", encoding="ascii") as f:
            f.write('name = "x\nmemory = 16\n')
        refused("syntax error", ["create", broken], r"o\.cfg:1")
        broken = os.path.join(here, "p.dtb")
        with open(broken, "wb") as f:
            f.write(bytes.fromhex("d00dfeed00000100") + b"\xff" * 100)
        refused("broken device tree", ["create", broken], r"p\.dtb")
        refused("config that is not there", ["create", "no-such.cfg"], r"no-such\.cfg")

        refused("dead domain id", ["destroy", "4711"], r"4711")
        refused("unknown domain", ["console", "nobody"], r"nobody")
        refused("control domain destroyed", ["destroy", "0"], r"(?i)domain.0|control domain")
        refused("unknown verb", ["craete"], r"craete", 2)
        refused("unknown option", ["list", "--no-such"], r"unknown option", 2)
        refused("missing argument", ["pause"], r"(?i)usage|domain", 2)

        r = host.pvctl("create", config(here, "gz.cfg", kernel='"/share/kernel.gz"'))
        t.eq(r.status, 0, "a gzipped kernel is fine") or t.note(r)
        r = host.pvctl("create", config(here, "gz.cfg"))
        t.eq(r.status, 1, "a name in use is refused")
        t.like(r.err, r"bad", "and named")
        t.eq(host.pvctl("destroy", "bad").status, 0, "destroy")

        host.run("for f in /proc/[0-9]*; do read -r x < $f/comm; [ $x = consoled ] && kill -9 ${f#/proc/}; done")
        refused("console of a new domain without consoled", ["create", "-c", config(here, "q.cfg")], r"consoled")

        t.eq(list(host.list()), ["Domain-0"], "no domain is left behind")
        t.ok(host.wait_for("memory", lambda: host.free_frames() == free, 10), "no memory is left behind",
             f"free frames before {free}, now {host.free_frames()}")
        r = host.run("xenstore-list /local/domain")
        t.eq(r.out.split(), ["0"], "nor anything in the store")


if __name__ == "__main__":
    main()
