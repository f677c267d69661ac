#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""xenstored whole, through its socket and through pages shared with domains that files play.

Every request type, what each side may do and hear, quotas, and the daemon's answer to those who break the
protocol: it serves the others as before. All of it runs with the daemon built with sanitizers, which must end
without a report, and with the daemon on the C library of the guest kernel, whose programs run here as well.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
import xsclient as xs                                                       # noqa: E402

BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
# What is tested: the daemon and the commands.
PROGRAMS = {
    "sanitizers": ("dom0-tools/test/xenstored", "dom0-tools/test/xenstore"),
    "newlib": ("user/bin/test-xenstored", "user/bin/xenstore"),
}


class Bed:
    """One running daemon."""

    def __init__(self, programs, *options):
        self.daemon, self.commands = (os.path.join(BUILD, p) for p in PROGRAMS[programs])
        self.dir = tempfile.mkdtemp(prefix="xs")
        self.path = self.dir + "/socket"
        self.env = dict(os.environ, XENSTORED_PATH=self.path, FAKE_XEN=self.dir)
        self.log = open(self.dir + "/log", "w+")
        self.proc = subprocess.Popen([self.daemon, "-N", *options], env=self.env, stderr=self.log)
        deadline = time.time() + 10
        while not os.path.exists(self.path) or not os.path.exists(self.dir + "/xen"):
            if time.time() > deadline or self.proc.poll() is not None:
                raise RuntimeError("the daemon did not start: " + self.log_text())
            time.sleep(0.01)
        self.mine = self.connect()

    def log_text(self):
        self.log.seek(0)
        return self.log.read()

    def connect(self):
        for _ in range(100):
            try:
                return xs.SocketClient(self.path)
            except ConnectionRefusedError:
                time.sleep(0.01)
        raise RuntimeError("nobody listens")

    def domain(self, domid):
        """A domain as a builder would make it: its home is its own."""
        home = f"/local/domain/{domid}"
        self.mine.write(home, "")
        self.mine.set_perms(home, f"n{domid}")
        dom = xs.FakeDomain(self.dir, domid)
        self.mine.ask(xs.INTRODUCE, f"{domid}\0{4096}\0{7}")
        return dom

    def command(self, *words):
        done = subprocess.run([self.commands, *words], env=self.env, capture_output=True, text=True, timeout=20)
        return done.returncode, done.stdout, done.stderr

    def end(self):
        check = self.mine.ask(xs.CONTROL, "check").rstrip(b"\0").decode()
        expect(check, "OK")
        expect(self.proc.poll(), None)
        self.proc.send_signal(signal.SIGTERM)
        self.proc.wait(10)
        text = self.log_text()
        expect("Sanitizer" in text or "runtime error" in text, False)


def expect(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, expected {wanted!r}")


def expect_error(name, function, *args, **kwargs):
    try:
        got = function(*args, **kwargs)
    except xs.XsError as error:
        expect(str(error), name)
    else:
        raise AssertionError(f"got {got!r}, expected error {name}")


def test_values_and_directories(bed):
    c = bed.mine
    expect(c.read("/local/domain/0/name"), "Domain-0")
    expect(c.read("domid"), "0")
    c.write("/t/a/b", b"\0binary\xff\0")
    expect(c.ask(xs.READ, "/t/a/b"), b"\0binary\xff\0")
    c.ask(xs.MKDIR, "/t/a/c")
    expect(c.directory("/t/a"), ["b", "c"])
    expect(c.read("/t/a"), "")
    c.ask(xs.RM, "/t/a")
    expect_error("ENOENT", c.read, "/t/a/b")
    expect_error("ENOENT", c.ask, xs.RM, "/none/at-all")
    expect(c.ask(xs.RM, "/none"), b"OK\0")
    expect_error("EINVAL", c.ask, xs.RM, "/")
    for bad in ("", "/a/", "//", "/a//b", "/a b", "a" * 2049):
        expect_error("EINVAL", c.read, bad)
    expect_error("EINVAL", c.ask, xs.READ, b"/unterminated")
    expect_error("EINVAL", c.ask, xs.READ, b"/two\0strings\0")
    expect_error("ENOSYS", c.ask, 99, "")
    expect_error("ENOSYS", c.ask, xs.WATCH_EVENT, "")
    expect(c.ask(xs.GET_DOMAIN_PATH, "7"), b"/local/domain/7\0")


def test_long_directories_come_in_parts(bed):
    c = bed.mine
    names = [f"child-with-a-long-name-{i:04}" for i in range(500)]
    for name in names:
        c.write("/t/" + name, "")
    expect_error("E2BIG", c.directory, "/t")
    got, gens = b"", set()
    while True:
        part = c.ask(xs.DIRECTORY_PART, f"/t\0{len(got)}")
        expect(len(part) <= 4096, True)
        gen, rest = part.split(b"\0", 1)
        gens.add(gen)
        if rest == b"\0" or rest.endswith(b"\0\0"):
            got += rest[:-1]
            break
        got += rest
    expect([n.decode() for n in got.split(b"\0")[:-1]], names)
    expect(len(gens), 1)
    c.write("/t/one-more", "")
    expect(c.ask(xs.DIRECTORY_PART, "/t\0000").split(b"\0")[0] in gens, False)
    expect(bed.command("list", "/t")[1].split(), names + ["one-more"])


def test_permissions(bed):
    c, dom = bed.mine, bed.domain(3)
    other = bed.domain(4)
    expect(c.ask(xs.GET_PERMS, "/local/domain/3"), b"n3\0")
    dom.write("data/x", "1")
    expect(c.read("/local/domain/3/data/x"), "1")
    expect(c.ask(xs.GET_PERMS, "/local/domain/3/data/x"), b"n3\0")
    expect_error("EACCES", other.read, "/local/domain/3/data/x")
    dom.set_perms("data/x", "n3", "r4")
    expect(other.read("/local/domain/3/data/x"), "1")
    expect_error("EACCES", other.write, "/local/domain/3/data/x", "2")
    expect_error("EPERM", dom.set_perms, "data/x", "n4")
    expect_error("EACCES", dom.write, "/local/domain/0/x", "1")
    expect_error("EACCES", dom.read, "/tool")
    for kind, arg in ((xs.INTRODUCE, "9\0001\0001"), (xs.RELEASE, "4"), (xs.SET_TARGET, "3\0004"),
                      (xs.RESUME, "4"), (xs.CONTROL, "check")):
        expect_error("EACCES", dom.ask, kind, arg)
    expect_error("EACCES", dom.set_perms, "@releaseDomain", "r3")
    expect(dom.ask(xs.IS_DOMAIN_INTRODUCED, "4"), b"T\0")
    expect(dom.ask(xs.IS_DOMAIN_INTRODUCED, "5"), b"F\0")
    c.ask(xs.SET_TARGET, "3\0004")
    other.write("secret", "s")
    expect(dom.read("/local/domain/4/secret"), "s")
    dom.close()
    other.close()


def test_watches(bed):
    c, dom = bed.mine, bed.domain(3)
    c.watch("/t", "tok")
    expect(c.event(), ("/t", "tok"))
    expect_error("EEXIST", c.watch, "/t", "tok")
    c.write("/t/a", "1")
    expect(c.event(), ("/t/a", "tok"))
    c.watch("/t/a/b", "deep")
    expect(c.event(), ("/t/a/b", "deep"))
    c.write("/t/a/b", "1")
    c.event(), c.event()
    c.ask(xs.RM, "/t/a")
    expect({c.event(), c.event()}, {("/t/a", "tok"), ("/t/a/b", "deep")})
    expect_error("ENOENT", c.ask, xs.UNWATCH, "/t\0other")
    c.ask(xs.UNWATCH, "/t\0tok")
    c.write("/t/z", "1")
    expect(c.no_event(), True)
    dom.watch("data", "d")
    expect(dom.event(), ("data", "d"))
    c.write("/local/domain/3/data/from-dom0", "1")
    expect(dom.event(), ("data/from-dom0", "d"))
    dom.watch("/tool", "spy")
    expect(dom.event(), ("/tool", "spy"))
    c.write("/tool/secret", "1")
    expect(dom.no_event(), True)
    dom.ask(xs.RESET_WATCHES, "")
    c.write("/local/domain/3/data/from-dom0", "2")
    expect(dom.no_event(), True)
    dom.close()


def test_transactions(bed):
    c, d = bed.mine, bed.connect()
    c.write("/t/a", "0")
    tx = c.start()
    c.write("/t/a", "1", tx)
    c.write("/t/new/deep", "1", tx)
    expect(d.read("/t/a"), "0")
    d.watch("/t", "w")
    d.event()
    expect(c.read("/t/a", tx), "1")
    expect(d.no_event(), True)
    c.end(tx)
    expect({d.event(), d.event()}, {("/t/a", "w"), ("/t/new/deep", "w")})
    tx = c.start()
    c.read("/t/a", tx)
    d.write("/t/a", "2")
    c.write("/t/b", "1", tx)
    expect_error("EAGAIN", c.end, tx)
    expect_error("ENOENT", c.read, "/t/b")
    expect_error("ENOENT", c.end, tx)
    expect_error("ENOENT", c.read, "/t/a", 4711)
    tx = c.start()
    expect_error("EBUSY", c.ask, xs.TRANSACTION_START, "", tx)
    expect_error("EINVAL", c.ask, xs.TRANSACTION_END, "X", tx)
    expect_error("ENOENT", d.read, "/t/a", tx + 1000)
    c.write("/t/gone", "1", tx)
    c.end(tx, commit=False)
    expect_error("ENOENT", c.read, "/t/gone")
    d.close()


def test_random_transactions_are_serializable(bed):
    """Several clients on few keys; a model executes what was committed, one after the other."""
    rand = random.Random(7)
    clients = [bed.connect() for _ in range(4)]
    keys = [f"/r/k{i}" for i in range(5)]
    for key in keys:
        bed.mine.write(key, "0")
    model = dict.fromkeys(keys, "0")
    runs = [None] * len(clients)
    committed = conflicts = 0
    for _ in range(6000):
        i = rand.randrange(len(clients))
        c = clients[i]
        if runs[i] is None:
            runs[i] = (c.start(), [], dict(model))
            continue
        tx, ops, before = runs[i]
        if len(ops) < 6 and rand.random() < 0.8:
            key = rand.choice(keys)
            act = rand.random()
            if act < 0.5:
                try:
                    ops.append(("read", key, c.read(key, tx)))
                except xs.XsError as error:
                    expect(str(error), "ENOENT")
                    ops.append(("read", key, None))
            elif act < 0.7:
                ops.append(("list", None, sorted(c.directory("/r", tx))))
            elif act < 0.9:
                value = str(rand.randrange(1000))
                c.write(key, value, tx)
                ops.append(("write", key, value))
            else:
                c.ask(xs.RM, key, tx)
                ops.append(("rm", key, None))
            continue
        runs[i] = None
        try:
            c.end(tx)
        except xs.XsError as error:
            expect(str(error), "EAGAIN")
            conflicts += 1
            continue
        committed += 1
        state = model if any(op[0] in ("write", "rm") for op in ops) else before
        for what, key, value in ops:
            if what == "read":
                expect(state.get(key), value)
            elif what == "list":
                expect(sorted(k[3:] for k in state), value)
            elif what == "write":
                state[key] = value
            else:
                state.pop(key, None)
    expect({k: bed.mine.read(k) for k in ("/r/" + n for n in bed.mine.directory("/r"))}, model)
    print(f"# {committed} committed, {conflicts} conflicts")
    expect(committed > 300 and conflicts > 50, True)
    for c in clients:
        c.close()


def test_introduction_and_death(bed):
    c = bed.mine
    c.watch("@introduceDomain", "in")
    c.watch("@releaseDomain", "out")
    expect({c.event(), c.event()}, {("@introduceDomain", "in"), ("@releaseDomain", "out")})
    dom = bed.domain(5)
    expect(c.event(), ("@introduceDomain", "in"))
    expect(dom.get(dom.FEATURES) & 3, 3)
    dom.write("a/b", "1")
    expect_error("ENOENT", c.ask, xs.INTRODUCE, "77\0001\0001")
    expect_error("EINVAL", c.ask, xs.INTRODUCE, "0\0001\0001")
    expect_error("EINVAL", c.ask, xs.INTRODUCE, "5\0001\0001")
    c.ask(xs.INTRODUCE, "5\0004096\0009")
    c.event()
    open(f"{bed.dir}/shut.5", "w").close()
    dom.kick(1)
    expect(c.event(), ("@releaseDomain", "out"))
    dom.kick(1)
    expect(c.no_event(), True)
    c.ask(xs.RESUME, "5")
    dom.kick(1)
    expect(c.event(), ("@releaseDomain", "out"))
    expect(c.ask(xs.IS_DOMAIN_INTRODUCED, "5"), b"T\0")
    os.unlink(f"{bed.dir}/shut.5")
    dom.die()
    expect(c.event(), ("@releaseDomain", "out"))
    expect(c.ask(xs.IS_DOMAIN_INTRODUCED, "5"), b"F\0")
    expect_error("ENOENT", c.read, "/local/domain/5/a/b")
    dom.close()
    dom = bed.domain(5)
    c.event()
    c.ask(xs.RELEASE, "5")
    expect(c.event(), ("@releaseDomain", "out"))
    expect_error("ENOENT", c.ask, xs.RELEASE, "5")
    dom.close()


def test_quotas(bed):
    dom = bed.domain(6)
    made = 0
    try:
        for i in range(2000):
            dom.write(f"q/{i // 100}/{i}", "")
            made += 1
    except xs.XsError as error:
        expect(str(error), "ENOSPC")
    expect(900 < made < 1000, True)
    expect_error("ENOSPC", dom.write, "big", "x" * 2049)
    for i in range(128):
        dom.watch("q", str(i))
    expect_error("E2BIG", dom.watch, "q", "128")
    open_tx = [dom.start() for _ in range(10)]
    expect_error("ENOSPC", dom.start)
    for tx in open_tx:
        dom.end(tx, commit=False)
    expect_error("ENOSPC", dom.set_perms, "q", "n6", "r1", "r2", "r3", "r4", "r5")
    tx = dom.start()
    expect_error("ENOSPC", lambda: [dom.write(f"q/0/t{i}", "", tx) for i in range(1000)])
    dom.end(tx, commit=False)
    dom.close()


def test_protocol_breakers_hurt_only_themselves(bed):
    c = bed.mine
    victim = bed.domain(8)
    for attack in ("long", "cons", "prod", "rsp"):
        dom = bed.domain(9)
        if attack == "long":
            dom.send_bytes(xs.HEADER.pack(xs.READ, 1, 0, 4097))
            code = 3
        else:
            dom.put({"cons": dom.REQ_CONS, "prod": dom.REQ_PROD, "rsp": dom.RSP_CONS}[attack], 1 << 20)
            if attack == "rsp":
                dom.send(xs.READ, b"x\0")
            dom.kick()
            code = 2
        deadline = time.time() + 5
        while dom.get(dom.ERROR_FIELD) != code and time.time() < deadline:
            time.sleep(0.01)
        expect(dom.get(dom.ERROR_FIELD), code)
        expect(victim.ask(xs.GET_DOMAIN_PATH, "8"), b"/local/domain/8\0")
        # A fresh start, as a domain may ask for.
        dom.put(dom.CONNECTION, 1)
        dom.kick()
        while dom.get(dom.CONNECTION) and time.time() < deadline:
            time.sleep(0.01)
        expect(dom.get(dom.ERROR_FIELD), 0)
        dom.data = b""
        expect(dom.ask(xs.GET_DOMAIN_PATH, "9"), b"/local/domain/9\0")
        dom.die()
        dom.close()
    d = bed.connect()
    d.send_bytes(xs.HEADER.pack(xs.READ, 1, 0, 1 << 31))
    try:
        d.message()
    except (EOFError, ConnectionResetError):
        pass
    else:
        raise AssertionError("the connection was not closed")
    expect(c.read("domid"), "0")
    victim.close()


def test_a_domain_that_does_not_listen(bed):
    """Answers and events nobody fetches must not fill memory, and are complete once they are fetched."""
    c, dom = bed.mine, bed.domain(10)
    dom.watch("e", "w")
    dom.event()
    for i in range(3000):
        c.write(f"/local/domain/10/e/{i}", "")
    seen, last = set(), ""
    while True:
        try:
            path, _ = dom.event(timeout=1)
        except TimeoutError:
            break
        seen.add(path)
        last = path
    expect(len(seen) < 400, True)
    expect(last, "e")
    # 60 requests at once: those over the limit wait, none is lost.
    ids = [dom.send(xs.GET_DOMAIN_PATH, b"1\0") for _ in range(30)]
    for req in ids:
        expect(dom.answer(req), b"/local/domain/1\0")
    dom.close()


def test_random_bytes(bed):
    rand = random.Random(3)
    dom = bed.domain(11)
    for round_ in range(300):
        kind = rand.randrange(26)
        payload = bytes(rand.choice(b"/ab\0r1nTF@\xff0") for _ in range(rand.randrange(40)))
        try:
            dom.ask(kind, payload, rand.randrange(3))
        except xs.XsError:
            pass
        if round_ % 10 == 0:
            d = bed.connect()
            d.sock.sendall(bytes(rand.randrange(256) for _ in range(rand.randrange(200))))
            d.close()
    expect(bed.mine.read("domid"), "0")
    dom.close()


def test_half_messages(bed):
    d = bed.connect()
    message = xs.HEADER.pack(xs.READ, 5, 0, 6) + b"domid\0"
    for i in range(len(message)):
        d.sock.sendall(message[i:i + 1])
        time.sleep(0.001)
    expect(d.answer(5), b"0")
    d.sock.sendall(message[:7])
    d.close()


def test_commands(bed):
    expect(bed.command("write", "/c/a", "one", "/c/b", "two\nlines"), (0, "", ""))
    expect(bed.command("read", "/c/a", "/c/b"), (0, "one\ntwo\\nlines\n", ""))
    expect(bed.command("read", "-p", "/c/a"), (0, "/c/a: one\n", ""))
    expect(bed.command("list", "/c"), (0, "a\nb\n", ""))
    expect(bed.command("ls", "/c"), (0, 'a = "one"\nb = "two\\nlines"\n', ""))
    expect(bed.command("ls", "-f", "/c")[1].splitlines()[0], '/c/a = "one"')
    expect(bed.command("chmod", "/c/a", "n0", "r5")[0], 0)
    expect("(n0,r5)" in bed.command("ls", "-p", "/c")[1], True)
    expect(bed.command("exists", "/c/a")[0], 0)
    expect(bed.command("exists", "/c/none")[0], 1)
    expect(bed.command("watch", "-n", "1", "/c"), (0, "/c\n", ""))
    expect(bed.command("rm", "/c/b")[0], 0)
    expect(bed.command("write", "/deep/er/leaf", "")[0], 0)
    expect(bed.command("rm", "-t", "/deep/er/leaf")[0], 0)
    expect(bed.command("exists", "/deep")[0], 1)
    status, out, err = bed.command("read", "/none")
    expect((status, out), (1, ""))
    expect(err, "xenstore-read: cannot read /none: No such file or directory\n")
    expect(bed.command("write", "/a")[0], 2)
    expect(bed.command("chmod", "/c/a", "z9")[0], 2)
    expect(bed.command("control", "check")[1], "OK\n")
    expect("nodes" in bed.command("control", "quota")[1], True)
    expect(bed.command("control", "quota", "nodes", "5")[1], "OK\n")


def test_one_daemon_at_a_time(bed):
    second = subprocess.run([bed.daemon, "-N", "-D"], env=bed.env, capture_output=True, text=True, timeout=10)
    expect(second.returncode, 1)
    expect("in use" in second.stderr, True)
    expect(bed.mine.read("domid"), "0")


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
                bed.proc.kill()
                print("".join("#   " + line + "\n" for line in bed.log_text().splitlines()[-20:]), end="")
            print(f"not ok {number} - {name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
