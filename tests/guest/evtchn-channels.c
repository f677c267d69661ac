/* SPDX-License-Identifier: MIT
 *
 * Event channels of the 2-level ABI, end to end within one domain: what each operation answers, that a
 * send to one end makes the other pending, that a masked port is pending without an upcall and is
 * delivered by the unmask, that a close leaves the peer unbound, and that a reset closes everything.
 */
#include "testlib.h"

static long op(int cmd, void *arg)
{
	return HYPERVISOR_event_channel_op(cmd, arg);
}

static unsigned int status_of(long port, struct evtchn_status *s)
{
	*s = (struct evtchn_status){ .dom = DOMID_SELF, .port = (evtchn_port_t)port };
	EXPECT_EQ(op(EVTCHNOP_status, s), 0);
	return s->status;
}

static bool pending(long port)
{
	return (shared->evtchn_pending[port / 64] >> (port % 64)) & 1;
}

static void set_mask(long port, bool on)
{
	if (on)
		__atomic_fetch_or(&shared->evtchn_mask[port / 64], 1UL << (port % 64), __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&shared->evtchn_mask[port / 64], ~(1UL << (port % 64)), __ATOMIC_SEQ_CST);
}

static void interdomain(void)
{
	struct evtchn_status s;
	long a, b;

	a = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF);
	EXPECT(a > 0);
	EXPECT_EQ(status_of(a, &s), EVTCHNSTAT_unbound);
	EXPECT_EQ(evtchn_send((unsigned int)a), 0);     /* nobody there: goes nowhere */
	EXPECT_EQ(evtchn_bind_interdomain(DOMID_SELF, 4000), -XEN_EINVAL);
	EXPECT_EQ(evtchn_bind_interdomain(1234, (unsigned int)a), -XEN_ESRCH);
	b = evtchn_bind_interdomain(DOMID_SELF, (unsigned int)a);
	EXPECT(b > 0 && b != a);
	EXPECT_EQ(pending(b), 1);                       /* something may have been missed */
	EXPECT_EQ(status_of(b, &s), EVTCHNSTAT_interdomain);
	EXPECT_EQ(s.u.interdomain.port, a);
	EXPECT_EQ(evtchn_bind_interdomain(DOMID_SELF, (unsigned int)a), -XEN_EINVAL);

	events_unmask();
	EXPECT_EQ(port_count[b], 1);
	EXPECT_EQ(evtchn_send((unsigned int)b), 0);
	EXPECT_EQ(port_count[a], 1);
	EXPECT_EQ(evtchn_send((unsigned int)a), 0);
	EXPECT_EQ(port_count[b], 2);

	set_mask(b, true);
	EXPECT_EQ(evtchn_send((unsigned int)a), 0);
	EXPECT_EQ(port_count[b], 2);
	EXPECT_EQ(pending(b), 1);
	unmask_port((unsigned int)b);
	EXPECT_EQ(port_count[b], 3);
	EXPECT_EQ(pending(b), 0);

	EXPECT_EQ(evtchn_close((unsigned int)a), 0);
	EXPECT_EQ(evtchn_close((unsigned int)a), -XEN_EINVAL);
	EXPECT_EQ(evtchn_send((unsigned int)a), -XEN_EINVAL);
	EXPECT_EQ(status_of(a, &s), EVTCHNSTAT_closed);
	EXPECT_EQ(status_of(b, &s), EVTCHNSTAT_unbound);
	a = evtchn_bind_interdomain(DOMID_SELF, (unsigned int)b);
	EXPECT(a > 0);
	EXPECT_EQ(evtchn_close((unsigned int)a), 0);
	EXPECT_EQ(evtchn_close((unsigned int)b), 0);
	events_mask();
}

static void ipi_and_virq(void)
{
	struct evtchn_bind_vcpu v;
	struct evtchn_status s;
	unsigned long before;
	long ipi, timer, global;

	EXPECT_EQ(evtchn_bind_ipi(63), -XEN_ENOENT);
	ipi = evtchn_bind_ipi(0);
	EXPECT_EQ(status_of(ipi, &s), EVTCHNSTAT_ipi);
	events_unmask();
	before = port_count[ipi];
	EXPECT_EQ(evtchn_send((unsigned int)ipi), 0);
	EXPECT_EQ(port_count[ipi] - before, 1);
	events_mask();
	v = (struct evtchn_bind_vcpu){ .port = (evtchn_port_t)ipi };
	EXPECT_EQ(op(EVTCHNOP_bind_vcpu, &v), -XEN_EINVAL);

	EXPECT_EQ(evtchn_bind_virq(NR_VIRQS, 0), -XEN_EINVAL);
	EXPECT_EQ(evtchn_bind_virq(VIRQ_TIMER, 63), -XEN_ENOENT);
	EXPECT_EQ(evtchn_bind_virq(VIRQ_DOM_EXC, 1), -XEN_EINVAL);
	timer = evtchn_bind_virq(VIRQ_TIMER, 0);
	EXPECT_EQ(status_of(timer, &s), EVTCHNSTAT_virq);
	EXPECT_EQ(s.u.virq, VIRQ_TIMER);
	EXPECT_EQ(evtchn_bind_virq(VIRQ_TIMER, 0), -XEN_EEXIST);
	EXPECT_EQ(evtchn_send((unsigned int)timer), -XEN_EINVAL);
	v.port = (evtchn_port_t)timer;
	EXPECT_EQ(op(EVTCHNOP_bind_vcpu, &v), -XEN_EINVAL);
	global = evtchn_bind_virq(VIRQ_DOM_EXC, 0);
	EXPECT(global > 0);
	v.port = (evtchn_port_t)global;
	EXPECT_EQ(op(EVTCHNOP_bind_vcpu, &v), 0);
	v.vcpu = 63;
	EXPECT_EQ(op(EVTCHNOP_bind_vcpu, &v), -XEN_ENOENT);
	EXPECT_EQ(evtchn_close((unsigned int)global), 0);
	global = evtchn_bind_virq(VIRQ_DOM_EXC, 0);
	EXPECT(global > 0);

	/* The timer comes through its port. */
	events_unmask();
	before = port_count[timer];
	HYPERVISOR_set_timer_op((int64_t)system_time() + 1000000);
	for (uint64_t end = system_time() + 1000000000; port_count[timer] == before && system_time() < end; )
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	EXPECT_EQ(port_count[timer] - before, 1);
	events_mask();
}

static void bad_arguments(void)
{
	struct evtchn_set_priority p = { .port = 1, .priority = 3 };
	struct evtchn_expand_array e = { 0 };
	struct evtchn_unmask u = { .port = 1 << 20 };
	struct evtchn_reset r = { .dom = 1234 };

	EXPECT_EQ(op(99, &p), -XEN_ENOSYS);
	EXPECT_EQ(op(EVTCHNOP_send, (void *)0xffff820000000000), -XEN_EFAULT);
	EXPECT_EQ(op(EVTCHNOP_bind_ipi, NULL), -XEN_EFAULT);
	EXPECT_EQ(evtchn_send(0), -XEN_EINVAL);
	EXPECT_EQ(evtchn_send(~0U), -XEN_EINVAL);
	EXPECT_EQ(evtchn_close(0), -XEN_EINVAL);
	EXPECT_EQ(evtchn_close(1 << 17), -XEN_EINVAL);
	EXPECT_EQ(op(EVTCHNOP_unmask, &u), -XEN_EINVAL);
	EXPECT_EQ(op(EVTCHNOP_set_priority, &p), -XEN_ENOSYS);
	EXPECT_EQ(op(EVTCHNOP_expand_array, &e), -XEN_EOPNOTSUPP);
	EXPECT_EQ(op(EVTCHNOP_reset, &r), -XEN_ESRCH);
	EXPECT_EQ(evtchn_alloc_unbound(1234, DOMID_SELF), -XEN_ESRCH);
}

static void compat(void)
{
	struct evtchn_op o = { .cmd = EVTCHNOP_bind_ipi };
	unsigned int port;

	EXPECT_EQ(HYPERVISOR_event_channel_op_compat(&o), 0);
	port = o.u.bind_ipi.port;
	EXPECT(port > 0);
	o = (struct evtchn_op){ .cmd = EVTCHNOP_send, .u.send.port = port };
	EXPECT_EQ(HYPERVISOR_event_channel_op_compat(&o), 0);
	EXPECT_EQ(pending(port), 1);
	o = (struct evtchn_op){ .cmd = EVTCHNOP_close, .u.close.port = port };
	EXPECT_EQ(HYPERVISOR_event_channel_op_compat(&o), 0);
	EXPECT_EQ(pending(port), 0);
	o.cmd = EVTCHNOP_reset;
	EXPECT_EQ(HYPERVISOR_event_channel_op_compat(&o), -XEN_ENOSYS);
}

/* Every port there is, each once; and a reset gives them all back. */
static void all_ports(void)
{
	struct evtchn_reset r = { .dom = DOMID_SELF };
	unsigned int n = 0, last = 0;
	long p;

	EXPECT_EQ(op(EVTCHNOP_reset, &r), 0);
	while ((p = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF)) > 0) {
		n++;
		last = (unsigned int)p;
	}
	EXPECT_EQ(p, -XEN_ENOSPC);
	EXPECT_EQ(n, EVTCHN_2L_NR_CHANNELS - 1);
	EXPECT_EQ(last, EVTCHN_2L_NR_CHANNELS - 1);
	EXPECT_EQ(evtchn_close(2000), 0);
	EXPECT_EQ(evtchn_bind_ipi(0), 2000);
	EXPECT_EQ(op(EVTCHNOP_reset, &r), 0);
	EXPECT_EQ(evtchn_bind_ipi(0), 1);
	EXPECT_EQ(op(EVTCHNOP_reset, &r), 0);
}

/* A vCPU that polls wakes up for a pending port, masked or not, and after its time. */
static void poll(void)
{
	evtchn_port_t port = (evtchn_port_t)evtchn_bind_ipi(0), none = (evtchn_port_t)evtchn_bind_ipi(0), bad = 1 << 20;
	struct sched_poll p = { .nr_ports = 1 };
	uint64_t before;

	set_mask(port, true);
	set_xen_guest_handle(p.ports, &port);
	EXPECT_EQ(evtchn_send(port), 0);
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_poll, &p), 0);
	set_xen_guest_handle(p.ports, &none);
	before = system_time();
	p.timeout = before + 20000000;
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_poll, &p), 0);
	EXPECT(system_time() >= before + 20000000);
	set_xen_guest_handle(p.ports, &bad);
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_poll, &p), -XEN_EINVAL);
	EXPECT_EQ(evtchn_close(port), 0);
	EXPECT_EQ(evtchn_close(none), 0);
}

void test_main(void)
{
	interdomain();
	ipi_and_virq();
	bad_arguments();
	compat();
	all_ports();
	poll();
}
