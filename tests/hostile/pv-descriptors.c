/* SPDX-License-Identifier: MIT
 *
 * No descriptor that is worth more than ring 3: gates, system segments, DPL below 3 are refused or
 * lowered; tables on frames of others, or mapped writable, or too long, are refused. The CPU's own GDT page cannot be had.
 */
#include "testlib.h"

#define CODE64(dpl) (0x00a0980000000000UL | (uint64_t)(dpl) << 45)
#define CALL_GATE   0x0000ec000000e008UL
#define TSS_DESC    0x0000890000000067UL
#define LDT_DESC    0x0000820000000fffUL
#define INT_GATE    0x0000ee0000000000UL

static uint64_t refused_or_ring3(uint64_t *gdt, unsigned int i, uint64_t d)
{
	long rc = HYPERVISOR_update_descriptor(virt_to_maddr(&gdt[i]), d);

	return rc < 0 || ((gdt[i] >> 45) & 3) == 3 || !(gdt[i] >> 47 & 1);
}

static void call_gate(void *selector)
{
	struct { uint32_t offset; uint16_t selector; } __attribute__((packed)) far = { 0, (uint16_t)(unsigned long)selector };

	__asm__ volatile("lcall *%0" :: "m"(far) : "memory");
}

void test_main(void)
{
	uint64_t *gdt = alloc_page(), *bad = alloc_page();
	unsigned long frame = virt_to_mfn(gdt), frames[16];
	struct fault f;

	EXPECT(make_readonly(gdt));
	EXPECT_EQ(HYPERVISOR_set_gdt(&frame, 512), 0);
	/* A call gate is taken, but with DPL 0: calling through it is a #GP that names it. */
	EXPECT_EQ(HYPERVISOR_update_descriptor(virt_to_maddr(&gdt[5]), CALL_GATE), 0);
	EXPECT_EQ((gdt[5] >> 45) & 3, 0);
	try_call(call_gate, (void *)0x2bUL, &f);
	EXPECT_EQ(f.vector, 13);
	EXPECT_EQ(f.error, 0x28);
	EXPECT(HYPERVISOR_update_descriptor(virt_to_maddr(&gdt[5]), TSS_DESC) < 0);
	EXPECT(HYPERVISOR_update_descriptor(virt_to_maddr(&gdt[5]), LDT_DESC) < 0);
	EXPECT(HYPERVISOR_update_descriptor(virt_to_maddr(&gdt[5]), INT_GATE) < 0);
	for (unsigned int dpl = 0; dpl < 3; dpl++)
		EXPECT(refused_or_ring3(gdt, 6, CODE64(dpl)));
	EXPECT(HYPERVISOR_update_descriptor(virt_to_maddr(&gdt[5]) + 4, 0) < 0);
	EXPECT(HYPERVISOR_update_descriptor(1UL << 50, 0) < 0);

	bad[3] = INT_GATE;
	EXPECT(make_readonly(bad));
	frame = virt_to_mfn(bad);
	EXPECT(HYPERVISOR_set_gdt(&frame, 512) < 0);
	EXPECT(HYPERVISOR_set_gdt(&frame, 14 * 512 + 1) < 0);
	EXPECT(HYPERVISOR_set_gdt(&frame, ~0U) < 0);
	frame = 1UL << 39;
	EXPECT(HYPERVISOR_set_gdt(&frame, 1) < 0);
	frame = virt_to_mfn((void *)si->pt_base);
	EXPECT(HYPERVISOR_set_gdt(&frame, 1) < 0);
	for (unsigned int i = 0; i < 16; i++)
		frames[i] = virt_to_mfn(gdt);
	ok(HYPERVISOR_set_gdt(frames, 14 * 512) == 0, "one frame fourteen times is allowed");
	EXPECT_EQ(HYPERVISOR_set_gdt(frames, 0), 0);
	EXPECT(make_writable(gdt));
}
