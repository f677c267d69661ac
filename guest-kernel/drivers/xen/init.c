/* SPDX-License-Identifier: MIT */
/* The drivers that exist because there is a hypervisor. */
#include "xen.h"
#include "../drivers.h"

void xen_drivers_init(void)
{
	xenbus_init();
	xenbus_dev_init();
	privcmd_init();
	evtchn_dev_init();
	gntdev_init();
	xenctl_init();
}
