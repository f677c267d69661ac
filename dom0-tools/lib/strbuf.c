/* SPDX-License-Identifier: MIT */
/* A string that grows: see strbuf.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strbuf.h"

static void grow(struct strbuf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 64;

	while (cap < b->len + more + 1)
		cap *= 2;
	if (cap == b->cap)
		return;
	b->s = realloc(b->s, cap);
	if (!b->s)
		abort();
	b->cap = cap;
}

void strbuf_add_mem(struct strbuf *b, const void *data, size_t len)
{
	grow(b, len);
	memcpy(b->s + b->len, data, len);
	b->len += len;
	b->s[b->len] = 0;
}

void strbuf_add(struct strbuf *b, const char *s)
{
	strbuf_add_mem(b, s, strlen(s));
}

void strbuf_add_char(struct strbuf *b, char ch)
{
	strbuf_add_mem(b, &ch, 1);
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	grow(b, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void strbuf_add_json(struct strbuf *b, const char *s)
{
	strbuf_add_char(b, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			strbuf_printf(b, "\\%c", *s);
		else if (*s == '\n')
			strbuf_add(b, "\\n");
		else if ((unsigned char)*s < ' ')
			strbuf_printf(b, "\\u%04x", (unsigned char)*s);
		else
			strbuf_add_char(b, *s);
	}
	strbuf_add_char(b, '"');
}

char *strbuf_take(struct strbuf *b)
{
	char *s;

	grow(b, 0);
	b->s[b->len] = 0;
	s = b->s;
	memset(b, 0, sizeof(*b));
	return s;
}

void strbuf_free(struct strbuf *b)
{
	free(b->s);
	memset(b, 0, sizeof(*b));
}
