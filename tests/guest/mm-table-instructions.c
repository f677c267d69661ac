/* SPDX-License-Identifier: MIT
 *
 * Writes to a page table that is mapped read-only, by every instruction that the hypervisor emulates: the same instruction
 * runs on ordinary memory beside it, and memory, registers and flags must be the same after both. The entry is one without its
 * present bit, so any value is allowed there; bit 0 is left alone, and what would make the entry invalid is refused.
 *
 * Without the vm_assist nothing is emulated.
 */
#include "testlib.h"

#define FLAGS 0x8d5UL           /* CF PF AF ZF SF OF */

static uint64_t *table;         /* an L1, mapped read-only */
static uint64_t plain[4];

/* One instruction: %0 is the memory operand, RDX the register operand, RAX the accumulator. */
struct result {
	uint64_t mem, rdx, rax, flags;
};

static uint64_t in_rdx, in_rax, in_flags;

#define RUN(insn, where) ({ \
	struct result r_ = { .rdx = in_rdx, .rax = in_rax, .flags = in_flags }; \
	volatile uint64_t *w_ = (where); \
	__asm__ volatile("pushq %2; popfq\n\t" insn "\n\tpushfq; popq %2" \
			 : "+d"(r_.rdx), "+a"(r_.rax), "+r"(r_.flags) : "r"(w_) : "memory", "cc"); \
	r_.mem = *w_; \
	r_; })

static unsigned int at;

static void same(const char *insn, struct result a, struct result b, uint64_t mask)
{
	ok(a.mem == b.mem && a.rdx == b.rdx && a.rax == b.rax && !((a.flags ^ b.flags) & mask),
	   "%s: %#lx rdx %#lx rax %#lx flags %#lx, expected %#lx %#lx %#lx %#lx", insn, (long)a.mem, (long)a.rdx, (long)a.rax,
	   (long)(a.flags & mask), (long)b.mem, (long)b.rdx, (long)b.rax, (long)(b.flags & mask));
}

/* At each of three starting values of memory and register. %3 is the address. */
#define TRY_MASK(insn, mask) do { \
	static const uint64_t start[3][3] = { { 0, 0, 0 }, { 0x1100fe00, 0x2200, 0x1100fe00 }, \
					      { 0xfffffffffffffe00, 0x8000000000000200, 0x7e00 } }; \
	for (unsigned int i_ = 0; i_ < 3; i_++) { \
		struct mmu_update u_ = { .ptr = entry_maddr(&table[at]), .val = start[i_][0] }; \
		in_rdx = start[i_][1]; \
		in_rax = start[i_][2]; \
		in_flags = i_ == 1 ? 0x203 : 0x202; \
		plain[1] = start[i_][0]; \
		if (HYPERVISOR_mmu_update(&u_, 1, NULL, DOMID_SELF)) \
			die("entry %u", at); \
		same(insn, RUN(insn, &table[at]), RUN(insn, &plain[1]), mask); \
	} \
	at = at % 300 + 1; \
} while (0)
#define TRY(insn) TRY_MASK(insn, FLAGS)

static void all_instructions(void)
{
	TRY("movq %%rdx, (%3)");
	TRY("movl %%edx, 4(%3)");
	TRY("movw %%dx, 2(%3)");
	TRY("movb %%dl, 1(%3)");
	TRY("movb %%dh, 1(%3)");
	TRY("movq $0x1200, (%3)");
	TRY("movw $0x1200, 2(%3)");
	TRY("movb $0x12, 1(%3)");
	TRY("movnti %%rdx, (%3)");
	TRY("addq %%rdx, (%3)");
	TRY("addl %%edx, 4(%3)");
	TRY("addw %%dx, 2(%3)");
	TRY("addb $0x7f, 1(%3)");
	TRY("adcl $0x200, 4(%3)");
	TRY("adcw %%dx, 4(%3)");
	TRY("subq %%rdx, (%3)");
	TRY("subb %%dl, 1(%3)");
	TRY("sbbl $0x200, 4(%3)");
	TRY("xorq %%rdx, (%3)");
	TRY("orw %%dx, 2(%3)");
	TRY_MASK("andq %%rdx, (%3)", FLAGS & ~0x10UL);
	TRY("cmpb $0, 1(%3)");
	TRY("incl 4(%3)");
	TRY("decl 4(%3)");
	TRY("incw 2(%3)");
	TRY("decb 1(%3)");
	TRY("negw 2(%3)");
	TRY("notb 1(%3)");
	TRY("xchgq %%rdx, (%3)");
	TRY("xchgb %%dl, 1(%3)");
	TRY("lock xaddq %%rdx, (%3)");
	TRY("xaddb %%dl, 1(%3)");
	TRY("lock cmpxchgq %%rdx, (%3)");
	TRY("cmpxchgw %%dx, 2(%3)");
	TRY_MASK("btsq $9, (%3)", 1);
	TRY_MASK("btrq $9, (%3)", 1);
	TRY_MASK("btcl $9, 4(%3)", 1);
	TRY_MASK("pushq %%rdx; movl $9, %%edx; lock btsq %%rdx, (%3); popq %%rdx", 1);
	TRY_MASK("pushq %%rdx; movl $9, %%edx; btrq %%rdx, (%3); popq %%rdx", 1);
	TRY_MASK("pushq %%rdx; movl $9, %%edx; btcq %%rdx, (%3); popq %%rdx", 1);
	TRY("fs movq %%rdx, (%3)");
}

/* Strings: one element a fault, RDI, RSI and RCX move on. */
static void strings(void)
{
	static uint64_t from[4] = { 0x1000, 0x2000, 0x3000, 0x4000 };
	uint64_t *to = &table[400], *src = from;
	unsigned long n = 4;

	__asm__ volatile("cld; rep movsq" : "+D"(to), "+S"(src), "+c"(n) :: "memory");
	EXPECT_EQ(n, 0);
	EXPECT_EQ(to - &table[400], 4);
	EXPECT_EQ(src - from, 4);
	EXPECT_EQ(memcmp(&table[400], from, sizeof(from)), 0);
	n = 4;
	to = &table[403];
	__asm__ volatile("std; rep stosq; cld" : "+D"(to), "+c"(n) : "a"(0x5000) : "memory");
	EXPECT_EQ(&table[399] - to, 0);
	EXPECT_EQ(table[400], 0x5000);
	EXPECT_EQ(table[403], 0x5000);
	to = &table[400];
	src = from;
	__asm__ volatile("movsb" : "+D"(to), "+S"(src) :: "memory");
	EXPECT_EQ((char *)to - (char *)&table[400], 1);
	EXPECT_EQ(table[400], 0x5000);
}

static void div_on(void *p) { __asm__ volatile("mulq (%0); shlq $1, (%0)" :: "r"(p) : "rax", "rdx"); }
static void store(void *p) { *(volatile uint64_t *)p = 0x2000; }
static void bad_entry(void *p) { *(volatile uint64_t *)p = virt_to_mfn(table) << 12 | PTE_FLAGS_RW; }
static void unaligned(void *p) { *(volatile uint64_t *)((char *)p + 1) = 0; }
static void movs_unreadable(void *p) { __asm__ volatile("movsq" :: "D"(p), "S"(0x1000) : "memory"); }

static void refused(void)
{
	struct fault f;

	try_call(bad_entry, &table[1], &f);
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(f.error & 3, 3);
	try_call(div_on, &table[2], &f);
	EXPECT_EQ(f.vector, 14);
	try_call(unaligned, &table[3], &f);
	EXPECT_EQ(f.vector, 14);
	try_call(movs_unreadable, &table[3], &f);
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(HYPERVISOR_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0);
	try_call(store, &table[4], &f);
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
	try_call(store, &table[4], &f);
	EXPECT_EQ(f.happened, 0);
	EXPECT_EQ(table[4], 0x2000);
}

void test_main(void)
{
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };

	table = alloc_page();
	at = 8;
	EXPECT(make_readonly(table));
	pin.arg1.mfn = virt_to_mfn(table);
	EXPECT_EQ(HYPERVISOR_mmuext_op(&pin, 1, NULL, DOMID_SELF), 0);
	EXPECT_EQ(HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
	all_instructions();
	strings();
	refused();
}
