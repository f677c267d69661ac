/* SPDX-License-Identifier: MIT
 *
 * The credit scheduler: per-CPU run queues, weights, caps, hard affinity.
 */
#ifndef HYPERVISOR_CORE_SCHED_H
#define HYPERVISOR_CORE_SCHED_H

#include "arch/smp.h"
#include "arch/clock.h"
#include "lib/list.h"

struct vcpu;
struct domain;

enum sched_pri {
	SCHED_BOOST,            /* woke up with credit left: goes before all others, briefly */
	SCHED_UNDER,            /* has credit */
	SCHED_OVER,             /* has used its share */
	SCHED_NR_PRI,
};

struct domain_sched {
	uint16_t weight;        /* 1..65535, 256 by default */
	uint16_t cap;           /* percent of one CPU, 0: none */
};

struct vcpu_sched {
	struct list link;       /* in the run queue of its CPU */
	cpumask_t hard_affinity, soft_affinity;
	int64_t credit;         /* ns of CPU time it may still use before others go first */
	uint8_t pri;            /* enum sched_pri */
	bool on_queue, yielding;
	bool active;            /* has run since the last accounting */
	s_time_t start;         /* when it got the CPU */
	s_time_t charged;       /* up to when its running has been charged to credit */
	s_time_t last_run;      /* when it last left a CPU */
	s_time_t used;          /* run since the last accounting */
	/* The accounting's own, between its passes (core/sched_credit.c) */
	s_time_t acct_used, share;
	uint32_t share_weight;
	uint8_t acct_cpu;
	bool counted;
};

void sched_init(void);                  /* boot CPU */
void sched_init_cpu(unsigned int cpu);
void sched_idle_init(struct vcpu *v);
int sched_domain_init(struct domain *d);
int sched_vcpu_init(struct vcpu *v);    /* chooses v->processor */
void sched_vcpu_destroy(struct vcpu *v);
void sched_wake(struct vcpu *v);
void sched_sleep(struct vcpu *v);
void sched_yield(void);
/* Port of d has become pending: wake the vCPUs that poll for it. Any context. */
void sched_check_pollers(struct domain *d, unsigned int port);
bool sched_vcpu_poll_stop(struct vcpu *v);      /* true if v was polling; it no longer is */
/* Pin to one CPU whatever the affinity says (-1: no longer): 0, -EINVAL, -EBUSY when pinned elsewhere. */
int sched_pin_override(struct vcpu *v, int cpu);
/* 0, or -EINVAL when no online CPU is left in it. NULL: leave as it is. */
int sched_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft);
struct vcpu_runstate_info;
void sched_runstate_snapshot(struct vcpu *v, struct vcpu_runstate_info *out);   /* copy under LOCK_SCHED */
uint64_t vcpu_cpu_time(const struct vcpu *v);
uint64_t cpu_idle_time(unsigned int cpu);

/* Parameters (XEN_SYSCTL_scheduler_op, sched_credit_tslice_ms=, sched_ratelimit_us=). */
struct sched_params {
	unsigned int tslice_ms, ratelimit_us, migr_delay_us;
};
extern struct sched_params sched_params;
void sched_dump(void);                          /* debug key r */

#endif
