/* SPDX-License-Identifier: MIT
 *
 * Timers: a callback at a system time, on one CPU, from SOFTIRQ_TIMER.
 * Each CPU has a heap ordered by expiry with a lock of its own.
 * Not to be used from interrupt handlers.
 */
#ifndef HYPERVISOR_CORE_TIMER_H
#define HYPERVISOR_CORE_TIMER_H

#include "arch/clock.h"

struct timer {
	struct timer *child, *next, *prev;      /* in its CPU's pairing heap, when active */
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
unsigned int timer_count(unsigned int cpu);     /* active timers of that CPU: for debug keys and leak tests */

#endif
