/* SPDX-License-Identifier: MIT */
/* PCI configuration space, mechanism 1: what it takes to find legacy virtio devices. [PCI 3.0, 3.2.2.3] */
#ifndef GUEST_KERNEL_DRIVERS_PCI_H
#define GUEST_KERNEL_DRIVERS_PCI_H

#include "../kernel/types.h"

struct pci_device {
	u8 slot, function;
	u16 vendor, device, subsystem;
	u16 io_base;	/* of BAR 0, 0 if that is not I/O space */
	u8 line;	/* interrupt line, as the firmware routed it */
};

/* Calls found() for each function on bus 0, with I/O and bus mastering enabled for virtio's vendor. */
void pci_scan(void (*found)(const struct pci_device *d));

#endif
