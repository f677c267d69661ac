/* SPDX-License-Identifier: MIT
 *
 * The shortest handlers that still do what a kernel must: count, act, return by the iret
 * hypercall. So nearly all of what is measured is the hypervisor's.
 *
 * On entry: rcx, r11, (error code), rip, cs, rflags, rsp, ss. The iret hypercall wants
 * rax, r11, rcx, flags, rip, cs, rflags, rsp, ss.
 */
#include <pv-abi/hypercall-numbers.h>

#define VGCF_IN_SYSCALL 0x100

	.macro IRET flags
	pushq $\flags
	pushq %rcx
	pushq %r11
	pushq %rax
	movl $__HYPERVISOR_iret, %eax
	syscall
	ud2
	.endm

	.text
	.globl event_entry_small
	.balign 16
event_entry_small:                      /* vCPU 0, one port, 2-level: event_bit */
	popq %rcx
	popq %r11
	pushq %rax
	pushq %rdx
	movq shared(%rip), %rax
	movb $0, (%rax)                 /* evtchn_upcall_pending */
	xorl %edx, %edx
	xchgq %rdx, 8(%rax)             /* evtchn_pending_sel */
	movq event_bit(%rip), %rdx
	lock btrq %rdx, 2048(%rax)      /* evtchn_pending */
	incq hits_event(%rip)
	popq %rdx
	popq %rax
	IRET 0

	.globl event_entry_vcpu1
	.balign 16
event_entry_vcpu1:                      /* the same on vCPU 1: event_bit1 */
	popq %rcx
	popq %r11
	pushq %rax
	pushq %rdx
	movq shared(%rip), %rax
	movb $0, 64(%rax)               /* vcpu_info[1] */
	xorl %edx, %edx
	xchgq %rdx, 72(%rax)
	movq event_bit1(%rip), %rdx
	lock btrq %rdx, 2048(%rax)
	incq hits_event1(%rip)
	popq %rdx
	popq %rax
	IRET 0

	.globl skip1_entry
	.balign 16
skip1_entry:                            /* a trap behind its instruction: int3 */
	popq %rcx
	popq %r11
	incq hits_trap(%rip)
	IRET 0

	.globl skip2_entry
	.balign 16
skip2_entry:                            /* a fault of a two-byte instruction: ud2 */
	popq %rcx
	popq %r11
	incq hits_trap(%rip)
	addq $2, (%rsp)
	IRET 0

	.globl skip2_error_entry
	.balign 16
skip2_error_entry:                      /* the same with an error code: #GP */
	popq %rcx
	popq %r11
	addq $8, %rsp
	incq hits_trap(%rip)
	addq $2, (%rsp)
	IRET 0

	.globl fault_entry
	.balign 16
fault_entry:                            /* #PF: maps fault_pte at fault_va */
	popq %rcx
	popq %r11
	addq $8, %rsp
	incq hits_fault(%rip)
	pushq %rax
	pushq %rcx
	pushq %rdx
	pushq %rsi
	pushq %rdi
	pushq %r11
	movq fault_va(%rip), %rdi
	movq fault_pte(%rip), %rsi
	xorl %edx, %edx
	movl $__HYPERVISOR_update_va_mapping, %eax
	syscall
	popq %r11
	popq %rdi
	popq %rsi
	popq %rdx
	popq %rcx
	popq %rax
	IRET 0

	.globl syscall_small
	.balign 16
syscall_small:                          /* RAX = 0 is the end of user mode: the library's */
	testq %rax, %rax
	jz syscall_entry
	popq %rcx
	popq %r11
	incq hits_syscall(%rip)
	IRET VGCF_IN_SYSCALL

	.globl syscall_unmap
	.balign 16
syscall_unmap:                          /* unmaps fault_va, for the next fault; RAX = 0 as above */
	testq %rax, %rax
	jz syscall_entry
	popq %rcx
	popq %r11
	pushq %rcx
	pushq %r11
	pushq %rdi
	pushq %rsi
	pushq %rdx
	movq fault_va(%rip), %rdi
	xorl %esi, %esi
	movl $2, %edx                   /* UVMF_INVLPG */
	movl $__HYPERVISOR_update_va_mapping, %eax
	syscall
	popq %rdx
	popq %rsi
	popq %rdi
	popq %r11
	popq %rcx
	IRET VGCF_IN_SYSCALL

	.bss
	.balign 8
	.globl hits_event1, event_bit1, hits_event, hits_trap, hits_syscall, hits_fault, fault_va, fault_pte, event_bit
hits_event:	.skip 8
hits_event1:	.skip 8
event_bit1:	.skip 8
hits_trap:	.skip 8
hits_syscall:	.skip 8
hits_fault:	.skip 8
fault_va:	.skip 8
fault_pte:	.skip 8
event_bit:	.skip 8

	.section .note.GNU-stack, "", @progbits
