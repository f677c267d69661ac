/* SPDX-License-Identifier: MIT
 *
 * No way to a writable mapping of a page table: by update_va_mapping, by
 * mmu_update, by pinning a page that is mapped writable, by a recursive entry. [XSA-212 and family]
 */
#include "testlib.h"

static void write_table(void *p)
{
	*(volatile uint64_t *)p = 0;
}

void test_main(void)
{
	char *page = alloc_page(), *l1 = alloc_page();
	uint64_t *e = pte_of((unsigned long)page);
	unsigned long table_mfn = PTE_MFN(*table_entry((unsigned long)page, 2));
	struct mmu_update u = { entry_maddr(e) | MMU_NORMAL_PT_UPDATE, table_mfn << 12 | PTE_FLAGS_RW };
	struct mmuext_op op = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = virt_to_mfn(l1) };
	struct mmuext_op l4 = { .cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = virt_to_mfn(l1) };
	uint64_t before = *e;
	struct fault f;

	EXPECT(set_pte((unsigned long)page, table_mfn << 12 | PTE_FLAGS_RW) < 0);
	EXPECT_EQ(*e, before);
	EXPECT(HYPERVISOR_mmu_update(&u, 1, NULL, DOMID_SELF) < 0);
	EXPECT_EQ(*e, before);

	ok(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF) < 0, "a page that is mapped writable cannot become an L1");
	EXPECT(make_readonly(l1));
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	ok(!make_writable(l1), "an L1 cannot be mapped writable");
	ok(HYPERVISOR_mmuext_op(&l4, 1, NULL, DOMID_SELF) < 0, "an L1 cannot be an L4 at the same time");
	try_call(write_table, l1, &f);
	ok(f.vector == 14 || !f.happened, "a direct write faults or is emulated and checked (vector %u)", f.vector);
	op.cmd = MMUEXT_UNPIN_TABLE;
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	EXPECT(make_writable(l1));

	/* M2P, hypervisor frames, frames that do not exist */
	EXPECT(HYPERVISOR_update_va_mapping(0xffff830000000000UL, virt_to_mfn(page) << 12 | PTE_FLAGS_RW, 0) < 0);
}
