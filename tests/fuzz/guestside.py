# SPDX-License-Identifier: MIT
"""The fuzzing guest: machines with ranges of seeds, what went wrong in one, and the shortest sequence that still does."""

import os
import re
import shlex
import subprocess
import time

BUILD = os.environ.get("BUILD", "build")
PATIENCE = float(os.environ.get("TEST_PATIENCE") or 1)
OPS = 600               # operations of an actor for each seed
ACTORS = 3
SILENCE = 60            # seconds without a line of a machine: it hangs
SHRINK_SECONDS = 600
SEED = re.compile(r"^# fuzz: seed (\d+)")
TOTALS = re.compile(r"^# fuzz: (\d+) hypercalls, (\d+) good; (\d+) operations of (\d+) tried, (\d+) worked; (\d+) domains "
                    r"ended, (\d+) crashed, (\d+) stuck")
PANIC = re.compile(r"\*\*\* Paravane panic|audit: L\d ")


class Outcome:
    def __init__(self):
        self.seed, self.failure, self.totals, self.lines = 0, None, None, []


def command(cpus, arguments, extra=()):
    return shlex.split(os.environ.get("QEMU") or "qemu-system-x86_64") + [
        "-accel", "tcg", "-cpu", "max,-smap", "-m", "256M", "-smp", str(cpus), "-display", "none", "-no-reboot",
        "-monitor", "none", "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4", *extra,
        "-kernel", BUILD + "/paravane",
        "-append", "console=com1 dom0_mem=64M noreboot debug-exit loglvl=warning guest_loglvl=none",
        "-initrd", BUILD + "/tests/fuzz/guest " + arguments]


def take_line(out, line):
    out.lines.append(line)
    m = SEED.match(line)
    if m:
        out.seed = int(m[1])
    m = TOTALS.match(line)
    if m:
        out.totals = [int(n) for n in m.groups()]
    if not out.failure and line.startswith("not ok"):
        out.failure = line
    if not out.failure and PANIC.search(line):
        out.failure = line.strip()


def run(cpus, arguments, seconds, extra=(), say=None):
    """One machine until it ends, is silent for too long, or its seconds are over (which is no failure)."""
    out = Outcome()
    child = subprocess.Popen(command(cpus, arguments, extra), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    os.set_blocking(child.stdout.fileno(), False)
    end, heard, said, rest, over = time.monotonic() + seconds, time.monotonic(), time.monotonic(), b"", False
    while True:
        data = child.stdout.read()
        if data:
            heard = time.monotonic()
            *lines, rest = (rest + data).replace(b"\r", b"").split(b"\n")
            for line in lines:
                take_line(out, line.decode("utf-8", "replace"))
        elif child.poll() is not None:
            break
        now = time.monotonic()
        if say and now - said >= 5:
            said = now
            say(out)
        if now - heard > SILENCE * PATIENCE:
            out.failure = out.failure or "hang: silent for %d s in seed %d" % (now - heard, out.seed)
        over = now > end
        if over or (out.failure and now - heard > 2):
            break
        time.sleep(0.02)
    if child.poll() is None:
        child.kill()
        child.wait()
    elif child.returncode != 33 and not out.failure:
        out.failure = "the machine ended with status %d" % child.returncode
    child.stdout.close()
    if not out.failure and not over and not out.totals:
        out.failure = "the guest gave no totals"
    return out


# ---- shrinking -------------------------------------------------------------------------------------

def ranges(ids):
    """[1, 2, 3, 7] as 1-3+7."""
    parts, i = [], 0
    while i < len(ids):
        j = i
        while j + 1 < len(ids) and ids[j + 1] == ids[j] + 1:
            j += 1
        parts.append(str(ids[i]) if i == j else "%d-%d" % (ids[i], ids[j]))
        i = j + 1
    return "+".join(parts)     # a comma separates modules for QEMU


def fails(cpus, seed, ids):
    text = ranges(ids)
    if text.count("+") >= 48:           # MAX_RANGES of the guest
        return False
    out = run(cpus, "seed=%d count=1 ops=%d run=%s" % (seed, OPS, text), 120 * PATIENCE)
    return bool(out.failure)


def shrink(cpus, seed, test=fails):
    """Delta debugging over the numbers of operations: what is left fails, and with any part of it away it did not."""
    ids, pieces, end = list(range(ACTORS * OPS)), 2, time.monotonic() + SHRINK_SECONDS
    if not test(cpus, seed, ids):
        return None
    while len(ids) > 1 and time.monotonic() < end:
        size = max(1, -(-len(ids) // pieces))
        for at in range(0, len(ids), size):
            rest = ids[:at] + ids[at + size:]
            if rest and test(cpus, seed, rest):
                ids, pieces = rest, max(pieces - 1, 2)
                print("  FUZZ    guest: shrunk to %d operations" % len(ids), flush=True)
                break
        else:
            if size == 1:
                break
            pieces = min(len(ids), pieces * 2)
    return ids


def explain(cpus, out):
    """Print what happened, the shortest sequence in words, and how to see it again."""
    print("\n".join("  | " + l for l in out.lines[-25:]), flush=True)
    print("  FUZZ    guest: seed %d, %d CPUs: %s" % (out.seed, cpus, out.failure), flush=True)
    ids = shrink(cpus, out.seed)
    if not ids:
        print("  FUZZ    guest: the seed alone does not fail again: it needs its timing; try it some more times")
        ids = list(range(ACTORS * OPS))
    arguments = "seed=%d count=1 ops=%d run=%s verbose" % (out.seed, OPS, ranges(ids))
    words = run(cpus, arguments, 120 * PATIENCE)
    print("\n".join("  | " + l for l in words.lines if re.match(r"\(d\d+\)|\(PV\)|not ok|.*panic", l)), flush=True)
    print("  run it again: " + " ".join(shlex.quote(w) for w in command(cpus, arguments)), flush=True)


# ---- a campaign ------------------------------------------------------------------------------------

class Tally:
    def __init__(self):
        self.seeds = self.calls = self.good = self.crashed = self.stuck = self.tried = self.worked = self.table = 0

    def add(self, out, first):
        self.seeds += out.seed - first + 1
        if out.totals:
            self.calls += out.totals[0]
            self.good += out.totals[1]
            self.tried, self.worked = max(self.tried, out.totals[2]), max(self.worked, out.totals[4])
            self.table, self.crashed, self.stuck = out.totals[3], self.crashed + out.totals[6], self.stuck + out.totals[7]


def campaign(seconds, first=None, per_machine=25):
    """Machines with 1 and 2 CPUs in turn, until the time is over or one has failed. Rows for the table, and failures."""
    seed = first or int(time.time()) % 1000000 * 1000
    began, cpus, tally = time.monotonic(), 2, Tally()
    while time.monotonic() - began < seconds:
        left = seconds - (time.monotonic() - began)

        def say(out, start=seed):
            print("  FUZZ    guest, %d CPUs      %4.0f s  seed %d, %d seeds" % (cpus, time.monotonic() - began, out.seed,
                  tally.seeds + max(0, out.seed - start + 1)), flush=True)

        out = run(cpus, "seed=%d count=%d ops=%d" % (seed, per_machine, OPS), left, say=say)
        tally.add(out, seed)
        if out.failure:
            explain(cpus, out)
            return ["%-20s %8.0f  FAILED: seed %d: %s" % ("guest", time.monotonic() - began, out.seed, out.failure)], 1
        seed = out.seed + 1
        cpus = 3 - cpus
    spent = time.monotonic() - began
    return ["%-20s %8.0f %10d %8.0f  hypercalls, %d seeds, %d of %d operations tried, %d worked, %d domains crashed"
            % ("guest", spent, tally.calls, tally.calls / spent, tally.seeds, tally.tried, tally.table, tally.worked,
               tally.crashed)], 0
