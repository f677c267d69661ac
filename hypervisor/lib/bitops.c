/* SPDX-License-Identifier: MIT */
#include "lib/bitops.h"

static unsigned int find(const unsigned long *p, unsigned int size, unsigned int from, unsigned long flip)
{
	while (from < size) {
		unsigned long w = (p[from / 64] ^ flip) >> (from % 64);

		if (w)
			return MIN(from + first_bit(w), size);
		from = (from | 63) + 1;
	}
	return size;
}

unsigned int find_next_bit(const unsigned long *p, unsigned int size, unsigned int from)
{
	return find(p, size, from, 0);
}

unsigned int find_next_zero_bit(const unsigned long *p, unsigned int size, unsigned int from)
{
	return find(p, size, from, ~0UL);
}
