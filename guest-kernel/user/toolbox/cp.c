/* SPDX-License-Identifier: MIT */
/* cp, mv, rm, ln: files as a whole, and trees of them. */
#include <sys/stat.h>
#include <sys/time.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "toolbox.h"

static struct options o;

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- rm ---- */

static int remove_tree(const char *path, bool force)
{
	struct stat st;
	struct dirent *e;
	int status = 0;
	DIR *d;

	if (lstat(path, &st) < 0)
		return force && errno == ENOENT ? 0 : fail_errno(path);
	if (!S_ISDIR(st.st_mode))
		return unlink(path) < 0 ? fail_errno(path) : 0;
	d = opendir(path);
	if (!d)
		return fail_errno(path);
	while ((e = readdir(d)) != NULL) {
		char *inner;

		if (is_dot(e->d_name))
			continue;
		inner = join_path(path, e->d_name);
		status |= remove_tree(inner, force);
		free(inner);
		/* Names have moved: begin again, unless something stays. */
		if (!status)
			rewinddir(d);
	}
	closedir(d);
	return rmdir(path) < 0 ? fail_errno(path) : status;
}

int rm_main(int argc, char **argv)
{
	int first = options_parse(&o, argc, argv, "frRi"), status = 0;
	bool force, tree;

	if (first < 0)
		return 2;
	force = opt(&o, 'f');
	tree = opt(&o, 'r') || opt(&o, 'R');
	if (first == argc)
		return force ? 0 : fail_usage();
	for (int i = first; i < argc; i++) {
		struct stat st;

		if (is_dot(base_name(argv[i])) && tree)
			status = fail_text(argv[i], "refusing to remove . and ..");
		else if (tree)
			status |= remove_tree(argv[i], force);
		else if (lstat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			status = fail_text(argv[i], "Is a directory");
		else if (unlink(argv[i]) < 0 && !(force && errno == ENOENT))
			status = fail_errno(argv[i]);
	}
	return status;
}

/* ---- cp ---- */

static int copy_tree(const char *from, const char *to, bool recursive, bool preserve);

static int copy_directory(const char *from, const char *to, const struct stat *st, bool preserve)
{
	struct dirent *e;
	int status = 0;
	DIR *d;

	if (mkdir(to, (st->st_mode & 07777) | S_IRWXU) < 0 &&
	    !(errno == EEXIST && is_directory(to)))
		return fail_errno(to);
	d = opendir(from);
	if (!d)
		return fail_errno(from);
	while ((e = readdir(d)) != NULL) {
		char *inner_from, *inner_to;

		if (is_dot(e->d_name))
			continue;
		inner_from = join_path(from, e->d_name);
		inner_to = join_path(to, e->d_name);
		status |= copy_tree(inner_from, inner_to, true, preserve);
		free(inner_from);
		free(inner_to);
	}
	closedir(d);
	return status;
}

static int copy_regular(const char *from, const char *to, const struct stat *st)
{
	struct stat there;
	int in, out, status;

	if (stat(to, &there) == 0 && there.st_dev == st->st_dev && there.st_ino == st->st_ino)
		return fail_text(from, "source and target are the same file");
	in = open(from, O_RDONLY);
	if (in < 0)
		return fail_errno(from);
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC, st->st_mode & 0777);
	if (out < 0 && opt(&o, 'f') && unlink(to) == 0)
		out = open(to, O_WRONLY | O_CREAT | O_TRUNC, st->st_mode & 0777);
	if (out < 0) {
		status = fail_errno(to);
		close(in);
		return status;
	}
	status = copy_descriptor(in, out, from, to);
	close(in);
	if (close(out) < 0)
		status = fail_errno(to);
	return status;
}

static int copy_tree(const char *from, const char *to, bool recursive, bool preserve)
{
	struct stat st;
	int status = 0;

	if ((recursive ? lstat(from, &st) : stat(from, &st)) < 0)
		return fail_errno(from);
	if (S_ISDIR(st.st_mode)) {
		if (!recursive)
			return fail_text(from, "is a directory (use -r)");
		status = copy_directory(from, to, &st, preserve);
	} else if (S_ISLNK(st.st_mode)) {
		char target[PATH_MAX];
		ssize_t n = readlink(from, target, sizeof(target) - 1);

		if (n < 0)
			return fail_errno(from);
		target[n] = '\0';
		if (opt(&o, 'f'))
			unlink(to);
		return symlink(target, to) < 0 ? fail_errno(to) : 0;
	} else if (S_ISREG(st.st_mode) || !recursive) {
		status = copy_regular(from, to, &st);
	} else if (mknod(to, st.st_mode, st.st_rdev) < 0) {
		return fail_errno(to);
	}
	if (preserve && !status) {
		struct timespec times[2] = { st.st_atim, st.st_mtim };

		chmod(to, st.st_mode & 07777);
		utimensat(AT_FDCWD, to, times, 0);
	}
	return status;
}

/* The last operand is a directory to work into, or the one new name. */
static int each_into(int argc, char **argv, int first, int (*fn)(const char *from, const char *to))
{
	const char *target = argv[argc - 1];
	bool into;
	int status = 0;

	if (argc - first < 2)
		return fail_usage();
	into = is_directory(target);
	if (argc - first > 2 && !into)
		return fail_text(target, "Not a directory");
	for (int i = first; i < argc - 1; i++) {
		size_t n = strlen(argv[i]);
		char *to;

		while (n > 1 && argv[i][n - 1] == '/')
			argv[i][--n] = '\0';
		to = into ? join_path(target, base_name(argv[i])) : must(strdup(target));
		status |= fn(argv[i], to);
		free(to);
	}
	return status;
}

static int copy_one(const char *from, const char *to)
{
	bool archive = opt(&o, 'a');

	return copy_tree(from, to, archive || opt(&o, 'r') || opt(&o, 'R'),
			 archive || opt(&o, 'p'));
}

int cp_main(int argc, char **argv)
{
	int first = options_parse(&o, argc, argv, "afprR");

	return first < 0 ? 2 : each_into(argc, argv, first, copy_one);
}

/* ---- mv ---- */

static int move_one(const char *from, const char *to)
{
	if (rename(from, to) == 0)
		return 0;
	if (errno != EXDEV)
		return fail_errno(from);
	return copy_tree(from, to, true, true) ? 1 : remove_tree(from, false);
}

int mv_main(int argc, char **argv)
{
	int first = options_parse(&o, argc, argv, "fi");

	return first < 0 ? 2 : each_into(argc, argv, first, move_one);
}

/* ---- ln ---- */

static int link_one(const char *from, const char *to)
{
	if (opt(&o, 'f') && unlink(to) < 0 && errno != ENOENT)
		return fail_errno(to);
	return (opt(&o, 's') ? symlink : link)(from, to) < 0 ? fail_errno(to) : 0;
}

int ln_main(int argc, char **argv)
{
	int first = options_parse(&o, argc, argv, "fsn");

	if (first >= 0 && argc - first == 1)
		return link_one(argv[first], base_name(argv[first]));
	if (first >= 0 && opt(&o, 'n') && argc - first == 2)
		return link_one(argv[first], argv[first + 1]);
	return first < 0 ? 2 : each_into(argc, argv, first, link_one);
}
