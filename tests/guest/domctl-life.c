/* SPDX-License-Identifier: MIT
 *
 * A domain's life by control operations: created paused, described, given vCPUs, memory limit, affinity and
 * weight, destroyed with everything it held; what is asked wrongly is refused, with a reason, and leaves nothing.
 */
#include "testlib.h"
#include <pv-abi/paravane.h>

static struct xen_domctl op;
static struct xen_sysctl sys;

static long domctl(uint32_t cmd, unsigned int domid)
{
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = (domid_t)domid;
	return HYPERVISOR_domctl(&op);
}

static long sysctl(uint32_t cmd)
{
	sys.cmd = cmd;
	sys.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return HYPERVISOR_sysctl(&sys);
}

static unsigned long free_pages(void)
{
	memset(&sys, 0, sizeof(sys));
	EXPECT_EQ(sysctl(XEN_SYSCTL_physinfo), 0);
	return sys.u.physinfo.free_pages;
}

static void config(void)
{
	memset(&op, 0, sizeof(op));
	op.u.createdomain.max_vcpus = 2;
	op.u.createdomain.max_evtchn_port = 1023;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	op.u.createdomain.grant_opts = 2;
}

static long create(void)
{
	config();
	return domctl(XEN_DOMCTL_createdomain, 0) ? -1 : op.domain;
}

static bool reason_mentions(const char *word)
{
	memset(&sys, 0, sizeof(sys));
	if (sysctl(PARAVANE_SYSCTL_error_reason))
		return false;
	note("reason: %s", (char *)&sys.u);
	return strstr((char *)&sys.u, word) != NULL;
}

static void described(unsigned int id)
{
	memset(&op.u, 0, sizeof(op.u));
	EXPECT_EQ(domctl(XEN_DOMCTL_getdomaininfo, id), 0);
	EXPECT_EQ(op.domain, id);
	EXPECT_EQ(op.u.getdomaininfo.domain, id);
	EXPECT_EQ(op.u.getdomaininfo.flags & XEN_DOMINF_paused, XEN_DOMINF_paused);
	EXPECT_EQ(op.u.getdomaininfo.tot_pages, 0);
	EXPECT_EQ(op.u.getdomaininfo.nr_online_vcpus, 0);
}

static void vcpus(unsigned int id)
{
	uint8_t map = 1;

	op.u.max_vcpus.max = 3;
	EXPECT_EQ(domctl(XEN_DOMCTL_max_vcpus, id), -XEN_EINVAL);
	op.u.max_vcpus.max = 2;
	EXPECT_EQ(domctl(XEN_DOMCTL_max_vcpus, id), 0);
	op.u.getvcpuinfo.vcpu = 1;
	EXPECT_EQ(domctl(XEN_DOMCTL_getvcpuinfo, id), 0);
	EXPECT_EQ(op.u.getvcpuinfo.online, 0);
	op.u.getvcpuinfo.vcpu = 2;
	EXPECT_EQ(domctl(XEN_DOMCTL_getvcpuinfo, id), -XEN_EINVAL);

	memset(&op.u, 0, sizeof(op.u));
	op.u.vcpuaffinity.vcpu = 1;
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 8;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, &map);
	EXPECT_EQ(domctl(XEN_DOMCTL_setvcpuaffinity, id), 0);
	map = 0;
	EXPECT_EQ(domctl(XEN_DOMCTL_getvcpuaffinity, id), 0);
	EXPECT_EQ(map, 1);
	map = 0;
	EXPECT_EQ(domctl(XEN_DOMCTL_setvcpuaffinity, id), -XEN_EINVAL);
	ok(reason_mentions("affinity"), "the reason names the field");
	memset(&op.u, 0, sizeof(op.u));
	op.u.vcpucontext.vcpu = 0;
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (void *)alloc_page());
	EXPECT_EQ(domctl(XEN_DOMCTL_getvcpucontext, id), -XEN_ENODATA);
	set_xen_guest_handle(op.u.vcpucontext.ctxt, (void *)0x10);
	EXPECT_EQ(domctl(XEN_DOMCTL_setvcpucontext, id), -XEN_EFAULT);
}

static void scheduling(unsigned int id)
{
	struct xen_domctl_scheduler_op *s = &op.u.scheduler_op;

	memset(&op.u, 0, sizeof(op.u));
	s->sched_id = XEN_SCHEDULER_CREDIT;
	s->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	EXPECT_EQ(domctl(XEN_DOMCTL_scheduler_op, id), 0);
	EXPECT_EQ(s->u.credit.weight, 256);
	EXPECT_EQ(s->u.credit.cap, 0);
	s->cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	s->u.credit.weight = 512;
	s->u.credit.cap = 0xffff;
	EXPECT_EQ(domctl(XEN_DOMCTL_scheduler_op, id), 0);
	s->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	EXPECT_EQ(domctl(XEN_DOMCTL_scheduler_op, id), 0);
	EXPECT_EQ(s->u.credit.weight, 512);
	EXPECT_EQ(s->u.credit.cap, 0);
	s->sched_id = XEN_SCHEDULER_CREDIT2;
	EXPECT_EQ(domctl(XEN_DOMCTL_scheduler_op, id), -XEN_EINVAL);
}

static void pausing(unsigned int id)
{
	EXPECT_EQ(domctl(XEN_DOMCTL_unpausedomain, id), 0);
	EXPECT_EQ(domctl(XEN_DOMCTL_unpausedomain, id), -XEN_EINVAL);
	EXPECT_EQ(domctl(XEN_DOMCTL_pausedomain, id), 0);
	EXPECT_EQ(domctl(XEN_DOMCTL_pausedomain, DOMID_SELF), -XEN_EINVAL);
	EXPECT_EQ(domctl(XEN_DOMCTL_destroydomain, DOMID_SELF), -XEN_EINVAL);
	EXPECT_EQ(domctl(XEN_DOMCTL_resumedomain, DOMID_SELF), -XEN_EINVAL);
}

static void refused(void)
{
	config();
	op.u.createdomain.max_vcpus = 0;
	EXPECT_EQ(domctl(XEN_DOMCTL_createdomain, 0), -XEN_EINVAL);
	ok(reason_mentions("max_vcpus"), "the reason names the field");
	config();
	op.u.createdomain.max_vcpus = 100000;
	EXPECT_EQ(domctl(XEN_DOMCTL_createdomain, 0), -XEN_EINVAL);
	config();
	op.u.createdomain.flags = XEN_DOMCTL_CDF_iommu;
	EXPECT_EQ(domctl(XEN_DOMCTL_createdomain, 0), -XEN_EINVAL);
	config();
	op.u.createdomain.flags = XEN_DOMCTL_CDF_hvm;   /* shadow paging */
	EXPECT_EQ(domctl(XEN_DOMCTL_createdomain, 0), -XEN_EOPNOTSUPP);
	config();
	op.u.createdomain.grant_opts = 0;
	EXPECT_EQ(domctl(XEN_DOMCTL_createdomain, 0), -XEN_EINVAL);
	config();
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION - 1;
	op.cmd = XEN_DOMCTL_createdomain;
	EXPECT_EQ(HYPERVISOR_domctl(&op), -XEN_EACCES);
	EXPECT_EQ(HYPERVISOR_domctl((void *)0x10), -XEN_EFAULT);
	EXPECT_EQ(domctl(XEN_DOMCTL_pausedomain, 32000), -XEN_ESRCH);
	EXPECT_EQ(domctl(XEN_DOMCTL_pausedomain, DOMID_IDLE), -XEN_ESRCH);
	EXPECT_EQ(domctl(XEN_DOMCTL_pausedomain, DOMID_IO), -XEN_ESRCH);
	EXPECT_EQ(domctl(0x7777, DOMID_SELF), -XEN_ENOSYS);
}

static void destroyed(unsigned int id)
{
	long rc;

	do
		rc = domctl(XEN_DOMCTL_destroydomain, id);
	while (rc == -XEN_EAGAIN);
	EXPECT_EQ(rc, 0);
	/* Freed by the hypervisor's next softirq at the latest. */
	HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	delay_ns(1000000);
	EXPECT_EQ(domctl(XEN_DOMCTL_pausedomain, id), -XEN_ESRCH);
}

void test_main(void)
{
	unsigned long before;
	long id;

	if (!is_control_domain())
		skip_all("not the control domain");
	/* Once for what is kept for the next time. */
	id = create();
	EXPECT(id > 0);
	destroyed((unsigned int)id);
	before = free_pages();
	for (int round = 0; round < 3; round++) {
		id = create();
		EXPECT(id > 0);
		described((unsigned int)id);
		vcpus((unsigned int)id);
		scheduling((unsigned int)id);
		pausing((unsigned int)id);
		config();
		EXPECT_EQ(domctl(XEN_DOMCTL_createdomain, (unsigned int)id), -XEN_EEXIST);
		destroyed((unsigned int)id);
	}
	refused();
	EXPECT_EQ(free_pages(), before);
}
