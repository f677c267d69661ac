/* SPDX-License-Identifier: MIT
 *
 * The hypervisor's own mappings: the part of the address space that every page table has in common,
 * and what is added to it later: device registers and stacks with a guard page.
 *
 * Invariant: L4 slots 256 to 271 of idle_l4 never change once the first guest table was made from
 * them; mappings are only ever added below them, so no CPU holds a stale translation of one.
 *
 * Locks: LOCK_VMAP. Next: mm/early.c, which makes most of it.
 */
#include "mm/hv_map.h"
#include "arch/smp.h"
#include "lib/panic.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "mm/domain_mm.h"

mfn_t idle_l4;
bool hv_has_1g_pages;
void *(*hv_table_alloc)(void);

static DEFINE_SPINLOCK(vmap_lock, LOCK_VMAP);
static unsigned long vmap_next = VMAP_START;

static uint64_t *next_table(uint64_t *e)
{
	if (!(*e & PTE_P)) {
		void *t = hv_table_alloc();

		if (!t)
			return NULL;
		WRITE_ONCE(*e, pte_make(virt_to_mfn(t), PTE_TABLE));
	}
	return mfn_to_virt(pte_mfn(*e));
}

/*
 * One step of mapping: a page of 4 KB << 9 * (level - 1) if it may be and fits. Returns bytes dealt
 * with, 0 without memory.
 */
static uint64_t map_step(unsigned long va, uint64_t pa, uint64_t left, uint64_t flags,
			 unsigned int max_level)
{
	uint64_t *t = mfn_to_virt(idle_l4);

	for (unsigned int level = 4;; level--) {
		uint64_t *e = &t[pt_index(va, level)];
		uint64_t size = PAGE_SIZE << (9 * (level - 1));

		if (level <= max_level && level <= 3) {
			bool fits = !((va | pa) & (size - 1)) && left >= size;

			if ((*e & PTE_P) && (level == 1 || (*e & PTE_PSE)))
				return size - (va & (size - 1));
			if (fits && !(*e & PTE_P)) {
				WRITE_ONCE(*e, pa | flags | (level > 1 ? PTE_PSE : 0));
				return size;
			}
		} else if (level <= 3 && (*e & PTE_PSE)) {
			return size - (va & (size - 1));
		}
		t = next_table(e);
		if (!t)
			return 0;
	}
}

static bool map_pages(unsigned long va, uint64_t pa, uint64_t size, uint64_t flags,
		      unsigned int max_level)
{
	while (size) {
		uint64_t done = map_step(va, pa, size, flags, max_level);

		if (!done)
			return false;
		done = MIN(done, size);
		va += done;
		pa += done;
		size -= done;
	}
	return true;
}

bool hv_map(unsigned long va, uint64_t pa, uint64_t size, uint64_t flags)
{
	return map_pages(va, pa, size, flags, hv_has_1g_pages ? 3 : 2);
}

bool hv_map_small(unsigned long va, uint64_t pa, uint64_t size, uint64_t flags)
{
	return map_pages(va, pa, size, flags, 1);
}

static uint64_t hv_entry(unsigned long va)
{
	const uint64_t *t = mfn_to_virt(idle_l4);

	for (unsigned int level = 4;; level--) {
		uint64_t e = t[pt_index(va, level)];

		if (!(e & PTE_P) || level == 1 || (level < 4 && (e & PTE_PSE)))
			return e;
		t = mfn_to_virt(pte_mfn(e));
	}
}

bool hv_is_mapped(unsigned long va)
{
	return hv_entry(va) & PTE_P;
}

mfn_t hv_mapped_mfn(unsigned long va)
{
	return pte_mfn(hv_entry(va));
}

/* Address space in the vmap area, followed by at least one page that stays unmapped. */
static unsigned long vmap_reserve(size_t size)
{
	unsigned long va = vmap_next;

	if (va + size + PAGE_SIZE > VMAP_END)
		return 0;
	vmap_next = va + size + PAGE_SIZE;
	return va;
}

/*
 * Tables are allocated with the lock free, as LOCK_HEAP comes before LOCK_VMAP: the reservation
 * is what needs the lock, and callers (boot, and CPU bring-up) are one at a time.
 */
static void *vmap_range(uint64_t pa, size_t size, uint64_t flags)
{
	unsigned long va;

	spin_lock(&vmap_lock);
	va = vmap_reserve(size);
	spin_unlock(&vmap_lock);
	return va && hv_map_small(va, pa, size, flags) ? (void *)va : NULL;
}

void *vmap_io(maddr_t a, size_t size)
{
	uint64_t first = a.a & PAGE_MASK, offset = a.a - first;
	char *p = vmap_range(first, ALIGN_UP(offset + size, PAGE_SIZE), PTE_HV_IO);

	if (!p)
		panic("mm: no room to map device registers at %lx", (unsigned long)a.a);
	mm_own_io(first >> PAGE_SHIFT, (a.a + size - 1) >> PAGE_SHIFT);
	return p + offset;
}

void *map_boot_range(maddr_t a, size_t size)
{
	uint64_t first = a.a & PAGE_MASK, end = ALIGN_UP(a.a + size, PAGE_SIZE);

	if (end > (1UL << 32) || !hv_map(DIRECTMAP_START + first, first, end - first, PTE_HV_RW))
		return NULL;
	return maddr_to_virt(a);
}

void *alloc_guarded_stack(unsigned int size)
{
	unsigned int order = 0;
	unsigned long va;
	void *p;

	while ((PAGE_SIZE << order) < size)
		order++;
	p = alloc_hv_pages(order);
	if (!p)
		return NULL;
	spin_lock(&vmap_lock);
	/* the guard below; the one above is the next reservation's */
	vmap_next += PAGE_SIZE;
	va = vmap_reserve(size);
	spin_unlock(&vmap_lock);
	if (!va || !hv_map_small(va, virt_to_maddr(p).a, size, PTE_HV_RW))
		return NULL;
	return (void *)va;
}

maddr_t image_to_maddr(const void *p)
{
	return maddr((unsigned long)p - IMAGE_START + IMAGE_PHYS);
}

/* ---- large buffers while booting ---- */

#define BOOT_BLOCK (PAGE_SIZE << MAX_ORDER)

static uint64_t *large_entry(unsigned long va)
{
	uint64_t *t = mfn_to_virt(idle_l4);

	for (unsigned int level = 4; level > 2; level--)
		t = mfn_to_virt(pte_mfn(t[pt_index(va, level)]));
	return &t[pt_index(va, 2)];
}

/* Entries go before the frames do, and the TLBs are emptied in between. */
static void unmap_blocks(unsigned long va, unsigned long end)
{
	unsigned long first = va;

	for (; va < end; va += BOOT_BLOCK) {
		uint64_t *e = large_entry(va);
		uint64_t pa = pte_mfn(*e).n << PAGE_SHIFT;

		for (unsigned int i = 0; i < BOOT_BLOCK >> 21; i++)
			e[i] = 0;
		flush_tlb_all();
		free_hv_pages(maddr_to_virt(maddr(pa)), MAX_ORDER);
	}
	vmap_next = first;
}

void *vmap_boot_alloc(size_t size)
{
	unsigned long start = ALIGN_UP(vmap_next, BOOT_BLOCK), end = start + ALIGN_UP(size,
										      BOOT_BLOCK);

	if (size > VMAP_END || end > VMAP_END)
		return NULL;
	vmap_next = end;
	for (unsigned long va = start; va < end; va += BOOT_BLOCK) {
		void *p = alloc_hv_pages(MAX_ORDER);

		if (!p || !hv_map(va, virt_to_maddr(p).a, BOOT_BLOCK, PTE_HV_RW)) {
			unmap_blocks(start, va);
			return NULL;
		}
	}
	return (void *)start;
}

void vmap_boot_free(void *p, size_t size)
{
	unmap_blocks((unsigned long)p, (unsigned long)p + ALIGN_UP(size, BOOT_BLOCK));
}
