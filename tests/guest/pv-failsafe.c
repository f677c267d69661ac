/* SPDX-License-Identifier: MIT
 *
 * An iret hypercall to what cannot be loaded (code selector without a descriptor, non-canonical
 * RIP, bad stack segment) ends in the failsafe callback, with all registers kept.
 */
#include "testlib.h"
#include <pv-abi/hypercall-numbers.h>

static unsigned long bad_cs, bad_rip, bad_ss;
static struct regs seen;

static bool hook(struct regs *r)
{
	seen = *r;
	return false;
}

static void bad_iret(void *unused)
{
	__asm__ volatile(
		"movq $0x1111, %%rbx; movq $0x2222, %%r15; movq $0x3333, %%r9\n\t"
		"movq %%rsp, %%rdx\n\t"
		"pushq %2\n\t pushq %%rdx\n\t pushq $0x202\n\t pushq %0\n\t pushq %1\n\t"
		"pushq $0\n\t pushq $0x4444\n\t pushq $0x5555\n\t pushq $0x6666\n\t"
		"movl %3, %%eax\n\t syscall"
		:: "r"(bad_cs), "r"(bad_rip), "r"(bad_ss), "i"(23)
		: "rax", "rbx", "rcx", "rdx", "r9", "r11", "r15", "memory");
}

static void provoke(unsigned long cs, unsigned long rip, unsigned long ss, const char *what)
{
	struct fault f;

	bad_cs = cs;
	bad_rip = rip;
	bad_ss = ss;
	memset(&seen, 0, sizeof(seen));
	try_call(bad_iret, NULL, &f);
	/* An emulator may load a non-canonical RIP and then raise #GP at it, in ring 3. */
	ok(f.happened && (f.vector == 0x101 || (f.vector == 13 && f.rip == 0x8000000000001234)),
	   "%s: failsafe callback (vector %#x)", what, f.vector);
	ok(seen.rbx == 0x1111 && seen.r15 == 0x2222 && seen.r9 == 0x3333 && seen.rax == 0x6666,
	   "%s: registers are kept (rbx %#lx r15 %#lx r9 %#lx rax %#lx)", what, seen.rbx, seen.r15, seen.r9, seen.rax);
	EXPECT_EQ(seen.rip, rip);
}

/* IRET to a code segment of the LDT, whose page the hypervisor has not mapped yet: that is no failure. */
static void ldt_iret(void *result)
{
	unsigned long cs = 1 << 3 | 4, got;

	__asm__ volatile(
		"movq %%rsp, %%rdx\n\t"
		"pushq %2\n\t pushq %%rdx\n\t pushq $2\n\t pushq %1\n\t leaq 1f(%%rip), %%rcx\n\t pushq %%rcx\n\t"
		"pushq $0\n\t pushq $0\n\t pushq $0\n\t pushq $0\n\t"
		"movl %3, %%eax\n\t syscall\n"
		"1:\tmovq %%cs, %0"
		: "=r"(got) : "r"(cs), "r"((unsigned long)FLAT_KERNEL_SS), "i"(23)
		: "rax", "rcx", "rdx", "r11", "memory");
	*(unsigned long *)result = got;
}

static void iret_by_ldt(void)
{
	uint64_t *ldt = alloc_page();
	struct mmuext_op op = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = (unsigned long)ldt, .arg2.nr_ents = 512 };
	unsigned long cs = 0;
	struct fault f;

	ldt[1] = 0x00affb000000ffffUL;
	EXPECT(make_readonly(ldt));
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	try_call(ldt_iret, &cs, &f);
	ok(!f.happened, "IRET to a code segment of the LDT: no trap (vector %#x)", f.vector);
	EXPECT_EQ(cs & ~3UL, 1 << 3 | 4);
}

void test_main(void)
{
	trap_hook = hook;
	provoke(0x5550, 0xffffffff80100000, FLAT_KERNEL_SS, "CS without a descriptor");
	provoke(FLAT_KERNEL_CS & ~3UL, 0x8000000000001234, FLAT_KERNEL_SS, "non-canonical RIP");
	provoke(FLAT_KERNEL_CS & ~3UL, 0xffffffff80100000, 0x5550, "SS without a descriptor");
	provoke(0xe008, 0xffffffff80100000, FLAT_KERNEL_SS, "the hypervisor's own CS");
	trap_hook = NULL;
	iret_by_ldt();
}
