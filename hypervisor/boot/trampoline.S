/* SPDX-License-Identifier: MIT
 *
 * Where another CPU wakes: real mode, at a page below 1 MiB to which smp.c
 * copies this code. The boot CPU fills the three variables at its end.
 *
 * In:  CS = page >> 4, IP = 0. Out: start_ap (head.S).
 * [SDM 3A 9.4.4]
 */
#include "arch/layout.h"
#include "arch/x86.h"

	.section .init.rodata, "a"
	.globl trampoline, trampoline_end, trampoline_cr3, trampoline_stack, trampoline_cpu
	.balign 16
	.code16
trampoline:
	cli
	cld
	movw %cs, %ax
	movw %ax, %ds
	movzwl %ax, %ebx
	shll $4, %ebx                           /* EBX = our machine address */
	/* The descriptors' addresses depend on where we are. */
	leal (tr_gdt - trampoline)(%ebx), %eax
	movl %eax, (tr_gdtr + 2 - trampoline)
	leal (tr_32 - trampoline)(%ebx), %eax
	movl %eax, (tr_jump - trampoline)
	lgdtl (tr_gdtr - trampoline)
	movl $(X86_CR0_PE | X86_CR0_ET), %eax
	movl %eax, %cr0
	ljmpl *(tr_jump - trampoline)

	.code32
tr_32:
	movw $16, %ax
	movw %ax, %ds
	movw %ax, %ss
	movl (trampoline_cr3 - trampoline)(%ebx), %eax
	movl %eax, %cr3
	movl $X86_CR4_PAE, %eax
	movl %eax, %cr4
	movl $MSR_EFER, %ecx
	movl $(EFER_LME | EFER_NX | EFER_SCE), %eax
	xorl %edx, %edx
	wrmsr
	movl $(X86_CR0_PG | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET | X86_CR0_MP | X86_CR0_PE), %eax
	movl %eax, %cr0
	leal (tr_64 - trampoline)(%ebx), %eax
	movl %eax, (tr_jump - trampoline)(%ebx)
	movw $24, (tr_jump + 4 - trampoline)(%ebx)
	ljmpl *(tr_jump - trampoline)(%ebx)

	.code64
tr_64:
	movl %ebx, %ebx
	movq (trampoline_stack - trampoline)(%rbx), %rsp
	movq (trampoline_cpu - trampoline)(%rbx), %rdi
	movabsq $start_ap, %rax
	jmp *%rax

	.balign 8
tr_gdt:
	.quad 0
	.quad 0x00cf9a000000ffff                /* 8: 32-bit code */
	.quad 0x00cf92000000ffff                /* 16: data */
	.quad 0x00af9a000000ffff                /* 24: 64-bit code */
tr_gdtr:
	.short 31
	.long 0
	.balign 4
tr_jump:
	.long 0
	.short 8
	.balign 8
trampoline_cr3:   .quad 0
trampoline_stack: .quad 0
trampoline_cpu:   .quad 0
trampoline_end:

	.section .note.GNU-stack, "", @progbits
