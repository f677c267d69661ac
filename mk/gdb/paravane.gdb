# SPDX-License-Identifier: MIT
# gdb's start file for `make debug`: symbols of the hypervisor and of the control domain's kernel, and the
# pv- commands of paravane.py.
set pagination off
set confirm off
set architecture i386:x86-64
file build/paravane.elf
python
import os, sys
sys.path.insert(0, os.path.join(os.getcwd(), "mk", "gdb"))
import paravane
if os.path.exists("build/guest-kernel/pv/kernel.elf"):
    gdb.execute("add-symbol-file build/guest-kernel/pv/kernel.elf")
print("pv-domains, pv-vcpus, pv-vcpu, pv-cpus, pv-frame, pv-frames, pv-trace, pv-guest show what the hypervisor knows.")
end
