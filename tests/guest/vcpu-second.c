/* SPDX-License-Identifier: MIT
 *
 * A second vCPU: initialise once, up, shared memory seen, down by itself, up again where it stopped; bad ids refused.
 */
#include "testlib.h"

static volatile unsigned long counter;

static void second(void *arg)
{
	for (;;) {
		counter += (unsigned long)arg;
		HYPERVISOR_vcpu_op(VCPUOP_down, 1, NULL);
	}
}

static bool wait_counter(unsigned long v)
{
	uint64_t end = system_time() + 2000000000UL;

	while (counter != v && system_time() < end)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	return counter == v;
}

void test_main(void)
{
	if (max_vcpus() < 2)
		skip_all("one vCPU");
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
	EXPECT(HYPERVISOR_vcpu_op(VCPUOP_up, 1, NULL) < 0);
	EXPECT_EQ(start_vcpu(1, second, (void *)5), 0);
	EXPECT(wait_counter(5));
	ok(HYPERVISOR_vcpu_op(VCPUOP_initialise, 1, NULL) < 0, "initialised only once");
	while (HYPERVISOR_vcpu_op(VCPUOP_is_up, 1, NULL) == 1)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_up, 1, NULL), 0);
	EXPECT(wait_counter(10));
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_is_up, 999, NULL), -XEN_ENOENT);
}
