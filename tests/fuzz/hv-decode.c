/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the decoder of page-table writes and of device accesses. The input is eight bytes for each operand, then the
 * instruction. Decoding ends within 15 bytes and says so; executing has the operand's size.
 *
 * CFLAGS: -Ihypervisor
 * LINK: hypervisor/lib/x86_decode.c
 */
#include <string.h>

#include "fuzz.h"
#include "hypervisor/lib/x86_decode.h"

struct bytes {
	const uint8_t *p;
	size_t left, taken;
};

static bool fetch(void *ctx, uint8_t *byte)
{
	struct bytes *b = ctx;

	b->taken++;
	if (!b->left)
		return false;
	*byte = *b->p++;
	b->left--;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t operand[4];
	struct x86_insn insn;
	struct x86_result r;
	struct bytes b;

	if (size < sizeof(operand))
		return 0;
	memcpy(operand, data, sizeof(operand));
	b = (struct bytes){ data + sizeof(operand), size - sizeof(operand), 0 };
	/* Bits 0 and 1 of the first operand choose the mode; what is accepted for page tables is in the larger set. */
	if ((operand[0] & 3) == 3 ? !x86_decode(&insn, fetch, &b) :
				    !x86_decode_any(&insn, 2U << (operand[0] & 3), fetch, &b)) {
		MUST(b.taken <= 16);
		return 0;
	}
	MUST(insn.length == b.taken && insn.length >= 1 && insn.length <= 15);
	MUST(insn.size == 1 || insn.size == 2 || insn.size == 4 || insn.size == 8);
	MUST(insn.reg < 16 && (!insn.high_byte || insn.size == 1));
	MUST(insn.base <= X86_BASE_RIP && insn.index <= X86_NO_REG && insn.scale < 4 && insn.seg < 6 && insn.rm < 16);
	MUST(insn.addr_size == 2 || insn.addr_size == 4 || insn.addr_size == 8);
	if ((operand[0] & 3) == 3)
		MUST(!insn.load && insn.op < X86_CMP);
	if (insn.op == X86_MOVZX || insn.op == X86_MOVSX) {
		MUST(insn.load && insn.dest_size >= insn.size && insn.dest_size <= 8);
		return 0;
	}
	if (insn.op == X86_STOS || insn.op == X86_MOVS || insn.op >= X86_LODS)
		return 0;
	x86_execute(&insn, operand[0], insn.has_imm ? insn.imm : operand[1], operand[2], operand[3], &r);
	return 0;
}
