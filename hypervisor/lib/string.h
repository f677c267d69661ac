/* SPDX-License-Identifier: MIT
 *
 * The C library functions the hypervisor uses, and formatted printing.
 */
#ifndef HYPERVISOR_LIB_STRING_H
#define HYPERVISOR_LIB_STRING_H

#include <stdarg.h>
#include "lib/types.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);
/* Copies at most size-1 bytes and always terminates; returns strlen(src). */
size_t strlcpy(char *dst, const char *src, size_t size);
/* Base 0, 8, 10 or 16; *end is the first byte not read. */
unsigned long long strtoull(const char *s, char **end, int base);
unsigned long strtoul(const char *s, char **end, int base);

static inline void clear_page(void *p) { memset(p, 0, PAGE_SIZE); }
static inline void copy_page(void *d, const void *s) { memcpy(d, s, PAGE_SIZE); }

/* %d %i %u %x %X %p %s %c %% with l, ll, z, h, width, precision, 0, - and +. Return as in C99. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/*
 * The hypervisor's console and log ring (core/console.c). A message starts with
 * its level; without one it is LOG_INFO.
 */
#define LOG_ERR   "\0010"
#define LOG_WARN  "\0011"
#define LOG_INFO  "\0012"
#define LOG_DEBUG "\0013"
void printk(const char *fmt, ...) __printf(1, 2);

#endif
