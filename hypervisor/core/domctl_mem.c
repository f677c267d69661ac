/* SPDX-License-Identifier: MIT
 *
 * Control operations on a domain's memory and on its access to hardware.
 */
#include "arch/guest_access.h"
#include "arch/irq.h"
#include "core/domctl.h"
#include "core/hypercall.h"
#include "core/rangeset.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame.h"

long domctl_max_mem(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	uint64_t pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);

	spin_lock(&d->mm.page_alloc_lock);
	d->mm.max_pages = (unsigned int)MIN(pages, (uint64_t)UINT32_MAX);
	spin_unlock(&d->mm.page_alloc_lock);
	return 0;
}

/* --- what kind of page is each --- */

#define PFINFO_CHUNK 64
#define PFINFO_MAX   1024

static unsigned long page_kind(struct domain *d, unsigned long m)
{
	unsigned long kind = XEN_DOMCTL_PFINFO_NOTAB;
	struct frame *f;
	uint64_t type;

	if (is_hvm_domain(d))
		f = p2m_get_frame(d, m);
	else
		f = mfn_valid(mfn(m)) ? frame_get_from_mfn(mfn(m), d) : NULL;
	if (!f)
		return XEN_DOMCTL_PFINFO_XTAB;
	type = READ_ONCE(f->type);
	switch (frame_type_of(type)) {
	case FRAME_L1:
		kind = XEN_DOMCTL_PFINFO_L1TAB;
		break;
	case FRAME_L2:
		kind = XEN_DOMCTL_PFINFO_L2TAB;
		break;
	case FRAME_L3:
		kind = XEN_DOMCTL_PFINFO_L3TAB;
		break;
	case FRAME_L4:
		kind = XEN_DOMCTL_PFINFO_L4TAB;
		break;
	default:
		break;
	}
	if (type & FT_PINNED)
		kind |= XEN_DOMCTL_PFINFO_LPINTAB;
	frame_put(f);
	return kind;
}

long domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct xen_domctl_getpageframeinfo3 *p = &op->u.getpageframeinfo3;
	xen_pfn_t chunk[PFINFO_CHUNK];

	if (p->num > PFINFO_MAX)
		return hypercall_error(-E2BIG, "getpageframeinfo3: %lu frames: at most %u",
				       (unsigned long)p->num, PFINFO_MAX);
	for (unsigned long i = 0; i < p->num; i += PFINFO_CHUNK) {
		unsigned long n = MIN(p->num - i, (unsigned long)PFINFO_CHUNK);

		if (copy_from_guest_offset(chunk, p->array, i, n))
			return -EFAULT;
		for (unsigned long j = 0; j < n; j++)
			chunk[j] = page_kind(d, chunk[j]);
		if (copy_to_guest_offset(p->array, i, chunk, n))
			return -EFAULT;
	}
	return 0;
}

long domctl_hypercall_init(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	unsigned long m = op->u.hypercall_init.gmfn;
	struct frame *f;

	if (is_hvm_domain(d))
		return hypercall_error(-EOPNOTSUPP, "hypercall_init: domain %u is fully virtualized", d->domid);
	f = frame_get_from_mfn(mfn(m), d);
	if (!f || !frame_get_type(f, FRAME_WRITABLE)) {
		if (f)
			frame_put(f);
		return hypercall_error(-EACCES, "hypercall_init: frame %#lx is not a writable one of domain %u",
				       m, d->domid);
	}
	pv_write_hypercall_page(mfn_to_virt(mfn(m)));
	frame_put_and_type(f);
	return 0;
}

/* PV guests have no translation of their own: a mapping is a permission and nothing else. */
long domctl_memory_mapping(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	const struct xen_domctl_memory_mapping *m = &op->u.memory_mapping;

	if (is_hvm_domain(d))
		return hypercall_error(-EOPNOTSUPP, "memory_mapping: devices are not given to fully virtualized domains");
	if (m->first_mfn + m->nr_mfns - 1 < m->first_mfn || m->first_gfn + m->nr_mfns - 1 < m->first_gfn)
		return hypercall_error(-EINVAL, "memory_mapping: the range wraps");
	if (!rangeset_contains(current->domain->iomem, m->first_mfn, m->first_mfn + m->nr_mfns - 1))
		return hypercall_error(-EPERM, "memory_mapping: not the caller's to give");
	return 0;
}

/* Live migration needs log-dirty mode, which is not offered yet. */
long domctl_shadow_op(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	if (d == current->domain)
		return hypercall_error(-EINVAL, "not on the calling domain");
	if (op->u.shadow_op.op == XEN_DOMCTL_SHADOW_OP_OFF)
		return 0;
	return hypercall_error(-EOPNOTSUPP, "shadow_op %u: there is no shadow paging",
			       op->u.shadow_op.op);
}

/* One node holds everything. */
long domctl_nodeaffinity(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	cpumask_t nodes = { 1 };

	if (op->cmd == XEN_DOMCTL_getnodeaffinity)
		return cpumask_to_guest(&op->u.nodeaffinity.nodemap, nodes);
	if (cpumask_from_guest(&nodes, &op->u.nodeaffinity.nodemap))
		return -EFAULT;
	if (!(nodes.bits & 1))
		return hypercall_error(-EINVAL, "nodeaffinity: there is only node 0");
	return 0;
}

/* --- hardware access; what is given must be the giver's --- */

static long change(struct rangeset *to, const struct rangeset *from, const char *what,
		   unsigned long first, unsigned long nr, bool allow)
{
	unsigned long last = first + nr - 1;

	if (nr == 0 || last < first)
		return hypercall_error(-EINVAL, "%s_permission: %lu from %#lx on", what, nr, first);
	if (!rangeset_contains(from, first, last))
		return hypercall_error(-EPERM, "%s_permission: %#lx to %#lx is not the caller's to give",
				       what, first, last);
	return allow ? rangeset_add(to, first, last) : rangeset_remove(to, first, last);
}

long domctl_irq_permission(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	const struct xen_domctl_irq_permission *p = &op->u.irq_permission;

	if (p->pirq >= NR_PIRQS)
		return hypercall_error(-EINVAL, "irq_permission: pirq %u: at most %u", p->pirq,
				       NR_PIRQS - 1);
	return change(d->irqs, current->domain->irqs, "irq", p->pirq, 1, p->allow_access);
}

long domctl_iomem_permission(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	const struct xen_domctl_iomem_permission *p = &op->u.iomem_permission;

	return change(d->iomem, current->domain->iomem, "iomem", p->first_mfn, p->nr_mfns,
		      p->allow_access);
}

long domctl_ioport_permission(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	const struct xen_domctl_ioport_permission *p = &op->u.ioport_permission;

	if ((uint64_t)p->first_port + p->nr_ports > 65536)
		return hypercall_error(-EINVAL, "ioport_permission: %u from %#x on", p->nr_ports,
				       p->first_port);
	return change(d->ioports, current->domain->ioports, "ioport", p->first_port, p->nr_ports,
		      p->allow_access);
}
