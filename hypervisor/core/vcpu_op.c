/* SPDX-License-Identifier: MIT
 *
 * The vcpu_op hypercall: a guest's own vCPUs, their timers and the areas in
 * guest memory that we keep up to date for them.
 */
#include "arch/context.h"
#include "arch/guest_access.h"
#include "core/hypercall.h"
#include "core/vcpu_timer.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "mm/frame.h"

static long initialise(struct vcpu *v, const void *arg)
{
	struct vcpu_guest_context *c;
	long rc;

	if (v->vcpu_info == &dummy_vcpu_info)
		return hypercall_error(-EINVAL, "vCPU %u: register its vcpu_info first", v->vcpu_id);
	c = kmalloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	if (copy_from_guest_va(c, arg, sizeof(*c))) {
		kfree(c);
		return -EFAULT;
	}
	spin_lock(&v->domain->lock);
	if (v->initialised) {
		rc = hypercall_error(-EEXIST, "vCPU %u is initialised already", v->vcpu_id);
	} else {
		rc = pv_set_context(v, c);
		if (rc == 0)
			v->initialised = true;
	}
	spin_unlock(&v->domain->lock);
	kfree(c);
	if (rc == -ERESTART)
		return hypercall_continue(__HYPERVISOR_vcpu_op, 3, (unsigned long)VCPUOP_initialise,
					  (unsigned long)v->vcpu_id, (unsigned long)arg);
	return rc;
}

static long up(struct vcpu *v)
{
	bool wake;

	spin_lock(&v->domain->lock);
	if (!v->initialised) {
		spin_unlock(&v->domain->lock);
		return hypercall_error(-EINVAL, "vCPU %u has not been initialised", v->vcpu_id);
	}
	wake = test_and_clear_bit(VPF_DOWN, &v->pause_flags);
	spin_unlock(&v->domain->lock);
	if (wake)
		vcpu_wake(v);
	return 0;
}

/* The last one that goes down takes the domain with it: nothing could bring it up again. */
static long down(struct vcpu *v)
{
	struct vcpu *other;

	for_each_vcpu(v->domain, other) {
		if (other != v && !test_bit(VPF_DOWN, &other->pause_flags)) {
			if (!test_and_set_bit(VPF_DOWN, &v->pause_flags))
				vcpu_sleep_nosync(v);
			return 0;
		}
	}
	domain_shutdown(v->domain, SHUTDOWN_poweroff);
	return 0;
}

#define PERIOD_MIN MILLISECS(1)
#define PERIOD_MAX ((uint64_t)1 << 62)

static long set_periodic(struct vcpu *v, const void *arg)
{
	struct vcpu_set_periodic_timer t;

	if (copy_from_guest_va(&t, arg, sizeof(t)))
		return -EFAULT;
	if (t.period_ns < (uint64_t)PERIOD_MIN || t.period_ns > PERIOD_MAX)
		return hypercall_error(-EINVAL, "period %lu ns: at least 1 ms",
				       (unsigned long)t.period_ns);
	vcpu_set_periodic(v, (s_time_t)t.period_ns);
	return 0;
}

static long set_singleshot(struct vcpu *v, const void *arg)
{
	struct vcpu_set_singleshot_timer t;

	if (v != current)
		return hypercall_error(-EINVAL, "only the calling vCPU's single-shot timer");
	if (copy_from_guest_va(&t, arg, sizeof(t)))
		return -EFAULT;
	if ((t.flags & VCPU_SSHOTTMR_future) && (s_time_t)t.timeout_abs_ns < now())
		return -ETIME;
	vcpu_set_singleshot(v, (s_time_t)t.timeout_abs_ns);
	return 0;
}

static long register_info(struct vcpu *v, const void *arg)
{
	struct domain *d = v->domain;
	struct vcpu_register_vcpu_info r;
	struct frame *f;
	long rc = 0;

	if (copy_from_guest_va(&r, arg, sizeof(r)))
		return -EFAULT;
	if (r.offset > PAGE_SIZE - sizeof(struct vcpu_info) || r.offset % sizeof(unsigned long))
		return hypercall_error(-EINVAL, "vcpu_info at offset %u crosses its page or is not aligned",
				       r.offset);
	f = frame_get_from_mfn(mfn(r.mfn), d);
	if (!f)
		return hypercall_error(-EINVAL, "vcpu_info: frame %#lx is not the domain's",
				       (unsigned long)r.mfn);
	if (!frame_get_type(f, FRAME_WRITABLE)) {
		frame_put(f);
		return hypercall_error(-EINVAL, "vcpu_info: frame %#lx cannot be writable",
				       (unsigned long)r.mfn);
	}
	spin_lock(&d->lock);
	/* Of another one only while it cannot run, so that nobody writes to the old place. */
	if (!mfn_eq(v->vcpu_info_mfn, INVALID_MFN) ||
	    (v != current && !test_bit(VPF_DOWN, &v->pause_flags)))
		rc = hypercall_error(-EINVAL, "vcpu_info of vCPU %u is registered, or it is up",
				     v->vcpu_id);
	else
		vcpu_set_info_area(v, (struct vcpu_info *)((char *)mfn_to_virt(mfn(r.mfn)) + r.offset),
				   mfn(r.mfn));
	spin_unlock(&d->lock);
	if (rc)
		frame_put_and_type(f);
	else if (v == current)
		pv_update_time(v);
	return rc;
}

static long register_runstate(struct vcpu *v, const void *arg)
{
	struct vcpu_register_runstate_memory_area a;
	struct vcpu_runstate_info r;

	if (copy_from_guest_va(&a, arg, sizeof(a)) || !guest_range_ok(a.addr.v, sizeof(r)))
		return -EFAULT;
	v->runstate_guest = a.addr.v;
	if (guest_handle_is_null(a.addr.h))
		return 0;
	runstate_get(v, &r);
	if (v == current)
		runstate_update_guest(v);
	else if (copy_to_guest_va(a.addr.v, &r, sizeof(r)))
		return 0;       /* as in Xen: the address may be valid in that vCPU's page table only */
	return 0;
}

static long register_time(struct vcpu *v, const void *arg)
{
	struct vcpu_register_time_memory_area a;

	if (copy_from_guest_va(&a, arg, sizeof(a)) ||
	    !guest_range_ok(a.addr.v, sizeof(struct vcpu_time_info)))
		return -EFAULT;
	v->time_guest = a.addr.v;
	if (v == current)
		pv_update_time(v);
	return 0;
}

static long get_runstate(struct vcpu *v, void *arg)
{
	struct vcpu_runstate_info r;

	runstate_get(v, &r);
	return copy_to_guest_va(arg, &r, sizeof(r)) ? -EFAULT : 0;
}

/* Of a vCPU of the control domain that can run on one CPU only: that one's APIC id. */
static long get_physid(struct vcpu *v, void *arg)
{
	uint64_t cpus_of = v->sched.hard_affinity.bits;
	struct vcpu_get_physid id;
	unsigned int cpu;

	if (v->domain != dom0 || !cpus_of || (cpus_of & (cpus_of - 1)))
		return -EINVAL;
	cpu = first_bit(cpus_of);
	if (cpu >= nr_cpus)
		return -EINVAL;
	id.phys_id = cpus[cpu]->apic_id | (uint64_t)cpu << 32;
	return copy_to_guest_va(arg, &id, sizeof(id)) ? -EFAULT : 0;
}

static __noinline long no_vcpu(unsigned int vcpu_id)
{
	return hypercall_error(-ENOENT, "there is no vCPU %u", vcpu_id);
}

static __noinline long other_op(unsigned long cmd, struct vcpu *v, void *arg)
{
	switch ((int)cmd) {
	case VCPUOP_initialise:
		return initialise(v, arg);
	case VCPUOP_up:
		return up(v);
	case VCPUOP_down:
		return down(v);
	case VCPUOP_get_runstate_info:
		return get_runstate(v, arg);
	case VCPUOP_register_runstate_memory_area:
		return register_runstate(v, arg);
	case VCPUOP_set_periodic_timer:
		return set_periodic(v, arg);
	case VCPUOP_stop_periodic_timer:
		vcpu_set_periodic(v, 0);
		return 0;
	case VCPUOP_set_singleshot_timer:
		return set_singleshot(v, arg);
	case VCPUOP_stop_singleshot_timer:
		if (v != current)
			return -EINVAL;
		vcpu_stop_singleshot(v);
		return 0;
	case VCPUOP_register_vcpu_info:
		return register_info(v, arg);
	case VCPUOP_send_nmi:
		if (arg)
			return -EINVAL;
		pv_send_nmi(v);
		return 0;
	case VCPUOP_get_physid:
		return get_physid(v, arg);
	case VCPUOP_register_vcpu_time_memory_area:
		return register_time(v, arg);
	default:
		return hypercall_error(-ENOSYS, "vcpu_op %d is not known", (int)cmd);
	}
}

/* Linux asks whether a vCPU is up thousands of times while it boots. */
long do_vcpu_op(unsigned long cmd, unsigned long vcpu_id, unsigned long arg)
{
	const struct domain *d = current->domain;
	unsigned int id = (unsigned int)vcpu_id;
	struct vcpu *v = id < d->max_vcpus ? d->vcpu[id] : NULL;

	if (unlikely(!v))
		return no_vcpu(id);
	if ((unsigned int)cmd == VCPUOP_is_up)
		return !test_bit(VPF_DOWN, &v->pause_flags);
	return other_op(cmd, v, (void *)arg);
}
