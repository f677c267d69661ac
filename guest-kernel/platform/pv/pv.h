/* SPDX-License-Identifier: MIT */
/* Inside platform/pv and drivers/xen: the shared pages, event channels, frame numbers. */
#ifndef GUEST_KERNEL_PLATFORM_PV_PV_H
#define GUEST_KERNEL_PLATFORM_PV_PV_H

#include <pv-abi/xen.h>
#include <pv-abi/elfnote.h>

#define SEL_KCODE FLAT_KERNEL_CS
#define SEL_KDATA FLAT_KERNEL_SS

#ifndef __ASSEMBLER__
#include <pv-abi/callback.h>
#include <pv-abi/event_channel.h>
#include <pv-abi/hypercall-stubs.h>
#include <pv-abi/memory.h>
#include <pv-abi/physdev.h>
#include <pv-abi/sched.h>
#include <pv-abi/vcpu.h>
#include <pv-abi/version.h>
#include "../platform.h"

extern struct start_info *start_info;
extern struct shared_info shared_info;	/* the page of this name is replaced by the hypervisor's */
extern unsigned long *p2m;		/* machine frame of each of ours */
extern u64 p2m_size;
extern pa_t init_root;

/* Where we think that machine frame is: nonsense unless it is ours. */
static inline u64 mfn_to_pfn(u64 mfn)
{
	return machine_to_phys_mapping[mfn];
}

static inline u64 pfn_to_mfn(u64 pfn)
{
	return p2m[pfn];
}

static inline u64 pa_to_machine(pa_t pa)
{
	return p2m[pa >> 12] << 12 | (pa & 0xfff);
}

/* The kernel's mapping of a frame of ours that the hypervisor named by machine frame. */
static inline void *mfn_to_virt(u64 mfn)
{
	return va(mfn_to_pfn(mfn) << 12);
}

/*
 * irq.c: event channels. The handler runs on `cpu` with events masked; the port is unmasked. A port
 * that is bound stays so until evtchn_release(), which also closes it.
 */
int evtchn_bind(evtchn_port_t port, unsigned cpu, void (*handler)(void *arg), void *arg);
void evtchn_release(evtchn_port_t port);
void evtchn_mask(evtchn_port_t port);
void evtchn_unmask(evtchn_port_t port);
int evtchn_bind_virq(unsigned virq, unsigned cpu, void (*handler)(void *arg), void *arg);
void evtchn_send(evtchn_port_t port);
void pv_upcall(struct trapframe *tf);
void irq_init_cpu(unsigned cpu);

/* mmu.c */
void mmu_init(u64 *first_free_pfn, u64 frames);
void pv_memory_reserve(pa_t pa, u64 pages);
/* Makes `count` pages from pa on machine-contiguous; 0 or a negative errno. */
int mmu_make_contiguous(pa_t pa, unsigned order);

/* Entry points, in entry.S and boot.S. */
void pv_event_callback(void);
void pv_failsafe_callback(void);
void pv_syscall_callback(void);
void pv_ap_start(void);
extern const u64 trap_entries[20];
void pv_trap(struct trapframe *tf);
void pv_syscall(struct trapframe *tf);
#endif
#endif
