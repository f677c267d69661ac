/* SPDX-License-Identifier: MIT */
/* The clock chip: see rtc.h. */
#include <string.h>

#include "machine.h"

enum {
	SECONDS, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM, WEEKDAY, DAY, MONTH, YEAR,
	STATUS_A, STATUS_B, STATUS_C, STATUS_D, CENTURY = 0x32,
};

struct date {
	unsigned int year, month, day, weekday, hour, minute, second;
};

/* Gregorian calendar, with years that begin in March: the leap day comes last. */
static struct date date_of(int64_t seconds)
{
	struct date d;
	int64_t days, era, doe, yoe, doy, mp;

	if (seconds < 0 || seconds > 253402300799)	/* 1970 to 9999: what the chip can show */
		seconds = 0;
	days = seconds / 86400 + 719468;
	era = days / 146097;
	doe = days % 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	d.day = (unsigned int)(doy - (153 * mp + 2) / 5 + 1);
	d.month = (unsigned int)(mp < 10 ? mp + 3 : mp - 9);
	d.year = (unsigned int)(yoe + era * 400 + (d.month <= 2));
	d.weekday = (unsigned int)((days + 3) % 7 + 1);		/* 1 is Sunday */
	d.hour = (unsigned int)(seconds / 3600 % 24);
	d.minute = (unsigned int)(seconds / 60 % 60);
	d.second = (unsigned int)(seconds % 60);
	return d;
}

static uint8_t bcd(unsigned int v)
{
	return (uint8_t)(v / 10 << 4 | v % 10);
}

/* The size of memory is where a BIOS would have put it. */
void rtc_reset(struct machine *m)
{
	uint64_t high = m->memory >> 16, extended = m->memory >> 10;

	memset(&m->rtc, 0, sizeof(m->rtc));
	m->rtc.ram[STATUS_A] = 0x26;
	m->rtc.ram[STATUS_B] = 0x02;
	m->rtc.ram[STATUS_D] = 0x80;		/* the battery is good */
	m->rtc.ram[0x15] = 640 & 0xff;
	m->rtc.ram[0x16] = 640 >> 8;
	extended = extended > 1024 ? extended - 1024 : 0;
	extended = extended > 65535 ? 65535 : extended;
	high = high > 256 ? high - 256 : 0;
	high = high > 65535 ? 65535 : high;
	m->rtc.ram[0x17] = m->rtc.ram[0x30] = (uint8_t)extended;
	m->rtc.ram[0x18] = m->rtc.ram[0x31] = (uint8_t)(extended >> 8);
	m->rtc.ram[0x34] = (uint8_t)high;
	m->rtc.ram[0x35] = (uint8_t)(high >> 8);
}

static bool is_clock(unsigned int index)
{
	return index <= YEAR ? !(index & 1) || index > HOURS_ALARM : index == CENTURY;
}

uint32_t rtc_read(struct machine *m, uint16_t port, unsigned int size)
{
	struct date d;

	(void)size;
	if (port == 0x70)
		return 0xff;		/* write only */
	if (!is_clock(m->rtc.index))
		return m->rtc.ram[m->rtc.index];
	d = date_of(m->host->date(m->host->ctx));
	switch (m->rtc.index) {
	case SECONDS: return bcd(d.second);
	case MINUTES: return bcd(d.minute);
	case HOURS: return bcd(d.hour);
	case WEEKDAY: return d.weekday;
	case DAY: return bcd(d.day);
	case MONTH: return bcd(d.month);
	case YEAR: return bcd(d.year % 100);
	default: return bcd(d.year / 100);
	}
}

void rtc_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v)
{
	struct rtc *r = &m->rtc;

	(void)size;
	if (port == 0x70)
		r->index = v & 0x7f;	/* bit 7 would mask NMIs */
	else if (r->index == STATUS_B)
		r->ram[STATUS_B] = (uint8_t)((v & 0x79) | 0x02);	/* always 24 hours, always BCD */
	else if (!is_clock(r->index) && r->index != STATUS_C && r->index != STATUS_D)
		r->ram[r->index] = (uint8_t)(v & (r->index == STATUS_A ? 0x7f : 0xff));
}
