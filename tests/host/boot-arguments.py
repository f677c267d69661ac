#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""boot-arguments: the hypervisor's command line, and boots that cannot succeed.

What must hold: each argument has the effect that Xen's users know it for, a wrong value is refused with a message
that names it, and every panic shows the message, a backtrace and its end, and leaves QEMU with status 85. Small
test guests serve as control domains; a device tree that is wrong in one property names node and property.
"""
# RUN: timeout=300

import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import BUILD, PATIENCE, TOP, end_qemu, qemu, start_qemu  # noqa: E402

KERNEL = os.path.join(BUILD, "tests/guest/boot-start-info")
PANIC = 85
OFF = 33


def boot(append, modules=KERNEL, more=(), mem="256M", cpus=1, cpu="max,-smap"):
    """The console's text and QEMU's status, of a machine that goes off by itself."""
    initrd = ["-initrd", modules] if modules else []
    done = subprocess.run(qemu.qemu_command() + [
        "-accel", "tcg", "-cpu", cpu, "-m", mem, "-smp", str(cpus), "-display", "none", "-no-reboot",
        "-monitor", "none", "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4",
        "-kernel", os.path.join(BUILD, "paravane"), "-append", append, *initrd, *more],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30 * PATIENCE, check=False)
    return done.stdout.decode("utf-8", "replace").replace("\r", ""), done.returncode


def boot_until(end, append, cpu="max,-smap"):
    """The console's text of a machine that stops without going off."""
    p = start_qemu(["-accel", "tcg", "-cpu", cpu, "-m", "256M", "-display", "none", "-no-reboot", "-monitor", "none",
                    "-serial", "stdio", "-kernel", os.path.join(BUILD, "paravane"), "-append", append, "-initrd", KERNEL])
    text, deadline = "", time.monotonic() + 30 * PATIENCE
    while end not in text and time.monotonic() < deadline and p.poll() is None:
        text += (p.stdout.read() or b"").decode("utf-8", "replace")
        time.sleep(0.02)
    end_qemu(p)
    return text


def works(t, name, append, pattern, **machine):
    text, status = boot("console=com1 noreboot debug-exit " + append, **machine)
    t.eq(status, OFF, f"{name}: the machine goes off")
    t.like(text, pattern, f"{name}: {pattern}")
    return text


def panics(t, name, append, pattern, **machine):
    text, status = boot("console=com1 noreboot debug-exit " + append, **machine)
    t.eq(status, PANIC, f"{name}: panics")
    t.like(text, pattern, f"{name}: {pattern}")
    t.like(text, r"Backtrace: 0x[0-9a-f]+( 0x[0-9a-f]+)+", f"{name}: a backtrace of several frames")
    t.like(text, r"\*\*\* end of panic \*\*\*", f"{name}: to its end")


def arguments(t):
    works(t, "dom0_mem", "dom0_mem=32M", r"Domain-0: .*, 32 MB")
    works(t, "dom0_mem in kB by default", "dom0_mem=40960", r"Domain-0: .*, 40 MB")
    works(t, "dom0_mem with bounds", "dom0_mem=min:16M,max:1G,48M", r"Domain-0: .*, 48 MB")
    panics(t, "a wrong dom0_mem", "dom0_mem=64Q", r"dom0_mem=64Q: expected SIZE")
    panics(t, "too large a dom0_mem", "dom0_mem=4G", r"built with dom0_mem=4G: it shall have 4194304 kB, and \d+ kB are free")
    panics(t, "too small a dom0_mem", "dom0_mem=1M",
           r"built with dom0_mem=1M: kernel, module and tables need [1-9]\d{3,} kB, the domain has 1024 kB")
    works(t, "the last one counts", "dom0_mem=16M dom0_mem=24M", r"Domain-0: .*, 24 MB")
    works(t, "dom0_max_vcpus", "dom0_mem=32M dom0_max_vcpus=3", r"Domain-0: .* 3 vCPUs")
    panics(t, "a wrong dom0_max_vcpus", "dom0_mem=32M dom0_max_vcpus=1000", r"dom0_max_vcpus=1000: expected 1 to")
    text = works(t, "maxcpus", "dom0_mem=32M maxcpus=1", r"Domain-0: .* 1 vCPU\b", cpus=2)
    t.ok(not re.search(r"^\(PV\) 2 CPUs", text, re.M), "maxcpus=1: the second one stays off", text)
    works(t, "scheduler", "dom0_mem=32M sched_credit_tslice_ms=5 sched_ratelimit_us=500", r"1\.\.")
    works(t, "a speed for the line", "dom0_mem=32M com1=9600,8n1", r"1\.\.")
    works(t, "a speed that no line has", "dom0_mem=32M com1=7", r"1\.\.")
    works(t, "conswitch off", "dom0_mem=32M conswitch=x", r"1\.\.")


def levels(t):
    text, status = boot("console=com1 noreboot debug-exit loglvl=none dom0_mem=32M")
    t.eq(status, OFF, "loglvl=none: the machine goes off")
    t.ok("(PV)" not in text.split("Arguments")[-1].split("\n", 1)[-1], "loglvl=none: no message of ours after it is read", text)
    t.like(text, r"^ok 1", "loglvl=none: the control domain's text comes nevertheless")
    for level in ("all", "debug", "info", "warning/all", "nonsense"):
        works(t, f"loglvl={level}", f"dom0_mem=32M loglvl={level} guest_loglvl={level}", r"1\.\.")
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "e9")
        text, status = boot("console=debugcon noreboot debug-exit dom0_mem=32M",
                            more=["-chardev", f"file,id=e9,path={out}", "-device", "isa-debugcon,iobase=0xe9,chardev=e9"])
        t.eq(status, OFF, "console=debugcon: the machine goes off")
        with open(out, encoding="utf-8") as f:
            t.like(f.read(), r"\(PV\) Domain-0: ", "console=debugcon: the log is there")
        t.ok("Domain-0" not in text, "console=debugcon: and not on the serial line", text)
    text, status = boot("console=none noreboot debug-exit dom0_mem=32M")
    t.eq(status, OFF, "console=none: the machine goes off")
    t.ok("Domain-0" not in text, "console=none: nothing is printed after it is read", text)


def endings(t):
    """What debug-exit and noreboot make of a power-off; without debug-exit ACPI does it."""
    text, status = boot("console=com1 dom0_mem=32M")
    t.eq(status, 0, "a power-off by ACPI ends QEMU")
    t.like(text, r"Control domain shut down: power off", "and is announced")
    text, status = boot("console=com1 dom0_mem=32M debug-exit=no")
    t.eq(status, 0, "debug-exit=no is none")


def cpus(t):
    for name, cpu in (("no SMEP", "max,-smap,-smep"), ("no XSAVE", "max,-smap,-xsave"), ("no FSGSBASE", "max,-smap,-fsgsbase"),
                      ("qemu64", "qemu64"), ("no RDTSCP", "max,-smap,-rdtscp"), ("no 1 GiB pages", "max,-smap,-pdpe1gb"),
                      ("SMAP, which may be unsound", "max"), ("an Intel CPU", "Nehalem"), ("an AMD CPU", "EPYC,-smap")):
        works(t, f"CPU with {name}", "dom0_mem=32M", r"1\.\.", cpu=cpu)
    works(t, "no-smep", "dom0_mem=32M no-smep", r"1\.\.")
    works(t, "no-smap", "dom0_mem=32M no-smap", r"1\.\.", cpu="max")
    for cpu in ("max,-nx", "qemu32"):
        text = boot_until("has no", "console=com1", cpu=cpu)
        t.like(text, r"this CPU has no 64-bit mode or no NX", f"CPU {cpu}: says what is missing")


def modules(t):
    with tempfile.TemporaryDirectory() as folder:
        def file(name, data):
            path = os.path.join(folder, name)
            with open(path, "wb") as f:
                f.write(data)
            return path

        with open(os.path.join(TOP, KERNEL), "rb") as f:
            kernel = f.read()
        panics(t, "no module", "", r"no boot module", modules=None)
        panics(t, "text as kernel", "dom0_mem=32M", r"kernel: ", modules=file("text", b"hello, I am no kernel\n" * 50))
        panics(t, "half a kernel", "dom0_mem=32M", r"kernel: ", modules=file("half", kernel[:6000]))
        panics(t, "32-bit kernel", "dom0_mem=32M", r"kernel: ", modules=file("elf32", kernel[:4] + b"\1" + kernel[5:]))
        panics(t, "kernel for another CPU", "dom0_mem=32M", r"kernel: ",
               modules=file("arm", kernel[:18] + b"\xb7\0" + kernel[20:]))
        panics(t, "kernel without Xen's notes", "dom0_mem=32M", r"kernel: ", modules=file("none", kernel.replace(b"Xen\0", b"xEn\0")))
        with open(os.path.join(TOP, BUILD, "linux/vmlinuz"), "rb") as f:
            linux = f.read()
        panics(t, "half a bzImage", "dom0_mem=200M", r"kernel: ", modules=file("bz", linux[:len(linux) // 2]), mem="512M")
        panics(t, "a bzImage with a damaged payload", "dom0_mem=200M", r"kernel: ", mem="512M",
               modules=file("bad", linux[:2000000] + bytes(64) + linux[2000064:]))
        panics(t, "many modules", "", r"more than \d+ modules|no boot module|could not", modules=",".join([KERNEL] * 40))
        # Before the arguments are there, debug-exit is not known either.
        t.like(boot_until("end of panic", "x" * 9000), r"command lines of hypervisor and modules are longer than",
               "long arguments: said so")


TREE = """/dts-v1/;
/ { chosen { hypervisor { compatible = "hypervisor,xen";
  dom0 { compatible = "xen,domain"; %s
    kernel { compatible = "module,kernel"; module-index = <%s>; %s };
    %s };
}; }; };
"""


def trees(t):
    with tempfile.TemporaryDirectory() as folder:
        def blob(text):
            source, out = os.path.join(folder, "t.dts"), os.path.join(folder, "t.dtb")
            with open(source, "w", encoding="utf-8") as f:
                f.write(text)
            subprocess.run(["dtc", "-q", "-O", "dtb", "-o", out, source], check=True)
            return out

        def tree(properties="", index="1", kernel="", more=""):
            base = "domid = <0>; memory = <0 0x8000>; cpus = <1>; permissions = <1>; "
            return {"modules": blob(TREE % (base + properties, index, kernel, more)) + "," + KERNEL}

        works(t, "tree", "", r"dom0: paravane-test .*, 32 MB", **tree())
        works(t, "tree with a uuid and arguments", "", r"1\.\.",
              **tree("domain-uuid = [00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f];", kernel='bootargs = "hello";'))
        text = TREE % ("domid = <0>; memory = <0 0x8000>; cpus = <1>; permissions = <1>;", "1", "", "")
        for right, wrong, wanted in (
                ("cpus = <1>", "cpus = <0>", r"dom0: cpus 0: expected"),
                ("domid = <0>", "domid = <40000>", r"domid 40000: at most"),
                ("domid = <0>", "domid = <0 0 0>", r"domid has 12 bytes"),
                ("module-index", "index", r"kernel: no module-index"),
                ("module,kernel", "module,other", r"no node with compatible"),
                ("xen,domain", "xen,other", r"no domain under"),
                ("hypervisor {", "supervisor {", r"no node /chosen/hypervisor")):
            panics(t, f"tree with {wrong}", "", wanted, modules=blob(text.replace(right, wrong)) + "," + KERNEL)
        damaged = bytearray(open(blob(TREE % ("", "1", "", "")), "rb").read())
        damaged[7] = 0xff
        damaged[6] = 0xff
        with open(os.path.join(folder, "bad.dtb"), "wb") as f:
            f.write(damaged)
        panics(t, "a damaged tree", "", r"a damaged device tree", modules=os.path.join(folder, "bad.dtb") + "," + KERNEL)


def main():
    os.chdir(TOP)
    with Tap() as t:
        for part in (arguments, levels, endings, cpus, modules, trees):
            part(t)


if __name__ == "__main__":
    main()
