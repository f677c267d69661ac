/* SPDX-License-Identifier: MIT */
/* For the tests of the device model: a machine with a clock of its own, and a host that notes what is done to it. */
#ifndef TESTS_UNIT_DEVMODEL_H
#define TESTS_UNIT_DEVMODEL_H

#include "tap.h"
#include "dom0-tools/devmodel/machine.h"

static struct machine m;
static struct paravane_vcpu_page pages[MACHINE_MAX_VCPUS];
static uint64_t now;
static unsigned int kicks[MACHINE_MAX_VCPUS], inits[MACHINE_MAX_VCPUS], startups[MACHINE_MAX_VCPUS];
static int started_at, ended;		/* vector, reason; -1: did not happen */
static char line[256];
static size_t line_len, line_room;
static int64_t date;

static void host_kick(void *ctx, unsigned int vcpu) { (void)ctx; kicks[vcpu]++; }
static void host_init(void *ctx, unsigned int vcpu) { (void)ctx; inits[vcpu]++; }

static void host_startup(void *ctx, unsigned int vcpu, uint8_t vector)
{
	(void)ctx;
	startups[vcpu]++;
	started_at = vector;
}

static size_t host_line_out(void *ctx, const uint8_t *data, size_t len)
{
	(void)ctx;
	len = len < line_room ? len : line_room;
	memcpy(line + line_len, data, len);
	line_len += len;
	line_room -= len;
	return len;
}

static void host_end(void *ctx, unsigned int reason) { (void)ctx; ended = (int)reason; }
static int64_t host_date(void *ctx) { (void)ctx; return date; }

static const struct machine_host fake_host = {
	NULL, host_kick, host_init, host_startup, host_line_out, host_end, host_date,
};

static inline void power_on(unsigned int vcpus)
{
	memset(&m, 0, sizeof(m));
	memset(pages, 0, sizeof(pages));
	memset(kicks, 0, sizeof(kicks));
	memset(inits, 0, sizeof(inits));
	memset(startups, 0, sizeof(startups));
	memset(line, 0, sizeof(line));
	line_len = 0;
	line_room = sizeof(line) - 1;
	started_at = ended = -1;
	now = 1000000000;
	for (int i = 0; i < MACHINE_MAX_VCPUS; i++)
		m.page[i] = &pages[i];
	machine_init(&m, &fake_host, vcpus, 64 << 20, now);
}

static inline uint8_t inb(uint16_t port) { return (uint8_t)machine_port(&m, 0, port, 1, false, 0, now); }
static inline uint16_t inw(uint16_t port) { return (uint16_t)machine_port(&m, 0, port, 2, false, 0, now); }
static inline uint32_t inl(uint16_t port) { return (uint32_t)machine_port(&m, 0, port, 4, false, 0, now); }
static inline void outb(uint16_t port, uint8_t v) { machine_port(&m, 0, port, 1, true, v, now); }
static inline void outw(uint16_t port, uint16_t v) { machine_port(&m, 0, port, 2, true, v, now); }
static inline void outl(uint16_t port, uint32_t v) { machine_port(&m, 0, port, 4, true, v, now); }

static inline uint32_t apic(unsigned int vcpu, uint32_t reg)
{
	return (uint32_t)machine_memory(&m, vcpu, 0xfee00000 + reg, 4, false, 0, now);
}

static inline void set_apic(unsigned int vcpu, uint32_t reg, uint32_t v)
{
	machine_memory(&m, vcpu, 0xfee00000 + reg, 4, true, v, now);
}

static inline uint32_t io(uint32_t reg)
{
	machine_memory(&m, 0, 0xfec00000, 4, true, reg, now);
	return (uint32_t)machine_memory(&m, 0, 0xfec00010, 4, false, 0, now);
}

static inline void set_io(uint32_t reg, uint32_t v)
{
	machine_memory(&m, 0, 0xfec00000, 4, true, reg, now);
	machine_memory(&m, 0, 0xfec00010, 4, true, v, now);
}

static inline void set_entry(unsigned int pin, uint32_t high, uint32_t low)
{
	set_io(0x11 + pin * 2, high);
	set_io(0x10 + pin * 2, low);
}

/* Time passes, and what is due happens when it is due. Returns how many times something was. */
static inline unsigned int pass(uint64_t ns)
{
	uint64_t end = now + ns;
	unsigned int n = 0;

	while (machine_deadline(&m) <= end) {
		now = machine_deadline(&m);
		machine_run_timers(&m, now);
		n++;
	}
	now = end;
	return n;
}

static inline int requested(unsigned int vcpu, unsigned int vector)
{
	return pages[vcpu].irr[vector / 32] >> vector % 32 & 1;
}

static inline int in_service(unsigned int vcpu, unsigned int vector)
{
	return pages[vcpu].isr[vector / 32] >> vector % 32 & 1;
}

/* What the hypervisor does when the vCPU can take an interrupt: the vector, or -1. */
static inline int take(unsigned int vcpu)
{
	for (int v = 255; v >= 16; v--) {
		if (!requested(vcpu, (unsigned int)v))
			continue;
		if (v / 16 <= (int)(apic(vcpu, 0xa0) >> 4))
			return -1;
		pages[vcpu].irr[v / 32] &= ~(1u << v % 32);
		pages[vcpu].isr[v / 32] |= 1u << v % 32;
		return v;
	}
	return -1;
}

#endif
