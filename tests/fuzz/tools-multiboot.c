/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the reader of Multiboot kernels. What it accepts must lie inside the file and below the machine's
 * devices, and can be placed in memory of some size; the page of information is whole.
 *
 * LINK: dom0-tools/lib/multiboot.c dom0-tools/lib/err.c
 */
#include <string.h>

#include "fuzz.h"
#include "dom0-tools/lib/multiboot.h"

static void place(const struct multiboot_kernel *k, const uint8_t *data, size_t size)
{
	struct err e = ERR_INIT;
	struct multiboot_layout l;
	uint8_t page[4096];
	uint64_t memory = size > 8 ? (uint64_t)data[7] << 24 | 0x200000 : 0, ramdisk = size > 8 ? (uint64_t)data[8] << 18 : 0;

	if (multiboot_place(&l, k, ramdisk, memory, &e)) {
		MUST(e.text[0]);
		return;
	}
	MUST(l.kernel <= k->start && l.kernel_end >= k->end && (uint64_t)l.ramdisk + l.ramdisk_size <= l.store);
	MUST(!l.ramdisk || l.ramdisk >= l.kernel_end);
	MUST(l.store + 4096ull <= memory && l.info + 4096 <= l.kernel);
	MUST(!multiboot_write_info(page, &l, "kernel", "a b", "ramdisk", &e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct multiboot_kernel k;
	struct err e = ERR_INIT;

	if (multiboot_parse(&k, data, size, &e)) {
		MUST(e.text[0]);
		return 0;
	}
	MUST(k.nr_segs && k.nr_segs <= MULTIBOOT_MAX_SEGMENTS && k.entry >= k.start && k.entry < k.end);
	MUST(k.start >= 0x100000 && k.end <= MULTIBOOT_MAX_MEMORY);
	for (unsigned int i = 0; i < k.nr_segs; i++) {
		const uint8_t *p = k.seg[i].data;

		MUST(k.seg[i].filesz <= k.seg[i].memsz && k.seg[i].addr >= k.start && k.seg[i].addr + k.seg[i].memsz <= k.end);
		MUST(!k.seg[i].filesz || (p >= data && k.seg[i].filesz <= (size_t)(data + size - p)));
	}
	place(&k, data, size);
	return 0;
}
