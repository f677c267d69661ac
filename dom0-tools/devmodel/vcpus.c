/* SPDX-License-Identifier: MIT */
/* The hypervisor's side of the device model: see vcpus.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/ctl.h"
#include "../lib/evtchn.h"
#include "../lib/hvm.h"
#include "vcpus.h"

static int open_vcpu(struct vcpus *v, unsigned int n, struct err *e)
{
	evtchn_port_t remote;
	xen_pfn_t mfn;
	long ret = ctl_hvm_vcpu_page(&v->h, v->dom, n, &remote, &mfn);
	int port;

	if (ret)
		return hcall_fail(&v->h, e, ret, "page of vCPU %u of domain %u", n, v->dom);
	v->page[n] = foreign_map(&v->h, DOMID_XEN, &mfn, 1, 1, e);
	if (!v->page[n])
		return err_wrap(e, "page of vCPU %u of domain %u", n, v->dom);
	port = evtchn_bind_interdomain(v->evtchn, v->dom, remote);
	if (port < 0)
		return err_sys(e, errno, "binding event channel %u of vCPU %u of domain %u", remote, n, v->dom);
	v->port[n] = (uint32_t)port;
	return 0;
}

int vcpus_open(struct vcpus *v, domid_t dom, struct err *e)
{
	struct xen_domctl_getdomaininfo info;
	long ret;

	memset(v, 0, sizeof(*v));
	v->dom = dom;
	if (hcall_open(&v->h, e))
		return -1;
	v->evtchn = evtchn_open();
	if (v->evtchn < 0)
		return err_sys(e, errno, "/dev/xen/evtchn");
	ret = ctl_domain_info(&v->h, dom, &info);
	if (ret)
		return hcall_fail(&v->h, e, ret, "domain %u", dom);
	v->nr = info.max_vcpu_id + 1;
	if (v->nr > MACHINE_MAX_VCPUS)
		return err_set(e, "domain %u has %u vCPUs: expected at most %u", dom, v->nr, MACHINE_MAX_VCPUS);
	for (unsigned int i = 0; i < v->nr; i++)
		if (open_vcpu(v, i, e))
			return -1;
	return 0;
}

size_t vcpus_fired(struct vcpus *v, uint32_t ports[VCPUS_ROUND])
{
	ssize_t n;

	do
		n = read(v->evtchn, ports, VCPUS_ROUND * sizeof(*ports));
	while (n < 0 && errno == EINTR);
	return n > 0 ? (size_t)n / sizeof(*ports) : 0;
}

/* The page is the hypervisor's, but it carries what the guest does: nothing in it is trusted, each word is read once. */
static bool read_request(struct vcpus *v, unsigned int n, struct paravane_vcpu_page *copy)
{
	struct paravane_vcpu_page *p = v->page[n];

	if (__atomic_load_n(&p->request.state, __ATOMIC_ACQUIRE) != PARAVANE_REQ_READY)
		return false;
	memcpy(&copy->request, &p->request, sizeof(copy->request));
	if (copy->request.type <= PARAVANE_REQ_MMIO || v->complained)
		return true;
	v->complained = true;
	fprintf(stderr, "devmodel: domain %u: vCPU %u: request of type %u: expected 0 or 1\n", v->dom, n,
		copy->request.type);
	return true;
}

void vcpus_serve(struct vcpus *v, struct machine *m, unsigned int n, uint64_t now)
{
	struct paravane_vcpu_page copy, *p = v->page[n];
	uint64_t data = ~0ull;

	if (!read_request(v, n, &copy))
		return;
	if (copy.request.type == PARAVANE_REQ_PIO)
		data = machine_port(m, n, (uint16_t)copy.request.addr, copy.request.size, copy.request.write,
				    copy.request.data, now);
	else if (copy.request.type == PARAVANE_REQ_MMIO)
		data = machine_memory(m, n, copy.request.addr, copy.request.size, copy.request.write, copy.request.data,
				      now);
	/* It has stopped itself: nobody waits for the answer. */
	if (m->lapic[n].waits_for_startup)
		return;
	if (copy.request.size < 8)
		data &= (1ull << 8 * (copy.request.size & 7)) - 1;
	p->request.data = data;
	__atomic_store_n(&p->request.state, PARAVANE_REQ_DONE, __ATOMIC_RELEASE);
	vcpus_kick(v, n);
}

void vcpus_end_round(struct vcpus *v, const uint32_t *ports, size_t nr)
{
	for (unsigned int i = 0; v->kicked; i++, v->kicked >>= 1)
		if (v->kicked & 1)
			evtchn_notify(v->evtchn, v->port[i]);
	for (size_t i = 0; i < nr; i++)
		evtchn_unmask(v->evtchn, ports[i]);
}

void vcpus_kick(struct vcpus *v, unsigned int n)
{
	v->kicked |= 1u << n;
}

/* A request that it was waiting for dies with what it was doing. */
void vcpus_init(struct vcpus *v, unsigned int n)
{
	long ret = ctl_hvm_down(&v->h, v->dom, n);

	if (ret)
		fprintf(stderr, "devmodel: domain %u: INIT of vCPU %u: %s\n", v->dom, n, strerror((int)-ret));
	__atomic_store_n(&v->page[n]->request.state, PARAVANE_REQ_NONE, __ATOMIC_RELEASE);
}

void vcpus_startup(struct vcpus *v, unsigned int n, uint8_t vector)
{
	struct paravane_hvm_state s;
	long ret;

	hvm_state_startup(&s, vector);
	ret = ctl_hvm_set_state(&v->h, v->dom, n, &s);
	if (ret)
		fprintf(stderr, "devmodel: domain %u: startup of vCPU %u: %s\n", v->dom, n, strerror((int)-ret));
}
