/* SPDX-License-Identifier: MIT
 *
 * What only PV guests see: bounced traps, the iret hypercall, descriptors,
 * emulated privileged instructions, and the builder of boot domains.
 *
 * Guest kernel and guest user both run at CPL 3; which of the two is a flag of
 * ours (kernel_mode), each with its own L4 and its own GS base. toggle_mode()
 * changes between them.
 */
#ifndef HYPERVISOR_PV_PV_H
#define HYPERVISOR_PV_PV_H

#include <pv-abi/xen.h>
#include "lib/types.h"

struct domain;
struct vcpu;
struct boot_info;

/* A trap or event that waits to be delivered when the CPU returns to the guest. */
struct trap_bounce {
	union {
		struct {
			uint8_t flags;          /* TBF_*; 0: none waits */
			bool nmi_pending;       /* set by any CPU */
		};
		uint16_t due;                   /* both at once, for the way out */
	};
	uint32_t error_code;
	unsigned long eip;
};
#define TBF_EXCEPTION       1
#define TBF_EXCEPTION_ERRCODE 2
#define TBF_INTERRUPT       8           /* masks events on delivery */

struct vcpu_pv {
	bool kernel_mode;
	bool nmi_masked;
	unsigned long fault_addr;       /* CR2 of the page fault being handled */
	unsigned long fault_dr6;        /* DR6 of the debug exception being handled */
	struct trap_info trap[256];
	struct trap_bounce bounce;
	unsigned long event_cs_eip, failsafe_eip, syscall_eip, syscall32_eip, sysenter_eip;
	bool failsafe_disables_events, syscall_disables_events, syscall32_disables_events, sysenter_disables_events;
	uint16_t syscall32_cs, sysenter_cs;
	unsigned long kernel_sp, kernel_ss;     /* stack_switch */
	unsigned long ctrlreg[8];       /* guest's CR0 (less TS: fpu.ts), CR2, CR4 */
	unsigned long fs_base, gs_base_kernel, gs_base_user;    /* of a vCPU that is not on a CPU */
	uint16_t ds, es, fs, gs;        /* likewise */
	unsigned long debugreg[8];
	unsigned int gdt_ents, ldt_ents;
	mfn_t gdt_frames[16];
	unsigned long ldt_base;
	unsigned int iopl;              /* 0..3 << 12 as PHYSDEVOP_set_iopl */
	uint8_t *iobmp;
	unsigned int iobmp_limit;
	unsigned long vgc_flags;
	uint64_t msr_misc_features;
};

struct domain_pv {
	unsigned long nmi_callback;     /* XENNMI_register_callback */
	unsigned int tsc_mode;
	bool cpuid_faulting;
	uint32_t pci_cf8;               /* address register of PCI configuration, as the domain wrote it */
	struct cpuid_policy *cpuid;     /* pv/cpuid.c */
};

/* --- arch calls these; on the CPU's stack, interrupts as noted --- */
/* Exception from a guest (vector, error code in regs). Interrupts on. */
void pv_trap(struct cpu_user_regs *regs);
/*
 * The short way, interrupts off, callee-saved registers in the CPU and not in regs. PV_SHORT: done, it is the guest kernel's;
 * PV_SHORT_RBX: done, and only RBX of them is to be loaded from regs; PV_LONG_WAY: nothing is done. Known to arch/entry.S.
 */
enum pv_short { PV_LONG_WAY, PV_SHORT, PV_SHORT_RBX };
enum pv_short pv_trap_short(struct cpu_user_regs *regs);
/* SYSCALL by guest user mode: bounce to the guest kernel. Short too. */
void pv_guest_syscall(struct vcpu *v);
/* An event is pending and not masked: the upcall's frame. Interrupts off. */
void pv_deliver_upcall(struct vcpu *v);
void pv_guest_syscall32(struct cpu_user_regs *regs);
void pv_guest_sysenter(struct cpu_user_regs *regs);
/* Last thing before IRET to a guest, interrupts off: put pending bounce, NMI, event upcall on the guest's stack. */
void pv_deliver_pending(struct vcpu *v);
/* IRET/SYSRET or a segment load to the guest faulted: failsafe callback. */
void pv_failsafe(struct cpu_user_regs *regs);
/* A read of the LDT window faulted, in the guest or in our own selector load: true if it is mapped now. */
bool pv_fix_ldt_fault(unsigned long addr);

/* --- core calls these --- */
int pv_domain_init(struct domain *d);
void pv_domain_free(struct domain *d);
int pv_vcpu_init(struct vcpu *v);
void pv_vcpu_destroy(struct vcpu *v);
int pv_set_context(struct vcpu *v, const struct vcpu_guest_context *c); /* validates, takes references */
void pv_get_context(struct vcpu *v, struct vcpu_guest_context *c);
void pv_toggle_mode(struct vcpu *v);    /* current */
void pv_inject_trap(struct vcpu *v, unsigned int vector, uint32_t error);       /* sets v's bounce */
void pv_inject_page_fault(struct vcpu *v, unsigned long addr, uint32_t error);
void pv_send_nmi(struct vcpu *v);
void pv_save_segments(struct vcpu *v);  /* context switch out and in */
void pv_load_segments(struct vcpu *v);
void pv_update_time(struct vcpu *v);    /* vcpu_info.time and the registered copy; on v's CPU */
void pv_update_wallclock(struct domain *d);
void pv_write_hypercall_page(void *page);
/* A word of PCI configuration, for ourselves (guests have an address register of their own). */
uint32_t pv_pci_config_read(uint16_t bdf, unsigned int reg);
void pv_pci_config_write(uint16_t bdf, unsigned int reg, uint32_t value);

/* Boot: make the boot domains from modules or from a device tree; the first one is returned running order paused count 0. */
void pv_build_boot_domains(const struct boot_info *bi);

#endif
