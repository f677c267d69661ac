/* SPDX-License-Identifier: MIT
 *
 * The end of a domain's memory: every page table taken apart, every page given up.
 *
 * Each page goes through the same three steps, in any order of pages: its pin is dropped, half-done
 * work is finished, the owner's reference is dropped. As tables name only tables of lower levels,
 * nothing keeps a table alive but base pointers, pins, tables above and half-done work; once these
 * are gone for all pages, the counts of all tables have gone to zero by themselves. A page that
 * another domain still maps stays, and keeps the dead domain's structure, until that one lets go.
 *
 * Locks: LOCK_PAGE_ALLOC to walk the lists. The domain's vCPUs do not run any more; other domains
 * may still act on it. Next: mm/type.c.
 */
#include "core/domain.h"
#include "core/hypercall.h"
#include "mm/heap.h"
#include "mm/mm_internal.h"

enum { RELMEM_START, RELMEM_TABLES, RELMEM_XEN_PAGES, RELMEM_PAGES, RELMEM_DONE };

/* First page of the list, moved to relmem_list, with a reference; NULL at the end. */
static struct frame *next_page(struct domain *d, struct list *list)
{
	struct frame *f = NULL;

	spin_lock(&d->mm.page_alloc_lock);
	while (!list_empty(list)) {
		struct frame *e = list_first(list, struct frame, list);

		list_del(&e->list);
		list_add_tail(&e->list, &d->mm.relmem_list);
		/*
		 * One without references is on its way out on another CPU, which waits for this
		 * lock.
		 */
		if (frame_get(e, d)) {
			f = e;
			break;
		}
	}
	spin_unlock(&d->mm.page_alloc_lock);
	return f;
}

/* To be done again later. */
static void put_back(struct domain *d, struct frame *f, struct list *list)
{
	spin_lock(&d->mm.page_alloc_lock);
	list_del(&f->list);
	list_add(&f->list, list);
	spin_unlock(&d->mm.page_alloc_lock);
	frame_put(f);
}

/* 0 or -ERESTART. */
static int release_page(struct frame *f)
{
	if (frame_clear_pinned(f)) {
		int rc = frame_put_type_preemptible(f);

		frame_put(f);
		if (rc)
			return rc;
	}
	if (frame_finish_partial(f, true))
		return -ERESTART;
	frame_drop_allocated(f);
	return 0;
}

static int release_list(struct domain *d, struct list *list)
{
	struct list left;
	unsigned int n = 0;
	struct frame *f;

	while ((f = next_page(d, list)) != NULL) {
		if (release_page(f)) {
			put_back(d, f, list);
			return -ERESTART;
		}
		frame_put(f);
		if (!(++n & 63) && hypercall_preempt_check())
			return -ERESTART;
	}
	/* What is still mapped elsewhere goes back where it belongs. */
	spin_lock(&d->mm.page_alloc_lock);
	if (!list_empty(&d->mm.relmem_list)) {
		left = d->mm.relmem_list;
		left.next->prev = &left;
		left.prev->next = &left;
		list_init(&d->mm.relmem_list);
		while (!list_empty(&left)) {
			struct list *e = left.next;

			list_del(e);
			list_add_tail(e, list);
		}
	}
	spin_unlock(&d->mm.page_alloc_lock);
	return 0;
}

static void load_idle(void *d)
{
	if (this_cpu()->loaded_domain == d)
		mm_load_cr3(this_cpu()->idle);
}

static void release_claim(struct domain *d)
{
	unsigned int claimed;

	spin_lock(&d->mm.page_alloc_lock);
	claimed = d->mm.outstanding_pages;
	d->mm.outstanding_pages = 0;
	if (claimed)
		heap_claim(-(long)claimed);
	spin_unlock(&d->mm.page_alloc_lock);
}

static int release_tables(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v) {
		int rc;

		mm_drop_guest_tables(v);
		mm_destroy_gdt(v);
		mm_invalidate_ldt(v);
		rc = mm_finish_unfinished(v);
		if (rc)
			return rc;
	}
	/* What was dropped above and is not finished waits with the caller. */
	return mm_finish_unfinished(current);
}

int mm_relinquish(struct domain *d)
{
	int rc;

	switch (d->mm.relmem) {
	case RELMEM_START:
		/* No CPU shall walk tables that are about to be freed. */
		smp_call(d->dirty_cpus, load_idle, d);
		release_claim(d);
		d->mm.relmem = RELMEM_TABLES;
		__attribute__((fallthrough));
	case RELMEM_TABLES:
		rc = release_tables(d);
		if (rc)
			return rc;
		d->mm.relmem = RELMEM_XEN_PAGES;
		__attribute__((fallthrough));
	case RELMEM_XEN_PAGES:
		rc = release_list(d, &d->mm.xen_page_list);
		if (rc)
			return rc;
		d->mm.relmem = RELMEM_PAGES;
		__attribute__((fallthrough));
	case RELMEM_PAGES:
		rc = release_list(d, &d->mm.page_list);
		if (rc)
			return rc;
		d->mm.relmem = RELMEM_DONE;
		__attribute__((fallthrough));
	default:
		return 0;
	}
}
