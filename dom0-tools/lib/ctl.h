/* SPDX-License-Identifier: MIT */
/*
 * The control operations as C functions: one per domctl, sysctl or memory_op that the tools use.
 * All return 0 (or a count) or a negative errno, as the hypervisor gave it.
 */
#ifndef DOM0_TOOLS_LIB_CTL_H
#define DOM0_TOOLS_LIB_CTL_H

#include "hcall.h"

struct ctl_newdom {
	uint8_t uuid[16];
	unsigned int max_vcpus;
	unsigned int pool;
	unsigned int max_evtchn;	/* highest port */
	int max_grant_frames;		/* < 0: the hypervisor's default */
	int max_maptrack_frames;
	unsigned int grant_version;
	unsigned int flags;		/* XEN_DOMCTL_CDF_* */
};

long ctl_domain_create(struct hcall *h, const struct ctl_newdom *d, domid_t *dom);
long ctl_domain_destroy(struct hcall *h, domid_t dom);
long ctl_domain_pause(struct hcall *h, domid_t dom);
long ctl_domain_unpause(struct hcall *h, domid_t dom);
long ctl_domain_shutdown(struct hcall *h, domid_t dom, unsigned int reason);
long ctl_max_vcpus(struct hcall *h, domid_t dom, unsigned int n);
long ctl_max_mem(struct hcall *h, domid_t dom, uint64_t kb);
long ctl_hypercall_init(struct hcall *h, domid_t dom, uint64_t gmfn);
long ctl_vcpu_affinity(struct hcall *h, domid_t dom, unsigned int vcpu, unsigned int flags,
		       const uint8_t *hard, const uint8_t *soft, unsigned int nr_cpus);
long ctl_vcpu_affinity_get(struct hcall *h, domid_t dom, unsigned int vcpu, uint8_t *hard,
			   uint8_t *soft, unsigned int nr_cpus);
long ctl_vcpu_info(struct hcall *h, domid_t dom, unsigned int vcpu,
		   struct xen_domctl_getvcpuinfo *info);
long ctl_vcpu_context_set(struct hcall *h, domid_t dom, unsigned int vcpu,
			  const struct vcpu_guest_context *ctxt);
long ctl_vcpu_context_get(struct hcall *h, domid_t dom, unsigned int vcpu,
			  struct vcpu_guest_context *ctxt);

/* @dom exactly, or -ESRCH. */
long ctl_domain_info(struct hcall *h, domid_t dom, struct xen_domctl_getdomaininfo *info);
/* Up to @max domains from id @first up; returns how many. */
long ctl_domain_list(struct hcall *h, domid_t first, struct xen_domctl_getdomaininfo *info,
		     unsigned int max);

/* Pages 4 KiB each for guest frames [0, n): machine frames to @mfns. -ENOMEM when they ran out. */
long ctl_populate(struct hcall *h, domid_t dom, xen_pfn_t *mfns, uint64_t n);
long ctl_evtchn_alloc_unbound(struct hcall *h, domid_t dom, domid_t remote, evtchn_port_t *port);
long ctl_pin_l4(struct hcall *h, domid_t dom, xen_pfn_t mfn);

long ctl_physinfo(struct hcall *h, struct xen_sysctl_physinfo *info);
long ctl_sched_id(struct hcall *h);
long ctl_debug_keys(struct hcall *h, const char *keys);
/* Read the hypervisor's log into @buf; returns its length. */
long ctl_console_read(struct hcall *h, char *buf, unsigned int size, int clear);
/* XEN_SYSCTL_getdomaininfolist's sibling for schedulers; arguments as xen_domctl_scheduler_op. */
long ctl_sched_domain(struct hcall *h, domid_t dom, struct xen_domctl_scheduler_op *op);

/* XENVER_*: returns the hypercall's value; @arg of @len bytes is filled. */
long ctl_version(struct hcall *h, unsigned int cmd, void *arg, size_t len);

#endif
