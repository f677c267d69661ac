/* SPDX-License-Identifier: MIT
 *
 * Control operations on what a domain sees of the CPU: time stamp counter,
 * CPUID policy, word size.
 */
#include "arch/clock.h"
#include "arch/guest_access.h"
#include "arch/x86.h"
#include "core/domctl.h"
#include "core/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "pv/internal.h"

/* TSC modes [Xen public/arch-x86/cpuid.h]: guests always read the machine's own, which is "never emulate". */
enum tsc_mode { TSC_MODE_DEFAULT, TSC_MODE_ALWAYS_EMULATE, TSC_MODE_NEVER_EMULATE };

long domctl_gettscinfo(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct xen_domctl_tsc_info *t = &op->u.tsc_info;

	memset(t, 0, sizeof(*t));
	t->tsc_mode = d->pv.tsc_mode;
	t->gtsc_khz = tsc_khz;
	return 0;
}

long domctl_settscinfo(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	uint32_t mode = op->u.tsc_info.tsc_mode;

	if (d == current->domain)
		return hypercall_error(-EINVAL, "not of the calling domain");
	if (mode == TSC_MODE_ALWAYS_EMULATE)
		return hypercall_error(-EOPNOTSUPP, "tsc_mode 1 (always emulate) is not offered");
	if (mode > TSC_MODE_NEVER_EMULATE)
		return hypercall_error(-EINVAL, "tsc_mode %u: 0 or 2", mode);
	d->pv.tsc_mode = mode;
	return 0;
}

long domctl_address_size(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	if (op->cmd == XEN_DOMCTL_get_address_size) {
		op->u.address_size.size = 64;
		return 0;
	}
	switch (op->u.address_size.size) {
	case 64:
		return 0;
	case 32:
		if (d->mm.tot_pages)
			return -EACCES;
		return hypercall_error(-EOPNOTSUPP, "32-bit PV domains are not offered");
	default:
		return hypercall_error(-EINVAL, "address size %u", op->u.address_size.size);
	}
}

/* --- the policy as a list of leaves --- */

static const struct { uint32_t first, last; } leaf_ranges[] = {
	{ 0, 0xd }, { 0x80000000, 0x80000008 },
};

static bool has_subleaves(uint32_t leaf)
{
	return leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd;
}

/* Calls put for each leaf; how many there are. */
static long put_leaf(struct xen_domctl_cpu_policy *p, uint32_t *nr, const struct vcpu *v,
		     uint32_t leaf, uint32_t sub)
{
	struct cpuid_regs r = pv_cpuid(v, leaf, sub == XEN_CPUID_NO_SUBLEAF ? 0 : sub);
	xen_cpuid_leaf_t out = { leaf, sub, r.a, r.b, r.c, r.d };

	if (sub != XEN_CPUID_NO_SUBLEAF && sub > 0 && !(r.a | r.b | r.c | r.d))
		return 0;
	if (*nr >= p->nr_leaves)
		return -ENOBUFS;
	if (copy_to_guest_offset(p->leaves, *nr, &out, 1))
		return -EFAULT;
	++*nr;
	return 0;
}

static long put_leaves(struct xen_domctl_cpu_policy *p, const struct vcpu *v, uint32_t *nr)
{
	long rc = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(leaf_ranges); i++) {
		for (uint32_t leaf = leaf_ranges[i].first; rc == 0 && leaf <= leaf_ranges[i].last; leaf++) {
			if (!has_subleaves(leaf))
				rc = put_leaf(p, nr, v, leaf, XEN_CPUID_NO_SUBLEAF);
			else
				for (uint32_t sub = 0; rc == 0 && sub < (leaf == 0xd ? 10U : 4U); sub++)
					rc = put_leaf(p, nr, v, leaf, sub);
		}
	}
	return rc;
}

#define POLICY_LEAVES_MAX 64

/* Null arrays ask for the sizes. There are no MSRs in our policy. */
long domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
	struct vcpu *v = domain_vcpu(d, 0);
	uint32_t nr = 0;
	long rc;

	if (guest_handle_is_null(p->leaves)) {
		p->nr_leaves = POLICY_LEAVES_MAX;
		p->nr_msrs = 0;
		return 0;
	}
	/* Before it has vCPUs, the caller's view: policies do not differ yet. */
	rc = put_leaves(p, v ? v : current, &nr);
	if (rc)
		return hypercall_error(rc, "cpu_policy: room for %u leaves: at least %u", p->nr_leaves,
				       POLICY_LEAVES_MAX);
	p->nr_leaves = nr;
	p->nr_msrs = 0;
	return 0;
}

/* Every domain sees the same: accepted is a policy that asks for nothing beyond it. */
long domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;

	if (d == current->domain)
		return hypercall_error(-EINVAL, "not of the calling domain");
	p->err_leaf = p->err_subleaf = p->err_msr = ~0U;
	if (p->nr_msrs) {
		p->err_msr = 0;
		return hypercall_error(-EINVAL, "cpu_policy: no MSR can be set");
	}
	if (p->nr_leaves > POLICY_LEAVES_MAX)
		return hypercall_error(-E2BIG, "cpu_policy: %u leaves: at most %u", p->nr_leaves,
				       POLICY_LEAVES_MAX);
	for (uint32_t i = 0; i < p->nr_leaves; i++) {
		xen_cpuid_leaf_t leaf;
		struct cpuid_regs r;

		if (copy_from_guest_offset(&leaf, p->leaves, i, 1))
			return -EFAULT;
		r = pv_cpuid(current, leaf.leaf, leaf.subleaf == XEN_CPUID_NO_SUBLEAF ? 0 : leaf.subleaf);
		if (leaf.leaf == 7 && leaf.subleaf == 0 && ((leaf.b & ~r.b) | (leaf.c & ~r.c))) {
			p->err_leaf = leaf.leaf;
			p->err_subleaf = leaf.subleaf;
			return hypercall_error(-EINVAL, "cpu_policy: leaf 7 asks for what the machine lacks");
		}
	}
	return 0;
}
