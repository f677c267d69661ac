/* SPDX-License-Identifier: MIT
 *
 * Physical interrupts in the control domain: the clock chip's (GSI 8) arrives through its port, again and again
 * with EOIs; the page of EOI bits; what each physdev operation answers to good and bad arguments.
 */
#include "testlib.h"

static long op(int cmd, void *arg)
{
	return HYPERVISOR_physdev_op(cmd, arg);
}

static void outb(uint16_t port, uint8_t v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }
static uint8_t inb(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static uint8_t rtc_read(uint8_t reg)
{
	outb(0x70, reg | 0x80);
	return inb(0x71);
}

static void rtc_write(uint8_t reg, uint8_t v)
{
	outb(0x70, reg | 0x80);
	outb(0x71, v);
}

static void rtc_handler(unsigned int port)
{
	struct physdev_eoi e = { .irq = 8 };

	rtc_read(0xc);
	EXPECT_EQ(op(PHYSDEVOP_eoi, &e), 0);
}

static void read_port(void *unused)
{
	rtc_read(0xa);
}

static void privilege(void)
{
	struct physdev_set_iopl iopl = { .iopl = 4 };
	struct physdev_set_iobitmap map = { .nr_ports = 65537 };

	EXPECT_EQ(op(PHYSDEVOP_set_iopl, &iopl), -XEN_EINVAL);
	EXPECT_EQ(op(PHYSDEVOP_set_iobitmap, &map), -XEN_EINVAL);
	map.nr_ports = 0;
	EXPECT_EQ(op(PHYSDEVOP_set_iobitmap, &map), 0);
	iopl.iopl = 1;
	EXPECT_EQ(op(PHYSDEVOP_set_iopl, &iopl), 0);
}

static void mapping(void)
{
	struct physdev_map_pirq m = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 8, .pirq = 8 };
	struct physdev_unmap_pirq u = { .domid = DOMID_SELF, .pirq = 200 };
	struct physdev_get_free_pirq f = { .type = MAP_PIRQ_TYPE_MSI };
	struct physdev_irq_status_query q = { .irq = 8 };

	EXPECT_EQ(op(PHYSDEVOP_map_pirq, &m), 0);
	EXPECT_EQ(m.pirq, 8);
	m.index = 9;
	EXPECT_EQ(op(PHYSDEVOP_map_pirq, &m), -XEN_EEXIST);
	m = (struct physdev_map_pirq){ .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI, .index = 8, .pirq = -1 };
	EXPECT_EQ(op(PHYSDEVOP_map_pirq, &m), 0);
	EXPECT_EQ(m.pirq, 8);
	m.index = 1000;
	EXPECT_EQ(op(PHYSDEVOP_map_pirq, &m), -XEN_EINVAL);
	m.domid = 1234;
	EXPECT_EQ(op(PHYSDEVOP_map_pirq, &m), -XEN_ESRCH);
	EXPECT_EQ(op(PHYSDEVOP_unmap_pirq, &u), -XEN_EINVAL);
	u.pirq = -5;
	EXPECT_EQ(op(PHYSDEVOP_unmap_pirq, &u), -XEN_EINVAL);
	EXPECT_EQ(op(PHYSDEVOP_get_free_pirq, &f), 0);
	EXPECT(f.pirq >= 24);
	f.type = 77;
	EXPECT_EQ(op(PHYSDEVOP_get_free_pirq, &f), -XEN_EINVAL);
	EXPECT_EQ(op(PHYSDEVOP_irq_status_query, &q), 0);
	EXPECT_EQ(q.flags & XENIRQSTAT_needs_eoi, XENIRQSTAT_needs_eoi);
	q.irq = 100000;
	EXPECT_EQ(op(PHYSDEVOP_irq_status_query, &q), -XEN_EINVAL);
}

static void interrupts(void)
{
	struct physdev_pirq_eoi_gmfn page = { .gmfn = virt_to_mfn((void *)si->pt_base) };
	struct evtchn_bind_pirq b = { .pirq = 8 }, again = { .pirq = 8 }, bad = { .pirq = 300 };
	struct physdev_unmap_pirq u = { .domid = DOMID_SELF, .pirq = 8 };
	unsigned long *bits = alloc_page();
	uint64_t end;

	EXPECT_EQ(op(PHYSDEVOP_pirq_eoi_gmfn_v2, &page), -XEN_EINVAL);
	page.gmfn = virt_to_mfn(bits);
	EXPECT_EQ(op(PHYSDEVOP_pirq_eoi_gmfn_v2, &page), 0);
	EXPECT_EQ(op(PHYSDEVOP_pirq_eoi_gmfn_v1, &page), -XEN_EBUSY);

	EXPECT_EQ(HYPERVISOR_event_channel_op(EVTCHNOP_bind_pirq, &bad), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_event_channel_op(EVTCHNOP_bind_pirq, &b), 0);
	EXPECT_EQ(HYPERVISOR_event_channel_op(EVTCHNOP_bind_pirq, &again), -XEN_EEXIST);
	EXPECT_EQ((*bits >> 8) & 1, 1);
	EXPECT_EQ(op(PHYSDEVOP_unmap_pirq, &u), -XEN_EBUSY);

	event_handler = rtc_handler;
	events_unmask();
	rtc_write(0xa, 0x26);
	rtc_write(0xb, rtc_read(0xb) | 0x40);
	rtc_read(0xc);
	for (end = system_time() + 2000000000; port_count[b.port] < 5 && system_time() < end; )
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	EXPECT(port_count[b.port] >= 5);
	rtc_write(0xb, rtc_read(0xb) & ~0x40);
	events_mask();
	event_handler = NULL;
	EXPECT_EQ(evtchn_close(b.port), 0);
	EXPECT_EQ((*bits >> 8) & 1, 0);
	EXPECT_EQ(op(PHYSDEVOP_unmap_pirq, &u), 0);
}

/* A line that the hypervisor keeps for itself: the serial port of its console. */
static void taken(void)
{
	struct evtchn_bind_pirq b = { .pirq = 4 };
	struct evtchn_status s = { .dom = DOMID_SELF };

	EXPECT_EQ(HYPERVISOR_event_channel_op(EVTCHNOP_bind_pirq, &b), -XEN_EBUSY);
	/* The port that it tried with is free again. */
	s.port = (evtchn_port_t)evtchn_bind_ipi(0);
	EXPECT_EQ(HYPERVISOR_event_channel_op(EVTCHNOP_status, &s), 0);
	EXPECT_EQ(s.status, EVTCHNSTAT_ipi);
}

static void hardware(void)
{
	struct physdev_apic a = { .apic_physbase = 0xfec00000, .reg = 1 };
	struct physdev_setup_gsi g = { .gsi = 9 };
	struct physdev_pci_device_add add = { .devfn = 8 };
	struct physdev_dbgp_op d = { .op = PHYSDEVOP_DBGP_RESET_DONE };

	EXPECT_EQ(op(PHYSDEVOP_apic_read, &a), 0);
	EXPECT_EQ(a.value & 0xff, 0x20);
	a.apic_physbase = 0x1000;
	EXPECT_EQ(op(PHYSDEVOP_apic_read, &a), -XEN_EINVAL);
	EXPECT_EQ(op(PHYSDEVOP_apic_write, &a), -XEN_EINVAL);
	EXPECT_EQ(op(PHYSDEVOP_setup_gsi, &g), 0);
	EXPECT_EQ(op(PHYSDEVOP_pci_device_add, &add), 0);
	EXPECT_EQ(op(PHYSDEVOP_dbgp_op, &d), 0);
	EXPECT_EQ(op(99, &d), -XEN_ENOSYS);
	EXPECT_EQ(op(PHYSDEVOP_eoi, NULL), -XEN_EFAULT);
}

static void compat(void)
{
	struct physdev_op o = { .cmd = PHYSDEVOP_set_iopl, .u.set_iopl.iopl = 1 };
	struct fault f;

	EXPECT_EQ(HYPERVISOR_physdev_op_compat(&o), 0);
	o.cmd = PHYSDEVOP_eoi;
	EXPECT_EQ(HYPERVISOR_physdev_op_compat(&o), -XEN_ENOSYS);
	o = (struct physdev_op){ .cmd = PHYSDEVOP_irq_status_query, .u.irq_status_query.irq = 8 };
	EXPECT_EQ(HYPERVISOR_physdev_op_compat(&o), 0);
	EXPECT_EQ(o.u.irq_status_query.flags & 1, 1);
	o = (struct physdev_op){ .cmd = PHYSDEVOP_set_iopl };
	EXPECT_EQ(HYPERVISOR_physdev_op_compat(&o), 0);
	EXPECT_EQ(try_call(read_port, NULL, &f), 0);
	EXPECT_EQ(f.vector, 13);
}

void test_main(void)
{
	if (!is_control_domain())
		skip_all("needs the hardware");
	privilege();
	mapping();
	interrupts();
	taken();
	hardware();
	compat();
}
