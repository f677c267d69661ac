/* SPDX-License-Identifier: MIT
 *
 * What a guest finds at its first instruction: magic, memory, P2M and M2P that
 * agree, page tables that are mapped read-only, flags of the control domain.
 */
#include "testlib.h"

void test_main(void)
{
	unsigned long wrong = 0, writable = 0;

	EXPECT(!memcmp(si->magic, "xen-3.0-x86_64", 14));
	EXPECT(si->nr_pages >= 1024);
	for (unsigned long i = 0; i < si->nr_pages; i++)
		wrong += M2P[pfn_to_mfn(i)] != i;
	EXPECT_EQ(wrong, 0);
	for (unsigned long i = 0; i < si->nr_pt_frames; i++)
		writable += *pte_of(si->pt_base + i * PAGE_SIZE) & PTE_RW;
	EXPECT_EQ(writable, 0);
	EXPECT_EQ(si->flags & (SIF_PRIVILEGED | SIF_INITDOMAIN), SIF_PRIVILEGED | SIF_INITDOMAIN);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_version, NULL), 4 << 16 | 17);
	EXPECT(vcpu_info(0)->evtchn_upcall_mask == 1);
}
