/* SPDX-License-Identifier: MIT */
/* Prototypes of all system calls, from syscalls.def. Arguments arrive as the registers held them. */
#ifndef GUEST_KERNEL_KERNEL_SYSCALL_H
#define GUEST_KERNEL_KERNEL_SYSCALL_H

#include "types.h"

struct task;
struct trapframe;

#define SYSCALL_ARGS_0 void
#define SYSCALL_ARGS_1 long
#define SYSCALL_ARGS_2 long, long
#define SYSCALL_ARGS_3 long, long, long
#define SYSCALL_ARGS_4 long, long, long, long
#define SYSCALL_ARGS_5 long, long, long, long, long
#define SYSCALL_ARGS_6 long, long, long, long, long, long
#define SYSCALL(nr, name, nargs) long sys_##name(SYSCALL_ARGS_##nargs);
#include "syscalls.def"
#undef SYSCALL

/* Shared by several of them. */
int signal_set_temporary_mask(u64 mask_addr);
void signal_end_of_syscall(struct trapframe *tf);
void timer_del_task(struct task *t);
const char *syscall_name(unsigned nr);
void wall_clock_set(u64 ns);
extern char hostname[65];

#endif
