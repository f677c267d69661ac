/* SPDX-License-Identifier: MIT */
/*
 * Multiboot kernels: both classes of ELF are read, what a loader must refuse is refused with a reason, a file cut or
 * changed anywhere is described within bounds, and the page of information says what the machine has.
 *
 * LINK: dom0-tools/lib/multiboot.c dom0-tools/lib/err.c
 */
#include "tap.h"
#include "dom0-tools/lib/multiboot.h"

static uint8_t file[0x4000];
static struct multiboot_kernel k;
static struct err e;

static void put16(size_t at, uint16_t v) { memcpy(file + at, &v, 2); }
static void put32(size_t at, uint32_t v) { memcpy(file + at, &v, 4); }
static void put64(size_t at, uint64_t v) { memcpy(file + at, &v, 8); }

static void header(size_t at, uint32_t flags)
{
	put32(at, 0x1badb002);
	put32(at + 4, flags);
	put32(at + 8, -(0x1badb002 + flags));
}

/* Two pages at 1 MB, of which the second one is half in the file; the entry is 16 bytes in. */
static void make32(void)
{
	memset(file, 0, sizeof(file));
	memcpy(file, "\177ELF\1\1\1", 7);
	put16(16, 2);
	put16(18, 3);
	put32(24, 0x100010);
	put32(28, 52);
	put16(42, 32);
	put16(44, 1);
	put32(52, 1);
	put32(56, 0x1000);
	put32(60, 0x80100000);
	put32(64, 0x100000);
	put32(68, 0x1800);
	put32(72, 0x2000);
	header(0x1000, 3);
}

static void make64(void)
{
	memset(file, 0, sizeof(file));
	memcpy(file, "\177ELF\2\1\1", 7);
	put16(16, 2);
	put16(18, 62);
	put64(24, 0x100010);
	put64(32, 64);
	put16(54, 56);
	put16(56, 1);
	put32(64, 1);
	put64(72, 0x1000);
	put64(80, 0xffffffff80100000);
	put64(88, 0x100000);
	put64(96, 0x1800);
	put64(104, 0x2000);
	header(0x1000, 3);
}

static int parse(size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	int ret;

	memcpy(copy, file, size);
	memset(&e, 0, sizeof(e));
	ret = multiboot_parse(&k, copy, size, &e);
	free(copy);
	return ret;
}

#define REFUSED(message) do { EXPECT_EQ(parse(sizeof(file)), -1); EXPECT_STR(e.text, message); } while (0)

TEST(both_classes)
{
	for (int wide = 0; wide < 2; wide++) {
		if (wide)
			make64();
		else
			make32();
		REQUIRE_EQ(parse(sizeof(file)), 0);
		EXPECT_EQ(k.nr_segs, 1u);
		EXPECT_EQ(k.start, 0x100000u);
		EXPECT_EQ(k.end, 0x102000u);
		EXPECT_EQ(k.entry, 0x100010u);
		EXPECT_EQ(k.seg[0].filesz, 0x1800u);
		EXPECT_EQ(k.seg[0].memsz, 0x2000u);
	}
}

TEST(what_a_header_requires)
{
	make32();
	header(0x1000, 7);
	REFUSED("Multiboot header flags 0x7: it requires a video mode (bit 2), and there is no display");
	header(0x1000, 0x11);
	REFUSED("Multiboot header flags 0x11: it requires what is not known, expected bits 0 and 1 only");
	header(0x1000, 0x10003);
	REFUSED("Multiboot header flags 0x10003: addresses in the header (bit 16) are not supported, expected an ELF file "
		"without them");
	header(0x1000, 0xfffe0001);		/* what a loader may ignore */
	EXPECT_EQ(parse(sizeof(file)), 0);
	put32(0x1008, 1);
	REFUSED("no Multiboot header in the first 8192 bytes: not a kernel that can be started without a BIOS (a Linux "
		"kernel runs as type = \"pv\")");
	header(0x2000, 3);			/* too late */
	EXPECT_EQ(parse(sizeof(file)), -1);
	header(0x1ff4, 3);
	EXPECT_EQ(parse(sizeof(file)), 0);
}

TEST(addresses)
{
	make32();
	put32(64, 0xff000);
	REFUSED("segment 0: physical address 0xff000+0x2000 is outside of 0x100000 to 0xc0000000");
	put32(64, 0xbffff000);
	put32(24, 0xbffff000);
	REFUSED("segment 0: physical address 0xbffff000+0x2000 is outside of 0x100000 to 0xc0000000");
	make64();
	put64(104, ~0ull);
	EXPECT_EQ(parse(sizeof(file)), -1);
	make32();
	put32(24, 0x102000);
	REFUSED("entry point 0x102000 is outside of the kernel (0x100000 to 0x102000, physical addresses)");
	make32();
	put32(72, 0x1000);
	REFUSED("segment 0: file size 0x1800 exceeds memory size 0x1000");
	put32(68, 0);
	put32(72, 0);
	REFUSED("no segment to load");
}

TEST(other_files)
{
	make32();
	file[0] = 'X';
	REFUSED("not an ELF file (first bytes 58 45 4c 46)");
	make32();
	file[5] = 2;
	REFUSED("ELF class 1, byte order 2: expected 32 or 64 bits (1, 2), little-endian (1)");
	make32();
	put16(18, 40);
	REFUSED("for machine type 40: expected 3 (x86) or 62 (x86-64)");
	make32();
	put16(16, 3);
	REFUSED("ELF type 3: expected an executable (2)");
	make32();
	put32(28, 0x3ff0);
	REFUSED("truncated: program headers at 0x3ff0+0x20, file has 0x4000 bytes");
}

/* The sanitizer sees each byte read beyond the end. */
TEST(cut_anywhere)
{
	unsigned int accepted = 0;

	make64();
	for (size_t size = 0; size < 0x2800; size++)
		accepted += !parse(size);
	EXPECT_EQ(accepted, 0u);
	EXPECT_EQ(parse(0x2800), 0);
}

static uint32_t word(const uint8_t *p, uint32_t at)
{
	uint32_t v;

	memcpy(&v, p + at, 4);
	return v;
}

TEST(places_and_information)
{
	struct multiboot_layout l;
	uint8_t page[4096];
	uint32_t map, module;

	make32();
	REQUIRE_EQ(parse(sizeof(file)), 0);
	REQUIRE_EQ(multiboot_place(&l, &k, 5000, 16 << 20, &e), 0);
	EXPECT_EQ(l.kernel, 0x100000u);
	EXPECT_EQ(l.ramdisk, 0x102000u);
	EXPECT_EQ(l.store, (16u << 20) - 4096);
	REQUIRE_EQ(multiboot_write_info(page, &l, "/boot/kernel", "a=b c", "/boot/ramdisk", &e), 0);
	EXPECT_EQ(word(page, 0), 0x24du);
	EXPECT_EQ(word(page, 4), 639u);
	EXPECT_EQ(word(page, 8), 15u * 1024 - 4);
	EXPECT_STR((char *)page + word(page, 16) - l.info, "/boot/kernel a=b c");
	EXPECT_EQ(word(page, 20), 1u);
	module = word(page, 24) - l.info;
	EXPECT_EQ(word(page, module), 0x102000u);
	EXPECT_EQ(word(page, module + 4), 0x102000u + 5000);
	EXPECT_STR((char *)page + word(page, module + 8) - l.info, "/boot/ramdisk");
	EXPECT_EQ(word(page, 44), 5u * 24);
	map = word(page, 48) - l.info;
	EXPECT_EQ(word(page, map), 20u);
	EXPECT_EQ(word(page, map + 12), 0x9fc00u);		/* the first one's length */
	EXPECT_EQ(word(page, map + 3 * 24 + 4), 0x100000u);
	EXPECT_EQ(word(page, map + 3 * 24 + 12), l.store - 0x100000);
	EXPECT_EQ(word(page, map + 4 * 24 + 20), 2u);		/* the store's page is reserved */
}

TEST(no_ramdisk_no_module)
{
	struct multiboot_layout l;
	uint8_t page[4096];

	make32();
	REQUIRE_EQ(parse(sizeof(file)), 0);
	REQUIRE_EQ(multiboot_place(&l, &k, 0, 4 << 20, &e), 0);
	REQUIRE_EQ(multiboot_write_info(page, &l, "k", NULL, NULL, &e), 0);
	EXPECT_EQ(word(page, 0), 0x245u);
	EXPECT_STR((char *)page + word(page, 16) - l.info, "k");
}

TEST(memory_and_command_lines_have_limits)
{
	struct multiboot_layout l;
	uint8_t page[4096];
	char line[5000];

	make32();
	REQUIRE_EQ(parse(sizeof(file)), 0);
	memset(&e, 0, sizeof(e));
	EXPECT_EQ(multiboot_place(&l, &k, 3 << 20, 4 << 20, &e), -1);
	EXPECT_STR(e.text, "memory of 4 MB is too small: the kernel (up to 0x102000) and a ramdisk of 3072 KB need at least 5");
	memset(&e, 0, sizeof(e));
	EXPECT_EQ(multiboot_place(&l, &k, 0, 4096ull << 20, &e), -1);
	EXPECT_STR(e.text, "memory of 4096 MB: a fully virtualized domain has at most 3072");
	REQUIRE_EQ(multiboot_place(&l, &k, 0, 4 << 20, &e), 0);
	memset(line, 'x', sizeof(line));
	line[3900] = 0;
	memset(&e, 0, sizeof(e));
	EXPECT_EQ(multiboot_write_info(page, &l, "k", line, NULL, &e), -1);
	EXPECT_STR(e.text, "the command line (3900 characters) and the names of kernel and ramdisk do not fit into a page");
	line[3000] = 0;
	EXPECT_EQ(multiboot_write_info(page, &l, "k", line, NULL, &e), 0);
}

TAP_MAIN
