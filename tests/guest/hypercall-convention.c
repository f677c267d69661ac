/* SPDX-License-Identifier: MIT
 *
 * The calling convention: rax, rcx and r11 change, all else survives, also when a call is made again after a
 * preemption; what does not exist is -ENOSYS; multicall gives each call its own result and is not nestable.
 */
#include "testlib.h"

static const uint64_t patterns[] = { 0x1111, 0x2222, 0x3333, 0x4444, 0x5555, 0x6666, 0x7777, 0x8888, 0x9999, 0xaaaa };

/* Bare SYSCALL with every register known; returns how many others than rax, rcx, r11 changed. */
static int changed_registers(unsigned long nr, unsigned long a1, unsigned long a2, long *result)
{
	uint64_t in[13] = { patterns[0], patterns[1], patterns[2], patterns[3], patterns[4], patterns[5], patterns[6],
			    patterns[7], patterns[8], a1, a2, nr, 0 };
	uint64_t out[12];
	int bad = 0;

	__asm__ volatile("pushq %%rbp\n\tpushq %%rbx\n\tpushq %1\n\tmovq %0, %%r11\n\t"
			 "movq 0(%%r11), %%rbx; movq 8(%%r11), %%rdx; movq 16(%%r11), %%rbp; movq 24(%%r11), %%r8\n\t"
			 "movq 32(%%r11), %%r9; movq 40(%%r11), %%r10; movq 48(%%r11), %%r12; movq 56(%%r11), %%r13\n\t"
			 "movq 64(%%r11), %%r14; movq 72(%%r11), %%rdi; movq 80(%%r11), %%rsi; movq 88(%%r11), %%rax\n\t"
			 "movq $0x77, %%r15\n\t"
			 "syscall\n\t"
			 "popq %%r11\n\t"
			 "movq %%rbx, 0(%%r11); movq %%rdx, 8(%%r11); movq %%rbp, 16(%%r11); movq %%r8, 24(%%r11)\n\t"
			 "movq %%r9, 32(%%r11); movq %%r10, 40(%%r11); movq %%r12, 48(%%r11); movq %%r13, 56(%%r11)\n\t"
			 "movq %%r14, 64(%%r11); movq %%rdi, 72(%%r11); movq %%rsi, 80(%%r11); movq %%rax, 88(%%r11)\n\t"
			 "popq %%rbx\n\tpopq %%rbp"
			 :: "r"(in), "r"(out)
			 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
	for (int i = 0; i < 11; i++)
		bad += out[i] != in[i];
	*result = (long)out[11];
	return bad;
}

static void registers_survive(void)
{
	long rc;

	EXPECT_EQ(changed_registers(__HYPERVISOR_xen_version, XENVER_version, 0, &rc), 0);
	EXPECT_EQ(rc, 4 << 16 | 17);
	EXPECT_EQ(changed_registers(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, &rc), 0);
	EXPECT_EQ(rc, 0);
	EXPECT_EQ(changed_registers(11, 1, 2, &rc), 0);
	EXPECT_EQ(rc, -XEN_ENOSYS);
	EXPECT_EQ(changed_registers(63, 1, 2, &rc), 0);
	EXPECT_EQ(rc, -XEN_ENOSYS);
	EXPECT_EQ(changed_registers(1UL << 40, 1, 2, &rc), 0);
	EXPECT_EQ(rc, -XEN_ENOSYS);
	EXPECT_EQ(changed_registers(~0UL, 1, 2, &rc), 0);
	EXPECT_EQ(rc, -XEN_ENOSYS);
}

static struct multicall_entry calls[200];

static void fill(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		calls[i] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .result = 99,
						     .args = { XENVER_version, 0 } };
}

static void multicalls(void)
{
	int good = 0;

	fill(200);
	calls[3].op = 11;
	calls[5].op = __HYPERVISOR_multicall;
	calls[7].args[0] = 99;
	EXPECT_EQ(HYPERVISOR_multicall(calls, 200), 0);
	for (int i = 0; i < 200; i++)
		good += (long)calls[i].result == (4 << 16 | 17);
	EXPECT_EQ(good, 197);
	EXPECT_EQ((long)calls[3].result, -XEN_ENOSYS);
	EXPECT_EQ((long)calls[5].result, -XEN_EINVAL);
	EXPECT_EQ((long)calls[7].result, -XEN_ENOSYS);
	EXPECT_EQ(HYPERVISOR_multicall(calls, 0), 0);
	EXPECT_EQ(HYPERVISOR_multicall((void *)0x10, 1), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_multicall((void *)0xffff830000000000, 1), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_multicall((void *)(HYPERVISOR_VIRT_START - 64), ~0U), -XEN_EFAULT);
}

/* A timer that fires all the time interrupts the list again and again: each call is made once all the same. */
static void preempted(void)
{
	struct vcpu_set_periodic_timer p = { .period_ns = 1000000 };
	long port = evtchn_bind_virq(VIRQ_TIMER, 0);
	unsigned long bad = 0;

	unmask_port((unsigned int)port);
	HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &p);
	events_unmask();
	for (int round = 0; round < 300; round++) {
		fill(200);
		if (HYPERVISOR_multicall(calls, 200))
			bad++;
		for (int i = 0; i < 200; i++)
			bad += (long)calls[i].result != (4 << 16 | 17);
	}
	events_mask();
	HYPERVISOR_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	EXPECT_EQ(bad, 0);
	ok(port_count[port] > 0, "the timer came %lu times", port_count[port]);
}

void test_main(void)
{
	registers_survive();
	multicalls();
	preempted();
}
