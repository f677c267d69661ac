/* SPDX-License-Identifier: MIT
 *
 * What the files of the event channel code share.
 */
#ifndef HYPERVISOR_CORE_EVTCHN_INTERNAL_H
#define HYPERVISOR_CORE_EVTCHN_INTERNAL_H

#include "arch/x86.h"
#include "core/domain.h"
#include "lib/bitops.h"

enum evtchn_state {
	ECS_FREE,
	ECS_RESERVED,           /* port 0 */
	ECS_UNBOUND,
	ECS_INTERDOMAIN,
	ECS_PIRQ,
	ECS_VIRQ,
	ECS_IPI,
};

/* One end. state and u change under both the domain's lock and the channel's; reading takes either. */
struct evtchn {
	uint8_t lock;           /* see evtchn_lock() */
	uint8_t state;          /* enum evtchn_state */
	uint8_t priority;       /* FIFO */
	bool pending;           /* FIFO: set before the port's page of the event array was there */
	uint16_t notify_vcpu;
	uint16_t last_vcpu;     /* FIFO: queue it was last put on; the domain's queue lock */
	uint32_t port;
	uint8_t last_priority;
	union {
		struct { struct domain *domain; struct evtchn *peer; } interdomain;
		domid_t unbound_domid;
		uint32_t pirq;
		uint32_t virq;
	} u;
};
_Static_assert(sizeof(struct evtchn) == 32, "a group is one page");
_Static_assert(sizeof(struct evtchn) * EVTCHNS_PER_GROUP == PAGE_SIZE, "a group is one page");

/* What differs between the ABIs. All with the channel's lock held. */
struct evtchn_ops {
	unsigned int nr_ports;
	void (*init)(struct domain *d, struct evtchn *chn);     /* it has just been bound */
	void (*clear_pending)(struct domain *d, struct evtchn *chn);
	void (*unmask)(struct domain *d, struct evtchn *chn);
	bool (*is_pending)(const struct domain *d, const struct evtchn *chn);
	int (*set_priority)(struct domain *d, struct evtchn *chn, unsigned int priority);
};
extern const struct evtchn_ops evtchn_2l_ops, evtchn_fifo_ops;

/*
 * The channel's lock is a byte, because there are many channels and one send takes it on its way:
 * an exchange and a store. It is held for a few dozen instructions and is innermost among
 * the locks of this level. Channels of VIRQs and PIRQs are locked by interrupt handlers
 * too, the others (IPI, interdomain) never; who does not know takes the irqsave form.
 */
static inline void evtchn_lock(struct evtchn *chn)
{
	while (unlikely(__atomic_exchange_n(&chn->lock, 1, __ATOMIC_ACQUIRE))) {
		smp_poll();
		cpu_relax();
	}
}

static inline void evtchn_unlock(struct evtchn *chn)
{
	__atomic_store_n(&chn->lock, 0, __ATOMIC_RELEASE);
}

static inline unsigned long evtchn_lock_irqsave(struct evtchn *chn)
{
	unsigned long flags = local_irq_save();

	evtchn_lock(chn);
	return flags;
}

static inline void evtchn_unlock_irqrestore(struct evtchn *chn, unsigned long flags)
{
	evtchn_unlock(chn);
	local_irq_restore(flags);
}

/* NULL: no such port. */
static inline struct evtchn *evtchn_find(const struct domain *d, unsigned int port)
{
	if (unlikely(port >= __atomic_load_n(&d->evtchn.valid_ports, __ATOMIC_ACQUIRE)))
		return NULL;
	return &READ_ONCE(d->evtchn.group)[port / EVTCHNS_PER_GROUP][port % EVTCHNS_PER_GROUP];
}

static inline void evtchn_2l_set_pending(struct domain *d, struct evtchn *chn)
{
	struct shared_info *s = d->shared_info;
	unsigned int port = chn->port;
	struct vcpu *v;

	if (test_and_set_bit(port, s->evtchn_pending))
		return;
	if (!test_bit(port, s->evtchn_mask)) {
		v = d->vcpu[chn->notify_vcpu];
		if (likely(v) && !test_and_set_bit(port / 64, &READ_ONCE(v->vcpu_info)->evtchn_pending_sel))
			vcpu_mark_events_pending(v);
	}
	if (unlikely(READ_ONCE(d->poll_mask)))
		sched_check_pollers(d, port);
}

void evtchn_fifo_set_pending(struct domain *d, struct evtchn *chn);

/* The channel's lock is held. */
static inline void evtchn_set_pending(struct domain *d, struct evtchn *chn)
{
	if (d->evtchn.fifo)
		evtchn_fifo_set_pending(d, chn);
	else
		evtchn_2l_set_pending(d, chn);
}

/* LOCK_EVTCHN of d is held: a free port, whose state is still ECS_FREE, or NULL and *err. */
struct evtchn *evtchn_alloc(struct domain *d, int *err);
/* LOCK_EVTCHN of d is held: the channel leaves ECS_FREE. */
void evtchn_bind(struct domain *d, struct evtchn *chn, const struct evtchn *as);
int evtchn_close(struct domain *d, unsigned int port);

bool virq_is_global(unsigned int virq);
void evtchn_virq_forget(struct domain *d, unsigned int virq, unsigned int port);
void evtchn_virq_domain_gone(struct domain *d);

int evtchn_fifo_init_control(struct domain *d, struct evtchn_init_control *c);
int evtchn_fifo_expand_array(struct domain *d, const struct evtchn_expand_array *e);
void evtchn_fifo_destroy(struct domain *d);     /* no channel is open; LOCK_EVTCHN is held */

#endif
