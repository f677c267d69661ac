#!/bin/bash
# SPDX-License-Identifier: MIT
# lint.sh: static checkers over hypervisor/ (as it is compiled: from build/compile_flags) and all scripts.
# Each finding is printed; the exit status says whether there was any.
#
#   mk/lint.sh [gcc] [clang] [analyzer] [cppcheck] [shell] [spdx]     all of them without arguments
set -uo pipefail
cd "$(dirname "$0")/.." || exit
out=build/lint
mkdir -p "$out"
bad=0
[ $# -gt 0 ] || set -- gcc clang analyzer cppcheck shell spdx

mapfile -t sources < <(find hypervisor -name '*.c' ! -path '*/tests/*' 2>/dev/null | sort)

# The flags of the real build, when the area's build.mk tells them.
flags=$(make -s print-hypervisor-cflags 2>/dev/null || true)
[ -n "$flags" ] || flags='-std=gnu11 -ffreestanding -fno-pic -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -I. -Ihypervisor -Ihypervisor/include -Ibuild/hypervisor'
# gcc's warnings that clang lacks, dependency output and optimisation are not the checkers' business.
read -r -a cflags <<<"$flags"
common=()
for f in "${cflags[@]}"; do
	case $f in
	-M* | -Werror* | -W* | -O* | -g*) ;;
	-mindirect-branch* | -mfunction-return* | -mpreferred-stack-boundary* | -fno-ipa* | -fconserve-stack) ;;
	*) common+=("$f") ;;
	esac
done

common+=(-Ihypervisor/lib/libc -isystem build/deps/src/libfdt -isystem build/deps/src/xz/linux)

gcc_warn=(-Wall -Wextra -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
	-Wvla -Wimplicit-fallthrough -Wcast-align -Wlogical-op -Wduplicated-cond
	-Wnull-dereference -Wformat=2 -Walloca -Wold-style-definition -Wno-unused-parameter)
# Fall-through is marked by comments, which gcc checks; the rest is style that this tree does not follow.
clang_warn=(-Weverything -Wno-declaration-after-statement -Wno-padded -Wno-packed -Wno-unused-parameter
	-Wno-sign-conversion -Wno-implicit-int-conversion -Wno-shorten-64-to-32 -Wno-cast-align -Wno-cast-qual
	-Wno-unused-macros -Wno-gnu -Wno-gnu-statement-expression -Wno-gnu-zero-variadic-macro-arguments
	-Wno-gnu-conditional-omitted-operand -Wno-gnu-empty-initializer -Wno-gnu-union-cast -Wno-gnu-folding-constant
	-Wno-language-extension-token -Wno-pointer-to-int-cast -Wno-int-to-pointer-cast -Wno-bad-function-cast
	-Wno-switch-enum -Wno-covered-switch-default -Wno-disabled-macro-expansion -Wno-vla -Wno-unreachable-code
	-Wno-reserved-identifier -Wno-reserved-macro-identifier -Wno-c++-compat -Wno-c99-compat -Wno-zero-length-array
	-Wno-flexible-array-extensions -Wno-documentation -Wno-documentation-unknown-command -Wno-sign-compare
	-Wno-initializer-overrides -Wno-missing-noreturn -Wno-missing-variable-declarations -Wno-used-but-marked-unused
	-Wno-unknown-warning-option -Wno-performance-no-int-to-ptr -Wno-unaligned-access -Wno-assign-enum
	-Wno-thread-safety-negative -Wno-variadic-macros -Wno-extra-semi-stmt -Wno-enum-enum-conversion
	-Wno-pedantic -Wno-implicit-fallthrough)

# each NAME CMD...: run CMD on every source, two at a time, and show what it says.
each()
{
	local name=$1
	shift
	printf '  LINT    %s (%d files)\n' "$name" "${#sources[@]}"
	[ ${#sources[@]} -gt 0 ] || return 0
	printf '%s\0' "${sources[@]}" | xargs -0 -n 4 -P 2 "$@" >"$out/$name.log" 2>&1
	local status=$?
	if [ "$status" != 0 ] || grep -q 'warning:\|error:' "$out/$name.log"; then
		cat "$out/$name.log"
		bad=1
	fi
}

for check in "$@"; do
	case $check in
	gcc) each gcc gcc "${common[@]}" -O2 "${gcc_warn[@]}" -fsyntax-only ;;
	clang) each clang clang "${common[@]}" -O2 "${clang_warn[@]}" -fsyntax-only ;;
	analyzer)
		each gcc-analyzer sh -c 'for f; do last=$f; done
			cc=$1; shift; n=$1; shift; flags=; while [ "$n" -gt 0 ]; do flags="$flags $1"; shift; n=$((n - 1)); done
			for f; do $cc $flags -O1 -fanalyzer -S -o /dev/null "$f" || exit 1; done' sh gcc "${#common[@]}" "${common[@]}"
		each clang-analyzer clang --analyze --analyzer-output text "${common[@]}"
		;;
	cppcheck)
		printf '  LINT    cppcheck\n'
		inc=()
		for f in "${common[@]}"; do
			case $f in -I* | -D*) inc+=("$f") ;; esac
		done
		# Linker symbols are compared on purpose; copies from guests initialise what cppcheck cannot see.
		[ ${#sources[@]} = 0 ] || cppcheck -q -j2 --std=c11 --platform=unix64 --enable=warning,performance,portability \
			--inline-suppr --suppress=missingInclude --suppress=missingIncludeSystem --suppress=unmatchedSuppression --suppress=comparePointers \
			--suppress=uninitvar --suppress=constStatement \
			--error-exitcode=1 "${inc[@]}" "${sources[@]}" || bad=1
		;;
	shell)
		printf '  LINT    shellcheck\n'
		git ls-files -z | xargs -0 grep -lIZ -m1 -E '^#!(/usr)?/bin/(env )?(ba)?sh' | xargs -0 -r shellcheck -S warning || bad=1
		;;
	spdx)
		printf '  LINT    SPDX lines\n'
		if git ls-files -z -- ':!LICENSE' ':!.gitignore' ':!*/etc/motd' ':!*/etc/group' ':!*/etc/passwd' | xargs -0 grep -L 'SPDX-License-Identifier: MIT' | grep .; then
			echo 'lint: these files have no SPDX line' >&2
			bad=1
		fi
		;;
	*) echo "lint.sh: no check '$check'" >&2; exit 2 ;;
	esac
done
exit $bad
