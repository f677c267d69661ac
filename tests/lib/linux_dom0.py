#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Debian's Linux as control domain, on Debian's Xen or on Paravane, with our tools in it.

As a program: tests/lib/linux_dom0.py [--on xen|paravane] [--file PATH=FILE]... SCRIPT
boots it, runs SCRIPT (a shell script; our tools are in its path) and shows its output; the status is the
script's. As a module: run(script, ...) does the same and returns (status, output).

In a domain, guest_script runs before the shell on its console.

The control domain's files: busybox, the modules of the kernel, xenstored, consoled, xenstore-*, pvctl and
xl, and /guest/{vmlinuz,initrd}: the stock kernel and a small initramfs for domains.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
DEPS = os.path.join(BUILD, "deps")
TOOLS = os.path.join(BUILD, "dom0-tools/linux")
# Xen switches the FPU lazily, and QEMU's XSAVE does not honour CR0.TS: programs would lose SSE registers.
XEN_ARGS = "spec-ctrl=eager-fpu"
MODULES = ("xen-privcmd", "xenfs", "xen-evtchn", "xen-gntdev")
XENSTORE = ("ls", "read", "write", "list", "rm", "exists", "chmod", "watch", "control")

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/
mkdir -p /proc /sys /dev /tmp /run /var
ln -s /run /var/run
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
for m in @MODULES@; do insmod /lib/modules/$m.ko; done
mount -t xenfs xenfs /proc/xen
dmesg -n 1
echo "@BEGIN@"
sh /script
echo "@END@ $?"
poweroff -f
"""

GUEST_INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/ PS1='guest# '
mkdir -p /proc /sys /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for m in @MODULES@; do insmod /lib/modules/$m.ko; done
mount -t xenfs xenfs /proc/xen
echo "guest init: up"
case " $(cat /proc/cmdline) " in
*' crash '*) echo c >/proc/sysrq-trigger ;;
*' off '*) poweroff -f ;;
esac
[ -f /guest-script ] && sh /guest-script
while :; do setsid cttyhack sh; done
"""


def cpio(entries):
    """A newc archive of {path: (mode, bytes)}; folders are added as needed."""
    out, inode, done = bytearray(), 0, set()

    def add(path, mode, data):
        nonlocal inode
        inode += 1
        name = path.encode() + b"\0"
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        out.extend(b"070701" + b"".join(b"%08x" % f for f in fields) + name)
        out.extend(b"\0" * (-len(out) % 4))
        out.extend(data)
        out.extend(b"\0" * (-len(out) % 4))

    for path, (mode, data) in entries.items():
        parts = path.split("/")
        for i in range(1, len(parts)):
            folder = "/".join(parts[:i])
            if folder not in done:
                done.add(folder)
                add(folder, 0o040755, b"")
        add(path, mode, data)
    add("TRAILER!!!", 0, b"")
    return bytes(out)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def base_files(init):
    # The console must be there before init mounts anything; 5:1 is what the kernel opens.
    files = {"init": (0o100755, init.replace("@MODULES@", " ".join(MODULES)).encode()),
             "bin/busybox": (0o100755, read(f"{DEPS}/busybox"))}
    for module in MODULES:
        files[f"lib/modules/{module}.ko"] = (0o100644, read(f"{DEPS}/linux/modules/{module}.ko"))
    return files


def guest_initrd(script=None):
    entries = base_files(GUEST_INIT)
    entries["bin/xenstore"] = (0o100755, read(f"{TOOLS}/xenstore"))
    for name in XENSTORE:
        entries["bin/xenstore-" + name] = (0o120777, b"xenstore")
    if script:
        entries["guest-script"] = (0o100755, script.encode())
    return cpio(entries)


def dom0_initrd(script, files, begin, end, guest, guest_script):
    init = INIT.replace("@BEGIN@", begin).replace("@END@", end)
    entries = base_files(init)
    for tool in ("xenstored", "consoled", "xenstore", "pvctl"):
        entries["bin/" + tool] = (0o100755, read(f"{TOOLS}/{tool}"))
    for name in XENSTORE:
        entries["bin/xenstore-" + name] = (0o120777, b"xenstore")
    entries["bin/xl"] = (0o120777, b"pvctl")
    if guest:
        entries["guest/vmlinuz"] = (0o100644, read(f"{DEPS}/linux/vmlinuz"))
        entries["guest/initrd"] = (0o100644, guest_initrd(guest_script))
    entries["script"] = (0o100755, script.encode())
    for path, data in files.items():
        entries[path.lstrip("/")] = (0o100755, data)
    return cpio(entries)


def run(script, on="xen", files=None, timeout=240, mem="1G", dom0_mem="512M", cpus=2, show=None, guest=True,
        guest_script=None, append=""):
    """Returns (status, output between the script's begin and end); status None: it did not end."""
    work = tempfile.mkdtemp(prefix="dom0")
    begin, end = "<<script begins>>", "<<script ends>>"
    with open(work + "/initrd", "wb") as file:
        file.write(dom0_initrd(script, files or {}, begin, end, guest, guest_script))
    kernel, xen_args = (f"{DEPS}/xen/xen", XEN_ARGS) if on == "xen" else (f"{BUILD}/paravane", "")
    command = shlex.split(os.environ.get("QEMU") or "qemu-system-x86_64") + [
        "-accel", "tcg", "-cpu", "max,-smap", "-m", mem, "-smp", str(cpus), "-no-reboot", "-display", "none",
        "-serial", "stdio", "-monitor", "none", "-kernel", kernel,
        "-append", f"console=com1 dom0_mem={dom0_mem} noreboot {xen_args} {append}".strip(),
        "-initrd", f"{DEPS}/linux/vmlinuz console=hvc0 panic=-1 quiet,{work}/initrd"]
    proc = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    os.set_blocking(proc.stdout.fileno(), False)
    text, deadline, status = "", time.time() + timeout, None
    try:
        while time.time() < deadline:
            data = proc.stdout.read()
            if data:
                data = data.decode(errors="replace").replace("\r", "")
                text += data
                if show:
                    show(data)
            elif data == b"":
                break
            else:
                time.sleep(0.05)
            match = re.search(re.escape(end) + r" (\d+)\n", text)
            if match:
                status = int(match.group(1))
                break
    finally:
        proc.kill()
        proc.wait()
        shutil.rmtree(work, ignore_errors=True)
    if status is None:
        return None, text
    return status, text.split(begin + "\n", 1)[-1].split(end, 1)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--on", choices=("xen", "paravane"), default="xen")
    parser.add_argument("--file", action="append", default=[], metavar="PATH=FILE")
    parser.add_argument("--timeout", type=float, default=240)
    parser.add_argument("--append", default="", help="more hypervisor arguments")
    parser.add_argument("script")
    args = parser.parse_args()
    files = {path: read(name) for path, name in (f.split("=", 1) for f in args.file)}
    with open(args.script, encoding="utf-8") as file:
        script = file.read()

    def show(data):
        sys.stdout.write(data)
        sys.stdout.flush()

    status, _ = run(script, args.on, files, args.timeout, show=show, append=args.append)
    return 124 if status is None else status


if __name__ == "__main__":
    sys.exit(main())
