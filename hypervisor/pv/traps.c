/* SPDX-License-Identifier: MIT
 *
 * Exceptions raised by guests. Most are the guest kernel's own business and are
 * bounced to it; three need a look first:
 *
 *   #PF  may be a write to a page table that we emulate, or our own LDT window
 *        filling in; otherwise bounced with CR2
 *   #GP  may be a privileged instruction or INT n
 *   #UD  may be the forced CPUID
 *
 * Most of the time there is nothing to look at: then pv_trap_short() has bounced it already (docs/decisions/two-ways-out.md).
 * The rest runs with interrupts on, on the CPU's stack, for the current vCPU.
 * Next: pv/bounce.c, pv/emulate.c, mm/ptwr.c
 */
#include "arch/traps.h"
#include "core/trace.h"
#include "lib/string.h"
#include "pv/internal.h"

static bool in_ldt_window(const struct vcpu *v, unsigned long addr)
{
	unsigned long start = LDT_WINDOW(v->vcpu_id);

	return addr >= start && addr < start + LDT_WINDOW_PAGES * PAGE_SIZE;
}

/*
 * The CPU read a descriptor in the LDT window of the current vCPU. Also called for
 * faults of our own selector loads. True: mapped now, do it again.
 */
bool pv_fix_ldt_fault(unsigned long addr)
{
	struct vcpu *v = current;

	if (!in_ldt_window(v, addr))
		return false;
	return mm_map_ldt_page(v, (unsigned int)((addr - LDT_WINDOW(v->vcpu_id)) >> PAGE_SHIFT));
}

static void page_fault(struct vcpu *v, struct cpu_user_regs *regs)
{
	unsigned long addr = v->pv.fault_addr;
	uint32_t err = regs->error_code;

	if (unlikely(in_ldt_window(v, addr) && !(err & PFEC_PRESENT))) {
		if (pv_fix_ldt_fault(addr))
			return;
		/* The guest's own view: a fault where its LDT lies. */
		pv_inject_page_fault(v, v->pv.ldt_base + (addr - LDT_WINDOW(v->vcpu_id)), err);
		return;
	}
	if ((err & (PFEC_PRESENT | PFEC_WRITE | PFEC_RSVD | PFEC_INSN)) == (PFEC_PRESENT | PFEC_WRITE) &&
	    v->pv.kernel_mode && pv_range_ok(addr, 1) && mm_fixup_fault(v, addr, regs))
		return;
	pv_inject_page_fault(v, addr, err);
}

static bool is_int_n(struct cpu_user_regs *regs, uint8_t *vector)
{
	uint8_t insn[2];

	if (copy_from_guest_va(insn, (const void *)regs->rip, 2) || insn[0] != 0xcd)
		return false;
	*vector = insn[1];
	return true;
}

/*
 * INT n reaches us as #GP with the IDT bit set, because our gates have DPL 0. The vector
 * is taken from the instruction: the error code's index is wrong under QEMU 7.
 */
static bool software_interrupt(struct vcpu *v, struct cpu_user_regs *regs)
{
	const struct trap_info *ti;
	unsigned int dpl;
	uint8_t vector;

	if (!is_int_n(regs, &vector))
		return false;
	ti = &v->pv.trap[vector];
	dpl = TI_GET_DPL(ti);
	if (!ti->address || !(dpl == 3 || (v->pv.kernel_mode && dpl >= 1)))
		return false;
	regs->rip += 2;
	v->pv.bounce.eip = ti->address;
	v->pv.bounce.error_code = 0;
	v->pv.bounce.flags = (uint8_t)(TBF_EXCEPTION | (TI_GET_IF(ti) ? TBF_INTERRUPT : 0));
	return true;
}

static void general_protection(struct vcpu *v, struct cpu_user_regs *regs)
{
	uint32_t err = regs->error_code;

	if ((err & 3) == 2) {
		if (software_interrupt(v, regs))
			return;
	} else if (err == 0 && pv_emulate_privileged(regs)) {
		return;
	}
	pv_inject_trap(v, TRAP_GP, err);
}

static void debug(struct vcpu *v)
{
	v->pv.debugreg[6] |= v->pv.fault_dr6 & 0xe00f;
	pv_inject_trap(v, TRAP_DB, 0);
}

/* The trap goes to the guest's kernel at once. Without a handler it is left to the long way, which crashes the domain. */
static __always_inline enum pv_short bounce(struct cpu *c, struct cpu_user_regs *regs, unsigned int vector,
					    unsigned long addr, uint32_t error)
{
	struct vcpu *v = c->curr;
	const struct trap_info *ti = &v->pv.trap[vector];

	if (unlikely(!ti->address))
		return PV_LONG_WAY;
	trace_here(c, TRACE_TRAP, vector, regs->rip, regs->error_code, addr, regs->rsp);
	return pv_deliver(v, ti->address, pv_bounce_flags(ti, vector), error) ? PV_SHORT : PV_LONG_WAY;
}

/* Not those that may be ours: of a window, of a page table that is written to. */
static __noinline enum pv_short page_fault_short(struct cpu *c, struct cpu_user_regs *regs)
{
	unsigned long addr = read_cr2();
	struct vcpu *v = c->curr;

	if (!guest_span_ok((const void *)addr, 1) ||
	    ((regs->error_code & (PFEC_PRESENT | PFEC_WRITE)) == (PFEC_PRESENT | PFEC_WRITE) && v->pv.kernel_mode &&
	     (v->domain->vm_assist & (1UL << VMASST_TYPE_writable_pagetables))) || !v->pv.trap[TRAP_PF].address)
		return PV_LONG_WAY;
	v->pv.ctrlreg[2] = addr;
	v->vcpu_info->arch.cr2 = addr;
	return bounce(c, regs, TRAP_PF, addr, pv_page_fault_error(v, regs->error_code));
}

static __noinline enum pv_short forced_short(struct cpu *c, struct cpu_user_regs *regs)
{
	unsigned long rip = regs->rip;

	if (!pv_emulate_forced(regs))
		return bounce(c, regs, TRAP_UD, 0, 0);
	trace_here(c, TRACE_TRAP, TRAP_UD, rip, 0, 0, regs->rsp);
	return PV_SHORT_RBX;
}

static __noinline enum pv_short device_not_available_short(struct cpu *c, struct cpu_user_regs *regs)
{
	/* The guest finds TS clear in its handler, as the interface has it. */
	c->curr->fpu.ts = false;
	clts();
	return bounce(c, regs, TRAP_NM, 0, 0);
}

/* Kept straight, and calls are last ones: this is what each exception of a guest costs. */
enum pv_short pv_trap_short(struct cpu_user_regs *regs)
{
	unsigned int vector = regs->entry_vector;
	struct cpu *c = this_cpu();

	/* SYSCALL clears AC by SFMASK, an interrupt gate does not: SMAP would be open. */
	guest_access_close();
	if (vector == TRAP_PF)
		return page_fault_short(c, regs);
	if (vector == TRAP_UD && pv_is_forced_prefix(regs->rip))
		return forced_short(c, regs);
	if (unlikely(vector == TRAP_NM))
		return device_not_available_short(c, regs);
	return bounce(c, regs, vector, 0, regs->error_code);
}

/* These have a case of their own in pv_trap(). */
#define VECTORS_WITH_A_LOOK (1U << TRAP_PF | 1U << TRAP_GP | 1U << TRAP_DB)

void pv_trap(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	unsigned int vector = regs->entry_vector;

	if (likely(!((VECTORS_WITH_A_LOOK >> vector) & 1))) {
		pv_inject_trap(v, vector, regs->error_code);
		return;
	}
	switch (vector) {
	case TRAP_PF:
		page_fault(v, regs);
		break;
	case TRAP_GP:
		general_protection(v, regs);
		break;
	case TRAP_DB:
		debug(v);
		break;
	}
}
