/* SPDX-License-Identifier: MIT
 *
 * Accesses to devices reach the device model as they were meant: ports of each size, strings of them with and without REP,
 * loads and stores of each size where no memory is, and instructions that read and write there. The guest then says what
 * its registers and flags are; the same in 64-bit and in real mode. Segment overrides, addresses by every part of ModRM and SIB, paging by
 * 2 MB pages are on the way.
 */
#include "hvm.h"

extern const char code_start[], code_end[], real_start[], real_end[];

__asm__(
"	.pushsection .rodata\n"
"	.code64\n"
	HVM_SAY
"code_start:\n"
"	movw $0xe4, %dx\n"              /* ports: 0x11223344 is answered to each */
"	movq $-1, %rax\n"
"	inl %dx, %eax\n"
"	movq %rax, %rbx\n"
"	shrq $32, %rbx\n"
"	say %ebx\n"                     /* 0: 0 */
"	movq $-1, %rax\n"
"	inw $0xe4, %ax\n"
"	say %eax\n"                     /* 1: ffff3344 */
"	movq $-1, %rax\n"
"	inb $0xe4, %al\n"
"	say %eax\n"                     /* 2: ffffff44 */
"	cld\n"
"	movl $0x40000, %esi\n"          /* strings of ports */
"	movl $3, %ecx\n"
"	movw $0xe0, %dx\n"
"	rep outsl\n"                    /* 3, 4, 5: what is in memory */
"	movl %esi, %ebx\n"
"	say %ebx\n"                     /* 6: 4000c */
"	say %ecx\n"                     /* 7: 0 */
"	movl $0x41004, %edi\n"
"	movw $0xe4, %dx\n"
"	std\n"
"	movl $2, %ecx\n"
"	rep insl\n"
"	cld\n"
"	movl %edi, %ebx\n"
"	say %ebx\n"                     /* 8: 40ffc */
"	movl $0xfe000000, %edi\n"       /* device registers: bytes 00 01 02 .. */
"	movq 8(%rdi), %rbx\n"
"	say %ebx\n"                     /* 9: 0b0a0908 */
"	shrq $32, %rbx\n"
"	say %ebx\n"                     /* 10: 0f0e0d0c */
"	movl $2, %ecx\n"
"	movzwl 4(%rdi,%rcx,8), %ebx\n"
"	say %ebx\n"                     /* 11: 1514 */
"	movl $-1, %ebx\n"
"	movb 3(%rdi), %bh\n"
"	say %ebx\n"                     /* 12: ffff03ff */
"	movl $0xc3b2a190, %ebx\n"
"	movl %ebx, 0x20(%rdi)\n"
"	movsbl 0x23(%rdi), %ebx\n"
"	say %ebx\n"                     /* 13: ffffffc3 */
"	movw $0x1234, 0x24(%rdi)\n"
"	movb %ch, 0x26(%rdi)\n"
"	movb $0x77, 0x27(%rdi)\n"
"	movabsl 0xfe000024, %eax\n"
"	say %eax\n"                     /* 14: 77001234 */
"	orl $0x80000000, 0x28(%rdi)\n"
"	andb $0xf0, 0x28(%rdi)\n"
"	xorl %ebx, %ebx\n"
"	cmpl $0xab2a2920, 0x28(%rdi)\n"
"	setz %bl\n"
"	say %ebx\n"                     /* 15: 1 */
"	testb $0x80, 0x2b(%rdi)\n"
"	setnz %bl\n"
"	movl $5, %ecx\n"
"	lock xaddl %ecx, 0x2c(%rdi)\n"
"	say %ecx\n"                     /* 16: 2f2e2d2c */
"	movl 0x2c(%rdi), %ebx\n"
"	say %ebx\n"                     /* 17: 2f2e2d31 */
"	movl $0xfe000030, %edi\n"       /* strings on memory that is none: to, from, within */
"	movl $0x40000, %esi\n"
"	movl $2, %ecx\n"
"	rep movsl\n"
"	say %ecx\n"                     /* 18: 0 */
"	movl $0xfe000030, %esi\n"
"	movl $0xfe000038, %edi\n"
"	movsq\n"
"	movl $0xfe000038, %esi\n"
"	movl $0x41008, %edi\n"
"	movsq\n"
"	movl $0x5a5a5a5a, %eax\n"
"	movl $0xfe000040, %edi\n"
"	movl $4, %ecx\n"
"	rep stosb\n"
"	movl $0xfe000040, %esi\n"
"	lodsl\n"
"	movl %eax, %ebx\n"
"	say %ebx\n"                     /* 19: 5a5a5a5a */
"	movl $0xfe000000, %eax\n"       /* a segment's base counts */
"	xorl %edx, %edx\n"
"	movl $0xc0000101, %ecx\n"
"	wrmsr\n"
"	movl %gs:0x50, %ebx\n"
"	say %ebx\n"                     /* 20: 53525150 */
"	movl $0xfe000060, %edi\n"       /* a bit two words below the one that is named */
"	movl $-37, %ecx\n"
"	btrl %ecx, (%rdi)\n"
"	movl -8(%rdi), %ebx\n"
"	say %ebx\n"                     /* 21: 535a5958 */
"	movw $0xf4, %dx\n"
"	outl %eax, %dx\n"
"code_end:\n"
"	.code16\n"
"real_start:\n"
"	movw $0x4000, %ax\n"
"	movw %ax, %ds\n"
"	xorw %si, %si\n"
"	movw $2, %cx\n"
"	movw $0xe0, %dx\n"
"	cld\n"
"	rep outsl\n"                    /* 0, 1: what is in memory */
"	xorw %ax, %ax\n"
"	movw %ax, %ds\n"
"	movl $0xfe000010, %ebx\n"       /* the limits are large: as after a visit to protected mode */
"	movl (%ebx), %eax\n"
"	outl %eax, %dx\n"               /* 2: 13121110 */
"	movw $0x1234, (%ebx)\n"
"	movb 1(%ebx), %al\n"
"	outl %eax, %dx\n"               /* 3: 13121112 */
"	movw $0xf4, %dx\n"
"	outl %eax, %dx\n"
"real_end:\n"
"	.code64\n"
"	.popsection\n");

static const uint32_t words[3] = { 0xa0a1a2a3, 0xb0b1b2b3, 0xc0c1c2c3 };

static void prepare(struct hvm *g)
{
	hvm_create(g, 1, 512);
	hvm_write_tables(g);
	hvm_write(g, 0x40000, words, sizeof(words));
	for (unsigned int i = 0; i < sizeof(g->regs); i++)
		g->regs[i] = (uint8_t)i;
	for (unsigned int i = 0; i < ARRAY_SIZE(g->ask); i++)
		g->ask[i] = 0x11223344 + (i < 3 ? 0 : i << 24);
	g->nr_ask = ARRAY_SIZE(g->ask);
}

static void serve(struct hvm *g)
{
	enum hvm_end end;

	hvm_start(g);
	end = hvm_serve(g);
	if (end != HVM_ENDED)
		note("end %d after %u words: %s", end, g->nr_said, hvm_crash_reason(g));
	EXPECT_EQ(end, HVM_ENDED);
}

static void long_mode(void)
{
	static const uint32_t want[] = {
		0, 0xffff3344, 0xffffff44, 0xa0a1a2a3, 0xb0b1b2b3, 0xc0c1c2c3, 0x4000c, 0, 0x40ffc, 0x0b0a0908, 0x0f0e0d0c,
		0x1514, 0xffff03ff, 0xffffffc3, 0x77001234, 1, 0x2f2e2d2c, 0x2f2e2d31, 0, 0x5a5a5a5a, 0x53525150,
		0x535a5958,
	};
	static struct hvm g;
	static struct paravane_hvm_state s;
	uint32_t mem[4];
	struct paravane_domctl_hvm_exits e;

	prepare(&g);
	hvm_write(&g, HVM_CODE64, code_start, (size_t)(code_end - code_start));
	hvm_long_mode(&s, 0, HVM_CODE64);
	EXPECT_EQ(hvm_set_state(&g, 0, &s), 0);
	serve(&g);
	EXPECT_EQ(g.nr_said, ARRAY_SIZE(want));
	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++)
		ok(g.said[i] == want[i], "word %u: %#x, expected %#x", i, g.said[i], want[i]);
	hvm_read(&g, 0x41000, mem, sizeof(mem));
	EXPECT_EQ(mem[1], 0x14223344);
	EXPECT_EQ(mem[0], 0x15223344);
	EXPECT_EQ(mem[2], words[0]);
	EXPECT_EQ(mem[3], words[1]);
	/* Each access once, with its own size. */
	EXPECT_EQ(g.note[0].addr, HVM_REGISTERS + 8);
	EXPECT_EQ(g.note[0].size, 8);
	EXPECT_EQ(g.note[1].size, 2);
	EXPECT_EQ(g.note[2].size, 1);
	EXPECT_EQ(g.note[3].write, 1);
	EXPECT_EQ(g.note[3].data, 0xc3b2a190);
	EXPECT_EQ(g.nr_notes, 32);
	hvm_exits(&g, 0, &e);
	ok(e.count[PARAVANE_EXIT_mmio] >= 24, "%lu exits for device memory", e.count[PARAVANE_EXIT_mmio]);
	hvm_destroy(&g);
}

static void real_mode(void)
{
	static const uint32_t want[] = { 0xa0a1a2a3, 0xb0b1b2b3, 0x13121110, 0x13121112 };
	static struct hvm g;
	static struct paravane_hvm_state s;

	prepare(&g);
	hvm_write(&g, HVM_CODE, real_start, (size_t)(real_end - real_start));
	hvm_real_mode(&s, HVM_CODE);
	s.ds.limit = 0xffffffff;
	EXPECT_EQ(hvm_set_state(&g, 0, &s), 0);
	serve(&g);
	EXPECT_EQ(g.nr_said, ARRAY_SIZE(want));
	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++)
		ok(g.said[i] == want[i], "word %u in real mode: %#x, expected %#x", i, g.said[i], want[i]);
	hvm_destroy(&g);
}

void test_main(void)
{
	hvm_needed();
	long_mode();
	real_mode();
}
