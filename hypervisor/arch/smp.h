/* SPDX-License-Identifier: MIT
 *
 * Other CPUs: interrupts between processors and TLB shoot-down.
 *
 * A CPU that spins (for a lock, or for answers to an IPI) with interrupts off
 * answers shoot-down requests by polling smp_poll(), so two CPUs cannot wait
 * for each other.
 */
#ifndef HYPERVISOR_ARCH_SMP_H
#define HYPERVISOR_ARCH_SMP_H

#include "arch/cpu.h"

typedef struct { uint64_t bits; } cpumask_t;    /* MAX_CPUS is 64 */

static inline bool cpumask_test(cpumask_t m, unsigned int c) { return (m.bits >> c) & 1; }

void smp_poll(void);
void smp_send_event_check(unsigned int cpu);
void smp_call(cpumask_t to, void (*fn)(void *), void *arg);     /* waits; runs here too if included */

/*
 * TLB. Guest mappings are never global, so reloading CR3 drops them.
 * flush_tlb_mask: all non-global translations of the CPUs in @m (here included).
 * flush_tlb_one_mask: the translation of @va in the current page tables of those CPUs.
 * Callers pass a domain's dirty CPUs (struct domain: dirty_cpus).
 */
void flush_tlb_local(void);
void flush_tlb_one_local(unsigned long va);
void flush_tlb_mask(cpumask_t m);
void flush_tlb_one_mask(cpumask_t m, unsigned long va);
void flush_tlb_all(void);               /* every CPU, global entries too */

#endif
