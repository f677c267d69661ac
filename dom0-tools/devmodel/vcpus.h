/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's side of the device model: each vCPU's page and event channel, the requests in the pages, and the few
 * operations that stop and start vCPUs. [pv-abi/paravane-hvm.h]
 */
#ifndef DEVMODEL_VCPUS_H
#define DEVMODEL_VCPUS_H

#include "../lib/hcall.h"
#include "machine.h"

struct vcpus {
	struct hcall h;
	domid_t dom;
	unsigned int nr;
	int evtchn;
	struct paravane_vcpu_page *page[MACHINE_MAX_VCPUS];
	uint32_t port[MACHINE_MAX_VCPUS];
	uint32_t kicked;		/* bit n: vCPU n is to be notified at the end of the round */
	bool complained;		/* of a request that makes no sense: once is enough */
};

/* Everything that it takes to serve the domain. */
int vcpus_open(struct vcpus *v, domid_t dom, struct err *e);

/* A round: the ports that fired, to be answered by vcpus_end_round(). */
#define VCPUS_ROUND 64
size_t vcpus_fired(struct vcpus *v, uint32_t ports[VCPUS_ROUND]);
/* Answer what vCPU @n asks, if it does. */
void vcpus_serve(struct vcpus *v, struct machine *m, unsigned int n, uint64_t now);
/* Tell the hypervisor of all that changed, then let the ports fire again. */
void vcpus_end_round(struct vcpus *v, const uint32_t *ports, size_t nr);

/* For struct machine_host. */
void vcpus_kick(struct vcpus *v, unsigned int n);
void vcpus_init(struct vcpus *v, unsigned int n);
void vcpus_startup(struct vcpus *v, unsigned int n, uint8_t vector);

#endif
