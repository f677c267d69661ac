#!/bin/sh
# SPDX-License-Identifier: MIT
# user-libc: our C library does what the system's does. user-libc.c is built with both, unchanged, and run natively;
# its sections must print the same.
# RUN: timeout=60
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
"$build/user/ucc" -w -o "$work/ours" "$top/tests/host/user-libc.c" || exit 1
${HOSTCC:-gcc} -w -o "$work/theirs" "$top/tests/host/user-libc.c" -lutil || exit 1
cd "$work" || exit 1
for who in ours theirs; do
	LC_ALL=C timeout 20 "./$who" > "$who.out" < /dev/null
	echo "### status $?" >> "$who.out"
	mkdir "$who.d"
	awk -v dir="$who.d" '/^### / { f = dir "/" $2 } { print > f }' "$who.out"
done
set -- theirs.d/*
echo "1..$#"
n=0
for section; do
	n=$((n + 1))
	name=${section#*/}
	if cmp -s "$section" "ours.d/$name"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		diff -u --label system --label ours "$section" "ours.d/$name" | sed 's/^/# /'
	fi
done
