/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_vcpu_op(cmd, vcpu, arg): virtual processors of the calling domain. -ENOENT for a vCPU
 * that does not exist; timers, and the registrations of 5, 6 and 13, only as said below.
 */
#ifndef PV_ABI_VCPU_H
#define PV_ABI_VCPU_H

#include "xen.h"

/* initialise: arg is a vcpu_guest_context; -EEXIST if it has been done. The vCPU stays down. */
#define VCPUOP_initialise 0
/* up: -EINVAL unless initialised. down: returns when it is down, or at once for another one. */
#define VCPUOP_up 1
#define VCPUOP_down 2
/* is_up: 1 or 0. */
#define VCPUOP_is_up 3

/* get_runstate_info: arg is a vcpu_runstate_info to fill. */
#define VCPUOP_get_runstate_info 4
/*
 * register_runstate_memory_area: arg is the structure below; the area is kept up to date in the
 * guest's address space at each switch.
 */
#define VCPUOP_register_runstate_memory_area 5

/* Periodic timer of this vCPU or another, raises VIRQ_TIMER; period at least 1 ms (-EINVAL). */
#define VCPUOP_set_periodic_timer 6
#define VCPUOP_stop_periodic_timer 7

/* Single timer of the calling vCPU (-EINVAL for another). */
#define VCPUOP_set_singleshot_timer 8
#define VCPUOP_stop_singleshot_timer 9

/* register_vcpu_info: moves the vcpu_info into a page of the guest's. Once (-EINVAL). */
#define VCPUOP_register_vcpu_info 10

/* send_nmi: an NMI to that vCPU. */
#define VCPUOP_send_nmi 11

/* get_physid: of the processor, for a pinned vCPU of the hardware domain (-EINVAL). */
#define VCPUOP_get_physid 12

/* register_vcpu_time_memory_area: a copy of the vCPU's time record, such as for user mode. */
#define VCPUOP_register_vcpu_time_memory_area 13

/* What a vCPU is doing. blocked: waits for an event; offline: down, or the domain is paused. */
#define RUNSTATE_running  0
#define RUNSTATE_runnable 1
#define RUNSTATE_blocked  2
#define RUNSTATE_offline  3

#ifndef __ASSEMBLY__

struct vcpu_runstate_info {
	int state;                 /* RUNSTATE_* */
	uint64_t state_entry_time; /* system time, ns */
#define XEN_RUNSTATE_UPDATE (xen_mk_ullong(1) << 63) /* in state_entry_time while it is written */
	uint64_t time[4];          /* ns spent in each state */
};
typedef struct vcpu_runstate_info vcpu_runstate_info_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_runstate_info_t);

struct vcpu_register_runstate_memory_area {
	union {
		XEN_GUEST_HANDLE(vcpu_runstate_info_t) h;
		struct vcpu_runstate_info *v;
		uint64_t p;
	} addr;
};
typedef struct vcpu_register_runstate_memory_area vcpu_register_runstate_memory_area_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_runstate_memory_area_t);

struct vcpu_set_periodic_timer {
	uint64_t period_ns;
};
typedef struct vcpu_set_periodic_timer vcpu_set_periodic_timer_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_set_periodic_timer_t);

struct vcpu_set_singleshot_timer {
	uint64_t timeout_abs_ns; /* system time */
	uint32_t flags;          /* VCPU_SSHOTTMR_* */
};
typedef struct vcpu_set_singleshot_timer vcpu_set_singleshot_timer_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_set_singleshot_timer_t);

/* -ETIME for a time that has passed, instead of an event at once. */
#define _VCPU_SSHOTTMR_future (0)
#define VCPU_SSHOTTMR_future (1U << _VCPU_SSHOTTMR_future)

struct vcpu_register_vcpu_info {
	uint64_t mfn;    /* a frame of the guest's, by its number as start_info uses it */
	uint32_t offset; /* the record must not cross the page (-EINVAL) */
	uint32_t rsvd;
};
typedef struct vcpu_register_vcpu_info vcpu_register_vcpu_info_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_vcpu_info_t);

struct vcpu_get_physid {
	uint64_t phys_id; /* APIC id in the low half, ACPI id in the high */
};
typedef struct vcpu_get_physid vcpu_get_physid_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_get_physid_t);
#define xen_vcpu_physid_to_x86_apicid(physid) ((uint32_t)(physid))
#define xen_vcpu_physid_to_x86_acpiid(physid) ((uint32_t)((physid) >> 32))

DEFINE_XEN_GUEST_HANDLE(vcpu_time_info_t);
struct vcpu_register_time_memory_area {
	union {
		XEN_GUEST_HANDLE(vcpu_time_info_t) h;
		struct vcpu_time_info *v;
		uint64_t p;
	} addr;
};
typedef struct vcpu_register_time_memory_area vcpu_register_time_memory_area_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_time_memory_area_t);

PV_ABI_SIZE(struct vcpu_runstate_info, 48);
PV_ABI_OFFSET(struct vcpu_runstate_info, state_entry_time, 8);
PV_ABI_SIZE(struct vcpu_register_runstate_memory_area, 8);
PV_ABI_SIZE(struct vcpu_set_singleshot_timer, 16);
PV_ABI_SIZE(struct vcpu_register_vcpu_info, 16);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_VCPU_H */
