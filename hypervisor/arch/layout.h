/* SPDX-License-Identifier: MIT
 *
 * The virtual address space that every page table has in common: sixteen L4
 * slots, 256 to 271, that the ABI gives to the hypervisor. Guests own the rest.
 * Also included by assembly and by the linker script.
 *
 *   slot 256  ffff800000000000  machine-to-physical table, read-only for guests (fixed by the ABI)
 *   slot 257  ffff808000000000  the same table, writable, for the hypervisor only
 *   slot 260  ffff820000000000  per-domain area: GDT and LDT windows of its vCPUs (L4 entry per domain)
 *   slot 261  ffff828000000000  the hypervisor's own: frame table, vmap, image
 *   slot 262+ ffff830000000000  direct map of all RAM, 5 TiB
 *
 * [Xen public/arch-x86/xen-x86_64.h]
 */
#ifndef HYPERVISOR_ARCH_LAYOUT_H
#define HYPERVISOR_ARCH_LAYOUT_H

#ifdef __ASSEMBLER__
#define UL_(x) x
#else
#define UL_(x) x##UL
#endif

#define HV_FIRST_SLOT      256
#define HV_LAST_SLOT       271
#define HV_VIRT_START      UL_(0xffff800000000000)
#define HV_VIRT_END        UL_(0xffff880000000000)

#define M2P_RO_START       UL_(0xffff800000000000)
#define M2P_RW_START       UL_(0xffff808000000000)
#define M2P_SIZE           UL_(0x0000004000000000)

#define PERDOMAIN_SLOT     260
#define PERDOMAIN_START    UL_(0xffff820000000000)
/* Each vCPU has a window of 32 pages there: 16 for its GDT, then 16 for its LDT. */
#define GDT_WINDOW_PAGES   16
#define LDT_WINDOW_PAGES   16
#define VCPU_WINDOW_SHIFT  17
#define GDT_WINDOW(vcpu_id) (PERDOMAIN_START + ((unsigned long)(vcpu_id) << VCPU_WINDOW_SHIFT))
#define LDT_WINDOW(vcpu_id) (GDT_WINDOW(vcpu_id) + GDT_WINDOW_PAGES * 4096UL)

#define FRAMETABLE_START   UL_(0xffff828000000000)
#define VMAP_START         UL_(0xffff82c000000000)  /* device registers, guard-paged stacks */
#define VMAP_END           UL_(0xffff82c040000000)
#define IMAGE_START        UL_(0xffff82d040000000)  /* = IMAGE_PHYS */
#define IMAGE_PHYS         UL_(0x200000)

#define DIRECTMAP_START    UL_(0xffff830000000000)
#define DIRECTMAP_END      UL_(0xffff880000000000)

/*
 * Selectors. A guest's GDT has 14 frames of its own; page 14 of the window is
 * the CPU's own table (flat segments of the ABI at 0xe0xx, ours, and the TSS).
 */
#define FIRST_RESERVED_GDT_PAGE  14
#define FIRST_RESERVED_GDT_BYTE  (FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY (FIRST_RESERVED_GDT_BYTE / 8)
#define HV_CS64            0xe008
#define HV_DS              0xe010
#define SEL_RING1_CS32     0xe019
#define SEL_RING3_CS32     0xe023  /* FLAT_RING3_CS32 */
#define SEL_RING3_DS       0xe02b  /* FLAT_RING3_DS32, FLAT_RING3_SS */
#define SEL_RING3_CS64     0xe033  /* FLAT_RING3_CS64 */
#define HV_TSS             0xe040
#define HV_LDT             0xe050

#define HV_STACK_SIZE      (8 * 4096)
#define IST_STACK_SIZE     4096
#define IST_NMI            1
#define IST_DF             2
#define IST_MCE            3
#define IST_DB             4

#endif
