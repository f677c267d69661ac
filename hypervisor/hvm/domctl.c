/* SPDX-License-Identifier: MIT
 *
 * Control operations on the vCPUs of a fully virtualized domain. [pv-abi/paravane-hvm.h]
 */
#include "core/domctl.h"
#include "arch/guest_access.h"
#include "core/hypercall.h"
#include "hvm/internal.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame.h"

/* Takes the operation's argument, which begins with the number of a vCPU; NULL and *err when there is none. */
static struct vcpu *take_vcpu(struct domain *d, const struct xen_domctl *op, void *arg, size_t size, long *err)
{
	struct vcpu *v;
	uint32_t id;

	memcpy(arg, &op->u, size);
	memcpy(&id, &op->u, sizeof(id));
	v = domain_vcpu(d, id);
	*err = 0;
	if (!is_hvm_domain(d))
		*err = hypercall_error(-EINVAL, "domain %u is not fully virtualized", d->domid);
	else if (!v)
		*err = hypercall_error(-ESRCH, "domain %u has no vCPU %u", d->domid, id);
	return *err ? NULL : v;
}

long domctl_hvm_vcpu_page(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct paravane_domctl_hvm_vcpu_page p;
	long rc;
	struct vcpu *v = take_vcpu(d, op, &p, sizeof(p), &rc);

	if (!v)
		return rc;
	if (!v->hvm->port)
		rc = evtchn_open_unbound(d, current->domain->domid, v->vcpu_id, &v->hvm->port);
	if (rc)
		return rc;
	p.port = v->hvm->port;
	p.mfn = mfn_x(virt_to_mfn(v->hvm->page));
	memcpy(&op->u, &p, sizeof(p));
	return 0;
}

/* --- state --- */

static void load_registers(struct cpu_user_regs *r, const struct paravane_hvm_state *s)
{
	*r = (struct cpu_user_regs){
		.rax = s->rax, .rbx = s->rbx, .rcx = s->rcx, .rdx = s->rdx, .rsi = s->rsi, .rdi = s->rdi, .rbp = s->rbp,
		.rsp = s->rsp, .r8 = s->r8, .r9 = s->r9, .r10 = s->r10, .r11 = s->r11, .r12 = s->r12, .r13 = s->r13,
		.r14 = s->r14, .r15 = s->r15, .rip = s->rip, .rflags = s->rflags, .cs = s->cs.sel, .ss = s->ss.sel,
	};
}

static void store_registers(const struct cpu_user_regs *r, struct paravane_hvm_state *s)
{
	*s = (struct paravane_hvm_state){
		.rax = r->rax, .rbx = r->rbx, .rcx = r->rcx, .rdx = r->rdx, .rsi = r->rsi, .rdi = r->rdi, .rbp = r->rbp,
		.rsp = r->rsp, .r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11, .r12 = r->r12, .r13 = r->r13,
		.r14 = r->r14, .r15 = r->r15, .rip = r->rip, .rflags = r->rflags,
	};
}

/* The vCPU is down, and so on no CPU. */
static void commit_state(struct vcpu *v, const struct paravane_hvm_state *s)
{
	load_registers(&v->regs, s);
	backend(v)->set_state(v, s);
	v->hvm->pat = s->pat;
	v->hvm->event = 0;
	v->hvm->halted = v->hvm->nmi_masked = false;
	hvm_emul_end(v);
	WRITE_ONCE(v->hvm->page->request.state, PARAVANE_REQ_NONE);
	v->initialised = true;
	clear_bit(VPF_BLOCKED, &v->pause_flags);
	clear_bit(VPF_DOWN, &v->pause_flags);
	vcpu_wake(v);
}

long domctl_hvm_set_state(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct paravane_domctl_hvm_state p;
	struct paravane_hvm_state s;
	long rc;
	struct vcpu *v = take_vcpu(d, op, &p, sizeof(p), &rc);

	if (!v)
		return rc;
	if (copy_from_guest_va(&s, (const void *)p.state, sizeof(s)))
		return hypercall_error(-EFAULT, "hvm_set_state: the state is not readable");
	rc = hvm_check_state(&s);
	if (rc)
		return rc;
	if (!test_bit(VPF_DOWN, &v->pause_flags))
		return hypercall_error(-EBUSY, "vCPU %u is up: down goes first", v->vcpu_id);
	/* It was taken down by us, or never up; but it may not have left its CPU yet. */
	vcpu_sleep_sync(v);
	commit_state(v, &s);
	return 0;
}

long domctl_hvm_get_state(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct paravane_domctl_hvm_state p;
	struct paravane_hvm_state s;
	long rc;
	struct vcpu *v = take_vcpu(d, op, &p, sizeof(p), &rc);

	if (!v)
		return rc;
	vcpu_pause(v);
	store_registers(&v->regs, &s);
	backend(v)->get_state(v, &s);
	s.pat = v->hvm->pat;
	vcpu_unpause(v);
	return copy_to_guest_va((void *)p.state, &s, sizeof(s)) ? -EFAULT : 0;
}

long domctl_hvm_down(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct paravane_domctl_hvm_state p;
	long rc;
	struct vcpu *v = take_vcpu(d, op, &p, sizeof(p), &rc);

	if (!v)
		return rc;
	set_bit(VPF_DOWN, &v->pause_flags);
	vcpu_sleep_sync(v);
	return 0;
}

long domctl_hvm_exits(struct domain *d, struct xen_domctl *op, domctl_guest_t guest)
{
	struct paravane_domctl_hvm_exits p;
	long rc;
	struct vcpu *v = take_vcpu(d, op, &p, sizeof(p), &rc);

	_Static_assert(sizeof(p) <= sizeof(op->u), "it takes the place of the union");
	if (!v)
		return rc;
	for (unsigned int i = 0; i < PARAVANE_NR_EXIT_KINDS; i++)
		p.count[i] = READ_ONCE(v->hvm->exits[i]);
	memcpy(&op->u, &p, sizeof(p));
	return 0;
}
