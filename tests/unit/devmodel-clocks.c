/* SPDX-License-Identifier: MIT */
/*
 * The device model's clocks: the calibration that our native kernel does gives the right numbers; the PIT's counters and
 * outputs follow its modes; the local APIC's timer fires once or periodically, when it was told to and not when masked.
 *
 * LINK: dom0-tools/devmodel/machine.c dom0-tools/devmodel/lapic.c dom0-tools/devmodel/ioapic.c dom0-tools/devmodel/pic.c
 * LINK: dom0-tools/devmodel/pit.c dom0-tools/devmodel/rtc.c dom0-tools/devmodel/uart.c dom0-tools/devmodel/fwcfg.c
 * LINK: dom0-tools/devmodel/pci.c dom0-tools/devmodel/power.c
 */
#include "devmodel.h"

#define TIMER_VECTOR 0xf0

/* As platform/native/timer.c does it, with @step nanoseconds a poll. */
static void calibrate(uint64_t step, uint64_t *ns, uint32_t *ticks)
{
	const uint32_t count = 1193182 / 200;
	uint64_t t0;
	uint32_t a0;

	set_apic(0, 0x3e0, 0xb);
	set_apic(0, 0x320, TIMER_VECTOR);
	outb(0x61, (inb(0x61) & ~2) | 1);
	outb(0x43, 0xb0);
	outb(0x42, count & 0xff);
	outb(0x42, count >> 8);
	t0 = now;
	set_apic(0, 0x380, ~0u);
	a0 = apic(0, 0x390);
	while (!(inb(0x61) & 0x20) && now - t0 < 1000000000)
		now += step;
	*ns = now - t0;
	*ticks = a0 - apic(0, 0x390);
}

TEST(calibration_takes_five_milliseconds)
{
	uint64_t ns;
	uint32_t ticks;

	power_on(1);
	set_apic(0, 0xf0, 0x1ff);
	calibrate(100, &ns, &ticks);
	EXPECT_GE(ns, 4999000u);
	EXPECT_LE(ns, 5000200u);
	EXPECT_EQ(ticks, ns);		/* 1 GHz */
}

TEST(calibration_can_be_repeated)
{
	uint64_t ns;
	uint32_t ticks;

	power_on(1);
	set_apic(0, 0xf0, 0x1ff);
	calibrate(1000, &ns, &ticks);
	now += 123456789;
	calibrate(1000, &ns, &ticks);
	EXPECT_LE(ns, 5001000u);
	EXPECT_GE(ns, 4999000u);
}

TEST(channel_2_counts_only_while_its_gate_is_open)
{
	power_on(1);
	outb(0x61, 0);
	outb(0x43, 0xb0);
	outb(0x42, 0xff);
	outb(0x42, 0xff);
	now += 100000000;
	EXPECT_FALSE(inb(0x61) & 0x20);
	outb(0x61, 1);
	now += 54000000;
	EXPECT_FALSE(inb(0x61) & 0x20);
	outb(0x61, 0);
	now += 54000000;
	EXPECT_FALSE(inb(0x61) & 0x20);
	outb(0x61, 1);
	now += 1000000;
	EXPECT_TRUE(inb(0x61) & 0x20);
}

TEST(counters_latch_and_read_low_byte_first)
{
	uint16_t v;

	power_on(1);
	outb(0x43, 0x34);		/* channel 0, both bytes, mode 2 */
	outb(0x40, 0x00);
	outb(0x40, 0x80);		/* 32768 */
	now += 1000000;			/* 1193 ticks */
	outb(0x43, 0x00);		/* latch */
	now += 5000000;
	v = inb(0x40);
	v |= (uint16_t)(inb(0x40) << 8);
	EXPECT_EQ(v, 32768 - 1193);
	v = inb(0x40);
	v |= (uint16_t)(inb(0x40) << 8);
	EXPECT_EQ(v, 32768 - 7159);
	outb(0x43, 0xe2);		/* read back the status of channel 0 */
	EXPECT_EQ(inb(0x40), 0xb4);	/* output high, loaded, both bytes, mode 2 */
}

TEST(channel_0_interrupts_a_hundred_times_a_second)
{
	power_on(1);
	set_apic(0, 0xf0, 0x1ff);
	set_entry(2, 0, 0x31);
	outb(0x43, 0x34);
	outb(0x40, 11932 & 0xff);
	outb(0x40, 11932 >> 8);
	EXPECT_FALSE(requested(0, 0x31));
	EXPECT_EQ(pass(1000000000), 99u);
	EXPECT_TRUE(requested(0, 0x31));
	EXPECT_EQ(take(0), 0x31);
}

TEST(a_mode_0_count_of_channel_0_interrupts_once)
{
	power_on(1);
	set_apic(0, 0xf0, 0x1ff);
	set_entry(2, 0, 0x31);
	outb(0x43, 0x30);
	outb(0x40, 0xe8);
	outb(0x40, 0x03);		/* 1000: 838 microseconds */
	EXPECT_EQ(pass(838000), 0u);
	EXPECT_EQ(pass(1000), 1u);
	EXPECT_EQ(take(0), 0x31);
	EXPECT_EQ(pass(1000000000), 0u);
}

TEST(a_counter_of_one_does_not_flood_the_host)
{
	unsigned int fired;

	power_on(1);
	outb(0x43, 0x14);		/* low byte only, mode 2 */
	outb(0x40, 1);
	fired = pass(1000000000);
	EXPECT_LE(fired, 10001u);
	EXPECT_GE(fired, 9900u);
}

TEST(one_shot_fires_once_and_on_time)
{
	power_on(1);
	set_apic(0, 0xf0, 0x1ff);
	set_apic(0, 0x3e0, 0xb);
	set_apic(0, 0x320, TIMER_VECTOR);
	set_apic(0, 0x380, 10000000);
	EXPECT_EQ(pass(9999999), 0u);
	EXPECT_FALSE(requested(0, TIMER_VECTOR));
	EXPECT_EQ(apic(0, 0x390), 1u);
	EXPECT_EQ(pass(1), 1u);
	EXPECT_TRUE(requested(0, TIMER_VECTOR));
	EXPECT_EQ(apic(0, 0x390), 0u);
	EXPECT_EQ(kicks[0], 1u);
	EXPECT_EQ(pass(1000000000), 0u);
}

TEST(a_count_of_zero_stops_it)
{
	power_on(1);
	set_apic(0, 0xf0, 0x1ff);
	set_apic(0, 0x320, TIMER_VECTOR);
	set_apic(0, 0x380, 1000);
	set_apic(0, 0x380, 0);
	EXPECT_EQ(pass(1000000000), 0u);
	EXPECT_EQ(apic(0, 0x390), 0u);
}

TEST(periodic_fires_again_and_again_without_drift)
{
	power_on(1);
	set_apic(0, 0xf0, 0x1ff);
	set_apic(0, 0x3e0, 0x3);		/* divide by 16 */
	set_apic(0, 0x320, 0x20000 | TIMER_VECTOR);
	set_apic(0, 0x380, 625000);		/* 10 ms */
	/* The host is late each time. */
	for (int i = 1; i <= 50; i++) {
		now += 10003000;
		machine_run_timers(&m, now);
		EXPECT_EQ(machine_deadline(&m), 1000000000u + 10000000u * (unsigned int)(i + 1));
	}
	EXPECT_TRUE(requested(0, TIMER_VECTOR));
}

TEST(periods_that_were_missed_are_one_interrupt)
{
	power_on(1);
	set_apic(0, 0xf0, 0x1ff);
	set_apic(0, 0x320, 0x20000 | TIMER_VECTOR);
	set_apic(0, 0x3e0, 0xb);
	set_apic(0, 0x380, 1000000);
	now += 100500000;
	machine_run_timers(&m, now);
	EXPECT_EQ(kicks[0], 1u);
	EXPECT_EQ(machine_deadline(&m), 1000000000u + 101000000u);
}

TEST(a_period_of_a_nanosecond_does_not_flood_the_host)
{
	unsigned int fired;

	power_on(1);
	set_apic(0, 0xf0, 0x1ff);
	set_apic(0, 0x320, 0x20000 | TIMER_VECTOR);
	set_apic(0, 0x3e0, 0xb);
	set_apic(0, 0x380, 1);
	fired = pass(1000000000);
	EXPECT_LE(fired, 10000u);
	EXPECT_GE(fired, 9900u);
}

TEST(a_masked_timer_counts_and_is_silent)
{
	power_on(1);
	set_apic(0, 0xf0, 0x1ff);
	set_apic(0, 0x320, 0x10000 | TIMER_VECTOR);
	set_apic(0, 0x3e0, 0xb);
	set_apic(0, 0x380, 1000000);
	now += 400000;
	EXPECT_EQ(apic(0, 0x390), 600000u);
	EXPECT_EQ(pass(100000), 0u);
	set_apic(0, 0x320, TIMER_VECTOR);	/* unmasked in time: it fires */
	EXPECT_EQ(pass(500000), 1u);
	EXPECT_TRUE(requested(0, TIMER_VECTOR));
}

TEST(each_vcpu_has_its_own_timer)
{
	power_on(2);
	for (unsigned int i = 0; i < 2; i++) {
		set_apic(i, 0xf0, 0x1ff);
		set_apic(i, 0x3e0, 0xb);
		set_apic(i, 0x320, TIMER_VECTOR);
		set_apic(i, 0x380, 1000000 * (2 - i));
	}
	EXPECT_EQ(pass(1500000), 1u);
	EXPECT_FALSE(requested(0, TIMER_VECTOR));
	EXPECT_TRUE(requested(1, TIMER_VECTOR));
	EXPECT_EQ(pass(500000), 1u);
	EXPECT_TRUE(requested(0, TIMER_VECTOR));
}

TAP_MAIN
