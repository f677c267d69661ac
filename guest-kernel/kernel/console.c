/* SPDX-License-Identifier: MIT */
/* The system console as a terminal: /dev/console, /dev/hvc0, /dev/ttyS0, and /dev/tty. */
#include "lib.h"
#include "task.h"
#include "tty.h"

struct tty console_tty;

static size_t console_output(struct tty *t, const char *buf, size_t n)
{
	plat_console_write(buf, n);
	return n;
}

void console_input(const char *buf, size_t n)
{
	tty_input(&console_tty, buf, n);
}

static int open_console(struct file *f, void *arg)
{
	f->ops = &tty_file_ops;
	f->priv = &console_tty;
	if (!arg)
		tty_opened(&console_tty, f);
	return 0;
}

static int open_controlling(struct file *f, void *arg)
{
	struct tty *t;

	spin_lock(&proc_lock);
	t = current->session ? current->session->tty : NULL;
	spin_unlock(&proc_lock);
	if (!t)
		return -ENXIO;
	f->ops = &tty_file_ops;
	f->priv = t;
	return 0;
}

static struct chardev devices[] = {
	{ .major = 5, .minor = 1, .name = "console", .open = open_console, .arg = (void *)1, .mode = 0600 },
	{ .major = 5, .minor = 0, .name = "tty", .open = open_controlling, .mode = 0666 },
	{ .major = 229, .minor = 0, .name = "hvc0", .open = open_console, .mode = 0600 },
	{ .major = 4, .minor = 64, .name = "ttyS0", .open = open_console, .mode = 0600 },
};

void console_init(void)
{
	tty_init(&console_tty, "console", console_output);
	for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
		chardev_add(&devices[i]);
}
