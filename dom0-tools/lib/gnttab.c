/* SPDX-License-Identifier: MIT */
/* Mapping granted pages: see gnttab.h. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gnttab.h"

#define GNTTAB_PAGE 4096

struct gntdev_map {
	uint32_t count, pad;
	uint64_t index;		/* out: the offset for mmap() */
	uint32_t domid, ref;
};

struct gntdev_unmap {
	uint64_t index;
	uint32_t count, pad;
};

struct gntdev_offset {
	uint64_t vaddr, offset;
	uint32_t count, pad;
};

/* Linux's _IOC(_IOC_NONE, 'G', nr, size) */
#define GNTDEV_IOC(nr, type) ((unsigned long)sizeof(type) << 16 | 'G' << 8 | (nr))
#define GNTDEV_MAP	  GNTDEV_IOC(0, struct gntdev_map)
#define GNTDEV_UNMAP	  GNTDEV_IOC(1, struct gntdev_unmap)
#define GNTDEV_GET_OFFSET GNTDEV_IOC(2, struct gntdev_offset)

int gnttab_open(void)
{
	int fd = open("/dev/xen/gntdev", O_RDWR);

	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static void gnttab_forget(int fd, uint64_t index)
{
	struct gntdev_unmap arg = { .index = index, .count = 1 };

	ioctl(fd, GNTDEV_UNMAP, &arg);
}

void *gnttab_map(int fd, uint32_t domid, uint32_t ref, int writable)
{
	struct gntdev_map arg = { .count = 1, .domid = domid, .ref = ref };
	void *page;
	int saved;

	if (ioctl(fd, GNTDEV_MAP, &arg))
		return NULL;
	page = mmap(NULL, GNTTAB_PAGE, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd,
		    (off_t)arg.index);
	if (page == MAP_FAILED) {
		saved = errno;
		gnttab_forget(fd, arg.index);
		errno = saved;
		return NULL;
	}
	return page;
}

void gnttab_unmap(int fd, void *page)
{
	struct gntdev_offset arg = { .vaddr = (uintptr_t)page };
	int known = ioctl(fd, GNTDEV_GET_OFFSET, &arg) == 0;

	munmap(page, GNTTAB_PAGE);
	if (known)
		gnttab_forget(fd, arg.offset);
}
