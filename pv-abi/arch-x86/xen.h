/* SPDX-License-Identifier: MIT */
/*
 * What is particular to x86: guest handles, trap tables, a vCPU's whole register state, the
 * architecture's part of the shared page, forced-prefix CPUID.
 */
#include "../xen.h"

#ifndef PV_ABI_ARCH_X86_XEN_H
#define PV_ABI_ARCH_X86_XEN_H

#ifndef __ASSEMBLY__

/*
 * A guest handle is a pointer in the guest's address space, wrapped so that nobody who runs
 * elsewhere dereferences it by accident. XEN_GUEST_HANDLE(T) names the type; there is a const_T
 * for each T. The _64 form has 64 bits in every guest mode and is used by the control operations.
 */
#define ___DEFINE_XEN_GUEST_HANDLE(name, type) \
	typedef struct { type *p; } __guest_handle_##name
#define __DEFINE_XEN_GUEST_HANDLE(name, type) \
	___DEFINE_XEN_GUEST_HANDLE(name, type); \
	___DEFINE_XEN_GUEST_HANDLE(const_##name, const type)
#define DEFINE_XEN_GUEST_HANDLE(name) __DEFINE_XEN_GUEST_HANDLE(name, name)
#define __XEN_GUEST_HANDLE(name) __guest_handle_##name
#define XEN_GUEST_HANDLE(name) __XEN_GUEST_HANDLE(name)
#define XEN_GUEST_HANDLE_PARAM(name) XEN_GUEST_HANDLE(name)
#define XEN_GUEST_HANDLE_64(name) XEN_GUEST_HANDLE(name)

#define set_xen_guest_handle_raw(hnd, val) do { (hnd).p = val; } while (0)
#define set_xen_guest_handle(hnd, val) set_xen_guest_handle_raw(hnd, val)

/* 64-bit integers aligned to 8 in 32-bit guests too. */
#define uint64_aligned_t uint64_t
#define int64_aligned_t int64_t

#endif /* !__ASSEMBLY__ */

#include "xen-x86_64.h"

#ifndef __ASSEMBLY__
typedef unsigned long xen_pfn_t; /* a frame number; the field's name says whose */
#define PRI_xen_pfn "lx"
#define PRIu_xen_pfn "lu"

typedef unsigned long xen_ulong_t;
#define PRI_xen_ulong "lx"
#endif

#define XEN_HAVE_PV_GUEST_ENTRY 1
#define XEN_HAVE_PV_UPCALL_MASK 1

/* GDT pages 14 and 15 are the hypervisor's; a guest may use entries 0 to 7167. */
#define FIRST_RESERVED_GDT_PAGE  14
#define FIRST_RESERVED_GDT_BYTE  (FIRST_RESERVED_GDT_PAGE * 4096)
#define FIRST_RESERVED_GDT_ENTRY (FIRST_RESERVED_GDT_BYTE / 8)

/* vCPUs whose vcpu_info has a place in the shared page. Others register one before going up. */
#define XEN_LEGACY_MAX_VCPUS 32

#ifndef __ASSEMBLY__

/*
 * HYPERVISOR_set_trap_table(traps): array that ends with an entry of address 0. A null pointer
 * clears the table. Entries are validated one by one; those before a bad one stay installed.
 * flags: bits 0-1 are the least privileged ring that may raise the vector by INT n (0 kernel only,
 * 3 user too); bit 2 masks events on entry, as an interrupt gate would.
 */
#define TI_GET_DPL(_ti) ((_ti)->flags & 3)
#define TI_GET_IF(_ti) ((_ti)->flags & 4)
#define TI_SET_DPL(_ti, _dpl) ((_ti)->flags |= (_dpl))
#define TI_SET_IF(_ti, _if) ((_ti)->flags |= ((!!(_if)) << 2))

struct trap_info {
	uint8_t vector;
	uint8_t flags;
	uint16_t cs; /* RPL is adjusted to the guest's ring */
	unsigned long address;
};
typedef struct trap_info trap_info_t;
DEFINE_XEN_GUEST_HANDLE(trap_info_t);
PV_ABI_SIZE(struct trap_info, 16);

typedef uint64_t tsc_timestamp_t;

/*
 * A vCPU's whole state: argument of VCPUOP_initialise and of the domctls that get and set it. For
 * a PV vCPU to be started: user_regs (rip, rsp, selectors, rflags), trap_ctxt, gdt_frames (MFNs)
 * and gdt_ents, kernel_ss/sp, ctrlreg[3] (kernel base pointer), ctrlreg[1] (user base pointer or
 * 0), callbacks, segment bases. ctrlreg[0] and [4] are filtered by the hypervisor.
 */
struct vcpu_guest_context {
	struct {
		char x[512];
	} fpu_ctxt; /* FXSAVE image, if VGCF_i387_valid */
#define VGCF_I387_VALID (1 << 0)
#define VGCF_IN_KERNEL (1 << 2)
#define _VGCF_i387_valid 0
#define VGCF_i387_valid (1 << _VGCF_i387_valid)
#define _VGCF_in_kernel 2
#define VGCF_in_kernel (1 << _VGCF_in_kernel)
#define _VGCF_failsafe_disables_events 3
#define VGCF_failsafe_disables_events (1 << _VGCF_failsafe_disables_events)
#define _VGCF_syscall_disables_events 4
#define VGCF_syscall_disables_events (1 << _VGCF_syscall_disables_events)
#define _VGCF_online 5
#define VGCF_online (1 << _VGCF_online)
	unsigned long flags;
	struct cpu_user_regs user_regs;
	struct trap_info trap_ctxt[256];
	unsigned long ldt_base, ldt_ents;
	unsigned long gdt_frames[16], gdt_ents;
	unsigned long kernel_ss, kernel_sp; /* stack loaded on entry from user mode */
	unsigned long ctrlreg[8];
	unsigned long debugreg[8];
	unsigned long event_callback_eip;
	unsigned long failsafe_callback_eip;
	unsigned long syscall_callback_eip;
	unsigned long vm_assist; /* mask of VMASST_TYPE_*; domain-wide */
	uint64_t fs_base;
	uint64_t gs_base_kernel;
	uint64_t gs_base_user;
};
typedef struct vcpu_guest_context vcpu_guest_context_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_guest_context_t);
PV_ABI_SIZE(struct vcpu_guest_context, 5168);
PV_ABI_OFFSET(struct vcpu_guest_context, user_regs, 520);
PV_ABI_OFFSET(struct vcpu_guest_context, trap_ctxt, 720);
PV_ABI_OFFSET(struct vcpu_guest_context, ctrlreg, 4984);
PV_ABI_OFFSET(struct vcpu_guest_context, gs_base_user, 5160);

/*
 * The guest's own description of its P2M, for tools that save or dump it; the hypervisor reads
 * none of it. Either the frame list (three levels, MFNs) or the virtual mapping (p2m_cr3 not 0:
 * array at p2m_vaddr in the address space p2m_cr3). p2m_generation is odd while it changes.
 */
struct arch_shared_info {
	unsigned long max_pfn; /* one past the last PFN in the list */
	xen_pfn_t pfn_to_mfn_frame_list_list;
	unsigned long nmi_reason; /* XEN_NMIREASON_*, written by the hypervisor for domain 0 */
	unsigned long p2m_cr3;
	unsigned long p2m_vaddr;
	unsigned long p2m_generation;
};
typedef struct arch_shared_info arch_shared_info_t;
PV_ABI_SIZE(struct arch_shared_info, 48);

/* Architecture's part of XEN_DOMCTL_createdomain. A PV domain has no emulation flag but PIT. */
struct xen_arch_domainconfig {
#define _XEN_X86_EMU_LAPIC 0
#define XEN_X86_EMU_LAPIC (1U << _XEN_X86_EMU_LAPIC)
#define _XEN_X86_EMU_HPET 1
#define XEN_X86_EMU_HPET (1U << _XEN_X86_EMU_HPET)
#define _XEN_X86_EMU_PM 2
#define XEN_X86_EMU_PM (1U << _XEN_X86_EMU_PM)
#define _XEN_X86_EMU_RTC 3
#define XEN_X86_EMU_RTC (1U << _XEN_X86_EMU_RTC)
#define _XEN_X86_EMU_IOAPIC 4
#define XEN_X86_EMU_IOAPIC (1U << _XEN_X86_EMU_IOAPIC)
#define _XEN_X86_EMU_PIC 5
#define XEN_X86_EMU_PIC (1U << _XEN_X86_EMU_PIC)
#define _XEN_X86_EMU_VGA 6
#define XEN_X86_EMU_VGA (1U << _XEN_X86_EMU_VGA)
#define _XEN_X86_EMU_IOMMU 7
#define XEN_X86_EMU_IOMMU (1U << _XEN_X86_EMU_IOMMU)
#define _XEN_X86_EMU_PIT 8
#define XEN_X86_EMU_PIT (1U << _XEN_X86_EMU_PIT)
#define _XEN_X86_EMU_USE_PIRQ 9
#define XEN_X86_EMU_USE_PIRQ (1U << _XEN_X86_EMU_USE_PIRQ)
#define _XEN_X86_EMU_VPCI 10
#define XEN_X86_EMU_VPCI (1U << _XEN_X86_EMU_VPCI)
#define XEN_X86_EMU_ALL (XEN_X86_EMU_LAPIC | XEN_X86_EMU_HPET | XEN_X86_EMU_PM | XEN_X86_EMU_RTC | \
			 XEN_X86_EMU_IOAPIC | XEN_X86_EMU_PIC | XEN_X86_EMU_VGA | \
			 XEN_X86_EMU_IOMMU | XEN_X86_EMU_PIT | XEN_X86_EMU_USE_PIRQ | \
			 XEN_X86_EMU_VPCI)
	uint32_t emulation_flags;
#define XEN_X86_MSR_RELAXED (1u << 0) /* unknown MSRs read as 0 instead of faulting */
	uint32_t misc_flags;
};
#define XEN_X86_MISC_FLAGS_MAX XEN_X86_MSR_RELAXED
PV_ABI_SIZE(struct xen_arch_domainconfig, 8);

/* One CPUID leaf of a domain's policy; subleaf is XEN_CPUID_NO_SUBLEAF where a leaf has none. */
typedef struct xen_cpuid_leaf {
#define XEN_CPUID_NO_SUBLEAF 0xffffffffu
	uint32_t leaf, subleaf;
	uint32_t a, b, c, d;
} xen_cpuid_leaf_t;
DEFINE_XEN_GUEST_HANDLE(xen_cpuid_leaf_t);
PV_ABI_SIZE(struct xen_cpuid_leaf, 24);

typedef struct xen_msr_entry {
	uint32_t idx;
	uint32_t flags; /* reserved, 0 */
	uint64_t val;
} xen_msr_entry_t;
DEFINE_XEN_GUEST_HANDLE(xen_msr_entry_t);
PV_ABI_SIZE(struct xen_msr_entry, 16);

#endif /* !__ASSEMBLY__ */

/*
 * CPUID does not trap from ring 3 on every machine. With this prefix (ud2, then "xen") in front
 * the instruction faults instead, and the hypervisor emulates it with the guest's own policy.
 */
#ifdef __ASSEMBLY__
#define XEN_EMULATE_PREFIX .byte 0x0f, 0x0b, 0x78, 0x65, 0x6e ;
#define XEN_CPUID XEN_EMULATE_PREFIX cpuid
#else
#define XEN_EMULATE_PREFIX ".byte 0x0f,0x0b,0x78,0x65,0x6e ; "
#define XEN_CPUID XEN_EMULATE_PREFIX "cpuid"
#endif

/* Bytes that an HVM guest writes here appear in the hypervisor's log. */
#define XEN_HVM_DEBUGCONS_IOPORT 0xe9

#endif /* PV_ABI_ARCH_X86_XEN_H */
