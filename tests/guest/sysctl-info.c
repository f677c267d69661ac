/* SPDX-License-Identifier: MIT
 *
 * What the control domain learns of the machine: sizes, CPUs, domains, the log, the trace, scheduler parameters;
 * with buffers that are too small or not there.
 */
#include "testlib.h"
#include <pv-abi/paravane.h>
#include <pv-abi/platform.h>

static struct xen_sysctl op;

static long sysctl(uint32_t cmd)
{
	op.cmd = cmd;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return HYPERVISOR_sysctl(&op);
}

static void machine(void)
{
	struct xen_sysctl_cpuinfo cpu[64];
	unsigned int nr;

	memset(&op, 0, sizeof(op));
	EXPECT_EQ(sysctl(XEN_SYSCTL_physinfo), 0);
	nr = op.u.physinfo.nr_cpus;
	EXPECT(nr >= 1 && nr <= 64);
	EXPECT(op.u.physinfo.free_pages < op.u.physinfo.total_pages);
	EXPECT(op.u.physinfo.cpu_khz > 1000);
	op.u.getcpuinfo.max_cpus = 64;
	set_xen_guest_handle(op.u.getcpuinfo.info, cpu);
	EXPECT_EQ(sysctl(XEN_SYSCTL_getcpuinfo), 0);
	EXPECT_EQ(op.u.getcpuinfo.nr_cpus, nr);
	set_xen_guest_handle(op.u.getcpuinfo.info, (void *)0x10);
	EXPECT_EQ(sysctl(XEN_SYSCTL_getcpuinfo), -XEN_EFAULT);
	memset(&op, 0, sizeof(op));
	EXPECT_EQ(sysctl(XEN_SYSCTL_cputopoinfo), 0);
	EXPECT_EQ(op.u.cputopoinfo.num_cpus, nr);
	memset(&op, 0, sizeof(op));
	EXPECT_EQ(sysctl(XEN_SYSCTL_numainfo), 0);
	EXPECT_EQ(op.u.numainfo.num_nodes, 1);
}

static void domains(void)
{
	static struct xen_domctl_getdomaininfo info[4];

	memset(&op, 0, sizeof(op));
	op.u.getdomaininfolist.max_domains = 4;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, info);
	EXPECT_EQ(sysctl(XEN_SYSCTL_getdomaininfolist), 0);
	EXPECT_EQ(op.u.getdomaininfolist.num_domains, 1);
	EXPECT_EQ(info[0].domain, 0);
	EXPECT(info[0].flags & XEN_DOMINF_running);
	EXPECT_EQ(info[0].tot_pages, si->nr_pages);
	EXPECT(info[0].cpu_time > 0);
	op.u.getdomaininfolist.max_domains = 0;
	EXPECT_EQ(sysctl(XEN_SYSCTL_getdomaininfolist), 0);
	EXPECT_EQ(op.u.getdomaininfolist.num_domains, 0);
}

static void log_and_trace(void)
{
	static char buf[4096];
	static struct paravane_trace_record rec[32];
	struct paravane_sysctl_trace_read *t = (void *)&op.u;
	bool own = true, rising = true;

	memset(&op, 0, sizeof(op));
	set_xen_guest_handle(op.u.readconsole.buffer, buf);
	op.u.readconsole.count = sizeof(buf) - 1;
	EXPECT_EQ(sysctl(XEN_SYSCTL_readconsole), 0);
	EXPECT(op.u.readconsole.count > 50);
	ok(strstr(buf, "Paravane") != NULL, "the log has the first line");
	op.u.readconsole.incremental = 1;
	op.u.readconsole.count = sizeof(buf) - 1;
	EXPECT_EQ(sysctl(XEN_SYSCTL_readconsole), 0);
	EXPECT_EQ(op.u.readconsole.count, 0);

	memset(&op, 0, sizeof(op));
	t->count = 32;
	t->buffer = (unsigned long)rec;
	EXPECT_EQ(sysctl(PARAVANE_SYSCTL_trace_read), 0);
	EXPECT_EQ(t->count, 32);
	for (int i = 0; i < 32; i++) {
		own &= rec[i].domid == 0;
		rising &= i == 0 || rec[i].tsc >= rec[i - 1].tsc;
	}
	EXPECT(own && rising);
	EXPECT_EQ(rec[31].kind, PARAVANE_TRACE_hypercall);
	EXPECT_EQ(rec[31].number, __HYPERVISOR_sysctl);
}

static void scheduler(void)
{
	struct xen_sysctl_scheduler_op *s = &op.u.scheduler_op;

	memset(&op, 0, sizeof(op));
	EXPECT_EQ(sysctl(XEN_SYSCTL_sched_id), 0);
	EXPECT_EQ(op.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT);
	memset(&op, 0, sizeof(op));
	s->sched_id = XEN_SCHEDULER_CREDIT;
	s->cmd = XEN_SYSCTL_SCHEDOP_getinfo;
	EXPECT_EQ(sysctl(XEN_SYSCTL_scheduler_op), 0);
	EXPECT_EQ(s->u.sched_credit.tslice_ms, 30);
	s->cmd = XEN_SYSCTL_SCHEDOP_putinfo;
	s->u.sched_credit.tslice_ms = 0;
	EXPECT_EQ(sysctl(XEN_SYSCTL_scheduler_op), -XEN_EINVAL);
	s->u.sched_credit.tslice_ms = 10;
	EXPECT_EQ(sysctl(XEN_SYSCTL_scheduler_op), 0);
	s->u.sched_credit.tslice_ms = 30;
	EXPECT_EQ(sysctl(XEN_SYSCTL_scheduler_op), 0);
}

static void refused(void)
{
	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_physinfo;
	EXPECT_EQ(HYPERVISOR_sysctl(&op), -XEN_EACCES);
	EXPECT_EQ(HYPERVISOR_sysctl((void *)0x10), -XEN_EFAULT);
	EXPECT_EQ(sysctl(999), -XEN_ENOSYS);
	EXPECT_EQ(sysctl(XEN_SYSCTL_perfc_op), -XEN_ENOSYS);
	EXPECT_EQ(sysctl(XEN_SYSCTL_coverage_op), -XEN_EOPNOTSUPP);
}

static void platform(void)
{
	static struct xen_platform_op p;

	p.cmd = XENPF_get_cpuinfo;
	EXPECT_EQ(HYPERVISOR_platform_op(&p), -XEN_EACCES);
	p.interface_version = XENPF_INTERFACE_VERSION;
	EXPECT_EQ(HYPERVISOR_platform_op(&p), 0);
	EXPECT_EQ(p.u.pcpu_info.flags, XEN_PCPU_FLAGS_ONLINE);
	p.cmd = XENPF_settime64;
	p.u.settime64 = (struct xenpf_settime64){ .secs = 1000000000, .system_time = system_time() };
	EXPECT_EQ(HYPERVISOR_platform_op(&p), 0);
	EXPECT((long)shared->wc_sec - 1000000000L <= 0 && shared->wc_sec > 999990000);
	p.u.settime64.mbz = 1;
	EXPECT_EQ(HYPERVISOR_platform_op(&p), -XEN_EINVAL);
	p.cmd = 9999;
	EXPECT_EQ(HYPERVISOR_platform_op(&p), -XEN_ENOSYS);
}

void test_main(void)
{
	if (!is_control_domain())
		skip_all("not the control domain");
	machine();
	domains();
	log_and_trace();
	scheduler();
	refused();
	platform();
}
