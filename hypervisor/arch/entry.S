/* SPDX-License-Identifier: MIT
 *
 * Every way into the hypervisor, and the one way out to a guest.
 *
 * From ring 3 the CPU (or the SYSCALL stub) writes straight into the current
 * vCPU's regs, because RSP0 points behind its SS:
 *
 *      regs + 168   es            <- RSP0, a multiple of 16
 *             160   ss
 *             152   rsp
 *             144   rflags
 *             136   cs (and saved_upcall_mask)
 *             128   rip
 *             120   error_code, entry_vector
 *     0 .. 112   rdi rsi rdx rcx rax r8 r9 r10 r11 rbx rbp r12 r13 r14 r15 (downwards)
 *
 * Then RSP moves to the CPU's stack. From ring 0 the same frame is pushed onto
 * the stack in use. Interrupts are off in all of this file (every IDT entry is
 * an interrupt gate, SFMASK clears IF); C enables them.
 *
 * GS: in ring 3 GS base is the guest's and MSR_KERNEL_GS_BASE is our struct
 * cpu; in ring 0 the other way round. SWAPGS happens right after each entry
 * from ring 3 and right before each IRET to it. NMI, #DF and #MC may hit
 * between, so they do not look at the saved CS: they have stacks of their own, on
 * whose top the CPU's pointer is kept, and set GS base by MSR.
 *
 * #DB has a stack of its own as well. A guest that loads SS from watched memory
 * and executes SYSCALL next gets its #DB on our first instruction, in ring 0, with RSP still the
 * guest's [CVE-2018-8897]. From ring 3 proper the frame is moved to where the others are.
 *
 * The exit uses IRET only: SYSRET with a non-canonical RCX would fault in ring 0
 * on the guest's stack pointer, and TCG gains nothing by it.
 *
 * [SDM 3A 6.14] [APM2 8.9]  Next: arch/traps.c
 */
#include "arch/layout.h"
#include "arch/x86.h"
#include "asm_offsets.h"

	.macro SAVE_REGS
	pushq %rdi
	pushq %rsi
	pushq %rdx
	pushq %rcx
	pushq %rax
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	.endm

	.macro RESTORE_REGS
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rax
	popq %rcx
	popq %rdx
	popq %rsi
	popq %rdi
	.endm

	.section .text.entry, "ax"

/* ---- exceptions and interrupts: 256 stubs of 16 bytes ---- */
	.balign 16
	.globl vector_stubs
vector_stubs:
	.set vec, 0
	.rept 256
	.balign 16
	.if vec == 8 || (vec >= 10 && vec <= 14) || vec == 17 || vec == 21 || vec == 29 || vec == 30
	/* the CPU pushed an error code: 32 bits, the upper half zero */
	.else
	pushq $0
	.endif
	movl $vec, 4(%rsp)
	jmp common_entry
	.set vec, vec + 1
	.endr

	.balign 16
common_entry:
	cld
	testb $3, 16(%rsp)
	jz entry_from_hypervisor
	swapgs
	SAVE_REGS
	movq %rsp, %rdi
	movq %gs:CPU_stack_top, %rsp
	xorl %ebp, %ebp
	call trap_from_guest
	jmp ret_to_guest

entry_from_hypervisor:
	SAVE_REGS
	movq %rsp, %rdi
	leaq iret_to_guest(%rip), %rax
	cmpq %rax, REGS_rip(%rsp)
	je iret_faulted
	subq $8, %rsp                           /* the frame is 21 words: align */
	call trap_from_hypervisor
	addq $8, %rsp
	RESTORE_REGS
	addq $8, %rsp
	iretq

/*
 * IRET to the guest faulted (bad selector, non-canonical address). RSP was in
 * current->regs, just below rip; the fault frame was pushed below that:
 *
 *      regs + 120   <- where the CPU aligned RSP to
 *      regs +  72   rip .. ss of the fault, error code below
 *      regs -  48   the guest's general registers, as SAVE_REGS left them: RSP now
 *
 * GS is the guest's already. C moves the registers up to where they belong.
 */
iret_faulted:
	swapgs
	movq %gs:CPU_stack_top, %rsp
	call trap_iret_faulted
	jmp ret_to_guest

/* ---- SYSCALL from ring 3: RCX = return address, R11 = flags, RSP still the guest's ---- */
/* TOUR 2.1: a hypercall begins as a SYSCALL by code that runs in ring 3. */
	.balign 16
	.globl syscall_entry
syscall_entry:
	swapgs
	movq %rsp, %gs:CPU_scratch
	movq %gs:CPU_regs_top, %rsp
	pushq $SEL_RING3_DS
	pushq %gs:CPU_scratch
	pushq %r11
	pushq $SEL_RING3_CS64
	pushq %rcx
	pushq $0
	movl $TRAP_SYSCALL, 4(%rsp)
	SAVE_REGS
	movq %rsp, %rdi
	movq %gs:CPU_current, %rbx
	movq %gs:CPU_stack_top, %rsp
	xorl %ebp, %ebp
	sti
	cmpb $0, VCPU_kernel_mode(%rbx)
	je 1f
	call hypercall_dispatch
	jmp ret_to_guest
1:	call pv_guest_syscall
	jmp ret_to_guest

/* SYSCALL in compatibility mode: the same frame, bounced to the guest's 32-bit callback. */
	.balign 16
	.globl syscall32_entry
syscall32_entry:
	swapgs
	movq %rsp, %gs:CPU_scratch
	movq %gs:CPU_regs_top, %rsp
	pushq $SEL_RING3_DS
	pushq %gs:CPU_scratch
	pushq %r11
	pushq $SEL_RING3_CS32
	pushq %rcx
	pushq $0
	movl $TRAP_SYSCALL, 4(%rsp)
	SAVE_REGS
	movq %rsp, %rdi
	movq %gs:CPU_stack_top, %rsp
	xorl %ebp, %ebp
	sti
	call pv_guest_syscall32
	jmp ret_to_guest

/* SYSENTER: no return address, no flags: the guest kernel knows what it means. */
	.balign 16
	.globl sysenter_entry
sysenter_entry:
	swapgs
	movq %gs:CPU_regs_top, %rsp
	pushq $SEL_RING3_DS
	pushq $0
	pushfq
	pushq $SEL_RING3_CS32
	pushq $0
	pushq $0
	movl $TRAP_SYSCALL, 4(%rsp)
	SAVE_REGS
	movq %rsp, %rdi
	movq %gs:CPU_stack_top, %rsp
	xorl %ebp, %ebp
	/* SYSENTER clears IF and no more: AC would open SMAP, NT would make our IRET fault, TF would trap us. */
	pushq $2
	popfq
	orl $X86_EFLAGS_IF, REGS_rflags(%rdi)
	sti
	call pv_guest_sysenter
	jmp ret_to_guest

/* ---- the way out ---- */
/* TOUR 1.8: a vCPU enters its guest, for the first time as for every other. */
	.globl ret_to_guest
ret_to_guest:
	cli
	call exit_to_guest                      /* softirqs, scheduling, pending traps and events */
	movq %rax, %rsp                         /* = &current->regs */
	RESTORE_REGS
	addq $8, %rsp
	swapgs
iret_to_guest:
	iretq

	.globl idle_stack_reset
/* The idle loop, on a clean stack: exit_to_guest() never comes back while idle runs. */
idle_stack_reset:
	movq %gs:CPU_stack_top, %rsp
	xorl %ebp, %ebp
	jmp ret_to_guest

/*
 * ---- NMI, #DF, #MC: on stacks of their own ----
 *
 *      top - 16     this CPU's struct cpu
 *      ......       frame of 21 words, then the old GS base
 */
	.macro PARANOID name, vec, handler, error_code
	.balign 16
	.globl \name
\name:
	.if \error_code == 0
	pushq $0
	.endif
	movl $\vec, 4(%rsp)
	cld
	SAVE_REGS
	movl $MSR_GS_BASE, %ecx
	rdmsr
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, %rbx                         /* GS base of what was interrupted */
	movq 168(%rsp), %rax                    /* behind the frame: our struct cpu */
	movq %rax, %rdx
	shrq $32, %rdx
	wrmsr
	movq %rsp, %rdi
	subq $8, %rsp
	call \handler
	addq $8, %rsp
	movq %rbx, %rax
	movq %rbx, %rdx
	shrq $32, %rdx
	movl $MSR_GS_BASE, %ecx
	wrmsr
	RESTORE_REGS
	addq $8, %rsp
	iretq
	.endm

	PARANOID nmi_entry, 2, trap_nmi, 0
	PARANOID debug_in_hypervisor, 1, trap_debug_in_hypervisor, 1

	.balign 16
	.globl debug_entry
debug_entry:
	pushq $0
	testb $3, 16(%rsp)
	jz debug_in_hypervisor
	movl $1, 4(%rsp)
	cld
	swapgs
	pushq %rax
	pushq %rcx
	movq %gs:CPU_regs_top, %rax
	/* ss rsp rflags cs rip error_code, from 56(%rsp) down to 16(%rsp) */
	.irp n, 56, 48, 40, 32, 24, 16
	movq \n(%rsp), %rcx
	movq %rcx, \n - 64(%rax)
	.endr
	subq $48, %rax
	popq %rcx
	xchgq %rax, (%rsp)                      /* RAX back; the new RSP on the stack */
	popq %rsp
	SAVE_REGS
	movq %rsp, %rdi
	movq %gs:CPU_stack_top, %rsp
	xorl %ebp, %ebp
	call trap_from_guest
	jmp ret_to_guest

	PARANOID double_fault_entry, 8, trap_double_fault, 1
	PARANOID machine_check_entry, 18, trap_machine_check, 0

	.section .note.GNU-stack, "", @progbits
