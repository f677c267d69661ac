/* SPDX-License-Identifier: MIT */
/* A string that grows. Running out of memory ends the program: these are messages and small files. */
#ifndef DOM0_TOOLS_LIB_STRBUF_H
#define DOM0_TOOLS_LIB_STRBUF_H

#include <stddef.h>

struct strbuf {
	char *s;
	size_t len, cap;
};

#define STRBUF_INIT { NULL, 0, 0 }

void strbuf_add_mem(struct strbuf *b, const void *data, size_t len);
void strbuf_add(struct strbuf *b, const char *s);
void strbuf_add_char(struct strbuf *b, char ch);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* @s as a JSON string, with its quotes. */
void strbuf_add_json(struct strbuf *b, const char *s);
/*
 * Foreign text, as a terminal can be shown it: newline, tab and printable characters (UTF-8) as they are, a CR in
 * front of a newline left out, other control characters as ^X, other bytes as \xHH. NUL bytes do not end it.
 */
void strbuf_add_visible(struct strbuf *b, const char *data, size_t len);
/* The string, never NULL; the buffer is empty afterwards and the caller frees. */
char *strbuf_take(struct strbuf *b);
void strbuf_free(struct strbuf *b);

#endif
