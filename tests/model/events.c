/* SPDX-License-Identifier: MIT
 *
 * Models of event channels, 2-level ABI: core/evtchn.c, evtchn_op.c and evtchn_virq.c as they are.
 *
 * What must hold:
 *  1. while no lock of the tables is held, the two ends of a channel name each other
 *  2. a VIRQ's slot and its channel name each other, so a VIRQ has one port at most
 *  3. the number of open channels is right, and no port below next_free is free
 *  4. a closed port is not pending
 *  5. idle: a port that is pending and not masked is in the selector of a vCPU that has its upcall pending
 *  6. an event sent to an end that stays open, and that nobody consumes meanwhile, is pending afterwards
 *  7. after the end of both domains: no open channel, no slot, no reference
 */
#include "shim.h"
#include "core/evtchn_internal.h"
#include "core/hypercall.h"
#include "core/pirq.h"

#define MAX_PORT 2U
#define UNSEEN __attribute__((no_sanitize("thread")))

/* What physical interrupts would do: there are none. */
void pirq_domain_destroy(struct domain *d) { }
void pirq_unbind_port(struct domain *d, unsigned int pirq, unsigned int port) { }
int pirq_bind_port(struct domain *d, unsigned int pirq, unsigned int port) { return -EINVAL; }
bool pirq_permitted(const struct domain *d, unsigned int pirq) { return false; }
void pirq_unmasked(struct domain *d, unsigned int port) { }
void sched_check_pollers(struct domain *d, unsigned int port) { }
void vcpu_kick(struct vcpu *v) { }

/* --- who disturbs a sender: accounts that are not part of the model --- */

static bool disturbed[NR_CPUS];
static unsigned int disturbers;

UNSEEN static void disturb(int by)
{
	memory_will_write(&disturbers, sizeof(disturbers));
	memory_will_write(disturbed, sizeof(disturbed));
	disturbers += (unsigned int)by;
	for (unsigned int c = 0; c < NR_CPUS; c++)
		disturbed[c] = true;
}

UNSEEN static void set_disturbed(bool is)
{
	memory_will_write(disturbed, sizeof(disturbed));
	disturbed[model_cpu()] = is;
}

UNSEEN static const struct evtchn *target_of(const struct domain *d, unsigned int port)
{
	const struct evtchn *chn = &d->evtchn.group[0][port];

	return chn->state == ECS_INTERDOMAIN ? chn->u.interdomain.peer : chn->state == ECS_IPI ? chn : NULL;
}

UNSEEN static struct domain *target_domain(struct domain *d, unsigned int port)
{
	const struct evtchn *chn = &d->evtchn.group[0][port];

	return chn->state == ECS_INTERDOMAIN ? chn->u.interdomain.domain : d;
}

UNSEEN static bool is_pending(const struct domain *d, unsigned int port)
{
	return (d->shared_info->evtchn_pending[0] >> port) & 1;
}

/* --- operations --- */

static long call(unsigned int cmd, void *arg)
{
	return shim_hypercall(__HYPERVISOR_event_channel_op, cmd, (unsigned long)arg, 0, 0);
}

static void do_alloc(unsigned long remote, unsigned long unused, unsigned long unused2)
{
	struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = (domid_t)remote };

	call(EVTCHNOP_alloc_unbound, &op);
}

static void do_bind(unsigned long remote, unsigned long port, unsigned long unused)
{
	struct evtchn_bind_interdomain op = { .remote_dom = (domid_t)remote, .remote_port = (evtchn_port_t)port };

	call(EVTCHNOP_bind_interdomain, &op);
}

static void do_bind_virq(unsigned long virq, unsigned long unused, unsigned long unused2)
{
	struct evtchn_bind_virq op = { .virq = (uint32_t)virq };

	call(EVTCHNOP_bind_virq, &op);
}

static void do_bind_ipi(unsigned long unused, unsigned long unused2, unsigned long unused3)
{
	struct evtchn_bind_ipi op = { .vcpu = 0 };

	call(EVTCHNOP_bind_ipi, &op);
}

static void do_bind_vcpu(unsigned long port, unsigned long vcpu, unsigned long unused)
{
	struct evtchn_bind_vcpu op = { .port = (evtchn_port_t)port, .vcpu = (uint32_t)vcpu };

	call(EVTCHNOP_bind_vcpu, &op);
}

static void do_close(unsigned long port, unsigned long unused, unsigned long unused2)
{
	struct evtchn_close op = { .port = (evtchn_port_t)port };

	disturb(1);
	call(EVTCHNOP_close, &op);
	disturb(-1);
}

static void do_reset(unsigned long unused, unsigned long unused2, unsigned long unused3)
{
	struct evtchn_reset op = { .dom = DOMID_SELF };

	disturb(1);
	call(EVTCHNOP_reset, &op);
	disturb(-1);
}

static void do_unmask(unsigned long port, unsigned long unused, unsigned long unused2)
{
	struct evtchn_unmask op = { .port = (evtchn_port_t)port };

	call(EVTCHNOP_unmask, &op);
}

static void do_send(unsigned long port, unsigned long unused, unsigned long unused2)
{
	struct evtchn_send op = { .port = (evtchn_port_t)port };
	struct domain *d = current->domain, *to = target_domain(d, (unsigned int)port);
	const struct evtchn *before = target_of(d, (unsigned int)port);
	long rc;

	set_disturbed(disturbers != 0);
	rc = call(EVTCHNOP_send, &op);
	if (!rc && before && !disturbed[model_cpu()] && before == target_of(d, (unsigned int)port))
		MODEL_CHECK(is_pending(to, before->port), "an event sent by port %lu of domain %u is lost", port, d->domid);
	set_disturbed(false);
}

static void do_virq(unsigned long virq, unsigned long unused, unsigned long unused2)
{
	if (virq_is_global((unsigned int)virq))
		evtchn_send_global_virq((unsigned int)virq);
	else
		evtchn_send_vcpu_virq(dom0->vcpu[0], (unsigned int)virq);
}

/* The guest's own: a mask bit, and the upcall's handler. */
static void do_mask(unsigned long port, unsigned long unused, unsigned long unused2)
{
	set_bit((unsigned int)port, current->domain->shared_info->evtchn_mask);
}

static void do_consume(unsigned long unused, unsigned long unused2, unsigned long unused3)
{
	struct shared_info *s = current->domain->shared_info;
	struct vcpu_info *vi = current->vcpu_info;
	unsigned long ports;

	disturb(1);
	__atomic_exchange_n(&vi->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
	if (__atomic_exchange_n(&vi->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST) & 1) {
		ports = READ_ONCE(s->evtchn_pending[0]) & ~READ_ONCE(s->evtchn_mask[0]);
		for (unsigned int p = 1; p <= MAX_PORT; p++)
			if (ports & (1UL << p))
				clear_bit(p, s->evtchn_pending);
	}
	disturb(-1);
}

/* --- the two models --- */

static unsigned int base_refs[NR_DOMAINS];

static void make(const unsigned int *domid_of)
{
	shim_init(domid_of);
	dom0->privileged = false;
	for (unsigned int i = 0; i < NR_DOMAINS; i++) {
		struct domain *d = model_domain[i];

		d->shared_info = model_alloc(sizeof(*d->shared_info), PAGE_SIZE);
		if (evtchn_domain_init(d, MAX_PORT))
			model_fail("no memory for event channels");
		base_refs[i] = d->refcount;
	}
	for (unsigned int c = 0; c < NR_CPUS; c++) {
		struct vcpu *v = model_vcpu[c];

		v->vcpu_info = &v->domain->shared_info->vcpu_info[v->vcpu_id];
	}
}

static void setup_two_domains(void)
{
	static const unsigned int apart[NR_CPUS] = { 0, 1 };

	make(apart);
	for (unsigned int c = 0; c < NR_CPUS; c++) {
		unsigned int me = 1U << c, other = !c;

		model_op(me, do_alloc, other, 0, 0, "alloc_unbound for d%u", other);
		model_op(me, do_bind, other, 1, 0, "bind to d%u's port 1", other);
		model_op(me, do_close, 1, 0, 0, "close 1");
		model_op(me, do_close, 2, 0, 0, "close 2");
		model_op(me, do_send, 1, 0, 0, "send 1");
		model_op(me, do_consume, 0, 0, 0, "consume");
	}
	model_op(2, do_bind, 0, 2, 0, "bind to d0's port 2");
	model_op(1, do_mask, 1, 0, 0, "mask 1");
	model_op(1, do_unmask, 1, 0, 0, "unmask 1");
	model_op(1, do_alloc, 0, 0, 0, "alloc_unbound for d0");
	model_op(1, do_bind, 0, 1, 0, "bind to its own port 1");
	model_op(2, do_reset, 0, 0, 0, "reset");
}

static void setup_one_domain(void)
{
	static const unsigned int both_in[NR_CPUS] = { 0, 0 };

	make(both_in);
	model_op(3, do_bind_virq, VIRQ_TIMER, 0, 0, "bind VIRQ_TIMER");
	model_op(3, do_bind_virq, VIRQ_DOM_EXC, 0, 0, "bind VIRQ_DOM_EXC");
	model_op(3, do_bind_ipi, 0, 0, 0, "bind an IPI");
	model_op(3, do_bind_vcpu, 1, 1, 0, "bind 1 to vCPU 1");
	model_op(3, do_close, 1, 0, 0, "close 1");
	model_op(3, do_close, 2, 0, 0, "close 2");
	model_op(3, do_virq, VIRQ_TIMER, 0, 0, "VIRQ_TIMER comes");
	model_op(3, do_virq, VIRQ_DOM_EXC, 0, 0, "VIRQ_DOM_EXC comes");
	model_op(3, do_send, 1, 0, 0, "send 1");
	model_op(3, do_mask, 1, 0, 0, "mask 1");
	model_op(3, do_unmask, 1, 0, 0, "unmask 1");
	model_op(3, do_consume, 0, 0, 0, "consume");
	model_op(1, do_reset, 0, 0, 0, "reset");
}

/* --- checks --- */

static const struct evtchn *port_of(const struct domain *d, unsigned int port) { return &d->evtchn.group[0][port]; }

static void check_virqs(const struct domain *d)
{
	const struct vcpu *v = d->vcpu[0];

	for (unsigned int q = 0; v && q < NR_VIRQS; q++) {
		unsigned int port = virq_is_global(q) ? d->virq_to_evtchn_global[q] : v->virq_to_evtchn[q], n = 0;

		MODEL_CHECK(!port || (port_of(d, port)->state == ECS_VIRQ && port_of(d, port)->u.virq == q),
			    "VIRQ %u of domain %u goes to port %u, which is of state %u", q, d->domid, port,
			    port_of(d, port)->state);
		for (unsigned int p = 1; p <= MAX_PORT; p++)
			n += port_of(d, p)->state == ECS_VIRQ && port_of(d, p)->u.virq == q;
		MODEL_CHECK(n == !!port, "VIRQ %u of domain %u has %u ports and goes to port %u", q, d->domid, n, port);
	}
}

/* With both tables at rest. */
static void check_table(const struct domain *d)
{
	unsigned int open = 0;

	for (unsigned int p = 1; p <= MAX_PORT; p++) {
		const struct evtchn *chn = port_of(d, p);

		open += chn->state >= ECS_UNBOUND;
		MODEL_CHECK(chn->state != ECS_FREE || p >= d->evtchn.next_free,
			    "port %u of domain %u is free, and ports are looked for from %u", p, d->domid, d->evtchn.next_free);
		if (chn->state == ECS_FREE && !chn->lock)
			MODEL_CHECK(!is_pending(d, p), "port %u of domain %u is closed and pending", p, d->domid);
		if (chn->state == ECS_INTERDOMAIN)
			MODEL_CHECK(chn->u.interdomain.peer->state == ECS_INTERDOMAIN &&
				    chn->u.interdomain.peer->u.interdomain.peer == chn &&
				    chn->u.interdomain.peer->u.interdomain.domain == d &&
				    chn->u.interdomain.peer == port_of(chn->u.interdomain.domain, chn->u.interdomain.peer->port),
				    "port %u of domain %u is bound to port %u of domain %u, which is of state %u", p, d->domid,
				    chn->u.interdomain.peer->port, chn->u.interdomain.domain->domid,
				    chn->u.interdomain.peer->state);
	}
	MODEL_CHECK(open == d->evtchn.active, "domain %u has %u open channels and says %u", d->domid, open, d->evtchn.active);
	check_virqs(d);
}

static void check_step(void)
{
	for (unsigned int i = 0; i < NR_DOMAINS; i++)
		if (model_is_locked(&model_domain[i]->evtchn.lock))
			return;
	for (unsigned int i = 0; i < NR_DOMAINS; i++)
		check_table(model_domain[i]);
}

static bool told(const struct domain *d)
{
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		const struct vcpu *v = d->vcpu[i];

		if (v && (v->vcpu_info->evtchn_pending_sel & 1) && v->vcpu_info->evtchn_upcall_pending)
			return true;
	}
	return false;
}

static void check_idle(void)
{
	for (unsigned int i = 0; i < NR_DOMAINS; i++) {
		const struct domain *d = model_domain[i];

		MODEL_CHECK(!model_is_locked(&d->evtchn.lock), "idle: domain %u's table is locked", i);
		MODEL_CHECK(d->refcount == base_refs[i], "idle: domain %u has %u references, %u at first", i, d->refcount,
			    base_refs[i]);
		for (unsigned int p = 1; p <= MAX_PORT; p++) {
			MODEL_CHECK(!port_of(d, p)->lock, "idle: port %u of domain %u is locked", p, i);
			if (d->vcpu[0] && is_pending(d, p) && !((d->shared_info->evtchn_mask[0] >> p) & 1))
				MODEL_CHECK(told(d), "port %u of domain %u is pending, and nobody has been told", p, i);
		}
	}
}

static void teardown(void)
{
	for (unsigned int i = 0; i < NR_DOMAINS; i++) {
		WRITE_ONCE(model_domain[i]->dying, 1);
		while (evtchn_domain_destroy(model_domain[i]))
			;
		for (unsigned int p = 1; p <= MAX_PORT; p++)
			MODEL_CHECK(port_of(model_domain[i], p)->state == ECS_FREE, "the end: port %u of domain %u is of state %u",
				    p, i, port_of(model_domain[i], p)->state);
		check_step();
	}
	for (unsigned int i = 0; i < NR_DOMAINS; i++)
		MODEL_CHECK(model_domain[i]->refcount == base_refs[i], "the end: domain %u has %u references, %u at first", i,
			    model_domain[i]->refcount, base_refs[i]);
}

#define COMMON .check_step = check_step, .check_idle = check_idle, .teardown = teardown, .nr_invariants = 7, \
	.invariants = "events 1-7"
static const struct model two = { .name = "events-domains", .sizes = "2 domains, 2 ports each", .depth = 4, .quick = 2,
				  .setup = setup_two_domains, COMMON };
static const struct model one = { .name = "events-virq", .sizes = "1 domain, 2 ports, 2 VIRQs, 1 IPI", .depth = 3, .quick = 2,
				  .setup = setup_one_domain, COMMON };
const struct model *const models[] = { &two, &one, NULL };
