/* SPDX-License-Identifier: MIT */
/* TOUR 5.5: from a system call's number to its function. Both platforms' entry paths end here. */
#include "syscall.h"
#include "errno.h"
#include "lib.h"
#include "task.h"

typedef long (*syscall_fn)(long, long, long, long, long, long);

#define SYSCALL(nr, name, nargs) [nr] = (syscall_fn)(void *)sys_##name,
static const syscall_fn table[] = {
#include "syscalls.def"
};
#undef SYSCALL

#define SYSCALL(nr, name, nargs) [nr] = #name,
static const char *const names[] = {
#include "syscalls.def"
};
#undef SYSCALL

const char *syscall_name(unsigned nr)
{
	return nr < ARRAY_SIZE(names) && names[nr] ? names[nr] : "?";
}

void syscall_handle(struct trapframe *tf)
{
	struct task *t = current;
	u64 nr = tf->rax, now = plat_clock();
	long ret = -ENOSYS;

	t->utime += now - t->time_mark;
	t->time_mark = now;
	tf->vector = TRAP_SYSCALL | (nr & 0xffff);
	t->syscall_nr = nr;
	plat_irq_enable();
	if (nr < ARRAY_SIZE(table) && table[nr])
		ret = table[nr](tf->rdi, tf->rsi, tf->rdx, tf->r10, tf->r8, tf->r9);
	plat_irq_disable();
	tf->rax = ret;
	t->syscall_nr = -1;
}
