#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stock-linux-first: Debian's unmodified kernel as the first module, with Xen's command line.

What must hold: it prints its boot log and reaches its initramfs' init, as control domain, with 1 and 2 CPUs.
"""
# RUN: timeout=200 cpus=1,2

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import BUILD, CPUS, PATIENCE, end_qemu, start_qemu  # noqa: E402


def main():
    args = [
        "-accel", "tcg", "-cpu", "max,-smap", "-m", "1G", "-smp", str(CPUS), "-display", "none", "-no-reboot",
        "-monitor", "none", "-serial", "stdio", "-kernel", f"{BUILD}/paravane",
        "-append", "console=com1 dom0_mem=256M noreboot",
        "-initrd", f"{BUILD}/linux/vmlinuz console=hvc0,{BUILD}/linux/initramfs.cpio.gz"]
    with Tap() as t:
        p = start_qemu(args)
        text = ""
        start = time.monotonic()
        try:
            while time.monotonic() - start < 150 * PATIENCE and p.poll() is None and "linux# " not in text and \
                    "end of panic" not in text and "Kernel panic" not in text:
                text += (p.stdout.read() or b"").decode("utf-8", "replace")
                if not text:
                    start = time.monotonic()
                time.sleep(0.1)
        finally:
            end_qemu(p)
        t.like(text, r"Linux version 6\.1", "it prints its boot log")
        t.like(text, r"Booting (paravirtualized )?kernel on Xen|Hypervisor detected: Xen PV|Xen version: 4", "it knows where it is")
        t.ok("linux# " in text, "it reaches init, which shows a shell", text[-4000:])
        t.note(f"{time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
