/* SPDX-License-Identifier: MIT */
/*
 * Where everything lies in a new PV domain, and its first page tables. Pure computation: no
 * hypercall, so that unit tests can run it. [Xen public/xen.h, start-of-day memory layout]
 *
 * Frame numbers are the guest's own (PFN), contiguous from 0. Frame 0 is at virt_base; the initial
 * mapping is linear from there. From low to high:
 *
 *	kernel | ramdisk | p2m list | start_info | XenStore | console | page tables | stack | padding
 *
 * Two notes move things out of the mapping, behind the stack: MOD_START_PFN the ramdisk, INIT_P2M the
 * p2m list, which then gets a mapping, and page tables, of its own.
 */
#ifndef DOM0_TOOLS_LIB_LAYOUT_H
#define DOM0_TOOLS_LIB_LAYOUT_H

#include <stdint.h>

#include "elf.h"

struct layout_range {
	uint64_t pfn, pages;
};

struct layout {
	uint64_t virt_base;
	uint64_t init_p2m;		/* 0: the list is in the initial mapping */
	uint64_t nr_pages;		/* of the domain */
	struct layout_range kernel, ramdisk, p2m, tables, p2m_tables;
	uint64_t start_info, store, console, stack;
	uint64_t mapped_end;		/* first frame behind the initial mapping */
	uint64_t used_end;		/* first frame that the builder leaves alone */
	int ramdisk_by_pfn;
};

/* Fails when the domain's memory is too small; the message says how much would do. */
int layout_compute(struct layout *l, const struct elf_kernel *k, uint64_t ramdisk_size,
		   uint64_t nr_pages, struct err *e);

uint64_t layout_va(const struct layout *l, uint64_t pfn);

/*
 * Write the page tables. @table(ctx, pfn) gives the place where table frame pfn is written;
 * @p2m translates frame numbers. The L4 table is frame tables.pfn.
 */
void layout_write_tables(const struct layout *l, const uint64_t *p2m,
			 uint64_t *(*table)(void *ctx, uint64_t pfn), void *ctx);

#endif
