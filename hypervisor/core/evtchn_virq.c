/* SPDX-License-Identifier: MIT
 *
 * Virtual interrupts: events that the hypervisor sends. Those of a vCPU (timer, debug) go
 * to whom they concern; the global ones go to one domain, the control domain
 * unless domctl names another.
 *
 * Lock: global_lock for the table of handlers, in any context. Next: core/evtchn.c.
 */
#include "core/evtchn_internal.h"
#include "core/hypercall.h"
#include "lib/errno.h"

/* Between a domain's channels and their queues: a sender holds it while it locks a channel. */
static DEFINE_SPINLOCK(global_lock, LOCK_EVTCHN_CHANNEL);
static struct domain *handler[NR_VIRQS];        /* with a reference; NULL: the control domain */

bool virq_is_global(unsigned int virq)
{
	return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

/* The domain's LOCK_EVTCHN is held: virq no longer goes to port. */
void evtchn_virq_forget(struct domain *d, unsigned int virq, unsigned int port)
{
	struct vcpu *v;

	if (d->virq_to_evtchn_global[virq] == port)
		WRITE_ONCE(d->virq_to_evtchn_global[virq], 0);
	for_each_vcpu(d, v)
		if (v->virq_to_evtchn[virq] == port)
			WRITE_ONCE(v->virq_to_evtchn[virq], 0);
}

/* The port was read without a lock: it may be somebody else's by now. */
static void send_virq(struct domain *d, unsigned int virq, unsigned int port)
{
	struct evtchn *chn = port ? evtchn_find(d, port) : NULL;
	unsigned long flags;

	if (!chn)
		return;
	flags = evtchn_lock_irqsave(chn);
	if (likely(chn->state == ECS_VIRQ && chn->u.virq == virq))
		evtchn_set_pending(d, chn);
	evtchn_unlock_irqrestore(chn, flags);
}

void evtchn_send_vcpu_virq(struct vcpu *v, unsigned int virq)
{
	send_virq(v->domain, virq, READ_ONCE(v->virq_to_evtchn[virq]));
}

void evtchn_send_global_virq(unsigned int virq)
{
	unsigned long flags;
	struct domain *d;

	spin_lock_irqsave(&global_lock, flags);
	d = handler[virq] ? handler[virq] : dom0;
	if (d)
		send_virq(d, virq, READ_ONCE(d->virq_to_evtchn_global[virq]));
	spin_unlock_irqrestore(&global_lock, flags);
}

int evtchn_set_global_virq_handler(struct domain *d, unsigned int virq)
{
	struct domain *old;
	unsigned long flags;

	if (virq >= NR_VIRQS || !virq_is_global(virq))
		return (int)hypercall_error(-EINVAL, "VIRQ %u is not a global one", virq);
	if (d != dom0 && !domain_get(d))
		return -EINVAL;
	spin_lock_irqsave(&global_lock, flags);
	if (READ_ONCE(d->dying)) {
		old = d == dom0 ? NULL : d;
	} else {
		old = handler[virq];
		handler[virq] = d == dom0 ? NULL : d;
	}
	spin_unlock_irqrestore(&global_lock, flags);
	if (old)
		domain_put(old);
	return READ_ONCE(d->dying) ? -EINVAL : 0;
}

/* A dying domain handles nothing; and dom0 itself when it could not be built. */
void evtchn_virq_domain_gone(struct domain *d)
{
	unsigned int dropped = 0;
	unsigned long flags;

	spin_lock_irqsave(&global_lock, flags);
	for (unsigned int i = 0; i < NR_VIRQS; i++) {
		if (handler[i] == d) {
			handler[i] = NULL;
			dropped++;
		}
	}
	spin_unlock_irqrestore(&global_lock, flags);
	while (dropped--)
		domain_put(d);
}
