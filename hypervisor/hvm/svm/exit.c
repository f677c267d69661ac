/* SPDX-License-Identifier: MIT
 *
 * Why a guest stopped running, and what is done about it.
 *
 * The processor is not asked for more than the first SVM had: no decode assists, no address of the next instruction. So
 * the instruction at RIP is decoded, and if another one stands there by now (another vCPU has written over it), the guest
 * is simply run again. Exit codes are compared by their low half: some emulators write no more.
 *
 * Interrupts are on. [APM2 15, appendix C] Next: hvm/emulate.c.
 */
#include "arch/fpu.h"
#include "hvm/svm/svm.h"
#include "lib/panic.h"

#define CR4_FLUSHES (X86_CR4_PGE | X86_CR4_PAE | X86_CR4_PSE | X86_CR4_SMEP)

/* The instruction at RIP, if it is still that one. */
static bool decode_as(struct vcpu *v, struct x86_insn *in, uint16_t opcode)
{
	return hvm_decode(v, in) && in->op == X86_SYSTEM && in->opcode == opcode;
}

static void exit_cpuid(struct vcpu *v)
{
	struct cpu_user_regs *r = &v->regs;
	struct cpuid_regs c;
	struct x86_insn in;

	hvm_count(v, PARAVANE_EXIT_cpuid);
	if (!decode_as(v, &in, 0x0fa2))
		return;
	c = hvm_cpuid(v, (uint32_t)r->rax, (uint32_t)r->rcx);
	r->rax = c.a;
	r->rbx = c.b;
	r->rcx = c.c;
	r->rdx = c.d;
	hvm_skip_to(v, r->rip + in.length);
}

static void exit_msr(struct vcpu *v, bool write)
{
	struct cpu_user_regs *r = &v->regs;
	struct x86_insn in;
	uint64_t value = (r->rdx << 32) | (uint32_t)r->rax;

	hvm_count(v, PARAVANE_EXIT_msr);
	if (!decode_as(v, &in, write ? 0x0f30 : 0x0f32))
		return;
	if (write ? !hvm_wrmsr(v, (uint32_t)r->rcx, value) : !hvm_rdmsr(v, (uint32_t)r->rcx, &value)) {
		hvm_inject_error(v, TRAP_GP, 0);
		return;
	}
	if (!write) {
		r->rax = (uint32_t)value;
		r->rdx = value >> 32;
	}
	hvm_skip_to(v, r->rip + in.length);
}

static void exit_hlt(struct vcpu *v)
{
	struct x86_insn in;

	hvm_count(v, PARAVANE_EXIT_hlt);
	if (!decode_as(v, &in, 0xf4))
		return;
	hvm_skip_to(v, v->regs.rip + in.length);
	v->hvm->halted = true;
}

static void exit_xsetbv(struct vcpu *v)
{
	struct cpu_user_regs *r = &v->regs;
	struct x86_insn in;

	hvm_count(v, PARAVANE_EXIT_other);
	if (!decode_as(v, &in, 0x0f01) || in.modrm != 0xd1)
		return;
	if ((uint32_t)r->rcx || svm(v)->vmcb->cpl || fpu_set_xcr0(v, (r->rdx << 32) | (uint32_t)r->rax)) {
		hvm_inject_error(v, TRAP_GP, 0);
		return;
	}
	hvm_skip_to(v, r->rip + in.length);
}

static void guest_cr4(struct vcpu *v, uint64_t value, const struct x86_insn *in)
{
	struct vmcb *b = svm(v)->vmcb;

	if ((value & ~hvm_cr4_allowed(v)) || ((b->efer & EFER_LMA) && !(value & X86_CR4_PAE))) {
		hvm_inject_error(v, TRAP_GP, 0);
		return;
	}
	if ((value ^ b->cr4) & CR4_FLUSHES)
		svm_new_asid(v);
	b->cr4 = value;
	hvm_skip_to(v, v->regs.rip + in->length);
}

static void exit_cr_write(struct vcpu *v, unsigned int cr)
{
	struct vmcb *b = svm(v)->vmcb;
	struct x86_insn in;
	uint64_t value;

	hvm_count(v, PARAVANE_EXIT_cr);
	/* With a LOCK prefix it is CR0 that names CR8. */
	if (!decode_as(v, &in, 0x0f22) || (in.reg != cr && !(cr == 8 && in.lock && !in.reg)))
		return;
	value = *hvm_reg(v, in.rm);
	if (!(b->efer & EFER_LMA) || !(b->cs.attr & 0x200))
		value = (uint32_t)value;
	if (cr == 4) {
		guest_cr4(v, value, &in);
		return;
	}
	if (value & ~15UL) {
		hvm_inject_error(v, TRAP_GP, 0);
		return;
	}
	WRITE_ONCE(v->hvm->page->tpr, (uint32_t)value << 4);
	hvm_skip_to(v, v->regs.rip + in.length);
}

static void exit_io(struct vcpu *v)
{
	const struct vmcb *b = svm(v)->vmcb;
	uint32_t info = (uint32_t)b->exit_info1;

	hvm_count(v, PARAVANE_EXIT_io);
	if (!(info & SVM_IO_STRING))
		hvm_emulate_port(v, SVM_IO_PORT(info), SVM_IO_SIZE(info), !(info & SVM_IO_IN), b->exit_info2);
	else
		hvm_emulate_insn(v, true);
}

/* There is memory by now, or never was any fault: run again. Else a device, or nothing: the device model knows. */
static void exit_nested_fault(struct vcpu *v)
{
	const struct vmcb *b = svm(v)->vmcb;
	uint64_t gpa = b->exit_info2, info = b->exit_info1;

	if (p2m_is_memory(v->domain, gpa >> PAGE_SHIFT)) {
		hvm_count(v, PARAVANE_EXIT_nested_fault);
		return;
	}
	hvm_count(v, PARAVANE_EXIT_mmio);
	if (info & SVM_NPF_TABLE)
		domain_crash(v->domain, "vCPU %u: a page table at %#lx, where no memory is (rip %#lx, cr3 %#lx)", v->vcpu_id,
			     gpa, v->regs.rip, b->cr3);
	else if (info & SVM_NPF_INSN)
		domain_crash(v->domain, "vCPU %u: executes at %#lx, where no memory is (rip %#lx)", v->vcpu_id, gpa,
			     v->regs.rip);
	else if (v->hvm->event)
		domain_crash(v->domain, "vCPU %u: event %#lx needs memory at %#lx, where none is (rip %#lx)", v->vcpu_id,
			     v->hvm->event, gpa, v->regs.rip);
	else
		hvm_emulate_insn(v, false);
}

/* Taken so that the processor does not deliver them for ever; now they are the guest's. */
static void exit_exception(struct vcpu *v, unsigned int vector)
{
	hvm_count(v, PARAVANE_EXIT_exception);
	if (vector == TRAP_MC)
		__asm__ volatile("int $18");    /* does not come back */
	else if (vector == TRAP_AC)
		hvm_inject_error(v, TRAP_AC, (uint32_t)svm(v)->vmcb->exit_info1);
	else
		hvm_inject(v, vector);
}

/* An NMI handler ends when its IRET is done, which is when RIP has moved on. */
static void exit_iret(struct vcpu *v)
{
	hvm_count(v, PARAVANE_EXIT_other);
	backend(v)->watch_iret(v, false);
	svm(v)->iret_seen = true;
	svm(v)->iret_rip = v->regs.rip;
}

static void exit_wbinvd(struct vcpu *v)
{
	struct x86_insn in;

	hvm_count(v, PARAVANE_EXIT_other);
	/* Its memory is cached as ours is, and no device reads it behind our back: there is nothing to write back. */
	if (hvm_decode(v, &in) && in.op == X86_SYSTEM && (in.opcode == 0x0f08 || in.opcode == 0x0f09))
		hvm_skip_to(v, v->regs.rip + in.length);
}

static void exit_shutdown(struct vcpu *v)
{
	const struct vmcb *b = svm(v)->vmcb;

	hvm_count(v, PARAVANE_EXIT_other);
	domain_crash(v->domain, "vCPU %u: triple fault at rip %#lx, rsp %#lx, cr2 %#lx, cr3 %#lx", v->vcpu_id, v->regs.rip,
		     v->regs.rsp, b->cr2, b->cr3);
}

static void exit_undefined(struct vcpu *v, enum paravane_exit_kind kind)
{
	hvm_count(v, kind);
	hvm_inject(v, TRAP_UD);
}

static void exit_rest(struct vcpu *v, uint32_t code)
{
	const struct vmcb *b = svm(v)->vmcb;

	hvm_count(v, PARAVANE_EXIT_other);
	if (code == SVM_EXIT_INVALID)
		domain_crash(v->domain, "vCPU %u: the processor refuses its state: rip %#lx cr0 %#lx cr3 %#lx cr4 %#lx efer %#lx",
			     v->vcpu_id, v->regs.rip, b->cr0, b->cr3, b->cr4, b->efer);
	else
		domain_crash(v->domain, "vCPU %u: exit %#x (%#lx, %#lx) at rip %#lx was not asked for", v->vcpu_id, code,
			     b->exit_info1, b->exit_info2, v->regs.rip);
}

void svm_exit(struct vcpu *v)
{
	uint32_t code = (uint32_t)svm(v)->vmcb->exit_code;

	switch (code) {
	case SVM_EXIT_INTR:
	case SVM_EXIT_NMI:
	case SVM_EXIT_SMI:
	case SVM_EXIT_INIT:
		hvm_count(v, PARAVANE_EXIT_interrupt);  /* and has been dealt with, now that interrupts are on */
		break;
	case SVM_EXIT_VINTR:
		hvm_count(v, PARAVANE_EXIT_window);
		break;
	case SVM_EXIT_CR0_WRITE ... SVM_EXIT_CR15_WRITE:
		exit_cr_write(v, code - SVM_EXIT_CR0_WRITE);
		break;
	case SVM_EXIT_EXCEPTION ... SVM_EXIT_EXCEPTION + 31:
		exit_exception(v, code - SVM_EXIT_EXCEPTION);
		break;
	case SVM_EXIT_CPUID:
		exit_cpuid(v);
		break;
	case SVM_EXIT_HLT:
		exit_hlt(v);
		break;
	case SVM_EXIT_IOIO:
		exit_io(v);
		break;
	case SVM_EXIT_MSR:
		exit_msr(v, svm(v)->vmcb->exit_info1 & 1);
		break;
	case SVM_EXIT_NPF:
		exit_nested_fault(v);
		break;
	case SVM_EXIT_IRET:
		exit_iret(v);
		break;
	case SVM_EXIT_XSETBV:
		exit_xsetbv(v);
		break;
	case SVM_EXIT_INVD:
	case SVM_EXIT_WBINVD:
		exit_wbinvd(v);
		break;
	case SVM_EXIT_SHUTDOWN:
		exit_shutdown(v);
		break;
	case SVM_EXIT_VMMCALL:
		exit_undefined(v, PARAVANE_EXIT_hypercall);
		break;
	case SVM_EXIT_RDPMC:
		hvm_count(v, PARAVANE_EXIT_other);
		hvm_inject_error(v, TRAP_GP, 0);
		break;
	case SVM_EXIT_INVLPGA:
	case SVM_EXIT_VMRUN:
	case SVM_EXIT_VMLOAD ... SVM_EXIT_RDTSCP:
	case SVM_EXIT_MONITOR:
	case SVM_EXIT_MWAIT:
	case SVM_EXIT_MWAIT_ARMED:
		exit_undefined(v, PARAVANE_EXIT_other);
		break;
	default:
		exit_rest(v, code);
		break;
	}
}
