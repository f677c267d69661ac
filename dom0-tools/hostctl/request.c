/* SPDX-License-Identifier: MIT */
/*
 * request: what is asked of the control domain. Most of the command line is none of our business; what is:
 * which argument names a file that must be read here, and whether the verb wants the keyboard.
 *
 * A config named to ./pvctl is read on this machine, one named to pvctl in the control domain there. The
 * config that `create` or `config` names is sent along, and what `config convert` writes comes back.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostctl.h"

/* Whether word is the verb or an abbreviation that only it has. */
static bool is_verb(const char *word, const char *verb, size_t shortest)
{
	size_t len = strlen(word);

	return len >= shortest && strncmp(word, verb, len) == 0;
}

static bool is_config_verb(const char *verb)
{
	return is_verb(verb, "create", 2) || strcmp(verb, "config") == 0;
}

static void read_file(struct request *r, size_t arg, size_t prefix)
{
	const char *name = r->args[arg] + prefix;
	struct attachment *a = &r->files[r->file_count];
	struct stat st;
	size_t size = 0;
	int fd;

	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s (./pvctl reads configs on this machine)", name, strerror(errno));
	if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode))
		die("%s: is a folder; expected a domain config", name);
	if (r->file_count == PROTO_FILES)
		die("more than %d files in one command", PROTO_FILES);
	*a = (struct attachment){ .arg = arg, .prefix = prefix };
	for (;;) {
		ssize_t n;

		if (a->len == size) {
			size = size ? size * 2 : 4096;
			a->data = realloc(a->data, size);
			if (!a->data)
				die("%s: out of memory", name);
		}
		n = read(fd, a->data + a->len, size - a->len);
		if (n < 0)
			die("%s: %s", name, strerror(errno));
		if (n == 0)
			break;
		a->len += (size_t)n;
		if (a->len > FILE_LIMIT)
			die("%s: longer than %u MB; expected a domain config", name, FILE_LIMIT >> 20);
	}
	close(fd);
	r->file_count++;
}

/* The config of `create`: -f FILE, --defconfig=FILE, or the first word that is neither option nor key=value. */
static void attach_create(struct request *r)
{
	static const char *const long_option = "--defconfig";

	for (size_t i = 1; i < r->arg_count; i++) {
		const char *a = r->args[i];

		if ((strcmp(a, "-f") == 0 || strcmp(a, long_option) == 0) && i + 1 < r->arg_count) {
			read_file(r, i + 1, 0);
			return;
		}
		if (strncmp(a, "-f=", 3) == 0) {
			read_file(r, i, 3);
			return;
		}
		if (strncmp(a, "--defconfig=", strlen(long_option) + 1) == 0) {
			read_file(r, i, strlen(long_option) + 1);
			return;
		}
		if (a[0] != '-' && !strchr(a, '=')) {
			read_file(r, i, 0);
			return;
		}
	}
}

static bool has_option(const struct request *r, char letter, const char *name)
{
	for (size_t i = 1; i < r->arg_count; i++) {
		const char *a = r->args[i];

		if (strcmp(a, name) == 0 || (a[0] == '-' && a[1] && a[1] != '-' && strchr(a + 1, letter)))
			return true;
	}
	return false;
}

void request_prepare(struct request *r)
{
	const char *verb = r->args[0];

	if (r->any_program) {
		r->sends_stdin = true;
		return;
	}
	if (is_config_verb(verb)) {
		if (is_verb(verb, "create", 2))
			attach_create(r);
		else if (r->arg_count > 2)
			read_file(r, 2, 0);
		/* config convert IN OUT writes here, too. */
		if (strcmp(verb, "config") == 0 && r->arg_count == 4 && strcmp(r->args[1], "convert") == 0 &&
		    strcmp(r->args[3], "-") != 0)
			r->out_arg = 3;
	}
	r->interactive = is_verb(verb, "console", 4) ||
			 (is_verb(verb, "create", 2) && has_option(r, 'c', "--console")) || is_verb(verb, "top", 2);
	/* Other verbs do not read: a loop around ./pvctl keeps its input. */
	r->sends_stdin = r->interactive;
}

/* ---- sending ---- */

struct items {
	uint8_t *data;
	size_t len;
};

static void item_add(struct items *items, enum item_tag tag, const void *head, size_t head_len, const void *body,
		     size_t body_len)
{
	size_t len = head_len + body_len;

	if (items->len + FRAME_HEADER + len > FRAME_MAX)
		die("the arguments are longer than %u bytes together", FRAME_MAX);
	items->data[items->len] = (uint8_t)tag;
	put_u32(items->data + items->len + 1, (uint32_t)len);
	items->len += FRAME_HEADER;
	if (head_len)
		memcpy(items->data + items->len, head, head_len);
	if (body_len)
		memcpy(items->data + items->len + head_len, body, body_len);
	items->len += len;
}

static void item_string(struct items *items, enum item_tag tag, const char *text)
{
	item_add(items, tag, NULL, 0, text, strlen(text));
}

static void send_files(const struct request *r, int port)
{
	for (size_t i = 0; i < r->file_count; i++) {
		const struct attachment *a = &r->files[i];
		const char *name = r->args[a->arg] + a->prefix;

		send_frame(port, FRAME_FILE, name, (uint32_t)strlen(name));
		for (size_t at = 0; at < a->len; at += FRAME_CHUNK) {
			size_t n = a->len - at < FRAME_CHUNK ? a->len - at : FRAME_CHUNK;

			send_frame(port, FRAME_FILE_DATA, a->data + at, (uint32_t)n);
		}
	}
}

static void add_arguments(const struct request *r, struct items *items)
{
	if (!r->any_program)
		item_string(items, ITEM_ARG, "pvctl");
	for (size_t i = 0; i < r->arg_count; i++) {
		const struct attachment *a = NULL;
		uint8_t number[4];

		for (size_t f = 0; f < r->file_count; f++)
			if (r->files[f].arg == i) {
				a = &r->files[f];
				put_u32(number, (uint32_t)f);
			}
		if (a)
			item_add(items, ITEM_ARG_FILE, number, sizeof(number), r->args[i], a->prefix);
		else
			item_string(items, i && i == r->out_arg ? ITEM_ARG_OUT : ITEM_ARG, r->args[i]);
	}
}

/* The control domain sees the repository as /host: the folder we are in, when it is inside. */
static void add_cwd(const struct request *r, struct items *items)
{
	char top[PATH_MAX], here[PATH_MAX], there[PATH_MAX + 8];
	size_t len;

	if (!realpath(r->top, top) || !getcwd(here, sizeof(here)))
		return;
	len = strlen(top);
	if (strncmp(here, top, len) == 0 && (here[len] == '/' || here[len] == '\0'))
		snprintf(there, sizeof(there), "/host%s", here + len);
	else
		snprintf(there, sizeof(there), "/host");
	item_string(items, ITEM_CWD, there);
}

static void add_environment(struct items *items)
{
	static const char *const passed[] = { "TERM", "PVCTL_DEBUG" };
	char text[256];

	item_string(items, ITEM_ENV, "PATH=/bin:/sbin:/usr/bin:/usr/sbin");
	item_string(items, ITEM_ENV, "HOME=/");
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
		const char *value = getenv(passed[i]);

		if (value && snprintf(text, sizeof(text), "%s=%s", passed[i], value) < (int)sizeof(text))
			item_string(items, ITEM_ENV, text);
	}
	/* There it is a pipe, to us. */
	if (isatty(2))
		item_string(items, ITEM_ENV, "PVCTL_PROGRESS=1");
}

static void add_terminal(const struct request *r, struct items *items)
{
	struct winsize size = { 0 };
	uint8_t tty[5];
	bool on_terminal = isatty(0) && isatty(1);

	if (isatty(1))
		ioctl(1, TIOCGWINSZ, &size);
	put_u16(tty, size.ws_row);
	put_u16(tty + 2, size.ws_col);
	tty[4] = (uint8_t)((r->sends_stdin ? TTY_STDIN_OPEN : 0) | (r->interactive && on_terminal ? TTY_WANTED : 0));
	item_add(items, ITEM_TTY, NULL, 0, tty, sizeof(tty));
}

void request_send(const struct request *r, int port)
{
	struct items items = { .data = malloc(FRAME_MAX) };

	if (!items.data)
		die("out of memory");
	send_files(r, port);
	add_arguments(r, &items);
	add_cwd(r, &items);
	add_environment(&items);
	add_terminal(r, &items);
	send_frame(port, FRAME_START, items.data, (uint32_t)items.len);
	free(items.data);
}
