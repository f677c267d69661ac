#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""iso-boot: the disc image boots to the control domain's prompt with BIOS and with UEFI.

What must hold: GRUB loads the hypervisor by Multiboot 2 in both; with UEFI it puts small modules below 1 MB, where
the start of other CPUs must not destroy them.
"""
# RUN: timeout=240

import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import BUILD, PATIENCE, TOP, end_qemu, start_qemu  # noqa: E402

ISO = os.path.join(TOP, BUILD, "paravane.iso")
FIRMWARE = "/usr/share/ovmf/OVMF.fd"


def boot(more, timeout):
    """The console's text up to the prompt, or until time is over."""
    p = start_qemu([
        "-accel", "tcg", "-cpu", "max,-smap", "-m", "1G", "-smp", "2", "-display", "none", "-no-reboot",
        "-monitor", "none", "-serial", "stdio", "-cdrom", ISO, *more])
    text = ""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and p.poll() is None and "~ # " not in text and "end of panic" not in text:
        text += (p.stdout.read() or b"").decode("utf-8", "replace")
        time.sleep(0.1)
    end_qemu(p)
    # GRUB paints its menu with escape sequences.
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def main():
    with Tap() as t:
        patience = PATIENCE
        for name, more in (("BIOS", []), ("UEFI", ["-bios", FIRMWARE])):
            text = boot(more, 100 * patience)
            t.like(text, r"\(PV\) Paravane", f"{name}: the hypervisor starts")
            t.ok("~ # " in text, f"{name}: the control domain shows its prompt", text[-3000:])


if __name__ == "__main__":
    main()
