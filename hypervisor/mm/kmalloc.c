/* SPDX-License-Identifier: MIT
 *
 * Small objects out of pages of equal-sized ones. A page's frame structure
 * holds its free list, so objects have no header, and kfree() finds the size there.
 * Larger requests are whole pages of a power of two.
 *
 * Invariants: a page with at least one free object is on the list partial[class], and no other; a
 * page whose last object is freed goes back at once.
 *
 * Locks: LOCK_KMALLOC. It is inside LOCK_HEAP's level, so pages are taken and given with it free.
 */
#include "lib/panic.h"
#include "lib/spinlock.h"
#include "lib/string.h"
#include "mm/frame.h"

#define CLASS_LARGE 0xffff
#define MAX_SMALL 2048

static const uint16_t class_size[] = { 16, 32, 64, 128, 192, 256, 320, 448, 576, 768, 1024, 1344,
	MAX_SMALL };

#define NR_CLASSES ARRAY_SIZE(class_size)

static DEFINE_SPINLOCK(kmalloc_lock, LOCK_KMALLOC);

struct free_object {
	struct free_object *next;
};

/*
 * Pages with room, by class: the frame's tlb_stamp (unused for our own memory) holds the next page.
 */
static struct frame *partial[NR_CLASSES];

static struct frame *partial_next(const struct frame *f)
{
	return (struct frame *)f->tlb_stamp;
}

static void partial_remove(struct frame *f)
{
	struct frame **p = &partial[f->slab_class];

	while (*p != f)
		p = (struct frame **)(void *)&(*p)->tlb_stamp;
	*p = partial_next(f);
	f->tlb_stamp = 0;
}

static unsigned int class_for(size_t n)
{
	unsigned int c = 0;

	while (class_size[c] < n)
		c++;
	return c;
}

static struct frame *slab_page(unsigned int c)
{
	char *page = alloc_hv_page();
	struct free_object *head = NULL;
	struct frame *f;

	if (!page)
		return NULL;
	for (unsigned int off = 0; off + class_size[c] <= PAGE_SIZE; off += class_size[c]) {
		struct free_object *o = (struct free_object *)(void *)(page + off);

		o->next = head;
		head = o;
	}
	f = virt_to_frame(page);
	f->slab_free = head;
	f->slab_class = (uint16_t)c;
	f->slab_used = 0;
	return f;
}

static void *large_alloc(size_t n)
{
	unsigned int order = 0;
	struct frame *f;
	void *p;

	while ((PAGE_SIZE << order) < n)
		order++;
	p = alloc_hv_pages(order);
	if (p) {
		f = virt_to_frame(p);
		f->slab_class = CLASS_LARGE;
		f->order = (uint8_t)order;
	}
	return p;
}

void *kmalloc(size_t n)
{
	struct free_object *o;
	struct frame *f;
	unsigned int c;

	if (n > MAX_SMALL)
		return n > (PAGE_SIZE << MAX_ORDER) ? NULL : large_alloc(n);
	c = class_for(n);
	spin_lock(&kmalloc_lock);
	if (!partial[c]) {
		spin_unlock(&kmalloc_lock);
		f = slab_page(c);
		if (!f)
			return NULL;
		spin_lock(&kmalloc_lock);
		f->tlb_stamp = (uint64_t)partial[c];
		partial[c] = f;
	}
	f = partial[c];
	o = f->slab_free;
	f->slab_free = o->next;
	f->slab_used++;
	if (!f->slab_free)
		partial_remove(f);
	spin_unlock(&kmalloc_lock);
	return o;
}

void *kzalloc(size_t n)
{
	void *p = kmalloc(n);

	if (p)
		memset(p, 0, n);
	return p;
}

void kfree(void *p)
{
	struct free_object *o = p;
	bool empty;
	struct frame *f;

	if (!p)
		return;
	f = virt_to_frame(p);
	if (f->slab_class == CLASS_LARGE) {
		free_hv_pages(p, f->order);
		return;
	}
	spin_lock(&kmalloc_lock);
	BUG_ON(f->slab_class >= NR_CLASSES || !f->slab_used);
	if (!f->slab_free) {
		f->tlb_stamp = (uint64_t)partial[f->slab_class];
		partial[f->slab_class] = f;
	}
	o->next = f->slab_free;
	f->slab_free = o;
	empty = --f->slab_used == 0;
	if (empty)
		partial_remove(f);
	spin_unlock(&kmalloc_lock);
	if (empty)
		free_hv_page(frame_to_virt(f));
}

/* Exactly as many pages as needed: the rest of the power of two is given back at once. */
void *kzalloc_pages(size_t n)
{
	size_t pages = DIV_ROUND_UP(n, PAGE_SIZE);
	unsigned int order = 0;
	char *p;

	while ((1UL << order) < pages)
		order++;
	p = alloc_hv_pages(order);
	if (!p)
		return NULL;
	for (size_t i = pages; i < 1UL << order; i++)
		free_hv_page(p + i * PAGE_SIZE);
	memset(p, 0, pages * PAGE_SIZE);
	return p;
}

void kfree_pages(void *p, size_t n)
{
	if (!p)
		return;
	for (size_t i = 0; i < DIV_ROUND_UP(n, PAGE_SIZE); i++)
		free_hv_page((char *)p + i * PAGE_SIZE);
}
