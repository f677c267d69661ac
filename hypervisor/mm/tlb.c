/* SPDX-License-Identifier: MIT
 *
 * TLB flushes that are due, and no others. mm/tlb.h explains the clock.
 *
 * No locks. Next: mm/type.c, which relies on this when a frame changes its type.
 */
#include "mm/tlb.h"
#include "core/domain.h"
#include "mm/domain_mm.h"

uint64_t tlb_clock = 1;

cpumask_t tlb_all_cpus(void)
{
	return (cpumask_t){ nr_cpus >= 64 ? ~0UL : (1UL << nr_cpus) - 1 };
}

/* TOUR 4.5: a frame changes its type: CPUs that may remember its former use forget it first. */
void tlb_flush_since(cpumask_t m, uint64_t stamp)
{
	cpumask_t due = { 0 };

	if (!stamp)
		return;
	for (uint64_t left = m.bits; left; left &= left - 1) {
		unsigned int c = (unsigned int)__builtin_ctzll(left);
		const struct mm_cpu *mc = cpus[c] ? cpus[c]->mm : NULL;

		if (cpus[c] && (!mc || READ_ONCE(mc->tlb_stamp) <= stamp))
			due.bits |= 1UL << c;
	}
	if (due.bits)
		flush_tlb_mask(due);
}

/* Loads @v's tables and keeps the list of CPUs that may hold translations of a domain. */
void mm_load_cr3(struct vcpu *v)
{
	struct cpu *c = this_cpu();
	struct domain *next = v->domain, *prev = c->loaded_domain;

	if (next != prev && !is_idle_vcpu(v))
		__atomic_fetch_or(&next->dirty_cpus.bits, 1UL << c->id, __ATOMIC_SEQ_CST);
	tlb_write_cr3(vcpu_cr3_maddr(v));
	if (next != prev) {
		c->loaded_domain = is_idle_vcpu(v) ? NULL : next;
		if (prev)
			__atomic_fetch_and(&prev->dirty_cpus.bits, ~(1UL << c->id),
					   __ATOMIC_SEQ_CST);
	}
}

void tlb_reload_cr3(void)
{
	struct cpu *c = this_cpu();

	if (get_current() && is_idle_vcpu(get_current()) && c->loaded_domain)
		mm_load_cr3(get_current());
	else
		tlb_write_cr3(c->cr3);
}

unsigned long vcpu_cr3_maddr(const struct vcpu *v)
{
	if (is_idle_vcpu(v))
		return mfn_to_maddr(idle_l4).a;
	return mfn_to_maddr(v->pv.kernel_mode ? v->mm.guest_table : v->mm.guest_table_user).a;
}
