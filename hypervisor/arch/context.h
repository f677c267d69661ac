/* SPDX-License-Identifier: MIT
 *
 * Switching a CPU from one vCPU to another, and segment state.
 */
#ifndef HYPERVISOR_ARCH_CONTEXT_H
#define HYPERVISOR_ARCH_CONTEXT_H

#include "arch/features.h"
#include "arch/x86.h"
#include "core/domain.h"

/* Called by the scheduler on this CPU, interrupts off, run queue unlocked. Returns as an ordinary function; `current` is then next. */
/* The guest's GS base is base from now on; returns what it was. Interrupts are off. */
static inline unsigned long exchange_gsbase_guest(unsigned long base)
{
	unsigned long old;

	if (unlikely(!cpu_features.fsgsbase)) {
		old = rdmsr(MSR_KERNEL_GS_BASE);
		wrmsr(MSR_KERNEL_GS_BASE, base);
		return old;
	}
	__asm__ volatile("swapgs; rdgsbase %0; wrgsbase %1; swapgs" : "=&r"(old) : "r"(base) : "memory");
	return old;
}
/* c runs v from now on, as far as the entry paths are concerned. */
void cpu_set_current(struct cpu *c, struct vcpu *v);
void context_switch(struct vcpu *prev, struct vcpu *next);

/* Segment bases of the current vCPU. The guest's GS base is in MSR_KERNEL_GS_BASE while we run. */
unsigned long rdfsbase_guest(void);
void wrfsbase_guest(unsigned long base);
unsigned long rdgsbase_guest(void);     /* the base in use by the guest */
void wrgsbase_guest(unsigned long base);
void load_gs_guest(uint16_t sel);       /* load the selector and, from it, the guest's GS base */
void load_ldt(const struct vcpu *v);    /* LDTR from v->pv.ldt_* */
void switch_gdt_window(const struct vcpu *v);   /* GDTR to v's window */

#endif
