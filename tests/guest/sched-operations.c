/* SPDX-License-Identifier: MIT
 *
 * Less usual scheduling: NMIs by callback, pinning by override and what get_physid then says, the compatibility form of
 * sched_op, a shutdown code set beforehand, a domain shut down by the control domain, a poll that another
 * vCPU's event ends, a cap that keeps a busy domain off the CPU, and machine-check and PMU calls.
 */
#include "testlib.h"
#include <pv-abi/arch-x86/xen-mca.h>
#include <pv-abi/domctl.h>
#include <pv-abi/nmi.h>
#include <pv-abi/sysctl.h>

#define MS 1000000UL

extern char event_entry[];
extern const unsigned long trap_entries[32];

static unsigned int nmis;

static bool count_nmi(struct regs *r)
{
	if (r->vector != 2)
		return false;
	nmis++;
	return true;
}

static void nmi(void)
{
	struct xennmi_callback cb = { .handler_address = 1UL << 63 };

	EXPECT_EQ(HYPERVISOR_nmi_op(XENNMI_register_callback, &cb), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_nmi_op(XENNMI_register_callback, (void *)0x10), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_nmi_op(7, &cb), -XEN_ENOSYS);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 0, &cb), -XEN_EINVAL);
	cb.handler_address = trap_entries[2];
	EXPECT_EQ(HYPERVISOR_nmi_op(XENNMI_register_callback, &cb), 0);
	trap_hook = count_nmi;
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
	EXPECT_EQ(nmis, 1);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
	EXPECT_EQ(nmis, 2);
	/* Without a callback it waits until there is one. */
	EXPECT_EQ(HYPERVISOR_nmi_op(XENNMI_unregister_callback, NULL), 0);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_send_nmi, 0, NULL), 0);
	EXPECT_EQ(nmis, 2);
	EXPECT_EQ(HYPERVISOR_nmi_op(XENNMI_register_callback, &cb), 0);
	EXPECT_EQ(nmis, 3);
	EXPECT_EQ(HYPERVISOR_nmi_op(XENNMI_unregister_callback, NULL), 0);
	trap_hook = NULL;
}

static struct xen_domctl op;

static long domctl(uint32_t cmd, unsigned int domid)
{
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = (domid_t)domid;
	return HYPERVISOR_domctl(&op);
}

static long affinity(uint8_t map)
{
	static uint8_t bits;

	bits = map;
	memset(&op.u, 0, sizeof(op.u));
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 8;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, &bits);
	return domctl(XEN_DOMCTL_setvcpuaffinity, 0);
}

static unsigned int nr_cpus(void)
{
	static struct xen_sysctl s;

	s.cmd = XEN_SYSCTL_physinfo;
	s.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return HYPERVISOR_sysctl(&s) ? 0 : s.u.physinfo.nr_cpus;
}

static void pinning(void)
{
	struct sched_pin_override pin = { .pcpu = 0 };
	struct vcpu_get_physid id = { 0 };

	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_pin_override, &pin), 0);
	/* The same again, and an affinity that it overrides for as long as it stands. */
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_pin_override, &pin), 0);
	EXPECT_EQ(affinity(2), nr_cpus() > 1 ? 0 : -XEN_EINVAL);
	pin.pcpu = 1;
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_pin_override, &pin), nr_cpus() > 1 ? -XEN_EBUSY : -XEN_EINVAL);
	pin.pcpu = -1;
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_pin_override, &pin), 0);
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_pin_override, &pin), -XEN_EINVAL);
	pin.pcpu = 63;
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_pin_override, &pin), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_pin_override, (void *)0x10), -XEN_EFAULT);
	/* Bound to one CPU for good: that is the one. */
	EXPECT_EQ(affinity(1), 0);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_get_physid, 0, &id), 0);
	EXPECT_EQ(id.phys_id >> 32, 0);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_get_physid, 0, (void *)0x10), -XEN_EFAULT);
	EXPECT_EQ(affinity(0xff), 0);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_get_physid, 0, &id), -XEN_EINVAL);
}

static void compatibility(void)
{
	long port = evtchn_bind_ipi(0);

	unmask_port((unsigned int)port);
	EXPECT_EQ(HYPERVISOR_sched_op_compat(SCHEDOP_yield, 0), 0);
	events_mask();
	EXPECT_EQ(evtchn_send((unsigned int)port), 0);
	EXPECT_EQ(port_count[port], 0);
	EXPECT_EQ(HYPERVISOR_sched_op_compat(SCHEDOP_block, 0), 0);
	EXPECT_EQ(port_count[port], 1);
	EXPECT_EQ(HYPERVISOR_sched_op_compat(77, 0), -XEN_ENOSYS);
	events_mask();
	EXPECT_EQ(evtchn_close((unsigned int)port), 0);
}

static void others(void)
{
	struct sched_remote_shutdown r = { .reason = SHUTDOWN_crash };
	unsigned int id;

	memset(&op, 0, sizeof(op));
	op.u.createdomain.max_vcpus = 1;
	op.u.createdomain.max_evtchn_port = 1023;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	op.u.createdomain.grant_opts = 1;
	EXPECT_EQ(domctl(XEN_DOMCTL_createdomain, 0), 0);
	id = op.domain;
	op.u.max_vcpus.max = 1;
	EXPECT_EQ(domctl(XEN_DOMCTL_max_vcpus, id), 0);
	r.domain_id = (domid_t)id;
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_remote_shutdown, &r), 0);
	EXPECT_EQ(domctl(XEN_DOMCTL_getdomaininfo, id), 0);
	EXPECT_EQ(op.u.getdomaininfo.flags & XEN_DOMINF_shutdown, XEN_DOMINF_shutdown);
	EXPECT_EQ((op.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask, SHUTDOWN_crash);
	/* Resumed, it may be shut down again, with another code. */
	EXPECT_EQ(domctl(XEN_DOMCTL_resumedomain, id), 0);
	EXPECT_EQ(domctl(XEN_DOMCTL_getdomaininfo, id), 0);
	EXPECT_EQ(op.u.getdomaininfo.flags & XEN_DOMINF_shutdown, 0);
	EXPECT_EQ(domctl(XEN_DOMCTL_destroydomain, id), 0);
	r.domain_id = 1234;
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_remote_shutdown, &r), -XEN_ESRCH);
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_remote_shutdown, (void *)0x10), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_shutdown_code, (void *)0x10), -XEN_EFAULT);
}

static volatile unsigned int wake_port;

static void waker(void *unused)
{
	delay_ns(20 * MS);
	evtchn_send(wake_port);
}

/* vCPU 1 ends the poll of vCPU 0, which names one port, or several. */
static void poll_ended(void)
{
	struct sched_poll p = { .timeout = system_time() + 10000 * MS };
	evtchn_port_t ports[2] = { (evtchn_port_t)evtchn_bind_ipi(0), (evtchn_port_t)evtchn_bind_ipi(0) };
	uint64_t start = system_time();

	if (max_vcpus() < 2)
		return;
	wake_port = ports[1];
	set_xen_guest_handle(p.ports, &ports[1]);
	p.nr_ports = 1;
	EXPECT_EQ(start_vcpu(1, waker, NULL), 0);
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_poll, &p), 0);
	ok(system_time() - start < 5000 * MS, "an event ends the poll after %lu ms", (system_time() - start) / MS);
	EXPECT_EQ((shared->evtchn_pending[ports[1] / 64] >> (ports[1] % 64)) & 1, 1);
	/* Now it is pending: a poll that names both returns at once. */
	set_xen_guest_handle(p.ports, ports);
	p.nr_ports = 2;
	start = system_time();
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_poll, &p), 0);
	ok(system_time() - start < 1000 * MS, "a pending one of two ends it at once");
	while (HYPERVISOR_vcpu_op(VCPUOP_is_up, 1, NULL) == 1)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

static long set_cap(unsigned int cap)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT;
	op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	op.u.scheduler_op.u.credit.weight = 256;
	op.u.scheduler_op.u.credit.cap = (uint16_t)cap;
	return domctl(XEN_DOMCTL_scheduler_op, 0);
}

/* Busy for a second under a cap of a fifth of a CPU: off the CPU for a good part, although nobody else wants it. */
static void cap(void)
{
	struct vcpu_runstate_info a, b;
	uint64_t ran, passed;

	EXPECT_EQ(set_cap(20), 0);
	delay_ns(200 * MS);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, &a), 0);
	delay_ns(1000 * MS);
	EXPECT_EQ(HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, &b), 0);
	EXPECT_EQ(set_cap(0), 0);
	ran = b.time[RUNSTATE_running] - a.time[RUNSTATE_running];
	passed = b.state_entry_time - a.state_entry_time;
	ok(ran < passed * 6 / 10, "with a cap of 20 %% it ran %lu ms of %lu ms", ran / MS, passed / MS);
	ok(ran > passed / 50, "and it did run: %lu ms", ran / MS);
}

static void refusals(void)
{
	static xen_mc_t mc;
	static xen_mc_logical_cpu_t cpus[4];

	EXPECT_EQ(HYPERVISOR_mca((void *)0x10), -XEN_EFAULT);
	mc.interface_version = 1;
	EXPECT_EQ(HYPERVISOR_mca(&mc), -XEN_EACCES);
	mc.interface_version = XEN_MCA_INTERFACE_VERSION;
	mc.cmd = 99;
	EXPECT_EQ(HYPERVISOR_mca(&mc), -XEN_EINVAL);
	mc.cmd = XEN_MC_mceinject;
	EXPECT_EQ(HYPERVISOR_mca(&mc), -XEN_ENOSYS);
	mc.cmd = XEN_MC_fetch;
	EXPECT_EQ(HYPERVISOR_mca(&mc), 0);
	EXPECT_EQ(mc.u.mc_fetch.flags, XEN_MC_NODATA);
	mc.cmd = XEN_MC_physcpuinfo;
	mc.u.mc_physcpuinfo.ncpus = 4;
	set_xen_guest_handle(mc.u.mc_physcpuinfo.info, cpus);
	EXPECT_EQ(HYPERVISOR_mca(&mc), 0);
	EXPECT(mc.u.mc_physcpuinfo.ncpus >= 1);
	EXPECT_EQ(cpus[0].mc_ncores, 1);
	mc.u.mc_physcpuinfo.ncpus = 4;
	set_xen_guest_handle(mc.u.mc_physcpuinfo.info, (xen_mc_logical_cpu_t *)0x10);
	EXPECT_EQ(HYPERVISOR_mca(&mc), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_xenpmu_op(0, NULL), -XEN_EOPNOTSUPP);
	EXPECT_EQ(HYPERVISOR_hvm_op(0, NULL), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_hvm_op(1000, NULL), -XEN_ENOSYS);
	EXPECT_EQ(HYPERVISOR_vm_assist(VMASST_CMD_enable, 63), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_vm_assist(9, VMASST_TYPE_architectural_iopl), -XEN_ENOSYS);
}

void test_main(void)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_poweroff };

	nmi();
	pinning();
	compatibility();
	others();
	poll_ended();
	cap();
	refusals();
	/* The code set now is the one that counts at the end: the test's own shutdown for power-off. */
	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_shutdown_code, &s), 0);
}
