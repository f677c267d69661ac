/* SPDX-License-Identifier: MIT */
/*
 * What a PVH guest is handed: ebx has the physical address of this structure at its 32-bit entry
 * (ELF note PHYS32_ENTRY). All addresses are physical; 0 means that the thing is not there.
 * Version 0 ends before memmap_paddr.
 */
#ifndef PV_ABI_ARCH_X86_HVM_START_INFO_H
#define PV_ABI_ARCH_X86_HVM_START_INFO_H

#include "../../xen-compat.h"

#define XEN_HVM_START_MAGIC_VALUE 0x336ec578

/* As in ACPI's address ranges. */
#define XEN_HVM_MEMMAP_TYPE_RAM      1
#define XEN_HVM_MEMMAP_TYPE_RESERVED 2
#define XEN_HVM_MEMMAP_TYPE_ACPI     3
#define XEN_HVM_MEMMAP_TYPE_NVS      4
#define XEN_HVM_MEMMAP_TYPE_UNUSABLE 5
#define XEN_HVM_MEMMAP_TYPE_DISABLED 6
#define XEN_HVM_MEMMAP_TYPE_PMEM     7

#ifndef __ASSEMBLY__

struct hvm_start_info {
	uint32_t magic;
	uint32_t version; /* 1 */
	uint32_t flags;   /* SIF_* */
	uint32_t nr_modules;
	uint64_t modlist_paddr; /* of hvm_modlist_entry */
	uint64_t cmdline_paddr;
	uint64_t rsdp_paddr;
	uint64_t memmap_paddr;  /* of hvm_memmap_table_entry */
	uint32_t memmap_entries;
	uint32_t reserved;
};
PV_ABI_SIZE(struct hvm_start_info, 56);

struct hvm_modlist_entry {
	uint64_t paddr;
	uint64_t size;
	uint64_t cmdline_paddr;
	uint64_t reserved;
};
PV_ABI_SIZE(struct hvm_modlist_entry, 32);

struct hvm_memmap_table_entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type;
	uint32_t reserved;
};
PV_ABI_SIZE(struct hvm_memmap_table_entry, 24);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_ARCH_X86_HVM_START_INFO_H */
