/* SPDX-License-Identifier: MIT */
/*
 * Domain configs as device trees, after Xen's hyperlaunch binding.
 *
 *	chosen/hypervisor {
 *		web {
 *			compatible = "xen,domain";
 *			domain-name = "web";
 *			domain-uuid = [ 16 bytes ];
 *			cpus = <2>;
 *			memory = <0x0 0x10000>;			KiB, 64 bits
 *			kernel { compatible = "module,kernel"; path = "..."; bootargs = "..."; };
 *			ramdisk { compatible = "module,ramdisk"; path = "..."; };
 *			config { on_crash = "preserve"; cpu_weight = <512>; };
 *		};
 *	};
 *
 * The config node holds all other keys under their own names: a string, a cell or a list of strings.
 */
#ifndef DOM0_TOOLS_LIB_CFG_FDT_H
#define DOM0_TOOLS_LIB_CFG_FDT_H

#include <stdint.h>

#include "cfg.h"

int cfg_is_fdt(const uint8_t *data, size_t size);
/* The one domain in the tree. Messages begin with @file and the node's path. */
int cfg_from_fdt(struct cfg *c, const char *file, const uint8_t *data, size_t size, struct err *e);
/* As a blob of *@size bytes, malloc'ed, or NULL. */
uint8_t *cfg_to_fdt(const struct cfg *c, size_t *size, struct err *e);
/* As source text, malloc'ed, or NULL. */
char *cfg_to_dts(const struct cfg *c, struct err *e);

#endif
