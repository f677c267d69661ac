/* SPDX-License-Identifier: MIT
 *
 * How a trap or an event reaches a guest kernel: as if the CPU had an interrupt
 * gate for ring 3. A frame is written on the guest kernel's stack and the
 * vCPU's registers are pointed at the handler.
 *
 *      ss
 *      rsp
 *      rflags      IF = events were not masked
 *      cs          RPL 0 when the guest kernel was interrupted, 3 for its user;
 *                  bits 32-39: the upcall mask before
 *      rip
 *      (error code)
 *      r11         SYSCALL and the handler's own return path destroy these two
 *      rcx     <-- new rsp
 *
 * Coming from guest user mode the stack is the one the guest named by
 * stack_switch, and page tables and GS base change sides; from kernel mode the
 * frame goes below the current stack pointer. A stack that cannot be written is
 * beyond repair: the domain is crashed.
 *
 * Masking: delivery of an event, and of a trap whose gate says so, sets
 * evtchn_upcall_mask; the iret hypercall restores it from the frame's IF.
 *
 * [Xen public/arch-x86/xen-x86_64.h: iret_context]
 */
#include "arch/context.h"
#include "core/evtchn.h"
#include "pv/internal.h"

void pv_set_bounce_callback(struct vcpu *v, unsigned long eip, bool mask_events)
{
	struct trap_bounce *b = &v->pv.bounce;

	b->eip = eip;
	b->cs = SEL_RING3_CS64;
	b->error_code = 0;
	b->flags = (uint8_t)(TBF_EXCEPTION | (mask_events ? TBF_INTERRUPT : 0));
}

static bool has_error_code(unsigned int vector)
{
	return vector == TRAP_DF || (vector >= TRAP_TS && vector <= TRAP_PF) || vector == TRAP_AC ||
	       vector == 21;
}

void pv_inject_trap(struct vcpu *v, unsigned int vector, uint32_t error)
{
	const struct trap_info *ti = &v->pv.trap[vector];
	struct trap_bounce *b = &v->pv.bounce;

	if (!ti->address) {
		domain_crash(v->domain, "vCPU %u: trap %u (error code %#x) at %#lx and no handler for it",
			     v->vcpu_id, vector, error, (unsigned long)v->regs.rip);
		return;
	}
	b->cs = ti->cs;
	b->eip = ti->address;
	b->error_code = error;
	b->flags = TBF_EXCEPTION;
	if (TI_GET_IF(ti))
		b->flags |= TBF_INTERRUPT;
	if (has_error_code(vector))
		b->flags |= TBF_EXCEPTION_ERRCODE;
}

/* The user bit of the error code tells the guest's own two modes apart. */
void pv_inject_page_fault(struct vcpu *v, unsigned long addr, uint32_t error)
{
	error &= ~(uint32_t)PFEC_USER;
	if (!v->pv.kernel_mode)
		error |= PFEC_USER;
	v->pv.ctrlreg[2] = addr;
	v->vcpu_info->arch.cr2 = addr;
	pv_inject_trap(v, TRAP_PF, error);
}

static void frame_lost(struct vcpu *v, unsigned long sp)
{
	domain_crash(v->domain, "vCPU %u: no writable stack at %#lx for a trap to %#lx (from %#lx)",
		     v->vcpu_id, sp, v->pv.bounce.eip, (unsigned long)v->regs.rip);
}

/* Current vCPU; takes v->pv.bounce. */
void pv_deliver_bounce(struct vcpu *v)
{
	struct trap_bounce *b = &v->pv.bounce;
	struct cpu_user_regs *r = &v->regs;
	uint8_t mask = v->vcpu_info->evtchn_upcall_mask;
	uint64_t frame[8], sp, cs = r->cs;
	unsigned int n = 0;

	if (!b->eip) {
		domain_crash(v->domain, "vCPU %u: no callback to deliver to (at %#lx)", v->vcpu_id,
			     (unsigned long)r->rip);
		b->flags = 0;
		return;
	}
	if (v->pv.kernel_mode) {
		sp = r->rsp;
		cs &= 0xfffc;
	} else {
		pv_toggle_mode(v);
		sp = v->pv.kernel_sp;
	}
	frame[n++] = r->rcx;
	frame[n++] = r->r11;
	if (b->flags & TBF_EXCEPTION_ERRCODE)
		frame[n++] = b->error_code;
	frame[n++] = r->rip;
	frame[n++] = (cs & 0xffff) | (uint64_t)mask << 32;
	frame[n++] = (r->rflags & ~(uint64_t)(X86_EFLAGS_IF | X86_EFLAGS_IOPL)) |
		     (mask ? 0 : X86_EFLAGS_IF) |
		     (v->domain->vm_assist & (1UL << VMASST_TYPE_architectural_iopl) ? v->pv.iopl : 0);
	frame[n++] = r->rsp;
	frame[n++] = r->ss;
	sp = (sp & ~15UL) - n * 8;
	if (copy_to_guest_va((void *)sp, frame, n * 8)) {
		frame_lost(v, sp);
		b->flags = 0;
		return;
	}
	if (b->flags & TBF_INTERRUPT)
		v->vcpu_info->evtchn_upcall_mask = 1;
	r->entry_vector = TRAP_SYSCALL;
	r->rflags &= ~(uint64_t)(X86_EFLAGS_AC | X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT |
				 X86_EFLAGS_TF);
	r->ss = SEL_RING3_DS;
	r->rsp = sp;
	r->cs = SEL_RING3_CS64;
	r->rip = b->eip;
	b->flags = 0;
}

/*
 * Called with interrupts off. A frame is written with them on, because the
 * write may fault; the caller looks again at what came in meanwhile.
 */
/* TOUR 3.4: the last look before a guest runs: is an event pending and not masked? */
void pv_deliver_pending(struct vcpu *v)
{
	bool nmi = unlikely(v->pv.bounce.nmi_pending) && !v->pv.nmi_masked && v->pv.trap[TRAP_NMI].address;

	if (likely(!v->pv.bounce.flags && !nmi && !vcpu_event_pending(v->vcpu_info)))
		return;
	local_irq_enable();
	if (v->pv.bounce.flags)
		pv_deliver_bounce(v);
	if (nmi) {
		v->pv.bounce.nmi_pending = false;
		v->pv.nmi_masked = true;
		pv_set_bounce_callback(v, v->pv.trap[TRAP_NMI].address, true);
		pv_deliver_bounce(v);
	} else if (vcpu_event_pending(v->vcpu_info)) {
		pv_set_bounce_callback(v, v->pv.event_cs_eip, true);
		pv_deliver_bounce(v);
	}
	local_irq_disable();
}

void pv_send_nmi(struct vcpu *v)
{
	v->pv.bounce.nmi_pending = true;
	vcpu_kick(v);
}
