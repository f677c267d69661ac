#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""boot-tree: boot domains from a device tree.

What must hold: with configs/boot.dts as first module both domains that it describes run, with their memory and
vCPUs; the second one has a name, a store and a console, with everything it printed before the control domain was
there, and ends like any other; a tree with a wrong module index stops the machine with one message that names node, property and value.
"""
# RUN: timeout=120

import json
import os
import subprocess
import sys
import tempfile
import threading

import pexpect

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import BUILD, TOP, RunningHost  # noqa: E402

QEMU = os.environ.get("QEMU", "qemu-system-x86_64").split()


def compile_tree(tree, folder):
    source, blob = os.path.join(folder, "boot.dts"), os.path.join(folder, "boot.dtb")
    with open(source, "w", encoding="utf-8") as file:
        file.write(tree)
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", blob, source], check=True)
    return ",".join([blob] + [os.path.join(BUILD, f) for f in ("guest-kernel-pv", "initramfs.cpio",
                                                               "initramfs-hello.cpio")])


def boot(tree, until, folder):
    """The console's text from the machine's start until a text appears in it, or 40 s."""
    modules = compile_tree(tree, folder)
    machine = subprocess.Popen(QEMU + ["-accel", "tcg", "-cpu", "max,-smap", "-m", "1G", "-smp", "2", "-display", "none",
                                       "-no-reboot", "-serial", "stdio", "-monitor", "none",
                                       "-device", "isa-debug-exit,iobase=0xf4",
                                       "-kernel", os.path.join(BUILD, "paravane"), "-append", "console=com1 debug-exit",
                                       "-initrd", modules],
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


def check_domains(t, host):
    log = host.pvctl("dmesg").out
    t.like(log, r"dom0: paravane .* 256 MB, 2 vCPUs", "the control domain has what the tree says")
    t.like(log, r"hello: paravane .* 8 MB, 1 vCPU\b", "so has the other domain")
    t.ok(host.wait_for("hello", lambda: "hello" in host.list()), "the other domain is listed by its name", host.list())
    t.eq(host.list().get("hello", ())[:3], (1, 8, 1), "with its id, memory and vCPUs")
    config = json.loads(host.pvctl("list", "-l", "hello").out)[0]["config"]["c_info"]
    t.eq(config["name"], "hello", "the long list has its name, too")
    t.ok(config["uuid"].strip("0-"), "and a UUID of its own", config["uuid"])

    with host.spawn("console", "hello") as console:
        t.ok(console.expect(["Hello from a paravirtualized domain", pexpect.TIMEOUT, pexpect.EOF]) == 0,
             "its console shows what it printed before anybody could look", console.before)
        console.send("\r")
        console.sendcontrol("]")
    r = host.run("xenstore-read /local/domain/1/control/feature-poweroff")
    t.like(r.out, "1", "it has written to its store")
    r = host.pvctl("shutdown", "-w", "hello")
    t.eq(r.status, 0, "it shuts down when it is asked to") or t.note(r)
    t.like(host.list().get("hello", [""] * 4)[3], "s", "and stays as it is: nobody can start it again")
    t.eq(host.pvctl("destroy", "hello").status, 0, "it can be destroyed")
    t.eq(list(host.list()), ["Domain-0"], "and is gone then")
    t.eq(host.run("xenstore-list /local/domain").out.split(), ["0"], "also from the store")


def main():
    with open(os.path.join(TOP, "configs/boot.dts"), encoding="utf-8") as file:
        tree = file.read()
    with Tap() as t, tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(TOP, "configs/qemu.args"), encoding="utf-8") as file:
            args = file.read()
        os.environ["QEMU_ARGS"] = os.path.join(folder, "qemu.args")
        with open(os.environ["QEMU_ARGS"], "w", encoding="utf-8") as file:
            file.write(args[:args.index("-initrd")] + f'-initrd "{compile_tree(tree, folder)}"\n')
        with RunningHost() as host:
            check_domains(t, host)
        text = boot(tree.replace("module-index = <3>", "module-index = <7>"), ["end of panic"], folder)
        t.like(text, r"device tree: ramdisk: module-index 7: there are 4 modules", "a wrong index is named")
        text = boot(tree.replace("memory = <0 0x2000>;", ""), ["end of panic"], folder)
        t.like(text, r"device tree: hello: no memory", "a missing property is named")


if __name__ == "__main__":
    main()
