/* SPDX-License-Identifier: MIT */
/* Finds the devices there are. */
#include "drivers.h"
#include "../kernel/lib.h"
#include "../kernel/mm.h"
#include "../kernel/vfs.h"
#ifndef PLATFORM_pv
void xen_drivers_init(void) { }
#endif
struct fs *p9_create(const char *tag) { return ERR_PTR(-ENODEV); }

void drivers_init(void)
{
	xen_drivers_init();
}

void demo_init(void)
{
	panic("no init");
}
