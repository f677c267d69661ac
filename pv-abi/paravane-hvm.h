/* SPDX-License-Identifier: MIT */
/*
 * Fully virtualized domains: what the hypervisor and a device model in the control domain say to each other.
 *
 * The hypervisor runs the guest's instructions and keeps its CPU state, its memory map and its page tables. Everything
 * else that a PC has (local and I/O interrupt controllers, timer, clock, serial port) is the device model's: a process
 * of the control domain. For each vCPU there is one page that both see (struct paravane_vcpu_page) and one event channel:
 *
 * - A port or an address that is no memory was touched: the hypervisor fills `request`, sets its state to READY, sends the
 *   event and keeps the vCPU waiting. The device model answers in `data`, sets DONE, and sends the event back.
 * - An interrupt is due: the device model sets its bit in `irr` and sends the event. When the guest can take it the
 *   hypervisor moves the highest one to `isr`, if it is above all that are there in priority (vector / 16) and above
 *   TPR. The guest's end of interrupt is a write to the device model's local APIC, which clears the bit in `isr`.
 *   Both change these words by atomic operations.
 * - A vCPU that executes HLT sleeps until there is one that it can take.
 *
 * A domain is created with XEN_DOMCTL_CDF_hvm. With XEN_DOMCTL_CDF_hap its memory is translated by nested paging, without
 * by shadow page tables; with PARAVANE_CDF_deprivileged besides hvm it runs without the processor's help: trap and emulate.
 * Memory is populated at guest frame numbers; foreign mappings name them, too (as Xen does for translated domains).
 */
#ifndef PV_ABI_PARAVANE_HVM_H
#define PV_ABI_PARAVANE_HVM_H

#include "xen.h"

/* createdomain.flags; bits 0 and 1 are Xen's CDF_hvm and CDF_hap */
#define PARAVANE_CDF_deprivileged	(1u << 30)

enum paravane_request_state {
	PARAVANE_REQ_NONE,			/* nobody waits */
	PARAVANE_REQ_READY,			/* for the device model */
	PARAVANE_REQ_DONE,			/* for the hypervisor */
};

enum paravane_request_type {
	PARAVANE_REQ_PIO,			/* addr is a port */
	PARAVANE_REQ_MMIO,			/* addr is a guest physical address */
};

struct paravane_vcpu_page {
	struct {
		uint32_t state;			/* enum paravane_request_state; written last, with release order */
		uint8_t type;			/* enum paravane_request_type */
		uint8_t size;			/* bytes: 1, 2, 4, 8 */
		uint8_t write;			/* 1: data goes to the device */
		uint8_t spare;
		uint64_t addr;
		uint64_t data;			/* zero-extended; of a read: the answer */
	} request;
	uint32_t tpr;				/* task priority, bits 0..7; CR8 is its upper four */
	uint32_t spare;
	uint32_t irr[8];			/* bit v % 32 of word v / 32: vector v is requested */
	uint32_t isr[8];			/* in service */
	uint8_t nmi;				/* set by the device model, cleared on delivery */
};

/*
 * domctl: the page and event channel of a vCPU. The page is the hypervisor's: map it by its machine
 * frame with DOMID_XEN. The port is the domain's, waiting for the caller to bind to it. [errors: ESRCH no such vCPU, EINVAL
 * not a fully virtualized domain]
 */
#define PARAVANE_DOMCTL_hvm_vcpu_page 0x5010
struct paravane_domctl_hvm_vcpu_page {
	uint32_t vcpu;				/* IN */
	uint32_t port;				/* OUT */
	uint64_t mfn;				/* OUT */
};

/* A segment register as AMD's VMCB has it. [APM2 15.5.1, appendix B] */
struct paravane_segment {
	uint16_t sel;
	uint16_t attr;				/* bits 0..7: type, S, DPL, P; 8..11: AVL, L, D/B, G */
	uint32_t limit;				/* in bytes, G applied */
	uint64_t base;
};

/* The architectural state of a vCPU. */
struct paravane_hvm_state {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags;
	uint64_t cr0, cr2, cr3, cr4, efer;
	uint64_t dr6, dr7;
	struct paravane_segment cs, ds, es, fs, gs, ss, tr, ldtr, gdtr, idtr;
	uint64_t star, lstar, cstar, sfmask, kernel_gs_base, pat;
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
};

/*
 * domctl: set or get the state of a vCPU. Setting brings it up when it was down (INIT and SIPI are this), and is refused
 * with -EBUSY when it is not: the device model stops a vCPU first with `down`. [errors: ESRCH, EINVAL a value that the
 * processor would refuse, EBUSY]
 */
#define PARAVANE_DOMCTL_hvm_set_state 0x5011
#define PARAVANE_DOMCTL_hvm_get_state 0x5012
#define PARAVANE_DOMCTL_hvm_down      0x5013	/* vcpu only: it runs no more until its state is set */
struct paravane_domctl_hvm_state {
	uint32_t vcpu;				/* IN */
	uint32_t spare;
	uint64_t state;				/* IN: virtual address of struct paravane_hvm_state */
};

/* domctl: how often a vCPU left its guest, by reason. */
#define PARAVANE_DOMCTL_hvm_exits 0x5014
#define PARAVANE_NR_EXIT_KINDS 15		/* as many as a control operation has room for */
enum paravane_exit_kind {
	PARAVANE_EXIT_interrupt, PARAVANE_EXIT_exception, PARAVANE_EXIT_cr, PARAVANE_EXIT_dr, PARAVANE_EXIT_msr,
	PARAVANE_EXIT_io, PARAVANE_EXIT_cpuid, PARAVANE_EXIT_hlt, PARAVANE_EXIT_page_fault, PARAVANE_EXIT_nested_fault,
	PARAVANE_EXIT_mmio, PARAVANE_EXIT_hypercall, PARAVANE_EXIT_window, PARAVANE_EXIT_other,
};
struct paravane_domctl_hvm_exits {
	uint32_t vcpu;				/* IN */
	uint32_t spare;
	uint64_t count[PARAVANE_NR_EXIT_KINDS];	/* OUT, by enum paravane_exit_kind */
};

#endif
