#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# guest-kernel-native: system calls do on our kernel what they do on Linux. guest-kernel/calls.c checks itself; it is
# run here first, then by the native kernel and by the pv kernel as control domain, as the only program.
# RUN: timeout=180 cpus=1,2
import os, re, subprocess, sys, tempfile

top = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
build = os.path.join(top, os.environ.get("BUILD", "build"))
cpus = os.environ.get("CPUS", "2")
qemu = os.environ.get("QEMU", "qemu-system-x86_64").split()
work = tempfile.mkdtemp()
calls = os.path.join(work, "calls")
subprocess.run(["gcc", "-O1", "-static", "-w", "-o", calls, os.path.join(top, "tests/host/guest-kernel/calls.c")], check=True)

init = os.path.join(work, "init")
source = os.path.join(work, "init.c")
open(source, "w").write("""
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	int status;
	if (!fork()) { setsid(); execl("/calls", "calls", (char *)0); _exit(1); }
	while (wait(&status) < 0) ;
	write(1, "@end\\n", 5);
	reboot(RB_POWER_OFF);
	return 0;
}
""")
subprocess.run(["gcc", "-O1", "-static", "-w", "-o", init, source], check=True)
image = os.path.join(work, "initramfs.cpio")
listing = "\n".join(["dir /dev 0755", "dir /proc 0755", "dir /tmp 0755", f"file /init {init} 0755", f"file /calls {calls} 0755"])
with open(image, "wb") as f:
    subprocess.run([os.path.join(build, "user/mkcpio")], input=listing.encode(), stdout=f, check=True)

machines = {
    "native": ["-m", "256M", "-kernel", f"{build}/guest-kernel-native", "-append", "quiet", "-initrd", image],
    "pv": ["-m", "512M", "-kernel", f"{build}/paravane", "-append", "console=com1 dom0_mem=256M noreboot debug-exit",
           "-device", "isa-debug-exit,iobase=0xf4", "-initrd", f"{build}/guest-kernel-pv quiet,{image}"],
}


def guest(options):
    command = qemu + ["-accel", "tcg", "-cpu", "max,-smap", "-smp", cpus, "-display", "none", "-serial", "stdio",
                      "-no-reboot"] + options
    try:
        out = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=80 * int(os.environ.get("TEST_PATIENCE", "1"))).stdout
    except subprocess.TimeoutExpired as e:
        out = e.stdout or b""
    return out.decode("latin-1").replace("\r", "")


number = 0
total = 0


def report(where, text):
    global number
    seen = 0
    for line in text.splitlines():
        m = re.match(r"((?:not )?ok) \d+ - (.*)", line)
        if m:
            number += 1
            seen += 1
            print(f"{m[1]} {number} - {where}: {m[2]}")
        elif line.startswith("# "):
            print(line)
    plan = re.search(r"^1\.\.(\d+)$", text, re.M)
    if not plan or int(plan[1]) != seen:
        number += 1
        print(f"not ok {number} - {where}: {seen} results, then nothing")
        for line in text.splitlines()[-30:]:
            print("# |", line)


report("linux", subprocess.run([calls], stdout=subprocess.PIPE, timeout=60).stdout.decode())
for name, options in machines.items():
    report(name, guest(options))
print(f"1..{number}")
