/* SPDX-License-Identifier: MIT
 *
 * What the scheduler's files share: a CPU's run queue and how to lock it.
 */
#ifndef HYPERVISOR_CORE_SCHED_CPU_H
#define HYPERVISOR_CORE_SCHED_CPU_H

#include "core/domain.h"

#define SCHED_ACCT_PERIOD MILLISECS(30) /* accounts are made so often (core/sched_credit.c) */

struct sched_cpu {
	spinlock_t lock;                /* LOCK_SCHED: all below, and the vCPUs whose processor this is */
	struct list queue[SCHED_NR_PRI];
	unsigned int nr_queued;
	struct vcpu *curr;              /* chosen last; its context may not be loaded yet */
	struct vcpu *held;              /* not to be freed: this CPU looks at it without the lock; atomic */
	struct timer slice;             /* end of the time that curr was given */
	uint64_t switches;
};

static inline struct sched_cpu *sched_cpu(unsigned int cpu)
{
	return cpus[cpu]->sched;
}

/*
 * Lock the queue of the CPU that v belongs to. Interrupt handlers wake vCPUs,
 * hence the saved flags.
 */
struct sched_cpu *sched_lock_vcpu(const struct vcpu *v, unsigned long *flags);

/* With that lock: */
void sched_enqueue(struct sched_cpu *sc, struct vcpu *v);
void sched_dequeue(struct sched_cpu *sc, struct vcpu *v);
void sched_move_first(struct sched_cpu *sc, struct vcpu *v);    /* before all of its priority */
uint64_t sched_allowed_cpus(const struct vcpu *v);

/*
 * Credit ends at a period's time. Who is near that has waited for long while others ran that get some credit in each
 * period as well: many vCPUs of one domain, say. It goes before them until it has had its share.
 */
static inline bool sched_is_rich(const struct vcpu *v)
{
	return v->sched.credit >= SCHED_ACCT_PERIOD / 4 * 3;
}

/* sched_credit.c */
void credit_charge(struct vcpu *v, s_time_t when);      /* lock held; v runs */
void credit_start(void);                /* a guest runs: keep accounts from now on */
void credit_init(void);

#endif
