/* SPDX-License-Identifier: MIT */
/* Time: the TSC as clock, the local APIC's timer for interrupts, the CMOS clock for the date. */
#include "../../kernel/lib.h"
#include "../../kernel/task.h"
#include "native.h"

static u64 tsc_start, tsc_mult;		/* ns = ticks * tsc_mult >> 32 */
static u64 lapic_mult;			/* APIC ticks = ns * lapic_mult >> 32 */

u64 plat_clock(void)
{
	return tsc_mult ? (unsigned __int128)(rdtsc() - tsc_start) * tsc_mult >> 32 : 0;
}

/* A zero count would stop the timer; ~0 means no interrupt is wanted. */
void plat_timer_set(u64 deadline)
{
	u64 now = plat_clock(), ticks;

	if (deadline == ~0ull) {
		lapic_write(LAPIC_TIMER_INIT, 0);
		return;
	}
	ticks = deadline <= now ? 1 : (unsigned __int128)(deadline - now) * lapic_mult >> 32;
	lapic_write(LAPIC_TIMER_INIT, ticks == 0 ? 1 : min(ticks, 0xfffffffful));
}

static u8 cmos(u8 reg)
{
	outb(0x70, reg);
	return inb(0x71);
}

static unsigned bcd(u8 v)
{
	return (v >> 4) * 10 + (v & 15);
}

u64 plat_wallclock(void)
{
	static u64 base;

	if (!base) {
		unsigned s = bcd(cmos(0)), m = bcd(cmos(2)), h = bcd(cmos(4)), d = bcd(cmos(7)), mon = bcd(cmos(8)),
			 y = 2000 + bcd(cmos(9));
		/* days since 1970 of a date in the Gregorian calendar, years beginning in March */
		s64 yy = mon <= 2 ? y - 1 : y, mm = mon <= 2 ? mon + 9 : mon - 3;
		s64 days = 365 * yy + yy / 4 - yy / 100 + yy / 400 + (153 * mm + 2) / 5 + d - 719469;

		base = (((days * 24 + h) * 60 + m) * 60 + s) * 1000000000ull - plat_clock();
	}
	return base;
}

/* Counts both clocks during 5 ms of the PIT's third channel, whose output can be polled. */
static void calibrate(void)
{
	const u64 ns = 5000000, count = 1193182ull * ns / 1000000000;
	u64 t0, t1;
	u32 a0, a1;

	outb(0x61, (inb(0x61) & ~2) | 1);
	outb(0x43, 0xb0);
	outb(0x42, count & 0xff);
	outb(0x42, count >> 8);
	t0 = rdtsc();
	lapic_write(LAPIC_TIMER_INIT, ~0u);
	a0 = lapic_read(LAPIC_TIMER_NOW);
	while (!(inb(0x61) & 0x20))
		;
	t1 = rdtsc();
	a1 = lapic_read(LAPIC_TIMER_NOW);
	tsc_mult = (ns << 32) / (t1 - t0);
	lapic_mult = ((u64)(a0 - a1) << 32) / ns;
	tsc_start = t0;
}

void plat_timer_init(unsigned cpu)
{
	lapic_write(LAPIC_TIMER_DIV, 0xb);	/* divide by 1 */
	lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER);
	if (!cpu)
		calibrate();
	lapic_write(LAPIC_TIMER_INIT, 0);
}
