/* SPDX-License-Identifier: MIT */
#ifndef HYPERVISOR_BOOT_MAIN_H
#define HYPERVISOR_BOOT_MAIN_H

#include "lib/types.h"

void boot_start(uint32_t magic, uint32_t info) __noreturn;      /* from head.S */
void boot_early_percpu(void);   /* GS base and polled console: panic() works from here */
void boot_main(void) __noreturn;

#endif
