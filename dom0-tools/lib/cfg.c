/* SPDX-License-Identifier: MIT */
/* Domain configs in xl.cfg's syntax: see cfg.h. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg.h"
#include "image.h"
#include "strbuf.h"

#define MAX_DEPTH 8
#define MAX_ENTRIES 1024

struct parser {
	struct cfg *c;
	const char *file;
	const char *p, *end;
	unsigned int line;
	int bare_words;
	struct err *e;
};

static void value_free(struct cfg_value *v)
{
	size_t i;

	for (i = 0; i < v->nr_items; i++)
		value_free(&v->items[i]);
	free(v->items);
	free(v->str);
	memset(v, 0, sizeof(*v));
}

static int fail(struct parser *s, const char *what)
{
	char near[24];
	size_t n = 0;

	while (n < sizeof(near) - 1 && s->p + n < s->end && s->p[n] != '\n') {
		near[n] = isprint((unsigned char)s->p[n]) ? s->p[n] : '?';
		n++;
	}
	near[n] = 0;
	if (!s->line)
		return err_set(s->e, "command line: %s, at %s%s%s", what, n ? "\"" : "the end",
			       near, n ? "\"" : "");
	return err_set(s->e, "%s:%u: %s, at %s%s%s", s->file, s->line, what,
		       n ? "\"" : "the end of the line", near, n ? "\"" : "");
}

static int at(const struct parser *s, char ch)
{
	return s->p < s->end && *s->p == ch;
}

static void newline(struct parser *s)
{
	s->p++;
	if (s->line)
		s->line++;
}

/* Blanks and comments; also line ends if @lines. A backslash joins lines. */
static void skip(struct parser *s, int lines)
{
	while (s->p < s->end) {
		if (*s->p == '#') {
			while (s->p < s->end && *s->p != '\n')
				s->p++;
		} else if (*s->p == '\\' && s->p + 1 < s->end && s->p[1] == '\n') {
			s->p++;
			newline(s);
		} else if (*s->p == '\n' && lines) {
			newline(s);
		} else if (*s->p == ' ' || *s->p == '\t' || *s->p == '\r') {
			s->p++;
		} else {
			return;
		}
	}
}

static int hex_digit(char ch)
{
	return ch <= '9' ? ch - '0' : (ch | 32) - 'a' + 10;
}

/* The character after a backslash; -1 when there is none such. */
static int escape(struct parser *s)
{
	static const char from[] = "abfnrtv\"'\\", to[] = "\a\b\f\n\r\t\v\"'\\";
	const char *f;
	int v = 0, n;

	if (s->p == s->end)
		return -1;
	if (*s->p == 'x') {
		s->p++;
		for (n = 0; n < 2 && s->p < s->end && isxdigit((unsigned char)*s->p); n++)
			v = v * 16 + hex_digit(*s->p++);
		return n && v ? v : -1;
	}
	if (*s->p >= '0' && *s->p <= '7') {
		for (n = 0; n < 3 && s->p < s->end && *s->p >= '0' && *s->p <= '7'; n++)
			v = v * 8 + *s->p++ - '0';
		return v && v < 256 ? v : -1;
	}
	f = *s->p ? strchr(from, *s->p) : NULL;
	if (!f)
		return -1;
	s->p++;
	return (unsigned char)to[f - from];
}

static int parse_string(struct parser *s, struct cfg_value *v)
{
	struct strbuf b = STRBUF_INIT;
	char quote = *s->p++;

	while (s->p < s->end && *s->p != quote && *s->p != '\n') {
		int ch = (unsigned char)*s->p++;

		if (ch == '\\') {
			ch = escape(s);
			if (ch < 0) {
				fail(s, "unknown escape after \\ in a string");
				goto err;
			}
		}
		strbuf_add_char(&b, (char)ch);
	}
	if (!at(s, quote)) {
		fail(s, quote == '"' ? "missing \" at the end of a string" :
		     "missing ' at the end of a string");
		goto err;
	}
	s->p++;
	v->type = CFG_STRING;
	v->str = strbuf_take(&b);
	return 0;
err:
	strbuf_free(&b);
	return -1;
}

static int word_char(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '-' || ch == '+' || ch == '.';
}

static int parse_number(struct parser *s, struct cfg_value *v)
{
	const char *start = s->p;
	char text[32], *stop;
	size_t n;

	while (s->p < s->end && word_char(*s->p))
		s->p++;
	n = (size_t)(s->p - start);
	s->p = start;
	if (!n || n >= sizeof(text))
		return fail(s, "expected a string in quotes, a number or a list");
	memcpy(text, start, n);
	text[n] = 0;
	errno = 0;
	v->num = strtoll(text, &stop, 0);
	if (stop == text)
		return fail(s, "expected a string in quotes, a number or a list");
	if (*stop)
		return fail(s, "a number with something behind it (a string needs quotes)");
	if (errno)
		return fail(s, "a number out of range");
	s->p += n;
	v->type = CFG_NUMBER;
	v->str = strdup(text);
	return 0;
}

static int parse_value(struct parser *s, struct cfg_value *v, int depth);

static int parse_list(struct parser *s, struct cfg_value *v, int depth)
{
	if (depth == MAX_DEPTH)
		return fail(s, "lists nested too deep");
	s->p++;
	v->type = CFG_LIST;
	for (;;) {
		struct cfg_value item, *items;

		skip(s, 1);
		if (at(s, ']'))
			break;
		memset(&item, 0, sizeof(item));
		if (parse_value(s, &item, depth + 1)) {
			value_free(&item);
			return -1;
		}
		items = realloc(v->items, (v->nr_items + 1) * sizeof(*items));
		if (!items) {
			value_free(&item);
			return err_sys(s->e, ENOMEM, "%s:%u", s->file, s->line);
		}
		v->items = items;
		v->items[v->nr_items++] = item;
		skip(s, 1);
		if (at(s, ','))
			s->p++;
		else if (!at(s, ']'))
			return fail(s, "expected , or ] in a list");
	}
	s->p++;
	return 0;
}

static int parse_value(struct parser *s, struct cfg_value *v, int depth)
{
	const char *start = s->p;

	if (at(s, '"') || at(s, '\''))
		return parse_string(s, v);
	if (at(s, '['))
		return parse_list(s, v, depth);
	if (s->bare_words && !depth) {
		char *stop;

		while (s->p < s->end && *s->p != ';')
			s->p++;
		v->str = strndup(start, (size_t)(s->p - start));
		if (!v->str)
			return err_sys(s->e, ENOMEM, "command line");
		errno = 0;
		v->num = strtoll(v->str, &stop, 0);
		v->type = *v->str && !*stop && !errno ? CFG_NUMBER : CFG_STRING;
		return 0;
	}
	return parse_number(s, v);
}

static struct cfg_entry *find(const struct cfg *c, const char *key)
{
	size_t i;

	for (i = 0; i < c->nr; i++)
		if (!strcmp(c->entries[i].key, key))
			return &c->entries[i];
	return NULL;
}

/* The entry for @key, new or emptied; NULL when there is no memory. */
static struct cfg_entry *assign(struct cfg *c, const char *key, const char *file, unsigned int line)
{
	struct cfg_entry *en = find(c, key), *more;

	if (en) {
		value_free(&en->value);
		free(en->file);
	} else {
		more = realloc(c->entries, (c->nr + 1) * sizeof(*more));
		if (!more)
			return NULL;
		c->entries = more;
		en = &more[c->nr++];
		memset(en, 0, sizeof(*en));
		en->key = strdup(key);
	}
	en->file = strdup(file);
	en->line = line;
	return en;
}

/* a += b, for strings and lists. Takes what @b holds. */
static int append(struct parser *s, struct cfg_value *a, struct cfg_value *b)
{
	if (a->type == CFG_STRING && b->type == CFG_STRING) {
		size_t la = strlen(a->str), lb = strlen(b->str);
		char *str = realloc(a->str, la + lb + 1);

		if (!str)
			return err_sys(s->e, ENOMEM, "%s:%u", s->file, s->line);
		memcpy(str + la, b->str, lb + 1);
		a->str = str;
		return 0;
	}
	if (a->type == CFG_LIST && b->type == CFG_LIST) {
		struct cfg_value *items = realloc(a->items, (a->nr_items + b->nr_items + 1) *
						  sizeof(*items));

		if (!items)
			return err_sys(s->e, ENOMEM, "%s:%u", s->file, s->line);
		if (b->nr_items)
			memcpy(items + a->nr_items, b->items, b->nr_items * sizeof(*items));
		a->items = items;
		a->nr_items += b->nr_items;
		b->nr_items = 0;
		return 0;
	}
	return fail(s, "+= joins a string to a string or a list to a list");
}

static int parse_assignment(struct parser *s)
{
	struct cfg_value v;
	struct cfg_entry *en;
	char key[64];
	size_t n = 0;
	unsigned int line;
	int plus;

	while (s->p + n < s->end && (isalnum((unsigned char)s->p[n]) || s->p[n] == '_'))
		n++;
	if (!n || n >= sizeof(key) || isdigit((unsigned char)*s->p))
		return fail(s, "expected a key (letters, digits, _) and =");
	memcpy(key, s->p, n);
	key[n] = 0;
	s->p += n;
	line = s->line;
	skip(s, 0);
	plus = s->p + 1 < s->end && s->p[0] == '+' && s->p[1] == '=';
	s->p += plus;
	if (!at(s, '='))
		return fail(s, "expected = after the key");
	s->p++;
	skip(s, 0);
	memset(&v, 0, sizeof(v));
	if (parse_value(s, &v, 0))
		goto err;
	skip(s, 0);
	if (s->p < s->end && *s->p != '\n' && *s->p != ';') {
		fail(s, "expected the end of the line or ; after a value");
		goto err;
	}
	en = plus ? find(s->c, key) : NULL;
	if (en) {
		if (append(s, &en->value, &v))
			goto err;
		value_free(&v);
		return 0;
	}
	en = s->c->nr < MAX_ENTRIES ? assign(s->c, key, s->file, line) : NULL;
	if (!en) {
		err_sys(s->e, ENOMEM, "%s:%u", s->file, s->line);
		goto err;
	}
	en->value = v;
	return 0;
err:
	value_free(&v);
	return -1;
}

static int parse_all(struct parser *s)
{
	for (;;) {
		skip(s, 1);
		if (at(s, ';')) {
			s->p++;
			continue;
		}
		if (s->p == s->end)
			return 0;
		if (parse_assignment(s))
			return -1;
	}
}

int cfg_parse(struct cfg *c, const char *file, const char *text, size_t len, struct err *e)
{
	struct parser s = { .c = c, .file = file, .p = text, .end = text + len, .line = 1, .e = e };

	return parse_all(&s);
}

int cfg_parse_file(struct cfg *c, const char *path, struct err *e)
{
	struct image img;
	int ret;

	if (image_read(&img, path, "config", e))
		return -1;
	ret = cfg_parse(c, path, (const char *)img.data, img.size, e);
	image_free(&img);
	return ret;
}

int cfg_parse_override(struct cfg *c, const char *text, struct err *e)
{
	struct parser s = { .c = c, .file = "command line", .p = text, .end = text + strlen(text),
			    .line = 0, .bare_words = 1, .e = e };

	return parse_all(&s);
}

void cfg_free(struct cfg *c)
{
	size_t i;

	for (i = 0; i < c->nr; i++) {
		value_free(&c->entries[i].value);
		free(c->entries[i].key);
		free(c->entries[i].file);
	}
	free(c->entries);
	memset(c, 0, sizeof(*c));
}

const struct cfg_entry *cfg_find(const struct cfg *c, const char *key)
{
	return find(c, key);
}

void cfg_set_string(struct cfg *c, const char *key, const char *val)
{
	struct cfg_entry *en = assign(c, key, "", 0);

	if (!en)
		abort();
	en->value.type = CFG_STRING;
	en->value.str = strdup(val);
}

void cfg_set_number(struct cfg *c, const char *key, long long val)
{
	struct cfg_entry *en = assign(c, key, "", 0);
	char text[32];

	if (!en)
		abort();
	snprintf(text, sizeof(text), "%lld", val);
	en->value.type = CFG_NUMBER;
	en->value.num = val;
	en->value.str = strdup(text);
}

void cfg_unset(struct cfg *c, const char *key)
{
	struct cfg_entry *en = find(c, key);

	if (!en)
		return;
	value_free(&en->value);
	free(en->key);
	free(en->file);
	*en = c->entries[--c->nr];
}

static void format_value(struct strbuf *b, const struct cfg_value *v)
{
	const char *p;
	size_t i;

	switch (v->type) {
	case CFG_NUMBER:
		strbuf_add(b, v->str);
		return;
	case CFG_STRING:
		strbuf_add_char(b, '"');
		for (p = v->str; *p; p++) {
			if (*p == '"' || *p == '\\')
				strbuf_printf(b, "\\%c", *p);
			else if ((unsigned char)*p < ' ' || *p == 127)
				strbuf_printf(b, "\\%03o", (unsigned char)*p);
			else
				strbuf_add_char(b, *p);
		}
		strbuf_add_char(b, '"');
		return;
	case CFG_LIST:
		strbuf_add(b, "[ ");
		for (i = 0; i < v->nr_items; i++) {
			if (i)
				strbuf_add(b, ", ");
			format_value(b, &v->items[i]);
		}
		strbuf_add(b, v->nr_items ? " ]" : "]");
		return;
	}
}

char *cfg_format(const struct cfg *c)
{
	struct strbuf b = STRBUF_INIT;
	size_t i;

	for (i = 0; i < c->nr; i++) {
		strbuf_printf(&b, "%s = ", c->entries[i].key);
		format_value(&b, &c->entries[i].value);
		strbuf_add_char(&b, '\n');
	}
	return strbuf_take(&b);
}

char *cfg_show(const struct cfg_value *v, char *buf, size_t size)
{
	struct strbuf b = STRBUF_INIT;
	char *text;

	format_value(&b, v);
	text = strbuf_take(&b);
	if (strlen(text) < size)
		strcpy(buf, text);
	else
		snprintf(buf, size, "%.*s...", (int)size - 4, text);
	free(text);
	return buf;
}

char *cfg_where(const struct cfg_entry *en, char *buf, size_t size)
{
	if (en->line)
		snprintf(buf, size, "%s:%u", en->file, en->line);
	else
		snprintf(buf, size, "%s", *en->file ? en->file : "config");
	return buf;
}
