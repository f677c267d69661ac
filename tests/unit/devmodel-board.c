/* SPDX-License-Identifier: MIT */
/*
 * The device model's board: interrupt lines through the IOAPIC by edge and by level, the masked 8259s, the clock chip, the
 * configuration device, the empty PCI bus, the ways out, and what is not there.
 *
 * LINK: dom0-tools/devmodel/machine.c dom0-tools/devmodel/lapic.c dom0-tools/devmodel/ioapic.c dom0-tools/devmodel/pic.c
 * LINK: dom0-tools/devmodel/pit.c dom0-tools/devmodel/rtc.c dom0-tools/devmodel/uart.c dom0-tools/devmodel/fwcfg.c
 * LINK: dom0-tools/devmodel/pci.c dom0-tools/devmodel/power.c
 */
#include "devmodel.h"

static void start(void)
{
	power_on(2);
	set_apic(0, 0xf0, 0x1ff);
	set_apic(1, 0xf0, 0x1ff);
}

TEST(ioapic_identity)
{
	start();
	EXPECT_EQ(io(1), 0x00170011u);
	set_io(0, 0x0f000000);
	EXPECT_EQ(io(0), 0x0f000000u);
	EXPECT_EQ(io(0x10), 0x10000u);
	EXPECT_EQ(io(0x10 + 2 * 23), 0x10000u);
	EXPECT_EQ(io(0x10 + 2 * 24), 0u);
}

TEST(an_edge_is_told_once)
{
	start();
	set_entry(5, 1u << 24, 0x25);
	machine_line(&m, 5, true);
	EXPECT_TRUE(requested(1, 0x25));
	EXPECT_FALSE(requested(0, 0x25));
	machine_line(&m, 5, true);
	EXPECT_EQ(kicks[1], 1u);
	machine_line(&m, 5, false);
	EXPECT_EQ(kicks[1], 1u);
	machine_line(&m, 5, true);
	EXPECT_EQ(kicks[1], 2u);
}

TEST(a_masked_edge_is_lost)
{
	start();
	set_entry(5, 0, 0x10025);
	machine_line(&m, 5, true);
	set_entry(5, 0, 0x25);
	EXPECT_FALSE(requested(0, 0x25));
}

TEST(a_level_is_told_again_until_it_ends)
{
	start();
	set_entry(11, 0, 0x802b);
	machine_line(&m, 11, true);
	EXPECT_EQ(io(0x10 + 22), 0xc02bu);
	EXPECT_EQ(apic(0, 0x180 + 16), 1u << 11);
	EXPECT_EQ(take(0), 0x2b);
	machine_line(&m, 11, false);
	machine_line(&m, 11, true);		/* not told while in service */
	EXPECT_FALSE(requested(0, 0x2b));
	set_apic(0, 0xb0, 0);
	EXPECT_EQ(take(0), 0x2b);
	machine_line(&m, 11, false);
	set_apic(0, 0xb0, 0);
	EXPECT_FALSE(requested(0, 0x2b));
	EXPECT_EQ(io(0x10 + 22), 0x802bu);
}

TEST(a_masked_level_comes_when_it_is_unmasked)
{
	start();
	set_entry(11, 0, 0x1802b);
	machine_line(&m, 11, true);
	EXPECT_FALSE(requested(0, 0x2b));
	set_io(0x10 + 22, 0x802b);
	EXPECT_TRUE(requested(0, 0x2b));
}

TEST(an_entry_can_be_an_nmi)
{
	start();
	set_entry(3, 1u << 24, 0x400);
	machine_line(&m, 3, true);
	EXPECT_EQ(pages[1].nmi, 1);
}

TEST(pics_keep_their_masks)
{
	start();
	outb(0x20, 0x11);
	outb(0x21, 0x20);
	outb(0x21, 0x04);
	outb(0x21, 0x01);
	outb(0x21, 0xfb);
	EXPECT_EQ(inb(0x21), 0xfb);
	outb(0xa1, 0xff);
	EXPECT_EQ(inb(0xa1), 0xff);
	EXPECT_EQ(inb(0x20), 0);
	outb(0x4d1, 0x0c);
	EXPECT_EQ(inb(0x4d1), 0x0c);
	EXPECT_EQ(inb(0x4d0), 0x00);
}

static unsigned int cmos(uint8_t reg)
{
	outb(0x70, reg);
	return inb(0x71);
}

TEST(the_date)
{
	start();
	date = 1709251199;			/* 2024-02-29 23:59:59, a Thursday */
	EXPECT_EQ(cmos(0x32), 0x20u);
	EXPECT_EQ(cmos(9), 0x24u);
	EXPECT_EQ(cmos(8), 0x02u);
	EXPECT_EQ(cmos(7), 0x29u);
	EXPECT_EQ(cmos(6), 5u);
	EXPECT_EQ(cmos(4), 0x23u);
	EXPECT_EQ(cmos(2), 0x59u);
	EXPECT_EQ(cmos(0), 0x59u);
	date++;
	EXPECT_EQ(cmos(8), 0x03u);
	EXPECT_EQ(cmos(7), 0x01u);
	date = 0;
	EXPECT_EQ(cmos(0x32), 0x19u);
	EXPECT_EQ(cmos(9), 0x70u);
	EXPECT_EQ(cmos(6), 5u);
	date = -1;
	EXPECT_EQ(cmos(9), 0x70u);
	EXPECT_EQ(cmos(0x8a) & 0x80, 0u);	/* no update in progress; bit 7 of the index is none */
	EXPECT_EQ(cmos(0x0b) & 0x06, 0x02u);
	EXPECT_EQ(cmos(0x0d), 0x80u);
}

TEST(the_clock_chips_memory)
{
	start();
	outb(0x70, 0x40);
	outb(0x71, 0x77);
	EXPECT_EQ(cmos(0x40), 0x77u);
	EXPECT_EQ(cmos(0x34) | cmos(0x35) << 8, (64u - 16) * 16);	/* above 16 MB, in 64 KB */
	outb(0x70, 0);
	outb(0x71, 0x33);			/* the date cannot be set */
	date = 0;
	EXPECT_EQ(cmos(0), 0u);
}

TEST(configuration_device)
{
	start();
	outw(0x510, 0);
	EXPECT_EQ(inb(0x511), 'Q');
	EXPECT_EQ(inb(0x511), 'E');
	EXPECT_EQ(inb(0x511), 'M');
	EXPECT_EQ(inb(0x511), 'U');
	EXPECT_EQ(inb(0x511), 0);
	outw(0x510, 5);
	EXPECT_EQ(inb(0x511), 2);
	EXPECT_EQ(inb(0x511), 0);
	outw(0x510, 3);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(inb(0x511), 0);
	EXPECT_EQ(inb(0x511), 4);		/* 64 MB */
	outw(0x510, 0x8000);
	EXPECT_EQ(inb(0x511), 0);
}

TEST(an_empty_pci_bus)
{
	start();
	outl(0xcf8, 0x80000000);
	EXPECT_EQ(inl(0xcf8), 0x80000000u);
	EXPECT_EQ(inl(0xcfc), 0xffffffffu);
	EXPECT_EQ(inw(0xcfe), 0xffff);
	EXPECT_EQ(inb(0xcfd), 0xff);
}

TEST(ways_out)
{
	static const struct { uint16_t port; uint8_t size; uint32_t value; int reason; } outs[] = {
		{ 0x604, 2, 0x2000, 0 }, { 0xb004, 2, 0x2000, 0 }, { 0x604, 2, 0x1000, -1 }, { 0x604, 4, 0x3c00, 0 },
		{ 0x64, 1, 0xfe, 1 }, { 0x64, 1, 0xd1, -1 }, { 0xcf9, 1, 0x02, -1 }, { 0xcf9, 1, 0x06, 1 },
		{ 0x92, 1, 0x02, -1 }, { 0x92, 1, 0x03, 1 }, { 0xcf8, 4, 0x00000600, -1 }, { 0x605, 1, 0x20, -1 },
	};

	for (size_t i = 0; i < sizeof(outs) / sizeof(outs[0]); i++) {
		start();
		machine_port(&m, 0, outs[i].port, outs[i].size, true, outs[i].value, now);
		if (ended != outs[i].reason)
			printf("# port %#x value %#x\n", outs[i].port, outs[i].value);
		EXPECT_EQ(ended, outs[i].reason);
	}
}

TEST(debug_port)
{
	start();
	EXPECT_EQ(inb(0xe9), 0xe9);
	outb(0xe9, '!');
	EXPECT_STR(line, "!");
}

TEST(nothing_reads_as_ones)
{
	start();
	EXPECT_EQ(inb(0x80), 0xff);
	EXPECT_EQ(inw(0x1f0), 0xffff);
	EXPECT_EQ(inl(0xc000), 0xffffffffu);
	EXPECT_EQ(inl(0xffff), 0xffffffffu);
	outl(0xffff, 0x12345678);
	EXPECT_EQ(machine_memory(&m, 0, 0xfed00000, 8, false, 0, now), ~0ull);
	EXPECT_EQ(machine_port(&m, 0, 0x80, 8, false, 0, now), ~0ull);
	EXPECT_EQ(machine_port(&m, 5, 0x3fd, 1, false, 0, now), ~0ull);
	EXPECT_EQ(inl(0x3fe), 0xffff00b0u);	/* the end of one device and what is behind it */
}

TAP_MAIN
