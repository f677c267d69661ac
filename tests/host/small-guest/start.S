/* SPDX-License-Identifier: MIT */
/* Entry and notes of the small guest. */
	.section .text.start, "ax"
	.globl _start
_start:
	cld
	movq	%rsi, %rdi
	call	guest_main
	hlt

	.section .note.Xen, "a", @note
	.macro note type:req, value:vararg
	.long	4, 2f - 1f, \type
	.asciz	"Xen"
1:	\value
2:	.balign	4
	.endm
	note	6, .asciz "small"
	note	5, .asciz "xen-3.0"
	note	8, .asciz "generic"
	note	3, .quad 0xffffffff80000000
	note	1, .quad _start

	.section .note.GNU-stack, "", @progbits
