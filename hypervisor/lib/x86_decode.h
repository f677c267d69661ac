/* SPDX-License-Identifier: MIT
 *
 * Decoder of the 64-bit instructions that compilers use to change a word in memory, and what
 * they do with it: for emulating a guest kernel's write to one of its page tables. Pure: it reads
 * instruction bytes through a callback and touches nothing else. [SDM 2A 2.2, 2B, 2C]
 */
#ifndef HYPERVISOR_LIB_X86_DECODE_H
#define HYPERVISOR_LIB_X86_DECODE_H

#include "lib/types.h"

enum x86_op {
	/* as in the opcode map; CMP does not write */
	X86_ADD, X86_OR, X86_ADC, X86_SBB, X86_AND, X86_SUB, X86_XOR,
	X86_MOV, X86_XCHG, X86_CMPXCHG, X86_XADD,
	X86_BTS, X86_BTR, X86_BTC,
	X86_INC, X86_DEC, X86_NOT, X86_NEG,
	X86_STOS, X86_MOVS,
};

struct x86_insn {
	enum x86_op op;
	uint8_t length;         /* bytes, 1..15 */
	uint8_t size;           /* operand: 1, 2, 4 or 8 bytes */
	bool lock, rep;
	bool has_imm;           /* source is imm, else register reg */
	bool high_byte;         /* reg is AH, CH, DH, BH (of 0..3) */
	uint8_t reg;            /* 0 RAX, 1 RCX, 2 RDX, 3 RBX, 4 RSP, 5 RBP, 6 RSI, 7 RDI, 8..15 */
	uint64_t imm;           /* sign-extended to the operand's size */
};

/* Next byte of the instruction; false: it cannot be read. */
typedef bool (*x86_fetch_fn)(void *ctx, uint8_t *byte);

/* False: not one of those instructions, or no memory operand. */
bool x86_decode(struct x86_insn *insn, x86_fetch_fn fetch, void *ctx);

struct x86_result {
	uint64_t mem;           /* what the operand becomes */
	bool write_mem;         /* false: a failed CMPXCHG (hardware writes the old value back) */
	/* new value of the source register (XCHG, XADD) or of RAX (CMPXCHG) */
	uint64_t reg;
	bool write_reg, write_rax;
	uint64_t rflags;
};

/*
 * What insn does to a memory operand @mem with source @src (register or immediate) and @rax. Not
 * for STOS and MOVS.
 */
void x86_execute(const struct x86_insn *insn, uint64_t mem, uint64_t src, uint64_t rax,
		 uint64_t rflags,
		 struct x86_result *out);

#endif
