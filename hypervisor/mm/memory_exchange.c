/* SPDX-License-Identifier: MIT
 *
 * XENMEM_exchange: frames for other frames, of another size or below some address. A guest that
 * needs contiguous machine memory for a device gets it so.
 *
 * Per chunk (one extent of the larger side): input frames are stolen, output frames allocated; if
 * that worked the input is freed and the output handed over, else the input is given back. The list
 * of stolen frames is linked through their structures. [Xen public/memory.h] Next:
 * mm/domain_pages.c.
 */
#include "arch/guest_access.h"
#include "core/hypercall.h"
#include "core/rangeset.h"
#include "mm/memory_op.h"
#include "mm/mm_internal.h"

struct exchange {
	struct xen_memory_exchange x;
	struct domain *d;
	unsigned int in_chunk, out_chunk;       /* extents of each side in a chunk, as orders */
	unsigned int memflags;
};

static bool orders_permitted(const struct xen_memory_exchange *x)
{
	struct domain *d = current->domain;
	unsigned int most = MAX(x->in.extent_order, x->out.extent_order);

	return most <= 9 || d->privileged || rangeset_overlaps(d->iomem, 0, ~0UL) ||
	       rangeset_overlaps(d->ioports, 0, ~0UL);
}

static int check(struct exchange *e)
{
	const struct xen_memory_exchange *x = &e->x;
	unsigned int in = x->in.extent_order, out = x->out.extent_order;

	if (MAX(in, out) > memop_max_order() || !orders_permitted(x))
		return (int)hypercall_error(-EPERM, "exchange: extents of 2^%u pages, at most 2^%u",
					    MAX(in, out), memop_max_order());
	if (x->nr_exchanged > x->in.nr_extents || x->in.domid != x->out.domid ||
	    x->in.nr_extents > ~0UL >> in || x->out.nr_extents > ~0UL >> out ||
	    x->in.nr_extents << in != x->out.nr_extents << out)
		return (int)hypercall_error(-EINVAL,
			"exchange: both sides must be of the same domain and size");
	e->in_chunk = in <= out ? out - in : 0;
	e->out_chunk = in <= out ? 0 : in - out;
	if (!memop_flags(x->out.mem_flags, &e->memflags))
		return -EINVAL;
	return 0;
}

/* Frames of a chunk that cannot be exchanged after all. */
static void give_back(struct domain *d, struct list *in)
{
	while (!list_empty(in)) {
		struct frame *f = list_first(in, struct frame, list);

		list_del(&f->list);
		if (assign_page(d, f, 0, MEMF_NO_REFCOUNT))
			free_stolen_page(f);
	}
}

static int steal_chunk(struct exchange *e, unsigned long chunk, struct list *in)
{
	for (unsigned long j = 0; j < 1UL << e->in_chunk; j++) {
		xen_pfn_t m = 0;

		if (copy_from_guest_offset(&m, e->x.in.extent_start, (chunk << e->in_chunk) + j, 1))
			return -EFAULT;
		for (unsigned long k = 0; k < 1UL << e->x.in.extent_order; k++) {
			struct frame *f;

			if (!mfn_valid(mfn(m + k)))
				return (int)hypercall_error(-EINVAL,
					"exchange: frame %lx does not exist", m + k);
			f = mfn_to_frame(mfn(m + k));
			if (!steal_page(e->d, f))
				return (int)hypercall_error(-EINVAL,
					"exchange: frame %lx is in use or not d%u's", m + k,
					e->d->domid);
			list_add_tail(&f->list, in);
		}
	}
	return 0;
}

static void free_out(struct frame **out, unsigned long n, unsigned int order)
{
	for (unsigned long j = 0; j < n; j++)
		heap_free(out[j], order, 0);
}

/* After this nothing fails; a domain that dies meanwhile gets nothing, and the frames go back. */
static int hand_over(struct exchange *e, unsigned long chunk, struct frame **out)
{
	unsigned int order = e->x.out.extent_order;
	int rc = 0;

	for (unsigned long j = 0; j < 1UL << e->out_chunk; j++) {
		unsigned long at = (chunk << e->out_chunk) + j;
		xen_pfn_t gpfn, m = frame_to_mfn(out[j]).n;

		if (assign_page(e->d, out[j], order, MEMF_NO_REFCOUNT)) {
			heap_free(out[j], order, 0);
			rc = -EINVAL;
			continue;
		}
		if (copy_from_guest_offset(&gpfn, e->x.out.extent_start, at, 1)) {
			rc = -EFAULT;
			continue;
		}
		for (unsigned long k = 0; k < 1UL << order; k++)
			m2p_set(mfn(m + k), gpfn + k);
		if (copy_to_guest_offset(e->x.out.extent_start, at, &m, 1))
			rc = -EFAULT;
	}
	return rc;
}

static int exchange_chunk(struct exchange *e, unsigned long chunk, struct frame **out)
{
	struct list in = LIST_INIT(in);
	unsigned long n = 0;
	int rc = steal_chunk(e, chunk, &in);

	while (!rc && n < 1UL << e->out_chunk) {
		out[n] = alloc_domain_pages(e->d, e->x.out.extent_order,
					    e->memflags | MEMF_NO_REFCOUNT);
		if (out[n])
			n++;
		else
			rc = (int)hypercall_error(-ENOMEM, "exchange: no extent of 2^%u pages",
						  e->x.out.extent_order);
	}
	if (rc) {
		free_out(out, n, e->x.out.extent_order);
		give_back(e->d, &in);
		return rc;
	}
	while (!list_empty(&in)) {
		struct frame *f = list_first(&in, struct frame, list);

		list_del(&f->list);
		free_stolen_page(f);
	}
	return hand_over(e, chunk, out);
}

static int exchange_all(struct exchange *e, struct frame **out, unsigned long *i)
{
	unsigned long n = e->x.in.nr_extents >> e->in_chunk;
	bool first = true;

	for (; *i < n; (*i)++) {
		int rc;

		if (!first && hypercall_preempt_check())
			return -ERESTART;
		first = false;
		rc = exchange_chunk(e, *i, out);
		if (rc)
			return rc;
	}
	return 0;
}

long memop_exchange(unsigned long cmd, unsigned long arg)
{
	struct xen_memory_exchange *guest = (struct xen_memory_exchange *)arg;
	struct exchange e;
	struct frame **out;
	unsigned long i;
	int rc;

	if (unlikely(current->mm.unfinished[0]) && mm_finish_unfinished(current))
		return hypercall_continue(__HYPERVISOR_memory_op, 2, cmd, arg);
	if (copy_from_guest_va(&e.x, guest, sizeof(e.x)))
		return -EFAULT;
	rc = check(&e);
	if (rc)
		return rc;
	e.d = memop_domain(e.x.in.domid, &rc);
	if (e.d && is_hvm_domain(e.d)) {
		rc = (int)hypercall_error(-EOPNOTSUPP, "exchange: domain %u is fully virtualized", e.d->domid);
		domain_put(e.d);
		e.d = NULL;
	}
	if (!e.d)
		return rc;
	out = kmalloc(sizeof(*out) << e.out_chunk);
	if (!out) {
		domain_put(e.d);
		return -ENOMEM;
	}
	i = e.x.nr_exchanged >> e.in_chunk;
	rc = exchange_all(&e, out, &i);
	kfree(out);
	domain_put(e.d);
	e.x.nr_exchanged = rc ? i << e.in_chunk : e.x.in.nr_extents;
	if (copy_to_guest_va(&guest->nr_exchanged, &e.x.nr_exchanged, sizeof(e.x.nr_exchanged)))
		rc = -EFAULT;
	if (rc == -ERESTART)
		return hypercall_continue(__HYPERVISOR_memory_op, 2, cmd, arg);
	return rc;
}
