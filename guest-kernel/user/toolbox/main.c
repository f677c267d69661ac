/* SPDX-License-Identifier: MIT */
/* The table of utilities, and the choice of one by the name the program was called with. */
#include <stdio.h>
#include <string.h>
#include "toolbox.h"

const char *applet_name = "toolbox";
static const struct applet *applet;

static const struct applet applets[] = {
#define APPLET(name, fn, flags, usage, help) { name, fn##_main, flags, usage, help },
#include "applets.def"
#undef APPLET
};
#define APPLETS (sizeof(applets) / sizeof(applets[0]))

const struct applet *applet_find(const char *name)
{
	for (size_t i = 0; i < APPLETS; i++)
		if (!strcmp(applets[i].name, name))
			return &applets[i];
	return NULL;
}

void applet_list(void)
{
	size_t column = 0;

	for (size_t i = 0; i < APPLETS; i++) {
		size_t n = strlen(applets[i].name) + 1;

		if (column + n > 76) {
			putchar('\n');
			column = 0;
		}
		column += (size_t)printf("%s%s", column ? " " : "  ", applets[i].name);
	}
	putchar('\n');
}

int applet_run(const struct applet *a, int argc, char **argv)
{
	const struct applet *outer = applet;
	const char *outer_name = applet_name;
	int status = 0;

	applet = a;
	applet_name = a->name;
	if (argc == 2 && !(a->flags & APPLET_RAW) && !strcmp(argv[1], "--help"))
		printf("usage: %s %s\n%s\n", a->name, a->usage, a->help);
	else
		status = a->main(argc, argv);
	if (fflush(stdout) < 0 || ferror(stdout)) {
		clearerr(stdout);
		status = status ? status : fail_text("write error", "output is not complete");
	}
	applet = outer;
	applet_name = outer_name;
	return status;
}

int fail_usage(void)
{
	fflush(stdout);
	fprintf(stderr, "usage: %s %s\n", applet->name, applet->usage);
	return 2;
}

int main(int argc, char **argv)
{
	const char *name = argc ? base_name(argv[0]) : "";
	const struct applet *a;

	if (*name == '-')
		name++;
	a = applet_find(name);
	if (!a && argc > 1 && !strcmp(name, "toolbox")) {
		a = applet_find(argv[1]);
		if (a) {
			argv++;
			argc--;
		}
	}
	if (!a) {
		if (strcmp(name, "toolbox") || argc > 1) {
			fprintf(stderr, "toolbox: %s: no such utility\n",
				argc > 1 ? argv[1] : name);
			return 127;
		}
		puts("usage: toolbox UTILITY [ARGUMENT...]");
		applet_list();
		return 0;
	}
	return applet_run(a, argc, argv);
}
