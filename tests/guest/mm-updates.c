/* SPDX-License-Identifier: MIT
 *
 * mmu_update and update_va_mapping: what each command does, how many requests are counted as done,
 * flushes, and writes to read-only page tables, which are emulated after vm_assist has asked for
 * it.
 */
#include "testlib.h"

static volatile uint64_t *window;       /* a page whose mapping is played with */
static uint64_t *data[2];

static long update(uint64_t ptr, uint64_t val)
{
	struct mmu_update u = { .ptr = ptr, .val = val };

	return HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF);
}

static uint64_t rw(const void *page) { return virt_to_mfn(page) << 12 | PTE_FLAGS_RW; }

static void flush(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_INVLPG_LOCAL,
		.arg1.linear_addr = (unsigned long)window };

	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
}

static void commands(void)
{
	uint64_t *e = pte_of((unsigned long)window);
	unsigned long m = virt_to_mfn(data[0]), pfn = virt_to_pfn(data[0]);

	EXPECT_EQ(update(entry_maddr(e), rw(data[0])), 0);
	flush();
	EXPECT_EQ(window[0], 100);
	EXPECT_EQ(update(entry_maddr(e) | MMU_PT_UPDATE_NO_TRANSLATE, rw(data[1])), 0);
	flush();
	EXPECT_EQ(window[0], 101);
	EXPECT_EQ(update(entry_maddr(e) | MMU_PT_UPDATE_PRESERVE_AD,
			 (rw(data[1]) & ~(PTE_A | PTE_D))), 0);
	EXPECT_EQ(*e & (PTE_A | PTE_D), PTE_A | PTE_D);
	EXPECT_EQ(update(entry_maddr(e), rw(data[1]) & ~(PTE_A | PTE_D)), 0);
	EXPECT_EQ(*e & (PTE_A | PTE_D), 0);
	EXPECT_EQ(update(m << 12 | MMU_MACHPHYS_UPDATE, 0x4242), 0);
	EXPECT_EQ(M2P[m], 0x4242);
	EXPECT_EQ(update(m << 12 | MMU_MACHPHYS_UPDATE, pfn), 0);
	EXPECT_EQ(update(0x200UL << 12 | MMU_MACHPHYS_UPDATE, 1), -XEN_EINVAL);
	EXPECT_EQ(update(entry_maddr(e) | 5, 0), -XEN_ENOSYS);
	/* Memory that is no table is written as it is. */
	EXPECT_EQ(update(virt_to_maddr(&data[0][3]), 0xabc), 0);
	EXPECT_EQ(data[0][3], 0xabc);
	EXPECT_EQ(update(0x200UL << 12, 0), -XEN_EINVAL);
}

static void counts(void)
{
	uint64_t *e = pte_of((unsigned long)window);
	static struct mmu_update u[40];
	unsigned int done = 77;

	for (unsigned int i = 0; i < 40; i++)
		u[i] = (struct mmu_update){ .ptr = entry_maddr(e), .val = rw(data[i & 1]) };
	EXPECT_EQ(HYPERVISOR_mmu_update(u, 40, &done, DOMID_SELF), 0);
	EXPECT_EQ(done, 40);
	u[21].val = 0x200UL << 12 | PTE_FLAGS_RW;
	EXPECT_EQ(HYPERVISOR_mmu_update(u, 40, &done, DOMID_SELF), -XEN_EINVAL);
	EXPECT_EQ(done, 21);
	flush();
	EXPECT_EQ(window[0], 100);
	EXPECT_EQ(HYPERVISOR_mmu_update(u, 0, &done, DOMID_SELF), 0);
	EXPECT_EQ(done, 0);
	EXPECT_EQ(HYPERVISOR_mmu_update((void *)0x1000, 3, &done, DOMID_SELF), -XEN_EFAULT);
	EXPECT_EQ(done, 0);
	EXPECT_EQ(HYPERVISOR_mmu_update((void *)0xffff820000000000, 3, &done, DOMID_SELF),
		  -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_mmu_update(u, 1, &done, 1234), -XEN_ESRCH);
}

static void va_mapping(void)
{
	unsigned long va = (unsigned long)window, set = 1;

	EXPECT_EQ(HYPERVISOR_update_va_mapping(va, rw(data[0]), UVMF_INVLPG), 0);
	EXPECT_EQ(window[0], 100);
	EXPECT_EQ(HYPERVISOR_update_va_mapping(va, rw(data[1]), UVMF_TLB_FLUSH | UVMF_ALL), 0);
	EXPECT_EQ(window[0], 101);
	EXPECT_EQ(HYPERVISOR_update_va_mapping(va, rw(data[0]), UVMF_INVLPG | (unsigned long)&set),
		  0);
	EXPECT_EQ(window[0], 100);
	EXPECT_EQ(HYPERVISOR_update_va_mapping(0x5000, rw(data[0]), UVMF_INVLPG), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_update_va_mapping(0xffff800000000000, rw(data[0]), UVMF_INVLPG),
		  -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_update_va_mapping(va, rw((void *)si->pt_base), UVMF_INVLPG),
		  -XEN_EINVAL);
	EXPECT_EQ(window[0], 100);
	EXPECT_EQ(HYPERVISOR_update_va_mapping_otherdomain(va, rw(data[0]), UVMF_INVLPG, 55),
		  -XEN_ESRCH);
}

static uint64_t *entry;

static void plain_store(void *val)
{
	*(volatile uint64_t *)entry = (uint64_t)val;
}

static void emulated_writes(void)
{
	uint64_t old;
	struct fault f;

	entry = pte_of((unsigned long)window);
	EXPECT_EQ(HYPERVISOR_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0);
	EXPECT(!try_call(plain_store, (void *)rw(data[0]), &f));
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(f.error, 3);
	EXPECT_EQ(HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
	EXPECT(try_call(plain_store, (void *)rw(data[0]), &f));
	flush();
	EXPECT_EQ(window[0], 100);
	old = __atomic_exchange_n(entry, rw(data[1]), __ATOMIC_SEQ_CST);
	EXPECT_EQ(PTE_MFN(old), virt_to_mfn(data[0]));
	flush();
	EXPECT_EQ(window[0], 101);
	old = *entry;
	EXPECT(__atomic_compare_exchange_n(entry, &old, rw(data[0]), false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST));
	old = 1;
	EXPECT(!__atomic_compare_exchange_n(entry, &old, rw(data[1]), false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST));
	EXPECT_EQ(PTE_MFN(old), virt_to_mfn(data[0]));
	flush();
	EXPECT_EQ(window[0], 100);
	__asm__ volatile("lock; andb $0xfd, %0" : "+m"(*(uint8_t *)entry));
	EXPECT_EQ(*entry & PTE_RW, 0);
	__asm__ volatile("lock; orb $2, %0" : "+m"(*(uint8_t *)entry));
	EXPECT_EQ(*entry & PTE_RW, PTE_RW);
	__asm__ volatile("lock; btrq $6, %0" : "+m"(*entry));
	EXPECT_EQ(*entry & PTE_D, 0);
	__asm__ volatile("movl $0, %0" : "=m"(*(uint32_t *)entry));
	EXPECT_EQ(*entry & PTE_P, 0);
	*(volatile uint64_t *)entry = rw(data[0]);
	/* What mmu_update would refuse is a page fault. */
	EXPECT(!try_call(plain_store, (void *)rw((void *)si->pt_base), &f));
	EXPECT_EQ(f.vector, 14);
	EXPECT_EQ(PTE_MFN(*entry), virt_to_mfn(data[0]));
	/* Tables above L1 are not for this. */
	entry = table_entry((unsigned long)window, 2);
	EXPECT(!try_call(plain_store, (void *)*entry, &f));
	/* A string of entries. */
	entry = pte_of((unsigned long)window);
	__asm__ volatile("rep stosq" : : "D"(entry), "c"(1L), "a"(rw(data[1])) : "memory");
	flush();
	EXPECT_EQ(window[0], 101);
}

void test_main(void)
{
	window = alloc_page();
	for (unsigned int i = 0; i < 2; i++) {
		data[i] = alloc_page();
		data[i][0] = 100 + i;
	}
	commands();
	counts();
	va_mapping();
	emulated_writes();
}
