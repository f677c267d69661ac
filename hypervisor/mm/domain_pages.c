/* SPDX-License-Identifier: MIT
 *
 * Whose a frame is: giving frames to domains and taking them back, pages that the hypervisor shares
 * with a domain, and the hypervisor's own.
 *
 * Invariants: a frame with an owner and without FC_XEN is on its owner's page_list (or on
 * relmem_list during teardown) and counted in tot_pages; one with FC_XEN and an owner is on
 * xen_page_list and counted in xen_pages. A domain with any frame holds one reference to itself for
 * all of them, so that its structure outlives foreign mappings of its pages.
 *
 * The hypervisor's private frames have a reference count of zero, like free ones: a guest may name
 * any frame in a request, and for a moment hold a reference to one that turns out to be another
 * domain's. To those that come and go without counting it must not get one at all.
 *
 * Locks: LOCK_PAGE_ALLOC of the owner. Next: mm/type.c.
 */
#include "core/domain.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/mm_internal.h"
#include "mm/tlb.h"

void *alloc_hv_pages(unsigned int order)
{
	struct frame *f = heap_alloc(order, 0);

	if (!f)
		return NULL;
	for (unsigned long i = 0; i < 1UL << order; i++)
		f[i].count = FC_XEN;
	return frame_to_virt(f);
}

void free_hv_pages(void *p, unsigned int order)
{
	struct frame *f;

	if (!p)
		return;
	f = virt_to_frame(p);
	BUG_ON(f->owner || !(f->count & FC_XEN));
	heap_free(f, order, 0);
}

/*
 * A domain that owns a frame is held by it. Call with the lock; the reference is dropped by the
 * caller after unlocking.
 */
static bool owns_nothing(const struct domain *d)
{
	return !d->mm.tot_pages && !d->mm.xen_pages;
}

void *alloc_shared_page(struct domain *d, bool guest_may_write)
{
	struct frame *f = heap_alloc(0, 0);
	enum frame_type t = guest_may_write ? FRAME_WRITABLE : FRAME_NONE;

	if (!f)
		return NULL;
	clear_page(frame_to_virt(f));
	m2p_set(frame_to_mfn(f), INVALID_M2P_ENTRY);
	/*
	 * The type count of one is never dropped while the page is shared, and so fixes the type.
	 */
	f->type = ((uint64_t)t << FT_SHIFT) | FT_VALIDATED | 1;
	spin_lock(&d->mm.page_alloc_lock);
	if (owns_nothing(d) && !domain_get(d))
		panic("mm: sharing a page with a freed domain");
	f->owner = d;
	d->mm.xen_pages++;
	list_add_tail(&f->list, &d->mm.xen_page_list);
	__atomic_store_n(&f->count, FC_XEN | FC_IN_USE | FC_ALLOCATED | 1, __ATOMIC_RELEASE);
	spin_unlock(&d->mm.page_alloc_lock);
	return frame_to_virt(f);
}

/*
 * The domain no longer shares it: at its end for all (mm_relinquish), or for one by
 * free_shared_page().
 */
void frame_drop_allocated(struct frame *f)
{
	if (__atomic_fetch_and(&f->count, ~FC_ALLOCATED, __ATOMIC_SEQ_CST) & FC_ALLOCATED)
		frame_put(f);
}

/*
 * A shared page ends twice: when no guest has it any more, and when the hypervisor does not use it.
 * Either may come first; the second gives the memory back.
 */
void free_shared_page(void *p)
{
	struct frame *f;

	if (!p)
		return;
	f = virt_to_frame(p);
	BUG_ON(!(f->count & FC_IN_USE));
	frame_drop_allocated(f);
	if (__atomic_fetch_and(&f->count, ~FC_IN_USE, __ATOMIC_SEQ_CST) & FC_UNSHARED)
		heap_free(f, 0, tlb_now());
}

static void unshared(struct frame *f)
{
	f->owner = NULL;
	if (!(__atomic_fetch_or(&f->count, FC_UNSHARED, __ATOMIC_SEQ_CST) & FC_IN_USE))
		heap_free(f, 0, tlb_now());
}

/* The last reference to a frame is gone (mm/type.c). */
void frame_free(struct frame *f)
{
	struct domain *d = f->owner;
	bool last;

	BUG_ON(!d);
	spin_lock(&d->mm.page_alloc_lock);
	list_del(&f->list);
	if (f->count & FC_XEN)
		d->mm.xen_pages--;
	else
		d->mm.tot_pages--;
	last = owns_nothing(d);
	spin_unlock(&d->mm.page_alloc_lock);
	/* Who gets it next shall not learn the PFN it had. */
	m2p_set(frame_to_mfn(f), INVALID_M2P_ENTRY);
	if (f->count & FC_XEN)
		unshared(f);
	else
		heap_free(f, 0, tlb_now());
	if (last)
		domain_put(d);
}

/* Final only with the lock. */
static bool beyond_allowance(const struct domain *d, unsigned long n)
{
	return (uint64_t)READ_ONCE(d->mm.tot_pages) + READ_ONCE(d->mm.stolen_pages) + n > d->mm.max_pages;
}

int assign_page(struct domain *d, struct frame *f, unsigned int order, unsigned int memflags)
{
	unsigned int n = 1U << order;
	long claimed;

	/* A stolen page comes straight from another domain. */
	tlb_flush_since(tlb_all_cpus(), f->tlb_stamp);
	spin_lock(&d->mm.page_alloc_lock);
	if (d->dying) {
		spin_unlock(&d->mm.page_alloc_lock);
		return -EINVAL;
	}
	if (memflags & MEMF_NO_REFCOUNT) {
		d->mm.stolen_pages -= n;
	} else if (beyond_allowance(d, n)) {
		spin_unlock(&d->mm.page_alloc_lock);
		return -E2BIG;
	}
	if (owns_nothing(d) && !domain_get(d)) {
		spin_unlock(&d->mm.page_alloc_lock);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < n; i++) {
		f[i].owner = d;
		f[i].type = 0;
		f[i].tlb_stamp = 0;
		f[i].mapped_elsewhere = false;
		list_add_tail(&f[i].list, &d->mm.page_list);
		__atomic_store_n(&f[i].count, FC_ALLOCATED | 1, __ATOMIC_RELEASE);
	}
	d->mm.tot_pages += n;
	claimed = memflags & MEMF_NO_REFCOUNT ? 0 : (long)MIN(d->mm.outstanding_pages, n);
	d->mm.outstanding_pages -= (unsigned int)claimed;
	if (claimed)
		heap_claim(-claimed);
	spin_unlock(&d->mm.page_alloc_lock);
	return 0;
}

struct frame *alloc_domain_pages(struct domain *d, unsigned int order, unsigned int memflags)
{
	unsigned long n = 1UL << order;
	struct frame *f;

	/* Memory that others have claimed is not there for us. */
	if (n + READ_ONCE(outstanding_claims) > free_frames() + d->mm.outstanding_pages)
		return NULL;
	/* A domain that asks in vain, again and again, shall not have pages cleared for it each time. */
	if (!(memflags & MEMF_NO_REFCOUNT) && beyond_allowance(d, n))
		return NULL;
	f = heap_alloc(order, memflags);
	if (!f)
		return NULL;
	if (!(memflags & MEMF_NO_CLEAR))
		memset(frame_to_virt(f), 0, PAGE_SIZE << order);
	if (!(memflags & MEMF_NO_REFCOUNT) && assign_page(d, f, order, memflags)) {
		heap_free(f, order, 0);
		return NULL;
	}
	return f;
}

bool steal_page(struct domain *d, struct frame *f)
{
	uint64_t two = FC_ALLOCATED | 2;
	bool last;

	/* Our reference, so that the page stays d's while we look. */
	if (!frame_get(f, d))
		return false;
	/*
	 * No other than ours and the owner's: then there is no type reference either, and none can
	 * be taken.
	 */
	if (!__atomic_compare_exchange_n(&f->count, &two, 0, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED)) {
		frame_put(f);
		return false;
	}
	f->type = 0;
	f->tlb_stamp = tlb_now();
	spin_lock(&d->mm.page_alloc_lock);
	list_del(&f->list);
	f->owner = NULL;
	d->mm.tot_pages--;
	/* Its place in the allowance stays taken until it is clear what becomes of it. */
	d->mm.stolen_pages++;
	last = owns_nothing(d);
	spin_unlock(&d->mm.page_alloc_lock);
	if (last)
		domain_put(d);
	return true;
}

void stolen_page_left(struct domain *d)
{
	spin_lock(&d->mm.page_alloc_lock);
	d->mm.stolen_pages--;
	spin_unlock(&d->mm.page_alloc_lock);
}

void free_stolen_page(struct frame *f)
{
	m2p_set(frame_to_mfn(f), INVALID_M2P_ENTRY);
	heap_free(f, 0, tlb_now());
}
