/* SPDX-License-Identifier: MIT */
/* Memory of the shell: arenas for trees, a stack for results of expansion, growing strings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

struct chunk {
	struct chunk	*next;
	size_t		used, size;
	char		data[] __attribute__((aligned(16)));
};

struct arena {
	struct chunk	*chunks;
	bool		keep;
};

static void out_of_memory(void)
{
	static const char text[] = "sh: out of memory\n";

	if (write(2, text, sizeof(text) - 1) < 0)
		_exit(3);
	_exit(2);
}

void *sh_realloc(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		out_of_memory();
	return p;
}

void *sh_malloc(size_t size)
{
	return sh_realloc(NULL, size);
}

char *sh_strdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(sh_malloc(n), s, n);
}

struct arena *arena_new(void)
{
	struct arena *a = sh_malloc(sizeof(*a));

	a->chunks = NULL;
	a->keep = false;
	return a;
}

void arena_keep(struct arena *a)
{
	a->keep = true;
}

void arena_free(struct arena *a)
{
	if (a->keep)
		return;
	while (a->chunks) {
		struct chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	free(a);
}

/* Zeroed. */
void *arena_alloc(struct arena *a, size_t size)
{
	struct chunk *c = a->chunks;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (!c || c->used + size > c->size) {
		size_t room = size > 2000 ? size : 2000;

		c = sh_malloc(sizeof(*c) + room);
		c->next = a->chunks;
		c->used = 0;
		c->size = room;
		a->chunks = c;
	}
	p = c->data + c->used;
	c->used += size;
	return memset(p, 0, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

/* The scratch stack: blocks in order of allocation; a mark is how many there are. */
static void **scratch;
static size_t scratch_count, scratch_room;

void *scratch_alloc(size_t size)
{
	if (scratch_count == scratch_room) {
		scratch_room = scratch_room ? scratch_room * 2 : 64;
		scratch = sh_realloc(scratch, scratch_room * sizeof(*scratch));
	}
	return scratch[scratch_count++] = sh_malloc(size);
}

char *scratch_strdup(const char *s)
{
	return strcpy(scratch_alloc(strlen(s) + 1), s);
}

size_t scratch_mark(void)
{
	return scratch_count;
}

void scratch_release(size_t mark)
{
	while (scratch_count > mark)
		free(scratch[--scratch_count]);
}

void text_add(struct text *t, char c)
{
	if (t->n + 1 >= t->room) {
		t->room = t->room ? t->room * 2 : 32;
		t->s = sh_realloc(t->s, t->room);
	}
	t->s[t->n++] = c;
}

void text_add_string(struct text *t, const char *s)
{
	while (*s)
		text_add(t, *s++);
}

char *text_get(struct text *t)
{
	text_add(t, '\0');
	t->n--;
	return t->s;
}

void text_free(struct text *t)
{
	free(t->s);
	t->s = NULL;
	t->n = t->room = 0;
}
