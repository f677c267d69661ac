/* SPDX-License-Identifier: MIT */
/*
 * The layout of a new PV domain: nothing overlaps, the initial mapping is linear, ends on 4 MiB and maps no
 * page table writable; the two notes move ramdisk and frame list behind it; small domains are refused.
 *
 * LINK: dom0-tools/lib/layout.c dom0-tools/lib/err.c
 */
#include "tap.h"
#include "dom0-tools/lib/layout.h"

#define BASE 0xffffffff80000000ULL
#define MFN_OF(pfn) ((pfn) * 3 + 7)	/* so that no PFN passes for an MFN */

static struct elf_kernel k;
static struct layout l;
static uint64_t *p2m, *tables;

static void kernel(uint64_t start_mb, uint64_t size_kb)
{
	memset(&k, 0, sizeof(k));
	k.virt_base = BASE;
	k.virt_start = BASE + (start_mb << 20);
	k.virt_end = k.virt_start + (size_kb << 10);
}

static uint64_t *table(void *ctx, uint64_t pfn)
{
	uint64_t i = pfn - l.tables.pfn;

	if (i >= l.tables.pages)
		i = pfn - l.p2m_tables.pfn + l.tables.pages;
	return tables + i * 512;
}

static void build(void)
{
	uint64_t i;

	p2m = malloc(l.nr_pages * 8);
	for (i = 0; i < l.nr_pages; i++)
		p2m[i] = MFN_OF(i);
	tables = malloc((l.tables.pages + l.p2m_tables.pages) * 4096);
	layout_write_tables(&l, p2m, table, NULL);
}

static void done(void)
{
	free(p2m);
	free(tables);
}

/* The leaf entry for @va, with MFNs turned back; 0 when there is none. */
static uint64_t lookup(uint64_t va)
{
	uint64_t pfn = l.tables.pfn, e = 0;
	int level;

	for (level = 4; level > 0; level--) {
		e = table(NULL, pfn)[va >> (12 + 9 * (level - 1)) & 511];
		if (!(e & 1))
			return 0;
		pfn = ((e >> 12) - 7) / 3;
	}
	return pfn << 12 | (e & 0xfff);
}

static void check_mapping(void)
{
	uint64_t pfn;

	for (pfn = 0; pfn < l.mapped_end; pfn++) {
		uint64_t e = lookup(layout_va(&l, pfn));
		int is_table = pfn - l.tables.pfn < l.tables.pages ||
			(l.p2m_tables.pages && pfn - l.p2m_tables.pfn < l.p2m_tables.pages);

		if (e >> 12 != pfn || !!(e & 2) == is_table) {
			printf("# PFN %#" PRIx64 ": entry %#" PRIx64 "\n", pfn, e);
			EXPECT_TRUE(0);
			return;
		}
	}
	EXPECT_EQ(lookup(layout_va(&l, l.mapped_end)), 0);
}

TEST(a_small_domain)
{
	struct err e = ERR_INIT;

	kernel(1, 300);
	REQUIRE_EQ(layout_compute(&l, &k, 5000, 1024, &e), 0);
	EXPECT_EQ(l.kernel.pfn, 256);
	EXPECT_EQ(l.kernel.pages, 75);
	EXPECT_EQ(l.ramdisk.pfn, 331);
	EXPECT_EQ(l.ramdisk.pages, 2);
	EXPECT_EQ(l.p2m.pfn, 333);
	EXPECT_EQ(l.p2m.pages, 2);
	EXPECT_EQ(l.start_info, 335);
	EXPECT_EQ(l.store, 336);
	EXPECT_EQ(l.console, 337);
	EXPECT_EQ(l.tables.pfn, 338);
	EXPECT_EQ(l.stack, l.tables.pfn + l.tables.pages);
	EXPECT_EQ(l.used_end, l.stack + 1);
	EXPECT_EQ(l.mapped_end, 1024);
	build();
	check_mapping();
	done();
}

TEST(the_mapping_ends_on_4_mib_with_padding)
{
	uint64_t kb;

	for (kb = 4; kb < 9000; kb += 52) {
		struct err e = ERR_INIT;

		kernel(1, kb);
		REQUIRE_EQ(layout_compute(&l, &k, 0, 16384, &e), 0);
		EXPECT_EQ(l.mapped_end % 1024, 0);
		EXPECT_GE(l.mapped_end, l.stack + 1 + 128);
	}
	build();
	check_mapping();
	done();
}

/* As Debian's Linux asks for it. */
TEST(ramdisk_and_frame_list_outside)
{
	struct err e = ERR_INIT;
	uint64_t i;

	kernel(16, 60 << 10);
	k.init_p2m = 0x8000000000ULL;
	k.mod_start_pfn = 1;
	REQUIRE_EQ(layout_compute(&l, &k, 1 << 20, 49152, &e), 0);
	EXPECT_EQ(l.ramdisk_by_pfn, 1);
	EXPECT_EQ(l.start_info, l.kernel.pfn + l.kernel.pages);
	EXPECT_EQ(l.ramdisk.pfn, l.stack + 1);
	EXPECT_EQ(l.p2m.pfn, l.ramdisk.pfn + 256);
	EXPECT_EQ(l.p2m.pages, 96);
	EXPECT_EQ(l.p2m_tables.pfn, l.p2m.pfn + 96);
	EXPECT_EQ(l.p2m_tables.pages, 3);
	EXPECT_EQ(l.used_end, l.p2m_tables.pfn + 3);
	build();
	check_mapping();
	for (i = 0; i < l.p2m.pages; i++)
		EXPECT_EQ(lookup(l.init_p2m + i * 4096) >> 12, l.p2m.pfn + i);
	EXPECT_EQ(lookup(l.init_p2m + l.p2m.pages * 4096), 0);
	done();
}

TEST(a_frame_list_of_many_tables)
{
	struct err e = ERR_INIT;
	uint64_t i;

	kernel(1, 100);
	k.init_p2m = 0x8000000000ULL;
	REQUIRE_EQ(layout_compute(&l, &k, 0, 1 << 20, &e), 0);
	EXPECT_EQ(l.p2m.pages, 2048);
	EXPECT_EQ(l.p2m_tables.pages, 4 + 1 + 1);
	build();
	for (i = 0; i < l.p2m.pages; i += 100)
		EXPECT_EQ(lookup(l.init_p2m + i * 4096) >> 12, l.p2m.pfn + i);
	done();
}

TEST(a_kernel_at_address_zero)
{
	struct err e = ERR_INIT;

	memset(&k, 0, sizeof(k));
	k.virt_end = 0x613dc8;
	REQUIRE_EQ(layout_compute(&l, &k, 0, 16384, &e), 0);
	EXPECT_EQ(l.kernel.pfn, 0);
	EXPECT_EQ(l.kernel.pages, 0x614);
	build();
	check_mapping();
	done();
}

TEST(too_little_memory_is_refused)
{
	struct err e = ERR_INIT;

	kernel(1, 300);
	EXPECT_EQ(layout_compute(&l, &k, 8 << 20, 1024, &e), -1);
	EXPECT_STR(e.text, "kernel, ramdisk and page tables need 10 MB, the domain would have 4.0");
}

TAP_MAIN
