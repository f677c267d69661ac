/* SPDX-License-Identifier: MIT */
/* What the kernel calls in drivers/. */
#ifndef GUEST_KERNEL_DRIVERS_DRIVERS_H
#define GUEST_KERNEL_DRIVERS_DRIVERS_H

#include "../kernel/types.h"

/* Finds devices. Called by the first process, in its context, with /dev in place. */
void drivers_init(void);
/* PV only: /dev/xen and XenStore. An empty function elsewhere. */
void xen_drivers_init(void);
/* There is no program to run: greet and answer. */
void __noreturn demo_init(void);
/* The value of name=value on the command line. */
bool boot_option(const char *name, char *value, size_t size);

#endif
