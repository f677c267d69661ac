/* SPDX-License-Identifier: MIT
 *
 * Control operations on whole domains: their life, and what is known of them.
 */
#include <pv-abi/paravane.h>
#include "arch/guest_access.h"
#include "core/domctl.h"
#include "core/hypercall.h"
#include "core/shutdown.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"

/* --- creation --- */

#define FLAGS_PV  (XEN_DOMCTL_CDF_xs_domain | XEN_DOMCTL_CDF_s3_integrity)
#define FLAGS_HVM (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap | PARAVANE_CDF_deprivileged)

static long check_config(const struct xen_domctl_createdomain *c)
{
	unsigned int version = XEN_DOMCTL_GRANT_version(c->grant_opts);

	if (c->flags & ~(FLAGS_PV | (CONFIG_HVM ? FLAGS_HVM : 0)))
		return hypercall_error(-EINVAL, "createdomain: flags %#x: at most %#x", c->flags,
				       FLAGS_PV | (CONFIG_HVM ? FLAGS_HVM : 0));
	if ((c->flags & FLAGS_HVM) && !(c->flags & XEN_DOMCTL_CDF_hvm))
		return hypercall_error(-EINVAL, "createdomain: flags %#x: a PV domain has no other translation", c->flags);
	if (CONFIG_HVM && (c->flags & XEN_DOMCTL_CDF_hvm)) {
		long rc = hvm_check_flags(c->flags);

		/* Events reach a vCPU through its vcpu_info in shared_info, and this kind can register no other. */
		if (!rc && c->max_vcpus > XEN_LEGACY_MAX_VCPUS)
			rc = hypercall_error(-EINVAL, "createdomain: max_vcpus %u: a fully virtualized domain has at most %u",
					     c->max_vcpus, XEN_LEGACY_MAX_VCPUS);
		if (rc)
			return rc;
	}
	if (c->arch.emulation_flags & ~XEN_X86_EMU_PIT)
		return hypercall_error(-EINVAL, "createdomain: emulation_flags %#x: no device is emulated by the hypervisor",
				       c->arch.emulation_flags);
	if (c->arch.misc_flags & ~XEN_X86_MSR_RELAXED)
		return hypercall_error(-EINVAL, "createdomain: misc_flags %#x", c->arch.misc_flags);
	if (c->iommu_opts || c->vmtrace_size)
		return hypercall_error(-EINVAL, "createdomain: no IOMMU and no processor trace here");
	if (c->cpupool_id)
		return hypercall_error(-ENOENT, "createdomain: cpupool %u: there is only 0",
				       c->cpupool_id);
	if ((c->grant_opts & ~XEN_DOMCTL_GRANT_version_mask) || version < 1 || version > 2)
		return hypercall_error(-EINVAL, "createdomain: grant table version %u: 1 or 2", version);
	return 0;
}

long domctl_createdomain(struct domain *unused, struct xen_domctl *op, domctl_guest_t guest)
{
	domid_t id = op->domain;
	struct domain *d;
	long rc = check_config(&op->u.createdomain);

	if (rc)
		return rc;
	/* 0 and reserved numbers: the hypervisor chooses. */
	if (id == 0)
		id = DOMID_INVALID;
	rc = domain_create_config(id, false, &op->u.createdomain, &d);
	if (rc)
		return rc;
	op->domain = d->domid;
	return 0;
}

long domctl_max_vcpus(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	unsigned int max = op->u.max_vcpus.max;
	long rc = 0;

	if (d == current->domain || max != d->max_vcpus)
		return hypercall_error(-EINVAL, "max_vcpus %u: domain %u was created with %u", max,
				       d->domid, d->max_vcpus);
	for (unsigned int i = 0; i < max && rc == 0; i++)
		if (!d->vcpu[i])
			rc = vcpu_create(d, i, NULL);
	return rc;
}

/* --- ending --- */

long domctl_destroydomain(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	long rc;

	if (d == current->domain)
		return hypercall_error(-EINVAL, "a domain cannot destroy itself");
	rc = domain_kill(d);
	if (rc == -ERESTART)
		return hypercall_continue(__HYPERVISOR_domctl, 1, (unsigned long)guest.p);
	return rc;
}

long domctl_pausedomain(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	if (d == current->domain)
		return hypercall_error(-EINVAL, "a domain cannot pause itself");
	return domain_pause_by_controller(d);
}

long domctl_unpausedomain(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	return domain_unpause_by_controller(d);
}

long domctl_resumedomain(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	if (d == current->domain)
		return hypercall_error(-EINVAL, "a domain cannot resume itself");
	domain_resume(d);
	return 0;
}

/* --- information --- */

void domain_get_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	uint32_t state = XEN_DOMINF_blocked;
	struct vcpu *v;

	memset(info, 0, sizeof(*info));
	info->domain = d->domid;
	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	for_each_vcpu(d, v) {
		info->cpu_time += vcpu_cpu_time(v);
		info->max_vcpu_id = v->vcpu_id;
		if (test_bit(VPF_DOWN, &v->pause_flags))
			continue;
		info->nr_online_vcpus++;
		if (!test_bit(VPF_BLOCKED, &v->pause_flags))
			state &= ~XEN_DOMINF_blocked;
		if (v->is_running)
			state |= XEN_DOMINF_running;
	}
	info->flags = (info->nr_online_vcpus ? state : 0) |
		      (d->dying == DOMDYING_DEAD ? XEN_DOMINF_dying : 0) |
		      (d->shut_down ? XEN_DOMINF_shutdown : 0) |
		      (d->controller_pause_count > 0 ? XEN_DOMINF_paused : 0) |
		      (d->create_flags & XEN_DOMCTL_CDF_xs_domain ? XEN_DOMINF_xs_domain : 0) |
		      (d->create_flags & XEN_DOMCTL_CDF_hvm ? XEN_DOMINF_hvm_guest : 0) |
		      (d->create_flags & XEN_DOMCTL_CDF_hap ? XEN_DOMINF_hap : 0) |
		      (uint32_t)d->shutdown_code << XEN_DOMINF_shutdownshift;
	info->ssidref = d->ssidref;
	memcpy(info->handle, d->handle, sizeof(info->handle));
	info->tot_pages = d->mm.tot_pages;
	info->max_pages = d->mm.max_pages;
	info->outstanding_pages = d->mm.outstanding_pages;
	info->shared_info_frame = mfn_x(d->shared_info_mfn);
}

/* As a list would: the first domain at or above the number; the caller compares. */
long domctl_getdomaininfo(struct domain *unused, struct xen_domctl *op, domctl_guest_t guest)
{
	domid_t id = op->domain == DOMID_SELF ? current->domain->domid : op->domain;
	struct domain *d = domain_next(NULL, id);

	if (!d)
		return hypercall_error(-ESRCH, "there is no domain %u or above", id);
	domain_get_info(d, &op->u.getdomaininfo);
	op->domain = d->domid;
	domain_put(d);
	return 0;
}

long domctl_crash_reason(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct paravane_domctl_crash_reason r;

	memset(&r, 0, sizeof(r));
	strlcpy(r.reason, d->crash_reason, sizeof(r.reason));
	memcpy(&op->u, &r, sizeof(r));
	return 0;
}

long domctl_boot_domain(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	if (!d->boot.name[0])
		return hypercall_error(-ENOENT, "domain %u was not started at boot", d->domid);
	memcpy(&op->u, &d->boot, sizeof(d->boot));
	return 0;
}

/* --- settings --- */

long domctl_setdomainhandle(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
	return 0;
}

long domctl_settimeoffset(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	d->time_offset = (s_time_t)((uint64_t)op->u.settimeoffset.time_offset_seconds * 1000000000U);
	pv_update_wallclock(d);
	return 0;
}

long domctl_set_virq_handler(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	return evtchn_set_global_virq_handler(d, op->u.set_virq_handler.virq);
}

/* The port that tells of a suspend instead of VIRQ_DOM_EXC. */
long domctl_subscribe(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	d->suspend_port = op->u.subscribe.port;
	return 0;
}

long domctl_sendtrigger(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct vcpu *v = domain_vcpu(d, op->u.sendtrigger.vcpu);

	if (!v)
		return hypercall_error(-ESRCH, "domain %u has no vCPU %u", d->domid,
				       op->u.sendtrigger.vcpu);
	if (op->u.sendtrigger.trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
		return hypercall_error(-ENOSYS, "trigger %u: a PV domain knows only nmi",
				       op->u.sendtrigger.trigger);
	if (is_hvm_domain(d))
		return hypercall_error(-EOPNOTSUPP, "trigger: the device model of domain %u sends NMIs", d->domid);
	pv_send_nmi(v);
	return 0;
}
