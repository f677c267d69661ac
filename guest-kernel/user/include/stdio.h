/* SPDX-License-Identifier: MIT */
/* newlib's stdio.h and what it names differently. */
#ifndef USER_STDIO_H
#define USER_STDIO_H

#include_next <stdio.h>

ssize_t getline(char **line, size_t *size, FILE *f);
ssize_t getdelim(char **line, size_t *size, int delimiter, FILE *f);
FILE *popen(const char *command, const char *mode);
int pclose(FILE *f);

#endif
