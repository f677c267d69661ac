/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_callback_op(cmd, arg): where the hypervisor enters the guest kernel other than for a
 * trap. -EINVAL for an address that is not canonical, -ENOSYS for a type that is not offered.
 */
#ifndef PV_ABI_CALLBACK_H
#define PV_ABI_CALLBACK_H

#include "xen.h"

#define CALLBACKTYPE_event    0 /* an event is pending */
#define CALLBACKTYPE_failsafe 1 /* loading a segment register or returning to the guest failed */
#define CALLBACKTYPE_syscall  2 /* SYSCALL from 64-bit user mode */
#define CALLBACKTYPE_sysenter_deprecated 3
#define CALLBACKTYPE_nmi      4 /* NMI, on the calling vCPU */
#define CALLBACKTYPE_sysenter 5
#define CALLBACKTYPE_syscall32 7 /* SYSCALL from 32-bit user mode */

/* Entry sets the upcall mask. Of an event callback this is always so. */
#define _CALLBACKF_mask_events 0
#define CALLBACKF_mask_events (1U << _CALLBACKF_mask_events)

#define CALLBACKOP_register   0 /* callback_register */
#define CALLBACKOP_unregister 1 /* callback_unregister; event, failsafe and syscall: -EINVAL */

#ifndef __ASSEMBLY__

struct callback_register {
	uint16_t type;  /* CALLBACKTYPE_* */
	uint16_t flags; /* CALLBACKF_* */
	xen_callback_t address;
};
typedef struct callback_register callback_register_t;
DEFINE_XEN_GUEST_HANDLE(callback_register_t);
PV_ABI_SIZE(struct callback_register, 16);

struct callback_unregister {
	uint16_t type;
	uint16_t _unused;
};
typedef struct callback_unregister callback_unregister_t;
DEFINE_XEN_GUEST_HANDLE(callback_unregister_t);
PV_ABI_SIZE(struct callback_unregister, 4);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_CALLBACK_H */
