/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks that check their order, queues of waiters, sleeping locks.
 *
 * A task that waits puts itself on the queue and into a sleeping state *before* it lets go of the lock
 * that protects its condition; a waker changes the condition under that lock and then wakes. So the
 * wake-up cannot fall between the test and the sleep. Where the object may be gone once its lock is free (the other
 * end of a pipe was only waiting for it), the waker wakes before it lets go.
 *
 * Next: sched.c.
 */
#include "errno.h"
#include "lib.h"
#include "lock.h"
#include "task.h"

/* Spins this often before asking the platform for help: under PV the holder may not be running. */
#define SPINS_BEFORE_RELAX 1000
#define STUCK_NS 60000000000UL  /* nobody holds one that long: say who waits, rather than wait for ever */
#define GAP_NS   10000000UL     /* longer between two looks: it was we who did not run, paused for example */

/* Since when it spins, as far as it was seen to. */
struct spun {
	u64 looked, ns;
};

static void relax(struct spinlock *l, struct spun *s)
{
	u64 now = plat_clock();

	if (s->looked)
		s->ns += min(now - s->looked, GAP_NS);
	s->looked = now;
	if (s->ns > STUCK_NS) {
		this_cpu()->lock_level = LOCK_NONE;     /* the console's locks are taken to say so */
		panic("spinlock %p of level %u does not become free", (void *)l, l->level);
	}
	plat_relax();
}

void spin_lock(struct spinlock *l)
{
	u64 irq = plat_irq_save();
	struct cpu *c = this_cpu();
	struct spun spun = { 0 };
	unsigned spins = 0;

	if (unlikely(l->level <= c->lock_level))
		panic("lock order: level %u taken while holding level %u", l->level, c->lock_level);
	while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE)) {
		while (l->held) {
			__asm__ volatile("pause");
			if (++spins % SPINS_BEFORE_RELAX == 0)
				relax(l, &spun);
		}
	}
	l->saved_irq = irq;
	l->saved_level = c->lock_level;
	c->lock_level = l->level;
}

void spin_unlock(struct spinlock *l)
{
	u64 irq = l->saved_irq;

	this_cpu()->lock_level = l->saved_level;
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
	plat_irq_restore(irq);
}

void waitq_init(struct waitq *wq)
{
	spin_init(&wq->lock, LOCK_WAITQ);
	list_init(&wq->waiters);
}

void waitq_add(struct waitq *wq, struct waiter *w)
{
	w->task = current;
	w->wq = wq;
	spin_lock(&wq->lock);
	list_add_tail(&w->link, &wq->waiters);
	spin_unlock(&wq->lock);
}

void waitq_del(struct waiter *w)
{
	spin_lock(&w->wq->lock);
	list_del(&w->link);
	spin_unlock(&w->wq->lock);
}

static void wake(struct waitq *wq, unsigned how)
{
	struct waiter *w;

	if (list_empty(&wq->waiters))
		return;
	spin_lock(&wq->lock);
	list_for_each(w, &wq->waiters, link)
		task_wake(w->task, how);
	spin_unlock(&wq->lock);
}

void wake_all(struct waitq *wq)
{
	wake(wq, WAKE_NORMAL);
}

void wake_all_soon(struct waitq *wq)
{
	wake(wq, WAKE_NORMAL | WAKE_SOON);
}

static void wake_sleeper(struct timer *t)
{
	task_wake(t->arg, WAKE_NORMAL);
}

int wait_locked(struct waitq *wq, struct spinlock *lock, u64 deadline)
{
	struct timer timer = { .fn = wake_sleeper, .arg = current };
	struct waiter w;
	int ret = 0;

	list_init(&timer.link);
	waitq_add(wq, &w);
	task_set_state(TASK_SLEEPING);
	if (signal_pending(current)) {
		ret = -EINTR;
	} else if (deadline && plat_clock() >= deadline) {
		ret = -ETIMEDOUT;
	} else {
		spin_unlock(lock);
		if (deadline)
			timer_add(&timer, deadline);
		schedule();
		if (deadline)
			timer_del(&timer);
		spin_lock(lock);
	}
	task_set_state(TASK_RUNNING);
	waitq_del(&w);
	return ret;
}

void wait_locked_uninterruptible(struct waitq *wq, struct spinlock *lock)
{
	struct waiter w;

	waitq_add(wq, &w);
	task_set_state(TASK_BLOCKED);
	spin_unlock(lock);
	schedule();
	spin_lock(lock);
	waitq_del(&w);
}

int wait_locked_killable(struct waitq *wq, struct spinlock *lock)
{
	struct waiter w;
	int ret = 0;

	waitq_add(wq, &w);
	task_set_state(TASK_KILLABLE);
	if (signal_fatal(current)) {
		ret = -EINTR;
	} else {
		spin_unlock(lock);
		schedule();
		spin_lock(lock);
	}
	task_set_state(TASK_RUNNING);
	waitq_del(&w);
	return ret;
}

void mutex_init(struct mutex *m)
{
	spin_init(&m->lock, LOCK_MUTEX);
	m->owner = NULL;
	waitq_init(&m->wait);
}

void mutex_lock(struct mutex *m)
{
	spin_lock(&m->lock);
	ASSERT(m->owner != current);
	while (m->owner)
		wait_locked_uninterruptible(&m->wait, &m->lock);
	m->owner = current;
	spin_unlock(&m->lock);
}

void mutex_unlock(struct mutex *m)
{
	spin_lock(&m->lock);
	ASSERT(m->owner == current);
	m->owner = NULL;
	wake_all(&m->wait);
	spin_unlock(&m->lock);
}

bool mutex_held(struct mutex *m)
{
	return m->owner == current;
}
