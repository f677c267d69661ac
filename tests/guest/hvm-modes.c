/* SPDX-License-Identifier: MIT
 *
 * A fully virtualized domain starts in real mode, as a processor does, goes through protected mode to long mode with its own page
 * tables, and says at each station what it sees. A second vCPU is set straight into long mode; both then count in
 * the same memory. The books balance afterwards.
 */
#include "hvm.h"

extern const char real_start[], real_end[], long_start[], long_end[];

__asm__(
"	.pushsection .rodata\n"
"	.code16\n"
"real_start:\n"
"	cli\n"
"	xorw %ax, %ax\n"
"	movw %ax, %ds\n"
"	movw $0xe0, %dx\n"
"	movl $0x11110000, %eax\n"
"	movw %cs, %ax\n"
"	outl %eax, %dx\n"
"	lgdtl 0x900\n"
"	movl %cr0, %eax\n"
"	orb $1, %al\n"
"	movl %eax, %cr0\n"
"	ljmpl $24, $0x1000 + protected - real_start\n"
"	.code32\n"
"protected:\n"
"	movw $16, %ax\n"
"	movw %ax, %ds\n"
"	movw %ax, %es\n"
"	movw %ax, %ss\n"
"	movl $0x22220000, %eax\n"
"	movw %cs, %ax\n"
"	outl %eax, %dx\n"
"	movl $0x620, %eax\n"
"	movl %eax, %cr4\n"
"	movl $0x2000, %eax\n"
"	movl %eax, %cr3\n"
"	movl $0xc0000080, %ecx\n"
"	rdmsr\n"
"	orl $0x901, %eax\n"
"	wrmsr\n"
"	movl %cr0, %eax\n"
"	orl $0x80000022, %eax\n"
"	movl %eax, %cr0\n"
"	ljmpl $8, $0x8000\n"
"real_end:\n"
"	.code64\n"
"long_start:\n"
"	movl $0x20000, %esp\n"
"	xorl %edi, %edi\n"
"	jmp 1f\n"
"second:\n"
"1:	movw $0xe0, %dx\n"
"	movl $0x33330000, %eax\n"
"	movw %cs, %ax\n"
"	outl %eax, %dx\n"
"	movl $0xc0000080, %ecx\n"
"	rdmsr\n"
"	movw $0xe0, %dx\n"
"	outl %eax, %dx\n"
"	movl $0x30000, %ebx\n"
"	movl $100000, %ecx\n"
"2:	lock incq (%rbx)\n"
"	pushq %rcx\n"
"	popq %rcx\n"
"	loop 2b\n"
"	lock incq 8(%rbx)\n"
"3:	movq 8(%rbx), %rax\n"            /* until all have counted */
"	pause\n"
"	cmpq 16(%rbx), %rax\n"
"	jb 3b\n"
"	testl %edi, %edi\n"
"	jnz 4f\n"
"	movw $0xf4, %dx\n"
"	movl $0x77, %eax\n"
"	outl %eax, %dx\n"
"4:	hlt\n"
"	jmp 4b\n"
"long_end:\n"
"	.popsection\n");
extern const char second[];

static void run(unsigned int vcpus)
{
	static struct hvm g;
	static struct paravane_hvm_state s;
	struct { uint16_t limit; uint32_t base; } __attribute__((packed)) gdtr = { 31, HVM_GDT };
	uint64_t counters[3] = { 0, 0, vcpus };
	struct paravane_domctl_hvm_exits e;
	enum hvm_end end;

	hvm_create(&g, vcpus, 512);
	hvm_write_tables(&g);
	hvm_write(&g, 0x900, &gdtr, sizeof(gdtr));
	hvm_write(&g, HVM_CODE, real_start, (size_t)(real_end - real_start));
	hvm_write(&g, HVM_CODE64, long_start, (size_t)(long_end - long_start));
	hvm_write(&g, 0x30000, counters, sizeof(counters));
	hvm_real_mode(&s, HVM_CODE);
	EXPECT_EQ(hvm_set_state(&g, 0, &s), 0);
	EXPECT_EQ(hvm_set_state(&g, 0, &s), -XEN_EBUSY);
	for (unsigned int i = 1; i < vcpus; i++) {
		hvm_long_mode(&s, i, HVM_CODE64 + (uint64_t)(second - long_start));
		EXPECT_EQ(hvm_set_state(&g, i, &s), 0);
	}
	hvm_start(&g);
	end = hvm_serve(&g);
	if (end != HVM_ENDED)
		note("%s", hvm_crash_reason(&g));
	EXPECT_EQ(end, HVM_ENDED);
	EXPECT_EQ(g.ended_by, 0x77);
	EXPECT_EQ(g.nr_said, 2 + 2 * vcpus);
	if (vcpus == 1) {
		EXPECT_EQ(g.said[0], 0x11110100);
		EXPECT_EQ(g.said[1], 0x22220018);
		EXPECT_EQ(g.said[2], 0x33330008);
		EXPECT_EQ(g.said[3], 0xd01);
	}
	hvm_read(&g, 0x30000, counters, sizeof(counters));
	EXPECT_EQ(counters[0], 100000 * vcpus);
	EXPECT_EQ(counters[1], vcpus);
	EXPECT_EQ(hvm_get_state(&g, 0, &s), 0);
	EXPECT_EQ(s.rax, 0x77);
	EXPECT_EQ(s.efer, 0xd01);
	EXPECT_EQ(s.cs.sel, 8);
	hvm_exits(&g, 0, &e);
	ok(e.count[PARAVANE_EXIT_io] >= 5, "%lu port accesses counted, 5 made", e.count[PARAVANE_EXIT_io]);
	ok(e.count[PARAVANE_EXIT_msr] >= 3, "%lu MSR accesses counted, 3 made", e.count[PARAVANE_EXIT_msr]);
	hvm_destroy(&g);
}

void test_main(void)
{
	struct books before;

	hvm_needed();
	run(1);
	books_read(&before);
	run(1);
	books_compare(&before, "one vCPU");
	run(2);
	books_compare(&before, "two vCPUs");
}
