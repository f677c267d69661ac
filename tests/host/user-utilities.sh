#!/bin/sh
# SPDX-License-Identifier: MIT
# user-utilities: our utilities do what those of the system do. Each script of user-utilities.cases is run by dash
# with the one and with the other in PATH, natively; standard output and exit status must be the same.
# RUN: timeout=120
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/ours" "$work/cases" "$work/shell"
for name in $(sed -n 's/^APPLET."\([^"]*\)".*/\1/p' "$top/guest-kernel/user/toolbox/applets.def"); do
	ln -s "$build/user/bin/toolbox" "$work/ours/$name"
done
rm "$work/ours/sh"
ln -s "$(command -v dash)" "$work/shell/sh"
awk -v dir="$work/cases" '/^### / { if (f) close(f); f = sprintf("%s/%03d-%s", dir, ++n, $2); next } f { print > f }' \
	"$top/tests/host/user-utilities.cases"

# run WHO PATH CASE
run()
{
	rm -rf "$work/tmp"
	mkdir "$work/tmp"
	(
		cd "$work/tmp" || exit 1
		. "$top/tests/host/user-utilities.setup"
		exec env -i PATH="$2:$work/shell" HOME=/root LC_ALL=C /usr/bin/timeout 20 "$work/shell/sh" "$3" < /dev/null > "$work/$1.out" \
			2> "$work/$1.err"
	)
	echo "status $?" >> "$work/$1.out"
}

set -- "$work/cases/"*
echo "1..$#"
n=0
for case; do
	n=$((n + 1))
	name=${case##*/???-}
	run theirs /usr/bin:/bin "$case"
	run ours "$work/ours" "$case"
	if cmp -s "$work/theirs.out" "$work/ours.out"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		diff -u --label system --label ours "$work/theirs.out" "$work/ours.out" | sed 's/^/# /'
		sed 's/^/# stderr: /' "$work/ours.err"
	fi
done
