/* SPDX-License-Identifier: MIT
 *
 * Stopping the whole machine.
 */
#ifndef HYPERVISOR_ARCH_MACHINE_H
#define HYPERVISOR_ARCH_MACHINE_H

#include "lib/types.h"

/*
 * The control domain shut down with a SHUTDOWN_* code: reboot, power off, or,
 * with `noreboot`, stop. With the argument `debug-exit` QEMU's isa-debug-exit at port 0xf4
 * gets 16 + code, so that a test sees how a run ended (process status 33 + 2 * code).
 */
void machine_shutdown(unsigned int shutdown_code) __noreturn;
void machine_halt(void) __noreturn;     /* every CPU stops; registers stay for the debugger */
void machine_reboot(void) __noreturn;

#endif
