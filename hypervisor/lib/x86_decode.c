/* SPDX-License-Identifier: MIT
 *
 * See x86_decode.h. The address of the memory operand is not computed: the caller
 * knows it from the fault.
 */
#include "lib/x86_decode.h"

#define F_CF (1UL << 0)
#define F_PF (1UL << 2)
#define F_AF (1UL << 4)
#define F_ZF (1UL << 6)
#define F_SF (1UL << 7)
#define F_OF (1UL << 11)
#define F_ARITH (F_CF | F_PF | F_AF | F_ZF | F_SF | F_OF)

struct state {
	struct x86_insn *insn;
	x86_fetch_fn fetch;
	void *ctx;
	uint8_t rex;
	bool opsize16;
	uint8_t modrm;
};

static bool next(struct state *s, uint8_t *b)
{
	return s->insn->length < 15 && s->fetch(s->ctx, b) && ++s->insn->length;
}

static bool skip(struct state *s, unsigned int n)
{
	uint8_t b;

	while (n--)
		if (!next(s, &b))
			return false;
	return true;
}

static bool prefixes(struct state *s, uint8_t *opcode)
{
	uint8_t b;

	for (;;) {
		if (!next(s, &b))
			return false;
		switch (b) {
		case 0x66:
			s->opsize16 = true;
			break;
		case 0xf0:
			s->insn->lock = true;
			break;
		case 0xf2:
		case 0xf3:
			s->insn->rep = true;
			break;
		case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x67:
			break;
		default:
			if ((b & 0xf0) == 0x40) {
				/* REX is the last prefix. */
				s->rex = b;
				return next(s, opcode);
			}
			*opcode = b;
			return true;
		}
	}
}

/* ModRM with a memory operand, and what follows it. */
static bool modrm(struct state *s)
{
	unsigned int mod, rm;
	uint8_t sib;

	if (!next(s, &s->modrm))
		return false;
	mod = s->modrm >> 6;
	rm = s->modrm & 7;
	if (mod == 3)
		return false;
	s->insn->reg = (uint8_t)(((s->modrm >> 3) & 7) | (s->rex & 4 ? 8 : 0));
	if (rm == 4) {
		if (!next(s, &sib))
			return false;
		if (mod == 0 && (sib & 7) == 5)
			return skip(s, 4);
	} else if (mod == 0 && rm == 5) {
		return skip(s, 4);
	}
	return skip(s, mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

static bool immediate(struct state *s, unsigned int bytes)
{
	uint64_t v = 0;
	uint8_t b;

	for (unsigned int i = 0; i < bytes; i++) {
		if (!next(s, &b))
			return false;
		v |= (uint64_t)b << (8 * i);
	}
	if (bytes > 0 && bytes < 8 && (v >> (8 * bytes - 1) & 1))
		v |= ~0UL << (8 * bytes);
	s->insn->imm = v;
	s->insn->has_imm = true;
	return true;
}

static void operand_size(struct state *s, bool byte)
{
	struct x86_insn *in = s->insn;

	in->size = byte ? 1 : s->rex & 8 ? 8 : s->opsize16 ? 2 : 4;
}

/* Register operand of a byte instruction without REX: 4..7 are AH, CH, DH, BH. */
static bool register_form(struct state *s, enum x86_op op, bool byte)
{
	struct x86_insn *in = s->insn;

	in->op = op;
	operand_size(s, byte);
	if (!modrm(s))
		return false;
	if (byte && !s->rex && in->reg >= 4) {
		in->high_byte = true;
		in->reg -= 4;
	}
	return true;
}

static bool immediate_form(struct state *s, bool byte, bool imm8)
{
	operand_size(s, byte);
	return modrm(s) && immediate(s, byte || imm8 ? 1 : MIN(s->insn->size, 4));
}

static bool group1(struct state *s, uint8_t opcode)
{
	static const uint8_t op[8] = { X86_ADD, X86_OR, X86_ADC, X86_SBB, X86_AND, X86_SUB, X86_XOR,
		0xff };

	if (!immediate_form(s, opcode == 0x80, opcode == 0x83) || ((s->modrm >> 3) & 7) == 7)
		return false;
	s->insn->op = (enum x86_op)op[(s->modrm >> 3) & 7];
	return true;
}

static bool two_byte(struct state *s)
{
	struct x86_insn *in = s->insn;
	uint8_t b;

	if (!next(s, &b))
		return false;
	switch (b) {
	case 0xb0: case 0xb1:
		return register_form(s, X86_CMPXCHG, b == 0xb0);
	case 0xc0: case 0xc1:
		return register_form(s, X86_XADD, b == 0xc0);
	case 0xc3:      /* MOVNTI */
		return register_form(s, X86_MOV, false);
	case 0xab:
		return register_form(s, X86_BTS, false);
	case 0xb3:
		return register_form(s, X86_BTR, false);
	case 0xbb:
		return register_form(s, X86_BTC, false);
	case 0xba:
		operand_size(s, false);
		if (!modrm(s) || !immediate(s, 1) || ((s->modrm >> 3) & 7) < 5)
			return false;
		in->op = (enum x86_op)(X86_BTS + ((s->modrm >> 3) & 7) - 5);
		return true;
	default:
		return false;
	}
}

bool x86_decode(struct x86_insn *in, x86_fetch_fn fetch, void *ctx)
{
	struct state s = { .insn = in, .fetch = fetch, .ctx = ctx };
	unsigned int g;
	uint8_t b;

	*in = (struct x86_insn){ 0 };
	if (!prefixes(&s, &b))
		return false;
	/* ADD..XOR r/m, r: rows of the opcode map; CMP (38, 39) writes nothing. */
	if (b < 0x38 && (b & 7) < 2)
		return register_form(&s, (enum x86_op)(b >> 3), !(b & 1));
	switch (b) {
	case 0x0f:
		return two_byte(&s);
	case 0x80: case 0x81: case 0x83:
		return group1(&s, b);
	case 0x86: case 0x87:
		return register_form(&s, X86_XCHG, b == 0x86);
	case 0x88: case 0x89:
		return register_form(&s, X86_MOV, b == 0x88);
	case 0xc6: case 0xc7:
		in->op = X86_MOV;
		return immediate_form(&s, b == 0xc6, false) && !((s.modrm >> 3) & 7);
	case 0xa4: case 0xa5:
		in->op = X86_MOVS;
		operand_size(&s, b == 0xa4);
		return true;
	case 0xaa: case 0xab:
		in->op = X86_STOS;
		operand_size(&s, b == 0xaa);
		return true;
	case 0xf6: case 0xf7:
	case 0xfe: case 0xff:
		operand_size(&s, !(b & 1));
		if (!modrm(&s))
			return false;
		g = (s.modrm >> 3) & 7;
		if (b >= 0xfe)
			in->op = g ? X86_DEC : X86_INC;
		else
			in->op = g == 2 ? X86_NOT : X86_NEG;
		return b >= 0xfe ? g < 2 : g == 2 || g == 3;
	default:
		return false;
	}
}

/* ---- what they do ---- */

static uint64_t mask_of(unsigned int size)
{
	return size == 8 ? ~0UL : (1UL << (8 * size)) - 1;
}

static uint64_t result_flags(uint64_t r, unsigned int size)
{
	uint64_t f = 0;

	if (!(r & mask_of(size)))
		f |= F_ZF;
	if (r >> (8 * size - 1) & 1)
		f |= F_SF;
	if (!__builtin_parity((unsigned int)(r & 0xff)))
		f |= F_PF;
	return f;
}

static uint64_t add(uint64_t a, uint64_t b, bool carry, unsigned int size, uint64_t *flags)
{
	uint64_t m = mask_of(size), r;
	unsigned int top = 8 * size - 1;
	bool c1, c2;

	a &= m;
	b &= m;
	r = a + b;
	c1 = r < a || r > m;
	r &= m;
	c2 = r + carry > m || (carry && r == ~0UL);
	r = (r + carry) & m;
	*flags = result_flags(r, size) | (c1 || c2 ? F_CF : 0) | ((a ^ b ^ r) & 0x10 ? F_AF : 0) |
		 (((a ^ r) & (b ^ r)) >> top & 1 ? F_OF : 0);
	return r;
}

static uint64_t sub(uint64_t a, uint64_t b, bool borrow, unsigned int size, uint64_t *flags)
{
	uint64_t m = mask_of(size), r;
	unsigned int top = 8 * size - 1;

	a &= m;
	b &= m;
	r = (a - b - borrow) & m;
	*flags = result_flags(r, size) | (a < b || (borrow && a == b) ? F_CF : 0) |
		 ((a ^ b ^ r) & 0x10 ? F_AF : 0) | (((a ^ b) & (a ^ r)) >> top & 1 ? F_OF : 0);
	return r;
}

static uint64_t bit_op(const struct x86_insn *in, uint64_t mem, uint64_t src, uint64_t *flags,
		       uint64_t rflags)
{
	uint64_t bit = 1UL << (src & (8 * in->size - 1));

	/* CF is the bit; the others are undefined and stay. */
	*flags = (rflags & F_ARITH & ~F_CF) | (mem & bit ? F_CF : 0);
	return in->op == X86_BTS ? mem | bit : in->op == X86_BTR ? mem & ~bit : mem ^ bit;
}

static uint64_t logic(uint64_t r, unsigned int size, uint64_t *flags)
{
	*flags = result_flags(r, size);
	return r;
}

void x86_execute(const struct x86_insn *in, uint64_t mem, uint64_t src, uint64_t rax,
		 uint64_t rflags,
		 struct x86_result *out)
{
	uint64_t m = mask_of(in->size), f = rflags & F_ARITH, r = 0;
	bool carry = rflags & F_CF;

	*out = (struct x86_result){ .write_mem = true };
	mem &= m;
	src &= m;
	switch (in->op) {
	case X86_ADD: r = add(mem, src, false, in->size, &f); break;
	case X86_ADC: r = add(mem, src, carry, in->size, &f); break;
	case X86_SUB: r = sub(mem, src, false, in->size, &f); break;
	case X86_SBB: r = sub(mem, src, carry, in->size, &f); break;
	case X86_OR:  r = logic(mem | src, in->size, &f); break;
	case X86_AND: r = logic(mem & src, in->size, &f); break;
	case X86_XOR: r = logic(mem ^ src, in->size, &f); break;
	case X86_NEG: r = sub(0, mem, false, in->size, &f); break;
	case X86_NOT: r = ~mem; break;
	case X86_INC:
	case X86_DEC:
		r = in->op == X86_INC ? add(mem, 1, false, in->size, &f) : sub(mem, 1, false,
									       in->size, &f);
		f = (f & ~F_CF) | (rflags & F_CF);
		break;
	case X86_BTS:
	case X86_BTR:
	case X86_BTC:
		r = bit_op(in, mem, src, &f, rflags);
		break;
	case X86_XADD:
		r = add(mem, src, false, in->size, &f);
		out->reg = mem;
		out->write_reg = true;
		break;
	case X86_XCHG:
		r = src;
		out->reg = mem;
		out->write_reg = true;
		break;
	case X86_CMPXCHG:
		sub(rax, mem, false, in->size, &f);
		r = src;
		if (!(f & F_ZF)) {
			out->write_mem = false;
			out->reg = mem;
			out->write_rax = true;
		}
		break;
	default:        /* X86_MOV, and the strings, whose source the caller read */
		r = src;
		break;
	}
	out->mem = r & m;
	out->rflags = (rflags & ~F_ARITH) | f;
}
