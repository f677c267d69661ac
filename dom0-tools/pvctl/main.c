/* SPDX-License-Identifier: MIT */
/*
 * pvctl: create and control domains. Also installed as xl, with the same verbs, options, output and
 * exit statuses; under the name domaind it is the daemon that carries out on_reboot and its siblings.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/ctl.h"
#include "verbs.h"

int pvctl_verbose;
static const char *program = "pvctl";

int complain(const struct err *e)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", program, e->text[0] ? e->text : "failed");
	return EXIT_FAILED;
}

int complain_usage(const char *verb, const char *fmt, ...)
{
	struct err e = ERR_INIT;
	const struct verb *v = verb_find(verb, &e);
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "%s: ", program);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nUsage: %s %s %s\n", program, verb, v ? v->usage : "");
	return EXIT_USAGE;
}

static const char *verb_name(void *ctx, unsigned int i)
{
	return verbs[i].name;
}

static int unknown_verb(const char *word, struct err *e)
{
	const char *near = nearest_word(word, verb_name, NULL);

	if (near)
		err_set(e, "unknown verb %s; did you mean %s?", word, near);
	err_set(e, "unknown verb %s; `%s help` lists them", word, program);
	complain(e);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	struct err e = ERR_INIT;
	const struct verb *v;
	int opt;

	program = slash ? slash + 1 : argv[0];
	setvbuf(stdout, NULL, _IOFBF, 8192);
	if (!strcmp(program, "domaind"))
		return verb_domaind(argc, argv);
	/* xl's global options. Stop at the verb: the rest is its own. */
	while ((opt = getopt(argc, argv, "+vftTNh")) != -1) {
		if (opt == 'v')
			pvctl_verbose = 1;
		else if (opt == 'h')
			return verb_help(0, NULL);
		else if (opt == '?')
			return EXIT_USAGE;
	}
	if (optind == argc) {
		verb_help(0, NULL);
		return EXIT_FAILED;
	}
	argc -= optind;
	argv += optind;
	optind = 1;
	v = verb_find(argv[0], &e);
	if (!v)
		return unknown_verb(argv[0], &e);
	argv[0] = (char *)(uintptr_t)v->name;
	return v->fn(argc, argv);
}
