/* SPDX-License-Identifier: MIT */
/* Address spaces: areas, page tables, access to user memory. */
#ifndef GUEST_KERNEL_KERNEL_MM_H
#define GUEST_KERNEL_KERNEL_MM_H

#include "lock.h"
#include "page.h"

#define PTE_P 0x001ul
#define PTE_W 0x002ul
#define PTE_U 0x004ul
#define PTE_A 0x020ul
#define PTE_D 0x040ul
#define PTE_PSE 0x080ul
#define PTE_G 0x100ul
#define PTE_COW 0x200ul		/* ours: copy on write */
#define PTE_FOREIGN 0x400ul	/* ours: the frame is not this kernel's; no struct page */
#define PTE_NX (1ul << 63)
#define PTE_ADDR 0x000ffffffffff000ul

#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_SHARED 1
#define MAP_PRIVATE 2
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define MAP_GROWSDOWN 0x100
#define MAP_FIXED_NOREPLACE 0x100000

struct file;
struct vma;

/* An area whose pages a driver provides. */
struct vma_ops {
	/* The driver's mappings in [start, end) go away; entries are cleared afterwards. */
	void (*unmap)(struct vma *v, u64 start, u64 end);
	/* The area has been cut in two; n is the new part, and shares `priv`. */
	void (*split)(struct vma *n);
	/* The area, or a part of it, goes away. */
	void (*close)(struct vma *v);
};

struct vma {
	struct list link;
	u64 start, end;
	u32 prot;
	u32 flags;		/* MAP_SHARED or MAP_PRIVATE, MAP_GROWSDOWN */
	struct file *file;	/* NULL for anonymous memory */
	u64 offset;		/* in the file, of start */
	const struct vma_ops *ops;
	void *priv;
};

struct mm {
	int refs;
	struct mutex lock;	/* everything below, and the page tables */
	struct list vmas;	/* sorted */
	pa_t root;		/* top-level table */
	pa_t user_root;		/* pv: the one loaded in user mode */
	bool live;
	u64 brk_start, brk;
	u64 rss;		/* pages */
};

/* mm.c */
struct mm *mm_create(void);
void mm_put(struct mm *mm);
struct mm *mm_fork(struct mm *parent);
struct vma *vma_split(struct vma *v, u64 addr);
/* Undoes drivers' mappings; while mm is the current address space. */
void mm_unmap_drivers(struct mm *mm);
struct vma *vma_find(struct mm *mm, u64 addr);	/* the first that ends above addr */
/* A page of [addr] is needed: 0 once present, or -EFAULT / -ENOMEM. Takes mm->lock. */
int mm_fault(struct mm *mm, u64 addr, bool write, bool exec);
/* Maps an area; called with mm->lock held. */
int mm_map(struct mm *mm, u64 start, u64 len, u32 prot, u32 flags, struct file *file, u64 offset,
	   struct vma **out);
/* The pages of a range, not the areas. */
void mm_discard(struct mm *mm, u64 start, u64 end);
int mm_unmap(struct mm *mm, u64 start, u64 len);
u64 mm_find_gap(struct mm *mm, u64 hint, u64 len);
/* The kernel address of a page of another, possibly not live, address space. */
void *mm_page(struct mm *mm, u64 addr, bool write);

/* pagetable.c */
/* The lowest-level entry for addr; tables are allocated when `alloc` is set. NULL if there is none. */
u64 *pt_slot(struct mm *mm, u64 addr, bool alloc);
void pt_free_tables(struct mm *mm);
/* Calls fn for each present entry in the range. */
void pt_for_each(struct mm *mm, u64 start, u64 end, void (*fn)(struct mm *, u64 addr, u64 *slot, void *),
		 void *arg);

/* uaccess.c: 0 or -EFAULT. */
int copy_from_user(void *dst, u64 src, size_t n);
int copy_to_user(u64 dst, const void *src, size_t n);
int clear_user(u64 dst, size_t n);
/* Length without the terminator, or -EFAULT, -ENAMETOOLONG. */
ssize_t copy_string_from_user(char *dst, u64 src, size_t size);
/* A kmalloc'ed copy of a path, or a negative errno as pointer value (see IS_ERR). */
char *get_user_path(u64 src);

static inline bool IS_ERR(const void *p)
{
	return (u64)p >= (u64)-4095;
}

static inline long PTR_ERR(const void *p)
{
	return (long)p;
}

static inline void *ERR_PTR(long e)
{
	return (void *)e;
}

#define put_user(value, addr) ({ __auto_type _v = (value); copy_to_user((addr), &_v, sizeof(_v)); })
#define get_user(var, addr) copy_from_user(&(var), (addr), sizeof(var))

#endif
