/* SPDX-License-Identifier: MIT */
/* Names for a guest kernel's addresses: see symbols.h. The file is checked as hostile input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

struct shdr {
	uint32_t name, type;
	uint64_t flags, addr, offset, size;
	uint32_t link, info;
	uint64_t addralign, entsize;
};

struct sym {
	uint32_t name;
	uint8_t info, other;
	uint16_t shndx;
	uint64_t value, size;
};

#define SHT_SYMTAB 2
#define SHT_STRTAB 3
#define STT_FUNC 2
/* Beyond a function's start, an address is no longer inside it. */
#define MAX_OFFSET 0x10000

static int get_section(const struct image *f, uint32_t i, struct shdr *sh)
{
	uint64_t shoff;
	uint16_t size, num;

	memcpy(&shoff, f->data + 40, 8);
	memcpy(&size, f->data + 58, 2);
	memcpy(&num, f->data + 60, 2);
	if (i >= num || size < sizeof(*sh) || shoff > f->size || (uint64_t)num * size > f->size - shoff)
		return 0;
	memcpy(sh, f->data + shoff + (uint64_t)i * size, sizeof(*sh));
	return sh->type == 8 || (sh->offset <= f->size && sh->size <= f->size - sh->offset);
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void read_table(struct symbols *s, const struct shdr *tab, const struct shdr *str)
{
	const char *names = (const char *)s->file.data + str->offset;
	uint64_t i, n = tab->size / sizeof(struct sym);

	if (!str->size || names[str->size - 1])
		return;
	s->list = calloc(n + 1, sizeof(*s->list));
	for (i = 0; s->list && i < n; i++) {
		struct sym sym;

		memcpy(&sym, s->file.data + tab->offset + i * sizeof(sym), sizeof(sym));
		/* Functions, and labels of assembly code */
		if ((sym.info & 15) > STT_FUNC || (sym.info & 15) == 1 || !sym.shndx ||
		    sym.shndx >= 0xff00 || sym.name >= str->size || !names[sym.name])
			continue;
		s->list[s->nr++] = (struct symbol){ sym.value, names + sym.name };
	}
	qsort(s->list, s->nr, sizeof(*s->list), by_address);
}

static void load(struct symbols *s, const char *path)
{
	struct err ignored = ERR_INIT;
	struct shdr tab, str;
	uint32_t i;

	memset(s, 0, sizeof(*s));
	if (image_read(&s->file, path, "kernel", &ignored))
		return;
	/* A packed kernel's table is not worth unpacking: distributions strip it. */
	if (s->file.size < 64 || memcmp(s->file.data, "\177ELF\2", 5))
		return;
	for (i = 0; i < 65535 && get_section(&s->file, i, &tab); i++) {
		if (tab.type == SHT_SYMTAB && get_section(&s->file, tab.link, &str) && str.type == SHT_STRTAB) {
			read_table(s, &tab, &str);
			return;
		}
	}
}

void symbols_load(struct symbols *s, const char *path)
{
	char debug[512];

	load(s, path);
	if (s->nr)
		return;
	/* A stripped kernel's table lies beside it. */
	symbols_free(s);
	snprintf(debug, sizeof(debug), "%s.debug", path);
	load(s, debug);
}

void symbols_free(struct symbols *s)
{
	free(s->list);
	image_free(&s->file);
	memset(s, 0, sizeof(*s));
}

char *symbols_format(const struct symbols *s, uint64_t addr, char *buf, size_t size)
{
	size_t lo = 0, hi = s->nr;

	buf[0] = 0;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (s->list[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo && addr - s->list[lo - 1].addr < MAX_OFFSET)
		snprintf(buf, size, " <%s+0x%llx>", s->list[lo - 1].name,
			 (unsigned long long)(addr - s->list[lo - 1].addr));
	return buf;
}
