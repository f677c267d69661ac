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

static uint64_t *reg_slot(struct cpu_user_regs *r, unsigned int n)
{
	uint64_t *const slot[16] = {
		&r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi,
		&r->r8, &r->r9, &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15,
	};

	return slot[n];
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
	p = mm_walk(v->mm.guest_table, addr, 1);
	pte = p ? READ_ONCE(*p) : 0;
	if (!(pte & PTE_P) || (pte & PTE_RW) || !mfn_valid(pte_mfn(pte)))
		return false;
	f = mfn_to_frame(pte_mfn(pte));
	if (frame_type_of(READ_ONCE(f->type)) != FRAME_L1)
		return false;
	if (!x86_decode(&in, fetch_byte, &ctx) || (addr & (in.size - 1U)))
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
