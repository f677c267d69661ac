#!/bin/sh
# SPDX-License-Identifier: MIT
# user-guest: in the guest kernel our shell and utilities do what the system's do here. The scripts of user-shell.cases
# and user-utilities.cases are run here by dash with the system's utilities, and in the guest by ours; on the native
# platform and as control domain. Output and exit status must be the same.
# RUN: timeout=300 cpus=1,2
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/cases" "$work/path" "$work/plain"
ln -s "$(command -v dash)" "$work/path/sh"
ln -s "$(command -v dash)" "$work/plain/sh"

split='/^### / { if (f) close(f); f = sprintf("%s/%s-%03d-%s", dir, kind, ++n, $2); if (setup) print ". /tests/setup" > f; next } f { print > f }'
awk -v dir="$work/cases" -v kind=shell "$split" "$top/tests/host/user-shell.cases"
awk -v dir="$work/cases" -v kind=utilities -v setup=1 "$split" "$top/tests/host/user-utilities.cases"

# What is wanted.
for case in "$work/cases/"*; do
	rm -rf "$work/tmp" && mkdir "$work/tmp"
	sed "s|^\. /tests/setup|. $top/tests/host/user-utilities.setup|" "$case" > "$work/script"
	(cd "$work/tmp" && exec env -i PATH="$work/path:/usr/bin:/bin" HOME=/root LC_ALL=C TMP="$work/tmp" \
		timeout 20 "$work/path/sh" "$work/script" < /dev/null > "$case.wanted" 2> /dev/null)
	echo "status $?" >> "$case.wanted"
done

cat > "$work/rc.local" <<'END'
for case in /tests/*; do
	case $case in *.wanted | */setup) continue ;; esac
	rm -rf /tmp/t
	mkdir /tmp/t
	(cd /tmp/t && exec env -i PATH=/bin HOME=/root TMP=/tmp/t timeout 30 sh "$case" < /dev/null > /tmp/out 2> /tmp/err)
	echo "status $?" >> /tmp/out
	if cmp -s /tmp/out "$case.wanted"; then
		echo "@ok ${case##*/}"
	else
		echo "@not ok ${case##*/}"
		while IFS= read -r line; do printf '@# wanted: %s\n' "$line"; done < "$case.wanted"
		while IFS= read -r line; do printf '@# got:    %s\n' "$line"; done < /tmp/out
		while IFS= read -r line; do printf '@# stderr: %s\n' "$line"; done < /tmp/err
	fi
done
echo '@end'
poweroff
END
{
	echo "file /etc/rc.local $work/rc.local 0644"
	echo "file /tests/setup $top/tests/host/user-utilities.setup 0644"
	for file in "$work/cases/"*; do
		echo "file /tests/${file##*/} $file 0644"
	done
} | "$build/user/mkcpio" > "$work/extra.cpio"
cat "$build/initramfs.cpio" "$work/extra.cpio" > "$work/all.cpio"

wanted=$(find "$work/cases" -type f ! -name '*.wanted' | wc -l)
echo "1..$((wanted * 2))"
number=0

# guest PLATFORM QEMU-ARGUMENT...
guest()
{
	platform=$1
	shift
	timeout 130 ${QEMU:-qemu-system-x86_64} -accel tcg -cpu max,-smap -m 512M -smp "${CPUS:-2}" -display none \
		-serial stdio -no-reboot "$@" < /dev/null > "$work/console" 2>&1
	tr -d '\r' < "$work/console" | sed -n 's/^@//p' > "$work/results"
	seen=0
	while IFS= read -r line; do
		case $line in
		'ok '* | 'not ok '*)
			number=$((number + 1))
			seen=$((seen + 1))
			printf '%s\n' "$line" | sed "s/ok /ok $number - $platform-/" ;;
		'#'*)
			printf '%s\n' "$line" ;;
		esac
	done < "$work/results"
	while [ $seen -lt "$wanted" ]; do
		number=$((number + 1))
		seen=$((seen + 1))
		echo "not ok $number - $platform: did not get there"
		[ -s "$work/console" ] && tail -n 30 "$work/console" | sed 's/^/# | /'
		: > "$work/console"
	done
}

guest native -kernel "$build/guest-kernel-native" -append console=com1 -initrd "$work/all.cpio"
guest pv -kernel "$build/paravane" -append 'console=com1 dom0_mem=256M noreboot' \
	-initrd "$build/guest-kernel-pv console=hvc0,$work/all.cpio"
