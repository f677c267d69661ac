/* SPDX-License-Identifier: MIT */
/* mkdir, rmdir, touch, mkfifo, mknod, chmod, truncate, stat: names and attributes of files. */
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "toolbox.h"

void mode_text(mode_t mode, char text[11]);

static int make_with_parents(char *path)
{
	for (char *p = path + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			if (mkdir(path, 0777) < 0 && errno != EEXIST)
				return fail_errno(path);
			*p = '/';
		}
	if (mkdir(path, 0777) < 0) {
		struct stat st;

		if (errno != EEXIST || stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
			return fail_errno(path);
	}
	return 0;
}

int mkdir_main(int argc, char **argv)
{
	struct options o;
	int first = options_parse(&o, argc, argv, "pm:"), status = 0;

	if (first < 0)
		return 2;
	if (first == argc)
		return fail_usage();
	for (int i = first; i < argc; i++) {
		if (opt(&o, 'p'))
			status |= make_with_parents(argv[i]);
		else if (mkdir(argv[i], 0777) < 0)
			status = fail_errno(argv[i]);
		if (opt(&o, 'm'))
			chmod(argv[i], (mode_t)strtol(o.value['m'], NULL, 8));
	}
	return status;
}

int rmdir_main(int argc, char **argv)
{
	struct options o;
	int first = options_parse(&o, argc, argv, "p"), status = 0;

	if (first < 0)
		return 2;
	if (first == argc)
		return fail_usage();
	for (int i = first; i < argc; i++) {
		char *slash = argv[i];

		while (slash) {
			if (rmdir(argv[i]) < 0) {
				status = fail_errno(argv[i]);
				break;
			}
			slash = opt(&o, 'p') ? strrchr(argv[i], '/') : NULL;
			if (slash)
				*slash = '\0';
		}
	}
	return status;
}

int touch_main(int argc, char **argv)
{
	struct options o;
	int first = options_parse(&o, argc, argv, "c"), status = 0;

	if (first < 0)
		return 2;
	if (first == argc)
		return fail_usage();
	for (int i = first; i < argc; i++) {
		int fd;

		if (utimensat(AT_FDCWD, argv[i], NULL, 0) == 0)
			continue;
		if (errno == ENOENT && opt(&o, 'c'))
			continue;
		fd = open(argv[i], O_WRONLY | O_CREAT, 0666);
		if (fd < 0)
			status = fail_errno(argv[i]);
		else
			close(fd);
	}
	return status;
}

int mkfifo_main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2)
		return fail_usage();
	for (int i = 1; i < argc; i++)
		if (mkfifo(argv[i], 0666) < 0)
			status = fail_errno(argv[i]);
	return status;
}

int mknod_main(int argc, char **argv)
{
	long ma = 0, mi = 0;
	mode_t kind;

	if (argc < 3 || (argv[2][0] != 'p' && argc < 5))
		return fail_usage();
	kind = argv[2][0] == 'b' ? S_IFBLK : argv[2][0] == 'c' ? S_IFCHR : S_IFIFO;
	if (argc >= 5 && (!parse_number(argv[3], &ma) || !parse_number(argv[4], &mi)))
		return fail_text(argv[3], "not a device number");
	return mknod(argv[1], kind | 0666, makedev(ma, mi)) < 0 ? fail_errno(argv[1]) : 0;
}

/* "u+x,go-w" applied to a mode; false if it is not one. */
static bool symbolic_mode(const char *s, mode_t *mode)
{
	while (*s) {
		mode_t who = 0, bits = 0;
		char op;

		for (; *s && strchr("ugoa", *s); s++)
			who |= *s == 'u' ? 04700 : *s == 'g' ? 02070 : *s == 'o' ? 01007 : 07777;
		if (!who)
			who = 07777;
		op = *s++;
		if (!op || !strchr("+-=", op))
			return false;
		for (; *s && *s != ','; s++) {
			if (*s == 'r')
				bits |= 0444;
			else if (*s == 'w')
				bits |= 0222;
			else if (*s == 'x')
				bits |= 0111;
			else if (*s == 's')
				bits |= 06000;
			else if (*s == 't')
				bits |= 01000;
			else
				return false;
		}
		bits &= who;
		*mode = op == '+'   ? *mode | bits
			: op == '-' ? *mode & ~bits
				    : (*mode & ~who) | bits;
		if (*s == ',')
			s++;
	}
	return true;
}

int chmod_main(int argc, char **argv)
{
	int status = 0;

	if (argc < 3)
		return fail_usage();
	for (int i = 2; i < argc; i++) {
		char *end;
		mode_t mode = (mode_t)strtol(argv[1], &end, 8);
		struct stat st;

		if (*end) {
			if (stat(argv[i], &st) < 0) {
				status = fail_errno(argv[i]);
				continue;
			}
			mode = st.st_mode & 07777;
			if (!symbolic_mode(argv[1], &mode))
				return fail_text(argv[1], "not a mode");
		}
		if (chmod(argv[i], mode) < 0)
			status = fail_errno(argv[i]);
	}
	return status;
}

int truncate_main(int argc, char **argv)
{
	struct options o;
	int first = options_parse(&o, argc, argv, "s:"), status = 0;
	long size = 0;

	if (first < 0)
		return 2;
	if (!opt(&o, 's') || first == argc)
		return fail_usage();
	if (!opt_number(&o, 's', &size))
		return 1;
	for (int i = first; i < argc; i++) {
		int fd = open(argv[i], O_WRONLY | O_CREAT, 0666);

		if (fd < 0 || ftruncate(fd, size) < 0)
			status = fail_errno(argv[i]);
		if (fd >= 0)
			close(fd);
	}
	return status;
}

int stat_main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2)
		return fail_usage();
	for (int i = 1; i < argc; i++) {
		char mode[11], when[40];
		struct stat st;

		if (lstat(argv[i], &st) < 0) {
			status = fail_errno(argv[i]);
			continue;
		}
		mode_text(st.st_mode, mode);
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", gmtime(&st.st_mtim.tv_sec));
		printf("%s: %s (%04o) links %lu uid %u gid %u size %ld blocks %ld device %lx inode %lu\n"
		       "  modified %s.%09ld\n",
		       argv[i], mode, (unsigned int)st.st_mode & 07777, st.st_nlink, st.st_uid,
		       st.st_gid, (long)st.st_size, (long)st.st_blocks, st.st_dev, st.st_ino, when,
		       st.st_mtim.tv_nsec);
	}
	return status;
}
