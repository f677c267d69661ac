/* SPDX-License-Identifier: MIT
 *
 * Control registers, LMSW, XSETBV, CLI and STI, HLT, the cache instructions, and forced CPUID leaf by leaf: what is
 * emulated has its effect, what changes more than the guest owns is #GP. An instruction that ends at the end of
 * mapped memory is decoded; one that goes on behind it is not. A single-step trap comes after an emulated instruction
 * as after any other.
 */
#include "testlib.h"

static uint64_t value;
static char *code;              /* a page to execute from; the one behind it is not mapped */

static void read_cr8(void *p) { __asm__ volatile("mov %%cr8, %0" : "=r"(value)); }
static void write_cr0(void *p) { __asm__ volatile("mov %0, %%cr0" :: "r"(value)); }
static void write_cr3(void *p) { __asm__ volatile("mov %0, %%cr3" :: "r"(value) : "memory"); }
static void write_cr8(void *p) { __asm__ volatile("mov %0, %%cr8" :: "r"(value)); }
static void lmsw(void *p) { __asm__ volatile("lmsw %w0" :: "r"(value)); }
static void fpu_use(void *p) { __asm__ volatile("fnop"); }
static void lgdt(void *p) { __asm__ volatile("lgdt (%0)" :: "r"(&value)); }
static void ltr(void *p) { __asm__ volatile("ltr %w0" :: "r"(value)); }
static void cli(void *p) { __asm__ volatile("cli"); }
static void sti(void *p) { __asm__ volatile("sti"); }
static void call_code(void *p) { ((void (*)(void))p)(); }
static void read_dr9(void *p) { __asm__ volatile(".byte 0x44, 0x0f, 0x21, 0xc8" ::: "rax"); }
static void lock_cli(void *p) { __asm__ volatile(".byte 0xf0, 0xfa"); }
static void addr32_in(void *p) { __asm__ volatile(".byte 0x67, 0xec" :: "d"(0x61) : "rax"); }

static void xsetbv(void *index)
{
	__asm__ volatile("xsetbv" :: "c"((unsigned int)(unsigned long)index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

/* The vector of the fault, -1: none. */
static int trap_of(void (*fn)(void *), uint64_t v)
{
	struct fault f;

	value = v;
	return try_call(fn, NULL, &f) ? -1 : (int)f.vector;
}

static uint64_t read_cr(int n)
{
	uint64_t v;

	switch (n) {
	case 0: __asm__ volatile("mov %%cr0, %0" : "=r"(v)); return v;
	case 2: __asm__ volatile("mov %%cr2, %0" : "=r"(v)); return v;
	case 3: __asm__ volatile("mov %%cr3, %0" : "=r"(v)); return v;
	default: __asm__ volatile("mov %%cr4, %0" : "=r"(v)); return v;
	}
}

static void control_registers(void)
{
	uint64_t cr0 = read_cr(0), cr3 = read_cr(3), cr4 = read_cr(4);

	EXPECT_EQ(trap_of(write_cr0, cr0 | 8), -1);
	EXPECT_EQ(read_cr(0), cr0 | 8);
	EXPECT_EQ(trap_of(fpu_use, 0), 7);
	EXPECT_EQ(read_cr(0), cr0);             /* clear again in the handler of #NM */
	EXPECT_EQ(trap_of(write_cr0, cr0 ^ 0x10000), 13);
	__asm__ volatile("mov %0, %%cr2" :: "r"(0x123456789a));
	EXPECT_EQ(read_cr(2), 0x123456789a);
	EXPECT_EQ(vcpu_info(0)->arch.cr2, 0x123456789a);
	EXPECT_EQ(trap_of(write_cr3, cr3), -1);
	EXPECT_EQ(trap_of(write_cr3, (uint64_t)virt_to_mfn(&value) << 12), 13);
	EXPECT_EQ(read_cr(3), cr3);
	ok(cr4 & 0x20, "CR4 %#lx has PAE", (long)cr4);
	__asm__ volatile("mov %0, %%cr4" :: "r"(0UL));
	EXPECT_EQ(read_cr(4), cr4);
	EXPECT_EQ(trap_of(read_cr8, 0), 13);
	EXPECT_EQ(trap_of(write_cr8, 0), 13);
	EXPECT_EQ(trap_of(read_dr9, 0), 13);

	/* LMSW: TS, and nothing that differs. */
	EXPECT_EQ(trap_of(lmsw, (cr0 & 0xf) | 8), -1);
	EXPECT_EQ(read_cr(0), cr0 | 8);
	EXPECT_EQ(trap_of(lmsw, (cr0 & 0xf)), -1);
	EXPECT_EQ(read_cr(0), cr0);
	EXPECT_EQ(trap_of(lmsw, (cr0 & 0xf) ^ 4), 13);
	EXPECT_EQ(trap_of(lgdt, 0), 13);
	EXPECT_EQ(trap_of(ltr, 0xe040), 13);
}

struct leaf {
	uint32_t a, b, c, d;
};

static struct leaf cpuid(uint32_t leaf, uint32_t sub)
{
	struct leaf r = { leaf, 0, sub, 0 };

	__asm__ volatile("ud2; .ascii \"xen\"; cpuid" : "+a"(r.a), "=b"(r.b), "+c"(r.c), "=d"(r.d));
	return r;
}

static bool empty(uint32_t leaf, uint32_t sub)
{
	struct leaf r = cpuid(leaf, sub);

	return !(r.a | r.b | r.c | r.d);
}

static void cpuid_leaves(void)
{
	static const uint32_t none[] = { 5, 6, 9, 0xa, 0xb, 0x8000000a, 0x40000004, 0x400001ff };
	struct leaf r = cpuid(1, 0);

	EXPECT(cpuid(0, 0).a <= 0xd);
	EXPECT_EQ(r.c >> 31, 1);
	EXPECT_EQ(r.d & (1U << 1 | 1U << 3 | 1U << 12), 0);             /* VME PSE MTRR */
	EXPECT_EQ(r.b >> 24, 0);
	EXPECT_EQ(cpuid(7, 0).b & (1U << 7 | 1U << 20), 0);             /* SMEP SMAP */
	EXPECT(empty(7, 1));
	EXPECT_EQ(cpuid(0x80000000, 0).a, 0x80000008);
	EXPECT_EQ(cpuid(0x80000001, 0).c & (1U << 2), 0);               /* SVM */
	EXPECT_EQ(cpuid(0x80000001, 0).d & (1U << 26), 0);              /* 1 GiB pages */
	EXPECT_EQ(cpuid(0x80000007, 0).d & ~(1U << 8), 0);
	EXPECT_EQ(cpuid(0x80000008, 0).c, 0);
	EXPECT_EQ(cpuid(0x40000001, 0).a, 4 << 16 | 17);
	r = cpuid(0x40000002, 0);
	EXPECT_EQ(r.a, 1);
	EXPECT_EQ(r.b, 0x40000000);
	EXPECT(cpuid(0x40000003, 0).c > 1000);
	EXPECT(cpuid(0x40000005, 0).b > 10);
	r = cpuid(0x40000100, 0);
	ok(!memcmp(&r.b, "ParavanePara", 12), "leaf 0x40000100 is Paravane's own");
	for (unsigned int i = 0; i < ARRAY_SIZE(none); i++)
		ok(empty(none[i], 0), "leaf %#x is empty", none[i]);
}

static uint64_t xgetbv(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

static int trap_of_xsetbv(unsigned long index, uint64_t v)
{
	struct fault f;

	value = v;
	return try_call(xsetbv, (void *)index, &f) ? -1 : (int)f.vector;
}

static void xstate(void)
{
	struct leaf r = cpuid(0xd, 0);
	uint64_t all = r.a | (uint64_t)r.d << 32;

	if (!(cpuid(1, 0).c & (1U << 26))) {
		note("no XSAVE");
		EXPECT(empty(0xd, 0));
		return;
	}
	EXPECT_EQ(all & 3, 3);
	EXPECT(r.c >= 576);
	EXPECT_EQ(cpuid(0xd, 1).a & ~7U, 0);
	EXPECT(empty(0xd, 62));
	EXPECT(empty(0xd, 64));
	EXPECT_EQ(trap_of_xsetbv(0, 3), -1);
	EXPECT_EQ(xgetbv(), 3);
	EXPECT_EQ(trap_of_xsetbv(0, all), -1);
	EXPECT_EQ(xgetbv(), all);
	EXPECT_EQ(trap_of_xsetbv(1, 3), 13);
	EXPECT_EQ(trap_of_xsetbv(0, 2), 13);            /* without x87 */
	EXPECT_EQ(trap_of_xsetbv(0, 5), 13);            /* AVX without SSE */
	EXPECT_EQ(trap_of_xsetbv(0, 1UL << 62 | 1), 13);
	EXPECT_EQ(xgetbv(), all);
	if (all & 4)
		EXPECT_EQ(cpuid(0xd, 2).a, 256);        /* upper halves of sixteen YMM */
}

static void flags(void)
{
	struct physdev_set_iopl iopl = { .iopl = 1 };

	vcpu_info(0)->evtchn_upcall_mask = 1;
	EXPECT_EQ(trap_of(cli, 0), 13);
	EXPECT_EQ(trap_of(sti, 0), 13);
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
	EXPECT_EQ(trap_of(cli, 0), -1);
	EXPECT_EQ(trap_of(sti, 0), -1);
	EXPECT_EQ(vcpu_info(0)->evtchn_upcall_mask, 1);
	/* #UD on a machine; an emulator may find the privilege missing first. */
	ok(trap_of(lock_cli, 0) == 6 || trap_of(lock_cli, 0) == 13, "LOCK CLI: vector %d", trap_of(lock_cli, 0));
	EXPECT_EQ(trap_of(addr32_in, 0), 13);
	__asm__ volatile("wbinvd; invd" ::: "memory");
	ok(true, "WBINVD and INVD do nothing");
}

static void halt(void)
{
	long port = evtchn_bind_virq(VIRQ_TIMER, 0);
	uint64_t start = system_time();

	EXPECT(port > 0);
	unmask_port((unsigned int)port);
	EXPECT_EQ(HYPERVISOR_set_timer_op((int64_t)start + 20000000), 0);
	__asm__ volatile("hlt" ::: "memory");
	EXPECT_EQ(port_count[port], 1);
	EXPECT(system_time() - start >= 20000000);
	EXPECT_EQ(vcpu_info(0)->evtchn_upcall_mask, 0);
	events_mask();
}

/* The fault when these bytes are the last of the page. */
static struct fault at_end(const void *bytes, unsigned int n)
{
	char *start = code + PAGE_SIZE - n;
	struct fault f;

	memcpy(start, bytes, n);
	try_call(call_code, start, &f);
	return f;
}

static void at_page_end(void)
{
	unsigned long end, next;
	struct fault f;

	code = alloc_page();
	end = (unsigned long)code + PAGE_SIZE;
	next = *pte_of(end);
	EXPECT_EQ(set_pte(end, 0), 0);
	HYPERVISOR_fpu_taskswitch(1);
	f = at_end("\x0f\x06", 2);                      /* CLTS */
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(f.rip, end);
	EXPECT_EQ(read_cr(0) & 8, 0);
	f = at_end("\xe4", 1);                          /* IN without its port */
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(f.cr2, end);
	/* Longer than 15 bytes. */
	f = at_end("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\x06", 18);
	EXPECT_EQ(f.vector, 13);
	f = at_end("\x48\x0f\x06", 3);                  /* a REX prefix is taken */
	EXPECT_EQ(f.rip, end);
	EXPECT_EQ(set_pte(end, next), 0);
}

static void step(void *p)
{
	__asm__ volatile("pushfq; orl $0x100, (%rsp); popfq; clts; nop");
}

static void single_step(void)
{
	struct fault f;

	HYPERVISOR_set_debugreg(6, 0);
	HYPERVISOR_fpu_taskswitch(1);
	try_call(step, NULL, &f);
	EXPECT_EQ(f.vector, 1);
	EXPECT_EQ(*(uint8_t *)f.rip, 0x90);
	EXPECT_EQ(HYPERVISOR_get_debugreg(6) & 0x4000, 0x4000);
	EXPECT_EQ(read_cr(0) & 8, 0);
}

static void user_in(unsigned long port)
{
	__asm__ volatile("inb %%dx, %%al; xorl %%eax, %%eax; syscall" :: "d"(port) : "rax", "rcx", "r11");
}

/* A kernel's user may do port I/O at IOPL 3 only, and no other privileged instruction. */
static void user_clts(unsigned long unused)
{
	__asm__ volatile("clts");
}

static void user_mode(void)
{
	struct physdev_set_iopl iopl = { .iopl = 2 };
	struct fault f;

	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
	run_user(user_in, 0x61, &f);
	EXPECT_EQ(f.vector, 13);
	iopl.iopl = 3;
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
	run_user(user_in, 0x61, &f);
	ok(!f.happened, "a user's IN at IOPL 3 (vector %u)", f.vector);
	run_user(user_clts, 0, &f);
	EXPECT_EQ(f.vector, 13);
}

void test_main(void)
{
	control_registers();
	cpuid_leaves();
	xstate();
	flags();
	halt();
	at_page_end();
	single_step();
	user_mode();
}
