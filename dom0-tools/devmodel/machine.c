/* SPDX-License-Identifier: MIT */
/*
 * The board: which device answers at which port and address. See machine.h.
 *
 * Where nothing answers, a read gives all ones and a write goes nowhere, as on a bus that nobody drives.
 */
#include <string.h>

#include "machine.h"

typedef uint32_t port_read_fn(struct machine *m, uint16_t port, unsigned int size);
typedef void port_write_fn(struct machine *m, uint16_t port, unsigned int size, uint32_t data);

/* @sizes: the sum of the access sizes that the device decodes itself. Others are split into bytes. */
static const struct port_range {
	uint16_t first, last;
	uint8_t sizes;
	port_read_fn *read;
	port_write_fn *write;
} ports[] = {
	{ 0x20, 0x21, 1, pic_read, pic_write },
	{ 0x40, 0x43, 1, pit_read, pit_write },
	{ 0x60, 0x60, 1, power_read, power_write },
	{ 0x61, 0x61, 1, pit_speaker_read, pit_speaker_write },
	{ 0x64, 0x64, 1, power_read, power_write },
	{ 0x70, 0x71, 1, rtc_read, rtc_write },
	{ 0x92, 0x92, 1, power_read, power_write },
	{ 0xa0, 0xa1, 1, pic_read, pic_write },
	{ 0xe9, 0xe9, 1, power_read, power_write },
	{ 0x3f8, 0x3ff, 1, uart_read, uart_write },
	{ 0x4d0, 0x4d1, 1, pic_read, pic_write },
	{ 0x510, 0x511, 1 | 2, fwcfg_read, fwcfg_write },
	{ 0x604, 0x605, 2 | 4, power_read, power_write },
	{ 0xb004, 0xb005, 2 | 4, power_read, power_write },
	{ 0xcf8, 0xcfb, 4, pci_read, pci_write },
	{ 0xcf9, 0xcf9, 1, power_read, power_write },
	{ 0xcfc, 0xcff, 1 | 2 | 4, pci_read, pci_write },
};

static const struct port_range *find(uint32_t port, unsigned int size)
{
	for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (port >= ports[i].first && port <= ports[i].last && ports[i].sizes & size)
			return &ports[i];
	return NULL;
}

static uint32_t ones(unsigned int size)
{
	return size >= 4 ? 0xffffffff : (1u << 8 * size) - 1;
}

static uint32_t port_read(struct machine *m, uint32_t port, unsigned int size)
{
	const struct port_range *r = find(port, size);
	uint32_t v = 0;

	if (r)
		return r->read(m, (uint16_t)port, size) & ones(size);
	if (size == 1)
		return 0xff;
	for (unsigned int i = 0; i < size; i++)
		v |= port_read(m, port + i, 1) << 8 * i;
	return v;
}

static void port_write(struct machine *m, uint32_t port, unsigned int size, uint32_t data)
{
	const struct port_range *r = find(port, size);

	if (r) {
		r->write(m, (uint16_t)port, size, data & ones(size));
		return;
	}
	for (unsigned int i = 0; size > 1 && i < size; i++)
		port_write(m, port + i, 1, data >> 8 * i & 0xff);
}

uint64_t machine_port(struct machine *m, unsigned int vcpu, uint16_t port, unsigned int size, bool write, uint64_t data,
		      uint64_t now)
{
	if (vcpu >= m->nr_vcpus || (size != 1 && size != 2 && size != 4))
		return ~0ull;
	m->now = now;
	if (!write)
		return port_read(m, port, size);
	port_write(m, port, size, (uint32_t)data);
	return 0;
}

/*
 * Both kinds of interrupt controller have registers of 32 bits, 16 bytes apart. Narrower reads get their part of one,
 * wider ones and those that are not aligned get nothing; only a whole register can be written.
 */
static uint64_t registers(struct machine *m, unsigned int vcpu, uint32_t at, unsigned int size, bool write, uint64_t data,
			  bool local)
{
	uint32_t reg = at & ~3u, shift = 8 * (at & 3), v;

	if (shift / 8 + size > 4)
		return ~0ull;
	if (write) {
		if (size == 4 && local)
			lapic_write(m, vcpu, reg, (uint32_t)data);
		else if (size == 4)
			ioapic_write(m, reg, (uint32_t)data);
		return 0;
	}
	v = local ? lapic_read(m, vcpu, reg) : ioapic_read(m, reg);
	return v >> shift & ones(size);
}

uint64_t machine_memory(struct machine *m, unsigned int vcpu, uint64_t addr, unsigned int size, bool write, uint64_t data,
			uint64_t now)
{
	bool local = addr - LAPIC_BASE < LAPIC_SIZE;

	if (vcpu >= m->nr_vcpus || (size != 1 && size != 2 && size != 4 && size != 8))
		return ~0ull;
	m->now = now;
	if (local || addr - IOAPIC_BASE < IOAPIC_SIZE)
		return registers(m, vcpu, (uint32_t)(addr - (local ? LAPIC_BASE : IOAPIC_BASE)), size, write, data, local);
	return ~0ull;
}

void machine_line(struct machine *m, unsigned int line, bool high)
{
	ioapic_line(m, line, high);
}

void machine_pulse(struct machine *m, unsigned int line)
{
	ioapic_line(m, line, true);
	ioapic_line(m, line, false);
}

uint64_t machine_deadline(const struct machine *m)
{
	uint64_t first = m->pit.deadline;

	for (unsigned int i = 0; i < m->nr_vcpus; i++)
		if (m->lapic[i].deadline < first)
			first = m->lapic[i].deadline;
	return first;
}

void machine_run_timers(struct machine *m, uint64_t now)
{
	m->now = now;
	if (m->pit.deadline <= now)
		pit_timer(m);
	for (unsigned int i = 0; i < m->nr_vcpus; i++)
		if (m->lapic[i].deadline <= now)
			lapic_timer(m, i);
}

void machine_init(struct machine *m, const struct machine_host *host, unsigned int nr_vcpus, uint64_t memory, uint64_t now)
{
	m->host = host;
	m->nr_vcpus = nr_vcpus < MACHINE_MAX_VCPUS ? nr_vcpus : MACHINE_MAX_VCPUS;
	m->memory = memory;
	m->now = now;
	for (unsigned int i = 0; i < m->nr_vcpus; i++) {
		lapic_reset(m, i);
		m->lapic[i].waits_for_startup = i != 0;
	}
	ioapic_reset(m);
	pic_reset(m);
	pit_reset(m);
	rtc_reset(m);
	uart_reset(m);
	memset(&m->fwcfg, 0, sizeof(m->fwcfg));
	memset(&m->pci, 0, sizeof(m->pci));
	memset(&m->power, 0, sizeof(m->power));
}
