/* SPDX-License-Identifier: MIT */
/* Building a domain: from an empty one to one that is ready to be unpaused. */
#ifndef DOM0_TOOLS_LIB_BUILDER_H
#define DOM0_TOOLS_LIB_BUILDER_H

#include "hcall.h"
#include "elf.h"
#include "image.h"
#include "multiboot.h"

struct build {
	/* in */
	domid_t dom;
	const char *kernel, *ramdisk;	/* paths; ramdisk may be NULL */
	const char *cmdline;
	uint64_t nr_pages;
	/* out */
	evtchn_port_t store_port, console_port;
	xen_pfn_t store_mfn, console_mfn;	/* 0: it has no console ring */
	char guest_os[32];
};

/* Kernel and ramdisk as read from disk, checked before any domain exists. */
struct build_images {
	struct image kernel, ramdisk;
	struct elf_kernel *elf;			/* of a PV kernel */
	struct multiboot_kernel *multiboot;	/* of one that is to be fully virtualized */
};

enum build_kind { BUILD_PV, BUILD_HVM };

/* Read, unpack and parse; messages name the file. */
int build_load(struct build_images *im, enum build_kind kind, const char *kernel, const char *ramdisk, struct err *e);
void build_unload(struct build_images *im);

/* Fill the domain, whose vCPUs and memory limit are set. The caller destroys it on failure. */
int build_pv(struct hcall *h, struct build *b, const struct build_images *im, struct err *e);
int build_hvm(struct hcall *h, struct build *b, const struct build_images *im, struct err *e);

#endif
