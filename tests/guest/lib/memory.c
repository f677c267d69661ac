/* SPDX-License-Identifier: MIT
 *
 * Pages and page tables of a test guest. Tables are reached through the initial
 * mapping: machine frame, by M2P to PFN, to virtual address.
 */
#include "testlib.h"

static unsigned long next_free, end_free, next_unmapped;

void lib_memory_init(void);
void lib_memory_init(void)
{
	unsigned long mapped_end;

	/* The builder's stack page is the last thing it placed; spare pages follow. */
	next_free = virt_to_pfn((void *)si->pt_base) + si->nr_pt_frames + 1;
	mapped_end = (next_free * PAGE_SIZE + (512UL << 10) + (4UL << 20) - 1) & ~((4UL << 20) - 1);
	end_free = mapped_end / PAGE_SIZE;
	next_unmapped = end_free;
}

void *alloc_page(void)
{
	void *p;

	if (next_free >= end_free)
		die("the test guest has no mapped pages left");
	p = pfn_to_virt(next_free++);
	memset(p, 0, PAGE_SIZE);
	return p;
}

unsigned long alloc_pfn_unmapped(void)
{
	if (next_unmapped >= si->nr_pages)
		die("the test guest has no pages left");
	return next_unmapped++;
}

uint64_t *table_entry(unsigned long va, unsigned int level)
{
	uint64_t *t = (uint64_t *)si->pt_base;

	for (unsigned int l = 4;; l--) {
		uint64_t *e = &t[(va >> (12 + 9 * (l - 1))) & 511];
		unsigned long pfn;

		if (l == level)
			return e;
		if (!(*e & PTE_P))
			return NULL;
		pfn = M2P[PTE_MFN(*e)];
		if (pfn >= end_free)
			return NULL;
		t = pfn_to_virt(pfn);
	}
}

uint64_t *pte_of(unsigned long va)
{
	return table_entry(va, 1);
}

uint64_t entry_maddr(const uint64_t *entry)
{
	return virt_to_maddr(entry);
}

long set_pte(unsigned long va, uint64_t pte)
{
	return HYPERVISOR_update_va_mapping(va, pte, UVMF_INVLPG | UVMF_LOCAL);
}

bool make_readonly(void *page)
{
	return set_pte((unsigned long)page, virt_to_mfn(page) << 12 | PTE_FLAGS_RO) == 0;
}

bool make_writable(void *page)
{
	return set_pte((unsigned long)page, virt_to_mfn(page) << 12 | PTE_FLAGS_RW) == 0;
}
