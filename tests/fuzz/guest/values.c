/* SPDX-License-Identifier: MIT
 *
 * Values worth trying, by the kind of argument. Mostly right, sometimes at an edge, sometimes absurd.
 *
 *      d domid (16 bits)      p event port      v vCPU       g grant reference      h grant handle
 *      u small number         q VIRQ            k 16 bits, small   n 16 bits, up to a page      f flags
 *      m frame                a address         M address of a page of ours          Y grant reference or frame
 *      I count, 64 bits       t time            z mostly 0, 64 bits      R any of these, 64 bits
 *      e page-table entry     P address of an entry, with mmu_update's command       L pointer to a list of frames
 *      o offset in a page     . 32 bits of padding
 */
#include "fuzz.h"

uint64_t rnd(struct actor *a)
{
	uint64_t z = a->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint64_t domid(struct actor *a)
{
	static const uint16_t other[] = { DOMID_IO, DOMID_XEN, DOMID_COW, DOMID_INVALID, DOMID_IDLE, 0, 1, 0x7fef };
	uint64_t r = rnd(a) % 16;

	if (r < 8)
		return DOMID_SELF;
	if (r < 12)
		return domu_channel->word[W_PARTNER];
	if (r < 14)
		return domu_channel->word[W_SELF];
	return r == 14 ? other[rnd(a) % ARRAY_SIZE(other)] : rnd(a) & 0xffff;
}

static uint64_t small(struct actor *a)
{
	uint64_t r = rnd(a) % 16;

	if (r < 12)
		return rnd(a) % 5;
	if (r < 14)
		return 1UL << rnd(a) % 32;
	return r == 14 ? rnd(a) % 512 : rnd(a);
}

static uint64_t frame(struct actor *a)
{
	uint64_t r = rnd(a) % 32;

	if (r < 24 || (r < 26 && rnd(a) % 4))
		return world.frame[rnd(a) % POOL];
	if (r < 26)
		return pfn_to_mfn(rnd(a) % si->nr_pages);
	if (r == 26 && rnd(a) % 16 == 0)
		return virt_to_mfn((void *)si->pt_base) + rnd(a) % 6;
	if (r < 29)
		return domu_channel->word[W_FRAMES + rnd(a) % 16];
	if (r == 29)
		return (si->shared_info >> 12) + rnd(a) % 3;
	return r == 30 ? rnd(a) % 0x10000 : rnd(a) >> (rnd(a) % 64);
}

static uint64_t address(struct actor *a)
{
	uint64_t r = rnd(a) % 16;
	unsigned long page = (unsigned long)world.va[rnd(a) % POOL];

	if (r < 8)
		return page + rnd(a) % 512 * 8;
	if (r < 10)
		return page + PAGE_SIZE - rnd(a) % 16;
	switch (rnd(a) % 8) {
	case 0:
		return HYPERVISOR_VIRT_START + rnd(a) % (1UL << 43);
	case 1:
		return 0x800000000000 + rnd(a) % (1UL << 40) - (1UL << 20);
	case 2:
		return ~0UL - rnd(a) % 64;
	case 3:
		return rnd(a) % 0x10000;
	case 4:
		return VIRT_BASE + rnd(a) % (si->nr_pages << 12);
	case 5:
		return (unsigned long)shared + rnd(a) % PAGE_SIZE;
	case 6:
		return (unsigned long)a->arg + rnd(a) % (3 * PAGE_SIZE);
	default:
		return rnd(a);
	}
}

static uint64_t entry(struct actor *a)
{
	static const uint64_t flags[] = {
		PTE_FLAGS_RW, PTE_FLAGS_RW, PTE_FLAGS_RO, PTE_FLAGS_RO, PTE_P | PTE_RW, PTE_FLAGS_RO | PTE_NX, 0,
		PTE_FLAGS_RW | 0x80, PTE_FLAGS_RW | 0x100, PTE_FLAGS_RW | 0x18, PTE_FLAGS_RO | 0xe00, PTE_FLAGS_RW | PTE_NX,
	};
	uint64_t f = flags[rnd(a) % ARRAY_SIZE(flags)];

	if (rnd(a) % 64 == 0)
		f ^= 1UL << rnd(a) % 64;
	return (frame(a) << 12) | f;
}

static unsigned int slot(struct actor *a)
{
	uint64_t i = rnd(a) % 12;

	return (unsigned int)(i < 10 ? i : i == 10 ? 255 + rnd(a) % 18 : 511);
}

static uint64_t when(struct actor *a)
{
	switch (rnd(a) % 6) {
	case 0:
		return rnd(a);
	case 1:
		return 0;
	case 2:
		return ~0UL >> (rnd(a) % 4);
	default:
		return system_time() + rnd(a) % 3000000;
	}
}

static uint64_t remembered(struct actor *a, const volatile uint32_t *list, unsigned int nr)
{
	if (nr && rnd(a) % 4)
		return list[rnd(a) % (nr < REMEMBERED ? nr : REMEMBERED)];
	return small(a);
}

static uint64_t frame_list(struct actor *a)
{
	uint64_t *list = arg_room(a, 8 * sizeof(*list));
	bool numbers = rnd(a) % 2;

	for (unsigned int i = 0; i < 8; i++)
		list[i] = numbers ? rnd(a) % si->nr_pages : frame(a);
	return rnd(a) % 16 ? (unsigned long)list : address(a);
}

uint64_t value(struct actor *a, char kind)
{
	static const char any[] = "dpvghuqkfmaMItePz";

	switch (kind) {
	case 'd':
		return domid(a);
	case 'p':
		return remembered(a, world.port, world.nr_ports);
	case 'h':
		return remembered(a, world.handle, world.nr_handles);
	case 'v':
		return rnd(a) % 8 ? rnd(a) % 2 : small(a);
	case 'g':
		return rnd(a) % 8 ? rnd(a) % 16 : small(a);
	case 'q':
		return rnd(a) % 4 ? rnd(a) % 2 : rnd(a) % 32;
	case 'k':
		return rnd(a) % 8 ? rnd(a) % 8 : rnd(a);
	case 'n':
		return rnd(a) % 8 ? rnd(a) % 4097 : rnd(a);
	case 'f':
		return rnd(a) % 4 ? 1UL << rnd(a) % 6 | 2 : rnd(a);
	case 'u':
	case 'I':
		return small(a);
	case 'm':
		return frame(a);
	case 'a':
		return address(a);
	case 'M':
		return rnd(a) % 16 ? (unsigned long)world.va[rnd(a) % POOL] : address(a);
	case 'Y':
		return rnd(a) % 2 ? rnd(a) % 16 : frame(a);
	case 't':
		return when(a);
	case 'z':
		return rnd(a) % 8 ? 0 : rnd(a);
	case 'e':
		return entry(a);
	case 'P':
		return (frame(a) << 12) + slot(a) * 8 + rnd(a) % 4;
	case 'L':
		return frame_list(a);
	case 'o':
		return rnd(a) % 4 ? rnd(a) % 64 * 64 : rnd(a);
	case '.':
		return 0;
	default:
		return value(a, any[rnd(a) % (sizeof(any) - 1)]);
	}
}

unsigned int value_size(char kind)
{
	switch (kind) {
	case 'd': case 'k': case 'n':
		return 2;
	case 'p': case 'v': case 'g': case 'h': case 'u': case 'q': case 'f': case '.': case 'o':
		return 4;
	default:
		return 8;
	}
}

unsigned long layout_size(const char *layout)
{
	unsigned long at = 0;

	for (; *layout; layout++) {
		unsigned long n = value_size(*layout);

		at = ((at + n - 1) & ~(n - 1)) + n;
	}
	return (at + 7) & ~7UL;
}

/* Fields with their natural alignment, as a compiler lays them out. */
void fill(struct actor *a, const char *layout, char *to)
{
	unsigned long at = 0;

	for (; *layout; layout++) {
		unsigned long n = value_size(*layout);
		uint64_t v = value(a, *layout);

		at = (at + n - 1) & ~(n - 1);
		memcpy(to + at, &v, n);
		at += n;
	}
}

void *arg_room(struct actor *a, unsigned long size)
{
	char *p;

	if (a->arg_used + size > PAGE_SIZE)
		a->arg_used = 0;
	p = a->arg + a->arg_used;
	a->arg_used += (size + 7) & ~7UL;
	return p;
}
