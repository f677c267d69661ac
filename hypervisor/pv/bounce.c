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

#define FRAME_WORDS 8           /* with an error code */

static __noinline void no_handler(struct vcpu *v, unsigned int vector, uint32_t error)
{
	domain_crash(v->domain, "vCPU %u: trap %u (error code %#x) at %#lx and no handler for it",
		     v->vcpu_id, vector, error, (unsigned long)v->regs.rip);
}

void pv_inject_trap(struct vcpu *v, unsigned int vector, uint32_t error)
{
	const struct trap_info *ti = &v->pv.trap[vector];
	struct trap_bounce *b = &v->pv.bounce;

	if (unlikely(!ti->address)) {
		no_handler(v, vector, error);
		return;
	}
	b->eip = ti->address;
	b->error_code = error;
	b->flags = pv_bounce_flags(ti, vector);
}

void pv_inject_page_fault(struct vcpu *v, unsigned long addr, uint32_t error)
{
	v->pv.ctrlreg[2] = addr;
	v->vcpu_info->arch.cr2 = addr;
	pv_inject_trap(v, TRAP_PF, pv_page_fault_error(v, error));
}

static __noinline bool frame_lost(struct vcpu *v, unsigned long sp, unsigned long eip)
{
	domain_crash(v->domain, "vCPU %u: no writable stack at %#lx for a trap to %#lx (from %#lx)",
		     v->vcpu_id, sp, eip, (unsigned long)v->regs.rip);
	return true;
}

/* The frame on the guest kernel's stack at sp, and the registers to its handler. cs is what the frame says. */
static __always_inline bool deliver_at(struct vcpu *v, uint64_t sp, uint64_t cs, unsigned long eip, unsigned int flags,
				       uint32_t error)
{
	struct cpu_user_regs *r = &v->regs;
	struct vcpu_info *vi = v->vcpu_info;
	uint8_t mask = vi->evtchn_upcall_mask;
	uint64_t rflags = r->rflags, shown;

	shown = (rflags & ~(uint64_t)(X86_EFLAGS_IF | X86_EFLAGS_IOPL)) | (mask ? 0 : X86_EFLAGS_IF);
	if (unlikely(v->domain->vm_assist & (1UL << VMASST_TYPE_architectural_iopl)))
		shown |= v->pv.iopl;
	sp = (sp & ~15UL) - FRAME_WORDS * 8;
	if (unlikely(!guest_span_ok((const void *)sp, FRAME_WORDS * 8)))
		goto lost;
	guest_access_open();
	guest_put_word(sp, 24, r->rip);
	guest_put_word(sp, 32, cs | (uint64_t)mask << 32);
	guest_put_word(sp, 40, shown);
	guest_put_word(sp, 48, r->rsp);
	guest_put_word(sp, 56, r->ss);
	if (flags & TBF_EXCEPTION_ERRCODE)
		guest_put_word(sp, 16, error);
	else
		sp += 8;                        /* and the lowest two words move up */
	guest_put_word(sp, 8, r->r11);
	guest_put_word(sp, 0, r->rcx);
	guest_access_close();

	if (flags & TBF_INTERRUPT)
		vi->evtchn_upcall_mask = 1;
	r->rflags = rflags & ~(uint64_t)(X86_EFLAGS_AC | X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT |
					 X86_EFLAGS_TF);
	r->ss = SEL_RING3_DS;
	r->rsp = sp;
	r->cs = SEL_RING3_CS64;
	r->rip = eip;
	return true;
fault:
	guest_access_close();
lost:
	return frame_lost(v, sp, eip);
}

static __noinline bool deliver_from_user(struct vcpu *v, unsigned long eip, unsigned int flags, uint32_t error)
{
	pv_toggle_mode(v);
	return deliver_at(v, v->pv.kernel_sp, v->regs.cs, eip, flags, error);
}

/* All calls in it are last ones, so it needs no register but those that every function may change. */
bool pv_deliver(struct vcpu *v, unsigned long eip, unsigned int flags, uint32_t error)
{
	if (!v->pv.kernel_mode)
		return deliver_from_user(v, eip, flags, error);
	return deliver_at(v, v->regs.rsp, v->regs.cs & 0xfffc, eip, flags, error);
}

static __noinline void no_callback(struct vcpu *v)
{
	domain_crash(v->domain, "vCPU %u: no callback to deliver to (at %#lx)", v->vcpu_id,
		     (unsigned long)v->regs.rip);
}

/* Current vCPU, interrupts off: takes v->pv.bounce. */
void pv_deliver_bounce(struct vcpu *v)
{
	struct trap_bounce b = v->pv.bounce;

	v->pv.bounce.flags = 0;
	if (unlikely(!b.eip))
		no_callback(v);
	else
		pv_deliver(v, b.eip, b.flags, b.error_code);
}

void pv_deliver_upcall(struct vcpu *v)
{
	if (unlikely(!v->pv.event_cs_eip))
		no_callback(v);
	else
		pv_deliver(v, v->pv.event_cs_eip, TBF_EXCEPTION | TBF_INTERRUPT, 0);
}

/* Interrupts are off. An NMI goes before events, and masks them. */
/* TOUR 3.4: the last look before a guest runs: is an event pending and not masked? */
void pv_deliver_pending(struct vcpu *v)
{
	if (v->pv.bounce.flags)
		pv_deliver_bounce(v);
	if (unlikely(v->pv.bounce.nmi_pending) && !v->pv.nmi_masked && v->pv.trap[TRAP_NMI].address) {
		v->pv.bounce.nmi_pending = false;
		v->pv.nmi_masked = true;
		pv_set_bounce_callback(v, v->pv.trap[TRAP_NMI].address, true);
		pv_deliver_bounce(v);
	} else if (vcpu_event_pending(v->vcpu_info)) {
		pv_deliver_upcall(v);
	}
}

void pv_send_nmi(struct vcpu *v)
{
	v->pv.bounce.nmi_pending = true;
	vcpu_kick(v);
}
