/* SPDX-License-Identifier: MIT */
/* PCI configuration space at ports 0xcf8 and 0xcfc, in which there is nothing: every register reads as all ones. */
#ifndef DEVMODEL_PCI_H
#define DEVMODEL_PCI_H

#include <stdint.h>

struct pci {
	uint32_t address;
};

struct machine;

uint32_t pci_read(struct machine *m, uint16_t port, unsigned int size);
void pci_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v);

#endif
