/* SPDX-License-Identifier: MIT
 *
 * Run states and registered areas: the times of the states add up to the time that has passed, sleeping counts as
 * blocked, the guest's copies are written at switches, a vcpu_info moves once and keeps events coming.
 */
#include "testlib.h"

#define MS 1000000UL

static struct vcpu_runstate_info area __attribute__((aligned(64)));
static struct vcpu_time_info time_area __attribute__((aligned(64)));

static void sleep_ns(uint64_t ns)
{
	struct sched_poll p = { .timeout = system_time() + ns };

	HYPERVISOR_sched_op(SCHEDOP_poll, &p);
}

static uint64_t sum(const struct vcpu_runstate_info *r)
{
	return r->time[0] + r->time[1] + r->time[2] + r->time[3];
}

static void accounting(void)
{
	struct vcpu_runstate_info a, b;
	uint64_t t0, t1, passed;

	t0 = system_time();
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, &a), 0);
	sleep_ns(50 * MS);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, &b), 0);
	t1 = system_time();
	passed = sum(&b) - sum(&a);
	EXPECT_EQ(a.state, RUNSTATE_running);
	ok(b.time[RUNSTATE_blocked] - a.time[RUNSTATE_blocked] >= 45 * MS, "sleeping is blocked: %lu us",
	   (unsigned long)(b.time[RUNSTATE_blocked] - a.time[RUNSTATE_blocked]) / 1000);
	ok(passed <= t1 - t0, "%lu us accounted in %lu us", (unsigned long)passed / 1000,
	   (unsigned long)(t1 - t0) / 1000);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, (void *)0x10), -XEN_EFAULT);
}

static void areas(void)
{
	struct vcpu_register_runstate_memory_area r = { .addr.v = &area };
	struct vcpu_register_time_memory_area t = { .addr.v = &time_area };
	uint64_t blocked;

	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r), 0);
	EXPECT_EQ(area.state, RUNSTATE_running);
	blocked = area.time[RUNSTATE_blocked];
	EXPECT_EQ(HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag), 0);
	sleep_ns(20 * MS);
	barrier();
	EXPECT_EQ(area.state, RUNSTATE_running);
	EXPECT(area.time[RUNSTATE_blocked] - blocked >= 15 * MS);
	ok(!(area.state_entry_time & XEN_RUNSTATE_UPDATE), "the mark is gone when the guest looks");

	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &t), 0);
	sleep_ns(2 * MS);
	barrier();
	ok(time_area.version && !(time_area.version & 1), "time area version %u", time_area.version);
	EXPECT_EQ(time_area.tsc_to_system_mul, vcpu_info(0)->time.tsc_to_system_mul);

	r.addr.p = 0xffff830000000000UL;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &r), -XEN_EFAULT);
	/* An area that is not mapped: its own fault, and nobody else's. */
	r.addr.p = 0x5000;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r), 0);
	sleep_ns(2 * MS);
	r.addr.v = NULL;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &r), 0);
}

static void info_area(void)
{
	char *page = alloc_page();
	struct vcpu_register_vcpu_info r = { .mfn = virt_to_mfn(page), .offset = 4096 - 63 };

	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, 0, &r), -XEN_EINVAL);
	r.offset = 128;
	r.mfn = ~0UL;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, 0, &r), -XEN_EINVAL);
	r.mfn = virt_to_mfn(pte_of((unsigned long)page));
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, 0, &r), -XEN_EINVAL);
	if (max_vcpus() < 2)
		return;
	/* Of vCPU 1, which is down; vCPU 0 needs its own for the rest of this test. */
	r.mfn = virt_to_mfn(page);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, 1, &r), 0);
	EXPECT_EQ(((struct vcpu_info *)(page + 128))->evtchn_upcall_pending, 1);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, 1, &r), -XEN_EINVAL);
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = r.mfn };
	EXPECT(make_readonly(page));
	ok(HYPERVISOR_mmuext_op(&pin, 1, NULL, DOMID_SELF) < 0, "the page stays writable data: it becomes no page table");
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_get_physid, 0, page), -XEN_EINVAL);
}

void test_main(void)
{
	accounting();
	areas();
	info_area();
}
