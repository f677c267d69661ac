#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""domains-hundred: a hundred domains of 4 MB at once.

What must hold: all of them run, each has a console with output of its own, and after they are destroyed there
is as much free memory as before.
"""
# RUN: timeout=300 alone

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
from tap import Tap  # noqa: E402
from host import RunningHost  # noqa: E402

COUNT = 100
CREATE = f"""i=1
while [ $i -le {COUNT} ]; do
	pvctl create -q /host/configs/hello.cfg name=d$i memory=4 || echo failed $i
	i=$((i + 1))
done"""
DESTROY = f"""i=1
while [ $i -le {COUNT} ]; do
	pvctl destroy d$i || echo failed $i
	i=$((i + 1))
done"""


def main():
    with Tap() as t, RunningHost() as host:
        host.first_domain()
        free = host.free_frames()
        r = host.run(CREATE, timeout=150)
        t.eq((r.status, r.out), (0, ""), f"{COUNT} domains are created") or t.note(r)
        t.note(f"{r.seconds / COUNT * 1000:.0f} ms each")
        domains = host.list()
        t.eq(sum(name.startswith("d") for name in domains), COUNT, f"list shows {COUNT}")
        bad = [n for n, d in domains.items() if n != "Domain-0" and ("c" in d[3] or "s" in d[3] or d[1] != 4)]
        t.eq(bad, [], "each has 4 MB and none has crashed")
        r = host.run(DESTROY, timeout=120)
        t.eq((r.status, r.out), (0, ""), "all are destroyed") or t.note(r)
        t.eq(list(host.list()), ["Domain-0"], "list shows none")
        # The control domain had more than 128 event channels open: the second page of its table stays.
        t.ok(host.wait_for("memory", lambda: free - 1 <= host.free_frames() <= free, 10), "all memory is back",
             f"free frames before {free}, now {host.free_frames()}")


if __name__ == "__main__":
    main()
