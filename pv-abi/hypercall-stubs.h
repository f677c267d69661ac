/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_<name>() for guests: static inline functions, one for each line of hypercalls.def.
 *
 * By default they issue `syscall` themselves. With PV_HYPERCALL_PAGE defined, to the name of a
 * page that the hypervisor fills in (ELF note HYPERCALL_PAGE), they call the number's 32 bytes in
 * it; such code must be compiled with -mno-red-zone. The calls are made from guest kernel mode.
 *
 * pv_hypercall0() to pv_hypercall6() take a number at run time (always by `syscall`). iret has no
 * stub.
 */
#ifndef PV_ABI_HYPERCALL_STUBS_H
#define PV_ABI_HYPERCALL_STUBS_H

#include "xen.h"
#include "event_channel.h"
#include "physdev.h"
#include "platform.h"
#include "pmu.h"
#include "domctl.h"
#include "sysctl.h"
#include "arch-x86/xen-mca.h"

/*
 * Argument registers are outputs too: a hypervisor built for debugging may spoil them, and a
 * hypercall page may use them.
 */
#define PV_HC_CLOBBERS "rcx", "r11", "cc", "memory"

static inline long pv_hypercall0(unsigned long nr)
{
	unsigned long ret = nr;

	__asm__ volatile("syscall" : "+a"(ret) : : PV_HC_CLOBBERS);
	return (long)ret;
}

static inline long pv_hypercall1(unsigned long nr, unsigned long a1)
{
	unsigned long ret = nr;

	__asm__ volatile("syscall" : "+a"(ret), "+D"(a1) : : PV_HC_CLOBBERS);
	return (long)ret;
}

static inline long pv_hypercall2(unsigned long nr, unsigned long a1, unsigned long a2)
{
	unsigned long ret = nr;

	__asm__ volatile("syscall" : "+a"(ret), "+D"(a1), "+S"(a2) : : PV_HC_CLOBBERS);
	return (long)ret;
}

static inline long pv_hypercall3(unsigned long nr, unsigned long a1, unsigned long a2,
				 unsigned long a3)
{
	unsigned long ret = nr;

	__asm__ volatile("syscall" : "+a"(ret), "+D"(a1), "+S"(a2), "+d"(a3) : : PV_HC_CLOBBERS);
	return (long)ret;
}

static inline long pv_hypercall4(unsigned long nr, unsigned long a1, unsigned long a2,
				 unsigned long a3, unsigned long a4)
{
	unsigned long ret = nr;
	register unsigned long r10 __asm__("r10") = a4;

	__asm__ volatile("syscall" : "+a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10)
			 : : PV_HC_CLOBBERS);
	return (long)ret;
}

static inline long pv_hypercall5(unsigned long nr, unsigned long a1, unsigned long a2,
				 unsigned long a3, unsigned long a4, unsigned long a5)
{
	unsigned long ret = nr;
	register unsigned long r10 __asm__("r10") = a4;
	register unsigned long r8 __asm__("r8") = a5;

	__asm__ volatile("syscall" : "+a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
			 : : PV_HC_CLOBBERS);
	return (long)ret;
}

static inline long pv_hypercall6(unsigned long nr, unsigned long a1, unsigned long a2,
				 unsigned long a3, unsigned long a4, unsigned long a5,
				 unsigned long a6)
{
	unsigned long ret = nr;
	register unsigned long r10 __asm__("r10") = a4;
	register unsigned long r8 __asm__("r8") = a5;
	register unsigned long r9 __asm__("r9") = a6;

	__asm__ volatile("syscall" : "+a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8),
			 "+r"(r9) : : PV_HC_CLOBBERS);
	return (long)ret;
}

#ifdef PV_HYPERCALL_PAGE

#define PV_HC_STR2(x) #x
#define PV_HC_STR(x) PV_HC_STR2(x)
#define PV_HC_CALL(nr) "call " PV_HC_STR(PV_HYPERCALL_PAGE) " + " #nr " * 32"

#define PV_STUB_1(nr, name, t1, n1) \
static inline long HYPERVISOR_##name(t1 n1) \
{ \
	unsigned long a1 = (unsigned long)n1; \
	long ret; \
	__asm__ volatile(PV_HC_CALL(nr) : "=a"(ret), "+D"(a1) : : PV_HC_CLOBBERS); \
	return ret; \
}
#define PV_STUB_2(nr, name, t1, n1, t2, n2) \
static inline long HYPERVISOR_##name(t1 n1, t2 n2) \
{ \
	unsigned long a1 = (unsigned long)n1, a2 = (unsigned long)n2; \
	long ret; \
	__asm__ volatile(PV_HC_CALL(nr) : "=a"(ret), "+D"(a1), "+S"(a2) : : PV_HC_CLOBBERS); \
	return ret; \
}
#define PV_STUB_3(nr, name, t1, n1, t2, n2, t3, n3) \
static inline long HYPERVISOR_##name(t1 n1, t2 n2, t3 n3) \
{ \
	unsigned long a1 = (unsigned long)n1, a2 = (unsigned long)n2, a3 = (unsigned long)n3; \
	long ret; \
	__asm__ volatile(PV_HC_CALL(nr) : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3) \
			 : : PV_HC_CLOBBERS); \
	return ret; \
}
#define PV_STUB_4(nr, name, t1, n1, t2, n2, t3, n3, t4, n4) \
static inline long HYPERVISOR_##name(t1 n1, t2 n2, t3 n3, t4 n4) \
{ \
	unsigned long a1 = (unsigned long)n1, a2 = (unsigned long)n2, a3 = (unsigned long)n3; \
	register unsigned long r10 __asm__("r10") = (unsigned long)n4; \
	long ret; \
	__asm__ volatile(PV_HC_CALL(nr) : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10) \
			 : : PV_HC_CLOBBERS); \
	return ret; \
}
#define PV_STUB_5(nr, name, t1, n1, t2, n2, t3, n3, t4, n4, t5, n5) \
static inline long HYPERVISOR_##name(t1 n1, t2 n2, t3 n3, t4 n4, t5 n5) \
{ \
	unsigned long a1 = (unsigned long)n1, a2 = (unsigned long)n2, a3 = (unsigned long)n3; \
	register unsigned long r10 __asm__("r10") = (unsigned long)n4; \
	register unsigned long r8 __asm__("r8") = (unsigned long)n5; \
	long ret; \
	__asm__ volatile(PV_HC_CALL(nr) : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), \
			 "+r"(r8) : : PV_HC_CLOBBERS); \
	return ret; \
}

#else /* bare syscall */

#define PV_STUB_1(nr, name, t1, n1) \
static inline long HYPERVISOR_##name(t1 n1) \
{ \
	return pv_hypercall1(nr, (unsigned long)n1); \
}
#define PV_STUB_2(nr, name, t1, n1, t2, n2) \
static inline long HYPERVISOR_##name(t1 n1, t2 n2) \
{ \
	return pv_hypercall2(nr, (unsigned long)n1, (unsigned long)n2); \
}
#define PV_STUB_3(nr, name, t1, n1, t2, n2, t3, n3) \
static inline long HYPERVISOR_##name(t1 n1, t2 n2, t3 n3) \
{ \
	return pv_hypercall3(nr, (unsigned long)n1, (unsigned long)n2, (unsigned long)n3); \
}
#define PV_STUB_4(nr, name, t1, n1, t2, n2, t3, n3, t4, n4) \
static inline long HYPERVISOR_##name(t1 n1, t2 n2, t3 n3, t4 n4) \
{ \
	return pv_hypercall4(nr, (unsigned long)n1, (unsigned long)n2, (unsigned long)n3, \
			     (unsigned long)n4); \
}
#define PV_STUB_5(nr, name, t1, n1, t2, n2, t3, n3, t4, n4, t5, n5) \
static inline long HYPERVISOR_##name(t1 n1, t2 n2, t3 n3, t4 n4, t5 n5) \
{ \
	return pv_hypercall5(nr, (unsigned long)n1, (unsigned long)n2, (unsigned long)n3, \
			     (unsigned long)n4, (unsigned long)n5); \
}

#endif /* PV_HYPERCALL_PAGE */

#define PV_STUB_0(nr, name, ignored)

#define X(nr, name, status, nargs, ...) PV_STUB_##nargs(nr, name, __VA_ARGS__)
#include "hypercalls.def"

#undef PV_STUB_0
#undef PV_STUB_1
#undef PV_STUB_2
#undef PV_STUB_3
#undef PV_STUB_4
#undef PV_STUB_5

#endif /* PV_ABI_HYPERCALL_STUBS_H */
