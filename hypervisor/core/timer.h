/* SPDX-License-Identifier: MIT
 *
 * Timers: a callback at a system time, on one CPU, from SOFTIRQ_TIMER.
 * Each CPU has a queue ordered by expiry with a lock of its own.
 */
#ifndef HYPERVISOR_CORE_TIMER_H
#define HYPERVISOR_CORE_TIMER_H

#include "arch/clock.h"
#include "lib/list.h"

struct timer {
	struct list link;               /* in its CPU's queue, when active */
	s_time_t expires;
	void (*fn)(void *);
	void *arg;
	uint16_t cpu;
	bool active, killed;
};

void timer_subsystem_init(void);        /* boot CPU, before the first timer */
void timer_init_cpu(unsigned int cpu);
void timer_init(struct timer *t, void (*fn)(void *), void *arg, unsigned int cpu);
void timer_set(struct timer *t, s_time_t expires);      /* (re)arms */
void timer_stop(struct timer *t);       /* the callback may still be running elsewhere */
void timer_migrate(struct timer *t, unsigned int cpu);
void timer_kill(struct timer *t);       /* stops, and waits until the callback is not running */
bool timer_is_active(const struct timer *t);

#endif
