/* SPDX-License-Identifier: MIT
 *
 * A device's message-signalled interrupt becomes a pirq and an event: QEMU's "edu" device raises one when it is told to.
 * The device's registers show that the hypervisor, and nobody else, programs address and data. Devices without the
 * capability, MSI-X and several messages are refused; what is mapped twice is, too; unmapping switches it off.
 *
 * RUN: qemu="-device edu"
 */
#include "testlib.h"

#define EDU 0x11e81234U
#define RAISE (0x60 / 4)
#define STATUS (0x24 / 4)
#define ACK (0x64 / 4)

static unsigned int devfn = 0xffff;
static volatile uint32_t *edu;

static uint32_t config(unsigned int fn, unsigned int reg)
{
	uint32_t v;

	__asm__ volatile("outl %%eax, %%dx" :: "a"(0x80000000 | fn << 8 | reg), "d"(0xcf8));
	__asm__ volatile("inl %%dx, %%eax" : "=a"(v) : "d"(0xcfc));
	return v;
}

static void config_write(unsigned int fn, unsigned int reg, uint32_t v)
{
	__asm__ volatile("outl %%eax, %%dx" :: "a"(0x80000000 | fn << 8 | reg), "d"(0xcf8));
	__asm__ volatile("outl %%eax, %%dx" :: "a"(v), "d"(0xcfc));
}

static unsigned int msi_capability(void)
{
	unsigned int at = config(devfn, 0x34) & 0xfc;

	while (at && (config(devfn, at) & 0xff) != 5)
		at = (config(devfn, at) >> 8) & 0xfc;
	return at;
}

static void find_device(void)
{
	struct physdev_set_iopl iopl = { .iopl = 1 };
	char *page = alloc_page();

	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
	for (unsigned int fn = 0; fn < 256 && devfn == 0xffff; fn += 8)
		if (config(fn, 0) == EDU)
			devfn = fn;
	if (devfn == 0xffff)
		die("no edu device");
	config_write(devfn, 4, config(devfn, 4) | 6);           /* memory, bus master */
	EXPECT_EQ(set_pte((unsigned long)page, (config(devfn, 0x10) & ~0xfffUL) | PTE_FLAGS_RW), 0);
	edu = (volatile uint32_t *)page;
	EXPECT_EQ(edu[0] & 0xff, 0xed);
}

static long map(struct physdev_map_pirq *m)
{
	return HYPERVISOR_physdev_op(PHYSDEVOP_map_pirq, m);
}

static void refused(void)
{
	struct physdev_map_pirq m = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI, .index = -1, .pirq = -1 };

	m.devfn = 0;                            /* the host bridge */
	EXPECT_EQ(map(&m), -XEN_ENODEV);
	m.devfn = 256;
	EXPECT_EQ(map(&m), -XEN_ENODEV);
	m.devfn = (int)devfn;
	m.bus = 1 << 16;
	EXPECT_EQ(map(&m), -XEN_ENODEV);
	m.bus = 0;
	m.table_base = 0xfe000000;
	EXPECT_EQ(map(&m), -XEN_EOPNOTSUPP);
	m.table_base = 0;
	m.type = MAP_PIRQ_TYPE_MULTI_MSI;
	m.entry_nr = 2;
	EXPECT_EQ(map(&m), -XEN_EOPNOTSUPP);
	m.entry_nr = 33;
	EXPECT_EQ(map(&m), -XEN_EDOM);
	m.type = 77;
	EXPECT_EQ(map(&m), -XEN_EINVAL);
	EXPECT_EQ(config(devfn, msi_capability()) >> 16 & 1, 0);
}

static void delivered(void)
{
	struct physdev_map_pirq m = { .domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_MSI, .index = -1, .pirq = -1,
				      .devfn = (int)devfn };
	struct physdev_unmap_pirq u = { .domid = DOMID_SELF };
	struct evtchn_bind_pirq b = { 0 };
	unsigned int at = msi_capability();
	uint64_t end;

	EXPECT_EQ(map(&m), 0);
	ok(m.pirq >= 24, "the message is pirq %d", m.pirq);
	EXPECT_EQ(config(devfn, at) >> 16 & 1, 1);
	EXPECT_EQ(config(devfn, at + 4) >> 20, 0xfee);
	b.pirq = (uint32_t)m.pirq;
	u.pirq = m.pirq;
	EXPECT_EQ(HYPERVISOR_event_channel_op(EVTCHNOP_bind_pirq, &b), 0);
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_unmap_pirq, &u), -XEN_EBUSY);
	m.pirq = -1;
	EXPECT_EQ(map(&m), -XEN_EEXIST);

	unmask_port(b.port);
	events_unmask();
	for (unsigned int i = 1; i <= 3; i++) {
		edu[RAISE] = i;
		for (end = system_time() + 2000000000; port_count[b.port] < i && system_time() < end; )
			HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
		EXPECT_EQ(port_count[b.port], i);
		EXPECT_EQ(edu[STATUS], i);
		edu[ACK] = i;
	}
	events_mask();
	EXPECT_EQ(evtchn_close(b.port), 0);
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_unmap_pirq, &u), 0);
	EXPECT_EQ(config(devfn, at) >> 16 & 1, 0);
	/* And it can be had again. */
	EXPECT_EQ(map(&m), 0);
	u.pirq = m.pirq;
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_unmap_pirq, &u), 0);
}

void test_main(void)
{
	find_device();
	refused();
	delivered();
}
