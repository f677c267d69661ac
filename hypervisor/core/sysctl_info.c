/* SPDX-License-Identifier: MIT
 *
 * What the machine has and what is going on there.
 */
#include "arch/clock.h"
#include "arch/guest_access.h"
#include "arch/x86.h"
#include "core/domctl.h"
#include "core/hypercall.h"
#include "core/sysctl.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "mm/frame.h"

/* The words of features in the order in which tools have always printed them. */
static void hardware_features(uint32_t cap[8])
{
	struct cpuid_regs basic = cpuid(1), extended = cpuid(0x80000001), leaf7 = cpuid_count(7, 0);

	cap[0] = basic.d;
	cap[1] = basic.c;
	cap[2] = extended.d;
	cap[3] = extended.c;
	cap[4] = cpuid(0xd).a >= 0xd ? cpuid_count(0xd, 1).a : 0;
	cap[5] = leaf7.b;
	cap[6] = leaf7.c;
	cap[7] = cpuid(0x80000007).d;
}

long sysctl_physinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_physinfo *p = &op->u.physinfo;

	memset(p, 0, sizeof(*p));
	p->threads_per_core = 1;
	p->cores_per_socket = nr_cpus;
	p->nr_cpus = nr_cpus;
	p->max_cpu_id = nr_cpus - 1;
	p->nr_nodes = 1;
	p->cpu_khz = tsc_khz;
	p->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1 |
			  XEN_SYSCTL_PHYSCAP_gnttab_v2;
	p->total_pages = total_frames();
	p->free_pages = free_frames();
	p->outstanding_pages = READ_ONCE(outstanding_claims);
	p->max_mfn = max_mfn - 1;
	hardware_features(p->hw_cap);
	return 0;
}

long sysctl_getcpuinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
	struct xen_sysctl_cpuinfo info;
	uint32_t n = MIN(g->max_cpus, nr_cpus);

	for (uint32_t i = 0; i < n; i++) {
		info.idletime = cpu_idle_time(i);
		if (copy_to_guest_offset(g->info, i, &info, 1))
			return -EFAULT;
	}
	g->nr_cpus = n;
	return 0;
}

long sysctl_availheap(struct xen_sysctl *op)
{
	struct xen_sysctl_availheap *a = &op->u.availheap;

	/* There is no account by address width: the whole heap is what there is. */
	a->avail_bytes = a->node <= 0 ? (uint64_t)free_frames() << PAGE_SHIFT : 0;
	return 0;
}

long sysctl_cputopoinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
	struct xen_sysctl_cputopo topo = { 0 };

	if (guest_handle_is_null(t->cputopo)) {
		t->num_cpus = nr_cpus;
		return 0;
	}
	t->num_cpus = MIN(t->num_cpus, nr_cpus);
	for (uint32_t i = 0; i < t->num_cpus; i++) {
		topo.core = i;
		if (copy_to_guest_offset(t->cputopo, i, &topo, 1))
			return -EFAULT;
	}
	return 0;
}

long sysctl_numainfo(struct xen_sysctl *op)
{
	struct xen_sysctl_numainfo *n = &op->u.numainfo;
	struct xen_sysctl_meminfo mem = {
		.memsize = (uint64_t)total_frames() << PAGE_SHIFT,
		.memfree = (uint64_t)free_frames() << PAGE_SHIFT,
	};
	uint32_t distance = 10;
	bool room = n->num_nodes >= 1;

	if (room && !guest_handle_is_null(n->meminfo) && copy_to_guest(n->meminfo, &mem, 1))
		return -EFAULT;
	if (room && !guest_handle_is_null(n->distance) && copy_to_guest(n->distance, &distance, 1))
		return -EFAULT;
	if (guest_handle_is_null(n->meminfo) && guest_handle_is_null(n->distance))
		n->num_nodes = 1;
	else
		n->num_nodes = MIN(n->num_nodes, 1U);
	return 0;
}

long sysctl_getdomaininfolist(struct xen_sysctl *op)
{
	struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
	struct domain *d = domain_next(NULL, l->first_domain);
	uint32_t n = 0;
	long rc = 0;

	while (d && n < l->max_domains) {
		struct xen_domctl_getdomaininfo info;

		domain_get_info(d, &info);
		if (copy_to_guest_offset(l->buffer, n, &info, 1)) {
			rc = -EFAULT;
			break;
		}
		n++;
		d = domain_next(d, (domid_t)(d->domid + 1));
	}
	if (d)
		domain_put(d);
	l->num_domains = n;
	return rc;
}

long sysctl_levelling_caps(struct xen_sysctl *op)
{
	op->u.cpu_levelling_caps.caps = 0;
	return 0;
}
