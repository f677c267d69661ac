/* SPDX-License-Identifier: MIT
 *
 * XENMEM_acquire_resource: frames that the hypervisor keeps for a domain, for a toolstack to map. A
 * PV caller gets machine frames, and maps them as the domain's.
 *
 * [Xen public/memory.h] Next: core/grant_table.c.
 */
#include "arch/guest_access.h"
#include "core/grant.h"
#include "core/hypercall.h"
#include "mm/memory_op.h"
#include "mm/mm_internal.h"

/* -EOPNOTSUPP, -EINVAL or 0 and the frame's number. */
static int resource_frame(struct domain *d, const struct xen_mem_acquire_resource *r,
			  unsigned long i, mfn_t *out)
{
	unsigned long idx = r->frame + i;

	if (idx < r->frame || idx > UINT32_MAX)
		return -EINVAL;
	return grant_get_frame(d, idx, r->id == XENMEM_resource_grant_table_id_status, out);
}

static int check(const struct xen_mem_acquire_resource *r)
{
	if (r->pad)
		return (int)hypercall_error(-EINVAL, "acquire_resource: pad must be 0");
	switch (r->type) {
	case XENMEM_resource_grant_table:
		if (r->id > XENMEM_resource_grant_table_id_status)
			return (int)hypercall_error(-EINVAL, "grant table has no resource %u",
						    r->id);
		return 0;
	case XENMEM_resource_ioreq_server:
	case XENMEM_resource_vmtrace_buf:
		return (int)hypercall_error(-EINVAL,
			"a paravirtualized domain has no resource of type %u", r->type);
	default:
		return (int)hypercall_error(-EINVAL, "resource type %u does not exist", r->type);
	}
}

static long fill_list(struct domain *d, const struct xen_mem_acquire_resource *r,
		      unsigned long start, unsigned long arg)
{
	for (unsigned long i = start; i < r->nr_frames; i++) {
		xen_pfn_t pfn;
		mfn_t m;
		int rc;

		if (i != start && hypercall_preempt_check())
			return hypercall_continue(__HYPERVISOR_memory_op, 2,
						  XENMEM_acquire_resource | i << MEMOP_EXTENT_SHIFT,
						  arg);
		rc = resource_frame(d, r, i, &m);
		if (rc)
			return rc;
		pfn = m.n;
		if (copy_to_guest_offset(r->frame_list, i, &pfn, 1))
			return -EFAULT;
	}
	return 0;
}

long memop_acquire_resource(unsigned long start, unsigned long arg)
{
	struct xen_mem_acquire_resource r, *guest = (struct xen_mem_acquire_resource *)arg;
	struct domain *d;
	long rc;
	int err;

	if (copy_from_guest_va(&r, guest, sizeof(r)))
		return -EFAULT;
	rc = check(&r);
	if (rc)
		return rc;
	if (r.nr_frames > UINT32_MAX >> MEMOP_EXTENT_SHIFT)
		return -E2BIG;
	if (r.domid == DOMID_SELF || r.domid == current->domain->domid)
		return hypercall_error(-EPERM, "acquire_resource: not of the caller itself");
	d = memop_domain(r.domid, &err);
	if (!d)
		return err;
	if (r.frame_list.p) {
		rc = start <= r.nr_frames ? fill_list(d, &r, start, arg) : -EINVAL;
	} else if (r.nr_frames || start) {
		rc = -EINVAL;
	} else {
		r.nr_frames = grant_max_frames(d, r.id == XENMEM_resource_grant_table_id_status);
		rc = copy_to_guest_va(&guest->nr_frames, &r.nr_frames, sizeof(r.nr_frames)) ?
			-EFAULT : 0;
	}
	domain_put(d);
	return rc;
}
