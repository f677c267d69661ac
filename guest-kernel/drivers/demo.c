/* SPDX-License-Identifier: MIT */
/*
 * What runs when there is no program to run: a kernel without an initramfs still greets, answers on
 * its console and can be told to stop. Enough to see that a domain lives.
 */
#include "drivers.h"
#include "../kernel/lib.h"
#include "../kernel/page.h"
#include "../kernel/task.h"
#include "../kernel/tty.h"

static void say(const char *fmt, ...) __printf(1, 2);
static void say(const char *fmt, ...)
{
	char buf[200];
	va_list ap;

	va_start(ap, fmt);
	plat_console_write(buf, min((size_t)vsnprintf(buf, sizeof(buf), fmt, ap), sizeof(buf) - 1));
	va_end(ap);
}

static void answer(const char *line)
{
	u64 ms = plat_clock() / 1000000;

	if (!strcmp(line, "help"))
		say("free  halt  help  reboot  uptime; anything else comes back\r\n");
	else if (!strcmp(line, "free"))
		say("%lu of %lu KB\r\n", page_free_count() * 4, page_total_count() * 4);
	else if (!strcmp(line, "uptime"))
		say("%lu.%03lu s on %u CPU%s\r\n", ms / 1000, ms % 1000, cpu_count, cpu_count > 1 ? "s" : "");
	else if (!strcmp(line, "halt"))
		plat_power_off();
	else if (!strcmp(line, "reboot"))
		plat_reboot();
	else if (line[0])
		say("%s\r\n", line);
}

void demo_init(void)
{
	struct file console = { .flags = O_RDWR };
	char line[128];

	say("\r\nHello from the Paravane guest kernel on %s. There is no program to run; type help.\r\n", plat_name);
	for (;;) {
		struct iobuf io = { .base = (u64)line, .len = sizeof(line) - 1 };
		ssize_t n;

		say("> ");
		n = tty_read(&console_tty, &console, &io);
		if (n <= 0)
			continue;
		line[n - 1] = 0;
		answer(line);
	}
}
