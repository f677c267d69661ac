/* SPDX-License-Identifier: MIT
 *
 * What a fully virtualized guest sees of the processor: CPUID offers no virtualization, no protection keys, no x2APIC, and its own number as
 * APIC id; CR4 takes what CPUID offers and no more; MSRs that every machine has can be read, others are #GP; EFER and PAT are
 * checked; the time stamp counter began when the domain did; XSETBV works, and what a vector register holds survives another vCPU on the
 * same CPU.
 */
#include "hvm.h"

extern const char code_start[], code_end[], handler_gp[], handler_ud[], other_start[];

/* Each step leaves RBX as 0, or 0xd00 or 0x600 if it faulted. */
__asm__(
"	.pushsection .rodata\n"
"	.code64\n"
	HVM_SAY
"	.macro try insn:vararg\n"
"	xorl %ebx, %ebx\n"
"	leaq 7f(%rip), %r15\n"
"	\\insn\n"
"7:	say %ebx\n"
"	.endm\n"
"code_start:\n"
"	movl $1, %eax\n"
"	cpuid\n"
"	shrl $24, %ebx\n"
"	movl %ecx, %esi\n"
"	say %ebx\n"                     /* 0: APIC id */
"	andl $0x80200020, %esi\n"       /* hypervisor, x2APIC, VMX */
"	say %esi\n"                     /* 1: 80000000 */
"	movl $0x80000001, %eax\n"
"	cpuid\n"
"	andl $4, %ecx\n"
"	say %ecx\n"                     /* 2: SVM: 0 */
"	movl $7, %eax\n"
"	xorl %ecx, %ecx\n"
"	cpuid\n"
"	andl $8, %ecx\n"
"	say %ecx\n"                     /* 3: PKU: 0 */
"	movl $0x40000000, %eax\n"
"	cpuid\n"
"	movl %ebx, %esi\n"
"	say %esi\n"                     /* 4: 'Para' */
"	movq %cr4, %rax\n"
"	orq $0x400000, %rax\n"
"	try movq %rax, %cr4\n"          /* 5: PKE: d00 */
"	movq %cr4, %rax\n"
"	orq $0x40000, %rax\n"
"	try movq %rax, %cr4\n"          /* 6: OSXSAVE: 0 */
"	movl $1, %eax\n"
"	cpuid\n"
"	shrl $27, %ecx\n"
"	andl $1, %ecx\n"
"	say %ecx\n"                     /* 7: 1 */
"	xorl %ecx, %ecx\n"
"	movl $7, %eax\n"
"	xorl %edx, %edx\n"
"	try xsetbv\n"                   /* 8: 0 */
"	movl $4, %eax\n"
"	xorl %edx, %edx\n"
"	try xsetbv\n"                   /* 9: d00: AVX without SSE and x87 */
"	xorl %ecx, %ecx\n"
"	xgetbv\n"
"	movl %eax, %esi\n"
"	say %esi\n"                     /* 10: 7 */
"	movl $0xc0000080, %ecx\n"
"	movl $0xd01, %eax\n"
"	xorl %edx, %edx\n"
"	try wrmsr\n"                    /* 11: as it is: 0 */
"	movl $0x1d01, %eax\n"
"	xorl %edx, %edx\n"
"	try wrmsr\n"                    /* 12: SVME: d00 */
"	movl $0x277, %ecx\n"
"	rdmsr\n"
"	movl %eax, %esi\n"
"	say %esi\n"                     /* 13: 00070406 */
"	movl $0x277, %ecx\n"
"	movl $0x02070406, %eax\n"
"	movl $0x00070406, %edx\n"
"	try wrmsr\n"                    /* 14: type 2: d00 */
"	movl $0x01070406, %eax\n"
"	movl $0x00070406, %edx\n"
"	try wrmsr\n"                    /* 15: 0 */
"	movl $0x277, %ecx\n"
"	rdmsr\n"
"	movl %eax, %esi\n"
"	say %esi\n"                     /* 16: 01070406 */
"	movl $0x12345, %ecx\n"
"	try rdmsr\n"                    /* 17: d00 */
"	movl $0xc0010117, %ecx\n"
"	try rdmsr\n"                    /* 18: VM_HSAVE_PA: d00 */
"	movl $0x1b, %ecx\n"
"	rdmsr\n"
"	movl %eax, %esi\n"
"	say %esi\n"                     /* 19: fee00900 */
"	movl $0xc0000082, %ecx\n"
"	movl $0x1234, %eax\n"
"	xorl %edx, %edx\n"
"	wrmsr\n"
"	rdmsr\n"
"	movl %eax, %esi\n"
"	say %esi\n"                     /* 20: 1234 */
"	rdtsc\n"
"	movl %edx, %esi\n"
"	say %esi\n"                     /* 21: less than 100: a quarter of an hour */
"	movl $0x10, %ecx\n"
"	rdmsr\n"
"	movl %edx, %edi\n"
"	subl %esi, %edi\n"
"	shrl $1, %edi\n"
"	say %edi\n"                     /* 22: 0: the same clock */
"	try vmrun %rax\n"               /* 23 .. 29: 600 */
"	xorl %eax, %eax\n"
"	try vmload %rax\n"
"	xorl %eax, %eax\n"
"	try vmsave %rax\n"
"	try stgi\n"
"	try clgi\n"
"	try vmmcall\n"
"	xorl %eax, %eax\n"
"	try invlpga %rax, %ecx\n"
"	xorl %ecx, %ecx\n"
"	try monitor\n"                  /* 30: 600 */
"	xorl %ecx, %ecx\n"
"	try rdpmc\n"                    /* 31: d00 */
"	try wbinvd\n"                   /* 32: 0 */
"	movq $0x1122334455667788, %rax\n"
"	movq %rax, %xmm7\n"
"	movq %rax, %db3\n"
"	movl $0x51000, %esi\n"
"	movl $1, (%rsi)\n"
"1:	pause\n"
"	cmpl $2, (%rsi)\n"              /* the other vCPU has been here */
"	jb 1b\n"
"	movq %xmm7, %rdi\n"
"	movq %db3, %rsi\n"
"	xorl %ebx, %ebx\n"
"	cmpq %rdi, %rsi\n"
"	setz %bl\n"
"	say %ebx\n"                     /* 33: 1 */
"	movw $0xf4, %dx\n"
"	outl %eax, %dx\n"
"handler_gp:\n"
"	addq $8, %rsp\n"
"	movl $0xd00, %ebx\n"
"	movq %r15, (%rsp)\n"
"	iretq\n"
"handler_ud:\n"
"	movl $0x600, %ebx\n"
"	movq %r15, (%rsp)\n"
"	iretq\n"
"other_start:\n"
"	movl $0x51000, %esi\n"
"1:	cmpl $1, (%rsi)\n"
"	pause\n"
"	jb 1b\n"
"	movq $-1, %rax\n"
"	movq %rax, %xmm7\n"
"	xorl %eax, %eax\n"
"	movq %rax, %db3\n"
"	movl $2, (%rsi)\n"
"2:	hlt\n"
"	jmp 2b\n"
"code_end:\n"
"	.popsection\n");

#define DONT_CARE 0xdeadbeef

static void pin(struct hvm *g, unsigned int vcpu, unsigned int cpu)
{
	static struct xen_domctl op;
	uint8_t map = (uint8_t)(1U << cpu);

	memset(&op, 0, sizeof(op));
	op.u.vcpuaffinity.vcpu = vcpu;
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 8;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, &map);
	EXPECT_EQ(domu_domctl(&op, XEN_DOMCTL_setvcpuaffinity, g->domid), 0);
}

void test_main(void)
{
	static const uint32_t want[] = {
		0, 0x80000000, 0, 0, 0x61726150, 0xd00, 0, 1, 0, 0xd00, 7, 0, 0xd00, 0x00070406, 0xd00, 0, 0x01070406, 0xd00,
		0xd00, 0xfee00900, 0x1234, DONT_CARE, 0, 0x600, 0x600, 0x600, 0x600, 0x600, 0x600, 0x600, 0x600, 0xd00, 0, 1,
	};
	static struct hvm g;
	static struct paravane_hvm_state s;
	enum hvm_end end;

	hvm_needed();
	hvm_create(&g, 2, 512);
	hvm_write_tables(&g);
	hvm_write(&g, HVM_CODE64, code_start, (size_t)(code_end - code_start));
	hvm_write_gate(&g, 6, HVM_CODE64 + (uint64_t)(handler_ud - code_start));
	hvm_write_gate(&g, 13, HVM_CODE64 + (uint64_t)(handler_gp - code_start));
	hvm_long_mode(&s, 0, HVM_CODE64);
	EXPECT_EQ(hvm_set_state(&g, 0, &s), 0);
	hvm_long_mode(&s, 1, HVM_CODE64 + (uint64_t)(other_start - code_start));
	EXPECT_EQ(hvm_set_state(&g, 1, &s), 0);
	pin(&g, 0, 0);
	pin(&g, 1, 0);
	hvm_start(&g);
	end = hvm_serve(&g);
	if (end != HVM_ENDED)
		note("end %d after %u words: %s", end, g.nr_said, hvm_crash_reason(&g));
	EXPECT_EQ(end, HVM_ENDED);
	EXPECT_EQ(g.nr_said, ARRAY_SIZE(want));
	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++)
		if (want[i] != DONT_CARE)
			ok(g.said[i] == want[i], "word %u: %#x, expected %#x", i, g.said[i], want[i]);
	ok(g.said[21] < 1000, "upper half of the time stamp counter: %u", g.said[21]);
	hvm_destroy(&g);
}
