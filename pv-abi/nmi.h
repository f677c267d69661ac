/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_nmi_op(cmd, arg): callback for non-maskable interrupts of the calling vCPU.
 */
#ifndef PV_ABI_NMI_H
#define PV_ABI_NMI_H

#include "xen.h"

/* Bits of arch_shared_info.nmi_reason. */
#define _XEN_NMIREASON_io_error 0
#define XEN_NMIREASON_io_error (1UL << _XEN_NMIREASON_io_error)
#define _XEN_NMIREASON_pci_serr 1
#define XEN_NMIREASON_pci_serr (1UL << _XEN_NMIREASON_pci_serr)
#define _XEN_NMIREASON_unknown 2
#define XEN_NMIREASON_unknown (1UL << _XEN_NMIREASON_unknown)

#define XENNMI_register_callback   0 /* xennmi_callback */
#define XENNMI_unregister_callback 1 /* arg not used */

#ifndef __ASSEMBLY__
struct xennmi_callback {
	unsigned long handler_address;
	unsigned long pad;
};
typedef struct xennmi_callback xennmi_callback_t;
DEFINE_XEN_GUEST_HANDLE(xennmi_callback_t);
PV_ABI_SIZE(struct xennmi_callback, 16);
#endif

#endif /* PV_ABI_NMI_H */
