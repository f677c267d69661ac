/* SPDX-License-Identifier: MIT
 *
 * Ticket spinlocks; see spinlock.h. A debug build keeps, per CPU, the highest
 * level held and stops when a lock is taken out of order.
 */
#include "lib/spinlock.h"
#include "arch/cpu.h"
#include "arch/smp.h"
#include "arch/x86.h"
#include "lib/panic.h"

#ifndef NDEBUG
static void check_taken(spinlock_t *l, bool same)
{
	struct cpu *c = this_cpu();

	if (l->level < c->lock_level || (l->level == c->lock_level && !same && l->level))
		panic("lock order: %s (level %u) taken while level %u is held", l->name, l->level,
		      c->lock_level);
	l->held_level = c->lock_level;
	l->cpu = (int16_t)c->id;
	c->lock_level = l->level;
}

static void check_released(spinlock_t *l)
{
	struct cpu *c = this_cpu();

	if (l->cpu != (int16_t)c->id)
		panic("lock %s released by CPU%u, held by %d", l->name, c->id, l->cpu);
	/* Locks may be released in another order than taken: only the top lowers the level. */
	if (c->lock_level == l->level)
		c->lock_level = l->held_level;
	l->cpu = -1;
}
#else
static void check_taken(spinlock_t *l, bool same) { }
#endif

void spin_lock_wait(spinlock_t *l, uint16_t ticket)
{
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket) {
		smp_poll();
		cpu_relax();
	}
}

static void lock(spinlock_t *l, bool same)
{
	spin_lock_wait(l, __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED));
	check_taken(l, same);
}

#ifndef NDEBUG
void spin_lock(spinlock_t *l)
{
	lock(l, false);
}

void spin_unlock(spinlock_t *l)
{
	check_released(l);
	__atomic_store_n(&l->owner, (uint16_t)(l->owner + 1), __ATOMIC_RELEASE);
}
#endif

bool spin_trylock(spinlock_t *l)
{
	uint16_t owner = __atomic_load_n(&l->owner, __ATOMIC_RELAXED), want = owner;

	if (!__atomic_compare_exchange_n(&l->next, &want, (uint16_t)(owner + 1), false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	check_taken(l, false);
	return true;
}

void spin_lock_pair(spinlock_t *a, spinlock_t *b)
{
	if (a > b) {
		spinlock_t *t = a;

		a = b;
		b = t;
	}
	lock(a, false);
	if (a != b)
		lock(b, true);
}

void spin_unlock_pair(spinlock_t *a, spinlock_t *b)
{
	spin_unlock(a > b ? a : b);
	if (a != b)
		spin_unlock(a > b ? b : a);
}

unsigned long spin_lock_irqsave_(spinlock_t *l)
{
	unsigned long flags = local_irq_save();

	spin_lock(l);
	return flags;
}

void spin_unlock_irqrestore(spinlock_t *l, unsigned long flags)
{
	spin_unlock(l);
	local_irq_restore(flags);
}
