#!/bin/sh
# SPDX-License-Identifier: MIT
# ksyms.sh IMAGE: an assembly file with the image's function symbols, sorted by address, on stdout.
# The table lies behind everything else in .rodata.ksym, so the second link moves no function.
nm -n "$1" | awk '
$2 ~ /^[tT]$/ && $3 !~ /^\./ && substr($1, 1, 8) == "ffffffff" {
	addr[n] = "0x" $1; name[n++] = $3
}
END {
	print "\t.section .ksym, \"a\"\n\t.globl ksym_table, ksym_count, ksym_names\n\t.balign 8\nksym_table:"
	off = 0
	for (i = 0; i < n; i++) {
		printf "\t.long %s - 0xffffffff80000000, %d\n", addr[i], off
		off += length(name[i]) + 1
	}
	printf "ksym_count:\t.long %d\nksym_names:\n", n
	for (i = 0; i < n; i++)
		printf "\t.asciz \"%s\"\n", name[i]
	print "\t.section .note.GNU-stack, \"\", @progbits"
}'
