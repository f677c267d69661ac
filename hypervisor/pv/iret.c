/* SPDX-License-Identifier: MIT
 *
 * The iret hypercall, and SYSCALL from guest user mode: the two doors between
 * the guest's kernel and its user.
 *
 * Why it exists: both run at CPL 3, so IRET cannot change between them; page
 * tables and GS base have to change with the mode, and the event mask with IF.
 * The guest leaves the frame of struct iret_context on its stack.
 *
 * [Xen public/arch-x86/xen-x86_64.h]
 */
#include "arch/context.h"
#include "hypercall_protos.h"
#include "lib/errno.h"
#include "pv/internal.h"

static __noinline long no_frame(struct vcpu *v, unsigned long frame)
{
	domain_crash(v->domain, "vCPU %u: iret hypercall with no readable frame at %#lx", v->vcpu_id, frame);
	return 0;
}

/* To the guest's user: page tables and GS base change. */
static __noinline long to_user(struct vcpu *v, long rax)
{
	if (unlikely(mfn_eq(v->mm.guest_table_user, INVALID_MFN))) {
		domain_crash(v->domain, "vCPU %u: iret to user mode at %#lx without a user page table", v->vcpu_id,
			     (unsigned long)v->regs.rip);
		return 0;
	}
	/* They stay off until the guest runs. */
	local_irq_disable();
	pv_toggle_mode(v);
	return rax;
}

/*
 * The return value is the guest's RAX. A frame that cannot be read ends the domain, so it does not matter
 * how much of it is in the registers by then.
 */
long do_iret(void)
{
	struct vcpu *v = current;
	struct cpu_user_regs *r = &v->regs;
	unsigned long frame = r->rsp;
	uint64_t rax, flags, cs, rflags, value;

	if (unlikely(!guest_span_ok((const void *)frame, sizeof(struct iret_context))))
		return no_frame(v, frame);
	guest_access_open();
	guest_get_word(rax, frame, offsetof(struct iret_context, rax));
	guest_get_word(cs, frame, offsetof(struct iret_context, cs));
	guest_get_word(flags, frame, offsetof(struct iret_context, flags));
	guest_get_word(rflags, frame, offsetof(struct iret_context, rflags));
	guest_get_word(value, frame, offsetof(struct iret_context, r11));
	r->r11 = value;
	guest_get_word(value, frame, offsetof(struct iret_context, rcx));
	r->rcx = value;
	guest_get_word(value, frame, offsetof(struct iret_context, rip));
	r->rip = value;
	guest_get_word(value, frame, offsetof(struct iret_context, rsp));
	r->rsp = value;
	guest_get_word(value, frame, offsetof(struct iret_context, ss));
	r->ss = (uint16_t)(value | 3);
	guest_access_close();

	if (v->domain->vm_assist & (1UL << VMASST_TYPE_architectural_iopl))
		v->pv.iopl = rflags & X86_EFLAGS_IOPL;
	r->cs = pv_fix_code_selector(cs);
	r->rflags = pv_fix_rflags(rflags);
	if (flags & VGCF_in_syscall) {
		r->rcx = r->rip;
		r->r11 = r->rflags;
	}
	v->vcpu_info->evtchn_upcall_mask = !(rflags & X86_EFLAGS_IF);
	v->pv.nmi_masked = false;
	return (cs & 3) == 3 ? to_user(v, (long)rax) : (long)rax;
fault:
	guest_access_close();
	return no_frame(v, frame);
}

void pv_guest_syscall(struct vcpu *v)
{
	if (unlikely(!v->pv.syscall_eip)) {
		v->regs.rip -= 2;
		pv_inject_trap(v, TRAP_UD, 0);
		return;
	}
	pv_deliver(v, v->pv.syscall_eip, TBF_EXCEPTION | (v->pv.syscall_disables_events ? TBF_INTERRUPT : 0), 0);
}

void pv_guest_syscall32(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	if (!v->pv.syscall32_eip || v->pv.kernel_mode) {
		regs->rip -= 2;
		pv_inject_trap(v, TRAP_UD, 0);
		return;
	}
	pv_set_bounce_callback(v, v->pv.syscall32_eip, v->pv.syscall32_disables_events);
}

void pv_guest_sysenter(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	if (!v->pv.sysenter_eip || v->pv.kernel_mode) {
		pv_inject_trap(v, TRAP_GP, 0);
		return;
	}
	pv_set_bounce_callback(v, v->pv.sysenter_eip, v->pv.sysenter_disables_events);
}

/*
 * IRET to the guest faulted: its CS, SS or RIP cannot be loaded. The failsafe
 * callback gets, below the usual frame, the data segment selectors:
 * ds es fs gs, lowest first.
 */
void pv_failsafe(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	uint64_t sel[4] = { 0 };
	uint16_t s;

	if (!v->pv.failsafe_eip) {
		domain_crash(v->domain, "vCPU %u: return to %04x:%#lx (ss %04x) faulted and no failsafe callback",
			     v->vcpu_id, regs->cs, (unsigned long)regs->rip, regs->ss);
		return;
	}
	/* The frame tells the guest where it failed, but the registers must be loadable from here on. */
	__asm__("movw %%ds, %0" : "=r"(s)); sel[0] = s;
	__asm__("movw %%es, %0" : "=r"(s)); sel[1] = s;
	__asm__("movw %%fs, %0" : "=r"(s)); sel[2] = s;
	__asm__("movw %%gs, %0" : "=r"(s)); sel[3] = s;
	pv_set_bounce_callback(v, v->pv.failsafe_eip, v->pv.failsafe_disables_events);
	local_irq_disable();
	pv_deliver_bounce(v);
	if (v->domain->shutting_down)
		return;
	regs->rsp -= sizeof(sel);
	if (copy_to_guest_va((void *)regs->rsp, sel, sizeof(sel)))
		domain_crash(v->domain, "vCPU %u: no writable stack at %#lx for the failsafe callback",
			     v->vcpu_id, (unsigned long)regs->rsp);
}
