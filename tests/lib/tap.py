# SPDX-License-Identifier: MIT
"""TAP for host tests. The plan is printed at the end, so a test that dies half way has none and fails.

    with Tap() as t:
        t.eq(status, 0, "list exits with 0")
        t.like(output, r"^Name +ID", "list prints its columns")
"""

import re
import sys
import traceback


class Tap:
    def __init__(self):
        self.count = 0
        self.bad = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and not issubclass(kind, SystemExit):
            self.ok(False, f"no {kind.__name__}", "".join(traceback.format_exception(kind, value, trace)))
        if kind is None or not issubclass(kind, SystemExit):
            print(f"1..{self.count}", flush=True)
            sys.exit(1 if self.bad else 0)

    def ok(self, good, name, why=""):
        self.count += 1
        if not good:
            self.bad += 1
            for line in str(why).splitlines():
                print(f"# {line}")
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        return bool(good)

    def eq(self, got, want, name):
        return self.ok(got == want, name, f"got      {got!r}\nexpected {want!r}")

    def like(self, text, pattern, name, flags=re.MULTILINE):
        return self.ok(re.search(pattern, text, flags), name, f"expected /{pattern}/ in\n{text}")

    def at_most(self, got, limit, name):
        return self.ok(got <= limit, name, f"got {got}, at most {limit} expected")

    def note(self, text):
        for line in str(text).splitlines():
            print(f"# {line}", flush=True)

    def skip_all(self, reason):
        print(f"1..0 # SKIP {reason}", flush=True)
        sys.exit(0)
