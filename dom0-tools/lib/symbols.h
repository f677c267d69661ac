/* SPDX-License-Identifier: MIT */
/* Names for a guest kernel's addresses, from its ELF file's symbol table when it has one. */
#ifndef DOM0_TOOLS_LIB_SYMBOLS_H
#define DOM0_TOOLS_LIB_SYMBOLS_H

#include "image.h"

struct symbol {
	uint64_t addr;
	const char *name;
};

struct symbols {
	struct image file;
	struct symbol *list;	/* functions by address */
	size_t nr;
};

/* From the file or from one beside it with .debug behind its name; neither: an empty table. */
void symbols_load(struct symbols *s, const char *path);
void symbols_free(struct symbols *s);
/* " <name+0x12>" in @buf, or an empty string. Returns @buf. */
char *symbols_format(const struct symbols *s, uint64_t addr, char *buf, size_t size);

#endif
