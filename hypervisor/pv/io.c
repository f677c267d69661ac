/* SPDX-License-Identifier: MIT
 *
 * Port I/O by PV guests: two questions, then the access.
 *
 *   may this code do I/O at all?   the virtual IOPL or the guest's own bitmap
 *   may this domain reach the port? its ranges (domctl ioport_permission)
 *
 * What the domain may not reach reads as all ones and swallows writes, like a bus
 * without a device. PCI configuration's address register is kept per domain, so
 * that ours and a guest's accesses do not mix.
 * Lock: pci_lock around address and data of one PCI configuration access.
 */
#include "core/rangeset.h"
#include "lib/bitops.h"
#include "lib/spinlock.h"
#include "pv/internal.h"

static DEFINE_SPINLOCK(pci_lock, LOCK_IRQ);

bool pv_io_allowed(struct vcpu *v, unsigned int port, unsigned int size)
{
	unsigned int cpl = !v->pv.kernel_mode ? 3 :
			   v->domain->vm_assist & (1UL << VMASST_TYPE_architectural_iopl) ? 0 : 1;
	uint8_t map[2] = { 0xff, 0xff };

	if ((cpl << 12) <= v->pv.iopl)
		return true;
	if (!v->pv.iobmp || port + size > v->pv.iobmp_limit)
		return false;
	if (copy_from_guest_va(map, v->pv.iobmp + port / 8, 1))
		return false;
	if (port % 8 + size > 8 && copy_from_guest_va(map + 1, v->pv.iobmp + port / 8 + 1, 1))
		return false;
	return !(((map[0] | map[1] << 8) >> (port % 8)) & ((1U << size) - 1));
}

static bool domain_may(const struct domain *d, unsigned int port, unsigned int size)
{
	return d->ioports && rangeset_contains(d->ioports, port, port + size - 1);
}

static uint32_t raw_in(unsigned int port, unsigned int size)
{
	return size == 1 ? inb((uint16_t)port) : size == 2 ? inw((uint16_t)port) : inl((uint16_t)port);
}

static void raw_out(unsigned int port, unsigned int size, uint32_t v)
{
	if (size == 1)
		outb((uint8_t)v, (uint16_t)port);
	else if (size == 2)
		outw((uint16_t)v, (uint16_t)port);
	else
		outl(v, (uint16_t)port);
}

static bool is_pci_data(unsigned int port, unsigned int size)
{
	return port >= 0xcfc && port + size <= 0xd00;
}

static uint32_t config_address(uint16_t bdf, unsigned int reg)
{
	return 1U << 31 | (uint32_t)bdf << 8 | (reg & 0xfc);
}

uint32_t pv_pci_config_read(uint16_t bdf, unsigned int reg)
{
	unsigned long flags;
	uint32_t value;

	spin_lock_irqsave(&pci_lock, flags);
	outl(config_address(bdf, reg), 0xcf8);
	value = inl(0xcfc);
	spin_unlock_irqrestore(&pci_lock, flags);
	return value;
}

void pv_pci_config_write(uint16_t bdf, unsigned int reg, uint32_t value)
{
	unsigned long flags;

	spin_lock_irqsave(&pci_lock, flags);
	outl(config_address(bdf, reg), 0xcf8);
	outl(value, 0xcfc);
	spin_unlock_irqrestore(&pci_lock, flags);
}

uint32_t pv_io_read(struct vcpu *v, unsigned int port, unsigned int size)
{
	struct domain *d = v->domain;
	unsigned long flags;
	uint32_t value;

	if (port == 0xcf8 && size == 4)
		return d->pv.pci_cf8;
	if (!domain_may(d, port, size))
		return ~0U;
	if (!is_pci_data(port, size))
		return raw_in(port, size);
	spin_lock_irqsave(&pci_lock, flags);
	outl(d->pv.pci_cf8, 0xcf8);
	value = raw_in(port, size);
	spin_unlock_irqrestore(&pci_lock, flags);
	return value;
}

void pv_io_write(struct vcpu *v, unsigned int port, unsigned int size, uint32_t value)
{
	struct domain *d = v->domain;
	unsigned long flags;

	if (port == 0xcf8 && size == 4) {
		d->pv.pci_cf8 = value;
		return;
	}
	if (!domain_may(d, port, size))
		return;
	if (!is_pci_data(port, size)) {
		raw_out(port, size, value);
		return;
	}
	spin_lock_irqsave(&pci_lock, flags);
	outl(d->pv.pci_cf8, 0xcf8);
	raw_out(port, size, value);
	spin_unlock_irqrestore(&pci_lock, flags);
}
