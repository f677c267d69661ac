/* SPDX-License-Identifier: MIT */
/*
 * The kernel log: a ring that dmesg and /dev/kmsg read, copied to the console as it is written.
 *
 * Locks: log_lock, a high level, so that printk() works almost anywhere. Before the console is up,
 * text only collects in the ring; plat_console_init() is early enough that this hardly shows.
 */
#include "lib.h"
#include "lock.h"
#include "task.h"

#define LOG_SIZE 16384u

bool printk_to_console = true;

static struct spinlock log_lock = SPINLOCK_INIT(LOCK_CONSOLE);
static char log[LOG_SIZE];
static u64 log_end;
static bool at_line_start = true;

static void log_write(const char *s, size_t n)
{
	while (n--)
		log[log_end++ % LOG_SIZE] = *s++;
}

/* Also for /dev/kmsg. Text without its time stamp; whole lines are expected. */
void printk(const char *fmt, ...)
{
	char line[256], stamp[24], out[512];
	size_t n = 0;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);

	spin_lock(&log_lock);
	for (const char *s = line; *s; s++) {
		if (at_line_start) {
			u64 us = plat_clock() / 1000;
			int k = snprintf(stamp, sizeof(stamp), "[%5lu.%06lu] ", us / 1000000, us % 1000000);

			log_write(stamp, k);
			if (n + k < sizeof(out))
				memcpy(out + n, stamp, k), n += k;
			at_line_start = false;
		}
		log_write(s, 1);
		if (*s == '\n' && n < sizeof(out))
			out[n++] = '\r';
		if (n < sizeof(out))
			out[n++] = *s;
		at_line_start = *s == '\n';
	}
	if (printk_to_console)
		plat_console_write(out, n);
	spin_unlock(&log_lock);
}

u64 klog_end(void)
{
	return log_end;
}

size_t klog_read(char *buf, size_t size, u64 *from)
{
	size_t n = 0;

	spin_lock(&log_lock);
	if (*from + LOG_SIZE < log_end)
		*from = log_end - LOG_SIZE;
	while (n < size && *from < log_end)
		buf[n++] = log[(*from)++ % LOG_SIZE];
	spin_unlock(&log_lock);
	return n;
}
