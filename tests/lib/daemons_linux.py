# SPDX-License-Identifier: MIT
"""xenstored and consoled with stock kernels on both sides of every ring; tests/host/daemons-on-*.py run it.

A hypervisor boots Debian's Linux as control domain with our daemons and pvctl in it; stock Linux domains talk
to them. What must hold: the control domain's own kernel and each domain reach the store; a domain can neither
read nor write what is not its own; its watches and transactions work through its kernel; consoles are kept;
after shutdown, crash and destruction the store forgets what has to be forgotten, and nothing leaks.
"""

import os

import linux_dom0

GUEST = r"""
cd /
t() { if "$@" >/tmp.out 2>&1; then echo "G-yes $*"; else echo "G-no $*"; fi; }
id=$(xenstore-read domid)
echo "G-domid $id"
t xenstore-read name
t xenstore-read /tool/xenstored
t xenstore-read /local/domain/0/name
t xenstore-write data/mine hello
t xenstore-write /local/domain/0/evil 1
t xenstore-write name evil
t xenstore-control check
t xenstore-write data/a 1 data/b 2 data/c 3
t timeout 5 xenstore-watch -n 1 data
i=0; while xenstore-write data/q$((i/50))/n$i x 2>/dev/null && [ $i -lt 300 ]; do i=$((i+1)); done
echo "G-wrote $i"
echo "G-end"
"""

SCRIPT = r"""
n=0
ok() { n=$((n+1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi; }
is() { [ "$2" = "$3" ]; r=$?; [ $r = 0 ] || echo "# $1: got '$2', expected '$3'"; ok $r "$1"; }
has() { echo "$2" | grep -q -- "$3"; r=$?; [ $r = 0 ] || echo "# $1: no '$3' in '$2'"; ok $r "$1"; }
wait_for() { i=0; while ! sh -c "$1" >/dev/null 2>&1; do i=$((i+1)); [ $i -gt $2 ] && return 1; sleep 0.2; done; }
config() { cat >/$1.cfg <<X
name = "$1"
kernel = "/guest/vmlinuz"
ramdisk = "/guest/initrd"
memory = 160
vcpus = 1
extra = "console=hvc0 quiet $2"
$3
X
}

xenstored; is xenstored-starts $? 0
consoled; is consoled-starts $? 0
XENSTORED_PATH=/dev/xen/xenbus xenstore-write /from-kernel yes
is own-kernel-reaches-the-store "$(xenstore-read /from-kernel)" yes
is own-kernel-gets-events "$(XENSTORED_PATH=/dev/xen/xenbus timeout 5 xenstore-watch -n 1 /from-kernel)" /from-kernel
xenstore-rm /from-kernel

xenstore-watch -n 2 @introduceDomain >/in.log &
config web
pvctl create /web.cfg; is create $? 0
id=$(pvctl domid web)
wait_for "grep -q G-end /var/log/console/web.log" 150; is guest-script-ran $? 0
log=$(cat /var/log/console/web.log)
has guest-knows-itself "$log" "G-domid $id"
has guest-reads-its-own "$log" "G-yes xenstore-read name"
has guest-does-not-read-others "$log" "G-no xenstore-read /tool/xenstored"
has guest-does-not-read-dom0 "$log" "G-no xenstore-read /local/domain/0/name"
has guest-writes-its-data "$log" "G-yes xenstore-write data/mine hello"
has guest-does-not-write-dom0 "$log" "G-no xenstore-write /local/domain/0/evil 1"
has guest-does-not-rename-itself "$log" "G-no xenstore-write name evil"
has guest-does-not-control "$log" "G-no xenstore-control check"
has guest-transacts "$log" "G-yes xenstore-write data/a 1 data/b 2 data/c 3"
has guest-watches "$log" "G-yes timeout 5 xenstore-watch -n 1 data"
has guest-writes-many "$log" "G-wrote 300"
is what-it-wrote-is-there "$(xenstore-read /local/domain/$id/data/mine /local/domain/$id/data/c | tr '\n' ' ')" "hello 3 "
is it-owns-what-it-wrote "$(xenstore-ls -p /local/domain/$id/data | grep mine | sed 's/.*(//')" "n$id)"
is check-while-it-runs "$(xenstore-control check)" OK
is introduction-was-told "$(cat /in.log | tr '\n' ' ')" "@introduceDomain @introduceDomain "

(sleep 1; printf 'echo typed-$((6*7))\r'; sleep 2) | timeout 5 pvctl console web >/con.log 2>&1
has console-both-ways "$(cat /con.log)" typed-42

xenstore-watch -n 2 @releaseDomain >/out.log &
config crash crash 'on_crash = "preserve"'
pvctl create /crash.cfg
crash=$(pvctl domid crash)
wait_for "grep -q releaseDomain.*releaseDomain /out.log || [ \$(wc -l </out.log) = 2 ]" 150
is a-crash-is-told $? 0
has the-crash-is-on-its-console "$(cat /var/log/console/crash.log)" "sysrq"
is a-crashed-domain-is-still-introduced "$(xenstore-exists /local/domain/$crash/name && echo yes)" yes
pvctl destroy crash
wait_for "! xenstore-exists /local/domain/$crash" 25
xenstore-exists /local/domain/$crash; is a-destroyed-domain-is-forgotten $? 1
has its-log-survives "$(cat /var/log/console/crash.log)" "the domain is gone"

pvctl destroy web
wait_for "! xenstore-exists /local/domain/$id" 25
is check-at-the-end "$(xenstore-control check)" OK
report=$(xenstore-control memreport)
is nobody-is-left "$(echo "$report" | grep -c 'nodes of domain [1-9]')" 0
is only-our-own-ring-is-left "$(echo "$report" | grep domains)" "domains 1"
pvctl list
echo "1..$n"
cat /var/log/xenstored.log /var/log/console/consoled.log | sed 's/^/# /'
"""


def main(hypervisor):
    for name in ("xenstored", "consoled", "xenstore", "pvctl"):
        if not os.path.exists(f"{linux_dom0.TOOLS}/{name}"):
            print(f"1..0 # skip {linux_dom0.TOOLS}/{name} is not built")
            return 0
    status, output = linux_dom0.run(SCRIPT, hypervisor, guest_script=GUEST, timeout=300)
    print(output)
    return 0 if status == 0 and "\nnot ok" not in output else 1

