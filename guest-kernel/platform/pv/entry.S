/* SPDX-License-Identifier: MIT */
/*
 * Ways into the kernel: traps from the trap table, events, system calls; and the one way out, the iret
 * hypercall.
 *
 * The hypervisor builds the frame, on our stack if the vCPU was in kernel mode, else on the one that
 * stack_switch named:
 *
 *     ss rsp rflags cs rip (error) r11 rcx <- rsp      (failsafe: and gs fs es ds below)
 *
 * rcx and r11 are there because SYSCALL and SYSRET destroy them. The two low bits of cs are 0 for
 * kernel mode, although the CPU ran in ring 3 there too; rflags.IF is what the event mask was. The
 * hypervisor has also done the work of SWAPGS. From this we build the same struct trapframe as
 * native/entry.S.
 */
#include "pv.h"

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

	.macro trap_entry number, has_error
trap_\number:
	pop %rcx
	pop %r11
	.if !\has_error
	push $0
	.endif
	push $\number
	jmp trap_common
	.endm

	.text
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 9, 15, 16, 18, 19
	trap_entry \n, 0
	.endr
	.irp n, 8, 10, 11, 12, 13, 14, 17
	trap_entry \n, 1
	.endr

/* A segment register or a return address that the hypervisor could not load: as a #GP in user mode. */
	.globl pv_failsafe_callback
pv_failsafe_callback:
	add $32, %rsp
	pop %rcx
	pop %r11
	push $0
	push $13
trap_common:
	push_registers
	mov %rsp, %rdi
	xor %ebp, %ebp
	call pv_trap
	jmp plat_return_to_user

	.globl pv_event_callback
pv_event_callback:
	pop %rcx
	pop %r11
	push $0
	push $0
	push_registers
	mov %rsp, %rdi
	xor %ebp, %ebp
	call pv_upcall
	jmp plat_return_to_user

	.globl pv_syscall_callback
pv_syscall_callback:
	pop %rcx
	pop %r11
	push $0
	push $0
	push_registers
	mov %rsp, %rdi
	xor %ebp, %ebp
	call pv_syscall
	/* fall through */

/*
 * rsp: a frame, to user or to kernel mode. A plain IRETQ could not unmask events and return in one
 * step: an event in between would nest on this stack again and again. The hypercall takes
 *     rsp -> rax r11 rcx flags rip cs rflags rsp ss
 * so the frame's lower part is rewritten in place: rax into the slot of rsi, r11 of rdi, rcx of the
 * vector, flags of the error code.
 */
	.globl plat_return_to_user
plat_return_to_user:
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	/* now 0 r11, 8 r10, 16 r9, 24 r8, 32 rax, 40 rcx, 48 rdx, 56 rsi, 64 rdi, 72 vector, 80 error */
	mov 8(%rsp), %r10
	mov 16(%rsp), %r9
	mov 24(%rsp), %r8
	mov 48(%rsp), %rdx
	mov 56(%rsp), %rsi
	mov 64(%rsp), %rdi
	mov 32(%rsp), %rax
	mov %rax, 56(%rsp)
	mov 0(%rsp), %rax
	mov %rax, 64(%rsp)
	mov 40(%rsp), %rax
	mov %rax, 72(%rsp)
	movq $0, 80(%rsp)
	add $56, %rsp
	mov $__HYPERVISOR_iret, %eax
	syscall
	ud2

	.section .rodata
	.globl trap_entries
	.align 8
trap_entries:
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19
	.quad trap_\n
	.endr

	.section .note.GNU-stack, "", @progbits
