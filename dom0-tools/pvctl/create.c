/* SPDX-License-Identifier: MIT */
/* pvctl create */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/ctl.h"
#include "../lib/strbuf.h"
#include "verbs.h"

struct options {
	int paused, console, quiet, dry_run, alone;
	const char *file;
	char **overrides;
	int nr_overrides;
};

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "paused", 0, NULL, 'p' }, { "console", 0, NULL, 'c' },
		{ "quiet", 0, NULL, 'q' }, { "dryrun", 0, NULL, 'n' },
		{ "defconfig", 1, NULL, 'f' }, { "help", 0, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int opt, i;

	while ((opt = getopt_long(argc, argv, "Fhnqf:cped", longs, NULL)) != -1) {
		if (opt == 'p')
			o->paused = 1;
		else if (opt == 'c')
			o->console = 1;
		else if (opt == 'q')
			o->quiet = 1;
		else if (opt == 'n')
			o->dry_run = 1;
		else if (opt == 'e')
			o->alone = 1;
		else if (opt == 'f')
			o->file = optarg;
		else if (opt == 'h' || opt == '?')
			return complain_usage("create", "%s", opt == 'h' ? "help" :
					      "unknown option");
	}
	o->overrides = argv;
	for (i = optind; i < argc; i++) {
		if (strchr(argv[i], '='))
			o->overrides[o->nr_overrides++] = argv[i];
		else if (!o->file)
			o->file = argv[i];
		else
			return complain_usage("create", "more than one config: %s and %s", o->file,
					      argv[i]);
	}
	if (!o->file)
		return complain_usage("create", "no config named");
	return 0;
}

static int read_config(struct cfg *c, const struct options *o, struct err *e)
{
	int i;

	if (config_read(c, o->file, e))
		return -1;
	for (i = 0; i < o->nr_overrides; i++)
		if (cfg_parse_override(c, o->overrides[i], e))
			return -1;
	return 0;
}

static int dry_run(const struct cfg *c, struct err *e)
{
	struct domcfg_limits lim = { 0 };
	struct strbuf b = STRBUF_INIT;
	struct domcfg d;
	int ret = domcfg_check(&d, c, &lim, e);

	if (!ret) {
		config_json(&b, &d, DOMID_NONE, 0);
		printf("%s\n", b.s);
		strbuf_free(&b);
	}
	domcfg_free(&d);
	return ret ? complain(e) : EXIT_OK;
}

/* Somebody has to carry out on_reboot and its siblings: as xl has a process for it, so have we. */
static void ensure_domaind(void)
{
	static char name[] = "domaind";
	char *argv[] = { name, NULL };
	pid_t pid;

	if (domaind_runs())
		return;
	pid = fork();
	if (!pid)
		_exit(verb_domaind(1, argv));
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* The domain exists, paused: attach, so that not a byte is missed, then let it run. */
static int start(struct host *host, domid_t dom, const struct options *o, struct err *e)
{
	int fd = -1;
	long ret;

	if (o->console) {
		fd = console_connect(dom, e);
		if (fd < 0) {
			struct err ignored = ERR_INIT;

			/* What was asked for cannot be had: nothing stays behind. */
			launch_destroy(host, dom, &ignored);
			return complain(e);
		}
	}
	if (!o->paused) {
		ret = ctl_domain_unpause(&host->h, dom);
		if (ret) {
			hcall_fail(&host->h, e, ret, "starting domain %u", dom);
			if (fd >= 0)
				close(fd);
			return complain(e);
		}
	}
	return fd >= 0 ? console_run(fd) : EXIT_OK;
}

/*
 * A large kernel takes seconds to read and decompress, in one piece: a person at a terminal is told by an alarm
 * what takes so long. ./pvctl on the host says in the environment that its standard error is one.
 */
static char progress[320];

static void say_progress(int sig)
{
	if (write(STDERR_FILENO, progress, strlen(progress)) < 0)
		return;		/* nobody to tell */
}

static void promise_progress(const struct options *o, const char *kernel)
{
	struct sigaction sa = { .sa_handler = say_progress, .sa_flags = SA_RESTART };

	if (o->quiet || (!isatty(STDERR_FILENO) && !getenv("PVCTL_PROGRESS")))
		return;
	snprintf(progress, sizeof(progress), "Loading kernel %.280s ...\n", kernel);
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
}

static int launch(struct host *host, struct domcfg *d, struct cfg *c, const struct options *o, domid_t *dom,
		  struct err *e)
{
	int ret;

	promise_progress(o, d->kernel);
	ret = launch_domain(host, d, c, dom, e);
	alarm(0);
	return ret;
}

int verb_create(int argc, char **argv)
{
	struct options o = { 0 };
	struct err e = ERR_INIT;
	struct domcfg_limits lim;
	struct cfg c = { 0 };
	struct domcfg d;
	struct host host;
	domid_t dom;
	int status = parse_options(argc, argv, &o);

	if (status)
		return status;
	if (!o.quiet && !o.dry_run) {
		printf("Parsing config from %s\n",
		       getenv("PVCTL_CONFIG_NAME") ? getenv("PVCTL_CONFIG_NAME") : o.file);
		fflush(stdout);
	}
	if (read_config(&c, &o, &e)) {
		cfg_free(&c);
		return complain(&e);
	}
	if (o.dry_run) {
		status = dry_run(&c, &e);
		cfg_free(&c);
		return status;
	}
	status = EXIT_FAILED;
	memset(&d, 0, sizeof(d));
	/* While nothing is open that the daemon would hold on to. */
	if (!o.alone)
		ensure_domaind();
	if (host_open_store(&host, &e)) {
		cfg_free(&c);
		return complain(&e);
	}
	if (host_limits(&host, &lim, &e) || domcfg_check(&d, &c, &lim, &e) ||
	    launch(&host, &d, &c, &o, &dom, &e))
		complain(&e);
	else
		status = start(&host, dom, &o, &e);
	host_close(&host);
	domcfg_free(&d);
	cfg_free(&c);
	return status;
}
