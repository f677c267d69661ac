/* SPDX-License-Identifier: MIT
 *
 * Builds one boot domain: memory, kernel, module, P2M list, start_info, page
 * tables, stack, first vCPU.
 *
 * The domain's virtual memory from VIRT_BASE up, PFN 0 first:
 *
 *      kernel | module | P2M list | start_info | rings | page tables | stack | spare
 *
 * A kernel may ask (ELF notes) for its module unmapped, by PFN, and for its P2M
 * list at an address of its own; both then take PFNs behind the spare part, the
 * list together with the page tables that map it.
 *
 * The tables are written before any frame has a type; pv_set_context() then
 * takes the L4's type, and that validates everything we wrote just as if the
 * guest had written it. Tables are mapped read-only, or that would fail.
 *
 * [Xen public/xen.h: start_info]
 */
#include "pv/builder.h"
#include <pv-abi/version.h>
#include "core/rangeset.h"
#include "lib/bitops.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/mm_internal.h"
#include "pv/internal.h"

#define PTE_KERNEL_RW 0x67ULL   /* present, writable, user, accessed, dirty */
#define PTE_KERNEL_RO 0x65ULL
#define PTE_NEXT     0x67ULL
#define SPARE         (512UL << 10)
#define ALIGN_4M      (4UL << 20)

struct build {
	const struct boot_domain *b;
	struct domain *d;
	struct elf_kernel k;
	uint64_t *p2m;                  /* nr_pages entries */
	unsigned long nr_pages;
	/* virtual addresses */
	uint64_t module, p2m_list, start_info, console, store, tables, stack, end;
	unsigned long nr_tables;
	unsigned long module_pfn, p2m_pfn, p2m_frames;  /* of unmapped module, of a P2M list apart */
	unsigned long next_table_pfn, last_table_pfn;
	uint64_t l4;                    /* its MFN */
	char why[160];                  /* what made it fail; empty: nothing that a person could change */
};

static void *pfn_virt(const struct build *x, unsigned long n)
{
	return mfn_to_virt(mfn(x->p2m[n]));
}

static unsigned long virt_to_pfn(const struct build *x, uint64_t va)
{
	return (va - x->k.virt_base) >> PAGE_SHIFT;
}

/* Copy into, or clear (from NULL), the domain's memory at a virtual address of the initial mapping. */
static void write_guest(const struct build *x, uint64_t va, const void *from, uint64_t n)
{
	while (n) {
		uint64_t off = va & ~PAGE_MASK, step = MIN(n, PAGE_SIZE - off);
		char *to = (char *)pfn_virt(x, virt_to_pfn(x, va)) + off;

		if (from) {
			memcpy(to, from, step);
			from = (const char *)from + step;
		} else {
			memset(to, 0, step);
		}
		va += step;
		n -= step;
	}
}

static unsigned long tables_for(uint64_t from, uint64_t to)
{
	unsigned long n = 0;

	for (unsigned int shift = 21; shift <= 39; shift += 9)
		n += ((to - 1) >> shift) - (from >> shift) + 1;
	return n;
}

/* Where everything goes. Page tables must map themselves, so iterate until they fit. */
static int layout(struct build *x)
{
	uint64_t list = ALIGN_UP(x->nr_pages * 8, PAGE_SIZE), at;
	uint64_t mod = ALIGN_UP(x->b->ramdisk.size, PAGE_SIZE);

	at = ALIGN_UP(x->k.kernel_end, PAGE_SIZE);
	x->module = at;
	if (!x->k.mod_start_pfn)
		at += mod;
	x->p2m_list = x->k.init_p2m ? x->k.init_p2m : at;
	if (!x->k.init_p2m)
		at += list;
	x->start_info = at;
	x->store = at + PAGE_SIZE;
	x->console = at + 2 * PAGE_SIZE;
	x->tables = at + 3 * PAGE_SIZE;
	x->nr_tables = 0;
	do {
		x->nr_tables++;
		x->stack = x->tables + x->nr_tables * PAGE_SIZE;
		x->end = ALIGN_UP(x->stack + PAGE_SIZE + SPARE, ALIGN_4M);
	} while (1 + tables_for(x->k.virt_base, x->end) > x->nr_tables);

	x->module_pfn = virt_to_pfn(x, x->end);
	x->p2m_pfn = x->module_pfn + (x->k.mod_start_pfn ? mod >> PAGE_SHIFT : 0);
	x->p2m_frames = x->k.init_p2m ? (list >> PAGE_SHIFT) + tables_for(x->p2m_list, x->p2m_list + list) : 0;
	if (x->p2m_pfn + x->p2m_frames > x->nr_pages) {
		snprintf(x->why, sizeof(x->why), "kernel, module and tables need %lu kB, the domain has %lu kB",
			 (x->p2m_pfn + x->p2m_frames) * 4, x->nr_pages * 4);
		return -ENOMEM;
	}
	return 0;
}

/* Large blocks first: the direct map of neighbours is one copy. */
static int allocate(struct build *x)
{
	unsigned long n = 0;
	unsigned int order = 9;

	while (n < x->nr_pages) {
		struct frame *f;

		while ((1UL << order) > x->nr_pages - n)
			order--;
		f = alloc_domain_pages(x->d, order, MEMF_NO_CLEAR);
		if (!f && order) {
			order--;
			continue;
		}
		if (!f)
			return -ENOMEM;
		for (unsigned long i = 0; i < 1UL << order; i++, n++) {
			x->p2m[n] = mfn_x(frame_to_mfn(f)) + i;
			m2p_set(mfn(x->p2m[n]), n);
		}
	}
	return 0;
}

/* The entry for va in the table below *entry, which is made if it is missing. */
static uint64_t *next_level(struct build *x, uint64_t *entry, uint64_t va, unsigned int shift)
{
	if (!(*entry & 1)) {
		BUG_ON(x->next_table_pfn >= x->last_table_pfn);
		clear_page(pfn_virt(x, x->next_table_pfn));
		*entry = x->p2m[x->next_table_pfn++] << PAGE_SHIFT | PTE_NEXT;
	}
	return (uint64_t *)maddr_to_virt(maddr(*entry & 0x000ffffffffff000ULL)) + ((va >> shift) & 511);
}

static void map_page(struct build *x, uint64_t va, uint64_t pte)
{
	uint64_t *e = (uint64_t *)mfn_to_virt(mfn(x->l4)) + ((va >> 39) & 511);

	e = next_level(x, e, va, 30);
	e = next_level(x, e, va, 21);
	*next_level(x, e, va, 12) = pte;
}

static bool is_table_pfn(const struct build *x, unsigned long n)
{
	unsigned long first = virt_to_pfn(x, x->tables);

	return (n >= first && n < first + x->nr_tables);
}

/* All frames of the part from the first mapped one up to the end. */
static void build_tables(struct build *x)
{
	unsigned long list_frames = ALIGN_UP(x->nr_pages * 8, PAGE_SIZE) >> PAGE_SHIFT;

	x->next_table_pfn = virt_to_pfn(x, x->tables);
	x->last_table_pfn = x->next_table_pfn + x->nr_tables;
	x->l4 = x->p2m[x->next_table_pfn];
	clear_page(pfn_virt(x, x->next_table_pfn++));
	for (uint64_t va = x->k.virt_base; va < x->end; va += PAGE_SIZE) {
		unsigned long n = virt_to_pfn(x, va);

		map_page(x, va, x->p2m[n] << PAGE_SHIFT | (is_table_pfn(x, n) ? PTE_KERNEL_RO : PTE_KERNEL_RW));
	}
	/* Tables that were counted but not needed (the ranges share some) stay plain, cleared pages. */
	for (unsigned long n = x->next_table_pfn; n < x->last_table_pfn; n++)
		clear_page(pfn_virt(x, n));
	if (!x->k.init_p2m)
		return;
	x->next_table_pfn = x->p2m_pfn + list_frames;
	x->last_table_pfn = x->p2m_pfn + x->p2m_frames;
	for (unsigned long i = 0; i < list_frames; i++)
		map_page(x, x->p2m_list + i * PAGE_SIZE, x->p2m[x->p2m_pfn + i] << PAGE_SHIFT | PTE_KERNEL_RW);
	for (unsigned long n = x->next_table_pfn; n < x->last_table_pfn; n++)
		clear_page(pfn_virt(x, n));
}

static void load_kernel(struct build *x)
{
	uint64_t at = x->k.virt_base;

	write_guest(x, at, NULL, x->end - at);
	for (unsigned int i = 0; i < x->k.nr_loads; i++) {
		const struct elf_load *l = &x->k.load[i];

		write_guest(x, l->vaddr, l->data, l->filesz);
	}
	if (x->k.hypercall_page)
		pv_write_hypercall_page(pfn_virt(x, virt_to_pfn(x, x->k.hypercall_page)));
}

static void load_module(struct build *x)
{
	const char *from = maddr_to_virt(maddr(x->b->ramdisk.start));
	uint64_t left = x->b->ramdisk.size;
	unsigned long n = x->module_pfn;

	if (!x->k.mod_start_pfn) {
		write_guest(x, x->module, from, left);
		return;
	}
	for (; left; n++) {
		uint64_t step = MIN(left, PAGE_SIZE);

		memcpy(pfn_virt(x, n), from, step);
		from += step;
		left -= step;
	}
}

static void write_p2m(struct build *x)
{
	if (!x->k.init_p2m) {
		write_guest(x, x->p2m_list, x->p2m, x->nr_pages * 8);
		return;
	}
	for (unsigned long i = 0; i * 512 < x->nr_pages; i++)
		memcpy(pfn_virt(x, x->p2m_pfn + i), x->p2m + i * 512, MIN(PAGE_SIZE, (x->nr_pages - i * 512) * 8));
}

static void write_start_info(struct build *x)
{
	struct start_info *s = pfn_virt(x, virt_to_pfn(x, x->start_info));
	const struct boot_module *m = &x->b->ramdisk;

	snprintf(s->magic, sizeof(s->magic), "xen-3.0-x86_64");
	s->nr_pages = x->nr_pages;
	s->shared_info = mfn_to_maddr(x->d->shared_info_mfn).a;
	if (x->b->privileged)
		s->flags |= SIF_PRIVILEGED | SIF_INITDOMAIN;
	s->pt_base = x->tables;
	s->nr_pt_frames = x->nr_tables;
	s->mfn_list = x->p2m_list;
	if (x->k.init_p2m) {
		s->first_p2m_pfn = x->p2m_pfn;
		s->nr_p2m_frames = x->p2m_frames;
	}
	if (m->size) {
		s->mod_len = m->size;
		s->mod_start = x->k.mod_start_pfn ? x->module_pfn : x->module;
		if (x->k.mod_start_pfn)
			s->flags |= SIF_MOD_START_PFN;
	}
	strlcpy((char *)s->cmd_line, x->b->cmdline ? x->b->cmdline : "", sizeof(s->cmd_line));
}

static int start_vcpu(struct build *x)
{
	struct vcpu_guest_context *c = kzalloc_pages(sizeof(*c));
	struct vcpu *v;
	int rc = -ENOMEM;

	if (!c)
		return rc;
	for (unsigned int i = 0; i < x->b->max_vcpus; i++) {
		rc = vcpu_create(x->d, i, &v);
		if (rc)
			goto out;
	}
	v = x->d->vcpu[0];
	c->flags = VGCF_in_kernel | VGCF_online;
	c->user_regs.rip = x->k.entry;
	c->user_regs.rsp = x->stack + PAGE_SIZE;
	c->user_regs.rsi = x->start_info;
	c->user_regs.cs = FLAT_KERNEL_CS;
	c->user_regs.ss = FLAT_KERNEL_SS;
	c->user_regs.rflags = X86_EFLAGS_IF;
	c->kernel_ss = FLAT_KERNEL_SS;
	c->kernel_sp = c->user_regs.rsp;
	c->ctrlreg[3] = xen_pfn_to_cr3(x->l4);
	rc = pv_set_context(v, c);
	if (rc)
		goto out;
	/* Pinned, as a guest expects of its first tables: the pin holds a reference and a type count. */
	BUG_ON(!frame_get_and_type(mfn_to_frame(mfn(x->l4)), x->d, FRAME_L4));
	frame_set_pinned(mfn_to_frame(mfn(x->l4)));
	clear_bit(VPF_DOWN, &v->pause_flags);
	pv_update_wallclock(x->d);
out:
	kfree_pages(c, sizeof(*c));
	return rc;
}

/*
 * What an ordinary domain finds in its start_info and the control domain connects to once it runs: the pages of
 * XenStore and console, which the layout has, and an event channel for each.
 */
static int give_rings(struct build *x)
{
	struct start_info *s = pfn_virt(x, virt_to_pfn(x, x->start_info));
	struct paravane_domctl_boot_domain *r = &x->d->boot;
	int rc = evtchn_open_unbound(x->d, 0, 0, &r->store_port);

	if (!rc)
		rc = evtchn_open_unbound(x->d, 0, 0, &r->console_port);
	if (rc)
		return rc;
	r->store_mfn = x->p2m[virt_to_pfn(x, x->store)];
	r->console_mfn = x->p2m[virt_to_pfn(x, x->console)];
	strlcpy(r->name, x->b->name, sizeof(r->name));
	s->store_mfn = r->store_mfn;
	s->store_evtchn = r->store_port;
	s->console.domU.mfn = r->console_mfn;
	s->console.domU.evtchn = r->console_port;
	return 0;
}

/* The control domain reaches every device that is not ours. */
static int grant_hardware(struct domain *d)
{
	int rc = 0;

	d->ioports = rangeset_create();
	d->iomem = rangeset_create();
	d->irqs = rangeset_create();
	if (!d->ioports || !d->iomem || !d->irqs)
		return -ENOMEM;
	rc |= rangeset_add(d->ioports, 0, 0xffff);
	rc |= rangeset_remove(d->ioports, 0x20, 0x21);          /* 8259 */
	rc |= rangeset_remove(d->ioports, 0xa0, 0xa1);
	rc |= rangeset_remove(d->ioports, 0x40, 0x43);          /* 8254 */
	rc |= rangeset_remove(d->ioports, 0x3f8, 0x3ff);        /* our UART */
	rc |= rangeset_remove(d->ioports, 0xcf9, 0xcf9);        /* reset */
	rc |= rangeset_add(d->iomem, 0, (1UL << 40) - 1);
	rc |= rangeset_remove(d->iomem, 0xfee00, 0xfee00);
	rc |= rangeset_remove(d->iomem, 0xfec00, 0xfec00);
	rc |= rangeset_add(d->irqs, 0, 255);
	rc |= rangeset_remove(d->irqs, 4, 4);
	return rc ? -ENOMEM : 0;
}

static int fill(struct build *x)
{
	int rc = layout(x);

	if (!rc)
		rc = allocate(x);
	if (rc)
		return rc;
	load_kernel(x);
	load_module(x);
	write_p2m(x);
	build_tables(x);
	write_start_info(x);
	rc = start_vcpu(x);
	return rc || x->b->privileged ? rc : give_rings(x);
}

/* TOUR 1.6: a boot domain is made from its kernel. */
int build_boot_domain(const struct boot_domain *b, struct domain **out, char *why, size_t why_size)
{
	struct build x = { .b = b };
	unsigned long free = free_frames();
	struct kernel_image img;
	char reason[160];
	uint64_t reserve;
	int rc;

	rc = image_open(maddr_to_virt(maddr(b->kernel.start)), b->kernel.size, &img, reason, sizeof(reason));
	if (!rc)
		rc = elf_parse_kernel(img.elf, img.size, &x.k, reason, sizeof(reason));
	if (rc) {
		snprintf(why, why_size, "kernel: %s", reason);
		image_release(&img);
		return rc;
	}
	reserve = MAX(free_frames() / 16, 4096UL);
	x.nr_pages = b->memory ? b->memory >> PAGE_SHIFT : free_frames() - MIN(free_frames(), reserve);
	printk("%s: %s %s, entry %#lx, %lu MB, %u vCPU%s\n", b->name, x.k.guest_os, x.k.guest_version,
	       (unsigned long)x.k.entry, x.nr_pages >> 8, b->max_vcpus, b->max_vcpus == 1 ? "" : "s");
	rc = domain_create(b->domid, b->privileged, b->max_vcpus, 0, &x.d);
	if (rc)
		goto out;
	memcpy(x.d->handle, b->handle, sizeof(x.d->handle));
	x.d->mm.max_pages = b->privileged ? ~0U : (unsigned int)x.nr_pages;
	x.p2m = vmap_boot_alloc(x.nr_pages * 8);
	rc = x.p2m ? fill(&x) : -ENOMEM;
	if (!rc && b->privileged)
		rc = grant_hardware(x.d);
	if (x.p2m)
		vmap_boot_free(x.p2m, x.nr_pages * 8);
	if (!rc)
		*out = x.d;
out:
	if (rc && x.nr_pages > free)
		snprintf(why, why_size, "it shall have %lu kB, and %lu kB are free", x.nr_pages * 4, free * 4);
	else if (rc && x.why[0])
		strlcpy(why, x.why, why_size);
	else if (rc)
		snprintf(why, why_size, "error %d", rc);
	image_release(&img);
	return rc;
}
