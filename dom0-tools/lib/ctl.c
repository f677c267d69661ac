/* SPDX-License-Identifier: MIT */
/* The control operations as C functions: see ctl.h. */
#include <errno.h>
#include <string.h>

#include "ctl.h"

static long simple_domctl(struct hcall *h, unsigned int cmd, domid_t dom)
{
	struct xen_domctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = cmd;
	op.domain = dom;
	return hcall_domctl(h, &op);
}

long ctl_domain_create(struct hcall *h, const struct ctl_newdom *d, domid_t *dom)
{
	struct xen_domctl op;
	long ret;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_DOMCTL_createdomain;
	op.domain = 0;			/* the hypervisor chooses */
	memcpy(op.u.createdomain.handle, d->uuid, sizeof(op.u.createdomain.handle));
	op.u.createdomain.max_vcpus = d->max_vcpus;
	op.u.createdomain.max_evtchn_port = d->max_evtchn;
	op.u.createdomain.max_grant_frames = d->max_grant_frames;
	op.u.createdomain.max_maptrack_frames = d->max_maptrack_frames;
	op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(d->grant_version);
	op.u.createdomain.cpupool_id = d->pool;
	op.u.createdomain.flags = d->flags;
	ret = hcall_domctl(h, &op);
	if (!ret)
		*dom = (domid_t)op.domain;
	return ret;
}

long ctl_domain_destroy(struct hcall *h, domid_t dom)
{
	long ret;

	do
		ret = simple_domctl(h, XEN_DOMCTL_destroydomain, dom);
	while (ret == -EAGAIN);
	return ret;
}

long ctl_domain_pause(struct hcall *h, domid_t dom)
{
	return simple_domctl(h, XEN_DOMCTL_pausedomain, dom);
}

long ctl_domain_unpause(struct hcall *h, domid_t dom)
{
	return simple_domctl(h, XEN_DOMCTL_unpausedomain, dom);
}

long ctl_domain_shutdown(struct hcall *h, domid_t dom, unsigned int reason)
{
	struct sched_remote_shutdown arg = { .domain_id = dom, .reason = reason };

	return hcall_op(h, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &arg, sizeof(arg));
}

long ctl_max_vcpus(struct hcall *h, domid_t dom, unsigned int n)
{
	struct xen_domctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_DOMCTL_max_vcpus;
	op.domain = dom;
	op.u.max_vcpus.max = n;
	return hcall_domctl(h, &op);
}

long ctl_max_mem(struct hcall *h, domid_t dom, uint64_t kb)
{
	struct xen_domctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_DOMCTL_max_mem;
	op.domain = dom;
	op.u.max_mem.max_memkb = kb;
	return hcall_domctl(h, &op);
}

long ctl_hypercall_init(struct hcall *h, domid_t dom, uint64_t gmfn)
{
	struct xen_domctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_DOMCTL_hypercall_init;
	op.domain = dom;
	op.u.hypercall_init.gmfn = gmfn;
	return hcall_domctl(h, &op);
}

static long vcpu_affinity(struct hcall *h, unsigned int cmd, domid_t dom, unsigned int vcpu,
			  unsigned int flags, uint8_t *hard, uint8_t *soft, unsigned int nr_cpus)
{
	size_t mark = hcall_mark(h), len = (nr_cpus + 7) / 8;
	uint8_t *hbuf = hcall_put(h, hard, len), *sbuf = hcall_put(h, soft, len);
	struct xen_domctl op;
	long ret = -ENOBUFS;

	if (!hbuf || !sbuf)
		goto out;
	memset(&op, 0, sizeof(op));
	op.cmd = cmd;
	op.domain = dom;
	op.u.vcpuaffinity.vcpu = vcpu;
	op.u.vcpuaffinity.flags = flags;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, hbuf);
	op.u.vcpuaffinity.cpumap_hard.nr_bits = nr_cpus;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_soft.bitmap, sbuf);
	op.u.vcpuaffinity.cpumap_soft.nr_bits = nr_cpus;
	ret = hcall_domctl(h, &op);
	if (hard)
		memcpy(hard, hbuf, len);
	if (soft)
		memcpy(soft, sbuf, len);
out:
	hcall_release(h, mark);
	return ret;
}

long ctl_vcpu_affinity(struct hcall *h, domid_t dom, unsigned int vcpu, unsigned int flags,
		       const uint8_t *hard, const uint8_t *soft, unsigned int nr_cpus)
{
	uint8_t hcopy[512], scopy[512];

	if (nr_cpus > 4096)
		return -EINVAL;
	if (hard)
		memcpy(hcopy, hard, (nr_cpus + 7) / 8);
	if (soft)
		memcpy(scopy, soft, (nr_cpus + 7) / 8);
	return vcpu_affinity(h, XEN_DOMCTL_setvcpuaffinity, dom, vcpu, flags, hard ? hcopy : NULL,
			     soft ? scopy : NULL, nr_cpus);
}

long ctl_vcpu_affinity_get(struct hcall *h, domid_t dom, unsigned int vcpu, uint8_t *hard,
			   uint8_t *soft, unsigned int nr_cpus)
{
	return vcpu_affinity(h, XEN_DOMCTL_getvcpuaffinity, dom, vcpu,
			     XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT, hard, soft, nr_cpus);
}

long ctl_vcpu_info(struct hcall *h, domid_t dom, unsigned int vcpu,
		   struct xen_domctl_getvcpuinfo *info)
{
	struct xen_domctl op;
	long ret;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_DOMCTL_getvcpuinfo;
	op.domain = dom;
	op.u.getvcpuinfo.vcpu = vcpu;
	ret = hcall_domctl(h, &op);
	*info = op.u.getvcpuinfo;
	return ret;
}

static long vcpu_context(struct hcall *h, unsigned int cmd, domid_t dom, unsigned int vcpu,
			 struct vcpu_guest_context *ctxt)
{
	size_t mark = hcall_mark(h);
	struct vcpu_guest_context *buf = hcall_put(h, ctxt, sizeof(*ctxt));
	struct xen_domctl op;
	long ret = -ENOBUFS;

	if (!buf)
		goto out;
	memset(&op, 0, sizeof(op));
	op.cmd = cmd;
	op.domain = dom;
	op.u.vcpucontext.vcpu = vcpu;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, buf);
	ret = hcall_domctl(h, &op);
	memcpy(ctxt, buf, sizeof(*ctxt));
out:
	hcall_release(h, mark);
	return ret;
}

long ctl_vcpu_context_set(struct hcall *h, domid_t dom, unsigned int vcpu,
			  const struct vcpu_guest_context *ctxt)
{
	struct vcpu_guest_context copy = *ctxt;

	return vcpu_context(h, XEN_DOMCTL_setvcpucontext, dom, vcpu, &copy);
}

long ctl_vcpu_context_get(struct hcall *h, domid_t dom, unsigned int vcpu,
			  struct vcpu_guest_context *ctxt)
{
	memset(ctxt, 0, sizeof(*ctxt));
	return vcpu_context(h, XEN_DOMCTL_getvcpucontext, dom, vcpu, ctxt);
}

long ctl_domain_info(struct hcall *h, domid_t dom, struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl op;
	long ret;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_DOMCTL_getdomaininfo;
	op.domain = dom;
	ret = hcall_domctl(h, &op);
	if (ret)
		return ret;
	/* The operation answers with the first domain at or above the one asked for. */
	if (op.domain != dom)
		return -ESRCH;
	*info = op.u.getdomaininfo;
	return 0;
}

long ctl_domain_list(struct hcall *h, domid_t first, struct xen_domctl_getdomaininfo *info,
		     unsigned int max)
{
	size_t mark = hcall_mark(h);
	struct xen_domctl_getdomaininfo *buf = hcall_put(h, NULL, max * sizeof(*info));
	struct xen_sysctl op;
	long ret = -ENOBUFS;

	if (!buf)
		goto out;
	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_getdomaininfolist;
	op.u.getdomaininfolist.first_domain = first;
	op.u.getdomaininfolist.max_domains = max;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, buf);
	ret = hcall_sysctl(h, &op);
	if (ret)
		goto out;
	ret = op.u.getdomaininfolist.num_domains;
	memcpy(info, buf, (size_t)ret * sizeof(*info));
out:
	hcall_release(h, mark);
	return ret;
}

/* Extents per populate_physmap call: what the arena holds, in and out being the same list. */
#define POPULATE_BATCH 16384

/* Ask for @batch extents of 2^@order frames from guest frame @first on; returns how many came. */
static long populate_extents(struct hcall *h, domid_t dom, xen_pfn_t *mfns, uint64_t first,
			     size_t batch, unsigned int order)
{
	size_t mark = hcall_mark(h), i, j;
	struct xen_memory_reservation arg;
	xen_pfn_t *list = hcall_put(h, NULL, batch * sizeof(*list));
	long ret;

	if (!list)
		return -ENOBUFS;
	for (i = 0; i < batch; i++)
		list[i] = first + (i << order);
	memset(&arg, 0, sizeof(arg));
	set_xen_guest_handle(arg.extent_start, list);
	arg.nr_extents = batch;
	arg.extent_order = order;
	arg.domid = dom;
	ret = hcall_op(h, __HYPERVISOR_memory_op, XENMEM_populate_physmap, &arg, sizeof(arg));
	for (i = 0; ret > 0 && i < (size_t)ret; i++)
		for (j = 0; j < 1UL << order; j++)
			mfns[first + (i << order) + j] = list[i] + j;
	hcall_release(h, mark);
	return ret;
}

long ctl_populate(struct hcall *h, domid_t dom, xen_pfn_t *mfns, uint64_t n)
{
	unsigned int order = 9;		/* 2 MiB extents while they last */
	uint64_t done = 0;

	while (done < n) {
		size_t batch;
		long ret;

		if (order && n - done < 1UL << order)
			order = 0;
		batch = (n - done) >> order;
		if (batch > POPULATE_BATCH)
			batch = POPULATE_BATCH;
		ret = populate_extents(h, dom, mfns, done, batch, order);
		if (ret > 0)
			done += (uint64_t)ret << order;
		if (ret == (long)batch)
			continue;
		if (!order)
			return ret < 0 ? ret : -ENOMEM;
		order = 0;
	}
	return 0;
}

long ctl_evtchn_alloc_unbound(struct hcall *h, domid_t dom, domid_t remote, evtchn_port_t *port)
{
	struct evtchn_alloc_unbound arg = { .dom = dom, .remote_dom = remote };
	long ret = hcall_op(h, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &arg,
			    sizeof(arg));

	*port = arg.port;
	return ret;
}

long ctl_pin_l4(struct hcall *h, domid_t dom, xen_pfn_t mfn)
{
	size_t mark = hcall_mark(h);
	struct mmuext_op *op = hcall_put(h, NULL, sizeof(*op));
	long ret = -ENOBUFS;

	if (!op)
		return ret;
	op->cmd = MMUEXT_PIN_L4_TABLE;
	op->arg1.mfn = mfn;
	ret = hcall(h, __HYPERVISOR_mmuext_op, (uintptr_t)op, 1, 0, dom, 0);
	hcall_release(h, mark);
	return ret;
}

long ctl_physinfo(struct hcall *h, struct xen_sysctl_physinfo *info)
{
	struct xen_sysctl op;
	long ret;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_physinfo;
	ret = hcall_sysctl(h, &op);
	*info = op.u.physinfo;
	return ret;
}

long ctl_sched_id(struct hcall *h)
{
	struct xen_sysctl op;
	long ret;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_sched_id;
	ret = hcall_sysctl(h, &op);
	return ret ? ret : (long)op.u.sched_id.sched_id;
}

long ctl_debug_keys(struct hcall *h, const char *keys)
{
	size_t mark = hcall_mark(h), len = strlen(keys);
	char *buf = hcall_put(h, keys, len);
	struct xen_sysctl op;
	long ret = -ENOBUFS;

	if (buf) {
		memset(&op, 0, sizeof(op));
		op.cmd = XEN_SYSCTL_debug_keys;
		set_xen_guest_handle(op.u.debug_keys.keys, buf);
		op.u.debug_keys.nr_keys = (uint32_t)len;
		ret = hcall_sysctl(h, &op);
	}
	hcall_release(h, mark);
	return ret;
}

long ctl_console_read(struct hcall *h, char *buf, unsigned int size, int clear)
{
	size_t mark = hcall_mark(h);
	char *tmp = hcall_put(h, NULL, size);
	struct xen_sysctl op;
	long ret = -ENOBUFS;

	if (tmp) {
		memset(&op, 0, sizeof(op));
		op.cmd = XEN_SYSCTL_readconsole;
		op.u.readconsole.clear = (uint8_t)!!clear;
		set_xen_guest_handle(op.u.readconsole.buffer, tmp);
		op.u.readconsole.count = size;
		ret = hcall_sysctl(h, &op);
		if (!ret) {
			ret = op.u.readconsole.count;
			memcpy(buf, tmp, (size_t)ret);
		}
	}
	hcall_release(h, mark);
	return ret;
}

long ctl_sched_domain(struct hcall *h, domid_t dom, struct xen_domctl_scheduler_op *sop)
{
	struct xen_domctl op;
	long ret;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_DOMCTL_scheduler_op;
	op.domain = dom;
	op.u.scheduler_op = *sop;
	ret = hcall_domctl(h, &op);
	*sop = op.u.scheduler_op;
	return ret;
}

long ctl_version(struct hcall *h, unsigned int cmd, void *arg, size_t len)
{
	size_t mark = hcall_mark(h);
	void *buf = NULL;
	long ret = -ENOBUFS;

	if (len)
		buf = hcall_put(h, arg, len);
	if (!len || buf) {
		ret = hcall(h, __HYPERVISOR_xen_version, cmd, (uintptr_t)buf, 0, 0, 0);
		if (len)
			memcpy(arg, buf, len);
	}
	hcall_release(h, mark);
	return ret;
}
