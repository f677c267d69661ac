/* SPDX-License-Identifier: MIT */
/* The 8254 timer: see pit.h. */
#include <string.h>

#include "machine.h"

#define NS 1000000000u
#define PIN 2			/* where channel 0 arrives at the IOAPIC */

static uint64_t elapsed(const struct machine *m, const struct pit_channel *c)
{
	return c->gate ? m->now - c->start : c->held;
}

static uint64_t ticks(const struct machine *m, const struct pit_channel *c)
{
	return (uint64_t)((unsigned __int128)elapsed(m, c) * PIT_HZ / NS);
}

/* Rounded up, so that the count is over when its time is. */
static uint64_t ns_of(uint64_t n)
{
	return (uint64_t)(((unsigned __int128)n * NS + PIT_HZ - 1) / PIT_HZ);
}

static uint16_t counter(const struct machine *m, const struct pit_channel *c)
{
	uint64_t n = ticks(m, c);

	if (!c->loaded)
		return (uint16_t)c->count;
	if (c->mode == 2)
		return (uint16_t)(c->count - n % c->count);
	if (c->mode == 3)
		return (uint16_t)(c->count - 2 * n % c->count);
	return (uint16_t)(c->count - n);
}

static bool output(const struct machine *m, const struct pit_channel *c)
{
	uint64_t n = ticks(m, c);

	if (!c->loaded)
		return c->mode != 0;
	switch (c->mode) {
	case 0:
	case 1:
		return n >= c->count;
	case 2:
		return n % c->count != c->count - 1;
	case 3:
		return n % c->count < (c->count + 1) / 2;
	default:
		return n != c->count;
	}
}

/* When channel 0's output rises next. */
static void arm(struct machine *m)
{
	const struct pit_channel *c = &m->pit.channel[0];
	uint64_t n = ticks(m, c), next = NEVER;

	if (!c->loaded)
		next = NEVER;
	else if (c->mode == 2 || c->mode == 3)
		next = c->start + ns_of((n / c->count + 1) * c->count);
	else if ((c->mode == 0 || c->mode == 4) && n < c->count)
		next = c->start + ns_of(c->count);
	if (next < m->now + MACHINE_MIN_PERIOD && c->mode != 0 && c->mode != 4 &&
	    ns_of(c->count) < MACHINE_MIN_PERIOD)
		next = m->now + MACHINE_MIN_PERIOD;
	m->pit.deadline = next;
}

void pit_timer(struct machine *m)
{
	arm(m);
	machine_pulse(m, PIN);
}

void pit_reset(struct machine *m)
{
	memset(&m->pit, 0, sizeof(m->pit));
	m->pit.deadline = NEVER;
	for (int i = 0; i < 3; i++) {
		m->pit.channel[i].access = 3;
		m->pit.channel[i].count = 65536;
		m->pit.channel[i].gate = i < 2;
	}
}

static uint8_t half(uint16_t v, bool high)
{
	return (uint8_t)(high ? v >> 8 : v);
}

static uint8_t read_channel(const struct machine *m, struct pit_channel *c)
{
	bool high = c->access == 2;

	if (c->status_latched) {
		c->status_latched = false;
		return c->status;
	}
	if (c->latched) {
		/* Of two bytes, the first is the low one. */
		high = c->access == 2 || (c->access == 3 && c->latched == 1);
		c->latched--;
		return half(c->latch, high);
	}
	if (c->access == 3) {
		high = c->read_high;
		c->read_high = !c->read_high;
	}
	return half(counter(m, c), high);
}

uint32_t pit_read(struct machine *m, uint16_t port, unsigned int size)
{
	(void)size;
	return port == 0x43 ? 0xff : read_channel(m, &m->pit.channel[port & 3]);
}

static void latch_count(const struct machine *m, struct pit_channel *c)
{
	if (c->latched)
		return;
	c->latch = counter(m, c);
	c->latched = c->access == 3 ? 2 : 1;
}

static void latch_status(const struct machine *m, struct pit_channel *c)
{
	if (c->status_latched)
		return;
	c->status_latched = true;
	c->status = (uint8_t)(output(m, c) << 7 | !c->loaded << 6 | c->access << 4 | c->mode << 1);
}

static void read_back(const struct machine *m, struct pit *p, uint8_t v)
{
	for (int i = 0; i < 3; i++) {
		if (!(v >> (i + 1) & 1))
			continue;
		if (!(v & 0x20))
			latch_count(m, &p->channel[i]);
		if (!(v & 0x10))
			latch_status(m, &p->channel[i]);
	}
}

static void control(struct machine *m, uint8_t v)
{
	struct pit_channel *c = &m->pit.channel[v >> 6 & 3];
	uint8_t mode = v >> 1 & 7;

	if (v >> 6 == 3) {
		read_back(m, &m->pit, v);
		return;
	}
	if (!(v & 0x30)) {
		latch_count(m, c);
		return;
	}
	c->access = v >> 4 & 3;
	c->mode = mode > 5 ? mode & 3 : mode;
	c->loaded = c->write_high = c->read_high = c->status_latched = false;
	c->latched = 0;
}

static void load(struct machine *m, struct pit_channel *c, uint16_t count)
{
	c->count = count ? count : 65536;
	c->start = m->now;
	c->held = 0;
	c->loaded = true;
}

static void write_channel(struct machine *m, struct pit_channel *c, uint8_t v)
{
	if (c->access == 1) {
		load(m, c, v);
	} else if (c->access == 2) {
		load(m, c, (uint16_t)(v << 8));
	} else if (c->write_high) {
		c->write_high = false;
		load(m, c, (uint16_t)(v << 8 | c->low));
	} else {
		c->write_high = true;
		c->low = v;
		if (c->mode == 0)
			c->loaded = false;
	}
}

void pit_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v)
{
	(void)size;
	if (port == 0x43)
		control(m, (uint8_t)v);
	else
		write_channel(m, &m->pit.channel[port & 3], (uint8_t)v);
	arm(m);
}

/* Bit 4 toggles with each refresh of memory, every 15 microseconds: some kernels count it. */
uint32_t pit_speaker_read(struct machine *m, uint16_t port, unsigned int size)
{
	const struct pit_channel *c = &m->pit.channel[2];

	(void)port, (void)size;
	return (uint32_t)c->gate | (uint32_t)m->pit.speaker << 1 | (m->now / 15000 & 1) << 4 |
	       (uint32_t)output(m, c) << 5;
}

/* The gate of channel 2: closed, it stops the count (modes 0 and 4) or makes it begin anew when it opens. */
void pit_speaker_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v)
{
	struct pit_channel *c = &m->pit.channel[2];
	bool gate = v & 1;

	(void)port, (void)size;
	m->pit.speaker = v >> 1 & 1;
	if (c->gate && !gate) {
		c->held = elapsed(m, c);
		c->gate = false;
	} else if (!c->gate && gate) {
		c->start = c->mode == 0 || c->mode == 4 ? m->now - c->held : m->now;
		c->gate = true;
	}
}
