/* SPDX-License-Identifier: MIT
 *
 * A translation that outlives its entry must not reach a page table. One vCPU writes to a page
 * through its TLB without pause; the other takes the mapping away, flushes nothing, and makes the
 * page a page table. From the moment that the hypervisor says it is one, its contents must stand
 * still. Then the other way round, many times.
 *
 * RUN: cpus=2
 */
#include "testlib.h"

static volatile uint64_t *target, *alias;
static volatile bool stop, running;
static volatile unsigned long faults, writes;

/* On the second vCPU a fault skips the store, of known length. */
static bool skip_store(struct regs *r)
{
	if (r->vector != 14)
		return false;
	faults++;
	r->rip += 3;
	return true;
}

static void writer(void *unused)
{
	uint64_t n = 0;

	running = true;
	while (!stop) {
		/* movq %rax, (%rdi): 3 bytes. Bit 0 clear: harmless as an entry. */
		__asm__ volatile("movq %%rax, (%%rdi)" : : "a"(n & ~1UL), "D"(alias) : "memory");
		n += 2;
		writes++;
	}
	running = false;
}

static long mmuext(unsigned int cmd, unsigned long mfn)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

	return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static bool stands_still(void)
{
	uint64_t first = target[0];
	unsigned long until = writes + 2000;

	for (unsigned int i = 0; i < 200000 && writes < until; i++)
		if (target[0] != first)
			return false;
	return true;
}

void test_main(void)
{
	unsigned long m, moved = 0;
	bool good = true;

	if (max_vcpus() < 2)
		skip_all("needs a second vCPU");
	target = alloc_page();
	alias = alloc_page();
	m = virt_to_mfn((void *)target);
	/*
	 * Both pages of the initial mapping now show the same frame: alias to write, target to
	 * read.
	 */
	EXPECT_EQ(set_pte((unsigned long)alias, m << 12 | PTE_FLAGS_RW), 0);
	EXPECT_EQ(set_pte((unsigned long)target, m << 12 | PTE_FLAGS_RO), 0);
	trap_hook = skip_store;
	EXPECT_EQ(start_vcpu(1, writer, NULL), 0);
	while (!running)
		;
	for (unsigned int round = 0; round < 300 && good; round++) {
		unsigned long before = writes;

		EXPECT_EQ(HYPERVISOR_update_va_mapping((unsigned long)alias, m << 12 | PTE_FLAGS_RW,
						       UVMF_NONE), 0);
		while (writes < before + 100)
			;
		moved += target[0] != 0;
		/* No flush anywhere. */
		EXPECT_EQ(HYPERVISOR_update_va_mapping((unsigned long)alias,
						       round & 1 ? 0 : m << 12 | PTE_FLAGS_RO,
						       UVMF_NONE), 0);
		EXPECT_EQ(mmuext(MMUEXT_PIN_L1_TABLE, m), 0);
		good = stands_still();
		ok(good, "round %u: a page table's contents stand still", round);
		EXPECT_EQ(mmuext(MMUEXT_UNPIN_TABLE, m), 0);
	}
	EXPECT(moved > 100);
	EXPECT(faults > 0);
	stop = true;
	while (running)
		;
}
