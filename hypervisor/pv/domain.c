/* SPDX-License-Identifier: MIT
 *
 * The PV part of a domain's and a vCPU's life: creation, and the whole context
 * that a builder or VCPUOP_initialise gives a vCPU before it first runs.
 *
 * A context is checked and its frames are referenced before anything of the
 * vCPU changes, so a bad one leaves no trace.
 * [Xen public/arch-x86/xen.h: vcpu_guest_context]
 */
#include "arch/fpu.h"
#include "arch/x86.h"
#include "core/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "pv/internal.h"

#define CR0_GUEST_DEFAULT (X86_CR0_PG | X86_CR0_AM | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET | X86_CR0_MP | X86_CR0_PE)

int pv_domain_init(struct domain *d)
{
	return 0;
}

void pv_domain_free(struct domain *d)
{
	kfree(d->pv.cpuid);
	d->pv.cpuid = NULL;
}

int pv_vcpu_init(struct vcpu *v)
{
	v->pv.ctrlreg[0] = CR0_GUEST_DEFAULT;
	v->pv.ctrlreg[4] = pv_guest_cr4_to_shown(v);
	v->pv.debugreg[6] = 0xffff0ff0;
	v->pv.debugreg[7] = 0x400;
	for (unsigned int i = 0; i < ARRAY_SIZE(v->pv.gdt_frames); i++)
		v->pv.gdt_frames[i] = INVALID_MFN;
	return 0;
}

void pv_vcpu_destroy(struct vcpu *v)
{
}

static long check_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	if (c->ldt_ents > 8192)
		return hypercall_error(-EINVAL, "ldt_ents %lu: at most 8192", c->ldt_ents);
	if (c->ldt_ents && ((c->ldt_base & ~PAGE_MASK) || !pv_range_ok(c->ldt_base, c->ldt_ents * 8)))
		return hypercall_error(-EINVAL, "ldt_base %#lx: not a page of the guest", c->ldt_base);
	if (c->gdt_ents > FIRST_RESERVED_GDT_ENTRY)
		return hypercall_error(-EINVAL, "gdt_ents %lu: at most %d", c->gdt_ents,
				       FIRST_RESERVED_GDT_ENTRY);
	if (!is_canonical(c->user_regs.rip) || !is_canonical(c->event_callback_eip) ||
	    !is_canonical(c->failsafe_callback_eip) || !is_canonical(c->syscall_callback_eip) ||
	    !is_canonical(c->fs_base) || !is_canonical(c->gs_base_kernel) ||
	    !is_canonical(c->gs_base_user))
		return hypercall_error(-EINVAL, "an address of the context is not canonical");
	for (unsigned int i = 0; i < 256; i++)
		if (!is_canonical(c->trap_ctxt[i].address))
			return hypercall_error(-EINVAL, "handler of trap %u at %#lx: not canonical", i,
					       c->trap_ctxt[i].address);
	return 0;
}

static void set_registers(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct vcpu_pv *p = &v->pv;

	v->regs = c->user_regs;
	v->regs.entry_vector = TRAP_SYSCALL;
	v->regs.error_code = 0;
	v->regs.cs = pv_fix_code_selector(c->user_regs.cs);
	v->regs.ss = (uint16_t)(c->user_regs.ss | 3);
	v->regs.rflags = pv_fix_rflags(c->user_regs.rflags);
	p->iopl = c->user_regs.rflags & X86_EFLAGS_IOPL;
	p->ds = c->user_regs.ds;
	p->es = c->user_regs.es;
	p->fs = c->user_regs.fs;
	p->gs = c->user_regs.gs;
	p->fs_base = c->fs_base;
	p->gs_base_kernel = c->gs_base_kernel;
	p->gs_base_user = c->gs_base_user;
	p->kernel_ss = (c->kernel_ss & 0xffff) | 3;
	p->kernel_sp = c->kernel_sp;
	p->event_cs_eip = c->event_callback_eip;
	p->failsafe_eip = c->failsafe_callback_eip;
	p->syscall_eip = c->syscall_callback_eip;
	p->failsafe_disables_events = c->flags & VGCF_failsafe_disables_events;
	p->syscall_disables_events = c->flags & VGCF_syscall_disables_events;
	/* A vCPU that has tables keeps them: what counts is whether it has one for user mode, not what c says. */
	p->kernel_mode = (c->flags & VGCF_in_kernel) || mfn_eq(v->mm.guest_table_user, INVALID_MFN);
	memcpy(p->trap, c->trap_ctxt, sizeof(p->trap));
	for (unsigned int i = 0; i < 256; i++)
		p->trap[i].cs |= 3;
	p->ctrlreg[0] = CR0_GUEST_DEFAULT | (c->ctrlreg[0] & (X86_CR0_TS | X86_CR0_EM));
	v->fpu.ts = c->ctrlreg[0] & X86_CR0_TS;
	p->ctrlreg[4] = pv_guest_cr4_to_shown(v);
	for (unsigned int i = 0; i < 8; i++)
		pv_set_debugreg(v, i, c->debugreg[i]);
	p->ldt_base = c->ldt_base;
	p->ldt_ents = (unsigned int)c->ldt_ents;
}

int pv_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	long rc = check_context(v, c);

	if (rc)
		return (int)rc;
	if (!v->initialised || c->gdt_ents) {
		rc = mm_set_gdt(v, c->gdt_frames, (unsigned int)c->gdt_ents);
		if (rc)
			return (int)hypercall_error(rc, "gdt_frames: a frame is not the domain's or holds a bad descriptor");
	}
	if (!v->initialised) {
		rc = mm_set_guest_table(v, mfn(xen_cr3_to_pfn(c->ctrlreg[3])));
		if (!rc && c->ctrlreg[1])
			rc = mm_set_guest_table_user(v, mfn(xen_cr3_to_pfn(c->ctrlreg[1])));
		if (rc) {
			mm_drop_guest_tables(v);
			mm_destroy_gdt(v);
			return (int)hypercall_error(rc == -ERESTART ? -ERESTART : -EINVAL,
				"ctrlreg[3] %#lx or ctrlreg[1] %#lx: not an L4 page table of the domain",
				c->ctrlreg[3], c->ctrlreg[1]);
		}
	}
	set_registers(v, c);
	if (c->flags & VGCF_I387_VALID)
		fpu_import(v, &c->fpu_ctxt);
	v->initialised = true;
	return 0;
}

void pv_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	struct vcpu_pv *p = &v->pv;

	memset(c, 0, sizeof(*c));
	fpu_export(v, &c->fpu_ctxt);
	c->flags = VGCF_I387_VALID;
	if (p->kernel_mode)
		c->flags |= VGCF_in_kernel;
	if (p->failsafe_disables_events)
		c->flags |= VGCF_failsafe_disables_events;
	if (p->syscall_disables_events)
		c->flags |= VGCF_syscall_disables_events;
	if (!(v->pause_flags & (1UL << VPF_DOWN)))
		c->flags |= VGCF_online;
	c->user_regs = v->regs;
	c->user_regs.ds = p->ds;
	c->user_regs.es = p->es;
	c->user_regs.fs = p->fs;
	c->user_regs.gs = p->gs;
	memcpy(c->trap_ctxt, p->trap, sizeof(p->trap));
	c->ldt_base = p->ldt_base;
	c->ldt_ents = p->ldt_ents;
	for (unsigned int i = 0; i < 16 && i * 512 < p->gdt_ents; i++)
		c->gdt_frames[i] = mfn_x(p->gdt_frames[i]);
	c->gdt_ents = p->gdt_ents;
	c->kernel_ss = p->kernel_ss;
	c->kernel_sp = p->kernel_sp;
	memcpy(c->ctrlreg, p->ctrlreg, sizeof(c->ctrlreg));
	if (v->fpu.ts)
		c->ctrlreg[0] |= X86_CR0_TS;
	if (mfn_x(v->mm.guest_table) != mfn_x(INVALID_MFN))
		c->ctrlreg[3] = xen_pfn_to_cr3(mfn_x(v->mm.guest_table));
	if (mfn_x(v->mm.guest_table_user) != mfn_x(INVALID_MFN))
		c->ctrlreg[1] = xen_pfn_to_cr3(mfn_x(v->mm.guest_table_user));
	memcpy(c->debugreg, p->debugreg, sizeof(c->debugreg));
	c->event_callback_eip = p->event_cs_eip;
	c->failsafe_callback_eip = p->failsafe_eip;
	c->syscall_callback_eip = p->syscall_eip;
	c->vm_assist = v->domain->vm_assist;
	c->fs_base = p->fs_base;
	c->gs_base_kernel = p->gs_base_kernel;
	c->gs_base_user = p->gs_base_user;
}
