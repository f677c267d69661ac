/* SPDX-License-Identifier: MIT */
/*
 * Ways into the kernel: traps and interrupts through the IDT, system calls through SYSCALL.
 *
 * All build a struct trapframe:
 *
 *     kernel stack top -> ss rsp rflags cs rip      pushed by the CPU, or here for SYSCALL
 *                         error vector              error by the CPU for some vectors
 *                         rdi rsi rdx rcx rax r8 r9 r10 r11 rbx rbp r12 r13 r14 r15   <- rsp
 *
 * GS holds this CPU's struct cpu in the kernel and is the program's outside: SWAPGS on each crossing.
 * An NMI between the crossing and its SWAPGS would see the wrong one; nothing here raises NMIs.
 * Live out of every path: all registers, interrupts off.
 */
#include "native.h"

	.macro push_registers
	push %rdi
	push %rsi
	push %rdx
	push %rcx
	push %rax
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	.endm

	.macro pop_registers
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rax
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
	.endm

	.text
/* 256 entries of 16 bytes; these vectors push an error code themselves: 8, 10-14, 17, 21 */
	.globl trap_entries
	.align 16
trap_entries:
	.set vector, 0
	.rept 256
	.align 16
	.if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
	push $0
	.endif
	push $vector
	jmp trap_common
	.set vector, vector + 1
	.endr

trap_common:
	cld
	testb $3, 24(%rsp)
	jz 1f
	swapgs
1:	push_registers
	mov %rsp, %rdi
	xor %ebp, %ebp
	call native_trap
	testb $3, 0x90(%rsp)		/* cs */
	jz return_to_kernel
	/* fall through */

/* rsp: a frame to leave for user mode; interrupts off */
	.globl plat_return_to_user
plat_return_to_user:
	pop_registers
	add $16, %rsp
	swapgs
	iretq

return_to_kernel:
	pop_registers
	add $16, %rsp
	iretq

/* SYSCALL: rcx = user rip, r11 = user rflags, interrupts masked by SFMASK, still the user's stack. */
	.globl syscall_entry
syscall_entry:
	swapgs
	mov %rsp, %gs:24
	mov %gs:16, %rsp
	push $SEL_UDATA
	push %gs:24
	push %r11
	push $SEL_UCODE
	push %rcx
	push $0
	push $0
	push_registers
	mov %rsp, %rdi
	xor %ebp, %ebp
	call native_syscall
	jmp plat_return_to_user

	.section .note.GNU-stack, "", @progbits
