/* SPDX-License-Identifier: MIT */
/* Strings, formatted output and the kernel log. */
#ifndef GUEST_KERNEL_KERNEL_LIB_H
#define GUEST_KERNEL_KERNEL_LIB_H

#include "types.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
/* Copies at most size-1 bytes and always terminates; returns the length of src. */
size_t strlcpy(char *dst, const char *src, size_t size);
/* Decimal, or hexadecimal after 0x; *end is the first character not read. */
u64 strtoul(const char *s, const char **end);

int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);

/* Text that grows: the contents of /proc files. Truncates at size, never overflows. */
struct text {
	char *buf;
	size_t len, size;
};
void text_printf(struct text *t, const char *fmt, ...) __printf(2, 3);

/* To the log and the console, from any context. */
void printk(const char *fmt, ...) __printf(1, 2);
/* The log's bytes from offset `from` (counted since boot); returns bytes copied. */
size_t klog_read(char *buf, size_t size, u64 *from);
u64 klog_end(void);
/* Lines below this level (0..7) reach the console. */
extern bool printk_to_console;

void __noreturn panic(const char *fmt, ...) __printf(1, 2);
#define BUG() panic("bug at %s:%d", __FILE__, __LINE__)
#define ASSERT(c) do { if (unlikely(!(c))) panic("assertion failed: %s (%s:%d)", #c, __FILE__, __LINE__); } while (0)

/* Symbols, from the table linked in by the second pass. */
const char *ksym_find(u64 addr, u64 *offset);
void print_stack(u64 rbp, u64 rip);

#endif
