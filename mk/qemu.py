#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Starts and stops the emulated machines ("hosts") that Paravane runs on.

  mk/qemu.py run  [--host NAME] [--mem 1G] [--cpus 2] [--share DIR]   in this terminal, Ctrl-A X leaves
  mk/qemu.py up   [--host NAME] ...                                   in the background, returns when usable
  mk/qemu.py down [--host NAME | --all]
  mk/qemu.py list
  mk/qemu.py debug [--host NAME]                                      stopped at reset, with gdb attached

Everything of a host lives in build/host/NAME: pid, console.log, console.sock, monitor.sock, gdb.sock and
port0.sock to port7.sock, the serial ports that hostd in the control domain serves.

The machine's options are in configs/qemu.args. Sockets are named relative to the repository, where QEMU
is started, because a unix socket's path has at most 107 characters.

The environment variable QEMU names another command, for example "nice qemu-system-x86_64", QEMU_ARGS
another file of options.
"""

import argparse
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PORTS = 8
FRAME_HELLO = 1
MEM_MIN = 320   # megabytes: the control domain's 256 (configs/qemu.args), the hypervisor, the boot modules
PANIC = "*** end of panic ***"


class HostError(Exception):
    """Something the person who typed the command can act on."""


def qemu_command():
    command = shlex.split(os.environ.get("QEMU") or "qemu-system-x86_64")
    if not shutil.which(command[0]):
        raise HostError(f"{command[0]} is not installed: run `mk/deps.sh packages run`")
    return command


def megabytes(size):
    """QEMU's -m: megabytes unless the number ends in G."""
    return int(size[:-1]) * 1024 if str(size).endswith("G") else int(str(size).rstrip("M"))


def read_args(path, values):
    """The options in a file such as configs/qemu.args, with @NAME@ replaced."""
    args = []
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            try:
                words = shlex.split(line)
            except ValueError as error:
                raise HostError(f"{path}:{number}: {error}") from error
            for word in words:
                word = re.sub(r"@([A-Z]+)@", lambda m: values.get(m.group(1), m.group(0)), word)
                # An empty value leaves a blank before the comma that separates modules.
                args.append(re.sub(r" +(,|$)", r"\1", word))
    return args


class Host:
    def __init__(self, name="main", mem="1G", cpus="2", share=None, demo="", build="build",
                 extra=()):
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,40}", name):
            raise HostError(f"HOST={name}: a host's name is up to 40 letters, digits, '.', '_' or '-'")
        if not re.fullmatch(r"[0-9]+[MG]?", str(mem)):
            raise HostError(f"MEM={mem}: expected a size like 1G or 768M")
        if not re.fullmatch(r"[0-9]+", str(cpus)) or not 1 <= int(cpus) <= 64:
            raise HostError(f"CPUS={cpus}: expected 1 to 64")
        if megabytes(mem) < MEM_MIN:
            raise HostError(f"MEM={mem}: expected at least {MEM_MIN}M, of which the control domain gets 256")
        if share and not os.path.isdir(share):
            raise HostError(f"SHARE={share}: no such folder")
        self.name = name
        self.mem = str(mem)
        self.cpus = str(cpus)
        self.share = os.path.abspath(share) if share else None
        self.demo = demo
        self.build = build
        self.extra = list(extra)
        self.dir = os.path.join(build, "host", name)
        self.process = None

    # ---- state ------------------------------------------------------------------------------

    def path(self, leaf):
        return os.path.join(TOP, self.dir, leaf)

    def pid(self):
        """The running QEMU's process id, or None."""
        try:
            with open(self.path("pid"), encoding="ascii") as f:
                pid = int(f.read())
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                words = f.read().split(b"\0")
            with open(f"/proc/{pid}/stat", "rb") as f:
                zombie = f.read().rsplit(b")", 1)[1].split()[0] == b"Z"
        except (OSError, ValueError):
            return None
        mine = f"path={self.dir}/port0.sock,".encode()
        return pid if not zombie and any(mine in w for w in words) else None

    def console_tail(self, lines=20):
        try:
            with open(self.path("console.log"), "rb") as f:
                text = f.read().decode("utf-8", "replace").replace("\r", "")
        except OSError:
            return ""
        return "\n".join(text.rstrip().splitlines()[-lines:])

    # ---- the command line --------------------------------------------------------------------

    def args(self, serial):
        values = {"MEM": self.mem, "CPUS": self.cpus, "BUILD": self.build, "DEMO": self.demo}
        args = read_args(os.path.join(TOP, os.environ.get("QEMU_ARGS", "configs/qemu.args")), values)
        args += serial
        args += ["-device", "virtio-serial-pci,id=ports,max_ports=16"]
        for i in range(PORTS):
            args += ["-chardev", f"socket,id=port{i},path={self.dir}/port{i}.sock,server=on,wait=off",
                     "-device", f"virtserialport,bus=ports.0,chardev=port{i},nr={i + 1},name=paravane.{i}"]
        args += ["-fsdev", "local,id=host,path=.,security_model=none,readonly=on",
                 "-device", "virtio-9p-pci,fsdev=host,mount_tag=host"]
        if self.share:
            args += ["-fsdev", "local,id=share,path=" + self.share.replace(",", ",,") + ",security_model=none",
                     "-device", "virtio-9p-pci,fsdev=share,mount_tag=share"]
        args += ["-pidfile", f"{self.dir}/pid"]
        return args + self.extra

    def prepare(self):
        if self.pid():
            raise HostError(f"host '{self.name}' is already up (pid {self.pid()}); "
                            f"use it with ./pvctl -H {self.name}, or stop it with make down HOST={self.name}")
        for leaf in ("paravane", "guest-kernel-pv", "initramfs.cpio"):
            if not os.path.exists(os.path.join(TOP, self.build, leaf)):
                raise HostError(f"{self.build}/{leaf} is missing: build it with `make {self.build}/{leaf}`")
        shutil.rmtree(self.path(""), ignore_errors=True)
        os.makedirs(self.path(""))

    # ---- verbs -------------------------------------------------------------------------------

    def run(self):
        """Become QEMU with the console on this terminal."""
        self.prepare()
        serial = ["-chardev", f"stdio,id=console,mux=on,signal=off,logfile={self.dir}/console.log",
                  "-serial", "chardev:console", "-mon", "chardev=console"]
        command = qemu_command() + self.args(serial)
        os.chdir(TOP)
        os.execvp(command[0], command)

    def start(self, stopped=False):
        self.prepare()
        serial = ["-chardev", f"socket,id=console,path={self.dir}/console.sock,server=on,wait=off,"
                              f"logfile={self.dir}/console.log", "-serial", "chardev:console",
                  "-chardev", f"socket,id=monitor,path={self.dir}/monitor.sock,server=on,wait=off",
                  "-mon", "chardev=monitor",
                  "-chardev", f"socket,id=gdb,path={self.dir}/gdb.sock,server=on,wait=off",
                  "-gdb", "chardev:gdb"]
        command = qemu_command() + self.args(serial) + (["-S"] if stopped else [])
        with open(self.path("qemu.log"), "wb") as log:
            log.write((shlex.join(command) + "\n").encode())
            log.flush()
            self.process = subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)

    def qemu_errors(self):
        try:
            with open(self.path("qemu.log"), encoding="utf-8", errors="replace") as f:
                return "".join(f.readlines()[1:]).strip()
        except OSError:
            return ""

    def answers(self, timeout=1.0):
        """Whether hostd says hello on one of the ports. A busy port is a sign of life, too."""
        import fcntl
        lock = os.open(self.path("port0.lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o666)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
            here = os.open(self.path(""), os.O_RDONLY | os.O_DIRECTORY)
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
                    s.settimeout(timeout)
                    s.connect(f"/proc/self/fd/{here}/port0.sock")
                    hello = struct.pack("<BI", FRAME_HELLO, 8) + b"qemu.py" + bytes([0x80])
                    s.sendall(hello)
                    answer = b""
                    while hello not in answer:
                        data = s.recv(4096)
                        if not data:
                            return False
                        answer += data
                    return True
            except OSError:
                return False
            finally:
                os.close(here)
        finally:
            os.close(lock)

    def wait_ready(self, timeout=60.0, progress=None):
        start = begun = time.monotonic()
        while True:
            if self.process and self.process.poll() is not None:
                raise HostError(f"host '{self.name}' ended while starting (status {self.process.returncode})\n"
                                f"{self.qemu_errors()}\n--- console\n{self.console_tail()}")
            if PANIC in self.console_tail():
                tail = self.console_tail()
                self.stop()
                raise HostError(f"the hypervisor of host '{self.name}' panicked while starting; its console is in "
                                f"{self.dir}/console.log\n--- console\n{tail}")
            if not os.path.exists(self.path("port0.sock")):
                # QEMU itself has not started yet: a wrapper in $QEMU may make it wait its turn.
                start = min(time.monotonic(), begun + 600)
            elif self.answers():
                return time.monotonic() - start
            if time.monotonic() - start > timeout:
                raise HostError(f"host '{self.name}' does not answer after {timeout:.0f} s; "
                                f"it is left running, its console is in {self.dir}/console.log\n"
                                f"--- console\n{self.console_tail()}")
            if progress:
                progress(time.monotonic() - start)
            time.sleep(0.02)

    def stop(self, timeout=5.0):
        """Ask QEMU to quit, then insist. Returns whether it ran."""
        pid = self.pid()
        if not pid:
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + timeout
        while self.pid():
            if self.process:
                self.process.poll()
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                deadline = time.monotonic() + timeout
            time.sleep(0.02)
        if self.process:
            self.process.wait()
        for leaf in ["pid", "console.sock", "monitor.sock", "gdb.sock"] + [f"port{i}.sock" for i in range(PORTS)]:
            try:
                os.unlink(self.path(leaf))
            except FileNotFoundError:
                pass
        return True


def all_hosts(build):
    top = os.path.join(TOP, build, "host")
    try:
        names = sorted(os.listdir(top))
    except FileNotFoundError:
        names = []
    return [h for h in (Host(n, build=build) for n in names) if h.pid()]


def up(host):
    host.start()
    shown = [0]

    def progress(seconds):
        if sys.stdout.isatty() and seconds - shown[0] > 0.2:
            shown[0] = seconds
            print(f"\r  UP      {host.name}: starting, {seconds:.1f} s", end="", flush=True)

    try:
        seconds = host.wait_ready(progress=progress)
    except KeyboardInterrupt:
        host.stop()
        raise
    finally:
        if shown[0]:
            print("\r\033[K", end="")
    flag = "" if host.name == "main" else f" -H {host.name}"
    print(f"  UP      {host.name}: ready after {seconds:.1f} s; try ./pvctl{flag} list, console in "
          f"{host.dir}/console.log")


def debug(host):
    if not shutil.which("gdb"):
        raise HostError("gdb is not installed: run `mk/deps.sh packages debug`")
    if not host.pid():
        host.start(stopped=True)
        while not os.path.exists(host.path("gdb.sock")):
            if host.process.poll() is not None:
                raise HostError(f"QEMU ended at once\n{host.qemu_errors()}")
            time.sleep(0.02)
    print(f"  DEBUG   host '{host.name}' keeps running when gdb ends; make down HOST={host.name} stops it")
    sys.stdout.flush()
    os.chdir(TOP)
    os.execvp("gdb", ["gdb", "-q", "-x", "mk/gdb/paravane.gdb",
                      "-ex", f"target remote {host.dir}/gdb.sock"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["run", "up", "down", "list", "debug"])
    parser.add_argument("--host", default="main")
    parser.add_argument("--mem", default="1G")
    parser.add_argument("--cpus", default="2")
    parser.add_argument("--share", default="")
    parser.add_argument("--demo", default="")
    parser.add_argument("--build", default="build")
    parser.add_argument("--all", action="store_true")
    opts = parser.parse_args()
    try:
        host = Host(opts.host, opts.mem, opts.cpus, opts.share, opts.demo, opts.build)
        if opts.verb == "run":
            host.run()
        elif opts.verb == "up":
            up(host)
        elif opts.verb == "debug":
            debug(host)
        elif opts.verb == "list":
            hosts = all_hosts(opts.build)
            for h in hosts:
                print(f"{h.name:<20} pid {h.pid()}")
            if not hosts:
                print("no host is up; make up starts one", file=sys.stderr)
        else:
            for h in all_hosts(opts.build) if opts.all else [host]:
                print(f"  DOWN    {h.name}" + ("" if h.stop() else ": was not up"))
    except HostError as error:
        print(f"{os.path.basename(sys.argv[0])}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{os.path.basename(sys.argv[0])}: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
