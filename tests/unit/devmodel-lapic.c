/* SPDX-License-Identifier: MIT */
/*
 * The device model's local APICs: priorities, end of interrupt, commands to other CPUs with every shorthand and
 * destination mode, INIT and startup, what a disabled one refuses, the error register.
 *
 * LINK: dom0-tools/devmodel/machine.c dom0-tools/devmodel/lapic.c dom0-tools/devmodel/ioapic.c dom0-tools/devmodel/pic.c
 * LINK: dom0-tools/devmodel/pit.c dom0-tools/devmodel/rtc.c dom0-tools/devmodel/uart.c dom0-tools/devmodel/fwcfg.c
 * LINK: dom0-tools/devmodel/pci.c dom0-tools/devmodel/power.c
 */
#include "devmodel.h"

static void enable(unsigned int n)
{
	power_on(n);
	for (unsigned int i = 0; i < n; i++)
		set_apic(i, 0xf0, 0x1ff);
}

static void send(unsigned int from, uint32_t dest, uint32_t low)
{
	set_apic(from, 0x310, dest << 24);
	set_apic(from, 0x300, low);
}

TEST(identity)
{
	enable(3);
	EXPECT_EQ(apic(2, 0x20), 2u << 24);
	set_apic(2, 0x20, 7u << 24);
	EXPECT_EQ(apic(2, 0x20), 2u << 24);
	EXPECT_EQ(apic(0, 0x30), 0x00050014u);
	EXPECT_EQ(apic(0, 0xe0), 0xffffffffu);
}

TEST(reset_state)
{
	power_on(1);
	EXPECT_EQ(apic(0, 0xf0), 0xffu);
	for (uint32_t reg = 0x320; reg <= 0x370; reg += 16)
		EXPECT_EQ(apic(0, reg), 0x10000u);
	/* Disabled, its local vectors stay masked. */
	set_apic(0, 0x350, 0x700);
	EXPECT_EQ(apic(0, 0x350), 0x10700u);
	set_apic(0, 0xf0, 0x1ff);
	set_apic(0, 0x350, 0x700);
	EXPECT_EQ(apic(0, 0x350), 0x700u);
	set_apic(0, 0xf0, 0xff);
	EXPECT_EQ(apic(0, 0x350), 0x10700u);
}

TEST(end_of_interrupt_ends_the_highest)
{
	enable(1);
	send(0, 0, 0x4030);
	send(0, 0, 0x4050);
	EXPECT_EQ(take(0), 0x50);
	EXPECT_EQ(apic(0, 0xa0), 0x50u);
	EXPECT_EQ(take(0), -1);			/* 0x30 has to wait */
	send(0, 0, 0x4061);
	EXPECT_EQ(take(0), 0x61);		/* nested */
	EXPECT_EQ(apic(0, 0x100 + 16 * 2), 1u << 16);
	EXPECT_EQ(apic(0, 0x100 + 16 * 3), 1u << 1);
	set_apic(0, 0xb0, 0);
	EXPECT_FALSE(in_service(0, 0x61));
	EXPECT_TRUE(in_service(0, 0x50));
	EXPECT_EQ(take(0), -1);
	set_apic(0, 0xb0, 0);
	EXPECT_EQ(take(0), 0x30);
	set_apic(0, 0xb0, 0);
	set_apic(0, 0xb0, 0);			/* one too many is none */
	EXPECT_EQ(apic(0, 0xa0), 0u);
}

TEST(task_priority_holds_back_its_class_and_below)
{
	enable(1);
	set_apic(0, 0x80, 0x40);
	EXPECT_EQ(apic(0, 0x80), 0x40u);
	EXPECT_EQ(pages[0].tpr, 0x40u);
	send(0, 0, 0x404f);
	EXPECT_EQ(take(0), -1);
	send(0, 0, 0x4050);
	EXPECT_EQ(take(0), 0x50);
	set_apic(0, 0xb0, 0);
	set_apic(0, 0x80, 0x30);
	EXPECT_EQ(take(0), 0x4f);
}

TEST(requests_are_seen_in_the_register)
{
	enable(1);
	send(0, 0, 0x40f1);
	EXPECT_EQ(apic(0, 0x200 + 16 * 7), 1u << 17);
	EXPECT_EQ(kicks[0], 1u);
}

TEST(fixed_goes_to_one_cpu)
{
	enable(3);
	send(0, 2, 0x40f1);
	EXPECT_FALSE(requested(0, 0xf1));
	EXPECT_FALSE(requested(1, 0xf1));
	EXPECT_TRUE(requested(2, 0xf1));
	EXPECT_EQ(kicks[2], 1u);
	EXPECT_EQ(kicks[1], 0u);
	EXPECT_FALSE(apic(0, 0x300) & 0x1000);
	send(0, 9, 0x40f2);			/* nobody */
	EXPECT_FALSE(requested(2, 0xf2));
	send(0, 0xff, 0x40f3);
	EXPECT_EQ(requested(0, 0xf3) + requested(1, 0xf3) + requested(2, 0xf3), 3);
}

TEST(shorthands)
{
	enable(3);
	send(1, 0, 0x440f1);			/* self */
	EXPECT_EQ(requested(0, 0xf1) * 4 + requested(1, 0xf1) * 2 + requested(2, 0xf1), 2);
	send(1, 0, 0x840f2);			/* all */
	EXPECT_EQ(requested(0, 0xf2) * 4 + requested(1, 0xf2) * 2 + requested(2, 0xf2), 7);
	send(1, 0, 0xc40f3);			/* all others */
	EXPECT_EQ(requested(0, 0xf3) * 4 + requested(1, 0xf3) * 2 + requested(2, 0xf3), 5);
}

TEST(logical_destinations)
{
	enable(3);
	for (unsigned int i = 0; i < 3; i++)
		set_apic(i, 0xd0, 1u << (24 + i));
	send(0, 6, 0x48f1);			/* flat: CPUs 1 and 2 */
	EXPECT_EQ(requested(0, 0xf1) * 4 + requested(1, 0xf1) * 2 + requested(2, 0xf1), 3);
	for (unsigned int i = 0; i < 3; i++) {
		set_apic(i, 0xe0, 0x0fffffff);
		set_apic(i, 0xd0, (i == 2 ? 0x11u : 0x01u << i) << 24);
	}
	send(0, 0x11, 0x48f2);			/* cluster 1, first */
	EXPECT_EQ(requested(0, 0xf2) * 4 + requested(1, 0xf2) * 2 + requested(2, 0xf2), 1);
	send(0, 0x03, 0x48f3);			/* cluster 0, both */
	EXPECT_EQ(requested(0, 0xf3) * 4 + requested(1, 0xf3) * 2 + requested(2, 0xf3), 6);
}

TEST(lowest_priority_goes_to_the_least_busy)
{
	enable(3);
	set_apic(0, 0x80, 0x30);
	set_apic(1, 0x80, 0x20);
	set_apic(2, 0x80, 0x40);
	send(0, 0xff, 0x41f1);
	EXPECT_EQ(requested(0, 0xf1) * 4 + requested(1, 0xf1) * 2 + requested(2, 0xf1), 2);
}

TEST(nmi)
{
	enable(2);
	send(0, 1, 0x4400);
	EXPECT_EQ(pages[1].nmi, 1);
	EXPECT_EQ(kicks[1], 1u);
}

TEST(starting_a_cpu)
{
	power_on(2);
	set_apic(0, 0xf0, 0x1ff);
	send(0, 0, 0xc4500);			/* INIT to all others */
	EXPECT_EQ(inits[1], 1u);
	EXPECT_EQ(inits[0], 0u);
	send(0, 0, 0xc8500);			/* its old-fashioned end */
	EXPECT_EQ(inits[1], 1u);
	send(0, 0, 0xc4608);
	EXPECT_EQ(startups[1], 1u);
	EXPECT_EQ(started_at, 8);
	send(0, 0, 0xc4609);			/* the second one finds it running */
	EXPECT_EQ(startups[1], 1u);
	EXPECT_EQ(startups[0], 0u);
}

TEST(init_resets_the_apic)
{
	enable(2);
	set_apic(1, 0x80, 0x40);
	set_apic(1, 0x320, 0x200f0);
	set_apic(1, 0x380, 1000000);
	send(0, 1, 0x40f1);
	send(0, 1, 0x4500);
	EXPECT_EQ(apic(1, 0x80), 0u);
	EXPECT_EQ(apic(1, 0xf0), 0xffu);
	EXPECT_FALSE(requested(1, 0xf1));
	EXPECT_EQ(pass(1000000000), 0u);
	EXPECT_TRUE(m.lapic[1].waits_for_startup);
}

TEST(a_disabled_apic_takes_no_interrupt)
{
	power_on(1);
	send(0, 0, 0x40f1);
	EXPECT_FALSE(requested(0, 0xf1));
	send(0, 0, 0x4400);
	EXPECT_EQ(pages[0].nmi, 1);		/* but NMIs */
}

TEST(errors)
{
	enable(1);
	send(0, 0, 0x4005);
	EXPECT_EQ(apic(0, 0x280), 0u);		/* shown after a write */
	set_apic(0, 0x280, 0);
	EXPECT_EQ(apic(0, 0x280), 0x20u);
	set_apic(0, 0x370, 0xfe);
	apic(0, 0x3f0);
	EXPECT_TRUE(requested(0, 0xfe));
	set_apic(0, 0x280, 0);
	EXPECT_EQ(apic(0, 0x280), 0x80u);
	set_apic(0, 0x280, 0);
	EXPECT_EQ(apic(0, 0x280), 0u);
	set_apic(0, 0x370, 3);			/* an error entry that is itself an error */
	set_apic(0, 0x320, 2);
	set_apic(0, 0x380, 1);
	pass(1000);
	set_apic(0, 0x280, 0);
	EXPECT_EQ(apic(0, 0x280), 0x40u);
}

TEST(odd_accesses)
{
	enable(1);
	EXPECT_EQ(machine_memory(&m, 0, 0xfee00030, 1, false, 0, now), 0x14u);
	EXPECT_EQ(machine_memory(&m, 0, 0xfee00032, 2, false, 0, now), 0x5u);
	EXPECT_EQ(machine_memory(&m, 0, 0xfee00030, 8, false, 0, now), ~0ull);
	EXPECT_EQ(machine_memory(&m, 0, 0xfee00032, 4, false, 0, now), ~0ull);
	machine_memory(&m, 0, 0xfee00080, 1, true, 0x50, now);
	EXPECT_EQ(apic(0, 0x80), 0u);
	EXPECT_EQ(machine_memory(&m, 0, 0xfee01000, 4, false, 0, now), ~0ull);
	EXPECT_EQ(machine_memory(&m, 0, ~0ull, 4, false, 0, now), ~0ull);
	EXPECT_EQ(machine_memory(&m, 77, 0xfee00030, 4, false, 0, now), ~0ull);
}

TAP_MAIN
