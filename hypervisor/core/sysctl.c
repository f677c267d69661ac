/* SPDX-License-Identifier: MIT
 *
 * The sysctl hypercall: operations on the whole machine, for the control domain.
 * One at a time; the lock is tried, and the call continued, as for domctl.
 */
#include "core/sysctl.h"
#include <pv-abi/paravane.h>
#include "arch/guest_access.h"
#include "core/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"

static DEFINE_SPINLOCK(sysctl_lock, LOCK_DOMCTL);

struct operation {
	sysctl_fn *fn;
	int refusal;
};

#define OP(name, fn_) [XEN_SYSCTL_##name] = { .fn = fn_ }
#define REFUSE(name, err) [XEN_SYSCTL_##name] = { .refusal = err }

static const struct operation operations[] = {
	OP(readconsole, sysctl_readconsole),
	OP(physinfo, sysctl_physinfo),
	OP(sched_id, sysctl_sched_id),
	OP(getdomaininfolist, sysctl_getdomaininfolist),
	OP(debug_keys, sysctl_debug_keys),
	OP(getcpuinfo, sysctl_getcpuinfo),
	OP(availheap, sysctl_availheap),
	OP(cputopoinfo, sysctl_cputopoinfo),
	OP(numainfo, sysctl_numainfo),
	OP(cpupool_op, sysctl_cpupool_op),
	OP(scheduler_op, sysctl_scheduler_op),
	OP(get_cpu_levelling_caps, sysctl_levelling_caps),

	/* Facilities that a build of Xen may leave out too, with the answers it then gives. */
	REFUSE(tbuf_op, -ENOSYS),
	REFUSE(perfc_op, -ENOSYS),
	REFUSE(lockprof_op, -ENOSYS),
	REFUSE(livepatch_op, -EOPNOTSUPP),
	REFUSE(coverage_op, -EOPNOTSUPP),
	REFUSE(get_pmstat, -ENODEV),
	REFUSE(pm_op, -ENODEV),
	REFUSE(cpu_hotplug, -EOPNOTSUPP),
	REFUSE(page_offline_op, -EOPNOTSUPP),
	REFUSE(psr_cmt_op, -ENODEV),
	REFUSE(psr_alloc, -ENODEV),
	REFUSE(pcitopoinfo, -ENODEV),
	REFUSE(get_cpu_featureset, -EOPNOTSUPP),
	REFUSE(get_cpu_policy, -EOPNOTSUPP),
};

static const struct operation own_operations[] = {
	{ .fn = sysctl_error_reason },
	{ .fn = sysctl_trace_read },
};

static const struct operation *find_operation(uint32_t cmd)
{
	const struct operation *o = NULL;

	if (cmd < ARRAY_SIZE(operations))
		o = &operations[cmd];
	else if (cmd - PARAVANE_SYSCTL_error_reason < ARRAY_SIZE(own_operations))
		o = &own_operations[cmd - PARAVANE_SYSCTL_error_reason];
	return o && (o->fn || o->refusal) ? o : NULL;
}

long do_sysctl(unsigned long arg)
{
	XEN_GUEST_HANDLE(xen_sysctl_t) guest = { (xen_sysctl_t *)arg };
	const struct operation *o;
	struct xen_sysctl op;
	long rc;

	if (!current->domain->privileged)
		return -EPERM;
	if (copy_from_guest(&op, guest, 1))
		return -EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return hypercall_error(-EACCES, "sysctl interface version %#x: expected %#x",
				       op.interface_version, XEN_SYSCTL_INTERFACE_VERSION);
	o = find_operation(op.cmd);
	if (!o)
		return hypercall_error(-ENOSYS, "sysctl %u is not known", op.cmd);
	if (!o->fn)
		return hypercall_error(o->refusal, "sysctl %u is not offered", op.cmd);
	if (!spin_trylock(&sysctl_lock))
		return hypercall_continue(__HYPERVISOR_sysctl, 1, arg);
	rc = o->fn(&op);
	spin_unlock(&sysctl_lock);
	if (rc == 0 && copy_to_guest(guest, &op, 1))
		rc = -EFAULT;
	return rc;
}
