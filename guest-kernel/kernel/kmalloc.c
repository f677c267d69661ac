/* SPDX-License-Identifier: MIT */
/*
 * Small objects: one free list for each power of two from 32 to 2048 bytes; a page is cut up when a
 * list is empty, and its struct page remembers the size. Larger requests are whole pages.
 * Page frame 0 is never handed out, so no object is ever at NULL's physical address.
 *
 * Locks: kmalloc_lock for the free lists.
 */
#include "lib.h"
#include "lock.h"
#include "page.h"

#define MIN_SHIFT 5
#define MAX_SHIFT 11
#define POISONED 256ul          /* bytes of a freed object, at most */

struct object {
	struct object *next;
};

static struct spinlock kmalloc_lock = SPINLOCK_INIT(LOCK_KMALLOC);
static struct object *free_objects[MAX_SHIFT + 1];

void *kmalloc(size_t size)
{
	unsigned shift = MIN_SHIFT;
	struct object *o;

	if (size > (1ul << MAX_SHIFT)) {
		unsigned order = 0;
		pa_t pa;

		while ((PAGE_SIZE << order) < size)
			order++;
		if (order > 10)
			return NULL;
		pa = page_alloc(order);
		return pa ? va(pa) : NULL;
	}
	while ((1ul << shift) < size)
		shift++;
	spin_lock(&kmalloc_lock);
	o = free_objects[shift];
	if (!o) {
		pa_t pa = page_alloc(0);

		if (pa) {
			page_of(pa)->object_size = 1u << shift;
			for (u64 off = 0; off < PAGE_SIZE; off += 1ul << shift) {
				struct object *n = va(pa + off);

				n->next = o;
				o = n;
			}
		}
	}
	if (o)
		free_objects[shift] = o->next;
	spin_unlock(&kmalloc_lock);
	return o;
}

void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void kfree(void *p)
{
	struct object *o = p;
	struct page *pg;
	unsigned shift = MIN_SHIFT;

	if (!p)
		return;
	pg = page_of(pa(p));
	if (!pg->object_size) {
		page_put(pa(p));
		return;
	}
	while ((1u << shift) < pg->object_size)
		shift++;
	/* Whoever still uses it finds nothing that looks right. */
	memset(o + 1, 0x5a, min(pg->object_size - sizeof(*o), POISONED));
	spin_lock(&kmalloc_lock);
	o->next = free_objects[shift];
	free_objects[shift] = o;
	spin_unlock(&kmalloc_lock);
}

char *kstrdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = kmalloc(n);

	return p ? memcpy(p, s, n) : NULL;
}
