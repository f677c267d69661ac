/* SPDX-License-Identifier: MIT
 *
 * A control domain's kernel gone mad: control operations, scheduler, vCPU, version and console calls with random
 * commands and arguments, pointers at nothing, at the hypervisor, at the end of the address space. Each
 * returns; nothing is left behind; the hypervisor lives. Left out are what ends the machine by design.
 * RUN: timeout=120 append="guest_loglvl=none loglvl=warning"
 */
#include "testlib.h"
#include <pv-abi/platform.h>

static uint64_t state = 88172645463325252ULL;

static uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static char scratch[8192] __attribute__((aligned(4096)));

static unsigned long pointer(void)
{
	switch (rnd() % 8) {
	case 0:
		return rnd();
	case 1:
		return 0;
	case 2:
		return HYPERVISOR_VIRT_START + rnd() % (1UL << 43);
	case 3:
		return ~0UL - rnd() % 64;
	case 4:
		return 0x7fffffffffffUL - rnd() % 64;
	default:
		return (unsigned long)scratch + rnd() % 64 * 8;
	}
}

static void scramble(void)
{
	for (unsigned int i = 0; i < 64; i++) {
		uint64_t v = rnd();

		switch (rnd() % 4) {
		case 0:
			v = rnd() % 16;
			break;
		case 1:
			v = pointer();
			break;
		case 2:
			v = v & 0xffffffff;
			break;
		}
		((uint64_t *)scratch)[i] = v;
	}
}

static unsigned long free_pages(void)
{
	static struct xen_sysctl op;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_physinfo;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	if (HYPERVISOR_sysctl(&op))
		die("physinfo");
	return op.u.physinfo.free_pages;
}

static void fuzz_domctl(void)
{
	struct xen_domctl *op = (void *)scratch;

	scramble();
	op->cmd = (uint32_t)(rnd() % 90);
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = (domid_t)(rnd() % 3 ? rnd() % 4 : rnd());
	/* Its own memory limit is what the next boot of a real one would suffer from. */
	if (op->cmd == XEN_DOMCTL_max_mem || op->cmd == XEN_DOMCTL_set_virq_handler)
		return;
	/* Each hole in the control domain's own permissions is a little memory, and no leak. */
	if (op->domain == 0 && (op->cmd == XEN_DOMCTL_irq_permission || op->cmd == XEN_DOMCTL_iomem_permission ||
				op->cmd == XEN_DOMCTL_ioport_permission))
		return;
	if (op->cmd == XEN_DOMCTL_createdomain) {
		memset(&op->u, 0, sizeof(op->u));
		op->u.createdomain.max_vcpus = (uint32_t)(rnd() % 5);
		op->u.createdomain.max_evtchn_port = (uint32_t)rnd();
		op->u.createdomain.grant_opts = (uint32_t)(rnd() % 4);
		op->u.createdomain.max_grant_frames = (int32_t)(rnd() % 100);
		op->u.createdomain.max_maptrack_frames = (int32_t)(rnd() % 100);
	}
	HYPERVISOR_domctl(op);
}

static void fuzz_sysctl(void)
{
	struct xen_sysctl *op = (void *)scratch;

	scramble();
	op->cmd = (uint32_t)(rnd() % 32);
	if (rnd() % 16 == 0)
		op->cmd = 0x5001 + (uint32_t)(rnd() % 2);
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	if (op->cmd == XEN_SYSCTL_debug_keys)
		return;
	HYPERVISOR_sysctl(op);
}

static void fuzz_platform(void)
{
	struct xen_platform_op *op = (void *)scratch;

	scramble();
	op->cmd = (uint32_t)(rnd() % 70);
	op->interface_version = XENPF_INTERFACE_VERSION;
	if (op->cmd != XENPF_enter_acpi_sleep)
		HYPERVISOR_platform_op(op);
}

static void fuzz_calls(void)
{
	unsigned int cmd = (unsigned int)(rnd() % 16);
	void *p = (void *)pointer();

	scramble();
	switch (rnd() % 8) {
	case 0:
		/* block and poll could sleep for ever, shutdown is final, a watchdog is another way to it */
		if (cmd != SCHEDOP_block && cmd != SCHEDOP_poll && cmd != SCHEDOP_shutdown &&
		    cmd != SCHEDOP_remote_shutdown && cmd != SCHEDOP_watchdog && cmd != SCHEDOP_shutdown_code)
			HYPERVISOR_sched_op((int)cmd, p);
		break;
	case 1:
		if (cmd != VCPUOP_down && cmd != VCPUOP_initialise && cmd != VCPUOP_up && cmd != VCPUOP_send_nmi &&
		    cmd != VCPUOP_register_vcpu_info)
			HYPERVISOR_vcpu_op((int)cmd, (unsigned int)(rnd() % 3), p);
		break;
	case 2:
		HYPERVISOR_xen_version((int)cmd, p);
		break;
	case 3:
		HYPERVISOR_set_timer_op((long)rnd());
		break;
	case 4:
		HYPERVISOR_vm_assist(cmd & 3, (unsigned int)(rnd() % 70));
		break;
	case 5:
		HYPERVISOR_console_io(CONSOLEIO_read, (unsigned int)rnd(), p);
		break;
	case 6:
		HYPERVISOR_hvm_op(cmd, p);
		break;
	case 7:
		HYPERVISOR_multicall((void *)(rnd() & 1 ? pointer() : 0x10), (unsigned int)(rnd() % 4));
		break;
	}
}

/* Everything that was made goes away again. */
static void destroy_all(void)
{
	static struct xen_domctl op;

	for (unsigned int id = 1; id < 0x7ff0; id++) {
		memset(&op, 0, sizeof(op));
		op.cmd = XEN_DOMCTL_getdomaininfo;
		op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
		op.domain = (domid_t)id;
		if (HYPERVISOR_domctl(&op))
			break;
		id = op.domain;
		op.cmd = XEN_DOMCTL_destroydomain;
		HYPERVISOR_domctl(&op);
	}
	HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	delay_ns(2000000);
}

void test_main(void)
{
	unsigned long before;

	if (!is_control_domain())
		skip_all("not the control domain");
	for (int i = 0; i < 2000; i++)
		fuzz_domctl();
	destroy_all();
	before = free_pages();
	for (int i = 0; i < 40000; i++) {
		switch (rnd() % 4) {
		case 0:
			fuzz_domctl();
			break;
		case 1:
			fuzz_sysctl();
			break;
		case 2:
			fuzz_platform();
			break;
		default:
			fuzz_calls();
		}
	}
	destroy_all();
	ok(true, "40000 calls returned");
	EXPECT_EQ(free_pages(), before);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_version, NULL), 4 << 16 | 17);
	HYPERVISOR_set_timer_op(0);
}
