/* SPDX-License-Identifier: MIT */
/* An empty symbol table, for the first link. */
	.section .ksym, "a"
	.globl ksym_table, ksym_count, ksym_names
	.balign 8
ksym_table:
ksym_count:	.long 0
ksym_names:	.byte 0
	.section .note.GNU-stack, "", @progbits
