/* SPDX-License-Identifier: MIT */
/* Names in the file system: the system calls that take a path. */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/utime.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "syscall.h"

int stat(const char *path, struct stat *st) { return (int)SC2(stat, path, st); }
int lstat(const char *path, struct stat *st) { return (int)SC2(lstat, path, st); }
int access(const char *path, int mode) { return (int)SC2(access, path, mode); }
int euidaccess(const char *path, int mode) { return access(path, mode); }
int mkdir(const char *path, mode_t mode) { return (int)SC2(mkdir, path, mode); }
int rmdir(const char *path) { return (int)SC1(rmdir, path); }
int unlink(const char *path) { return (int)SC1(unlink, path); }
int rename(const char *from, const char *to) { return (int)SC2(rename, from, to); }
int link(const char *from, const char *to) { return (int)SC2(link, from, to); }
int symlink(const char *to, const char *path) { return (int)SC2(symlink, to, path); }
ssize_t readlink(const char *path, char *p, size_t n) { return SC3(readlink, path, p, n); }
int chmod(const char *path, mode_t mode) { return (int)SC2(chmod, path, mode); }
int chown(const char *path, uid_t uid, gid_t gid) { return (int)SC3(chown, path, uid, gid); }
int lchown(const char *path, uid_t uid, gid_t gid) { return (int)SC3(lchown, path, uid, gid); }
int mknod(const char *path, mode_t mode, dev_t dev) { return (int)SC3(mknod, path, mode, dev); }
int mkfifo(const char *path, mode_t mode) { return mknod(path, mode | S_IFIFO, 0); }
mode_t umask(mode_t mask) { return (mode_t)SC1(umask, mask); }
int truncate(const char *path, off_t length) { return (int)SC2(truncate, path, length); }
int chdir(const char *path) { return (int)SC1(chdir, path); }
int chroot(const char *path) { return (int)SC1(chroot, path); }
int statfs(const char *path, struct statfs *fs) { return (int)SC2(statfs, path, fs); }
void sync(void) { SC0(sync); }

int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	return (int)SC4(newfstatat, dir, path, st, flags);
}

int faccessat(int dir, const char *path, int mode, int flags)
{
	return (int)SC3(faccessat, dir, path, mode);
}

int mkdirat(int dir, const char *path, mode_t mode) { return (int)SC3(mkdirat, dir, path, mode); }
int unlinkat(int dir, const char *path, int flags) { return (int)SC3(unlinkat, dir, path, flags); }

ssize_t readlinkat(int dir, const char *path, char *p, size_t n)
{
	return SC4(readlinkat, dir, path, p, n);
}

int symlinkat(const char *to, int dir, const char *path)
{
	return (int)SC3(symlinkat, to, dir, path);
}

int renameat(int fromdir, const char *from, int todir, const char *to)
{
	return (int)SC4(renameat, fromdir, from, todir, to);
}

int utimensat(int dir, const char *path, const struct timespec ts[2], int flags)
{
	return (int)SC4(utimensat, dir, path, ts, flags);
}

int futimens(int fd, const struct timespec ts[2])
{
	return (int)SC4(utimensat, fd, NULL, ts, 0);
}

int utimes(const char *path, const struct timeval *tv)
{
	struct timespec ts[2];

	for (int i = 0; tv && i < 2; i++)
		ts[i] = (struct timespec){ tv[i].tv_sec, tv[i].tv_usec * 1000 };
	return utimensat(AT_FDCWD, path, tv ? ts : NULL, 0);
}

int utime(const char *path, const struct utimbuf *t)
{
	struct timespec ts[2];

	if (t) {
		ts[0] = (struct timespec){ t->actime, 0 };
		ts[1] = (struct timespec){ t->modtime, 0 };
	}
	return utimensat(AT_FDCWD, path, t ? ts : NULL, 0);
}

int remove(const char *path)
{
	if (unlink(path) == 0)
		return 0;
	return errno == EISDIR || errno == EPERM ? rmdir(path) : -1;
}

char *getcwd(char *buffer, size_t size)
{
	char *p = buffer;

	if (!p) {
		if (!size)
			size = PATH_MAX;
		p = malloc(size);
		if (!p)
			return NULL;
	}
	if (SC2(getcwd, p, size) < 0) {
		if (!buffer)
			free(p);
		return NULL;
	}
	return p;
}

char *get_current_dir_name(void)
{
	return getcwd(NULL, 0);
}

int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data)
{
	return (int)SC5(mount, source, target, type, flags, data);
}

int umount2(const char *target, int flags) { return (int)SC2(umount2, target, flags); }
int umount(const char *target) { return umount2(target, 0); }

static int to_statvfs(int ret, const struct statfs *s, struct statvfs *v)
{
	if (ret == 0) {
		memset(v, 0, sizeof(*v));
		v->f_bsize = (unsigned long)s->f_bsize;
		v->f_frsize = (unsigned long)(s->f_frsize ? s->f_frsize : s->f_bsize);
		v->f_blocks = s->f_blocks;
		v->f_bfree = s->f_bfree;
		v->f_bavail = s->f_bavail;
		v->f_files = s->f_files;
		v->f_ffree = v->f_favail = s->f_ffree;
		v->f_namemax = (unsigned long)s->f_namelen;
	}
	return ret;
}

int statvfs(const char *path, struct statvfs *v)
{
	struct statfs s;

	return to_statvfs(statfs(path, &s), &s, v);
}

int fstatvfs(int fd, struct statvfs *v)
{
	struct statfs s;

	return to_statvfs(fstatfs(fd, &s), &s, v);
}

static char *trim_slashes(char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
	return path;
}

char *basename(char *path)
{
	char *slash;

	if (!path || !*path)
		return (char *)".";
	slash = strrchr(trim_slashes(path), '/');
	return slash && slash[1] ? slash + 1 : path;
}

char *dirname(char *path)
{
	char *slash;

	if (!path || !*path)
		return (char *)".";
	slash = strrchr(trim_slashes(path), '/');
	if (!slash)
		return (char *)".";
	while (slash > path && slash[-1] == '/')
		slash--;
	if (slash == path)
		slash++;
	*slash = '\0';
	return path;
}

/*
 * Component by component: `done` is resolved and has no trailing slash, `rest` is still to do. A
 * symbolic link's text is put in front of the rest.
 */
char *realpath(const char *path, char *resolved)
{
	char rest[PATH_MAX], done[PATH_MAX], link_text[PATH_MAX];
	int links = 0;

	if (!path || !*path) {
		errno = path ? ENOENT : EINVAL;
		return NULL;
	}
	if (strlen(path) >= sizeof(rest))
		goto too_long;
	strcpy(rest, path);
	done[0] = '\0';
	if (path[0] != '/' && (!getcwd(done, sizeof(done)) || !strcmp(done, "/")))
		done[0] = '\0';
	while (rest[0]) {
		size_t skip = strspn(rest, "/"), n = strcspn(rest + skip, "/"), len = strlen(done);
		char *name = rest + skip;
		struct stat st;

		if (n == 0)
			break;
		if (n == 2 && name[0] == '.' && name[1] == '.') {
			char *slash = strrchr(done, '/');

			if (slash)
				*slash = '\0';
		} else if (n != 1 || name[0] != '.') {
			if (len + n + 2 > sizeof(done))
				goto too_long;
			done[len] = '/';
			memcpy(done + len + 1, name, n);
			done[len + 1 + n] = '\0';
			if (lstat(done, &st) < 0)
				return NULL;
			if (S_ISLNK(st.st_mode)) {
				ssize_t m = readlink(done, link_text, sizeof(link_text) - 1);

				if (m < 0)
					return NULL;
				if (++links > 40) {
					errno = ELOOP;
					return NULL;
				}
				link_text[m] = '\0';
				if ((size_t)m + strlen(name + n) + 2 > sizeof(rest))
					goto too_long;
				memmove(rest + m, name + n, strlen(name + n) + 1);
				memcpy(rest, link_text, (size_t)m);
				done[link_text[0] == '/' ? 0 : len] = '\0';
				continue;
			}
		}
		memmove(rest, name + n, strlen(name + n) + 1);
	}
	if (!done[0])
		strcpy(done, "/");
	if (!resolved)
		return strdup(done);
	return strcpy(resolved, done);
too_long:
	errno = ENAMETOOLONG;
	return NULL;
}
