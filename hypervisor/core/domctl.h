/* SPDX-License-Identifier: MIT
 *
 * Control operations: what the files that implement them share.
 *
 * An operation gets the domain it names (with a reference; NULL where it names
 * none) and the argument structure, already copied in. It returns 0 or
 * -errno, or a continuation's value after hypercall_continue(); where the table
 * says so the structure is copied back to the caller on success.
 */
#ifndef HYPERVISOR_CORE_DOMCTL_H
#define HYPERVISOR_CORE_DOMCTL_H

#include <pv-abi/domctl.h>
#include "core/domain.h"

typedef XEN_GUEST_HANDLE(xen_domctl_t) domctl_guest_t;
typedef long domctl_fn(struct domain *d, struct xen_domctl *op, domctl_guest_t guest);

/* domctl_domain.c */
domctl_fn domctl_createdomain, domctl_destroydomain, domctl_pausedomain, domctl_unpausedomain,
	domctl_resumedomain, domctl_getdomaininfo, domctl_setdomainhandle, domctl_settimeoffset,
	domctl_set_virq_handler, domctl_subscribe, domctl_sendtrigger, domctl_max_vcpus,
	domctl_crash_reason, domctl_boot_domain;
/* domctl_vcpu.c */
domctl_fn domctl_setvcpucontext, domctl_getvcpucontext, domctl_getvcpuinfo, domctl_vcpuaffinity,
	domctl_scheduler_op, domctl_ext_vcpucontext, domctl_getvcpuextstate, domctl_setvcpuextstate,
	domctl_get_vcpu_msrs, domctl_set_vcpu_msrs;
/* domctl_mem.c */
domctl_fn domctl_max_mem, domctl_getpageframeinfo3, domctl_hypercall_init, domctl_irq_permission,
	domctl_iomem_permission, domctl_ioport_permission, domctl_memory_mapping, domctl_shadow_op,
	domctl_nodeaffinity;
/* domctl_cpu.c */
domctl_fn domctl_gettscinfo, domctl_settscinfo, domctl_get_cpu_policy, domctl_set_cpu_policy,
	domctl_address_size;

/* hvm/domctl.c */
domctl_fn domctl_hvm_vcpu_page, domctl_hvm_set_state, domctl_hvm_get_state, domctl_hvm_down, domctl_hvm_exits;

void domain_get_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* CPU bitmaps of control operations, in either direction: 0 or -EFAULT. */
int cpumask_from_guest(cpumask_t *m, const struct xenctl_bitmap *b);
int cpumask_to_guest(const struct xenctl_bitmap *b, cpumask_t m);
cpumask_t cpumask_online(void);

#endif
