/* SPDX-License-Identifier: MIT
 *
 * Who may still hold which translation.
 *
 * A guest flushes its own TLBs when it likes; nothing forces it. So a frame
 * that was mapped writable (or was a page table) a moment ago may still be
 * reached through a CPU's TLB after the counts say that nobody maps it. Before it
 * becomes something for which that matters, those CPUs are flushed.
 *
 * Flushing each time would be sound and slow. Instead a clock ticks at each flush of any CPU:
 * a CPU remembers the tick of its last flush, a frame the time at which its last use ended, and
 * only CPUs whose flush is not later than that are interrupted. The tick is taken before
 * the flush and the frame's stamp after the entry is gone, each with a full barrier between, so a
 * race can only cause one flush too many.
 */
#ifndef HYPERVISOR_MM_TLB_H
#define HYPERVISOR_MM_TLB_H

#include "arch/smp.h"

struct mm_cpu {
	uint64_t tlb_stamp;     /* tick of this CPU's last full flush of guest translations */
};

extern uint64_t tlb_clock;      /* starts at 1; a stamp of 0 needs no flush */

static inline uint64_t tlb_now(void)
{
	return __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);
}

/* Around a write of CR3, by whoever makes it: t = tlb_flush_begin(); …; tlb_flush_end(t). */
static inline uint64_t tlb_flush_begin(void)
{
	return __atomic_add_fetch(&tlb_clock, 1, __ATOMIC_SEQ_CST);
}

static inline void tlb_flush_end(uint64_t t)
{
	struct mm_cpu *m = this_cpu()->mm;

	if (likely(m))
		WRITE_ONCE(m->tlb_stamp, t);
}

/* Loads CR3, which flushes. */
static inline void tlb_write_cr3(unsigned long cr3)
{
	uint64_t t = tlb_flush_begin();

	/*
	 * In this order: a flush interrupt between the two then loads the new tables, not the old.
	 */
	WRITE_ONCE(this_cpu()->cr3, cr3);
	__asm__ volatile("mov %0, %%cr3" : : "r"(cr3) : "memory");
	tlb_flush_end(t);
}

/* Flush those CPUs of @m that may hold translations as old as @stamp. */
void tlb_flush_since(cpumask_t m, uint64_t stamp);
cpumask_t tlb_all_cpus(void);
/*
 * What the flush interrupt does: CR3 again, with the books kept. An idle CPU that still has some
 * domain's tables loaded goes to idle_l4, so that tables which are freed are not walked any more.
 */
void tlb_reload_cr3(void);

#endif
