/* SPDX-License-Identifier: MIT
 *
 * All entries of a page table at once: when a frame becomes a table and when it ceases to be
 * one. mm/type.c calls this for a frame in transition, which nobody else touches.
 *
 * Invariant, at every return: entries below nr_validated hold references, the others do not. A
 * preemptible call makes progress by at least one entry (itself or in a child) before it
 * returns -ERESTART.
 *
 * No locks. Next: mm/entry.c for one entry.
 */
#include "core/domain.h"
#include "mm/mm_internal.h"

/* TOUR 4.6: a new page table: every entry that the guest wrote, while it could, is looked at. */
int table_validate(struct frame *f, unsigned int level, bool preemptible)
{
	uint64_t *t = frame_to_virt(f);

	if (level == 1) {
		f->nr_validated = (uint16_t)l1_get_entries(t, f->owner);
		return f->nr_validated == ENTRIES_PER_TABLE ? 0 : -EINVAL;
	}
	for (unsigned int i = f->nr_validated; i < ENTRIES_PER_TABLE; i++) {
		uint64_t e = READ_ONCE(t[i]), old = e;
		int rc;

		f->nr_validated = (uint16_t)i;
		if (!(e & PTE_P) || (level == 4 && is_hv_slot(i)))
			continue;
		rc = ne_get(&e, level, f->owner, preemptible);
		if (rc)
			return rc;
		if (e != old)
			t[i] = e;
		if (preemptible && i + 1 < ENTRIES_PER_TABLE && hypercall_preempt_check()) {
			f->nr_validated = (uint16_t)(i + 1);
			return -ERESTART;
		}
	}
	f->nr_validated = ENTRIES_PER_TABLE;
	if (level == 4)
		mm_init_guest_l4(f->owner, t);
	return 0;
}

int table_devalidate(struct frame *f, unsigned int level, bool preemptible)
{
	const uint64_t *t = frame_to_virt(f);

	if (level == 1) {
		l1_put_entries(t, f->nr_validated, f->owner);
		f->nr_validated = 0;
		return 0;
	}
	/* A child given up, but not finished, before this table stopped. */
	if (f->nr_validated < ENTRIES_PER_TABLE && !(level == 4 && is_hv_slot(f->nr_validated)) &&
	    ne_finish(t[f->nr_validated], level, f->owner, preemptible))
		return -ERESTART;
	while (f->nr_validated > 0) {
		unsigned int i = --f->nr_validated;
		uint64_t e = t[i];

		if (!(e & PTE_P) || (level == 4 && is_hv_slot(i)))
			continue;
		if (ne_put(e, level, preemptible))
			return -ERESTART;
		if (preemptible && i && hypercall_preempt_check())
			return -ERESTART;
	}
	return 0;
}
