/* SPDX-License-Identifier: MIT */
/* See pci.h. Under PV the hypervisor emulates the two ports for the control domain. */
#include "pci.h"
#include "../platform/platform.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA 0xcfc

static u32 read32(unsigned slot, unsigned fn, unsigned reg)
{
	outl(CONFIG_ADDRESS, 0x80000000u | slot << 11 | fn << 8 | reg);
	return inl(CONFIG_DATA);
}

static void write32(unsigned slot, unsigned fn, unsigned reg, u32 v)
{
	outl(CONFIG_ADDRESS, 0x80000000u | slot << 11 | fn << 8 | reg);
	outl(CONFIG_DATA, v);
}

static void probe(unsigned slot, unsigned fn, u32 id, void (*found)(const struct pci_device *))
{
	struct pci_device d = { .slot = slot, .function = fn, .vendor = id, .device = id >> 16 };
	u32 bar;

	if (d.vendor != 0x1af4)
		return;
	bar = read32(slot, fn, 0x10);
	d.subsystem = read32(slot, fn, 0x2c) >> 16;
	d.io_base = bar & 1 ? bar & 0xfffc : 0;
	d.line = read32(slot, fn, 0x3c);
	write32(slot, fn, 4, (read32(slot, fn, 4) & 0xffff) | 5);	/* I/O space, bus master */
	found(&d);
}

void pci_scan(void (*found)(const struct pci_device *))
{
	for (unsigned slot = 0; slot < 32; slot++) {
		u32 id = read32(slot, 0, 0);
		unsigned functions;

		if (id == 0xffffffff)
			continue;
		functions = read32(slot, 0, 0xc) & 0x800000 ? 8 : 1;
		probe(slot, 0, id, found);
		for (unsigned fn = 1; fn < functions; fn++) {
			id = read32(slot, fn, 0);
			if (id != 0xffffffff)
				probe(slot, fn, id, found);
		}
	}
}
