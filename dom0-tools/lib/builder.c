/* SPDX-License-Identifier: MIT */
/*
 * Building a PV domain: see builder.h.
 *
 * Order matters in two places. The builder's own mapping of the domain's memory is writable, so it
 * must be gone before the page tables are pinned: a frame is either writable or a page table. And the
 * hypercall page is written by the hypervisor over what the kernel file has there, so it comes after
 * the kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "ctl.h"
#include "elf.h"
#include "layout.h"

struct work {
	struct hcall *h;
	struct build *b;
	const struct build_images *im;
	struct layout l;
	uint64_t *p2m;
	uint8_t *mem;		/* the domain's frames [first, l.used_end) */
	uint64_t first;
	struct err *e;
};

static int parse(struct build_images *im, enum build_kind kind, struct err *e)
{
	if (kind == BUILD_HVM) {
		im->multiboot = calloc(1, sizeof(*im->multiboot));
		if (!im->multiboot)
			return err_sys(e, ENOMEM, "its segments");
		return multiboot_parse(im->multiboot, im->kernel.data, im->kernel.size, e);
	}
	im->elf = calloc(1, sizeof(*im->elf));
	if (!im->elf)
		return err_sys(e, ENOMEM, "its segments");
	return elf_parse(im->elf, im->kernel.data, im->kernel.size, e);
}

int build_load(struct build_images *im, enum build_kind kind, const char *kernel, const char *ramdisk, struct err *e)
{
	memset(im, 0, sizeof(*im));
	if (image_read(&im->kernel, kernel, "kernel", e))
		return -1;
	if (image_unpack_kernel(&im->kernel, e) || parse(im, kind, e)) {
		err_wrap(e, "kernel %s", kernel);
		goto err;
	}
	if (ramdisk && image_read(&im->ramdisk, ramdisk, "ramdisk", e))
		goto err;
	return 0;
err:
	build_unload(im);
	return -1;
}

void build_unload(struct build_images *im)
{
	image_free(&im->kernel);
	image_free(&im->ramdisk);
	free(im->elf);
	free(im->multiboot);
	im->elf = NULL;
	im->multiboot = NULL;
}

static uint8_t *frame(const struct work *w, uint64_t pfn)
{
	return w->mem + (pfn - w->first) * PAGE_SIZE;
}

static uint64_t *table_frame(void *ctx, uint64_t pfn)
{
	return (uint64_t *)(void *)frame(ctx, pfn);
}

/* Segments may overlap or leave gaps; the gaps are cleared, the file is the kernel's own business. */
static void write_kernel(struct work *w)
{
	const struct elf_kernel *k = w->im->elf;
	uint64_t base = w->l.kernel.pfn * PAGE_SIZE, end = base, top;
	unsigned int i;

	top = base + w->l.kernel.pages * PAGE_SIZE;
	for (i = 0; i < k->nr_segs; i++) {
		const struct elf_segment *s = &k->seg[i];

		if (s->pfn_offset > end)
			memset(w->mem + (end - base), 0, s->pfn_offset - end);
		memcpy(w->mem + (s->pfn_offset - base), s->data, s->filesz);
		memset(w->mem + (s->pfn_offset - base) + s->filesz, 0, s->memsz - s->filesz);
		if (s->pfn_offset + s->memsz > end)
			end = s->pfn_offset + s->memsz;
	}
	memset(w->mem + (end - base), 0, top - end);
}

static void write_ramdisk(struct work *w)
{
	size_t size = w->im->ramdisk.size;
	uint8_t *dst;

	if (!size)
		return;
	dst = frame(w, w->l.ramdisk.pfn);
	memcpy(dst, w->im->ramdisk.data, size);
	memset(dst + size, 0, w->l.ramdisk.pages * PAGE_SIZE - size);
}

static void write_p2m(struct work *w)
{
	uint8_t *dst = frame(w, w->l.p2m.pfn);
	size_t size = w->l.nr_pages * sizeof(*w->p2m);

	memcpy(dst, w->p2m, size);
	memset(dst + size, 0, w->l.p2m.pages * PAGE_SIZE - size);
}

static void write_start_info(struct work *w, uint64_t shared_info_frame)
{
	struct start_info *si = (void *)frame(w, w->l.start_info);
	const struct layout *l = &w->l;

	memset(si, 0, PAGE_SIZE);
	memcpy(si->magic, "xen-3.0-x86_64", sizeof("xen-3.0-x86_64"));
	si->nr_pages = l->nr_pages;
	si->shared_info = shared_info_frame << PAGE_SHIFT;
	si->store_mfn = w->p2m[l->store];
	si->store_evtchn = w->b->store_port;
	si->console.domU.mfn = w->p2m[l->console];
	si->console.domU.evtchn = w->b->console_port;
	si->pt_base = layout_va(l, l->tables.pfn);
	si->nr_pt_frames = l->tables.pages;
	si->mfn_list = layout_va(l, l->p2m.pfn);
	if (l->init_p2m) {
		si->mfn_list = l->init_p2m;
		si->first_p2m_pfn = l->p2m.pfn;
		si->nr_p2m_frames = l->p2m.pages + l->p2m_tables.pages;
	}
	if (w->im->ramdisk.size) {
		si->mod_start = layout_va(l, l->ramdisk.pfn);
		si->mod_len = w->im->ramdisk.size;
	}
	if (l->ramdisk_by_pfn) {
		si->mod_start = l->ramdisk.pfn;
		si->flags |= SIF_MOD_START_PFN;
	}
	if (w->b->cmdline) {
		size_t n = strnlen(w->b->cmdline, MAX_GUEST_CMDLINE - 1);

		memcpy(si->cmd_line, w->b->cmdline, n);
	}
}

static int write_memory(struct work *w, uint64_t shared_info_frame)
{
	const struct layout *l = &w->l;
	uint64_t n = l->used_end - l->kernel.pfn;

	w->first = l->kernel.pfn;
	w->mem = foreign_map(w->h, w->b->dom, w->p2m + w->first, n, 1, w->e);
	if (!w->mem)
		return -1;
	write_kernel(w);
	write_ramdisk(w);
	write_p2m(w);
	memset(frame(w, l->store), 0, PAGE_SIZE);
	memset(frame(w, l->console), 0, PAGE_SIZE);
	memset(frame(w, l->stack), 0, PAGE_SIZE);
	write_start_info(w, shared_info_frame);
	layout_write_tables(l, w->p2m, table_frame, w);
	foreign_unmap(w->mem, n);
	return 0;
}

/* Upcalls start masked on every vCPU. */
static int write_shared_info(struct work *w, xen_pfn_t mfn)
{
	struct shared_info *s = foreign_map(w->h, w->b->dom, &mfn, 1, 1, w->e);
	unsigned int i;

	if (!s)
		return -1;
	memset(s, 0, sizeof(*s));
	for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		s->vcpu_info[i].evtchn_upcall_mask = 1;
	foreign_unmap(s, 1);
	return 0;
}

/* The two grants that xenstored and consoled map, in the reserved first entries of the v1 table. */
static int seed_grants(struct work *w)
{
	struct gnttab_setup_table arg = { .dom = w->b->dom, .nr_frames = 1 };
	size_t mark = hcall_mark(w->h);
	xen_pfn_t *list = hcall_put(w->h, NULL, sizeof(*list)), mfn;
	struct gnttab_setup_table *op;
	struct grant_entry_v1 *table;
	long ret;

	set_xen_guest_handle(arg.frame_list, list);
	op = hcall_put(w->h, &arg, sizeof(arg));
	ret = hcall(w->h, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table, (uintptr_t)op, 1, 0, 0);
	if (!ret && op->status)
		ret = op->status == GNTST_bad_domain ? -ESRCH : -EINVAL;
	mfn = *list;
	hcall_release(w->h, mark);
	if (ret)
		return hcall_fail(w->h, w->e, ret, "grant table of domain %u", w->b->dom);
	table = foreign_map(w->h, w->b->dom, &mfn, 1, 1, w->e);
	if (!table)
		return -1;
	table[GNTTAB_RESERVED_CONSOLE] = (struct grant_entry_v1){
		.flags = GTF_permit_access, .domid = 0, .frame = (uint32_t)w->b->console_mfn };
	table[GNTTAB_RESERVED_XENSTORE] = (struct grant_entry_v1){
		.flags = GTF_permit_access, .domid = 0, .frame = (uint32_t)w->b->store_mfn };
	foreign_unmap(table, 1);
	return 0;
}

static int set_context(struct work *w)
{
	const struct layout *l = &w->l;
	struct vcpu_guest_context c;
	long ret;

	memset(&c, 0, sizeof(c));
	c.flags = VGCF_in_kernel | VGCF_online;
	c.user_regs.rip = w->im->elf->virt_entry;
	c.user_regs.rsp = layout_va(l, l->stack + 1);
	c.user_regs.rsi = layout_va(l, l->start_info);
	c.user_regs.rflags = 1 << 9;	/* IF */
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ds = c.user_regs.es = c.user_regs.fs = c.user_regs.gs = FLAT_KERNEL_DS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.kernel_ss = FLAT_KERNEL_SS;
	c.kernel_sp = c.user_regs.rsp;
	c.debugreg[6] = 0xffff0ff0;
	c.debugreg[7] = 0x400;
	c.ctrlreg[3] = xen_pfn_to_cr3(w->p2m[l->tables.pfn]);
	ret = ctl_vcpu_context_set(w->h, w->b->dom, 0, &c);
	if (ret)
		return hcall_fail(w->h, w->e, ret, "starting state of vCPU 0 (entry 0x%llx)",
			       (unsigned long long)w->im->elf->virt_entry);
	return 0;
}

static int alloc_resources(struct work *w)
{
	long ret;

	w->p2m = calloc(w->l.nr_pages, sizeof(*w->p2m));
	if (!w->p2m)
		return err_sys(w->e, ENOMEM, "frame list of %llu pages",
			       (unsigned long long)w->l.nr_pages);
	ret = ctl_populate(w->h, w->b->dom, w->p2m, w->l.nr_pages);
	if (ret)
		return hcall_fail(w->h, w->e, ret, "%llu pages of memory for domain %u",
			       (unsigned long long)w->l.nr_pages, w->b->dom);
	ret = ctl_evtchn_alloc_unbound(w->h, w->b->dom, 0, &w->b->store_port);
	if (!ret)
		ret = ctl_evtchn_alloc_unbound(w->h, w->b->dom, 0, &w->b->console_port);
	if (ret)
		return hcall_fail(w->h, w->e, ret, "event channels of domain %u", w->b->dom);
	return 0;
}

static int build(struct work *w)
{
	struct xen_domctl_getdomaininfo info;
	const struct elf_kernel *k = w->im->elf;
	long ret;

	if (layout_compute(&w->l, k, w->im->ramdisk.size, w->b->nr_pages, w->e))
		return -1;
	ret = ctl_domain_info(w->h, w->b->dom, &info);
	if (ret)
		return hcall_fail(w->h, w->e, ret, "domain %u", w->b->dom);
	if (alloc_resources(w))
		return -1;
	w->b->store_mfn = w->p2m[w->l.store];
	w->b->console_mfn = w->p2m[w->l.console];
	if (write_memory(w, info.shared_info_frame))
		return -1;
	if (write_shared_info(w, info.shared_info_frame))
		return err_wrap(w->e, "shared info");
	if (k->hypercall_page) {
		uint64_t pfn = (k->hypercall_page - k->virt_base) >> PAGE_SHIFT;

		ret = ctl_hypercall_init(w->h, w->b->dom, w->p2m[pfn]);
		if (ret)
			return hcall_fail(w->h, w->e, ret, "hypercall page at 0x%llx",
				       (unsigned long long)k->hypercall_page);
	}
	ret = ctl_pin_l4(w->h, w->b->dom, w->p2m[w->l.tables.pfn]);
	if (ret)
		return hcall_fail(w->h, w->e, ret, "page tables of domain %u were refused", w->b->dom);
	if (seed_grants(w))
		return -1;
	return set_context(w);
}

int build_pv(struct hcall *h, struct build *b, const struct build_images *im, struct err *e)
{
	struct work w = { .h = h, .b = b, .im = im, .e = e };
	int ret;

	memcpy(b->guest_os, im->elf->guest_os, sizeof(b->guest_os));
	ret = build(&w);
	free(w.p2m);
	return ret;
}
