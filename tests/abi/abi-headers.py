#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# RUN: timeout=300
"""abi-headers: our headers are the interface that libxen-dev's headers describe.

Run from anywhere; prints TAP. Options: -v shows every item compared.

 abi-standalone-*   each header compiles by itself, twice in a row, with gcc and clang, as pedantic C99
                    and C11, freestanding; and as assembly where it says so
 abi-layout-*       everything that a header declares (inventory.py finds it) has the same value, size,
                    offset and signedness as in libxen-dev: one probe program, compiled against both
 abi-complete       everything in libxen-dev's counterparts is in ours, except for what the file
                    exceptions lists with a reason
 abi-ring-trace     the ring macros behave alike
 abi-hypercalls     hypercalls.def agrees with the numbers, the stubs compile in both forms
 abi-subops         subops.def names only what exists, and every command of every list; the coverage
                    page is made from it as it is now
 abi-can-fail       the comparison notices an altered field, an altered constant and a missing one
"""
import os
import re
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import inventory  # noqa: E402
from inventory import run  # noqa: E402

VERBOSE = "-v" in sys.argv
REFERENCE = os.environ.get("XEN_INCLUDE", "/usr/include")

# Ours alone, without a counterpart: made from lists, or what Paravane adds.
OURS_ONLY = {"hypercall-stubs.h", "hypercall-numbers.h", "paravane.h", "paravane-hvm.h"}
OURS_ONLY_NAMES = re.compile(r"PV_|pv_abi_|\w*_H$|HC_")

# Macros that are neither a number, a text nor a type, and why they are not compared.
NOT_PROBED = {
    "XEN_FLEX_ARRAY_DIM": "empty",
    "COMPAT_FLEX_ARRAY_DIM": "empty",
    "xen_wc_sec_hi": "name of a field, which is compared",
    "GNTTABOP_error_msgs": "list of texts; ours are our own",
    "__XEN_INTERFACE_VERSION__": "chosen by the user of libxen-dev",
}
# Function-like macros whose arguments are not numbers. Those of ring.h are run by ring-trace.c.
NOT_CALLED = re.compile(
    r"(___?)?DEFINE_|__XEN_GUEST_HANDLE$|XEN_GUEST_HANDLE|set_xen_guest_handle|__xen_mk_|xen_mk_|"
    r"XEN_DEFINE_UUID|TI_|x86_mcinfo_|XEN_ERRNO$|XSD_ERROR$|MASK_XENCONS_IDX$|"
    r".*RING_|XEN_CPUFEATURE$|TRC_SCHED_CLASS_EVT$|XENMEM_SHARING_OP_FIELD_MAKE_GREF$")

OUR_FLAGS = ["-std=gnu11"]
XEN_FLAGS = ["-std=gnu11", "-D__XEN_TOOLS__", "-D__XEN_INTERFACE_VERSION__=0x00040e00"]

count = 0
failed = 0


def report(ok, name, notes=()):
    global count, failed
    count += 1
    if not ok:
        failed += 1
    print("%s %d - %s" % ("ok" if ok else "not ok", count, name))
    for n in notes:
        print("# " + n)
    sys.stdout.flush()


def headers(top):
    out = []
    root = os.path.join(top, "pv-abi")
    for d, _, files in os.walk(root):
        for f in files:
            if f.endswith(".h"):
                out.append(os.path.relpath(os.path.join(d, f), root))
    # what others include first, so that an item is reported where it is declared
    first = ["xen-compat.h", "xen.h", "arch-x86/xen-x86_64.h", "arch-x86/xen.h", "event_channel.h",
             "grant_table.h", "physdev.h", "memory.h", "trace.h", "io/ring.h",
             "arch-x86/hvm/save.h", "domctl.h"]
    return [h for h in first if h in out] + sorted(h for h in out if h not in first)


# Headers of libxen-dev that do not stand alone: what to include instead.
INSTEAD = {"arch-x86/hvm/save.h": "hvm/save.h", "arch-x86/pmu.h": "pmu.h"}


def include(where, hs):
    if where == "xen":
        hs = ["xen.h"] + [INSTEAD.get(h, h) for h in hs]
    return "".join("#include <%s/%s>\n" % (where, h) for h in hs)


PROBE_HEAD = """
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
%s
#define VALUE(n, x) printf("%%s = %%lld\\n", n, (long long)(x))
#define TEXT(n, x) printf("%%s = \\"%%s\\"\\n", n, "" x)
#define SIZE(n, x) printf("%%s: size %%zu\\n", n, sizeof(x))
#define PLACE(n, t, f) printf("%%s: offset %%zu\\n", n, offsetof(t, f))
#define FIELD(n, t, f) printf("%%s: offset %%zu size %%zu\\n", n, offsetof(t, f), sizeof(((t *)0)->f))
#define SIGN(n, t, f) printf("%%s: signed %%d\\n", n, (__typeof__(((t *)0)->f))-1 < 0)
#define BITS(n, t, f) do { \\
	t x_; unsigned char *p_ = (unsigned char *)&x_; size_t i_; \\
	memset(&x_, 0, sizeof(x_)); x_.f = -1; printf("%%s: bits ", n); \\
	for (i_ = 0; i_ < sizeof(x_); i_++) if (p_[i_]) printf("%%zu:%%02x ", i_, p_[i_]); \\
	printf("\\n"); } while (0)
int main(void)
{
"""


def compiles(lines, head, flags, exe=None):
    """Compiles a probe; returns the set of line numbers (indexes) that do not compile."""
    with tempfile.TemporaryDirectory() as tmp:
        c = os.path.join(tmp, "p.c")
        with open(c, "w") as f:
            f.write(head)
            for i, l in enumerate(lines):
                f.write('#line %d "probe"\n%s\n' % (i + 1, l))
            f.write("return 0;\n}\n")
        cmd = ["gcc", "-w", "-fmax-errors=0", "-fno-diagnostics-show-caret",
               "-ftrack-macro-expansion=0"] + flags
        p = run(cmd + (["-O0", c, "-o", exe] if exe else ["-fsyntax-only", c]))
        if p.returncode:
            bad = {int(m.group(1)) - 1
                   for m in re.finditer(r"^probe:(\d+):(?:\d+:)? error", p.stderr, re.M)}
            if not bad:
                sys.stderr.write(p.stderr)
                raise SystemExit("tests/abi: the probe itself does not compile")
            return bad
    return set()


def probes(inv, head, flags):
    """Probe lines for an inventory, as (item, line); items that cannot be probed are returned too."""
    out = []
    rest = [n for n in sorted(inv.macros)
            if not OURS_ONLY_NAMES.match(n) and n not in NOT_PROBED]
    for form in ('TEXT("%s", %s);', 'VALUE("%s", %s);', 'SIZE("%s", %s);', 'SIZE("%s", struct %s);'):
        lines = [form % (n, n) for n in rest]
        if not lines:
            break
        bad = compiles(lines, head, flags)
        out += [(n, l) for i, (n, l) in enumerate(zip(rest, lines)) if i not in bad]
        rest = [n for i, n in enumerate(rest) if i in bad]
    unknown = rest

    calls = []
    for n, args in sorted(inv.functions.items()):
        if OURS_ONLY_NAMES.match(n) or NOT_CALLED.match(n):
            continue
        if args != 1:
            unknown.append(n + "()")
            continue
        for a in ("0", "3", "0x1234567"):
            calls.append((n, 'VALUE("%s(%s)", %s(%s));' % (n, a, n, a)))
    bad = compiles([l for _, l in calls], head, flags) if calls else set()
    unknown += sorted({calls[i][0] + "()" for i in bad})
    out += [c for i, c in enumerate(calls) if i not in bad]

    for n in sorted(inv.enumerators):
        out.append((n, 'VALUE("%s", %s);' % (n, n)))
    for t in sorted(inv.types):
        if OURS_ONLY_NAMES.match(t.split()[-1]):
            continue
        out.append((t, 'SIZE("%s", %s);' % (t, t)))
        for path, kind in inv.types[t].fields:
            item = "%s.%s" % (t, path)
            if kind == "bits":
                out.append((item, 'BITS("%s", %s, %s);' % (item, t, path)))
                continue
            line = 'FIELD("%s", %s, %s);' % (item, t, path)
            if kind == "int":
                line += ' SIGN("%s", %s, %s);' % (item, t, path)
            out.append((item, line))
    # a trailing array of no given length has a place but no size
    bad = compiles([l for _, l in out], head, flags)
    fixed = []
    for i, (item, line) in enumerate(out):
        if i in bad:
            line = re.sub(r"^FIELD", "PLACE", line)
        fixed.append((item, line))
    bad = compiles([l for _, l in fixed], head, flags) if bad else set()
    unknown += [fixed[i][0] for i in sorted(bad)]
    return [f for i, f in enumerate(fixed) if i not in bad], unknown


def compare(top, hs, inv):
    """Differences between ours and the reference for the items of an inventory."""
    ours = PROBE_HEAD % include("pv-abi", hs)
    theirs = PROBE_HEAD % include("xen", hs)
    our_flags = OUR_FLAGS + ["-I" + top]
    xen_flags = XEN_FLAGS + ["-I" + REFERENCE]
    if hs == ["errno.h"]:
        xen_flags.append("-D__XEN__")  # two errors are shown to the hypervisor alone
    items, unknown = probes(inv, ours, our_flags)
    notes = ["%s: cannot be compared; say why in tests/abi/abi-headers.py" % u for u in unknown]
    lines = [l for _, l in items]
    missing = compiles(lines, theirs, xen_flags)
    notes += ["%s: not in libxen-dev" % items[i][0] for i in sorted(missing)]
    items = [it for i, it in enumerate(items) if i not in missing]
    lines = [l for _, l in items]
    with tempfile.TemporaryDirectory() as tmp:
        a, b = os.path.join(tmp, "ours"), os.path.join(tmp, "theirs")
        assert not compiles(lines, ours, our_flags, a)
        assert not compiles(lines, theirs, xen_flags, b)
        left = run([a]).stdout.splitlines()
        right = run([b]).stdout.splitlines()
    if len(left) != len(right):
        notes.append("%d lines here, %d there" % (len(left), len(right)))
    for l, r in zip(left, right):
        if l != r:
            notes.append("ours %s, Xen's %s" % (l, r.split(" ", 1)[1] if " " in r else r))
        elif VERBOSE:
            print("# same: " + l)
    return len(left), notes


def test_standalone(hs):
    compilers = [c for c in ("gcc", "clang") if shutil.which(c)]
    for h in hs:
        notes = []
        text = open(os.path.join(TOP, "pv-abi", h)).read()
        with tempfile.TemporaryDirectory() as tmp:
            c = os.path.join(tmp, "t.c")
            with open(c, "w") as f:
                f.write(include("pv-abi", [h, h]) + "extern int not_empty_;\n")
            for cc in compilers:
                for std in (("-std=c99", "-std=gnu11") if cc == "gcc" else ("-std=c99", "-std=c11")):
                    p = run([cc, std, "-pedantic", "-Wall", "-Wextra", "-Wundef", "-Wshadow",
                             "-Wstrict-prototypes", "-Werror", "-ffreestanding", "-mno-red-zone",
                             "-I" + TOP, "-fsyntax-only", c])
                    if p.returncode:
                        notes += ["%s %s: %s" % (cc, std, l) for l in p.stderr.splitlines()[:6]]
            if "__ASSEMBLY__" in text and "xen-compat.h" != h:
                s = os.path.join(tmp, "t.S")
                with open(s, "w") as f:
                    f.write(include("pv-abi", [h]))
                p = run(["gcc", "-I" + TOP, "-c", s, "-o", os.path.join(tmp, "t.o")])
                if p.returncode:
                    notes += ["assembly: " + l for l in p.stderr.splitlines()[:6]]
        report(not notes, "abi-standalone-" + h, notes)


def test_layout(hs):
    seen = inventory.Inventory()
    total = 0
    for h in hs:
        if h in OURS_ONLY:
            continue
        whole = inventory.take(include("pv-abi", [h]), OUR_FLAGS + ["-I" + TOP])
        inv = whole.minus(seen)
        seen.update(whole)
        n, notes = compare(TOP, [h], inv)
        total += n
        report(not notes, "abi-layout-%s (%d compared)" % (h, n), notes)
    if total < 3000:
        report(False, "abi-layout: only %d items were found to compare" % total)


def exceptions():
    out = []
    with open(os.path.join(HERE, "exceptions")) as f:
        for line in f:
            line = line.split("#", 1)[0].strip()
            if line:
                out.append([re.compile(line + r"$"), line, 0])
    return out


def names(inv):
    out = set(inv.macros) | {n + "()" for n in inv.functions} | inv.enumerators
    for t in inv.types:
        out.add(t)
        out |= {"%s.%s" % (t, p) for p, _ in inv.types[t].fields}
    return out


def incomplete(top, hs):
    both = [h for h in hs if h not in OURS_ONLY
            and os.path.exists(os.path.join(REFERENCE, "xen", h))]
    ours = names(inventory.take(include("pv-abi", both), OUR_FLAGS + ["-I" + top]))
    theirs = names(inventory.take(include("xen", both), XEN_FLAGS + ["-I" + REFERENCE]))
    allowed = exceptions()
    missing = []
    for n in sorted(theirs - ours):
        hits = [a for a in allowed if a[0].match(n)]
        for a in hits:
            a[2] += 1
        if not hits:
            missing.append("%s: in libxen-dev, not in pv-abi" % n)
    stale = ["exceptions: nothing matches '%s' any more" % a[1] for a in allowed if not a[2]]
    return len(theirs), missing, stale


def test_complete(hs):
    n, missing, stale = incomplete(TOP, hs)
    report(not (missing + stale), "abi-complete (%d names)" % n, missing + stale)
    absent = []
    with open(os.path.join(HERE, "headers-left-out")) as f:
        left_out = {l.split("#", 1)[0].strip() for l in f} - {""}
    for d, _, files in os.walk(os.path.join(REFERENCE, "xen")):
        for f in files:
            h = os.path.relpath(os.path.join(d, f), os.path.join(REFERENCE, "xen"))
            if h.endswith(".h") and h not in hs and h not in left_out and not h.startswith("sys/"):
                absent.append("%s: neither in pv-abi nor in tests/abi/headers-left-out" % h)
    report(not absent, "abi-complete-headers", absent)


def test_ring_trace():
    outs = []
    with tempfile.TemporaryDirectory() as tmp:
        for which, flags in (("<pv-abi/io/ring.h>", ["-I" + TOP]),
                             ("<xen/io/ring.h>", XEN_FLAGS + ["-I" + REFERENCE])):
            exe = os.path.join(tmp, "r")
            inventory.must(["gcc", "-w", "-DRING_H=" + which] + flags
                           + [os.path.join(HERE, "ring-trace.c"), "-o", exe])
            outs.append(run([exe]).stdout.splitlines())
    notes = ["ours '%s', Xen's '%s'" % p for p in zip(*outs) if p[0] != p[1]]
    if len(outs[0]) != len(outs[1]) or len(outs[0]) < 100:
        notes.append("%d lines here, %d there" % (len(outs[0]), len(outs[1])))
    report(not notes, "abi-ring-trace (%d steps)" % len(outs[0]), notes[:10])


def test_hypercalls():
    notes = []
    abi = os.path.join(TOP, "pv-abi")
    p = run(["awk", "-f", os.path.join(abi, "gen-numbers.awk"), os.path.join(abi, "hypercalls.def")])
    if p.stdout != open(os.path.join(abi, "hypercall-numbers.h")).read():
        notes.append("hypercall-numbers.h is stale: make abi-headers")
    src = """
#include <stdio.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/arch-x86/xen-mca.h>
#define X(nr, name, status, nargs, ...) \\
	if (nr != __HYPERVISOR_##name) printf("%s is %d, not %d\\n", #name, __HYPERVISOR_##name, nr); \\
	switch (0) { case (nargs >= 0 && nargs <= 6) ? 1 : 0: ; case 0: ; }
int main(void)
{
#include "pv-abi/hypercalls.def"
	return 0;
}
"""
    with tempfile.TemporaryDirectory() as tmp:
        c, exe = os.path.join(tmp, "t.c"), os.path.join(tmp, "t")
        with open(c, "w") as f:
            f.write(src)
        inventory.must(["gcc", "-w"] + XEN_FLAGS + ["-I" + REFERENCE, "-I" + TOP, c, "-o", exe])
        notes += run([exe]).stdout.splitlines()
        # numbers must be usable in assembly, too
        s = os.path.join(tmp, "t.S")
        with open(s, "w") as f:
            f.write("#define X(nr, name, ...) .set nr_of_##name, nr ;\n#include \"pv-abi/hypercalls.def\"\n")
        p = run(["gcc", "-I" + TOP, "-c", s, "-o", os.path.join(tmp, "s.o")])
        notes += p.stderr.splitlines()[:5]
        # every stub puts the number in eax, or calls its slot
        for flags, want in (([], "syscall"), (["-DPV_HYPERCALL_PAGE=hypercall_page"], "call")):
            with open(c, "w") as f:
                f.write('#include <pv-abi/hypercall-stubs.h>\n'
                        'long f(void *p) { return HYPERVISOR_multicall(p, 3)'
                        ' + HYPERVISOR_mmu_update(p, 1, p, DOMID_SELF)'
                        ' + HYPERVISOR_argo_op(1, p, p, 2, 3); }\n')
            for cc in [x for x in ("gcc", "clang") if shutil.which(x)]:
                p = run([cc, "-std=c99", "-pedantic", "-O2", "-Wall", "-Wextra", "-Werror",
                         "-mno-red-zone", "-I" + TOP, "-S", c, "-o", "-"] + flags)
                notes += p.stderr.splitlines()[:5]
                if len(re.findall(r"^\s+%s" % want, p.stdout, re.M)) != 3:
                    notes.append("%s %s: expected three %s instructions" % (cc, flags, want))
    report(not notes, "abi-hypercalls", notes)


# Lists of commands whose every member subops.def must name: prefix of the macro, hypercall.
COMMANDS = [
    (r"MMU_(?!PT_UPDATE_PRESERVE_AD$|PT_UPDATE_NO_TRANSLATE$)\w+|MMU_PT_\w+", "xen.h"),
    (r"MMUEXT_\w+", "xen.h"), (r"VMASST_CMD_\w+", "xen.h"), (r"CONSOLEIO_\w+", "xen.h"),
    (r"EVTCHNOP_\w+", "event_channel.h"), (r"GNTTABOP_(?!error_msgs)\w+", "grant_table.h"),
    (r"XENMEM_(?!paging_op_|access_op_|sharing_op_|resource_|SHARING|FORK|RDM|access_)\w+|"
     r"XENMEM_access_op", "memory.h"),
    (r"SCHEDOP_\w+", "sched.h"), (r"VCPUOP_\w+", "vcpu.h"), (r"XENVER_\w+", "version.h"),
    (r"CALLBACKOP_\w+", "callback.h"), (r"XENNMI_\w+_callback", "nmi.h"),
    (r"PHYSDEVOP_(?!DBGP|IRQ_)(?!pirq_eoi_gmfn$)\w+", "physdev.h"),
    (r"XENPF_(?!INTERFACE|ACPI|settime$)\w+", "platform.h"),
    (r"XEN_DOMCTL_(?:[a-z]\w+)", "domctl.h"), (r"XEN_SYSCTL_(?:[a-z]\w+)", "sysctl.h"),
    (r"XENPMU_(?:[a-z]\w+)", "pmu.h"), (r"HVMOP_\w+", "hvm/hvm_op.h"),
    (r"XEN_MC_(?:fetch|notifydomain|physcpuinfo|msrinject|mceinject|inject_v2)", "arch-x86/xen-mca.h"),
    (r"PARAVANE_DOMCTL_hvm_\w+", "paravane-hvm.h"),
    (r"PARAVANE_(?:DOMCTL|SYSCTL)_\w+", "paravane.h"),
]
NOT_COMMANDS = re.compile(
    r"XEN_DOMCTL_vmtrace_(?!op$)\w+|XEN_SYSCTL_cpu_(featureset|policy)_\w+|XEN_SYSCTL_pm_op_\w+|"
    r"XENMEM_SHARING|XENMEM_FORK|XENMEM_RDM")
STATUS = {"planned", "implemented", "refused", "enosys"}


def test_subops():
    notes = []
    path = os.path.join(TOP, "pv-abi", "subops.def")
    seen = {}
    with open(path) as f:
        for nr, line in enumerate(f, 1):
            m = re.match(r"S\((\w+),\s*(\w+),\s*(\w+),\s*([\w+-]+),\s*([\w+-]+)\)$", line.strip())
            if line.startswith("S(") and not m:
                notes.append("subops.def:%d: not S(hypercall, command, status, positive, hostile)" % nr)
            if m:
                if m.group(3) not in STATUS:
                    notes.append("subops.def:%d: status '%s'" % (nr, m.group(3)))
                if m.group(2) in seen:
                    notes.append("subops.def:%d: %s again" % (nr, m.group(2)))
                seen[m.group(2)] = m.group(1)
    plain = set(re.findall(r"^T\((\w+), [\w+-]+, [\w+-]+\)$", open(path).read(), re.M))
    calls = set(re.findall(r"^X\(\d+,\s*(\w+)", open(os.path.join(TOP, "pv-abi", "hypercalls.def")).read(), re.M))
    notes += ["subops.def: no hypercall %s" % c for c in sorted(set(seen.values()) - calls)]
    notes += ["subops.def: no line for %s" % c for c in sorted(calls - set(seen.values()) - plain)]
    notes += ["subops.def: T(%s) is wrong" % c for c in sorted(plain - calls | plain & set(seen.values()))]
    declared = set()
    for pattern, h in COMMANDS:
        inv = inventory.take(include("pv-abi", [h]), OUR_FLAGS + ["-I" + TOP])
        for n in inv.macros:
            if re.match("(?:%s)$" % pattern, n) and not NOT_COMMANDS.match(n):
                declared.add(n)
    notes += ["subops.def: lacks %s" % n for n in sorted(declared - set(seen))]
    notes += ["subops.def: %s is no command" % n for n in sorted(set(seen) - declared)]
    abi = os.path.join(TOP, "pv-abi")
    p = run(["awk", "-f", os.path.join(abi, "coverage.awk"), os.path.join(abi, "hypercalls.def"), path])
    if p.stdout != open(os.path.join(TOP, "docs", "abi-coverage.md")).read():
        notes.append("docs/abi-coverage.md is stale: make abi-coverage")
    report(not notes, "abi-subops (%d commands)" % len(seen), notes)


def test_can_fail():
    """Alters a copy of the headers; the comparison must notice."""
    cases = [
        ("physdev.h", "\tint entry_nr; ", "\tshort entry_nr; ", "physdev_map_pirq.entry_nr"),
        ("io/netif.h", "\tuint16_t offset; /* in the page */\n\tuint16_t flags;  /* NETRXF",
         "\tuint16_t flags;  /* NETRXF", "netif_rx_response"),
        ("sched.h", "#define SHUTDOWN_watchdog   4", "#define SHUTDOWN_watchdog   6",
         "SHUTDOWN_watchdog"),
        ("sched.h", "\tint32_t pcpu;", "\tuint32_t pcpu;", "sched_pin_override.pcpu: signed"),
        ("callback.h", "#define CALLBACKTYPE_nmi ", "#define CALLBACKTYPE_nmj ", "CALLBACKTYPE_nm"),
    ]
    notes = []
    with tempfile.TemporaryDirectory() as tmp:
        for h, old, new, want in cases:
            copy = os.path.join(tmp, "pv-abi")
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(os.path.join(TOP, "pv-abi"), copy)
            p = os.path.join(copy, h)
            text = open(p).read()
            if text.count(old) != 1:
                notes.append("%s: '%s' is no longer there to be altered" % (h, old.strip()))
                continue
            text = text.replace(old, new)
            # the header's own assertions may fire first; here the comparison has to
            text = re.sub(r"^PV_ABI_(SIZE|OFFSET).*\n", "", text, flags=re.M)
            with open(p, "w") as f:
                f.write(text)
            inv = inventory.take(include("pv-abi", [h]), OUR_FLAGS + ["-I" + tmp])
            _, diffs = compare(tmp, [h], inv)
            if not any(want in d for d in diffs):
                notes.append("%s: '%s' went unnoticed" % (h, new.strip()))
        # and the other direction
        p = os.path.join(tmp, "pv-abi", "callback.h")
        _, missing, _ = incomplete(tmp, ["xen.h", "callback.h"])
        if not any("CALLBACKTYPE_nmi:" in m for m in missing):
            notes.append("callback.h: a missing constant went unnoticed")
    report(not notes, "abi-can-fail (%d alterations)" % (len(cases) + 1), notes)


def main():
    if not os.path.exists(os.path.join(REFERENCE, "xen", "xen.h")):
        print("1..0 # SKIP libxen-dev is not installed (%s/xen/xen.h)" % REFERENCE)
        return 0
    hs = headers(TOP)
    test_standalone(hs)
    test_layout(hs)
    test_complete(hs)
    test_ring_trace()
    test_hypercalls()
    test_subops()
    test_can_fail()
    print("1..%d" % count)
    if failed:
        print("# %d of %d failed" % (failed, count))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
