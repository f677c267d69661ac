/* SPDX-License-Identifier: MIT
 *
 * A watchpoint hit by MOV SS is held back for one instruction. If that is SYSCALL
 * or INT3, #DB arrives on the hypervisor's first instruction, with the guest's stack pointer: it
 * must not trust it, and the machine must go on. (An emulator without that delay shows the #DB to the guest.) [XSA-260, CVE-2018-8897]
 */
#include "testlib.h"

static unsigned long ss_word = FLAT_KERNEL_SS;

static void ss_syscall(void *unused)
{
	__asm__ volatile(
		"movl $17, %%eax\n\t xorl %%edi, %%edi\n\t xorl %%esi, %%esi\n\t"
		"movw ss_word(%%rip), %%ss\n\t"
		"syscall"
		::: "rax", "rcx", "rdi", "rsi", "r11", "memory");
}

static bool swallow(struct regs *r)
{
	return r->vector == 1 || r->vector == 3;
}

static void ss_int3(void *unused)
{
	__asm__ volatile("movw ss_word(%%rip), %%ss\n\t int3" ::: "memory");
}

void test_main(void)
{
	struct fault f;

	__asm__ volatile("" :: "m"(ss_word));
	trap_hook = swallow;
	EXPECT_EQ(HYPERVISOR_set_debugreg(0, (unsigned long)&ss_word), 0);
	EXPECT_EQ(HYPERVISOR_set_debugreg(7, 0x70001), 0);      /* read or write, 2 bytes */
	for (int i = 0; i < 100; i++) {
		try_call(ss_int3, NULL, &f);
		if (f.happened)
			break;
	}
	ok(true, "MOV SS; INT3 with a watchpoint: survived (last vector %u)", f.vector);
	for (int i = 0; i < 100; i++)
		ss_syscall(NULL);
	ok(true, "MOV SS; SYSCALL with a watchpoint: survived");
	HYPERVISOR_set_debugreg(7, 0);
}
