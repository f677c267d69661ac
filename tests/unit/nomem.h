/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out on demand, for tests that include this before everything else
 * (CFLAGS: -include tests/unit/nomem.h): the nomem_after-th allocation from now on fails, and so do all
 * after it; negative: none.
 */
#ifndef TESTS_UNIT_NOMEM_H
#define TESTS_UNIT_NOMEM_H

#include <stdlib.h>
#include <string.h>

extern long nomem_after;
void *nomem_malloc(size_t size);
void *nomem_calloc(size_t n, size_t size);
void *nomem_realloc(void *p, size_t size);
char *nomem_strdup(const char *s);

#ifdef NOMEM_IMPLEMENTATION
long nomem_after = -1;

static int nomem_fails(void)
{
	if (nomem_after > 0)
		nomem_after--;
	return nomem_after == 0;
}

void *nomem_malloc(size_t size)
{
	return nomem_fails() ? NULL : malloc(size);
}

void *nomem_calloc(size_t n, size_t size)
{
	return nomem_fails() ? NULL : calloc(n, size);
}

void *nomem_realloc(void *p, size_t size)
{
	return nomem_fails() ? NULL : realloc(p, size);
}

char *nomem_strdup(const char *s)
{
	return nomem_fails() ? NULL : strdup(s);
}
#else
#undef strdup
#define malloc nomem_malloc
#define calloc nomem_calloc
#define realloc nomem_realloc
#define strdup nomem_strdup
#endif

#endif
