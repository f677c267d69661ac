/* SPDX-License-Identifier: MIT */
/*
 * States of a split device's two halves, in the key "state" of either's XenStore directory. Usual
 * way: both Initialising; back InitWait; front Initialised, with ring and event channel written;
 * back Connected; front Connected. Down: Closing, then Closed, on both sides.
 */
#ifndef PV_ABI_IO_XENBUS_H
#define PV_ABI_IO_XENBUS_H

enum xenbus_state {
	XenbusStateUnknown       = 0,
	XenbusStateInitialising  = 1,
	XenbusStateInitWait      = 2, /* back end waits for what the front end writes */
	XenbusStateInitialised   = 3, /* front end has written; waits for the connection */
	XenbusStateConnected     = 4,
	XenbusStateClosing       = 5,
	XenbusStateClosed        = 6,
	XenbusStateReconfiguring = 7,
	XenbusStateReconfigured  = 8
};
typedef enum xenbus_state XenbusState;

#endif /* PV_ABI_IO_XENBUS_H */
