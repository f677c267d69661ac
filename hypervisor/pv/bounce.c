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
#define VECTORS_WITH_ERROR_CODE (1U << TRAP_DF | 1U << TRAP_TS | 1U << TRAP_NP | 1U << TRAP_SS | 1U << TRAP_GP | \
				 1U << TRAP_PF | 1U << TRAP_AC | 1U << 21)

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
	b->flags = (uint8_t)(TBF_EXCEPTION | (TI_GET_IF(ti) ? TBF_INTERRUPT : 0) |
			     (vector < 32 && ((VECTORS_WITH_ERROR_CODE >> vector) & 1) ? TBF_EXCEPTION_ERRCODE : 0));
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

static __noinline void frame_lost(struct vcpu *v, unsigned long sp)
{
	domain_crash(v->domain, "vCPU %u: no writable stack at %#lx for a trap to %#lx (from %#lx)",
		     v->vcpu_id, sp, v->pv.bounce.eip, (unsigned long)v->regs.rip);
}

static __noinline void no_callback(struct vcpu *v)
{
	v->pv.bounce.flags = 0;
	domain_crash(v->domain, "vCPU %u: no callback to deliver to (at %#lx)", v->vcpu_id,
		     (unsigned long)v->regs.rip);
}

/* The frame on the guest kernel's stack at sp, and the registers to its handler. cs is what the frame says. */
static __noinline void deliver_at(struct vcpu *v, uint64_t sp, uint64_t cs)
{
	struct trap_bounce *b = &v->pv.bounce;
	struct cpu_user_regs *r = &v->regs;
	struct vcpu_info *vi = v->vcpu_info;
	uint8_t mask = vi->evtchn_upcall_mask, flags = b->flags;
	uint64_t rflags = r->rflags, shown;

	b->flags = 0;
	shown = (rflags & ~(uint64_t)(X86_EFLAGS_IF | X86_EFLAGS_IOPL)) | (mask ? 0 : X86_EFLAGS_IF);
	if (unlikely(v->domain->vm_assist & (1UL << VMASST_TYPE_architectural_iopl)))
		shown |= v->pv.iopl;
	sp = (sp & ~15UL) - FRAME_WORDS * 8;
	if (unlikely(!pv_range_ok(sp, FRAME_WORDS * 8)))
		goto lost;
	guest_access_open();
	guest_put_word(sp, 24, r->rip);
	guest_put_word(sp, 32, cs | (uint64_t)mask << 32);
	guest_put_word(sp, 40, shown);
	guest_put_word(sp, 48, r->rsp);
	guest_put_word(sp, 56, r->ss);
	if (flags & TBF_EXCEPTION_ERRCODE)
		guest_put_word(sp, 16, b->error_code);
	else
		sp += 8;                        /* and the lowest two words move up */
	guest_put_word(sp, 8, r->r11);
	guest_put_word(sp, 0, r->rcx);
	guest_access_close();

	if (flags & TBF_INTERRUPT)
		vi->evtchn_upcall_mask = 1;
	r->entry_vector = TRAP_SYSCALL;
	r->rflags = rflags & ~(uint64_t)(X86_EFLAGS_AC | X86_EFLAGS_VM | X86_EFLAGS_RF | X86_EFLAGS_NT |
					 X86_EFLAGS_TF);
	r->ss = SEL_RING3_DS;
	r->rsp = sp;
	r->cs = SEL_RING3_CS64;
	r->rip = b->eip;
	return;
fault:
	guest_access_close();
lost:
	frame_lost(v, sp);
}

static __noinline void deliver_from_user(struct vcpu *v)
{
	pv_toggle_mode(v);
	deliver_at(v, v->pv.kernel_sp, v->regs.cs);
}

/* Current vCPU, interrupts off: takes v->pv.bounce. */
void pv_deliver_bounce(struct vcpu *v)
{
	if (unlikely(!v->pv.bounce.eip))
		no_callback(v);
	else if (v->pv.kernel_mode)
		deliver_at(v, v->regs.rsp, v->regs.cs & 0xfffc);
	else
		deliver_from_user(v);
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
		pv_set_bounce_callback(v, v->pv.event_cs_eip, true);
		pv_deliver_bounce(v);
	}
}

void pv_send_nmi(struct vcpu *v)
{
	v->pv.bounce.nmi_pending = true;
	vcpu_kick(v);
}
