/* SPDX-License-Identifier: MIT */
/*
 * Page frames: a buddy allocator.
 *
 * Free blocks of 2^order pages hang on one list an order; the links live in the free pages themselves,
 * which are always mapped. Two neighbours that are both free and of one order merge.
 *
 * Locks: page_lock for everything. Next: kmalloc.c.
 */
#include "page.h"
#include "list.h"
#include "lib.h"
#include "lock.h"

#define MAX_ORDER 10

struct page *pages;
u64 page_count;

static struct spinlock page_lock = SPINLOCK_INIT(LOCK_PAGE);
static struct list free_lists[MAX_ORDER + 1];
static u64 nr_free, nr_total;

void page_init(pa_t *start, u64 frames)
{
	size_t size = page_up(frames * sizeof(struct page));

	for (int i = 0; i <= MAX_ORDER; i++)
		list_init(&free_lists[i]);
	pages = va(*start);
	memset(pages, 0, size);
	page_count = frames;
	*start += size;
}

static void free_block(u64 pfn, unsigned order)
{
	nr_free += 1ul << order;
	for (; order < MAX_ORDER; order++) {
		u64 buddy = pfn ^ (1ul << order);

		if (buddy >= page_count || !pages[buddy].free || pages[buddy].order != order)
			break;
		list_del(va(buddy << PAGE_SHIFT));
		pages[buddy].free = 0;
		pfn &= ~(1ul << order);
	}
	pages[pfn].free = 1;
	pages[pfn].order = order;
	list_add(va(pfn << PAGE_SHIFT), &free_lists[order]);
}

void page_add_range(pa_t start, pa_t end)
{
	u64 pfn = page_up(start) >> PAGE_SHIFT, last = end >> PAGE_SHIFT;

	spin_lock(&page_lock);
	while (pfn < last) {
		unsigned order = 0;

		while (order < MAX_ORDER && !(pfn & (1ul << order)) && pfn + (2ul << order) <= last)
			order++;
		free_block(pfn, order);
		nr_total += 1ul << order;
		pfn += 1ul << order;
	}
	spin_unlock(&page_lock);
}

pa_t page_alloc(unsigned order)
{
	unsigned o;
	u64 pfn = 0;

	spin_lock(&page_lock);
	for (o = order; o <= MAX_ORDER && list_empty(&free_lists[o]); o++)
		;
	if (o <= MAX_ORDER) {
		struct list *block = free_lists[o].next;

		pfn = pa(block) >> PAGE_SHIFT;
		list_del(block);
		pages[pfn].free = 0;
		while (o > order) {	/* give back the upper half */
			o--;
			pages[pfn + (1ul << o)].free = 1;
			pages[pfn + (1ul << o)].order = o;
			list_add(va((pfn + (1ul << o)) << PAGE_SHIFT), &free_lists[o]);
		}
		pages[pfn].order = order;
		pages[pfn].refs = 1;
		pages[pfn].object_size = 0;
		nr_free -= 1ul << order;
	}
	spin_unlock(&page_lock);
	return pfn << PAGE_SHIFT;
}

pa_t page_alloc_zero(void)
{
	pa_t pa = page_alloc(0);

	if (pa)
		memset(va(pa), 0, PAGE_SIZE);
	return pa;
}

void page_get(pa_t pa)
{
	atomic_inc(&page_of(pa)->refs);
}

void page_put(pa_t pa)
{
	struct page *pg = page_of(pa);

	ASSERT(pg->refs > 0);
	if (atomic_dec(&pg->refs) == 0) {
		spin_lock(&page_lock);
		free_block(pa >> PAGE_SHIFT, pg->order);
		spin_unlock(&page_lock);
	}
}

void page_free(pa_t pa, unsigned order)
{
	ASSERT(page_of(pa)->order == order);
	page_put(pa);
}

u64 page_free_count(void)
{
	return nr_free;
}

u64 page_total_count(void)
{
	return nr_total;
}
