/* SPDX-License-Identifier: MIT */
/* Leaving one kernel stack for another; copies to and from user memory that may fault. */

	.text

/*
 * void switch_stacks(u64 *save_sp, u64 new_sp)
 * On each stack that is not running lie the registers that C expects to survive a call:
 *     sp -> r15 r14 r13 r12 rbx rbp, return address
 */
	.globl switch_stacks
switch_stacks:
	push %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, (%rdi)
	mov %rsi, %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	ret

/* A new task's first return address. */
	.globl task_entry
task_entry:
	call task_begin
	/* only tasks with a user frame come back; it lies right above */
	add $8, %rsp
	jmp plat_return_to_user

/*
 * size_t user_copy(void *dst, const void *src, size_t n); size_t user_zero(void *dst, size_t n)
 * Return the bytes not done. A fault between user_access_begin and user_access_end that cannot be
 * resolved continues at user_access_fault, with the count so far in rcx.
 */
	.globl user_copy, user_zero, user_access_begin, user_access_end, user_access_fault
user_copy:
	mov %rdx, %rcx
user_access_begin:
	rep movsb
	xor %eax, %eax
	ret
user_zero:
	mov %rsi, %rcx
	xor %eax, %eax
	rep stosb
	xor %eax, %eax
user_access_end:
	ret
user_access_fault:
	mov %rcx, %rax
	ret

/* int fpu_do_restore(area, use_xsave): a malformed area faults; then -1. */
	.globl fpu_do_restore, fpu_restore_begin, fpu_restore_end, fpu_restore_fault
fpu_do_restore:
	mov $-1, %eax
	mov $-1, %edx
	test %esi, %esi
fpu_restore_begin:
	jz 1f
	xrstor64 (%rdi)
	xor %eax, %eax
	ret
1:	fxrstor64 (%rdi)
	xor %eax, %eax
fpu_restore_end:
	ret
fpu_restore_fault:
	mov $-1, %eax
	ret

	.section .note.GNU-stack, "", @progbits
