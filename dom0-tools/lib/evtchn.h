/* SPDX-License-Identifier: MIT */
/*
 * Event channels through /dev/xen/evtchn, with Linux's ioctls. One open device serves many ports; it
 * becomes readable when one of them has fired. A port that fired stays silent until evtchn_unmask().
 *
 * Functions return -1 with errno set when they fail.
 */
#ifndef DOM0_TOOLS_LIB_EVTCHN_H
#define DOM0_TOOLS_LIB_EVTCHN_H

#include <stdint.h>

/* A descriptor to poll, not blocking, closed on exec. */
int evtchn_open(void);

/* These return the local port. */
int evtchn_bind_interdomain(int fd, uint32_t domid, uint32_t remote_port);
int evtchn_bind_unbound(int fd, uint32_t domid);
int evtchn_bind_virq(int fd, uint32_t virq);
int evtchn_unbind(int fd, uint32_t port);
int evtchn_notify(int fd, uint32_t port);

/* The next port that fired: 1; none: 0. */
int evtchn_pending(int fd, uint32_t *port);
int evtchn_unmask(int fd, uint32_t port);

#endif
