/* SPDX-License-Identifier: MIT
 *
 * Operations that are no hypercall: stores to page tables, touching memory, privileged instructions, selectors, traps on
 * a bad stack, IRET frames, grant entries, storms of events.
 */
#include "fuzz.h"

/* ---- memory ---- */

static void store(struct actor *a)
{
	uint64_t *at = world.va[rnd(a) % POOL] + (rnd(a) % 4 ? rnd(a) % 10 : rnd(a) % 512), v = value(a, 'e');
	unsigned int how = (unsigned int)(rnd(a) % 10);

	say(a, "store %u of %#lx to %p", how, v, (void *)at);
	switch (how) {
	case 0:
		__asm__ volatile("lock cmpxchgq %1, (%0)" : : "r"(at), "r"(v), "a"(0UL) : "memory", "cc");
		break;
	case 1:
		__asm__ volatile("xchgq %1, (%0)" : : "r"(at), "r"(v) : "memory");
		break;
	case 2:
		__asm__ volatile("lock andq %1, (%0)" : : "r"(at), "r"(~(1UL << rnd(a) % 64)) : "memory", "cc");
		break;
	case 3:
		__asm__ volatile("lock btsq %1, (%0)" : : "r"(at), "r"(rnd(a) % 64) : "memory", "cc");
		break;
	case 4:
		__asm__ volatile("movl %k1, 4(%0)" : : "r"(at), "r"(v) : "memory");
		break;
	case 5:
		__asm__ volatile("movq %1, 3(%0)" : : "r"(at), "r"(v) : "memory");
		break;
	default:
		__asm__ volatile("movq %1, (%0)" : : "r"(at), "r"(v) : "memory");
	}
}

static void touch(struct actor *a)
{
	volatile uint64_t *p = (volatile uint64_t *)value(a, 'a');

	say(a, "touch %p", (volatile void *)p);
	if (rnd(a) % 2)
		*p;
	else
		*p = *p;
}

/* ---- instructions ---- */

static const struct { const char *what, *bytes; unsigned char n; } insns[] = {
#define I(what, bytes) { what, bytes, sizeof(bytes) - 1 }
	I("cli", "\xfa"), I("sti", "\xfb"), I("mov %cr0, %rax", "\x0f\x20\xc0"), I("mov %cr2, %rax", "\x0f\x20\xd0"),
	I("mov %cr3, %rax", "\x0f\x20\xd8"), I("mov %cr4, %rax", "\x0f\x20\xe0"), I("mov %rax, %cr0", "\x0f\x22\xc0"),
	I("mov %rax, %cr2", "\x0f\x22\xd0"), I("mov %rax, %cr3", "\x0f\x22\xd8"), I("mov %rax, %cr4", "\x0f\x22\xe0"),
	I("mov %rax, %cr8", "\x44\x0f\x22\xc0"), I("mov %dr0, %rax", "\x0f\x21\xc0"), I("mov %dr7, %rax", "\x0f\x21\xf8"),
	I("mov %rax, %dr0", "\x0f\x23\xc0"), I("mov %rax, %dr6", "\x0f\x23\xf0"), I("mov %rax, %dr7", "\x0f\x23\xf8"),
	I("rdmsr", "\x0f\x32"), I("wrmsr", "\x0f\x30"), I("rdpmc", "\x0f\x33"), I("rdtscp", "\x0f\x01\xf9"),
	I("xsetbv", "\x0f\x01\xd1"), I("xgetbv", "\x0f\x01\xd0"), I("cpuid", "\x0f\xa2"),
	I("forced cpuid", "\x0f\x0b\x78\x65\x6e\x0f\xa2"), I("in (%dx), %al", "\xec"), I("in (%dx), %eax", "\xed"),
	I("out %al, (%dx)", "\xee"), I("out %eax, (%dx)", "\xef"), I("in $0x70, %al", "\xe4\x70"), I("rep insb", "\xf3\x6c"),
	I("rep outsb", "\xf3\x6e"), I("outsl", "\x6f"), I("invd", "\x0f\x08"), I("wbinvd", "\x0f\x09"), I("clts", "\x0f\x06"),
	I("invlpg (%rdi)", "\x0f\x01\x3f"), I("lgdt (%rdi)", "\x0f\x01\x17"), I("lidt (%rdi)", "\x0f\x01\x1f"),
	I("sgdt (%rdi)", "\x0f\x01\x07"), I("sidt (%rdi)", "\x0f\x01\x0f"), I("lldt %ax", "\x0f\x00\xd0"),
	I("ltr %ax", "\x0f\x00\xd8"), I("sldt %ax", "\x0f\x00\xc0"), I("lmsw %ax", "\x0f\x01\xf0"), I("smsw %ax", "\x0f\x01\xe0"),
	I("lar %ax, %eax", "\x0f\x02\xc0"), I("lsl %ax, %eax", "\x0f\x03\xc0"), I("verw %ax", "\x0f\x00\xe8"),
	I("swapgs", "\x0f\x01\xf8"), I("rdfsbase", "\xf3\x48\x0f\xae\xc0"), I("wrfsbase", "\xf3\x48\x0f\xae\xd0"),
	I("wrgsbase", "\xf3\x48\x0f\xae\xd8"), I("sysretq", "\x48\x0f\x07"), I("sysexit", "\x0f\x35"), I("sysenter", "\x0f\x34"),
	I("int $0x80", "\xcd\x80"), I("int $0x82", "\xcd\x82"), I("int $14", "\xcd\x0e"), I("int $8", "\xcd\x08"),
	I("int $0xf0", "\xcd\xf0"), I("int3", "\xcc"), I("int1", "\xf1"), I("ud2", "\x0f\x0b"),
	I("div %ah", "\xf6\xf4"), I("fninit", "\xdb\xe3"), I("fld1", "\xd9\xe8"), I("monitor", "\x0f\x01\xc8"),
	I("clac", "\x0f\x01\xca"), I("stac", "\x0f\x01\xcb"), I("rsm", "\x0f\xaa"), I("vmmcall", "\x0f\x01\xd9"),
	I("vmcall", "\x0f\x01\xc1"), I("vmrun", "\x0f\x01\xd8"), I("stgi", "\x0f\x01\xdc"), I("mov %rdi, %ss", "\x8e\xd7"),
	I("mov %ax, %ds", "\x8e\xd8"), I("mov %ax, %es", "\x8e\xc0"), I("mov %ax, %fs", "\x8e\xe0"), I("mov %ax, %gs", "\x8e\xe8"),
	I("popf with TF", "\x68\x00\x01\x00\x00\x9d\x90"), I("popf with NT, AC, IOPL", "\x68\x00\x70\x04\x00\x9d"),
	I("lock nop", "\xf0\x90"), I("15 prefixes", "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90"),
	I("xrstor (%rdi)", "\x0f\xae\x2f"), I("xsave (%rdi)", "\x0f\xae\x27"), I("fxrstor (%rdi)", "\x0f\xae\x0f"),
	I("ldmxcsr (%rdi)", "\x0f\xae\x17"), I("syscall with rax of anything big", "\x48\xc1\xe0\x10\x0f\x05"),
#undef I
};

/* Registers of an instruction: any values; RCX is a register number for MSRs. */
static void instruction(struct actor *a)
{
	static const uint32_t msrs[] = { 0x10, 0x1b, 0x8b, 0x17a, 0x179, 0x1d9, 0x277, 0x174, 0x2ff, 0x38d, 0x400, 0xda0, 0x48,
					 0x49, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000084, 0xc0000100, 0xc0000101,
					 0xc0000102, 0xc0000103, 0xc0010010, 0xc0010015, 0xc0011029, 0x40000000, 0x4000 };
	static const uint16_t ports[] = { 0x20, 0x21, 0x40, 0x43, 0x60, 0x64, 0x61, 0x70, 0x71, 0x80, 0x92, 0xcf8, 0xcfc, 0x3f8,
					  0x3fd, 0xf4, 0x604, 0xb2, 0xffff };
	unsigned int i = (unsigned int)(rnd(a) % ARRAY_SIZE(insns));
	char *code = arg_room(a, 24);
	uint64_t rax = rnd(a) % 2 ? rnd(a) : value(a, 'R'), rcx = rnd(a) % 8 ? msrs[rnd(a) % ARRAY_SIZE(msrs)] : rnd(a);
	uint64_t rdx = rnd(a) % 4 ? ports[rnd(a) % ARRAY_SIZE(ports)] : rnd(a), rdi = value(a, 'a'), rsi = value(a, 'a');

	if (insns[i].bytes[0] == '\xf3' && insns[i].n == 2)
		rcx = rnd(a) % 40;
	memcpy(code, insns[i].bytes, insns[i].n);
	code[insns[i].n] = (char)0xc3;
	say(a, "instruction %s: rax %#lx rcx %#lx rdx %#lx rdi %#lx rsi %#lx", insns[i].what, rax, rcx, rdx, rdi, rsi);
	__asm__ volatile("pushq %%rbx\n\tpushq %%rbp\n\tcall *%5\n\tpopq %%rbp\n\tpopq %%rbx\n\tcld"
			 : "+a"(rax), "+c"(rcx), "+d"(rdx), "+D"(rdi), "+S"(rsi)
			 : "r"(code)
			 : "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	__asm__ volatile("pushq $0x202\n\tpopfq" : : : "cc", "memory");
}

static void selectors(struct actor *a)
{
	uint16_t s = (uint16_t)(rnd(a) % 4 ? (rnd(a) % 600) * 8 + rnd(a) % 8 : rnd(a));

	say(a, "selector %#x", s);
	switch (rnd(a) % 4) {
	case 0:
		__asm__ volatile("movl %0, %%ds" : : "r"((uint32_t)s));
		break;
	case 1:
		__asm__ volatile("movl %0, %%es" : : "r"((uint32_t)s));
		break;
	case 2:
		__asm__ volatile("movl %0, %%fs" : : "r"((uint32_t)s));
		break;
	default:
		__asm__ volatile("movl %0, %%gs" : : "r"((uint32_t)s));
	}
	__asm__ volatile("movl %0, %%ds\n\tmovl %0, %%es\n\tmovl %0, %%fs\n\tmovl %0, %%gs" : : "r"(0));
}

/* ---- frames ---- */

/* IRET to anything; mostly to the next line. */
static void iret_frame(struct actor *a)
{
	uint64_t *f = (uint64_t *)(void *)(a->stack + PAGE_SIZE - 256);
	bool mad = rnd(a) % 64 == 0;

	f[0] = rnd(a);
	f[1] = rnd(a);
	f[2] = rnd(a);
	f[3] = rnd(a) % 4 ? 0 : rnd(a) % 1024;
	f[5] = mad ? rnd(a) : FLAT_KERNEL_CS & ~3UL;    /* RPL 3 would be user mode */
	f[6] = rnd(a) % 2 ? 0x202 : rnd(a);
	f[8] = mad ? rnd(a) : FLAT_KERNEL_SS;
	say(a, "iret: rax %#lx flags %#lx cs %#lx rflags %#lx ss %#lx", f[0], f[3], f[5], f[6], f[8]);
	if (mad && rnd(a) % 2)
		f[4] = value(a, 'a');
	else
		f[4] = 0;
	__asm__ volatile("testq %%rcx, %%rcx\n\tjnz 2f\n\tleaq 1f(%%rip), %%rcx\n2:\tmovq %%rcx, 32(%%rdi)\n\t"
			 "movq %%rsp, 56(%%rdi)\n\tpushq %%rbp\n\tpushq %%rbx\n\tsubq $16, 56(%%rdi)\n\tmovq %%rdi, %%rsp\n\t"
			 "movl %[nr], %%eax\n\tsyscall\n\tud2\n1:\tpopq %%rbx\n\tpopq %%rbp\n\tcld"
			 : : "c"(f[4]), "D"(f), [nr] "i"(__HYPERVISOR_iret)
			 : "rax", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	__asm__ volatile("pushq $0x202\n\tpopfq" : : : "cc", "memory");
}

/* A trap, or a hypercall, while RSP is anything. The hypervisor may give the domain up, but no more. */
static void bad_stack(struct actor *a)
{
	uint64_t sp = rnd(a) % 128 ? (unsigned long)a->stack + PAGE_SIZE - rnd(a) % 128 : value(a, 'a');

	say(a, "trap with rsp %#lx", sp);
	__asm__ volatile("movq %%rsp, %%r12\n\tmovq %0, %%rsp\n\tint3\n\tmovl $17, %%eax\n\txorl %%edi, %%edi\n\tsyscall\n\t"
			 "movq %%r12, %%rsp"
			 : : "r"(sp) : "rax", "rdi", "rsi", "rdx", "r10", "r8", "r9", "rcx", "r11", "r12", "memory", "cc");
}

/* ---- between domains ---- */

static void grant_entry(struct actor *a)
{
	struct grant_entry_v1 *t = world.grants;
	unsigned int i = (unsigned int)(rnd(a) % 16);

	t[i].frame = (uint32_t)value(a, 'm');
	t[i].domid = (domid_t)value(a, 'd');
	if (rnd(a) % 2)
		t[i].domid = (domid_t)domu_channel->word[W_PARTNER];
	__atomic_store_n(&t[i].flags, (uint16_t)(rnd(a) % 4 ? 1 | (rnd(a) % 2) << 2 : rnd(a)), __ATOMIC_SEQ_CST);
	say(a, "grant %u: domain %u, frame %#x, flags %#x", i, t[i].domid, t[i].frame, t[i].flags);
}

static void storm(struct actor *a)
{
	unsigned int n = (unsigned int)(rnd(a) % 64);

	say(a, "storm of %u events", n);
	while (n--)
		evtchn_send(world.port[rnd(a) % REMEMBERED]);
}

/* A valid table: entries of pool frames, read-only, then pinned as a level of one's choice. */
static void build_table(struct actor *a)
{
	unsigned int level = 1 + (unsigned int)(rnd(a) % 4), i = (unsigned int)(rnd(a) % POOL);
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE + level - 1, .arg1.mfn = world.frame[i] };

	say(a, "build and pin a table of level %u in pool page %u", level, i);
	set_pte((unsigned long)world.va[i], world.frame[i] << 12 | PTE_FLAGS_RW);
	memset(world.va[i], 0, PAGE_SIZE);
	if (level == 4 && rnd(a) % 2)
		memcpy(world.va[i], (void *)si->pt_base, PAGE_SIZE);
	for (unsigned int n = (unsigned int)(rnd(a) % 4); n; n--)
		world.va[i][rnd(a) % 10] = world.frame[rnd(a) % POOL] << 12 | (level == 1 && rnd(a) % 2 ? PTE_FLAGS_RO : PTE_FLAGS_RW);
	set_pte((unsigned long)world.va[i], world.frame[i] << 12 | PTE_FLAGS_RO);
	HYPERVISOR_mmuext_op(&pin, 1, NULL, DOMID_SELF);
}

void do_special(struct actor *a)
{
	unsigned int r = (unsigned int)(rnd(a) % 64);

	if (r < 24)
		store(a);
	else if (r < 32)
		build_table(a);
	else if (r < 42)
		instruction(a);
	else if (r < 48)
		grant_entry(a);
	else if (r < 52)
		storm(a);
	else if (r < 56)
		selectors(a);
	else if (r < 59)
		touch(a);
	else if (r < 62)
		iret_frame(a);
	else
		bad_stack(a);
}
