# SPDX-License-Identifier: MIT
"""What takes minutes: many domains, Debian's Linux as control domain, the time to the control domain's prompt."""

import os
import subprocess
import time

import machine
import operations

PROMPT = b"~ #"
PROMPT_RUNS = 3
PROMPT_LIMIT = 60.0


def many_domains(side):
    module = " ".join([side.guest, "machine=one"] + [f"op={n}" for n in operations.SCALE])
    return machine.run(side.image, f"{side.append} dom0_max_vcpus=1", module)


def linux(side):
    """The same kernel and first program on both; the hypervisor's own first lines are not part of linux-boot."""
    append = side.linux_append.replace("dom0_mem=64M", "dom0_mem=256M") + " dom0_max_vcpus=1"
    module = f"{side.build}/deps/linux/vmlinuz console=hvc0 quiet,{side.build}/bench/linux.cpio"
    return machine.run(side.image, append, module)


def prompt_once(side):
    """Milliseconds on the wall clock, or None; QEMU without an instruction counter."""
    append = side.linux_append.replace("dom0_mem=64M", "dom0_mem=256M")
    command = machine.qemu_command() + [
        "-accel", "tcg", "-cpu", machine.CPU, "-m", machine.MEMORY, "-smp", "1", "-no-reboot", "-display", "none",
        "-serial", "stdio", "-monitor", "none", "-device", "isa-debug-exit,iobase=0xf4", "-kernel", side.image,
        "-append", append, "-initrd", f"{side.build}/guest-kernel-pv,{side.build}/initramfs.cpio"]
    start = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    os.set_blocking(process.stdout.fileno(), False)
    seen = b""
    try:
        while PROMPT not in seen and time.monotonic() < start + PROMPT_LIMIT and process.poll() is None:
            seen += process.stdout.read() or b""
            time.sleep(0.002)
        return int((time.monotonic() - start) * 1000) if PROMPT in seen else None
    finally:
        machine.end(process)


def prompt(side):
    times = [prompt_once(side) for _ in range(PROMPT_RUNS)]
    if None in times:
        return {"figures": {}, "errors": {"prompt-ms": f"no prompt within {PROMPT_LIMIT:.0f} s"}, "trouble": ""}
    times.sort()
    # The best: what else the machine does can only add.
    return {"figures": {"prompt-ms": {"min": times[0], "median": times[0], "samples": PROMPT_RUNS, "units": 1}},
            "errors": {}, "trouble": ""}


def measure(side):
    whole = {"figures": {}, "errors": {}, "trouble": ""}
    for part in (many_domains, linux, prompt):
        result = part(side)
        for key in ("figures", "errors"):
            whole[key].update(result[key])
        whole["trouble"] += result["trouble"]
    return whole
