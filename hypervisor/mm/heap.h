/* SPDX-License-Identifier: MIT
 *
 * What boot-time set-up tells the frame allocator.
 */
#ifndef HYPERVISOR_MM_HEAP_H
#define HYPERVISOR_MM_HEAP_H

#include "mm/frame.h"

void heap_init(void);
/* [start, end) frames, whole chunks of free RAM, whose frame structures are not yet written. */
void heap_add_raw(unsigned long start, unsigned long end);
/* [start, end) frames with live, cleared structures. */
void heap_add_frames(unsigned long start, unsigned long end);
/* Writes the frame structures of a chunk: no owner, no references. */
void frame_chunk_init(unsigned long chunk);

extern unsigned long ram_frames;                /* RAM that the machine has */
extern unsigned long outstanding_claims;        /* pages promised to domains, LOCK_HEAP */
bool heap_claim(long pages);                    /* false: not that many left; negative gives back */

#endif
