/* SPDX-License-Identifier: MIT */
/*
 * PV kernels' ELF files: notes are found in segments, in sections and in the old __xen_guest section,
 * defaults are Xen's, and a file cut or changed anywhere is refused or described within bounds.
 *
 * LINK: dom0-tools/lib/elf.c dom0-tools/lib/err.c
 */
#include "tap.h"
#include "dom0-tools/lib/elf.h"

#define BASE 0xffffffff80000000ULL
#define TEXT_OFFSET 0x1000
#define NOTES 0x200

static uint8_t file[0x3000];
static size_t notes_len;

static void put16(size_t at, uint16_t v) { memcpy(file + at, &v, 2); }
static void put32(size_t at, uint32_t v) { memcpy(file + at, &v, 4); }
static void put64(size_t at, uint64_t v) { memcpy(file + at, &v, 8); }

static void add_note(uint32_t type, const void *desc, uint32_t len)
{
	size_t at = NOTES + notes_len;

	put32(at, 4);
	put32(at + 4, len);
	put32(at + 8, type);
	memcpy(file + at + 12, "Xen", 4);
	memcpy(file + at + 16, desc, len);
	notes_len += 16 + ((len + 3) & ~3u);
}

static void add_number(uint32_t type, uint64_t v)
{
	add_note(type, &v, 8);
}

static void add_phdr(unsigned int i, uint32_t type, uint64_t off, uint64_t va, uint64_t pa, uint64_t filesz,
		     uint64_t memsz)
{
	size_t at = 64 + i * 56;

	put32(at, type);
	put64(at + 8, off);
	put64(at + 16, va);
	put64(at + 24, pa);
	put64(at + 32, filesz);
	put64(at + 40, memsz);
}

/* A kernel of two pages of text and one of bss at 1 MiB. */
static void make(void)
{
	memset(file, 0, sizeof(file));
	notes_len = 0;
	memcpy(file, "\177ELF\2\1\1", 7);
	put16(16, 2);
	put16(18, 62);
	put32(20, 1);
	put64(24, BASE + 0x100000);
	put64(32, 64);
	put16(52, 64);
	put16(54, 56);
	put16(56, 2);
	add_phdr(0, 1, TEXT_OFFSET, BASE + 0x100000, 0x100000, 0x2000, 0x3000);
	add_note(6, "test", 5);
	add_note(8, "generic", 8);
	add_number(3, BASE);
	add_phdr(1, 4, NOTES, 0, 0, notes_len, notes_len);
}

static void refresh_notes(void)
{
	add_phdr(1, 4, NOTES, 0, 0, notes_len, notes_len);
}

static struct elf_kernel k;
static struct err e;

static int parse(void)
{
	memset(&e, 0, sizeof(e));
	return elf_parse(&k, file, sizeof(file), &e);
}

TEST(a_plain_kernel)
{
	make();
	REQUIRE_EQ(parse(), 0);
	EXPECT_EQ(k.virt_base, BASE);
	EXPECT_EQ(k.virt_start, BASE + 0x100000);
	EXPECT_EQ(k.virt_end, BASE + 0x103000);
	EXPECT_EQ(k.virt_entry, BASE + 0x100000);
	EXPECT_EQ(k.hypercall_page, 0);
	EXPECT_EQ(k.init_p2m, 0);
	EXPECT_EQ(k.mod_start_pfn, 0);
	EXPECT_EQ(k.nr_segs, 1);
	EXPECT_EQ(k.seg[0].pfn_offset, 0x100000);
	EXPECT_STR(k.guest_os, "test");
}

TEST(notes_that_move_things)
{
	make();
	add_number(1, BASE + 0x100040);
	add_number(2, BASE + 0x101000);
	add_number(15, 0x8000000000ULL);
	uint32_t one = 1;
	add_note(16, &one, 4);
	refresh_notes();
	REQUIRE_EQ(parse(), 0);
	EXPECT_EQ(k.virt_entry, BASE + 0x100040);
	EXPECT_EQ(k.hypercall_page, BASE + 0x101000);
	EXPECT_EQ(k.init_p2m, 0x8000000000ULL);
	EXPECT_EQ(k.mod_start_pfn, 1);
}

TEST(physical_addresses_load_not_virtual_ones)
{
	make();
	add_phdr(0, 1, TEXT_OFFSET, 0, 0x100000, 0x2000, 0x3000);
	REQUIRE_EQ(parse(), 0);
	EXPECT_EQ(k.virt_start, BASE + 0x100000);
}

TEST(paddr_offset_is_taken_off)
{
	make();
	add_phdr(0, 1, TEXT_OFFSET, BASE + 0x100000, BASE + 0x100000, 0x2000, 0x3000);
	add_number(4, BASE);
	refresh_notes();
	REQUIRE_EQ(parse(), 0);
	EXPECT_EQ(k.seg[0].pfn_offset, 0x100000);
}

TEST(notes_in_a_section)
{
	make();
	put32(64 + 56, 0);		/* no PT_NOTE */
	put64(40, 0x400);
	put16(58, 64);
	put16(60, 2);
	put32(0x400 + 64 + 4, 7);
	put64(0x400 + 64 + 24, NOTES);
	put64(0x400 + 64 + 32, notes_len);
	REQUIRE_EQ(parse(), 0);
	EXPECT_STR(k.guest_os, "test");
}

TEST(the_old_section_without_notes)
{
	static const char text[] = "GUEST_OS=old,LOADER=generic,VIRT_BASE=0xffffffff80000000,"
		"ELF_PADDR_OFFSET=0x0,HYPERCALL_PAGE=0x101";

	make();
	put16(56, 1);
	put64(40, 0x400);
	put16(58, 64);
	put16(60, 3);
	put16(62, 1);
	put64(0x400 + 64 + 24, 0x600);		/* names */
	put64(0x400 + 64 + 32, 0x20);
	memcpy(file + 0x601, "__xen_guest", 12);
	put32(0x400 + 128, 1);
	put64(0x400 + 128 + 24, 0x700);
	put64(0x400 + 128 + 32, sizeof(text));
	memcpy(file + 0x700, text, sizeof(text));
	REQUIRE_EQ(parse(), 0);
	EXPECT_STR(k.guest_os, "old");
	EXPECT_EQ(k.hypercall_page, BASE + 0x101000);
}

static void expect_error(const char *part)
{
	EXPECT_EQ(parse(), -1);
	if (!strstr(e.text, part)) {
		printf("# got \"%s\", expected \"...%s...\"\n", e.text, part);
		EXPECT_TRUE(0);
	}
}

TEST(what_is_wrong_is_said)
{
	make();
	file[1] = 'X';
	expect_error("not an ELF file");
	make();
	file[4] = 1;
	expect_error("32-bit kernel");
	make();
	put16(18, 183);
	expect_error("machine type 183");
	make();
	put32(64 + 56, 0);
	expect_error("without Xen notes");
	make();
	add_phdr(0, 1, TEXT_OFFSET, BASE, 0x100000, sizeof(file), sizeof(file));
	expect_error("truncated: segment 0");
	make();
	add_phdr(0, 1, TEXT_OFFSET, BASE, 0x100000, 0x2000, 0x1000);
	expect_error("exceeds memory size");
	make();
	add_phdr(0, 1, TEXT_OFFSET, BASE, 0xfffffffffffff000, 0x1000, 0x2000);
	expect_error("physical address");
	make();
	put64(24, 0x1234);
	expect_error("entry point 0x1234");
	make();
	add_number(2, BASE + 0x100800);
	refresh_notes();
	expect_error("HYPERCALL_PAGE");
	make();
	add_number(15, 0xffff800000000000ULL);
	refresh_notes();
	expect_error("INIT_P2M");
	make();
	add_number(3, 0xffff800000000000ULL);
	refresh_notes();
	expect_error("not usable");
	make();
	add_note(8, "special", 8);
	refresh_notes();
	expect_error("LOADER");
	make();
	add_note(10, "!supervisor_mode_kernel|pae", 28);
	refresh_notes();
	expect_error("supervisor_mode_kernel");
}

/* Whatever is said of segments holds: no copy leaves the file. */
static void check_segments(size_t size, const uint8_t *data)
{
	for (unsigned int i = 0; i < k.nr_segs; i++) {
		EXPECT_TRUE(k.seg[i].data >= data && k.seg[i].filesz <= size &&
			    (size_t)(k.seg[i].data - data) <= size - k.seg[i].filesz);
		EXPECT_LE(k.seg[i].filesz, k.seg[i].memsz);
		EXPECT_LE(k.seg[i].pfn_offset + k.seg[i].memsz, k.virt_end - k.virt_base);
	}
}

TEST(every_cut_is_harmless)
{
	make();
	for (size_t cut = 0; cut < sizeof(file); cut += cut < 0x500 ? 1 : 0x100) {
		uint8_t *copy = malloc(cut ? cut : 1);

		memcpy(copy, file, cut);
		memset(&e, 0, sizeof(e));
		if (!elf_parse(&k, copy, cut, &e))
			check_segments(cut, copy);
		else
			EXPECT_NE(e.text[0], 0);
		free(copy);
	}
}

TEST(every_changed_byte_is_harmless)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };

	for (size_t at = 0; at < 0x300; at++) {
		for (size_t v = 0; v < sizeof(values); v++) {
			make();
			add_number(1, BASE + 0x100040);
			refresh_notes();
			file[at] = values[v];
			if (!parse())
				check_segments(sizeof(file), file);
		}
	}
}

TAP_MAIN
