/* SPDX-License-Identifier: MIT */
/*
 * QEMU's configuration device, as far as kernels that were written for QEMU ask it without a BIOS: a selector at port 0x510,
 * data bytes at 0x511. It tells the number of CPUs and the size of memory. [QEMU docs/specs/fw_cfg]
 */
#ifndef DEVMODEL_FWCFG_H
#define DEVMODEL_FWCFG_H

#include <stdint.h>

struct fwcfg {
	uint16_t key;
	uint32_t offset;
};

struct machine;

uint32_t fwcfg_read(struct machine *m, uint16_t port, unsigned int size);
void fwcfg_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v);

#endif
