/* SPDX-License-Identifier: MIT */
/* Finds the devices there are. */
#include "drivers.h"
#include "virtio.h"
#include "../platform/platform.h"

#ifndef PLATFORM_pv
void xen_drivers_init(void)
{
}
#endif

/* Legacy device numbers; the subsystem says what it is. */
#define VIRTIO_CONSOLE 3
#define VIRTIO_9P 9

static void found(const struct pci_device *d)
{
	if (d->subsystem == VIRTIO_9P)
		p9_found(d);
	else if (d->subsystem == VIRTIO_CONSOLE)
		vserial_found(d);
}

void drivers_init(void)
{
	if (boot_info.control_domain)
		pci_scan(found);
	xen_drivers_init();
}
