/* SPDX-License-Identifier: MIT
 *
 * The way to user mode and back: iret hypercall with RPL 3, SYSCALL to the
 * kernel's callback, faults with the user bit set, privileged instructions refused.
 */
#include "testlib.h"

static void user_exit_with_calls(unsigned long n)
{
	unsigned long rax;

	for (unsigned long i = 1; i <= n; i++) {
		rax = i;
		__asm__ volatile("syscall" : "+a"(rax) :: "rcx", "r11", "memory");
	}
	__asm__ volatile("syscall" :: "a"(0));
}

static void user_touch(unsigned long a)
{
	*(volatile long *)a = 1;
}

static void user_cli(unsigned long a)
{
	__asm__ volatile("cli");
}

static void user_hlt(unsigned long a)
{
	__asm__ volatile("hlt");
}

void test_main(void)
{
	struct fault f;

	run_user(user_exit_with_calls, 5, &f);
	EXPECT_EQ(f.happened, 0);
	EXPECT_EQ(user_syscalls, 5);
	EXPECT_EQ(user_last_rax, 5);
	run_user(user_touch, 0x123000, &f);
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(f.error, 6);
	EXPECT_EQ(f.cr2, 0x123000);
	EXPECT_EQ(f.cs & 3, 3);
	run_user(user_cli, 0, &f);
	EXPECT_EQ(f.vector, 13);
	run_user(user_hlt, 0, &f);
	EXPECT_EQ(f.vector, 13);
}
