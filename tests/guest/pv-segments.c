/* SPDX-License-Identifier: MIT
 *
 * A GDT and an LDT of the guest's own, selectors loaded from both, the three segment
 * bases, and user's GS base apart from the kernel's.
 */
#include "testlib.h"

#define DATA32 0x00cff3000000ffffUL
#define BASE_DATA(b) (0x0000f300000000ffUL | ((uint64_t)(b) & 0xffffff) << 16 | (((uint64_t)(b) >> 24) & 0xff) << 56)

static unsigned long rdgsbase(void) { unsigned long v; __asm__ volatile("rdgsbase %0" : "=r"(v)); return v; }
static unsigned long rdfsbase(void) { unsigned long v; __asm__ volatile("rdfsbase %0" : "=r"(v)); return v; }
static unsigned long user_gs;

static void load_es(void *sel)
{
	__asm__ volatile("movw %w0, %%es" :: "r"((unsigned int)(unsigned long)sel));
}

static void user_read_gs(unsigned long unused)
{
	__asm__ volatile("rdgsbase %0" : "=r"(user_gs));
	__asm__ volatile("syscall" :: "a"(0));
}

void test_main(void)
{
	uint64_t *gdt = alloc_page(), *ldt = alloc_page();
	unsigned long frame = virt_to_mfn(gdt);
	struct mmuext_op op = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = (unsigned long)ldt, .arg2.nr_ents = 512 };
	struct fault f;

	gdt[1] = DATA32;
	gdt[2] = BASE_DATA(0x12345678);
	EXPECT(HYPERVISOR_set_gdt(&frame, 512) < 0);    /* still mapped writable */
	EXPECT(make_readonly(gdt));
	EXPECT_EQ(HYPERVISOR_set_gdt(&frame, 512), 0);
	EXPECT(!make_writable(gdt));
	try_call(load_es, (void *)0xbUL, &f);
	EXPECT_EQ(f.happened, 0);
	try_call(load_es, (void *)0x23UL, &f);          /* entry 4 is empty */
	EXPECT_EQ(f.vector, 13);
	EXPECT_EQ(f.error, 0x20);
	EXPECT_EQ(HYPERVISOR_update_descriptor(virt_to_maddr(&gdt[4]), DATA32), 0);
	try_call(load_es, (void *)0x23UL, &f);
	EXPECT_EQ(f.happened, 0);
	EXPECT_EQ(gdt[4], DATA32);

	ldt[3] = DATA32;
	EXPECT(make_readonly(ldt));
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	try_call(load_es, (void *)0x1fUL, &f);
	EXPECT_EQ(f.happened, 0);
	try_call(load_es, (void *)0x27UL, &f);
	EXPECT_EQ(f.vector, 13);
	EXPECT_EQ(f.error, 0x24);
	EXPECT(!make_writable(ldt));

	EXPECT_EQ(HYPERVISOR_set_segment_base(SEGBASE_FS, 0x123456789000), 0);
	EXPECT_EQ(rdfsbase(), 0x123456789000);
	EXPECT_EQ(HYPERVISOR_set_segment_base(SEGBASE_GS_KERNEL, 0xffff888012345000), 0);
	EXPECT_EQ(rdgsbase(), 0xffff888012345000);
	EXPECT_EQ(HYPERVISOR_set_segment_base(SEGBASE_GS_USER, 0x7000), 0);
	EXPECT_EQ(rdgsbase(), 0xffff888012345000);
	EXPECT(HYPERVISOR_set_segment_base(SEGBASE_FS, 0x800000000000) < 0);
	EXPECT(HYPERVISOR_set_segment_base(9, 0) < 0);
	run_user(user_read_gs, 0, &f);
	EXPECT_EQ(user_gs, 0x7000);
	EXPECT_EQ(rdgsbase(), 0xffff888012345000);
	EXPECT_EQ(HYPERVISOR_set_segment_base(SEGBASE_GS_USER_SEL, 0x13), 0);
	EXPECT_EQ(rdgsbase(), 0xffff888012345000);
	run_user(user_read_gs, 0, &f);
	EXPECT_EQ(user_gs, 0x12345678);

	HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	EXPECT_EQ(rdfsbase(), 0x123456789000);

	op.arg2.nr_ents = 0;
	load_es(NULL);
	EXPECT_EQ(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	EXPECT(make_writable(ldt));
	EXPECT_EQ(HYPERVISOR_set_gdt(&frame, 0), 0);
	EXPECT(make_writable(gdt));
}
