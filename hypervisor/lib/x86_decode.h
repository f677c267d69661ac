/* SPDX-License-Identifier: MIT
 *
 * Decoder of the instructions that kernels use to read and change a word in memory, and what they do
 * with it: for emulating a guest kernel's write to one of its page tables, and a virtual machine's
 * access to a device. In 64, 32 and 16-bit code. Pure: it reads instruction bytes through a callback and
 * touches nothing else. [SDM 2A 2.1, 2.2, 2B, 2C]
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
	/* those below are x86_decode_any()'s only: they write no memory, or touch ports too */
	X86_CMP, X86_TEST, X86_MOVZX, X86_MOVSX,
	X86_LODS, X86_INS, X86_OUTS,
	/* no operand in memory: what a processor hands over to whoever virtualizes it. See opcode. */
	X86_SYSTEM,
};

#define X86_NO_REG   16         /* base, index: none */
#define X86_BASE_RIP 17         /* base: the next instruction's address */

struct x86_insn {
	enum x86_op op;
	uint8_t length;         /* bytes, 1..15 */
	uint8_t size;           /* operand: 1, 2, 4 or 8 bytes */
	bool lock, rep;
	bool has_imm;           /* source is imm, else register reg */
	bool high_byte;         /* reg is AH, CH, DH, BH (of 0..3) */
	uint8_t reg;            /* 0 RAX, 1 RCX, 2 RDX, 3 RBX, 4 RSP, 5 RBP, 6 RSI, 7 RDI, 8..15 */
	uint64_t imm;           /* sign-extended to the operand's size */
	bool load;              /* the register (of the first operand) is what changes, memory is the source */
	uint8_t dest_size;      /* MOVZX, MOVSX: of the register; size is memory's */
	/* The operand in memory: seg:(base + (index << scale) + disp), cut to addr_size bytes. Strings: seg of the source. */
	uint8_t base, index, scale;
	uint8_t addr_size;      /* 2, 4 or 8 */
	uint8_t seg;            /* 0 ES, 1 CS, 2 SS, 3 DS, 4 FS, 5 GS: overridden, or the usual one */
	uint64_t disp;
	/* X86_SYSTEM: one byte, or 0x0f00 and the second; of 0F 01 and 0F 20 to 23 also ModRM, whose registers are reg and rm */
	uint16_t opcode;
	uint8_t modrm, rm;
};

/* Next byte of the instruction; false: it cannot be read. */
typedef bool (*x86_fetch_fn)(void *ctx, uint8_t *byte);

/* 64-bit code, instructions that write memory. False: not one of those, or no memory operand. */
bool x86_decode(struct x86_insn *insn, x86_fetch_fn fetch, void *ctx);
/* Any of enum x86_op; mode is the code segment's: 2, 4 or 8 bytes of address by default. */
bool x86_decode_any(struct x86_insn *insn, unsigned int mode, x86_fetch_fn fetch, void *ctx);

struct x86_result {
	uint64_t mem;           /* what the operand becomes */
	bool write_mem;         /* false: a failed CMPXCHG (hardware writes the old value back) */
	/* new value of the source register (XCHG, XADD) or of RAX (CMPXCHG) */
	uint64_t reg;
	bool write_reg, write_rax;
	uint64_t rflags;
};

/*
 * What insn does to a memory operand @mem with source @src (register or immediate) and @rax. If the register is
 * what changes (load) it is @mem and memory is @src. Not for strings, MOVZX and MOVSX.
 */
void x86_execute(const struct x86_insn *insn, uint64_t mem, uint64_t src, uint64_t rax,
		 uint64_t rflags,
		 struct x86_result *out);

#endif
