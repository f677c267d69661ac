/* SPDX-License-Identifier: MIT
 *
 * Instructions that touch devices: IN and OUT, their string forms, and whatever moves or changes a word where no memory is.
 *
 * The instruction is fetched through the guest's own tables and decoded once. Then it is carried out from its start; an access to
 * memory is made, one to a device becomes a request and ends the attempt. When the answer is there it is carried out again and
 * finds the access already made (hvm_access()). Of a string instruction one element is done a time; RIP stays on it
 * until the count is used up, and interrupts come in between as on a processor.
 *
 * Not checked: segment limits (the processor has done so for the operand that brought us here). Not supported: device accesses
 * across a page's end, by floating-point and vector instructions, and of pushes and calls: #UD for a program, the end of the
 * domain, with the reason, for its kernel.
 *
 * Next: lib/x86_decode.c.
 */
#include "hvm/internal.h"
#include "lib/string.h"

#define SEG_L 0x200
#define SEG_D 0x400

uint64_t *hvm_reg(struct vcpu *v, unsigned int n)
{
	struct cpu_user_regs *r = &v->regs;
	uint64_t *const slot[16] = {
		&r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi,
		&r->r8, &r->r9, &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15,
	};

	return slot[n & 15];
}

static void reg_write(uint64_t *slot, uint64_t val, unsigned int size, bool high)
{
	uint64_t m = size == 8 ? ~0UL : (1UL << (8 * size)) - 1;

	if (high)
		*slot = (*slot & ~0xff00UL) | (val & 0xff) << 8;
	else if (size == 4)
		*slot = (uint32_t)val;
	else
		*slot = (*slot & ~m) | (val & m);
}

/* --- ports --- */

static enum emul_result do_port(struct vcpu *v)
{
	struct hvm_emul *e = &v->hvm->emul;
	uint64_t data = v->regs.rax;
	enum emul_result r;

	if (e->port_out && e->port_size < 8)
		data &= (1UL << (8 * e->port_size)) - 1;
	r = hvm_access(v, PARAVANE_REQ_PIO, e->port, e->port_size, e->port_out, &data);
	if (r != EMUL_DONE)
		return r;
	if (!e->port_out)
		reg_write(&v->regs.rax, data, e->port_size, false);
	hvm_skip_to(v, e->next_rip);
	return EMUL_DONE;
}

void hvm_emulate_port(struct vcpu *v, uint16_t port, unsigned int size, bool out, uint64_t next_rip)
{
	struct hvm_emul *e = &v->hvm->emul;

	hvm_emul_end(v);
	e->kind = EMUL_PORT;
	e->port = port;
	e->port_size = (uint8_t)size;
	e->port_out = out;
	e->next_rip = next_rip;
	hvm_emulate_again(v);
}

/* --- addresses --- */

static unsigned int mode_of(struct vcpu *v, const struct hvm_control *c)
{
	struct paravane_segment cs;

	backend(v)->get_segment(v, HVM_CS, &cs);
	if ((c->efer & EFER_LMA) && (cs.attr & SEG_L))
		return 8;
	return cs.attr & SEG_D ? 4 : 2;
}

static uint64_t linear_of(struct vcpu *v, unsigned int mode, enum hvm_segment seg, uint64_t offset)
{
	struct paravane_segment s;

	backend(v)->get_segment(v, seg, &s);
	if (mode == 8)
		return offset + (seg >= HVM_FS ? s.base : 0);
	return (uint32_t)(offset + s.base);
}

struct fetch {
	struct vcpu *v;
	struct hvm_control control;
	unsigned int mode, have, next;
	bool gone;                      /* the guest has taken its code away since */
	uint8_t bytes[16];
};

/* As far as the page goes at once; its successor only if the instruction does not end in it. */
static bool fetch_byte(void *p, uint8_t *byte)
{
	struct fetch *f = p;

	if (f->next == f->have) {
		uint64_t at = linear_of(f->v, f->mode, HVM_CS, f->v->regs.rip + f->have), gpa;
		unsigned int n = (unsigned int)MIN(sizeof(f->bytes) - f->have, PAGE_SIZE - (at & ~PAGE_MASK));
		uint32_t access = PFEC_INSN | (f->control.cpl == 3 ? PFEC_USER : 0), error;

		if (!n || !hvm_translate(f->v, &f->control, at, access, &gpa, &error) ||
		    !hvm_read_gpa(f->v->domain, gpa, f->bytes + f->have, n)) {
			f->gone = true;
			return false;
		}
		f->have += n;
	}
	*byte = f->bytes[f->next++];
	return true;
}

/* EMUL_FAULT: it cannot be read; the guest finds out by itself when it runs again. */
static enum emul_result decode(struct vcpu *v, struct x86_insn *insn)
{
	struct fetch f = { .v = v };

	backend(v)->get_control(v, &f.control);
	f.mode = mode_of(v, &f.control);
	if (x86_decode_any(insn, f.mode, fetch_byte, &f))
		return EMUL_DONE;
	return f.gone ? EMUL_FAULT : EMUL_UNKNOWN;
}

bool hvm_decode(struct vcpu *v, struct x86_insn *insn)
{
	return decode(v, insn) == EMUL_DONE;
}

static uint64_t extend(uint64_t v, unsigned int size)
{
	unsigned int n = 64 - 8 * size;

	return (uint64_t)((int64_t)(v << n) >> n);
}

static uint64_t address_mask(const struct x86_insn *in)
{
	return in->addr_size == 8 ? ~0UL : (1UL << (8 * in->addr_size)) - 1;
}

static uint64_t offset_of(struct vcpu *v, const struct x86_insn *in)
{
	uint64_t a = in->disp;

	if (in->base == X86_BASE_RIP)
		a += v->regs.rip + in->length;
	else if (in->base != X86_NO_REG)
		a += *hvm_reg(v, in->base);
	if (in->index != X86_NO_REG)
		a += *hvm_reg(v, in->index) << in->scale;
	/* A bit number in a register reaches beyond the word that the operand names. */
	if (in->op >= X86_BTS && in->op <= X86_BTC && !in->has_imm) {
		int64_t bit = (int64_t)extend(*hvm_reg(v, in->reg), in->size);

		a += (uint64_t)((bit >> (3 + __builtin_ctz(in->size))) * in->size);
	}
	return a & address_mask(in);
}

/* --- memory or device --- */

/* A page fault that the access would have brings it about: the result is then EMUL_FAULT. */
static enum emul_result locate(struct vcpu *v, enum hvm_segment seg, uint64_t offset, unsigned int size, bool write,
			       uint64_t *gpa)
{
	uint32_t access = write ? PFEC_WRITE : 0, error;
	struct hvm_control c;
	uint64_t linear;

	backend(v)->get_control(v, &c);
	linear = linear_of(v, mode_of(v, &c), seg, offset);
	if (c.cpl == 3)
		access |= PFEC_USER;
	if (!hvm_translate(v, &c, linear, access, gpa, &error)) {
		hvm_inject_page_fault(v, linear, error);
		return EMUL_FAULT;
	}
	return (*gpa & ~PAGE_MASK) + size > PAGE_SIZE ? EMUL_UNKNOWN : EMUL_DONE;
}

static enum emul_result touch(struct vcpu *v, enum hvm_segment seg, uint64_t offset, unsigned int size, bool write,
			      uint64_t *data)
{
	uint64_t gpa;
	enum emul_result r = locate(v, seg, offset, size, write, &gpa);

	if (r != EMUL_DONE)
		return r;
	if (!write)
		*data = 0;
	if (write ? hvm_write_gpa(v->domain, gpa, data, size) : hvm_read_gpa(v->domain, gpa, data, size))
		return EMUL_DONE;
	return hvm_access(v, PARAVANE_REQ_MMIO, gpa, size, write, data);
}

/* --- strings: one element --- */

static void advance(struct vcpu *v, const struct x86_insn *in, unsigned int reg)
{
	uint64_t *r = hvm_reg(v, reg), m = address_mask(in);
	uint64_t next = v->regs.rflags & X86_EFLAGS_DF ? *r - in->size : *r + in->size;

	*r = in->addr_size == 4 ? (uint32_t)next : (*r & ~m) | (next & m);
}

static bool reads_source(const struct x86_insn *in)
{
	return in->op == X86_MOVS || in->op == X86_LODS || in->op == X86_OUTS;
}

static enum emul_result move_element(struct vcpu *v, const struct x86_insn *in)
{
	uint64_t m = address_mask(in), data = v->regs.rax;
	uint16_t port = (uint16_t)v->regs.rdx;
	enum emul_result r = EMUL_DONE;
	uint64_t unused;

	/* A device's register may change by being read: not before it is certain where the word can go. */
	if (in->op == X86_INS || in->op == X86_MOVS)
		r = locate(v, HVM_ES, v->regs.rdi & m, in->size, true, &unused);
	if (r != EMUL_DONE)
		return r;
	if (reads_source(in))
		r = touch(v, (enum hvm_segment)in->seg, v->regs.rsi & m, in->size, false, &data);
	else if (in->op == X86_INS)
		r = hvm_access(v, PARAVANE_REQ_PIO, port, in->size, false, &data);
	if (r != EMUL_DONE)
		return r;
	if (in->size < 8)
		data &= (1UL << (8 * in->size)) - 1;
	if (in->op == X86_OUTS)
		return hvm_access(v, PARAVANE_REQ_PIO, port, in->size, true, &data);
	if (in->op == X86_LODS)
		reg_write(&v->regs.rax, data, in->size, false);
	else
		r = touch(v, HVM_ES, v->regs.rdi & m, in->size, true, &data);
	return r;
}

static enum emul_result do_string(struct vcpu *v, const struct x86_insn *in)
{
	uint64_t m = address_mask(in);
	enum emul_result r = EMUL_DONE;

	if (!in->rep || (v->regs.rcx & m)) {
		r = move_element(v, in);
		if (r != EMUL_DONE)
			return r;
		if (reads_source(in))
			advance(v, in, 6);
		if (in->op != X86_LODS && in->op != X86_OUTS)
			advance(v, in, 7);
		if (in->rep) {
			uint64_t left = (v->regs.rcx - 1) & m;

			v->regs.rcx = in->addr_size == 4 ? left : (v->regs.rcx & ~m) | left;
			if (left)
				return EMUL_DONE;
		}
	}
	hvm_skip_to(v, v->regs.rip + in->length);
	return EMUL_DONE;
}

/* --- one operand in memory, the other in a register or the instruction --- */

static enum emul_result do_operand(struct vcpu *v, const struct x86_insn *in)
{
	uint64_t offset = offset_of(v, in), mem = 0, *slot = hvm_reg(v, in->reg);
	uint64_t src = in->has_imm ? in->imm : in->high_byte ? *slot >> 8 : *slot;
	bool pure_store = in->op == X86_MOV && !in->load;
	struct x86_result res;
	enum emul_result r = EMUL_DONE;

	if (!pure_store)
		r = touch(v, (enum hvm_segment)in->seg, offset, in->size, false, &mem);
	if (r != EMUL_DONE)
		return r;
	if (in->op == X86_MOVZX || in->op == X86_MOVSX) {
		reg_write(slot, in->op == X86_MOVSX ? extend(mem, in->size) : mem, in->dest_size, false);
		hvm_skip_to(v, v->regs.rip + in->length);
		return EMUL_DONE;
	}
	if (in->load)
		x86_execute(in, src, mem, v->regs.rax, v->regs.rflags, &res);
	else
		x86_execute(in, mem, src, v->regs.rax, v->regs.rflags, &res);
	if (res.write_mem && !in->load)
		r = touch(v, (enum hvm_segment)in->seg, offset, in->size, true, &res.mem);
	if (r != EMUL_DONE)
		return r;
	if (res.write_mem && in->load)
		reg_write(slot, res.mem, in->size, in->high_byte);
	if (res.write_reg)
		reg_write(slot, res.reg, in->size, in->high_byte);
	if (res.write_rax)
		reg_write(&v->regs.rax, res.reg, in->size, false);
	v->regs.rflags = res.rflags;
	hvm_skip_to(v, v->regs.rip + in->length);
	return EMUL_DONE;
}

static enum emul_result do_insn(struct vcpu *v)
{
	const struct x86_insn *in = &v->hvm->emul.insn;
	bool port = in->op == X86_INS || in->op == X86_OUTS;

	/*
	 * The processor has checked the right to a port before it gave us one, and gave us none with a device's memory: another
	 * vCPU has changed the instruction since. Run again, it is checked.
	 */
	if (port != (v->hvm->emul.kind == EMUL_STRING_PORT))
		return EMUL_FAULT;
	switch (in->op) {
	case X86_SYSTEM:
		return EMUL_UNKNOWN;
	case X86_MOVS:
	case X86_STOS:
	case X86_LODS:
	case X86_INS:
	case X86_OUTS:
		return do_string(v, in);
	default:
		return do_operand(v, in);
	}
}

/* A kernel that needs it cannot go on; a program of its may not end it. */
static void not_emulated(struct vcpu *v)
{
	const struct hvm_emul *e = &v->hvm->emul;
	struct hvm_control c;

	backend(v)->get_control(v, &c);
	if (c.cpl == 3)
		hvm_inject(v, TRAP_UD);
	else
		domain_crash(v->domain, "vCPU %u: the device access at rip %#lx is not emulated (operation %d, size %u)",
			     v->vcpu_id, v->regs.rip, e->kind == EMUL_INSN ? (int)e->insn.op : -1, e->insn.size);
}

void hvm_emulate_insn(struct vcpu *v, bool string_port)
{
	struct hvm_emul *e = &v->hvm->emul;
	enum emul_result r;

	hvm_emul_end(v);
	r = decode(v, &e->insn);
	if (r == EMUL_UNKNOWN)
		not_emulated(v);
	if (r != EMUL_DONE)
		return;
	e->kind = string_port ? EMUL_STRING_PORT : EMUL_INSN;
	hvm_emulate_again(v);
}

/* From the start, with the answers that are there. */
void hvm_emulate_again(struct vcpu *v)
{
	struct hvm_emul *e = &v->hvm->emul;
	enum emul_result r;

	e->next = 0;
	r = e->kind == EMUL_PORT ? do_port(v) : do_insn(v);
	if (r == EMUL_WAIT)
		return;
	if (r == EMUL_UNKNOWN)
		not_emulated(v);
	hvm_emul_end(v);
}
