/* SPDX-License-Identifier: MIT */
/* newlib's unistd.h and what it lacks. */
#ifndef USER_UNISTD_H
#define USER_UNISTD_H

#include_next <unistd.h>

long syscall(long number, ...);
int sethostname(const char *name, size_t length);
ssize_t pread(int fd, void *buffer, size_t length, off_t offset);
ssize_t pwrite(int fd, const void *buffer, size_t length, off_t offset);
int pipe2(int fds[2], int flags);
int dup3(int from, int to, int flags);
char *get_current_dir_name(void);
int execvpe(const char *file, char *const argv[], char *const envp[]);
int euidaccess(const char *path, int mode);
char *ttyname(int fd);

#endif
