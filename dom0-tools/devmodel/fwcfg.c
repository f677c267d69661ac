/* SPDX-License-Identifier: MIT */
/* QEMU's configuration device: see fwcfg.h. */
#include "machine.h"

enum { KEY_SIGNATURE = 0, KEY_ID = 1, KEY_MEMORY = 3, KEY_CPUS = 5, KEY_MAX_CPUS = 15 };

/* The item's value and its length, as a little-endian number. An unknown item is empty. */
static uint64_t item(const struct machine *m, unsigned int *len)
{
	switch (m->fwcfg.key) {
	case KEY_SIGNATURE:
		*len = 4;
		return 0x554d4551;		/* "QEMU" */
	case KEY_ID:
		*len = 4;
		return 1;			/* the port interface, no DMA */
	case KEY_MEMORY:
		*len = 8;
		return m->memory;
	case KEY_CPUS:
	case KEY_MAX_CPUS:
		*len = 2;
		return m->nr_vcpus;
	default:
		*len = 0;
		return 0;
	}
}

/* Behind the end of an item come zeroes. */
uint32_t fwcfg_read(struct machine *m, uint16_t port, unsigned int size)
{
	unsigned int len, at = m->fwcfg.offset;
	uint64_t v = item(m, &len);

	if (port == 0x510 || size != 1)
		return 0xffff;
	if (at >= len)
		return 0;
	m->fwcfg.offset++;
	return v >> 8 * at & 0xff;
}

void fwcfg_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v)
{
	if (port != 0x510 || size != 2)
		return;			/* the items cannot be written */
	m->fwcfg.key = (uint16_t)v;
	m->fwcfg.offset = 0;
}
