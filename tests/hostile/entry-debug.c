/* SPDX-License-Identifier: MIT
 *
 * Debug facilities turned on the hypervisor: breakpoints on its addresses or reaching into them, reserved bits of
 * DR7, single steps and INT1 across every way in, watchpoints on what it touches for the guest.
 * The guest gets its own traps, the hypervisor none. [XSA-12, XSA-265, XSA-444]
 */
#include "domu.h"
#include <pv-abi/hypercall-numbers.h>

static unsigned long debug_traps;
static volatile uint64_t watched[8] __attribute__((aligned(64)));

static bool count(struct regs *r)
{
	/* An emulator may not know INT1. */
	if (r->vector == 6 && *(uint8_t *)r->rip == 0xf1)
		r->rip++;
	else if (r->vector != 1 && r->vector != 3)
		return false;
	debug_traps++;
	return true;
}

static void registers(void)
{
	static const unsigned long bad[] = {
		0xffff800000000000, 0xffff800000000000 - 1, 0xffff800000000000 - 7, 0xffff82d040000000, 0xffff87ffffffffff, 1UL << 47,
		(1UL << 47) - 1, (1UL << 47) - 7, 1UL << 63,
	};
	unsigned long got;

	for (unsigned int reg = 0; reg < 4; reg++)
		for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
			ok(HYPERVISOR_set_debugreg((int)reg, bad[i]) < 0, "XSA-444: DR%u = %#lx is refused", reg, bad[i]);
	for (unsigned int bit = 32; bit < 64; bit++)
		if (HYPERVISOR_set_debugreg(7, 1UL << bit) == 0)
			ok(false, "XSA-12: DR7 bit %u was taken", bit);
	ok(true, "XSA-12: no high bit of DR7");
	HYPERVISOR_set_debugreg(7, 0xfc00 | 0x300);
	got = (unsigned long)HYPERVISOR_get_debugreg(7);
	ok(!(got & 0xf800), "XSA-12: reserved bits and general detect stay 0 (%#lx)", got);
	ok(HYPERVISOR_set_debugreg(7, 0x20001) < 0, "an I/O breakpoint is refused");
	EXPECT_EQ(HYPERVISOR_set_debugreg(7, 0), 0);
	for (int reg = 8; reg < 40; reg++)
		EXPECT(HYPERVISOR_set_debugreg(reg, 0) < 0);
	EXPECT(HYPERVISOR_set_debugreg(-1, 0) < 0);
}

static void steps(void)
{
	unsigned long n;

	debug_traps = 0;
	for (unsigned int i = 0; i < 50; i++)
		__asm__ volatile(
			"pushfq\n\t orl $0x100, (%%rsp)\n\t popfq\n\t movl $17, %%eax\n\t xorl %%edi, %%edi\n\t xorl %%esi, %%esi\n\t"
			"syscall\n\t nop\n\t pushfq\n\t andl $~0x100, (%%rsp)\n\t popfq"
			::: "rax", "rcx", "rdi", "rsi", "r11", "memory");
	n = debug_traps;
	ok(n > 50, "XSA-265: hypercalls stepped through: %lu traps, all the guest's", n);
	debug_traps = 0;
	for (unsigned int i = 0; i < 50; i++)
		__asm__ volatile(".byte 0xf1");         /* INT1 */
	ok(debug_traps == 50, "XSA-265: INT1 fifty times: %lu traps", debug_traps);
	for (unsigned int i = 0; i < 20; i++)
		__asm__ volatile("pushfq\n\t orl $0x100, (%%rsp)\n\t popfq\n\t int3\n\t .byte 0xf1\n\t nop\n\t pushfq\n\t andl $~0x100, (%%rsp)\n\t popfq"
				 ::: "memory");
	ok(true, "XSA-265: INT3 and INT1 with a single step pending: survived");
	ok((HYPERVISOR_get_debugreg(6) & ~0xe00fUL) == 0xffff0ff0, "DR6 shows what is the guest's (%#lx)", (unsigned long)HYPERVISOR_get_debugreg(6));
}

static void watch(volatile void *p)
{
	EXPECT_EQ(HYPERVISOR_set_debugreg(0, (unsigned long)p & ~7UL), 0);
	EXPECT_EQ(HYPERVISOR_set_debugreg(7, 0xb0001), 0);      /* read or write, 8 bytes */
}

static void ret_syscall(void)
{
	extern char at_syscall[];

	EXPECT_EQ(HYPERVISOR_set_debugreg(1, (unsigned long)at_syscall), 0);
	EXPECT_EQ(HYPERVISOR_set_debugreg(7, 0x4), 0);          /* execution */
	debug_traps = 0;
	__asm__ volatile("movl $17, %%eax\n\t xorl %%edi, %%edi\n\t xorl %%esi, %%esi\n\t .globl at_syscall\nat_syscall:\n\t syscall"
			 ::: "rax", "rcx", "rdi", "rsi", "r11", "memory");
	HYPERVISOR_set_debugreg(7, 0);
}

static bool resume(struct regs *r)
{
	if (r->vector == 1)
		r->rflags |= 0x10000;           /* RF */
	return count(r);
}

/* What the hypervisor reads and writes for a guest: arguments, vcpu_info, run state, the trap's own stack. */
static void watchpoints(void)
{
	struct vcpu_runstate_info state;
	struct vcpu_register_runstate_memory_area a = { .addr.v = (struct vcpu_runstate_info *)watched };

	watch(&vcpu_info(0)->evtchn_upcall_pending);
	for (unsigned int i = 0; i < 20; i++)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	watch(watched);
	HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &a);
	for (unsigned int i = 0; i < 20; i++)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, (void *)watched);
	HYPERVISOR_console_io(CONSOLEIO_write, 0, (char *)watched);
	HYPERVISOR_xen_version(XENVER_extraversion, (void *)watched);
	HYPERVISOR_set_debugreg(7, 0);
	a.addr.p = 0;
	HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &a);
	HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, &state);
	ok(true, "watchpoints on what the hypervisor touches: survived");
	trap_hook = resume;
	ret_syscall();
	trap_hook = count;
	ok(debug_traps >= 1, "a breakpoint on SYSCALL is the guest's (%lu)", debug_traps);
}

static void attack(void *unused)
{
	trap_hook = count;
	registers();
	steps();
	watchpoints();
	trap_hook = NULL;
}

static void no_handler(void *unused)
{
	HYPERVISOR_set_trap_table(NULL);
	__asm__ volatile("pushfq\n\t orl $0x100, (%%rsp)\n\t popfq\n\t nop\n\t nop" ::: "memory");
}

void test_main(void)
{
	struct domu u;
	struct books before;

	domu_run(&(struct domu_config){ .main = attack }, "debug registers");
	books_read(&before);
	domu_run(&(struct domu_config){ .main = attack }, "again");
	domu_create(&u, &(struct domu_config){ .main = no_handler });
	domu_start(&u);
	ok(domu_wait(&u, 5000000000UL) == DOMU_CRASHED, "XSA-265: #DB without a handler ends the domain");
	EXPECT(domu_destroy(&u));
	books_compare(&before, "all of it");
}
