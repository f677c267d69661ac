/* SPDX-License-Identifier: MIT
 *
 * What a test guest stands on: a PV64 kernel of a few pages that prints TAP.
 *
 * A test is one file with `void test_main(void)`. It runs on vCPU 0 with events
 * masked, every trap caught, the builder's page tables; when it returns, the plan is printed
 * and the domain powers off.
 */
#ifndef TESTS_GUEST_LIB_TESTLIB_H
#define TESTS_GUEST_LIB_TESTLIB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pv-abi/xen.h>
#include <pv-abi/callback.h>
#include <pv-abi/errno.h>
#include <pv-abi/event_channel.h>
#include <pv-abi/grant_table.h>
#include <pv-abi/memory.h>
#include <pv-abi/physdev.h>
#include <pv-abi/sched.h>
#include <pv-abi/vcpu.h>
#include <pv-abi/version.h>
#include <pv-abi/hypercall-stubs.h>

#define PAGE_SIZE 4096UL
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define barrier() __asm__ volatile("" ::: "memory")

void test_main(void);

/* ---- results ---- */
void ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void skip_all(const char *why) __attribute__((noreturn));       /* SKIP with a reason, and end */
void expect_eq(long got, long want, const char *what, const char *file, int line);
#define EXPECT_EQ(got, want) expect_eq((long)(got), (long)(want), #got, __FILE__, __LINE__)
#define EXPECT(cond) ok((cond), "%s:%d: %s", __FILE__, __LINE__, #cond)
void finish(void) __attribute__((noreturn));                    /* plan, power off */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

void *memset(void *p, int c, size_t n);
void *memcpy(void *d, const void *s, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
char *strstr(const char *s, const char *what);
int vsnprintf(char *buf, size_t n, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
int snprintf(char *buf, size_t n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* ---- the machine ---- */
extern struct start_info *si;
extern struct shared_info *shared;      /* mapped */
extern char hypercall_page[];
static inline struct vcpu_info *vcpu_info(unsigned int v) { return &shared->vcpu_info[v]; }
bool is_control_domain(void);

/* ---- memory: identity of PFN and virtual address in the initial mapping ---- */
#define VIRT_BASE 0xffffffff80000000UL
#define M2P ((const unsigned long *)0xffff800000000000UL)
#define PTE_P 1UL
#define PTE_RW 2UL
#define PTE_US 4UL
#define PTE_A 0x20UL
#define PTE_D 0x40UL
#define PTE_NX (1UL << 63)
#define PTE_FLAGS_RW (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_FLAGS_RO (PTE_P | PTE_US | PTE_A)
#define PTE_MFN(e) (((e) & 0x000ffffffffff000UL) >> 12)

static inline unsigned long virt_to_pfn(const void *p) { return ((unsigned long)p - VIRT_BASE) >> 12; }
static inline void *pfn_to_virt(unsigned long n) { return (void *)(VIRT_BASE + (n << 12)); }
static inline unsigned long pfn_to_mfn(unsigned long n) { return ((unsigned long *)si->mfn_list)[n]; }
static inline unsigned long virt_to_mfn(const void *p) { return pfn_to_mfn(virt_to_pfn(p)); }
static inline uint64_t virt_to_maddr(const void *p)
{
	return (virt_to_mfn(p) << 12) | ((unsigned long)p & 4095);
}
void *alloc_page(void);                 /* mapped, writable, cleared; dies when there is none left */
unsigned long alloc_pfn_unmapped(void); /* a PFN beyond the initial mapping */
uint64_t *pte_of(unsigned long va);     /* its L1 entry, through the initial mapping; NULL: no L1 */
uint64_t *table_entry(unsigned long va, unsigned int level);    /* level 1..4 */
uint64_t entry_maddr(const uint64_t *entry);    /* machine address of an entry, for mmu_update */
long set_pte(unsigned long va, uint64_t pte);   /* update_va_mapping, INVLPG here */
bool make_readonly(void *page);
bool make_writable(void *page);
/* Fill a cleared page as L1 with mfn-flags, and build L4..L2 above: see tables.c users. */

/* ---- traps ---- */
struct regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};
struct fault {
	bool happened;
	unsigned int vector;
	unsigned long error, cr2, rip, cs;
};
/* Run fn(arg); a trap in it ends it. *f says which. */
bool try_call(void (*fn)(void *), void *arg, struct fault *f);
/* For traps that shall return: set before; return true to go on at regs->rip. NULL: none. */
extern bool (*trap_hook)(struct regs *regs);
extern unsigned long soft_interrupts;
/* The same for upcalls, which the library otherwise takes for vCPU 0 only. */
extern bool (*upcall_hook)(struct regs *regs);

/* ---- events ---- */
#define MAX_PORTS 4096
extern void (*event_handler)(unsigned int port);        /* events masked while it runs */
extern volatile unsigned long upcalls, port_count[MAX_PORTS];
static inline void events_mask(void) { vcpu_info(0)->evtchn_upcall_mask = 1; barrier(); }
void events_unmask(void);               /* delivers what is pending */
void unmask_port(unsigned int port);
long evtchn_bind_virq(unsigned int virq, unsigned int vcpu);     /* port, or -errno */
long evtchn_bind_ipi(unsigned int vcpu);
long evtchn_alloc_unbound(domid_t dom, domid_t remote);
long evtchn_bind_interdomain(domid_t remote, unsigned int port);
long evtchn_send(unsigned int port);
long evtchn_close(unsigned int port);

/* ---- time ---- */
uint64_t system_time(void);             /* ns */
void delay_ns(uint64_t ns);

/* ---- user mode ---- */
/*
 * Run code at CPL 3 in guest user mode: fn is a pure function compiled into the test; it runs with a
 * page table of its own that maps everything the kernel's does. It ends by SYSCALL with RAX = 0, or by a trap, described in *f.
 * user_syscall counts other SYSCALLs, whose RAX it records.
 */
void run_user(void (*fn)(unsigned long), unsigned long arg, struct fault *f);
extern unsigned long user_syscalls, user_last_rax;

/* ---- a second vCPU ---- */
unsigned int max_vcpus(void);
long start_vcpu(unsigned int id, void (*fn)(void *), void *arg); /* 0 or -errno */

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

#endif
