/* SPDX-License-Identifier: MIT
 *
 * What the boot loader told us, in one form for Multiboot 1 and 2.
 */
#ifndef HYPERVISOR_BOOT_BOOT_H
#define HYPERVISOR_BOOT_BOOT_H

#include "lib/types.h"

#define BOOT_MAX_RAM     128
#define BOOT_MAX_MODULES 32

struct boot_range {
	uint64_t start, end;            /* bytes, end exclusive */
	uint32_t type;                  /* E820: 1 RAM, 2 reserved, 3 ACPI, 4 NVS, 5 bad */
};

struct boot_module {
	uint64_t start, size;           /* machine address, bytes */
	const char *args;               /* the module's command line, kernel's name included */
};

struct boot_info {
	const char *cmdline;            /* hypervisor's arguments, without the image's name */
	unsigned int nr_ram;
	struct boot_range ram[BOOT_MAX_RAM];    /* sorted, not overlapping */
	unsigned int nr_modules;
	struct boot_module module[BOOT_MAX_MODULES];
	uint64_t rsdp;                  /* machine address of the ACPI RSDP, or 0: to be searched */
};

extern struct boot_info boot_info;

/* Hypervisor arguments. */
bool cmdline_find(const char *name, char *value, size_t size);  /* "name=value" or "name" (value "") */
bool cmdline_flag(const char *name);                            /* "name", "no-name", "name=0/1/yes/no/on/off/true/false" */
uint64_t parse_size(const char *s, const char **end);           /* 512M, 1G, 4096 (KiB when no suffix, as Xen) */

#endif
