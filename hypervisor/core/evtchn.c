/* SPDX-License-Identifier: MIT
 *
 * Event channels: the table of a domain's ports, sending, closing.
 *
 * A channel is a port of one domain that becomes pending because another domain
 * (interdomain), another vCPU (IPI), a device (PIRQ) or the hypervisor (VIRQ) says so. What
 * the guest sees of it is two bits, pending and masked, in its own memory.
 *
 * What a masked event means: pending is recorded all the same, but nobody is told. The
 * guest that unmasks must look at pending afterwards, which is why unmask is a hypercall
 * on another vCPU's port; on its own a guest may clear the bit and look itself.
 *
 * Locks, in this order:
 *   LOCK_EVTCHN, a domain's (two by spin_lock_pair): which ports are free, every change of state.
 *   a channel's byte lock, with interrupts off (two in address order): sending. Changing state takes it as well, so
 *   a sender which has looked at state under it has a peer and a vCPU that stay.
 *   LOCK_EVTCHN_QUEUE, a domain's FIFO queues.
 * A group of channels is never freed before its domain, so finding a channel takes no lock.
 *
 * Next: core/evtchn_op.c for the hypercall, core/evtchn_fifo.c.
 */
#include "core/evtchn_internal.h"
#include "core/hypercall.h"
#include "core/pirq.h"
#include "lib/errno.h"
#include "lib/panic.h"

#define FIFO_GROUPS (EVTCHN_FIFO_NR_CHANNELS / EVTCHNS_PER_GROUP)
#define CLOSES_PER_CHECK 64

/* --- the table --- */

/* Room for more than the first 4096 ports. Readers may still use the old table: it is part of the structure. */
static bool widen_table(struct domain_evtchn *e)
{
	struct evtchn **wide;

	if (e->group != e->first_group)
		return true;
	wide = kzalloc(FIFO_GROUPS * sizeof(wide[0]));
	if (!wide)
		return false;
	for (unsigned int i = 0; i < EVTCHN_FIRST_GROUPS; i++)
		wide[i] = e->first_group[i];
	__atomic_store_n(&e->group, wide, __ATOMIC_RELEASE);
	return true;
}

static int add_group(struct domain_evtchn *e)
{
	unsigned int first = e->valid_ports;
	struct evtchn *g;

	if (first / EVTCHNS_PER_GROUP >= EVTCHN_FIRST_GROUPS && !widen_table(e))
		return -ENOMEM;
	g = kzalloc_pages(PAGE_SIZE);
	if (!g)
		return -ENOMEM;
	for (unsigned int i = 0; i < EVTCHNS_PER_GROUP; i++)
		g[i].port = first + i;
	e->group[first / EVTCHNS_PER_GROUP] = g;
	__atomic_store_n(&e->valid_ports, first + EVTCHNS_PER_GROUP, __ATOMIC_RELEASE);
	return 0;
}

int evtchn_domain_init(struct domain *d, unsigned int max_port)
{
	struct domain_evtchn *e = &d->evtchn;
	int rc;

	spin_lock_init(&e->lock, LOCK_EVTCHN);
	e->max_port = MIN(max_port, (unsigned int)EVTCHN_FIFO_NR_CHANNELS - 1);
	e->group = e->first_group;
	e->pirq_eoi_mfn = INVALID_MFN;
	e->ops = &evtchn_2l_ops;
	rc = add_group(e);
	if (rc)
		return rc;
	/* Port 0 is nobody's: it stands for "none" in many places. */
	evtchn_find(d, 0)->state = ECS_RESERVED;
	e->next_free = 1;
	return 0;
}

void evtchn_domain_free(struct domain *d)
{
	struct domain_evtchn *e = &d->evtchn;

	/* Created, and given up before it was ever killed. */
	evtchn_virq_domain_gone(d);
	pirq_domain_destroy(d);
	kfree(e->pirq);
	for (unsigned int i = 0; i < e->valid_ports / EVTCHNS_PER_GROUP; i++)
		kfree_pages(e->group[i], PAGE_SIZE);
	if (e->group != e->first_group)
		kfree(e->group);
}

void evtchn_vcpu_destroy(struct vcpu *v)
{
}

struct evtchn *evtchn_alloc(struct domain *d, int *err)
{
	struct domain_evtchn *e = &d->evtchn;
	unsigned int port = e->next_free;

	if (READ_ONCE(d->dying)) {
		*err = -EINVAL;
		return NULL;
	}
	for (;; port++) {
		if (port > e->max_port || port >= e->ops->nr_ports) {
			*err = (int)hypercall_error(-ENOSPC, "domain %u has used its %u event channels",
						    d->domid, MIN(e->max_port, e->ops->nr_ports - 1));
			return NULL;
		}
		if (port >= e->valid_ports) {
			*err = add_group(e);
			if (*err)
				return NULL;
		}
		if (evtchn_find(d, port)->state == ECS_FREE)
			break;
	}
	e->next_free = port;
	return evtchn_find(d, port);
}

void evtchn_bind(struct domain *d, struct evtchn *chn, const struct evtchn *as)
{
	unsigned long flags = evtchn_lock_irqsave(chn);

	chn->notify_vcpu = as->notify_vcpu;
	chn->u = as->u;
	chn->state = as->state;
	d->evtchn.ops->init(d, chn);
	evtchn_unlock_irqrestore(chn, flags);
	d->evtchn.active++;
	d->evtchn.next_free = chn->port + 1;
}

/* LOCK_EVTCHN is held, the channel's lock too. */
static void free_channel(struct domain *d, struct evtchn *chn)
{
	d->evtchn.ops->clear_pending(d, chn);
	chn->pending = false;
	chn->state = ECS_FREE;
	chn->notify_vcpu = 0;
	d->evtchn.active--;
	d->evtchn.next_free = MIN(d->evtchn.next_free, chn->port);
}

/* --- telling the guest --- */

/* TOUR 3.3: the target vCPU is told, once, and woken or interrupted if it is elsewhere. */
void vcpu_mark_events_pending(struct vcpu *v)
{
	struct vcpu_info *vi = READ_ONCE(v->vcpu_info);

	if (__atomic_exchange_n(&vi->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
		return;
	/* One that runs here finds it on its way out, unless it was just about to sleep. */
	if (v != current || test_bit(VPF_BLOCKED, &v->pause_flags))
		vcpu_kick(v);
}

/*
 * A sender sets pending in the shared page first and reads v->vcpu_info then: if it
 * read the old address, what it set is seen by the guest that finds every selector bit set here.
 */
void evtchn_vcpu_info_moved(struct vcpu *v)
{
	struct vcpu_info *vi = v->vcpu_info;

	__atomic_store_n(&vi->evtchn_pending_sel, ~0UL, __ATOMIC_SEQ_CST);
	__atomic_store_n(&vi->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
	if (v != current)
		vcpu_kick(v);
}

/* --- sending --- */

static __noinline long send_refused(unsigned int port)
{
	return hypercall_error(-EINVAL, "send: port %u is closed, or not for sending", port);
}

/* Kept straight: this is what a ring's notification costs. */
long evtchn_send(struct domain *from, unsigned int port)
{
	struct evtchn *chn = evtchn_find(from, port);
	bool refused = false;

	if (unlikely(!chn))
		return -EINVAL;
	local_irq_disable();
	evtchn_lock(chn);
	/* TOUR 3.2: under the channel's lock its peer stays what it is: a close takes the lock first. */
	if (likely(chn->state == ECS_INTERDOMAIN))
		evtchn_set_pending(chn->u.interdomain.domain, chn->u.interdomain.peer);
	else if (chn->state == ECS_IPI)
		evtchn_set_pending(from, chn);
	else
		refused = chn->state != ECS_UNBOUND;    /* the peer is gone or yet to come: nothing happens */
	evtchn_unlock(chn);
	local_irq_enable();
	return likely(!refused) ? 0 : send_refused(port);
}

bool evtchn_port_valid(struct domain *d, unsigned int port)
{
	return evtchn_find(d, port);
}

bool evtchn_port_pending(struct domain *d, unsigned int port)
{
	struct evtchn *chn = evtchn_find(d, port);
	unsigned long flags;
	bool pending;

	if (!chn)
		return false;
	flags = evtchn_lock_irqsave(chn);
	pending = chn->state >= ECS_UNBOUND && d->evtchn.ops->is_pending(d, chn);
	evtchn_unlock_irqrestore(chn, flags);
	return pending;
}

/* --- closing --- */

/* LOCK_EVTCHN of both domains is held. The peer becomes unbound, free for us to bind again. */
static void close_interdomain(struct domain *d, struct evtchn *chn)
{
	struct evtchn *peer = chn->u.interdomain.peer;
	unsigned long flags = local_irq_save();

	evtchn_lock(MIN(chn, peer));
	if (peer != chn)
		evtchn_lock(MAX(chn, peer));
	peer->state = ECS_UNBOUND;
	peer->u.unbound_domid = d->domid;
	free_channel(d, chn);
	if (peer != chn)
		evtchn_unlock(peer);
	evtchn_unlock(chn);
	local_irq_restore(flags);
}

/* LOCK_EVTCHN is held. */
static void close_one_sided(struct domain *d, struct evtchn *chn)
{
	unsigned long flags;

	if (chn->state == ECS_VIRQ)
		evtchn_virq_forget(d, chn->u.virq, chn->port);
	else if (chn->state == ECS_PIRQ)
		pirq_unbind_port(d, chn->u.pirq, chn->port);
	flags = evtchn_lock_irqsave(chn);
	free_channel(d, chn);
	evtchn_unlock_irqrestore(chn, flags);
}

int evtchn_close(struct domain *d, unsigned int port)
{
	struct evtchn *chn = evtchn_find(d, port);
	struct domain *peer = NULL;
	unsigned long flags;
	bool open;

	if (!chn)
		return (int)hypercall_error(-EINVAL, "close: there is no port %u", port);
	/* Which other lock is needed is known only under locks: find out, take both, look again. */
	for (;;) {
		flags = evtchn_lock_irqsave(chn);
		peer = chn->state == ECS_INTERDOMAIN ? chn->u.interdomain.domain : NULL;
		if (peer && !domain_get(peer))
			peer = NULL;    /* it is being freed, so it has closed its end or is about to */
		evtchn_unlock_irqrestore(chn, flags);

		spin_lock_pair(&d->evtchn.lock, peer ? &peer->evtchn.lock : &d->evtchn.lock);
		if (chn->state != ECS_INTERDOMAIN || chn->u.interdomain.domain == peer)
			break;
		spin_unlock_pair(&d->evtchn.lock, peer ? &peer->evtchn.lock : &d->evtchn.lock);
		if (peer)
			domain_put(peer);
	}
	open = chn->state >= ECS_UNBOUND;
	if (chn->state == ECS_INTERDOMAIN)
		close_interdomain(d, chn);
	else if (open)
		close_one_sided(d, chn);
	spin_unlock_pair(&d->evtchn.lock, peer ? &peer->evtchn.lock : &d->evtchn.lock);
	if (peer)
		domain_put(peer);
	return open ? 0 : (int)hypercall_error(-EINVAL, "close: port %u is not open", port);
}

/* 0, or -ERESTART with e->next_close behind what is closed. */
static int close_all(struct domain *d)
{
	struct domain_evtchn *e = &d->evtchn;
	unsigned int port = MAX(e->next_close, 1U);

	for (; port < e->valid_ports && READ_ONCE(e->active); port++) {
		const struct evtchn *chn = evtchn_find(d, port);

		if (chn && chn->state != ECS_FREE)
			(void)evtchn_close(d, port);
		if (port % CLOSES_PER_CHECK == 0 && hypercall_preempt_check()) {
			e->next_close = port + 1;
			return -ERESTART;
		}
	}
	e->next_close = 0;
	return 0;
}

int evtchn_domain_destroy(struct domain *d)
{
	struct domain_evtchn *e = &d->evtchn;
	int rc = close_all(d);

	if (rc)
		return rc;
	evtchn_virq_domain_gone(d);
	spin_lock(&e->lock);
	evtchn_fifo_destroy(d);
	spin_unlock(&e->lock);
	pirq_domain_destroy(d);
	return 0;
}

int evtchn_reset(struct domain *d, bool resuming)
{
	struct domain_evtchn *e = &d->evtchn;
	int rc;

	if (d != current->domain && !READ_ONCE(d->controller_pause_count))
		return (int)hypercall_error(-EINVAL, "reset: domain %u is not paused", d->domid);
	if (!resuming)
		e->next_close = 0;
	rc = close_all(d);
	if (rc)
		return rc;
	spin_lock(&e->lock);
	if (e->active)
		rc = -EAGAIN;   /* somebody opened one behind us */
	else
		evtchn_fifo_destroy(d);
	spin_unlock(&e->lock);
	return rc;
}

/* --- the 2-level ABI --- */

static void l2_init(struct domain *d, struct evtchn *chn)
{
}

static void l2_clear_pending(struct domain *d, struct evtchn *chn)
{
	clear_bit(chn->port, d->shared_info->evtchn_pending);
}

/* In this order, and the sender in the opposite one: whichever comes second sees what the first has done. */
static void l2_unmask(struct domain *d, struct evtchn *chn)
{
	struct vcpu *v = d->vcpu[chn->notify_vcpu];

	if (test_and_clear_bit(chn->port, d->shared_info->evtchn_mask) &&
	    test_bit(chn->port, d->shared_info->evtchn_pending) && v &&
	    !test_and_set_bit(chn->port / 64, &READ_ONCE(v->vcpu_info)->evtchn_pending_sel))
		vcpu_mark_events_pending(v);
}

static bool l2_is_pending(const struct domain *d, const struct evtchn *chn)
{
	return test_bit(chn->port, d->shared_info->evtchn_pending);
}

const struct evtchn_ops evtchn_2l_ops = {
	.nr_ports = EVTCHN_2L_NR_CHANNELS,
	.init = l2_init,
	.clear_pending = l2_clear_pending,
	.unmask = l2_unmask,
	.is_pending = l2_is_pending,
};
