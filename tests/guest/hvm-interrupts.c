/* SPDX-License-Identifier: MIT
 *
 * Interrupts from the device model: they end a HLT, wait for STI and for the instruction behind it, go by priority, wait
 * for TPR (by CR8) to fall, and interrupt a loop that never leaves the guest by itself. An NMI comes once, and the
 * next only after IRET. INT n, exceptions and their error codes go through the guest's own tables.
 */
#include "hvm.h"

extern const char code_start[], code_end[], handler_30[], handler_51[], handler_61[], handler_nmi[], handler_gp[], handler_ud[],
	handler_int[];

__asm__(
"	.pushsection .rodata\n"
"	.code64\n"
	HVM_SAY
"code_start:\n"
"	say $1\n"                       /* the test raises 30 while IF is off */
"	nop\n"
"	say $2\n"
"	sti\n"
"	hlt\n"                          /* in the shadow: comes out of HLT */
"	say $3\n"
"	cli\n"
"	movl $6, %eax\n"
"	movq %rax, %cr8\n"
"	sti\n"
"	say $4\n"                       /* the test raises 51 and 61: TPR 60 keeps both */
"	nop\n"
"	say $5\n"
"	movl $4, %eax\n"
"	movq %rax, %cr8\n"              /* 61 first, then 51 */
"	nop\n"
"	say $6\n"
"	xorl %eax, %eax\n"
"	movq %rax, %cr8\n"
"	movl $0x50000, %ebx\n"
"	movl $0, (%rbx)\n"
"	say $7\n"                       /* the test waits a while, then raises 30 */
"1:	cmpl $0, (%rbx)\n"              /* the handler of 30 ends it */
"	je 1b\n"
"	movl $0, 8(%rbx)\n"
"	say $8\n"                       /* the test asks for two NMIs */
"2:	cmpl $2, 8(%rbx)\n"
"	jb 2b\n"
"	say $9\n"
"	int $0x80\n"
"	movl $0x1234, %ecx\n"
"	rdmsr\n"                        /* #GP(0) */
"	ud2\n"
"	movl $0x12345, %eax\n"
"	movw $0xf4, %dx\n"
"	outl %eax, %dx\n"
"	.macro handler name, value\n"
"\\name:\n"
"	pushq %rax\n"
"	pushq %rdx\n"
"	say $\\value\n"
"	movl $0xfee000b0, %eax\n"
"	movl $0, (%rax)\n"
"	popq %rdx\n"
"	popq %rax\n"
"	iretq\n"
"	.endm\n"
"handler_30:\n"
"	pushq %rax\n"
"	pushq %rdx\n"
"	movl $1, 0x50000\n"
"	say $0x30\n"
"	movl $0xfee000b0, %eax\n"
"	movl $0, (%rax)\n"
"	popq %rdx\n"
"	popq %rax\n"
"	iretq\n"
"	handler handler_51, 0x51\n"
"	handler handler_61, 0x61\n"
"handler_nmi:\n"
"	pushq %rax\n"
"	pushq %rdx\n"
"	say $0x100\n"                   /* the second one is asked for here */
"	say $0x101\n"
"	incl 0x50008\n"
"	popq %rdx\n"
"	popq %rax\n"
"	iretq\n"
"handler_int:\n"
"	say $0x80\n"
"	iretq\n"
"handler_gp:\n"
"	popq %rbx\n"
"	addq $2, (%rsp)\n"
"	addl $0x1300, %ebx\n"
"	say %ebx\n"
"	iretq\n"
"handler_ud:\n"
"	addq $2, (%rsp)\n"
"	say $0x600\n"
"	iretq\n"
"code_end:\n"
"	.popsection\n");

/* What the test does when the guest says a word, before it is answered. */
static bool at_word(struct hvm *g, unsigned int vcpu)
{
	const struct paravane_vcpu_page *p = g->page[vcpu];
	static unsigned int nmis;

	if (p->request.type != PARAVANE_REQ_PIO || p->request.addr != HVM_PORT_SAY)
		return false;
	switch (p->request.data) {
	case 1:
		hvm_interrupt(g, vcpu, 0x30);
		break;
	case 4:
		hvm_interrupt(g, vcpu, 0x51);
		hvm_interrupt(g, vcpu, 0x61);
		break;
	case 7:
		g->said[g->nr_said++] = 7;
		hvm_answer(g, vcpu, 0);
		delay_ns(20000000);
		hvm_interrupt(g, vcpu, 0x30);
		return true;
	case 8:
		nmis = 0;
		g->page[vcpu]->nmi = 1;
		break;
	case 0x100:
		if (!nmis++)
			g->page[vcpu]->nmi = 1;
		break;
	}
	return false;
}

void test_main(void)
{
	static const uint32_t want[] = { 1, 2, 0x30, 3, 4, 5, 0x61, 0x51, 6, 7, 0x30, 8, 0x100, 0x101, 0x100, 0x101, 9, 0x80, 0x1300,
					 0x600 };
	static struct hvm g;
	static struct paravane_hvm_state s;
	struct paravane_domctl_hvm_exits e;
	enum hvm_end end;

	hvm_needed();
	hvm_create(&g, 1, 512);
	hvm_write_tables(&g);
	hvm_write(&g, HVM_CODE64, code_start, (size_t)(code_end - code_start));
#define GATE(vector, name) hvm_write_gate(&g, vector, HVM_CODE64 + (uint64_t)(name - code_start))
	GATE(2, handler_nmi);
	GATE(6, handler_ud);
	GATE(13, handler_gp);
	GATE(0x30, handler_30);
	GATE(0x51, handler_51);
	GATE(0x61, handler_61);
	GATE(0x80, handler_int);
	hvm_long_mode(&s, 0, HVM_CODE64);
	EXPECT_EQ(hvm_set_state(&g, 0, &s), 0);
	g.hook = at_word;
	hvm_start(&g);
	end = hvm_serve(&g);
	if (end != HVM_ENDED)
		note("end %d: %s", end, hvm_crash_reason(&g));
	if (end == HVM_TIMEOUT && !hvm_get_state(&g, 0, &s))
		note("rip code + %#lx, rflags %#lx, rsp %#lx, state %u, irr1 %#x isr1 %#x", s.rip - HVM_CODE64, s.rflags, s.rsp,
		     g.page[0]->request.state, g.page[0]->irr[1], g.page[0]->isr[1]);
	EXPECT_EQ(end, HVM_ENDED);
	EXPECT_EQ(g.nr_said, ARRAY_SIZE(want));
	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++)
		ok(g.said[i] == want[i], "word %u: %#x, expected %#x", i, g.said[i], want[i]);
	for (unsigned int i = 0; i < 8; i++)
		if (g.page[0]->irr[i] | g.page[0]->isr[i])
			ok(false, "word %u of irr or isr is left: %#x %#x", i, g.page[0]->irr[i], g.page[0]->isr[i]);
	hvm_exits(&g, 0, &e);
	ok(e.count[PARAVANE_EXIT_hlt] == 1, "%lu HLT, made 1", e.count[PARAVANE_EXIT_hlt]);
	ok(e.count[PARAVANE_EXIT_window] > 0, "%lu exits for a window", e.count[PARAVANE_EXIT_window]);
	ok(e.count[PARAVANE_EXIT_interrupt] > 0, "%lu exits for interrupts of the machine", e.count[PARAVANE_EXIT_interrupt]);
	hvm_destroy(&g);
}
