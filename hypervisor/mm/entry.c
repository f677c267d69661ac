/* SPDX-License-Identifier: MIT
 *
 * One page-table entry: what a guest may put into it, the references it holds, and its replacement.
 *
 * Invariants: a present entry of a validated table holds a general reference to the frame it names,
 * unless that is device memory; with PTE_RW in an L1 also a WRITABLE reference; in an upper table a
 * reference of the type one level down. An entry in memory has PTE_US, so that a kernel that lives
 * in ring 3 can use its own mappings, and never PTE_G: the global bit would let a translation
 * survive the switch of tables that flushes.
 *
 * RAM is always mapped cacheable: what PCD, PWT and PAT say is kept for device memory only.
 * Otherwise a guest could read, around the cache, what a frame held before it was cleared.
 *
 * Locks: entries change under their table's FT_LOCKED. Next: mm/mmu_update.c.
 */
#include "core/domain.h"
#include "core/hypercall.h"
#include "core/rangeset.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/frame_refs.h"
#include "mm/mm_internal.h"

unsigned int paddr_bits = 36;

/* Tables have long empty stretches: one look at eight entries. */
static inline bool no_entry_of_8(const uint64_t *t)
{
	return !((t[0] | t[1] | t[2] | t[3] | t[4] | t[5] | t[6] | t[7]) & PTE_P);
}

/* Who may touch device memory may choose how it is cached. */
static uint64_t l1_allowed_bits(const struct domain *d)
{
	uint64_t bits = PTE_GUEST_BITS | PTE_G | PTE_ADDR_MASK;

	return d->privileged || d == dom_io || rangeset_overlaps(d->iomem, 0, ~0UL) ?
		bits | PTE_CACHE_MASK : bits;
}

static int io_get(uint64_t e, struct domain *pg_owner)
{
	unsigned long m = pte_mfn(e).n;
	struct domain *who = pg_owner == dom_io ? current->domain : pg_owner;

	if (m >> (paddr_bits - PAGE_SHIFT))
		return -EINVAL;
	if (mm_io_is_ours(m) || !rangeset_contains(who->iomem, m, m))
		return (int)hypercall_error(-EPERM,
			"machine frame %lx is not RAM, and the domain has no access to it", m);
	return 0;
}

static int l1e_not_writable(uint64_t e, struct frame *f)
{
	uint64_t type = f->type;

	frame_put(f);
	return (int)hypercall_error(-EINVAL,
		"L1 entry %lx: no writable mapping of a frame in use as type %u (%lx)", e,
		frame_type_of(type), type);
}

/* Not RAM of pg_owner with the bits that everybody may set: device memory, or an error. */
static __noinline int l1e_get_other(uint64_t *e, struct domain *d, struct domain *pg_owner)
{
	uint64_t v = *e;
	mfn_t m = pte_mfn(v);

	if (v & ~l1_allowed_bits(d))
		return (int)hypercall_error(-EINVAL,
					    "L1 entry %lx has bits that a guest may not set", v);
	*e = (v | PTE_US) & ~PTE_G;
	if (mfn_is_io(m))
		return io_get(v, pg_owner);
	*e &= ~PTE_CACHE_MASK;
	if (!mfn_valid(m) || !frame_get(mfn_to_frame(m), pg_owner))
		return (int)hypercall_error(-EINVAL, "L1 entry %lx: the frame is not d%u's", v,
					    pg_owner->domid);
	if ((v & PTE_RW) && !frame_get_type(mfn_to_frame(m), FRAME_WRITABLE))
		return l1e_not_writable(v, mfn_to_frame(m));
	return 0;
}

static __always_inline int l1e_get_inline(uint64_t *e, struct domain *d, struct domain *pg_owner)
{
	uint64_t v = *e;
	mfn_t m = pte_mfn(v);
	struct frame *f = mfn_to_frame(m);

	if (unlikely((v & ~(PTE_GUEST_BITS | PTE_ADDR_MASK)) || !mfn_valid(m) || !frame_ref_get(f, pg_owner))) {
		uint64_t other = v;             /* a variable of its own: *e can stay in a register */
		int rc = l1e_get_other(&other, d, pg_owner);

		*e = other;
		return rc;
	}
	*e = v | PTE_US;
	if ((v & PTE_RW) && unlikely(!frame_writable_get(f)))
		return l1e_not_writable(v, f);
	return 0;
}

int l1e_get(uint64_t *e, struct domain *d, struct domain *pg_owner)
{
	return l1e_get_inline(e, d, pg_owner);
}

/* The page may be one that an LDT was read from; then it shall be read again. */
static void put_segdesc_mapping(struct frame *f, struct domain *d)
{
	struct vcpu *v;

	if (f->owner == d && (READ_ONCE(f->type) & FT_COUNT_MASK) && d->vcpu) {
		for_each_vcpu(d, v)
			mm_invalidate_ldt(v);
	}
}

/* A present entry. */
static __always_inline void l1e_put_inline(uint64_t e, struct domain *d)
{
	mfn_t m = pte_mfn(e);
	struct frame *f = mfn_to_frame(m);

	if (unlikely(!mfn_valid(m)) || unlikely(READ_ONCE(f->count) & FC_IO))
		return;
	if (e & PTE_RW) {
		/* The owner's CPUs are not those that may remember this mapping. */
		if (unlikely(f->owner != d))
			WRITE_ONCE(f->mapped_elsewhere, true);
		frame_writable_put(f);
	} else if (unlikely(frame_type_of(READ_ONCE(f->type)) == FRAME_SEGDESC)) {
		put_segdesc_mapping(f, d);
	}
	frame_ref_put(f);
}

void l1e_put(uint64_t e, struct domain *d)
{
	if (e & PTE_P)
		l1e_put_inline(e, d);
}

/*
 * A failed or interrupted child may be left partial: who calls from outside a validation has to
 * finish it.
 */
int ne_get(uint64_t *e, unsigned int level, struct domain *d, bool preemptible)
{
	uint64_t v = *e;
	struct frame *f;
	int rc = 0;

	if (unlikely(v & ~(PTE_GUEST_BITS | PTE_ADDR_MASK)))
		return (int)hypercall_error(-EINVAL,
			"L%u entry %lx has bits that a guest may not set", level, v);
	f = frame_get_from_mfn(pte_mfn(v), d);
	if (unlikely(!f))
		return (int)hypercall_error(-EINVAL, "L%u entry %lx: the frame is not d%u's", level,
					    v, d->domid);
	if (preemptible)
		rc = frame_get_type_preemptible(f, (enum frame_type)(level - 1));
	else if (!frame_get_type(f, (enum frame_type)(level - 1)))
		rc = -EINVAL;
	if (unlikely(rc)) {
		frame_put(f);
		return rc;
	}
	*e = v | PTE_US;
	return 0;
}

int ne_put(uint64_t e, unsigned int level, bool preemptible)
{
	struct frame *f = mfn_to_frame(pte_mfn(e));
	int rc = 0;

	if (preemptible)
		rc = frame_put_type_preemptible(f);
	else
		frame_put_type(f);
	frame_put(f);
	return rc;
}

int ne_finish(uint64_t e, unsigned int level, struct domain *d, bool preemptible)
{
	struct frame *f;
	int rc = 0;

	if (!(e & PTE_P))
		return 0;
	/*
	 * By now it may be another domain's, or something else: only a reference makes looking
	 * safe.
	 */
	f = frame_get_from_mfn(pte_mfn(e), d);
	if (!f)
		return 0;
	if (frame_level(READ_ONCE(f->type)) == level - 1)
		rc = frame_finish_partial(f, preemptible);
	frame_put(f);
	return rc;
}

void mm_add_unfinished(struct frame *f)
{
	struct vcpu_mm *mm = &current->mm;

	for (unsigned int i = 0; i < ARRAY_SIZE(mm->unfinished); i++)
		if (!mm->unfinished[i]) {
			mm->unfinished[i] = f;
			return;
		}
	if (frame_finish_partial(f, false))
		panic("mm: table %lx not taken apart", frame_to_mfn(f).n);
	frame_put(f);
}

void mm_put_table(struct frame *f)
{
	if (unlikely(frame_put_type_preemptible(f)))
		mm_add_unfinished(f);
	else
		frame_put(f);
}

int mm_finish_some(struct vcpu *v)
{
	struct frame **u = v->mm.unfinished;

	while (*u) {
		if (frame_finish_partial(*u, true))
			return -ERESTART;
		frame_put(*u);
		memmove(u, u + 1, sizeof(v->mm.unfinished) - sizeof(*u));
		u[ARRAY_SIZE(v->mm.unfinished) - 1] = NULL;
	}
	return 0;
}

/* The write itself. An exchange is a full barrier too: see mm/tlb.h on why that matters. */
static uint64_t entry_write(uint64_t *p, uint64_t new, bool preserve_ad)
{
	uint64_t old;

	if (!preserve_ad)
		return __atomic_exchange_n(p, new, __ATOMIC_SEQ_CST);
	old = READ_ONCE(*p);
	while (!__atomic_compare_exchange_n(p, &old, new | (old & (PTE_A | PTE_D)), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	return old;
}

/*
 * TOUR 4.3: the new entry's references first, which may fail; then the exchange; then the old
 * one's, which cannot.
 */
static __always_inline int l1_replace(uint64_t *p, uint64_t new, struct domain *d, struct domain *pg_owner,
		      bool preserve_ad)
{
	uint64_t old = READ_ONCE(*p);
	int rc;

	if (new & PTE_P) {
		/* Same frame, same rights: the references stay as they are. */
		if (!((old ^ new) & (PTE_P | PTE_RW | PTE_ADDR_MASK | PTE_CACHE_MASK)) &&
		    !(new & ~l1_allowed_bits(d))) {
			entry_write(p, (new | PTE_US) & ~PTE_G, preserve_ad);
			return 0;
		}
		rc = l1e_get_inline(&new, d, pg_owner);
		if (unlikely(rc))
			return rc;
	}
	old = entry_write(p, new, preserve_ad);
	if (old & PTE_P)
		l1e_put_inline(old, d);
	return 0;
}

int l1_cmpxchg(uint64_t *p, uint64_t old, uint64_t new, struct domain *d)
{
	uint64_t seen = old;
	int rc = 0;

	if (new & PTE_P)
		rc = l1e_get(&new, d, d);
	if (rc)
		return rc;
	if (!__atomic_compare_exchange_n(p, &seen, new, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST)) {
		l1e_put(new, d);
		return -EAGAIN;
	}
	l1e_put(old, d);
	return 0;
}

static __noinline int upper_replace(uint64_t *p, uint64_t new, unsigned int level, struct domain *d,
			 bool preserve_ad)
{
	uint64_t old = READ_ONCE(*p);
	struct frame *child;
	int rc;

	if (new & PTE_P) {
		if (!((old ^ new) & (PTE_P | PTE_ADDR_MASK)) &&
		    !(new & ~(PTE_GUEST_BITS | PTE_ADDR_MASK))) {
			entry_write(p, new | PTE_US, preserve_ad);
			return 0;
		}
		rc = ne_get(&new, level, d, true);
		if (unlikely(rc)) {
			/* Failed, and what had been checked already is still being let go. */
			child = rc == -ERESTART ? NULL : frame_get_from_mfn(pte_mfn(new), d);
			if (child && (READ_ONCE(child->type) & FT_PARTIAL))
				mm_add_unfinished(child);
			else if (child)
				frame_put(child);
			return rc;
		}
	}
	old = entry_write(p, new, preserve_ad);
	if (old & PTE_P)
		mm_put_table(mfn_to_frame(pte_mfn(old)));
	return 0;
}

/* All of an L1 in transition, for table.c: references up to the first entry that may not be. */
unsigned int l1_get_entries(uint64_t *t, struct domain *d)
{
	for (uint64_t *p = t, *end = t + ENTRIES_PER_TABLE; p < end; p += 8) {
		if (no_entry_of_8(p))
			continue;
		for (uint64_t *q = p; q < p + 8; q++) {
			uint64_t e = READ_ONCE(*q), old = e;

			if (!(e & PTE_P))
				continue;
			if (unlikely(l1e_get_inline(&e, d, d)))
				return (unsigned int)(q - t);
			if (e != old)
				*q = e;
		}
	}
	return ENTRIES_PER_TABLE;
}

void l1_put_entries(const uint64_t *t, unsigned int n, struct domain *d)
{
	for (const uint64_t *p = t, *end = t + n; p < end; p += 8) {
		if (no_entry_of_8(p))
			continue;
		for (const uint64_t *q = p; q < p + 8 && q < end; q++)
			if (*q & PTE_P)
				l1e_put_inline(*q, d);
	}
}

int entry_replace(uint64_t *p, uint64_t new, unsigned int level, struct domain *d,
		  struct domain *pg_owner, bool preserve_ad)
{
	if (likely(level == 1))
		return l1_replace(p, new, d, pg_owner, preserve_ad);
	return upper_replace(p, new, level, d, preserve_ad);
}
