#!/bin/sh
# SPDX-License-Identifier: MIT
# user-shell: our shell runs scripts as dash does. Each script of user-shell.cases is run by both, natively (the
# system call interface is Linux's); standard output and exit status must be the same.
# RUN: timeout=120
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/ours" "$work/theirs" "$work/cases"
ln -s "$build/user/bin/toolbox" "$work/ours/sh"
ln -s "$(command -v dash)" "$work/theirs/sh"
awk -v dir="$work/cases" '/^### / { if (f) close(f); f = sprintf("%s/%03d-%s", dir, ++n, $2); next } f { print > f }' \
	"$top/tests/host/user-shell.cases"
# A last line without its newline.
printf '%s' "$(cat "$work/cases/"*-carriage-free-end)" > "$work/x" && mv "$work/x" "$(echo "$work/cases/"*-carriage-free-end)"

# run WHO CASE: how it goes with that shell
run()
{
	rm -rf "$work/tmp"
	mkdir "$work/tmp"
	(cd "$work/tmp" && exec env -i PATH="$work/$1:/bin:/usr/bin" HOME=/root TMP="$work/tmp" \
		timeout 20 "$work/$1/sh" "$2" < /dev/null > "$work/$1.out" 2> "$work/$1.err")
	echo "status $?" >> "$work/$1.out"
}

set -- "$work/cases/"*
echo "1..$#"
n=0
for case; do
	n=$((n + 1))
	name=${case##*/???-}
	run theirs "$case"
	run ours "$case"
	if cmp -s "$work/theirs.out" "$work/ours.out"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		diff -u --label dash --label ours "$work/theirs.out" "$work/ours.out" | sed 's/^/# /'
		sed 's/^/# stderr: /' "$work/ours.err"
	fi
done
