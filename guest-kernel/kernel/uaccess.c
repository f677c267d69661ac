/* SPDX-License-Identifier: MIT */
/*
 * User memory. The range is checked once; then the copy runs in user_copy() (switch.S), where a fault
 * either brings the page in or ends the copy early. Nothing else may touch user addresses.
 */
#include "errno.h"
#include "lib.h"
#include "mm.h"
#include "vfs.h"

size_t user_copy(void *dst, const void *src, size_t n);
size_t user_zero(void *dst, size_t n);

static bool user_range(u64 addr, size_t n)
{
	return addr < USER_TOP && n <= USER_TOP - addr;
}

int copy_from_user(void *dst, u64 src, size_t n)
{
	return user_range(src, n) && !user_copy(dst, (const void *)src, n) ? 0 : -EFAULT;
}

int copy_to_user(u64 dst, const void *src, size_t n)
{
	return user_range(dst, n) && !user_copy((void *)dst, src, n) ? 0 : -EFAULT;
}

int clear_user(u64 dst, size_t n)
{
	return user_range(dst, n) && !user_zero((void *)dst, n) ? 0 : -EFAULT;
}

ssize_t copy_string_from_user(char *dst, u64 src, size_t size)
{
	size_t done = 0;

	while (done < size) {
		/* up to the end of the page, so that a string may end right before a hole */
		size_t n = min(size - done, PAGE_SIZE - ((src + done) & ~PAGE_MASK)), k;

		n = min(n, 64ul);
		if (copy_from_user(dst + done, src + done, n))
			return -EFAULT;
		k = strnlen(dst + done, n);
		done += k;
		if (k < n)
			return done;
	}
	return -ENAMETOOLONG;
}

char *get_user_path(u64 src)
{
	char *p = kmalloc(PATH_MAX);
	ssize_t n;

	if (!p)
		return ERR_PTR(-ENOMEM);
	n = copy_string_from_user(p, src, PATH_MAX);
	if (n < 0) {
		kfree(p);
		return ERR_PTR(n);
	}
	return p;
}

int iobuf_put(struct iobuf *io, const void *src, size_t n)
{
	int ret = 0;

	if (io->user)
		ret = copy_to_user(io->base, src, n);
	else
		memcpy((void *)io->base, src, n);
	if (!ret) {
		io->base += n;
		io->len -= n;
	}
	return ret;
}

int iobuf_get(struct iobuf *io, void *dst, size_t n)
{
	int ret = 0;

	if (io->user)
		ret = copy_from_user(dst, io->base, n);
	else
		memcpy(dst, (void *)io->base, n);
	if (!ret) {
		io->base += n;
		io->len -= n;
	}
	return ret;
}
