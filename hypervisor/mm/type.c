/* SPDX-License-Identifier: MIT
 *
 * References and types of frames.
 *
 * PAGE TYPES
 *
 * A PV guest's page tables are the ones the CPU walks. The guest may read them and
 * may ask for changes; it must never write them itself, because an entry it invented could map any
 * memory of the machine. All protection between domains rests on this, and it is kept by
 * two counts in each frame's structure.
 *
 * The reference count says that the frame is in use, by whom does not matter: its owner's
 * allocation, each mapping of it, each pointer that the hypervisor keeps. At zero the frame is
 * free. Nobody takes a first reference to a free frame, and taking one checks the owner after the
 * count went up, when the owner can no longer change.
 *
 * The type says what a frame may be used as, and its count how many uses as that type there are: a
 * writable mapping needs WRITABLE, an L2 entry that names the frame needs L1, a CR3 or a pin L4, a
 * GDT page SEGDESC. A frame has one type at a time and may change it only while the type count is
 * zero. So while a frame is anybody's page table nobody has a writable mapping of it, and the other
 * way round; that is the whole argument. A read-only mapping needs no type. Every type reference
 * goes with a general reference, so a frame in use as anything is not freed.
 *
 * VALIDATION. When the type count of a page table goes from 0 to 1 its 512 entries are still
 * whatever the guest wrote while it could. Each must be checked, and takes references on what it
 * names (table.c); then FT_VALIDATED is set, and further references cost nothing. When the count
 * goes back to 0 the entries' references are dropped. In between, the count is 1 and FT_VALIDATED
 * clear: the frame is *in transition*, and whoever made it so is alone with it. Others who want the
 * type wait; they go on when the CPU that works on it is done or has stopped at a preemption point,
 * which is always soon. Waiting goes from a table to one of a lower level only, so nobody waits in
 * a circle. For the same reason a table cannot name a table of its own level ("linear page
 * tables"): an L2 that names an L2 asks for type L1 on it and is refused. Xen can be built either
 * way; here a guest finds no such mapping.
 *
 * PREEMPTION. An L4 may hold up to half a million tables. Work stops when something else wants the
 * CPU: the frame becomes FT_PARTIAL, entries below nr_validated hold references and the rest do
 * not, and the *frame itself* owns the type count of one, and a general reference, that keep this
 * state. Nobody else owns anything: who asked for validation has been told -ERESTART and holds
 * nothing. So anybody may take a partial frame over, by exchanging FT_PARTIAL away: a caller who
 * wants the type goes on validating from nr_validated up; one who wants to be rid of it takes it
 * apart from there down. A validation that its starter forgets hurts nobody, and the end of the
 * domain finds it on the page list.
 *
 * A child that stops half way below a parent follows the same rule. Validating, the parent stops
 * too, with nr_validated at the child's index, and will ask for the child again. Taking apart, the
 * parent has already given the child up and only remembers, by nr_validated being its index, that
 * it should be finished first.
 *
 * STALE TRANSLATIONS. Counts follow the page tables in memory; a CPU may remember what they said
 * before, both translations and, with paging-structure caches, pointers to tables. On a change of
 * type the domain's CPUs that have not flushed since the last use ended are flushed (mm/tlb.h),
 * after the new type is in place with a count of one, and before validation: then neither an old
 * writable mapping nor a new one can change what is being checked. The same before a frame that was
 * a table becomes WRITABLE: the walker may still use it. A frame that another domain had mapped
 * writable and unmapped without a flush is remembered as mapped_elsewhere: then all CPUs are asked.
 *
 * Locks: none; the words change by compare-and-exchange. FT_LOCKED serializes changes of entries
 * of one table. A type count does not go to zero while it is set, so who has it needs no reference.
 *
 * Next: mm/table.c and mm/entry.c for what is checked, docs/page-types.md for pictures.
 */
#include "lib/panic.h"
#include "mm/frame_refs.h"
#include "mm/mm_internal.h"
#include "mm/tlb.h"

static inline void relax(void)
{
	/* A CPU that waits for our TLB flush may be the one we wait for. */
	smp_poll();
	__asm__ volatile("pause");
}

/* --- general references --- */

bool frame_get(struct frame *f, const struct domain *d)
{
	return d && frame_ref_get(f, d);
}

void frame_ref(struct frame *f)
{
	uint64_t x = __atomic_fetch_add(&f->count, 1, __ATOMIC_SEQ_CST);

	BUG_ON(!(x & FC_COUNT_MASK));
}

void frame_put(struct frame *f)
{
	frame_ref_put(f);
}

struct frame *frame_get_from_mfn(mfn_t m, struct domain *d)
{
	struct frame *f;

	if (unlikely(!mfn_valid(m)))
		return NULL;
	f = mfn_to_frame(m);
	if (d)
		return frame_get(f, d) ? f : NULL;
	/* Whoever has it now; if that changes under us, we have lost. */
	d = READ_ONCE(f->owner);
	return d && frame_get(f, d) ? f : NULL;
}

/* --- types --- */

static bool is_table(uint64_t x)
{
	return frame_level(x) != 0;
}

/* In transition and ours. Stop here: the state now belongs to the frame. */
static void make_partial(struct frame *f, bool has_self_ref)
{
	if (!has_self_ref)
		frame_ref(f);
	__atomic_fetch_or(&f->type, FT_PARTIAL, __ATOMIC_SEQ_CST);
}

/* In transition and ours, no entry holds anything any more. */
static void transition_to_none(struct frame *f)
{
	f->tlb_stamp = tlb_now();
	f->nr_validated = 0;
	__atomic_fetch_and(&f->type, ~(FT_COUNT_MASK | FT_VALIDATED | FT_PARTIAL),
			   __ATOMIC_SEQ_CST);
}

/*
 * Ours in transition, with count 1. 0, -EINVAL (then it is none again, or partial on the way there)
 * or -ERESTART.
 */
static int validate(struct frame *f, enum frame_type t, bool preemptible, bool has_self_ref)
{
	int rc = 0;

	if (t == FRAME_SEGDESC) {
		if (!segdesc_validate(f))
			rc = -EINVAL;
	} else if (t <= FRAME_L4) {
		rc = table_validate(f, t, preemptible);
	}
	if (likely(!rc)) {
		__atomic_fetch_or(&f->type, FT_VALIDATED, __ATOMIC_SEQ_CST);
	} else if (rc == -ERESTART) {
		make_partial(f, has_self_ref);
		return rc;
	} else {
		if (t <= FRAME_L4 && table_devalidate(f, t, preemptible)) {
			make_partial(f, has_self_ref);
			return rc;
		}
		transition_to_none(f);
	}
	if (has_self_ref)
		frame_put(f);
	return rc;
}

/*
 * TOUR 4.4: may the frame be used so? While it is a page table nobody gets a writable mapping of it
 * here.
 */
static int type_get(struct frame *f, enum frame_type t, bool preemptible)
{
	uint64_t want = (uint64_t)t << FT_SHIFT, x = READ_ONCE(f->type), n;
	bool change = false;

	for (;;) {
		if (unlikely((x & FT_COUNT_MASK) == FT_COUNT_MASK))
			return -EINVAL;
		if (!(x & FT_COUNT_MASK)) {
			change = (x & FT_MASK) != want;
			n = change ? want | 1 : x + 1;
		} else if (unlikely((x & FT_MASK) != want)) {
			return -EINVAL;
		} else if (likely(x & FT_VALIDATED)) {
			n = x + 1;
		} else if (x & FT_PARTIAL) {
			n = x & ~FT_PARTIAL;
		} else {
			relax();
			x = READ_ONCE(f->type);
			continue;
		}
		if (likely(frame_cas(&f->type, &x, n)))
			break;
	}
	if (likely(n & FT_VALIDATED))
		return 0;
	if (change && f->owner)
		tlb_flush_since(f->mapped_elsewhere ? tlb_all_cpus() : f->owner->dirty_cpus, f->tlb_stamp);
	if (t == FRAME_WRITABLE || t == FRAME_SHARED) {
		__atomic_fetch_or(&f->type, FT_VALIDATED, __ATOMIC_SEQ_CST);
		return 0;
	}
	if (!(x & FT_PARTIAL))
		f->nr_validated = 0;
	return validate(f, t, preemptible, x & FT_PARTIAL);
}

/* Ours in transition: take it apart. */
static int devalidate(struct frame *f, bool preemptible, bool has_self_ref)
{
	if (table_devalidate(f, frame_level(f->type), preemptible)) {
		make_partial(f, has_self_ref);
		return -ERESTART;
	}
	transition_to_none(f);
	if (has_self_ref)
		frame_put(f);
	return 0;
}

static int type_put(struct frame *f, bool preemptible)
{
	uint64_t x = READ_ONCE(f->type);

	for (;;) {
		BUG_ON(!(x & FT_COUNT_MASK));
		if ((x & FT_COUNT_MASK) > 1) {
			if (likely(frame_cas(&f->type, &x, x - 1)))
				return 0;
		} else if (x & FT_LOCKED) {
			relax();
			x = READ_ONCE(f->type);
		} else if (is_table(x)) {
			BUG_ON(!(x & FT_VALIDATED) || (x & FT_PINNED));
			if (frame_cas(&f->type, &x, x & ~FT_VALIDATED))
				return devalidate(f, preemptible, false);
		} else {
			BUG_ON(!(x & FT_VALIDATED));
			if (likely(frame_cas(&f->type, &x, x & ~FT_VALIDATED))) {
				frame_use_ended(f, x & ~FT_VALIDATED);
				return 0;
			}
		}
	}
}

int frame_finish_partial(struct frame *f, bool preemptible)
{
	uint64_t x = READ_ONCE(f->type);

	while (x & FT_PARTIAL)
		if (frame_cas(&f->type, &x, x & ~FT_PARTIAL))
			return devalidate(f, preemptible, true);
	return 0;
}

int frame_get_type_preemptible(struct frame *f, enum frame_type t)
{
	return type_get(f, t, true);
}

int frame_put_type_preemptible(struct frame *f)
{
	return type_put(f, true);
}

bool frame_get_type(struct frame *f, enum frame_type t)
{
	return !type_get(f, t, false);
}

void frame_put_type(struct frame *f)
{
	if (type_put(f, false))
		panic("mm: type of frame %lx not put", frame_to_mfn(f).n);
}

bool frame_get_and_type(struct frame *f, const struct domain *d, enum frame_type t)
{
	if (!d || unlikely(!frame_ref_get(f, d)))
		return false;
	if (likely(t == FRAME_WRITABLE ? frame_writable_get(f) : frame_get_type(f, t)))
		return true;
	frame_put(f);
	return false;
}

void frame_put_and_type(struct frame *f)
{
	if (likely(frame_type_of(READ_ONCE(f->type)) == FRAME_WRITABLE))
		frame_writable_put(f);
	else
		frame_put_type(f);
	frame_ref_put(f);
}

/* --- the lock of a table's entries, and the pin --- */

unsigned int table_lock(struct frame *f)
{
	uint64_t x = READ_ONCE(f->type);

	for (;;) {
		if (!(x & FT_VALIDATED) || !(x & FT_COUNT_MASK) || !is_table(x))
			return 0;
		if (unlikely(x & FT_LOCKED)) {
			relax();
			x = READ_ONCE(f->type);
		} else if (likely(frame_cas(&f->type, &x, x | FT_LOCKED))) {
			return frame_level(x);
		}
	}
}

void table_unlock(struct frame *f)
{
	__atomic_fetch_and(&f->type, ~FT_LOCKED, __ATOMIC_SEQ_CST);
}

bool frame_set_pinned(struct frame *f)
{
	return !(__atomic_fetch_or(&f->type, FT_PINNED, __ATOMIC_SEQ_CST) & FT_PINNED);
}

bool frame_clear_pinned(struct frame *f)
{
	return __atomic_fetch_and(&f->type, ~FT_PINNED, __ATOMIC_SEQ_CST) & FT_PINNED;
}
