/* SPDX-License-Identifier: MIT */
/* Utilities of a few lines each. */
#include <sys/ioctl.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "toolbox.h"

int true_main(int argc, char **argv)
{
	return 0;
}

int false_main(int argc, char **argv)
{
	return 1;
}

int pwd_main(int argc, char **argv)
{
	char path[PATH_MAX];

	if (!getcwd(path, sizeof(path)))
		return fail_errno("current directory");
	puts(path);
	return 0;
}

int clear_main(int argc, char **argv)
{
	fputs("\033[H\033[2J\033[3J", stdout);
	return 0;
}

int sync_main(int argc, char **argv)
{
	sync();
	return 0;
}

int nproc_main(int argc, char **argv)
{
	printf("%d\n", get_nprocs());
	return 0;
}

int yes_main(int argc, char **argv)
{
	while (puts(argc > 1 ? argv[1] : "y") >= 0)
		;
	return 1;
}

int tty_main(int argc, char **argv)
{
	char name[PATH_MAX];

	if (!isatty(0)) {
		puts("not a tty");
		return 1;
	}
	puts(ttyname_r(0, name, sizeof(name)) ? "/dev/console" : name);
	return 0;
}

int id_main(int argc, char **argv)
{
	struct options o;

	if (options_parse(&o, argc, argv, "ugn") < 0)
		return 2;
	if (opt(&o, 'u'))
		puts(opt(&o, 'n') ? "root" : getuid() ? "1" : "0");
	else
		printf("uid=%u%s gid=%u%s\n", (unsigned int)getuid(), getuid() ? "" : "(root)",
		       (unsigned int)getgid(), getgid() ? "" : "(root)");
	return 0;
}

int hostname_main(int argc, char **argv)
{
	struct utsname u;

	if (argc > 1)
		return sethostname(argv[1], strlen(argv[1])) < 0 ? fail_errno(argv[1]) : 0;
	uname(&u);
	puts(u.nodename);
	return 0;
}

int uname_main(int argc, char **argv)
{
	static const char letters[] = "snrvm";
	struct options o;
	struct utsname u;
	const char *fields[] = { u.sysname, u.nodename, u.release, u.version, u.machine };
	const char *space = "";

	if (options_parse(&o, argc, argv, "asnrvm") < 0)
		return 2;
	uname(&u);
	for (size_t i = 0; i < 5; i++)
		if (opt(&o, letters[i]) || opt(&o, 'a') || (argc == 1 && i == 0)) {
			printf("%s%s", space, fields[i]);
			space = " ";
		}
	putchar('\n');
	return 0;
}

int basename_main(int argc, char **argv)
{
	char *name;
	size_t n, suffix;

	if (argc < 2 || argc > 3)
		return fail_usage();
	name = basename(argv[1]);
	n = strlen(name);
	suffix = argc > 2 ? strlen(argv[2]) : 0;
	if (suffix && suffix < n && !strcmp(name + n - suffix, argv[2]))
		n -= suffix;
	printf("%.*s\n", (int)n, name);
	return 0;
}

int dirname_main(int argc, char **argv)
{
	if (argc != 2)
		return fail_usage();
	puts(dirname(argv[1]));
	return 0;
}

int realpath_main(int argc, char **argv)
{
	char path[PATH_MAX];
	int status = 0;

	if (argc < 2)
		return fail_usage();
	for (int i = 1; i < argc; i++) {
		if (realpath(argv[i], path))
			puts(path);
		else
			status = fail_errno(argv[i]);
	}
	return status;
}

int readlink_main(int argc, char **argv)
{
	char path[PATH_MAX];
	struct options o;
	int first = options_parse(&o, argc, argv, "f"), status = 0;

	if (first < 0)
		return 2;
	if (first >= argc)
		return fail_usage();
	for (int i = first; i < argc; i++) {
		ssize_t n;

		if (opt(&o, 'f')) {
			if (realpath(argv[i], path))
				puts(path);
			else
				status = 1;
			continue;
		}
		n = readlink(argv[i], path, sizeof(path));
		if (n < 0)
			status = 1;
		else
			printf("%.*s\n", (int)n, path);
	}
	return status;
}

int sleep_main(int argc, char **argv)
{
	struct timespec ts;
	char *end;
	double seconds;

	if (argc != 2)
		return fail_usage();
	seconds = strtod(argv[1], &end);
	if (end == argv[1] || *end || seconds < 0)
		return fail_text(argv[1], "not a number of seconds");
	ts.tv_sec = (time_t)seconds;
	ts.tv_nsec = (long)((seconds - (double)ts.tv_sec) * 1e9);
	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
	return 0;
}

int which_main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2)
		return fail_usage();
	for (int i = 1; i < argc; i++) {
		const char *path = getenv("PATH"), *end;
		bool found = false;

		for (path = path ? path : "/bin:/sbin"; !found; path = end + 1) {
			char full[PATH_MAX];

			end = path + strcspn(path, ":");
			snprintf(full, sizeof(full), "%.*s/%s", (int)(end - path), path, argv[i]);
			if (access(full, X_OK) == 0) {
				puts(full);
				found = true;
			}
			if (!*end)
				break;
		}
		status |= !found;
	}
	return status;
}
