/* SPDX-License-Identifier: MIT */
/*
 * Building a fully virtualized domain: a PC without a BIOS whose processor stands at the first instruction of a Multiboot
 * kernel. Memory is populated, and mapped for writing, by guest frame number.
 *
 * The domain knows nothing of XenStore yet it has a page and a port for it, as every domain: the store then tells others
 * when it comes and goes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "ctl.h"
#include "hvm.h"

struct work {
	struct hcall *h;
	struct build *b;
	const struct build_images *im;
	struct multiboot_layout l;
	struct err *e;
};

/* Whole pages at guest physical addresses. */
static uint8_t *map_range(const struct work *w, uint32_t addr, size_t pages)
{
	xen_pfn_t *gfns = calloc(pages, sizeof(*gfns));
	uint8_t *p;

	if (!gfns) {
		err_sys(w->e, ENOMEM, "list of %zu guest frames", pages);
		return NULL;
	}
	for (size_t i = 0; i < pages; i++)
		gfns[i] = (addr >> PAGE_SHIFT) + i;
	p = foreign_map(w->h, w->b->dom, gfns, pages, 1, w->e);
	free(gfns);
	return p;
}

static int write_kernel(struct work *w)
{
	const struct multiboot_kernel *k = w->im->multiboot;
	size_t pages = (w->l.kernel_end - w->l.kernel) >> PAGE_SHIFT;
	uint8_t *mem = map_range(w, w->l.kernel, pages);

	if (!mem)
		return -1;
	memset(mem, 0, pages << PAGE_SHIFT);
	for (unsigned int i = 0; i < k->nr_segs; i++)
		memcpy(mem + (k->seg[i].addr - w->l.kernel), k->seg[i].data, k->seg[i].filesz);
	foreign_unmap(mem, pages);
	return 0;
}

static int write_ramdisk(struct work *w)
{
	size_t size = w->im->ramdisk.size, pages = PAGE_ALIGN_UP(size) >> PAGE_SHIFT;
	uint8_t *mem;

	if (!size)
		return 0;
	mem = map_range(w, w->l.ramdisk, pages);
	if (!mem)
		return -1;
	memcpy(mem, w->im->ramdisk.data, size);
	memset(mem + size, 0, (pages << PAGE_SHIFT) - size);
	foreign_unmap(mem, pages);
	return 0;
}

static int write_pages(struct work *w)
{
	uint8_t *mem = map_range(w, w->l.info, 1);
	int ret;

	if (!mem)
		return -1;
	ret = multiboot_write_info(mem, &w->l, w->b->kernel, w->b->cmdline, w->b->ramdisk, w->e);
	foreign_unmap(mem, 1);
	if (ret)
		return -1;
	mem = map_range(w, w->l.store, 1);
	if (!mem)
		return -1;
	memset(mem, 0, PAGE_SIZE);
	foreign_unmap(mem, 1);
	return 0;
}

static int populate(struct work *w)
{
	xen_pfn_t *gfns = calloc(w->b->nr_pages, sizeof(*gfns));
	long ret;

	if (!gfns)
		return err_sys(w->e, ENOMEM, "frame list of %llu pages", (unsigned long long)w->b->nr_pages);
	ret = ctl_populate(w->h, w->b->dom, gfns, w->b->nr_pages);
	free(gfns);
	if (ret)
		return hcall_fail(w->h, w->e, ret, "%llu pages of memory for domain %u",
				  (unsigned long long)w->b->nr_pages, w->b->dom);
	ret = ctl_evtchn_alloc_unbound(w->h, w->b->dom, 0, &w->b->store_port);
	if (ret)
		return hcall_fail(w->h, w->e, ret, "event channel of domain %u", w->b->dom);
	return 0;
}

static int set_state(struct work *w)
{
	struct paravane_hvm_state s;
	long ret;

	hvm_state_flat(&s, w->im->multiboot->entry);
	s.rax = MULTIBOOT_MAGIC;
	s.rbx = w->l.info;
	ret = ctl_hvm_set_state(w->h, w->b->dom, 0, &s);
	if (ret)
		return hcall_fail(w->h, w->e, ret, "starting state of vCPU 0 (entry 0x%x)", w->im->multiboot->entry);
	return 0;
}

int build_hvm(struct hcall *h, struct build *b, const struct build_images *im, struct err *e)
{
	struct work w = { .h = h, .b = b, .im = im, .e = e };

	if (multiboot_place(&w.l, im->multiboot, im->ramdisk.size, b->nr_pages << PAGE_SHIFT, e) || populate(&w) ||
	    write_kernel(&w) || write_ramdisk(&w) || write_pages(&w))
		return -1;
	b->store_mfn = w.l.store >> PAGE_SHIFT;
	return set_state(&w);
}
