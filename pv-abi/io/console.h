/* SPDX-License-Identifier: MIT */
/*
 * Console ring of a PV domain: one page (start_info's console.domU.mfn) with bytes in both
 * directions, seen from the domain: in is what is typed, out what it prints. Indexes run free;
 * bytes are written before the producer's index, and an event is sent after each change.
 */
#ifndef PV_ABI_IO_CONSOLE_H
#define PV_ABI_IO_CONSOLE_H

#include "../xen-compat.h"

typedef uint32_t XENCONS_RING_IDX;

#define MASK_XENCONS_IDX(idx, ring) ((idx) & (sizeof(ring) - 1))

struct xencons_interface {
	char in[1024];
	char out[2048];
	XENCONS_RING_IDX in_cons, in_prod;
	XENCONS_RING_IDX out_cons, out_prod;
};
PV_ABI_SIZE(struct xencons_interface, 3088);
PV_ABI_OFFSET(struct xencons_interface, in_cons, 3072);
PV_ABI_OFFSET(struct xencons_interface, out_cons, 3080);

#endif /* PV_ABI_IO_CONSOLE_H */
