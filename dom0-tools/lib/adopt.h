/* SPDX-License-Identifier: MIT */
/*
 * Domains that the hypervisor started from a boot device tree, before there was a control domain: they have pages and
 * event channels for store and console (PARAVANE_DOMCTL_boot_domain) but nobody serves them. Adopting one does what
 * create does last: its entries in XenStore, its introduction. What it has written meanwhile waits in its rings.
 *
 * No config is kept for it, so no on_* policy applies: the files it was made from are gone.
 */
#ifndef DOM0_TOOLS_LIB_ADOPT_H
#define DOM0_TOOLS_LIB_ADOPT_H

#include "launch.h"

/* 1: adopted; 0: not a boot domain, or adopted before; -1 with a message. */
int adopt_boot_domain(struct host *host, const struct xen_domctl_getdomaininfo *info, struct err *e);

#endif
