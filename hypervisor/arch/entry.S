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

	/* Registers that C functions change, and those that they keep: a hypercall's entry saves only the first. */
	.macro SAVE_CALLER_SAVED
	pushq %rdi
	pushq %rsi
	pushq %rdx
	pushq %rcx
	pushq %rax
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	.endm

	.macro SAVE_CALLEE_SAVED
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	.endm

	.macro SAVE_REGS
	SAVE_CALLER_SAVED
	SAVE_CALLEE_SAVED
	.endm

	.macro RESTORE_REGS
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	RESTORE_CALLER_SAVED
	.endm

	.macro RESTORE_CALLER_SAVED
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

/*
 * ---- exceptions and interrupts: 256 stubs of 16 bytes ----
 *
 * Exceptions that go to the guest's kernel, nearly always, begin on the short way (below); interrupts, and #GP and #DB,
 * whose handling may need any register, begin on the long one.
 */
	.macro JUMP_TO_ENTRY vec
	.if \vec == 0 || (\vec >= 3 && \vec <= 7) || (\vec >= 10 && \vec <= 12) || \vec == 14 || (\vec >= 16 && \vec <= 19)
	jmp exception_entry
	.else
	jmp common_entry
	.endif
	.endm

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
	JUMP_TO_ENTRY vec
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

/*
 * The short way, as hypercalls have it: RBX, RBP and R12 to R15 stay in the CPU, interrupts stay off. If more has to be
 * done than to write the guest's frame, nothing has been done yet, and the long way begins here.
 */
	.balign 16
exception_entry:
	cld
	testb $3, 16(%rsp)
	jz entry_from_hypervisor
	swapgs
	SAVE_CALLER_SAVED
	leaq -REGS_r11(%rsp), %rdi
	movq %gs:CPU_stack_top, %rsp
	call pv_trap_short
	.globl exception_return
exception_return:
	movq %gs:CPU_regs_caller_saved, %rsp
	cmpl $1, %eax                           /* enum pv_short */
	je leave_short
	jb exception_long
	movq REGS_rbx - REGS_r11(%rsp), %rbx
	jmp leave_short
exception_long:
	SAVE_CALLEE_SAVED
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
	leaq iret_to_guest_short(%rip), %rax
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

/*
 * ---- SYSCALL from ring 3: RCX = return address, R11 = flags, RSP still the guest's ----
 *
 * The short way, of a hypercall after which nothing else is due: RBX, RBP and R12 to R15
 * keep the guest's values all the time, since C functions keep them. Their places in regs are
 * stale meanwhile; leave_long fills them before anybody may ask (a switch of vCPUs, a
 * delivery of traps).
 */
/* TOUR 2.1: a hypercall begins as a SYSCALL by code that runs in ring 3. */
	.balign 64
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
	pushq syscall_vector(%rip)
	SAVE_CALLER_SAVED
	movq %gs:CPU_current, %r11
	cmpb $0, VCPU_kernel_mode(%r11)
	je guest_syscall

	/* A record of the call in the trace ring. RAX and RDX come back from where they were saved. */
	movq %gs:CPU_trace_next, %r11
	movzwl %r11w, %r11d                     /* the ring has 64 KB */
	addq %gs:CPU_trace, %r11
	movq %rcx, TRACE_rip(%r11)
	movq %gs:CPU_trace_hypercall, %rcx
	movq %rcx, TRACE_kind(%r11)
	movw %ax, TRACE_number(%r11)
	movq %rdi, TRACE_arg(%r11)
	movq %rsi, TRACE_arg + 8(%r11)
	movq %rdx, TRACE_arg + 16(%r11)
	rdtsc
	movl %eax, TRACE_tsc(%r11)
	movl %edx, TRACE_tsc + 4(%r11)
	addq $TRACE_RECORD_SIZE, %gs:CPU_trace_next
	movq REGS_rax - REGS_r11(%rsp), %rax
	movq REGS_rdx - REGS_r11(%rsp), %rdx

	movq %gs:CPU_stack_top, %rsp
	sti
	cmpq $NR_HYPERCALLS, %rax
	jae no_such_hypercall
	andl $(NR_HYPERCALLS - 1), %eax         /* also when the branch above was predicted wrongly */
	leaq hypercall_table(%rip), %r11
	movq %r10, %rcx
	/* TOUR 2.2: the number finds its function. */
	call *(%r11, %rax, 8)
	.globl hypercall_return
/* TOUR 2.6: the result goes to rax, and if nothing is due the guest goes on. */
hypercall_return:
	cli
	movq %gs:CPU_regs_caller_saved, %rsp
	cmpq $-4095, %rax
	jae hypercall_has_failed
	movq %rax, REGS_rax - REGS_r11(%rsp)
/* Out of the short way of all kinds: RSP at the saved R11, interrupts off. */
leave_short:
	cmpl $0, %gs:CPU_softirq_pending
	jne leave_long
	movq %gs:CPU_current, %rcx
	cmpw $0, VCPU_due(%rcx)                 /* a trap or NMI to deliver */
	jne leave_long
	movq VCPU_vcpu_info(%rcx), %rdx
	cmpw $1, (%rdx)                         /* evtchn_upcall_pending, and above it the mask */
	je upcall_short
leave_now:
	RESTORE_CALLER_SAVED
	addq $8, %rsp
	swapgs
iret_to_guest_short:
	iretq

/* An event, and nothing else. A stack that cannot be written has raised a softirq. */
upcall_short:
	movq %rcx, %rdi
	movq %gs:CPU_stack_top, %rsp
	call pv_deliver_upcall
	.globl upcall_return
upcall_return:
	movq %gs:CPU_regs_caller_saved, %rsp
	cmpl $0, %gs:CPU_softirq_pending
	je leave_now
	jmp leave_long

no_such_hypercall:
	movq $-38, %rax                         /* -ENOSYS */
	jmp hypercall_return

hypercall_has_failed:
	leaq -REGS_r11(%rsp), %rdi
	movq %gs:CPU_stack_top, %rsp
	movq %rax, %rsi
	call hypercall_failed
	movq %gs:CPU_regs_caller_saved, %rsp
leave_long:
	SAVE_CALLEE_SAVED
	movq %gs:CPU_stack_top, %rsp
	xorl %ebp, %ebp
	jmp ret_to_guest

/* By user mode of the guest: for its kernel. */
guest_syscall:
	movq %r11, %rdi                         /* the vCPU */
	movq %gs:CPU_stack_top, %rsp
	call pv_guest_syscall
	.globl guest_syscall_return
guest_syscall_return:
	movq %gs:CPU_regs_caller_saved, %rsp
	jmp leave_short

	.balign 8
syscall_vector:                                 /* error code 0, entry vector */
	.long 0, TRAP_SYSCALL

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
	pushq syscall_vector(%rip)
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
	pushq syscall_vector(%rip)
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
/*
 * long hypercall_call(op = RDI, args = RSI *): as the entry above does, for multicall and the builder.
 */
	.balign 16
	.globl hypercall_call
hypercall_call:
	movq $-38, %rax
	cmpq $NR_HYPERCALLS, %rdi
	jae 1f
	andl $(NR_HYPERCALLS - 1), %edi
	leaq hypercall_table(%rip), %rax
	movq (%rax, %rdi, 8), %rax
	movq (%rsi), %rdi
	movq 16(%rsi), %rdx
	movq 24(%rsi), %rcx
	movq 32(%rsi), %r8
	movq 40(%rsi), %r9
	movq 8(%rsi), %rsi
	jmp *%rax
1:	ret

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
