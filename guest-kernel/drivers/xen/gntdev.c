/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/gntdev: pages that other domains granted, in a program's address space. MAP_GRANT_REF makes
 * an offset for a set of grants; mapping that offset maps them. The hypervisor writes and clears the
 * page-table entries itself, by linear address, so both happen while the program's tables are loaded.
 *
 * Locks: the mutex of a file for its sets. Set->refs: one for the table, one for each mapped area.
 */
#include <pv-abi/grant_table.h>
#include "xen.h"
#include "../../kernel/page.h"

#define MAX_GRANTS 1024u
#define NO_HANDLE (~0u)

struct ref {
	u32 domid, ref;
};

struct set {
	struct list link;
	int refs;
	u64 index;		/* file offset */
	u32 count;
	u64 start;		/* where it is mapped, 0 if not */
	u32 *handles;
	struct ref grants[];
};

struct gntdev {
	struct mutex lock;
	struct list sets;
	u64 next_index;
};

static void set_put(struct set *s)
{
	if (atomic_dec(&s->refs) == 0) {
		kfree(s->handles);
		kfree(s);
	}
}

static void gnt_unmap(struct vma *v, u64 start, u64 end)
{
	struct set *s = v->priv;

	for (u64 a = start; a < end; a += PAGE_SIZE) {
		u64 i = (a - s->start) >> PAGE_SHIFT;
		struct gnttab_unmap_grant_ref u = { .host_addr = a };

		if (i >= s->count || s->handles[i] == NO_HANDLE)
			continue;
		u.handle = s->handles[i];
		s->handles[i] = NO_HANDLE;
		HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, &u, 1);
		if (u.status)
			printk("gntdev: unmapping grant %u of domain %u: status %d\n", s->grants[i].ref,
			       s->grants[i].domid, u.status);
	}
}

static void gnt_split(struct vma *v)
{
	atomic_inc(&((struct set *)v->priv)->refs);
}

static void gnt_close(struct vma *v)
{
	set_put(v->priv);
}

static const struct vma_ops gnt_vma_ops = { .unmap = gnt_unmap, .split = gnt_split, .close = gnt_close };

static struct set *find_set(struct gntdev *g, u64 index)
{
	struct set *s;

	list_for_each(s, &g->sets, link)
		if (s->index == index)
			return s;
	return NULL;
}

static int map_one(struct mm *mm, struct set *s, u64 addr, u32 i, bool writable)
{
	struct gnttab_map_grant_ref m = {
		.host_addr = addr, .ref = s->grants[i].ref, .dom = s->grants[i].domid,
		.flags = GNTMAP_host_map | GNTMAP_application_map | (writable ? 0 : GNTMAP_readonly),
	};

	if (!pt_slot(mm, addr, true))	/* the hypervisor wants the table to be there */
		return -ENOMEM;
	HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, &m, 1);
	if (m.status)
		return m.status == GNTST_eagain ? -EAGAIN : -EINVAL;
	s->handles[i] = m.handle;
	return 0;
}

static int gnt_mmap(struct file *f, struct vma *v)
{
	struct gntdev *g = f->priv;
	struct set *s;
	int ret = 0;

	mutex_lock(&g->lock);
	s = find_set(g, v->offset);
	if (!s || (v->end - v->start) >> PAGE_SHIFT != s->count)
		ret = -EINVAL;
	else if (s->start || !(v->flags & MAP_SHARED))
		ret = s->start ? -EBUSY : -EINVAL;
	if (!ret) {
		s->start = v->start;
		v->ops = &gnt_vma_ops;
		v->priv = s;
		atomic_inc(&s->refs);
		for (u32 i = 0; i < s->count && !ret; i++)
			ret = map_one(current->mm, s, v->start + i * PAGE_SIZE, i, v->prot & PROT_WRITE);
	}
	mutex_unlock(&g->lock);
	return ret;	/* on failure the caller unmaps the area, and with it what was mapped */
}

struct map_arg {
	u32 count, pad;
	u64 index;
	struct ref refs[1];
};

static long map_grant_ref(struct gntdev *g, u64 arg)
{
	struct map_arg a;
	struct set *s;

	if (get_user(a, arg))
		return -EFAULT;
	if (!a.count || a.count > MAX_GRANTS)
		return -EINVAL;
	s = kzalloc(sizeof(*s) + a.count * sizeof(s->grants[0]));
	if (!s)
		return -ENOMEM;
	s->refs = 1;
	s->count = a.count;
	s->handles = kmalloc(a.count * sizeof(u32));
	if (!s->handles || copy_from_user(s->grants, arg + offsetof(struct map_arg, refs),
					  a.count * sizeof(s->grants[0]))) {
		set_put(s);
		return -EFAULT;
	}
	memset(s->handles, 0xff, a.count * sizeof(u32));
	mutex_lock(&g->lock);
	s->index = g->next_index;
	g->next_index += a.count * PAGE_SIZE;
	list_add_tail(&s->link, &g->sets);
	mutex_unlock(&g->lock);
	return put_user(s->index, arg + offsetof(struct map_arg, index));
}

struct unmap_arg {
	u64 index;
	u32 count, pad;
};

static long unmap_grant_ref(struct gntdev *g, u64 arg)
{
	struct unmap_arg a;
	struct set *s;

	if (get_user(a, arg))
		return -EFAULT;
	mutex_lock(&g->lock);
	s = find_set(g, a.index);
	if (s && s->count == a.count) {
		list_del(&s->link);
		set_put(s);
	} else {
		s = NULL;
	}
	mutex_unlock(&g->lock);
	return s ? 0 : -ENOENT;
}

struct offset_arg {
	u64 vaddr, offset;
	u32 count, pad;
};

static long get_offset(u64 arg)
{
	struct mm *mm = current->mm;
	struct offset_arg a;
	struct vma *v;

	if (get_user(a, arg))
		return -EFAULT;
	mutex_lock(&mm->lock);
	v = vma_find(mm, a.vaddr);
	if (v && v->start == a.vaddr && v->ops == &gnt_vma_ops) {
		struct set *s = v->priv;

		a.offset = s->index;
		a.count = s->count;
	} else {
		v = NULL;
	}
	mutex_unlock(&mm->lock);
	return v ? put_user(a, arg) : -EINVAL;
}

static long gnt_ioctl(struct file *f, unsigned cmd, u64 arg)
{
	switch (IOC_KEY(cmd)) {
	case KEY('G', 0):
		return map_grant_ref(f->priv, arg);
	case KEY('G', 1):
		return unmap_grant_ref(f->priv, arg);
	case KEY('G', 2):
		return get_offset(arg);
	case KEY('G', 3):	/* SET_MAX_GRANTS: the limit is fixed */
	case KEY('G', 7):	/* SET_UNMAP_NOTIFY: peers learn from the event channel's end */
		return 0;
	}
	return -ENOTTY;
}

static void gnt_file_release(struct file *f)
{
	struct gntdev *g = f->priv;

	while (!list_empty(&g->sets)) {
		struct set *s = list_first(&g->sets, struct set, link);

		list_del(&s->link);
		set_put(s);
	}
	kfree(g);
}

static const struct file_ops gnt_ops = { .ioctl = gnt_ioctl, .mmap = gnt_mmap, .release = gnt_file_release };

static int gnt_open(struct file *f, void *arg)
{
	struct gntdev *g = kzalloc(sizeof(*g));

	f->ops = NULL;
	if (!g)
		return -ENOMEM;
	mutex_init(&g->lock);
	list_init(&g->sets);
	f->ops = &gnt_ops;
	f->priv = g;
	return 0;
}

static struct chardev gntdev = { .major = XEN_MAJOR, .minor = 62, .name = "xen/gntdev", .open = gnt_open,
				 .mode = 0600 };

void gntdev_init(void)
{
	chardev_add(&gntdev);
}
