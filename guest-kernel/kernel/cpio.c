/* SPDX-License-Identifier: MIT */
/*
 * The initramfs: cpio archives in the "newc" format, one after the other, into the root file system.
 * [Linux Documentation/driver-api/early-userspace/buffer-format.rst]
 */
#include "lib.h"
#include "page.h"
#include "task.h"
#include "vfs.h"

#define HEADER 110	/* magic and 13 fields of 8 hexadecimal digits */

static u32 field(const u8 *h, int n)
{
	u32 v = 0;

	for (int i = 0; i < 8; i++) {
		u8 c = h[6 + n * 8 + i];

		v = v << 4 | (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return v;
}

static int unpack_file(const char *path, u32 mode, const u8 *data, u32 size)
{
	struct iobuf io = { .base = (u64)data, .len = size };
	struct file *f;
	ssize_t n;
	int ret = file_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode, &f);

	if (ret)
		return ret;
	n = size ? file_write(f, &io) : 0;
	f->inode->mode = mode;
	file_put(f);
	return n == (ssize_t)size ? 0 : -ENOSPC;
}

/* Hard links: later members of a group have no data and name the first by inode number. */
static int unpack_member(const char *name, u32 mode, u64 rdev, const u8 *data, u32 size)
{
	char *path = kmalloc(PATH_MAX);
	int ret;

	snprintf(path, PATH_MAX, "/%s", name[0] == '.' && name[1] == '/' ? name + 2 : name);
	switch (mode & S_IFMT) {
	case S_IFDIR:
		ret = vfs_mkdir(path, mode & 07777);
		break;
	case S_IFLNK: {
		char target[256];
		size_t n = min(sizeof(target) - 1, (size_t)size);

		memcpy(target, data, n);	/* not terminated in the archive */
		target[n] = 0;
		ret = vfs_symlink(path, target);
		break;
	}
	case S_IFREG:
		ret = unpack_file(path, mode, data, size);
		break;
	default:
		ret = vfs_mknod(path, mode, rdev);
	}
	kfree(path);
	return ret == -EEXIST ? 0 : ret;
}

int initramfs_unpack(const u8 *data, size_t size)
{
	size_t off = 0;
	int count = 0;

	while (off + HEADER <= size) {
		const u8 *h = data + off;
		u32 filesize, namesize;
		const char *name = (const char *)h + HEADER;
		u64 body, next;
		int ret;

		if (!h[0]) {	/* padding between archives */
			off += 4;
			continue;
		}
		if (memcmp(h, "070701", 6) && memcmp(h, "070702", 6))
			return count ? count : -EINVAL;
		filesize = field(h, 6);
		namesize = field(h, 11);
		body = align_up(off + HEADER + (u64)namesize, 4);
		next = align_up(body + filesize, 4);
		if (!namesize || body + filesize > size || name[namesize - 1])
			return -EINVAL;
		if (strcmp(name, "TRAILER!!!") && strcmp(name, ".")) {
			ret = unpack_member(name, field(h, 1), makedev(field(h, 9), field(h, 10)), data + body,
					    filesize);
			if (ret) {
				printk("initramfs: %s: error %d\n", name, -ret);
				return ret;
			}
			count++;
		}
		off = next;
	}
	return count;
}
