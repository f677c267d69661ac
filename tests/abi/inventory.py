# SPDX-License-Identifier: MIT
"""What a set of headers declares: macros from the preprocessor, types from the debug information.

An inventory lists every object-like and function-like macro, every enumerator, the size of every
struct, union, enum and typedef, and every field with the path by which C names it. Nothing in it is
written by hand, so a new field or constant is checked from the day it appears.
"""
import os
import re
import subprocess
import sys
import tempfile


class Inventory:
    def __init__(self):
        self.macros = {}      # object-like: name -> body
        self.functions = {}   # function-like: name -> number of parameters
        self.enumerators = set()
        self.types = {}       # C type name -> Type
        self.typedefs = set()

    def minus(self, other):
        out = Inventory()
        out.macros = {k: v for k, v in self.macros.items() if k not in other.macros}
        out.functions = {k: v for k, v in self.functions.items() if k not in other.functions}
        out.enumerators = self.enumerators - other.enumerators
        out.types = {k: v for k, v in self.types.items() if k not in other.types}
        out.typedefs = self.typedefs - other.typedefs
        return out

    def update(self, other):
        self.macros.update(other.macros)
        self.functions.update(other.functions)
        self.enumerators |= other.enumerators
        self.types.update(other.types)
        self.typedefs |= other.typedefs


class Type:
    def __init__(self, fields):
        self.fields = fields  # list of (path, kind), kind one of "int", "bits", "other"


def run(cmd, **kw):
    return subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, **kw)


def must(cmd):
    p = run(cmd)
    if p.returncode:
        sys.stderr.write(p.stderr)
        raise SystemExit("tests/abi: %s failed" % " ".join(cmd))
    return p.stdout


def parse_macros(text, inv):
    for line in text.splitlines():
        m = re.match(r"#define (\w+)(\(([^)]*)\))?(?: (.*))?$", line)
        if not m:
            continue
        if m.group(2) is None:
            inv.macros[m.group(1)] = m.group(4) or ""
        else:
            args = m.group(3).strip()
            inv.functions[m.group(1)] = len(args.split(",")) if args else 0


class Die:
    def __init__(self, tag):
        self.tag = tag
        self.attrs = {}
        self.children = []


def parse_dwarf(text):
    dies = {}
    stack = []
    top = []
    cur = None
    for line in text.splitlines():
        m = re.match(r" <([0-9a-f]+)><([0-9a-f]+)>: Abbrev Number: \d+ \((DW_TAG_\w+)\)", line)
        if m:
            depth = int(m.group(1), 16)
            cur = Die(m.group(3))
            dies[int(m.group(2), 16)] = cur
            del stack[depth:]
            (stack[-1].children if stack else top).append(cur)
            stack.append(cur)
            continue
        m = re.match(r"\s+<[0-9a-f]+>\s+(DW_AT_\w+)\s*: (.*)$", line)
        if m and cur is not None:
            val = m.group(2).strip()
            # newer readelfs put the form in front
            val = re.sub(r"^\((?:line_strp|strp|string|strx\d?|data\d+|ref\w+|sec_offset|flag\w*|sdata|"
                         r"udata|implicit_const|exprloc|addr|indirect)\) ?", "", val)
            val = re.sub(r"^\((?:indirect (?:line )?string, |)offset: (?:0x)?[0-9a-f]+\): ", "", val)
            cur.attrs[m.group(1)] = val
    return dies


def resolve(dies, die):
    """The type a DIE refers to, without typedefs and qualifiers."""
    while True:
        ref = die.attrs.get("DW_AT_type")
        if ref is None:
            return None
        t = dies[int(re.match(r"<0x([0-9a-f]+)>", ref).group(1), 16)]
        if t.tag in ("DW_TAG_typedef", "DW_TAG_const_type", "DW_TAG_volatile_type"):
            die = t
            continue
        return t


AGGREGATE = ("DW_TAG_structure_type", "DW_TAG_union_type")


def walk_fields(dies, agg, prefix, out):
    for child in agg.children:
        if child.tag != "DW_TAG_member":
            continue
        name = child.attrs.get("DW_AT_name")
        t = resolve(dies, child)
        if name is None:  # an unnamed union or struct: its fields are ours
            walk_fields(dies, t, prefix, out)
            continue
        path = prefix + name
        elem, suffix = t, ""
        while elem is not None and elem.tag == "DW_TAG_array_type":
            suffix += "[0]" * sum(1 for c in elem.children if c.tag == "DW_TAG_subrange_type")
            elem = resolve(dies, elem)
        if "DW_AT_bit_size" in child.attrs:
            kind = "bits"
        elif t is not None and t.tag == "DW_TAG_base_type":
            kind = "int"
        else:
            kind = "other"
        out.append((path, kind))
        if suffix and elem is not None and elem.tag == "DW_TAG_base_type":
            out.append((path + suffix, "int"))
        if elem is not None and elem.tag in AGGREGATE and "DW_AT_name" not in elem.attrs:
            walk_fields(dies, elem, path + suffix + ".", out)


def parse_types(text, inv):
    dies = parse_dwarf(text)
    for die in dies.values():
        name = die.attrs.get("DW_AT_name")
        if die.tag in AGGREGATE and name and "DW_AT_declaration" not in die.attrs:
            fields = []
            walk_fields(dies, die, "", fields)
            word = "struct " if die.tag == "DW_TAG_structure_type" else "union "
            inv.types[word + name] = Type(fields)
        elif die.tag == "DW_TAG_enumeration_type":
            if name:
                inv.types["enum " + name] = Type([])
            for c in die.children:
                if c.tag == "DW_TAG_enumerator":
                    inv.enumerators.add(c.attrs["DW_AT_name"])
        elif die.tag == "DW_TAG_typedef":
            inv.typedefs.add(name)
            t = resolve(dies, die)
            fields = []
            if t is not None and t.tag in AGGREGATE and "DW_AT_name" not in t.attrs:
                walk_fields(dies, t, "", fields)
            if t is not None:
                inv.types[name] = Type(fields)


def take(source, flags):
    """Inventory of a translation unit, with what an empty one has taken out."""
    def one(src):
        inv = Inventory()
        with tempfile.TemporaryDirectory() as tmp:
            c = os.path.join(tmp, "t.c")
            o = os.path.join(tmp, "t.o")
            with open(c, "w") as f:
                f.write(src)
            parse_macros(must(["gcc", "-dM", "-E"] + flags + [c]), inv)
            must(["gcc", "-g", "-gdwarf-4", "-fno-eliminate-unused-debug-types", "-c"] + flags
                 + [c, "-o", o])
            parse_types(must(["readelf", "--wide", "--debug-dump=info", o]), inv)
        return inv

    base = "#include <stddef.h>\n#include <stdint.h>\n#include <string.h>\n#include <stdio.h>\n"
    key = " ".join(flags)
    if key not in take.empty:
        take.empty[key] = one(base + "int empty_;\n")
    return one(base + source + "int empty_;\n").minus(take.empty[key])


take.empty = {}
