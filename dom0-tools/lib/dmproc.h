/* SPDX-License-Identifier: MIT */
/*
 * The device model of a domain as a process: started when the domain is created, on its own from then on. It ends when
 * its domain is gone. That it runs is told by a socket on which it listens, /run/pvctl/ID.devmodel: that ends with the
 * process, however it ends, so that domaind finds a domain whose device model has died.
 */
#ifndef DOM0_TOOLS_LIB_DMPROC_H
#define DOM0_TOOLS_LIB_DMPROC_H

#include "abi.h"
#include "err.h"

/* Start it and wait until it serves the domain, which must be in XenStore; what it says of a failure is the message. */
int dmproc_start(domid_t dom, struct err *e);

/* The domain has had a device model, and it is not there any more. */
int dmproc_is_dead(domid_t dom);
/* Forget that it had one. */
void dmproc_forget(domid_t dom);

/* For the device model itself: the socket, listening; -1 with a message. */
int dmproc_listen(domid_t dom, struct err *e);

#endif
