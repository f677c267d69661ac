/* SPDX-License-Identifier: MIT */
/* Directory streams over getdents64, whose records are our struct dirent. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "syscall.h"

struct user_dir {
	int	fd;
	long	used, filled;
	char	buffer[4096] __attribute__((aligned(8)));
};

DIR *fdopendir(int fd)
{
	DIR *d = malloc(sizeof(*d));

	if (d) {
		d->fd = fd;
		d->used = d->filled = 0;
	}
	return d;
}

DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !d)
		close(fd);
	return d;
}

struct dirent *readdir(DIR *d)
{
	struct dirent *e;

	if (d->used >= d->filled) {
		d->filled = SC3(getdents64, d->fd, d->buffer, sizeof(d->buffer));
		d->used = 0;
		if (d->filled <= 0) {
			d->filled = 0;
			return NULL;
		}
	}
	e = (struct dirent *)(d->buffer + d->used);
	d->used += e->d_reclen;
	return e;
}

void rewinddir(DIR *d)
{
	lseek(d->fd, 0, SEEK_SET);
	d->used = d->filled = 0;
}

int dirfd(DIR *d)
{
	return d->fd;
}

int closedir(DIR *d)
{
	int ret = close(d->fd);

	free(d);
	return ret;
}

int alphasort(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int scandir(const char *path, struct dirent ***list, int (*filter)(const struct dirent *),
	    int (*compare)(const struct dirent **, const struct dirent **))
{
	struct dirent **out = NULL, *e, *copy, **more;
	DIR *d = opendir(path);
	int n = 0;

	if (!d)
		return -1;
	while ((e = readdir(d)) != NULL) {
		if (filter && !filter(e))
			continue;
		copy = malloc(e->d_reclen);
		more = realloc(out, (size_t)(n + 1) * sizeof(*out));
		if (more)
			out = more;
		if (!copy || !more) {
			free(copy);
			while (n > 0)
				free(out[--n]);
			free(out);
			closedir(d);
			errno = ENOMEM;
			return -1;
		}
		memcpy(copy, e, e->d_reclen);
		out[n++] = copy;
	}
	closedir(d);
	if (compare && n > 1)
		qsort(out, (size_t)n, sizeof(*out), (int (*)(const void *, const void *))compare);
	*list = out;
	return n;
}
