/* SPDX-License-Identifier: MIT
 *
 * Memory management comes up: from the boot loader's memory map to the final
 * page tables and a working allocator.
 *
 * Everything made here is taken from the top of the highest free range below 4 GiB, because the
 * boot tables reach no further. What stays reserved: the first megabyte (device memory to us, as
 * firmware and trampolines live there), the image, the boot modules until mm_release_boot_range(),
 * and what is taken here.
 *
 * The image is mapped with the rights its parts need and no others, in both of its mappings: no
 * page is writable through one address and executable through another.
 *
 * Runs once, on the boot CPU; no locks. Next: mm/heap.c.
 */
#include "arch/cpu.h"
#include "boot/boot.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/domain_mm.h"
#include "mm/heap.h"
#include "mm/hv_map.h"
#include "mm/mm_internal.h"

extern char image_start[], image_text_end[], image_rodata_end[], image_init_start[],
	    image_init_text_end[], image_init_end[], image_data_start[], image_end[];
extern uint64_t boot_l4[];

#define MB (1UL << 20)
#define GB (1UL << 30)
#define LARGE (2 * MB)
#define MAX_AVAIL (BOOT_MAX_RAM + 2 * BOOT_MAX_MODULES)

/* Free RAM, bytes, page aligned, sorted. */
static struct { uint64_t start, end; } avail[MAX_AVAIL] __initdata;
static unsigned int nr_avail __initdata;

static void __init avail_insert(unsigned int at, uint64_t start, uint64_t end)
{
	if (start >= end)
		return;
	if (nr_avail == MAX_AVAIL)
		panic("mm: memory map in too many pieces");
	memmove(&avail[at + 1], &avail[at], (nr_avail - at) * sizeof(avail[0]));
	nr_avail++;
	avail[at].start = start;
	avail[at].end = end;
}

static void __init avail_remove_at(unsigned int at)
{
	nr_avail--;
	memmove(&avail[at], &avail[at + 1], (nr_avail - at) * sizeof(avail[0]));
}

static void __init reserve(uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; i < nr_avail;) {
		uint64_t s = avail[i].start, e = avail[i].end;

		if (e <= start || s >= end) {
			i++;
			continue;
		}
		avail_remove_at(i);
		if (e > end)
			avail_insert(i, end, e);
		if (s < start)
			avail_insert(i, s, start);
	}
}

static void __init avail_init(const struct boot_info *bi)
{
	for (unsigned int i = 0; i < bi->nr_ram; i++) {
		uint64_t s = ALIGN_UP(bi->ram[i].start, PAGE_SIZE), e = ALIGN_DOWN(bi->ram[i].end,
										   PAGE_SIZE);

		if (bi->ram[i].type != 1 || s >= e)
			continue;
		if (e > MAX_CHUNKS << (CHUNK_ORDER + PAGE_SHIFT)) {
			printk(LOG_WARN "mm: RAM above 1 TiB is not used\n");
			e = MAX_CHUNKS << (CHUNK_ORDER + PAGE_SHIFT);
		}
		avail_insert(nr_avail, s, e);
		ram_frames += (e - s) >> PAGE_SHIFT;
		max_mfn = MAX(max_mfn, e >> PAGE_SHIFT);
	}
	reserve(0, MB);
	reserve(IMAGE_PHYS, image_to_maddr(image_end).a);
	for (unsigned int i = 0; i < bi->nr_modules; i++)
		reserve(ALIGN_DOWN(bi->module[i].start, PAGE_SIZE),
			ALIGN_UP(bi->module[i].start + bi->module[i].size, PAGE_SIZE));
}

/* Machine address of memory below 4 GiB that nobody else gets. Not cleared. */
static uint64_t __init take(uint64_t size, uint64_t align)
{
	for (unsigned int i = nr_avail; i-- > 0;) {
		uint64_t end = MIN(avail[i].end, 4 * GB), at;

		if (end < avail[i].start + size)
			continue;
		at = ALIGN_DOWN(end - size, align);
		if (at < avail[i].start)
			continue;
		reserve(at, at + size);
		return at;
	}
	panic("mm: no %lu KB of memory for page tables and frame table", (unsigned long)size >> 10);
}

/* Tables come from 64 KB pieces, so that they do not cut memory into slices. */
static uint64_t table_at __initdata, table_end __initdata;

static void *__init early_table(void)
{
	void *t;

	if (table_at == table_end) {
		table_at = take(64 << 10, 64 << 10);
		table_end = table_at + (64 << 10);
	}
	t = maddr_to_virt(maddr(table_at));
	table_at += PAGE_SIZE;
	clear_page(t);
	return t;
}

static void *late_table(void)
{
	void *t = alloc_hv_page();

	if (t)
		clear_page(t);
	return t;
}

static void __init must_map(unsigned long va, uint64_t pa, uint64_t size, uint64_t flags)
{
	if (!hv_map(va, pa, size, flags))
		panic("mm: cannot map %lx", va);
}

/* The image: [from, to) at its own address, and in the direct map without the right to execute. */
static void __init map_image_part(const char *from, const char *to, uint64_t flags)
{
	uint64_t pa = image_to_maddr(from).a, size = (uint64_t)(to - from);

	if (!hv_map_small((unsigned long)from, pa, size, flags) ||
	    !hv_map_small(DIRECTMAP_START + pa, pa, size, flags | PTE_NX))
		panic("mm: cannot map the image");
}

static void __init map_image(void)
{
	map_image_part(image_start, image_text_end, PTE_HV_RX);
	map_image_part(image_text_end, image_rodata_end, PTE_HV_RO);
	map_image_part(image_init_start, image_init_text_end, PTE_HV_RX);
	map_image_part(image_init_text_end, image_end, PTE_HV_RW);
}

static void __init map_direct(const struct boot_info *bi)
{
	/* Below the image's tables this fills what is left with small pages. */
	for (unsigned int i = 0; i < bi->nr_ram; i++) {
		uint64_t s = ALIGN_DOWN(bi->ram[i].start, LARGE), e = ALIGN_UP(bi->ram[i].end,
									       LARGE);
		unsigned int type = bi->ram[i].type;
		bool firmware = type == 3 || type == 4 || bi->ram[i].start < MB;

		if (type == 1 || firmware)
			must_map(DIRECTMAP_START + s, s,
				 MIN(e, DIRECTMAP_END - DIRECTMAP_START) - s, PTE_HV_RW);
	}
}

/* The frame table's and the M2P's pages for each range of RAM. */
static void __init map_frame_tables(const struct boot_info *bi)
{
	for (unsigned int i = 0; i < bi->nr_ram; i++) {
		unsigned long s = ALIGN_DOWN(bi->ram[i].start >> PAGE_SHIFT, CHUNK_FRAMES);
		unsigned long e = ALIGN_UP(MIN(DIV_ROUND_UP(bi->ram[i].end, PAGE_SIZE), max_mfn),
					   CHUNK_FRAMES);
		unsigned long va, end;

		if (bi->ram[i].type != 1 || s >= e)
			continue;
		for (unsigned long c = s >> CHUNK_ORDER; c < e >> CHUNK_ORDER; c++)
			frame_chunk_ram[c / 64] |= 1UL << (c % 64);
		end = ALIGN_UP((unsigned long)&frame_table[e], LARGE);
		for (va = ALIGN_DOWN((unsigned long)&frame_table[s], LARGE); va < end; va += LARGE)
			if (!hv_is_mapped(va))
				must_map(va, take(LARGE, LARGE), LARGE, PTE_HV_RW);
		end = ALIGN_UP(M2P_RW_START + e * 8, LARGE);
		for (va = ALIGN_DOWN(M2P_RW_START + s * 8, LARGE); va < end; va += LARGE) {
			uint64_t pa;

			if (hv_is_mapped(va))
				continue;
			pa = take(LARGE, LARGE);
			memset(maddr_to_virt(maddr(pa)), 0xff, LARGE);
			must_map(va, pa, LARGE, PTE_HV_RW);
			/*
			 * Guests read it, in kernel mode and (unless they ask otherwise) in user
			 * mode.
			 */
			must_map(va - M2P_RW_START + M2P_RO_START, pa, LARGE,
				 PTE_P | PTE_US | PTE_A | PTE_NX);
		}
	}
}

static bool __init is_ram(const struct boot_info *bi, unsigned long m)
{
	uint64_t a = (uint64_t)m << PAGE_SHIFT;

	if (a < MB)
		return false;
	for (unsigned int i = 0; i < bi->nr_ram; i++)
		if (bi->ram[i].type == 1 && a >= bi->ram[i].start &&
		    a + PAGE_SIZE <= bi->ram[i].end)
			return true;
	return false;
}

/* A chunk of which only a part is free: its structures at once, each frame as what it is. */
static void __init mixed_chunk(const struct boot_info *bi, unsigned long c)
{
	unsigned long first = c << CHUNK_ORDER, m = first;

	frame_chunk_init(c);
	for (; m < first + CHUNK_FRAMES; m++)
		mfn_to_frame(mfn(m))->count = is_ram(bi, m) ? FC_XEN : FC_IO;
	for (unsigned int i = 0; i < nr_avail; i++) {
		unsigned long s = MAX(avail[i].start >> PAGE_SHIFT, first);
		unsigned long e = MIN(avail[i].end >> PAGE_SHIFT, first + CHUNK_FRAMES);

		if (s < e)
			heap_add_frames(s, e);
	}
}

static void __init fill_heap(const struct boot_info *bi)
{
	unsigned long last = DIV_ROUND_UP(max_mfn, CHUNK_FRAMES);

	for (unsigned int i = 0; i < nr_avail; i++) {
		unsigned long s = ALIGN_UP(avail[i].start >> PAGE_SHIFT, CHUNK_FRAMES);
		unsigned long e = ALIGN_DOWN(avail[i].end >> PAGE_SHIFT, CHUNK_FRAMES);

		if (s >= e)
			continue;
		/* A raw range is in one zone. */
		if (s < 4 * GB >> PAGE_SHIFT && e > 4 * GB >> PAGE_SHIFT) {
			heap_add_raw(s, 4 * GB >> PAGE_SHIFT);
			s = 4 * GB >> PAGE_SHIFT;
		}
		heap_add_raw(s, e);
		for (unsigned long c = s >> CHUNK_ORDER; c < e >> CHUNK_ORDER; c++)
			/* for the loop below; cleared after it */
			frame_chunk_live[c] = true;
	}
	for (unsigned long c = 0; c < last; c++) {
		if (!((frame_chunk_ram[c / 64] >> (c % 64)) & 1))
			continue;
		if (frame_chunk_live[c])
			frame_chunk_live[c] = false;
		else
			mixed_chunk(bi, c);
	}
}

static void __init read_cpu(void)
{
	uint32_t a = 0x80000001, b, c = 0, d;

	__asm__ ("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	hv_has_1g_pages = d & (1U << 26);
	a = 0x80000008;
	c = 0;
	__asm__ ("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	paddr_bits = MIN(a & 0xff, 52U);
}

/*
 * TOUR 1.4: from here on the hypervisor runs on page tables of its own, and every frame has a
 * keeper.
 */
void __init mm_early_init(const struct boot_info *bi)
{
	uint64_t *l4;

	read_cpu();
	heap_init();
	avail_init(bi);
	hv_table_alloc = early_table;
	l4 = early_table();
	idle_l4 = virt_to_mfn(l4);
	map_image();
	map_frame_tables(bi);
	map_direct(bi);
	/* Give the other CPUs' first steps, on the boot tables, the final mappings too. */
	for (unsigned int i = HV_FIRST_SLOT; i <= HV_LAST_SLOT; i++)
		boot_l4[i] = l4[i];
	this_cpu()->cr3 = mfn_to_maddr(idle_l4).a;
	__asm__ volatile("mov %0, %%cr3" : : "r"(this_cpu()->cr3) : "memory");
	fill_heap(bi);
	hv_table_alloc = late_table;
}

void mm_release_boot_range(uint64_t start, uint64_t end)
{
	unsigned long s = DIV_ROUND_UP(start, PAGE_SIZE), e = end >> PAGE_SHIFT;

	/* A UEFI loader may put a module below 1 MB, which the allocator never gets. */
	for (unsigned long m = MAX(s, MB >> PAGE_SHIFT); m < e; m++) {
		struct frame *f = mfn_to_frame(mfn(m));

		BUG_ON(!mfn_valid(mfn(m)) || f->count != FC_XEN);
		f->count = 0;
		heap_add_frames(m, m + 1);
	}
}
