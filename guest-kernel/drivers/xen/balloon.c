/* SPDX-License-Identifier: MIT */
/*
 * The balloon: pages of ours that the hypervisor has. Giving one back means taking it from the
 * allocator, unmapping it (a mapped frame would not go away) and telling the hypervisor; the P2M entry
 * is then invalid. Taking memory again runs backwards, frame by frame.
 *
 * Only the xenctl thread comes here.
 */
#include "xen.h"
#include "../../kernel/page.h"

#define INVALID_FRAME (~0ul)
#define SPARE_PAGES 128		/* not even the toolstack gets these */

static struct given {
	struct given *next;
	pa_t page;
} *given_pages;
static u64 given_count;

static bool give_one(void)
{
	struct given *g = kmalloc(sizeof(*g));
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	pa_t page = g && page_free_count() > SPARE_PAGES ? page_alloc(0) : 0;
	xen_pfn_t mfn;

	if (!page) {
		kfree(g);
		return false;
	}
	mfn = pfn_to_mfn(page >> PAGE_SHIFT);
	if (HYPERVISOR_update_va_mapping((u64)va(page), 0, UVMF_INVLPG | UVMF_ALL))
		panic("balloon: cannot unmap a page");
	set_xen_guest_handle(r.extent_start, &mfn);
	if (HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r) != 1)
		panic("balloon: the hypervisor does not take a page back");
	p2m[page >> PAGE_SHIFT] = INVALID_FRAME;
	*g = (struct given){ given_pages, page };
	given_pages = g;
	given_count++;
	return true;
}

static bool take_one(void)
{
	struct given *g = given_pages;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	struct mmu_update m;
	xen_pfn_t frame;

	if (!g)
		return false;
	frame = g->page >> PAGE_SHIFT;
	set_xen_guest_handle(r.extent_start, &frame);
	if (HYPERVISOR_memory_op(XENMEM_populate_physmap, &r) != 1)
		return false;
	p2m[g->page >> PAGE_SHIFT] = frame;
	m.ptr = frame << PAGE_SHIFT | MMU_MACHPHYS_UPDATE;
	m.val = g->page >> PAGE_SHIFT;
	HYPERVISOR_mmu_update(&m, 1, NULL, DOMID_SELF);
	if (HYPERVISOR_update_va_mapping((u64)va(g->page), frame << PAGE_SHIFT | PTE_P | PTE_W | PTE_A | PTE_D,
					 UVMF_INVLPG))
		panic("balloon: cannot map a page");
	page_put(g->page);
	given_pages = g->next;
	given_count--;
	kfree(g);
	return true;
}

/* memory/target is in KB. */
void balloon_follow_target(void)
{
	char *value = xenbus_read("memory/target");
	u64 target = value ? strtoul(value, NULL) / 4 : 0;
	u64 before = given_count;

	kfree(value);
	if (!target)
		return;
	while (p2m_size - given_count > target && give_one())
		;
	while (p2m_size - given_count < target && take_one())
		;
	if (given_count != before)
		printk("balloon: %lu KB of %lu KB with the hypervisor\n", given_count * 4, p2m_size * 4);
}
