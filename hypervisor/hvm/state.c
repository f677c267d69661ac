/* SPDX-License-Identifier: MIT
 *
 * The architectural state that a device model gives a vCPU: what of it a processor would refuse. [APM2 15.5.1]
 *
 * VMRUN checks most of this itself, but it says only that something is wrong, and when the guest is to run; here the
 * one who set it is told which field it was. What depends on this machine comes from CPUID.
 */
#include "arch/features.h"
#include "core/hypercall.h"
#include "hvm/internal.h"
#include "lib/errno.h"

#define CR0_KNOWN (X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | \
		   X86_CR0_AM | CR0_NW | CR0_CD | X86_CR0_PG)
#define CR0_NW (1UL << 29)
#define CR0_CD (1UL << 30)
#define SEG_L  0x200
#define SEG_D  0x400
#define RFLAGS_KNOWN 0x3f7fd7UL

uint64_t hvm_efer_allowed(void)
{
	return EFER_SCE | EFER_LME | EFER_LMA | EFER_NX;
}

/* What CPUID shows may be switched on. */
uint64_t hvm_cr4_allowed(const struct vcpu *v)
{
	uint64_t bits = X86_CR4_VME | X86_CR4_PVI | X86_CR4_TSD | X86_CR4_DE | X86_CR4_PSE | X86_CR4_PAE | X86_CR4_MCE |
			X86_CR4_PGE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
	uint32_t f7 = cpuid(0).a >= 7 ? cpuid_count(7, 0).b : 0;

	if (cpu_features.umip)
		bits |= X86_CR4_UMIP;
	if (cpu_features.fsgsbase)
		bits |= X86_CR4_FSGSBASE;
	if (cpu_features.xsave)
		bits |= X86_CR4_OSXSAVE;
	if (f7 & (1U << 7))
		bits |= X86_CR4_SMEP;
	if (f7 & (1U << 20))
		bits |= X86_CR4_SMAP;
	return bits;
}

bool hvm_pat_ok(uint64_t pat)
{
	for (unsigned int i = 0; i < 8; i++, pat >>= 8)
		if ((pat & 0xf8) || (pat & 0xff) == 2 || (pat & 0xff) == 3)
			return false;
	return true;
}

static int bad(const char *field, uint64_t value, const char *rule)
{
	return (int)hypercall_error(-EINVAL, "vCPU state: %s = %#lx: %s", field, (unsigned long)value, rule);
}

static int check_control(const struct paravane_hvm_state *s)
{
	uint64_t max_cr3 = (1UL << MIN(cpu_features.phys_bits, 52U)) - 1;
	bool paging = s->cr0 & X86_CR0_PG, lme = s->efer & EFER_LME;

	if (s->cr0 & ~CR0_KNOWN)
		return bad("cr0", s->cr0, "a reserved bit");
	if ((s->cr0 & CR0_NW) && !(s->cr0 & CR0_CD))
		return bad("cr0", s->cr0, "NW without CD");
	if (paging && !(s->cr0 & X86_CR0_PE))
		return bad("cr0", s->cr0, "PG without PE");
	if (s->cr4 & ~hvm_cr4_allowed(NULL))
		return bad("cr4", s->cr4, "a bit that is reserved or not offered");
	if (s->cr3 & ~max_cr3)
		return bad("cr3", s->cr3, "beyond the machine's addresses");
	if (s->efer & ~hvm_efer_allowed())
		return bad("efer", s->efer, "a bit that is reserved or not offered");
	if (!(s->efer & EFER_LMA) != !(lme && paging))
		return bad("efer", s->efer, "LMA is LME and CR0.PG");
	if (lme && paging && !(s->cr4 & X86_CR4_PAE))
		return bad("cr4", s->cr4, "long mode needs PAE");
	if (lme && paging && (s->cs.attr & SEG_L) && (s->cs.attr & SEG_D))
		return bad("cs.attr", s->cs.attr, "L and D together");
	return 0;
}

static int check_segments(const struct paravane_hvm_state *s)
{
	const struct paravane_segment *all[] = { &s->cs, &s->ds, &s->es, &s->fs, &s->gs, &s->ss, &s->tr, &s->ldtr, &s->gdtr,
						 &s->idtr };

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i]->attr & ~0xfffU)
			return bad("a segment's attr", all[i]->attr, "has 12 bits");
		if (!is_canonical(all[i]->base))
			return bad("a segment's base", all[i]->base, "not canonical");
	}
	if (s->cs.base >> 32 || s->ss.base >> 32 || s->ds.base >> 32 || s->es.base >> 32)
		return bad("base of cs, ss, ds or es", s->cs.base, "has 32 bits");
	return 0;
}

int hvm_check_state(const struct paravane_hvm_state *s)
{
	int rc = check_control(s);

	if (!rc)
		rc = check_segments(s);
	if (rc)
		return rc;
	if ((s->rflags & ~RFLAGS_KNOWN) || !(s->rflags & 2))
		return bad("rflags", s->rflags, "bit 1 is set, reserved bits are not");
	if (s->dr6 >> 32 || s->dr7 >> 32)
		return bad("dr6 or dr7", s->dr6 | s->dr7, "has 32 bits");
	if (!hvm_pat_ok(s->pat))
		return bad("pat", s->pat, "bytes 0, 1, 4, 5, 6 or 7");
	if (!is_canonical(s->rip) || !is_canonical(s->lstar) || !is_canonical(s->cstar) || !is_canonical(s->kernel_gs_base) ||
	    !is_canonical(s->sysenter_esp) || !is_canonical(s->sysenter_eip))
		return bad("rip or an address in an MSR", s->rip, "not canonical");
	return 0;
}
