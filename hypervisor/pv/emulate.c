/* SPDX-License-Identifier: MIT
 *
 * Privileged instructions that PV guests execute although they run at CPL 3:
 * they fault with #GP(0), and the few that the interface promises to work are
 * done here. CPUID does not fault; a guest that wants our answer marks it with
 * the forced prefix UD2 "xen".
 *
 * Instruction bytes come from the guest, so they are read once into a buffer
 * and only that is decoded; whatever is not in the table is the guest's #GP.
 *
 * [SDM 2] [Xen public/arch-x86/xen.h: XEN_EMULATE_PREFIX]
 */
#include <pv-abi/sched.h>
#include "arch/fpu.h"
#include "arch/clock.h"
#include "hypercall_protos.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "pv/internal.h"

uint32_t lar_safe(uint16_t sel);        /* arch/usercopy.S */

#define INSN_MAX 15

struct insn {
	uint8_t bytes[INSN_MAX];
	unsigned int avail, pos;        /* bytes read from the guest; bytes decoded */
	bool opsize, rep;
	uint8_t rex;
	uint8_t segment;                /* override prefix, or 0 */
	uint16_t opcode;                /* 0x0fxx for two-byte ones */
	bool again;                     /* not finished: execute it again */
};

static bool next(struct insn *i, uint8_t *b)
{
	if (i->pos >= i->avail)
		return false;
	*b = i->bytes[i->pos++];
	return true;
}

/* As many bytes as can be read: an instruction may end where the mapping does. */
static void fetch(struct insn *i, unsigned long rip)
{
	i->avail = INSN_MAX - (unsigned int)copy_from_guest_va(i->bytes, (const void *)rip, INSN_MAX);
	if (i->avail == 0) {
		unsigned int to_page_end = (unsigned int)(PAGE_SIZE - (rip & ~PAGE_MASK));

		if (to_page_end < INSN_MAX && !copy_from_guest_va(i->bytes, (const void *)rip, to_page_end))
			i->avail = to_page_end;
	}
}

static bool decode(struct insn *i, unsigned long rip)
{
	uint8_t b;

	memset(i, 0, sizeof(*i));
	fetch(i, rip);
	for (;;) {
		if (!next(i, &b))
			return false;
		switch (b) {
		case 0x66: i->opsize = true; continue;
		case 0xf2: case 0xf3: i->rep = true; continue;
		case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
			i->segment = b;
			continue;
		case 0x67: case 0xf0:
			return false;   /* no guest needs these here */
		}
		break;
	}
	if ((b & 0xf0) == 0x40) {
		i->rex = b;
		if (!next(i, &b))
			return false;
	}
	i->opcode = b;
	if (b == 0x0f) {
		if (!next(i, &b))
			return false;
		i->opcode = (uint16_t)(0x0f00 | b);
	}
	return true;
}

static uint64_t *reg(struct cpu_user_regs *r, unsigned int n)
{
	uint64_t *const map[16] = {
		&r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi,
		&r->r8, &r->r9, &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15,
	};

	return map[n & 15];
}

/* ---- control and debug registers ---- */

unsigned long pv_guest_cr4_to_shown(const struct vcpu *v)
{
	unsigned long cr4 = read_cr4() & (X86_CR4_PAE | X86_CR4_DE | X86_CR4_MCE | X86_CR4_OSFXSR |
					  X86_CR4_OSXMMEXCPT | X86_CR4_FSGSBASE | X86_CR4_OSXSAVE);

	return cr4;
}

static bool read_cr(struct vcpu *v, unsigned int n, uint64_t *value)
{
	switch (n) {
	case 0:
		*value = (v->pv.ctrlreg[0] & ~(unsigned long)X86_CR0_TS) | (v->fpu.ts ? X86_CR0_TS : 0);
		return true;
	case 2:
	case 4:
		*value = v->pv.ctrlreg[n];
		return true;
	case 3:
		*value = xen_pfn_to_cr3(mfn_x(v->mm.guest_table));
		return true;
	default:
		return false;
	}
}

static bool write_cr(struct vcpu *v, unsigned int n, uint64_t value)
{
	switch (n) {
	case 0:
		/* Only TS is the guest's to change; the rest must stay. */
		if ((value ^ v->pv.ctrlreg[0]) & ~(uint64_t)X86_CR0_TS)
			return false;
		do_fpu_taskswitch(!!(value & X86_CR0_TS));
		return true;
	case 2:
		v->pv.ctrlreg[2] = value;
		v->vcpu_info->arch.cr2 = value;
		return true;
	case 4:
		/* The hypervisor's choice stands; what the guest asks in excess is ignored. */
		return true;
	default:
		return false;
	}
}

/* Validating a whole tree may take more than one step: then RIP stays where it is. */
static bool mov_to_cr3(struct insn *i, uint64_t value)
{
	int rc = mm_set_guest_table(current, mfn(value >> PAGE_SHIFT));

	i->again = rc == -ERESTART;
	return !rc || i->again;
}

static bool mov_cr(struct insn *i, struct cpu_user_regs *r)
{
	unsigned int n;
	uint64_t *gpr;
	uint8_t m;

	if (!next(i, &m) || (m & 0xc0) != 0xc0)
		return false;
	n = ((m >> 3) & 7) | ((i->rex & 4) << 1);
	gpr = reg(r, (m & 7) | ((i->rex & 1) << 3));
	switch (i->opcode) {
	case 0x0f20:
		return read_cr(current, n, gpr);
	case 0x0f22:
		return n == 3 ? mov_to_cr3(i, *gpr) : write_cr(current, n, *gpr);
	case 0x0f21: {
		long v = do_get_debugreg(n);

		if (n > 7)
			return false;
		*gpr = (uint64_t)v;
		return true;
	}
	default:
		return do_set_debugreg(n, *gpr) == 0;
	}
}

/* ---- ports ---- */

static unsigned int io_size(const struct insn *i)
{
	return !(i->opcode & 1) ? 1 : i->opsize ? 2 : 4;
}

static bool in_out(struct insn *i, struct cpu_user_regs *r)
{
	unsigned int size = io_size(i), port = (uint16_t)r->rdx;
	uint8_t imm;

	if (i->opcode < 0xe8) {
		if (!next(i, &imm))
			return false;
		port = imm;
	}
	if (!pv_io_allowed(current, port, size))
		return false;
	if (i->opcode & 2) {
		pv_io_write(current, port, size, (uint32_t)r->rax);
		return true;
	}
	{
		uint32_t v = pv_io_read(current, port, size);

		if (size == 4)
			r->rax = v;
		else if (size == 2)
			r->rax = (r->rax & ~0xffffULL) | (v & 0xffff);
		else
			r->rax = (r->rax & ~0xffULL) | (v & 0xff);
	}
	return true;
}

/*
 * INS and OUTS, flat segments as 64-bit kernels have. With REP at most a page's
 * worth a time: RIP stays on the instruction until RCX is 0. *done says whether to go on.
 */
static bool ins_outs(struct insn *i, struct cpu_user_regs *r, bool *done)
{
	unsigned int size = io_size(i), port = (uint16_t)r->rdx, left;
	bool out = i->opcode >= 0x6e;
	uint64_t *index = out ? &r->rsi : &r->rdi;
	long step = r->rflags & X86_EFLAGS_DF ? -(long)size : (long)size;

	if (i->segment || !pv_io_allowed(current, port, size))
		return false;
	left = i->rep ? (unsigned int)MIN(r->rcx, (uint64_t)(PAGE_SIZE / size)) : 1;
	for (; left; left--) {
		uint32_t v = 0;
		bool fault;

		if (out) {
			fault = copy_from_guest_va(&v, (const void *)*index, size);
			if (!fault)
				pv_io_write(current, port, size, v);
		} else {
			v = pv_io_read(current, port, size);
			fault = copy_to_guest_va((void *)*index, &v, size);
		}
		if (fault) {
			pv_inject_page_fault(current, *index, out ? 0 : PFEC_WRITE);
			*done = false;
			return true;
		}
		*index += (uint64_t)step;
		if (i->rep)
			r->rcx--;
	}
	*done = !i->rep || !r->rcx;
	return true;
}

/* ---- the rest ---- */

static bool do_rdmsr_insn(struct cpu_user_regs *r)
{
	uint64_t v;

	if (!pv_rdmsr(current, (uint32_t)r->rcx, &v))
		return false;
	r->rax = (uint32_t)v;
	r->rdx = v >> 32;
	return true;
}

static bool group_0f01(struct insn *i, struct cpu_user_regs *r)
{
	uint8_t m;

	if (!next(i, &m))
		return false;
	if (m == 0xd1) {        /* XSETBV */
		if ((uint32_t)r->rcx)
			return false;
		return !fpu_set_xcr0(current, (uint64_t)(uint32_t)r->rdx << 32 | (uint32_t)r->rax);
	}
	if ((m & 0xf8) == 0xf0) {       /* LMSW register: TS and nothing else */
		uint64_t v = *reg(r, (m & 7) | ((i->rex & 1) << 3)) & 0xf;

		return write_cr(current, 0, (current->pv.ctrlreg[0] & ~0xfUL) | v | X86_CR0_PE);
	}
	return false;
}

static void do_cpuid_insn(struct cpu_user_regs *r)
{
	struct cpuid_regs c = pv_cpuid(current, (uint32_t)r->rax, (uint32_t)r->rcx);

	r->rax = c.a;
	r->rbx = c.b;
	r->rcx = c.c;
	r->rdx = c.d;
}

static bool iopl_allows(const struct vcpu *v)
{
	unsigned int cpl = !v->pv.kernel_mode ? 3 :
			   v->domain->vm_assist & (1UL << VMASST_TYPE_architectural_iopl) ? 0 : 1;

	return (cpl << 12) <= v->pv.iopl;
}

/*
 * CLI and STI do nothing, where the virtual IOPL allows them at all. They do not
 * touch the event mask: the POPF that would undo a CLI does not trap, and the guest would
 * be left masked for good. Stock kernels rely on it.
 */
static bool cli_sti(void)
{
	return iopl_allows(current);
}

/* Instructions that a guest's user may execute too, when its kernel lets it. */
static bool emulate_any_mode(struct insn *i, struct cpu_user_regs *r, bool *handled, bool *done)
{
	*handled = true;
	switch (i->opcode) {
	case 0x6c ... 0x6f:
		return ins_outs(i, r, done);
	case 0xe4 ... 0xe7:
	case 0xec ... 0xef:
		return in_out(i, r);
	case 0xfa:
	case 0xfb:
		return cli_sti();
	case 0x0fa2:
		do_cpuid_insn(r);
		return true;
	default:
		*handled = false;
		return false;
	}
}

static bool emulate_kernel(struct insn *i, struct cpu_user_regs *r)
{
	switch (i->opcode) {
	case 0xf4:              /* HLT */
		r->rip += i->pos;
		do_sched_op(SCHEDOP_block, 0);
		r->rip -= i->pos;
		return true;
	case 0x0f01:
		return group_0f01(i, r);
	case 0x0f06:            /* CLTS */
		do_fpu_taskswitch(0);
		return true;
	case 0x0f08:            /* INVD: would lose others' data; a guest's cache is coherent */
	case 0x0f09:            /* WBINVD */
		if (current->domain->iomem && current->domain->privileged)
			wbinvd();
		return true;
	case 0x0f20 ... 0x0f23:
		return mov_cr(i, r);
	case 0x0f30:
		return pv_wrmsr(current, (uint32_t)r->rcx,
				(uint64_t)(uint32_t)r->rdx << 32 | (uint32_t)r->rax);
	case 0x0f31: {          /* RDTSC, where CR4.TSD is set for this domain */
		uint64_t t = rdtsc();

		r->rax = (uint32_t)t;
		r->rdx = t >> 32;
		return true;
	}
	case 0x0f32:
		return do_rdmsr_insn(r);
	default:
		return false;
	}
}

/*
 * Is it 64-bit code? A guest may run on a code segment of its own GDT, which is
 * loaded: LAR gives the descriptor's L bit. [SDM 2A LAR] [SDM 3A 5.2.1]
 */
static bool code_is_64bit(uint16_t sel)
{
	if (likely(sel == SEL_RING3_CS64))
		return true;
	/* Another vCPU may have unmapped the LDT's page while this one runs on what it read there. */
	return lar_safe(sel) & (1U << 21);
}

bool pv_emulate_privileged(struct cpu_user_regs *r)
{
	bool handled, ok, done = true;
	struct insn i;

	if (current->pv.kernel_mode && !code_is_64bit(r->cs))
		return false;
	if (!decode(&i, r->rip))
		return false;
	ok = emulate_any_mode(&i, r, &handled, &done);
	if (!handled)
		ok = current->pv.kernel_mode && emulate_kernel(&i, r);
	if (!ok)
		return false;
	done = done && !i.again;
	if (done)
		r->rip += i.pos;
	r->rflags &= ~(uint64_t)X86_EFLAGS_RF;
	if (unlikely(r->rflags & X86_EFLAGS_TF) && done) {
		current->pv.debugreg[6] |= 1U << 14;
		pv_inject_trap(current, TRAP_DB, 0);
	}
	return true;
}

static inline uint32_t forced_word(const uint8_t *b)
{
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

bool pv_emulate_forced(struct cpu_user_regs *r)
{
	static const uint8_t forced_cpuid[] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };
	const uint8_t *rip = (const uint8_t *)r->rip;
	uint32_t word;

	_Static_assert(sizeof(forced_cpuid) == 7, "two words that overlap in a byte");
	if (copy_from_guest_va(&word, rip + 3, 4) || word != forced_word(forced_cpuid + 3))
		return false;
	do_cpuid_insn(r);
	r->rip += sizeof(forced_cpuid);
	r->rflags &= ~(uint64_t)X86_EFLAGS_RF;
	return true;
}
