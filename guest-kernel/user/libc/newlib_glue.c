/* SPDX-License-Identifier: MIT */
/*
 * What newlib's own code calls. newlib was compiled with its generic numbers for open flags and its
 * generic struct stat; programs are compiled with our headers, which have the kernel's. newlib only
 * ever uses the reentrant functions of this file, so the two never meet: these translate, and the
 * plain functions (open, fstat, ...) are the kernel's without translation.
 *
 * Error numbers below 35 are the same on both sides, and the few above that newlib sets itself are
 * known to strerror().
 */
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <fcntl.h>
#include <reent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "syscall.h"

int _open_r(struct _reent *r, const char *path, int flags, int mode);
int _fcntl_r(struct _reent *r, int fd, int cmd, int arg);
_ssize_t _read_r(struct _reent *r, int fd, void *buffer, size_t length);
_ssize_t _write_r(struct _reent *r, int fd, const void *buffer, size_t length);
_off_t _lseek_r(struct _reent *r, int fd, _off_t offset, int whence);
int _close_r(struct _reent *r, int fd);
int _fstat_r(struct _reent *r, int fd, struct stat *st);
int _stat_r(struct _reent *r, const char *path, struct stat *st);
int _isatty_r(struct _reent *r, int fd);
void *_sbrk_r(struct _reent *r, ptrdiff_t increment);
int _getpid_r(struct _reent *r);
int _kill_r(struct _reent *r, int pid, int sig);
int _unlink_r(struct _reent *r, const char *path);
int _rename_r(struct _reent *r, const char *from, const char *to);
int _gettimeofday_r(struct _reent *r, struct timeval *tv, void *zone);

/* newlib's numbers [newlib sys/_default_fcntl.h]. */
enum {
	NL_APPEND = 0x0008, NL_CREAT = 0x0200, NL_TRUNC = 0x0400, NL_EXCL = 0x0800,
	NL_SYNC = 0x2000, NL_NONBLOCK = 0x4000, NL_NOCTTY = 0x8000, NL_CLOEXEC = 0x40000,
	NL_F_GETFL = 3, NL_F_SETFL = 4,
};

/* newlib's struct stat; stdio looks at the mode and the block size only. */
struct newlib_stat {
	short		st_dev;
	unsigned short	st_ino;
	unsigned int	st_mode;
	unsigned short	st_nlink, st_uid, st_gid;
	short		st_rdev;
	long		st_size;
	struct timespec	st_atim, st_mtim, st_ctim;
	long		st_blksize, st_blocks, st_spare4[2];
};

static const struct {
	int newlib, kernel;
} flag_map[] = {
	{ NL_APPEND, O_APPEND }, { NL_CREAT, O_CREAT }, { NL_TRUNC, O_TRUNC }, { NL_EXCL, O_EXCL },
	{ NL_SYNC, O_SYNC }, { NL_NONBLOCK, O_NONBLOCK }, { NL_NOCTTY, O_NOCTTY },
	{ NL_CLOEXEC, O_CLOEXEC },
};

static int flags_to_kernel(int flags)
{
	int out = flags & O_ACCMODE;

	for (size_t i = 0; i < sizeof(flag_map) / sizeof(flag_map[0]); i++)
		if (flags & flag_map[i].newlib)
			out |= flag_map[i].kernel;
	return out;
}

static int flags_to_newlib(int flags)
{
	int out = flags & O_ACCMODE;

	for (size_t i = 0; i < sizeof(flag_map) / sizeof(flag_map[0]); i++)
		if ((flags & flag_map[i].kernel) == flag_map[i].kernel)
			out |= flag_map[i].newlib;
	return out;
}

int _open_r(struct _reent *r, const char *path, int flags, int mode)
{
	return open(path, flags_to_kernel(flags), mode);
}

int _fcntl_r(struct _reent *r, int fd, int cmd, int arg)
{
	int ret = fcntl(fd, cmd, cmd == NL_F_SETFL ? flags_to_kernel(arg) : arg);

	return cmd == NL_F_GETFL && ret >= 0 ? flags_to_newlib(ret) : ret;
}

_ssize_t _read_r(struct _reent *r, int fd, void *buffer, size_t length)
{
	return read(fd, buffer, length);
}

_ssize_t _write_r(struct _reent *r, int fd, const void *buffer, size_t length)
{
	ssize_t n;

	/* A signal must not lose what stdio already took from the program. */
	do
		n = write(fd, buffer, length);
	while (n < 0 && errno == EINTR);
	return n;
}

_off_t _lseek_r(struct _reent *r, int fd, _off_t offset, int whence)
{
	return lseek(fd, offset, whence);
}

int _close_r(struct _reent *r, int fd)
{
	return close(fd);
}

static int stat_to_newlib(int ret, const struct stat *st, struct newlib_stat *out)
{
	if (ret == 0) {
		memset(out, 0, sizeof(*out));
		out->st_mode = st->st_mode;
		out->st_size = st->st_size;
		out->st_mtim = st->st_mtim;
		out->st_blksize = st->st_blksize;
		out->st_blocks = st->st_blocks;
	}
	return ret;
}

int _fstat_r(struct _reent *r, int fd, struct stat *out)
{
	struct stat st;

	return stat_to_newlib(fstat(fd, &st), &st, (struct newlib_stat *)out);
}

int _stat_r(struct _reent *r, const char *path, struct stat *out)
{
	struct stat st;

	return stat_to_newlib(stat(path, &st), &st, (struct newlib_stat *)out);
}

int _isatty_r(struct _reent *r, int fd)
{
	return isatty(fd);
}

int _getpid_r(struct _reent *r)
{
	return getpid();
}

int _kill_r(struct _reent *r, int pid, int sig)
{
	return kill(pid, sig);
}

int _unlink_r(struct _reent *r, const char *path)
{
	return unlink(path);
}

int _rename_r(struct _reent *r, const char *from, const char *to)
{
	return rename(from, to);
}

int _gettimeofday_r(struct _reent *r, struct timeval *tv, void *zone)
{
	return gettimeofday(tv, zone);
}

/* The heap: a contiguous area that starts where the kernel put the break. */
void *_sbrk_r(struct _reent *r, ptrdiff_t increment)
{
	return sbrk(increment);
}

void *sbrk(ptrdiff_t increment)
{
	static unsigned long end;
	unsigned long was;

	if (!end)
		end = (unsigned long)syscall3(SYS_brk, 0, 0, 0);
	was = end;
	if (increment) {
		unsigned long want = end + (unsigned long)increment;

		if ((unsigned long)syscall3(SYS_brk, (long)want, 0, 0) != want) {
			errno = ENOMEM;
			return (void *)-1;
		}
		end = want;
	}
	return (void *)was;
}

int posix_memalign(void **pointer, size_t alignment, size_t size)
{
	extern void *memalign(size_t, size_t);
	void *p = memalign(alignment, size);

	if (!p)
		return ENOMEM;
	*pointer = p;
	return 0;
}

ssize_t getline(char **line, size_t *size, FILE *f)
{
	return __getline(line, size, f);
}

ssize_t getdelim(char **line, size_t *size, int delimiter, FILE *f)
{
	return __getdelim(line, size, delimiter, f);
}

/* Programs have one thread: newlib's locks have nothing to do. */
struct __lock {
	int unused;
};
struct __lock __lock___sinit_recursive_mutex, __lock___sfp_recursive_mutex,
	__lock___atexit_recursive_mutex, __lock___at_quick_exit_mutex,
	__lock___malloc_recursive_mutex, __lock___env_recursive_mutex, __lock___tz_mutex,
	__lock___dd_hash_mutex, __lock___arc4random_mutex;
typedef struct __lock *lock_ptr;

void __retarget_lock_init(lock_ptr *l);
void __retarget_lock_init_recursive(lock_ptr *l);
void __retarget_lock_close(lock_ptr l);
void __retarget_lock_close_recursive(lock_ptr l);
void __retarget_lock_acquire(lock_ptr l);
void __retarget_lock_acquire_recursive(lock_ptr l);
int __retarget_lock_try_acquire(lock_ptr l);
int __retarget_lock_try_acquire_recursive(lock_ptr l);
void __retarget_lock_release(lock_ptr l);
void __retarget_lock_release_recursive(lock_ptr l);

void __retarget_lock_init(lock_ptr *l) { *l = &__lock___tz_mutex; }
void __retarget_lock_init_recursive(lock_ptr *l) { *l = &__lock___tz_mutex; }
void __retarget_lock_close(lock_ptr l) { }
void __retarget_lock_close_recursive(lock_ptr l) { }
void __retarget_lock_acquire(lock_ptr l) { }
void __retarget_lock_acquire_recursive(lock_ptr l) { }
int __retarget_lock_try_acquire(lock_ptr l) { return 1; }
int __retarget_lock_try_acquire_recursive(lock_ptr l) { return 1; }
void __retarget_lock_release(lock_ptr l) { }
void __retarget_lock_release_recursive(lock_ptr l) { }
