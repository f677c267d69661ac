/* SPDX-License-Identifier: MIT
 *
 * Debug registers by hypercall and by instruction: what is written is read, a
 * watchpoint fires as #DB with DR6 set, and none can be set on the hypervisor's addresses.
 */
#include "testlib.h"

static volatile long watched;

static void touch(void *unused)
{
	watched = 1;
}

void test_main(void)
{
	unsigned long v;
	struct fault f;

	EXPECT_EQ(HYPERVISOR_set_debugreg(0, (unsigned long)&watched), 0);
	EXPECT_EQ(HYPERVISOR_get_debugreg(0), (unsigned long)&watched);
	EXPECT(HYPERVISOR_set_debugreg(1, 0xffff830000000000UL) < 0);
	EXPECT(HYPERVISOR_set_debugreg(8, 0) < 0);
	EXPECT(HYPERVISOR_set_debugreg(7, 1UL << 32) < 0);
	__asm__ volatile("mov %%db0, %0" : "=r"(v));
	EXPECT_EQ(v, (unsigned long)&watched);

	EXPECT_EQ(HYPERVISOR_set_debugreg(7, 0xd0001), 0);      /* write, 8 bytes, local 0 */
	try_call(touch, NULL, &f);
	EXPECT_EQ(f.vector, 1);
	EXPECT_EQ(HYPERVISOR_get_debugreg(6) & 0xf, 1);
	HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	HYPERVISOR_set_debugreg(6, 0);
	try_call(touch, NULL, &f);
	ok(f.vector == 1, "still armed after a yield (vector %u)", f.vector);
	EXPECT_EQ(HYPERVISOR_set_debugreg(7, 0), 0);
	try_call(touch, NULL, &f);
	EXPECT_EQ(f.happened, 0);
	/* A hypercall argument under a watchpoint: the hypervisor's own access is no trap of the guest. */
	HYPERVISOR_set_debugreg(7, 0xf0001);
	HYPERVISOR_console_io(CONSOLEIO_write, 0, (char *)&watched);
	HYPERVISOR_set_debugreg(7, 0);
	ok(true, "the hypervisor reads a watched word");
}
