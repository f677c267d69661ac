/* SPDX-License-Identifier: MIT
 *
 * MSRs: those that stock kernels read answer with what the interface promises; the segment bases are the
 * vCPU's own; writes are taken where they change nothing or belong to the guest, and are #GP elsewhere.
 */
#include "testlib.h"

struct msr {
	uint32_t n;
	uint64_t value;
};

static void do_rdmsr(void *p)
{
	struct msr *m = p;
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(m->n));
	m->value = (uint64_t)hi << 32 | lo;
}

static void do_wrmsr(void *p)
{
	const struct msr *m = p;

	__asm__ volatile("wrmsr" :: "c"(m->n), "a"((uint32_t)m->value), "d"((uint32_t)(m->value >> 32)));
}

/* The vector of the fault, -1: none. */
static int rd(struct msr *m)
{
	struct fault f;

	return try_call(do_rdmsr, m, &f) ? -1 : (int)f.vector;
}

static int wr(uint32_t n, uint64_t value)
{
	struct msr m = { n, value };
	struct fault f;

	return try_call(do_wrmsr, &m, &f) ? -1 : (int)f.vector;
}

static bool is_amd(void)
{
	uint32_t a = 0, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return b == 0x68747541;         /* "Auth" */
}

static void reads(void)
{
	static const struct msr known[] = {
		{ 0x1b, 0xfee00900 },           /* APIC base: enabled, boot CPU */
		{ 0x277, 0x050100070406 },      /* PAT: what the ABI promises */
		{ 0xc0000103, 0 },              /* TSC_AUX */
		{ 0x8b, 0 }, { 0x179, 0 }, { 0x17a, 0 }, { 0xfe, 0 }, { 0x17, 0 }, { 0xce, 0 }, { 0x140, 0 },
		{ 0x1a0, 1 },                   /* fast strings */
	};
	struct msr m;

	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++) {
		m = (struct msr){ known[i].n, ~0UL };
		EXPECT_EQ(rd(&m), -1);
		ok(m.value == known[i].value, "MSR %#x reads %#lx, expected %#lx", m.n, (long)m.value,
		   (long)known[i].value);
	}
	/* LFENCE serializes; SYSCFG and HWCR: AMD's only. */
	m = (struct msr){ 0xc0011029, 0 };
	EXPECT_EQ(rd(&m), is_amd() ? -1 : 13);
	EXPECT_EQ(m.value, is_amd() ? 2 : 0);
	m.n = 0xc0010010;
	EXPECT_EQ(rd(&m), is_amd() ? -1 : 13);
	m.n = 0xc0010015;
	EXPECT_EQ(rd(&m), is_amd() ? -1 : 13);
	/* Not the guest's business: SYSENTER, LSTAR, a performance counter, what does not exist. */
	for (unsigned int i = 0; i < 4; i++) {
		static const uint32_t none[] = { 0x174, 0xc0000082, 0xc1, 0x12345678 };

		m.n = none[i];
		EXPECT_EQ(rd(&m), 13);
		EXPECT_EQ(wr(none[i], 0), 13);
	}
}

static void bases(void)
{
	static const uint32_t n[] = { 0xc0000100, 0xc0000101, 0xc0000102 };
	static uint64_t cell = 0x1122334455667788;
	struct msr m;
	uint64_t v;

	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(wr(n[i], 0x123450000 + i), -1);
		m = (struct msr){ n[i], 0 };
		EXPECT_EQ(rd(&m), -1);
		EXPECT_EQ(m.value, 0x123450000 + i);
		EXPECT_EQ(wr(n[i], 0x8000000000000000), 13);
		EXPECT_EQ(rd(&m), -1);
		EXPECT_EQ(m.value, 0x123450000 + i);
	}
	EXPECT_EQ(wr(n[0], (uint64_t)&cell), -1);
	__asm__ volatile("movq %%fs:0, %0" : "=r"(v));
	EXPECT_EQ(v, cell);
	EXPECT_EQ(wr(n[1], (uint64_t)&cell), -1);
	__asm__ volatile("movq %%gs:0, %0" : "=r"(v));
	EXPECT_EQ(v, cell);
}

void test_main(void)
{
	struct msr efer = { 0xc0000080, 0 };

	reads();
	bases();
	/* Written before it is read, to no effect; what it reads anyway; anything else. */
	EXPECT_EQ(wr(0x8b, 0), -1);
	EXPECT_EQ(wr(0x17a, 0), -1);
	EXPECT_EQ(rd(&efer), -1);
	EXPECT_EQ(wr(0xc0000080, efer.value), -1);
	EXPECT_EQ(wr(0xc0000080, efer.value & ~1UL), 13);
	EXPECT_EQ(wr(0x277, 0x0007040600070406), 13);
	EXPECT_EQ(wr(0x1b, 0), 13);
	EXPECT_EQ(wr(0xc0000103, 1UL << 32), 13);
}
