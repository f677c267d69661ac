/* SPDX-License-Identifier: MIT
 *
 * Writable page tables: a guest kernel writes to one of its L1 tables as if it might. The write
 * faults, as the mapping is read-only; here the instruction is decoded and done as an mmu_update
 * would be, with the same checks. The guest does not notice. (VMASST_TYPE_writable_pagetables)
 *
 * The operand's address is the fault's. Accesses that are not naturally aligned are not emulated;
 * nobody writes entries that way, and the guest gets the page fault.
 *
 * Locks: FT_LOCKED of the table. Next: lib/x86_decode.c.
 */
#include "arch/guest_access.h"
#include "core/domain.h"
#include "lib/x86_decode.h"
#include "mm/mm_internal.h"

#define PF_P   1
#define PF_W   2
#define PF_RSVD 8
#define PF_I   16

struct fetch_ctx {
	unsigned long rip;
	uint8_t buf[16];
	unsigned int have, next;
};

/* Up to the end of the page at once; more only if the instruction goes on. */
static bool fetch_byte(void *p, uint8_t *byte)
{
	struct fetch_ctx *c = p;

	if (c->next == c->have) {
		unsigned long at = c->rip + c->have;
		unsigned long to_page_end = PAGE_SIZE - (at & (PAGE_SIZE - 1));
		unsigned int n = (unsigned int)MIN(sizeof(c->buf) - c->have, to_page_end);

		if (!n || !guest_range_ok((const void *)at, n) ||
		    copy_from_guest_va(c->buf + c->have, (const void *)at, n))
			return false;
		c->have += n;
	}
	*byte = c->buf[c->next++];
	return true;
}

/*
 * MOV of a 64-bit register to memory, which is how kernels write entries: REX.W, 89, ModRM and what its address needs are
 * at most eight bytes, read at once. False: something else, or too near the end of a page; the decoder knows.
 */
static bool decode_mov64(unsigned long rip, struct x86_insn *in)
{
	unsigned int modrm, mod, rm, disp;
	uint64_t w;

	if ((rip & (PAGE_SIZE - 1)) > PAGE_SIZE - 8 || copy_from_guest_va(&w, (const void *)rip, 8) ||
	    (w & 0xfff8) != 0x8948)
		return false;
	modrm = (w >> 16) & 0xff;
	mod = modrm >> 6;
	rm = modrm & 7;
	if (mod == 3)
		return false;
	disp = mod == 1 ? 1 : mod == 2 || rm == 5 || (rm == 4 && ((w >> 24) & 7) == 5) ? 4 : 0;
	*in = (struct x86_insn){ .op = X86_MOV, .size = 8, .length = (uint8_t)(3 + (rm == 4) + disp),
				 .reg = (uint8_t)(((modrm >> 3) & 7) | (w & 4) << 1) };
	return true;
}

static uint64_t *reg_slot(struct cpu_user_regs *r, unsigned int n)
{
#define AT(reg) offsetof(struct cpu_user_regs, reg)
	static const uint8_t at[16] = {
		AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp), AT(rsi), AT(rdi),
		AT(r8), AT(r9), AT(r10), AT(r11), AT(r12), AT(r13), AT(r14), AT(r15),
	};
#undef AT

	return (uint64_t *)(void *)((char *)r + at[n]);
}

static void reg_write(uint64_t *slot, uint64_t val, unsigned int size, bool high)
{
	uint64_t m = size == 8 ? ~0UL : (1UL << (8 * size)) - 1;

	if (high)
		*slot = (*slot & ~0xff00UL) | (val & 0xff) << 8;
	else if (size == 4)
		*slot = (uint32_t)val;
	else
		*slot = (*slot & ~m) | (val & m);
}

static uint64_t source(struct cpu_user_regs *regs, const struct x86_insn *in)
{
	uint64_t v = in->has_imm ? in->imm : *reg_slot(regs, in->reg);

	return in->high_byte ? v >> 8 : v;
}

/* The string instructions: one element a fault. False: the source cannot be read. */
static bool string_source(struct cpu_user_regs *regs, const struct x86_insn *in, uint64_t *src)
{
	*src = regs->rax;
	if (in->op == X86_STOS)
		return true;
	*src = 0;
	return guest_range_ok((const void *)regs->rsi, in->size) &&
	       !copy_from_guest_va(src, (const void *)regs->rsi, in->size);
}

static void string_advance(struct cpu_user_regs *regs, const struct x86_insn *in)
{
	long step = regs->rflags & (1UL << 10) ? -(long)in->size : in->size;

	regs->rdi += (unsigned long)step;
	if (in->op == X86_MOVS)
		regs->rsi += (unsigned long)step;
	if (!in->rep || --regs->rcx == 0)
		regs->rip += in->length;
}

/*
 * Applies the instruction to the entry at p, again and again while the CPU changes accessed bits
 * under it.
 */
static int apply(uint64_t *p, unsigned int shift, const struct x86_insn *in, uint64_t src,
		 uint64_t rax, uint64_t rflags, struct domain *d, struct x86_result *res)
{
	uint64_t m = in->size == 8 ? ~0UL : ((1UL << (8 * in->size)) - 1) << shift;
	int rc;

	do {
		uint64_t old = READ_ONCE(*p);

		if (likely(in->op == X86_MOV && in->size == 8))
			*res = (struct x86_result){ .mem = src, .write_mem = true, .rflags = rflags };
		else
			x86_execute(in, (old & m) >> shift, src, rax, rflags, res);
		if (!res->write_mem)
			return 0;
		rc = l1_cmpxchg(p, old, (old & ~m) | res->mem << shift, d);
	} while (rc == -EAGAIN);
	return rc;
}

bool mm_fixup_fault(struct vcpu *v, unsigned long addr, struct cpu_user_regs *regs)
{
	struct fetch_ctx ctx = { .rip = regs->rip };
	struct domain *d = v->domain;
	struct x86_result res;
	struct x86_insn in;
	unsigned int level;
	struct frame *f;
	uint64_t *p, pte, src;
	bool string;
	int rc;

	if ((regs->error_code & (PF_P | PF_W | PF_RSVD | PF_I)) != (PF_P | PF_W) ||
	    !v->pv.kernel_mode ||
	    !(d->vm_assist & (1UL << VMASST_TYPE_writable_pagetables)))
		return false;
	p = mm_walk_l1(v->mm.guest_table, addr);
	pte = p ? READ_ONCE(*p) : 0;
	if (!(pte & PTE_P) || (pte & PTE_RW) || !mfn_valid(pte_mfn(pte)))
		return false;
	f = mfn_to_frame(pte_mfn(pte));
	if (frame_type_of(READ_ONCE(f->type)) != FRAME_L1)
		return false;
	if ((!decode_mov64(regs->rip, &in) && !x86_decode(&in, fetch_byte, &ctx)) || (addr & (in.size - 1U)))
		return false;
	string = in.op == X86_STOS || in.op == X86_MOVS;
	src = string ? 0 : source(regs, &in);
	if (string && (regs->rdi != addr || (in.rep && !regs->rcx) || !string_source(regs, &in,
										     &src)))
		return false;

	level = table_lock(f);
	if (!level)
		return false;
	if (level == 1 && f->owner == d)
		rc = apply((uint64_t *)frame_to_virt(f) + (addr & (PAGE_SIZE - 1)) / 8,
			   (addr & 7) * 8, &in, src, regs->rax, regs->rflags, d, &res);
	else
		rc = -EINVAL;
	table_unlock(f);
	if (rc)
		return false;
	if (string) {
		string_advance(regs, &in);
		return true;
	}
	regs->rflags = res.rflags;
	if (res.write_reg)
		reg_write(reg_slot(regs, in.reg), res.reg, in.size, in.high_byte);
	if (res.write_rax)
		reg_write(&regs->rax, res.reg, in.size, false);
	regs->rip += in.length;
	return true;
}
