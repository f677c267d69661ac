/* SPDX-License-Identifier: MIT
 *
 * Changing which vCPU a CPU runs.
 *
 * General registers stay where they are, in the vCPU: only the pointers to
 * them change. What does live in the CPU is saved and loaded here: FPU, segment bases and
 * selectors, page tables, descriptor tables. The idle vCPU and fully virtualized ones run on the
 * hypervisor's own page table, so a domain that is not running is on no CPU's
 * CR3 and dirty_cpus is exact.
 *
 * Interrupts are off throughout.
 */
#include "arch/context.h"
#include "arch/desc.h"
#include "arch/features.h"
#include "arch/x86.h"
#include "core/trace.h"
#include "lib/bitops.h"
#include "lib/panic.h"

int load_gs_safe(uint16_t sel);

unsigned long rdfsbase_guest(void)
{
	unsigned long b;

	if (!cpu_features.fsgsbase)
		return rdmsr(MSR_FS_BASE);
	__asm__ volatile("rdfsbase %0" : "=r"(b));
	return b;
}

void wrfsbase_guest(unsigned long base)
{
	if (cpu_features.fsgsbase)
		__asm__ volatile("wrfsbase %0" :: "r"(base));
	else
		wrmsr(MSR_FS_BASE, base);
}

/* Interrupts off between the two SWAPGS: in between, GS base is the guest's. */
unsigned long rdgsbase_guest(void)
{
	unsigned long b, flags;

	if (!cpu_features.fsgsbase)
		return rdmsr(MSR_KERNEL_GS_BASE);
	flags = local_irq_save();
	__asm__ volatile("swapgs; rdgsbase %0; swapgs" : "=r"(b));
	local_irq_restore(flags);
	return b;
}

void wrgsbase_guest(unsigned long base)
{
	unsigned long flags;

	if (!cpu_features.fsgsbase) {
		wrmsr(MSR_KERNEL_GS_BASE, base);
		return;
	}
	flags = local_irq_save();
	__asm__ volatile("swapgs; wrgsbase %0; swapgs" :: "r"(base));
	local_irq_restore(flags);
}

void load_gs_guest(uint16_t sel)
{
	unsigned long flags = local_irq_save();
	uint64_t ours = (uint64_t)this_cpu();

	/*
	 * Loading GS changes the base in use, ours. A fault in it would be
	 * handled with a wrong base, so put ours back by MSR first thing in the fixup:
	 * load_gs_safe() faults only into its own fixup, and no C that uses %gs
	 * runs between: the fault path looks at %gs only after extable_fixup().
	 */
	load_gs_safe(sel);
	{
		uint64_t loaded = rdmsr(MSR_GS_BASE);

		wrmsr(MSR_GS_BASE, ours);
		wrmsr(MSR_KERNEL_GS_BASE, loaded == ours ? 0 : loaded);
	}
	local_irq_restore(flags);
}

void load_ldt(const struct vcpu *v)
{
	struct cpu *c = this_cpu();
	uint64_t base, limit, *g = c->gdt + ((HV_LDT - FIRST_RESERVED_GDT_BYTE) >> 3);

	if (!v->pv.ldt_ents) {
		__asm__ volatile("lldt %w0" :: "r"(0));
		return;
	}
	base = LDT_WINDOW(v->vcpu_id);
	limit = v->pv.ldt_ents * 8UL - 1;
	g[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | 0x82ULL << 40 | (limit >> 16) << 48 |
	       (base >> 24 & 0xff) << 56;
	g[1] = base >> 32;
	__asm__ volatile("lldt %w0" :: "r"(HV_LDT));
}

void switch_gdt_window(const struct vcpu *v)
{
	struct cpu *c = this_cpu();

	if (v == c->idle) {
		gdt_load(gdt_cpu_base(c));
		return;
	}
	/* Page 14 of the window shows this CPU's reserved page. */
	mm_map_perdomain((struct vcpu *)(uintptr_t)v, FIRST_RESERVED_GDT_PAGE,
			 mfn_to_maddr(c->gdt_mfn).a | 0x8000000000000063ULL);
	/* It may be cached as another CPU's, from before the vCPU moved. */
	invlpg(GDT_WINDOW(v->vcpu_id) + FIRST_RESERVED_GDT_BYTE);
	gdt_load(GDT_WINDOW(v->vcpu_id));
}

void cpu_set_current(struct cpu *c, struct vcpu *v)
{
	c->curr = v;
	c->regs_top = (unsigned long)&v->regs.es;
	c->regs_caller_saved = (unsigned long)&v->regs.r11;
	c->trace_hypercall = trace_word(TRACE_HYPERCALL, v->domain->domid, v->vcpu_id, 0);
	c->tss->rsp0 = c->regs_top;
}

static void leave(struct vcpu *prev)
{
	pv_save_segments(prev);
	fpu_save(prev);
}

static void enter(struct cpu *c, struct vcpu *next)
{
	c->loaded_domain = next->domain;
	__atomic_fetch_or(&next->domain->dirty_cpus.bits, 1ULL << c->id, __ATOMIC_SEQ_CST);
	mm_load_cr3(next);
	switch_gdt_window(next);
	load_ldt(next);
	fpu_restore(next);
	pv_load_segments(next);
	pv_update_time(next);
}

/* TOUR 1.7: the scheduler has chosen; the boot CPU leaves its idle vCPU for the first guest. */
void context_switch(struct vcpu *prev, struct vcpu *next)
{
	struct cpu *c = this_cpu();
	struct domain *old = c->loaded_domain;

	ASSERT(!local_irq_is_enabled());
	if (prev == next)
		return;
	trace(TRACE_SWITCH, next->vcpu_id, next->regs.rip, next->domain->domid, prev->domain->domid,
	      prev->vcpu_id);
	if (likely(prev->kind == VCPU_PV))
		leave(prev);
	else if (CONFIG_HVM && prev->kind == VCPU_HVM)
		hvm_switch_out(c, prev);
	cpu_set_current(c, next);
	if (likely(next->kind == VCPU_PV)) {
		enter(c, next);
	} else {
		gdt_load(gdt_cpu_base(c));
		__asm__ volatile("lldt %w0" :: "r"(0));
		c->loaded_domain = NULL;
		mm_load_cr3(c->idle);
		if (CONFIG_HVM && next->kind == VCPU_HVM)
			hvm_switch_in(c, next);
	}
	if (old && old != c->loaded_domain)
		__atomic_fetch_and(&old->dirty_cpus.bits, ~(1ULL << c->id), __ATOMIC_SEQ_CST);
}
