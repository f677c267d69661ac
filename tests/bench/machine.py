# SPDX-License-Identifier: MIT
"""One machine that runs the benchmark guest under a hypervisor: start, read its lines, end.

Under -icount shift=0 QEMU's clock counts instructions, so a run gives the same figures on any machine, however busy.
"""

import os
import re
import shlex
import signal
import subprocess
import time

# One CPU and a vCPU; two vCPUs that share a CPU; two of each. The guest is told which (tests/bench/guest/bench.h).
KINDS = {"one": (1, 1), "shared": (1, 2), "smp": (2, 2)}
ICOUNT = ["-accel", "tcg", "-icount", "shift=0,sleep=off", "-rtc", "base=2024-01-01,clock=vm"]
MEMORY = "512M"
CPU = "max,-smap"
LIMIT = 300.0


def qemu_command():
    return shlex.split(os.environ.get("QEMU", "qemu-system-x86_64"))


def qemu_version():
    out = subprocess.run(qemu_command() + ["--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"version (\S+(?: \([^)]*\))?)", out).group(1)


def command(kernel, append, module, cpus):
    return qemu_command() + ICOUNT + [
        "-cpu", CPU, "-m", MEMORY, "-smp", str(cpus), "-no-reboot", "-display", "none", "-serial", "stdio",
        "-monitor", "none", "-device", "isa-debug-exit,iobase=0xf4", "-kernel", kernel, "-append", append,
        "-initrd", module]


def end(process):
    """QEMU and whatever $QEMU put around it; Xen does not leave QEMU by itself."""
    for signo in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, signo)
            process.wait(5)
            return
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def parse(line, figures, errors):
    m = re.search(r"@op (\S+) (\d+) (\d+) (\d+) (\d+)", line)
    if m:
        figures[m.group(1)] = dict(zip(("min", "median", "samples", "units"), map(int, m.groups()[1:])))
    m = re.search(r"@error (\S+) (.*)", line)
    if m:
        errors[m.group(1)] = m.group(2).strip()


def run(kernel, append, module, cpus=1):
    """What the guest printed: figures by name, errors by name, the banner of the hypervisor; and what went wrong, if the
    guest did not come to its end."""
    figures, errors, tail, banner, complete = {}, {}, [], "", False
    process = subprocess.Popen(command(kernel, append, module, cpus), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    os.set_blocking(process.stdout.fileno(), False)
    deadline = time.monotonic() + LIMIT * float(os.environ.get("TEST_PATIENCE") or 1)
    pending = b""
    try:
        while not complete and time.monotonic() < deadline:
            data = process.stdout.read()
            if data == b"" and process.poll() is not None:
                break
            if not data:
                time.sleep(0.02)
                continue
            pending += data
            *lines, pending = pending.split(b"\n")
            for raw in lines:
                line = raw.decode("latin-1").strip()
                tail = (tail + [line])[-20:]
                parse(line, figures, errors)
                m = re.search(r"Xen version (\S+ \([^)]*\)).*(debug=\w)", line)
                if m:
                    banner = f"Xen {m.group(1)} {m.group(2)}"
                complete = complete or line.endswith("@end")
    finally:
        end(process)
    trouble = ""
    if not complete:
        trouble = f"{kernel}: the benchmark did not end; its last lines:\n" + "\n".join("  | " + t for t in tail)
    return {"figures": figures, "errors": errors, "banner": banner, "trouble": trouble}
