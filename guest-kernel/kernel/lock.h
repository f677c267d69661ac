/* SPDX-License-Identifier: MIT */
/*
 * Locks and their order.
 *
 * Every spinlock has a level below. A CPU may take a lock only at a higher level than all it holds;
 * spin_lock() checks this in every build, because the check is two instructions. Locks are released
 * in reverse order (each remembers the interrupt state its taker had).
 *
 * A spinlock disables interrupts, so any of them may be taken in an interrupt handler. Nobody sleeps,
 * touches user memory or allocates with one held, except where a contract says so.
 *
 * Sleeping locks (struct mutex) come before all spinlocks, in this order:
 *     inode (tmpfs: parent directory before child) -> mm -> 9p and device request buffers.
 * User memory may be touched with an inode's mutex held, never with an mm's.
 */
#ifndef GUEST_KERNEL_KERNEL_LOCK_H
#define GUEST_KERNEL_KERNEL_LOCK_H

#include "list.h"

enum lock_level {
	LOCK_NONE,
	LOCK_PTY,	/* a pseudo-terminal pair's existence */
	LOCK_TTY,	/* one terminal: buffers, settings, foreground group */
	LOCK_PROC,	/* process tree, groups, sessions, pending signals, exit states */
	LOCK_FILES,	/* one process's descriptor table */
	LOCK_OBJECT,	/* one pipe, socket, device queue, futex table */
	LOCK_OBJECT2,	/* the peer of an object, taken while holding it */
	LOCK_INODE,	/* tmpfs: the page table of a file */
	LOCK_MUTEX,	/* inside a struct mutex */
	LOCK_WAITQ,	/* a list of waiters */
	LOCK_TIMER,	/* the list of timers */
	LOCK_SCHED,	/* run queue and task states */
	LOCK_PTE,	/* pv: the queue of page-table updates */
	LOCK_KMALLOC,	/* small allocations */
	LOCK_PAGE,	/* free pages */
	LOCK_IRQ,	/* interrupt controllers, event channel bindings */
	LOCK_CONSOLE,	/* the console's hardware or ring, and the log: printk() works anywhere */
	LOCK_UART,	/* native: the serial port's registers; pv: the console ring */
	LOCK_LEVELS,
};

struct spinlock {
	volatile u32 held;
	u8 level;
	u8 saved_level;	/* the taker's level before */
	u64 saved_irq;	/* the taker's interrupt state before */
};

#define SPINLOCK_INIT(lvl) { .level = (lvl) }

static inline void spin_init(struct spinlock *l, enum lock_level level)
{
	*l = (struct spinlock)SPINLOCK_INIT(level);
}

void spin_lock(struct spinlock *l);
void spin_unlock(struct spinlock *l);

struct task;

/* Waiters of one condition. Whoever makes the condition true calls wake_all() afterwards. */
struct waitq {
	struct spinlock lock;
	struct list waiters;
};

struct waiter {
	struct list link;
	struct task *task;
	struct waitq *wq;
};

#define WAITQ_INIT(name) { SPINLOCK_INIT(LOCK_WAITQ), LIST_INIT((name).waiters) }

void waitq_init(struct waitq *wq);
void waitq_add(struct waitq *wq, struct waiter *w);
void waitq_del(struct waiter *w);
void wake_all(struct waitq *wq);
/*
 * The same by somebody who will soon wait himself, such as for the answer: the woken stay with this CPU
 * instead of calling an idle one, which costs more than it gains.
 */
void wake_all_soon(struct waitq *wq);

/*
 * Waits for a wake-up of wq with `lock` (held by the caller, protecting the condition) released.
 * Holds it again on return. Returns 0, or -EINTR when a signal is pending, or -ETIMEDOUT once the
 * clock passes `deadline` (nanoseconds, 0 for never). The caller checks its condition in a loop.
 */
int wait_locked(struct waitq *wq, struct spinlock *lock, u64 deadline);
/* The same, deaf to signals. */
void wait_locked_uninterruptible(struct waitq *wq, struct spinlock *lock);
/* The same, but -EINTR when a signal is going to end the task: for waits whose other side may be dead. */
int wait_locked_killable(struct waitq *wq, struct spinlock *lock);

struct mutex {
	struct spinlock lock;
	struct task *owner;
	struct waitq wait;
};

void mutex_init(struct mutex *m);
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_held(struct mutex *m);
#define MUTEX_INIT(name) { SPINLOCK_INIT(LOCK_MUTEX), NULL, WAITQ_INIT((name).wait) }

static inline int atomic_inc(int *p)
{
	return __atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST);
}

/* Returns the new value. */
static inline int atomic_dec(int *p)
{
	return __atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST);
}

#endif
