#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pvctl and domaind on a real Xen, against the hypervisor that the interface comes from.

RUN: timeout=400 alone

Debian's Xen boots Debian's Linux as control domain with our tools in it. What must hold: the verbs do what xl's
do; on_poweroff, on_reboot and on_crash are carried out; whatever is wrong with a kernel, a config or an
argument is said in one message with its place, value and what is allowed; and a failure leaves nothing behind,
neither memory nor a domain nor an entry in the store.
"""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import linux_dom0                                                           # noqa: E402

BUILD = linux_dom0.BUILD

SCRIPT = r"""
n=0
ok() { n=$((n+1)); echo "ok $n - $1"; }
bad() { n=$((n+1)); echo "not ok $n - $1"; shift; for l in "$@"; do echo "# $l"; done; }
is() { [ "$2" = "$3" ] && ok "$1" || bad "$1" "got: $2" "expected: $3"; }

# fails TEXT PATTERN COMMAND...: it must fail with status 1 and one line on stderr that has the pattern
fails() {
	what=$1 pattern=$2; shift 2
	"$@" >/tmp/out 2>/tmp/err
	status=$?
	if [ $status = 1 ] && [ "$(wc -l </tmp/err)" = 1 ] && grep -q -- "$pattern" /tmp/err; then
		ok "$what"
	else
		bad "$what" "status $status, expected 1" "pattern $pattern" "$(cat /tmp/err)"
	fi
}
# Waits for a command to succeed, up to 5 s
until_ok() { i=0; while ! "$@" >/dev/null 2>&1; do i=$((i+1)); [ $i -lt 50 ] || return 1; usleep 100000; done; }
gone() { ! pvctl domid "$1" 2>/dev/null; }
newid() { now=$(pvctl domid "$1" 2>/dev/null) && [ "$now" != "$2" ]; }
free_mb() { pvctl info | sed -n 's/^free_memory *: //p'; }
state() { pvctl list "$1" | tail -1 | tr -s ' \t' ' ' | cut -d' ' -f5; }

ln -s pvctl /bin/domaind
xenstored; consoled; domaind
export PVCTL_ROOT=/guest
until_ok xenstore-read /local/domain/0/name
cat >/tmp/a.cfg <<X
# a comment
name = "a"
kernel = "small"
memory = 4
extra = "stay"
X
pvctl create -q /tmp/a.cfg name=first; pvctl destroy first	# what the hypervisor caches, it has now
until_ok gone first; usleep 300000
free=$(free_mb)

# --- verbs
pvctl create /tmp/a.cfg >/tmp/out 2>/tmp/err; is 'create succeeds' "$?$(cat /tmp/err)" 0
is 'and names the config, as xl does' "$(cat /tmp/out)" 'Parsing config from /tmp/a.cfg'
is 'the columns are xl'"'"'s' "$(pvctl list | head -1)" 'Name                                        ID   Mem VCPUs	State	Time(s)'
id=$(pvctl domid a); is 'domid and domname agree' "$(pvctl domname $id)" a
fails 'a name in use is refused' "name = \"a\": in use by domain $id" pvctl create /tmp/a.cfg
pvctl pause a; case $(state a) in *p*) ok 'pause shows in list';; *) bad 'pause shows in list' "$(pvctl list a)";; esac
pvctl unpause a; case $(state a) in *p*) bad 'unpause too' "$(pvctl list a)";; *) ok 'unpause too';; esac
pvctl rename a b; is 'rename' "$(pvctl domname $id)" b
fails 'a name that is a number is refused' 'expected a name that is not a number' pvctl rename b 17
pvctl vcpu-pin b 0 1; pvctl vcpu-list b | grep -q '1 / all$' && ok 'vcpu-pin shows in vcpu-list' || bad 'vcpu-pin' "$(pvctl vcpu-list b)"
fails 'a CPU that does not exist is refused' 'CPUs "7": expected' pvctl vcpu-pin b 0 7
pvctl sched-credit -d b -w 512; is 'sched-credit' "$(pvctl sched-credit -d b | tail -1 | tr -s ' ')" "b $id 512 0"
is 'list -l is JSON with the name' "$(pvctl list -l b | grep '"name"' | tr -d ' ')" '"name":"b",'
pvctl dump-core b /tmp/core && [ $(wc -c </tmp/core) -gt 4194304 ] && ok 'dump-core' || bad 'dump-core' "$(ls -l /tmp/core)"
rm -f /tmp/core
mkdir -p /mnt; mount -t tmpfs -o size=1m t /mnt
fails 'a dump that does not fit says so' 'core /mnt/core: at [0-9]* of [0-9]* MB.*No space left' pvctl dump-core b /mnt/core
is 'and leaves no file' "$(ls /mnt)" ''
pvctl explain b >/tmp/out; grep -q 'rip' /tmp/out && grep -q 'not available' /tmp/out && ok 'explain says what it cannot know here' || bad explain "$(cat /tmp/out)"
pvctl destroy b; until_ok gone b && ok destroy || bad destroy "$(pvctl list)"

# --- policies
pvctl create -q /tmp/a.cfg name=off extra=off; until_ok gone off && ok 'on_poweroff = destroy' || bad poweroff "$(pvctl list)"
pvctl create -q /tmp/a.cfg name=re extra=reboot on_reboot=destroy; until_ok gone re && ok 'on_reboot = destroy' || bad reboot "$(pvctl list)"
pvctl create -q -p /tmp/a.cfg name=re "extra=slow reboot"; id=$(pvctl domid re); uuid=$(pvctl list -v re | tail -1 | tr -s ' \t' ' ' | cut -d' ' -f7)
pvctl unpause re; until_ok newid re $id && ok 'on_reboot = restart' || bad restart "$(pvctl list)"
until_ok pvctl pause re; is 'with the same UUID' "$(pvctl list -v re | tail -1 | tr -s ' \t' ' ' | cut -d' ' -f7)" "$uuid"
pvctl destroy re
pvctl create -q /tmp/a.cfg name=c extra=crash; until_ok gone c && ok 'on_crash = destroy' || bad crash "$(pvctl list)"
pvctl create -q /tmp/a.cfg name=c extra=crash on_crash=preserve; usleep 500000
is 'on_crash = preserve' "$(state c)" '---sc-'
pvctl explain c >/tmp/out; grep -q 'crashed$' /tmp/out && grep -q 'cr2 0000000000000008' /tmp/out && grep -q 'small: crash' /tmp/out &&
	ok 'explain shows registers and the console of a crashed domain' || bad explain "$(cat /tmp/out)"
pvctl destroy c
PVCTL_DUMP=/tmp/dump
pvctl create -q /tmp/a.cfg name=cd extra=crash on_crash=coredump-destroy; until_ok gone cd
until_ok [ -s /var/lib/xen/dump/cd ] && ok 'on_crash = coredump-destroy' || bad coredump "$(ls -lR /var/lib/xen)" "$(cat /var/log/domaind.log)"
rm -f /var/lib/xen/dump/cd
pvctl create -q -p /tmp/a.cfg name=rr "extra=slow crash" on_crash=rename-restart; id=$(pvctl domid rr); pvctl unpause rr
until_ok newid rr $id && ok 'on_crash = rename-restart' || bad rename-restart "$(pvctl list)"
# It restarts as long as it is there; what is destroyed does not.
while pvctl list | grep -q '^rr'; do for d in $(pvctl list | sed -n 's/^\(rr[^ ]*\).*/\1/p'); do pvctl destroy $d 2>/dev/null; done; done

# --- bad input
c() { pvctl create -q /tmp/a.cfg name=x "$@"; }
fails 'no kernel file' 'kernel /guest/nowhere: No such file' c kernel=nowhere
fails 'a folder as kernel' 'kernel /guest: not a regular file' c kernel=/guest
fails 'a text as kernel' 'kernel /guest/text: neither an ELF file nor a bzImage' c kernel=text
fails 'an empty kernel' 'kernel /guest/empty: 0 bytes' c kernel=empty
fails 'a truncated ELF' 'kernel /guest/cut: truncated: segment 0' c kernel=cut
fails 'a 32-bit kernel' 'kernel /guest/elf32: a 32-bit kernel' c kernel=elf32
fails 'an ELF without notes' 'without Xen notes' c kernel=/bin/busybox
fails 'a truncated bzImage' 'kernel /guest/bzcut: truncated: the bzImage.s payload' c kernel=bzcut
fails 'a broken payload' 'kernel /guest/bzbad: broken xz data' c kernel=bzbad
fails 'an unknown compression' 'a bzImage with an unknown compression (it begins 11 22' c kernel=bzunknown
fails 'no ramdisk file' 'ramdisk /guest/nowhere: No such file' c ramdisk=nowhere
fails 'too little memory' 'x: kernel, ramdisk and page tables need' c memory=1
fails 'more memory than free' "memory = 100000: expected megabytes, 1 to [0-9]* free" c memory=100000
fails 'a wrong type' 'command line: memory = "64x": expected megabytes' c memory=64x
fails 'an unknown key' 'unknown key memroy; did you mean memory?' c memroy=3
fails 'a key that is not supported' 'disk is not supported' c 'disk=["file:x"]'
fails 'another type' 'type = "pvx": expected' c type=pvx
fails 'a PV kernel without a PV interface' 'no Multiboot header' c type=hvm
printf 'name = "x"\n\nkernel = "small\n' >/tmp/bad.cfg
fails 'a config with a typo' '/tmp/bad.cfg:3: missing " at the end' pvctl create -q /tmp/bad.cfg
printf 'name = "x"\nkernel = "small"\nvcpus = "two"\n' >/tmp/bad.cfg
fails 'a value with its line' '/tmp/bad.cfg:3: vcpus = "two": expected a number of vCPUs, 1 to 32' pvctl create -q /tmp/bad.cfg
fails 'no config' 'config /nope: No such file' pvctl create -q /nope
pvctl config convert /tmp/a.cfg /tmp/a.dtb; pvctl create -q /tmp/a.dtb && ok 'a device tree as config' || bad 'a device tree as config'
pvctl destroy a
head -c 100 /tmp/a.dtb >/tmp/b.dtb
fails 'a broken device tree' '/tmp/b.dtb: broken device tree: truncated, 100 of' pvctl create -q /tmp/b.dtb
fails 'a dead domain id' 'no domain 999: ' pvctl destroy 999
fails 'a name that nobody has' 'no domain named "nobody"' pvctl pause nobody
fails 'domain 0 is not destroyed' 'Cannot destroy privileged domain 0' pvctl destroy 0
pvctl frobnicate 2>/dev/null; is 'an unknown verb is a usage error' $? 2
pvctl create 2>/dev/null; is 'so is a missing argument' $? 2
pvctl unp 2>&1 | grep -q 'Usage: pvctl unpause'; is 'verbs may be shortened' $? 0

# --- nothing left
usleep 500000
is 'no domain is left' "$(pvctl list | wc -l)" 2
is 'all memory is free again' "$(free_mb)" "$free"
is 'the store knows only the control domain' "$(xenstore-list /local/domain | tr '\n' ' ')$(xenstore-list /vm 2>/dev/null | tr '\n' ' ')" '0 '
is 'no config is kept' "$(ls /run/pvctl)" ''
is 'domaind had nothing to say' "$(grep -v -e 'core dumped' -e 'too often' /var/log/domaind.log)" ''
is 'no program crashed' "$(dmesg | grep segfault)" ''
echo "1..$n"
"""


def bzimage(payload):
    """A bzImage with nothing but a setup header and a payload."""
    image = bytearray(1024)
    image[0x1f1] = 1
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", image, 0x206, 0x20f)
    struct.pack_into("<II", image, 0x248, 0, len(payload))
    return bytes(image) + payload


def main():
    small = linux_dom0.read(f"{BUILD}/tests/host/small-guest")
    vmlinuz = linux_dom0.read(f"{linux_dom0.DEPS}/linux/vmlinuz")
    elf32 = bytearray(small)
    elf32[4] = 1
    broken = bytearray(vmlinuz)
    for at in range(3 << 20, (3 << 20) + 64):
        broken[at] ^= 0x55
    files = {
        "/guest/small": small, "/guest/text": b"hello, world\n", "/guest/empty": b"",
        "/guest/cut": small[:4200], "/guest/elf32": bytes(elf32), "/guest/bzcut": vmlinuz[:1 << 20],
        "/guest/bzbad": bytes(broken), "/guest/bzunknown": bzimage(bytes(range(0x11, 0x99, 0x11)) * 4),
    }
    status, output = linux_dom0.run(SCRIPT, files=files, guest=False, mem="768M", dom0_mem="384M", timeout=360,
                                    append="loglvl=none guest_loglvl=none")
    print(output)
    if status is None:
        print("Bail out! the control domain did not finish")
    return 0 if status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
