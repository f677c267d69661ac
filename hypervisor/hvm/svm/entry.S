/* SPDX-License-Identifier: MIT
 *
 * Into a guest and out of it again.
 *
 * void svm_enter(regs = RDI, machine address of the VMCB = RSI, of the CPU's own state = RDX)
 *
 * VMRUN exchanges RAX, RSP, RIP, RFLAGS, control registers and the segments that code needs. What it leaves alone
 * goes by VMLOAD and VMSAVE (FS, GS, TR, LDTR, the SYSCALL and SYSENTER registers), all other general registers by
 * hand. The CPU's own half of that was saved once, when it started: it never changes while a guest of this kind runs.
 *
 * From CLGI to STGI nothing interrupts, not even an NMI: GS base is the guest's for a while. RFLAGS.IF is on across VMRUN,
 * because with V_INTR_MASKING it is ours that lets physical interrupts end the guest's run, whatever the
 * guest's own IF says; they are taken by whoever next enables interrupts. STI comes early, so that its interrupt shadow is
 * over before VMRUN: an emulator was seen to hand it on to the guest, whose own first STI then had none.
 * [APM2 15.5, 15.17, 15.21.1]
 *
 *      24(%rsp)  callee-saved registers
 *      16(%rsp)  machine address of our own state
 *       8(%rsp)  machine address of the VMCB
 *       0(%rsp)  regs
 */
#include "arch/x86.h"
#include "asm_offsets.h"

#define EACH_REG(op) \
	op(rbx); op(rcx); op(rdx); op(rsi); op(rbp); op(r8); op(r9); op(r10); op(r11); op(r12); op(r13); op(r14); op(r15)
#define LOAD_ONE(r)  movq REGS_##r(%rdi), %r
#define STORE_ONE(r) movq %r, REGS_##r(%rax)

	.section .text.entry, "ax"
	.balign 16
	.globl svm_enter
svm_enter:
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	pushq %rdx
	pushq %rsi
	pushq %rdi
	clgi
	sti
	movq %rsi, %rax
	vmload %rax
	EACH_REG(LOAD_ONE)
	movq REGS_rdi(%rdi), %rdi
	vmrun %rax
	cli
	vmsave %rax                             /* RAX is ours again: the VMCB */
	movq 16(%rsp), %rax
	vmload %rax
	movq (%rsp), %rax
	EACH_REG(STORE_ONE)
	movq %rdi, REGS_rdi(%rax)
	stgi
	addq $24, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	ret

	.section .note.GNU-stack, "", @progbits
