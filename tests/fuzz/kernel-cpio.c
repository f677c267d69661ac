/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the guest kernel's reader of initramfs archives, with a file system that only checks
 * what it is asked for.
 *
 * CFLAGS: -w
 * LINK: tests/fuzz/hv-support.c
 */
#include <string.h>

#include "fuzz.h"
#define strtoul kernel_strtoul
#include "guest-kernel/kernel/cpio.c"

static const u8 *archive;
static size_t archive_size;
static struct inode node;
static struct file file = { .inode = &node };

void *kmalloc(size_t n)
{
	return malloc(n);
}

void kfree(void *p)
{
	free(p);
}

void printk(const char *fmt, ...)
{
}

int file_open(int dirfd, const char *path, u32 flags, u32 mode, struct file **out)
{
	MUST(path[0] == '/' && strlen(path) < PATH_MAX);
	*out = &file;
	return 0;
}

ssize_t file_write(struct file *f, struct iobuf *io)
{
	MUST((const u8 *)io->base >= archive && io->len <= archive_size - (io->base - (u64)archive));
	return (ssize_t)io->len;
}

void file_put(struct file *f)
{
}

int vfs_mkdir(const char *path, u32 mode)
{
	MUST(strlen(path) < PATH_MAX);
	return 0;
}

int vfs_symlink(const char *path, const char *target)
{
	MUST(strlen(path) < PATH_MAX && strlen(target) < 256);
	return 0;
}

int vfs_mknod(const char *path, u32 mode, u64 rdev)
{
	MUST(strlen(path) < PATH_MAX);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	archive = data;
	archive_size = size;
	MUST(initramfs_unpack(data, size) <= (int)(size / HEADER));
	return 0;
}
