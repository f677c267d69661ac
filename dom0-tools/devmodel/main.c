/* SPDX-License-Identifier: MIT */
/*
 * devmodel: everything of a fully virtualized domain's machine that is neither processor nor memory. One process a domain,
 * started when that is created; it ends when the domain is gone. One thread, one loop around ppoll().
 *
 * A round of the loop: look which ports fired, answer the vCPUs that ask, let the timers do what is due, move bytes
 * between serial port and console, tell the hypervisor of all that changed. docs/device-model.md follows one access.
 *
 * Read next: machine.h, vcpus.h, line.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../lib/ctl.h"
#include "../lib/dmproc.h"
#include "../lib/xs.h"
#include "line.h"
#include "vcpus.h"

/* Should the store's word of the domain's end be lost, or the store be gone: late, but not for ever. */
#define LOOK_AGAIN 5000000000ull

struct process {
	struct vcpus vcpus;
	struct machine machine;
	struct line line;
	struct xs_handle *xs;
	int listener;
	uint64_t now, look_at;
	int ending;			/* the reason to shut down for, or -1 */
};

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* ---- what the machine does to the outside ---- */

static void host_kick(void *ctx, unsigned int vcpu)
{
	vcpus_kick(&((struct process *)ctx)->vcpus, vcpu);
}

static void host_init(void *ctx, unsigned int vcpu)
{
	vcpus_init(&((struct process *)ctx)->vcpus, vcpu);
}

static void host_startup(void *ctx, unsigned int vcpu, uint8_t vector)
{
	vcpus_startup(&((struct process *)ctx)->vcpus, vcpu, vector);
}

static size_t host_line_out(void *ctx, const uint8_t *data, size_t len)
{
	struct process *p = ctx;

	return line_put(&p->line, data, len, p->now);
}

static void host_end(void *ctx, unsigned int reason)
{
	((struct process *)ctx)->ending = (int)reason;
}

static int64_t host_date(void *ctx)
{
	(void)ctx;
	return time(NULL);
}

/* ---- the loop ---- */

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Returns false when the domain is gone. */
static bool domain_exists(struct process *p)
{
	struct xen_domctl_getdomaininfo info;
	long ret = ctl_domain_info(&p->vcpus.h, p->vcpus.dom, &info);

	p->look_at = p->now + LOOK_AGAIN;
	return ret != -ESRCH && (ret || !(info.flags & XEN_DOMINF_dying));
}

/* Any number of events are one look at the domain. */
static bool store_events(struct process *p)
{
	char **event;

	while ((event = xs_check_watch(p->xs)))
		free(event);
	if (errno != EAGAIN) {
		xs_close(p->xs);
		p->xs = NULL;
	}
	return domain_exists(p);
}

/* The last words first: what is shown of a domain should be whole when it is seen to be off. */
static void end_domain(struct process *p)
{
	long ret;

	uart_drain(&p->machine);
	line_flush(&p->line, p->now);
	ret = ctl_domain_shutdown(&p->vcpus.h, p->vcpus.dom, (unsigned int)p->ending);
	if (ret)
		fprintf(stderr, "devmodel: domain %u: shutting it down: %s\n", p->vcpus.dom, strerror((int)-ret));
	p->ending = -1;
}

static void move_bytes(struct process *p, short revents)
{
	uint8_t typed[UART_FIFO];
	size_t n;

	/* With no room for what is typed nothing is read that would show the end of the connection. */
	if (revents & (POLLERR | POLLHUP) && !uart_room(&p->machine))
		line_lost(&p->line, p->now);
	if (revents & POLLOUT)
		line_flush(&p->line, p->now);
	line_run(&p->line, p->now);
	uart_drain(&p->machine);
	n = line_get(&p->line, typed, uart_room(&p->machine), p->now);
	if (n)
		uart_receive(&p->machine, typed, n);
}

static void wait_for_work(struct process *p, struct pollfd fds[4])
{
	uint64_t until = earliest(earliest(machine_deadline(&p->machine), line_deadline(&p->line)), p->look_at);
	struct timespec ts;

	fds[0] = (struct pollfd){ .fd = p->vcpus.evtchn, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = p->line.fd, .events = line_events(&p->line, uart_room(&p->machine) > 0) };
	fds[2] = (struct pollfd){ .fd = p->xs ? xs_fileno(p->xs) : -1, .events = POLLIN };
	fds[3] = (struct pollfd){ .fd = p->listener, .events = POLLIN };
	p->now = clock_ns();
	until = until > p->now ? until - p->now : 0;
	ts.tv_sec = (time_t)(until / 1000000000);
	ts.tv_nsec = (long)(until % 1000000000);
	if (ppoll(fds, 4, &ts, NULL) < 0)
		memset(fds, 0, 4 * sizeof(*fds));
	p->now = clock_ns();
}

static void run(struct process *p)
{
	uint32_t ports[VCPUS_ROUND];
	struct pollfd fds[4] = { { .revents = POLLIN } };
	size_t fired = 0;
	int asked;

	for (;;) {
		if (fds[0].revents)
			fired = vcpus_fired(&p->vcpus, ports);
		/* What is due comes first: an access that sets a timer anew would take it away. */
		machine_run_timers(&p->machine, p->now);
		for (unsigned int i = 0; i < p->vcpus.nr; i++)
			vcpus_serve(&p->vcpus, &p->machine, i, p->now);
		move_bytes(p, fds[1].revents);
		if (p->ending >= 0)
			end_domain(p);
		vcpus_end_round(&p->vcpus, ports, fired);
		fired = 0;
		if ((fds[2].revents && !store_events(p)) || (p->look_at <= p->now && !domain_exists(p)))
			return;
		/* Those who asked whether we live: the connection was the answer. */
		if (fds[3].revents && (asked = accept(p->listener, NULL, NULL)) >= 0)
			close(asked);
		wait_for_work(p, fds);
	}
}

/* ---- start ---- */

static int open_store(struct process *p, struct err *e)
{
	p->xs = xs_open(0);
	if (!p->xs || !xs_watch(p->xs, "@releaseDomain", "gone"))
		return err_sys(e, errno, "cannot reach XenStore");
	return 0;
}

static int open_all(struct process *p, const struct machine_host *host, domid_t dom, struct err *e)
{
	struct xen_domctl_getdomaininfo info;

	p->ending = -1;
	p->now = clock_ns();
	p->look_at = p->now + LOOK_AGAIN;
	if (vcpus_open(&p->vcpus, dom, e) || open_store(p, e))
		return -1;
	if (ctl_domain_info(&p->vcpus.h, dom, &info))
		return err_set(e, "domain %u is gone", dom);
	p->listener = dmproc_listen(dom, e);
	if (p->listener < 0)
		return -1;
	line_open(&p->line, dom, p->now);
	memcpy(p->machine.page, p->vcpus.page, sizeof(p->machine.page));
	machine_init(&p->machine, host, p->vcpus.nr, info.tot_pages << PAGE_SHIFT, p->now);
	return 0;
}

/* Who started us waits until all is in place; from then on we speak to a log. */
static void tell_ready(int fd)
{
	const char *log = getenv("DEVMODEL_LOG");
	int out;

	mkdir("/var", 0755);
	mkdir("/var/log", 0755);
	out = open(log ? log : "/var/log/devmodel.log", O_WRONLY | O_CREAT | O_APPEND, 0644);

	/* Without a log, nowhere: who started us reads until the last end of its pipe is closed. */
	dup2(out >= 0 ? out : STDOUT_FILENO, STDERR_FILENO);
	if (out > STDERR_FILENO)
		close(out);
	if (write(fd, "ok\n", 3) != 3)
		fprintf(stderr, "devmodel: nobody waits for it any more\n");
	close(fd);
}

__attribute__((noreturn))
static void usage(void)
{
	fprintf(stderr, "usage: devmodel [-r FD] DOMID\n"
		"Serves the devices of a fully virtualized domain; pvctl create starts it.\n"
		"  -r FD   write \"ok\" to this descriptor when it does, then go on with a log in /var/log\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static struct process p;
	const struct machine_host host = { &p, host_kick, host_init, host_startup, host_line_out, host_end, host_date };
	struct err e = ERR_INIT;
	int ready = -1, opt;
	char *end;
	unsigned long dom;

	while ((opt = getopt(argc, argv, "r:")) != -1) {
		if (opt != 'r')
			usage();
		ready = atoi(optarg);
	}
	if (optind + 1 != argc)
		usage();
	dom = strtoul(argv[optind], &end, 10);
	if (*end || !dom || dom >= DOMID_FIRST_RESERVED)
		usage();
	signal(SIGPIPE, SIG_IGN);
	if (open_all(&p, &host, (domid_t)dom, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	if (ready >= 0)
		tell_ready(ready);
	run(&p);
	dmproc_forget((domid_t)dom);
	return 0;
}
