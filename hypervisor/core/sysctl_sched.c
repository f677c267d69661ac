/* SPDX-License-Identifier: MIT
 *
 * Scheduler and CPU pools: one scheduler, credit, and one pool, number 0.
 */
#include "core/domctl.h"
#include "core/hypercall.h"
#include "core/sysctl.h"
#include "lib/errno.h"

long sysctl_sched_id(struct xen_sysctl *op)
{
	op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT;
	return 0;
}

static long put_params(const struct xen_sysctl_credit_schedule *c)
{
	if (c->tslice_ms < XEN_SYSCTL_CSCHED_TSLICE_MIN || c->tslice_ms > XEN_SYSCTL_CSCHED_TSLICE_MAX)
		return hypercall_error(-EINVAL, "tslice %u ms: %u to %u", c->tslice_ms,
				       XEN_SYSCTL_CSCHED_TSLICE_MIN, XEN_SYSCTL_CSCHED_TSLICE_MAX);
	if (c->ratelimit_us && (c->ratelimit_us < XEN_SYSCTL_SCHED_RATELIMIT_MIN ||
				c->ratelimit_us > XEN_SYSCTL_SCHED_RATELIMIT_MAX ||
				c->ratelimit_us > c->tslice_ms * 1000))
		return hypercall_error(-EINVAL, "ratelimit %u us: 0, or %u to %u and below the slice",
				       c->ratelimit_us, XEN_SYSCTL_SCHED_RATELIMIT_MIN,
				       XEN_SYSCTL_SCHED_RATELIMIT_MAX);
	if (c->vcpu_migr_delay_us > XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US)
		return hypercall_error(-EINVAL, "migration delay %u us: at most %u",
				       c->vcpu_migr_delay_us, XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US);
	sched_params.tslice_ms = c->tslice_ms;
	sched_params.ratelimit_us = c->ratelimit_us;
	sched_params.migr_delay_us = c->vcpu_migr_delay_us;
	return 0;
}

long sysctl_scheduler_op(struct xen_sysctl *op)
{
	struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;
	struct xen_sysctl_credit_schedule *c = &s->u.sched_credit;
	long rc = 0;

	if (s->cpupool_id)
		return hypercall_error(-ESRCH, "cpupool %u: there is only 0", s->cpupool_id);
	if (s->sched_id != XEN_SCHEDULER_CREDIT)
		return hypercall_error(-EINVAL, "scheduler %u: this is credit (%u)", s->sched_id,
				       XEN_SCHEDULER_CREDIT);
	switch (s->cmd) {
	case XEN_SYSCTL_SCHEDOP_putinfo:
		rc = put_params(c);
		if (rc)
			break;
		/* fall through */
	case XEN_SYSCTL_SCHEDOP_getinfo:
		c->tslice_ms = sched_params.tslice_ms;
		c->ratelimit_us = sched_params.ratelimit_us;
		c->vcpu_migr_delay_us = sched_params.migr_delay_us;
		break;
	default:
		rc = -EINVAL;
	}
	return rc;
}

static void count_domain(struct domain *d, void *arg)
{
	++*(uint32_t *)arg;
}

long sysctl_cpupool_op(struct xen_sysctl *op)
{
	struct xen_sysctl_cpupool_op *c = &op->u.cpupool_op;

	switch (c->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		/* As a list: the first pool at or above the number. */
		if (c->cpupool_id)
			return -ENOENT;
		c->sched_id = XEN_SCHEDULER_CREDIT;
		c->n_dom = 0;
		domain_for_each(count_domain, &c->n_dom);
		return cpumask_to_guest(&c->cpumap, cpumask_online());
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		return cpumask_to_guest(&c->cpumap, (cpumask_t){ 0 });
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return c->cpupool_id ? -ENOENT : 0;
	default:
		return hypercall_error(-EOPNOTSUPP, "cpupool_op %u: there is one pool, of all CPUs", c->op);
	}
}
