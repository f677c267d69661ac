/* SPDX-License-Identifier: MIT */
/* The IOAPIC: see ioapic.h. */
#include <string.h>

#include "machine.h"

#define ENTRY_LOGICAL 0x800u
#define ENTRY_REMOTE_IRR 0x4000u
#define ENTRY_LEVEL 0x8000u
#define ENTRY_MASKED 0x10000u
#define ENTRY_READ_ONLY 0x5000u		/* remote IRR and delivery status */

#define VERSION (0x11u | (IOAPIC_PINS - 1) << 16)

void ioapic_reset(struct machine *m)
{
	memset(&m->ioapic, 0, sizeof(m->ioapic));
	for (int i = 0; i < IOAPIC_PINS; i++)
		m->ioapic.entry[i] = ENTRY_MASKED;
}

static void send(struct machine *m, uint64_t entry)
{
	lapic_message(m, (uint8_t)(entry >> 56), entry & ENTRY_LOGICAL, entry >> 8 & 7, entry & 0xff, entry & ENTRY_LEVEL);
}

/* A level is told once until the processor has said that it is through with it. */
static void send_level(struct machine *m, unsigned int pin)
{
	uint64_t *entry = &m->ioapic.entry[pin];

	if (!(*entry & ENTRY_LEVEL) || *entry & (ENTRY_MASKED | ENTRY_REMOTE_IRR) || !(m->ioapic.high >> pin & 1))
		return;
	*entry |= ENTRY_REMOTE_IRR;
	send(m, *entry);
}

void ioapic_line(struct machine *m, unsigned int pin, bool high)
{
	struct ioapic *io = &m->ioapic;
	bool was;

	if (pin >= IOAPIC_PINS)
		return;
	was = io->high >> pin & 1;
	io->high = (io->high & ~(1u << pin)) | (uint32_t)high << pin;
	if (io->entry[pin] & ENTRY_LEVEL)
		send_level(m, pin);
	else if (high && !was && !(io->entry[pin] & ENTRY_MASKED))
		send(m, io->entry[pin]);
}

void ioapic_end_of_interrupt(struct machine *m, uint8_t vector)
{
	for (unsigned int i = 0; i < IOAPIC_PINS; i++) {
		uint64_t *entry = &m->ioapic.entry[i];

		if (*entry & ENTRY_REMOTE_IRR && (*entry & 0xff) == vector) {
			*entry &= ~(uint64_t)ENTRY_REMOTE_IRR;
			send_level(m, i);
		}
	}
}

static uint32_t read_selected(const struct ioapic *io)
{
	unsigned int pin = (io->select - 0x10) / 2;

	switch (io->select) {
	case 0: return io->id;
	case 1: return VERSION;
	case 2: return io->id;		/* arbitration: the same number */
	}
	if (io->select < 0x10 || pin >= IOAPIC_PINS)
		return 0;
	return (uint32_t)(io->select & 1 ? io->entry[pin] >> 32 : io->entry[pin]);
}

static void write_selected(struct machine *m, uint32_t v)
{
	struct ioapic *io = &m->ioapic;
	unsigned int pin = (io->select - 0x10) / 2;
	uint64_t *entry;

	if (io->select == 0)
		io->id = v & 0x0f000000;
	if (io->select < 0x10 || pin >= IOAPIC_PINS)
		return;
	entry = &io->entry[pin];
	if (io->select & 1) {
		*entry = (uint32_t)*entry | (uint64_t)(v & 0xff000000) << 32;
		return;
	}
	*entry = (*entry & (0xffffffff00000000 | ENTRY_READ_ONLY)) | (v & 0x1ffff & ~ENTRY_READ_ONLY);
	/* As an edge there is nothing to wait for; old kernels end a stuck level that way. */
	if (!(*entry & ENTRY_LEVEL))
		*entry &= ~(uint64_t)ENTRY_REMOTE_IRR;
	send_level(m, pin);
}

uint32_t ioapic_read(struct machine *m, uint32_t reg)
{
	switch (reg) {
	case 0x00: return m->ioapic.select;
	case 0x10: return read_selected(&m->ioapic);
	}
	return 0;
}

void ioapic_write(struct machine *m, uint32_t reg, uint32_t v)
{
	if (reg == 0x00)
		m->ioapic.select = v & 0xff;
	else if (reg == 0x10)
		write_selected(m, v);
}
