/* SPDX-License-Identifier: MIT */
/*
 * What a domain printed: an endless stream of bytes, of which the last ones are kept. Readers hold a
 * position in the stream, so any number of them can lag behind without costing memory; who lags
 * too far has lost what is between its position and backlog_start().
 */
#ifndef CONSOLED_BACKLOG_H
#define CONSOLED_BACKLOG_H

#include <stddef.h>
#include <stdint.h>

#define BACKLOG_MAX 32768	/* a power of two */

struct backlog {
	char *data;
	size_t size;		/* grows to BACKLOG_MAX by doubling; a power of two */
	uint64_t start, end;	/* positions of the first byte kept and behind the last */
};

/* Without memory the oldest bytes go earlier, and if there is none at all, these. */
void backlog_append(struct backlog *b, const char *data, size_t len);

/* The bytes at position *at, as many as are in one piece; *at moves up if they are lost. */
size_t backlog_peek(const struct backlog *b, uint64_t *at, const char **data);
void backlog_free(struct backlog *b);

#endif
