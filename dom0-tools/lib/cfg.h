/* SPDX-License-Identifier: MIT */
/*
 * Domain configs in xl.cfg's syntax: assignments of strings, numbers and lists.
 *
 *	name = "web"			# comment
 *	memory = 64; vcpus = 2		; separates, as a newline does
 *	disk = [ "a", 'b', [ 1, 2 ] ]
 *	extra += " quiet"
 *
 * A later assignment to a key replaces an earlier one. This level knows no key: meaning is domcfg.h's.
 */
#ifndef DOM0_TOOLS_LIB_CFG_H
#define DOM0_TOOLS_LIB_CFG_H

#include <stddef.h>

#include "err.h"

enum cfg_type { CFG_STRING, CFG_NUMBER, CFG_LIST };

struct cfg_value {
	enum cfg_type type;
	char *str;			/* string, or a number's spelling */
	long long num;
	struct cfg_value *items;	/* list */
	size_t nr_items;
};

struct cfg_entry {
	char *key;
	struct cfg_value value;
	char *file;			/* where it was assigned */
	unsigned int line;		/* 0: on the command line */
};

struct cfg {
	struct cfg_entry *entries;
	size_t nr;
};

/* Parse @text of @len bytes, adding to @c. Messages begin "FILE:LINE: ". */
int cfg_parse(struct cfg *c, const char *file, const char *text, size_t len, struct err *e);
int cfg_parse_file(struct cfg *c, const char *path, struct err *e);
/* One "key=value" of a command line; a bare word is a string there. May hold several, by ';'. */
int cfg_parse_override(struct cfg *c, const char *text, struct err *e);
void cfg_free(struct cfg *c);

const struct cfg_entry *cfg_find(const struct cfg *c, const char *key);
/* Assign a string or a number, for programs that make configs. */
void cfg_set_string(struct cfg *c, const char *key, const char *val);
void cfg_set_number(struct cfg *c, const char *key, long long val);
void cfg_unset(struct cfg *c, const char *key);

/* Write as text that cfg_parse() reads back; returns malloc'ed. */
char *cfg_format(const struct cfg *c);
/* A value as it would be written in a config, shortened with "..." beyond @size. Returns @buf. */
char *cfg_show(const struct cfg_value *v, char *buf, size_t size);

/* "FILE:LINE" or "command line". Returns @buf. */
char *cfg_where(const struct cfg_entry *en, char *buf, size_t size);

#endif
