/* SPDX-License-Identifier: MIT */
/*
 * The end: registers, a stack with names, and then the platform's way to stop.
 *
 * Symbols: the image is linked twice. tools/ksyms.sh turns the first link's `nm` into a table of
 * (address, name offset) that the second link includes; the weak empty one below serves the first.
 */
#include "lib.h"
#include "task.h"

void __noreturn panic_trap(const struct trapframe *tf, const char *what, u64 addr);

struct ksym {
	u32 offset;	/* from KERNEL_BASE */
	u32 name;	/* in ksym_names */
};
extern const struct ksym ksym_table[];
extern const u32 ksym_count;
extern const char ksym_names[];
extern const char _start_image[], _end_image[], _etext[];

const char *ksym_find(u64 addr, u64 *offset)
{
	u32 lo = 0, hi = ksym_count, key = addr - KERNEL_BASE;

	if (!ksym_count || addr < (u64)_start_image || addr >= (u64)_etext)
		return NULL;
	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;

		if (ksym_table[mid].offset <= key)
			lo = mid;
		else
			hi = mid;
	}
	*offset = key - ksym_table[lo].offset;
	return ksym_names + ksym_table[lo].name;
}

static void print_frame(u64 addr)
{
	u64 off = 0;
	const char *name = ksym_find(addr, &off);

	printk("  %016lx %s+0x%lx\n", addr, name ? name : "?", off);
}

static bool plausible_frame(u64 rbp)
{
	return rbp > KERNEL_BASE && rbp < KERNEL_BASE + KERNEL_MEM_MAX && !(rbp & 7);
}

/* Functions keep frame pointers: [rbp] is the caller's rbp, [rbp+8] the return address. */
void print_stack(u64 rbp, u64 rip)
{
	printk("Call trace:\n");
	if (rip)
		print_frame(rip);
	for (int i = 0; i < 24 && plausible_frame(rbp); i++) {
		u64 *f = (u64 *)rbp;

		if (f[1] < KERNEL_BASE)
			break;
		print_frame(f[1]);
		if (f[0] <= rbp)
			break;
		rbp = f[0];
	}
}

static void print_registers(const struct trapframe *tf)
{
	printk("rip %016lx  rsp %016lx  rflags %08lx  cs %lx ss %lx\n", tf->rip, tf->rsp, tf->rflags, tf->cs,
	       tf->ss);
	printk("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", tf->rax, tf->rbx, tf->rcx, tf->rdx);
	printk("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", tf->rsi, tf->rdi, tf->rbp, tf->r8);
	printk("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", tf->r9, tf->r10, tf->r11, tf->r12);
	printk("r13 %016lx  r14 %016lx  r15 %016lx  err %016lx\n", tf->r13, tf->r14, tf->r15, tf->error);
}

static void __noreturn stop(u64 rbp, u64 rip)
{
	struct cpu *c = this_cpu();

	if (c->task)
		printk("CPU %u, task %s (%d)\n", c->id, c->task->name, c->task->pid);
	print_stack(rbp, rip);
	plat_crash();
}

/* From now on locks do not matter: their holder may be what broke. */
static void enter_panic(void)
{
	static int panicking;

	plat_irq_disable();
	this_cpu()->lock_level = LOCK_NONE;
	if (atomic_inc(&panicking) > 2)
		plat_crash();
}

void panic(const char *fmt, ...)
{
	char msg[200];
	va_list ap;

	enter_panic();
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	printk("\nKernel panic: %s\n", msg);
	stop((u64)__builtin_frame_address(0), 0);
}

void __noreturn panic_trap(const struct trapframe *tf, const char *what, u64 addr)
{
	enter_panic();
	printk("\nKernel panic: %s (trap %lu, error %lx, address %lx)\n", what, tf->vector, tf->error, addr);
	print_registers(tf);
	stop(tf->rbp, tf->rip);
}
