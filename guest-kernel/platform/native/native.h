/* SPDX-License-Identifier: MIT */
/* Inside platform/native: selectors, vectors, registers. Shared with assembly. */
#ifndef GUEST_KERNEL_PLATFORM_NATIVE_NATIVE_H
#define GUEST_KERNEL_PLATFORM_NATIVE_NATIVE_H

#define SEL_KCODE 0x10
#define SEL_KDATA 0x18
#define SEL_CODE32 0x20
#define SEL_UDATA 0x2b
#define SEL_UCODE 0x33
#define SEL_TSS 0x40

#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SFMASK 0xc0000084
#define MSR_FSBASE 0xc0000100
#define MSR_GSBASE 0xc0000101
#define MSR_KERNEL_GSBASE 0xc0000102

#define AP_TRAMPOLINE 0x8000

#define VECTOR_IRQ 0x20		/* + global system interrupt, 0..23 */
#define VECTOR_TIMER 0xf0
#define VECTOR_RESCHED 0xf1
#define VECTOR_SPURIOUS 0xff

#define LAPIC_BASE 0xfffffffffee00000
#define IOAPIC_BASE 0xfffffffffec00000

#ifndef __ASSEMBLER__
#include "../platform.h"

static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ volatile("wrmsr" :: "c"(msr), "a"((u32)v), "d"((u32)(v >> 32)));
}

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (u64)hi << 32 | lo;
}

static inline u32 lapic_read(u32 reg)
{
	return *(volatile u32 *)(LAPIC_BASE + reg);
}

static inline void lapic_write(u32 reg, u32 v)
{
	*(volatile u32 *)(LAPIC_BASE + reg) = v;
}

#define LAPIC_ID 0x20
#define LAPIC_EOI 0xb0
#define LAPIC_SVR 0xf0
#define LAPIC_ICR 0x300
#define LAPIC_ICR_HIGH 0x310
#define LAPIC_LVT_TIMER 0x320
#define LAPIC_LVT_LINT0 0x350
#define LAPIC_TIMER_INIT 0x380
#define LAPIC_TIMER_NOW 0x390
#define LAPIC_TIMER_DIV 0x3e0

void lapic_enable(void);
void irq_init(void);
void irq_dispatch(unsigned vector);
extern u64 boot_pml4[], boot_pdpt[];
extern pa_t init_root;
void mmu_init(void);
#endif
#endif
