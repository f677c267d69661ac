/* SPDX-License-Identifier: MIT */
/*
 * xenstored: the store that domains and tools share. One thread, one loop around poll().
 *
 * Read next: store.h and node.h (the tree), transaction.h, watch.h, conn.h, domain.h.
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
#include <sys/types.h>
#include <unistd.h>

#include "../lib/peer.h"
#include "conn.h"
#include "domain.h"
#include "main.h"
#include "path.h"
#include "socket.h"
#include "special.h"

#define SOCKET_PATH "/run/xenstored/socket"
#define LOG_PATH    "/var/log/xenstored.log"

struct view main_store;
bool main_tracing;

static FILE *main_trace;
static const struct caller main_caller = { .domid = 0, .target = -1, .privileged = true };

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("xenstored: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("xenstored: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

/* Payloads have nuls inside, and come from anybody: everything unprintable becomes a blank. */
static void trace_line(const struct conn *c, const char *what, const char *data, size_t len)
{
	FILE *f = main_trace ? main_trace : stderr;

	fprintf(f, "d%u/%p %s ", c->who.domid, (const void *)c, what);
	for (size_t i = 0; i < len; i++)
		fputc(data[i] > ' ' && data[i] < 0x7f ? data[i] : ' ', f);
	fputc('\n', f);
	fflush(f);
}

void trace_request(const struct conn *c, const struct message *m)
{
	if (main_tracing)
		trace_line(c, wire_type_name(m->hdr.type), m->payload, m->hdr.len);
}

void trace_reply(const struct conn *c, const struct reply *r)
{
	if (main_tracing)
		trace_line(c, " =", r->payload, r->len);
}

void main_store_changed(void)
{
	/* Without memory the ledger keeps its entries, still counts, and is settled next time. */
	if (main_store.ledger.nr && !ledger_settle(&main_store.ledger))
		say("out of memory: nodes are counted later");
	watch_fire_changes(&main_store, conn_send_event);
	view_drop_changes(&main_store);
}

void main_forget_domain(uint16_t domid)
{
	/* Without memory some of its nodes may stay, in nobody's way but the next domain's quota. */
	if (store_forget_domain(&main_store, domid))
		say("out of memory: nodes of domain %u stay", domid);
	special_forget_domain(domid);
	main_store_changed();
	quota_forget(domid);
}

static bool main_node(const char *path, const char *value)
{
	return store_write(&main_store, &main_caller, path, value, strlen(value)) == 0;
}

static bool main_init_store(bool own_domain)
{
	quota_init();
	watch_init();
	conn_init();
	domain_init();
	if (!view_init(&main_store) || !special_init() || !main_node("/tool/xenstored", ""))
		return false;
	if (own_domain && (!main_node("/local/domain/0/domid", "0") ||
			   !main_node("/local/domain/0/name", "Domain-0")))
		return false;
	main_store_changed();
	return true;
}

/* One slot each for the listener and event channels, then the socket connections in order. */
enum { POLL_LISTEN, POLL_EVENT, POLL_CONNS };

static struct pollfd *main_pollfds(nfds_t *nr, int listener, int *timeout)
{
	static struct pollfd *fds;
	static nfds_t cap;
	nfds_t n = POLL_CONNS;

	list_for_each(c, &conns, struct conn, of_all)
		n += c->fd >= 0;
	if (n > cap) {
		struct pollfd *bigger = realloc(fds, (n + 16) * sizeof(*fds));

		if (!bigger)
			die("out of memory");
		fds = bigger;
		cap = n + 16;
	}
	fds[POLL_LISTEN] = (struct pollfd){ .fd = listener, .events = POLLIN };
	fds[POLL_EVENT] = (struct pollfd){ .fd = peer_event_fd(), .events = POLLIN };
	n = POLL_CONNS;
	*timeout = -1;
	list_for_each(c, &conns, struct conn, of_all) {
		if (c->ready)
			*timeout = 0;
		if (c->fd < 0)
			continue;
		fds[n].fd = c->fd;
		fds[n].events = (short)((conn_listens(c) ? POLLIN : 0) |
					(list_empty(&c->out) ? 0 : POLLOUT));
		fds[n++].revents = 0;
	}
	*nr = n;
	return fds;
}

static void main_events(void)
{
	uint32_t port;

	while (peer_next_event(&port)) {
		if (peer_is_exception(port))
			domain_check_all();
		else
			domain_event(port);
	}
}

__attribute__((noreturn))
static void main_loop(int listener)
{
	for (;;) {
		nfds_t nr, i = POLL_CONNS;
		int timeout;
		struct pollfd *fds = main_pollfds(&nr, listener, &timeout);

		if (poll(fds, nr, timeout) < 0) {
			if (errno != EINTR)
				die("poll: %s", strerror(errno));
			continue;
		}
		list_for_each(c, &conns, struct conn, of_all)
			if (c->fd >= 0 && fds[i++].revents)
				c->ready = true;
		if (fds[POLL_EVENT].revents)
			main_events();
		list_for_each(c, &conns, struct conn, of_all)
			if (c->ready && !c->dead)
				conn_run(c);
		if (fds[POLL_LISTEN].revents)
			socket_accept(listener);
		conn_age_transactions(&main_store);
		conn_reap();
	}
}

struct options {
	bool foreground, no_domain_init;
	const char *pid_file;
};

__attribute__((noreturn))
static void usage(int status)
{
	fprintf(status ? stderr : stdout,
		"usage: xenstored [OPTION]...\n"
		"  -N, --no-fork             stay in the foreground\n"
		"  -D, --no-domain-init      do not look for a hypervisor, do not create /local/domain/0\n"
		"  -F, --pid-file FILE       write the process id there\n"
		"  -T, --trace-file FILE     log requests and answers there\n"
		"  -Q, --quota NAME=VALUE    set a limit (xenstore-control quota lists them)\n"
		"  -E N, -S N, -t N, -A N, -W N, -M N\n"
		"                            nodes, node-size, transactions, node-perms, watches, path-max\n"
		"      --help\n"
		"Serves %s, or $XENSTORED_PATH.\n", SOCKET_PATH);
	exit(status);
}

static void set_quota(const char *name, const char *value)
{
	size_t *limit = quota_limit_find(name);
	uint64_t n;

	if (!limit || !wire_number(value, UINT32_MAX, &n))
		die("quota %s = %s: expected a limit's name and a number", name, value);
	*limit = (size_t)n;
}

static void parse_options(int argc, char *argv[], struct options *o)
{
	static const struct option table[] = {
		{ "no-fork", no_argument, NULL, 'N' },
		{ "no-domain-init", no_argument, NULL, 'D' },
		{ "pid-file", required_argument, NULL, 'F' },
		{ "trace-file", required_argument, NULL, 'T' },
		{ "quota", required_argument, NULL, 'Q' },
		{ "entry-nb", required_argument, NULL, 'E' },
		{ "entry-size", required_argument, NULL, 'S' },
		{ "transaction", required_argument, NULL, 't' },
		{ "perm-nb", required_argument, NULL, 'A' },
		{ "watch-nb", required_argument, NULL, 'W' },
		{ "path-max", required_argument, NULL, 'M' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "NDF:T:Q:E:S:t:A:W:M:h", table, NULL)) != -1) {
		char *eq;

		switch (c) {
		case 'N': o->foreground = true; break;
		case 'D': o->no_domain_init = true; break;
		case 'F': o->pid_file = optarg; break;
		case 'E': set_quota("nodes", optarg); break;
		case 'S': set_quota("node_size", optarg); break;
		case 't': set_quota("transactions", optarg); break;
		case 'A': set_quota("node_perms", optarg); break;
		case 'W': set_quota("watches", optarg); break;
		case 'M': set_quota("path_max", optarg); break;
		case 'T':
			main_trace = fopen(optarg, "a");
			if (!main_trace)
				die("%s: %s", optarg, strerror(errno));
			main_tracing = true;
			break;
		case 'Q':
			eq = strchr(optarg, '=');
			if (!eq)
				usage(2);
			*eq = '\0';
			set_quota(optarg, eq + 1);
			break;
		case 'h': usage(0);
		default: usage(2);
		}
	}
	if (optind != argc)
		usage(2);
}

static int main_listen(void)
{
	const char *path = getenv("XENSTORED_PATH");
	int fd;

	if (!path) {
		path = SOCKET_PATH;
		if ((mkdir("/run", 0755) && errno != EEXIST) ||
		    (mkdir("/run/xenstored", 0755) && errno != EEXIST))
			die("/run/xenstored: %s", strerror(errno));
	}
	fd = socket_listen(path);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

/*
 * Goes into the background. The parent leaves when the child has said through the pipe that it
 * serves, so whoever started the daemon may use it at once.
 */
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

/* What would go to a terminal goes to a file, if one can be had. */
static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR), log;

	mkdir("/var", 0755);
	mkdir("/var/log", 0755);
	log = open(LOG_PATH, O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
	}
	if (log >= 0)
		dup2(log, 2);
	else if (null >= 0)
		dup2(null, 2);
	if (null > 2)
		close(null);
	if (log > 2)
		close(log);
}

static void write_pid(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f || fprintf(f, "%ld\n", (long)getpid()) < 0 || fclose(f))
		die("%s: %s", path, strerror(errno));
}

/* After the fork: mappings of other domains' pages belong to one process. */
static void main_open_xen(void)
{
	struct err e = ERR_INIT;

	if (!peer_open(&e)) {
		say("serving local clients only: %s", e.text);
		return;
	}
	if (!peer_bind_exception(&e))
		say("dead domains will not be noticed: %s", e.text);
	domain_introduce_own();
}

int main(int argc, char *argv[])
{
	struct options o = { .foreground = false };
	int listener, ready = -1;

	parse_options(argc, argv, &o);
	signal(SIGPIPE, SIG_IGN);
	if (!main_init_store(!o.no_domain_init))
		die("out of memory");
	listener = main_listen();
	if (!o.foreground)
		ready = detach();
	if (!o.no_domain_init)
		main_open_xen();
	if (o.pid_file)
		write_pid(o.pid_file);
	if (ready >= 0) {
		leave_terminal();
		if (write(ready, "", 1) != 1)
			exit(1);
		close(ready);
	}
	main_loop(listener);
}
