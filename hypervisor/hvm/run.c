/* SPDX-License-Identifier: MIT
 *
 * Between two entries into a guest: the dispatcher.
 *
 * exit_to_guest() calls hvm_run() each time that a fully virtualized vCPU is the one to go on and nothing else is due on this CPU. It
 * goes one step: waits for the device model, or sleeps in HLT, or goes on with an instruction under emulation, or
 * enters the guest and deals with its exit. Then the CPU looks around again (softirqs, another vCPU's turn), so nothing
 * here needs to be preemptible: nothing is long.
 *
 * Next: hvm/request.c for events and interrupts, svm/exit.c for exits, hvm/emulate.c.
 */
#include "arch/context.h"
#include "arch/desc.h"
#include "arch/fpu.h"
#include "hvm/internal.h"
#include "lib/panic.h"

/* --- on and off the CPU --- */

/*
 * XSETBV ends the guest's run and is checked, but not everywhere: an emulator was seen to carry it out. What the guest has
 * then is taken note of as far as it may have it; the rest is not there any more when it comes back.
 */
static void take_xcr0(struct vcpu *v)
{
	struct hvm_control control;
	uint32_t low, high;

	backend(v)->get_control(v, &control);
	if (!(control.cr4 & X86_CR4_OSXSAVE))
		return;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	v->fpu.xcr0 = (low | (uint64_t)high << 32) & fpu_xcr0_mask();
}

void hvm_switch_out(struct cpu *c, struct vcpu *v)
{
	unsigned long *db = v->hvm->db;

	__asm__ volatile("mov %%db0, %0; mov %%db1, %1; mov %%db2, %2; mov %%db3, %3"
			 : "=r"(db[0]), "=r"(db[1]), "=r"(db[2]), "=r"(db[3]));
	take_xcr0(v);
	fpu_save(v);
	__atomic_fetch_and(&v->domain->dirty_cpus.bits, ~(1UL << c->id), __ATOMIC_SEQ_CST);
}

/* DR7, which arms them, is exchanged with the guest's by each entry. */
void hvm_switch_in(struct cpu *c, struct vcpu *v)
{
	const unsigned long *db = v->hvm->db;

	__atomic_fetch_or(&v->domain->dirty_cpus.bits, 1UL << c->id, __ATOMIC_SEQ_CST);
	/* Selectors of a PV guest would be loaded again on each exit, from a table that is not there any more. */
	__asm__ volatile("movl %0, %%ds; movl %0, %%es" :: "r"(0));
	fpu_restore(v);
	__asm__ volatile("mov %0, %%db0; mov %1, %%db1; mov %2, %%db2; mov %3, %%db3"
			 :: "r"(db[0]), "r"(db[1]), "r"(db[2]), "r"(db[3]));
}

/* --- what instructions end with --- */

void hvm_skip_to(struct vcpu *v, uint64_t rip)
{
	struct cpu_user_regs *r = &v->regs;
	struct paravane_segment cs;
	struct hvm_control c;

	backend(v)->get_control(v, &c);
	backend(v)->get_segment(v, HVM_CS, &cs);
	if (!(c.efer & EFER_LMA) || !(cs.attr & 0x200))
		rip = cs.attr & 0x400 ? (uint32_t)rip : (uint16_t)rip;
	r->rip = rip;
	r->rflags &= ~(uint64_t)X86_EFLAGS_RF;
	backend(v)->end_shadow(v);
	if (r->rflags & X86_EFLAGS_TF)
		hvm_inject(v, TRAP_DB);
}

void hvm_inject(struct vcpu *v, unsigned int vector)
{
	v->hvm->event = EVENT_VALID | EVENT_TYPE(EVENT_EXCEPTION) | vector;
}

void hvm_inject_error(struct vcpu *v, unsigned int vector, uint32_t error)
{
	v->hvm->event = EVENT_VALID | EVENT_ERROR | EVENT_TYPE(EVENT_EXCEPTION) | vector | (uint64_t)error << 32;
}

void hvm_inject_page_fault(struct vcpu *v, uint64_t addr, uint32_t error)
{
	backend(v)->set_cr2(v, addr);
	hvm_inject_error(v, TRAP_PF, error);
}

/* --- what is delivered --- */

static bool interrupts_on(struct vcpu *v)
{
	return (v->regs.rflags & X86_EFLAGS_IF) && !backend(v)->in_shadow(v);
}

/* The device model's flag is taken back when it is certain that the NMI goes in now. */
static bool take_nmi(struct vcpu *v)
{
	if (v->hvm->nmi_masked || backend(v)->in_shadow(v) || !READ_ONCE(v->hvm->page->nmi) ||
	    !__atomic_exchange_n(&v->hvm->page->nmi, 0, __ATOMIC_SEQ_CST))
		return false;
	v->hvm->nmi_masked = true;
	backend(v)->watch_iret(v, true);
	v->hvm->event = EVENT_VALID | EVENT_TYPE(EVENT_NMI) | TRAP_NMI;
	return true;
}

/* One event a time, those that are owed first; what must wait is watched for. */
static void choose_event(struct vcpu *v)
{
	bool tpr_blocks;
	int vector;

	if (!v->hvm->event)
		take_nmi(v);
	vector = hvm_next_vector(v, &tpr_blocks);
	if (vector >= 0 && !v->hvm->event && interrupts_on(v)) {
		hvm_accept_vector(v, (unsigned int)vector);
		v->hvm->event = EVENT_VALID | EVENT_TYPE(EVENT_INTERRUPT) | (unsigned int)vector;
		vector = hvm_next_vector(v, &tpr_blocks);
	}
	backend(v)->watch_window(v, vector >= 0, tpr_blocks);
}

/* Nothing ends a HLT but an interrupt that can be taken, or an NMI. */
static bool sleeps_on(struct vcpu *v)
{
	bool unused;

	if (!v->hvm->halted)
		return false;
	if (!(READ_ONCE(v->hvm->page->nmi) && !v->hvm->nmi_masked) && !v->hvm->event &&
	    !(hvm_next_vector(v, &unused) >= 0 && interrupts_on(v)))
		return true;
	v->hvm->halted = false;
	return false;
}

void hvm_run(struct vcpu *v)
{
	hvm_collect_events(v);
	if ((v->hvm->emul.waiting && !hvm_answered(v)) || sleeps_on(v)) {
		hvm_block(v);
		return;
	}
	if (v->hvm->emul.kind != EMUL_IDLE) {
		local_irq_enable();
		hvm_emulate_again(v);
		return;
	}
	choose_event(v);
	backend(v)->run(v);
	local_irq_enable();
	backend(v)->exit(v);
}
