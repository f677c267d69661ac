#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh: the models, one line each in a table; or, with -m, each seeded bug of tests/model/mutants, and what found it.
#
#   tests/model/run.sh [-m] [-t] [-q] [-s OPERATIONS] [-d ROUNDS] [-o PATTERN] FOLDER
#
# -o: only what matches; -t: as TAP; -q: fewer rounds; FOLDER: build/model.
top=$(cd "$(dirname "$0")/../.." && pwd)
mutate='' tap='' quick='' only=. sequence=1 depth=''
while getopts mtqs:d:o: opt; do
	case $opt in
	m) mutate=1 ;;
	t) tap=1 ;;
	q) quick=-q ;;
	s) sequence=$OPTARG ;;
	d) depth=$OPTARG ;;
	o) only=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
build=$(cd "$1" && pwd) || exit 2
cd "$top" || exit 2
models='pages-any pages-tables pages-free pages-segdesc grants-domains grants-handles events-domains events-virq'
number=0 bad=0

# result STATUS NAME FILE: what was printed is in FILE.
result()
{
	number=$((number + 1))
	[ "$1" = 0 ] || bad=$((bad + 1))
	if [ "$tap" ]; then
		sed 's/^#*/#/' "$3"
		if [ "$1" = 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; fi
	elif [ "$mutate" ]; then
		if [ "$1" = 0 ]; then echo "found    $2"; else echo "MISSED   $2"; fi
		sed -n '1s/^# */         /p' "$3"
	else
		cat "$3"
	fi
}

run_model()
{
	# shellcheck disable=SC2086   # -d and its argument, or nothing
	"$build/${1%%-*}" $quick -s "$sequence" ${depth:+-d $depth} "$1" >"$build/$1.out" 2>&1
	result $? "$1" "$build/$1.out"
}

# A copy of the source with the bug in it takes the place of the real one.
run_mutant()
{
	name=$1 model=$2 source=$3 program=${2%%-*}
	work=$build/mutants/$name
	mkdir -p "$work"
	sed "$4" "hypervisor/$source.c" >"$work/source.c"
	if cmp -s "$work/source.c" "hypervisor/$source.c"; then
		echo "# the script for $name changes nothing in hypervisor/$source.c any more" >"$work/out"
		result 1 "$name ($model)" "$work/out"
		return
	fi
	# shellcheck disable=SC2046   # flags and objects are lists of words
	if ! { gcc $(cat "$build/flags") -Wno-error -w "-Ihypervisor/$(dirname "$source")" -c -o "$work/mutant.o" "$work/source.c" &&
		gcc -no-pie -Wl,--gc-sections -o "$work/model" "$work/mutant.o" \
			$(tr ' ' '\n' <"$build/$program.objs" | grep -v "/hv/$source.o\$"); } >"$work/out" 2>&1; then
		result 1 "$name ($model)" "$work/out"
		return
	fi
	timeout 120 "$work/model" -s "$sequence" ${depth:+-d "$depth"} "$model" >"$work/out" 2>&1
	[ $? = 1 ]
	result $? "$name ($model)" "$work/out"
}

if [ "$mutate" ]; then
	grep -v '^#' tests/model/mutants | grep -e "$only" >"$build/mutants.list"
	[ -z "$tap" ] || echo "1..$(wc -l <"$build/mutants.list")"
	while IFS="$(printf '\t')" read -r name model source script; do
		run_mutant "$name" "$model" "$source" "$script"
	done <"$build/mutants.list"
	[ "$tap" ] || echo "$((number - bad)) of $number seeded bugs found"
else
	# shellcheck disable=SC2046,SC2086   # the names
	set -- $(printf '%s\n' $models | grep -e "$only")
	if [ "$tap" ]; then
		echo "1..$#"
	else
		printf '%-18s %s  %s  %-34s %9s %7s %10s %s %6s  %s\n' model CPUs ops sizes states idle steps rounds s invariants
	fi
	for m; do
		run_model "$m"
	done
fi
[ "$bad" = 0 ]
