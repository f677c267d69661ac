/* SPDX-License-Identifier: MIT
 *
 * Exceptions reach the guest kernel with vector, error code, CR2 and RPL as the
 * interface says: #DE, #UD, #BP, #PF read and write, #GP, INT n by gate DPL.
 */
#include "testlib.h"

static void divide(void *p)
{
	__asm__ volatile("xorl %%edx, %%edx; movl $1, %%eax; divl %%edx" ::: "rax", "rdx");
}

static void undefined(void *p)
{
	__asm__ volatile("ud2");
}

static void read_at(void *p)
{
	__asm__ volatile("movq (%0), %%rax" :: "r"(p) : "rax");
}

static void write_at(void *p)
{
	__asm__ volatile("movq $1, (%0)" :: "r"(p) : "memory");
}

static void int_40(void *p)
{
	__asm__ volatile("int $0x40");
}

static void int_41(void *p)
{
	__asm__ volatile("int $0x41");
}

static void load_bad_segment(void *p)
{
	__asm__ volatile("movw %w0, %%es" :: "r"(0x1234));
}

void test_main(void)
{
	struct fault f;

	try_call(divide, NULL, &f);
	EXPECT_EQ(f.vector, 0);
	EXPECT_EQ(f.cs & 3, 0);
	try_call(undefined, NULL, &f);
	EXPECT_EQ(f.vector, 6);
	try_call(read_at, (void *)0x1000, &f);
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(f.error, 0);
	EXPECT_EQ(f.cr2, 0x1000);
	try_call(write_at, (void *)0x2008, &f);
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(f.error, 2);
	EXPECT_EQ(f.cr2, 0x2008);
	try_call(write_at, (void *)M2P, &f);
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(f.error, 3);
	try_call(read_at, (void *)0x8000000000000000UL, &f);
	EXPECT_EQ(f.vector, 13);
	try_call(int_40, NULL, &f);
	EXPECT_EQ(f.happened, 0);
	EXPECT_EQ(soft_interrupts, 1);
	try_call(int_41, NULL, &f);
	EXPECT_EQ(f.vector, 13);
	try_call(load_bad_segment, NULL, &f);
	EXPECT_EQ(f.vector, 13);
	EXPECT_EQ(f.error, 0x1234);
}
