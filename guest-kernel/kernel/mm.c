/* SPDX-License-Identifier: MIT */
/*
 * Address spaces.
 *
 * An area (struct vma) says what belongs at its addresses; pages appear when they are touched. Private
 * pages are shared copy-on-write between parent and child, and with the files of tmpfs they come from:
 * PTE_COW marks an entry whose page must be copied before writing, unless this is its last user. An
 * entry that is not zero but not present holds a page of an area that is PROT_NONE for now.
 *
 * Locks: mm->lock (sleeping) for the areas and tables. Next: mmap.c, fork.c, exec.c.
 */
#include "mm.h"
#include "lib.h"
#include "task.h"
#include "vfs.h"

#define STACK_LIMIT (8ul << 20)
#define MMAP_TOP (0x3ffff000ul - 2 * STACK_LIMIT)
#define FAULT_AROUND 16		/* pages of a file that one fault maps */

struct mm *mm_create(void)
{
	struct mm *mm = kzalloc(sizeof(*mm));

	if (!mm)
		return NULL;
	mm->refs = 1;
	mutex_init(&mm->lock);
	list_init(&mm->vmas);
	if (plat_mm_init(mm) < 0) {
		kfree(mm);
		return NULL;
	}
	return mm;
}

struct vma *vma_find(struct mm *mm, u64 addr)
{
	struct vma *v;

	list_for_each(v, &mm->vmas, link)
		if (v->end > addr)
			return v;
	return NULL;
}

static u64 pte_flags(u32 prot)
{
	u64 f = PTE_U | PTE_A;

	if (prot)
		f |= PTE_P;
	if (prot & PROT_WRITE)
		f |= PTE_W | PTE_D;
	if (!(prot & PROT_EXEC))
		f |= PTE_NX;
	return f;
}

/* Pages whose entries are cleared are handed out again only after the flush: nobody may still reach them. */
struct dropped {
	unsigned count;
	pa_t pages[64];
};

static void free_dropped(struct mm *mm, struct dropped *d)
{
	plat_pte_flush(mm);
	while (d->count)
		page_put(d->pages[--d->count]);
}

static void drop_entry(struct mm *mm, u64 addr, u64 *slot, void *arg)
{
	struct dropped *d = arg;
	u64 pte = *slot;

	plat_pte_set(mm, addr, slot, 0);
	if (pte & PTE_FOREIGN)
		return;
	mm->rss--;
	d->pages[d->count++] = plat_pte_pa(pte);
	if (d->count == ARRAY_SIZE(d->pages))
		free_dropped(mm, d);
}

void mm_discard(struct mm *mm, u64 start, u64 end)
{
	struct dropped d = { 0 };

	pt_for_each(mm, start, end, drop_entry, &d);
	free_dropped(mm, &d);
}

/* The address space is not live any more: entries need not be cleared. */
static void drop_dead_entry(struct mm *mm, u64 addr, u64 *slot, void *arg)
{
	if (!(*slot & PTE_FOREIGN))
		page_put(plat_pte_pa(*slot));
}

static void vma_free(struct vma *v)
{
	if (v->ops && v->ops->close)
		v->ops->close(v);
	list_del(&v->link);
	if (v->file)
		file_put(v->file);
	kfree(v);
}

void mm_unmap_drivers(struct mm *mm)
{
	struct vma *v, *next;

	mutex_lock(&mm->lock);
	list_for_each_safe(v, next, &mm->vmas, link)
		if (v->ops)
			mm_unmap(mm, v->start, v->end - v->start);
	mutex_unlock(&mm->lock);
}

void mm_put(struct mm *mm)
{
	if (atomic_dec(&mm->refs))
		return;
	plat_mm_retire(mm);
	while (!list_empty(&mm->vmas)) {
		struct vma *v = list_first(&mm->vmas, struct vma, link);

		pt_for_each(mm, v->start, v->end, drop_dead_entry, NULL);
		vma_free(v);
	}
	pt_free_tables(mm);
	plat_mm_free(mm);
	kfree(mm);
}

/* Cuts v in two at addr; the new area is the upper part. */
struct vma *vma_split(struct vma *v, u64 addr)
{
	struct vma *n = kmalloc(sizeof(*n));

	if (!n)
		return NULL;
	*n = *v;
	n->start = addr;
	n->offset += addr - v->start;
	v->end = addr;
	if (n->file)
		file_get(n->file);
	if (n->ops && n->ops->split)
		n->ops->split(n);
	list_add(&n->link, &v->link);
	return n;
}

int mm_unmap(struct mm *mm, u64 start, u64 len)
{
	u64 end = start + page_up(len);
	struct vma *v, *next;

	if ((start & ~PAGE_MASK) || end < start || end > USER_TOP)
		return -EINVAL;
	list_for_each_safe(v, next, &mm->vmas, link) {
		if (v->end <= start)
			continue;
		if (v->start >= end)
			break;
		if (v->start < start) {
			if (!vma_split(v, start))
				return -ENOMEM;
			next = list_first(&v->link, struct vma, link);
			continue;
		}
		if (v->end > end && !vma_split(v, end))
			return -ENOMEM;
		if (v->ops && v->ops->unmap)
			v->ops->unmap(v, v->start, v->end);
		mm_discard(mm, v->start, v->end);
		next = list_first(&v->link, struct vma, link);
		vma_free(v);
	}
	return 0;
}

static bool can_merge(const struct vma *v, u64 start, u32 prot, u32 flags, struct file *file)
{
	return !file && !v->file && !v->ops && v->end == start && v->prot == prot && v->flags == flags &&
	       !(flags & MAP_GROWSDOWN);
}

int mm_map(struct mm *mm, u64 start, u64 len, u32 prot, u32 flags, struct file *file, u64 offset,
	   struct vma **out)
{
	u64 end = start + page_up(len);
	struct vma *v, *prev = NULL, *n;

	flags &= MAP_SHARED | MAP_PRIVATE | MAP_GROWSDOWN;
	if ((start & ~PAGE_MASK) || end <= start || end > USER_TOP)
		return -EINVAL;
	list_for_each(v, &mm->vmas, link) {
		if (v->start >= end)
			break;
		if (v->end > start)
			return -EEXIST;
		prev = v;
	}
	if (prev && !out && can_merge(prev, start, prot, flags, file)) {
		prev->end = end;
		return 0;
	}
	n = kzalloc(sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->start = start;
	n->end = end;
	n->prot = prot;
	n->flags = flags;
	n->file = file;
	n->offset = offset;
	if (file)
		file_get(file);
	list_add(&n->link, prev ? &prev->link : &mm->vmas);
	if (out)
		*out = n;
	return 0;
}

static u64 gap_below(struct mm *mm, u64 top, u64 len)
{
	struct list *l;

	for (l = mm->vmas.prev; l != &mm->vmas; l = l->prev) {
		struct vma *v = list_entry(l, struct vma, link);

		if (v->start >= top)
			continue;
		if (v->end + len <= top)
			break;
		top = v->start;
	}
	return top > len + 0x10000 ? top - len : 0;
}

/* Near the program if possible, so that small programs need few page tables. */
u64 mm_find_gap(struct mm *mm, u64 hint, u64 len)
{
	u64 addr;

	len = page_up(len);
	hint = page_down(hint);
	if (hint && hint + len <= USER_TOP) {
		struct vma *v = vma_find(mm, hint);

		if (!v || v->start >= hint + len)
			return hint;
	}
	addr = gap_below(mm, MMAP_TOP, len);
	if (addr < max(mm->brk + (64ul << 20), 0x10000ul))
		addr = gap_below(mm, USER_TOP, len);
	return addr;
}

static int cow_page(struct mm *mm, struct vma *v, u64 addr, u64 *slot)
{
	pa_t old = plat_pte_pa(*slot), new;

	if (READ_ONCE(page_of(old)->refs) == 1) {
		plat_pte_set(mm, addr, slot, plat_pte_make(old, pte_flags(v->prot)));
		plat_pte_flush(mm);
		return 0;
	}
	new = page_alloc(0);
	if (!new)
		return -ENOMEM;
	memcpy(va(new), va(old), PAGE_SIZE);
	plat_pte_set(mm, addr, slot, plat_pte_make(new, pte_flags(v->prot)));
	plat_pte_flush(mm);
	page_put(old);
	return 0;
}

/* The page of a file behind addr: the file's own (*shared), or a private copy. 0 if there is none. */
static pa_t file_page(struct vma *v, u64 addr, bool *shared)
{
	struct inode *i = v->file->inode;
	u64 off = v->offset + (addr - v->start);
	pa_t pa;

	if (i->ops->get_page) {
		*shared = true;
		return i->ops->get_page(i, off >> PAGE_SHIFT);
	}
	*shared = false;
	pa = page_alloc_zero();
	if (pa && inode_read_kernel(i, va(pa), PAGE_SIZE, off) < 0) {
		page_put(pa);
		return 0;
	}
	return pa;
}

static int fault_absent(struct mm *mm, struct vma *v, u64 addr, u64 *slot, bool write)
{
	u64 flags = pte_flags(v->prot);
	bool shared = false;
	pa_t pa;

	if (!v->file)
		pa = page_alloc_zero();
	else if (v->ops || !v->file->inode)
		return -EFAULT;
	else
		pa = file_page(v, addr, &shared);
	if (!pa)
		return v->file ? -EFAULT : -ENOMEM;
	if (shared && !(v->flags & MAP_SHARED)) {
		if (write) {
			pa_t copy = page_alloc(0);

			if (copy)
				memcpy(va(copy), va(pa), PAGE_SIZE);
			page_put(pa);
			pa = copy;
			if (!pa)
				return -ENOMEM;
		} else {
			flags = (flags & ~(PTE_W | PTE_D)) | PTE_COW;
		}
	}
	plat_pte_set(mm, addr, slot, plat_pte_make(pa, flags));
	mm->rss++;
	return 0;
}

/* Neighbours of a file page that are in memory anyway: programs touch most of their text. */
static void fault_around(struct mm *mm, struct vma *v, u64 addr, u64 *slot)
{
	if (!v->file || v->ops || !v->file->inode->ops->get_page)
		return;
	for (unsigned i = 1; i < FAULT_AROUND; i++) {
		addr += PAGE_SIZE;
		if (addr >= v->end || !(addr & 0x1fffff) || *++slot)
			break;
		if (fault_absent(mm, v, addr, slot, false) < 0)
			break;
	}
}

static struct vma *vma_for_fault(struct mm *mm, u64 addr)
{
	struct vma *v = vma_find(mm, addr);

	if (v && v->start > addr) {
		if (!(v->flags & MAP_GROWSDOWN) || v->end - addr > STACK_LIMIT)
			return NULL;
		if (v->link.prev != &mm->vmas && list_entry(v->link.prev, struct vma, link)->end > page_down(addr))
			return NULL;
		v->start = page_down(addr);
	}
	return v;
}

static int fault_locked(struct mm *mm, u64 addr, bool write, bool exec)
{
	struct vma *v = vma_for_fault(mm, addr);
	u32 need = write ? PROT_WRITE : exec ? PROT_EXEC : PROT_READ | PROT_EXEC | PROT_WRITE;
	u64 *slot;
	int ret;

	if (!v || !(v->prot & need))
		return -EFAULT;
	addr = page_down(addr);
	slot = pt_slot(mm, addr, true);
	if (!slot)
		return -ENOMEM;
	if (*slot & PTE_P) {
		if (write && !(*slot & PTE_W))
			return *slot & PTE_COW ? cow_page(mm, v, addr, slot) : -EFAULT;
		plat_pte_flush(mm);	/* a stale translation */
		return 0;
	}
	ret = fault_absent(mm, v, addr, slot, write);
	if (!ret && !write)
		fault_around(mm, v, addr, slot);
	plat_pte_flush(mm);
	return ret;
}

int mm_fault(struct mm *mm, u64 addr, bool write, bool exec)
{
	int ret;

	mutex_lock(&mm->lock);
	ret = fault_locked(mm, addr, write, exec);
	mutex_unlock(&mm->lock);
	return ret;
}

void *mm_page(struct mm *mm, u64 addr, bool write)
{
	u64 *slot = pt_slot(mm, addr, false);

	if (!slot || !(*slot & PTE_P) || (write && !(*slot & PTE_W))) {
		if (fault_locked(mm, addr, write, false) < 0)
			return NULL;
		slot = pt_slot(mm, addr, false);
	}
	if (*slot & PTE_FOREIGN)
		return NULL;
	return (u8 *)va(plat_pte_pa(*slot)) + (addr & ~PAGE_MASK);
}

struct fork_args {
	struct mm *child;
	struct vma *v;
	int error;
};

static void fork_entry(struct mm *parent, u64 addr, u64 *slot, void *arg)
{
	struct fork_args *a = arg;
	u64 pte = *slot, *to;

	if (a->error || (pte & PTE_FOREIGN))
		return;
	to = pt_slot(a->child, addr, true);
	if (!to) {
		a->error = -ENOMEM;
		return;
	}
	if (!(a->v->flags & MAP_SHARED)) {
		u64 shared = (pte & ~(PTE_W | PTE_D)) | PTE_COW;

		if (shared != pte)
			plat_pte_set(parent, addr, slot, shared);
		pte = shared;
	}
	page_get(plat_pte_pa(pte));
	*to = pte;	/* the child's tables are not live yet */
	a->child->rss++;
}

struct mm *mm_fork(struct mm *parent)
{
	struct mm *mm = mm_create();
	struct fork_args a = { .child = mm };
	struct vma *v;

	if (!mm)
		return NULL;
	mutex_lock(&parent->lock);
	mm->brk_start = parent->brk_start;
	mm->brk = parent->brk;
	list_for_each(v, &parent->vmas, link) {
		struct vma *n;

		if (v->ops)	/* drivers' mappings stay with the parent */
			continue;
		n = kmalloc(sizeof(*n));
		if (!n) {
			a.error = -ENOMEM;
			break;
		}
		*n = *v;
		if (n->file)
			file_get(n->file);
		list_add_tail(&n->link, &mm->vmas);
		a.v = v;
		pt_for_each(parent, v->start, v->end, fork_entry, &a);
		if (a.error)
			break;
	}
	plat_pte_flush(parent);
	mutex_unlock(&parent->lock);
	plat_mm_enliven(mm);
	if (a.error) {
		mm_put(mm);
		return NULL;
	}
	return mm;
}
