# SPDX-License-Identifier: MIT
"""gdb commands for Paravane, loaded by mk/gdb/paravane.gdb.

  pv-domains            every domain: pages, state, why it crashed
  pv-vcpus [DOMID]      every vCPU: where it is, whether it runs, its guest registers in short
  pv-vcpu DOMID VCPU    a vCPU's guest registers
  pv-cpus               what each physical CPU runs
  pv-frame MFN          a frame's owner, type and counts
  pv-frames [DOMID]     how many frames of each type
  pv-trace [CPU [N]]    the last records of a CPU's trace ring
  pv-guest ELF          symbols of a guest kernel: build/guest-kernel/pv/kernel.elf is loaded at start

They only read memory. Addresses of the hypervisor are valid whatever page table is loaded, once it has one
of its own; before that (stopped at reset) the commands say so.
"""

import struct

import gdb

FRAME_TABLE = 0xffff828000000000        # FRAMETABLE_START in hypervisor/arch/layout.h
FRAME_TYPES = ["none", "L1", "L2", "L3", "L4", "segdesc", "writable", "shared"]
PAUSE_FLAGS = ["blocked", "down", "parked"]
SHUTDOWN = ["poweroff", "reboot", "suspend", "crash", "watchdog", "soft-reset"]


def value(expression):
    return gdb.parse_and_eval(expression)


def string(v):
    return v.string(errors="replace") if v[0] else ""


def domains():
    head = value("&'domain.c'::domain_list") if gdb.lookup_static_symbol("domain_list") is None \
        else gdb.lookup_static_symbol("domain_list").value().address
    kind = gdb.lookup_type("struct domain")
    offset = [f.bitpos // 8 for f in kind.fields() if f.name == "list"][0]
    link = head.dereference()["next"]
    while int(link) != int(head):
        yield gdb.Value(int(link) - offset).cast(kind.pointer())
        link = link.dereference()["next"]


def find_domain(domid):
    for d in domains():
        if int(d["domid"]) == domid:
            return d
    raise gdb.GdbError(f"no domain {domid}")


def vcpus(d):
    for i in range(int(d["max_vcpus"])):
        v = d["vcpu"][i]
        if int(v):
            yield v


def state(d):
    words = []
    if int(d["dying"]):
        words.append(["alive", "dying", "dead"][int(d["dying"])])
    if d["crashed"]:
        words.append("crashed")
    if d["shut_down"]:
        code = int(d["shutdown_code"])
        words.append("shut down: " + (SHUTDOWN[code] if code < len(SHUTDOWN) else str(code)))
    if int(d["pause_count"]):
        words.append(f"paused {int(d['pause_count'])}")
    return ", ".join(words) or "running"


class Command(gdb.Command):
    """A command whose errors are one line."""

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_DATA)

    def invoke(self, text, from_tty):
        try:
            self.run(gdb.string_to_argv(text))
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"the hypervisor's memory is not mapped yet: {error}") from error


class Domains(Command):
    name = "pv-domains"

    def run(self, args):
        print("ID     vCPUs  refs  state")
        for d in domains():
            print(f"d{int(d['domid']):<5} {int(d['max_vcpus']):<6} {int(d['refcount']):<5} {state(d)}"
                  f"{'  privileged' if d['privileged'] else ''}")
            if d["crash_reason"][0]:
                print(f"       crash: {string(d['crash_reason'])}")


class Vcpus(Command):
    name = "pv-vcpus"

    def run(self, args):
        for d in [find_domain(int(args[0], 0))] if args else domains():
            for v in vcpus(d):
                flags = int(v["pause_flags"])
                words = [n for i, n in enumerate(PAUSE_FLAGS) if flags >> i & 1]
                if v["is_running"]:
                    words.append("on a CPU")
                regs = v["regs"]
                print(f"d{int(d['domid'])}v{int(v['vcpu_id'])}  cpu {int(v['processor'])}  "
                      f"rip {int(regs['rip']) & (1 << 64) - 1:#x}  rsp {int(regs['rsp']) & (1 << 64) - 1:#x}  "
                      f"{', '.join(words) or 'runnable'}")


class Vcpu(Command):
    name = "pv-vcpu"

    def run(self, args):
        if len(args) != 2:
            raise gdb.GdbError("usage: pv-vcpu DOMID VCPU")
        d = find_domain(int(args[0], 0))
        v = d["vcpu"][int(args[1], 0)]
        regs = v["regs"]
        line = ""
        for field in regs.type.fields():
            if not field.name or field.name.startswith("_"):
                continue
            line += f"{field.name:>12} {int(regs[field.name]) & (1 << 64) - 1:#018x}"
            if len(line) > 80:
                print(line)
                line = ""
        if line:
            print(line)


class Cpus(Command):
    name = "pv-cpus"

    def run(self, args):
        table = value("cpus")
        first, last = table.type.range()
        for i in range(first, last + 1):
            c = table[i]
            if not int(c):
                continue
            v = c["curr"]
            what = "nothing" if not int(v) else f"d{int(v['domain']['domid'])}v{int(v['vcpu_id'])}"
            print(f"CPU {i}: {what}")


def show_frame(mfn):
    frame = gdb.Value(FRAME_TABLE).cast(gdb.lookup_type("struct frame").pointer())[mfn]
    count, kind = int(frame["count"]), int(frame["type"])
    name = FRAME_TYPES[kind >> 60] if kind >> 60 < len(FRAME_TYPES) else f"type {kind >> 60}"
    flags = [n for n, b in (("allocated", 63), ("hypervisor", 62), ("io", 61), ("free", 60)) if count >> b & 1]
    flags += [n for n, b in (("pinned", 59), ("validated", 58), ("partial", 57), ("locked", 56)) if kind >> b & 1]
    owner = frame["owner"]
    who = f"d{int(owner['domid'])}" if int(owner) else "nobody"
    return name, who, count & (1 << 48) - 1, kind & 0xffffffff, flags


class Frame(Command):
    name = "pv-frame"

    def run(self, args):
        if len(args) != 1:
            raise gdb.GdbError("usage: pv-frame MFN")
        mfn = int(args[0], 0)
        name, who, count, types, flags = show_frame(mfn)
        print(f"frame {mfn:#x}: owner {who}, {count} references, type {name} x {types}, {' '.join(flags) or '-'}")


class Frames(Command):
    name = "pv-frames"

    def run(self, args):
        wanted = f"d{int(args[0], 0)}" if args else None
        live = value("frame_chunk_live")
        owners = {int(d): f"d{int(d['domid'])}" for d in domains()}
        owners[0] = "nobody"
        size = gdb.lookup_type("struct frame").sizeof
        counts = {}
        for chunk in range((int(value("max_mfn")) + 1023) // 1024):
            if not live[chunk]:
                continue
            # The head of struct frame: count, type, owner. One read a chunk, because each costs a round trip.
            memory = gdb.selected_inferior().read_memory(FRAME_TABLE + chunk * 1024 * size, 1024 * size)
            for at in range(0, 1024 * size, size):
                count, kind, owner = struct.unpack_from("<QQQ", memory, at)
                if not count & (1 << 48) - 1:
                    continue
                who = owners.get(owner, "system")
                name = FRAME_TYPES[kind >> 60] if kind >> 60 < len(FRAME_TYPES) else f"type {kind >> 60}"
                if wanted in (None, who):
                    counts[who, name] = counts.get((who, name), 0) + 1
        for (who, name), n in sorted(counts.items()):
            print(f"{who:<8} {name:<10} {n}")


class Trace(Command):
    name = "pv-trace"

    def run(self, args):
        cpu = int(args[0], 0) if args else 0
        last = int(args[1], 0) if len(args) > 1 else 20
        ring = value(f"cpus[{cpu}]->trace")
        if not int(ring):
            raise gdb.GdbError(f"CPU {cpu} has no trace ring")
        record = gdb.lookup_type("struct trace_record").sizeof
        size = 65536 // record
        newest = int(value(f"cpus[{cpu}]->trace_next")) // record
        for n in range(max(0, newest - last), newest):
            r = ring[n % size]
            kinds = gdb.lookup_type("enum trace_kind")
            kind = str(gdb.Value(int(r["kind"])).cast(kinds)).lower().replace("trace_", "")
            args3 = " ".join(f"{int(r['arg'][i]) & (1 << 64) - 1:#x}" for i in range(3))
            print(f"{n + 1:>8} {int(r['tsc']):>16} d{int(r['domid'])}v{int(r['vcpu'])} {kind} {int(r['number'])} "
                  f"rip {int(r['rip']) & (1 << 64) - 1:#x} {args3}")


class Guest(Command):
    name = "pv-guest"

    def run(self, args):
        if len(args) != 1:
            raise gdb.GdbError("usage: pv-guest ELF")
        gdb.execute(f"add-symbol-file {args[0]}")


for command in (Domains, Vcpus, Vcpu, Cpus, Frame, Frames, Trace, Guest):
    command()
