/* SPDX-License-Identifier: MIT */
/*
 * Commands about the shell's options and its positional parameters: set, shift, and getopts, which takes
 * options from the latter. sh's own command line is read here too, as set's is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "builtin.h"

static const struct {
	char		letter;
	const char	*name;
	bool		*on;
} options[] = {
	{ 'a', "allexport", &sh.opt_allexport }, { 'e', "errexit", &sh.opt_errexit },
	{ 'f', "noglob", &sh.opt_noglob }, { 'n', "noexec", &sh.opt_noexec },
	{ 'u', "nounset", &sh.opt_nounset }, { 'v', "verbose", &sh.opt_verbose },
	{ 'x', "xtrace", &sh.opt_xtrace }, { 0, "pipefail", &sh.opt_pipefail },
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

static bool set_option(char letter, const char *name, bool on)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (name ? !strcmp(options[i].name, name) : options[i].letter == letter) {
			*options[i].on = on;
			return true;
		}
	if (!name && strchr("mbhims", letter))
		return true;
	return false;
}

int sh_options(int argc, char **argv)
{
	int i;

	for (i = 0; i < argc && (argv[i][0] == '-' || argv[i][0] == '+') && argv[i][1]; i++) {
		bool on = argv[i][0] == '-';

		if (!strcmp(argv[i], "--"))
			break;
		for (const char *c = argv[i] + 1; *c; c++) {
			const char *name = NULL;

			if (*c == 'c')
				continue;
			if (*c == 'l') {
				sh.login = true;
				continue;
			}
			if (*c == 'o') {
				if (i + 1 >= argc) {
					for (size_t k = 0; k < OPTIONS; k++)
						printf("%-12s %s\n", options[k].name,
						       *options[k].on ? "on" : "off");
					return argc;
				}
				name = argv[++i];
				c = "x";
			}
			if (!set_option(*c, name, on)) {
				sh_error("bad option: %s", name ? name : argv[i]);
				return -1;
			}
		}
	}
	return i;
}

int builtin_set(int argc, char **argv)
{
	int used;

	if (argc == 1) {
		var_list(false, false);
		return 0;
	}
	used = sh_options(argc - 1, argv + 1);
	if (used < 0) {
		if (!sh.interactive)
			sh.unwind = UNWIND_EXIT;
		return 2;
	}
	used++;
	if (used < argc) {
		char **copy;
		int n;

		if (!strcmp(argv[used], "--"))
			used++;
		n = argc - used;
		/* The old vector stays: a function's caller may hold it. */
		copy = sh_malloc((size_t)(n + 2) * sizeof(*copy));
		copy[0] = (char *)sh.name;
		for (int i = 0; i < n; i++)
			copy[i + 1] = sh_strdup(argv[used + i]);
		copy[n + 1] = NULL;
		sh.argc = n;
		sh.argv = copy;
	}
	return 0;
}

int builtin_shift(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1;

	if (n < 0 || n > sh.argc) {
		sh_error("shift: can't shift that many");
		if (!sh.interactive)
			sh.unwind = UNWIND_EXIT;
		return 2;
	}
	sh.argv += n;
	sh.argc -= n;
	return 0;
}

/*
 * getopts OPTIONS NAME [ARGUMENT...]: one option a call; OPTIND and the place in a cluster persist.
 */
int builtin_getopts(int argc, char **argv)
{
	static int at_char;
	const char *spec, *ind = var_get("OPTIND"), *found;
	int i = ind ? atoi(ind) : 1, count;
	char **args, text[16], letter[2] = "?";
	bool silent;

	if (argc < 3)
		return builtin_usage("getopts OPTIONS NAME [ARGUMENT...]");
	spec = argv[1];
	silent = *spec == ':';
	args = argc > 3 ? argv + 2 : sh.argv;
	count = argc > 3 ? argc - 3 : sh.argc;
	var_unset("OPTARG");
	if (i < 1) {
		i = 1;
		at_char = 0;
	}
	if (!at_char) {
		if (i > count || args[i][0] != '-' || !args[i][1]) {
			var_set(argv[2], "?");
			return 1;
		}
		if (!strcmp(args[i], "--")) {
			snprintf(text, sizeof(text), "%d", i + 1);
			var_set("OPTIND", text);
			var_set(argv[2], "?");
			return 1;
		}
		at_char = 1;
	}
	letter[0] = args[i][at_char++];
	found = letter[0] == ':' ? NULL : strchr(spec + silent, letter[0]);
	if (!found) {
		if (silent)
			var_set("OPTARG", letter);
		else
			sh_error("illegal option -%s", letter);
		letter[0] = '?';
	} else if (found[1] == ':') {
		char *value = args[i] + at_char;

		if (!*value && i < count)
			value = args[++i];
		if (*value) {
			var_set("OPTARG", value);
		} else {
			if (silent)
				var_set("OPTARG", letter);
			else
				sh_error("option -%s needs an argument", letter);
			letter[0] = silent ? ':' : '?';
		}
		at_char = 0;
		i++;
	}
	if (at_char && !args[i][at_char]) {
		at_char = 0;
		i++;
	}
	snprintf(text, sizeof(text), "%d", i);
	var_set("OPTIND", text);
	var_set(argv[2], letter);
	return 0;
}
