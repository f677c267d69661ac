#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""security-page: docs/security.md accounts for each Xen Security Advisory from 1 to the last exactly once, and every
test that it names exists. A page that promises a test that nobody wrote fails here.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from tap import Tap  # noqa: E402

LAST = 523
SUITES = ("unit", "abi", "guest", "hostile", "host")


def section(text, first, last):
    """What is between two headings of the second level."""
    start = text.index(f"\n## {first}\n")
    return text[start:text.index(f"\n## {last}\n", start)]


def test_exists(name):
    suite, stem = name.split("/", 1)
    base = os.path.join(ROOT, "tests", suite, stem)
    return any(os.path.exists(base + end) for end in (".c", ".py", ".sh", "/main.c"))


def listed(text):
    """Advisory numbers: one for each row of a table, and the numbers behind the reason of each bullet."""
    numbers = [int(n) for n in re.findall(r"^\| (\d+) \|", section(text, "Xen Security Advisories", "Out of scope"),
                                          re.M)]
    out = section(text, "Out of scope", "What the advisories found here")
    for bullet in re.split(r"^- ", out, flags=re.M)[1:]:
        numbers += [int(n) for n in re.findall(r"\d+", bullet.split(":**", 1)[1])]
    return numbers


with Tap() as t:
    with open(os.path.join(ROOT, "docs", "security.md"), encoding="utf-8") as page:
        text = page.read()
    numbers = listed(text)
    t.eq([n for n in range(1, LAST + 1) if n not in numbers], [], f"no advisory from 1 to {LAST} is left out")
    t.eq(sorted({n for n in numbers if numbers.count(n) > 1}), [], "none is listed twice")
    t.eq([n for n in numbers if not 1 <= n <= LAST], [], "none is invented")
    names = sorted(set(re.findall(r"`((?:%s)/[a-z0-9-]+)`" % "|".join(SUITES), text)))
    t.ok(len(names) > 10, "tests are named", names)
    t.eq([n for n in names if not test_exists(n)], [], "every test named exists")
    rows = re.findall(r"^\| \d+ \|[^|]*\|([^|]*)\|$", text, re.M)
    t.eq([r for r in rows if not re.search(r"`[a-z]+/|cannot apply|see above|open|closed", r)], [],
         "each line says a test, or why the mistake cannot apply")
