/* SPDX-License-Identifier: MIT
 *
 * Instructions that may fault, each with an entry in the exception table: the
 * address of the instruction and where to go on. arch/traps.c looks it up.
 *
 * Contract of guest_copy(to = RDI, from = RSI, n = RDX): returns in RAX the bytes
 * not copied. Whole words first: `rep movsq` counts one instruction a word.
 * SMAP: the callers in guest_access.c open and close access with STAC and CLAC.
 */
#include "arch/x86.h"

	.macro EXTABLE insn, fix
	.pushsection .extable, "a"
	.balign 8
	.quad \insn, \fix
	.popsection
	.endm

	.text
	.globl guest_copy
	.balign 16
guest_copy:
	movq %rdx, %rcx
	movl %edx, %eax
	shrq $3, %rcx
	andl $7, %eax
1:	rep movsq
	movl %eax, %ecx
2:	rep movsb
	movl %ecx, %eax
	ret
3:	leaq (%rax, %rcx, 8), %rax              /* words left, and the tail */
	ret
4:	movl %ecx, %eax
	ret
	EXTABLE 1b, 3b
	EXTABLE 2b, 4b

	.globl guest_clear                      /* (to = RDI, n = RSI): bytes not cleared */
	.balign 16
guest_clear:
	movq %rsi, %rcx
	xorl %eax, %eax
1:	rep stosb
	movq %rcx, %rax
	ret
2:	movq %rcx, %rax
	ret
	EXTABLE 1b, 2b

	.globl rdmsr_safe
	.balign 16
rdmsr_safe:
	movl %edi, %ecx
1:	rdmsr
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, (%rsi)
	xorl %eax, %eax
	ret
2:	movl $-14, %eax
	ret
	EXTABLE 1b, 2b

	.globl wrmsr_safe
	.balign 16
wrmsr_safe:
	movl %edi, %ecx
	movl %esi, %eax
	movq %rsi, %rdx
	shrq $32, %rdx
1:	wrmsr
	xorl %eax, %eax
	ret
2:	movl $-14, %eax
	ret
	EXTABLE 1b, 2b

	/* Load a segment register with a guest's selector; a bad one loads null instead. 0 or -14. */
	.macro LOAD_SEG name, reg
	.globl load_\name\()_safe
	.balign 16
load_\name\()_safe:
	xorl %eax, %eax
1:	movl %edi, %\reg
	ret
2:	movl %eax, %\reg
	movl $-14, %eax
	ret
	EXTABLE 1b, 2b
	.endm
	LOAD_SEG ds, ds
	LOAD_SEG es, es
	LOAD_SEG fs, fs
	LOAD_SEG gs, gs

	.globl lar_safe                         /* (selector = RDI): its access rights, 0 if it has none */
	.balign 16
lar_safe:
	xorl %eax, %eax
1:	lar %edi, %eax
	ret
2:	xorl %eax, %eax
	ret
	EXTABLE 1b, 2b

	.globl xsetbv_safe                      /* (value = RDI) XCR0: 0 or -14 */
	.balign 16
xsetbv_safe:
	xorl %ecx, %ecx
	movl %edi, %eax
	movq %rdi, %rdx
	shrq $32, %rdx
1:	xsetbv
	xorl %eax, %eax
	ret
2:	movl $-14, %eax
	ret
	EXTABLE 1b, 2b

	.globl xrstor_safe                      /* (area = RDI, mask = RSI): 0 or -14 */
	.balign 16
xrstor_safe:
	movl %esi, %eax
	movq %rsi, %rdx
	shrq $32, %rdx
1:	xrstor64 (%rdi)
	xorl %eax, %eax
	ret
2:	movl $-14, %eax
	ret
	EXTABLE 1b, 2b

	.globl fxrstor_safe                     /* (area = RDI): 0 or -14 */
	.balign 16
fxrstor_safe:
1:	fxrstor64 (%rdi)
	xorl %eax, %eax
	ret
2:	movl $-14, %eax
	ret
	EXTABLE 1b, 2b

	.section .note.GNU-stack, "", @progbits
