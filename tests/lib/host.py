# SPDX-License-Identifier: MIT
"""A running host for tests: QEMU with the hypervisor and the control domain, driven through ./pvctl.

    with RunningHost(cpus=2) as host:
        host.pvctl("list").out

Its name is the test's and the process number's, so tests run side by side. When something goes wrong the end of
its console is shown.
"""

import os
import re
import signal
import subprocess
import sys
import time

TOP = os.environ.get("TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", "build")
CPUS = int(os.environ.get("CPUS", "2"))
PATIENCE = float(os.environ.get("TEST_PATIENCE") or 1)
sys.path.insert(0, os.path.join(TOP, "mk"))
import qemu  # noqa: E402


def end_on_sigterm(signo, frame):
    """The test runner's patience is over: leave through the with statements, which stop machines."""
    raise SystemExit(128 + signo)


signal.signal(signal.SIGTERM, end_on_sigterm)


def start_qemu(args):
    """QEMU with a console on a pipe that is read without waiting, for tests that need another machine than a host."""
    os.chdir(TOP)
    p = subprocess.Popen(qemu.qemu_command() + args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, start_new_session=True)
    os.set_blocking(p.stdout.fileno(), False)
    return p


def end_qemu(p):
    """End it with whatever $QEMU put around it."""
    for signo in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(p.pid, signo)
            p.wait(5)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    p.wait()


class Result:
    def __init__(self, status, out, err, seconds):
        self.status = status
        self.out = out
        self.err = err
        self.seconds = seconds

    def __str__(self):
        return f"exit status {self.status}, {self.seconds:.2f} s\n--- stdout\n{self.out}--- stderr\n{self.err}"


class RunningHost:
    def __init__(self, cpus=CPUS, mem="1G", share=None, build=BUILD):
        os.chdir(TOP)
        name = f"{os.environ.get('TEST', 'test')[:24]}-{os.getpid()}"
        self.host = qemu.Host(name, mem=mem, cpus=cpus, share=share, build=build)
        self.ready_after = None

    def __enter__(self):
        self.host.start()
        try:
            self.ready_after = self.host.wait_ready(timeout=60 * PATIENCE)
        except qemu.HostError:
            self.host.stop()
            raise
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print("# --- the host's console ends with")
            for line in self.console().splitlines()[-40:]:
                print(f"# | {line}")
        self.host.stop()
        if kind is None:
            import shutil
            shutil.rmtree(self.host.path(""), ignore_errors=True)

    def console(self):
        return self.host.console_tail(100000)

    def command(self, *args):
        return [os.path.join(TOP, "pvctl"), "-H", self.host.name, *args]

    def pvctl(self, *args, timeout=60, data=None):
        """A verb, as typed on the host."""
        start = time.monotonic()
        p = subprocess.run(self.command(*args), input=data, capture_output=True, timeout=timeout * PATIENCE, check=False,
                           cwd=TOP, text=True, errors="replace", stdin=None if data else subprocess.DEVNULL)
        return Result(p.returncode, p.stdout, p.stderr, time.monotonic() - start)

    def run(self, command, timeout=60):
        """A shell command in the control domain."""
        return self.pvctl("-x", "sh", "-c", command, timeout=timeout)

    def spawn(self, *args, timeout=60):
        """A verb on a terminal of its own: a pexpect child."""
        import pexpect
        command = self.command(*args)
        return pexpect.spawn(command[0], command[1:], cwd=TOP, timeout=timeout * PATIENCE, encoding="utf-8",
                             codec_errors="replace", dimensions=(25, 80))

    def list(self):
        """Name -> (ID, memory, vCPUs, state, time) of the domains."""
        domains = {}
        for line in self.pvctl("list").out.splitlines()[1:]:
            match = re.match(r"(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+([\d.]+)", line)
            if match:
                domains[match.group(1)] = (int(match.group(2)), int(match.group(3)), int(match.group(4)),
                                           match.group(5), float(match.group(6)))
        return domains

    def free_frames(self):
        """Free frames, exactly, as debug key m shows them."""
        self.pvctl("debug-keys", "m")
        found = re.findall(r"(\d+) frames of \d+ free", self.pvctl("dmesg").out)
        return int(found[-1]) if found else None

    def first_domain(self):
        """One comes and goes: what is allocated once, such as the control domain's records of grants, is there then."""
        self.pvctl("create", "-q", "configs/hello.cfg", 'name="first"')
        self.pvctl("destroy", "first")
        self.wait_for("the first domain to go", lambda: "first" not in self.list(), 10)

    def wait_for(self, what, condition, timeout=30):
        """Poll until condition() is true; returns whether it became so."""
        deadline = time.monotonic() + timeout * PATIENCE
        while time.monotonic() < deadline:
            if condition():
                return True
            time.sleep(0.1)
        print(f"# waited {timeout} s in vain for {what}")
        return False
