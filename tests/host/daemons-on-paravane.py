#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""xenstored and consoled on Paravane between stock Linux kernels: see tests/lib/daemons_linux.py.

RUN: timeout=400 alone
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import daemons_linux                                                        # noqa: E402

if __name__ == "__main__":
    sys.exit(daemons_linux.main("paravane"))
