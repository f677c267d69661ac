/* SPDX-License-Identifier: MIT
 *
 * Event channels: a bit that one domain sets and another sees.
 */
#ifndef HYPERVISOR_CORE_EVTCHN_H
#define HYPERVISOR_CORE_EVTCHN_H

#include <pv-abi/xen.h>
#include <pv-abi/event_channel.h>
#include "lib/spinlock.h"
#include "lib/types.h"

struct vcpu;
struct domain;
struct evtchn;
struct evtchn_fifo_domain;
struct evtchn_fifo_vcpu;
struct evtchn_ops;

#define EVTCHNS_PER_PAGE_PTRS 512

struct domain_evtchn {
	spinlock_t lock;                /* LOCK_EVTCHN */
	const struct evtchn_ops *ops;   /* 2-level or FIFO */
	struct evtchn ***bucket;        /* two-level table of channels, allocated as used */
	unsigned int max_port;          /* limit from domctl, inclusive */
	unsigned int valid_ports;       /* ports below this are allocated */
	unsigned int active;            /* channels in use */
	struct evtchn_fifo_domain *fifo;
	bool pirq_eoi_auto;
	unsigned long *pirq_eoi_map;    /* direct-mapped guest page, or NULL */
	mfn_t pirq_eoi_mfn;
	uint16_t *pirq_to_port;         /* NR_PIRQS entries, control domain only */
};

struct vcpu_evtchn {
	struct evtchn_fifo_vcpu *fifo;
};

int evtchn_domain_init(struct domain *d, unsigned int max_port);
int evtchn_domain_destroy(struct domain *d);    /* closes all; 0 or -ERESTART */
void evtchn_domain_free(struct domain *d);      /* memory, at the last reference */
void evtchn_vcpu_destroy(struct vcpu *v);
void evtchn_vcpu_info_moved(struct vcpu *v);    /* after VCPUOP_register_vcpu_info */
int evtchn_reset(struct domain *d, bool resuming);

long evtchn_send(struct domain *from, unsigned int port);
void evtchn_send_vcpu_virq(struct vcpu *v, unsigned int virq);  /* per-vCPU VIRQs */
void evtchn_send_global_virq(unsigned int virq);                /* to whoever bound it (control domain by default) */
int evtchn_set_global_virq_handler(struct domain *d, unsigned int virq);
bool evtchn_port_pending(struct domain *d, unsigned int port);  /* for SCHEDOP_poll */
bool evtchn_port_valid(struct domain *d, unsigned int port);

/* vcpu_info helpers, hot: */
static inline bool vcpu_event_pending(const struct vcpu_info *vi)
{
	return vi->evtchn_upcall_pending && !vi->evtchn_upcall_mask;
}
void vcpu_mark_events_pending(struct vcpu *v);

#endif
