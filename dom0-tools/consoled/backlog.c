/* SPDX-License-Identifier: MIT */
/* The last bytes of a stream: see backlog.h. */
#include <stdlib.h>
#include <string.h>

#include "backlog.h"

#define BACKLOG_MIN 1024

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Position p lives at p modulo size: growing moves every byte to its new place. */
static void backlog_grow(struct backlog *b, size_t need)
{
	size_t size = b->size ? b->size : BACKLOG_MIN / 2;
	char *bigger;

	do {
		size *= 2;
	} while (size < need && size < BACKLOG_MAX);
	bigger = malloc(size);
	if (!bigger)
		return;
	for (uint64_t p = b->start; p < b->end; p++)
		bigger[p & (size - 1)] = b->data[p & (b->size - 1)];
	free(b->data);
	b->data = bigger;
	b->size = size;
}

void backlog_append(struct backlog *b, const char *data, size_t len)
{
	size_t kept = (size_t)(b->end - b->start);

	if (kept + len > b->size && b->size < BACKLOG_MAX)
		backlog_grow(b, kept + len);
	if (!b->size) {
		b->end += len;
		b->start = b->end;
		return;
	}
	if (len > b->size) {
		data += len - b->size;
		b->end += len - b->size;
		len = b->size;
	}
	while (len) {
		size_t at = (size_t)b->end & (b->size - 1), n = min_size(len, b->size - at);

		memcpy(b->data + at, data, n);
		b->end += n;
		data += n;
		len -= n;
	}
	if (b->end - b->start > b->size)
		b->start = b->end - b->size;
}

size_t backlog_peek(const struct backlog *b, uint64_t *at, const char **data)
{
	size_t offset;

	if (*at < b->start)
		*at = b->start;
	if (*at >= b->end)
		return 0;
	offset = (size_t)*at & (b->size - 1);
	*data = b->data + offset;
	return min_size((size_t)(b->end - *at), b->size - offset);
}

void backlog_free(struct backlog *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}
