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
SHRINK_SECONDS = float(os.environ.get("SHRINK_SECONDS") or 600)
TRIES = 4               # of a run that should fail
MAX_RANGES = 48         # as in the guest
SEED = re.compile(r"^# fuzz: seed (\d+)$")
TOTALS = re.compile(r"^# fuzz: (\d+) operations, (\d+) hypercalls, (\d+) good; (\d+) of (\d+) hypercalls tried, (\d+) worked; "
                    r"(\d+) domains ended, (\d+) crashed")
HELPED = re.compile(r"^# fuzz: (\d+) actors came to their end; helped on: (\d+) asleep, (\d+) down, (\d+) in circles; "
                    r"given up: (\d+)")
DONE = re.compile(r"^# fuzz: seed \d+ done, so far (\d+) operations, (\d+) hypercalls, (\d+) good, (\d+) domains crashed")
KEYS = b"\x01\x01\x01qrdT"  # the console's way to the hypervisor, and what to ask it
PANIC = re.compile(r"\*\*\* Paravane panic|audit: L\d ")


class Outcome:
    def __init__(self):
        self.seed, self.seeds, self.failure, self.lines = 0, 0, None, []
        self.totals, self.helped, self.so_far = None, None, [0, 0, 0, 0]


def command(cpus, arguments, extra=()):
    return shlex.split(os.environ.get("QEMU") or "qemu-system-x86_64") + [
        "-accel", "tcg", "-cpu", "max,-smap", "-m", "256M", "-smp", str(cpus), "-display", "none", "-no-reboot",
        "-monitor", "none", "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4", *extra,
        "-kernel", BUILD + "/paravane",
        "-append", "console=com1 dom0_mem=64M noreboot debug-exit loglvl=info guest_loglvl="
        + ("all/all" if "verbose" in arguments else "none"),
        "-initrd", BUILD + "/tests/fuzz/guest " + arguments]


def take_line(out, line):
    out.lines.append(line)
    m = SEED.match(line)
    if m:
        out.seed = int(m[1])
    m = TOTALS.match(line)
    if m:
        out.totals = [int(n) for n in m.groups()]
    m = HELPED.match(line)
    if m:
        out.helped = [int(n) for n in m.groups()]
    m = DONE.match(line)
    if m:
        out.seeds += 1
        out.so_far = [int(n) for n in m.groups()]
    if not out.failure and line.startswith("not ok"):
        out.failure = line
    if not out.failure and PANIC.search(line):
        out.failure = line.strip()


def ask_keys(child):
    """What a silent machine still says. It may say nothing: that, too, is an answer."""
    try:
        child.stdin.write(KEYS)
        child.stdin.flush()
    except OSError:
        pass


def run(cpus, arguments, seconds, extra=(), say=None):
    """One machine until it ends, is silent for too long, or its seconds are over (which is no failure)."""
    out = Outcome()
    child = subprocess.Popen(command(cpus, arguments, extra), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    os.set_blocking(child.stdout.fileno(), False)
    end, heard, said, rest, over = time.monotonic() + seconds, time.monotonic(), time.monotonic(), b"", False
    while True:
        ended = child.poll() is not None        # before the last look at what it wrote
        data = child.stdout.read()
        if data:
            heard = time.monotonic()
            *lines, rest = (rest + data).replace(b"\r", b"").split(b"\n")
            for line in lines:
                take_line(out, line.decode("utf-8", "replace"))
        elif ended:
            break
        now = time.monotonic()
        if say and now - said >= 5:
            said = now
            say(out)
        if not out.failure and now - heard > SILENCE * PATIENCE:
            out.failure = "hang: silent for %d s in seed %d; the debug keys' answers follow" % (now - heard, out.seed)
            ask_keys(child)
            heard = now
        over = now > end
        if over or (out.failure and now - heard > 2):
            break
        time.sleep(0.02)
    if child.poll() is None:
        child.kill()
        child.wait()
    elif child.returncode != 33 and not out.failure:
        out.failure = "the machine ended with status %d" % child.returncode
    child.stdin.close()
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
    """Does it, in a few tries? How the actors' operations mix is another time by time."""
    text = ranges(ids)
    if text.count("+") >= MAX_RANGES:
        return False
    for _ in range(TRIES):
        if run(cpus, "seed=%d count=1 ops=%d run=%s" % (seed, OPS, text), 120 * PATIENCE).failure:
            return True
    return False


def shrink(cpus, seed, test=fails, ids=None):
    """Delta debugging over the numbers of operations: what is left fails, and with any part of it away it did not."""
    ids, pieces, end = ids or list(range(ACTORS * OPS)), ACTORS, time.monotonic() + SHRINK_SECONDS
    if not test(cpus, seed, ids):
        return None
    while len(ids) > 1 and time.monotonic() < end:
        size = max(1, -(-len(ids) // pieces))
        for at in range(0, len(ids), size):
            rest = ids[:at] + ids[at + size:]
            if rest and time.monotonic() < end and test(cpus, seed, rest):
                ids, pieces = rest, max(pieces - 1, 2)
                print("  FUZZ    guest: shrunk to %d operations" % len(ids), flush=True)
                break
        else:
            if size == 1:
                break
            pieces = min(len(ids), pieces * 2)
    return ids


def in_words(cpus, arguments, most):
    """The operations, as the guest says them, of a run that fails."""
    for _ in range(2 * TRIES):
        out = run(cpus, arguments, 120 * PATIENCE)
        if out.failure:
            break
    words = [l for l in out.lines if re.match(r"\(d\d+\)|\(PV\)|# fuzz: FAILED|not ok|.*panic", l)]
    print("\n".join("  | " + l for l in words[-most:]), flush=True)
    if not out.failure:
        print("  FUZZ    guest: told in words, it did not fail; these are the operations all the same")


def explain(cpus, out):
    """Print what happened, the shortest sequence in words, and how to see it again."""
    print("\n".join("  | " + l for l in out.lines[-25:]), flush=True)
    print("  FUZZ    guest: seed %d, %d CPUs: %s" % (out.seed, cpus, out.failure), flush=True)
    for tried in (cpus, 3 - cpus):
        ids = shrink(tried, out.seed)
        if ids:
            cpus = tried
            break
        print("  FUZZ    guest: with %d CPUs the seed does not fail again in %d tries" % (tried, TRIES), flush=True)
    arguments = "seed=%d count=1 ops=%d%s verbose" % (out.seed, OPS, " run=" + ranges(ids) if ids else "")
    in_words(cpus, arguments, 400 if ids else 60)
    print("  run it again: " + " ".join(shlex.quote(w) for w in command(cpus, arguments)), flush=True)


# ---- a campaign ------------------------------------------------------------------------------------

class Tally:
    def __init__(self):
        self.seeds = self.ops = self.calls = self.good = self.crashed = self.tried = self.worked = self.table = 0

    def add(self, out):
        self.seeds += out.seeds
        self.ops += out.so_far[0]
        self.calls += out.so_far[1]
        self.good += out.so_far[2]
        self.crashed += out.so_far[3]
        if out.totals:
            self.tried, self.table = max(self.tried, out.totals[3]), out.totals[4]
            self.worked = max(self.worked, out.totals[5])

    def row(self, spent, failure):
        text = "%-20s %8.0f %10d %8.0f         %d seeds, %d of %d hypercalls tried, %d worked, %d domains crashed" % (
            "guest", spent, self.calls, self.calls / spent, self.seeds, self.tried, self.table, self.worked, self.crashed)
        return text + ("; FAILED: " + failure if failure else "; ok")


def campaign(seconds, first=None, per_machine=25):
    """Machines with 1 and 2 CPUs in turn, or as many as $CPUS says, until the time is over or one has failed. Rows for the table, and failures.
    What a machine has done of a seed when the time is over is not counted."""
    seed = first or int(os.environ.get("START") or int(time.time()) % 1000000 * 1000)
    fixed = int(os.environ.get("CPUS") or 0)
    began, cpus, tally = time.monotonic(), fixed or 2, Tally()
    while time.monotonic() - began < seconds:
        left = seconds - (time.monotonic() - began)

        def say(out):
            print("  FUZZ    guest, %d CPUs      %4.0f s  %7d hypercalls  seed %d, %d seeds done"
                  % (cpus, time.monotonic() - began, tally.calls + out.so_far[1], out.seed, tally.seeds + out.seeds), flush=True)

        out = run(cpus, "seed=%d count=%d ops=%d" % (seed, per_machine, OPS), left, say=say)
        tally.add(out)
        if out.failure:
            spent = time.monotonic() - began
            explain(cpus, out)
            return [tally.row(spent, "seed %d, %d CPUs: %s" % (out.seed, cpus, out.failure))], 1
        seed += per_machine
        cpus = fixed or 3 - cpus
    return [tally.row(time.monotonic() - began, None)], 0
