/* SPDX-License-Identifier: MIT
 *
 * Timers: a pairing heap per CPU, so that nothing is allocated when a timer is
 * armed, arming costs a constant, and taking the first one log n.
 *
 * In the heap, child is a node's first child and next its right sibling; prev
 * is the left sibling, or the parent for a first child, NULL for the root.
 *
 * Locks: LOCK_TIMER, one per CPU; t->cpu names the one that protects t. No
 * callback runs with it held.
 */
#include "core/timer.h"
#include "arch/cpu.h"
#include "arch/smp.h"
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

/* The earlier of the two becomes the other's parent. */
static struct timer *heap_meld(struct timer *a, struct timer *b)
{
	struct timer *t;

	if (!a || !b)
		return a ? a : b;
	if (b->expires < a->expires) {
		t = a;
		a = b;
		b = t;
	}
	b->next = a->child;
	b->prev = a;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	a->next = a->prev = NULL;
	return a;
}

/* Meld a list of siblings: pairs from the left, then the pairs together. */
static struct timer *heap_merge_siblings(struct timer *first)
{
	struct timer *pairs = NULL, *a, *b, *root = NULL;

	while ((a = first)) {
		b = a->next;
		first = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b)
			b->next = b->prev = NULL;
		a = heap_meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while ((a = pairs)) {
		pairs = a->next;
		a->next = NULL;
		root = heap_meld(root, a);
	}
	return root;
}

static void heap_remove(struct timer_cpu *tc, struct timer *t)
{
	struct timer *rest = heap_merge_siblings(t->child);

	t->child = NULL;
	if (t == tc->root) {
		tc->root = rest;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next)
			t->next->prev = t->prev;
		tc->root = heap_meld(tc->root, rest);
	}
	t->next = t->prev = NULL;
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
	t->child = t->next = t->prev = NULL;
	tc->count++;
	tc->root = heap_meld(tc->root, t);
	if (tc->root == t)
		timer_reprogram(tc, t->cpu);
}

void timer_set(struct timer *t, s_time_t expires)
{
	struct timer_cpu *tc = timer_lock(t);

	if (t->active)
		heap_remove(tc, t);
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
		heap_remove(tc, t);
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
		heap_remove(tc, t);
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
		heap_remove(tc, t);
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

bool timer_is_active(const struct timer *t)
{
	return READ_ONCE(t->active);
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
		heap_remove(tc, t);
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
