/* SPDX-License-Identifier: MIT
 *
 * Panic: message, registers, backtrace and the last trace records, then the
 * other CPUs are stopped by NMI and this one halts, or leaves QEMU with a
 * status of its own under `debug-exit`.
 */
#include "arch/panic.h"
#include "arch/apic.h"
#include "arch/cpu.h"
#include "arch/machine.h"
#include "arch/x86.h"
#include "boot/boot.h"
#include "core/console.h"
#include "core/trace.h"
#include "lib/panic.h"
#include "lib/string.h"

extern const char hypercall_return[], exception_return[], upcall_return[], guest_syscall_return[];
extern const char image_start[], image_text_end[], image_init_start[], image_init_text_end[];

static uint32_t panicking;

bool panic_in_progress(void)
{
	return READ_ONCE(panicking);
}

void panic_stop_others(void)
{
	WRITE_ONCE(panicking, 1);
	apic_send_nmi_others();
}

void panic_stop_this_cpu(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void print_regs(const struct cpu_user_regs *r)
{
	printk("RIP %04x:%016lx RSP %04x:%016lx RFLAGS %08lx\n", r->cs, (unsigned long)r->rip, r->ss,
	       (unsigned long)r->rsp, (unsigned long)r->rflags);
	printk("RAX %016lx RBX %016lx RCX %016lx RDX %016lx\n", (unsigned long)r->rax,
	       (unsigned long)r->rbx, (unsigned long)r->rcx, (unsigned long)r->rdx);
	printk("RSI %016lx RDI %016lx RBP %016lx R8  %016lx\n", (unsigned long)r->rsi,
	       (unsigned long)r->rdi, (unsigned long)r->rbp, (unsigned long)r->r8);
	printk("R9  %016lx R10 %016lx R11 %016lx R12 %016lx\n", (unsigned long)r->r9,
	       (unsigned long)r->r10, (unsigned long)r->r11, (unsigned long)r->r12);
	printk("R13 %016lx R14 %016lx R15 %016lx CR3 %016lx\n", (unsigned long)r->r13,
	       (unsigned long)r->r14, (unsigned long)r->r15, read_cr3());
}

static bool is_text(unsigned long a)
{
	return (a >= (unsigned long)image_start && a < (unsigned long)image_text_end) ||
	       (a >= (unsigned long)image_init_start && a < (unsigned long)image_init_text_end);
}

#ifdef NDEBUG
/* Without frame pointers: what lies on the stack and looks like a return address. Some will be stale. */
void print_backtrace(unsigned long ip, unsigned long bp)
{
	const unsigned long *p = __builtin_frame_address(0);

	printk("On the stack: %#lx", ip);
	for (unsigned int n = 0; n < 24 && ((unsigned long)p & (PAGE_SIZE - 1)); p++)
		if (is_text(*p)) {
			printk(" %#lx", *p);
			n++;
		}
	printk("\n");
}
#else
/* The first frame on the short ways in (arch/entry.S) has the guest's RBP. */
static bool is_short_way(unsigned long ip)
{
	return ip == (unsigned long)hypercall_return || ip == (unsigned long)exception_return ||
	       ip == (unsigned long)upcall_return || ip == (unsigned long)guest_syscall_return;
}

void print_backtrace(unsigned long ip, unsigned long bp)
{
	printk("Backtrace: %#lx", ip);
	for (unsigned int i = 0; i < 24 && bp >= HV_VIRT_START && bp < HV_VIRT_END && !(bp & 7); i++) {
		const unsigned long *frame = (const unsigned long *)bp;

		if (!is_text(frame[1]))
			break;
		printk(" %#lx", frame[1]);
		if (is_short_way(frame[1]) || frame[0] <= bp)
			break;
		bp = frame[0];
	}
	printk("\n");
}
#endif

static void panic_begin(void)
{
	local_irq_disable();
	if (__atomic_exchange_n(&panicking, 1, __ATOMIC_SEQ_CST))
		panic_stop_this_cpu();
	apic_send_nmi_others();
	console_force_sync();
	printk(LOG_ERR "\n*** Paravane panic on CPU%u ***\n", cpu_id());
}

static void panic_end(void) __noreturn;
static void panic_end(void)
{
	const struct vcpu *v = current;

	if (v && v->domain)
		printk("Current vCPU: d%uv%u\n", v->domain->domid, v->vcpu_id);
	trace_dump(cpu_id(), 16);
	printk("*** end of panic ***\n");
	if (cmdline_flag("debug-exit"))
		outb(0x2a, 0xf4);       /* process status 85 */
	panic_stop_this_cpu();
}

void panic(const char *fmt, ...)
{
	char msg[256];
	va_list ap;

	panic_begin();
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	printk(LOG_ERR "%s\n", msg);
	print_backtrace((unsigned long)__builtin_return_address(0),
			(unsigned long)__builtin_frame_address(0));
	panic_end();
}

void panic_regs(const struct cpu_user_regs *regs, const char *fmt, ...)
{
	char msg[256];
	va_list ap;

	panic_begin();
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	printk(LOG_ERR "%s\n", msg);
	print_regs(regs);
	print_backtrace(regs->rip, regs->rbp);
	panic_end();
}
