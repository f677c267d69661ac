/* SPDX-License-Identifier: MIT
 *
 * The builder of boot domains: one PV64 kernel with an optional module, in memory
 * of its own, ready to run. Only used while the hypervisor starts.
 */
#ifndef HYPERVISOR_PV_BUILDER_H
#define HYPERVISOR_PV_BUILDER_H

#include "boot/boot.h"
#include "core/domain.h"
#include "lib/elf.h"

struct boot_domain {
	domid_t domid;
	bool privileged;
	char name[DOMAIN_NAME_MAX];
	struct boot_module kernel, ramdisk;     /* ramdisk.size 0: none */
	const char *cmdline;
	uint64_t memory;                        /* bytes; 0: what is there, less a reserve */
	unsigned int max_vcpus;
	xen_domain_handle_t handle;
};

/* 0 and *out, paused by its creation; or -errno, with what is wrong, for the person at the console, in why. */
int build_boot_domain(const struct boot_domain *b, struct domain **out, char *why, size_t why_size);

/* pv/image.c: the ELF inside a kernel file. *elf may be the file itself, or memory to give back by image_release(). */
struct kernel_image {
	const void *elf;
	size_t size;
	void *buffer;
	size_t buffer_size;
};
int image_open(const void *file, size_t size, struct kernel_image *img, char *why, size_t why_size);
void image_release(struct kernel_image *img);

#endif
