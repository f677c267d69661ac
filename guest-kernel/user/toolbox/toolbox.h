/* SPDX-License-Identifier: MIT */
/*
 * The utilities, all in one program that is called by many names. applets.def lists them; each has
 * a source file of its own (or shares one with its like) with a main function NAME_main.
 *
 * A utility marked BUILTIN is also called inside the shell's own process: it returns its status,
 * does not exit, and leaves nothing behind. One marked DIRECT is called in a forked child without
 * exec.
 */
#ifndef USER_TOOLBOX_H
#define USER_TOOLBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

enum { APPLET_DIRECT = 1, APPLET_BUILTIN = 2, APPLET_RAW = 4 /* takes --help as an operand */ };

struct applet {
	const char	*name;
	int		(*main)(int argc, char **argv);
	int		flags;
	const char	*usage, *help;
};

const struct applet *applet_find(const char *name);
int applet_run(const struct applet *a, int argc, char **argv);
void applet_list(void);

/* The name that messages begin with. */
extern const char *applet_name;

/* "NAME: SUBJECT: error text", "NAME: SUBJECT: TEXT", "NAME: usage: ..."; the value is an exit
 * status. */
int fail_errno(const char *subject);
int fail_text(const char *subject, const char *text);
int fail_usage(void);

/*
 * Options: "al:" is a and l, l with a value. The index of the first operand is returned, -1 after
 * an error message. Options end at the first operand or at "--".
 */
struct options {
	unsigned long	set[2];
	const char	*value[128];
};
int options_parse(struct options *o, int argc, char **argv, const char *spec);
bool opt(const struct options *o, char letter);
/* A number given with an option: false after an error message. */
bool opt_number(const struct options *o, char letter, long *value);
bool parse_number(const char *text, long *value);

/*
 * Call fn for each named file, or for standard input if there are none; "-" is standard input too.
 */
int for_each_file(int argc, char **argv, int first, int (*fn)(FILE *f, const char *name, void *arg),
		  void *arg);
int copy_descriptor(int from, int to, const char *from_name, const char *to_name);
int write_all(int fd, const void *data, size_t length);
/* A line without its newline in *line (owned by the caller); -1 at the end. */
ssize_t read_line(FILE *f, char **line, size_t *room);
/* The pointer, or the end of the program with a message if it is NULL. */
void *must(void *memory);
char *join_path(const char *directory, const char *name);
void format_size(char *out, size_t size, unsigned long bytes, bool human);
char *read_small_file(const char *path, char *buffer, size_t size);
const char *base_name(const char *path);

#define APPLET(name, fn, flags, usage, help) int fn##_main(int argc, char **argv);
#include "applets.def"
#undef APPLET

#endif
