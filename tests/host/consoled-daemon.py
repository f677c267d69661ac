#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""consoled whole, beside a whole xenstored, with domains that files play.

What a domain prints is kept from the first byte, seen by every viewer, logged within bounds, and readable
after the domain's end; what is typed arrives; a domain that floods or breaks its ring hurts itself only. Run with
the daemons built with sanitizers, and with those on the guest kernel's C library.
"""

import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import xsclient as xs                                                       # noqa: E402

BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
PROGRAMS = {
    "sanitizers": ("dom0-tools/test/xenstored", "dom0-tools/test/consoled"),
    "newlib": ("user/bin/test-xenstored", "user/bin/test-consoled"),
}
IN, OUT = 1024, 2048
IN_CONS, IN_PROD, OUT_CONS, OUT_PROD = range(3072, 3088, 4)


def expect(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, expected {wanted!r}")


def wait_for(what, function, timeout=10):
    deadline = time.time() + timeout
    while not function():
        if time.time() > deadline:
            raise TimeoutError(f"waited {timeout} s for {what}")
        time.sleep(0.005)


class Guest(xs.FakeDomain):
    """A domain with a console page too."""

    def __init__(self, bed, domid, name, kind=None):
        super().__init__(bed.dir, domid)
        self.bed = bed
        self.con_path = f"{bed.dir}/con.{domid}"
        with open(self.con_path, "wb") as file:
            file.truncate(4096)
        self.con_file = open(self.con_path, "r+b")
        self.con = mmap.mmap(self.con_file.fileno(), 4096)
        self.con_words = memoryview(self.con).cast("I")
        home = f"/local/domain/{domid}"
        # In this order: consoled may look at any time. Tools write all of it in one transaction.
        bed.store.write(home + "/name", name)
        if kind:
            bed.store.write(home + "/console/type", kind)
        bed.store.write(home + "/console/ring-ref", "4711")
        bed.store.write(home + "/console/port", "2")

    def introduce(self):
        self.bed.store.ask(xs.INTRODUCE, f"{self.domid}\0{4096}\0{7}")

    def kick_console(self):
        try:
            self.sock.sendto((1000 + self.domid).to_bytes(4, "little"), f"{self.bed.dir}/con")
        except OSError:
            pass

    def print(self, data, timeout=20):
        deadline = time.time() + timeout
        while data:
            prod, cons = self.con_words[OUT_PROD // 4], self.con_words[OUT_CONS // 4]
            room = OUT - ((prod - cons) & 0xffffffff)
            if not room:
                if time.time() > deadline:
                    raise TimeoutError("the console ring stays full")
                time.sleep(0.001)
                continue
            for byte in data[:room]:
                self.con[IN + prod % OUT] = byte
                prod += 1
            data = data[room:]
            self.con_words[OUT_PROD // 4] = prod & 0xffffffff
            self.kick_console()

    def typed(self):
        prod, cons = self.con_words[IN_PROD // 4], self.con_words[IN_CONS // 4]
        data = bytes(self.con[(cons + i) % IN] for i in range((prod - cons) & 0xffffffff))
        self.con_words[IN_CONS // 4] = prod
        self.kick_console()
        return data

    def type_arrives(self, wanted):
        got = b""

        def more():
            nonlocal got
            got += self.typed()
            return len(got) >= len(wanted)

        wait_for("typed bytes", more)
        expect(got, wanted)


class Viewer:
    def __init__(self, bed, line):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(bed.con_socket)
        self.sock.settimeout(10)
        self.sock.sendall(line.encode() + b"\n")
        self.data = b""

    def until(self, text):
        while text not in self.data:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError(f"ended after {self.data[-200:]!r}, expected {text!r}")
            self.data += more
        return self.data

    def all(self):
        while True:
            more = self.sock.recv(65536)
            if not more:
                return self.data
            self.data += more


class Bed:
    def __init__(self, programs, *options):
        self.xenstored, self.consoled = (os.path.join(BUILD, p) for p in PROGRAMS[programs])
        self.dir = tempfile.mkdtemp(prefix="con")
        self.con_socket = self.dir + "/consoled.sock"
        self.env = dict(os.environ, XENSTORED_PATH=self.dir + "/socket", FAKE_XEN=self.dir)
        self.log = open(self.dir + "/log", "w+")
        self.procs = [subprocess.Popen([self.xenstored, "-N"], env=self.env, stderr=self.log)]
        wait_for("xenstored", lambda: os.path.exists(self.dir + "/xen"))
        self.start_consoled(*options)
        self.store = xs.SocketClient(self.dir + "/socket")

    def start_consoled(self, *options):
        env = dict(self.env, FAKE_XEN_NAME="con")
        if os.path.exists(self.dir + "/con"):
            os.unlink(self.dir + "/con")
        self.procs.append(subprocess.Popen(
            [self.consoled, "-N", "-s", self.con_socket, "-d", self.dir + "/logs", *options],
            env=env, stderr=self.log))
        wait_for("consoled", lambda: os.path.exists(self.dir + "/con"))

    def log_text(self):
        self.log.seek(0)
        return self.log.read()

    def kept(self, which):
        return Viewer(self, f"log {which}").all()

    def end(self):
        for proc in self.procs:
            expect(proc.poll(), None)
            proc.send_signal(signal.SIGTERM)
            proc.wait(10)
        text = self.log_text()
        expect("Sanitizer" in text or "runtime error" in text, False)


def test_kept_from_the_first_byte(bed):
    guest = Guest(bed, 1, "web")
    guest.print(b"before anybody looks\r\n")
    guest.introduce()
    wait_for("the first bytes", lambda: b"looks" in bed.kept(1))
    expect(bed.kept("web"), b"before anybody looks\r\n")
    expect(bed.kept("1\r"), b"before anybody looks\r\n")
    guest.print(b"more\n")
    wait_for("more", lambda: bed.kept(1).endswith(b"more\n"))
    with open(bed.dir + "/logs/web.log", "rb") as file:
        text = file.read()
    expect(text.startswith(b"--- domain 1, "), True)
    expect(text.endswith(b"before anybody looks\r\nmore\n"), True)


def test_several_viewers_both_ways(bed):
    guest = Guest(bed, 2, "two")
    guest.introduce()
    a, b = Viewer(bed, "attach 2"), Viewer(bed, "attach two")
    guest.print(b"hello, both\n")
    a.until(b"hello, both\n")
    b.until(b"hello, both\n")
    a.sock.sendall(b"from a")
    guest.type_arrives(b"from a")
    b.sock.sendall(b"x" * 5000)
    guest.type_arrives(b"x" * 5000)
    a.sock.close()
    guest.print(b"still here\n")
    b.until(b"still here\n")


def test_attach_races_with_introduction(bed):
    """Whoever made the domain attaches at once; the store's event may come later."""
    for domid in range(10, 20):
        guest = Guest(bed, domid, f"race{domid}")
        guest.introduce()
        viewer = Viewer(bed, f"attach {domid}")
        guest.print(b"prompt> ")
        viewer.until(b"prompt> ")


def test_survives_the_end_of_the_domain(bed):
    guest = Guest(bed, 3, "dying")
    guest.introduce()
    viewer = Viewer(bed, "attach 3")
    guest.print(b"panic: ")
    viewer.until(b"panic")
    guest.print(b"last words\n")
    guest.die()
    expect(viewer.all(), b"panic: last words\n")
    expect(bed.kept(3), b"panic: last words\n")
    expect(Viewer(bed, "attach dying").all(), b"panic: last words\n")
    guest.close()
    # The id is used again: the new domain's console is its own.
    again = Guest(bed, 3, "next")
    again.introduce()
    again.print(b"new\n")
    wait_for("the new console", lambda: bed.kept(3) == b"new\n")
    expect(b"3 live 4 next\n" in Viewer(bed, "list").all(), True)


def test_bounded(bed):
    guest = Guest(bed, 4, "flood")
    guest.introduce()
    other = Guest(bed, 5, "calm")
    other.introduce()
    line = b"0123456789" * 20
    start = time.time()
    for i in range(2000):
        guest.print(line)
        if i % 200 == 0:
            other.print(b".")
    seconds = time.time() - start
    guest.print(b"END")
    wait_for("the end", lambda: bed.kept(4).endswith(b"END"))
    expect(len(bed.kept(4)), 32768)
    expect(bed.kept(5), b"." * 10)
    # 400 KB at 512 KB/s with a burst of 64 KB
    expect(seconds > 0.4, True)
    sizes = [os.path.getsize(f"{bed.dir}/logs/flood.log{end}") for end in ("", ".1")]
    expect(max(sizes) <= 64 * 1024, True)


def test_a_slow_viewer_loses_the_middle(bed):
    guest = Guest(bed, 6, "slow")
    guest.introduce()
    viewer = Viewer(bed, "attach 6")
    guest.print(b"first\n")
    viewer.until(b"first\n")
    for _ in range(4000):
        guest.print(b"y" * 200, timeout=60)
    guest.print(b"END")
    data = viewer.until(b"END")
    expect(b" bytes left out]" in data, True)
    expect(len(data) < 700000, True)


def test_broken_rings_and_bad_requests(bed):
    guest = Guest(bed, 7, "bad/../name")
    guest.introduce()
    guest.print(b"ok\n")
    wait_for("output", lambda: bed.kept(7) == b"ok\n")
    guest.con_words[OUT_PROD // 4] = 1 << 30
    guest.kick_console()
    wait_for("the note", lambda: b"impossible indices" in bed.kept(7))
    expect(os.path.exists(bed.dir + "/logs/bad_..__name.log") or
           os.path.exists(bed.dir + "/logs/bad_.._name.log"), True)
    expect(bed.kept(99), b"consoled: no console of a domain 99\n")
    expect(bed.kept("70000"), b"consoled: no console of a domain 70000\n")
    expect(Viewer(bed, "nonsense").all().startswith(b"consoled: expected"), True)
    expect(Viewer(bed, "log").all().startswith(b"consoled: expected"), True)
    long_line = Viewer(bed, "x" * 500)
    try:
        expect(long_line.all(), b"")
    except ConnectionResetError:
        pass
    half = Viewer(bed, "log 7")
    half.sock.shutdown(socket.SHUT_WR)
    expect(half.all().startswith(b"ok\n"), True)


def test_domains_that_were_there_before(bed):
    guest = Guest(bed, 8, "early")
    guest.introduce()
    guest.print(b"one\n")
    wait_for("output", lambda: bed.kept(8) == b"one\n")
    proc = bed.procs.pop()
    proc.send_signal(signal.SIGKILL)
    proc.wait()
    guest.print(b"two\n")
    bed.start_consoled()
    wait_for("output", lambda: bed.kept(8) == b"two\n")


class DeviceModel(Viewer):
    """One that brings a console: what it sends was printed, what it receives was typed."""

    def __init__(self, bed, domid, first=""):
        super().__init__(bed, f"serve {domid}\n{first}")


def test_a_device_model_brings_a_console(bed):
    guest = Guest(bed, 9, "full", "devmodel")
    guest.introduce()
    viewer = Viewer(bed, "attach 9")
    wait_for("the console", lambda: b"9 waiting 0 full\n" in Viewer(bed, "list").all(), 20)
    model = DeviceModel(bed, 9, "first")
    viewer.until(b"first\n")
    model.sock.sendall(b"second\n" + b"x" * 3000 + b"end\n")
    viewer.until(b"end\n")
    expect(len(bed.kept(9)), 6 + 7 + 3004)
    expect(b"9 live " in Viewer(bed, "list").all(), True)
    viewer.sock.sendall(b"typed\r")
    expect(model.until(b"\r"), b"typed\r")
    # One that floods is not read without end, and does not disturb others.
    other = Guest(bed, 10, "other")
    other.introduce()
    other.print(b"ok\n")
    model.sock.settimeout(0.2)
    sent, end = 0, time.monotonic() + 3
    while time.monotonic() < end:
        try:
            sent += model.sock.send(b"flood" * 4000)
        except TimeoutError:
            pass
    expect(sent < 64 * 1024 + 8 * 512 * 1024, True)     # the burst, the rate, and what lies in sockets
    wait_for("the other one", lambda: bed.kept(10) == b"ok\n")
    # Another one takes its place; an end is told.
    again = DeviceModel(bed, 9, "again")
    wait_for("output", lambda: bed.kept(9).endswith(b"again\n"), 20)
    again.sock.close()
    wait_for("a note", lambda: bed.kept(9).endswith(b"[consoled: the connection to this domain's device model has ended]\r\n"))
    viewer.sock.sendall(b"nobody takes this")
    # Who is not meant is sent away without a word: it would be typed.
    expect(DeviceModel(bed, 10).all(), b"")
    expect(DeviceModel(bed, 77).all(), b"")
    last = DeviceModel(bed, 9, "last words")
    wait_for("output", lambda: bed.kept(9).endswith(b"last words\n"))
    guest.die()
    wait_for("the end", lambda: b"9 gone " in Viewer(bed, "list").all())
    expect(bed.kept(9).endswith(b"last words\n"), True)
    expect(last.all(), b"")
    expect(bed.kept(10), b"ok\n")


TESTS = [(f"{n[5:]}, {p}", p, f) for p in PROGRAMS for n, f in list(globals().items()) if n.startswith("test_")]


def main():
    failed = 0
    print(f"1..{len(TESTS)}", flush=True)
    for number, (name, programs, function) in enumerate(TESTS, 1):
        bed = None
        try:
            bed = Bed(programs)
            function(bed)
            bed.end()
            print(f"ok {number} - {name}", flush=True)
        except Exception as error:                                          # noqa: BLE001
            failed += 1
            print(f"# {type(error).__name__}: {error}")
            trace = error.__traceback__
            while trace:
                print(f"#   line {trace.tb_lineno} of {trace.tb_frame.f_code.co_name}")
                trace = trace.tb_next
            if bed:
                for proc in bed.procs:
                    proc.kill()
                print("".join("#   " + line + "\n" for line in bed.log_text().splitlines()[-20:]), end="")
            print(f"not ok {number} - {name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
