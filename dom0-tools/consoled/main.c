/* SPDX-License-Identifier: MIT */
/*
 * consoled: keeps what every domain prints, from the first byte, whether anybody looks or not, and
 * shows it to those who ask. One thread, one loop around poll().
 *
 * It learns of domains from the store: @introduceDomain comes when a domain's console is ready to be
 * taken, @releaseDomain when one has ended.
 *
 * Read next: console.h, viewer.h, backlog.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../lib/peer.h"
#include "console.h"
#include "main.h"
#include "viewer.h"

#define SOCKET_PATH "/run/consoled.sock"
#define LOG_DIR	    "/var/log/console"
#define LOG_LIMIT   (64 * 1024)

static struct xs_handle *main_xs;

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("consoled: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("consoled: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool main_open_store(void)
{
	main_xs = xs_open(0);
	if (!main_xs)
		return false;
	if (xs_watch(main_xs, "@introduceDomain", "in") &&
	    xs_watch(main_xs, "@releaseDomain", "out"))
		return true;
	xs_close(main_xs);
	main_xs = NULL;
	return false;
}

/* Any number of events are one look at everything. False when xenstored is lost. */
static bool main_take_events(bool *scan, bool *check)
{
	char **event;

	*scan = *check = false;
	while ((event = xs_check_watch(main_xs))) {
		*scan |= !strcmp(event[XS_WATCH_TOKEN], "in");
		*check |= !strcmp(event[XS_WATCH_TOKEN], "out");
		free(event);
	}
	return errno == EAGAIN;
}

/* Until there are none: an answer to a request may bring events along, of which no descriptor tells. */
static void main_store_events(void)
{
	bool scan, check;

	while (main_xs) {
		if (!main_take_events(&scan, &check)) {
			say("lost xenstored: no new domain is noticed until it is back");
			xs_close(main_xs);
			main_xs = NULL;
			return;
		}
		if (check)
			console_check_all();
		if (scan)
			console_scan(main_xs);
		if (!scan && !check)
			return;
	}
}

/* Behind these come the viewers, then the consoles that are fed by a connection. */
enum { POLL_LISTEN, POLL_EVENT, POLL_STORE, POLL_VIEWERS };

static struct pollfd *main_pollfds(nfds_t *nr, int listener)
{
	static struct pollfd *fds;
	static nfds_t cap;
	nfds_t n = POLL_VIEWERS;

	list_for_each(v, &viewers, struct viewer, of_all)
		n++;
	list_for_each(c, &consoles, struct console, of_all)
		n += c->feed >= 0;
	if (n > cap) {
		struct pollfd *bigger = realloc(fds, (n + 16) * sizeof(*fds));

		if (!bigger)
			die("out of memory");
		fds = bigger;
		cap = n + 16;
	}
	fds[POLL_LISTEN] = (struct pollfd){ .fd = listener, .events = POLLIN };
	fds[POLL_EVENT] = (struct pollfd){ .fd = peer_event_fd(), .events = POLLIN };
	fds[POLL_STORE] = (struct pollfd){ .fd = main_xs ? xs_fileno(main_xs) : -1,
					   .events = POLLIN };
	n = POLL_VIEWERS;
	list_for_each(v, &viewers, struct viewer, of_all)
		fds[n++] = (struct pollfd){ .fd = v->fd, .events = viewer_events(v) };
	list_for_each(c, &consoles, struct console, of_all)
		if (c->feed >= 0)
			fds[n++] = (struct pollfd){ .fd = c->feed, .events = console_events(c) };
	*nr = n;
	return fds;
}

/* Which feeds have something, by the descriptors as they were polled: before anything changes the lists. */
static void main_look_at_feeds(const struct pollfd *fds)
{
	nfds_t i = POLL_VIEWERS;

	list_for_each(v, &viewers, struct viewer, of_all)
		i++;
	list_for_each(c, &consoles, struct console, of_all)
		if (c->feed >= 0 && fds[i++].revents)
			c->ready = true;
}

/* Serves every ring that may have something; the result is when to do so again, for poll(). */
static int main_run_consoles(void)
{
	uint64_t now = now_ms();
	int timeout = -1;

	list_for_each(c, &consoles, struct console, of_all) {
		int again = c->ready ? console_run(c, now) : -1;

		if (again >= 0 && (timeout < 0 || again < timeout))
			timeout = again;
	}
	return timeout;
}

#define STORE_RETRY_MS 1000

__attribute__((noreturn))
static void main_loop(int listener)
{
	int timeout = 0;

	for (;;) {
		nfds_t nr, i = POLL_VIEWERS;
		struct pollfd *fds = main_pollfds(&nr, listener);
		uint32_t port;

		if (!main_xs && (timeout < 0 || timeout > STORE_RETRY_MS))
			timeout = STORE_RETRY_MS;
		if (poll(fds, nr, timeout) < 0) {
			if (errno != EINTR)
				die("poll: %s", strerror(errno));
			continue;
		}
		main_look_at_feeds(fds);
		if (!main_xs && main_open_store())
			say("xenstored is back");
		if (fds[POLL_EVENT].revents)
			while (peer_next_event(&port))
				console_event(port);
		main_store_events();
		list_for_each(v, &viewers, struct viewer, of_all)
			if (fds[i++].revents)
				viewer_run(v, main_xs);
		main_store_events();    /* viewers ask the store, too */
		timeout = main_run_consoles();
		list_for_each(v, &viewers, struct viewer, of_all)
			viewer_flush(v);
		if (fds[POLL_LISTEN].revents)
			viewer_accept(listener);
		viewer_reap();
	}
}

struct options {
	bool foreground;
	const char *socket, *log_dir;
	size_t log_limit;
};

__attribute__((noreturn))
static void usage(int status)
{
	fprintf(status ? stderr : stdout,
		"usage: consoled [OPTION]...\n"
		"  -N        stay in the foreground\n"
		"  -s FILE   serve viewers at this socket (%s)\n"
		"  -d DIR    keep logs there (%s)\n"
		"  -l BYTES  limit of one log file, of which there are two a domain; 0: none (%d)\n",
		SOCKET_PATH, LOG_DIR, LOG_LIMIT);
	exit(status);
}

static void parse_options(int argc, char *argv[], struct options *o)
{
	char *end;
	int c;

	while ((c = getopt(argc, argv, "Ns:d:l:h")) != -1) {
		switch (c) {
		case 'N': o->foreground = true; break;
		case 's': o->socket = optarg; break;
		case 'd': o->log_dir = optarg; break;
		case 'l':
			o->log_limit = (size_t)strtoul(optarg, &end, 10);
			if (*end)
				usage(2);
			break;
		case 'h': usage(0);
		default: usage(2);
		}
	}
	if (optind != argc)
		usage(2);
}

/* A folder and those above it. What fails here shows when a log is opened. */
static void make_dirs(const char *dir)
{
	char path[256];

	snprintf(path, sizeof(path), "%s", dir);
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	mkdir(path, 0700);
}

/* The parent leaves when the child serves. */
static int detach(void)
{
	int pipefd[2];
	char byte;
	pid_t pid;

	if (pipe(pipefd) || (pid = fork()) < 0)
		die("cannot detach: %s", strerror(errno));
	if (pid > 0) {
		close(pipefd[1]);
		_exit(read(pipefd[0], &byte, 1) == 1 ? 0 : 1);
	}
	close(pipefd[0]);
	setsid();
	return pipefd[1];
}

static void leave_terminal(const char *log_dir)
{
	char path[300];
	int null = open("/dev/null", O_RDWR), log;

	snprintf(path, sizeof(path), "%s/consoled.log", log_dir);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(log >= 0 ? log : null, 2);
	}
	if (null > 2)
		close(null);
	if (log > 2)
		close(log);
}

int main(int argc, char *argv[])
{
	struct options o = { .socket = SOCKET_PATH, .log_dir = LOG_DIR, .log_limit = LOG_LIMIT };
	struct err e = ERR_INIT;
	int listener, ready = -1;

	if (getenv("CONSOLED_SOCKET"))
		o.socket = getenv("CONSOLED_SOCKET");
	parse_options(argc, argv, &o);
	signal(SIGPIPE, SIG_IGN);
	make_dirs(o.log_dir);
	console_init(o.log_dir, o.log_limit);
	viewer_init();
	listener = viewer_listen(o.socket);
	if (listener < 0)
		die("%s: %s", o.socket, strerror(errno));
	if (!o.foreground)
		ready = detach();
	/* After the fork: mappings of other domains' pages belong to one process. */
	if (!peer_open(&e))
		die("%s", e.text);
	if (!main_open_store())
		die("cannot reach xenstored: %s", strerror(errno));
	if (ready >= 0) {
		leave_terminal(o.log_dir);
		if (write(ready, "", 1) != 1)
			exit(1);
		close(ready);
	}
	main_loop(listener);
}
