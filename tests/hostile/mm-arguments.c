/* SPDX-License-Identifier: MIT
 *
 * Every command of memory_op, mmuext_op, mmu_update and update_va_mapping with arguments made of
 * corner values and of random bits, and with argument structures that are half readable, not there,
 * or the hypervisor's own memory. Nothing may happen but an error; the domain's memory is
 * afterwards what it was.
 *
 * RUN: timeout=120
 */
#include "testlib.h"

static uint64_t seed = 0x2545f4914f6cdd1d;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t value(void)
{
	static const uint64_t corner[] = {
		0, 1, 2, 9, 0x7ff0, 0x7ff1, 0x7ff2, 0x7ff4, 0x7fff, 0xffff, 0x80000000, 0xffffffff,
		0x100000000,
		1UL << 46, 1UL << 47, 0x8000000000000000, ~0UL, ~0UL - 7, 0xffff800000000000,
		0xffff82d040000000,
		0xffff830000200000, 0xffff87fffffffff8, 0xffff880000000000, 0x200, 0xb8, 0xfee00,
	};
	uint64_t r = rnd();

	switch (r >> 61) {
	case 0: return r & 0xff;
	case 1: return r & 0xffffffff;
	case 2: return r;
	default: return corner[(r >> 8) % ARRAY_SIZE(corner)];
	}
}

/* Fills with values of mixed width; pointers among them are bad with near certainty. */
static void fill(void *p, size_t n)
{
	uint64_t *w = p;

	for (size_t i = 0; i < n / 8; i++)
		w[i] = rnd() & 1 ? value() : (value() & 0xffffffff) | value() << 32;
}

static long reservation(void)
{
	struct xen_memory_domain d = { .domid = DOMID_SELF };

	return HYPERVISOR_memory_op(XENMEM_current_reservation, &d);
}

void test_main(void)
{
	static char buffer[2 * PAGE_SIZE] __attribute__((aligned(4096)));
	static const unsigned long places[] = {
		0, 8, 0xffff800000000000, 0xffff830000200000, 0xffff82d040000000,
		0xfffffffffffffff8, 1UL << 47, 0x800000000000 - 8,
	};
	long before = reservation();
	unsigned long good = 0, bad = 0;


	/* The second page is not there. */
	EXPECT_EQ(set_pte((unsigned long)buffer + PAGE_SIZE, 0), 0);
	for (unsigned int i = 0; i < 20000; i++) {
		unsigned long at = (unsigned long)buffer + PAGE_SIZE - (rnd() % 3 ? 128 : 8 + rnd() % 100 / 8 * 8);
		unsigned int op = (unsigned int)(rnd() % 30);
		unsigned long cmd = op | (rnd() % 4 ? 0 : value() << 6);
		long rc;

		fill((void *)(((unsigned long)buffer + PAGE_SIZE - 128)), 128);
		if (rnd() % 8 == 0)
			at = places[rnd() % ARRAY_SIZE(places)];
		switch (rnd() % 5) {
		case 0:
			rc = HYPERVISOR_mmu_update((void *)at,
						   (unsigned int)(rnd() % 2 ? rnd() % 8 : value()),
						   rnd() % 2 ? NULL : (void *)value(), (unsigned int)(rnd() % 2 ? DOMID_SELF : value()));
			break;
		case 1:
			/*
			 * New base pointers that are good would take this test's own tables away;
			 * there are none.
			 */
			rc = HYPERVISOR_mmuext_op((void *)at,
						  (unsigned int)(rnd() % 2 ? rnd() % 5 : value()),
						  rnd() % 2 ? NULL : (void *)value(), (unsigned int)(rnd() % 2 ? DOMID_SELF : value()));
			break;
		case 2:
			rc = HYPERVISOR_update_va_mapping_otherdomain(value(), value(), value(),
								      (unsigned int)value());
			break;
		default:
			/* Giving back frames at random would hit the test itself. */
			if (op == XENMEM_decrease_reservation || op == XENMEM_exchange)
				at = places[rnd() % ARRAY_SIZE(places)];
			/* Frames that are really taken would have to be given back. */
			if (op == XENMEM_increase_reservation || op == XENMEM_populate_physmap)
				((struct xen_memory_reservation *)((unsigned long)buffer + PAGE_SIZE - 128))->nr_extents = 0;
			if ((op == XENMEM_increase_reservation || op == XENMEM_populate_physmap) &&
			    at != (unsigned long)buffer + PAGE_SIZE - 128)
				at = 0;
			rc = HYPERVISOR_memory_op((unsigned int)cmd, (void *)at);
			break;
		}
		if (rc < 0)
			bad++;
		else
			good++;
	}
	note("%lu calls refused, %lu not", bad, good);
	EXPECT(bad > good);
	EXPECT_EQ(reservation(), before);
}
