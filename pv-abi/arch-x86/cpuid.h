/* SPDX-License-Identifier: MIT */
/*
 * CPUID leaves by which a guest finds the hypervisor: 0x40000000 and up, or with Viridian leaves
 * there, the first multiple of 0x100 above with the signature "XenVMMXenVMM". A PV guest reads
 * them with XEN_CPUID.
 *
 *   0  eax: last leaf; ebx, ecx, edx: signature
 *   1  eax: version, major << 16 | minor
 *   2  eax: hypercall pages (1); ebx: MSR that fills one; ecx, edx: features 1 and 2
 *   3  time, by subleaf. 0: eax bit 0 TSC emulated, bit 1 reliable, bit 2 RDTSCP; ebx tsc_mode;
 *      ecx guest kHz; edx incarnation. 1: eax, ebx offset, ecx multiplier, edx shift. 2: eax host kHz
 *   4  HVM: eax features; ebx vCPU id; ecx domain id
 *   5  PV: ebx bits 0-7 width of a machine address
 */
#ifndef PV_ABI_ARCH_X86_CPUID_H
#define PV_ABI_ARCH_X86_CPUID_H

#define XEN_CPUID_FIRST_LEAF 0x40000000
#define XEN_CPUID_LEAF(i)    (XEN_CPUID_FIRST_LEAF + (i))

#define XEN_CPUID_SIGNATURE_EBX 0x566e6558 /* "XenV" */
#define XEN_CPUID_SIGNATURE_ECX 0x65584d4d /* "MMXe" */
#define XEN_CPUID_SIGNATURE_EDX 0x4d4d566e /* "nVMM" */

#define _XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD 0
#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD (1u << 0)

#define XEN_HVM_CPUID_APIC_ACCESS_VIRT (1u << 0)
#define XEN_HVM_CPUID_X2APIC_VIRT      (1u << 1)
#define XEN_HVM_CPUID_IOMMU_MAPPINGS   (1u << 2)
#define XEN_HVM_CPUID_VCPU_ID_PRESENT  (1u << 3)
#define XEN_HVM_CPUID_DOMID_PRESENT    (1u << 4)
#define XEN_HVM_CPUID_EXT_DEST_ID      (1u << 5)
#define XEN_HVM_CPUID_UPCALL_VECTOR    (1u << 6)

#define XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK (0xffu << 0)

#define XEN_CPUID_MAX_NUM_LEAVES 5

#endif /* PV_ABI_ARCH_X86_CPUID_H */
