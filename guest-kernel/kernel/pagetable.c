/* SPDX-License-Identifier: MIT */
/*
 * The user part of page tables: one entry of the top-level table, so three levels below it.
 *
 * Tables are read by ordinary loads on both platforms; they are written through plat_pte_set(), because
 * under PV a table in use is read-only memory and each change is a request to the hypervisor. Entries
 * hold hardware addresses, which under PV are machine addresses: plat_pte_pa() translates.
 *
 * Locks: mm->lock. Next: mm.c, platform/?/mmu.c.
 */
#include "mm.h"
#include "lib.h"
#include "../platform/platform.h"

#define TABLE_FLAGS (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

static u64 *descend(struct mm *mm, u64 *slot, u64 addr, bool alloc)
{
	if (!(*slot & PTE_P)) {
		pa_t table = alloc ? page_alloc_zero() : 0;

		if (!table)
			return NULL;
		if (mm->live)
			plat_table_attach(mm, table);
		plat_pte_set(mm, addr, slot, plat_pte_make(table, TABLE_FLAGS));
		plat_pte_flush(mm);
	}
	return va(plat_pte_pa(*slot));
}

u64 *pt_slot(struct mm *mm, u64 addr, bool alloc)
{
	u64 *table = va(mm->root);

	for (int shift = 39; shift > 12; shift -= 9) {
		table = descend(mm, &table[addr >> shift & 511], addr, alloc);
		if (!table)
			return NULL;
	}
	return &table[addr >> 12 & 511];
}

void pt_for_each(struct mm *mm, u64 start, u64 end, void (*fn)(struct mm *, u64, u64 *, void *), void *arg)
{
	for (u64 addr = start; addr < end;) {
		u64 *slot = pt_slot(mm, addr, false);
		u64 stop = min(end, (addr | 0x1fffff) + 1);

		for (; slot && addr < stop; addr += PAGE_SIZE, slot++)
			if (*slot)
				fn(mm, addr, slot, arg);
		addr = stop;
	}
}

/* Freed together: under PV they must be made writable first, which is one request for all. */
struct doomed {
	unsigned count;
	pa_t tables[32];
};

static void free_doomed(struct doomed *d)
{
	for (unsigned i = 0; i < d->count; i++)
		plat_table_detach(d->tables[i]);
	plat_pte_flush(NULL);
	while (d->count)
		page_put(d->tables[--d->count]);
}

static void doom(struct doomed *d, pa_t table, int level)
{
	u64 *t = va(table);

	for (int i = 0; level > 1 && i < 512; i++)
		if (t[i] & PTE_P)
			doom(d, plat_pte_pa(t[i]), level - 1);
	if (d->count == ARRAY_SIZE(d->tables))
		free_doomed(d);
	d->tables[d->count++] = table;
}

/* The tables below the root, once no CPU can load it any more. The pages they map are gone already. */
void pt_free_tables(struct mm *mm)
{
	u64 *root = va(mm->root);
	struct doomed d = { 0 };

	if (root[0] & PTE_P)
		doom(&d, plat_pte_pa(root[0]), 3);
	free_doomed(&d);
}
