#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measure the guest kernel's small operations in its worlds: on the bare machine, as control domain on Paravane and,
if Debian's hypervisor is there, on Xen. The same programs, the same QEMU, one after the other.

    run.py BUILD [--time] [NAME...]

Without --time the unit is instructions: under -icount shift=0 the time-stamp counter counts them, and the same run
gives the same numbers. With --time it is nanoseconds; then read ratios.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time

LIMIT = 300


def initramfs(build, work, names, by_time):
    script = os.path.join(work, "rc.local")
    with open(script, "w", encoding="utf-8") as f:
        f.write(f"bench {'' if by_time else '-i'} -n 3 {' '.join(names)} | while read -r line; do echo \"@$line\"; done\n"
                "echo @end\npoweroff\n")
    extra = subprocess.run([f"{build}/user/mkcpio"], input=f"file /etc/rc.local {script} 0644\n".encode(),
                           stdout=subprocess.PIPE, check=True).stdout
    path = os.path.join(work, "initramfs.cpio")
    with open(path, "wb") as f, open(f"{build}/initramfs.cpio", "rb") as base:
        f.write(base.read() + extra)
    return path


def measure(args, by_time):
    """The numbers that one machine prints, by name."""
    command = shlex.split(os.environ.get("QEMU", "qemu-system-x86_64"))
    command += ["-accel", "tcg", "-cpu", "max,-smap", "-m", "512M", "-smp", "1", "-display", "none",
                "-serial", "stdio", "-monitor", "none", "-no-reboot"]
    if not by_time:
        command += ["-icount", "shift=0"]
    results, texts = {}, {}
    machine = subprocess.Popen(command + args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    end = time.time() + LIMIT
    tail = []
    try:
        for raw in machine.stdout:
            line = raw.decode("latin-1").strip()
            tail = (tail + [line])[-15:]
            m = re.match(r"@(\S+) +(\d+) +(ns|ticks) +(.*)", line)
            if m:
                results[m.group(1)] = int(m.group(2))
                texts[m.group(1)] = m.group(4)
            if line == "@end" or time.time() > end:
                break
    finally:
        os.killpg(machine.pid, signal.SIGKILL)
        machine.wait()
    if not results:
        print("\n".join("# " + t for t in tail), file=sys.stderr)
    return results, texts


def main():
    words = [a for a in sys.argv[1:] if a != "--time"]
    by_time = "--time" in sys.argv
    if not words:
        print(__doc__, file=sys.stderr)
        return 2
    build, names = words[0], words[1:]
    with tempfile.TemporaryDirectory() as work:
        cpio = initramfs(build, work, names, by_time)
        module = f"{build}/guest-kernel-pv console=hvc0,{cpio}"
        worlds = [
            ("native", ["-kernel", f"{build}/guest-kernel-native", "-append", "console=com1", "-initrd", cpio]),
            ("Paravane", ["-kernel", f"{build}/paravane", "-append", "console=com1 dom0_mem=256M noreboot",
                          "-initrd", module]),
        ]
        if os.path.exists(f"{build}/deps/xen/xen"):
            worlds.append(("Xen", ["-kernel", f"{build}/deps/xen/xen", "-append",
                                   "console=com1 dom0_mem=256M noreboot", "-initrd", module]))
        table, texts = {}, {}
        for world, args in worlds:
            print(f"  BENCH   {world}", file=sys.stderr)
            table[world], more = measure(args, by_time)
            texts.update(more)
    print(f"{'nanoseconds' if by_time else 'instructions':14}" + "".join(f"{w:>12}" for w in table) +
          ("   Paravane/Xen" if "Xen" in table else ""))
    for name, text in texts.items():
        row = f"{name:14}" + "".join(f"{table[w].get(name, '-'):>12}" for w in table)
        if "Xen" in table and table["Xen"].get(name) and table["Paravane"].get(name):
            row += f"{table['Paravane'][name] / table['Xen'][name]:15.2f}"
        print(row + "  " + text)
    return 0 if all(table.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
