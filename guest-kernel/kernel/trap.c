/* SPDX-License-Identifier: MIT */
/*
 * CPU exceptions and the way back to user mode, the same on both platforms: the hypervisor reports
 * exceptions to a PV guest with the numbers and error codes of the hardware.
 *
 * Next: mm.c (page faults), signal.c.
 */
#include "errno.h"
#include "lib.h"
#include "mm.h"
#include "syscall.h"
#include "task.h"

#define PF_PRESENT 1
#define PF_WRITE 2
#define PF_EXEC 16

extern const char user_access_begin[], user_access_end[], user_access_fault[];
extern const char fpu_restore_begin[], fpu_restore_end[], fpu_restore_fault[];
void __noreturn panic_trap(const struct trapframe *tf, const char *what, u64 addr);

static const char *const names[] = {
	"divide error", "debug", "NMI", "breakpoint", "overflow", "bound", "invalid opcode", "no FPU",
	"double fault", "coprocessor overrun", "invalid TSS", "segment not present", "stack fault",
	"general protection", "page fault", "reserved", "FPU error", "alignment check", "machine check",
	"SIMD error",
};

static const u8 signals[20] = {
	[0] = SIGFPE, [1] = SIGTRAP, [3] = SIGTRAP, [4] = SIGSEGV, [5] = SIGSEGV, [6] = SIGILL, [7] = SIGSEGV,
	[11] = SIGBUS, [12] = SIGBUS, [13] = SIGSEGV, [16] = SIGFPE, [17] = SIGBUS, [19] = SIGFPE,
};

static bool between(u64 rip, const char *begin, const char *end)
{
	return rip >= (u64)begin && rip <= (u64)end;
}

/* The few instructions that are allowed to fault in kernel mode continue at their recovery. */
static bool kernel_fixup(struct trapframe *tf)
{
	if (between(tf->rip, user_access_begin, user_access_end))
		tf->rip = (u64)user_access_fault;
	else if (between(tf->rip, fpu_restore_begin, fpu_restore_end))
		tf->rip = (u64)fpu_restore_fault;
	else
		return false;
	return true;
}

static void page_fault(struct trapframe *tf)
{
	u64 addr = plat_fault_address();
	struct task *t = current;
	int ret = -EFAULT;

	if (from_user(tf)) {
		plat_irq_enable();
	} else if (addr >= USER_TOP) {
		if (plat_fault_spurious(addr, tf->error))
			return;
		panic_trap(tf, "page fault in the kernel", addr);
	} else if (!between(tf->rip, user_access_begin, user_access_end)) {
		panic_trap(tf, "the kernel touched user memory by mistake", addr);
	} else if (tf->rflags & FLAG_IF) {
		plat_irq_enable();
	} else {
		panic_trap(tf, "user memory touched with interrupts off", addr);
	}
	if (addr < USER_TOP && t->mm && !mutex_held(&t->mm->lock))
		ret = mm_fault(t->mm, addr, tf->error & PF_WRITE, tf->error & PF_EXEC);
	plat_irq_disable();
	if (!ret)
		return;
	if (from_user(tf))
		signal_fault(tf, ret == -ENOMEM ? SIGKILL : SIGSEGV, addr);
	else if (!kernel_fixup(tf))
		panic_trap(tf, "page fault in the kernel", addr);
}

static u32 nmis[MAX_CPUS];	/* not reported yet */

void nmi_report(void)
{
	u32 n = __atomic_exchange_n(&nmis[this_cpu()->id], 0, __ATOMIC_SEQ_CST);

	if (n)
		printk("CPU %u: %u NMI%s that nothing here asked for; going on\n", this_cpu()->id, n, n == 1 ? "" : "s");
}

/*
 * An NMI comes between any two instructions, also of somebody who holds a spinlock, the log's perhaps. Spinlocks are
 * held with interrupts off; so it is reported at once only where they were on, else by an interrupt that we send ourselves.
 */
static void nmi(const struct trapframe *tf)
{
	__atomic_add_fetch(&nmis[this_cpu()->id], 1, __ATOMIC_SEQ_CST);
	if (tf->rflags & FLAG_IF)
		nmi_report();
	else
		plat_send_resched(this_cpu()->id);
}

void trap_handle(struct trapframe *tf)
{
	unsigned v = tf->vector;

	if (v == 14) {
		page_fault(tf);
	} else if (v == 2) {
		nmi(tf);
	} else if (from_user(tf)) {
		signal_fault(tf, v < ARRAY_SIZE(signals) && signals[v] ? signals[v] : SIGSEGV, tf->rip);
	} else if (!kernel_fixup(tf)) {
		panic_trap(tf, v < ARRAY_SIZE(names) ? names[v] : "unknown trap", 0);
	}
}

void user_return(struct trapframe *tf)
{
	struct task *t = current;

	for (;;) {
		if (this_cpu()->need_resched)
			schedule();
		else if (signal_pending(t))
			signal_deliver(tf);
		else
			break;
		plat_irq_disable();
	}
	if (tf->vector & TRAP_SYSCALL && tf->vector != ~0ul)
		signal_end_of_syscall(tf);
	/* What follows is user time. */
	u64 now = plat_clock();

	t->stime += now - t->time_mark;
	t->time_mark = now;
}
