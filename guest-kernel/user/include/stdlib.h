/* SPDX-License-Identifier: MIT */
/* newlib's stdlib.h and what it lacks. */
#ifndef USER_STDLIB_H
#define USER_STDLIB_H

#include_next <stdlib.h>

char *realpath(const char *__restrict path, char *__restrict resolved);
int posix_openpt(int flags);
int grantpt(int fd);
int unlockpt(int fd);
char *ptsname(int fd);
int ptsname_r(int fd, char *name, size_t size);
int posix_memalign(void **pointer, size_t alignment, size_t size);
int clearenv(void);
char *secure_getenv(const char *name);

#endif
