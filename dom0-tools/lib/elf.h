/* SPDX-License-Identifier: MIT */
/*
 * What a PV kernel's ELF file says: segments, and the Xen notes that describe how to start it.
 *
 * The file is hostile input. elf_parse() checks every offset and length against the file once and
 * leaves behind only values that are safe to use; nothing later looks at the headers again.
 * Sources: [ELF-64 1.5], [Xen public/elfnote.h].
 */
#ifndef DOM0_TOOLS_LIB_ELF_H
#define DOM0_TOOLS_LIB_ELF_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define ELF_MAX_SEGMENTS 64

struct elf_segment {
	uint64_t pfn_offset;	/* bytes from the domain's frame 0 */
	const uint8_t *data;
	uint64_t filesz, memsz;
};

struct elf_kernel {
	struct elf_segment seg[ELF_MAX_SEGMENTS];
	unsigned int nr_segs;

	/* From the notes, with their defaults applied. */
	char guest_os[32], guest_version[32], loader[16];
	uint64_t virt_base;	/* address where frame 0 is mapped */
	uint64_t virt_start;	/* first and last byte + 1 of the loaded kernel */
	uint64_t virt_end;
	uint64_t virt_entry;
	uint64_t hypercall_page;	/* 0: none */
	uint64_t init_p2m;		/* 0: the p2m list belongs into the initial mapping */
	int mod_start_pfn;		/* the ramdisk may lie outside of the initial mapping */
	int supervisor_mode;		/* wants supervisor_mode_kernel: we cannot give that */
};

/* Returns 0, or -1 with what is wrong with the file. */
int elf_parse(struct elf_kernel *k, const uint8_t *file, size_t size, struct err *e);

#endif
