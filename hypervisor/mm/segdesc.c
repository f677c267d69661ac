/* SPDX-License-Identifier: MIT
 *
 * Descriptor tables of guests. The CPU reads them through a window per vCPU in the per-domain slot;
 * the pages are the guest's own, of type SEGDESC: checked once, and not writable by the guest while
 * they are in use. The CPU itself writes accessed bits there, so the window is writable.
 *
 * GDT pages are mapped when the guest names them, LDT pages when the CPU first faults on one. Pages
 * of the window that nobody has set show a page of zeros: a selector there is a #GP of the guest's,
 * not a fault of ours.
 *
 * Locks: a vCPU's GDT changes on its own CPU or while it does not run; its LDT window under
 * ldt_lock, as other vCPUs of the domain may drop it. Next: pv/ for update_descriptor.
 */
#include "arch/context.h"
#include "core/domain.h"
#include "core/hypercall.h"
#include "lib/string.h"
#include "mm/mm_internal.h"

#define DESC_P    (1UL << 47)
#define DESC_S    (1UL << 44)
#define DESC_DPL  (3UL << 45)
#define DESC_TYPE (0xfUL << 40)
#define DESC_CALL_GATE (0xcUL << 40)

#define PTE_WINDOW (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)

static const uint8_t zeros[PAGE_SIZE] __aligned(4096);

bool descriptor_fix(uint64_t *desc)
{
	uint64_t d = *desc;

	/* Not present: always faults, so it is safe. */
	if (!(d & DESC_P))
		return true;
	if (d & DESC_S) {
		/* Code and data for ring 3, whatever ring the guest thinks it has. */
		*desc = d | DESC_DPL;
		return true;
	}
	/* The second half of a call gate. */
	if (!(d & DESC_TYPE)) {
		*desc = d | DESC_DPL;
		return true;
	}
	/* Task and LDT segments, interrupt gates: never. */
	if ((d & DESC_TYPE) != DESC_CALL_GATE)
		return false;
	/* With DPL 0 a call through it is a #GP that names the gate. */
	*desc = d & ~DESC_DPL;
	return true;
}

bool segdesc_validate(struct frame *f)
{
	uint64_t *d = frame_to_virt(f);

	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*d); i++) {
		uint64_t e = READ_ONCE(d[i]), old = e;

		if (!e)
			continue;
		if (!descriptor_fix(&e)) {
			hypercall_error(-EINVAL,
				"descriptor %u of frame %lx (%lx) is of a kind that a guest may not have",
				i, frame_to_mfn(f).n, old);
			return false;
		}
		if (e != old)
			d[i] = e;
	}
	return true;
}

static void gdt_show_zeros(struct vcpu *v, unsigned int page)
{
	mm_map_perdomain(v, page, pte_make(maddr_to_mfn(image_to_maddr(zeros)),
					   PTE_P | PTE_A | PTE_NX));
}

static void gdt_put_frames(const mfn_t *frames, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		frame_put_and_type(mfn_to_frame(frames[i]));
}

static unsigned int gdt_pages(unsigned int entries)
{
	return DIV_ROUND_UP(entries, 512U);
}

void mm_destroy_gdt(struct vcpu *v)
{
	unsigned int n = gdt_pages(v->pv.gdt_ents);

	if (!v->mm.perdomain_l1)
		return;
	v->pv.gdt_ents = 0;
	for (unsigned int i = 0; i < FIRST_RESERVED_GDT_PAGE; i++)
		gdt_show_zeros(v, i);
	gdt_put_frames(v->pv.gdt_frames, n);
}

int mm_set_gdt(struct vcpu *v, const unsigned long *frames, unsigned int entries)
{
	unsigned int n = gdt_pages(entries), i;
	mfn_t new[FIRST_RESERVED_GDT_PAGE];

	if (entries > FIRST_RESERVED_GDT_ENTRY)
		return (int)hypercall_error(-EINVAL, "GDT of %u entries: at most %u", entries,
					    FIRST_RESERVED_GDT_ENTRY);
	for (i = 0; i < n; i++) {
		struct frame *f = frame_get_from_mfn(mfn(frames[i]), v->domain);

		if (f && frame_get_type(f, FRAME_SEGDESC)) {
			new[i] = mfn(frames[i]);
			continue;
		}
		if (f)
			frame_put(f);
		gdt_put_frames(new, i);
		return (int)hypercall_error(-EINVAL,
			"GDT frame %lx is not the domain's or mapped writable", frames[i]);
	}
	mm_destroy_gdt(v);
	for (i = 0; i < n; i++) {
		v->pv.gdt_frames[i] = new[i];
		mm_map_perdomain(v, i, pte_make(new[i], PTE_WINDOW));
	}
	v->pv.gdt_ents = entries;
	if (v == current)
		flush_tlb_local();
	return 0;
}

bool mm_invalidate_ldt(struct vcpu *v)
{
	mfn_t dropped[LDT_WINDOW_PAGES];
	unsigned int n = 0;

	/* One that is mapped at this moment is mapped after us. */
	if (likely(!READ_ONCE(v->mm.ldt_pages)))
		return false;
	spin_lock(&v->mm.ldt_lock);
	for (unsigned int i = 0; i < LDT_WINDOW_PAGES; i++) {
		uint64_t e = v->mm.perdomain_l1[GDT_WINDOW_PAGES + i];

		if (!(e & PTE_P))
			continue;
		mm_map_perdomain(v, GDT_WINDOW_PAGES + i, 0);
		dropped[n++] = pte_mfn(e);
	}
	v->mm.ldt_pages = 0;
	spin_unlock(&v->mm.ldt_lock);
	gdt_put_frames(dropped, n);
	return n != 0;
}

bool mm_map_ldt_page(struct vcpu *v, unsigned int page)
{
	const uint64_t *pte;
	struct frame *f;
	uint64_t e;

	if (page >= LDT_WINDOW_PAGES || page * 512 >= v->pv.ldt_ents)
		return false;
	pte = mm_walk(v->mm.guest_table, v->pv.ldt_base + page * PAGE_SIZE, 1);
	e = pte ? READ_ONCE(*pte) : 0;
	if (!(e & PTE_P))
		return false;
	f = frame_get_from_mfn(pte_mfn(e), v->domain);
	if (!f)
		return false;
	if (!frame_get_type(f, FRAME_SEGDESC)) {
		frame_put(f);
		return false;
	}
	spin_lock(&v->mm.ldt_lock);
	if (v->mm.perdomain_l1[GDT_WINDOW_PAGES + page] & PTE_P) {
		spin_unlock(&v->mm.ldt_lock);
		frame_put_and_type(f);
		return true;
	}
	mm_map_perdomain(v, GDT_WINDOW_PAGES + page, pte_make(pte_mfn(e), PTE_WINDOW));
	v->mm.ldt_pages++;
	spin_unlock(&v->mm.ldt_lock);
	return true;
}
