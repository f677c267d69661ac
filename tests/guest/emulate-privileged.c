/* SPDX-License-Identifier: MIT
 *
 * Privileged instructions that the guest kernel may execute: CR reads, CLTS
 * and TS with #NM, forced CPUID, known and unknown MSRs, ports after set_iopl.
 */
#include "testlib.h"

static void read_unknown_msr(void *p)
{
	__asm__ volatile("rdmsr" :: "c"(0x12345678) : "rax", "rdx");
}

static void fpu_use(void *p)
{
	__asm__ volatile("fninit");
}

static void in_port(void *p)
{
	uint8_t v;

	__asm__ volatile("inb $0x61, %0" : "=a"(v));
}

static void write_cr4_bad(void *p)
{
	__asm__ volatile("mov %0, %%cr0" :: "r"(0UL));
}

void test_main(void)
{
	struct physdev_set_iopl iopl = { .iopl = 1 };
	uint32_t a = 0x40000000, b, c = 0, d, lo, hi;
	unsigned long cr0, cr3;
	struct fault f;
	char sig[13] = { 0 };

	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	EXPECT_EQ(cr0 & 0x80000001, 0x80000001);
	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	EXPECT_EQ(xen_cr3_to_pfn(cr3), virt_to_mfn((void *)si->pt_base));
	__asm__ volatile("mov %0, %%cr3" :: "r"(cr3) : "memory");
	ok(true, "MOV to CR3 is emulated");

	__asm__ volatile("ud2; .ascii \"xen\"; cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	memcpy(sig, &b, 4);
	memcpy(sig + 4, &c, 4);
	memcpy(sig + 8, &d, 4);
	ok(!memcmp(sig, "XenVMMXenVMM", 12), "forced CPUID 0x40000000 says %s", sig);

	HYPERVISOR_fpu_taskswitch(1);
	try_call(fpu_use, NULL, &f);
	EXPECT_EQ(f.vector, 7);
	try_call(fpu_use, NULL, &f);    /* TS is clear after the first */
	EXPECT_EQ(f.happened, 0);
	__asm__ volatile("clts");
	ok(true, "CLTS is emulated");

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(0xc0000080));
	EXPECT_EQ(lo & 0x501, 0x501);
	try_call(read_unknown_msr, NULL, &f);
	EXPECT_EQ(f.vector, 13);
	try_call(write_cr4_bad, NULL, &f);
	EXPECT_EQ(f.vector, 13);

	try_call(in_port, NULL, &f);
	EXPECT_EQ(f.vector, 13);
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
	try_call(in_port, NULL, &f);
	EXPECT_EQ(f.happened, 0);
}
