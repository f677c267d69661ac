/* SPDX-License-Identifier: MIT
 *
 * A guest's own page tables, read by software: to find the instruction that is to be emulated, and its operands.
 *
 * The processor has walked the same tables a moment ago and the guest may change them meanwhile on another vCPU: then what
 * we find is as good as what it found. Entries are read once. Accessed and dirty bits are left as the processor set them.
 * [APM2 5.2, 5.3, 5.6] Reserved bits are not looked at.
 */
#include "hvm/internal.h"
#include "lib/string.h"
#include "mm/pte.h"

bool hvm_read_gpa(struct domain *d, uint64_t gpa, void *to, unsigned int n)
{
	struct frame *f = p2m_get_frame(d, gpa >> PAGE_SHIFT);

	if (!f)
		return false;
	memcpy(to, (char *)frame_to_virt(f) + (gpa & ~PAGE_MASK), n);
	frame_put(f);
	return true;
}

bool hvm_write_gpa(struct domain *d, uint64_t gpa, const void *from, unsigned int n)
{
	struct frame *f = p2m_get_frame(d, gpa >> PAGE_SHIFT);

	if (!f)
		return false;
	memcpy((char *)frame_to_virt(f) + (gpa & ~PAGE_MASK), from, n);
	frame_put(f);
	return true;
}

/* How a mode's tables are cut: bits of the address for each level, entries of 4 or 8 bytes. */
struct format {
	unsigned int levels, bits, size;
	uint64_t top_mask;              /* of CR3 */
};

static struct format format_of(const struct hvm_control *c)
{
	if (!(c->cr4 & X86_CR4_PAE))
		return (struct format){ 2, 10, 4, 0xfffff000 };
	if (!(c->efer & EFER_LMA))
		return (struct format){ 3, 9, 8, 0xffffffe0 };
	return (struct format){ 4, 9, 8, PTE_ADDR_MASK };
}

static bool may(const struct hvm_control *c, uint64_t rights, bool nx, uint32_t access)
{
	bool user = access & PFEC_USER;

	if (user && !(rights & PTE_US))
		return false;
	if ((access & PFEC_WRITE) && !(rights & PTE_RW) && (user || (c->cr0 & X86_CR0_WP)))
		return false;
	return !((access & PFEC_INSN) && nx);
}

/* The entry that maps linear, of a page of 1 << *shift bytes, and the rights of all on the way. False: not present. */
static bool walk(struct domain *d, const struct hvm_control *c, uint64_t linear, uint64_t *entry, unsigned int *shift,
		 uint64_t *rights, bool *nx)
{
	struct format f = format_of(c);
	uint64_t at = c->cr3 & f.top_mask, e;

	*rights = PTE_RW | PTE_US;
	*nx = false;
	for (unsigned int level = f.levels; level; level--) {
		bool pdpt = f.levels == 3 && level == 3;        /* PAE's four entries have no rights */

		*shift = PAGE_SHIFT + f.bits * (level - 1);
		e = 0;
		if (!hvm_read_gpa(d, at + ((linear >> *shift) & ((1U << f.bits) - 1)) * f.size, &e, f.size) ||
		    !(e & PTE_P))
			return false;
		if (!pdpt)
			*rights &= e;
		*nx = *nx || (f.size == 8 && (e & PTE_NX) && (c->efer & EFER_NX));
		*entry = e;
		if (level > 1 && !pdpt && (e & PTE_PSE) && (f.size == 8 || (c->cr4 & X86_CR4_PSE)))
			return true;
		at = f.size == 4 ? e & 0xfffff000 : e & PTE_ADDR_MASK;
	}
	return true;
}

bool hvm_translate(struct vcpu *v, const struct hvm_control *c, uint64_t linear, uint32_t access, uint64_t *gpa,
		   uint32_t *error)
{
	uint64_t e, rights, base;
	unsigned int shift;
	bool nx;

	if (!(c->efer & EFER_LMA))
		linear = (uint32_t)linear;
	if (!(c->cr0 & X86_CR0_PG)) {
		*gpa = linear;
		return true;
	}
	*error = access & (PFEC_WRITE | PFEC_USER | PFEC_INSN);
	if (!walk(v->domain, c, linear, &e, &shift, &rights, &nx))
		return false;
	if (!may(c, rights, nx, access)) {
		*error |= PFEC_PRESENT;
		return false;
	}
	if (!(c->cr4 & X86_CR4_PAE) && shift > PAGE_SHIFT)  /* 4 MB, with address bits 32 to 39 in its low part */
		base = (e & 0xffc00000) | (e >> 13 & 0xff) << 32;
	else
		base = e & PTE_ADDR_MASK;
	*gpa = (base & ~((1ULL << shift) - 1)) | (linear & ((1ULL << shift) - 1));
	return true;
}
