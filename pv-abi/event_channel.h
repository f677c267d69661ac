/* SPDX-License-Identifier: MIT */
/*
 * Event channels: one bit of notification between domains, vCPUs, devices and the hypervisor.
 *
 * A port is a domain's own number for one end. Pending and masked are the two bits of a port that
 * the guest sees; an upcall happens when a port that is not masked becomes pending. Bits live in
 * the shared page (2-level, 4096 ports) or, after EVTCHNOP_init_control, in pages of the guest's
 * (FIFO, 131072 ports, 16 priorities).
 *
 * HYPERVISOR_event_channel_op(cmd, arg), arg points at the structure named below. Common errors:
 * -EINVAL a port or vCPU that is out of range or in the wrong state, -ESRCH no such domain,
 * -EPERM not allowed for that domain, -ENOSPC no free port, -EEXIST already bound, -ENOSYS
 * unknown command.
 */
#ifndef PV_ABI_EVENT_CHANNEL_H
#define PV_ABI_EVENT_CHANNEL_H

#include "xen.h"

#define EVTCHNOP_bind_interdomain 0
#define EVTCHNOP_bind_virq        1
#define EVTCHNOP_bind_pirq        2
#define EVTCHNOP_close            3
#define EVTCHNOP_send             4
#define EVTCHNOP_status           5
#define EVTCHNOP_alloc_unbound    6
#define EVTCHNOP_bind_ipi         7
#define EVTCHNOP_bind_vcpu        8
#define EVTCHNOP_unmask           9
#define EVTCHNOP_reset            10
#define EVTCHNOP_init_control     11
#define EVTCHNOP_expand_array     12
#define EVTCHNOP_set_priority     13

#ifndef __ASSEMBLY__

typedef uint32_t evtchn_port_t;
DEFINE_XEN_GUEST_HANDLE(evtchn_port_t);

/*
 * alloc_unbound: a new port in dom which remote_dom may bind to. dom other than DOMID_SELF needs
 * privilege. port is the result.
 */
struct evtchn_alloc_unbound {
	domid_t dom, remote_dom; /* in */
	evtchn_port_t port;      /* out */
};
typedef struct evtchn_alloc_unbound evtchn_alloc_unbound_t;

/*
 * bind_interdomain: a new local port, connected to remote_port, which must be unbound and
 * reserved for the caller (-EINVAL). The local port is pending at once, so that no earlier event
 * is missed.
 */
struct evtchn_bind_interdomain {
	domid_t remote_dom;        /* in */
	evtchn_port_t remote_port; /* in */
	evtchn_port_t local_port;  /* out */
};
typedef struct evtchn_bind_interdomain evtchn_bind_interdomain_t;

/* bind_virq: one port for VIRQ virq on vcpu. Global ones: vcpu 0 (-EINVAL), and once (-EEXIST). */
struct evtchn_bind_virq {
	uint32_t virq;      /* in: VIRQ_* */
	uint32_t vcpu;      /* in */
	evtchn_port_t port; /* out */
};
typedef struct evtchn_bind_virq evtchn_bind_virq_t;

/* bind_pirq: for a physical interrupt the domain has been given (-EPERM otherwise). */
struct evtchn_bind_pirq {
	uint32_t pirq; /* in */
#define BIND_PIRQ__WILL_SHARE 1
	uint32_t flags;     /* in */
	evtchn_port_t port; /* out */
};
typedef struct evtchn_bind_pirq evtchn_bind_pirq_t;

/* bind_ipi: a port that the domain sends to itself, delivered to vcpu for good. */
struct evtchn_bind_ipi {
	uint32_t vcpu;      /* in */
	evtchn_port_t port; /* out */
};
typedef struct evtchn_bind_ipi evtchn_bind_ipi_t;

/* close: frees the port; the peer of an interdomain channel becomes unbound. */
struct evtchn_close {
	evtchn_port_t port; /* in */
};
typedef struct evtchn_close evtchn_close_t;

/* send: interdomain, makes the other end pending; IPI, this one; unbound, does nothing. */
struct evtchn_send {
	evtchn_port_t port; /* in */
};
typedef struct evtchn_send evtchn_send_t;

/* status: of a port of dom; another domain than DOMID_SELF needs privilege. */
struct evtchn_status {
	domid_t dom;        /* in */
	evtchn_port_t port; /* in */
#define EVTCHNSTAT_closed      0
#define EVTCHNSTAT_unbound     1
#define EVTCHNSTAT_interdomain 2
#define EVTCHNSTAT_pirq        3
#define EVTCHNSTAT_virq        4
#define EVTCHNSTAT_ipi         5
	uint32_t status; /* out, and all below */
	uint32_t vcpu;
	union {
		struct {
			domid_t dom; /* who may bind */
		} unbound;
		struct {
			domid_t dom;
			evtchn_port_t port;
		} interdomain;
		uint32_t pirq;
		uint32_t virq;
	} u;
};
typedef struct evtchn_status evtchn_status_t;

/* bind_vcpu: which vCPU gets the upcall. Not for IPIs and per-vCPU VIRQs (-EINVAL). */
struct evtchn_bind_vcpu {
	evtchn_port_t port; /* in */
	uint32_t vcpu;      /* in */
};
typedef struct evtchn_bind_vcpu evtchn_bind_vcpu_t;

/* unmask: clears the mask, and delivers if the port is pending. */
struct evtchn_unmask {
	evtchn_port_t port; /* in */
};
typedef struct evtchn_unmask evtchn_unmask_t;

/* reset: closes every port of dom and returns to the 2-level form. */
struct evtchn_reset {
	domid_t dom; /* in */
};
typedef struct evtchn_reset evtchn_reset_t;

/*
 * init_control: gives vcpu its FIFO control block, at offset (multiple of 8) in frame
 * control_gfn, and on first use switches the domain to the FIFO form. -EINVAL for a block that
 * crosses its page.
 */
struct evtchn_init_control {
	uint64_t control_gfn; /* in */
	uint32_t offset;      /* in */
	uint32_t vcpu;        /* in */
	uint8_t link_bits;    /* out */
	uint8_t _pad[7];
};
typedef struct evtchn_init_control evtchn_init_control_t;

/* expand_array: one more page of 1024 event words, up to 128. */
struct evtchn_expand_array {
	uint64_t array_gfn; /* in */
};
typedef struct evtchn_expand_array evtchn_expand_array_t;

/* set_priority: 0 highest, 15 lowest; in effect from the next event. */
struct evtchn_set_priority {
	evtchn_port_t port; /* in */
	uint32_t priority;  /* in */
};
typedef struct evtchn_set_priority evtchn_set_priority_t;

/* Argument of the superseded hypercall 16. */
struct evtchn_op {
	uint32_t cmd; /* EVTCHNOP_* */
	union {
		evtchn_alloc_unbound_t alloc_unbound;
		evtchn_bind_interdomain_t bind_interdomain;
		evtchn_bind_virq_t bind_virq;
		evtchn_bind_pirq_t bind_pirq;
		evtchn_bind_ipi_t bind_ipi;
		evtchn_close_t close;
		evtchn_send_t send;
		evtchn_status_t status;
		evtchn_bind_vcpu_t bind_vcpu;
		evtchn_unmask_t unmask;
	} u;
};
typedef struct evtchn_op evtchn_op_t;
DEFINE_XEN_GUEST_HANDLE(evtchn_op_t);

PV_ABI_SIZE(struct evtchn_alloc_unbound, 8);
PV_ABI_SIZE(struct evtchn_bind_interdomain, 12);
PV_ABI_SIZE(struct evtchn_bind_virq, 12);
PV_ABI_SIZE(struct evtchn_status, 24);
PV_ABI_OFFSET(struct evtchn_status, u, 16);
PV_ABI_SIZE(struct evtchn_init_control, 24);
PV_ABI_SIZE(struct evtchn_set_priority, 8);
PV_ABI_SIZE(struct evtchn_op, 28);

#endif /* !__ASSEMBLY__ */

/* 2-level form: port p is bit p % 64 of words p / 64, summarised by a bit of evtchn_pending_sel. */
#define EVTCHN_2L_NR_CHANNELS (sizeof(xen_ulong_t) * sizeof(xen_ulong_t) * 64)

/*
 * FIFO form: one word for each port. The hypervisor links pending words into a queue for each
 * vCPU and priority, whose head is in the control block; bit q of ready says that queue q was
 * empty and has got an entry. LINK is the next port of the queue. BUSY: the hypervisor is
 * changing the mask and the link at once, so the guest must wait before clearing the mask.
 */
#define EVTCHN_FIFO_PRIORITY_MAX     0
#define EVTCHN_FIFO_PRIORITY_DEFAULT 7
#define EVTCHN_FIFO_PRIORITY_MIN     15
#define EVTCHN_FIFO_MAX_QUEUES       (EVTCHN_FIFO_PRIORITY_MIN + 1)

#define EVTCHN_FIFO_PENDING 31
#define EVTCHN_FIFO_MASKED  30
#define EVTCHN_FIFO_LINKED  29
#define EVTCHN_FIFO_BUSY    28

#define EVTCHN_FIFO_LINK_BITS   17
#define EVTCHN_FIFO_LINK_MASK   ((1 << EVTCHN_FIFO_LINK_BITS) - 1)
#define EVTCHN_FIFO_NR_CHANNELS (1 << EVTCHN_FIFO_LINK_BITS)

#ifndef __ASSEMBLY__

typedef uint32_t event_word_t;

struct evtchn_fifo_control_block {
	uint32_t ready;
	uint32_t _rsvd;
	uint32_t head[EVTCHN_FIFO_MAX_QUEUES];
};
typedef struct evtchn_fifo_control_block evtchn_fifo_control_block_t;
PV_ABI_SIZE(struct evtchn_fifo_control_block, 72);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_EVENT_CHANNEL_H */
