#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hostctl-streams: ./pvctl's host side and hostd, both on this machine.

What must hold: streams arrive whole, exit statuses are those of the command, signals reach it, files named
on the command line are read here and seen there under the name that the user gave, several commands run side
by side, a client that is killed takes its command along, and an absent host is told as such.

This script plays QEMU: it listens on the sockets portN.sock and carries bytes to pseudo terminals, which hostd
has instead of virtio serial ports.
"""
# RUN: timeout=120

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tty

TOP = os.environ.get("TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", "build")
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
from tap import Tap  # noqa: E402

CLIENT = os.path.join(TOP, BUILD, "pvctl-host")
HOSTD = os.path.join(TOP, BUILD, "dom0-tools", "test", "hostd")


class Port(threading.Thread):
    """A virtio serial port: one client at a time on a unix socket, a pty towards hostd."""

    def __init__(self, folder, number):
        super().__init__(daemon=True)
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.slave_name = os.ttyname(slave)
        self.slave = slave
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(os.path.join(folder, f"port{number}.sock"))
        self.listener.listen(4)

    def run(self):
        while True:
            client, _ = self.listener.accept()
            with client:
                self.carry(client)

    def carry(self, client):
        while True:
            ready, _, _ = select.select([client, self.master], [], [])
            try:
                if client in ready:
                    data = client.recv(65536)
                    if not data:
                        return
                    while data:
                        data = data[os.write(self.master, data):]
                if self.master in ready:
                    client.sendall(os.read(self.master, 65536))
            except OSError:
                return


def main():
    with Tap() as t, tempfile.TemporaryDirectory() as top:
        folder = os.path.join(top, "build", "host", "main")
        os.makedirs(folder)
        ports = [Port(folder, i) for i in range(8)]
        for p in ports:
            p.start()
        env = dict(os.environ, PARAVANE_TOP=top, BUILD="build")
        env.pop("PVCTL_HOST", None)

        # A stand-in for pvctl: prints what it was given.
        bin_dir = os.path.join(top, "bin")
        os.mkdir(bin_dir)
        with open(os.path.join(bin_dir, "pvctl"), "w", encoding="ascii") as f:
            f.write('#!/bin/sh\nprintf "%s|" "$@"; echo\ncase $1 in create) echo "name=$PVCTL_CONFIG_NAME"; cat "$2" ;;\n'
                    'config) cat "$3" >"$4" ;; console) while IFS= read -r l; do echo "got $l"; [ "$l" = end ] && exit 5; done ;; esac\n')
        os.chmod(os.path.join(bin_dir, "pvctl"), 0o755)
        hostd = subprocess.Popen([HOSTD, "-f", "-r", os.path.join(top, "run"), "-p", bin_dir + ":/bin:/usr/bin"] +
                                 [p.slave_name for p in ports])

        def run(*args, data=None, timeout=30, **more):
            return subprocess.run([CLIENT, *args], env=env, input=data, capture_output=True, timeout=timeout,
                                  cwd=top, check=False, **more)

        try:
            r = run("list", "a b", "")
            t.eq((r.returncode, r.stdout, r.stderr), (0, b"list|a b||\n", b""), "arguments arrive as they are")
            r = run("-x", "sh", "-c", "echo out; echo err >&2; exit 7")
            t.eq((r.returncode, r.stdout, r.stderr), (7, b"out\n", b"err\n"), "streams are apart, the status is kept")
            r = run("-x", "sh", "-c", "kill -9 $$")
            t.eq(r.returncode, 137, "death by signal is 128 and its number")
            r = run("-x", "no-such-program")
            t.eq((r.returncode, r.stdout), (1, b""), "a program that is not there is a failure")
            t.like(r.stderr.decode(), r"^pvctl: cannot run 'no-such-program'.*No such file", "and says which")
            big = os.urandom(300000)
            r = run("-x", "cat", data=big)
            t.ok(r.returncode == 0 and r.stdout == big, "300 kB go through cat unchanged",
                 f"status {r.returncode}, {len(r.stdout)} bytes, {r.stderr[:200]!r}")
            r = run("-x", "sh", "-c", "exec <&-; head -c 2000000 /dev/zero", data=big)
            t.eq((r.returncode, len(r.stdout)), (0, 2000000), "output flows though input is not read")

            with open(os.path.join(top, "web.cfg"), "w", encoding="ascii") as f:
                f.write('name = "web"\n')
            r = run("create", "web.cfg", "memory=64")
            t.like(r.stdout.decode(), r"^create\|\S+/run/\d/0-web\.cfg\|memory=64\|\nname=web\.cfg\nname = \"web\"\n$",
                   "a config is read here, and keeps its name")
            t.eq(os.listdir(os.path.join(top, "run", "0")), [], "nothing of it is left behind")
            r = run("config", "convert", "web.cfg", "out.dts")
            with open(os.path.join(top, "out.dts"), encoding="ascii") as f:
                t.eq((r.returncode, f.read()), (0, 'name = "web"\n'), "what a command writes comes back")
            r = run("create", "missing.cfg")
            t.eq((r.returncode, r.stdout), (1, b""), "a config that is not here is a failure")
            t.like(r.stderr.decode(), r"^pvctl: missing\.cfg: No such file", "and is named")

            start = time.monotonic()
            procs = [subprocess.Popen([CLIENT, "-x", "sh", "-c", f"sleep 0.5; echo {i}"], env=env,
                                      stdout=subprocess.PIPE) for i in range(12)]
            outs = [p.communicate(timeout=30)[0] for p in procs]
            t.eq(outs, [f"{i}\n".encode() for i in range(12)], "twelve commands share eight ports")
            t.note(f"twelve took {time.monotonic() - start:.2f} s")

            p = subprocess.Popen([CLIENT, "-x", "sh", "-c", "trap 'echo caught; exit 3' INT; echo go; "
                                  "while :; do sleep 0.05; done"], env=env, stdout=subprocess.PIPE)
            p.stdout.readline()
            p.send_signal(signal.SIGINT)
            out, _ = p.communicate(timeout=30)
            t.eq((p.returncode, out), (3, b"caught\n"), "Ctrl-C reaches the command")

            marker = os.path.join(top, "marker")
            p = subprocess.Popen([CLIENT, "-x", "sh", "-c", f"trap 'echo > {marker}; exit' HUP; echo go; "
                                  "while :; do sleep 0.05; done"], env=env, stdout=subprocess.PIPE)
            p.stdout.readline()
            p.kill()
            p.wait()
            r = run("-x", "echo", "next")
            t.eq((r.returncode, r.stdout), (0, b"next\n"), "after a killed client the port serves the next")
            t.ok(os.path.exists(marker), "and the killed client's command was hung up")

            r = run("-H", "other", "list")
            t.eq(r.returncode, 1, "a host that is not up is a failure")
            t.like(r.stderr.decode(), r"^pvctl: host 'other' is not up.*make up HOST=other", "and says what to do")
            r = subprocess.run([CLIENT], env=env, capture_output=True, check=False)
            t.eq(r.returncode, 2, "no verb is a usage error")

            import pexpect
            c = pexpect.spawn(CLIENT, ["console", "web"], env=env, timeout=15, encoding="ascii")
            c.expect_exact("console|web|")
            c.send("hello\r")
            c.expect_exact("got hello")
            c.send("end\r")
            c.expect(pexpect.EOF)
            c.close()
            t.eq(c.exitstatus, 5, "an interactive command runs on a terminal")
            c = pexpect.spawn(CLIENT, ["console", "web"], env=env, timeout=15, encoding="ascii")
            c.expect_exact("console|web|")
            c.send("\x1d")
            c.expect(pexpect.EOF)
            c.close()
            t.eq(c.exitstatus, 0, "Ctrl-] leaves a command that does not")
        finally:
            hostd.terminate()
            hostd.wait(10)


if __name__ == "__main__":
    main()
