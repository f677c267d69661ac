#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""boot-tree: boot domains from a device tree.

What must hold: with configs/boot.dts as first module both domains that it describes run, with their memory and
vCPUs; a tree with a wrong module index stops the machine with one message that names node, property and value.
"""
# RUN: timeout=120

import os
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import BUILD, TOP  # noqa: E402

QEMU = os.environ.get("QEMU", "qemu-system-x86_64").split()


def boot(tree, until, folder):
    """The console's text from the machine's start until a text appears in it, or 40 s."""
    source, blob = os.path.join(folder, "boot.dts"), os.path.join(folder, "boot.dtb")
    with open(source, "w", encoding="utf-8") as file:
        file.write(tree)
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", blob, source], check=True)
    modules = [blob] + [os.path.join(BUILD, f) for f in ("guest-kernel-pv", "initramfs.cpio", "initramfs-hello.cpio")]
    machine = subprocess.Popen(QEMU + ["-accel", "tcg", "-cpu", "max,-smap", "-m", "1G", "-smp", "2", "-display", "none",
                                       "-no-reboot", "-serial", "stdio", "-monitor", "none",
                                       "-device", "isa-debug-exit,iobase=0xf4",
                                       "-kernel", os.path.join(BUILD, "paravane"), "-append", "console=com1 debug-exit",
                                       "-initrd", ",".join(modules)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    limit = threading.Timer(40, machine.kill)
    limit.start()
    text = ""
    try:
        while not all(u in text for u in until):
            more = os.read(machine.stdout.fileno(), 65536)
            if not more:
                break
            text += more.decode("utf-8", "replace")
    finally:
        limit.cancel()
        machine.kill()
        machine.wait()
    return text


def main():
    with open(os.path.join(TOP, "configs/boot.dts"), encoding="utf-8") as file:
        tree = file.read()
    with Tap() as t, tempfile.TemporaryDirectory() as folder:
        text = boot(tree, ["paravane:~ #", "Type help"], folder)
        t.like(text, r"dom0: paravane .* 256 MB, 2 vCPUs", "the control domain has what the tree says")
        t.like(text, r"hello: paravane .* 8 MB, 1 vCPU\b", "so has the other domain")
        t.like(text, r"\(d1\) Hello from a paravirtualized domain", "the other domain runs its program")
        t.like(text, r"paravane:~ #", "the control domain reaches its prompt")
        text = boot(tree.replace("module-index = <3>", "module-index = <7>"), ["end of panic"], folder)
        t.like(text, r"device tree: ramdisk: module-index 7: there are 4 modules", "a wrong index is named")
        text = boot(tree.replace("memory = <0 0x2000>;", ""), ["end of panic"], folder)
        t.like(text, r"device tree: hello: no memory", "a missing property is named")


if __name__ == "__main__":
    main()
