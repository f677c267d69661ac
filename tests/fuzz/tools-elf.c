/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the domain builder's reader of kernels, and of their symbol tables. What it accepts
 * must lie inside the file and inside what the domain's first mapping can hold.
 *
 * CFLAGS: -D_GNU_SOURCE
 * LINK: dom0-tools/lib/elf.c dom0-tools/lib/err.c
 */
#include <string.h>

#include "fuzz.h"
#include "dom0-tools/lib/elf.h"
#include "dom0-tools/lib/symbols.c"

static struct image now;

int image_read(struct image *img, const char *path, const char *what, struct err *e)
{
	*img = now;
	return now.data ? 0 : -1;
}

void image_free(struct image *img)
{
	memset(img, 0, sizeof(*img));
}

static void symbols(const uint8_t *data, size_t size)
{
	struct symbols s;
	char buf[64];

	now = (struct image){ .data = (uint8_t *)(uintptr_t)data, .size = size };
	symbols_load(&s, "kernel");
	for (size_t i = 0; i < s.nr; i++)
		MUST(strlen(symbols_format(&s, s.list[i].addr + 1, buf, sizeof(buf))) < sizeof(buf));
	symbols_format(&s, ~0ULL, buf, sizeof(buf));
	symbols_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_kernel k;
	struct err e = ERR_INIT;

	symbols(data, size);
	if (elf_parse(&k, data, size, &e)) {
		MUST(e.text[0]);
		return 0;
	}
	MUST(k.nr_segs <= ELF_MAX_SEGMENTS && k.virt_start <= k.virt_end);
	for (unsigned int i = 0; i < k.nr_segs; i++) {
		const uint8_t *p = k.seg[i].data;

		MUST(k.seg[i].filesz <= k.seg[i].memsz && k.seg[i].pfn_offset + k.seg[i].memsz >= k.seg[i].memsz);
		MUST(!k.seg[i].filesz || (p >= data && k.seg[i].filesz <= (size_t)(data + size - p)));
	}
	MUST(memchr(k.guest_os, 0, sizeof(k.guest_os)) && memchr(k.loader, 0, sizeof(k.loader)));
	return 0;
}
