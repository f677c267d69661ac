/* SPDX-License-Identifier: MIT */
/* PCI configuration space: see pci.h. */
#include "machine.h"

/* That the address can be read back is how kernels find out that there is such a thing. */
uint32_t pci_read(struct machine *m, uint16_t port, unsigned int size)
{
	(void)size;
	return port == 0xcf8 ? m->pci.address : 0xffffffff;
}

void pci_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v)
{
	(void)size;
	if (port == 0xcf8)
		m->pci.address = v & 0x80fffffc;
}
