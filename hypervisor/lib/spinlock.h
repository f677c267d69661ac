/* SPDX-License-Identifier: MIT
 *
 * Ticket spinlocks with levels. Every lock of the hypervisor has a level from
 * the one list below; a CPU may only take a lock whose level is higher than
 * that of each lock it holds. A debug build checks this and stops with both names.
 * LOCK_SAME allows one more lock of the same level when the caller orders the
 * two by address (spin_lock_pair).
 *
 * spin_lock_irqsave() is for locks that an interrupt handler takes too; the
 * plain form is for all others. Interrupts are off in the hypervisor except in
 * the preemption points and idle loop, but correctness must not depend on it.
 *
 * Next: docs/locking.md lists what each lock protects.
 */
#ifndef HYPERVISOR_LIB_SPINLOCK_H
#define HYPERVISOR_LIB_SPINLOCK_H

#include "lib/types.h"

/* Outermost first. */
enum lock_level {
	LOCK_NONE,
	LOCK_DOMCTL,        /* one domctl/sysctl at a time */
	LOCK_DOMLIST,       /* list of domains */
	LOCK_DOMAIN,        /* struct domain: lifecycle, pause, shutdown, vCPU set-up */
	LOCK_GRANT_TABLE,   /* a domain's grant table */
	LOCK_GRANT_ENTRY,
	LOCK_MAPTRACK,
	LOCK_PAGING,        /* a domain's page-table updates */
	LOCK_PAGE,          /* one page table's entries */
	LOCK_EVTCHN,        /* a domain's event channels */
	LOCK_EVTCHN_CHANNEL,
	LOCK_EVTCHN_QUEUE,
	LOCK_PIRQ,
	LOCK_PAGE_ALLOC,    /* a domain's page list and counts */
	LOCK_SCHED,         /* a CPU's run queue */
	LOCK_TIMER,         /* a CPU's timer heap */
	LOCK_HEAP,          /* frame allocator */
	LOCK_KMALLOC,
	LOCK_VMAP,
	LOCK_TLB,           /* shoot-down mailbox */
	LOCK_IRQ,
	LOCK_DOMAIN_CONSOLE, /* a domain's line buffer for console_io */
	LOCK_CONSOLE,
	LOCK_UART,
};

typedef struct spinlock {
	uint16_t owner, next;
	uint8_t level;
#ifndef NDEBUG
	uint8_t held_level;     /* level this CPU held before */
	int16_t cpu;            /* who holds it, -1 none */
	const char *name;
#endif
} spinlock_t;

#ifndef NDEBUG
#define SPINLOCK_INIT(lvl) { .level = (lvl), .cpu = -1, .name = #lvl }
#define spin_lock_init(l, lvl) (*(l) = (spinlock_t)SPINLOCK_INIT(lvl))
#else
#define SPINLOCK_INIT(lvl) { .level = (lvl) }
#define spin_lock_init(l, lvl) (*(l) = (spinlock_t)SPINLOCK_INIT(lvl))
#endif
#define DEFINE_SPINLOCK(n, lvl) spinlock_t n = SPINLOCK_INIT(lvl)

void spin_lock_wait(spinlock_t *l, uint16_t ticket);    /* until it is this ticket's turn */
#ifndef NDEBUG
void spin_lock(spinlock_t *l);
void spin_unlock(spinlock_t *l);
#else
static inline void spin_lock(spinlock_t *l)
{
	uint16_t ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	if (unlikely(__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket))
		spin_lock_wait(l, ticket);
}

static inline void spin_unlock(spinlock_t *l)
{
	__atomic_store_n(&l->owner, (uint16_t)(l->owner + 1), __ATOMIC_RELEASE);
}
#endif
bool spin_trylock(spinlock_t *l);
/* Lock two locks of one level in address order; a == b locks once. */
void spin_lock_pair(spinlock_t *a, spinlock_t *b);
void spin_unlock_pair(spinlock_t *a, spinlock_t *b);
unsigned long spin_lock_irqsave_(spinlock_t *l);
void spin_unlock_irqrestore(spinlock_t *l, unsigned long flags);
#define spin_lock_irqsave(l, f) ((f) = spin_lock_irqsave_(l))

/* A lock that is spun on may be needed by a CPU which waits for our answer to an IPI: see arch/smp.h. */

#endif
