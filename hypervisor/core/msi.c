/* SPDX-License-Identifier: MIT
 *
 * Message-signalled interrupts: the capability of a PCI device is programmed here, so that the vector and
 * the destination are ours and the guest only learns a pirq.
 *
 * One message for each device. Several (MULTI_MSI) are refused as by a Xen without interrupt
 * remapping; MSI-X is refused, and drivers fall back to MSI: its table is in a page of the device that the
 * control domain maps too.
 *
 * Lock: LOCK_EVTCHN of the domain. Next: core/pirq.c. [PCI 3.0 6.8]
 */
#include <pv-abi/physdev.h>
#include "core/hypercall.h"
#include "core/msi.h"
#include "lib/errno.h"
#include "pv/pv.h"

#define PCI_STATUS        0x04          /* upper half of the word */
#define PCI_HAS_CAPS      (1U << 20)
#define PCI_CAP_POINTER   0x34
#define PCI_CAP_MSI       0x05
#define MAX_CAPS          48

/* The capability's first word: flags above, next pointer and number below. */
#define MSI_ENABLE        (1U << 16)
#define MSI_MULTI_ENABLE  (7U << 20)
#define MSI_64BIT         (1U << 23)

/* Offset of the capability in the device's configuration space, 0: none. */
static unsigned int find_capability(uint16_t bdf)
{
	unsigned int at;

	if (pv_pci_config_read(bdf, 0) == ~0U || !(pv_pci_config_read(bdf, PCI_STATUS) & PCI_HAS_CAPS))
		return 0;
	at = pv_pci_config_read(bdf, PCI_CAP_POINTER) & 0xfc;
	/* A device that lies about its list must not keep us here. */
	for (unsigned int i = 0; at >= 0x40 && i < MAX_CAPS; i++) {
		uint32_t head = pv_pci_config_read(bdf, at);

		if ((head & 0xff) == PCI_CAP_MSI)
			return at;
		at = (head >> 8) & 0xfc;
	}
	return 0;
}

int msi_check(const struct physdev_map_pirq *m, uint16_t *bdf)
{
	unsigned int bus = (unsigned int)m->bus & 0xffff, segment = (unsigned int)m->bus >> 16;

	if (!current->domain->privileged)
		return (int)hypercall_error(-EPERM, "map_pirq: only the control domain has devices");
	if (segment || bus > 0xff || m->devfn < 0 || m->devfn > 0xff)
		return (int)hypercall_error(-ENODEV, "map_pirq: no device %x:%x:%x", segment, bus, (unsigned int)m->devfn);
	if (m->type == MAP_PIRQ_TYPE_MULTI_MSI && m->entry_nr != 1)
		return m->entry_nr <= 0 || m->entry_nr > 32 ? -EDOM : -EOPNOTSUPP;
	if (m->table_base)
		return (int)hypercall_error(-EOPNOTSUPP, "map_pirq: MSI-X is not available, MSI is");
	*bdf = (uint16_t)(bus << 8 | (unsigned int)m->devfn);
	if (!find_capability(*bdf))
		return (int)hypercall_error(-ENODEV, "map_pirq: device %x has no MSI capability", *bdf);
	return 0;
}

int msi_enable(struct domain *d, unsigned int pirq, uint16_t bdf)
{
	unsigned int at = find_capability(bdf);
	uint64_t address;
	uint32_t head, data;
	int rc;

	if (!at)
		return -ENODEV;
	rc = irq_bind_msi(d, pirq, &address, &data);
	if (rc)
		return (int)hypercall_error(rc, "map_pirq: no vector is left");
	head = pv_pci_config_read(bdf, at) & ~(MSI_ENABLE | MSI_MULTI_ENABLE);
	pv_pci_config_write(bdf, at, head);
	pv_pci_config_write(bdf, at + 4, (uint32_t)address);
	if (head & MSI_64BIT)
		pv_pci_config_write(bdf, at + 8, (uint32_t)(address >> 32));
	pv_pci_config_write(bdf, head & MSI_64BIT ? at + 12 : at + 8, data);
	pv_pci_config_write(bdf, at, head | MSI_ENABLE);
	return 0;
}

void msi_disable(struct domain *d, unsigned int pirq, uint16_t bdf)
{
	unsigned int at = find_capability(bdf);

	if (at)
		pv_pci_config_write(bdf, at, pv_pci_config_read(bdf, at) & ~MSI_ENABLE);
	irq_unbind_msi(d, pirq);
}
