/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_physdev_op(cmd, arg): interrupts, I/O ports and PCI devices, for the domain that has
 * the hardware. An ordinary domain may set its IOPL and I/O bitmap, and ask about interrupts it
 * has been given; for the rest it gets -EPERM. -ENOSYS for an unknown command.
 */
#ifndef PV_ABI_PHYSDEV_H
#define PV_ABI_PHYSDEV_H

#include "xen.h"

#define PHYSDEVOP_IRQ_UNMASK_NOTIFY  4  /* compatibility call only */
#define PHYSDEVOP_irq_status_query   5  /* physdev_irq_status_query */
#define PHYSDEVOP_set_iopl           6  /* physdev_set_iopl */
#define PHYSDEVOP_set_iobitmap       7  /* physdev_set_iobitmap */
#define PHYSDEVOP_apic_read          8  /* physdev_apic */
#define PHYSDEVOP_apic_write         9  /* physdev_apic */
#define PHYSDEVOP_alloc_irq_vector   10 /* physdev_irq */
#define PHYSDEVOP_free_irq_vector    11 /* physdev_irq; does nothing */
#define PHYSDEVOP_eoi                12 /* physdev_eoi: the handler of an interrupt is done */
#define PHYSDEVOP_map_pirq           13 /* physdev_map_pirq */
#define PHYSDEVOP_unmap_pirq         14 /* physdev_unmap_pirq */
#define PHYSDEVOP_manage_pci_add     15 /* physdev_manage_pci */
#define PHYSDEVOP_manage_pci_remove  16 /* physdev_manage_pci */
#define PHYSDEVOP_pirq_eoi_gmfn_v1   17 /* physdev_pirq_eoi_gmfn; unmasking also does an EOI */
#define PHYSDEVOP_restore_msi        19 /* physdev_restore_msi */
#define PHYSDEVOP_manage_pci_add_ext 20 /* physdev_manage_pci_ext */
#define PHYSDEVOP_setup_gsi          21 /* physdev_setup_gsi */
#define PHYSDEVOP_get_free_pirq      23 /* physdev_get_free_pirq */
#define PHYSDEVOP_pci_mmcfg_reserved 24 /* physdev_pci_mmcfg_reserved */
#define PHYSDEVOP_pci_device_add     25 /* physdev_pci_device_add */
#define PHYSDEVOP_pci_device_remove  26 /* physdev_pci_device */
#define PHYSDEVOP_restore_msi_ext    27 /* physdev_pci_device */
#define PHYSDEVOP_pirq_eoi_gmfn_v2   28 /* physdev_pirq_eoi_gmfn; unmasking does not */
#define PHYSDEVOP_dbgp_op            29 /* physdev_dbgp_op */
#define PHYSDEVOP_prepare_msix       30 /* physdev_pci_device */
#define PHYSDEVOP_release_msix       31 /* physdev_pci_device */

#define PHYSDEVOP_pirq_eoi_gmfn PHYSDEVOP_pirq_eoi_gmfn_v2

/* irq_status_query's flags: an EOI is due after each interrupt; others may use the line too. */
#define _XENIRQSTAT_needs_eoi (0)
#define XENIRQSTAT_needs_eoi (1U << _XENIRQSTAT_needs_eoi)
#define _XENIRQSTAT_shared (1)
#define XENIRQSTAT_shared (1U << _XENIRQSTAT_shared)

#define MAP_PIRQ_TYPE_MSI       0x0
#define MAP_PIRQ_TYPE_GSI       0x1
#define MAP_PIRQ_TYPE_UNKNOWN   0x2
#define MAP_PIRQ_TYPE_MSI_SEG   0x3 /* PCI segment in bus bits 16-31 */
#define MAP_PIRQ_TYPE_MULTI_MSI 0x4 /* entry_nr vectors */

#define XEN_PCI_MMCFG_RESERVED 0x1

#define XEN_PCI_DEV_EXTFN  0x1
#define XEN_PCI_DEV_VIRTFN 0x2
#define XEN_PCI_DEV_PXM    0x4 /* optarr[0] is the proximity domain */

#define PHYSDEVOP_DBGP_RESET_PREPARE 1
#define PHYSDEVOP_DBGP_RESET_DONE    2
#define PHYSDEVOP_DBGP_BUS_UNKNOWN   0
#define PHYSDEVOP_DBGP_BUS_PCI       1

#ifndef __ASSEMBLY__

struct physdev_eoi {
	uint32_t irq; /* in: pirq */
};
typedef struct physdev_eoi physdev_eoi_t;
DEFINE_XEN_GUEST_HANDLE(physdev_eoi_t);

/* A page of the guest's that becomes a bitmap: bit n says that pirq n needs an EOI. */
struct physdev_pirq_eoi_gmfn {
	xen_pfn_t gmfn; /* in */
};
typedef struct physdev_pirq_eoi_gmfn physdev_pirq_eoi_gmfn_t;
DEFINE_XEN_GUEST_HANDLE(physdev_pirq_eoi_gmfn_t);

struct physdev_irq_status_query {
	uint32_t irq;   /* in */
	uint32_t flags; /* out: XENIRQSTAT_* */
};
typedef struct physdev_irq_status_query physdev_irq_status_query_t;
DEFINE_XEN_GUEST_HANDLE(physdev_irq_status_query_t);

struct physdev_set_iopl {
	uint32_t iopl; /* in: 0 to 3; 1 and more let the guest kernel use its ports */
};
typedef struct physdev_set_iopl physdev_set_iopl_t;
DEFINE_XEN_GUEST_HANDLE(physdev_set_iopl_t);

struct physdev_set_iobitmap {
	XEN_GUEST_HANDLE(uint8) bitmap; /* in: a clear bit lets user mode use the port */
	uint32_t nr_ports;              /* in: at most 65536 */
};
typedef struct physdev_set_iobitmap physdev_set_iobitmap_t;
DEFINE_XEN_GUEST_HANDLE(physdev_set_iobitmap_t);

struct physdev_apic {
	unsigned long apic_physbase; /* in: which I/O APIC */
	uint32_t reg;                /* in */
	uint32_t value;              /* in or out */
};
typedef struct physdev_apic physdev_apic_t;
DEFINE_XEN_GUEST_HANDLE(physdev_apic_t);

struct physdev_irq {
	uint32_t irq;    /* in */
	uint32_t vector; /* out */
};
typedef struct physdev_irq physdev_irq_t;
DEFINE_XEN_GUEST_HANDLE(physdev_irq_t);

struct physdev_map_pirq {
	domid_t domid;
	int type;            /* in: MAP_PIRQ_TYPE_* */
	int index;           /* in: GSI; for MSI -1 */
	int pirq;            /* in: wanted, or negative; out: got */
	int bus;             /* in, MSI: bus, and segment if MSI_SEG or MULTI_MSI */
	int devfn;           /* in, MSI */
	int entry_nr;        /* in: MSI-X entry; in and out for MULTI_MSI: how many */
	uint64_t table_base; /* in, MSI-X: physical address of the table; 0 for MSI */
};
typedef struct physdev_map_pirq physdev_map_pirq_t;
DEFINE_XEN_GUEST_HANDLE(physdev_map_pirq_t);

struct physdev_unmap_pirq {
	domid_t domid;
	int pirq; /* in */
};
typedef struct physdev_unmap_pirq physdev_unmap_pirq_t;
DEFINE_XEN_GUEST_HANDLE(physdev_unmap_pirq_t);

struct physdev_manage_pci {
	uint8_t bus; /* in */
	uint8_t devfn;
};
typedef struct physdev_manage_pci physdev_manage_pci_t;
DEFINE_XEN_GUEST_HANDLE(physdev_manage_pci_t);

struct physdev_restore_msi {
	uint8_t bus; /* in */
	uint8_t devfn;
};
typedef struct physdev_restore_msi physdev_restore_msi_t;
DEFINE_XEN_GUEST_HANDLE(physdev_restore_msi_t);

struct physdev_manage_pci_ext {
	uint8_t bus; /* in */
	uint8_t devfn;
	uint32_t is_extfn;
	uint32_t is_virtfn;
	struct {
		uint8_t bus;
		uint8_t devfn;
	} physfn;
};
typedef struct physdev_manage_pci_ext physdev_manage_pci_ext_t;
DEFINE_XEN_GUEST_HANDLE(physdev_manage_pci_ext_t);

/* Argument of the superseded hypercall 19. */
struct physdev_op {
	uint32_t cmd;
	union {
		physdev_irq_status_query_t irq_status_query;
		physdev_set_iopl_t set_iopl;
		physdev_set_iobitmap_t set_iobitmap;
		physdev_apic_t apic_op;
		physdev_irq_t irq_op;
	} u;
};
typedef struct physdev_op physdev_op_t;
DEFINE_XEN_GUEST_HANDLE(physdev_op_t);

struct physdev_setup_gsi {
	int gsi;            /* in */
	uint8_t triggering; /* in: 0 edge, 1 level */
	uint8_t polarity;   /* in: 0 active high, 1 active low */
};
typedef struct physdev_setup_gsi physdev_setup_gsi_t;
DEFINE_XEN_GUEST_HANDLE(physdev_setup_gsi_t);

struct physdev_get_free_pirq {
	int type;      /* in: MAP_PIRQ_TYPE_* */
	uint32_t pirq; /* out */
};
typedef struct physdev_get_free_pirq physdev_get_free_pirq_t;
DEFINE_XEN_GUEST_HANDLE(physdev_get_free_pirq_t);

struct physdev_pci_mmcfg_reserved {
	uint64_t address; /* in: physical, of bus 0 */
	uint16_t segment;
	uint8_t start_bus;
	uint8_t end_bus;
	uint32_t flags; /* XEN_PCI_MMCFG_RESERVED: the firmware has marked it so */
};
typedef struct physdev_pci_mmcfg_reserved physdev_pci_mmcfg_reserved_t;
DEFINE_XEN_GUEST_HANDLE(physdev_pci_mmcfg_reserved_t);

struct physdev_pci_device_add {
	uint16_t seg; /* in */
	uint8_t bus;
	uint8_t devfn;
	uint32_t flags; /* XEN_PCI_DEV_* */
	struct {
		uint8_t bus;
		uint8_t devfn;
	} physfn;
	uint32_t optarr[XEN_FLEX_ARRAY_DIM];
};
typedef struct physdev_pci_device_add physdev_pci_device_add_t;
DEFINE_XEN_GUEST_HANDLE(physdev_pci_device_add_t);

struct physdev_pci_device {
	uint16_t seg; /* in */
	uint8_t bus;
	uint8_t devfn;
};
typedef struct physdev_pci_device physdev_pci_device_t;
DEFINE_XEN_GUEST_HANDLE(physdev_pci_device_t);

struct physdev_dbgp_op {
	uint8_t op; /* PHYSDEVOP_DBGP_* */
	uint8_t bus;
	union {
		physdev_pci_device_t pci;
	} u;
};
typedef struct physdev_dbgp_op physdev_dbgp_op_t;
DEFINE_XEN_GUEST_HANDLE(physdev_dbgp_op_t);

PV_ABI_SIZE(struct physdev_map_pirq, 40);
PV_ABI_SIZE(struct physdev_op, 24);
PV_ABI_SIZE(struct physdev_set_iobitmap, 16);
PV_ABI_SIZE(struct physdev_pci_mmcfg_reserved, 16);
PV_ABI_OFFSET(struct physdev_pci_device_add, optarr, 12);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_PHYSDEV_H */
