/* SPDX-License-Identifier: MIT */
/*
 * x86-decode: the instructions that lib/x86_decode.c claims to know do there what they do on this
 * CPU, and their addresses are made of what the manual says, in all three modes. Each is assembled in place, run on random operands with all flags either way, and compared:
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

/* Known to x86_decode_any() only. */
#define READERS(X) \
	X(ld8, "movq (%%rdi), %%rcx", FLAGS_ALL) \
	X(ld4, "movl (%%rdi), %%ecx", FLAGS_ALL) \
	X(ld2, "movw (%%rdi), %%cx", FLAGS_ALL) \
	X(ld1, "movb 0x80(%%r12), %%cl", FLAGS_ALL) \
	X(ldh, "movb (%%rdi), %%ch", FLAGS_ALL) \
	X(ldr9, "movq 0x12345(%%r13,%%rbx,4), %%r9", FLAGS_ALL) \
	X(zx1, "movzbl (%%rdi), %%ecx", FLAGS_ALL) \
	X(zx2, "movzwl (%%rdi), %%ecx", FLAGS_ALL) \
	X(zx12, "movzbw (%%rdi), %%cx", FLAGS_ALL) \
	X(sx1, "movsbq (%%rdi), %%rcx", FLAGS_ALL) \
	X(sx2, "movswl (%%rdi), %%ecx", FLAGS_ALL) \
	X(sx4, "movslq (%%rdi), %%rcx", FLAGS_ALL) \
	X(cmp8, "cmpq %%rcx, (%%rdi)", FLAGS_ALL) \
	X(cmpl, "cmpl (%%rdi), %%ecx", FLAGS_ALL) \
	X(cmpi, "cmpw $-3, (%%rdi)", FLAGS_ALL) \
	X(cmpi1, "cmpb $0x43, (%%rdi)", FLAGS_ALL) \
	X(test8, "testq %%rcx, (%%rdi)", FLAGS_LOGIC) \
	X(testi, "testl $0x12345678, (%%rdi)", FLAGS_LOGIC) \
	X(testi1, "testb $0x20, (%%rdi)", FLAGS_LOGIC) \
	X(addl, "addq (%%rdi), %%rcx", FLAGS_ALL) \
	X(adcl, "adcl (%%rdi), %%ecx", FLAGS_ALL) \
	X(subl, "subb (%%rdi), %%ch", FLAGS_ALL) \
	X(orl, "orw (%%rdi), %%dx", FLAGS_LOGIC) \
	X(andl, "andq (%%rdi), %%r9", FLAGS_LOGIC) \
	X(xorl, "xorl (%%rdi), %%ecx", FLAGS_LOGIC)

CASES(CASE)
READERS(CASE)
#define POINTER(id, insn, defined) &case_##id,
static const struct insn_case *const cases[] = { CASES(POINTER) READERS(POINTER) };
static const struct insn_case *const readers[] = { READERS(POINTER) };

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
	uint64_t mem = m->mem & mask_of(in->size);
	struct x86_result r;

	if (in->op == X86_MOVZX || in->op == X86_MOVSX) {
		struct x86_insn as = { .size = in->dest_size };

		if (in->op == X86_MOVSX && mem >> (8 * in->size - 1))
			mem |= ~mask_of(in->size);
		reg_put(slot, mem, &as, false);
		return;
	}
	src = in->high_byte ? src >> 8 : src;
	x86_execute(in, in->load ? src : mem, in->load ? mem : src, m->rax, m->flags, &r);
	if (r.write_mem && in->load)
		reg_put(slot, r.mem, in, in->high_byte);
	else if (r.write_mem)
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

		if (!x86_decode_any(&in, 8, fetch, &p) || in.length != c->end - c->start) {
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

/* A page table is changed by nothing that only reads. */
TEST(writers_only)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint8_t *p = cases[i]->start;
		struct x86_insn in;
		bool reader = false;

		for (size_t j = 0; j < sizeof(readers) / sizeof(readers[0]); j++)
			reader |= readers[j] == cases[i];
		if (x86_decode(&in, fetch, &p) == reader) {
			printf("# %s: %s\n", cases[i]->text, reader ? "accepted" : "refused");
			tap_bad++;
		}
	}
}

/* What an address is made of, in each mode. */
struct address_case {
	const char *bytes;
	unsigned int n, mode, base, index, scale, addr_size, seg;
	uint64_t disp;
	unsigned int size;
};
#define ADDRESS(s, ...) { s, sizeof(s) - 1, __VA_ARGS__ }
#define NONE X86_NO_REG

TEST(addresses)
{
	static const struct address_case list[] = {
		ADDRESS("\x8b\x07", 8, 7, NONE, 0, 8, 3, 0, 4),                          /* mov (%rdi), %eax */
		ADDRESS("\x8b\x05\x10\x00\x00\x00", 8, X86_BASE_RIP, NONE, 0, 8, 3, 16, 4),
		ADDRESS("\x8b\x04\x25\x00\x00\xe0\xfe", 8, NONE, NONE, 0, 8, 3, 0xfffffffffee00000, 4),
		ADDRESS("\x67\x8b\x07", 8, 7, NONE, 0, 4, 3, 0, 4),
		ADDRESS("\x65\x8b\x07", 8, 7, NONE, 0, 8, 5, 0, 4),
		ADDRESS("\x8b\x44\x24\xf8", 8, 4, NONE, 0, 8, 2, ~0UL - 7, 4),          /* -8(%rsp) */
		ADDRESS("\x8b\x45\x08", 8, 5, NONE, 0, 8, 2, 8, 4),                      /* 8(%rbp) */
		ADDRESS("\x41\x8b\x45\x08", 8, 13, NONE, 0, 8, 3, 8, 4),                /* 8(%r13) */
		ADDRESS("\x4a\x8b\x04\xa7", 8, 7, 12, 2, 8, 3, 0, 8),                    /* (%rdi,%r12,4) */
		ADDRESS("\xa1\x00\x00\xe0\xfe\x01\x00\x00\x00", 8, NONE, NONE, 0, 8, 3, 0x1fee00000, 4),
		ADDRESS("\x8b\x05\x00\x00\xe0\xfe", 4, NONE, NONE, 0, 4, 3, 0xfffffffffee00000, 4),
		ADDRESS("\xa3\x00\x00\xe0\xfe", 4, NONE, NONE, 0, 4, 3, 0xfffffffffee00000, 4),
		ADDRESS("\x67\x8b\x07", 4, 3, NONE, 0, 2, 3, 0, 4),                      /* (%bx) */
		ADDRESS("\x66\x8b\x07", 4, 7, NONE, 0, 4, 3, 0, 2),
		ADDRESS("\x8b\x07", 2, 3, NONE, 0, 2, 3, 0, 2),
		ADDRESS("\x26\x88\x40\x10", 2, 3, 6, 0, 2, 0, 16, 1),                    /* %al, %es:16(%bx,%si) */
		ADDRESS("\x8b\x83\x34\x12", 2, 5, 7, 0, 2, 2, 0x1234, 2),               /* 0x1234(%bp,%di) */
		ADDRESS("\x8b\x06\x34\x12", 2, NONE, NONE, 0, 2, 3, 0x1234, 2),
		ADDRESS("\x67\x66\x8b\x07", 2, 7, NONE, 0, 4, 3, 0, 4),
		ADDRESS("\xa0\x34\x12", 2, NONE, NONE, 0, 2, 3, 0x1234, 1),
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		const struct address_case *c = &list[i];
		uint8_t buf[16] = { 0 };
		const uint8_t *p = buf;
		struct x86_insn in;

		memcpy(buf, c->bytes, c->n);
		REQUIRE_TRUE(x86_decode_any(&in, c->mode, fetch, &p));
		if (in.length != c->n || in.base != c->base || in.index != c->index || in.scale != c->scale ||
		    in.addr_size != c->addr_size || in.seg != c->seg || in.disp != c->disp || in.size != c->size) {
			printf("# case %zu: length %u base %u index %u scale %u addr_size %u seg %u disp %#lx size %u\n", i,
			       in.length, in.base, in.index, in.scale, in.addr_size, in.seg, in.disp, in.size);
			tap_bad++;
		}
	}
}

TEST(what_a_processor_hands_over)
{
	static const struct { const char *bytes; unsigned int n, mode, opcode, reg, rm; } list[] = {
		{ "\x0f\xa2", 2, 8, 0x0fa2, 0, 0 },
		{ "\xf4", 1, 2, 0xf4, 0, 0 },
		{ "\x66\x0f\x30", 3, 4, 0x0f30, 0, 0 },
		{ "\x0f\x22\xe0", 3, 8, 0x0f22, 4, 0 },
		{ "\x44\x0f\x22\xc1", 4, 8, 0x0f22, 8, 1 },
		{ "\x0f\x01\xd1", 3, 8, 0x0f01, 2, 1 },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		uint8_t buf[16] = { 0 };
		const uint8_t *p = buf;
		struct x86_insn in;

		memcpy(buf, list[i].bytes, list[i].n);
		REQUIRE_TRUE(x86_decode_any(&in, list[i].mode, fetch, &p));
		EXPECT_EQ(in.op, X86_SYSTEM);
		EXPECT_EQ(in.length, list[i].n);
		EXPECT_EQ(in.opcode, list[i].opcode);
		EXPECT_EQ(in.reg, list[i].reg);
		EXPECT_EQ(in.rm, list[i].rm);
	}
}

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
	EXPECT_FALSE(DECODES("\x6e"));                  /* outsb: no memory is written */
	{
		const uint8_t outs[] = { 0xf3, 0x2e, 0x6f }, *p = outs;

		EXPECT_TRUE(x86_decode_any(&in, 2, fetch, &p));
		EXPECT_EQ(in.op, X86_OUTS);
		EXPECT_EQ(in.size, 2);
		EXPECT_EQ(in.seg, 1);
		EXPECT_EQ(in.addr_size, 2);
		EXPECT_TRUE(in.rep);
	}
}

TAP_MAIN
