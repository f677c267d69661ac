/* SPDX-License-Identifier: MIT */
/*
 * domaind: carries out on_poweroff, on_reboot, on_crash and on_watchdog.
 *
 * One process a host, started from init. XenStore's @releaseDomain fires when any domain shuts down or
 * is gone; then the list of domains tells which have shut down, and the config that create kept tells
 * what to do. A domain without a kept config is not ours. All state is in the hypervisor and in the
 * kept configs, so the daemon may be restarted at any time.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../lib/adopt.h"
#include "../lib/coredump.h"
#include "../lib/ctl.h"
#include "../lib/dmproc.h"
#include "../lib/trace.h"
#include "verbs.h"

/* A domain that restarts this often within a minute is destroyed: it would do so for ever. */
#define MAX_RESTARTS 20
#define NR_HISTORY 64

static struct history {
	char name[DOMCFG_NAME_MAX + 1];
	time_t since;
	unsigned int count;
} histories[NR_HISTORY];

static void say(const char *name, const char *what)
{
	fprintf(stderr, "domaind: %s: %s\n", name, what);
}

/*
 * What is found again at each look is said once, until it changes: a log must not grow while nobody is there.
 * A name that loses its place to another says its line once more.
 */
static void say_change(const char *name, const char *what)
{
	static uint32_t said[64];
	uint32_t who = 2166136261u, all;
	const char *p;

	for (p = name; *p; p++)
		who = (who ^ (uint8_t)*p) * 16777619u;
	all = who;
	for (p = what; *p; p++)
		all = (all ^ (uint8_t)*p) * 16777619u;
	if (said[who % ARRAY_SIZE(said)] == all)
		return;
	said[who % ARRAY_SIZE(said)] = all;
	say(name, what);
}

static int restarts_too_often(const char *name)
{
	struct history *h = histories, *oldest = histories;
	time_t now = time(NULL);

	for (; h < histories + NR_HISTORY && strcmp(h->name, name); h++)
		if (h->since < oldest->since)
			oldest = h;
	if (h == histories + NR_HISTORY) {
		h = oldest;
		snprintf(h->name, sizeof(h->name), "%s", name);
		h->count = 0;
	}
	if (!h->count || now - h->since > 60) {
		h->since = now;
		h->count = 0;
	}
	return ++h->count > MAX_RESTARTS;
}

static long long action_for(const struct domcfg *d, unsigned int reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		return d->on_poweroff;
	case SHUTDOWN_reboot:
		return d->on_reboot;
	case SHUTDOWN_crash:
		return d->on_crash;
	case SHUTDOWN_watchdog:
		return d->on_watchdog;
	case SHUTDOWN_suspend:
		return ACTION_PRESERVE;
	default:
		return ACTION_DESTROY;
	}
}

static void dump(struct host *host, domid_t dom, const char *name)
{
	const char *dir = getenv("PVCTL_DUMP");
	struct err e = ERR_INIT;
	char path[256];

	if (!dir) {
		dir = "/var/lib/xen/dump";
		mkdir("/var", 0755);
		mkdir("/var/lib", 0755);
		mkdir("/var/lib/xen", 0755);
	}
	mkdir(dir, 0700);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (coredump_write(&host->h, dom, path, &e))
		say(name, e.text);
	else
		say(name, "core dumped");
}

/* Move a domain that has shut down out of its name's way. */
static int rename_away(struct host *host, domid_t dom, const char *name, struct err *e)
{
	char fresh[DOMCFG_NAME_MAX + 32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	snprintf(fresh, sizeof(fresh), "%s-%04d%02d%02dT%02d%02dZ", name, tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min);
	if (host_find_name(host, fresh) != DOMID_NONE)
		snprintf(fresh + strlen(fresh), sizeof(fresh) - strlen(fresh), "-%u", dom);
	return domstore_write(host->xs, dom, "name", fresh, e);
}

static void restart(struct host *host, struct domcfg *d, struct cfg *raw)
{
	struct err e = ERR_INIT;
	domid_t dom;
	long ret;

	if (launch_domain(host, d, raw, &dom, &e)) {
		say(d->name, e.text);
		return;
	}
	ret = ctl_domain_unpause(&host->h, dom);
	if (ret)
		say(d->name, strerror((int)-ret));
}

/*
 * Do what the config says. A preserved domain stays as it is: its kept config is renamed, so that it
 * is not looked at again.
 */
static void carry_out(struct host *host, domid_t dom, long long action, struct domcfg *d,
		      struct cfg *raw)
{
	struct err e = ERR_INIT;
	char path[256], kept[272];

	if (action == ACTION_COREDUMP_DESTROY || action == ACTION_COREDUMP_RESTART)
		dump(host, dom, d->name);
	if (action == ACTION_RENAME_RESTART && rename_away(host, dom, d->name, &e)) {
		say_change(d->name, e.text);
		return;
	}
	if (action == ACTION_PRESERVE || action == ACTION_RENAME_RESTART) {
		launch_config_path(dom, path, sizeof(path));
		snprintf(kept, sizeof(kept), "%s.preserved", path);
		rename(path, kept);
	} else if (launch_destroy(host, dom, &e)) {
		say_change(d->name, e.text);
	}
	if (action != ACTION_RESTART && action != ACTION_COREDUMP_RESTART &&
	    action != ACTION_RENAME_RESTART)
		return;
	if (restarts_too_often(d->name))
		say(d->name, "restarts too often (more than 20 times a minute): not started again");
	else
		restart(host, d, raw);
}

static void handle(struct host *host, const struct xen_domctl_getdomaininfo *i)
{
	unsigned int reason = i->flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
	struct domcfg_limits lim = { 0 };
	struct err e = ERR_INIT;
	struct cfg raw = { 0 };
	struct domcfg d;
	char path[256], *name;

	memset(&d, 0, sizeof(d));
	launch_config_path(i->domain, path, sizeof(path));
	if (access(path, F_OK))
		return;
	if (cfg_parse_file(&raw, path, &e) || domcfg_check(&d, &raw, &lim, &e)) {
		say_change(path, e.text);
	} else {
		memcpy(d.uuid, i->handle, sizeof(d.uuid));
		d.uuid_given = action_for(&d, reason) != ACTION_RENAME_RESTART;
		/* It may have been renamed since. */
		name = domstore_name(host->xs, i->domain);
		if (name && strcmp(name, d.name)) {
			free(d.name);
			d.name = name;
			name = NULL;
		}
		free(name);
		carry_out(host, i->domain, action_for(&d, reason), &d, &raw);
	}
	domcfg_free(&d);
	cfg_free(&raw);
}

/* A domain whose device model has died waits for it for ever: that is a crash, and on_crash says what follows. */
static void check_device_model(struct host *host, const struct xen_domctl_getdomaininfo *i)
{
	char *name;
	long ret;

	if (i->flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying) || !dmproc_is_dead(i->domain))
		return;
	name = domstore_name(host->xs, i->domain);
	ret = ctl_domain_shutdown(&host->h, i->domain, SHUTDOWN_crash);
	say(name ? name : "(no name)", ret ? strerror((int)-ret) : "its device model has died: the domain has crashed");
	free(name);
}

static void look(struct host *host)
{
	struct xen_domctl_getdomaininfo *list = NULL;
	struct err e = ERR_INIT;
	long n = all_domains(host, &list, &e), k;
	char path[256];

	if (n < 0) {
		say_change("domains", e.text);
		return;
	}
	for (k = 0; k < n; k++)
		check_device_model(host, &list[k]);
	/* What crashed, first: its trace is being overwritten. */
	for (k = 0; k < n; k++)
		if (list[k].flags & XEN_DOMINF_shutdown && list[k].flags >> XEN_DOMINF_shutdownshift ==
		    SHUTDOWN_crash && !access(launch_config_path(list[k].domain, path, sizeof(path)), F_OK))
			trace_save(&host->h, list[k].domain);
	for (k = 0; k < n; k++) {
		if (list[k].flags & XEN_DOMINF_shutdown && !(list[k].flags & XEN_DOMINF_dying) &&
		    list[k].domain)
			handle(host, &list[k]);
	}
	free(list);
}

/* Those that the hypervisor started get their place in XenStore, and so their consoles. */
static void adopt_boot_domains(struct host *host)
{
	struct xen_domctl_getdomaininfo *list = NULL;
	struct err e = ERR_INIT;
	long n = all_domains(host, &list, &e), k;

	if (n < 0)
		say("domains", e.text);
	for (k = 0; k < n; k++) {
		struct err one = ERR_INIT;

		if (adopt_boot_domain(host, &list[k], &one) < 0)
			say("boot domains", one.text);
	}
	free(list);
}

/*
 * Until a domain was released, or for a while: should an event ever be lost, it is late but not
 * forgotten. False when XenStore is gone.
 */
static int wait_for_change(struct host *host, int listener)
{
	struct pollfd p[2] = { { xs_fileno(host->xs), POLLIN, 0 }, { listener, POLLIN, 0 } };
	char **event;
	int asked;

	/* Events may have come with an answer to a request, and wait in the library. */
	event = xs_check_watch(host->xs);
	if (!event) {
		poll(p, 2, 3000);
		errno = 0;
		event = xs_check_watch(host->xs);
		if (!event && errno && errno != EAGAIN)
			return 0;
	}
	for (; event; event = xs_check_watch(host->xs))
		free(event);
	/* Those who asked whether we run: the connection was the answer. */
	while ((asked = accept(listener, NULL, NULL)) >= 0)
		close(asked);
	return 1;
}

/*
 * That one runs is told by a socket on which it listens: it ends with the process, however that ends. A file
 * with a process id would live on, and the id be another's.
 */
static int open_socket(struct sockaddr_un *addr)
{
	const char *path = getenv("DOMAIND_SOCKET");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	snprintf(addr->sun_path, sizeof(addr->sun_path), "%s", path ? path : "/run/domaind.sock");
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

int domaind_runs(void)
{
	struct sockaddr_un addr;
	int fd = open_socket(&addr), runs;

	if (fd < 0)
		return 0;
	/* A daemon that is busy with a domain has others waiting: it runs, too. */
	fcntl(fd, F_SETFL, O_NONBLOCK);
	runs = !connect(fd, (struct sockaddr *)&addr, sizeof(addr)) || errno == EAGAIN || errno == EINPROGRESS;
	close(fd);
	return runs;
}

/* The socket on which the daemon listens; -1 with a message. Nobody listens on it yet. */
static int claim_socket(struct err *e)
{
	struct sockaddr_un addr;
	int fd = open_socket(&addr);

	if (fd < 0)
		return err_sys(e, errno, "domaind: socket");
	mkdir("/run", 0755);
	unlink(addr.sun_path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 16)) {
		err_sys(e, errno, "domaind: %s", addr.sun_path);
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* Into the background, unless -f; what is said goes to a log there. */
static void detach(void)
{
	const char *log = getenv("DOMAIND_LOG");
	int null = open("/dev/null", O_RDWR), fd;

	mkdir("/var", 0755);
	mkdir("/var/log", 0755);
	fd = open(log ? log : "/var/log/domaind.log", O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(fd >= 0 ? fd : null, STDERR_FILENO);
	}
	if (null > STDERR_FILENO)
		close(null);
	if (fd > STDERR_FILENO)
		close(fd);
	setsid();
}

static int serve(int listener, int foreground, struct err *e)
{
	struct host host;

	if (host_open_store(&host, e))
		return complain(e);
	if (!xs_watch(host.xs, "@releaseDomain", "release")) {
		err_sys(e, errno, "XenStore: watching @releaseDomain");
		host_close(&host);
		return complain(e);
	}
	if (!foreground)
		detach();
	adopt_boot_domains(&host);
	/* The first look covers what happened before. */
	do
		look(&host);
	while (wait_for_change(&host, listener));
	say("XenStore", "connection lost");
	host_close(&host);
	return EXIT_FAILED;
}

int verb_domaind(int argc, char **argv)
{
	int foreground = argc > 1 && !strcmp(argv[1], "-f"), listener, status;
	struct err e = ERR_INIT;

	if (domaind_runs())
		return EXIT_OK;
	/* Before the caller goes on, who may be asked for another domain at once. */
	listener = claim_socket(&e);
	if (listener < 0)
		return complain(&e);
	/* Before anything is mapped: the child has its own pages, and hypercalls need theirs present. */
	if (!foreground) {
		pid_t pid = fork();

		if (pid > 0)
			return EXIT_OK;
		if (pid < 0) {
			err_sys(&e, errno, "fork");
			return complain(&e);
		}
	}
	status = serve(listener, foreground, &e);
	close(listener);
	return status;
}
