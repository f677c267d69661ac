/* SPDX-License-Identifier: MIT */
/*
 * The machine, as the rest of the kernel sees it.
 *
 * Two folders implement these functions: native/ by privileged instruction, pv/ by hypercall. Their
 * files have the same names, and the functions in them the same order, so that the two can be read
 * side by side. Nothing outside platform/ knows which one it runs on, except drivers/xen/, which is
 * only built for PV.
 */
#ifndef GUEST_KERNEL_PLATFORM_PLATFORM_H
#define GUEST_KERNEL_PLATFORM_PLATFORM_H

#include "../kernel/types.h"

struct mm;
struct task;
struct trapframe;

#define MAX_CPUS 16

extern const char plat_name[];		/* "native" or "pv" */

/* boot.c: what the loader told us. Filled before kernel_main() runs. */
struct boot_info {
	const char *cmdline;
	pa_t initrd;		/* the initramfs, 0 if none */
	u64 initrd_size;
	bool control_domain;	/* has the machine's devices: native, or domain 0 */
};
extern struct boot_info boot_info;

/* cpu.c: descriptor tables or their hypercall counterparts, processors, idling, the way out. */
void plat_cpu_init(unsigned cpu);	/* on each CPU: traps, system call entry */
unsigned plat_cpu_possible(void);
void plat_start_cpus(unsigned n);	/* 1..n-1 begin at cpu_main(i) on ap_stacks[i], some time later */
void plat_send_resched(unsigned cpu);	/* interrupts that CPU; its user_return() reschedules */
void plat_idle(void);			/* entered with interrupts off: waits for one, returns with them off */
void plat_relax(void);			/* in a spin loop, after a while: somebody else might need this CPU */
void plat_set_thread(const struct task *t);	/* stack for traps from user mode, FS base, address space */
void plat_set_fsbase(u64 base);
void plat_fpu_enable(void);
void __noreturn plat_power_off(void);
void __noreturn plat_reboot(void);
void __noreturn plat_crash(void);	/* after a panic */

/* irq.c: interrupts. A handler runs with interrupts off. */
bool plat_irqs_on(void);
u64 plat_irq_save(void);		/* turns interrupts off; returns what to give to... */
void plat_irq_restore(u64 flags);
void plat_irq_enable(void);
void plat_irq_disable(void);
/* Level-triggered device interrupt line (global system interrupt); handlers may share one. */
int plat_irq_bind(unsigned line, void (*handler)(void *arg), void *arg);

/* mmu.c: page tables. A table entry holds the address that the hardware uses: encode and decode. */
u64 plat_pte_make(pa_t pa, u64 flags);
pa_t plat_pte_pa(u64 pte);
/* Root tables of a new, empty address space, with the kernel's part in place; nothing is live yet. */
int plat_mm_init(struct mm *mm);
/* Before the first switch to it / after the last switch away: tables become, or cease to be, the hardware's. */
void plat_mm_enliven(struct mm *mm);
void plat_mm_retire(struct mm *mm);
void plat_mm_free(struct mm *mm);
/*
 * Sets the entry at *slot, which maps `addr` (or is a table that spans it). May be delayed until
 * plat_pte_flush(), which also makes it take effect on this CPU; an mm runs on one CPU at a time.
 */
void plat_pte_set(struct mm *mm, u64 addr, u64 *slot, u64 pte);
void plat_pte_flush(struct mm *mm);
/* A new page table of a live mm is about to be linked at *slot / pages of a retired one become plain memory. */
void plat_table_attach(struct mm *mm, pa_t table);
void plat_table_detach(pa_t table);
u64 plat_fault_address(void);
/* A kernel access faulted although the mapping allows it: true when retrying is right. */
bool plat_fault_spurious(u64 addr, u64 error);
/* Contiguous memory for a device, and the address that the device uses for a kernel address. */
void *plat_dma_alloc(unsigned order);
u64 plat_dma_address(const void *p);

/* timer.c: nanoseconds since boot; a one-shot interrupt for this CPU; seconds since 1970. */
u64 plat_clock(void);
void plat_timer_set(u64 deadline);
u64 plat_wallclock(void);		/* nanoseconds since 1970 when plat_clock() was 0 */
void plat_timer_init(unsigned cpu);

/* console.c: bytes out (blocks while the other side is slow); input arrives at console_input(). */
void plat_console_init(void);
void plat_console_write(const char *buf, size_t n);
void plat_console_start(void);		/* interrupts work now: deliver input */

/* I/O ports are instructions on both: natively, or trapped and emulated for the control domain. */
static inline void outb(u16 port, u8 v)
{
	__asm__ volatile("outb %0, %1" :: "a"(v), "Nd"(port));
}

static inline void outw(u16 port, u16 v)
{
	__asm__ volatile("outw %0, %1" :: "a"(v), "Nd"(port));
}

static inline void outl(u16 port, u32 v)
{
	__asm__ volatile("outl %0, %1" :: "a"(v), "Nd"(port));
}

static inline u8 inb(u16 port)
{
	u8 v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline u16 inw(u16 port)
{
	u16 v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline u32 inl(u16 port)
{
	u32 v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

/* What the platform calls in the kernel. */
void __noreturn kernel_main(void);		/* the boot CPU, on its idle stack, interrupts off */
void __noreturn cpu_main(unsigned cpu);		/* another CPU, likewise */
void trap_handle(struct trapframe *tf);		/* a CPU exception; interrupts off */
void syscall_handle(struct trapframe *tf);
void user_return(struct trapframe *tf);		/* last thing before user mode; interrupts off */
void timer_interrupt(void);
void resched_interrupt(void);
void nmi_report(void);				/* part of the former: NMIs that came at a bad moment */
void console_input(const char *buf, size_t n);
extern void *ap_stacks[MAX_CPUS];		/* tops of the stacks the others start on */

#endif
