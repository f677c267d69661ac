/* SPDX-License-Identifier: MIT */
/*
 * What Paravane adds to the interface. Numbers lie far above Xen's; a hypervisor that has none of it
 * answers -ENOSYS (or -EOPNOTSUPP), by which tools find out.
 *
 * Arguments of the control operations replace the union `u` of struct xen_domctl and struct xen_sysctl,
 * from its start; the interface versions are those structures' own.
 */
#ifndef PV_ABI_PARAVANE_H
#define PV_ABI_PARAVANE_H

#include "xen.h"

/* domctl: why a domain crashed, as the hypervisor saw it; an empty string when it did not. */
#define PARAVANE_DOMCTL_crash_reason 0x5001
#define PARAVANE_REASON_SIZE 128
struct paravane_domctl_crash_reason {
	char reason[PARAVANE_REASON_SIZE];	/* OUT, ends with a nul */
};

/*
 * domctl: what the hypervisor made for a domain that it started itself, from a boot device tree: its name there, and
 * the pages and event channels of its store and console, which wait for domain 0. -ENOENT for any other domain.
 */
#define PARAVANE_DOMCTL_boot_domain 0x5002
#define PARAVANE_BOOT_NAME_SIZE 32
struct paravane_domctl_boot_domain {
	char name[PARAVANE_BOOT_NAME_SIZE];	/* OUT, ends with a nul */
	uint64_t store_mfn, console_mfn;	/* OUT */
	uint32_t store_port, console_port;	/* OUT: the domain's own */
};

/*
 * sysctl: the reason behind the last error that a hypercall of the calling vCPU returned: which field,
 * which value, what is allowed. Empty when that call recorded none.
 */
#define PARAVANE_SYSCTL_error_reason 0x5001
struct paravane_sysctl_error_reason {
	char reason[PARAVANE_REASON_SIZE];	/* OUT, ends with a nul */
};

/* sysctl: the trace rings of all CPUs merged in time order, the last records of one domain. */
#define PARAVANE_SYSCTL_trace_read 0x5002
struct paravane_sysctl_trace_read {
	uint32_t domid;				/* IN: DOMID_INVALID for all */
	uint32_t count;				/* IN: room in buffer; OUT: records there */
	uint64_t buffer;			/* IN: virtual address of struct paravane_trace_record[] */
};

enum paravane_trace_kind {
	PARAVANE_TRACE_none,
	PARAVANE_TRACE_hypercall,		/* number, arg[0..2] its arguments */
	PARAVANE_TRACE_hypercall_ret,		/* number, arg[0] the result */
	PARAVANE_TRACE_trap,			/* vector, arg[0] error code, arg[1] cr2 */
	PARAVANE_TRACE_switch,
	PARAVANE_TRACE_event,			/* port */
	PARAVANE_TRACE_crash,
	PARAVANE_TRACE_exit,			/* of a fully virtualized vCPU: exit code, arg[0..1] what the processor says of it */
};

struct paravane_trace_record {
	uint64_t seq;				/* per CPU; 0: none */
	uint64_t tsc;
	uint16_t kind, domid, vcpu, number;
	uint64_t rip;
	uint64_t arg[3];
	uint64_t spare;
};

#endif
