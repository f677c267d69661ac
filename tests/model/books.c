/* SPDX-License-Identifier: MIT
 *
 * What is used, by the page tables as they stand, against what the counts say. The invariants, of
 * hypervisor/mm/type.c and entry.c:
 *  1. an entry of a validated table has the reference that it needs: no count is below the uses there are
 *  2. so no frame that a table names is free or another's
 *  3. and a writable mapping is of a frame that is WRITABLE, an entry of an upper table of a table one level down
 *  4. no CPU may write, through a page table or a TLB, to a frame that is a validated page table or descriptor page
 *  5. counts neither go below zero nor leave their fields; a pin has a type count
 *  6. idle: counts are equal to the uses, pins, owners and half-done tables there are
 *  7. after the end of the domain: no frame, no reference, no type count
 */
#include "shim.h"

static unsigned int type_level(const struct frame *f)
{
	return frame_level(f->type);
}

/* Entries of @f that hold references: all of a validated table, those below nr_validated of a partial one. */
static unsigned int held_entries(const struct frame *f)
{
	if (!type_level(f) || !(f->type & FT_COUNT_MASK))
		return 0;
	if (f->type & FT_VALIDATED)
		return ENTRIES_PER_TABLE;
	return f->type & FT_PARTIAL ? f->nr_validated : 0;
}

static void count_table(struct books *b, unsigned int m)
{
	const struct frame *f = &model_frames[m];
	unsigned int held = held_entries(f);

	for (unsigned int slot = 0; slot < held; slot++) {
		uint64_t e = *shim_entry(m, slot);
		unsigned long to = pte_mfn(e).n;

		if (!(e & PTE_P))
			continue;
		MODEL_CHECK(to && to < NR_FRAMES, "frame %u slot %u names frame %lu", m, slot, to);
		b->refs[to]++;
		if (type_level(f) == 1) {
			b->writable[to] += !!(e & PTE_RW);
		} else {
			b->types[to]++;
			MODEL_CHECK(type_level(&model_frames[to]) == type_level(f) - 1,
				    "an L%u entry, in frame %u, names frame %lu, which is of type %u", type_level(f), m, to,
				    frame_type_of(model_frames[to].type));
		}
	}
}

static void count_all(struct books *b)
{
	for (unsigned int m = 1; m < NR_FRAMES; m++)
		count_table(b, m);
}

static void check_frame(const struct books *b, unsigned int m)
{
	const struct frame *f = &model_frames[m];
	uint64_t refs = f->count & FC_COUNT_MASK, types = f->type & FT_COUNT_MASK;
	enum frame_type t = frame_type_of(f->type);

	MODEL_CHECK(refs < 1000 && types < 1000, "frame %u: counts %#lx %#lx have left their fields", m, f->count, f->type);
	MODEL_CHECK(refs >= b->refs[m], "frame %u: %lu references, and %u entries name it", m, refs, b->refs[m]);
	MODEL_CHECK(!b->writable[m] || (t == FRAME_WRITABLE && types >= b->writable[m]),
		    "frame %u is mapped writable %u times; its type is %u, %lu times", m, b->writable[m], t, types);
	MODEL_CHECK(types >= b->types[m], "frame %u: type %u %lu times, and %u entries need it", m, t, types, b->types[m]);
	MODEL_CHECK(!(f->type & FT_PINNED) || (types && type_level(f)), "frame %u is pinned; its type is %u, %lu times", m, t,
		    types);
	if ((t >= FRAME_L1 && t <= FRAME_SEGDESC) && types && (f->type & FT_VALIDATED))
		for (unsigned int c = 0; c < NR_CPUS; c++)
			MODEL_CHECK(!(model_tlb[c].write & (1UL << m)),
				    "CPU %u may still write to frame %u, which is of type %u", c, m, t);
}

void books_step(void)
{
	struct books b = { 0 };

	count_all(&b);
	for (unsigned int m = 1; m < NR_FRAMES; m++)
		check_frame(&b, m);
}

void books_idle(const struct books *more)
{
	struct books b = { 0 };

	count_all(&b);
	for (unsigned int m = 1; m < NR_FRAMES; m++) {
		const struct frame *f = &model_frames[m];
		unsigned int own = !!(f->count & FC_ALLOCATED), pin = !!(f->type & FT_PINNED), part = !!(f->type & FT_PARTIAL);
		unsigned int refs = b.refs[m] + own + pin + part, types = b.types[m] + b.writable[m] + pin + part;

		if (f->count & FC_XEN)
			types++;
		if (more) {
			refs += more->refs[m];
			types += more->types[m];
		}
		MODEL_CHECK((f->count & FC_COUNT_MASK) == refs, "idle: frame %u has %lu references, and %u users", m,
			    f->count & FC_COUNT_MASK, refs);
		MODEL_CHECK((f->type & FT_COUNT_MASK) == types, "idle: frame %u is %lu times of type %u, and has %u users",
			    m, f->type & FT_COUNT_MASK, frame_type_of(f->type), types);
		MODEL_CHECK(!(f->type & FT_LOCKED), "idle: frame %u is locked", m);
		MODEL_CHECK(!types || (f->type & FT_VALIDATED) || part, "idle: frame %u is in transition", m);
	}
	for (unsigned int c = 0; c < NR_CPUS; c++)
		MODEL_CHECK(!model_vcpu[c]->mm.unfinished[0], "idle: vCPU %u has left frame %lu half done", c,
			    frame_to_mfn(model_vcpu[c]->mm.unfinished[0]).n);
}

void books_zero(const struct domain *d)
{
	for (unsigned int m = 1; m < NR_FRAMES; m++) {
		const struct frame *f = &model_frames[m];

		MODEL_CHECK(f->owner != d, "the end: frame %u (%#lx, %#lx) is still domain %u's", m, f->count, f->type, d->domid);
	}
	MODEL_CHECK(!d->mm.tot_pages && !d->mm.xen_pages, "the end: domain %u is said to have %u + %u pages", d->domid,
		    d->mm.tot_pages, d->mm.xen_pages);
}
