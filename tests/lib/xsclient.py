# SPDX-License-Identifier: MIT
"""A client of xenstored that speaks the wire protocol byte by byte, over a socket or a shared page."""

import mmap
import os
import socket
import struct
import time

(CONTROL, DIRECTORY, READ, GET_PERMS, WATCH, UNWATCH, TRANSACTION_START, TRANSACTION_END, INTRODUCE, RELEASE,
 GET_DOMAIN_PATH, WRITE, MKDIR, RM, SET_PERMS, WATCH_EVENT, ERROR, IS_DOMAIN_INTRODUCED, RESUME, SET_TARGET,
 _RESTRICT, RESET_WATCHES, DIRECTORY_PART) = range(23)

HEADER = struct.Struct("<IIII")


class XsError(Exception):
    """An ERROR answer; str() is its name."""


class Client:
    """Requests and watch events over send_bytes() and recv_bytes() of a subclass."""

    def __init__(self):
        self.req_id = 0
        self.data = b""
        self.events = []

    def send(self, kind, payload=b"", tx=0):
        self.req_id += 1
        self.send_bytes(HEADER.pack(kind, self.req_id, tx, len(payload)) + payload)
        return self.req_id

    def message(self, timeout=10):
        while True:
            if len(self.data) >= HEADER.size:
                kind, req, tx, size = HEADER.unpack_from(self.data)
                if len(self.data) >= HEADER.size + size:
                    payload = self.data[HEADER.size:HEADER.size + size]
                    self.data = self.data[HEADER.size + size:]
                    return kind, req, tx, payload
            more = self.recv_bytes(timeout)
            if not more:
                raise EOFError("connection closed")
            self.data += more

    def answer(self, req_id):
        while True:
            kind, req, _tx, payload = self.message()
            if kind == WATCH_EVENT:
                self.take_event(payload)
                continue
            assert req == req_id, f"answer to request {req}, expected one to {req_id}"
            if kind == ERROR:
                raise XsError(payload.rstrip(b"\0").decode())
            return payload

    def take_event(self, payload):
        path, token, rest = payload.split(b"\0")
        assert rest == b""
        self.events.append((path.decode(errors="replace"), token.decode(errors="replace")))

    def ask(self, kind, payload=b"", tx=0):
        if isinstance(payload, str):
            payload = payload.encode() + b"\0"
        return self.answer(self.send(kind, payload, tx))

    def event(self, timeout=10):
        while not self.events:
            kind, _req, _tx, payload = self.message(timeout)
            assert kind == WATCH_EVENT
            self.take_event(payload)
        return self.events.pop(0)

    def no_event(self):
        # An answer after the events: whatever was queued before it has arrived.
        self.ask(GET_DOMAIN_PATH, "0")
        return not self.events

    def read(self, path, tx=0):
        return self.ask(READ, path, tx).decode()

    def write(self, path, value, tx=0):
        if isinstance(value, str):
            value = value.encode()
        return self.ask(WRITE, path.encode() + b"\0" + value, tx)

    def directory(self, path, tx=0):
        return [n.decode() for n in self.ask(DIRECTORY, path, tx).split(b"\0")[:-1]]

    def watch(self, path, token):
        self.ask(WATCH, f"{path}\0{token}")

    def set_perms(self, path, *perms, tx=0):
        self.ask(SET_PERMS, "\0".join((path,) + perms), tx)

    def start(self):
        return int(self.ask(TRANSACTION_START, "").rstrip(b"\0"))

    def end(self, tx, commit=True):
        self.ask(TRANSACTION_END, "T" if commit else "F", tx)


class SocketClient(Client):
    def __init__(self, path):
        super().__init__()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)

    def send_bytes(self, data):
        self.sock.sendall(data)

    def recv_bytes(self, timeout):
        self.sock.settimeout(timeout)
        return self.sock.recv(65536)

    def close(self):
        self.sock.close()


class FakeDomain(Client):
    """A domain below tests/lib/fake-xen.c: a file as its page, datagrams as its event channel."""

    REQ, RSP, SIZE = 0, 1024, 1024
    REQ_CONS, REQ_PROD, RSP_CONS, RSP_PROD, FEATURES, CONNECTION, ERROR_FIELD = range(2048, 2076, 4)

    def __init__(self, folder, domid):
        super().__init__()
        self.folder, self.domid = folder, domid
        self.path = f"{folder}/ring.{domid}"
        with open(self.path, "wb") as file:
            file.truncate(4096)
        self.file = open(self.path, "r+b")
        self.page = mmap.mmap(self.file.fileno(), 4096)
        # As words: an index must not be seen half written.
        self.words = memoryview(self.page).cast("I")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock_path = f"{folder}/dom.{domid}"
        self.sock.bind(self.sock_path)

    def get(self, at):
        return self.words[at // 4]

    def put(self, at, value):
        self.words[at // 4] = value & 0xffffffff

    def kick(self, port=None):
        try:
            self.sock.sendto(struct.pack("<I", 1000 + self.domid if port is None else port),
                             f"{self.folder}/xen")
        except OSError:
            pass

    def wait(self, timeout):
        self.sock.settimeout(timeout)
        self.sock.recv(16)

    def send_bytes(self, data):
        deadline = time.time() + 10
        while data:
            prod, cons = self.get(self.REQ_PROD), self.get(self.REQ_CONS)
            room = self.SIZE - ((prod - cons) & 0xffffffff)
            if room == 0:
                if time.time() > deadline:
                    raise TimeoutError("the request ring stays full")
                time.sleep(0.001)
                continue
            for byte in data[:room]:
                self.page[self.REQ + prod % self.SIZE] = byte
                prod += 1
            data = data[room:]
            self.put(self.REQ_PROD, prod)
            self.kick()

    def recv_bytes(self, timeout):
        deadline = time.time() + timeout
        while True:
            prod, cons = self.get(self.RSP_PROD), self.get(self.RSP_CONS)
            count = (prod - cons) & 0xffffffff
            if count:
                data = bytes(self.page[self.RSP + (cons + i) % self.SIZE] for i in range(count))
                self.put(self.RSP_CONS, cons + count)
                self.kick()
                return data
            self.wait(max(0.001, deadline - time.time()))

    def die(self):
        os.unlink(self.path)
        self.kick(1)

    def close(self):
        self.sock.close()
        os.unlink(self.sock_path)
        if os.path.exists(self.path):
            os.unlink(self.path)
