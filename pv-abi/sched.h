/* SPDX-License-Identifier: MIT */
/*
 * HYPERVISOR_sched_op(cmd, arg): give the processor away, sleep, and end the domain.
 */
#ifndef PV_ABI_SCHED_H
#define PV_ABI_SCHED_H

#include "event_channel.h"

/*
 * yield            arg ignored: let others run; stays runnable
 * block            clears the upcall mask and sleeps until an event is pending
 * shutdown         sched_shutdown: ends the domain with a reason; does not return, except
 *                  after suspend, when the domain has been resumed
 * poll             sched_poll: sleeps until one of the ports is pending or the timeout (system
 * time, ns;
 *                  0 none) is over; the upcall mask stays as it is. At most 128 ports (-EINVAL)
 * remote_shutdown  sched_remote_shutdown: as shutdown, of another domain; privileged
 * shutdown_code    sched_shutdown: sets the reason without shutting down watchdog
 * sched_watchdog: id 0 makes a timer and returns its id (-ENOSPC when both are taken),
 *                  an id pokes it, timeout 0 (seconds) removes it; when it ends, SHUTDOWN_watchdog
 * pin_override     sched_pin_override: runs this vCPU on one physical CPU, -1 releases; privileged
 */
#define SCHEDOP_yield           0
#define SCHEDOP_block           1
#define SCHEDOP_shutdown        2
#define SCHEDOP_poll            3
#define SCHEDOP_remote_shutdown 4
#define SCHEDOP_shutdown_code   5
#define SCHEDOP_watchdog        6
#define SCHEDOP_pin_override    7

/* Reasons, as the control domain sees them. More than SHUTDOWN_MAX is taken as a crash by tools. */
#define SHUTDOWN_poweroff   0
#define SHUTDOWN_reboot     1
#define SHUTDOWN_suspend    2
#define SHUTDOWN_crash      3
#define SHUTDOWN_watchdog   4
#define SHUTDOWN_soft_reset 5
#define SHUTDOWN_MAX        5

#ifndef __ASSEMBLY__

struct sched_shutdown {
	unsigned int reason; /* SHUTDOWN_*; for suspend the caller has the MFN of start_info in rdx */
};
typedef struct sched_shutdown sched_shutdown_t;
DEFINE_XEN_GUEST_HANDLE(sched_shutdown_t);

struct sched_poll {
	XEN_GUEST_HANDLE(evtchn_port_t) ports;
	unsigned int nr_ports;
	uint64_t timeout;
};
typedef struct sched_poll sched_poll_t;
DEFINE_XEN_GUEST_HANDLE(sched_poll_t);

struct sched_remote_shutdown {
	domid_t domain_id;
	unsigned int reason;
};
typedef struct sched_remote_shutdown sched_remote_shutdown_t;
DEFINE_XEN_GUEST_HANDLE(sched_remote_shutdown_t);

struct sched_watchdog {
	uint32_t id;
	uint32_t timeout; /* seconds from now */
};
typedef struct sched_watchdog sched_watchdog_t;
DEFINE_XEN_GUEST_HANDLE(sched_watchdog_t);

struct sched_pin_override {
	int32_t pcpu;
};
typedef struct sched_pin_override sched_pin_override_t;
DEFINE_XEN_GUEST_HANDLE(sched_pin_override_t);

PV_ABI_SIZE(struct sched_poll, 24);
PV_ABI_OFFSET(struct sched_poll, timeout, 16);
PV_ABI_SIZE(struct sched_remote_shutdown, 8);
PV_ABI_SIZE(struct sched_watchdog, 8);

#endif /* !__ASSEMBLY__ */

#endif /* PV_ABI_SCHED_H */
