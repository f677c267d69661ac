/* SPDX-License-Identifier: MIT
 *
 * A global VIRQ goes to the domain that was named for it, back to the control domain when that one dies, and only
 * global ones can be given away. hypercall_init fills a page of another domain and nothing else. Announcements of
 * hardware are taken when they can be read, by physdev_op.
 */
#include "testlib.h"
#include <pv-abi/domctl.h>

static struct xen_domctl op;

static long domctl(uint32_t cmd, unsigned int domid)
{
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = (domid_t)domid;
	return HYPERVISOR_domctl(&op);
}

static unsigned int create(void)
{
	memset(&op, 0, sizeof(op));
	op.u.createdomain.max_vcpus = 1;
	op.u.createdomain.max_evtchn_port = 1023;
	op.u.createdomain.max_grant_frames = 4;
	op.u.createdomain.max_maptrack_frames = 4;
	op.u.createdomain.grant_opts = 1;
	EXPECT_EQ(domctl(XEN_DOMCTL_createdomain, 0), 0);
	return op.domain;
}

static long give_virq(unsigned int virq, unsigned int domid)
{
	memset(&op.u, 0, sizeof(op.u));
	op.u.set_virq_handler.virq = virq;
	return domctl(XEN_DOMCTL_set_virq_handler, domid);
}

static void shut_down(unsigned int domid)
{
	struct sched_remote_shutdown r = { .domain_id = (domid_t)domid, .reason = SHUTDOWN_crash };
	uint64_t end = system_time() + 50000000;

	EXPECT_EQ(HYPERVISOR_sched_op(SCHEDOP_remote_shutdown, &r), 0);
	while (system_time() < end)
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
}

static void destroy(unsigned int domid)
{
	while (domctl(XEN_DOMCTL_destroydomain, domid) == -XEN_ERESTART)
		;
}

static void virqs(void)
{
	unsigned int handler = create(), a = create(), b = create();
	long port = evtchn_bind_virq(VIRQ_DOM_EXC, 0);
	unsigned long before;

	unmask_port((unsigned int)port);
	events_unmask();
	EXPECT_EQ(give_virq(VIRQ_TIMER, handler), -XEN_EINVAL);
	EXPECT_EQ(give_virq(NR_VIRQS, handler), -XEN_EINVAL);
	EXPECT_EQ(give_virq(VIRQ_DOM_EXC, 1234), -XEN_ESRCH);
	EXPECT_EQ(give_virq(VIRQ_DOM_EXC, handler), 0);
	before = port_count[port];
	shut_down(a);
	EXPECT_EQ(port_count[port], before);
	destroy(handler);
	before = port_count[port];
	shut_down(b);
	EXPECT_EQ(port_count[port], before + 1);
	/* By name, it is the control domain's as well. */
	EXPECT_EQ(give_virq(VIRQ_DOM_EXC, 0), 0);
	events_mask();
	destroy(a);
	destroy(b);
}

static void stubs(void)
{
	unsigned int other = create();
	xen_pfn_t frame = 0;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = (domid_t)other };
	uint8_t *page = alloc_page();

	op.u.max_mem.max_memkb = 1024;
	EXPECT_EQ(domctl(XEN_DOMCTL_max_mem, other), 0);
	set_xen_guest_handle(r.extent_start, &frame);
	EXPECT_EQ(HYPERVISOR_memory_op(XENMEM_populate_physmap, &r), 1);
	memset(&op.u, 0, sizeof(op.u));
	op.u.hypercall_init.gmfn = virt_to_mfn(page);
	EXPECT_EQ(domctl(XEN_DOMCTL_hypercall_init, other), -XEN_EACCES);
	EXPECT_EQ(page[0], 0);
	op.u.hypercall_init.gmfn = frame;
	EXPECT_EQ(domctl(XEN_DOMCTL_hypercall_init, other), 0);
	EXPECT_EQ(HYPERVISOR_update_va_mapping_otherdomain((unsigned long)page, frame << 12 | PTE_FLAGS_RO, UVMF_INVLPG, other), 0);
	/* Each call is a stub of 32 bytes: mov $number, %eax somewhere, and its SYSCALL. */
	for (unsigned int nr = 0; nr < 40; nr += 13) {
		bool number = false, syscall = false;

		for (unsigned int i = 0; i < 27; i++) {
			number |= page[nr * 32 + i] == 0xb8 && page[nr * 32 + i + 1] == nr;
			syscall |= page[nr * 32 + i] == 0x0f && page[nr * 32 + i + 1] == 0x05;
		}
		ok(number && syscall, "stub %u", nr);
	}
	EXPECT_EQ(set_pte((unsigned long)page, 0), 0);
	destroy(other);
}

static void announcements(void)
{
	static const int kinds[] = { PHYSDEVOP_manage_pci_add, PHYSDEVOP_manage_pci_remove, PHYSDEVOP_manage_pci_add_ext,
				     PHYSDEVOP_pci_device_add, PHYSDEVOP_pci_device_remove, PHYSDEVOP_prepare_msix,
				     PHYSDEVOP_release_msix, PHYSDEVOP_restore_msi, PHYSDEVOP_restore_msi_ext,
				     PHYSDEVOP_pci_mmcfg_reserved };
	struct physdev_irq irq = { .irq = 5 };
	static char zero[64];

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		ok(!HYPERVISOR_physdev_op(kinds[i], zero), "physdev_op %d is taken", kinds[i]);
		EXPECT_EQ(HYPERVISOR_physdev_op(kinds[i], (void *)0x10), -XEN_EFAULT);
	}
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_alloc_irq_vector, &irq), 0);
	EXPECT_EQ(irq.vector, 5);
	irq.irq = 5000;
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_alloc_irq_vector, &irq), -XEN_EINVAL);
}

void test_main(void)
{
	virqs();
	stubs();
	announcements();
}
