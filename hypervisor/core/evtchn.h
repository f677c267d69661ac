/* SPDX-License-Identifier: MIT
 *
 * Event channels: a bit that one domain sets and another sees.
 *
 * A domain's channels live in groups that are allocated as ports are used and
 * never moved or freed before the domain, so that a port's structure may be
 * read without a lock once its group is there.
 *
 * Next: core/evtchn.c for the locks, core/evtchn_fifo.c for the other ABI.
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
struct pirq;

#define EVTCHNS_PER_GROUP 128U          /* structures of 32 bytes: one page */
#define EVTCHN_FIRST_GROUPS 32U         /* enough for the 4096 ports of the 2-level ABI */

struct domain_evtchn {
	spinlock_t lock;                /* LOCK_EVTCHN */
	const struct evtchn_ops *ops;   /* 2-level or FIFO */
	struct evtchn **group;          /* groups[port / EVTCHNS_PER_GROUP][port % EVTCHNS_PER_GROUP] */
	struct evtchn *first_group[EVTCHN_FIRST_GROUPS];
	unsigned int max_port;          /* limit from domctl, inclusive */
	unsigned int valid_ports;       /* ports below this are allocated */
	unsigned int active;            /* channels in use */
	unsigned int next_free;         /* no port below is free */
	unsigned int next_close;        /* how far destroy or reset has come */
	struct evtchn_fifo_domain *fifo;        /* NULL: 2-level */

	/* Physical interrupts, core/pirq.c. */
	struct pirq *pirq;              /* NR_PIRQS entries, or NULL */
	bool pirq_eoi_auto;             /* unmasking the port is also the EOI */
	unsigned long *pirq_eoi_map;    /* direct-mapped guest page, or NULL */
	mfn_t pirq_eoi_mfn;
};

struct vcpu_evtchn {
	struct evtchn_fifo_vcpu *fifo;
};

/* max_port: the highest port that the domain may have. 0 or -ENOMEM. */
int evtchn_domain_init(struct domain *d, unsigned int max_port);
int evtchn_domain_destroy(struct domain *d);    /* closes all; 0 or -ERESTART */
void evtchn_domain_free(struct domain *d);      /* memory, at the last reference */
void evtchn_vcpu_destroy(struct vcpu *v);
void evtchn_vcpu_info_moved(struct vcpu *v);    /* after VCPUOP_register_vcpu_info */
/*
 * Closes every port and goes back to the 2-level ABI. d is the current domain or paused by the
 * controller (-EINVAL). resuming: go on with a reset that -ERESTART interrupted.
 */
int evtchn_reset(struct domain *d, bool resuming);

/* A port of d that waits for remote to bind to it, and tells d's vCPU number vcpu; 0 or -errno. */
int evtchn_open_unbound(struct domain *d, domid_t remote, unsigned int vcpu, evtchn_port_t *port);
long evtchn_send(struct domain *from, unsigned int port);
void evtchn_send_vcpu_virq(struct vcpu *v, unsigned int virq);  /* per-vCPU VIRQs; any context */
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
