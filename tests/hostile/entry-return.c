/* SPDX-License-Identifier: MIT
 *
 * Ways back to a guest that must not go wrong in ring 0: RIP and RSP that are not canonical or are the hypervisor's, also
 * where SYSRET would be the natural way; flags of any kind; a frame that reaches into the hypervisor's
 * addresses; a page table that is not there; IRET in a multicall. The domain takes the blame, a neighbour notices nothing.
 * [XSA-1 4 7 8 202 213 215 259]
 */
#include "domu.h"
#include <pv-abi/hypercall-numbers.h>

#define HV_START 0xffff800000000000UL
#define HV_END   0xffff880000000000UL

static struct iret_context frame;
static struct regs seen;

static bool hook(struct regs *r)
{
	seen = *r;
	return false;
}

static void do_iret(void *unused)
{
	__asm__ volatile("movq %0, %%rsp; movl %1, %%eax; syscall" :: "r"(&frame), "i"(__HYPERVISOR_iret) : "memory");
}

/* ---- XSA-7: addresses ---- */

static void addresses(void)
{
	static const unsigned long rip[] = {
		1UL << 47, (1UL << 47) - 1, (1UL << 47) + 0x1234, 1UL << 63, 0x8000000000001234, HV_START - 1, HV_START - 16, HV_START,
		0xffff82d040000000, 0xffff830000000000, HV_END - 1, ~0UL,
	};
	struct fault f;

	trap_hook = hook;
	for (unsigned int i = 0; i < ARRAY_SIZE(rip); i++)
		for (unsigned int in_syscall = 0; in_syscall < 2; in_syscall++) {
			static char stack[4096] __attribute__((aligned(16)));

			frame = (struct iret_context){ .flags = in_syscall ? VGCF_in_syscall : 0, .rip = rip[i], .cs = FLAT_KERNEL_CS & ~3UL,
						       .rflags = 0x202, .rsp = (unsigned long)stack + sizeof(stack), .ss = FLAT_KERNEL_SS };
			memset(&seen, 0, sizeof(seen));
			try_call(do_iret, NULL, &f);
			ok(f.happened && (f.vector == 0x101 || f.vector == 13 || f.vector == 14) && seen.rip == rip[i],
			   "XSA-7: return to %#lx%s: vector %#x at %#lx", rip[i], in_syscall ? " as from a SYSCALL" : "", f.vector, seen.rip);
		}
	trap_hook = NULL;
}

/* A page with SYSCALL as its last instruction, at the end of the lower half: RCX is then not canonical. */
static bool map_edge(char *code)
{
	uint64_t *l3 = alloc_page(), *l2 = alloc_page(), *l1 = alloc_page();
	struct mmu_update u = { .ptr = entry_maddr((uint64_t *)si->pt_base + 255) };

	l1[511] = virt_to_mfn(code) << 12 | PTE_FLAGS_RO;
	l2[511] = virt_to_mfn(l1) << 12 | PTE_FLAGS_RW;
	l3[511] = virt_to_mfn(l2) << 12 | PTE_FLAGS_RW;
	if (!make_readonly(l1) || !make_readonly(l2) || !make_readonly(l3))
		return false;
	u.val = virt_to_mfn(l3) << 12 | PTE_FLAGS_RW;
	return HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF) == 0;
}

static void call_edge(void *op)
{
	__asm__ volatile("movq %%rbx, %%rsi; jmp *%0" :: "r"((1UL << 47) - 2), "a"(op), "D"(0UL), "S"(0UL) : "rcx", "r11", "memory");
}

static void edge(void)
{
	static const unsigned long ops[] = { __HYPERVISOR_xen_version, __HYPERVISOR_set_timer_op, 63, ~0UL };
	char *code = alloc_page();
	struct fault f;

	code[4094] = 0x0f;
	code[4095] = 0x05;
	EXPECT(map_edge(code));
	trap_hook = hook;
	for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
		try_call(call_edge, (void *)ops[i], &f);
		ok(f.happened && (f.vector == 0x101 || f.vector == 13 || f.vector == 14) && seen.rip == 1UL << 47,
		   "XSA-7: hypercall %ld at the end of the lower half: vector %#x at %#lx", (long)ops[i], f.vector, seen.rip);
	}
	trap_hook = NULL;
}

/* ---- XSA-202: flags ---- */

static void flags(void)
{
	static const unsigned long bits[] = { 0, 0x200, 0x3000, 0x4000, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000, ~0x500UL };

	for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++) {
		unsigned long got = 0, after;

		__asm__ volatile(
			"movq %%rsp, %%rdx\n\t"
			"pushq %3\n\t pushq %%rdx\n\t pushq %2\n\t pushq %4\n\t leaq 1f(%%rip), %%rcx\n\t pushq %%rcx\n\t"
			"pushq $0\n\t pushq $0\n\t pushq $0\n\t pushq $0\n\t movl %5, %%eax\n\t syscall\n"
			"1:\tpushfq\n\t popq %0\n\t pushq $2\n\t popfq\n\t pushfq\n\t popq %1"
			: "=&r"(got), "=&r"(after)
			: "r"(bits[i]), "r"((unsigned long)FLAT_KERNEL_SS), "r"((unsigned long)FLAT_KERNEL_CS & ~3UL), "i"(__HYPERVISOR_iret)
			: "rax", "rcx", "rdx", "r11", "memory");
		ok((got & 0x200) && !(got & 0x3000) && !(got & 0x20000), "XSA-202: return with flags %#lx: interrupts on, no IOPL (%#lx)", bits[i], got);
		ok((after & 0x200) && !(after & 0x3000), "XSA-202: POPF changes nothing of it (%#lx)", after);
		events_mask();
	}
}

/* ---- from user mode ---- */

static void user_ud2(unsigned long sp)
{
	__asm__ volatile("movq %0, %%rsp; ud2" :: "r"(sp));
}

static void user_int80(unsigned long unused)
{
	__asm__ volatile("int $0x80");
}

static void user_int82(unsigned long unused)
{
	__asm__ volatile("int $0x82");
}

static void user_modes(void)
{
	static const unsigned long sp[] = { 0, 8, 1UL << 47, 1UL << 63, HV_START, 0xffff82d040000000, HV_END, ~0UL };
	struct fault f;

	for (unsigned int i = 0; i < ARRAY_SIZE(sp); i++) {
		run_user(user_ud2, sp[i], &f);
		ok(f.vector == 6 && (f.cs & 3) == 3, "XSA-4: a trap of user mode with its stack at %#lx: vector %u", sp[i], f.vector);
	}
	run_user(user_int80, 0, &f);
	ok(f.vector == 13 && (f.cs & 3) == 3, "XSA-8, 259: INT 80h without a handler: #GP of user mode (vector %u, cs %#lx)", f.vector, f.cs);
	run_user(user_int82, 0, &f);
	ok(f.vector == 13 && (f.cs & 3) == 3, "XSA-8, 259: INT 82h too (vector %u)", f.vector);
}

/* XSA-213: what follows an iret in a multicall is not done. */
static void user_end(unsigned long unused)
{
	__asm__ volatile("syscall" :: "a"(0));
}

static void multicall_iret(void *list)
{
	static unsigned long user_stack[64];

	__asm__ volatile(
		"pushq %2\n\t pushq %3\n\t pushq $0x202\n\t pushq %1\n\t pushq %4\n\t"
		"pushq $0\n\t pushq $0\n\t pushq $0\n\t pushq $0\n\t"
		"movl $3, %%esi\n\t movl %5, %%eax\n\t syscall"
		:: "D"(list), "r"((unsigned long)FLAT_KERNEL_CS | 3), "r"((unsigned long)FLAT_KERNEL_SS), "r"(&user_stack[60]),
		   "r"(user_end), "i"(__HYPERVISOR_multicall) : "rax", "rcx", "r11", "rsi", "memory");
}

static void multicalls(void)
{
	static struct multicall_entry m[3];
	struct fault f;

	m[0] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .result = 77 };
	m[1] = (struct multicall_entry){ .op = __HYPERVISOR_iret, .result = 77 };
	m[2] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .result = 77 };
	try_call(multicall_iret, m, &f);
	ok(m[0].result != 77 && m[2].result == 77, "XSA-213: a multicall ends with its iret (results %#lx, %#lx)", (long)m[0].result,
	   (long)m[2].result);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_version, NULL) >> 16, 4);
}

static void attack(void *unused)
{
	addresses();
	edge();
	flags();
	user_modes();
	multicalls();
}

/* ---- what ends a domain, and nothing else ---- */

static bool map_high(void)
{
	uint64_t *l3 = alloc_page(), *l2 = alloc_page(), *l1 = alloc_page();
	struct mmu_update u = { .ptr = entry_maddr((uint64_t *)si->pt_base + 272) };

	l1[0] = virt_to_mfn(alloc_page()) << 12 | PTE_FLAGS_RW;
	l2[0] = virt_to_mfn(l1) << 12 | PTE_FLAGS_RW;
	l3[0] = virt_to_mfn(l2) << 12 | PTE_FLAGS_RW;
	if (!make_readonly(l1) || !make_readonly(l2) || !make_readonly(l3))
		return false;
	u.val = virt_to_mfn(l3) << 12 | PTE_FLAGS_RW;
	return HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF) == 0;
}

static void no_user_table(void *unused)
{
	frame = (struct iret_context){ .rip = (unsigned long)user_end, .cs = FLAT_KERNEL_CS | 3, .rflags = 0x202, .ss = FLAT_KERNEL_SS };
	do_iret(NULL);
}

static void trap_below(void *sp)
{
	__asm__ volatile("movq %0, %%rsp; ud2" :: "r"(sp));
}

static void failsafe_below(void *sp)
{
	if (!map_high())
		die("no page behind the hypervisor's area");
	frame = (struct iret_context){ .rip = (unsigned long)user_end, .cs = 0x5550, .rflags = 0x202, .rsp = (unsigned long)sp, .ss = FLAT_KERNEL_SS };
	do_iret(NULL);
}

static void iret_frame(void *sp)
{
	__asm__ volatile("movq %0, %%rsp; movl %1, %%eax; syscall" :: "r"(sp), "i"(__HYPERVISOR_iret));
}

static void ends(struct domu *neighbour)
{
	static const struct {
		void (*fn)(void *);
		unsigned long arg;
		const char *what;
	} end[] = {
		{ no_user_table, 0, "XSA-1: iret to user mode without its page table" },
		{ trap_below, HV_END + 16, "XSA-215: a trap with the stack just above the hypervisor" },
		{ trap_below, HV_END, "XSA-215: a trap with the stack at the hypervisor's end" },
		{ trap_below, 0xffff830000100000, "XSA-215: a trap with the stack in the hypervisor" },
		{ trap_below, 8, "XSA-4: a trap with the stack at address 8" },
		{ trap_below, (1UL << 47) + 8, "XSA-4: a trap with the stack across the edge" },
		{ failsafe_below, HV_END + 64, "XSA-215: selectors of the failsafe callback in the hypervisor" },
		{ failsafe_below, HV_END + 48, "XSA-215: its frame in the hypervisor" },
		{ iret_frame, HV_END - 40, "iret with a frame half in the hypervisor" },
		{ iret_frame, HV_START, "iret with a frame in the hypervisor" },
		{ iret_frame, ~7UL, "iret with a frame that wraps around" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(end); i++) {
		struct domu u;

		domu_create(&u, &(struct domu_config){ .main = end[i].fn, .arg = end[i].arg });
		domu_start(&u);
		ok(domu_wait(&u, 5000000000UL) == DOMU_CRASHED, "%s: the domain is crashed", end[i].what);
		EXPECT(domu_destroy(&u));
	}
	domu_neighbour_lives(neighbour, "after the crashes");
}

void test_main(void)
{
	struct domu neighbour;
	struct books before;

	domu_run(&(struct domu_config){ .main = attack }, "returns");
	domu_create(&neighbour, &(struct domu_config){ .main = domu_neighbour });
	domu_start(&neighbour);
	domu_neighbour_lives(&neighbour, "before");
	books_read(&before);
	domu_run(&(struct domu_config){ .main = attack }, "returns again");
	ends(&neighbour);
	books_compare(&before, "all of it");
}
