/* SPDX-License-Identifier: MIT */
/* Size of a file system, in POSIX's words. */
#ifndef USER_SYS_STATVFS_H
#define USER_SYS_STATVFS_H

#include <sys/types.h>

struct statvfs {
	unsigned long	f_bsize, f_frsize;
	unsigned long	f_blocks, f_bfree, f_bavail, f_files, f_ffree, f_favail;
	unsigned long	f_fsid, f_flag, f_namemax;
};

int statvfs(const char *path, struct statvfs *fs);
int fstatvfs(int fd, struct statvfs *fs);

#endif
