/* SPDX-License-Identifier: MIT
 *
 * Privileged instructions of an unprivileged domain, in its kernel and its user mode: every MSR that may exist, segment
 * bases that are not canonical, XSETBV with all that is wrong, ports, string I/O to addresses that the guest itself may not
 * touch, code segments beyond their table's limit. Each ends in a value or in the guest's own trap.
 * [XSA-54 67 193 298 333 351]
 */
#include "domu.h"

#define HV 0xffff830000000000UL

static uint64_t value;
static uint32_t number;

static void rdmsr(void *unused)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(number));
	value = (uint64_t)hi << 32 | lo;
}

static void wrmsr(void *unused)
{
	__asm__ volatile("wrmsr" :: "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static void xsetbv(void *unused)
{
	__asm__ volatile("xsetbv" :: "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static void msrs(void)
{
	static const struct { uint32_t first, last; } range[] = {
		{ 0, 0x3ff }, { 0x480, 0x4ff }, { 0x600, 0x6ff }, { 0x800, 0xbff }, { 0xd90, 0xdaf }, { 0x40000000, 0x4000001f },
		{ 0xc0000080, 0xc00000ff }, { 0xc0010000, 0xc00100ff }, { 0xc0010200, 0xc001020f }, { 0xc0010290, 0xc00102bf },
		{ 0xc0011000, 0xc001103f }, { 0xfffffff0, 0xfffffffe },
	};
	static const uint32_t energy[] = { 0x606, 0x611, 0x619, 0x639, 0x641, 0x64d, 0xc0010299, 0xc001029a, 0xc001029b };
	unsigned int readable = 0, faults = 0, wrong = 0;
	struct fault f;

	for (unsigned int i = 0; i < ARRAY_SIZE(range); i++)
		for (number = range[i].first; number <= range[i].last; number++) {
			try_call(rdmsr, NULL, &f);
			readable += !f.happened;
			faults += f.happened;
			wrong += f.happened && f.vector != 13;
		}
	ok(wrong == 0 && readable > 5, "XSA-333: of %u MSRs %u can be read, the others are #GP (%u wrong)", readable + faults, readable, wrong);
	for (unsigned int i = 0; i < ARRAY_SIZE(energy); i++) {
		number = energy[i];
		ok(!try_call(rdmsr, NULL, &f), "XSA-351: MSR %#x tells nothing of energy", number);
	}
	number = 0x1a0;
	try_call(rdmsr, NULL, &f);
	ok(!f.happened || f.vector == 13, "XSA-333: MISC_ENABLE: a value or #GP (vector %u)", f.vector);
	wrong = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(range); i++)
		for (number = range[i].first; number <= range[i].last; number += 3) {
			if (number >= 0xc0000100 && number <= 0xc0000103)
				continue;
			value = number & 1 ? ~0UL : 1UL << 63;
			try_call(wrmsr, NULL, &f);
			wrong += f.happened && f.vector != 13;
		}
	ok(wrong == 0, "MSRs written with rubbish: %u ended otherwise than by #GP", wrong);
}

static void bases(void)
{
	static const uint64_t bad[] = { 1UL << 47, 1UL << 63, 0x7fffffffffffffff, 0xffff000000000000, 0x8000deadbeef0000 };
	struct fault f;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		for (number = 0xc0000100; number <= 0xc0000102; number++) {
			value = bad[i];
			try_call(wrmsr, NULL, &f);
			ok(f.vector == 13, "XSA-193: base MSR %#x = %#lx: #GP (vector %u)", number, bad[i], f.vector);
		}
		for (int which = 0; which < 3; which++)
			ok(HYPERVISOR_set_segment_base(which, bad[i]) < 0, "XSA-193: set_segment_base(%d, %#lx) is refused", which, bad[i]);
		/* The selector of GS is 16 bits, whatever else is in the word. */
		HYPERVISOR_set_segment_base(3, bad[i]);
	}
	ok(HYPERVISOR_set_segment_base(4, 0) < 0 && HYPERVISOR_set_segment_base(-1, 0) < 0, "there is no fifth base");
}

static void xcr0(void)
{
	static const uint64_t bad[] = { 0, 2, 4, 5, 6, 8 | 3, 0x10 | 3, 0x18 | 3, 0x20 | 7, 0xc0 | 7, 0xe0 | 3, 0x100 | 7, 0x200 | 7, 1UL << 62 | 3,
		1UL << 63 | 3, ~0UL, 0x60000 | 7 };
	struct fault f;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		number = 0;
		value = bad[i];
		try_call(xsetbv, NULL, &f);
		ok(f.happened && (f.vector == 13 || f.vector == 6), "XSA-54: XCR0 = %#lx: refused (vector %u)", bad[i], f.vector);
	}
	for (number = 1; number; number <<= 1) {
		value = 3;
		try_call(xsetbv, NULL, &f);
		if (!f.happened)
			ok(false, "XSA-54: XCR%u was written", number);
	}
	number = 0;
	value = 3;
	try_call(xsetbv, NULL, &f);
	ok(!f.happened || f.vector == 6, "XCR0 = 3 is taken (vector %u)", f.vector);
}

/* ---- user mode has none of it ---- */

#define USER(name, text) static void user_##name(unsigned long unused) { __asm__ volatile(text ::: "rax", "rcx", "rdx", "memory"); }
USER(hlt, "hlt")
USER(cli, "cli")
USER(rdmsr, "movl $0x10, %%ecx; rdmsr")
USER(wrmsr, "movl $0xc0000100, %%ecx; xorl %%eax, %%eax; xorl %%edx, %%edx; wrmsr")
USER(cr0, "movq %%cr0, %%rax")
USER(to_cr3, "xorl %%eax, %%eax; movq %%rax, %%cr3")
USER(dr7, "movq %%db7, %%rax")
USER(clts, "clts")
USER(lmsw, "xorl %%eax, %%eax; lmsw %%ax")
USER(wbinvd, "wbinvd")
USER(invlpg, "invlpg (%%rsp)")
USER(lgdt, "lgdt (%%rsp)")
USER(lidt, "lidt (%%rsp)")
USER(lldt, "xorl %%eax, %%eax; lldt %%ax")
USER(ltr, "movl $0xe040, %%eax; ltr %%ax")
USER(in, "inb $0x80, %%al")
USER(out, "outb %%al, $0x80")
USER(xsetbv, "xorl %%ecx, %%ecx; xorl %%edx, %%edx; movl $3, %%eax; xsetbv")
USER(swapgs, "swapgs")
USER(sysret, "sysretq")
USER(monitor, "monitor %%rax, %%ecx, %%edx")

static void user_mode(void)
{
	static const struct { void (*fn)(unsigned long); const char *name; } all[] = {
		{ user_hlt, "HLT" }, { user_cli, "CLI" }, { user_rdmsr, "RDMSR" }, { user_wrmsr, "WRMSR" }, { user_cr0, "MOV from CR0" },
		{ user_to_cr3, "MOV to CR3" }, { user_dr7, "MOV from DR7" }, { user_clts, "CLTS" }, { user_lmsw, "LMSW" },
		{ user_wbinvd, "WBINVD" }, { user_invlpg, "INVLPG" }, { user_lgdt, "LGDT" }, { user_lidt, "LIDT" }, { user_lldt, "LLDT" },
		{ user_ltr, "LTR" }, { user_in, "IN" }, { user_out, "OUT" }, { user_xsetbv, "XSETBV" }, { user_swapgs, "SWAPGS" },
		{ user_sysret, "SYSRET" }, { user_monitor, "MONITOR" },
	};
	struct fault f;

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		run_user(all[i].fn, 0, &f);
		ok(f.happened && (f.vector == 13 || f.vector == 6) && (f.cs & 3) == 3, "user mode: %s is refused (vector %u)", all[i].name, f.vector);
	}
}

/* ---- ports ---- */

static unsigned long string_at;

static void ins(void *unused)
{
	__asm__ volatile("insl" :: "D"(string_at), "d"(0x80) : "memory");
}

static void rep_ins(void *unused)
{
	__asm__ volatile("rep insl" :: "D"(string_at), "d"(0x80), "c"(1000000000UL) : "memory");
}

static void outs(void *unused)
{
	__asm__ volatile("outsl" :: "S"(string_at), "d"(0x80) : "memory");
}

static void ports(void)
{
	uint64_t *entry = pte_of((unsigned long)alloc_page()), before = *entry;
	const unsigned long place[] = { HV, 0xffff82d040000000, 0xffff87fffffffffe, ~0UL, ~2UL, (1UL << 47) - 2, 1UL << 47, 0, (unsigned long)entry,
		(unsigned long)si->pt_base };
	struct physdev_set_iopl iopl = { .iopl = 3 };
	unsigned int seen = 0;
	struct fault f;

	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(place); i++) {
		string_at = place[i];
		try_call(ins, NULL, &f);
		ok(f.happened, "INS to %#lx is the guest's trap (vector %u)", string_at, f.vector);
		try_call(rep_ins, NULL, &f);
		ok(f.happened, "REP INS to %#lx too (vector %u)", string_at, f.vector);
		if (i < 8) {
			try_call(outs, NULL, &f);
			ok(f.happened, "XSA-67: OUTS from %#lx is the guest's trap (vector %u)", string_at, f.vector);
		}
	}
	ok(*entry == before, "a page table is not written by INS (%#lx, before %#lx)", *entry, before);
	for (unsigned int port = 0; port < 0x10000; port += 7) {
		uint32_t v;

		__asm__ volatile("inl %%dx, %%eax" : "=a"(v) : "d"(port));
		seen += v != ~0U && port != 0xcf8;
	}
	ok(seen == 0, "a domain without ports reads all ones from every one of them (%u not)", seen);
	__asm__ volatile("outb %%al, %%dx" :: "a"(0xfe), "d"(0x64));      /* reset by the keyboard controller */
	__asm__ volatile("outb %%al, %%dx" :: "a"(6), "d"(0xcf9));
	ok(true, "and resets nothing");
}

/* ---- XSA-298: tables and their limits ---- */

static void far_jump(void *sel)
{
	struct { uint64_t ip; uint16_t cs; } __attribute__((packed)) to = { 0, (uint16_t)(unsigned long)sel };

	__asm__ volatile("leaq 1f(%%rip), %%rax; movq %%rax, %0; rex.W ljmp *%0\n1:" : "+m"(to) :: "rax", "memory");
}

/* On a code segment of the LDT; the LDT goes, and a privileged instruction follows. */
static void without_table(void *unused)
{
	struct mmuext_op op = { .cmd = MMUEXT_SET_LDT };

	far_jump((void *)(1UL << 3 | 7));
	HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
	__asm__ volatile("movl $0x10, %%ecx; rdmsr" ::: "eax", "ecx", "edx");
}

static void limits(void)
{
	uint64_t *ldt = alloc_page();
	struct mmuext_op op = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = (unsigned long)ldt, .arg2.nr_ents = 8 };
	static const unsigned long sel[] = { 8 << 3 | 7, 100 << 3 | 7, 511 << 3 | 7, 512 << 3 | 7, 8191UL << 3 | 7, 20 << 3 | 3, 7000UL << 3 | 3,
		0xe008 | 3, 0xe010 | 3, 0xe040 | 3, 0xffff };
	struct fault f;

	for (unsigned int i = 0; i < 512; i++)
		ldt[i] = 0x00affb000000ffffUL;
	EXPECT(make_readonly(ldt));
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	ok(try_call(far_jump, (void *)(1UL << 3 | 7), &f), "a code segment of the LDT can be used (vector %u)", f.vector);
	for (unsigned int i = 0; i < ARRAY_SIZE(sel); i++) {
		try_call(far_jump, (void *)sel[i], &f);
		ok(f.happened && (f.vector == 13 || f.vector == 14 || f.vector == 11), "XSA-298: selector %#lx is beyond its table, or not for guests (vector %u)",
		   sel[i], f.vector);
	}
	try_call(without_table, NULL, &f);
	ok(f.happened, "XSA-298: a privileged instruction on a segment whose table is gone: the guest's trap (vector %#x)", f.vector);
	op.arg2.nr_ents = 8193;
	ok(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF) < 0, "an LDT of 8193 entries is refused");
	op = (struct mmuext_op){ .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = HV, .arg2.nr_ents = 8192 };
	HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
	try_call(far_jump, (void *)(100UL << 3 | 7), &f);
	ok(f.happened, "an LDT in the hypervisor cannot be used (vector %u)", f.vector);
	op.arg2.nr_ents = 0;
	op.arg1.linear_addr = 0;
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
}

static void attack(void *unused)
{
	msrs();
	bases();
	xcr0();
	user_mode();
	ports();
	limits();
}

void test_main(void)
{
	struct books before;

	domu_run(&(struct domu_config){ .main = attack }, "privileged instructions");
	books_read(&before);
	domu_run(&(struct domu_config){ .main = attack }, "again");
	books_compare(&before, "again");
}
