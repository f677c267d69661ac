/* SPDX-License-Identifier: MIT
 *
 * The hypervisor's own output: printk, the log ring, and the ways out (serial
 * line, debug port).
 *
 * Levels: loglvl= says up to which level our messages are kept; guest_loglvl=all takes away
 * the limit on how much guests may write (core/console_io.c).
 *
 * Lock: console_lock (LOCK_CONSOLE), interrupts off: handlers print too. In a
 * panic it is ignored, since its holder may be who died.
 *
 * Next: core/console_io.c for guests' text and for input.
 */
#include "core/console.h"
#include "arch/uart.h"
#include "arch/x86.h"
#include "boot/boot.h"
#include "core/tasklet.h"
#include "lib/errno.h"
#include "lib/string.h"

#define LOG_SIZE      65536     /* power of two */
#define DEBUGCON_PORT 0xe9

static DEFINE_SPINLOCK(console_lock, LOCK_CONSOLE);
static char log_ring[LOG_SIZE];
static uint32_t log_first, log_next;    /* free-running; log_first moves by clearing only */
static bool use_serial = true, use_debugcon, panic_mode;
static bool line_start = true;          /* of our own messages */
static bool serial_mid_line;            /* somebody's text on the line has no end yet */

/* A message of level n is kept when n < the limit. */
static unsigned int host_limit = 3;
static bool guest_unlimited;

static void log_new_text(void *unused);
static struct tasklet log_tasklet = TASKLET_INIT(log_new_text, NULL);

static void log_new_text(void *unused)
{
	evtchn_send_global_virq(VIRQ_CON_RING);
}

/* --- the ways out; console_lock held --- */

static void line_out(const char *s, size_t n)
{
	size_t from = 0;

	if (n == 0)
		return;
	for (size_t i = 0; use_debugcon && i < n; i++)
		outb((uint8_t)s[i], DEBUGCON_PORT);
	for (size_t i = 0; use_serial && i < n; i++) {
		if (s[i] != '\n')
			continue;
		uart_puts(s + from, i - from);
		uart_puts("\r\n", 2);
		from = i + 1;
	}
	if (use_serial && from < n)
		uart_puts(s + from, n - from);
	serial_mid_line = s[n - 1] != '\n';
}

static void log_out(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		log_ring[log_next++ % LOG_SIZE] = s[i];
}

static unsigned long console_lock_(void)
{
	unsigned long flags = 0;

	if (!panic_mode)
		spin_lock_irqsave(&console_lock, flags);
	return flags;
}

static void console_unlock(unsigned long flags)
{
	if (!panic_mode)
		spin_unlock_irqrestore(&console_lock, flags);
}

/* Text of ours: each line begins with "(PV) ". */
static void put_message(const char *s)
{
	static const char prefix[] = "(PV) ";

	while (*s) {
		const char *end = strchr(s, '\n');
		size_t n = end ? (size_t)(end - s) + 1 : strlen(s);

		if (line_start) {
			if (serial_mid_line)
				line_out("\n", 1);
			line_out(prefix, sizeof(prefix) - 1);
			log_out(prefix, sizeof(prefix) - 1);
		}
		line_out(s, n);
		log_out(s, n);
		line_start = end != NULL;
		s += n;
	}
}

/* The level at the start of a message; the text follows. */
static unsigned int take_level(const char **s, unsigned int otherwise)
{
	unsigned int level = otherwise;

	if ((*s)[0] == '\001' && (*s)[1] >= '0' && (*s)[1] <= '9') {
		level = (unsigned int)((*s)[1] - '0');
		*s += 2;
	}
	return level;
}

static void log_notify(void)
{
	if (dom0 && !panic_mode)
		tasklet_schedule(&log_tasklet);
}

void printk(const char *fmt, ...)
{
	static char buf[1024];
	const char *text = fmt;
	unsigned long flags;
	va_list ap;

	if (take_level(&text, 2) >= host_limit && !panic_mode)
		return;
	flags = console_lock_();
	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), text, ap);
	va_end(ap);
	put_message(buf);
	console_unlock(flags);
	log_notify();
}

bool log_guest_unlimited(void)
{
	return guest_unlimited;
}

/* --- guests' text --- */

void console_write_raw(const char *s, size_t n)
{
	unsigned long flags = console_lock_();

	line_out(s, n);
	console_unlock(flags);
}

void console_write_line(const struct domain *d, const char *line)
{
	char prefix[16];
	unsigned long flags = console_lock_();
	int n = snprintf(prefix, sizeof(prefix), "(d%u) ", d->domid);

	if (serial_mid_line)
		line_out("\n", 1);
	line_out(prefix, (size_t)n);
	log_out(prefix, (size_t)n);
	line_out(line, strlen(line));
	log_out(line, strlen(line));
	line_out("\n", 1);
	log_out("\n", 1);
	console_unlock(flags);
	log_notify();
}

/* --- reading the log --- */

size_t console_read_log(char *to, size_t size, uint32_t *index, bool clear, bool incremental)
{
	unsigned long flags = console_lock_();
	uint32_t oldest = log_next - log_first > LOG_SIZE ? log_next - LOG_SIZE : log_first;
	uint32_t from = oldest;
	size_t n;

	/* An index that has been overwritten meanwhile continues with the oldest text there is. */
	if (incremental && log_next - *index <= log_next - oldest)
		from = *index;
	n = MIN(size, (size_t)(log_next - from));
	for (size_t i = 0; i < n; i++)
		to[i] = log_ring[(from + i) % LOG_SIZE];
	*index = from + (uint32_t)n;
	if (clear)
		log_first = *index;
	console_unlock(flags);
	return n;
}

/* --- set-up --- */

static unsigned int parse_level(const char *s)
{
	static const struct { const char *name; unsigned int limit; } levels[] = {
		{ "none", 0 }, { "error", 1 }, { "warning", 2 }, { "info", 3 }, { "debug", 4 },
		{ "all", 4 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(levels); i++)
		if (!strncmp(s, levels[i].name, strlen(levels[i].name)))
			return levels[i].limit;
	return 3;
}

/* "always/limited": up to the first without a limit, up to the second with one. */
static void parse_guest_level(const char *s)
{
	const char *slash = strchr(s, '/');

	guest_unlimited = parse_level(slash ? slash + 1 : s) == 4 && (!slash || parse_level(s) == 4);
}

/* Before arguments are read: polled serial line. */
void console_early_init(void)
{
	uart_init("115200,8n1");
}

void console_init(void)
{
	char value[64];

	if (cmdline_find("loglvl", value, sizeof(value)))
		host_limit = parse_level(value);
	if (cmdline_find("guest_loglvl", value, sizeof(value)))
		parse_guest_level(value);
	if (cmdline_find("com1", value, sizeof(value)))
		uart_init(value);
	if (cmdline_find("console", value, sizeof(value))) {
		use_debugcon = strstr(value, "debugcon") != NULL;
		use_serial = strstr(value, "com") != NULL;
	}
	console_input_init();
	debug_keys_init();
}

void console_force_sync(void)
{
	panic_mode = true;
	uart_flush_sync();
}
