/* SPDX-License-Identifier: MIT */
/* System calls on the caller's address space: mmap, munmap, mprotect, brk, and the harmless ones. */
#include "lib.h"
#include "mm.h"
#include "syscall.h"
#include "task.h"
#include "vfs.h"

long sys_mmap(long addr, long len, long prot, long flags, long fd, long offset)
{
	struct mm *mm = current->mm;
	struct file *f = NULL;
	struct vma *v = NULL;
	u64 start = addr;
	int ret;

	if (len <= 0 || (offset & ~PAGE_MASK))
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		f = fd_get(fd);
		if (!f)
			return -EBADF;
		if (!(f->ops && f->ops->mmap) && !(f->inode && f->inode->ops->read)) {
			file_put(f);
			return -ENODEV;
		}
	}
	/* Shared memory without a file is a file without a name. */
	if ((flags & (MAP_ANONYMOUS | MAP_SHARED)) == (MAP_ANONYMOUS | MAP_SHARED)) {
		f = tmpfs_unnamed(page_up(len));
		if (!f)
			return -ENOMEM;
	}
	mutex_lock(&mm->lock);
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		ret = start & ~PAGE_MASK ? -EINVAL : 0;
		if (!ret && !(flags & MAP_FIXED_NOREPLACE))
			ret = mm_unmap(mm, start, len);
	} else {
		start = mm_find_gap(mm, start, len);
		ret = start ? 0 : -ENOMEM;
	}
	if (!ret)
		ret = mm_map(mm, start, len, prot & 7, flags, f, offset, f ? &v : NULL);
	if (!ret && f && f->ops && f->ops->mmap) {
		ret = f->ops->mmap(f, v);
		if (ret)
			mm_unmap(mm, start, len);
	}
	mutex_unlock(&mm->lock);
	if (f)
		file_put(f);
	return ret ? ret : (long)start;
}

long sys_munmap(long addr, long len)
{
	struct mm *mm = current->mm;
	int ret;

	if (len <= 0)
		return -EINVAL;
	mutex_lock(&mm->lock);
	ret = mm_unmap(mm, addr, len);
	mutex_unlock(&mm->lock);
	return ret;
}

static void protect_entry(struct mm *mm, u64 addr, u64 *slot, void *arg)
{
	u32 prot = *(u32 *)arg;
	u64 pte = *slot, new = pte & ~(PTE_P | PTE_W | PTE_NX);

	if (pte & PTE_FOREIGN)
		return;
	if (prot)
		new |= PTE_P;
	if ((prot & PROT_WRITE) && !(pte & PTE_COW))
		new |= PTE_W | PTE_D;
	if (!(prot & PROT_EXEC))
		new |= PTE_NX;
	if (new != pte)
		plat_pte_set(mm, addr, slot, new);
}

static struct vma *cut_at(struct mm *mm, u64 addr)
{
	struct vma *v = vma_find(mm, addr);

	return !v || v->start >= addr ? v : vma_split(v, addr);
}

long sys_mprotect(long addr, long len, long prot)
{
	struct mm *mm = current->mm;
	u64 start = addr, end = start + page_up(len);
	u32 p = prot & 7;
	int ret = 0;

	if ((start & ~PAGE_MASK) || end < start || end > USER_TOP)
		return -EINVAL;
	mutex_lock(&mm->lock);
	while (start < end) {
		struct vma *v = cut_at(mm, start);

		if (!v || v->start > start) {
			ret = -ENOMEM;
			break;
		}
		if (v->end > end)
			cut_at(mm, end);
		v->prot = p;
		pt_for_each(mm, v->start, v->end, protect_entry, &p);
		start = v->end;
	}
	plat_pte_flush(mm);
	mutex_unlock(&mm->lock);
	return ret;
}

long sys_brk(long addr)
{
	struct mm *mm = current->mm;
	u64 want = addr, old_end, new_end;

	mutex_lock(&mm->lock);
	old_end = page_up(mm->brk);
	new_end = page_up(want);
	if (want >= mm->brk_start && want < USER_TOP) {
		if (new_end < old_end)
			mm_unmap(mm, new_end, old_end - new_end);
		if (new_end <= old_end || !mm_map(mm, old_end, new_end - old_end, PROT_READ | PROT_WRITE,
						  MAP_PRIVATE, NULL, 0, NULL))
			mm->brk = want;
	}
	want = mm->brk;
	mutex_unlock(&mm->lock);
	return want;
}

#define MADV_DONTNEED 4

long sys_madvise(long addr, long len, long advice)
{
	struct mm *mm = current->mm;
	u64 start = page_down(addr), end = page_up(addr + len);
	struct vma *v;

	if (advice != MADV_DONTNEED)
		return 0;
	mutex_lock(&mm->lock);
	list_for_each(v, &mm->vmas, link)
		if (!v->file && v->start < end && v->end > start)
			mm_discard(mm, max(v->start, start), min(v->end, end));
	mutex_unlock(&mm->lock);
	return 0;
}

/* Moves an anonymous or file area by mapping a larger one and moving the pages' entries. */
struct move_args {
	s64 delta;
	int error;
};

static void move_entry(struct mm *mm, u64 addr, u64 *slot, void *arg)
{
	struct move_args *m = arg;
	u64 pte = *slot, *to = m->error ? NULL : pt_slot(mm, addr + m->delta, true);

	if (!to) {
		m->error = -ENOMEM;
		return;
	}
	plat_pte_set(mm, addr, slot, 0);
	plat_pte_set(mm, addr + m->delta, to, pte);
}

#define MREMAP_MAYMOVE 1

long sys_mremap(long addr, long old_len, long new_len, long flags, long new_addr)
{
	struct mm *mm = current->mm;
	u64 start = addr, old_end = start + page_up(old_len), new_end = start + page_up(new_len), to;
	struct vma *v, *n;
	struct move_args m = { 0 };
	long ret = -ENOMEM;

	if ((start & ~PAGE_MASK) || !new_len || (flags & ~MREMAP_MAYMOVE))
		return -EINVAL;
	mutex_lock(&mm->lock);
	v = vma_find(mm, start);
	if (!v || v->start > start || v->end < old_end || v->ops) {
		ret = -EFAULT;
	} else if (new_end <= old_end) {
		mm_unmap(mm, new_end, old_end - new_end);
		ret = start;
	} else if (v->end == old_end && (v->link.next == &mm->vmas ||
					 list_first(&v->link, struct vma, link)->start >= new_end)) {
		v->end = new_end;
		ret = start;
	} else if (flags & MREMAP_MAYMOVE) {
		to = mm_find_gap(mm, 0, new_len);
		if (to && !mm_map(mm, to, new_len, v->prot, v->flags, v->file, v->offset + start - v->start, &n)) {
			m.delta = to - start;
			pt_for_each(mm, start, old_end, move_entry, &m);
			plat_pte_flush(mm);
			mm_unmap(mm, start, old_end - start);
			ret = m.error ? m.error : (long)to;
		}
	}
	mutex_unlock(&mm->lock);
	return ret;
}
