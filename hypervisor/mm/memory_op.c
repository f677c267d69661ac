/* SPDX-License-Identifier: MIT
 *
 * The memory_op hypercall: dispatch and the operations that only look something up.
 *
 * Operations on translated guests' memory (physmap, paging, sharing, access) answer as Xen does
 * for a PV domain. [Xen public/memory.h] Next: mm/memory_reservation.c.
 */
#include "mm/memory_op.h"
#include "arch/guest_access.h"
#include "core/hypercall.h"
#include "core/rangeset.h"
#include "mm/mm_internal.h"

struct domain *memop_domain(domid_t id, int *err)
{
	struct domain *d = domain_find_get(id);

	if (!d) {
		*err = (int)hypercall_error(-ESRCH, "there is no domain %u", id);
		return NULL;
	}
	if (d != current->domain && !current->domain->privileged) {
		domain_put(d);
		*err = -EPERM;
		return NULL;
	}
	return d;
}

unsigned int memop_max_order(void)
{
	return current->domain->privileged ? MAX_ORDER : 9;
}

bool memop_flags(unsigned int mem_flags, unsigned int *memflags)
{
	unsigned int bits = XENMEMF_get_address_bits(mem_flags);

	*memflags = 0;
	if (!bits)
		return true;
	if (bits <= PAGE_SHIFT)
		return false;
	/* So many that all of the memory can be addressed. */
	if (bits >= 52 || max_mfn <= 1UL << (bits - PAGE_SHIFT))
		return true;
	*memflags = MEMF_BITS(bits);
	return true;
}

static long domain_number(unsigned int op, unsigned long arg)
{
	struct xen_memory_domain a;
	unsigned long max_pfn;
	struct domain *d;
	int rc;
	long n;

	if (copy_from_guest_va(&a, (const void *)arg, sizeof(a)))
		return -EFAULT;
	d = memop_domain(a.domid, &rc);
	if (!d)
		return rc;
	switch (op) {
	case XENMEM_current_reservation:
		n = d->mm.tot_pages;
		break;
	case XENMEM_maximum_reservation:
		n = d->mm.max_pages;
		break;
	default:
		/* A PV guest says how many PFNs it has. */
		max_pfn = d->shared_info ? READ_ONCE(d->shared_info->arch.max_pfn) : 0;
		n = max_pfn ? (long)(max_pfn - 1) : 0;
		break;
	}
	domain_put(d);
	return n;
}

/*
 * For guests whose frames are translated; which is none of ours. The domain is looked up first, as
 * Xen does.
 */
static long translated_only(domid_t id, int err)
{
	struct domain *d = domain_find_get(id);

	if (!d)
		return hypercall_error(-ESRCH, "there is no domain %u", id);
	domain_put(d);
	return hypercall_error(err, "domain %u is paravirtualized: it has no translation to change",
			       id);
}

static long physmap_op(unsigned int op, unsigned long arg)
{
	domid_t id;     /* the first field of each of these arguments */

	_Static_assert(offsetof(struct xen_add_to_physmap, domid) == 0 &&
		       offsetof(struct xen_add_to_physmap_batch, domid) == 0 &&
		       offsetof(struct xen_remove_from_physmap, domid) == 0, "domid first");
	if (copy_from_guest_va(&id, (const void *)arg, sizeof(id)))
		return -EFAULT;
	return translated_only(id, -EACCES);
}

static long pod_op(unsigned long arg)
{
	struct xen_pod_target t;

	if (copy_from_guest_va(&t, (const void *)arg, sizeof(t)))
		return -EFAULT;
	return translated_only(t.domid, -EINVAL);
}

static long access_op(unsigned long arg)
{
	struct xen_mem_access_op a;

	if (copy_from_guest_va(&a, (const void *)arg, sizeof(a)))
		return -EFAULT;
	return translated_only(a.domid, -ENODEV);
}

static long vnuma_op(unsigned long arg)
{
	struct xen_vnuma_topology_info t;
	struct domain *d;
	int rc;

	if (copy_from_guest_va(&t, (const void *)arg, sizeof(t)))
		return -EFAULT;
	if (t.pad)
		return -EINVAL;
	d = memop_domain(t.domid, &rc);
	if (!d)
		return rc;
	domain_put(d);
	return hypercall_error(-EOPNOTSUPP, "domain %u has no virtual NUMA topology", t.domid);
}

/* No IOMMU, so no device has memory of its own to leave alone. */
static long rdm_op(unsigned long arg)
{
	struct xen_reserved_device_memory_map m;

	if (copy_from_guest_va(&m, (const void *)arg, sizeof(m)))
		return -EFAULT;
	if (m.flags & ~(unsigned int)XENMEM_RDM_ALL)
		return -EINVAL;
	m.nr_entries = 0;
	return copy_to_guest_va((void *)arg, &m, sizeof(m)) ? -EFAULT : 0;
}

long do_memory_op(unsigned long cmd, unsigned long arg)
{
	unsigned int op = (unsigned int)cmd & MEMOP_CMD_MASK;
	unsigned long start = (unsigned int)cmd >> MEMOP_EXTENT_SHIFT;

	switch (op) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
		return memop_reservation(op, start, arg);
	case XENMEM_acquire_resource:
		return memop_acquire_resource(start, arg);
	case XENMEM_add_to_physmap:
	case XENMEM_add_to_physmap_batch:
		return physmap_op(op, arg);
	default:
		break;
	}
	if (start)
		return hypercall_error(-EINVAL, "memory_op %u is not one that continues", op);
	switch (op) {
	case XENMEM_exchange:
		return memop_exchange(cmd, arg);
	case XENMEM_maximum_ram_page:
		return (long)max_mfn;
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
		return domain_number(op, arg);
	case XENMEM_machphys_mfn_list:
		return memop_machphys_mfn_list(arg);
	case XENMEM_machphys_mapping:
		return memop_machphys_mapping(arg);
	case XENMEM_memory_map:
		return memop_memory_map(arg);
	case XENMEM_set_memory_map:
		return memop_set_memory_map(arg);
	case XENMEM_machine_memory_map:
		return memop_machine_memory_map(arg);
	case XENMEM_claim_pages:
		return memop_claim(arg);
	case XENMEM_remove_from_physmap:
		return physmap_op(op, arg);
	case XENMEM_set_pod_target:
	case XENMEM_get_pod_target:
		return pod_op(arg);
	case XENMEM_access_op:
		return access_op(arg);
	case XENMEM_paging_op:
	case XENMEM_sharing_op:
		return hypercall_error(-EOPNOTSUPP,
				       "pages of domains are neither paged nor shared");
	case XENMEM_get_sharing_freed_pages:
	case XENMEM_get_sharing_shared_pages:
		return 0;
	case XENMEM_get_vnumainfo:
		return vnuma_op(arg);
	case XENMEM_reserved_device_memory_map:
		return rdm_op(arg);
	default:
		return hypercall_error(-ENOSYS, "memory_op %u does not exist", op);
	}
}
