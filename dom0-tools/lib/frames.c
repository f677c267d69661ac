/* SPDX-License-Identifier: MIT */
/* Which frames a PV domain has: see frames.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"

#define BATCH 1024		/* frames per getpageframeinfo3 */
#define M2P_CHUNK_PAGES 512	/* a 2 MB extent of the table */
#define M2P_PER_CHUNK (M2P_CHUNK_PAGES * PAGE_SIZE / sizeof(uint64_t))

struct scan {
	struct hcall *h;
	domid_t dom;
	struct err *e;
	uint64_t max_mfn;
	xen_pfn_t *m2p_mfns;		/* of the table's 2 MB extents */
	unsigned int nr_m2p;
	const uint64_t *chunk;		/* the extent that is mapped */
	uint64_t chunk_nr;
	struct frame_pair *list;
	size_t nr, cap;
};

static int find_m2p(struct scan *s)
{
	struct xen_machphys_mfn_list arg;
	xen_pfn_t *list;
	size_t mark = hcall_mark(s->h);
	long ret;

	ret = hcall(s->h, __HYPERVISOR_memory_op, XENMEM_maximum_ram_page, 0, 0, 0, 0);
	if (ret < 0)
		return hcall_fail(s->h, s->e, ret, "the machine's last frame");
	s->max_mfn = (uint64_t)ret;
	s->nr_m2p = (unsigned int)(s->max_mfn / M2P_PER_CHUNK) + 1;
	s->m2p_mfns = calloc(s->nr_m2p, sizeof(*s->m2p_mfns));
	list = hcall_put(s->h, NULL, s->nr_m2p * sizeof(*list));
	if (!list || !s->m2p_mfns)
		return err_sys(s->e, ENOMEM, "the machine-to-physical table");
	memset(&arg, 0, sizeof(arg));
	arg.max_extents = s->nr_m2p;
	set_xen_guest_handle(arg.extent_start, list);
	ret = hcall_op(s->h, __HYPERVISOR_memory_op, XENMEM_machphys_mfn_list, &arg, sizeof(arg));
	if (!ret && arg.nr_extents < s->nr_m2p)
		s->nr_m2p = arg.nr_extents;
	memcpy(s->m2p_mfns, list, s->nr_m2p * sizeof(*list));
	hcall_release(s->h, mark);
	return ret ? hcall_fail(s->h, s->e, ret, "the machine-to-physical table") : 0;
}

static int m2p(struct scan *s, uint64_t mfn, uint64_t *pfn)
{
	uint64_t nr = mfn / M2P_PER_CHUNK, i;

	if (!s->chunk || nr != s->chunk_nr) {
		xen_pfn_t mfns[M2P_CHUNK_PAGES];

		if (nr >= s->nr_m2p)
			return -1;
		for (i = 0; i < M2P_CHUNK_PAGES; i++)
			mfns[i] = s->m2p_mfns[nr] + i;
		foreign_unmap((void *)(uintptr_t)s->chunk, M2P_CHUNK_PAGES);
		s->chunk = foreign_map(s->h, DOMID_XEN, mfns, M2P_CHUNK_PAGES, 0, s->e);
		s->chunk_nr = nr;
		if (!s->chunk)
			return err_wrap(s->e, "the machine-to-physical table");
	}
	*pfn = s->chunk[mfn % M2P_PER_CHUNK];
	return 0;
}

static int add(struct scan *s, uint64_t mfn)
{
	uint64_t pfn;

	if (s->nr == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 4096;
		struct frame_pair *more = realloc(s->list, cap * sizeof(*more));

		if (!more)
			return err_sys(s->e, ENOMEM, "the list of frames");
		s->list = more;
		s->cap = cap;
	}
	if (m2p(s, mfn, &pfn))
		return -1;
	/* Frames that are shared with the domain (shared info) have no PFN. */
	if (pfn < 1ULL << 40)
		s->list[s->nr++] = (struct frame_pair){ pfn, mfn };
	return 0;
}

static int scan_batch(struct scan *s, uint64_t first, size_t n)
{
	size_t mark = hcall_mark(s->h), i;
	xen_pfn_t *list = hcall_put(s->h, NULL, n * sizeof(*list));
	struct xen_domctl op;
	int failed = 0;
	long ret;

	for (i = 0; i < n; i++)
		list[i] = first + i;
	memset(&op, 0, sizeof(op));
	op.cmd = XEN_DOMCTL_getpageframeinfo3;
	op.domain = s->dom;
	op.u.getpageframeinfo3.num = n;
	set_xen_guest_handle(op.u.getpageframeinfo3.array, list);
	ret = hcall_domctl(s->h, &op);
	if (ret)
		failed = hcall_fail(s->h, s->e, ret, "frames of domain %u", s->dom);
	for (i = 0; !failed && i < n; i++)
		if ((uint32_t)(list[i] & XEN_DOMCTL_PFINFO_LTAB_MASK) != XEN_DOMCTL_PFINFO_XTAB)
			failed = add(s, first + i);
	hcall_release(s->h, mark);
	return failed;
}

static int by_pfn(const void *a, const void *b)
{
	const struct frame_pair *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

long frames_of(struct hcall *h, domid_t dom, struct frame_pair **list, struct err *e)
{
	struct scan s = { .h = h, .dom = dom, .e = e };
	int failed = find_m2p(&s);
	uint64_t mfn;

	for (mfn = 0; !failed && mfn <= s.max_mfn; mfn += BATCH) {
		uint64_t n = s.max_mfn - mfn + 1;

		failed = scan_batch(&s, mfn, n < BATCH ? (size_t)n : BATCH);
	}
	foreign_unmap((void *)(uintptr_t)s.chunk, M2P_CHUNK_PAGES);
	free(s.m2p_mfns);
	if (failed) {
		free(s.list);
		return -1;
	}
	qsort(s.list, s.nr, sizeof(*s.list), by_pfn);
	*list = s.list;
	return (long)s.nr;
}

/* The machine frame behind @va, or 0. Large pages do not occur in PV domains. */
static uint64_t walk(struct hcall *h, domid_t dom, uint64_t table, uint64_t va)
{
	struct err ignored = ERR_INIT;
	int level;

	for (level = 4; level > 0; level--) {
		xen_pfn_t mfn = table;
		uint64_t *entries = foreign_map(h, dom, &mfn, 1, 0, &ignored), entry;

		if (!entries)
			return 0;
		entry = entries[va >> (12 + 9 * (level - 1)) & 511];
		foreign_unmap(entries, 1);
		if (!(entry & 1))
			return 0;
		table = entry >> 12 & 0xffffffffffULL;
	}
	return table;
}

size_t guest_read(struct hcall *h, domid_t dom, uint64_t cr3, uint64_t va, void *buf, size_t len)
{
	struct err ignored = ERR_INIT;
	size_t done = 0;

	while (done < len) {
		size_t off = (va + done) % PAGE_SIZE, n = PAGE_SIZE - off;
		xen_pfn_t mfn = walk(h, dom, cr3, va + done);
		uint8_t *page = mfn ? foreign_map(h, dom, &mfn, 1, 0, &ignored) : NULL;

		if (!page)
			break;
		if (n > len - done)
			n = len - done;
		memcpy((uint8_t *)buf + done, page + off, n);
		foreign_unmap(page, 1);
		done += n;
	}
	return done;
}
