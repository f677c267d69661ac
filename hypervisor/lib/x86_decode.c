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
	unsigned int mode;      /* 2, 4, 8 */
	uint8_t rex;
	bool opsize, segment;    /* there was a prefix */
	uint8_t modrm;
};

static bool next(struct state *s, uint8_t *b)
{
	return s->insn->length < 15 && s->fetch(s->ctx, b) && ++s->insn->length;
}

/* Sign-extended. */
static bool number(struct state *s, unsigned int bytes, uint64_t *out)
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
	*out = v;
	return true;
}

static void override(struct state *s, uint8_t seg)
{
	s->insn->seg = seg;
	s->segment = true;
}

/* False: it is the opcode. */
static bool is_prefix(struct state *s, uint8_t b)
{
	switch (b) {
	case 0x66:
		s->opsize = true;
		return true;
	case 0x67:
		s->insn->addr_size = s->mode == 4 ? 2 : 4;
		return true;
	case 0xf0:
		s->insn->lock = true;
		return true;
	case 0xf2:
	case 0xf3:
		s->insn->rep = true;
		return true;
	case 0x26: case 0x2e: case 0x36: case 0x3e:
		override(s, (uint8_t)(b >> 3 & 3));
		return true;
	case 0x64: case 0x65:
		override(s, (uint8_t)(b - 0x60));
		return true;
	default:
		return false;
	}
}

static bool prefixes(struct state *s, uint8_t *opcode)
{
	uint8_t b;

	do {
		if (!next(s, &b))
			return false;
	} while (is_prefix(s, b));
	if (s->mode == 8 && (b & 0xf0) == 0x40) {
		/* REX is the last prefix. */
		s->rex = b;
		return next(s, opcode);
	}
	*opcode = b;
	return true;
}

/* ---- operands ---- */

static bool address_16(struct state *s, unsigned int mod, unsigned int rm)
{
	/* BX+SI BX+DI BP+SI BP+DI SI DI BP BX */
	static const uint8_t base[8] = { 3, 3, 5, 5, 6, 7, 5, 3 };
	static const uint8_t index[4] = { 6, 7, 6, 7 };
	struct x86_insn *in = s->insn;

	if (mod == 0 && rm == 6)
		return number(s, 2, &in->disp);
	in->base = base[rm];
	if (rm < 4)
		in->index = index[rm];
	if (in->base == 5 && !s->segment)
		in->seg = 2;
	return number(s, mod, &in->disp);       /* mod is the number of its bytes */
}

static bool sib(struct state *s, unsigned int mod)
{
	struct x86_insn *in = s->insn;
	uint8_t b;

	if (!next(s, &b))
		return false;
	in->scale = b >> 6;
	in->index = (uint8_t)((b >> 3 & 7) | (s->rex & 2 ? 8 : 0));
	if (in->index == 4)
		in->index = X86_NO_REG;
	if (mod != 0 || (b & 7) != 5)
		in->base = (uint8_t)((b & 7) | (s->rex & 1 ? 8 : 0));
	return true;
}

/* ModRM with a memory operand, and what follows it. */
static bool modrm(struct state *s)
{
	struct x86_insn *in = s->insn;
	unsigned int mod, rm;

	if (!next(s, &s->modrm))
		return false;
	mod = s->modrm >> 6;
	rm = s->modrm & 7;
	if (mod == 3)
		return false;
	in->reg = (uint8_t)(((s->modrm >> 3) & 7) | (s->rex & 4 ? 8 : 0));
	if (in->addr_size == 2)
		return address_16(s, mod, rm);
	if (rm == 4) {
		if (!sib(s, mod))
			return false;
	} else if (mod != 0 || rm != 5) {
		in->base = (uint8_t)(rm | (s->rex & 1 ? 8 : 0));
	} else if (s->mode == 8) {
		in->base = X86_BASE_RIP;
	}
	if ((in->base == 4 || in->base == 5) && !s->segment)
		in->seg = 2;
	if (mod == 0 && in->base != X86_NO_REG && in->base != X86_BASE_RIP)
		return true;
	return number(s, mod == 1 ? 1 : 4, &in->disp);
}

static bool immediate(struct state *s, unsigned int bytes)
{
	s->insn->has_imm = true;
	return number(s, bytes, &s->insn->imm);
}

static void operand_size(struct state *s, bool byte)
{
	struct x86_insn *in = s->insn;
	bool word = s->opsize != (s->mode == 2);

	in->size = byte ? 1 : s->rex & 8 ? 8 : word ? 2 : 4;
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

static bool load_form(struct state *s, enum x86_op op, bool byte)
{
	s->insn->load = true;
	return register_form(s, op, byte);
}

/* MOVZX and MOVSX: the register has the operand's size, memory that of the opcode. */
static bool extend_form(struct state *s, enum x86_op op, unsigned int size)
{
	struct x86_insn *in = s->insn;

	in->op = op;
	in->load = true;
	operand_size(s, false);
	in->dest_size = in->size;
	/* MOVSXD to 16 bits reads 16. */
	in->size = (uint8_t)MIN(size, (unsigned int)in->dest_size);
	return modrm(s);
}

static bool immediate_form(struct state *s, bool byte, bool imm8)
{
	operand_size(s, byte);
	return modrm(s) && immediate(s, byte || imm8 ? 1 : MIN(s->insn->size, 4));
}

static bool string_form(struct state *s, enum x86_op op, bool byte)
{
	s->insn->op = op;
	operand_size(s, byte);
	if ((op == X86_INS || op == X86_OUTS) && s->insn->size == 8)
		s->insn->size = 4;
	return true;
}

/* MOV between the accumulator and a plain address. */
static bool address_form(struct state *s, uint8_t opcode)
{
	struct x86_insn *in = s->insn;

	in->op = X86_MOV;
	in->load = opcode < 0xa2;
	operand_size(s, !(opcode & 1));
	return number(s, in->addr_size, &in->disp);
}

/* ---- opcodes ---- */

static bool group1(struct state *s, uint8_t opcode)
{
	static const uint8_t op[8] = { X86_ADD, X86_OR, X86_ADC, X86_SBB, X86_AND, X86_SUB, X86_XOR,
		X86_CMP };

	if (!immediate_form(s, opcode == 0x80, opcode == 0x83))
		return false;
	s->insn->op = (enum x86_op)op[(s->modrm >> 3) & 7];
	return true;
}

static bool group3(struct state *s, uint8_t opcode)
{
	struct x86_insn *in = s->insn;
	unsigned int g;

	operand_size(s, !(opcode & 1));
	if (!modrm(s))
		return false;
	g = (s->modrm >> 3) & 7;
	if (opcode >= 0xfe) {
		in->op = g ? X86_DEC : X86_INC;
		return g < 2;
	}
	if (g < 2) {
		in->op = X86_TEST;
		return immediate(s, MIN(in->size, 4));
	}
	in->op = g == 2 ? X86_NOT : X86_NEG;
	return g < 4;
}

static bool group8(struct state *s)
{
	unsigned int g;

	operand_size(s, false);
	if (!modrm(s) || !immediate(s, 1))
		return false;
	g = (s->modrm >> 3) & 7;
	if (g < 5)
		return false;
	s->insn->op = (enum x86_op)(X86_BTS + g - 5);
	return true;
}

static bool system_form(struct state *s, uint16_t opcode)
{
	struct x86_insn *in = s->insn;

	in->op = X86_SYSTEM;
	in->opcode = opcode;
	in->size = s->mode == 8 ? 8 : 4;
	if (opcode != 0x0f01 && (opcode & 0xfffc) != 0x0f20)
		return true;
	if (!next(s, &in->modrm))
		return false;
	in->reg = (uint8_t)(((in->modrm >> 3) & 7) | (s->rex & 4 ? 8 : 0));
	in->rm = (uint8_t)((in->modrm & 7) | (s->rex & 1 ? 8 : 0));
	/* Moves of control and debug registers take no memory operand whatever ModRM says. */
	return opcode != 0x0f01 || in->modrm >= 0xc0;
}

static bool two_byte(struct state *s)
{
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
		return group8(s);
	case 0xb6: case 0xb7:
		return extend_form(s, X86_MOVZX, b == 0xb6 ? 1 : 2);
	case 0xbe: case 0xbf:
		return extend_form(s, X86_MOVSX, b == 0xbe ? 1 : 2);
	case 0x01: case 0x06: case 0x08: case 0x09:
	case 0x20: case 0x21: case 0x22: case 0x23:
	case 0x30: case 0x31: case 0x32: case 0x33:
	case 0xa2:
		return system_form(s, (uint16_t)(0x0f00 | b));
	default:
		return false;
	}
}

/* Rows of the opcode map: ADD..XOR, CMP; r/m, r and then r, r/m, each for bytes and for more. */
static bool arithmetic(struct state *s, uint8_t b)
{
	enum x86_op op = b >> 3 == 7 ? X86_CMP : (enum x86_op)(b >> 3);

	return b & 2 ? load_form(s, op, !(b & 1)) : register_form(s, op, !(b & 1));
}

static bool one_byte(struct state *s, uint8_t b)
{
	if (b < 0x40 && (b & 7) < 4)
		return arithmetic(s, b);
	switch (b) {
	case 0x0f:
		return two_byte(s);
	case 0x63:
		return s->mode == 8 && extend_form(s, X86_MOVSX, 4);
	case 0x6c: case 0x6d:
		return string_form(s, X86_INS, b == 0x6c);
	case 0x6e: case 0x6f:
		return string_form(s, X86_OUTS, b == 0x6e);
	case 0x80: case 0x81: case 0x83:
		return group1(s, b);
	case 0x84: case 0x85:
		return register_form(s, X86_TEST, b == 0x84);
	case 0x86: case 0x87:
		return register_form(s, X86_XCHG, b == 0x86);
	case 0x88: case 0x89:
		return register_form(s, X86_MOV, b == 0x88);
	case 0x8a: case 0x8b:
		return load_form(s, X86_MOV, b == 0x8a);
	case 0xa0: case 0xa1: case 0xa2: case 0xa3:
		return address_form(s, b);
	case 0xc6: case 0xc7:
		s->insn->op = X86_MOV;
		return immediate_form(s, b == 0xc6, false) && !((s->modrm >> 3) & 7);
	case 0xa4: case 0xa5:
		return string_form(s, X86_MOVS, b == 0xa4);
	case 0xaa: case 0xab:
		return string_form(s, X86_STOS, b == 0xaa);
	case 0xac: case 0xad:
		return string_form(s, X86_LODS, b == 0xac);
	case 0xf4:
		return system_form(s, b);
	case 0xf6: case 0xf7:
	case 0xfe: case 0xff:
		return group3(s, b);
	default:
		return false;
	}
}

bool x86_decode_any(struct x86_insn *in, unsigned int mode, x86_fetch_fn fetch, void *ctx)
{
	struct state s = { .insn = in, .fetch = fetch, .ctx = ctx, .mode = mode };
	uint8_t b;

	*in = (struct x86_insn){ .base = X86_NO_REG, .index = X86_NO_REG, .seg = 3, .addr_size = (uint8_t)mode };
	return prefixes(&s, &b) && one_byte(&s, b);
}

bool x86_decode(struct x86_insn *in, x86_fetch_fn fetch, void *ctx)
{
	return x86_decode_any(in, 8, fetch, ctx) && !in->load && in->op < X86_CMP;
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
	case X86_CMP:
		sub(mem, src, false, in->size, &f);
		out->write_mem = false;
		break;
	case X86_TEST:
		logic(mem & src, in->size, &f);
		out->write_mem = false;
		break;
	default:        /* X86_MOV, and the strings, whose source the caller read */
		r = src;
		break;
	}
	out->mem = r & m;
	out->rflags = (rflags & ~F_ARITH) | f;
}
