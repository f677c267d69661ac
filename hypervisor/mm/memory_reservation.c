/* SPDX-License-Identifier: MIT
 *
 * A domain's allowance: more frames, fewer frames, claims on frames to come.
 *
 * These operations return how many extents they did, and stop at the first that fails. Beyond
 * argument errors there is no other way to tell the guest. [Xen public/memory.h]
 *
 * Locks: none here. Next: mm/domain_pages.c.
 */
#include "arch/guest_access.h"
#include "core/hypercall.h"
#include "mm/heap.h"
#include "mm/memory_op.h"
#include "mm/mm_internal.h"

struct extents {
	struct domain *d;
	xen_pfn_t *list;        /* guest's, may be NULL for increase */
	unsigned int order, memflags;
};

/* One extent. False: stop here. */
static bool increase_one(const struct extents *e, unsigned long i)
{
	struct frame *f = alloc_domain_pages(e->d, e->order, e->memflags);
	xen_pfn_t m;

	if (!f)
		return false;
	if (!e->list)
		return true;
	m = frame_to_mfn(f).n;
	return !copy_to_guest_va(&e->list[i], &m, sizeof(m));
}

/* Of a fully virtualized domain extents are guest frames, and no list is written to. */
static bool translated_increase(const struct extents *e, unsigned long i)
{
	hypercall_error(-EINVAL, "domain %u is fully virtualized: memory is populated at guest frames", e->d->domid);
	return false;
}

static bool translated_populate(const struct extents *e, unsigned long i)
{
	xen_pfn_t gfn;

	return !copy_from_guest_va(&gfn, &e->list[i], sizeof(gfn)) && p2m_populate(e->d, gfn, e->order, e->memflags);
}

static bool translated_decrease(const struct extents *e, unsigned long i)
{
	xen_pfn_t gfn;

	return !copy_from_guest_va(&gfn, &e->list[i], sizeof(gfn)) && p2m_remove(e->d, gfn, e->order);
}

static bool populate_one(const struct extents *e, unsigned long i)
{
	xen_pfn_t gpfn, m;
	struct frame *f;

	if (copy_from_guest_va(&gpfn, &e->list[i], sizeof(gpfn)))
		return false;
	f = alloc_domain_pages(e->d, e->order, e->memflags);
	if (!f) {
		hypercall_error(-ENOMEM,
			"domain %u: extent %lu of 2^%u pages: has %u, may have %u, free %lu",
			e->d->domid, i, e->order, e->d->mm.tot_pages, e->d->mm.max_pages,
			free_frames());
		return false;
	}
	m = frame_to_mfn(f).n;
	for (unsigned long j = 0; j < 1UL << e->order; j++)
		m2p_set(mfn(m + j), gpfn + j);
	return !copy_to_guest_va(&e->list[i], &m, sizeof(m));
}

static bool remove_page(struct domain *d, mfn_t m)
{
	struct frame *f = frame_get_from_mfn(m, d);

	if (!f) {
		hypercall_error(-EINVAL, "domain %u: frame %lx is not its to give back", d->domid,
				m.n);
		return false;
	}
	/* What the hypervisor shares with the domain is not part of its reservation. */
	if (READ_ONCE(f->count) & FC_XEN) {
		frame_put(f);
		return false;
	}
	frame_drop_allocated(f);
	frame_put(f);
	return true;
}

static bool decrease_one(const struct extents *e, unsigned long i)
{
	xen_pfn_t m;

	if (copy_from_guest_va(&m, &e->list[i], sizeof(m)))
		return false;
	for (unsigned long j = 0; j < 1UL << e->order; j++)
		if (!remove_page(e->d, mfn(m + j)))
			return false;
	return true;
}

long memop_reservation(unsigned int op, unsigned long start, unsigned long arg)
{
	bool (*one)(const struct extents *, unsigned long) = op == XENMEM_increase_reservation ?
		increase_one :
		op == XENMEM_decrease_reservation ? decrease_one : populate_one;
	struct xen_memory_reservation r;
	struct extents e;
	unsigned long i;
	bool again = false;
	int rc;

	if (unlikely(current->mm.unfinished[0]) && mm_finish_unfinished(current))
		return hypercall_continue(__HYPERVISOR_memory_op, 2,
					  op | start << MEMOP_EXTENT_SHIFT, arg);
	if (copy_from_guest_va(&r, (const void *)arg, sizeof(r)))
		return (long)start;
	/* A continuation could not say where it is. */
	if (r.nr_extents > UINT32_MAX >> MEMOP_EXTENT_SHIFT || start >= r.nr_extents)
		return (long)start;
	if (r.extent_order > memop_max_order() || !memop_flags(r.mem_flags, &e.memflags))
		return (long)start;
	e.d = memop_domain(r.domid, &rc);
	if (!e.d)
		return (long)start;
	if (CONFIG_HVM && unlikely(is_hvm_domain(e.d)))
		one = op == XENMEM_increase_reservation ? translated_increase :
		      op == XENMEM_decrease_reservation ? translated_decrease : translated_populate;
	e.list = r.extent_start.p;
	e.order = r.extent_order;
	for (i = start; i < r.nr_extents; i++) {
		if (i != start && hypercall_preempt_check()) {
			again = true;
			break;
		}
		if (!one(&e, i))
			break;
	}
	domain_put(e.d);
	if (again)
		return hypercall_continue(__HYPERVISOR_memory_op, 2, op | i << MEMOP_EXTENT_SHIFT,
					  arg);
	return (long)i;
}

static int set_claim(struct domain *d, unsigned long pages)
{
	unsigned long more;
	int rc = 0;

	spin_lock(&d->mm.page_alloc_lock);
	if (!pages) {
		heap_claim(-(long)d->mm.outstanding_pages);
		d->mm.outstanding_pages = 0;
	} else if (d->mm.outstanding_pages || pages <= d->mm.tot_pages || pages > d->mm.max_pages) {
		rc = -EINVAL;
	} else {
		more = pages - d->mm.tot_pages;
		if (heap_claim((long)more))
			d->mm.outstanding_pages = (unsigned int)more;
		else
			rc = -ENOMEM;
	}
	spin_unlock(&d->mm.page_alloc_lock);
	return rc;
}

long memop_claim(unsigned long arg)
{
	struct xen_memory_reservation r;
	struct domain *d;
	int rc;

	if (copy_from_guest_va(&r, (const void *)arg, sizeof(r)))
		return -EFAULT;
	if (r.extent_start.p || r.extent_order || r.mem_flags)
		return hypercall_error(-EINVAL,
				       "claim: extent_start, extent_order and mem_flags must be 0");
	d = domain_find_get(r.domid);
	if (!d)
		return hypercall_error(-EINVAL, "there is no domain %u", r.domid);
	rc = current->domain->privileged ? set_claim(d, r.nr_extents) : -EPERM;
	domain_put(d);
	return rc;
}
