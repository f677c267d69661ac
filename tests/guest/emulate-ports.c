/* SPDX-License-Identifier: MIT
 *
 * Port I/O: refused by #GP until the virtual IOPL or the guest's bitmap allows it; all sizes, immediate and DX
 * forms, string forms with and without REP, in both directions of the string. The host bridge's configuration
 * registers (PCI 0:0.0, whose address register is kept per domain) are what is read and written. Ports that the domain
 * does not own read as ones. A string that ends in unmapped memory is the guest's page fault.
 */
#include "testlib.h"

#define ADDRESS 0xcf8
#define DATA 0xcfc

static uint8_t bitmap[8192];
static uint32_t words[8];

static void in_dx(void *p)
{
	uint32_t v;

	__asm__ volatile("inl %%dx, %%eax" : "=a"(v) : "d"(ADDRESS));
}

static void in_imm(void *p)
{
	__asm__ volatile("inb $0x61, %%al" ::: "rax");
}

static void in_unaligned(void *p)
{
	__asm__ volatile("inl %%dx, %%eax" :: "d"(ADDRESS + 6) : "rax");
}

static void outs_segment(void *p)
{
	__asm__ volatile("fs outsl" :: "d"(ADDRESS), "S"(words));
}

/* n words of 4 bytes into p, which ends before them. */
static unsigned long left;
static void ins_to(void *p)
{
	left = 8;
	__asm__ volatile("rep insl" : "+c"(left) : "d"(DATA), "D"(p) : "memory");
}

static void outs_from(void *p)
{
	__asm__ volatile("outsl" :: "d"(ADDRESS), "S"(p));
}

static bool refused(void (*fn)(void *), void *arg)
{
	struct fault f;

	try_call(fn, arg, &f);
	return f.happened && f.vector == 13 && f.error == 0;
}

static uint32_t in32(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %%dx, %%eax" : "=a"(v) : "d"(port));
	return v;
}

static void out32(uint32_t v, uint16_t port)
{
	__asm__ volatile("outl %%eax, %%dx" :: "a"(v), "d"(port));
}

/* The part of RAX that IN does not write must stay (32-bit: is cleared). */
static uint64_t in_rax(unsigned int size, uint16_t port)
{
	uint64_t v = 0xa5a5a5a5a5a5a5a5;

	if (size == 1)
		__asm__ volatile("inb %%dx, %%al" : "+a"(v) : "d"(port));
	else if (size == 2)
		__asm__ volatile("inw %%dx, %%ax" : "+a"(v) : "d"(port));
	else
		__asm__ volatile("inl %%dx, %%eax" : "+a"(v) : "d"(port));
	return v;
}

static uint32_t id;     /* of the host bridge */

static void sizes(void)
{
	out32(0x80000000, ADDRESS);
	EXPECT_EQ(in32(ADDRESS), 0x80000000);
	id = in32(DATA);
	ok(id != 0 && id != ~0U, "the host bridge is %#x", id);
	EXPECT_EQ(in_rax(4, DATA), id);
	EXPECT_EQ(in_rax(2, DATA), 0xa5a5a5a5a5a50000 | (id & 0xffff));
	EXPECT_EQ(in_rax(2, DATA + 2), 0xa5a5a5a5a5a50000 | id >> 16);
	EXPECT_EQ(in_rax(1, DATA + 1), 0xa5a5a5a5a5a5a500 | ((id >> 8) & 0xff));
	/* Bit 2 of the command register is the guest's to change here; the other sizes of OUT change it back. */
	out32(0x80000004, ADDRESS);
	uint16_t cmd = (uint16_t)in_rax(2, DATA);
	__asm__ volatile("outw %%ax, %%dx" :: "a"((uint16_t)(cmd ^ 0x100)), "d"(DATA));
	EXPECT_EQ((uint16_t)in_rax(2, DATA), cmd ^ 0x100);
	__asm__ volatile("outb %%al, %%dx" :: "a"((uint8_t)(cmd >> 8)), "d"(DATA + 1));
	EXPECT_EQ((uint16_t)in_rax(2, DATA), cmd);
	/* A port that is the hypervisor's own (the serial line): ones, whatever the size; writes go nowhere. */
	EXPECT_EQ(in_rax(1, 0x3f9), 0xa5a5a5a5a5a5a5ff);
	EXPECT_EQ(in_rax(4, 0x3f8), 0xffffffff);
	out32(0, 0x3f8);
	__asm__ volatile("outb %%al, $0x80" :: "a"(0));
}

static void strings(void)
{
	static const uint32_t back[2] = { 0x80000000, 0x80000004 };
	uint32_t *to = words;
	const uint32_t *from = back + 1;
	unsigned long n = 4;

	out32(0x80000000, ADDRESS);
	__asm__ volatile("rep insl" : "+D"(to), "+c"(n) : "d"(DATA) : "memory");
	EXPECT_EQ(n, 0);
	EXPECT_EQ(to - words, 4);
	EXPECT_EQ(words[0], id);
	EXPECT_EQ(words[3], id);
	EXPECT_EQ(words[4], 0);
	/* Without REP one item; RCX is not touched. */
	memset(words, 0, sizeof(words));
	to = words;
	n = 77;
	__asm__ volatile("insb" : "+D"(to), "+c"(n) : "d"(DATA + 1) : "memory");
	EXPECT_EQ((char *)to - (char *)words, 1);
	EXPECT_EQ(n, 77);
	EXPECT_EQ(words[0], (id >> 8) & 0xff);
	to = words;
	__asm__ volatile("insw" : "+D"(to) : "d"(DATA) : "memory");
	EXPECT_EQ(words[0], id & 0xffff);
	/* Backwards: the last word is the address that stays. */
	n = 2;
	__asm__ volatile("std; rep outsl; cld" : "+S"(from), "+c"(n) : "d"(ADDRESS) : "memory");
	EXPECT_EQ(n, 0);
	EXPECT_EQ(back - from, 1);
	EXPECT_EQ(in32(ADDRESS), 0x80000000);
	/* RCX 0: nothing happens, even at an address that is not mapped. */
	to = (uint32_t *)0x1000;
	__asm__ volatile("rep insl" : "+D"(to), "+c"(n) : "d"(DATA) : "memory");
	EXPECT_EQ((long)to, 0x1000);
	EXPECT(refused(outs_segment, NULL));
}

static void page_faults(void)
{
	char *page = alloc_page();
	unsigned long end = (unsigned long)page + PAGE_SIZE, next = *pte_of(end);
	struct fault f;

	EXPECT_EQ(set_pte(end, 0), 0);
	try_call(ins_to, (void *)(end - 12), &f);
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(f.cr2, end);
	EXPECT_EQ(f.error, 2);
	EXPECT_EQ(*(uint32_t *)(end - 4), id);
	try_call(outs_from, (void *)end, &f);
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(f.error, 0);
	EXPECT_EQ(f.cr2, end);
	EXPECT_EQ(set_pte(end, next), 0);
}

static long set_bitmap(unsigned int ports)
{
	struct physdev_set_iobitmap b = { .nr_ports = ports };

	set_xen_guest_handle(b.bitmap, bitmap);
	return HYPERVISOR_physdev_op(PHYSDEVOP_set_iobitmap, &b);
}

/* Set bits refuse; ports at and beyond the limit are refused, and so is what crosses into a set bit. */
static void by_bitmap(void)
{
	struct physdev_set_iopl iopl = { .iopl = 0 };

	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
	memset(bitmap, 0xff, sizeof(bitmap));
	bitmap[ADDRESS / 8] = 0;
	EXPECT_EQ(set_bitmap(65536), 0);
	EXPECT_EQ(in32(ADDRESS), 0x80000000);
	EXPECT_EQ(in32(DATA), id);
	EXPECT(refused(in_unaligned, NULL));
	EXPECT(refused(in_imm, NULL));
	bitmap[ADDRESS / 8 + 1] = 0xfc;
	EXPECT(!refused(in_unaligned, NULL));
	bitmap[ADDRESS / 8 + 1] = 0xfd;
	EXPECT(refused(in_unaligned, NULL));
	EXPECT_EQ(set_bitmap(ADDRESS + 3), 0);
	EXPECT(refused(in_dx, NULL));
	EXPECT_EQ(set_bitmap(ADDRESS + 4), 0);
	EXPECT(!refused(in_dx, NULL));
	EXPECT_EQ(set_bitmap(65537), -XEN_EINVAL);
	EXPECT_EQ(set_bitmap(0), 0);
	EXPECT(refused(in_dx, NULL));
}

void test_main(void)
{
	struct physdev_set_iopl iopl = { .iopl = 4 };

	EXPECT(refused(in_dx, NULL));
	EXPECT(refused(in_imm, NULL));
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), -XEN_EINVAL);
	EXPECT(refused(in_dx, NULL));
	iopl.iopl = 1;
	EXPECT_EQ(HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
	EXPECT(!refused(in_dx, NULL));
	EXPECT(!refused(in_imm, NULL));
	sizes();
	strings();
	page_faults();
	by_bitmap();
}
