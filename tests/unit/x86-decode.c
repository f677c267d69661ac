/* SPDX-License-Identifier: MIT */
/*
 * x86-decode: the instructions that lib/x86_decode.c claims to know do there what they do on this
 * CPU. Each is assembled in place, run on random operands with all flags either way, and compared:
 * length, memory, registers, flags. Others are refused.
 *
 * CFLAGS: -Ihypervisor
 */
#include <stdbool.h>
#include "tap.h"
#define HYPERVISOR_LIB_TYPES_H
#include <stddef.h>
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#include "hypervisor/lib/x86_decode.c"

#define FLAGS_ALL F_ARITH
#define FLAGS_LOGIC (F_ARITH & ~F_AF)
#define FLAGS_BIT F_CF

struct machine {
	uint64_t mem, rax, rcx, rdx, r9, flags;
};

struct insn_case {
	const char *text;
	const uint8_t *start, *end;
	uint64_t flags;         /* those that are defined */
	void (*run)(struct machine *m);
};

/* RDI points at the operand; the address forms vary, the address does not. */
#define CASE(id, insn, defined) \
	static void run_##id(struct machine *m) \
	{ \
		__asm__ volatile("mov %[m], %%r8\n\t" \
			"lea 0(%%r8), %%rdi\n\t" \
			"mov 8(%%r8), %%rax\n\tmov 16(%%r8), %%rcx\n\tmov 24(%%r8), %%rdx\n\tmov 32(%%r8), %%r9\n\t" \
			"xor %%ebx, %%ebx\n\tlea -0x80(%%rdi), %%r12\n\tlea -0x12345(%%rdi), %%r13\n\t" \
			"pushq 40(%%r8)\n\tpopfq\n\t" \
			".globl start_" #id ", end_" #id "\n" \
			"start_" #id ": " insn "\n" \
			"end_" #id ":\n\t" \
			"pushfq\n\tpopq 40(%%r8)\n\t" \
			"mov %%rax, 8(%%r8)\n\tmov %%rcx, 16(%%r8)\n\tmov %%rdx, 24(%%r8)\n\tmov %%r9, 32(%%r8)\n\t" \
			: : [m] "r"(m) \
			: "rax", "rcx", "rdx", "rbx", "rdi", "r8", "r9", "r12", "r13", "cc", "memory"); \
	} \
	extern const uint8_t start_##id[], end_##id[]; \
	static const struct insn_case case_##id = { insn, start_##id, end_##id, defined, run_##id };

#define CASES(X) \
	X(mov8, "movq %%rcx, (%%rdi)", FLAGS_ALL) \
	X(mov4, "movl %%ecx, (%%rdi)", FLAGS_ALL) \
	X(mov2, "movw %%cx, (%%rdi)", FLAGS_ALL) \
	X(mov1, "movb %%cl, (%%rdi)", FLAGS_ALL) \
	X(movh, "movb %%ch, (%%rdi)", FLAGS_ALL) \
	X(movr9, "movq %%r9, (%%rdi)", FLAGS_ALL) \
	X(movsib, "movq %%r9, (%%rdi,%%rbx,8)", FLAGS_ALL) \
	X(movd8, "movq %%rdx, 0x80(%%r12)", FLAGS_ALL) \
	X(movd32, "movq %%rdx, 0x12345(%%r13)", FLAGS_ALL) \
	X(movi, "movq $-2, (%%rdi)", FLAGS_ALL) \
	X(movi4, "movl $0x12345678, (%%rdi)", FLAGS_ALL) \
	X(movi2, "movw $0x8765, (%%rdi)", FLAGS_ALL) \
	X(movi1, "movb $0x43, 0x80(%%r12,%%rbx,1)", FLAGS_ALL) \
	X(movnti, "movnti %%rcx, (%%rdi)", FLAGS_ALL) \
	X(xchg8, "xchgq %%rcx, (%%rdi)", FLAGS_ALL) \
	X(xchg4, "xchgl %%ecx, (%%rdi)", FLAGS_ALL) \
	X(xchg2, "xchgw %%dx, (%%rdi)", FLAGS_ALL) \
	X(xchg1, "xchgb %%dh, (%%rdi)", FLAGS_ALL) \
	X(cx8, "lock; cmpxchgq %%rcx, (%%rdi)", FLAGS_ALL) \
	X(cx4, "lock; cmpxchgl %%ecx, (%%rdi)", FLAGS_ALL) \
	X(cx1, "cmpxchgb %%cl, (%%rdi)", FLAGS_ALL) \
	X(xadd8, "lock; xaddq %%rcx, (%%rdi)", FLAGS_ALL) \
	X(xadd2, "xaddw %%cx, (%%rdi)", FLAGS_ALL) \
	X(add8, "addq %%rcx, (%%rdi)", FLAGS_ALL) \
	X(add1, "addb %%cl, (%%rdi)", FLAGS_ALL) \
	X(adc8, "adcq %%rcx, (%%rdi)", FLAGS_ALL) \
	X(adc4, "adcl %%ecx, (%%rdi)", FLAGS_ALL) \
	X(sbb8, "sbbq %%rcx, (%%rdi)", FLAGS_ALL) \
	X(sbb2, "sbbw %%cx, (%%rdi)", FLAGS_ALL) \
	X(sub8, "subq %%rcx, (%%rdi)", FLAGS_ALL) \
	X(subi, "subq $0x1000, (%%rdi)", FLAGS_ALL) \
	X(and8, "lock; andq %%rcx, (%%rdi)", FLAGS_LOGIC) \
	X(andi8, "lock; andb $0xfd, (%%rdi)", FLAGS_LOGIC) \
	X(andi, "andq $-3, (%%rdi)", FLAGS_LOGIC) \
	X(ori, "orq $0x20, (%%rdi)", FLAGS_LOGIC) \
	X(ori32, "orq $0x12345678, (%%rdi)", FLAGS_LOGIC) \
	X(xor4, "xorl %%ecx, (%%rdi)", FLAGS_LOGIC) \
	X(btri, "lock; btrq $1, (%%rdi)", FLAGS_BIT) \
	X(btsi, "btsq $63, (%%rdi)", FLAGS_BIT) \
	X(btci, "btcl $5, (%%rdi)", FLAGS_BIT) \
	X(inc8, "incq (%%rdi)", FLAGS_ALL) \
	X(dec2, "decw (%%rdi)", FLAGS_ALL) \
	X(not8, "notq (%%rdi)", FLAGS_ALL) \
	X(neg8, "negq (%%rdi)", FLAGS_ALL) \
	X(neg1, "negb (%%rdi)", FLAGS_ALL)

CASES(CASE)
#define POINTER(id, insn, defined) &case_##id,
static const struct insn_case *const cases[] = { CASES(POINTER) };

static bool fetch(void *ctx, uint8_t *b)
{
	const uint8_t **p = ctx;

	*b = *(*p)++;
	return true;
}

static uint64_t rnd(void)
{
	static uint64_t s = 88172645463325252ULL;

	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	/* Corners come up often enough. */
	switch (s >> 60) {
	case 0: return 0;
	case 1: return ~0ULL;
	case 2: return 0x8000000000000000ULL;
	case 3: return (s >> 8) & 0xff;
	default: return s;
	}
}

static void reg_put(uint64_t *r, uint64_t v, const struct x86_insn *in, bool high)
{
	if (high)
		*r = (*r & ~0xff00ULL) | (v & 0xff) << 8;
	else if (in->size == 4)
		*r = (uint32_t)v;
	else
		*r = (*r & ~mask_of(in->size)) | (v & mask_of(in->size));
}

static void emulate(const struct x86_insn *in, struct machine *m)
{
	uint64_t *const regs[16] = { &m->rax, &m->rcx, &m->rdx, [9] = &m->r9 }, none = 0;
	uint64_t *slot = regs[in->reg], src = in->has_imm ? in->imm : slot ? *slot : none;
	struct x86_result r;

	x86_execute(in, m->mem & mask_of(in->size), in->high_byte ? src >> 8 : src, m->rax,
		    m->flags, &r);
	if (r.write_mem)
		m->mem = (m->mem & ~mask_of(in->size)) | r.mem;
	if (r.write_reg)
		reg_put(slot, r.reg, in, in->high_byte);
	if (r.write_rax)
		reg_put(&m->rax, r.reg, in, false);
	m->flags = r.rflags;
}

TEST(same_as_the_cpu)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct insn_case *c = cases[i];
		const uint8_t *p = c->start;
		struct x86_insn in;

		if (!x86_decode(&in, fetch, &p) || in.length != c->end - c->start) {
			printf("# %s: not decoded, or %u bytes for %d\n", c->text, in.length,
			       (int)(c->end - c->start));
			tap_bad++;
			continue;
		}
		for (int n = 0; n < 4000; n++) {
			struct machine m = { rnd(), rnd(), rnd(), rnd(), rnd(),
				0x202 | (rnd() & F_ARITH) }, e = m, was = m;

			if (n & 1)
				m.rax = e.rax = m.mem;  /* so that some exchanges succeed */
			c->run(&m);
			emulate(&in, &e);
			if (m.mem != e.mem || m.rax != e.rax || m.rcx != e.rcx || m.rdx != e.rdx ||
			    m.r9 != e.r9 ||
			    ((m.flags ^ e.flags) & c->flags)) {
				printf("# %s of %#lx, rax %#lx rcx %#lx flags %#lx: CPU %#lx %#lx %#lx flags %#lx, "
				       "here %#lx %#lx %#lx flags %#lx\n", c->text, was.mem, was.rax, was.rcx, was.flags,
				       m.mem, m.rax, m.rcx, m.flags & c->flags, e.mem, e.rax, e.rcx, e.flags & c->flags);
				tap_bad++;
				break;
			}
		}
	}
}

static bool decodes(const char *bytes, size_t n, struct x86_insn *in)
{
	uint8_t buf[32] = { 0 };
	const uint8_t *p = buf;

	memcpy(buf, bytes, n);
	return x86_decode(in, fetch, &p);
}
#define DECODES(s) decodes(s, sizeof(s) - 1, &in)

TEST(refuses_the_rest)
{
	struct x86_insn in;

	EXPECT_FALSE(DECODES("\x48\x89\xc8"));          /* mov %rcx, %rax: no memory */
	EXPECT_FALSE(DECODES("\x48\x8b\x07"));          /* a load */
	EXPECT_FALSE(DECODES("\x48\x39\x0f"));          /* cmp */
	EXPECT_FALSE(DECODES("\x48\x83\x3f\x00"));      /* cmp $0 */
	EXPECT_FALSE(DECODES("\x0f\x0b"));              /* ud2 */
	EXPECT_FALSE(DECODES("\x0f\xc7\x0f"));          /* cmpxchg8b */
	EXPECT_FALSE(DECODES("\xff\x37"));              /* push (%rdi) */
	EXPECT_FALSE(DECODES("\x48\x0f\xba\x27\x01"));  /* bt */
	EXPECT_FALSE(DECODES("\xf6\x07\x01"));          /* test */
	EXPECT_FALSE(DECODES("\xc5\xf8\x77"));          /* VEX */
}

TEST(fifteen_bytes_at_most)
{
	struct x86_insn in;

	EXPECT_TRUE(DECODES("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x89\x07"));
	EXPECT_EQ(in.length, 15);
	EXPECT_FALSE(DECODES("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x89\x07"));
}

TEST(strings)
{
	struct x86_insn in;

	EXPECT_TRUE(DECODES("\xf3\x48\xab"));
	EXPECT_EQ(in.op, X86_STOS);
	EXPECT_EQ(in.size, 8);
	EXPECT_TRUE(in.rep);
	EXPECT_TRUE(DECODES("\xa5"));
	EXPECT_EQ(in.op, X86_MOVS);
	EXPECT_EQ(in.size, 4);
}

TAP_MAIN
