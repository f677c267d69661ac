#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""QEMU with the coverage image in place of build/paravane, whose counters are kept when the machine ends.

For the environment variable QEMU of the tests; COVERAGE_QEMU is the command that it stands for.

The machine's memory is a memfd. A second process keeps it open and, as soon as QEMU has ended, copies the counters
out of it, to build/coverage/runs/. So every way to end is good: power-off, panic, a triple fault, a test that
kills its machine; everything counts up to the last instruction, and the hypervisor needs no code for it. This process
becomes QEMU itself: its number, signals and exit status are what the caller expects.

A machine that is reset and boots again starts at zero; what it counted before is lost.
"""

import fcntl
import json
import os
import select
import shlex
import sys
import time

OUT = os.path.join(os.environ.get("BUILD") or "build", "coverage")
UNITS = {"M": 20, "G": 30}


def memory_size(args):
    text = args[args.index("-m") + 1]
    return int(text[:-1]) << UNITS[text[-1]] if text[-1] in UNITS else int(text) << 20


def other_image(word):
    """build/paravane and build/paravane.iso have namesakes with counters."""
    name = os.path.basename(word)
    return os.path.join(OUT, name) if name in ("paravane", "paravane.iso") and "," not in word else word


def harvest(qemu, memory, lock, pid):
    """Wait for QEMU to end, then save the counters if the machine ran our image."""
    select.select([qemu], [], [])
    with open(os.path.join(OUT, "counters.json"), encoding="utf-8") as f:
        where = json.load(f)
    known = bytes.fromhex(where["id"])
    if os.pread(memory, len(known), where["id_start"]) == known:
        path = os.path.join(OUT, "runs", f"{where['id'][-12:]}-{time.time_ns()}-{pid}")
        with open(path + ".tmp", "wb") as f:
            f.write(os.pread(memory, where["size"], where["start"]))
        os.rename(path + ".tmp", path + ".counters")
    os.close(lock)


def fork_harvester(memory):
    """A process that nobody here waits for, in a session of its own, so that who kills QEMU does not kill it."""
    parent = os.getpid()
    qemu = os.pidfd_open(parent)
    # The report waits until all have let go of it.
    lock = os.open(os.path.join(OUT, "lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o666)
    fcntl.flock(lock, fcntl.LOCK_SH)
    middle = os.fork()
    if middle:
        os.close(lock)
        os.waitpid(middle, 0)
        return
    os.setsid()
    if os.fork() == 0:
        # What the caller reads from QEMU must end with QEMU.
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        keep = {0, 1, 2, memory, qemu, lock}
        for fd in [int(n) for n in os.listdir("/proc/self/fd")]:
            if fd not in keep:
                try:
                    os.close(fd)
                except OSError:
                    pass
        harvest(qemu, memory, lock, parent)
    os._exit(0)


def main():
    command = shlex.split(os.environ.get("COVERAGE_QEMU") or "qemu-system-x86_64")
    args = [other_image(word) for word in sys.argv[1:]]
    # A machine that runs something else is left alone.
    if args != sys.argv[1:] and "-m" in args:
        size = memory_size(args)
        memory = os.memfd_create("ram", 0)
        os.truncate(memory, size)
        fork_harvester(memory)
        args += ["-object", f"memory-backend-file,id=ram,size={size},share=on,mem-path=/proc/self/fd/{memory}",
                 "-machine", "memory-backend=ram"]
    os.execvp(command[0], command + args)


if __name__ == "__main__":
    main()
