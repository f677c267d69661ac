# SPDX-License-Identifier: MIT
# gdb's start file for `make debug`.
set pagination off
set confirm off
set architecture i386:x86-64
set disassembly-flavor att
python
import sys, os
sys.path.insert(0, os.path.join(os.getcwd(), "mk", "gdb"))
import paravane
end
