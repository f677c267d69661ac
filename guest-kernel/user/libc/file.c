/* SPDX-License-Identifier: MIT */
/* Open files: the system calls that take or make a descriptor. */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "syscall.h"

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return (int)SC3(open, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return (int)SC4(openat, dir, path, flags, mode);
}

int creat(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int close(int fd) { return (int)SC1(close, fd); }
ssize_t read(int fd, void *p, size_t n) { return SC3(read, fd, p, n); }
ssize_t write(int fd, const void *p, size_t n) { return SC3(write, fd, p, n); }
ssize_t readv(int fd, const struct iovec *v, int n) { return SC3(readv, fd, v, n); }
ssize_t writev(int fd, const struct iovec *v, int n) { return SC3(writev, fd, v, n); }
ssize_t pread(int fd, void *p, size_t n, off_t o) { return SC4(pread64, fd, p, n, o); }
ssize_t pwrite(int fd, const void *p, size_t n, off_t o) { return SC4(pwrite64, fd, p, n, o); }
off_t lseek(int fd, off_t offset, int whence) { return SC3(lseek, fd, offset, whence); }
int dup(int fd) { return (int)SC1(dup, fd); }
int dup2(int from, int to) { return (int)SC2(dup2, from, to); }
int dup3(int from, int to, int flags) { return (int)SC3(dup3, from, to, flags); }
int pipe(int fds[2]) { return (int)SC1(pipe, fds); }
int pipe2(int fds[2], int flags) { return (int)SC2(pipe2, fds, flags); }
int fsync(int fd) { return (int)SC1(fsync, fd); }
int fdatasync(int fd) { return (int)SC1(fdatasync, fd); }
int ftruncate(int fd, off_t length) { return (int)SC2(ftruncate, fd, length); }
int flock(int fd, int operation) { return (int)SC2(flock, fd, operation); }
int fstat(int fd, struct stat *st) { return (int)SC2(fstat, fd, st); }
int fchmod(int fd, mode_t mode) { return (int)SC2(fchmod, fd, mode); }
int fchown(int fd, uid_t uid, gid_t gid) { return (int)SC3(fchown, fd, uid, gid); }
int fchdir(int fd) { return (int)SC1(fchdir, fd); }
int fstatfs(int fd, struct statfs *fs) { return (int)SC2(fstatfs, fd, fs); }

int posix_fallocate(int fd, off_t offset, off_t length)
{
	return (int)-syscall6(SYS_fallocate, fd, 0, offset, length, 0, 0);
}

int fcntl(int fd, int cmd, ...)
{
	va_list ap;
	long arg;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	return (int)SC3(fcntl, fd, cmd, arg);
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	return (int)SC3(poll, fds, count, timeout_ms);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec copy;

	if (timeout)
		copy = *timeout;
	return (int)SC5(ppoll, fds, count, timeout ? &copy : NULL, mask, 8);
}

int select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout)
{
	return (int)SC5(select, n, r, w, e, timeout);
}

int lockf(int fd, int cmd, off_t length)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_len = length };

	if (cmd == F_ULOCK)
		l.l_type = F_UNLCK;
	return fcntl(fd, cmd == F_LOCK ? F_SETLKW : F_SETLK, &l);
}
