/* SPDX-License-Identifier: MIT */
/* vCPUs of fully virtualized domains: see hvm.h. */
#include <errno.h>
#include <string.h>

#include "hvm.h"

long ctl_hvm_vcpu_page(struct hcall *h, domid_t dom, unsigned int vcpu, evtchn_port_t *port, xen_pfn_t *mfn)
{
	struct paravane_domctl_hvm_vcpu_page arg = { .vcpu = vcpu };
	struct xen_domctl op;
	long ret;

	memset(&op, 0, sizeof(op));
	op.cmd = PARAVANE_DOMCTL_hvm_vcpu_page;
	op.domain = dom;
	memcpy(&op.u, &arg, sizeof(arg));
	ret = hcall_domctl(h, &op);
	memcpy(&arg, &op.u, sizeof(arg));
	*port = arg.port;
	*mfn = arg.mfn;
	return ret;
}

static long state_op(struct hcall *h, unsigned int cmd, domid_t dom, unsigned int vcpu, struct paravane_hvm_state *s)
{
	size_t mark = hcall_mark(h);
	struct paravane_hvm_state *buf = hcall_put(h, s, sizeof(*buf));
	struct paravane_domctl_hvm_state arg = { .vcpu = vcpu, .state = (uintptr_t)buf };
	struct xen_domctl op;
	long ret = -ENOBUFS;

	if (buf) {
		memset(&op, 0, sizeof(op));
		op.cmd = cmd;
		op.domain = dom;
		memcpy(&op.u, &arg, sizeof(arg));
		ret = hcall_domctl(h, &op);
		if (s)
			*s = *buf;
	}
	hcall_release(h, mark);
	return ret;
}

long ctl_hvm_set_state(struct hcall *h, domid_t dom, unsigned int vcpu, const struct paravane_hvm_state *s)
{
	struct paravane_hvm_state copy = *s;

	return state_op(h, PARAVANE_DOMCTL_hvm_set_state, dom, vcpu, &copy);
}

long ctl_hvm_get_state(struct hcall *h, domid_t dom, unsigned int vcpu, struct paravane_hvm_state *s)
{
	return state_op(h, PARAVANE_DOMCTL_hvm_get_state, dom, vcpu, s);
}

long ctl_hvm_down(struct hcall *h, domid_t dom, unsigned int vcpu)
{
	return state_op(h, PARAVANE_DOMCTL_hvm_down, dom, vcpu, NULL);
}

/* Attributes as the VMCB has them. [APM2 4.7, 15.5.1] */
#define ATTR_CODE32 0xc9b		/* present, code, readable, accessed; 32 bits, in pages */
#define ATTR_DATA32 0xc93
#define ATTR_CODE16 0x09b
#define ATTR_DATA16 0x093
#define ATTR_LDT 0x082
#define ATTR_TSS 0x08b

#define CR0_PE 1u
#define CR0_ET 0x10u

static void common(struct paravane_hvm_state *s)
{
	memset(s, 0, sizeof(*s));
	s->rflags = 2;
	s->dr6 = 0xffff0ff0;
	s->dr7 = 0x400;
	s->pat = 0x0007040600070406;
	s->ldtr = (struct paravane_segment){ .attr = ATTR_LDT, .limit = 0xffff };
	s->tr = (struct paravane_segment){ .attr = ATTR_TSS, .limit = 0xffff };
	s->gdtr.limit = s->idtr.limit = 0xffff;
}

void hvm_state_flat(struct paravane_hvm_state *s, uint32_t eip)
{
	common(s);
	s->rip = eip;
	s->cr0 = CR0_PE | CR0_ET;
	/* Selectors that no descriptor table backs: the kernel loads its own. */
	s->cs = (struct paravane_segment){ .sel = 0x10, .attr = ATTR_CODE32, .limit = 0xffffffff };
	s->ds = (struct paravane_segment){ .sel = 0x18, .attr = ATTR_DATA32, .limit = 0xffffffff };
	s->es = s->fs = s->gs = s->ss = s->ds;
}

void hvm_state_startup(struct paravane_hvm_state *s, uint8_t vector)
{
	common(s);
	s->cr0 = CR0_ET;
	s->cs = (struct paravane_segment){ .sel = (uint16_t)(vector << 8), .attr = ATTR_CODE16, .limit = 0xffff,
					   .base = (uint64_t)vector << 12 };
	s->ds = (struct paravane_segment){ .attr = ATTR_DATA16, .limit = 0xffff };
	s->es = s->fs = s->gs = s->ss = s->ds;
}
