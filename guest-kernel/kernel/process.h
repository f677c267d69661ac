/* SPDX-License-Identifier: MIT */
/* Making processes. */
#ifndef GUEST_KERNEL_KERNEL_PROCESS_H
#define GUEST_KERNEL_KERNEL_PROCESS_H

#include "types.h"

/* Turns the calling kernel thread into a program; returns only to report an error. */
int exec_kernel(const char *path, const char *const argv[], const char *const envp[]);
/* Code and stack selectors of user mode. */
void plat_user_segments(u64 *cs, u64 *ss);
u64 random_u64(void);
/* The first process: becomes init. */
void init_thread(void *arg);

#endif
