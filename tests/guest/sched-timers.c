/* SPDX-License-Identifier: MIT
 *
 * Timers and sleeping: a timer set is delivered once and not early, block sleeps until an event, poll until a port
 * or the time, a timer of the past fires at once or is refused with -ETIME, and bad arguments change nothing.
 */
#include "testlib.h"

#define MS 1000000UL

static unsigned int timer_port;

/* Sleep until the timer has been delivered @times more, at most 5 s. */
static bool wait_timer(unsigned long times)
{
	unsigned long want = port_count[timer_port] + times;
	uint64_t end = system_time() + 5000 * MS;

	while (port_count[timer_port] < want && system_time() < end) {
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
		events_unmask();
		events_mask();
	}
	return port_count[timer_port] >= want;
}

static void one_shot(void)
{
	uint64_t due = system_time() + 20 * MS;

	EXPECT_EQ(HYPERVISOR_set_timer_op((long)due), 0);
	EXPECT(wait_timer(1));
	ok(system_time() >= due, "not before its time");
	/* Stopped: nothing comes. */
	HYPERVISOR_set_timer_op((long)(system_time() + 10 * MS));
	EXPECT_EQ(HYPERVISOR_set_timer_op(0), 0);
	unsigned long before = port_count[timer_port];
	delay_ns(30 * MS);
	events_unmask();
	events_mask();
	EXPECT_EQ(port_count[timer_port], before);
}

static void block_sleeps(void)
{
	uint64_t start = system_time(), due = start + 30 * MS;

	HYPERVISOR_set_timer_op((long)due);
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_block, NULL), 0);
	ok(system_time() >= due, "block returned after the event");
	ok(vcpu_info(0)->evtchn_upcall_mask == 0, "block unmasks events");
	events_mask();
}

static long poll(evtchn_port_t *ports, unsigned int n, uint64_t timeout)
{
	struct sched_poll p = { .nr_ports = n, .timeout = timeout };

	set_xen_guest_handle(p.ports, ports);
	return HYPERVISOR_sched_op(SCHEDOP_poll, &p);
}

static void polling(void)
{
	long a = evtchn_alloc_unbound(DOMID_SELF, DOMID_SELF), b;
	evtchn_port_t port;
	uint64_t start;

	b = evtchn_bind_interdomain(DOMID_SELF, (unsigned int)a);
	port = (evtchn_port_t)b;
	EXPECT(a > 0 && b > 0);

	/* Binding leaves the port pending, so that no early event is lost. */
	EXPECT((shared->evtchn_pending[port / 64] >> (port % 64)) & 1);
	__atomic_fetch_and(&shared->evtchn_pending[port / 64], ~(1UL << (port % 64)), __ATOMIC_SEQ_CST);

	/* With events masked, and nothing pending: until the time. */
	start = system_time();
	EXPECT_EQ(poll(&port, 1, start + 20 * MS), 0);
	ok(system_time() >= start + 20 * MS, "poll waits for its timeout");

	/* The port is pending already: at once. */
	evtchn_send((unsigned int)a);
	start = system_time();
	EXPECT_EQ(poll(&port, 1, start + 5000 * MS), 0);
	ok(system_time() < start + 1000 * MS, "poll does not wait for what is there");
	__atomic_fetch_and(&shared->evtchn_pending[port / 64], ~(1UL << (port % 64)), __ATOMIC_SEQ_CST);

	EXPECT_EQ(poll(&port, 129, 0), -XEN_EINVAL);
	port = 4000;
	EXPECT_EQ(poll(&port, 1, start), -XEN_EINVAL);
	EXPECT_EQ(poll((evtchn_port_t *)0x10, 1, start), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_poll, (void *)0x10), -XEN_EFAULT);
	evtchn_close((unsigned int)b);
	evtchn_close((unsigned int)a);
}

static void vcpu_timers(void)
{
	struct vcpu_set_singleshot_timer s = { .timeout_abs_ns = system_time() - MS, .flags = VCPU_SSHOTTMR_future };
	struct vcpu_set_periodic_timer p = { .period_ns = MS - 1 };

	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, 0, &s), -XEN_ETIME);
	s.flags = 0;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, 0, &s), 0);
	ok(wait_timer(1), "a time that has passed fires at once");
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);

	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &p), -XEN_EINVAL);
	p.period_ns = ~0UL;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &p), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, (void *)0x10), -XEN_EFAULT);
	p.period_ns = 5 * MS;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &p), 0);
	ok(wait_timer(3), "a periodic timer fires again and again");
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
	if (max_vcpus() > 1)
		EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, 1, &s), -XEN_EINVAL);
}

static void watchdogs(void)
{
	struct sched_watchdog w = { .id = 0, .timeout = 0 };
	long a, b;

	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_watchdog, &w), -XEN_EINVAL);
	w.timeout = 1000;
	a = HYPERVISOR_sched_op(SCHEDOP_watchdog, &w);
	b = HYPERVISOR_sched_op(SCHEDOP_watchdog, &w);
	EXPECT_EQ(a, 1);
	EXPECT_EQ(b, 2);
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_watchdog, &w), -XEN_ENOSPC);
	w.id = 3;
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_watchdog, &w), -XEN_EINVAL);
	for (w.id = 1; w.id <= 2; w.id++) {
		w.timeout = 1000;
		EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_watchdog, &w), 0);
		w.timeout = 0;
		EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_watchdog, &w), 0);
		EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_watchdog, &w), -XEN_EINVAL);
	}
}

void test_main(void)
{
	long port = evtchn_bind_virq(VIRQ_TIMER, 0);

	if (port <= 0)
		die("VIRQ_TIMER: %ld", port);
	timer_port = (unsigned int)port;
	unmask_port(timer_port);
	one_shot();
	block_sleeps();
	polling();
	vcpu_timers();
	watchdogs();
	EXPECT_EQ(HYPERVISOR_sched_op(99, NULL), -XEN_ENOSYS);
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_shutdown, (void *)0x10), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_vcpu_op(99, 0, NULL), -XEN_ENOSYS);
}
