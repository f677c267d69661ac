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

/*
 * Length of the UTF-8 sequence at @p, which is a character that can be printed; else 0. U+0080 to U+009F are
 * control characters too: to some terminals U+009B is ESC [.
 */
static size_t utf8_len(const unsigned char *p, size_t left)
{
	size_t len = *p >= 0xf0 && *p <= 0xf4 ? 4 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xc2 && *p < 0xe0 ? 2 : 0, i;
	unsigned int code = *p & (0x7fu >> len);

	if (!len || len > left)
		return 0;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < (len == 2 ? 0xa0u : len == 3 ? 0x800u : 0x10000u) || code > 0x10ffff)
		return 0;
	return code >= 0xd800 && code < 0xe000 ? 0 : len;
}

void strbuf_add_visible(struct strbuf *b, const char *data, size_t len)
{
	const unsigned char *p = (const unsigned char *)data, *end = p + len;

	while (p < end) {
		const unsigned char *after = p;
		size_t n = 1;

		while (after < end && *after == '\r')
			after++;
		if (after < end && *after == '\n')
			p = after;
		if (*p == '\n' || *p == '\t' || (*p >= ' ' && *p < 0x7f))
			strbuf_add_char(b, (char)*p);
		else if (*p < 0x80)
			strbuf_printf(b, "^%c", *p ^ 0x40);
		else if ((n = utf8_len(p, (size_t)(end - p))))
			strbuf_add_mem(b, p, n);
		else
			strbuf_printf(b, "\\x%02x", *p);
		p += n ? n : 1;
	}
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
