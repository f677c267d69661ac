/* SPDX-License-Identifier: MIT
 *
 * Boot domains from a device tree: Xen's hyperlaunch binding.
 */
#ifndef HYPERVISOR_PV_HYPERLAUNCH_H
#define HYPERVISOR_PV_HYPERLAUNCH_H

#include "boot/boot.h"

/*
 * If one of the modules is a device tree with a domain in it, build all it
 * describes and say true; a broken tree is a panic that names node, property and value.
 */
bool hyperlaunch_build(const struct boot_info *bi);
const char *module_arguments(const char *s);    /* pv/boot_domains.c */

#endif
