/* SPDX-License-Identifier: MIT
 *
 * A device model that answers nothing, writes garbage into the page all the time, or destroys the domain while a request
 * waits; frames that it keeps mapped; ports that it closes; a page that it asks for twice. And guests that attack: SVM's instructions, XSETBV and
 * CR4 with garbage, accesses past all memory, a loop of exceptions, requests without end. A neighbour lives on.
 */
#include "hvm.h"

extern const char ask_start[], garbage_start[], far_start[], loop_start[], code_end[];

__asm__(
"	.pushsection .rodata\n"
"	.code64\n"
"ask_start:\n"
"1:	movl $0xfe000000, %ebx\n"
"	movl (%rbx), %eax\n"
"	movl %eax, 4(%rbx)\n"
"	incl 8(%rbx)\n"
"	movw $0xe0, %dx\n"
"	outl %eax, %dx\n"
"	inb $0x71, %al\n"
"	movl $0x40000, %esi\n"
"	movl $3, %ecx\n"
"	cld\n"
"	rep outsl\n"
"	sti\n"
"	nop\n"
"	jmp 1b\n"
"garbage_start:\n"              /* faults go to handlers that skip two or three bytes: see the test's gates */
"	movl $0x1000, %r12d\n"
"2:	rdtsc\n"
"	shlq $32, %rdx\n"
"	orq %rdx, %rax\n"
"	xorq %rax, %r13\n"
"	imulq $0x5851f42d, %r13, %r13\n"
"	movq %r13, %rax\n"
"	xorl %ecx, %ecx\n"
"	leaq 3f(%rip), %r15\n"
"	vmrun %rax\n"
"3:	leaq 3f(%rip), %r15\n"
"	vmload %rax\n"
"3:	leaq 3f(%rip), %r15\n"
"	vmsave %rax\n"
"3:	leaq 3f(%rip), %r15\n"
"	vmmcall\n"
"3:	leaq 3f(%rip), %r15\n"
"	skinit %eax\n"
"3:	leaq 3f(%rip), %r15\n"
"	movl %r13d, %ecx\n"
"	invlpga %rax, %ecx\n"
"3:	leaq 3f(%rip), %r15\n"
"	andl $1, %ecx\n"
"	movq %r13, %rdx\n"
"	xsetbv\n"
"3:	leaq 3f(%rip), %r15\n"
"	movq %r13, %cr4\n"
"3:	leaq 3f(%rip), %r15\n"
"	movq %r13, %cr8\n"
"3:	leaq 3f(%rip), %r15\n"
"	movq %r13, %db7\n"
"3:	leaq 3f(%rip), %r15\n"
"	movl %r13d, %ecx\n"
"	rdmsr\n"
"3:	leaq 3f(%rip), %r15\n"
"	movl %r13d, %ecx\n"
"	wrmsr\n"
"3:	leaq 3f(%rip), %r15\n"
"	movl $0xc0000080, %ecx\n"
"	movl %r13d, %eax\n"
"	xorl %edx, %edx\n"
"	andl $~0x500, %eax\n"
"	orl $0x501, %eax\n"
"	wrmsr\n"
"3:	movl $0x400, %eax\n"
"	movq %rax, %db7\n"
"	decl %r12d\n"
"	jnz 2b\n"
"	movl $0x99, %eax\n"
"	movw $0xf4, %dx\n"
"	outl %eax, %dx\n"
"	.globl handler_any, handler_error\n"
"handler_any:\n"
"	movq %r15, (%rsp)\n"
"	iretq\n"
"handler_error:\n"
"	addq $8, %rsp\n"
"	movq %r15, (%rsp)\n"
"	iretq\n"
"far_start:\n"
"	movq $0x3000, %rax\n"           /* a page table entry that names the end of the physical addresses */
"	movq $0x000ffffffffff007, %rcx\n"
"	movq %rcx, 0x4ff8\n"
"	movl (0x3fe00000), %eax\n"
"	jmp far_start\n"
"loop_start:\n"                 /* #AC, #DB and page faults without end: no table of handlers can be read */
"	lidt 4f(%rip)\n"
"	int3\n"
"4:	.quad 0xffff, 0\n"
"code_end:\n"
"	.popsection\n");
extern const char handler_any[], handler_error[];

static struct hvm g;
static struct paravane_hvm_state s;

static void start_at(const char *start)
{
	hvm_create(&g, 1, 512);
	hvm_write_tables(&g);
	hvm_write(&g, HVM_CODE64, ask_start, (size_t)(code_end - ask_start));
	for (unsigned int v = 0; v < 32; v++) {
		bool error = v == 8 || (v >= 10 && v <= 14) || v == 17;

		hvm_write_gate(&g, v, HVM_CODE64 + (uint64_t)((error ? handler_error : handler_any) - ask_start));
	}
	for (unsigned int v = 32; v < 256; v++)
		hvm_write_gate(&g, v, HVM_CODE64 + (uint64_t)(handler_any - ask_start));
	hvm_long_mode(&s, 0, HVM_CODE64 + (uint64_t)(start - ask_start));
	s.r15 = s.rip;
	EXPECT_EQ(hvm_set_state(&g, 0, &s), 0);
	hvm_start(&g);
}

static void no_answer(void)
{
	start_at(ask_start);
	EXPECT_EQ(hvm_wait_request(&g), 0);
	delay_ns(5000000);
	EXPECT_EQ(g.page[0]->request.state, PARAVANE_REQ_READY);
	/* A state that is none, and an event: no answer. */
	g.page[0]->request.state = 77;
	hvm_kick(&g, 0);
	delay_ns(5000000);
	EXPECT_EQ(g.page[0]->request.state, 77);
	hvm_destroy(&g);
}

static void garbage_page(void)
{
	uint64_t end, x = 12345;
	uint32_t *words;

	start_at(ask_start);
	words = (uint32_t *)g.page[0];
	for (end = system_time() + 400000000; system_time() < end;) {
		x = x * 6364136223846793005ULL + 1;
		words[(x >> 33) % (sizeof(struct paravane_vcpu_page) / 4)] = (uint32_t)(x >> 20);
		if (!(x >> 60))
			g.page[0]->request.state = PARAVANE_REQ_DONE;
		hvm_kick(&g, 0);
		if (!(x >> 58))
			HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	}
	note("the page was full of garbage for 0.4 s; the domain %s", hvm_has_crashed(&g) ? hvm_crash_reason(&g) : "runs");
	hvm_destroy(&g);
}

static void ports(void)
{
	struct paravane_domctl_hvm_vcpu_page p = { .vcpu = 0 }, q = { .vcpu = 1 };
	evtchn_port_t first;

	start_at(ask_start);
	EXPECT_EQ(hvm_domctl(g.domid, PARAVANE_DOMCTL_hvm_vcpu_page, &p, sizeof(p)), 0);
	first = p.port;
	EXPECT_EQ(hvm_domctl(g.domid, PARAVANE_DOMCTL_hvm_vcpu_page, &p, sizeof(p)), 0);
	EXPECT_EQ(p.port, first);
	EXPECT_EQ(hvm_domctl(g.domid, PARAVANE_DOMCTL_hvm_vcpu_page, &q, sizeof(q)), -XEN_ESRCH);
	EXPECT_EQ(evtchn_close(g.port[0]), 0);
	EXPECT_EQ(hvm_wait_request(&g), 0);
	delay_ns(2000000);
	hvm_destroy(&g);
}

static void garbage_guest(void)
{
	enum hvm_end end;

	start_at(garbage_start);
	end = hvm_serve(&g);
	if (end != HVM_ENDED)
		note("end %d: %s", end, hvm_crash_reason(&g));
	EXPECT_EQ(end, HVM_ENDED);
	EXPECT_EQ(g.ended_by, 0x99);
	hvm_destroy(&g);
}

static void ends_badly(const char *start, const char *name)
{
	enum hvm_end end;

	start_at(start);
	for (unsigned int i = 0; i < 100 && !hvm_has_crashed(&g); i++) {
		if (g.page[0]->request.state == PARAVANE_REQ_READY)
			hvm_answer(&g, 0, ~0UL);
		delay_ns(1000000);
	}
	end = hvm_has_crashed(&g) ? HVM_CRASHED : HVM_TIMEOUT;
	note("%s: %s", name, end == HVM_CRASHED ? hvm_crash_reason(&g) : "goes on");
	hvm_destroy(&g);
}

void test_main(void)
{
	struct domu neighbour;
	struct books before;

	hvm_needed();
	domu_create(&neighbour, &(struct domu_config){ .main = domu_neighbour });
	domu_start(&neighbour);
	no_answer();
	books_read(&before);
	no_answer();
	garbage_page();
	ports();
	garbage_guest();
	ends_badly(far_start, "beyond all addresses");
	ends_badly(loop_start, "faults without handlers");
	books_compare(&before, "after all");
	domu_neighbour_lives(&neighbour, "after all");
	domu_destroy(&neighbour);
}
