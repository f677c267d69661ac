/* SPDX-License-Identifier: MIT */
/*
 * Timers and the time of day. Armed timers are sorted by deadline; any CPU's timer interrupt runs
 * those that are due.
 *
 * Locks: timer_lock for the list. A timer's function runs without it, with interrupts off.
 */
#include "errno.h"
#include "lib.h"
#include "syscall.h"
#include "task.h"

static struct spinlock timer_lock = SPINLOCK_INIT(LOCK_TIMER);
static struct list timers = LIST_INIT(timers);
static s64 wall_offset;		/* what clock_settime added */
static struct timer *running[MAX_CPUS];

void timer_add(struct timer *t, u64 deadline)
{
	struct timer *o;

	spin_lock(&timer_lock);
	list_del(&t->link);
	t->deadline = deadline;
	list_for_each(o, &timers, link)
		if (o->deadline > deadline)
			break;
	list_add_tail(&t->link, &o->link);
	timer_reprogram(deadline);
	spin_unlock(&timer_lock);
}

/* True if it was armed. Afterwards its function is not running and will not run. */
bool timer_del(struct timer *t)
{
	bool armed;

	spin_lock(&timer_lock);
	armed = !list_empty(&t->link);
	list_del(&t->link);
	spin_unlock(&timer_lock);
	for (unsigned i = 0; i < cpu_count; i++)
		while (__atomic_load_n(&running[i], __ATOMIC_ACQUIRE) == t && i != this_cpu()->id)
			plat_relax();
	return armed;
}

u64 timer_next(void)
{
	u64 deadline;

	spin_lock(&timer_lock);
	deadline = list_empty(&timers) ? ~0ull : list_first(&timers, struct timer, link)->deadline;
	spin_unlock(&timer_lock);
	return deadline;
}

void timers_run(u64 now)
{
	struct timer **mine = &running[this_cpu()->id];

	spin_lock(&timer_lock);
	while (!list_empty(&timers)) {
		struct timer *t = list_first(&timers, struct timer, link);

		if (t->deadline > now)
			break;
		list_del(&t->link);
		__atomic_store_n(mine, t, __ATOMIC_RELEASE);
		spin_unlock(&timer_lock);
		t->fn(t);
		__atomic_store_n(mine, NULL, __ATOMIC_RELEASE);
		spin_lock(&timer_lock);
	}
	spin_unlock(&timer_lock);
}

static struct spinlock sleep_lock = SPINLOCK_INIT(LOCK_OBJECT);
static struct waitq sleepers = WAITQ_INIT(sleepers);

int sleep_until(u64 deadline)
{
	int ret = 0;

	spin_lock(&sleep_lock);
	while (plat_clock() < deadline && ret != -EINTR)
		ret = wait_locked(&sleepers, &sleep_lock, deadline);
	spin_unlock(&sleep_lock);
	return ret == -EINTR ? ret : 0;
}

u64 wall_clock(void)
{
	return plat_wallclock() + plat_clock() + wall_offset;
}

void wall_clock_set(u64 ns)
{
	wall_offset += (s64)(ns - wall_clock());
}
