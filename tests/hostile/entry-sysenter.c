/* SPDX-License-Identifier: MIT
 *
 * SYSENTER brings neither a return address nor clean flags: NT would make the hypervisor's IRET fault, TF trap its first
 * instruction, AC open SMAP. User mode executes it with each of them, without a callback (then the guest kernel gets one #GP, of
 * user mode) and with one. [XSA-8, XSA-44, XSA-339]
 *
 * RUN: cpu=max,vendor=GenuineIntel,-smap
 */
#include "testlib.h"

extern char syscall_entry[];

static unsigned long traps, debug_traps;

static bool count(struct regs *r)
{
	if (r->vector == 1) {
		debug_traps++;
		r->rflags &= ~0x100UL;
		return true;
	}
	traps++;
	return false;
}

static void user_sysenter(unsigned long flags)
{
	__asm__ volatile("pushq %0\n\t xorl %%eax, %%eax\n\t popfq\n\t sysenter" :: "r"(flags) : "rax");
}


static void all_flags(const char *how, bool callback)
{
	static const unsigned long flags[] = { 2, 0x4002, 0x102, 0x40002, 0x4102, 0x44102, 0x200002, 0x402, 0x10002 };
	struct fault f;

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		traps = 0;
		run_user(user_sysenter, flags[i], &f);
		if (callback)
			ok(!f.happened, "XSA-44: SYSENTER with flags %#lx, %s: arrives (vector %u)", flags[i], how, f.vector);
		else
			ok(f.vector == 13 && (f.cs & 3) == 3 && traps == 1,
			   "XSA-8, 339: SYSENTER with flags %#lx, %s: one #GP of user mode (vector %u, cs %#lx, %lu traps)", flags[i], how,
			   f.vector, f.cs, traps);
		/* The next way in and out must be clean. */
		EXPECT_EQ(HYPERVISOR_xen_version(XENVER_version, NULL) >> 16, 4);
	}
}

void test_main(void)
{
	struct callback_register r = { .type = CALLBACKTYPE_sysenter, .address = (unsigned long)syscall_entry };

	trap_hook = count;
	all_flags("no callback", false);
	EXPECT_EQ(HYPERVISOR_callback_op(CALLBACKOP_register, &r), 0);
	all_flags("with a callback", true);
	r.address = 1UL << 47;
	ok(HYPERVISOR_callback_op(CALLBACKOP_register, &r) < 0, "a callback that is not canonical is refused");
	trap_hook = NULL;
	note("%lu debug traps", debug_traps);
}
