/* SPDX-License-Identifier: MIT
 *
 * Timers: a heap per CPU (core/timer_heap.h), whose first one the CPU's clock is
 * set to.
 *
 * Locks: LOCK_TIMER, one per CPU; t->cpu names the one that protects t. No
 * callback runs with it held.
 */
#include "core/timer.h"
#include "arch/cpu.h"
#include "arch/smp.h"
#include "core/timer_heap.h"
#include "lib/panic.h"
#include "lib/spinlock.h"
#include "mm/frame.h"

struct timer_cpu {
	spinlock_t lock;
	struct timer *root;
	struct timer *running;          /* whose callback is being run */
	unsigned int count;
};

static struct timer_cpu *timer_cpu(unsigned int cpu)
{
	return cpus[cpu]->timers;
}

static void timer_remove(struct timer_cpu *tc, struct timer *t)
{
	tc->root = timer_heap_remove(tc->root, t);
	t->active = false;
	tc->count--;
}

/* t->cpu changes only under the lock of the CPU that it names. */
static struct timer_cpu *timer_lock(struct timer *t)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(t->cpu);
		struct timer_cpu *tc = timer_cpu(cpu);

		spin_lock(&tc->lock);
		if (t->cpu == cpu)
			return tc;
		spin_unlock(&tc->lock);
	}
}

/* The first expiry of @cpu has come closer. */
static void timer_reprogram(struct timer_cpu *tc, unsigned int cpu)
{
	if (cpu == cpu_id())
		clock_set_deadline(tc->root->expires);
	else
		cpu_raise_softirq(cpu, SOFTIRQ_TIMER);
}

void timer_init(struct timer *t, void (*fn)(void *), void *arg, unsigned int cpu)
{
	*t = (struct timer){ .fn = fn, .arg = arg, .cpu = (uint16_t)cpu };
}

static void timer_insert(struct timer_cpu *tc, struct timer *t)
{
	t->active = true;
	tc->count++;
	tc->root = timer_heap_insert(tc->root, t);
	if (tc->root == t)
		timer_reprogram(tc, t->cpu);
}

void timer_set(struct timer *t, s_time_t expires)
{
	struct timer_cpu *tc = timer_lock(t);

	if (t->active)
		timer_remove(tc, t);
	t->expires = expires;
	if (!t->killed)
		timer_insert(tc, t);
	spin_unlock(&tc->lock);
}

/* The deadline that the clock has been given may now be too early: that costs one empty softirq. */
void timer_stop(struct timer *t)
{
	struct timer_cpu *tc = timer_lock(t);

	if (t->active)
		timer_remove(tc, t);
	spin_unlock(&tc->lock);
}

void timer_migrate(struct timer *t, unsigned int cpu)
{
	struct timer_cpu *tc;
	bool active;

	if (READ_ONCE(t->cpu) == cpu)
		return;
	tc = timer_lock(t);
	active = t->active;
	if (active)
		timer_remove(tc, t);
	WRITE_ONCE(t->cpu, (uint16_t)cpu);
	spin_unlock(&tc->lock);
	if (active)
		timer_set(t, t->expires);
}

void timer_kill(struct timer *t)
{
	struct timer_cpu *tc;
	bool running;

	if (!t->fn)
		return;
	tc = timer_lock(t);
	if (t->active)
		timer_remove(tc, t);
	t->killed = true;
	spin_unlock(&tc->lock);

	/* It may have been migrated while its callback was running, so look everywhere. */
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		if (cpu == cpu_id())
			continue;
		tc = timer_cpu(cpu);
		do {
			smp_poll();
			running = __atomic_load_n(&tc->running, __ATOMIC_ACQUIRE) == t;
		} while (running);
	}
}

unsigned int timer_count(unsigned int cpu)
{
	return timer_cpu(cpu)->count;
}

static void timer_softirq(void)
{
	struct timer_cpu *tc = this_cpu()->timers;
	s_time_t when = now();
	struct timer *t;

	spin_lock(&tc->lock);
	while ((t = tc->root) && t->expires <= when) {
		timer_remove(tc, t);
		__atomic_store_n(&tc->running, t, __ATOMIC_RELEASE);
		spin_unlock(&tc->lock);
		t->fn(t->arg);
		spin_lock(&tc->lock);
		__atomic_store_n(&tc->running, NULL, __ATOMIC_RELEASE);
	}
	/* One that rearms itself for the past waits for the next round: others get their turn. */
	clock_set_deadline(tc->root ? tc->root->expires : S_TIME_NEVER);
	spin_unlock(&tc->lock);
}

void timer_init_cpu(unsigned int cpu)
{
	struct timer_cpu *tc = kzalloc(sizeof(*tc));

	if (!tc)
		panic("no memory for the timers of CPU %u", cpu);
	spin_lock_init(&tc->lock, LOCK_TIMER);
	cpus[cpu]->timers = tc;
}

void timer_subsystem_init(void)
{
	open_softirq(SOFTIRQ_TIMER, timer_softirq);
}
