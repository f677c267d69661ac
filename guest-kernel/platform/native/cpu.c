/* SPDX-License-Identifier: MIT */
/* Descriptor tables, entry points, other processors, the way out. [SDM 3A 6, 8, 10] */
#include "../../kernel/lib.h"
#include "../../kernel/mm.h"
#include "../../kernel/page.h"
#include "../../kernel/process.h"
#include "../../kernel/task.h"
#include "native.h"

struct tss {
	u32 reserved0;
	u64 rsp[3], reserved1, ist[7], reserved2;
	u16 reserved3, iomap;
} __packed;

struct idt_gate {
	u16 offset0, selector;
	u8 ist, type;
	u16 offset1;
	u32 offset2, reserved;
};

struct table_ptr {
	u16 limit;
	u64 base;
} __packed;

static u64 gdt[MAX_CPUS][10];
static struct tss tss[MAX_CPUS];
static struct idt_gate idt[256];
static u8 apic_ids[MAX_CPUS];

extern u8 trap_entries[256][16];
extern char ap_trampoline[], ap_trampoline_end[];
extern u32 ap_wanted;
void syscall_entry(void);
void native_trap(struct trapframe *tf);
void native_syscall(struct trapframe *tf);
void __noreturn native_ap_start(unsigned cpu);

#define DOUBLE_FAULT 8
#define GATE_INTERRUPT 0x8e
#define GATE_DPL3 0x60

static void load_gdt(unsigned cpu)
{
	u64 base = (u64)&tss[cpu], *g = gdt[cpu];
	struct table_ptr p = { sizeof(gdt[cpu]) - 1, (u64)g };
	pa_t stack = page_alloc(0);

	g[SEL_KCODE / 8] = 0x00af9b000000ffff;
	g[SEL_KDATA / 8] = 0x00cf93000000ffff;
	g[SEL_UDATA / 8] = 0x00cff3000000ffff;
	g[SEL_UCODE / 8] = 0x00affb000000ffff;
	g[SEL_TSS / 8] = 0x0000890000000000 | (sizeof(struct tss) - 1) | (base & 0xffffff) << 16 |
			 (base >> 24 & 0xff) << 56;
	g[SEL_TSS / 8 + 1] = base >> 32;
	tss[cpu].iomap = sizeof(struct tss);
	/* A double fault means the stack may be bad: it gets its own. */
	tss[cpu].ist[0] = (u64)va(stack) + PAGE_SIZE;
	__asm__ volatile("lgdt %0; ltr %w1" :: "m"(p), "r"(SEL_TSS));
}

static void load_idt(void)
{
	struct table_ptr p = { sizeof(idt) - 1, (u64)idt };

	for (int v = 0; v < 256; v++) {
		u64 entry = (u64)trap_entries[v];

		idt[v] = (struct idt_gate){ entry, SEL_KCODE, v == DOUBLE_FAULT,
					    GATE_INTERRUPT | (v == 3 || v == 4 ? GATE_DPL3 : 0), entry >> 16,
					    entry >> 32, 0 };
	}
	__asm__ volatile("lidt %0" :: "m"(p));
}

void plat_cpu_init(unsigned cpu)
{
	load_gdt(cpu);
	load_idt();
	wrmsr(MSR_GSBASE, (u64)&cpus[cpu]);
	wrmsr(MSR_KERNEL_GSBASE, 0);
	wrmsr(MSR_STAR, (u64)SEL_KCODE << 32 | (u64)(SEL_CODE32 | 3) << 48);
	wrmsr(MSR_LSTAR, (u64)syscall_entry);
	wrmsr(MSR_SFMASK, FLAG_TF | FLAG_IF | FLAG_DF | 0x40000);
	__asm__ volatile("mov %0, %%cr3" :: "r"(init_root) : "memory");
	if (!cpu)
		irq_init();
	lapic_enable();
	apic_ids[cpu] = lapic_read(LAPIC_ID) >> 24;
}

unsigned plat_cpu_possible(void)
{
	/* QEMU tells through its configuration device; on anything else this kernel uses one CPU. */
	static const char magic[4] = "QEMU";

	outw(0x510, 0);
	for (int i = 0; i < 4; i++)
		if (inb(0x511) != (u8)magic[i])
			return 1;
	outw(0x510, 5);
	return inb(0x511);
}

static void send_ipi(u32 low, u32 apic_id)
{
	u64 irq = plat_irq_save();

	lapic_write(LAPIC_ICR_HIGH, apic_id << 24);
	lapic_write(LAPIC_ICR, low);
	while (lapic_read(LAPIC_ICR) & 0x1000)
		;
	plat_irq_restore(irq);
}

static void delay(u64 ns)
{
	u64 end = plat_clock() + ns;

	while (plat_clock() < end)
		;
}

/* INIT, then twice where to start; to everybody else at once. Each takes a number as it arrives. */
void plat_start_cpus(unsigned n)
{
	if (n < 2)
		return;
	memcpy(va(AP_TRAMPOLINE), va((u64)ap_trampoline - KERNEL_BASE), (u64)ap_trampoline_end - (u64)ap_trampoline);
	ap_wanted = n;
	send_ipi(0xc4500, 0);
	delay(200000);
	send_ipi(0xc4600 | AP_TRAMPOLINE >> 12, 0);
	delay(200000);
	send_ipi(0xc4600 | AP_TRAMPOLINE >> 12, 0);
}

void native_ap_start(unsigned cpu)
{
	wrmsr(MSR_GSBASE, (u64)&cpus[cpu]);
	cpu_main(cpu);
}

void plat_send_resched(unsigned cpu)
{
	send_ipi(0x4000 | VECTOR_RESCHED, apic_ids[cpu]);
}

void plat_idle(void)
{
	/* STI takes effect after the next instruction: no interrupt can come in between and be slept over. */
	__asm__ volatile("sti; hlt; cli" ::: "memory");
}

void plat_relax(void)
{
	__asm__ volatile("pause");
}

void plat_set_thread(const struct task *t)
{
	unsigned cpu = this_cpu()->id;
	pa_t root = t->mm ? t->mm->root : init_root, now;

	tss[cpu].rsp[0] = (u64)t->kstack + KSTACK_SIZE;
	__asm__ volatile("mov %%cr3, %0" : "=r"(now));
	if (root != now)
		__asm__ volatile("mov %0, %%cr3" :: "r"(root) : "memory");
	if (t->mm)
		wrmsr(MSR_FSBASE, t->fsbase);
}

void plat_set_fsbase(u64 base)
{
	wrmsr(MSR_FSBASE, base);
}

void plat_user_segments(u64 *cs, u64 *ss)
{
	*cs = SEL_UCODE;
	*ss = SEL_UDATA;
}

void plat_fpu_enable(void)
{
	u64 cr4;
	u32 a = 1, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	cr4 |= 0x600;			/* OSFXSR, OSXMMEXCPT */
	if (c & 1u << 26)
		cr4 |= 0x40000;		/* OSXSAVE */
	__asm__ volatile("mov %0, %%cr4" :: "r"(cr4));
	if (c & 1u << 26) {
		u32 mask = 3 | (c & 1u << 28 ? 4 : 0);	/* x87, SSE, AVX */

		__asm__ volatile("xsetbv" :: "c"(0), "a"(mask), "d"(0));
	}
	__asm__ volatile("fninit");
}

void plat_power_off(void)
{
	outw(0x604, 0x2000);	/* QEMU's ACPI: power-off */
	outw(0xb004, 0x2000);	/* older machines and Bochs */
	plat_crash();
}

void plat_reboot(void)
{
	outb(0x64, 0xfe);	/* keyboard controller: pulse the reset line */
	plat_crash();
}

void plat_crash(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void native_trap(struct trapframe *tf)
{
	if (tf->vector < VECTOR_IRQ)
		trap_handle(tf);
	else
		irq_dispatch(tf->vector);
	if (from_user(tf))
		user_return(tf);
}

void native_syscall(struct trapframe *tf)
{
	syscall_handle(tf);
	user_return(tf);
}
