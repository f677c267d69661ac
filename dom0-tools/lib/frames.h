/* SPDX-License-Identifier: MIT */
/*
 * Which frames a PV domain has, found without its help, and its memory by virtual address.
 *
 * The hypervisor tells for any machine frame whether it is a domain's (getpageframeinfo3), and the
 * machine-to-physical table tells which of the domain's frames it is. So a domain that crashed at its
 * first instruction can be dumped as well as one that kept its tables in order.
 */
#ifndef DOM0_TOOLS_LIB_FRAMES_H
#define DOM0_TOOLS_LIB_FRAMES_H

#include "hcall.h"

struct frame_pair {
	uint64_t pfn, mfn;
};

/* All frames of the domain in the order of PFNs, malloc'ed; their number, or -1. */
long frames_of(struct hcall *h, domid_t dom, struct frame_pair **list, struct err *e);

/*
 * Copy @len bytes at @va, by the page tables at machine frame @cr3 (a mfn). Returns how many bytes
 * could be read from the start.
 */
size_t guest_read(struct hcall *h, domid_t dom, uint64_t cr3, uint64_t va, void *buf, size_t len);

#endif
