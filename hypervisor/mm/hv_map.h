/* SPDX-License-Identifier: MIT
 *
 * The hypervisor's own page tables: idle_l4 and what hangs below its slots.
 */
#ifndef HYPERVISOR_MM_HV_MAP_H
#define HYPERVISOR_MM_HV_MAP_H

#include "mm/frame.h"
#include "mm/pte.h"

/* Where tables come from: the boot-time bump allocator, then alloc_hv_page(). Cleared. */
extern void *(*hv_table_alloc)(void);
extern bool hv_has_1g_pages;

/*
 * Map [va, va+size) to pa with the largest pages that fit (all three 4 KB aligned). Replaces
 * nothing: mapped parts are left.
 */
bool hv_map(unsigned long va, uint64_t pa, uint64_t size, uint64_t flags);
/* 4 KB pages only */
bool hv_map_small(unsigned long va, uint64_t pa, uint64_t size, uint64_t flags);
bool hv_is_mapped(unsigned long va);
/* of a mapped page, large or small: its first frame */
mfn_t hv_mapped_mfn(unsigned long va);

#endif
