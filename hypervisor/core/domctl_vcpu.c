/* SPDX-License-Identifier: MIT
 *
 * Control operations on vCPUs: context, extended state, affinity, scheduling.
 */
#include "arch/fpu.h"
#include "arch/guest_access.h"
#include "arch/x86.h"
#include "core/domctl.h"
#include "core/hypercall.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame.h"

static long no_vcpu(long err, const struct domain *d, unsigned int id)
{
	return hypercall_error(err, "domain %u has no vCPU %u", d->domid, id);
}

/* --- context --- */

/* A null context: as if it had never been initialised. */
static long reset(struct vcpu *v)
{
	domain_pause(v->domain);
	set_bit(VPF_DOWN, &v->pause_flags);
	clear_bit(VPF_BLOCKED, &v->pause_flags);
	sched_vcpu_poll_stop(v);
	mm_drop_guest_tables(v);
	mm_destroy_gdt(v);
	v->initialised = false;
	domain_unpause(v->domain);
	return 0;
}

static long set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	long rc;

	domain_pause(v->domain);
	rc = pv_set_context(v, c);
	if (rc == 0) {
		v->initialised = true;
		if (c->flags & VGCF_online)
			clear_bit(VPF_DOWN, &v->pause_flags);
		else
			set_bit(VPF_DOWN, &v->pause_flags);
		if (v->vcpu_id == 0)
			v->domain->vm_assist = c->vm_assist & vm_assist_mask();
	}
	domain_unpause(v->domain);
	return rc;
}

/* PV contexts: a fully virtualized vCPU has another state (hvm/domctl.c). */
static long not_pv(const struct domain *d)
{
	return hypercall_error(-EINVAL, "domain %u is fully virtualized: its vCPUs have no PV context", d->domid);
}

long domctl_setvcpucontext(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct vcpu *v = domain_vcpu(d, op->u.vcpucontext.vcpu);
	struct vcpu_guest_context *c;
	long rc;

	if (d == current->domain || !v)
		return no_vcpu(-EINVAL, d, op->u.vcpucontext.vcpu);
	if (is_hvm_domain(d))
		return not_pv(d);
	/* Its tables have been given up, and nobody would do so again with new ones. */
	if (d->dying)
		return hypercall_error(-EINVAL, "domain %u is dying", d->domid);
	if (guest_handle_is_null(op->u.vcpucontext.ctxt))
		return reset(v);
	c = kmalloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	if (copy_from_guest(c, op->u.vcpucontext.ctxt, 1))
		rc = hypercall_error(-EFAULT, "setvcpucontext: the context is not readable");
	else
		rc = set_context(v, c);
	kfree(c);
	/* A page table to be validated can be long: what is done is kept. */
	if (rc == -ERESTART)
		return hypercall_continue(__HYPERVISOR_domctl, 1, (unsigned long)guest.p);
	return rc;
}

long domctl_getvcpucontext(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct vcpu *v = domain_vcpu(d, op->u.vcpucontext.vcpu);
	struct vcpu_guest_context *c;
	long rc = 0;

	if (!v || v == current)
		return no_vcpu(-EINVAL, d, op->u.vcpucontext.vcpu);
	if (is_hvm_domain(d))
		return not_pv(d);
	if (!v->initialised)
		return hypercall_error(-ENODATA, "vCPU %u is not initialised", v->vcpu_id);
	c = kzalloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	vcpu_pause(v);
	pv_get_context(v, c);
	vcpu_unpause(v);
	if (copy_to_guest(op->u.vcpucontext.ctxt, c, 1))
		rc = -EFAULT;
	kfree(c);
	return rc;
}

long domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
	struct vcpu *v = domain_vcpu(d, info->vcpu);

	if (info->vcpu >= d->max_vcpus)
		return no_vcpu(-EINVAL, d, info->vcpu);
	if (!v)
		return no_vcpu(-ESRCH, d, info->vcpu);
	info->online = !test_bit(VPF_DOWN, &v->pause_flags);
	info->blocked = test_bit(VPF_BLOCKED, &v->pause_flags);
	info->running = v->is_running;
	info->cpu_time = vcpu_cpu_time(v);
	info->cpu = v->processor;
	return 0;
}

/* 32-bit entry points; there are no machine-check banks to speak of. */
long domctl_ext_vcpucontext(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
	struct vcpu *v = domain_vcpu(d, e->vcpu);
	struct vcpu_pv *p;

	if (!v)
		return no_vcpu(-ESRCH, d, e->vcpu);
	if (d == current->domain)
		return hypercall_error(-EINVAL, "not of the calling domain");
	if (is_hvm_domain(d))
		return not_pv(d);
	p = &v->pv;
	if (op->cmd == XEN_DOMCTL_get_ext_vcpucontext) {
		memset(&e->vmce, 0, sizeof(e->vmce));
		e->size = sizeof(*e);
		e->syscall32_callback_eip = p->syscall32_eip;
		e->syscall32_callback_cs = p->syscall32_cs;
		e->syscall32_disables_events = p->syscall32_disables_events;
		e->sysenter_callback_eip = p->sysenter_eip;
		e->sysenter_callback_cs = p->sysenter_cs;
		e->sysenter_disables_events = p->sysenter_disables_events;
		return 0;
	}
	if (e->size < offsetof(struct xen_domctl_ext_vcpucontext, vmce) ||
	    !is_canonical(e->syscall32_callback_eip) || !is_canonical(e->sysenter_callback_eip))
		return hypercall_error(-EINVAL, "ext_vcpucontext: size %u or an address is wrong", e->size);
	vcpu_pause(v);
	p->syscall32_eip = e->syscall32_callback_eip;
	p->syscall32_cs = (uint16_t)(e->syscall32_callback_cs | 3);
	p->syscall32_disables_events = e->syscall32_disables_events;
	p->sysenter_eip = e->sysenter_callback_eip;
	p->sysenter_cs = (uint16_t)(e->sysenter_callback_cs | 3);
	p->sysenter_disables_events = e->sysenter_disables_events;
	vcpu_unpause(v);
	return 0;
}

/* --- extended state: xcr0, xcr0 as ever set, then the XSAVE area --- */

struct extstate_header {
	uint64_t xcr0, xcr0_accum;
};

long domctl_getvcpuextstate(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
	struct vcpu *v = domain_vcpu(d, e->vcpu);
	unsigned int size = (unsigned int)sizeof(struct extstate_header) + fpu_area_size();
	struct extstate_header h;
	long rc = 0;

	if (!v)
		return no_vcpu(-ESRCH, d, e->vcpu);
	if (v == current)
		return hypercall_error(-EINVAL, "not of the calling vCPU");
	e->xfeature_mask = fpu_xcr0_mask();
	if (guest_handle_is_null(e->buffer) || v->fpu.xcr0 == 0) {
		e->size = v->fpu.xcr0 ? size : 0;
		return 0;
	}
	if (e->size != size)
		return hypercall_error(-EINVAL, "vcpuextstate: size %lu: expected %u",
				       (unsigned long)e->size, size);
	vcpu_pause(v);
	h.xcr0 = v->fpu.xcr0;
	h.xcr0_accum = fpu_xcr0_mask();
	if (copy_to_guest_va(e->buffer.p, &h, sizeof(h)) ||
	    copy_to_guest_va((char *)e->buffer.p + sizeof(h), v->fpu.area, fpu_area_size()))
		rc = -EFAULT;
	vcpu_unpause(v);
	return rc;
}

/* An area that the CPU would not load is found out at the switch, and then reset (arch/fpu.c). */
long domctl_setvcpuextstate(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct xen_domctl_vcpuextstate *e = &op->u.vcpuextstate;
	struct vcpu *v = domain_vcpu(d, e->vcpu);
	unsigned int size = fpu_area_size();
	struct extstate_header h;
	void *area;
	long rc = 0;

	if (!v)
		return no_vcpu(-ESRCH, d, e->vcpu);
	if (v == current || e->size < sizeof(h) || e->size > sizeof(h) + size)
		return hypercall_error(-EINVAL, "vcpuextstate: size %lu: expected up to %lu",
				       (unsigned long)e->size, sizeof(h) + size);
	if (copy_from_guest_va(&h, e->buffer.p, sizeof(h)))
		return -EFAULT;
	if (!(h.xcr0 & 1) || (h.xcr0 & ~fpu_xcr0_mask()))
		return hypercall_error(-EINVAL, "vcpuextstate: xcr0 %#lx: this machine has %#lx",
				       (unsigned long)h.xcr0, (unsigned long)fpu_xcr0_mask());
	area = kzalloc_pages(size);
	if (!area)
		return -ENOMEM;
	if (copy_from_guest_va(area, (char *)e->buffer.p + sizeof(h), e->size - sizeof(h))) {
		rc = -EFAULT;
	} else {
		vcpu_pause(v);
		memcpy(v->fpu.area, area, size);
		v->fpu.xcr0 = h.xcr0;
		vcpu_unpause(v);
	}
	kfree_pages(area, size);
	return rc;
}

/* No MSR of a PV vCPU needs to be carried along. */
long domctl_get_vcpu_msrs(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	if (!domain_vcpu(d, op->u.vcpu_msrs.vcpu))
		return no_vcpu(-ESRCH, d, op->u.vcpu_msrs.vcpu);
	op->u.vcpu_msrs.msr_count = 0;
	return 0;
}

long domctl_set_vcpu_msrs(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	if (!domain_vcpu(d, op->u.vcpu_msrs.vcpu))
		return no_vcpu(-ESRCH, d, op->u.vcpu_msrs.vcpu);
	if (op->u.vcpu_msrs.msr_count)
		return hypercall_error(-EINVAL, "no MSR of a PV vCPU can be set");
	return 0;
}

/* --- scheduling --- */

static long set_affinity(struct vcpu *v, struct xen_domctl_vcpuaffinity *a)
{
	cpumask_t hard, soft, online = cpumask_online();
	bool set_hard = a->flags & XEN_VCPUAFFINITY_HARD, set_soft = a->flags & XEN_VCPUAFFINITY_SOFT;
	long rc;

	if ((set_hard && cpumask_from_guest(&hard, &a->cpumap_hard)) ||
	    (set_soft && cpumask_from_guest(&soft, &a->cpumap_soft)))
		return -EFAULT;
	if (a->flags & XEN_VCPUAFFINITY_FORCE)
		sched_pin_override(v, -1);
	rc = sched_set_affinity(v, set_hard ? &hard : NULL, set_soft ? &soft : NULL);
	if (rc)
		return hypercall_error(rc, "affinity of vCPU %u: no CPU that is online (0 to %u)",
				       v->vcpu_id, nr_cpus - 1);
	/* What it comes down to on this machine goes back. */
	hard.bits = v->sched.hard_affinity.bits & online.bits;
	if (set_hard && cpumask_to_guest(&a->cpumap_hard, hard))
		return -EFAULT;
	soft.bits = v->sched.soft_affinity.bits & hard.bits;
	if (set_soft && cpumask_to_guest(&a->cpumap_soft, soft))
		return -EFAULT;
	return 0;
}

long domctl_vcpuaffinity(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	struct vcpu *v = domain_vcpu(d, a->vcpu);
	uint32_t both = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;

	if (a->vcpu >= d->max_vcpus)
		return no_vcpu(-EINVAL, d, a->vcpu);
	if (!v)
		return no_vcpu(-ESRCH, d, a->vcpu);
	if (!(a->flags & both) || (a->flags & ~(both | XEN_VCPUAFFINITY_FORCE)))
		return hypercall_error(-EINVAL, "affinity: flags %#x", a->flags);
	if (op->cmd == XEN_DOMCTL_setvcpuaffinity)
		return set_affinity(v, a);
	if ((a->flags & XEN_VCPUAFFINITY_HARD) &&
	    cpumask_to_guest(&a->cpumap_hard, v->sched.hard_affinity))
		return -EFAULT;
	if ((a->flags & XEN_VCPUAFFINITY_SOFT) &&
	    cpumask_to_guest(&a->cpumap_soft, v->sched.soft_affinity))
		return -EFAULT;
	return 0;
}

long domctl_scheduler_op(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;

	if (s->sched_id != XEN_SCHEDULER_CREDIT)
		return hypercall_error(-EINVAL, "scheduler %u: this is credit (%u)", s->sched_id,
				       XEN_SCHEDULER_CREDIT);
	switch (s->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		s->u.credit.weight = d->sched.weight;
		s->u.credit.cap = d->sched.cap;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		/* 0 and all ones: leave as it is. */
		if (s->u.credit.weight)
			d->sched.weight = s->u.credit.weight;
		if (s->u.credit.cap != UINT16_MAX)
			d->sched.cap = s->u.credit.cap;
		return 0;
	default:
		return hypercall_error(-EINVAL, "scheduler_op %u: credit has parameters of domains only",
				       s->cmd);
	}
}
