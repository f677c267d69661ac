/* SPDX-License-Identifier: MIT */
/*
 * /dev/xen/privcmd: hypercalls from user mode, and frames of other domains in a program's address
 * space. The structures are Linux's.
 *
 * An area mapped from this device stays empty until MMAPBATCH fills it. Its entries carry PTE_FOREIGN:
 * the frames are not this kernel's to count or free.
 */
#include "xen.h"

struct privcmd_hypercall {
	u64 op, arg[5];
};

struct privcmd_mmap {
	s32 num;
	u16 dom;
	u64 entries;
};

struct privcmd_mmap_entry {
	u64 va, mfn, npages;
};

struct privcmd_mmapbatch {
	u32 num;
	u16 dom;
	u64 addr;
	u64 arr;
	u64 err;	/* V2 only */
};

#define BATCH 64u
#define TOUCH_MAX (256 * PAGE_SIZE)

/*
 * The hypervisor reads and writes the caller's memory through its page tables and cannot take a fault
 * for it: pages must be there, and not be waiting for a copy on write. Structures point to further
 * buffers, which programs keep in the same area, so the whole area is made ready up to a limit.
 */
static void touch_argument(struct mm *mm, u64 arg)
{
	struct vma *v = arg < USER_TOP ? vma_find(mm, arg) : NULL;
	u64 end;

	if (!v || v->start > arg || v->ops || !(v->prot & PROT_WRITE))
		return;
	end = min(v->end, page_down(arg) + TOUCH_MAX);
	for (u64 a = page_down(arg); a < end; a += PAGE_SIZE) {
		u64 *slot = pt_slot(mm, a, false);

		/* Copies what is shared; creates only what the argument itself lies in. */
		if (slot ? (*slot & PTE_P) && !(*slot & PTE_W) : false)
			mm_page(mm, a, true);
		else if (a <= arg + PAGE_SIZE)
			mm_page(mm, a, true);
	}
}

static long privcmd_hypercall(u64 addr)
{
	struct mm *mm = current->mm;
	struct privcmd_hypercall h;

	if (get_user(h, addr))
		return -EFAULT;
	mutex_lock(&mm->lock);
	for (int i = 0; i < 5; i++)
		touch_argument(mm, h.arg[i]);
	mutex_unlock(&mm->lock);
	return pv_hypercall5(h.op, h.arg[0], h.arg[1], h.arg[2], h.arg[3], h.arg[4]);
}

static const struct vma_ops privcmd_vma_ops;

static u64 entry_flags(const struct vma *v)
{
	u64 f = PTE_P | PTE_U | PTE_A | PTE_FOREIGN | PTE_NX;

	return v->prot & PROT_WRITE ? f | PTE_W | PTE_D : f;
}

/* Maps frames mfn[0..n) of dom from addr on; errors go to err[]. Under mm->lock. */
static int map_frames(struct mm *mm, struct vma *v, u64 addr, u16 dom, const u64 *mfn, s32 *err, unsigned n)
{
	struct mmu_update req[BATCH];
	unsigned first = 0;

	for (unsigned i = 0; i < n; i++) {
		u64 *slot = pt_slot(mm, addr + i * PAGE_SIZE, true);

		if (!slot)
			return -ENOMEM;
		req[i].ptr = pa_to_machine(pa(slot)) | MMU_NORMAL_PT_UPDATE;
		req[i].val = mfn[i] << PAGE_SHIFT | entry_flags(v);
		err[i] = 0;
	}
	while (first < n) {
		unsigned done = 0;
		int ret = HYPERVISOR_mmu_update(req + first, n - first, &done, dom);

		if (!ret)
			break;
		first += done;
		if (first >= n)
			break;
		err[first++] = ret;
	}
	return 0;
}

static struct vma *area(struct mm *mm, u64 addr, u64 count)
{
	struct vma *v = vma_find(mm, addr);

	if (!v || v->start > addr || v->ops != &privcmd_vma_ops || count > (v->end - addr) >> PAGE_SHIFT ||
	    (addr & ~PAGE_MASK))
		return NULL;
	return v;
}

static long privcmd_mmapbatch(u64 uaddr, bool v2)
{
	struct mm *mm = current->mm;
	struct privcmd_mmapbatch b = { 0 };
	u64 mfn[BATCH];
	s32 err[BATCH];
	long ret = 0;

	if (copy_from_user(&b, uaddr, v2 ? sizeof(b) : offsetof(struct privcmd_mmapbatch, err)))
		return -EFAULT;
	for (u32 i = 0; i < b.num && !ret; i += BATCH) {
		unsigned n = min(b.num - i, BATCH);
		struct vma *v;

		if (copy_from_user(mfn, b.arr + i * 8ul, n * 8))
			return -EFAULT;
		mutex_lock(&mm->lock);
		v = area(mm, b.addr, b.num);
		ret = v ? map_frames(mm, v, b.addr + i * PAGE_SIZE, b.dom, mfn, err, n) : -EINVAL;
		mutex_unlock(&mm->lock);
		if (ret)
			break;
		if (v2) {
			ret = copy_to_user(b.err + i * 4ul, err, n * 4);
			continue;
		}
		for (unsigned k = 0; k < n; k++)
			if (err[k])
				mfn[k] |= 0xf0000000;
		ret = copy_to_user(b.arr + i * 8ul, mfn, n * 8);
	}
	return ret;
}

static long privcmd_mmap_ranges(u64 uaddr)
{
	struct mm *mm = current->mm;
	struct privcmd_mmap m;
	long ret = 0;

	if (get_user(m, uaddr))
		return -EFAULT;
	for (s32 i = 0; i < m.num && !ret; i++) {
		struct privcmd_mmap_entry e;
		struct vma *v;

		if (get_user(e, m.entries + i * sizeof(e)))
			return -EFAULT;
		mutex_lock(&mm->lock);
		v = area(mm, e.va, e.npages);
		if (!v)
			ret = -EINVAL;
		for (u64 k = 0; k < e.npages && !ret; k++) {
			u64 mfn = e.mfn + k;
			s32 err;

			ret = map_frames(mm, v, e.va + k * PAGE_SIZE, m.dom, &mfn, &err, 1) ?: err;
		}
		mutex_unlock(&mm->lock);
	}
	return ret;
}

static long privcmd_ioctl(struct file *f, unsigned cmd, u64 arg)
{
	switch (IOC_KEY(cmd)) {
	case KEY('P', 0):
		return privcmd_hypercall(arg);
	case KEY('P', 2):
		return privcmd_mmap_ranges(arg);
	case KEY('P', 3):
		return privcmd_mmapbatch(arg, false);
	case KEY('P', 4):
		return privcmd_mmapbatch(arg, true);
	}
	return -ENOTTY;
}

static int privcmd_mmap(struct file *f, struct vma *v)
{
	v->ops = &privcmd_vma_ops;
	return 0;
}

static const struct file_ops privcmd_ops = { .ioctl = privcmd_ioctl, .mmap = privcmd_mmap };
static struct chardev privcmd = { .major = XEN_MAJOR, .minor = 60, .name = "xen/privcmd", .ops = &privcmd_ops,
				  .mode = 0600 };

void privcmd_init(void)
{
	chardev_add(&privcmd);
}
