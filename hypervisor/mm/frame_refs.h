/* SPDX-License-Identifier: MIT
 *
 * References and the WRITABLE type, inline, for the paths on which a guest waits for its
 * page-table updates. The rules are those of mm/type.c, which has the essay and every other case;
 * what is not the common case here goes there.
 *
 * Locks: none, the words change by compare-and-exchange.
 */
#ifndef HYPERVISOR_MM_FRAME_REFS_H
#define HYPERVISOR_MM_FRAME_REFS_H

#include "mm/mm_internal.h"

static __always_inline bool frame_cas(uint64_t *p, uint64_t *old, uint64_t new)
{
	return __atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* As frame_get(). Free frames and those that are not RAM have a count of 0; a full one takes no more. */
static __always_inline bool frame_ref_get(struct frame *f, const struct domain *d)
{
	uint64_t x = READ_ONCE(f->count);

	do {
		if (unlikely(((x + 1) & FC_COUNT_MASK) <= 1))
			return false;
	} while (unlikely(!frame_cas(&f->count, &x, x + 1)));
	if (likely(READ_ONCE(f->owner) == d))
		return true;
	frame_put(f);
	return false;
}

static __always_inline void frame_ref_put(struct frame *f)
{
	uint64_t x = __atomic_sub_fetch(&f->count, 1, __ATOMIC_SEQ_CST);

	if (unlikely(!(x & FC_COUNT_MASK)))
		frame_free(f);
}

/*
 * The last use of a frame that is not a table ends: x is its type word without FT_VALIDATED, whose count of one
 * is ours. The time is taken while the frame is in transition, when nobody else can come and
 * go: an earlier time would hide a use that began and ended meanwhile.
 */
static __always_inline void frame_use_ended(struct frame *f, uint64_t x)
{
	f->tlb_stamp = tlb_now();
	__atomic_store_n(&f->type, (x - 1) | FT_VALIDATED, __ATOMIC_RELEASE);
}

#define FT_READY_WRITABLE ((uint64_t)FRAME_WRITABLE << FT_SHIFT | FT_VALIDATED)

/* As frame_get_type(f, FRAME_WRITABLE): the frame was WRITABLE last, in use or not. */
static __always_inline bool frame_writable_get(struct frame *f)
{
	uint64_t x = READ_ONCE(f->type);

	while (likely((x & (FT_MASK | FT_VALIDATED)) == FT_READY_WRITABLE && (uint32_t)(x + 1)))
		if (likely(frame_cas(&f->type, &x, x + 1)))
			return true;
	return frame_get_type(f, FRAME_WRITABLE);
}

/* As frame_put_type(), of a WRITABLE reference. */
static __always_inline void frame_writable_put(struct frame *f)
{
	uint64_t x = READ_ONCE(f->type);

	while (likely((uint32_t)x > 1))
		if (likely(frame_cas(&f->type, &x, x - 1)))
			return;
	if (unlikely(!frame_cas(&f->type, &x, x & ~FT_VALIDATED))) {
		frame_put_type(f);
		return;
	}
	frame_use_ended(f, x & ~FT_VALIDATED);
}

/* One more type reference of a table that has some: false where there is more to it, and nothing is done. */
static __always_inline bool frame_table_get_ready(struct frame *f, enum frame_type t)
{
	uint64_t x = READ_ONCE(f->type);

	return (x & (FT_MASK | FT_VALIDATED)) == ((uint64_t)t << FT_SHIFT | FT_VALIDATED) && (uint32_t)x &&
	       (uint32_t)(x + 1) && frame_cas(&f->type, &x, x + 1);
}

/* Gives up a type reference that is not the last one: false where it is, and nothing is done. */
static __always_inline bool frame_type_put_ready(struct frame *f)
{
	uint64_t x = READ_ONCE(f->type);

	return (uint32_t)x > 1 && frame_cas(&f->type, &x, x - 1);
}

/* As table_lock() and table_unlock(). */
static __always_inline unsigned int table_lock_inline(struct frame *f)
{
	uint64_t x = READ_ONCE(f->type);

	if (unlikely((x & (FT_VALIDATED | FT_LOCKED)) != FT_VALIDATED || !frame_level(x) || !(uint32_t)x) ||
	    unlikely(!frame_cas(&f->type, &x, x | FT_LOCKED)))
		return table_lock(f);
	return frame_level(x);
}

static __always_inline void table_unlock_inline(struct frame *f)
{
	__atomic_fetch_and(&f->type, ~FT_LOCKED, __ATOMIC_SEQ_CST);
}

#endif
