/* SPDX-License-Identifier: MIT
 *
 * Message-signalled interrupts of PCI devices, for core/pirq.c. bdf: bus, device and function as in PCI
 * configuration, segment 0.
 */
#ifndef HYPERVISOR_CORE_MSI_H
#define HYPERVISOR_CORE_MSI_H

#include "arch/irq.h"

struct physdev_map_pirq;

/* Can the caller have what it asks for? 0 and the device, -EPERM, -ENODEV, -EDOM, -EOPNOTSUPP. */
int msi_check(const struct physdev_map_pirq *m, uint16_t *bdf);
/* The device's messages raise pirq of d from now on. 0, -ENODEV, -ENOSPC. */
int msi_enable(struct domain *d, unsigned int pirq, uint16_t bdf);
void msi_disable(struct domain *d, unsigned int pirq, uint16_t bdf);

#endif
