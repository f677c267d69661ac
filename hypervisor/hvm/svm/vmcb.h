/* SPDX-License-Identifier: MIT
 *
 * The VMCB: what the processor is told of a guest, and what it tells of an exit. [APM2 appendix B, C]
 */
#ifndef HYPERVISOR_HVM_SVM_VMCB_H
#define HYPERVISOR_HVM_SVM_VMCB_H

#include <pv-abi/paravane-hvm.h>
#include "lib/types.h"

struct vmcb {
	/* control area */
	uint32_t intercept_cr;          /* 0..15 reads, 16..31 writes */
	uint32_t intercept_dr;
	uint32_t intercept_exceptions;
	uint32_t intercept_misc;        /* SVM_MISC_* */
	uint32_t intercept_svm;         /* SVM_INSN_* */
	uint8_t reserved0[0x40 - 0x14];
	uint64_t iopm_base, msrpm_base;
	uint64_t tsc_offset;
	uint32_t asid;
	uint8_t tlb_control, reserved1[3];
	uint64_t int_ctl;               /* V_* */
	uint64_t int_state;             /* bit 0: interrupt shadow */
	uint64_t exit_code, exit_info1, exit_info2;
	uint64_t exit_int_info;         /* an event whose delivery the exit interrupted */
	uint64_t nested_ctl;            /* bit 0: nested paging */
	uint8_t reserved2[0xa8 - 0x98];
	uint64_t event_inj;
	uint64_t n_cr3;
	uint64_t lbr_ctl;
	uint64_t clean;
	uint64_t next_rip;
	uint8_t reserved3[0x400 - 0xd0];

	/* state save area */
	struct paravane_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint8_t reserved4[0xcb - 0xa0];
	uint8_t cpl;
	uint8_t reserved5[0xd0 - 0xcc];
	uint64_t efer;
	uint8_t reserved6[0x148 - 0xd8];
	uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
	uint8_t reserved7[0x1d8 - 0x180];
	uint64_t rsp;
	uint8_t reserved8[0x1f8 - 0x1e0];
	uint64_t rax, star, lstar, cstar, sfmask, kernel_gs_base;
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip, cr2;
	uint8_t reserved9[0x268 - 0x248];
	uint64_t g_pat;
	uint8_t reserved10[0xc00 - 0x270];
};
_Static_assert(offsetof(struct vmcb, iopm_base) == 0x40 && offsetof(struct vmcb, asid) == 0x58 &&
	       offsetof(struct vmcb, int_ctl) == 0x60 && offsetof(struct vmcb, exit_code) == 0x70 &&
	       offsetof(struct vmcb, nested_ctl) == 0x90 && offsetof(struct vmcb, event_inj) == 0xa8, "control area");
_Static_assert(offsetof(struct vmcb, cpl) == 0x4cb && offsetof(struct vmcb, efer) == 0x4d0 &&
	       offsetof(struct vmcb, cr4) == 0x548 && offsetof(struct vmcb, rip) == 0x578 &&
	       offsetof(struct vmcb, rsp) == 0x5d8 && offsetof(struct vmcb, rax) == 0x5f8 &&
	       offsetof(struct vmcb, cr2) == 0x640 && offsetof(struct vmcb, g_pat) == 0x668, "state save area");
_Static_assert(sizeof(struct vmcb) == 4096, "a page");
_Static_assert(sizeof(struct paravane_segment) == 16, "a segment register is 16 bytes");

#define SVM_CR_WRITE(n)     (1U << (16 + (n)))

#define SVM_MISC_INTR       (1U << 0)
#define SVM_MISC_NMI        (1U << 1)
#define SVM_MISC_INIT       (1U << 3)
#define SVM_MISC_VINTR      (1U << 4)
#define SVM_MISC_RDPMC      (1U << 15)
#define SVM_MISC_CPUID      (1U << 18)
#define SVM_MISC_IRET       (1U << 20)
#define SVM_MISC_INVD       (1U << 22)
#define SVM_MISC_HLT        (1U << 24)
#define SVM_MISC_INVLPGA    (1U << 26)
#define SVM_MISC_IOIO       (1U << 27)
#define SVM_MISC_MSR        (1U << 28)
#define SVM_MISC_FERR       (1U << 30)
#define SVM_MISC_SHUTDOWN   (1U << 31)

#define SVM_INSN_VMRUN      (1U << 0)
#define SVM_INSN_VMMCALL    (1U << 1)
#define SVM_INSN_VMLOAD     (1U << 2)
#define SVM_INSN_VMSAVE     (1U << 3)
#define SVM_INSN_STGI       (1U << 4)
#define SVM_INSN_CLGI       (1U << 5)
#define SVM_INSN_SKINIT     (1U << 6)
#define SVM_INSN_RDTSCP     (1U << 7)
#define SVM_INSN_WBINVD     (1U << 9)
#define SVM_INSN_MONITOR    (1U << 10)
#define SVM_INSN_MWAIT      (1U << 11)
#define SVM_INSN_MWAIT_ARMED (1U << 12)
#define SVM_INSN_XSETBV     (1U << 13)

#define V_TPR               0xfU
#define V_IRQ               (1U << 8)
#define V_INTR_PRIO(n)      ((uint32_t)(n) << 16)
#define V_IGN_TPR           (1U << 20)
#define V_INTR_MASKING      (1U << 24)

enum svm_exit {
	SVM_EXIT_CR0_WRITE = 0x10, SVM_EXIT_CR4_WRITE = 0x14, SVM_EXIT_CR8_WRITE = 0x18, SVM_EXIT_CR15_WRITE = 0x1f,
	SVM_EXIT_EXCEPTION = 0x40,      /* + vector */
	SVM_EXIT_INTR = 0x60, SVM_EXIT_NMI = 0x61, SVM_EXIT_SMI = 0x62, SVM_EXIT_INIT = 0x63, SVM_EXIT_VINTR = 0x64,
	SVM_EXIT_RDPMC = 0x6f, SVM_EXIT_CPUID = 0x72, SVM_EXIT_IRET = 0x74, SVM_EXIT_INVD = 0x76, SVM_EXIT_HLT = 0x78,
	SVM_EXIT_INVLPGA = 0x7a, SVM_EXIT_IOIO = 0x7b, SVM_EXIT_MSR = 0x7c, SVM_EXIT_FERR = 0x7e,
	SVM_EXIT_SHUTDOWN = 0x7f, SVM_EXIT_VMRUN = 0x80, SVM_EXIT_VMMCALL = 0x81, SVM_EXIT_VMLOAD = 0x82,
	SVM_EXIT_VMSAVE = 0x83, SVM_EXIT_STGI = 0x84, SVM_EXIT_CLGI = 0x85, SVM_EXIT_SKINIT = 0x86,
	SVM_EXIT_RDTSCP = 0x87, SVM_EXIT_WBINVD = 0x89, SVM_EXIT_MONITOR = 0x8a, SVM_EXIT_MWAIT = 0x8b,
	SVM_EXIT_MWAIT_ARMED = 0x8c, SVM_EXIT_XSETBV = 0x8d,
	SVM_EXIT_NPF = 0x400,
};
#define SVM_EXIT_INVALID 0xffffffffU    /* low half of -1: VMRUN refused the state */

/* exit_info1 of an IOIO exit */
#define SVM_IO_IN           (1U << 0)
#define SVM_IO_STRING       (1U << 2)
#define SVM_IO_SIZE(info)   ((unsigned int)((info) >> 4) & 7)
#define SVM_IO_PORT(info)   ((uint16_t)((info) >> 16))

/* exit_info1 of a nested page fault: like a page fault's error code, and who was translating */
#define SVM_NPF_INSN        (1UL << 4)
#define SVM_NPF_TABLE       (1UL << 33)

#endif
