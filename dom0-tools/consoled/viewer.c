/* SPDX-License-Identifier: MIT */
/* Those who look at consoles: see viewer.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "main.h"
#include "viewer.h"

struct list viewers;

void viewer_init(void)
{
	list_init(&viewers);
}

int viewer_listen(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		goto err;
	}
	strcpy(addr.sun_path, path);
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0) {
		errno = EADDRINUSE;
		goto err;
	}
	close(fd);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) ||
	    (chmod(path, 0600) && errno != ENOSYS) || listen(fd, 16) ||
	    fcntl(fd, F_SETFL, O_NONBLOCK))
		goto err;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;

err:
	close(fd);
	return -1;
}

void viewer_accept(int listener)
{
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		struct viewer *v = calloc(1, sizeof(*v));

		if (!v || fcntl(fd, F_SETFL, O_NONBLOCK)) {
			free(v);
			close(fd);
			continue;
		}
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		v->fd = fd;
		list_add_tail(&viewers, &v->of_all);
	}
}

__attribute__((format(printf, 2, 3)))
static void viewer_say(struct viewer *v, const char *fmt, ...)
{
	va_list ap;
	char line[256];
	size_t len;
	char *more;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	len = n < 0 ? 0 : (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1;
	more = realloc(v->text, v->text_len + len);
	if (!more)
		return;
	memcpy(more + v->text_len, line, len);
	v->text = more;
	v->text_len += len;
}

static void viewer_list(struct viewer *v)
{
	list_for_each(c, &consoles, struct console, of_all)
		viewer_say(v, "%u %s %llu %s\n", c->domid,
			   c->dead ? "gone" : c->ring || c->feed >= 0 ? "live" : c->fed ? "waiting" : "broken",
			   (unsigned long long)c->backlog.end, c->name);
}

static struct console *viewer_find(struct xs_handle *xs, const char *which)
{
	char *end;
	unsigned long domid = strtoul(which, &end, 10);

	if (*end) {
		struct console *c = console_find_name(which);

		if ((!c || c->dead) && xs) {
			console_scan(xs);
			c = console_find_name(which);
		}
		return c;
	}
	if (domid > UINT16_MAX)
		return NULL;
	/* Whoever has just made the domain asks before the store has told us of it. */
	return xs ? console_adopt(xs, (uint16_t)domid) : console_find((uint16_t)domid);
}

/*
 * A device model brings a console. The connection is the console's from now on; whoever may not have it is sent away
 * without a word, as what we say would be typed into a domain.
 */
static void viewer_serve(struct viewer *v, struct xs_handle *xs, const char *which)
{
	struct console *c = viewer_find(xs, which);

	v->dead = true;
	if (!c || !console_serve(c, v->fd)) {
		say("a device model wants to serve domain %.20s, which has no console for it", which);
		return;
	}
	v->serves = c;
	v->fd = -1;
}

static void viewer_command(struct viewer *v, struct xs_handle *xs)
{
	char *which = strchr(v->line, ' ');

	v->until_end = true;
	if (!strcmp(v->line, "list")) {
		viewer_list(v);
		return;
	}
	if (which)
		*which++ = '\0';
	if (which && *which && !strcmp(v->line, "serve")) {
		viewer_serve(v, xs, which);
		return;
	}
	if (!which || !*which || (strcmp(v->line, "attach") && strcmp(v->line, "log"))) {
		viewer_say(v, "consoled: expected \"attach DOMAIN\", \"log DOMAIN\" or \"list\"\n");
		return;
	}
	v->console = viewer_find(xs, which);
	if (!v->console) {
		viewer_say(v, "consoled: no console of a domain %s\n", which);
		return;
	}
	v->console->viewers++;
	v->at = v->console->backlog.start;
	v->end = v->console->backlog.end;
	v->until_end = !strcmp(v->line, "log");
}

static bool viewer_has_line(const struct viewer *v)
{
	return v->console || v->until_end || v->serves;
}

/* The first line is the command; everything behind it is typed. */
static void viewer_take(struct viewer *v, struct xs_handle *xs, const char *data, size_t len)
{
	while (len && !viewer_has_line(v) && !v->dead) {
		char c = *data++;

		len--;
		if (c == '\n') {
			v->line[v->line_len] = '\0';
			viewer_command(v, xs);
		} else if (v->line_len + 1 < sizeof(v->line)) {
			if (c != '\r')
				v->line[v->line_len++] = c;
		} else {
			v->dead = true;
			return;
		}
	}
	if (len && v->serves)
		console_output(v->serves, data, len);
	else if (len && v->console && !v->until_end)
		console_type(v->console, data, len);
}

void viewer_run(struct viewer *v, struct xs_handle *xs)
{
	char buf[512];
	size_t want = sizeof(buf);
	ssize_t n;

	if (v->eof)
		return;
	if (v->console && !v->until_end) {
		size_t room = CONSOLE_INPUT - v->console->input_len;

		/* What the domain does not take yet stays with the one who types. */
		want = room < want ? room : want;
		if (!want)
			return;
	}
	n = read(v->fd, buf, want);
	if (n > 0)
		viewer_take(v, xs, buf, (size_t)n);
	else if (n == 0 && v->until_end)
		v->eof = true;		/* has said all it had to say, and may still listen */
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		v->dead = true;
}

/* The next bytes for the viewer: our own words first. 0: none at present. */
static size_t viewer_next(struct viewer *v, const char **data)
{
	uint64_t was = v->at;
	size_t n;

	if (v->text_at == v->text_len && v->console) {
		n = backlog_peek(&v->console->backlog, &v->at, data);
		if (v->at == was)
			return v->until_end && n > v->end - v->at ? (size_t)(v->end - v->at) : n;
		viewer_say(v, "\r\n[consoled: %llu bytes left out]\r\n",
			   (unsigned long long)(v->at - was));
		if (v->until_end && v->end < v->at)
			v->end = v->at;
	}
	*data = v->text + v->text_at;
	return v->text_len - v->text_at;
}

static bool viewer_is_done(const struct viewer *v)
{
	if (!viewer_has_line(v) || v->text_at < v->text_len)
		return false;
	if (!v->console)
		return true;
	return v->until_end ? v->at >= v->end :
	       v->console->dead && v->at >= v->console->backlog.end;
}

void viewer_flush(struct viewer *v)
{
	const char *data;
	size_t len;

	while (!v->dead && (len = viewer_next(v, &data))) {
		bool own = v->text_at < v->text_len;
		ssize_t n = write(v->fd, data, len);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			v->dead = true;
		if (n <= 0)
			return;
		if (own)
			v->text_at += (size_t)n;
		else
			v->at += (uint64_t)n;
	}
	if (viewer_is_done(v))
		v->dead = true;
}

short viewer_events(const struct viewer *v)
{
	bool more = v->text_at < v->text_len || (v->console && v->at < v->console->backlog.end);
	bool room = !v->console || v->until_end || v->console->input_len < CONSOLE_INPUT;

	return (short)((room && !v->eof ? POLLIN : 0) | (more ? POLLOUT : 0));
}

void viewer_reap(void)
{
	list_for_each_safe(v, &viewers, struct viewer, of_all) {
		if (!v->dead)
			continue;
		if (v->console)
			v->console->viewers--;
		list_del(&v->of_all);
		if (v->fd >= 0)
			close(v->fd);
		free(v->text);
		free(v);
	}
}
