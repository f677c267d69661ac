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

struct domain_sched {
	uint16_t weight;        /* 1..65535, 256 by default */
	uint16_t cap;           /* percent of one CPU, 0: none */
};

struct vcpu_sched {
	struct list link;       /* in a run queue */
	cpumask_t hard_affinity, soft_affinity;
	int credit;
	uint8_t pri;
	s_time_t start;         /* when it got the CPU */
	uint64_t cpu_time;      /* ns run in all */
	bool on_queue, yielding, parked, migrated;
	s_time_t last_run;
};

void sched_init(void);                  /* boot CPU */
void sched_init_cpu(unsigned int cpu);
int sched_vcpu_init(struct vcpu *v);
void sched_vcpu_destroy(struct vcpu *v);
void sched_wake(struct vcpu *v);
void sched_sleep(struct vcpu *v);
void sched_yield(void);
int sched_set_affinity(struct vcpu *v, const cpumask_t *hard, const cpumask_t *soft);
uint64_t vcpu_cpu_time(const struct vcpu *v);
uint64_t cpu_idle_time(unsigned int cpu);

#endif
