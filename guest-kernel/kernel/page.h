/* SPDX-License-Identifier: MIT */
/* Memory of the kernel: pages in powers of two, and small objects. */
#ifndef GUEST_KERNEL_KERNEL_PAGE_H
#define GUEST_KERNEL_KERNEL_PAGE_H

#include "types.h"

/* One per page frame. `refs` counts the users of an allocated page: mappings and files. */
struct page {
	int refs;
	u8 order;	/* of the free or allocated block that starts here */
	u8 free;
	u16 object_size; /* kmalloc: size of the objects in this page, 0 if none */
};

extern struct page *pages;
extern u64 page_count;	/* frames, holes included */

static inline struct page *page_of(pa_t pa)
{
	return &pages[pa >> PAGE_SHIFT];
}

#define page_pa(pg) ((pa_t)((pg) - pages) << PAGE_SHIFT)
#define page_va(pg) va(page_pa(pg))

/* Sets up the frame table in [*start...) and moves *start behind it. */
void page_init(pa_t *start, u64 frames);
/* Gives a range of frames to the allocator. */
void page_add_range(pa_t start, pa_t end);

/* 2^order contiguous pages, not cleared, with one reference; 0 when there is no memory. */
pa_t page_alloc(unsigned order);
pa_t page_alloc_zero(void);
void page_get(pa_t pa);
/* Drops a reference; the last frees the block. */
void page_put(pa_t pa);
void page_free(pa_t pa, unsigned order);
u64 page_free_count(void);
u64 page_total_count(void);

/* Any size up to 4 MB. Not cleared / cleared. NULL when there is no memory. */
void *kmalloc(size_t size);
void *kzalloc(size_t size);
void kfree(void *p);
char *kstrdup(const char *s);

#endif
