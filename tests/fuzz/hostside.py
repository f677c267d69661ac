# SPDX-License-Identifier: MIT
"""The libFuzzer targets: which there are, one run of one, and what a crash leaves behind."""

import glob
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("BUILD", "build")
OPTIONS = ["-max_len=4096", "-timeout=20", "-rss_limit_mb=1500", "-print_final_stats=1"]
PULSE = re.compile(r"^#(\d+)\s.*?cov: (\d+) .*?exec/s: (\d+)", re.M)


def targets():
    """Names of all targets: those that have seeds."""
    names = [os.path.basename(p)[:-2] for p in glob.glob(os.path.join(HERE, "*.c"))]
    return sorted(n for n in names if n != "hv-support")


class Result:
    def __init__(self, name):
        self.name, self.runs, self.cov, self.seconds = name, 0, 0, 0.0
        self.failure = None     # the input's path
        self.log = ""

    def row(self):
        per_second = self.runs / self.seconds if self.seconds else 0
        return "%-20s %8.0f %10d %8.0f %6d  %s" % (self.name, self.seconds, self.runs, per_second, self.cov,
                                                 "FAILED: " + self.failure if self.failure else "ok")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def progress(result, log, say):
    for m in PULSE.finditer(read(log)):
        result.runs, result.cov = int(m[1]), int(m[2])
    if say:
        print("  FUZZ    %-20s %4.0f s  %9d runs  %5d edges" % (result.name, result.seconds, result.runs, result.cov),
              flush=True)


def minimize(program, crash, out):
    """The shortest input found in half a minute that still fails; the input itself if none is."""
    shutil.copy(crash, out)
    subprocess.run([program, "-minimize_crash=1", "-max_total_time=30", "-exact_artifact_path=" + out] + OPTIONS[:3] +
                   [crash], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return out


def run(name, limits, corpus, say=None):
    """One run of a target from the seeds, bounded by libFuzzer's options in limits. Inputs worth keeping go to corpus."""
    program = os.path.join(BUILD, "fuzz", name)
    log = program + ".log"
    result = Result(name)
    os.makedirs(corpus, exist_ok=True)
    crash = os.path.join(BUILD, "fuzz", name + "-")
    for old in glob.glob(crash + "*-*"):
        os.remove(old)
    subprocess.run([sys.executable, os.path.join(HERE, "seeds.py"), name, corpus], check=True)
    began = time.monotonic()
    with open(log, "wb") as f:
        child = subprocess.Popen([program, "-artifact_prefix=" + crash] + OPTIONS + limits + [corpus], stdout=f, stderr=f)
    said = began
    while child.poll() is None:
        time.sleep(0.1)
        result.seconds = time.monotonic() - began
        if say and time.monotonic() - said >= 5:
            said = time.monotonic()
            progress(result, log, say)
    result.seconds = time.monotonic() - began
    progress(result, log, False)
    result.log = read(log)
    if child.returncode:
        left = [p for p in glob.glob(crash + "*-*") if re.search(r"-(crash|leak|timeout|oom)-", p)]
        result.failure = minimize(program, left[0], program + ".min") if left else "no input left, see " + log
    return result


def explain(result):
    """What to print of a failure: the sanitizer's first lines and how to run it again."""
    lines = result.log.splitlines()
    start = next((i for i, l in enumerate(lines) if re.search(r"ERROR:|runtime error|not so:|libFuzzer: ", l)), 0)
    return lines[start:start + 12] + ["run it again: %s/fuzz/%s %s" % (BUILD, result.name, result.failure)]
