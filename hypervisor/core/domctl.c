/* SPDX-License-Identifier: MIT
 *
 * The domctl hypercall: one table of operations.
 *
 * One runs at a time, machine-wide. Who finds the lock taken does not spin, for the
 * holder may be waiting until the spinner's domain is off its CPU: the
 * hypercall is continued instead, and the caller's vCPU can be paused meanwhile.
 *
 * What Xen implements and we do not is in the table too, with the error that Xen
 * gives where the facility is switched off; all else is -ENOSYS.
 */
#include "core/domctl.h"
#include <pv-abi/paravane.h>
#include "arch/guest_access.h"
#include "core/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"

static DEFINE_SPINLOCK(domctl_lock, LOCK_DOMCTL);

enum { NO_DOMAIN = 1, COPY_BACK = 2 };

struct operation {
	domctl_fn *fn;
	int refusal;            /* without fn: the error */
	unsigned int flags;
};

#define OP(name, fn_, flags_) [XEN_DOMCTL_##name] = { .fn = fn_, .flags = flags_ }
#define REFUSE(name, err) [XEN_DOMCTL_##name] = { .refusal = err }

static const struct operation operations[] = {
	OP(createdomain, domctl_createdomain, NO_DOMAIN | COPY_BACK),
	OP(destroydomain, domctl_destroydomain, 0),
	OP(pausedomain, domctl_pausedomain, 0),
	OP(unpausedomain, domctl_unpausedomain, 0),
	OP(resumedomain, domctl_resumedomain, 0),
	OP(getdomaininfo, domctl_getdomaininfo, NO_DOMAIN | COPY_BACK),
	OP(setdomainhandle, domctl_setdomainhandle, 0),
	OP(settimeoffset, domctl_settimeoffset, 0),
	OP(set_virq_handler, domctl_set_virq_handler, 0),
	OP(subscribe, domctl_subscribe, 0),
	OP(sendtrigger, domctl_sendtrigger, 0),
	OP(max_vcpus, domctl_max_vcpus, 0),

	OP(setvcpucontext, domctl_setvcpucontext, 0),
	OP(getvcpucontext, domctl_getvcpucontext, 0),
	OP(getvcpuinfo, domctl_getvcpuinfo, COPY_BACK),
	OP(setvcpuaffinity, domctl_vcpuaffinity, 0),
	OP(getvcpuaffinity, domctl_vcpuaffinity, 0),
	OP(scheduler_op, domctl_scheduler_op, COPY_BACK),
	OP(set_ext_vcpucontext, domctl_ext_vcpucontext, 0),
	OP(get_ext_vcpucontext, domctl_ext_vcpucontext, COPY_BACK),
	OP(getvcpuextstate, domctl_getvcpuextstate, COPY_BACK),
	OP(setvcpuextstate, domctl_setvcpuextstate, 0),
	OP(get_vcpu_msrs, domctl_get_vcpu_msrs, COPY_BACK),
	OP(set_vcpu_msrs, domctl_set_vcpu_msrs, 0),

	OP(max_mem, domctl_max_mem, 0),
	OP(getpageframeinfo3, domctl_getpageframeinfo3, 0),
	OP(hypercall_init, domctl_hypercall_init, 0),
	OP(irq_permission, domctl_irq_permission, 0),
	OP(iomem_permission, domctl_iomem_permission, 0),
	OP(ioport_permission, domctl_ioport_permission, 0),
	OP(memory_mapping, domctl_memory_mapping, 0),
	OP(shadow_op, domctl_shadow_op, COPY_BACK),
	OP(setnodeaffinity, domctl_nodeaffinity, 0),
	OP(getnodeaffinity, domctl_nodeaffinity, COPY_BACK),

	OP(gettscinfo, domctl_gettscinfo, COPY_BACK),
	OP(settscinfo, domctl_settscinfo, 0),
	OP(get_cpu_policy, domctl_get_cpu_policy, COPY_BACK),
	OP(set_cpu_policy, domctl_set_cpu_policy, COPY_BACK),
	OP(set_address_size, domctl_address_size, 0),
	OP(get_address_size, domctl_address_size, COPY_BACK),

	/* Fully virtualized guests, passed-through devices, monitors, debuggers: not here. */
	REFUSE(gethvmcontext, -EINVAL),
	REFUSE(sethvmcontext, -EINVAL),
	REFUSE(gethvmcontext_partial, -EINVAL),
	REFUSE(soft_reset, -EINVAL),
	REFUSE(assign_device, -EOPNOTSUPP),
	REFUSE(test_assign_device, -EOPNOTSUPP),
	REFUSE(deassign_device, -EOPNOTSUPP),
	REFUSE(get_device_group, -EOPNOTSUPP),
	REFUSE(bind_pt_irq, -EOPNOTSUPP),
	REFUSE(unbind_pt_irq, -EOPNOTSUPP),
	REFUSE(ioport_mapping, -EOPNOTSUPP),
	REFUSE(vm_event_op, -EOPNOTSUPP),
	REFUSE(mem_sharing_op, -EOPNOTSUPP),
	REFUSE(set_access_required, -EOPNOTSUPP),
	REFUSE(monitor_op, -EOPNOTSUPP),
	REFUSE(setdebugging, -EOPNOTSUPP),
	REFUSE(setvnumainfo, -EOPNOTSUPP),
	REFUSE(set_target, -EOPNOTSUPP),
	REFUSE(vmtrace_op, -EOPNOTSUPP),
	REFUSE(get_paging_mempool_size, -EOPNOTSUPP),
	REFUSE(set_paging_mempool_size, -EOPNOTSUPP),
	REFUSE(psr_cmt_op, -ENODEV),
	REFUSE(psr_alloc, -ENODEV),
};

/* Paravane's own. */
static const struct operation crash_reason_op = { .fn = domctl_crash_reason, .flags = COPY_BACK };
static const struct operation boot_domain_op = { .fn = domctl_boot_domain, .flags = COPY_BACK };

#define HVM_OP(name, fn_, flags_) \
	[PARAVANE_DOMCTL_##name - PARAVANE_DOMCTL_hvm_vcpu_page] = { .fn = CONFIG_HVM ? fn_ : NULL, .flags = flags_ }
static const struct operation hvm_operations[] = {
	HVM_OP(hvm_vcpu_page, domctl_hvm_vcpu_page, COPY_BACK),
	HVM_OP(hvm_set_state, domctl_hvm_set_state, 0),
	HVM_OP(hvm_get_state, domctl_hvm_get_state, 0),
	HVM_OP(hvm_down, domctl_hvm_down, 0),
	HVM_OP(hvm_exits, domctl_hvm_exits, COPY_BACK),
};

static const struct operation *find_operation(uint32_t cmd)
{
	if (cmd == PARAVANE_DOMCTL_boot_domain)
		return &boot_domain_op;
	if (cmd == PARAVANE_DOMCTL_crash_reason)
		return &crash_reason_op;
	if (CONFIG_HVM && cmd - PARAVANE_DOMCTL_hvm_vcpu_page < ARRAY_SIZE(hvm_operations))
		return &hvm_operations[cmd - PARAVANE_DOMCTL_hvm_vcpu_page];
	if (cmd < ARRAY_SIZE(operations) && (operations[cmd].fn || operations[cmd].refusal))
		return &operations[cmd];
	return NULL;
}

static long run(const struct operation *o, struct domain *d, struct xen_domctl *op,
		domctl_guest_t guest)
{
	long rc;

	if (!o)
		return hypercall_error(-ENOSYS, "domctl %u is not known", op->cmd);
	if (!o->fn)
		return hypercall_error(o->refusal, "domctl %u is not offered", op->cmd);
	if (!spin_trylock(&domctl_lock))
		return hypercall_continue(__HYPERVISOR_domctl, 1, (unsigned long)guest.p);
	rc = o->fn(d, op, guest);
	spin_unlock(&domctl_lock);
	if (rc == 0 && (o->flags & COPY_BACK) && copy_to_guest(guest, op, 1))
		rc = -EFAULT;
	return rc;
}

long do_domctl(unsigned long arg)
{
	domctl_guest_t guest = { (xen_domctl_t *)arg };
	const struct operation *o;
	struct domain *d = NULL;
	struct xen_domctl op;
	long rc;

	if (!current->domain->privileged)
		return -EPERM;
	if (copy_from_guest(&op, guest, 1))
		return -EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return hypercall_error(-EACCES, "domctl interface version %#x: expected %#x",
				       op.interface_version, XEN_DOMCTL_INTERFACE_VERSION);
	o = find_operation(op.cmd);
	if (!o || !(o->flags & NO_DOMAIN)) {
		d = domain_find_get(op.domain);
		if (!d)
			return hypercall_error(-ESRCH, "there is no domain %u", op.domain);
	}
	rc = run(o, d, &op, guest);
	if (d)
		domain_put(d);
	return rc;
}

/* --- bitmaps --- */

cpumask_t cpumask_online(void)
{
	return (cpumask_t){ nr_cpus >= 64 ? ~0UL : (1UL << nr_cpus) - 1 };
}

int cpumask_from_guest(cpumask_t *m, const struct xenctl_bitmap *b)
{
	unsigned int bits = MIN(b->nr_bits, 64U);

	m->bits = 0;
	if (bits && copy_from_guest_va(&m->bits, b->bitmap.p, DIV_ROUND_UP(bits, 8)))
		return -EFAULT;
	if (bits < 64)
		m->bits &= (1UL << bits) - 1;
	return 0;
}

int cpumask_to_guest(const struct xenctl_bitmap *b, cpumask_t m)
{
	unsigned long bytes = DIV_ROUND_UP((unsigned long)b->nr_bits, 8);
	unsigned long here = MIN(bytes, sizeof(m.bits));

	if (b->nr_bits < 64)
		m.bits &= (1UL << b->nr_bits) - 1;
	if (here && copy_to_guest_va(b->bitmap.p, &m.bits, here))
		return -EFAULT;
	/* A bitmap for more CPUs than there can be: nobody's size limit is worth a long loop here. */
	if (bytes > here && clear_guest_va(b->bitmap.p + here, MIN(bytes - here, PAGE_SIZE)))
		return -EFAULT;
	return 0;
}
