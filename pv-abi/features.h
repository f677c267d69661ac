/* SPDX-License-Identifier: MIT */
/*
 * Feature bits, which the hypervisor reports (XENVER_get_features) and a kernel's ELF notes
 * demand.
 */
#ifndef PV_ABI_FEATURES_H
#define PV_ABI_FEATURES_H

#define XENFEAT_writable_page_tables       0  /* the guest may write its page tables freely */
#define XENFEAT_writable_descriptor_tables 1  /* and its descriptor tables */
#define XENFEAT_auto_translated_physmap    2  /* PFNs everywhere; the hypervisor translates */
#define XENFEAT_supervisor_mode_kernel     3  /* the guest kernel runs in ring 0 */
#define XENFEAT_pae_pgdir_above_4gb        4  /* an L3 may lie above 4 GB */
#define XENFEAT_mmu_pt_update_preserve_ad  5  /* MMU_PT_UPDATE_PRESERVE_AD exists */
#define XENFEAT_highmem_assist             6  /* clear and copy page exist */
#define XENFEAT_gnttab_map_avail_bits      7  /* grant mappings may carry available PTE bits */
#define XENFEAT_hvm_callback_vector        8
#define XENFEAT_hvm_safe_pvclock           9
#define XENFEAT_hvm_pirqs                  10
#define XENFEAT_dom0                       11 /* kernel can be a control domain; set for one */
#define XENFEAT_memory_op_vnode_supported  13
#define XENFEAT_ARM_SMCCC_supported        14
#define XENFEAT_linux_rsdp_unrestricted    15
#define XENFEAT_not_direct_mapped          16
#define XENFEAT_direct_mapped              17

#define XENFEAT_NR_SUBMAPS 1 /* words of 32 bits */

#endif /* PV_ABI_FEATURES_H */
