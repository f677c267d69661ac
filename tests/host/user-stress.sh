#!/bin/sh
# SPDX-License-Identifier: MIT
# user-stress: processes that fork, map, signal, write files and talk through pipes at random find in the guest kernel
# what they left there, and the kernel has its memory back afterwards; on the native platform and as control domain.
# RUN: timeout=240 cpus=1,2
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

cat > "$work/rc.local" <<'END'
# Twice: the first round fills the caches that stay.
unused() { set -- $(free | grep Mem); echo $4; }
stress -s 2 -j 4 > /tmp/out
rm -f /tmp/stress.*
before=$(unused)
if stress -s 6 -j 4 -r 77 > /tmp/out 2>&1; then echo "@ok operations $(cat /tmp/out)"; else echo "@not ok operations"; fi
while IFS= read -r line; do echo "@# $line"; done < /tmp/out
after=$(unused)
lost=$((before - after))
if [ $lost -lt 512 ]; then echo "@ok memory"; else echo "@not ok memory"; fi
echo "@# $before KB free before, $after KB after"
poweroff
END
echo "file /etc/rc.local $work/rc.local 0644" | "$build/user/mkcpio" > "$work/extra.cpio"
cat "$build/initramfs.cpio" "$work/extra.cpio" > "$work/all.cpio"

echo 1..4
number=0

# guest PLATFORM QEMU-ARGUMENT...
guest()
{
	platform=$1
	shift
	timeout 100 ${QEMU:-qemu-system-x86_64} -accel tcg -cpu max,-smap -m 512M -smp "${CPUS:-2}" -display none \
		-serial stdio -no-reboot "$@" < /dev/null > "$work/console" 2>&1
	tr -d '\r' < "$work/console" | sed -n 's/^@//p' > "$work/results"
	for what in operations memory; do
		number=$((number + 1))
		if grep -q "^ok $what" "$work/results"; then
			echo "ok $number - $platform-$what"
		else
			echo "not ok $number - $platform-$what"
			tail -n 40 "$work/console" | sed 's/^/# | /'
		fi
	done
	grep '^#' "$work/results"
}

guest native -kernel "$build/guest-kernel-native" -append console=com1 -initrd "$work/all.cpio"
guest pv -kernel "$build/paravane" -append 'console=com1 dom0_mem=256M noreboot' \
	-initrd "$build/guest-kernel-pv console=hvc0,$work/all.cpio"
