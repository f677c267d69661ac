/* SPDX-License-Identifier: MIT
 *
 * The event_channel_op hypercall. [Xen public/event_channel.h]
 *
 * Each operation gets a local copy of its argument structure, and what it writes there goes
 * back to the guest. Where that copy fails after a port was opened, the port stays open, as on Xen:
 * the guest has asked for it with a bad address and will find out.
 *
 * Locks: see core/evtchn.c.
 */
#include "arch/context.h"
#include "arch/guest_access.h"
#include "core/evtchn_internal.h"
#include "core/hypercall.h"
#include "core/pirq.h"
#include "lib/errno.h"

static domid_t resolve_self(domid_t id)
{
	return id == DOMID_SELF ? current->domain->domid : id;
}

/* --- opening --- */

int evtchn_open_unbound(struct domain *d, domid_t remote, unsigned int vcpu, evtchn_port_t *port)
{
	struct evtchn as = { .state = ECS_UNBOUND, .notify_vcpu = (uint16_t)vcpu, .u.unbound_domid = remote }, *chn;
	int rc = 0;

	spin_lock(&d->evtchn.lock);
	chn = evtchn_alloc(d, &rc);
	if (chn) {
		evtchn_bind(d, chn, &as);
		*port = chn->port;
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

static int alloc_unbound(struct evtchn_alloc_unbound *op)
{
	struct domain *d;
	int rc = 0;

	d = domain_find_get_remote(op->dom, &rc);
	if (!d)
		return rc;
	rc = evtchn_open_unbound(d, resolve_self(op->remote_dom), 0, &op->port);
	domain_put(d);
	return rc;
}

/* Both domains' LOCK_EVTCHN are held. */
static int connect(struct domain *d, struct domain *rd, struct evtchn_bind_interdomain *op)
{
	struct evtchn *peer = evtchn_find(rd, op->remote_port), *chn;
	unsigned long flags;
	int rc = 0;

	chn = evtchn_alloc(d, &rc);
	if (!chn)
		return rc;
	if (!peer || peer->state != ECS_UNBOUND || peer->u.unbound_domid != d->domid)
		return (int)hypercall_error(-EINVAL, "bind_interdomain: port %u of domain %u does not wait "
					    "for domain %u", op->remote_port, rd->domid, d->domid);

	evtchn_bind(d, chn, &(struct evtchn){ .state = ECS_INTERDOMAIN,
					      .u.interdomain = { .domain = rd, .peer = peer } });
	flags = evtchn_lock_irqsave(peer);
	peer->u.interdomain.domain = d;
	peer->u.interdomain.peer = chn;
	peer->state = ECS_INTERDOMAIN;
	evtchn_unlock_irqrestore(peer, flags);

	/* What the peer sent while it was unbound went nowhere: say that there may be something. */
	flags = evtchn_lock_irqsave(chn);
	evtchn_set_pending(d, chn);
	evtchn_unlock_irqrestore(chn, flags);
	op->local_port = chn->port;
	return 0;
}

static int bind_interdomain(struct evtchn_bind_interdomain *op)
{
	struct domain *d = current->domain, *rd = domain_find_get(op->remote_dom);
	int rc;

	if (!rd)
		return (int)hypercall_error(-ESRCH, "there is no domain %u", op->remote_dom);
	spin_lock_pair(&d->evtchn.lock, &rd->evtchn.lock);
	rc = connect(d, rd, op);
	spin_unlock_pair(&d->evtchn.lock, &rd->evtchn.lock);
	domain_put(rd);
	return rc;
}

static int bind_virq(struct evtchn_bind_virq *op)
{
	struct domain *d = current->domain;
	struct evtchn as = { .state = ECS_VIRQ, .notify_vcpu = (uint16_t)op->vcpu, .u.virq = op->virq }, *chn;
	struct vcpu *v;
	uint32_t *slot;
	int rc = 0;

	if (op->virq >= NR_VIRQS)
		return (int)hypercall_error(-EINVAL, "VIRQ %u: at most %u", op->virq, NR_VIRQS - 1);
	if (virq_is_global(op->virq) && op->vcpu != 0)
		return (int)hypercall_error(-EINVAL, "VIRQ %u is bound on vCPU 0 only", op->virq);
	v = domain_vcpu(d, op->vcpu);
	if (!v)
		return (int)hypercall_error(-ENOENT, "there is no vCPU %u", op->vcpu);
	slot = virq_is_global(op->virq) ? &d->virq_to_evtchn_global[op->virq] : &v->virq_to_evtchn[op->virq];

	spin_lock(&d->evtchn.lock);
	if (*slot)
		rc = (int)hypercall_error(-EEXIST, "VIRQ %u is bound to port %u already", op->virq, *slot);
	else if ((chn = evtchn_alloc(d, &rc)) != NULL) {
		evtchn_bind(d, chn, &as);
		op->port = chn->port;
		WRITE_ONCE(*slot, chn->port);
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

static int bind_ipi(struct evtchn_bind_ipi *op)
{
	struct evtchn as = { .state = ECS_IPI, .notify_vcpu = (uint16_t)op->vcpu }, *chn;
	struct domain *d = current->domain;
	int rc = 0;

	if (!domain_vcpu(d, op->vcpu))
		return (int)hypercall_error(-ENOENT, "there is no vCPU %u", op->vcpu);
	spin_lock(&d->evtchn.lock);
	chn = evtchn_alloc(d, &rc);
	if (chn) {
		evtchn_bind(d, chn, &as);
		op->port = chn->port;
	}
	spin_unlock(&d->evtchn.lock);
	return rc;
}

static int bind_pirq(struct evtchn_bind_pirq *op)
{
	struct evtchn as = { .state = ECS_PIRQ, .u.pirq = op->pirq }, *chn;
	struct domain *d = current->domain;
	int rc = 0;

	if (op->pirq >= NR_PIRQS)
		return (int)hypercall_error(-EINVAL, "pirq %u: at most %u", op->pirq, NR_PIRQS - 1);
	if (!pirq_permitted(d, op->pirq))
		return (int)hypercall_error(-EPERM, "pirq %u is not domain %u's", op->pirq, d->domid);
	spin_lock(&d->evtchn.lock);
	chn = evtchn_alloc(d, &rc);
	if (chn) {
		/* The channel first, so that an interrupt which comes at once finds it. */
		evtchn_bind(d, chn, &as);
		rc = pirq_bind_port(d, op->pirq, chn->port);
		op->port = chn->port;
	}
	spin_unlock(&d->evtchn.lock);
	if (rc && chn) {
		as.port = chn->port;
		evtchn_close(d, as.port);
	}
	return rc;
}

/* --- what is done with an open one --- */

static int bind_vcpu(const struct evtchn_bind_vcpu *op)
{
	struct domain *d = current->domain;
	struct evtchn *chn = evtchn_find(d, op->port);
	unsigned long flags;
	int rc = 0;

	if (!domain_vcpu(d, op->vcpu))
		return (int)hypercall_error(-ENOENT, "there is no vCPU %u", op->vcpu);
	if (!chn)
		return (int)hypercall_error(-EINVAL, "bind_vcpu: there is no port %u", op->port);
	flags = evtchn_lock_irqsave(chn);
	if (chn->state == ECS_UNBOUND || chn->state == ECS_INTERDOMAIN || chn->state == ECS_PIRQ ||
	    (chn->state == ECS_VIRQ && virq_is_global(chn->u.virq)))
		chn->notify_vcpu = (uint16_t)op->vcpu;
	else
		rc = -EINVAL;
	evtchn_unlock_irqrestore(chn, flags);
	return rc;
}

static int unmask(unsigned int port)
{
	struct domain *d = current->domain;
	struct evtchn *chn = evtchn_find(d, port);
	unsigned long flags;

	if (!chn)
		return (int)hypercall_error(-EINVAL, "unmask: there is no port %u", port);
	flags = evtchn_lock_irqsave(chn);
	/* Words of the FIFO ABI may go away under a closed port, and nobody needs it unmasked. */
	if (chn->state >= ECS_UNBOUND)
		d->evtchn.ops->unmask(d, chn);
	evtchn_unlock_irqrestore(chn, flags);
	return 0;
}

static int set_priority(const struct evtchn_set_priority *op)
{
	struct domain *d = current->domain;
	struct evtchn *chn = evtchn_find(d, op->port);
	const struct evtchn_ops *ops;
	unsigned long flags;
	int rc = -ENOSYS;

	if (!chn)
		return (int)hypercall_error(-EINVAL, "set_priority: there is no port %u", op->port);
	flags = evtchn_lock_irqsave(chn);
	/* Once: the port may be closed, and then a reset may take the ABI away meanwhile. */
	ops = READ_ONCE(d->evtchn.ops);
	if (ops->set_priority)
		rc = ops->set_priority(d, chn, op->priority);
	evtchn_unlock_irqrestore(chn, flags);
	return rc;
}

/* The channel's lock is held. */
static void describe(const struct evtchn *chn, struct evtchn_status *op)
{
	op->vcpu = chn->notify_vcpu;
	switch ((enum evtchn_state)chn->state) {
	case ECS_FREE:
	case ECS_RESERVED:
		op->status = EVTCHNSTAT_closed;
		break;
	case ECS_UNBOUND:
		op->status = EVTCHNSTAT_unbound;
		op->u.unbound.dom = chn->u.unbound_domid;
		break;
	case ECS_INTERDOMAIN:
		op->status = EVTCHNSTAT_interdomain;
		op->u.interdomain.dom = chn->u.interdomain.domain->domid;
		op->u.interdomain.port = chn->u.interdomain.peer->port;
		break;
	case ECS_PIRQ:
		op->status = EVTCHNSTAT_pirq;
		op->u.pirq = chn->u.pirq;
		break;
	case ECS_VIRQ:
		op->status = EVTCHNSTAT_virq;
		op->u.virq = chn->u.virq;
		break;
	case ECS_IPI:
		op->status = EVTCHNSTAT_ipi;
		break;
	}
}

static int status(struct evtchn_status *op)
{
	struct domain *d = current->domain;
	bool own = op->dom == DOMID_SELF || op->dom == d->domid;
	struct evtchn *chn;
	int rc = 0;

	/* A running domain is held by its running. */
	if (!own) {
		d = domain_find_get_remote(op->dom, &rc);
		if (!d)
			return rc;
	}
	chn = evtchn_find(d, op->port);
	if (chn) {
		local_irq_disable();
		evtchn_lock(chn);
		describe(chn, op);
		evtchn_unlock(chn);
		local_irq_enable();
	} else {
		rc = (int)hypercall_error(-EINVAL, "status: domain %u has no port %u", d->domid, op->port);
	}
	if (!own)
		domain_put(d);
	return rc;
}

/* A reset that was interrupted is called again by the guest: next_close says that it goes on. */
static long reset(const struct evtchn_reset *op, unsigned long arg)
{
	struct domain *d;
	int rc = 0;

	d = domain_find_get_remote(op->dom, &rc);
	if (!d)
		return rc;
	rc = evtchn_reset(d, d->evtchn.next_close != 0);
	domain_put(d);
	if (rc == -ERESTART)
		return hypercall_continue(__HYPERVISOR_event_channel_op, 2, (unsigned long)EVTCHNOP_reset, arg);
	return rc;
}

/* --- the hypercall --- */

union op_args {
	struct evtchn_alloc_unbound alloc_unbound;
	struct evtchn_bind_interdomain bind_interdomain;
	struct evtchn_bind_virq bind_virq;
	struct evtchn_bind_pirq bind_pirq;
	struct evtchn_bind_ipi bind_ipi;
	struct evtchn_close close;
	struct evtchn_bind_vcpu bind_vcpu;
	struct evtchn_unmask unmask;
	struct evtchn_reset reset;
	struct evtchn_init_control init_control;
	struct evtchn_expand_array expand_array;
	struct evtchn_set_priority set_priority;
};

static const struct {
	uint8_t size;
	bool answers;           /* the structure goes back to the guest */
} op_table[] = {
#define IN(op) [EVTCHNOP_##op] = { sizeof(((union op_args *)0)->op), false }
#define INOUT(op) [EVTCHNOP_##op] = { sizeof(((union op_args *)0)->op), true }
	INOUT(alloc_unbound), INOUT(bind_interdomain), INOUT(bind_virq), INOUT(bind_pirq), INOUT(bind_ipi),
	IN(close), IN(bind_vcpu), IN(unmask), IN(reset), INOUT(init_control),
	IN(expand_array), IN(set_priority),
#undef IN
#undef INOUT
};

static long run(unsigned int cmd, union op_args *u, unsigned long arg)
{
	switch (cmd) {
	case EVTCHNOP_alloc_unbound:
		return alloc_unbound(&u->alloc_unbound);
	case EVTCHNOP_bind_interdomain:
		u->bind_interdomain.remote_dom = resolve_self(u->bind_interdomain.remote_dom);
		return bind_interdomain(&u->bind_interdomain);
	case EVTCHNOP_bind_virq:
		return bind_virq(&u->bind_virq);
	case EVTCHNOP_bind_pirq:
		return bind_pirq(&u->bind_pirq);
	case EVTCHNOP_bind_ipi:
		return bind_ipi(&u->bind_ipi);
	case EVTCHNOP_close:
		return evtchn_close(current->domain, u->close.port);
	case EVTCHNOP_bind_vcpu:
		return bind_vcpu(&u->bind_vcpu);
	case EVTCHNOP_unmask:
		if (current->domain->evtchn.pirq_eoi_auto)
			pirq_unmasked(current->domain, u->unmask.port);
		return unmask(u->unmask.port);
	case EVTCHNOP_reset:
		return reset(&u->reset, arg);
	case EVTCHNOP_init_control:
		return evtchn_fifo_init_control(current->domain, &u->init_control);
	case EVTCHNOP_expand_array:
		return evtchn_fifo_expand_array(current->domain, &u->expand_array);
	default:
		return set_priority(&u->set_priority);
	}
}

static __noinline long other_op(unsigned int cmd, unsigned long arg)
{
	union op_args u;
	long rc;

	if (cmd >= ARRAY_SIZE(op_table) || !op_table[cmd].size)
		return hypercall_error(-ENOSYS, "event_channel_op %u is not known", cmd);
	if (copy_from_guest_va(&u, (const void *)arg, op_table[cmd].size))
		return -EFAULT;
	rc = run(cmd, &u, arg);
	if (rc == 0 && op_table[cmd].answers && copy_to_guest_va((void *)arg, &u, op_table[cmd].size))
		return -EFAULT;
	return rc;
}

static __noinline long status_op(unsigned long arg)
{
	union { struct evtchn_status st; uint64_t word[3]; } u;
	const void *at = (const void *)arg;
	uint64_t first, last;
	int rc;

	_Static_assert(sizeof(u.st) == sizeof(u.word), "three words");
	if (!guest_span_ok(at, sizeof(u)))
		return -EFAULT;
	guest_access_open();
	guest_get_word(first, at, 0);
	guest_get_word(last, at, 16);           /* what of the union is not used stays what it was */
	guest_access_close();
	u.word[0] = first;
	u.word[2] = last;
	rc = status(&u.st);
	if (rc)
		return rc;
	guest_access_open();
	guest_put_word(at, 8, u.word[1]);
	guest_put_word(at, 16, u.word[2]);
	guest_access_close();
	return 0;
fault:
	guest_access_close();
	return -EFAULT;
}

/* What is asked for often goes first. */
long do_event_channel_op(unsigned long cmd, unsigned long arg)
{
	evtchn_port_t port;

	/* TOUR 3.1: a guest notifies its peer. */
	if (likely((unsigned int)cmd == EVTCHNOP_send)) {
		if (unlikely(copy_from_guest_va(&port, (const void *)arg, sizeof(port))))
			return -EFAULT;
		return evtchn_send(current->domain, port);
	}
	if ((unsigned int)cmd == EVTCHNOP_status)
		return status_op(arg);
	return other_op((unsigned int)cmd, arg);
}

/* One structure with the command inside; knows the commands up to unmask. */
long do_event_channel_op_compat(unsigned long arg)
{
	struct evtchn_op *op = (struct evtchn_op *)arg;
	uint32_t cmd;

	if (copy_from_guest_va(&cmd, &op->cmd, sizeof(cmd)))
		return -EFAULT;
	if (cmd > EVTCHNOP_unmask)
		return -ENOSYS;
	return do_event_channel_op(cmd, (unsigned long)&op->u);
}
