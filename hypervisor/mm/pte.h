/* SPDX-License-Identifier: MIT
 *
 * Page-table entries: bits, indices, and which bits a guest may set.
 * [SDM 3A 4.5], [APM2 5.4]
 */
#ifndef HYPERVISOR_MM_PTE_H
#define HYPERVISOR_MM_PTE_H

#include "arch/layout.h"
#include "lib/types.h"

#define PTE_P      (1UL << 0)
#define PTE_RW     (1UL << 1)
#define PTE_US     (1UL << 2)
#define PTE_PWT    (1UL << 3)
#define PTE_PCD    (1UL << 4)
#define PTE_A      (1UL << 5)
#define PTE_D      (1UL << 6)
#define PTE_PSE    (1UL << 7)   /* L2, L3: a superpage */
#define PTE_PAT    (1UL << 7)   /* L1 */
#define PTE_G      (1UL << 8)
#define PTE_AVAIL  (7UL << 9)
#define PTE_AVAIL_HIGH (0x7ffUL << 52)
#define PTE_NX     (1UL << 63)

#define PTE_ADDR_MASK   0x000ffffffffff000UL
#define PTE_CACHE_MASK  (PTE_PWT | PTE_PCD | PTE_PAT)

/* The hypervisor's own mappings: global, never executable unless said. */
#define PTE_HV_RW  (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G | PTE_NX)
#define PTE_HV_RO  (PTE_P | PTE_A | PTE_G | PTE_NX)
#define PTE_HV_RX  (PTE_P | PTE_A | PTE_G)
#define PTE_HV_IO  (PTE_HV_RW | PTE_PCD | PTE_PWT)
#define PTE_TABLE  (PTE_P | PTE_RW | PTE_US | PTE_A)

/* What a guest may set in a table of any level; L1 also takes PTE_G, which is dropped. */
#define PTE_GUEST_BITS \
	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_AVAIL | PTE_AVAIL_HIGH | PTE_NX)

#define ENTRIES_PER_TABLE 512U

static inline unsigned int pt_index(unsigned long va, unsigned int level)
{
	return (va >> (PAGE_SHIFT + 9 * (level - 1))) & (ENTRIES_PER_TABLE - 1);
}

static inline mfn_t pte_mfn(uint64_t e) { return mfn((e & PTE_ADDR_MASK) >> PAGE_SHIFT); }
static inline uint64_t pte_make(mfn_t m, uint64_t flags) { return (m.n << PAGE_SHIFT) | flags; }
static inline bool is_hv_slot(unsigned int l4_index)
{
	return l4_index >= HV_FIRST_SLOT && l4_index <= HV_LAST_SLOT;
}

#endif
