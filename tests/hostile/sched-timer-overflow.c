/* SPDX-License-Identifier: MIT
 *
 * Times and areas at the edge of what their types hold: a deadline before the beginning of time or after its end must
 * not hold up the CPU's other timers, a vCPU's areas must not leave their page, and VCPUOP_initialise of
 * nonsense ends in an error. [XSA-20, XSA-296, XSA-327]
 *
 * RUN: timeout=30
 *
 * How the timers are watched: a periodic timer is running when the odd deadline is set; its ticks must go on coming.
 */
#include "testlib.h"

#define MS 1000000UL

static unsigned int port;

static const uint64_t odd[] = {
	1UL << 63, (1UL << 63) + 1, ~0UL, ~0UL - 1, (1UL << 63) - 1, (1UL << 63) - 2, 1UL << 62, (1UL << 63) | (1UL << 62), 1, 0,
};

/* Virtual timer interrupts that come within @ns. */
static unsigned long ticks_within(uint64_t ns)
{
	unsigned long before = port_count[port];
	uint64_t end = system_time() + ns;

	while (system_time() < end && port_count[port] < before + 3) {
		events_unmask();
		events_mask();
	}
	return port_count[port] - before;
}

static void single_shots(void)
{
	struct vcpu_set_periodic_timer period = { .period_ns = 10 * MS };

	for (unsigned int i = 0; i < ARRAY_SIZE(odd); i++) {
		struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = odd[i] };
		unsigned long n;
		long rc;

		EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &period), 0);
		rc = HYPERVISOR_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
		n = ticks_within(300 * MS);
		ok(rc == 0 && n >= 3, "XSA-20: single shot at %#lx (%ld): the periodic timer goes on, %lu ticks", odd[i], rc, n);
		HYPERVISOR_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL);
		EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
		ticks_within(1);
	}
}

static void polls(void)
{
	evtchn_port_t timer = port;

	for (unsigned int i = 0; i < ARRAY_SIZE(odd); i++) {
		struct sched_poll p = { .nr_ports = 1, .timeout = odd[i] };
		uint64_t start = system_time();
		long rc;

		set_xen_guest_handle(p.ports, &timer);
		/* Something must end a poll whose own time does not come. */
		HYPERVISOR_set_timer_op((long)(start + 20 * MS));
		rc = HYPERVISOR_sched_op(SCHEDOP_poll, &p);
		ok(rc == 0 && system_time() < start + 500 * MS, "XSA-20: poll until %#lx: back in time (%ld)", odd[i], rc);
		ticks_within(1);
	}
}

static void set_timers(void)
{
	struct vcpu_set_periodic_timer odd_period = { .period_ns = 1 };

	for (unsigned int i = 0; i < ARRAY_SIZE(odd); i++)
		EXPECT_EQ(HYPERVISOR_set_timer_op((long)odd[i]), 0);
	EXPECT_EQ(HYPERVISOR_set_timer_op(0), 0);
	ok(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &odd_period) == -XEN_EINVAL, "XSA-20: a period of 1 ns is refused");
	odd_period.period_ns = ~0UL;
	ok(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &odd_period) == -XEN_EINVAL, "XSA-20: a period of all ones is refused");
	odd_period.period_ns = 1UL << 62;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &odd_period), 0);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
}

static void watchdogs(void)
{
	struct sched_watchdog w = { .id = 0, .timeout = ~0U };
	long id = HYPERVISOR_sched_op(SCHEDOP_watchdog, &w);

	EXPECT(id > 0);
	w.id = (uint32_t)id;
	w.timeout = 0;
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_watchdog, &w), 0);
	w.id = ~0U;
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_watchdog, &w), -XEN_EINVAL);
}

static void areas(void)
{
	static const uint32_t bad[] = { 1, 4, 7, 4096 - 56, 4096, 4100, 0xfffffff8, 0xffffffc0 };
	struct vcpu_register_vcpu_info r = { .mfn = virt_to_mfn(alloc_page()) };
	struct vcpu_register_runstate_memory_area a;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		r.offset = bad[i];
		ok(HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, 0, &r) == -XEN_EINVAL, "XSA-327: vcpu_info at offset %#x is refused", bad[i]);
	}
	r.offset = 0;
	r.mfn = ~0UL;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, 0, &r), -XEN_EINVAL);
	r.mfn = virt_to_mfn((void *)si->pt_base);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, 0, &r), -XEN_EINVAL);
	a.addr.p = 0xffff830000000000UL;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &a), -XEN_EFAULT);
	a.addr.p = 0xffff880000000000UL - 8;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &a), -XEN_EFAULT);
}

/* An initialised vCPU, one that does not exist, a context that cannot be read, by itself and in a multicall. */
static void initialise(void)
{
	static struct vcpu_guest_context c;
	static const long vcpus[] = { 0, 1, 63, 64, 0x7fffffff, -1 };
	struct multicall_entry m = { .op = __HYPERVISOR_vcpu_op };

	for (unsigned int i = 0; i < ARRAY_SIZE(vcpus); i++) {
		long rc = HYPERVISOR_vcpu_op(VCPUOP_initialise, (int)vcpus[i], &c);

		ok(rc < 0, "XSA-296: initialise of vCPU %ld with an empty context: error (%ld)", vcpus[i], rc);
		m.args[0] = VCPUOP_initialise;
		m.args[1] = (unsigned long)vcpus[i];
		m.args[2] = 0xffff830000000000UL;
		EXPECT_EQ(HYPERVISOR_multicall(&m, 1), 0);
		ok((long)m.result < 0, "XSA-296: the same in a multicall, unreadable: error (%ld)", (long)m.result);
	}
}

void test_main(void)
{
	port = (unsigned int)evtchn_bind_virq(VIRQ_TIMER, 0);
	set_timers();
	single_shots();
	polls();
	watchdogs();
	areas();
	initialise();
}
