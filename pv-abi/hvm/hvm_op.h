/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_hvm_op(cmd, arg): operations of and on fully virtualized guests. On a PV domain
 * set_param and get_param answer -EINVAL.
 */
#ifndef PV_ABI_HVM_HVM_OP_H
#define PV_ABI_HVM_HVM_OP_H

#include "../xen.h"
#include "../trace.h"
#include "../event_channel.h"

#define HVMOP_set_param                0 /* xen_hvm_param */
#define HVMOP_get_param                1 /* xen_hvm_param */
#define HVMOP_flush_tlbs               5 /* no argument */
#define HVMOP_pagetable_dying          9 /* xen_hvm_pagetable_dying */
#define HVMOP_get_time                10 /* xen_hvm_get_time */
#define HVMOP_xentrace                11 /* xen_hvm_xentrace */
#define HVMOP_set_mem_access          12 /* withdrawn: -ENOSYS */
#define HVMOP_get_mem_access          13 /* withdrawn: -ENOSYS */
#define HVMOP_get_mem_type            15 /* xen_hvm_get_mem_type */
#define HVMOP_set_evtchn_upcall_vector 23 /* xen_hvm_evtchn_upcall_vector */
#define HVMOP_guest_request_vm_event  24
#define HVMOP_altp2m                  25 /* alternate views: -EOPNOTSUPP here */

#define HVM_IOREQSRV_BUFIOREQ_OFF    0
#define HVM_IOREQSRV_BUFIOREQ_LEGACY 1
#define HVM_IOREQSRV_BUFIOREQ_ATOMIC 2

#ifndef __ASSEMBLY__

struct xen_hvm_param {
	domid_t domid;
	uint16_t pad;
	uint32_t index; /* HVM_PARAM_* */
	uint64_t value;
};
typedef struct xen_hvm_param xen_hvm_param_t;
DEFINE_XEN_GUEST_HANDLE(xen_hvm_param_t);
PV_ABI_SIZE(struct xen_hvm_param, 16);

typedef enum {
	HVMMEM_ram_rw,
	HVMMEM_ram_ro,  /* writes are dropped */
	HVMMEM_mmio_dm, /* accesses go to the device model */
	HVMMEM_unused,
	HVMMEM_ioreq_server
} hvmmem_type_t;

struct xen_hvm_pagetable_dying {
	domid_t domid;
	uint16_t pad[3];
	uint64_t gpa;
};
typedef struct xen_hvm_pagetable_dying xen_hvm_pagetable_dying_t;
DEFINE_XEN_GUEST_HANDLE(xen_hvm_pagetable_dying_t);

struct xen_hvm_get_time {
	uint64_t now; /* out: system time */
};
typedef struct xen_hvm_get_time xen_hvm_get_time_t;
DEFINE_XEN_GUEST_HANDLE(xen_hvm_get_time_t);

struct xen_hvm_xentrace {
	uint16_t event, extra_bytes;
	uint8_t extra[TRACE_EXTRA_MAX * sizeof(uint32_t)];
};
typedef struct xen_hvm_xentrace xen_hvm_xentrace_t;
DEFINE_XEN_GUEST_HANDLE(xen_hvm_xentrace_t);

struct xen_hvm_get_mem_type {
	domid_t domid;
	uint16_t mem_type; /* out: hvmmem_type_t */
	uint16_t pad[2];
	uint64_t pfn;
};
typedef struct xen_hvm_get_mem_type xen_hvm_get_mem_type_t;
DEFINE_XEN_GUEST_HANDLE(xen_hvm_get_mem_type_t);

struct xen_hvm_evtchn_upcall_vector {
	uint32_t vcpu;
	uint8_t vector;
};
typedef struct xen_hvm_evtchn_upcall_vector xen_hvm_evtchn_upcall_vector_t;
DEFINE_XEN_GUEST_HANDLE(xen_hvm_evtchn_upcall_vector_t);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_HVM_HVM_OP_H */
