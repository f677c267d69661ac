/* SPDX-License-Identifier: MIT */
/*
 * Page tables, natively: entries hold physical addresses, a store changes them, INVLPG or a load of CR3
 * makes the change take effect. Compare pv/mmu.c function by function. [SDM 3A 4]
 */
#include "../../kernel/lib.h"
#include "../../kernel/mm.h"
#include "../../kernel/task.h"
#include "native.h"

pa_t init_root;		/* kernel threads' tables: no user part */

void mmu_init(void)
{
	static u64 root[512] __aligned(4096);

	root[511] = boot_pml4[511];
	init_root = pa(root);
	__asm__ volatile("mov %0, %%cr3" :: "r"(init_root) : "memory");
}

u64 plat_pte_make(pa_t pa, u64 flags)
{
	return pa | flags;
}

pa_t plat_pte_pa(u64 pte)
{
	return pte & PTE_ADDR;
}

int plat_mm_init(struct mm *mm)
{
	u64 *root;

	mm->root = page_alloc_zero();
	if (!mm->root)
		return -1;
	root = va(mm->root);
	root[511] = ((u64 *)va(init_root))[511];
	return 0;
}

void plat_mm_enliven(struct mm *mm)
{
	mm->live = true;
}

void plat_mm_retire(struct mm *mm)
{
	mm->live = false;
}

void plat_mm_free(struct mm *mm)
{
	page_put(mm->root);
}

void plat_pte_set(struct mm *mm, u64 addr, u64 *slot, u64 pte)
{
	u64 old = *slot;

	WRITE_ONCE(*slot, pte);
	/* Absent entries are not cached; only a change of a present one needs a flush. */
	if (mm->live && (old & PTE_P))
		__asm__ volatile("invlpg (%0)" :: "r"(addr) : "memory");
}

void plat_pte_flush(struct mm *mm)
{
}

void plat_table_attach(struct mm *mm, pa_t table)
{
}

void plat_table_detach(pa_t table)
{
}

u64 plat_fault_address(void)
{
	u64 cr2;

	__asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
	return cr2;
}

bool plat_fault_spurious(u64 addr, u64 error)
{
	return false;	/* the kernel's mappings never change */
}

void *plat_dma_alloc(unsigned order)
{
	pa_t pa = page_alloc(order);

	return pa ? memset(va(pa), 0, PAGE_SIZE << order) : NULL;
}

u64 plat_dma_address(const void *p)
{
	return pa(p);
}
