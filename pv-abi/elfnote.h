/* SPDX-License-Identifier: MIT */
/*
 * ELF notes named "Xen" by which a kernel tells its loader how it wants to be started. Numbers are
 * stored in 4 or 8 bytes, texts end with NUL.
 */
#ifndef PV_ABI_ELFNOTE_H
#define PV_ABI_ELFNOTE_H

#define XEN_ELFNOTE_INFO               0  /* reserved */
#define XEN_ELFNOTE_ENTRY              1  /* virtual address of the first instruction */
#define XEN_ELFNOTE_HYPERCALL_PAGE     2  /* virtual address of a page to fill with stubs */
#define XEN_ELFNOTE_VIRT_BASE          3  /* virtual address at which the domain's memory starts */
#define XEN_ELFNOTE_PADDR_OFFSET       4  /* p_paddr minus this, plus VIRT_BASE, is the address */
#define XEN_ELFNOTE_XEN_VERSION        5  /* text: "xen-3.0" */
#define XEN_ELFNOTE_GUEST_OS           6  /* text */
#define XEN_ELFNOTE_GUEST_VERSION      7  /* text */
#define XEN_ELFNOTE_LOADER             8  /* text: "generic" */
#define XEN_ELFNOTE_PAE_MODE           9  /* text: "yes", "no"; 32-bit kernels */
#define XEN_ELFNOTE_FEATURES           10 /* text: a|!b|..., ! marks one that is demanded */
#define XEN_ELFNOTE_BSD_SYMTAB         11 /* text: "yes": put the symbol table behind the image */
#define XEN_ELFNOTE_HV_START_LOW       12 /* lowest address that the hypervisor may take */
#define XEN_ELFNOTE_L1_MFN_VALID       13 /* pairs mask, value: when an L1 entry holds an MFN */
#define XEN_ELFNOTE_SUSPEND_CANCEL     14 /* 1: the suspend hypercall may fail by returning 1 */
#define XEN_ELFNOTE_INIT_P2M           15 /* virtual address for the P2M list, mapped apart */
#define XEN_ELFNOTE_MOD_START_PFN      16 /* not 0: takes the module unmapped, by its PFN */
#define XEN_ELFNOTE_SUPPORTED_FEATURES 17 /* bits 1 << XENFEAT_* that the kernel can live with */
#define XEN_ELFNOTE_PHYS32_ENTRY       18 /* PVH: physical address of a 32-bit entry */

#define XEN_ELFNOTE_MAX XEN_ELFNOTE_PHYS32_ENTRY

/* In crash dumps of a host: versions and such of the hypervisor; registers of each CPU. */
#define XEN_ELFNOTE_CRASH_INFO 0x1000001
#define XEN_ELFNOTE_CRASH_REGS 0x1000002

/* In core files of a domain. */
#define XEN_ELFNOTE_DUMPCORE_NONE           0x2000000
#define XEN_ELFNOTE_DUMPCORE_HEADER         0x2000001 /* magic, vCPUs, pages, page size */
#define XEN_ELFNOTE_DUMPCORE_XEN_VERSION    0x2000002 /* what XENVER_* say */
#define XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION 0x2000003 /* 1 */

#endif /* PV_ABI_ELFNOTE_H */
