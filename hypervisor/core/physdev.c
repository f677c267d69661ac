/* SPDX-License-Identifier: MIT
 *
 * The physdev_op hypercall: what a domain does to the interrupt hardware, its
 * I/O privilege, and the announcements of the control domain's PCI code.
 * [Xen public/physdev.h]
 *
 * Announcements (a device was found, a GSI is wired so) are accepted and need nothing
 * from us: lines are wired as the firmware's tables say, and there is no IOMMU to keep
 * devices for.
 * Next: core/pirq.c.
 */
#include <pv-abi/physdev.h>
#include "arch/context.h"
#include "arch/guest_access.h"
#include "core/hypercall.h"
#include "core/pirq.h"
#include "core/rangeset.h"
#include "lib/errno.h"

#define COPY_IN(local) \
	do { if (copy_from_guest_va(&(local), (const void *)arg, sizeof(local))) return -EFAULT; } while (0)
#define COPY_OUT(local) (copy_to_guest_va((void *)arg, &(local), sizeof(local)) ? -EFAULT : 0)

/* --- any domain --- */

static long set_iopl(unsigned long arg)
{
	struct physdev_set_iopl op;

	COPY_IN(op);
	if (op.iopl > 3)
		return hypercall_error(-EINVAL, "iopl %u: at most 3", op.iopl);
	current->pv.iopl = op.iopl << 12;
	return 0;
}

static long set_iobitmap(unsigned long arg)
{
	struct physdev_set_iobitmap op;

	COPY_IN(op);
	if (!guest_range_ok(op.bitmap.p, DIV_ROUND_UP(op.nr_ports, 8)) || op.nr_ports > 65536)
		return hypercall_error(-EINVAL, "iobitmap: %u ports: at most 65536", op.nr_ports);
	current->pv.iobmp = op.bitmap.p;
	current->pv.iobmp_limit = op.nr_ports;
	return 0;
}

static long eoi(unsigned long arg)
{
	struct physdev_eoi op;

	COPY_IN(op);
	return pirq_eoi(current->domain, op.irq);
}

static long pirq_eoi_gmfn(unsigned long arg, bool automatic)
{
	struct physdev_pirq_eoi_gmfn op;

	COPY_IN(op);
	return pirq_set_eoi_page(current->domain, op.gmfn, automatic);
}

/* Without a page of bits to look at, a guest does well to do every EOI: say so for all. */
static long irq_status_query(unsigned long arg)
{
	struct physdev_irq_status_query op;

	COPY_IN(op);
	if (op.irq >= NR_PIRQS)
		return hypercall_error(-EINVAL, "irq %u: at most %u", op.irq, NR_PIRQS - 1);
	op.flags = XENIRQSTAT_needs_eoi;
	return COPY_OUT(op);
}

/* The domain that a pirq operation is about, with a reference. */
static struct domain *pirq_domain(domid_t id, long *rc)
{
	int err = 0;
	struct domain *d = domain_find_get_remote(id, &err);

	*rc = err;
	return d;
}

static long map_pirq(unsigned long arg)
{
	struct physdev_map_pirq op;
	struct domain *d;
	long rc;

	COPY_IN(op);
	d = pirq_domain(op.domid, &rc);
	if (!d)
		return rc;
	rc = pirq_map(d, &op);
	domain_put(d);
	return rc ? rc : COPY_OUT(op);
}

static long unmap_pirq(unsigned long arg)
{
	struct physdev_unmap_pirq op;
	struct domain *d;
	long rc;

	COPY_IN(op);
	d = pirq_domain(op.domid, &rc);
	if (!d)
		return rc;
	rc = op.pirq < 0 ? -EINVAL : pirq_unmap(d, (unsigned int)op.pirq);
	domain_put(d);
	return rc;
}

static long get_free_pirq(unsigned long arg)
{
	struct physdev_get_free_pirq op;
	long rc;

	COPY_IN(op);
	if (op.type != MAP_PIRQ_TYPE_GSI && op.type != MAP_PIRQ_TYPE_MSI)
		return hypercall_error(-EINVAL, "get_free_pirq: type %d is not known", op.type);
	rc = pirq_get_free(current->domain, op.type, &op.pirq);
	return rc ? rc : COPY_OUT(op);
}

/* --- the control domain only --- */

static long apic_read(unsigned long arg)
{
	struct physdev_apic op;
	int rc;

	COPY_IN(op);
	rc = irq_ioapic_read(op.apic_physbase, op.reg, &op.value);
	if (rc)
		return hypercall_error(rc, "there is no I/O APIC at %#lx", op.apic_physbase);
	return COPY_OUT(op);
}

/* The redirection entries are ours: the vector and the destination that a guest writes mean nothing here. */
static long apic_write(unsigned long arg)
{
	struct physdev_apic op;
	uint32_t unused;
	int rc;

	COPY_IN(op);
	rc = irq_ioapic_read(op.apic_physbase, 0, &unused);
	return rc ? hypercall_error(rc, "there is no I/O APIC at %#lx", op.apic_physbase) : 0;
}

/* A vector is of no use to a PV guest; what it gets back is the number it asked for. */
static long alloc_irq_vector(unsigned long arg)
{
	struct physdev_irq op;

	COPY_IN(op);
	if (op.irq >= NR_GSIS)
		return hypercall_error(-EINVAL, "irq %u: at most %d", op.irq, NR_GSIS - 1);
	op.vector = op.irq;
	return COPY_OUT(op);
}

static long setup_gsi(unsigned long arg)
{
	struct physdev_setup_gsi op;

	COPY_IN(op);
	if (op.gsi < 0 || op.gsi >= NR_GSIS)
		return hypercall_error(-EINVAL, "GSI %d: at most %d", op.gsi, NR_GSIS - 1);
	return 0;
}

/* Its argument must be readable, and that is all. */
static long announcement(unsigned long arg, size_t size)
{
	union {
		struct physdev_manage_pci pci;
		struct physdev_manage_pci_ext ext;
		struct physdev_pci_device_add add;
		struct physdev_pci_device device;
		struct physdev_pci_mmcfg_reserved mmcfg;
	} op;

	return copy_from_guest_va(&op, (const void *)arg, size) ? -EFAULT : 0;
}

static long dbgp_op(unsigned long arg)
{
	struct physdev_dbgp_op op;

	COPY_IN(op);
	switch (op.op) {
	case PHYSDEVOP_DBGP_RESET_PREPARE:
	case PHYSDEVOP_DBGP_RESET_DONE:
		return 0;       /* no console of ours is on a USB debug port */
	default:
		return -EINVAL;
	}
}

static long hardware_op(int cmd, unsigned long arg)
{
	if (!current->domain->privileged)
		return hypercall_error(-EPERM, "physdev_op %d is the control domain's", cmd);
	switch (cmd) {
	case PHYSDEVOP_apic_read:
		return apic_read(arg);
	case PHYSDEVOP_apic_write:
		return apic_write(arg);
	case PHYSDEVOP_alloc_irq_vector:
		return alloc_irq_vector(arg);
	case PHYSDEVOP_setup_gsi:
		return setup_gsi(arg);
	case PHYSDEVOP_manage_pci_add:
	case PHYSDEVOP_manage_pci_remove:
		return announcement(arg, sizeof(struct physdev_manage_pci));
	case PHYSDEVOP_manage_pci_add_ext:
		return announcement(arg, sizeof(struct physdev_manage_pci_ext));
	case PHYSDEVOP_pci_device_add:
		return announcement(arg, offsetof(struct physdev_pci_device_add, optarr));
	case PHYSDEVOP_pci_device_remove:
	case PHYSDEVOP_prepare_msix:
	case PHYSDEVOP_release_msix:
	case PHYSDEVOP_restore_msi_ext:
		return announcement(arg, sizeof(struct physdev_pci_device));
	case PHYSDEVOP_restore_msi:
		return announcement(arg, sizeof(struct physdev_restore_msi));
	case PHYSDEVOP_pci_mmcfg_reserved:
		return announcement(arg, sizeof(struct physdev_pci_mmcfg_reserved));
	case PHYSDEVOP_dbgp_op:
		return dbgp_op(arg);
	default:
		return hypercall_error(-ENOSYS, "physdev_op %d is not known", cmd);
	}
}

long do_physdev_op(unsigned long a1, unsigned long arg)
{
	int cmd = (int)a1;

	switch (cmd) {
	case PHYSDEVOP_eoi:
		return eoi(arg);
	case PHYSDEVOP_pirq_eoi_gmfn_v1:
	case PHYSDEVOP_pirq_eoi_gmfn_v2:
		return pirq_eoi_gmfn(arg, cmd == PHYSDEVOP_pirq_eoi_gmfn_v1);
	case PHYSDEVOP_irq_status_query:
		return irq_status_query(arg);
	case PHYSDEVOP_set_iopl:
		return set_iopl(arg);
	case PHYSDEVOP_set_iobitmap:
		return set_iobitmap(arg);
	case PHYSDEVOP_map_pirq:
		return map_pirq(arg);
	case PHYSDEVOP_unmap_pirq:
		return unmap_pirq(arg);
	case PHYSDEVOP_get_free_pirq:
		return get_free_pirq(arg);
	case PHYSDEVOP_free_irq_vector:
		return 0;
	/* The old forms of an unmask: an EOI for the line. */
	case PHYSDEVOP_IRQ_UNMASK_NOTIFY:
		return hypercall_error(-ENOSYS, "physdev_op %d is of the compatibility call", cmd);
	default:
		return hardware_op(cmd, arg);
	}
}

/* One structure with the command inside; the commands up to alloc_irq_vector. */
long do_physdev_op_compat(unsigned long arg)
{
	struct physdev_op *op = (struct physdev_op *)arg;
	uint32_t cmd;

	if (copy_from_guest_va(&cmd, &op->cmd, sizeof(cmd)))
		return -EFAULT;
	switch (cmd) {
	case PHYSDEVOP_IRQ_UNMASK_NOTIFY:
		return 0;
	case PHYSDEVOP_irq_status_query:
	case PHYSDEVOP_set_iopl:
	case PHYSDEVOP_set_iobitmap:
	case PHYSDEVOP_apic_read:
	case PHYSDEVOP_apic_write:
	case PHYSDEVOP_alloc_irq_vector:
		return do_physdev_op(cmd, (unsigned long)&op->u);
	default:
		return -ENOSYS;
	}
}
