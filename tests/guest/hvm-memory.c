/* SPDX-License-Identifier: MIT
 *
 * A fully virtualized domain's memory is named by guest frames: populated, mapped by the control domain with both hypercalls, taken away while the domain
 * runs, which then finds a device there. What would make its frames page tables, or set a PV context, is refused. A triple fault and
 * an access that cannot be are crashes with a reason; the memory comes back.
 */
#include "hvm.h"

extern const char code_start[], code_end[], fault_start[], vector_start[];

__asm__(
"	.pushsection .rodata\n"
"	.code64\n"
"code_start:\n"
"	movl $0x60000, %ebx\n"
"1:	movl (%rbx), %eax\n"            /* until it reads as the test says: 1 from memory, then 2 by request */
"	cmpl $2, %eax\n"
"	jne 1b\n"
"	movw $0xf4, %dx\n"
"	outl %eax, %dx\n"
"fault_start:\n"
"	movl $0x7654, %eax\n"
"	lidt zero(%rip)\n"
"	ud2\n"
"zero:	.quad 0, 0\n"
"vector_start:\n"
"	movl $0xfe000000, %eax\n"
"	movdqu (%rax), %xmm0\n"
"code_end:\n"
"	.popsection\n");

static void start_at(struct hvm *g, const char *start)
{
	static struct paravane_hvm_state s;

	hvm_create(g, 1, 512);
	hvm_write_tables(g);
	hvm_write(g, HVM_CODE64, code_start, (size_t)(code_end - code_start));
	hvm_long_mode(&s, 0, HVM_CODE64 + (uint64_t)(start - code_start));
	EXPECT_EQ(hvm_set_state(g, 0, &s), 0);
}

static long reservation(unsigned int op, unsigned int domid, xen_pfn_t gfn)
{
	static xen_pfn_t list;
	struct xen_memory_reservation r = { .domid = (domid_t)domid, .nr_extents = 1 };

	list = gfn;
	set_xen_guest_handle(r.extent_start, &list);
	return HYPERVISOR_memory_op(op, &r);
}

static bool answer_two(struct hvm *g, unsigned int vcpu)
{
	if (g->page[vcpu]->request.type != PARAVANE_REQ_MMIO || g->page[vcpu]->request.addr != 0x60000)
		return false;
	hvm_answer(g, vcpu, 2);
	return true;
}

static void taken_away(void)
{
	static struct hvm g;
	uint32_t one = 1;

	start_at(&g, code_start);
	hvm_write(&g, 0x60000, &one, sizeof(one));
	g.hook = answer_two;
	hvm_start(&g);
	delay_ns(30000000);
	EXPECT_EQ(g.page[0]->request.state, PARAVANE_REQ_NONE);
	EXPECT_EQ(reservation(XENMEM_decrease_reservation, g.domid, 0x60), 1);
	EXPECT_EQ(reservation(XENMEM_decrease_reservation, g.domid, 0x60), 0);
	EXPECT_EQ(hvm_serve(&g), HVM_ENDED);
	EXPECT_EQ(g.ended_by, 2);
	EXPECT_EQ(reservation(XENMEM_populate_physmap, g.domid, 0x60), 1);
	EXPECT_EQ(reservation(XENMEM_populate_physmap, g.domid, 0x61), 0);      /* there is some */
	EXPECT_EQ(reservation(XENMEM_populate_physmap, g.domid, 0x1000), 0);    /* beyond its allowance */
	EXPECT_EQ(reservation(XENMEM_increase_reservation, g.domid, 0x1000), 0);
	EXPECT_EQ(reservation(XENMEM_populate_physmap, g.domid, 1UL << 40), 0);
	EXPECT_EQ(reservation(XENMEM_decrease_reservation, g.domid, 1UL << 40), 0);
	hvm_read(&g, 0x60000, &one, sizeof(one));
	EXPECT_EQ(one, 0);
	hvm_destroy(&g);
}

static void mapped(void)
{
	static struct hvm g;
	static struct mmuext_op pin;
	struct mmu_update u;
	static struct vcpu_guest_context c;
	static struct xen_domctl op;
	char *page = alloc_page();
	uint64_t *pte = pte_of((unsigned long)page), value = 0x1122334455667788;

	start_at(&g, code_start);
	hvm_write(&g, 0x70010, &value, sizeof(value));
	u = (struct mmu_update){ entry_maddr(pte), 0x70000 | PTE_FLAGS_RW };
	EXPECT_EQ(HYPERVISOR_mmu_update(&u, 1, NULL, g.domid), 0);
	EXPECT_EQ(*(uint64_t *)(page + 16), value);
	ok(PTE_MFN(*pte) != 0x70, "the entry has the machine frame %#lx", (unsigned long)PTE_MFN(*pte));
	EXPECT_EQ(HYPERVISOR_update_va_mapping((unsigned long)page, virt_to_maddr(page) | PTE_FLAGS_RW, UVMF_INVLPG), 0);
	u.val = 0x1000000 | PTE_FLAGS_RW;
	EXPECT_EQ(HYPERVISOR_mmu_update(&u, 1, NULL, g.domid), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_update_va_mapping_otherdomain((unsigned long)page, 0x1000000 | PTE_FLAGS_RW, UVMF_INVLPG, g.domid),
		  -XEN_EINVAL);
	/* Its tables are no PV tables. */
	u = (struct mmu_update){ 0x70000, 0 };
	EXPECT_EQ(HYPERVISOR_mmu_update(&u, 1, NULL, (g.domid + 1) << 16 | DOMID_SELF), -XEN_EPERM);
	pin = (struct mmuext_op){ .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = 0x70 };
	EXPECT_EQ(HYPERVISOR_mmuext_op(&pin, 1, NULL, g.domid), -XEN_EPERM);
	memset(&op, 0, sizeof(op));
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &c);
	EXPECT_EQ(domu_domctl(&op, XEN_DOMCTL_setvcpucontext, g.domid), -XEN_EINVAL);
	EXPECT_EQ(domu_domctl(&op, XEN_DOMCTL_getvcpucontext, g.domid), -XEN_EINVAL);
	hvm_destroy(&g);
}

static void crashes(const char *start, const char *reason)
{
	static struct hvm g;
	const char *got;

	start_at(&g, start);
	hvm_start(&g);
	EXPECT_EQ(hvm_serve(&g), HVM_CRASHED);
	got = hvm_crash_reason(&g);
	ok(strstr((char *)(uintptr_t)got, reason) != NULL, "crash reason: %s", got);
	hvm_destroy(&g);
}

void test_main(void)
{
	struct books before;
	unsigned int domid;

	hvm_needed();
	EXPECT_EQ(hvm_try_create(XEN_DOMCTL_CDF_hap, 1, &domid), -XEN_EINVAL);
	EXPECT_EQ(hvm_try_create(XEN_DOMCTL_CDF_hvm, 1, &domid), -XEN_EOPNOTSUPP);
	/* More would share the place where their events come in. */
	EXPECT_EQ(hvm_try_create(XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, 33, &domid), -XEN_EINVAL);
	EXPECT_EQ(hvm_try_create(XEN_DOMCTL_CDF_hvm | PARAVANE_CDF_deprivileged, 1, &domid), -XEN_EOPNOTSUPP);
	taken_away();
	mapped();
	books_read(&before);
	taken_away();
	mapped();
	crashes(fault_start, "triple fault");
	crashes(vector_start, "not emulated");
	books_compare(&before, "after crashes and removals");
}
