/* SPDX-License-Identifier: MIT
 *
 * Debug key A: every guest page table against the frames that its entries name. What it looks for is what
 * mm/type.c promises: who may write a frame counts as a writer, and no page table has one; an entry of a
 * higher level names a validated table of the level below; nothing names a free frame.
 *
 * It takes no lock. While guests run, a table that is being changed may be reported without being wrong; with
 * their domains paused each report is a broken invariant. The fuzzing guest asks for it so.
 */
#include "core/console.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/mm_internal.h"
#include "mm/pte.h"

#define FIRST_HV_SLOT 256       /* of an L4: ours */
#define NR_HV_SLOTS   16
#define MAX_REPORTS   16

struct audit {
	unsigned long tables, entries, wrong;
};

static const char *l1_fault(uint64_t e, const struct frame *to)
{
	enum frame_type t = frame_type_of(to->type);

	if (!(to->count & FC_COUNT_MASK))
		return "names a frame without references";
	if ((e & PTE_RW) && (t != FRAME_WRITABLE && t != FRAME_SHARED))
		return "writes a frame that is not writable";
	if ((e & PTE_RW) && t == FRAME_WRITABLE && !(to->type & FT_COUNT_MASK))
		return "writes a frame that counts no writer";
	return NULL;
}

static const char *table_fault(unsigned int level, const struct frame *to)
{
	if (frame_type_of(to->type) != (enum frame_type)(level - 1))
		return "names what is no table of the level below";
	if (!(to->type & FT_COUNT_MASK) || !(to->type & (FT_VALIDATED | FT_PARTIAL)))
		return "names a table that was not validated";
	return NULL;
}

static void audit_entry(struct audit *a, const struct frame *f, unsigned int level, unsigned int i)
{
	uint64_t e = READ_ONCE(((uint64_t *)frame_to_virt(f))[i]);
	const struct frame *to;
	const char *fault;

	if (!(e & PTE_P) || (level == 4 && i >= FIRST_HV_SLOT && i < FIRST_HV_SLOT + NR_HV_SLOTS))
		return;
	a->entries++;
	if (!mfn_valid(pte_mfn(e)) || (mfn_to_frame(pte_mfn(e))->count & FC_IO))
		return;
	to = mfn_to_frame(pte_mfn(e));
	fault = level == 1 ? l1_fault(e, to) : table_fault(level, to);
	if (fault && a->wrong++ < MAX_REPORTS)
		printk(LOG_ERR "audit: L%u %lx entry %u (%lx) %s: count %lx type %lx\n", level, mfn_x(frame_to_mfn(f)), i,
		       (unsigned long)e, fault, (unsigned long)to->count, (unsigned long)to->type);
}

static void audit_frame(struct audit *a, const struct frame *f)
{
	uint64_t type = READ_ONCE(f->type);
	enum frame_type t = frame_type_of(type);
	unsigned int n = type & FT_VALIDATED ? 512 : type & FT_PARTIAL ? f->nr_validated : 0;

	if (t < FRAME_L1 || t > FRAME_L4 || !(f->count & FC_COUNT_MASK))
		return;
	a->tables++;
	for (unsigned int i = 0; i < n; i++)
		audit_entry(a, f, t, i);
}

void mm_audit(void)
{
	struct audit a = { 0 };

	for (unsigned long m = 0; m < max_mfn; m++)
		if (mfn_valid(mfn(m)) && !(mfn_to_frame(mfn(m))->count & (FC_FREE | FC_IO)))
			audit_frame(&a, mfn_to_frame(mfn(m)));
	printk("audit: %lu tables, %lu entries, %lu wrong\n", a.tables, a.entries, a.wrong);
}
