/* SPDX-License-Identifier: MIT
 *
 * The control domain's side of a fully virtualized domain. See hvm.h.
 */
#include "hvm.h"

#define PATIENCE 10000000000UL

static void must(long rc, const char *what)
{
	if (rc)
		die("a fully virtualized domain: %s: error %ld", what, rc);
}

/* ---- control operations ---- */

long hvm_domctl(unsigned int domid, uint32_t cmd, void *arg, size_t n)
{
	static struct xen_domctl op;
	long rc;

	memset(&op, 0, sizeof(op));
	memcpy(&op.u, arg, n);
	rc = domu_domctl(&op, cmd, domid);
	memcpy(arg, &op.u, n);
	return rc;
}

long hvm_set_state(struct hvm *g, unsigned int vcpu, struct paravane_hvm_state *s)
{
	struct paravane_domctl_hvm_state a = { .vcpu = vcpu, .state = (uint64_t)s };

	return hvm_domctl(g->domid, PARAVANE_DOMCTL_hvm_set_state, &a, sizeof(a));
}

long hvm_get_state(struct hvm *g, unsigned int vcpu, struct paravane_hvm_state *s)
{
	struct paravane_domctl_hvm_state a = { .vcpu = vcpu, .state = (uint64_t)s };

	return hvm_domctl(g->domid, PARAVANE_DOMCTL_hvm_get_state, &a, sizeof(a));
}

long hvm_down(struct hvm *g, unsigned int vcpu)
{
	struct paravane_domctl_hvm_state a = { .vcpu = vcpu };

	return hvm_domctl(g->domid, PARAVANE_DOMCTL_hvm_down, &a, sizeof(a));
}

void hvm_exits(struct hvm *g, unsigned int vcpu, struct paravane_domctl_hvm_exits *e)
{
	memset(e, 0, sizeof(*e));
	e->vcpu = vcpu;
	must(hvm_domctl(g->domid, PARAVANE_DOMCTL_hvm_exits, e, sizeof(*e)), "hvm_exits");
}

long hvm_try_create(unsigned int flags, unsigned int vcpus, unsigned int *domid)
{
	static struct xen_domctl op;
	long rc;

	memset(&op, 0, sizeof(op));
	op.u.createdomain.flags = flags;
	op.u.createdomain.max_vcpus = vcpus;
	op.u.createdomain.max_evtchn_port = 63;
	op.u.createdomain.max_grant_frames = 1;
	op.u.createdomain.max_maptrack_frames = 1;
	op.u.createdomain.grant_opts = 2;
	rc = domu_domctl(&op, XEN_DOMCTL_createdomain, 0);
	*domid = op.domain;
	return rc;
}

void hvm_needed(void)
{
	unsigned int domid;
	long rc = hvm_try_create(XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, 1, &domid);
	struct xen_domctl op;

	if (rc == -XEN_EOPNOTSUPP)
		skip_all("this machine has no SVM with nested paging");
	must(rc, "createdomain");
	must(domu_domctl(&op, XEN_DOMCTL_destroydomain, domid), "destroydomain");
}

/* ---- memory ---- */

static void *window;

static char *map(struct hvm *g, uint64_t gpa)
{
	if (!window)
		window = alloc_page();
	must(HYPERVISOR_update_va_mapping_otherdomain((unsigned long)window, (gpa & ~(PAGE_SIZE - 1)) | PTE_FLAGS_RW,
						      UVMF_INVLPG, g->domid), "mapping a page of it");
	return (char *)window + (gpa & (PAGE_SIZE - 1));
}

static void unmap(void *at)
{
	must(HYPERVISOR_update_va_mapping((unsigned long)at, virt_to_mfn(at) << 12 | PTE_FLAGS_RW, UVMF_INVLPG), "unmapping");
}

static void copy(struct hvm *g, uint64_t gpa, char *buf, size_t n, bool write)
{
	while (n) {
		size_t here = PAGE_SIZE - (gpa & (PAGE_SIZE - 1));
		char *p = map(g, gpa);

		if (here > n)
			here = n;
		if (write)
			memcpy(p, buf, here);
		else
			memcpy(buf, p, here);
		unmap(window);
		gpa += here;
		buf += here;
		n -= here;
	}
}

void hvm_write(struct hvm *g, uint64_t gpa, const void *from, size_t n)
{
	copy(g, gpa, (char *)(uintptr_t)from, n, true);
}

void hvm_read(struct hvm *g, uint64_t gpa, void *to, size_t n)
{
	copy(g, gpa, to, n, false);
}

void hvm_write_tables(struct hvm *g)
{
	static const uint64_t gdt[] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff };
	static uint64_t t[512];

	hvm_write(g, HVM_GDT, gdt, sizeof(gdt));
	memset(t, 0, sizeof(t));
	t[0] = (HVM_TABLES + 0x1000) | 7;
	hvm_write(g, HVM_TABLES, t, sizeof(t));
	t[0] = (HVM_TABLES + 0x2000) | 7;
	t[3] = (HVM_TABLES + 0x3000) | 7;
	hvm_write(g, HVM_TABLES + 0x1000, t, sizeof(t));
	for (unsigned int i = 0; i < 512; i++)
		t[i] = (uint64_t)i << 21 | 0x87;
	hvm_write(g, HVM_TABLES + 0x2000, t, sizeof(t));
	for (unsigned int i = 0; i < 512; i++)
		t[i] += 3UL << 30;
	hvm_write(g, HVM_TABLES + 0x3000, t, sizeof(t));
}

void hvm_write_gate(struct hvm *g, unsigned int vector, uint64_t handler)
{
	uint64_t gate[2] = { (handler & 0xffff) | 8 << 16 | 0x8eUL << 40 | (handler >> 16 & 0xffff) << 48, handler >> 32 };

	hvm_write(g, HVM_IDT + vector * 16UL, gate, sizeof(gate));
}

/* ---- states ---- */

static void common_state(struct paravane_hvm_state *s)
{
	memset(s, 0, sizeof(*s));
	s->rflags = 2;
	s->cr0 = 0x10;
	s->dr6 = 0xffff0ff0;
	s->dr7 = 0x400;
	s->pat = 0x0007040600070406;
	s->cs = (struct paravane_segment){ .attr = 0x9b, .limit = 0xffff };
	s->ds = s->es = s->fs = s->gs = s->ss = (struct paravane_segment){ .attr = 0x93, .limit = 0xffff };
	s->tr = (struct paravane_segment){ .attr = 0x8b, .limit = 0xffff };
	s->ldtr = (struct paravane_segment){ .attr = 0x82, .limit = 0xffff };
	s->gdtr.limit = s->idtr.limit = 0xffff;
}

void hvm_real_mode(struct paravane_hvm_state *s, uint64_t start)
{
	common_state(s);
	s->rip = start & 0xf;
	s->cs.base = start & ~0xfUL;
	s->cs.sel = (uint16_t)(start >> 4);
	s->rsp = 0x7ff0;
}

void hvm_long_mode(struct paravane_hvm_state *s, unsigned int vcpu, uint64_t rip)
{
	common_state(s);
	s->rip = rip;
	s->rsp = HVM_STACK + vcpu * 0x1000;
	s->cr0 = 0x80000033;
	s->cr3 = HVM_TABLES;
	s->cr4 = 0x620;
	s->efer = 0xd01;
	s->cs = (struct paravane_segment){ .sel = 8, .attr = 0xa9b, .limit = 0xffffffff };
	s->ds = s->es = s->ss = (struct paravane_segment){ .sel = 16, .attr = 0xc93, .limit = 0xffffffff };
	s->gdtr = (struct paravane_segment){ .limit = 31, .base = HVM_GDT };
	s->idtr = (struct paravane_segment){ .limit = 0xfff, .base = HVM_IDT };
	s->rdi = vcpu;
}

/* ---- life ---- */

static void attach(struct hvm *g, unsigned int vcpu)
{
	struct paravane_domctl_hvm_vcpu_page p = { .vcpu = vcpu };
	struct evtchn_bind_interdomain b = { .remote_dom = (domid_t)g->domid };

	must(hvm_domctl(g->domid, PARAVANE_DOMCTL_hvm_vcpu_page, &p, sizeof(p)), "hvm_vcpu_page");
	g->page[vcpu] = alloc_page();
	must(HYPERVISOR_update_va_mapping_otherdomain((unsigned long)g->page[vcpu], p.mfn << 12 | PTE_FLAGS_RW, UVMF_INVLPG,
						      DOMID_XEN), "mapping a vCPU's page");
	b.remote_port = p.port;
	must(HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &b), "binding to a vCPU's port");
	g->port[vcpu] = b.local_port;
}

static void populate(struct hvm *g)
{
	static xen_pfn_t gfns[512];
	struct xen_memory_reservation r = { .domid = (domid_t)g->domid };
	long got;

	set_xen_guest_handle(r.extent_start, gfns);
	for (unsigned long first = 0; first < g->pages; first += r.nr_extents) {
		r.nr_extents = g->pages - first < 512 ? g->pages - first : 512;
		for (unsigned long i = 0; i < r.nr_extents; i++)
			gfns[i] = first + i;
		got = HYPERVISOR_memory_op(XENMEM_populate_physmap, &r);
		if (got != (long)r.nr_extents)
			die("a fully virtualized domain: %ld of %lu pages", got, (unsigned long)r.nr_extents);
	}
}

void hvm_create(struct hvm *g, unsigned int vcpus, unsigned long pages)
{
	static struct xen_domctl op;

	memset(g, 0, sizeof(*g));
	g->vcpus = vcpus;
	g->pages = pages;
	must(hvm_try_create(XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, vcpus, &g->domid), "createdomain");
	memset(&op, 0, sizeof(op));
	op.u.max_vcpus.max = vcpus;
	must(domu_domctl(&op, XEN_DOMCTL_max_vcpus, g->domid), "max_vcpus");
	op.u.max_mem.max_memkb = pages * 4;
	must(domu_domctl(&op, XEN_DOMCTL_max_mem, g->domid), "max_mem");
	populate(g);
	for (unsigned int i = 0; i < vcpus; i++)
		attach(g, i);
}

void hvm_start(struct hvm *g)
{
	static struct xen_domctl op;

	must(domu_domctl(&op, XEN_DOMCTL_unpausedomain, g->domid), "unpausedomain");
}

bool hvm_has_crashed(struct hvm *g)
{
	static struct xen_domctl op;

	must(domu_domctl(&op, XEN_DOMCTL_getdomaininfo, g->domid), "getdomaininfo");
	return op.u.getdomaininfo.flags & XEN_DOMINF_shutdown;
}

const char *hvm_crash_reason(struct hvm *g)
{
	static struct paravane_domctl_crash_reason r;

	must(hvm_domctl(g->domid, PARAVANE_DOMCTL_crash_reason, &r, sizeof(r)), "crash_reason");
	return r.reason;
}

void hvm_destroy(struct hvm *g)
{
	static struct xen_domctl op;
	uint64_t end;
	long rc;

	do
		rc = domu_domctl(&op, XEN_DOMCTL_destroydomain, g->domid);
	while (rc == -XEN_EAGAIN || rc == -XEN_EBUSY);
	must(rc, "destroydomain");
	for (unsigned int i = 0; i < g->vcpus; i++) {
		evtchn_close(g->port[i]);
		unmap(g->page[i]);
	}
	end = system_time() + PATIENCE;
	while (!domu_domctl(&op, XEN_DOMCTL_getdomaininfo, g->domid) && op.domain == g->domid) {
		if (system_time() > end)
			die("domain %u does not go", g->domid);
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	}
}

/* ---- the device model ---- */

void hvm_kick(struct hvm *g, unsigned int vcpu)
{
	must(evtchn_send(g->port[vcpu]), "an event to it");
}

void hvm_interrupt(struct hvm *g, unsigned int vcpu, unsigned int vector)
{
	__atomic_fetch_or(&g->page[vcpu]->irr[vector / 32], 1U << (vector % 32), __ATOMIC_SEQ_CST);
	hvm_kick(g, vcpu);
}

static void end_of_interrupt(struct hvm *g, unsigned int vcpu)
{
	for (int i = 7; i >= 0; i--) {
		uint32_t w = g->page[vcpu]->isr[i];

		if (w) {
			__atomic_fetch_and(&g->page[vcpu]->isr[i], ~(0x80000000U >> __builtin_clz(w)), __ATOMIC_SEQ_CST);
			return;
		}
	}
}

void hvm_answer(struct hvm *g, unsigned int vcpu, uint64_t data)
{
	g->page[vcpu]->request.data = data;
	__atomic_store_n(&g->page[vcpu]->request.state, PARAVANE_REQ_DONE, __ATOMIC_RELEASE);
	hvm_kick(g, vcpu);
}

int hvm_wait_request(struct hvm *g)
{
	uint64_t end = system_time() + PATIENCE;

	do {
		for (unsigned int i = 0; i < g->vcpus; i++)
			if (__atomic_load_n(&g->page[i]->request.state, __ATOMIC_ACQUIRE) == PARAVANE_REQ_READY)
				return (int)i;
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	} while (!hvm_has_crashed(g) && system_time() < end);
	return -1;
}

static uint64_t registers(struct hvm *g, const struct paravane_vcpu_page *p)
{
	unsigned int at = p->request.addr & 0xff, size = p->request.size;
	uint64_t data = p->request.data;

	if (g->nr_notes < ARRAY_SIZE(g->note))
		g->note[g->nr_notes++] = (struct hvm_note){ p->request.addr, data, (uint8_t)size, p->request.write };
	if (at + size > sizeof(g->regs))
		return ~0UL;
	if (p->request.write)
		memcpy(g->regs + at, &data, size);
	else
		memcpy(&data, g->regs + at, size);
	return data;
}

static uint64_t port_access(struct hvm *g, const struct paravane_vcpu_page *p)
{
	if (p->request.addr == HVM_PORT_SAY && p->request.write && g->nr_said < ARRAY_SIZE(g->said))
		g->said[g->nr_said++] = (uint32_t)p->request.data;
	if (p->request.addr == HVM_PORT_ASK && !p->request.write && g->next_ask < g->nr_ask)
		return g->ask[g->next_ask++];
	return ~0UL;
}

static void serve_one(struct hvm *g, unsigned int vcpu)
{
	const struct paravane_vcpu_page *p = g->page[vcpu];

	if (p->request.type == PARAVANE_REQ_PIO) {
		hvm_answer(g, vcpu, port_access(g, p));
	} else if (p->request.addr == HVM_APIC + 0xb0) {
		end_of_interrupt(g, vcpu);
		hvm_answer(g, vcpu, 0);
	} else {
		hvm_answer(g, vcpu, registers(g, p));
	}
}

enum hvm_end hvm_serve(struct hvm *g)
{
	for (;;) {
		int vcpu = hvm_wait_request(g);
		const struct paravane_vcpu_page *p;

		if (vcpu < 0)
			return hvm_has_crashed(g) ? HVM_CRASHED : HVM_TIMEOUT;
		if (g->hook && g->hook(g, (unsigned int)vcpu))
			continue;
		p = g->page[vcpu];
		if (p->request.type == PARAVANE_REQ_PIO && p->request.addr == HVM_PORT_END) {
			g->ended_by = (uint32_t)p->request.data;
			return HVM_ENDED;
		}
		serve_one(g, (unsigned int)vcpu);
	}
}
