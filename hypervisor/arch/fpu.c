/* SPDX-License-Identifier: MIT
 *
 * FPU state, switched with every change of vCPU.
 *
 * Eagerly, for two reasons: a lazy switch leaks the previous owner's registers
 * to speculation, and QEMU's XSAVE does not honour CR0.TS, so that a lazy
 * switch loses them there. CR0.TS then only serves the guest: it holds what
 * the guest kernel last set, and a #NM it causes is the guest's own.
 *
 * Areas belong to their vCPU, which is either on this CPU or not running: no lock.
 * [SDM 1 13.4, 13.7]
 */
#include "arch/fpu.h"
#include "arch/features.h"
#include "arch/x86.h"
#include "core/domain.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"

#define XCR0_X87 1ULL
#define XCR0_SSE 2ULL
#define XCR0_AVX 4ULL
#define XCR0_AVX512 0xe0ULL

int xsetbv_safe(uint64_t v);
int xrstor_safe(void *area, uint64_t mask);
int fxrstor_safe(void *area);

#define FSW_ES 0x80

static bool keeps_last_x87;
static unsigned int area_size = 512;
static uint64_t xcr0_mask = XCR0_X87 | XCR0_SSE;

void fpu_init_cpu(void)
{
	struct cpuid_regs r;

	clts();
	keeps_last_x87 = cpu_features.amd && !cpu_features.xsave_errptr;
	if (!cpu_features.xsave)
		return;
	r = cpuid_count(0xd, 0);
	xcr0_mask = r.a & (XCR0_X87 | XCR0_SSE | XCR0_AVX);
	if ((r.a & XCR0_AVX512) == XCR0_AVX512 && (xcr0_mask & XCR0_AVX))
		xcr0_mask |= XCR0_AVX512;
	xsetbv_safe(xcr0_mask);
	area_size = cpuid_count(0xd, 0).b;
}

unsigned int fpu_area_size(void)
{
	return area_size;
}

uint64_t fpu_xcr0_mask(void)
{
	return xcr0_mask;
}

struct cpuid_regs fpu_cpuid(uint32_t sub)
{
	uint64_t mask = fpu_xcr0_mask();
	struct cpuid_regs r = { 0 };

	if (!cpu_features.xsave)
		return r;
	/* XCR0 is the guest's while it is current: the size in use is the machine's answer. */
	r = cpuid_count(0xd, sub);
	if (sub == 0) {
		r.a = (uint32_t)mask;
		r.d = (uint32_t)(mask >> 32);
		r.c = fpu_area_size();
	} else if (sub == 1) {
		r.a &= 7;               /* XSAVEOPT, XSAVEC, XGETBV(1); not XSAVES */
		r.b = r.c = r.d = 0;
	} else if (sub > 63 || !((mask >> sub) & 1)) {
		r = (struct cpuid_regs){ 0 };
	}
	return r;
}

/* The state after FNINIT with MXCSR at its default, in FXSAVE format. */
static void area_reset(void *area)
{
	memset(area, 0, area_size);
	*(uint16_t *)area = 0x37f;
	*(uint32_t *)((char *)area + 24) = 0x1f80;
	if (cpu_features.xsave)
		*(uint64_t *)((char *)area + 512) = XCR0_X87 | XCR0_SSE;
}

int fpu_vcpu_init(struct vcpu *v)
{
	v->fpu.area = kzalloc_pages(area_size);
	if (!v->fpu.area)
		return -ENOMEM;
	area_reset(v->fpu.area);
	v->fpu.xcr0 = cpu_features.xsave ? XCR0_X87 | XCR0_SSE : 0;
	return 0;
}

void fpu_vcpu_destroy(struct vcpu *v)
{
	if (v->fpu.area)
		kfree_pages(v->fpu.area, area_size);
	v->fpu.area = NULL;
}

/*
 * The guest may lower XCR0 and later raise it again; what lies in the components
 * it switched off must survive. So both directions use the full mask.
 */
void fpu_save(struct vcpu *v)
{
	clts();
	if (cpu_features.xsave) {
		xsetbv_safe(xcr0_mask);
		__asm__ volatile("xsave64 (%0)" :: "r"(v->fpu.area), "a"((uint32_t)xcr0_mask),
				 "d"((uint32_t)(xcr0_mask >> 32)) : "memory");
	} else {
		__asm__ volatile("fxsave64 (%0)" :: "r"(v->fpu.area) : "memory");
	}
}

/*
 * AMD's XRSTOR leaves the last instruction's and operand's address alone unless the state has an exception pending: the
 * next vCPU could read its predecessor's. Loading a constant overwrites them. [APM2 11.5]
 */
static void forget_last_x87(const struct vcpu *v)
{
	static const int32_t zero;

	if (keeps_last_x87 && !(((const uint8_t *)v->fpu.area)[2] & FSW_ES))
		__asm__ volatile("fnclex; emms; fildl %0" :: "m"(zero));
}

void fpu_restore(struct vcpu *v)
{
	clts();
	forget_last_x87(v);
	if (cpu_features.xsave) {
		xsetbv_safe(xcr0_mask);
		if (xrstor_safe(v->fpu.area, xcr0_mask)) {
			area_reset(v->fpu.area);
			xrstor_safe(v->fpu.area, xcr0_mask);
		}
		if (v->fpu.xcr0 != xcr0_mask)
			xsetbv_safe(v->fpu.xcr0);
	} else if (fxrstor_safe(v->fpu.area)) {
		area_reset(v->fpu.area);
		fxrstor_safe(v->fpu.area);
	}
	if (v->fpu.ts)
		stts();
}

/* [SDM 1 13.3]: x87 always, AVX needs SSE, the three AVX-512 bits together and with AVX. */
int fpu_set_xcr0(struct vcpu *v, uint64_t xcr0)
{
	if (!cpu_features.xsave || !(xcr0 & XCR0_X87) || (xcr0 & ~xcr0_mask) ||
	    ((xcr0 & XCR0_AVX) && !(xcr0 & XCR0_SSE)) ||
	    ((xcr0 & XCR0_AVX512) && ((xcr0 & XCR0_AVX512) != XCR0_AVX512 || !(xcr0 & XCR0_AVX))))
		return -EINVAL;
	if (xsetbv_safe(xcr0))
		return -EINVAL;
	v->fpu.xcr0 = xcr0;
	return 0;
}

void fpu_export(struct vcpu *v, void *fxsave512)
{
	memcpy(fxsave512, v->fpu.area, 512);
}

void fpu_import(struct vcpu *v, const void *fxsave512)
{
	area_reset(v->fpu.area);
	memcpy(v->fpu.area, fxsave512, 512);
	/* A reserved MXCSR bit would make XRSTOR fault: keep what the CPU knows. */
	*(uint32_t *)((char *)v->fpu.area + 24) &= 0xffff;
}
