/* SPDX-License-Identifier: MIT
 *
 * System time from the TSC, deadlines from the local APIC timer.
 *
 * Both are calibrated once against channel 2 of the 8254. The emulated machine
 * may be taken off its processor at any moment, so each reading is taken between
 * two reads of the TSC and repeated until they are close; the middle counts.
 *
 * [SDM 3B 17.17] [Intel 8254]
 */
#include "arch/clock.h"
#include "arch/apic.h"
#include "arch/cpu.h"
#include "arch/init.h"
#include "arch/x86.h"
#include "lib/panic.h"
#include "lib/spinlock.h"
#include "lib/string.h"

#define PIT_HZ 1193182U

uint32_t tsc_khz;
uint32_t tsc_to_ns_mul;
int8_t tsc_to_ns_shift;
static uint64_t tsc_base;
static uint64_t ns_to_apic_mul;         /* APIC ticks = (ns * mul) >> 32 */
static uint64_t wallclock_base;

static uint64_t scale(uint64_t delta, uint32_t mul, int shift)
{
	if (shift < 0)
		delta >>= -shift;
	else
		delta <<= shift;
	return (uint64_t)(((unsigned __int128)delta * mul) >> 32);
}

s_time_t tsc_to_s_time(uint64_t tsc)
{
	return (s_time_t)scale(tsc - tsc_base, tsc_to_ns_mul, tsc_to_ns_shift);
}

s_time_t now(void)
{
	return tsc_to_s_time(rdtsc());
}

/* ---- calibration ---- */

struct sample {
	uint64_t tsc;
	uint32_t pit, apic;     /* both count down */
};

static uint32_t __init pit_read(void)
{
	uint32_t lo;

	outb(0x80, 0x43);       /* latch channel 2 */
	lo = inb(0x42);
	return lo | (uint32_t)inb(0x42) << 8;
}

static struct sample __init sample_take(void)
{
	struct sample best = { 0 };
	uint64_t best_width = ~0ULL;

	for (int i = 0; i < 5; i++) {
		uint64_t t0 = rdtsc(), t1;
		uint32_t pit = pit_read(), apic = apic_timer_count();

		t1 = rdtsc();
		if (t1 - t0 < best_width) {
			best_width = t1 - t0;
			best = (struct sample){ t0 + (t1 - t0) / 2, pit, apic };
		}
	}
	return best;
}

static void __init calibrate(void)
{
	struct sample a, b;
	uint64_t ticks, khz;

	/* Mode 0 raises OUT (port 0x61 bit 5) when the count runs out: then we were away too long. */
	do {
		outb((uint8_t)((inb(0x61) & ~2) | 1), 0x61);    /* gate on, speaker off */
		outb(0xb0, 0x43);                               /* channel 2, mode 0, 65535 */
		outb(0xff, 0x42);
		outb(0xff, 0x42);
		apic_timer_calibrate_start();
		a = sample_take();
		while (a.pit - pit_read() < PIT_HZ / 100 && !(inb(0x61) & 0x20))
			cpu_relax();
		b = sample_take();
	} while (inb(0x61) & 0x20);
	ticks = a.pit - b.pit;
	BUG_ON(!ticks || b.tsc == a.tsc);
	khz = (b.tsc - a.tsc) * PIT_HZ / ticks / 1000;
	tsc_khz = (uint32_t)khz;
	/* mul is a 0.32 fraction in [0.5, 1): shift until it is. */
	tsc_to_ns_shift = 0;
	for (uint64_t hz = khz * 1000; hz > 2000000000ULL; hz >>= 1)
		tsc_to_ns_shift--;
	for (uint64_t hz = khz * 1000; hz <= 1000000000ULL; hz <<= 1)
		tsc_to_ns_shift++;
	{
		uint64_t one = 1000000ULL << 32;        /* 52 bits: room for the few shifts */

		tsc_to_ns_mul = (uint32_t)((tsc_to_ns_shift < 0 ? one << -tsc_to_ns_shift
							       : one >> tsc_to_ns_shift) / khz);
	}
	{
		uint64_t apic_hz = (uint64_t)(a.apic - b.apic) * PIT_HZ / ticks;

		ns_to_apic_mul = (apic_hz << 32) / 1000000000ULL;
		apic_timer_calibrate_end();
	}
}

/* ---- the CMOS clock ---- */

static uint8_t cmos(uint8_t reg)
{
	outb(reg, 0x70);
	return inb(0x71);
}

static unsigned int from_bcd(uint8_t v, bool bcd)
{
	return bcd ? (v >> 4) * 10U + (v & 15) : v;
}

/* Days since 1970-01-01 of a date in the Gregorian calendar. */
static uint64_t days_from_civil(unsigned int y, unsigned int m, unsigned int d)
{
	unsigned int era, yoe, doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3U : 9U)) + 2) / 5 + d - 1;
	return (uint64_t)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static uint64_t __init cmos_read_seconds(void)
{
	uint8_t r[6];
	bool bcd = !(cmos(0x0b) & 4);
	static const uint8_t reg[6] = { 0, 2, 4, 7, 8, 9 };

	for (int tries = 0; tries < 1000 && (cmos(0x0a) & 0x80); tries++)
		cpu_relax();
	for (int i = 0; i < 6; i++)
		r[i] = cmos(reg[i]);
	return days_from_civil(2000 + from_bcd(r[5], bcd), from_bcd(r[4], bcd), from_bcd(r[3], bcd)) * 86400 +
	       from_bcd(r[2] & 0x7f, bcd) * 3600 + from_bcd(r[1], bcd) * 60 + from_bcd(r[0], bcd);
}

uint64_t wallclock_base_ns(void)
{
	return __atomic_load_n(&wallclock_base, __ATOMIC_RELAXED);
}

void wallclock_set(uint64_t ns)
{
	__atomic_store_n(&wallclock_base, ns, __ATOMIC_RELAXED);
}

void __init clock_init(void)
{
	calibrate();
	tsc_base = rdtsc();
	wallclock_base = cmos_read_seconds() * 1000000000ULL - (uint64_t)now();
	printk("TSC %u.%03u MHz\n", tsc_khz / 1000, tsc_khz % 1000);
}

void clock_init_cpu(void)
{
}

/* ---- deadlines ---- */

void clock_set_deadline(s_time_t deadline)
{
	s_time_t when, delta;
	uint64_t ticks;

	if (deadline == S_TIME_NEVER) {
		apic_timer_set(0);
		return;
	}
	/* Compared, not subtracted: a guest may ask for any time, and one before the beginning shall not look far away. */
	when = now();
	if (deadline <= when) {
		raise_softirq(SOFTIRQ_TIMER);
		return;
	}
	delta = deadline - when;
	if (delta > SECONDS(1))
		delta = SECONDS(1);     /* the timer code looks again then */
	ticks = ((uint64_t)delta * ns_to_apic_mul) >> 32;
	apic_timer_set(ticks > ~0U ? ~0U : ticks < 1 ? 1 : (uint32_t)ticks);
}

void udelay(unsigned int us)
{
	uint64_t end = rdtsc() + (uint64_t)us * tsc_khz / 1000;

	while (rdtsc() < end)
		cpu_relax();
}
