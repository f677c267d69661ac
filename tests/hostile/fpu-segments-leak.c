/* SPDX-License-Identifier: MIT
 *
 * Registers of one domain must not show in another. A holder fills x87, SSE and AVX registers, FS and GS bases and
 * debug registers with a secret and keeps the CPU busy beside a spy, which looks at its own before and after it first uses
 * them, and when it switches AVX on late. Both check that what they have stays theirs. Then states that the CPU will not
 * load are given to a vCPU. [XSA-52 53 62 165 172 220 267 293]
 */
#include "domu.h"

#define SECRET 0x5ec2e75ec2e75ec2UL
#define ROUNDS 60

static uint64_t area[512] __attribute__((aligned(64)));
static unsigned long had_avx;

static void set_xcr0(void *value)
{
	__asm__ volatile("xsetbv" :: "c"(0), "a"((uint32_t)(unsigned long)value), "d"(0));
}

static void fill(uint64_t with)
{
	for (unsigned int i = 0; i < 512; i++)
		area[i] = with;
	/* Each XMM register; ST(0..7) through MMX would lose the tags, so the x87 stack by FILD. */
	__asm__ volatile(
		"movups (%0), %%xmm0; movups (%0), %%xmm1; movups (%0), %%xmm2; movups (%0), %%xmm3;"
		"movups (%0), %%xmm4; movups (%0), %%xmm5; movups (%0), %%xmm6; movups (%0), %%xmm7;"
		"movups (%0), %%xmm8; movups (%0), %%xmm9; movups (%0), %%xmm10; movups (%0), %%xmm11;"
		"movups (%0), %%xmm12; movups (%0), %%xmm13; movups (%0), %%xmm14; movups (%0), %%xmm15;"
		"fninit; fildll (%0); fildll (%0); fildll (%0); fildll (%0); fildll (%0); fildll (%0); fildll (%0); fildll (%0)"
		:: "r"(area) : "memory");
}

static void fill_avx(void *unused)
{
	__asm__ volatile("vmovups (%0), %%ymm0; vmovups (%0), %%ymm1; vmovups (%0), %%ymm7; vmovups (%0), %%ymm15" :: "r"(area) : "memory");
}

static void read_avx(void *to)
{
	__asm__ volatile("vmovups %%ymm0, (%0); vmovups %%ymm1, 32(%0); vmovups %%ymm7, 64(%0); vmovups %%ymm15, 96(%0)" :: "r"(to) : "memory");
}

static unsigned int count_words(const uint64_t *p, unsigned int n, uint64_t what)
{
	unsigned int seen = 0;

	for (unsigned int i = 0; i < n; i++)
		seen += p[i] == what;
	return seen;
}

static void save(void)
{
	memset(area, 0, sizeof(area));
	__asm__ volatile("fxsave64 (%0)" :: "r"(area) : "memory");
}

static void set_bases(unsigned long fs, unsigned long gs)
{
	HYPERVISOR_set_segment_base(0, fs);
	HYPERVISOR_set_segment_base(2, gs);
}

static unsigned long read_msr(uint32_t n)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(n));
	return (unsigned long)hi << 32 | lo;
}

static void rest(void)
{
	struct sched_poll p = { .timeout = system_time() + 300000 };

	HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	HYPERVISOR_sched_op(SCHEDOP_poll, &p);
}

/* The holder goes on until it is destroyed. */
static void holder(void *unused)
{
	struct fault f;

	if (try_call(set_xcr0, (void *)7UL, &f)) {
		fill(SECRET);
		try_call(fill_avx, NULL, &f);
	}
	fill(SECRET);
	had_avx = !f.happened;
	set_bases(SECRET >> 18, SECRET >> 19);
	HYPERVISOR_set_debugreg(0, SECRET >> 18);
	HYPERVISOR_set_debugreg(7, 0x10001);
	domu_channel->word[3] = 1;
	for (;;) {
		rest();
		save();
		/* XMM0..15 begin at byte 160. */
		if (count_words(area + 20, 32, SECRET) != 32)
			ok(false, "the holder lost %u words of its own", 32 - count_words(area + 20, 32, SECRET));
		if (read_msr(0xc0000100) != SECRET >> 18 || read_msr(0xc0000101) != SECRET >> 19)
			ok(false, "XSA-293: the holder lost its bases");
		domu_channel->word[2]++;
	}
}

static void spy(void *unused)
{
	static uint64_t ymm[16];
	unsigned int bad = 0;
	struct fault f;

	save();
	ok(count_words(area, 64, 0) >= 60, "XSA-165, 267: at first the registers are empty (%u of 64 words)", count_words(area, 64, 0));
	ok(area[1] == 0 && area[2] == 0, "XSA-52, 172: no address of another's last x87 instruction (%#lx, %#lx)", area[1], area[2]);
	for (unsigned int i = 0; i < 20; i++)
		rest();
	save();
	ok(count_words(area, 64, SECRET) == 0, "XSA-165: nor does anything come in while others run");
	ok(area[1] == 0 && area[2] == 0, "XSA-52: nor an address (%#lx, %#lx)", area[1], area[2]);
	if (try_call(set_xcr0, (void *)7UL, &f) && try_call(read_avx, ymm, &f))
		ok(count_words(ymm, 16, 0) == 16, "XSA-62: AVX switched on late is empty (%u of 16 words)", count_words(ymm, 16, 0));
	else
		note("no AVX here");
	ok(read_msr(0xc0000100) != SECRET >> 18 && read_msr(0xc0000101) != SECRET >> 19, "XSA-293: the bases are not another's");
	ok(HYPERVISOR_get_debugreg(0) == 0, "nor are the debug registers (%#lx)", (unsigned long)HYPERVISOR_get_debugreg(0));

	fill(~SECRET);
	set_bases(0x12345000, 0x6789a000);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		rest();
		save();
		bad += count_words(area + 20, 32, ~SECRET) != 32;
		bad += read_msr(0xc0000100) != 0x12345000 || read_msr(0xc0000101) != 0x6789a000;
	}
	ok(bad == 0, "what the spy has stays its own in %u switches (%u not)", ROUNDS, bad);
	__asm__ volatile("fninit");
}

static void innocent(void *unused)
{
	for (unsigned int i = 0; i < 3; i++)
		rest();
	save();
	ok(true, "runs");
}

/* The area of a vCPU as a hostile stream would bring it: XRSTOR faults on most of these. */
static void bad_states(void)
{
	static struct { uint64_t xcr0, accum; uint64_t area[1024]; } state;
	static const struct { uint64_t xcr0, xstate_bv, xcomp_bv, mxcsr; const char *what; } bad[] = {
		{ 3, ~0UL, 0, 0x1f80, "components that do not exist" },
		{ 3, 3, 1UL << 63, 0x1f80, "a compacted form" },
		{ 3, 3, ~0UL, 0x1f80, "a header of ones" },
		{ 3, 3, 0, 0xffffffff, "reserved MXCSR bits" },
		{ 1, 3, 0, 0x1f80, "SSE where XCR0 has none" },
		{ 7, 4, 0, 0x1f80, "AVX without SSE" },
		{ ~0UL, 3, 0, 0x1f80, "an XCR0 of ones" },
		{ 0, 3, 0, 0x1f80, "an XCR0 of 0" },
		{ 2, 2, 0, 0x1f80, "an XCR0 without x87" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct xen_domctl op = { 0 };
		struct domu u;
		long rc;

		domu_create(&u, &(struct domu_config){ .main = innocent });
		memset(&state, 0x5e, sizeof(state));
		state.xcr0 = state.accum = bad[i].xcr0;
		state.area[3] = bad[i].mxcsr;
		state.area[64] = bad[i].xstate_bv;
		state.area[65] = bad[i].xcomp_bv;
		op.u.vcpuextstate.size = 16 + 512 + 64;
		set_xen_guest_handle(op.u.vcpuextstate.buffer, (void *)&state);
		rc = domu_domctl(&op, XEN_DOMCTL_setvcpuextstate, u.domid);
		domu_start(&u);
		ok(domu_wait(&u, 20000000000UL) != DOMU_RUNS, "XSA-53: %s (set: %ld): survived", bad[i].what, rc);
		EXPECT(domu_destroy(&u));
	}
}

static void round(const char *name)
{
	struct domu h;
	uint64_t end = system_time() + 5000000000UL;

	domu_create(&h, &(struct domu_config){ .main = holder });
	domu_start(&h);
	while (!h.channel->word[3] && system_time() < end)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	domu_run(&(struct domu_config){ .main = spy }, name);
	ok(h.channel->word[2] > 10 && h.channel->failed == 0, "%s: the holder kept what it had (%lu rounds, %u faults)", name, h.channel->word[2],
	   h.channel->failed);
	EXPECT(domu_destroy(&h));
}

void test_main(void)
{
	struct books before;

	round("first");
	books_read(&before);
	round("second");
	bad_states();
	books_compare(&before, "all of it");
}
