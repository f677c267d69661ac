/* SPDX-License-Identifier: MIT */
/*
 * The 64-bit PV machine: selectors that every guest has, where the hypervisor lives in the guest's
 * address space, segment bases, the frame that iret takes and the register frame that control
 * operations show.
 */
#include "../xen.h"

#ifndef PV_ABI_ARCH_X86_XEN_X86_64_H
#define PV_ABI_ARCH_X86_XEN_X86_64_H

/*
 * Flat descriptors in the reserved pages of every guest's GDT. They have RPL 3: guest kernel and
 * guest user both run in ring 3, and only the page tables (and which of the two base pointers is
 * loaded) tell them apart. A null data selector is fine in 64-bit mode.
 */
#define FLAT_RING3_CS32 0xe023
#define FLAT_RING3_CS64 0xe033
#define FLAT_RING3_DS32 0xe02b
#define FLAT_RING3_DS64 0x0000
#define FLAT_RING3_SS32 0xe02b
#define FLAT_RING3_SS64 0xe02b

#define FLAT_KERNEL_CS64 FLAT_RING3_CS64
#define FLAT_KERNEL_CS32 FLAT_RING3_CS32
#define FLAT_KERNEL_CS   FLAT_KERNEL_CS64
#define FLAT_KERNEL_DS64 FLAT_RING3_DS64
#define FLAT_KERNEL_DS32 FLAT_RING3_DS32
#define FLAT_KERNEL_DS   FLAT_KERNEL_DS64
#define FLAT_KERNEL_SS64 FLAT_RING3_SS64
#define FLAT_KERNEL_SS32 FLAT_RING3_SS32
#define FLAT_KERNEL_SS   FLAT_KERNEL_SS64

#define FLAT_USER_CS64 FLAT_RING3_CS64
#define FLAT_USER_CS32 FLAT_RING3_CS32
#define FLAT_USER_CS   FLAT_USER_CS64
#define FLAT_USER_DS64 FLAT_RING3_DS64
#define FLAT_USER_DS32 FLAT_RING3_DS32
#define FLAT_USER_DS   FLAT_USER_DS64
#define FLAT_USER_SS64 FLAT_RING3_SS64
#define FLAT_USER_SS32 FLAT_RING3_SS32
#define FLAT_USER_SS   FLAT_USER_SS64

/*
 * L4 slots 256 to 271 belong to the hypervisor in every guest address space. The guest cannot map
 * anything there; it may read the machine-to-physical table, an array of unsigned long indexed by
 * MFN, at the start of the hole.
 */
#define __HYPERVISOR_VIRT_START 0xFFFF800000000000
#define __HYPERVISOR_VIRT_END   0xFFFF880000000000
#define __MACH2PHYS_VIRT_START  0xFFFF800000000000
#define __MACH2PHYS_VIRT_END    0xFFFF804000000000

#ifndef HYPERVISOR_VIRT_START
#define HYPERVISOR_VIRT_START xen_mk_ulong(__HYPERVISOR_VIRT_START)
#define HYPERVISOR_VIRT_END   xen_mk_ulong(__HYPERVISOR_VIRT_END)
#endif

#define MACH2PHYS_VIRT_START xen_mk_ulong(__MACH2PHYS_VIRT_START)
#define MACH2PHYS_VIRT_END   xen_mk_ulong(__MACH2PHYS_VIRT_END)
#define MACH2PHYS_NR_ENTRIES ((MACH2PHYS_VIRT_END - MACH2PHYS_VIRT_START) >> 3)

#ifndef machine_to_phys_mapping
#define machine_to_phys_mapping ((unsigned long *)HYPERVISOR_VIRT_START)
#endif

/*
 * HYPERVISOR_set_segment_base(which, base). A base must be canonical, else -EINVAL.
 * For GS_USER_SEL the argument is a selector to load into the user's %gs, not a base.
 */
#define SEGBASE_FS          0
#define SEGBASE_GS_USER     1
#define SEGBASE_GS_KERNEL   2
#define SEGBASE_GS_USER_SEL 3

/*
 * iret_context.flags. Set: the frame was built at a system call, so rcx and r11 may stay as they
 * are and a fast return may be used. Clear: rcx and r11 are restored from the frame.
 */
#define _VGCF_in_syscall 8
#define VGCF_in_syscall  (1 << _VGCF_in_syscall)
#define VGCF_IN_SYSCALL  VGCF_in_syscall

#ifndef __ASSEMBLY__

/*
 * HYPERVISOR_iret takes no register argument: the guest kernel's stack points at this. RPL of cs
 * says where to go: with RPL 3 to user mode (the hypervisor switches to the user base pointer and
 * the user %gs); with RPL less than 3, as in the frames that the hypervisor pushed, to the
 * kernel. The interrupt flag in rflags becomes the inverse of the vCPU's upcall mask.
 */
struct iret_context {
	uint64_t rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
	/* The frame that the hypervisor pushed for a trap starts at rcx, r11, then (error code) rip. */
};

/*
 * All integer registers of a vCPU, in the order in which an exception entry stores them. Xen's
 * tools may also say eax, ax, al... for parts of a register; this header has the 64-bit names
 * alone.
 */
struct cpu_user_regs {
	uint64_t r15;
	uint64_t r14;
	uint64_t r13;
	uint64_t r12;
	uint64_t rbp;
	uint64_t rbx;
	uint64_t r11;
	uint64_t r10;
	uint64_t r9;
	uint64_t r8;
	uint64_t rax;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t rsi;
	uint64_t rdi;
	uint32_t error_code;
	uint32_t entry_vector;
	uint64_t rip;
	uint16_t cs, _pad0[1];
	uint8_t saved_upcall_mask; /* the vCPU's upcall mask at entry; above cs in a trap frame */
	uint8_t _pad1[3];
	uint64_t rflags; /* rflags.IF shows the inverse of saved_upcall_mask */
	uint64_t rsp;
	uint16_t ss, _pad2[3];
	uint16_t es, _pad3[3];
	uint16_t ds, _pad4[3];
	uint16_t fs, _pad5[3];
	uint16_t gs, _pad6[3];
};
typedef struct cpu_user_regs cpu_user_regs_t;
DEFINE_XEN_GUEST_HANDLE(cpu_user_regs_t);

PV_ABI_SIZE(struct iret_context, 72);
PV_ABI_SIZE(struct cpu_user_regs, 200);
PV_ABI_OFFSET(struct cpu_user_regs, error_code, 120);
PV_ABI_OFFSET(struct cpu_user_regs, rip, 128);
PV_ABI_OFFSET(struct cpu_user_regs, saved_upcall_mask, 140);
PV_ABI_OFFSET(struct cpu_user_regs, rsp, 152);

/* ctrlreg[3] and [1] of a vcpu_guest_context hold base pointers in this form. */
#define xen_pfn_to_cr3(pfn) ((unsigned long)(pfn) << 12)
#define xen_cr3_to_pfn(cr3) ((unsigned long)(cr3) >> 12)

/* cr2 is the address of the last page fault that was bounced to this vCPU. */
struct arch_vcpu_info {
	unsigned long cr2;
	unsigned long pad;
};
typedef struct arch_vcpu_info arch_vcpu_info_t;

typedef unsigned long xen_callback_t; /* linear address of a callback's first instruction */

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_ARCH_X86_XEN_X86_64_H */
