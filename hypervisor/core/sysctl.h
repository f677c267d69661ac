/* SPDX-License-Identifier: MIT
 *
 * System control operations: what the files that implement them share. See domctl.h.
 */
#ifndef HYPERVISOR_CORE_SYSCTL_H
#define HYPERVISOR_CORE_SYSCTL_H

#include <pv-abi/sysctl.h>
#include "core/domain.h"

/* 0 or -errno; on success the structure is copied back. */
typedef long sysctl_fn(struct xen_sysctl *op);

/* sysctl_info.c */
sysctl_fn sysctl_physinfo, sysctl_getcpuinfo, sysctl_availheap, sysctl_cputopoinfo, sysctl_numainfo,
	sysctl_getdomaininfolist, sysctl_levelling_caps;
/* sysctl_sched.c */
sysctl_fn sysctl_sched_id, sysctl_scheduler_op, sysctl_cpupool_op;
/* sysctl_debug.c */
sysctl_fn sysctl_readconsole, sysctl_debug_keys, sysctl_error_reason, sysctl_trace_read;

#endif
