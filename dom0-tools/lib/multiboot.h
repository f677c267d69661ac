/* SPDX-License-Identifier: MIT */
/*
 * What a Multiboot kernel's file says, and the memory of the machine it is started in. [Multiboot 0.6.96]
 *
 * The file is hostile input, as for elf.h: multiboot_parse() checks every offset and length once and leaves behind only
 * values that are safe to use. Nothing here makes a hypercall, so that unit tests and fuzzing run all of it.
 */
#ifndef DOM0_TOOLS_LIB_MULTIBOOT_H
#define DOM0_TOOLS_LIB_MULTIBOOT_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define MULTIBOOT_MAX_SEGMENTS 64
#define MULTIBOOT_MAGIC 0x2badb002u	/* in eax, for the kernel */

/* Where a PC has its devices from: memory ends below. */
#define MULTIBOOT_MAX_MEMORY 0xc0000000u

struct multiboot_segment {
	uint32_t addr;			/* physical */
	const uint8_t *data;
	uint32_t filesz, memsz;
};

struct multiboot_kernel {
	struct multiboot_segment seg[MULTIBOOT_MAX_SEGMENTS];
	unsigned int nr_segs;
	uint32_t start, end;		/* first byte and last + 1 of all segments */
	uint32_t entry;
};

/* Returns 0, or -1 with what is wrong with the file. */
int multiboot_parse(struct multiboot_kernel *k, const uint8_t *file, size_t size, struct err *e);

/*
 * From low to high: the information structure with all it points to (one page), the kernel, the ramdisk, and at the
 * end of memory a page for XenStore, which the memory map calls reserved.
 */
struct multiboot_layout {
	uint64_t memory;		/* bytes */
	uint32_t info;
	uint32_t kernel, kernel_end;	/* whole pages */
	uint32_t ramdisk, ramdisk_size;	/* 0: none */
	uint32_t store;
};

/* Fails when the memory is too small or too large; the message says what would do. */
int multiboot_place(struct multiboot_layout *l, const struct multiboot_kernel *k, uint64_t ramdisk_size, uint64_t memory,
		    struct err *e);

/*
 * Write the page at l->info. Command lines begin with the file's name, as those of every Multiboot loader. Fails when they
 * do not fit.
 */
int multiboot_write_info(uint8_t *page, const struct multiboot_layout *l, const char *kernel, const char *cmdline,
			 const char *ramdisk, struct err *e);

#endif
