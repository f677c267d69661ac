/* SPDX-License-Identifier: MIT
 *
 * Tasklets: one lock-free stack per CPU. A push can come from an interrupt
 * handler on the same CPU at any moment; the softirq takes the whole stack at
 * once and runs it in the order in which it was filled.
 */
#include "core/tasklet.h"
#include "arch/cpu.h"

static struct tasklet *pending[MAX_CPUS];

void tasklet_init(struct tasklet *t, void (*fn)(void *), void *arg)
{
	*t = (struct tasklet)TASKLET_INIT(fn, arg);
}

bool tasklet_schedule(struct tasklet *t)
{
	struct tasklet **head = &pending[cpu_id()];
	struct tasklet *first;

	if (__atomic_exchange_n(&t->scheduled, true, __ATOMIC_ACQ_REL))
		return false;
	first = __atomic_load_n(head, __ATOMIC_RELAXED);
	do
		t->next = first;
	while (!__atomic_compare_exchange_n(head, &first, t, true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED));
	raise_softirq(SOFTIRQ_TASKLET);
	return true;
}

static void tasklet_softirq(void)
{
	struct tasklet *t = __atomic_exchange_n(&pending[cpu_id()], NULL, __ATOMIC_ACQUIRE);
	struct tasklet *in_order = NULL, *next;

	for (; t; t = next) {
		next = t->next;
		t->next = in_order;
		in_order = t;
	}
	for (t = in_order; t; t = next) {
		/* Once scheduled is clear, t may be queued again, or freed by fn. */
		next = t->next;
		__atomic_store_n(&t->scheduled, false, __ATOMIC_RELEASE);
		t->fn(t->arg);
	}
}

void tasklet_subsystem_init(void)
{
	open_softirq(SOFTIRQ_TASKLET, tasklet_softirq);
}
