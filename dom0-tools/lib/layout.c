/* SPDX-License-Identifier: MIT */
/* Where everything lies in a new PV domain: see layout.h. */
#include <stdlib.h>
#include <string.h>

#include "layout.h"

#define PAGE 4096ULL
#define TABLE_SHIFT(level) (12 + 9 * ((level) - 1))
#define PADDING (512ULL << 10)
#define MAP_ALIGN (4ULL << 20)

/* Entry flags: present, writable, user, accessed, dirty. */
#define PTE_P 0x01ULL
#define PTE_RW 0x02ULL
#define PTE_US 0x04ULL
#define PTE_A 0x20ULL
#define PTE_D 0x40ULL
#define LEAF (PTE_P | PTE_RW | PTE_A)
#define NODE (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + PAGE - 1) / PAGE;
}

/* Tables of @level that a mapping of [start, end) touches. */
static uint64_t count_tables(uint64_t start, uint64_t end, int level)
{
	unsigned int shift = (unsigned int)TABLE_SHIFT(level) + 9;

	return ((end - 1) >> shift) - (start >> shift) + 1;
}

/* Level 1 to 3 tables for a mapping of [start, end). */
static uint64_t count_lower(uint64_t start, uint64_t end)
{
	return count_tables(start, end, 1) + count_tables(start, end, 2) + count_tables(start, end, 3);
}

static void take(struct layout_range *r, uint64_t *next, uint64_t pages)
{
	r->pfn = *next;
	r->pages = pages;
	*next += pages;
}

/* The tables' own number decides where the mapping ends, and that their number. */
static void place_tables(struct layout *l, uint64_t *next)
{
	uint64_t n = 4, need, end;

	for (;;) {
		end = layout_va(l, *next + n + 1) + PADDING;
		end = (end + MAP_ALIGN - 1) & ~(MAP_ALIGN - 1);
		need = 1 + count_lower(l->virt_base, end);
		if (need <= n)
			break;
		n = need;
	}
	take(&l->tables, next, n);
	l->stack = (*next)++;
	l->mapped_end = (end - l->virt_base) / PAGE;
	/* A small domain has no frames for all of the padding. */
	if (l->mapped_end > l->nr_pages)
		l->mapped_end = l->nr_pages;
}

uint64_t layout_va(const struct layout *l, uint64_t pfn)
{
	return l->virt_base + pfn * PAGE;
}

int layout_compute(struct layout *l, const struct elf_kernel *k, uint64_t ramdisk_size,
		   uint64_t nr_pages, struct err *e)
{
	uint64_t p2m_pages = pages_of(nr_pages * 8), next;

	memset(l, 0, sizeof(*l));
	l->virt_base = k->virt_base;
	l->init_p2m = k->init_p2m;
	l->nr_pages = nr_pages;
	l->ramdisk_by_pfn = k->mod_start_pfn && ramdisk_size;
	next = (k->virt_start - k->virt_base) / PAGE;
	take(&l->kernel, &next, pages_of(k->virt_end - k->virt_base) - next);
	if (!l->ramdisk_by_pfn)
		take(&l->ramdisk, &next, pages_of(ramdisk_size));
	if (!l->init_p2m)
		take(&l->p2m, &next, p2m_pages);
	l->start_info = next++;
	l->store = next++;
	l->console = next++;
	place_tables(l, &next);
	if (l->ramdisk_by_pfn)
		take(&l->ramdisk, &next, pages_of(ramdisk_size));
	if (l->init_p2m) {
		take(&l->p2m, &next, p2m_pages);
		take(&l->p2m_tables, &next,
		     count_lower(l->init_p2m, l->init_p2m + p2m_pages * PAGE));
	}
	l->used_end = next;
	if (next > nr_pages)
		return err_set(e, "kernel, ramdisk and page tables need %llu MB, the domain would have "
			       "%llu.%llu", (unsigned long long)(next + 255) / 256,
			       (unsigned long long)nr_pages / 256,
			       (unsigned long long)nr_pages % 256 * 10 / 256);
	return 0;
}

/* Page tables under construction; entries hold PFNs until they are written out. */
struct tables {
	const struct layout *l;
	uint64_t *mem;			/* tables.pages + p2m_tables.pages pages */
	uint64_t next, end;		/* the pool that new tables come from, as indexes */
};

static uint64_t table_pfn(const struct tables *t, uint64_t i)
{
	return i < t->l->tables.pages ? t->l->tables.pfn + i :
		t->l->p2m_tables.pfn + i - t->l->tables.pages;
}

static uint64_t *table_at(const struct tables *t, uint64_t i)
{
	return t->mem + i * 512;
}

static uint64_t table_index(const struct tables *t, uint64_t pfn)
{
	return pfn - t->l->tables.pfn < t->l->tables.pages ? pfn - t->l->tables.pfn :
		pfn - t->l->p2m_tables.pfn + t->l->tables.pages;
}

/* The level 1 table for @va, with what is missing above it. */
static uint64_t *walk(struct tables *t, uint64_t va)
{
	uint64_t *tab = table_at(t, 0);
	int level;

	for (level = 4; level > 1; level--) {
		uint64_t *e = &tab[va >> TABLE_SHIFT(level) & 511];

		if (!*e) {
			if (t->next == t->end)
				abort();	/* count_lower() was wrong */
			*e = table_pfn(t, t->next++) << 12 | NODE;
		}
		tab = table_at(t, table_index(t, *e >> 12));
	}
	return tab;
}

static void map(struct tables *t, uint64_t va, uint64_t pfn, uint64_t pages)
{
	uint64_t *l1 = NULL, i;

	for (i = 0; i < pages; i++, va += PAGE, pfn++) {
		unsigned int slot = va >> 12 & 511;
		uint64_t flags = LEAF;

		if (!l1 || !slot)
			l1 = walk(t, va);
		/* No table may be mapped writable, or it cannot become one. */
		if (pfn - t->l->tables.pfn < t->l->tables.pages)
			flags &= ~PTE_RW;
		if (t->l->p2m_tables.pages && pfn - t->l->p2m_tables.pfn < t->l->p2m_tables.pages)
			flags &= ~PTE_RW;
		l1[slot] = pfn << 12 | flags;
	}
}

void layout_write_tables(const struct layout *l, const uint64_t *p2m,
			 uint64_t *(*table)(void *ctx, uint64_t pfn), void *ctx)
{
	uint64_t n = l->tables.pages + l->p2m_tables.pages, i, j;
	struct tables t = { .l = l, .next = 1, .end = l->tables.pages };

	t.mem = calloc(n, PAGE);
	if (!t.mem)
		abort();
	map(&t, l->virt_base, 0, l->mapped_end);
	if (l->init_p2m) {
		t.next = l->tables.pages;
		t.end = n;
		map(&t, l->init_p2m, l->p2m.pfn, l->p2m.pages);
	}
	for (i = 0; i < n; i++) {
		const uint64_t *src = table_at(&t, i);
		uint64_t *dst = table(ctx, table_pfn(&t, i));

		for (j = 0; j < 512; j++)
			dst[j] = src[j] ? p2m[src[j] >> 12] << 12 | (src[j] & 0xfff) : 0;
	}
	free(t.mem);
}
