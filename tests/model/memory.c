/* SPDX-License-Identifier: MIT
 *
 * The memory that is part of a state, and what is known about who uses which word of it.
 *
 * There are two regions at fixed addresses: the arena, and this program's own variables. A line of 64
 * bytes belongs to the state as soon as an operation has written to it; all others are as they were
 * at the start. The explorer's own variables are in lines of their own, which no operation writes.
 *
 * A word is a point for an operation beside another one if both use it, one of them writes it, and no lock is held
 * at all of those accesses. Only before such words, and around locks, need the other vCPU be given the
 * CPU; the argument is in explore.c. Both sets only grow; when one has, the exploration is done again.
 */
#define _GNU_SOURCE
#include "explore.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

extern char __data_start[], _end[];

#define MAX_WORDS 4096
#define RUNS      (ANY_OP + 1U)

/* How an operation, on one vCPU, has used a word so far. */
struct use {
	bool reads, writes;
	uint32_t locks;         /* held every time */
};

static struct {
	char *data;                     /* our variables, from here */
	size_t data_size;
	char *pristine;                 /* arena, then data */
	uint16_t *word;                 /* of both: numbers of the words that operations use, 0: none yet */
	struct use *use;                /* [vCPU][operation][word] */
	unsigned int nr_words;
	uint8_t *tracked;               /* lines of both */
	char *line[MAX_LINES];
	unsigned int nr_lines;
	bool frozen;
	size_t allocated;
} m __attribute__((aligned(LINE)));

static void *reserve(void *at, size_t size)
{
	void *p = mmap(at, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED_NOREPLACE : 0), -1, 0);

	if (p == MAP_FAILED || (at && p != at)) {
		perror("model: mmap");
		exit(2);
	}
	return p;
}

void memory_init(void)
{
	m.data = (char *)((unsigned long)__data_start & ~(LINE - 1));
	m.data_size = (((size_t)(_end - m.data)) + LINE - 1) & ~(LINE - 1);
	reserve((void *)ARENA_BASE, ARENA_SIZE);
	m.pristine = reserve(NULL, ARENA_SIZE + m.data_size);
	m.word = reserve(NULL, (ARENA_SIZE + m.data_size) / 8 * sizeof(m.word[0]));
	m.use = reserve(NULL, sizeof(struct use) * NR_CPUS * RUNS * MAX_WORDS);
	m.tracked = reserve(NULL, (ARENA_SIZE + m.data_size) / LINE);
}

void *model_alloc(size_t size, size_t align)
{
	size_t at = (m.allocated + align - 1) & ~(align - 1);

	if (at + size > ARENA_SIZE)
		model_fail("the arena is too small");
	m.allocated = at + size;
	return (char *)ARENA_BASE + at;
}

/* Offset into the regions put behind each other, or -1. */
static long offset_of(const void *p)
{
	unsigned long a = (unsigned long)p;

	if (a - ARENA_BASE < ARENA_SIZE)
		return (long)(a - ARENA_BASE);
	if (a - (unsigned long)m.data < m.data_size)
		return (long)(ARENA_SIZE + (a - (unsigned long)m.data));
	return -1;
}

static char *address_of(size_t offset)
{
	return offset < ARENA_SIZE ? (char *)ARENA_BASE + offset : m.data + (offset - ARENA_SIZE);
}

bool memory_is_shared(const void *p)
{
	return offset_of(p) >= 0;
}

void memory_freeze(void)
{
	memcpy(m.pristine, (void *)ARENA_BASE, m.allocated);
	memcpy(m.pristine + ARENA_SIZE, m.data, m.data_size);
	m.frozen = true;
}

void memory_reset(void)
{
	for (unsigned int i = 0; i < m.nr_lines; i++)
		memcpy(m.line[i], m.pristine + offset_of(m.line[i]), LINE);
}

void memory_will_write(const void *p, size_t size)
{
	long first = offset_of(p), last = first + (long)size - 1;

	if (first < 0 || !m.frozen)
		return;
	for (size_t l = (size_t)first / LINE; l <= (size_t)last / LINE; l++) {
		if (m.tracked[l])
			continue;
		if (m.nr_lines == MAX_LINES)
			model_fail("an operation writes more than %u lines", MAX_LINES);
		m.tracked[l] = 1;
		m.line[m.nr_lines++] = address_of(l * LINE);
		explore_restart();
	}
}

size_t memory_save(char *buf)
{
	for (unsigned int i = 0; i < m.nr_lines; i++)
		memcpy(buf + i * LINE, m.line[i], LINE);
	return m.nr_lines * LINE;
}

void memory_load(const char *buf)
{
	for (unsigned int i = 0; i < m.nr_lines; i++)
		memcpy(m.line[i], buf + i * LINE, LINE);
}

static struct use *use_of(unsigned int cpu, unsigned int op, unsigned int word)
{
	return &m.use[((size_t)cpu * RUNS + op) * MAX_WORDS + word];
}

static bool in_conflict(const struct use *a, const struct use *b)
{
	return ((a->writes && (b->reads || b->writes)) || (b->writes && a->reads)) && !(a->locks & b->locks);
}

/* Remembers one more access. True: the word is a point now, beside some operation of another vCPU, and was not. */
static bool learn(unsigned int cpu, unsigned int op, unsigned int word, enum access a, uint32_t locks)
{
	struct use *u = use_of(cpu, op, word), old = *u;
	bool used = old.reads || old.writes, grew = false;

	u->locks = used ? u->locks & locks : locks;
	u->reads |= a == ACCESS_READ;
	u->writes |= a == ACCESS_WRITE;
	if (used && !memcmp(u, &old, sizeof(old)))
		return false;
	for (unsigned int c = 0; c < NR_CPUS; c++)
		for (unsigned int o = 0; c != cpu && o < RUNS; o++)
			grew |= in_conflict(u, use_of(c, o, word)) && !in_conflict(&old, use_of(c, o, word));
	return grew;
}

bool memory_is_point(const void *p, enum access a, unsigned int cpu, unsigned int op, unsigned int beside, uint32_t locks,
		     bool *grew)
{
	uint16_t *w = &m.word[offset_of(p) / 8];

	if (!*w) {
		if (m.nr_words + 1 == MAX_WORDS)
			model_fail("operations use more than %u words", MAX_WORDS);
		*w = (uint16_t)++m.nr_words;
	}
	*grew |= learn(cpu, op, *w, a, locks);
	*grew |= learn(cpu, ANY_OP, *w, a, locks);
	for (unsigned int c = 0; c < NR_CPUS; c++)
		if (c != cpu && in_conflict(use_of(cpu, op, *w), use_of(c, beside, *w)))
			return true;
	return false;
}

unsigned int memory_nr_points(void)
{
	unsigned int n = 0;

	for (unsigned int w = 1; w <= m.nr_words; w++)
		n += in_conflict(use_of(0, ANY_OP, w), use_of(1, ANY_OP, w));
	return n;
}

unsigned int memory_nr_lines(void) { return m.nr_lines; }
