/* SPDX-License-Identifier: MIT
 *
 * States, saved and seen. A saved state is the memory that operations have written, the vCPUs' positions, and
 * the live part of each active one's stack. Of those seen a table keeps a hash of 128 bits each.
 */
#define _GNU_SOURCE
#include "explore_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

size_t state_save(char *to)
{
	char *p = to + memory_save(to);

	memcpy(p, explorer.pos, sizeof(explorer.pos));
	p += sizeof(explorer.pos);
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		size_t n = explorer.pos[i].active ? (size_t)(step_stack_top(i) - (char *)explorer.pos[i].sp) : 0;

		memcpy(p, explorer.pos[i].sp, n);
		p += n;
	}
	return (size_t)(p - to);
}

void state_load(const char *from)
{
	memory_load(from);
	from += memory_nr_lines() * LINE;
	memcpy(explorer.pos, from, sizeof(explorer.pos));
	from += sizeof(explorer.pos);
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		size_t n = explorer.pos[i].active ? (size_t)(step_stack_top(i) - (char *)explorer.pos[i].sp) : 0;

		memcpy(explorer.pos[i].sp, from, n);
		from += n;
	}
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t p = (__uint128_t)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static void hash(const char *p, size_t n, uint64_t h[2])
{
	uint64_t x = 0x9e3779b97f4a7c15UL ^ n, y = 0xc2b2ae3d27d4eb4fUL;

	for (; n >= 16; n -= 16, p += 16) {
		uint64_t w[2];

		memcpy(w, p, 16);
		x = mix(x ^ w[0], w[1] ^ 0xa0761d6478bd642fUL);
		y = mix(y ^ w[1], w[0] ^ 0xe7037ed1a0b428dbUL) + x;
	}
	if (n) {
		uint64_t w[2] = { 0 };

		memcpy(w, p, n);
		x = mix(x ^ w[0], w[1] ^ 0xa0761d6478bd642fUL);
		y = mix(y ^ w[1], w[0] ^ 0xe7037ed1a0b428dbUL) + x;
	}
	h[0] = mix(x, 0x8ebc6af09c88c6e3UL) | 1;
	h[1] = mix(y ^ x, 0x589965cc75374cc3UL);
}

void *state_reserve(void *at, size_t size)
{
	void *p = mmap(at, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED_NOREPLACE : 0), -1, 0);

	if (p == MAP_FAILED) {
		perror("model: mmap");
		exit(2);
	}
	return p;
}

static bool seen_insert(uint64_t (*table)[2], size_t size, const uint64_t h[2])
{
	for (size_t i = h[0] & (size - 1);; i = (i + 1) & (size - 1)) {
		if (!table[i][0]) {
			table[i][0] = h[0];
			table[i][1] = h[1];
			return true;
		}
		if (table[i][0] == h[0] && table[i][1] == h[1])
			return false;
	}
}

bool state_is_new(const char *state, size_t n)
{
	uint64_t h[2];

	if (explorer.nr_seen * 2 >= explorer.seen_size) {
		size_t bigger = explorer.seen_size ? explorer.seen_size * 4 : 1UL << 16;
		uint64_t (*table)[2] = state_reserve(NULL, bigger * sizeof(table[0]));

		for (size_t i = 0; i < explorer.seen_size; i++)
			if (explorer.seen[i][0])
				seen_insert(table, bigger, explorer.seen[i]);
		if (explorer.seen)
			munmap(explorer.seen, explorer.seen_size * sizeof(table[0]));
		explorer.seen = table;
		explorer.seen_size = bigger;
	}
	hash(state, n, h);
	if (!seen_insert(explorer.seen, explorer.seen_size, h))
		return false;
	explorer.nr_seen++;
	return true;
}
