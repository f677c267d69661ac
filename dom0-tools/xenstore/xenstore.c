/* SPDX-License-Identifier: MIT */
/*
 * The commands that look at the store: xenstore-ls, -read, -write, -list, -rm, -exists, -chmod, -watch
 * and -control, with the options that Xen's have. One program: it goes by the name it is called with,
 * or by its first argument ("xenstore ls").
 *
 * Several keys in one command are read or changed in one transaction.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/xs.h"

struct session {
	struct xs_handle *xs;
	xs_transaction_t t;
	bool full, perms, prefix, raw, tidy, recursive, upwards;
	long count;		/* events to wait for; -1: for ever */
	int argc;
	char **argv;
};

static const char *command_name;

/* The reason why a key did not work; the result is a command's result for failure. */
static int complain(const char *verb, const char *key)
{
	fprintf(stderr, "xenstore-%s: cannot %s %s: %s\n", command_name, verb, key, strerror(errno));
	return 1;
}

/* Printable as it is, the rest as C would write it. */
static size_t print_escaped(const char *value, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c == '\n' || c == '\t' || c == '\r' || c == '\\')
			width += (size_t)printf("\\%c", c == '\n' ? 'n' : c == '\t' ? 't' :
						c == '\r' ? 'r' : '\\');
		else if (c >= ' ' && c < 0x7f)
			width += (size_t)printf("%c", c);
		else
			width += (size_t)printf("\\x%02x", c);
	}
	return width;
}

static char *join(const char *path, const char *name)
{
	size_t len = strlen(path);
	char *joined = malloc(len + strlen(name) + 2);

	if (!joined) {
		perror("xenstore");
		exit(1);
	}
	if (len == 1)
		len = 0;	/* the root's slash is the separator already */
	sprintf(joined, "%.*s/%s", (int)len, path, name);
	return joined;
}

static int run_read(struct session *s)
{
	for (int i = 0; i < s->argc; i++) {
		unsigned int len;
		char *value = xs_read(s->xs, s->t, s->argv[i], &len);

		if (!value)
			return complain("read", s->argv[i]);
		if (s->prefix)
			printf("%s: ", s->argv[i]);
		if (s->raw)
			fwrite(value, 1, len, stdout);
		else
			print_escaped(value, len);
		putchar('\n');
		free(value);
	}
	return 0;
}

static int run_write(struct session *s)
{
	for (int i = 0; i < s->argc; i += 2) {
		const char *value = s->argv[i + 1];

		if (!xs_write_later(s->xs, s->t, s->argv[i], value, (unsigned int)strlen(value)))
			return complain("write", s->argv[i]);
	}
	return xs_flush(s->xs) ? 0 : complain("write", s->argc == 2 ? s->argv[0] : "one of the keys");
}

static int run_list(struct session *s)
{
	for (int i = 0; i < s->argc; i++) {
		unsigned int nr;
		char **names = xs_directory(s->xs, s->t, s->argv[i], &nr);

		if (!names)
			return complain("list", s->argv[i]);
		for (unsigned int n = 0; n < nr; n++)
			printf("%s%s%s\n", s->prefix ? s->argv[i] : "", s->prefix ? "/" : "", names[n]);
		free(names);
	}
	return 0;
}

#define PERMS_COLUMN 40

static void print_perms(struct session *s, const char *path, size_t column)
{
	unsigned int nr;
	struct xs_permissions *perms = xs_get_permissions(s->xs, s->t, path, &nr);

	if (!perms)
		return;
	for (; column < PERMS_COLUMN; column++)
		putchar(column % 2 ? '.' : ' ');
	printf("  (");
	for (unsigned int i = 0; i < nr; i++)
		printf("%s%c%u", i ? "," : "", "nrwb"[perms[i].perms & 3], perms[i].id);
	putchar(')');
	free(perms);
}

static void print_node(struct session *s, const char *path, const char *name, int depth)
{
	unsigned int len = 0;
	char *value = xs_read(s->xs, s->t, path, &len);
	size_t column;

	if (s->full)
		column = (size_t)printf("%s", path);
	else
		column = (size_t)printf("%*s%s", depth, "", name);
	if (value) {
		column += (size_t)printf(" = \"");
		column += print_escaped(value, len);
		column += (size_t)printf("\"");
	} else {
		column += (size_t)printf(": %s", strerror(errno));
	}
	free(value);
	if (s->perms)
		print_perms(s, path, column);
	putchar('\n');
}

static int list_tree(struct session *s, const char *path, int depth)
{
	unsigned int nr;
	char **names = xs_directory(s->xs, s->t, path, &nr);

	if (!names)
		/* Below the first level: it went away meanwhile, or is not for us. */
		return depth ? 0 : complain("list", path);
	for (unsigned int i = 0; i < nr; i++) {
		char *child = join(path, names[i]);

		print_node(s, child, names[i], depth);
		list_tree(s, child, depth + 1);
		free(child);
	}
	free(names);
	return 0;
}

static int run_ls(struct session *s)
{
	int status = 0;

	if (!s->argc)
		return list_tree(s, "/", 0);
	for (int i = 0; i < s->argc && !status; i++)
		status = list_tree(s, s->argv[i], 0);
	return status;
}

/* Removes the nodes above path that are now without value and children. */
static void tidy_above(struct session *s, char *path)
{
	char *slash;

	while ((slash = strrchr(path, '/')) && slash != path) {
		unsigned int nr = 0, len = 0;
		char **names, *value;
		bool bare;

		*slash = '\0';
		names = xs_directory(s->xs, s->t, path, &nr);
		value = xs_read(s->xs, s->t, path, &len);
		bare = names && value && !nr && !len;
		free(names);
		free(value);
		if (!bare || !xs_rm(s->xs, s->t, path))
			return;
	}
}

static int run_rm(struct session *s)
{
	for (int i = 0; i < s->argc; i++) {
		if (!xs_rm(s->xs, s->t, s->argv[i]))
			return complain("remove", s->argv[i]);
		if (s->tidy) {
			char *path = strdup(s->argv[i]);

			if (!path)
				return complain("remove", s->argv[i]);
			tidy_above(s, path);
			free(path);
		}
	}
	return 0;
}

static int run_exists(struct session *s)
{
	for (int i = 0; i < s->argc; i++) {
		char *value = xs_read(s->xs, s->t, s->argv[i], NULL);

		free(value);
		if (!value)
			return errno == ENOENT ? 1 : complain("read", s->argv[i]);
	}
	return 0;
}

static int chmod_tree(struct session *s, const char *path, struct xs_permissions *perms,
		      unsigned int nr)
{
	unsigned int children;
	char **names;
	int status = 0;

	if (!xs_set_permissions(s->xs, s->t, path, perms, nr))
		return complain("change", path);
	if (!s->recursive)
		return 0;
	names = xs_directory(s->xs, s->t, path, &children);
	if (!names)
		return complain("list", path);
	for (unsigned int i = 0; i < children && !status; i++) {
		char *child = join(path, names[i]);

		status = chmod_tree(s, child, perms, nr);
		free(child);
	}
	free(names);
	return status;
}

#define CHMOD_MAX 16

static int run_chmod(struct session *s)
{
	struct xs_permissions perms[CHMOD_MAX];
	unsigned int nr = (unsigned int)s->argc - 1;
	char path[XENSTORE_ABS_PATH_MAX + 1], *slash;
	int status;

	if (strlen(s->argv[0]) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return complain("change", s->argv[0]);
	}
	strcpy(path, s->argv[0]);	/* to be shortened; the command may run again */
	if (nr > CHMOD_MAX) {
		fprintf(stderr, "xenstore-chmod: at most %d permissions\n", CHMOD_MAX);
		return 2;
	}
	for (unsigned int i = 0; i < nr; i++) {
		const char *mode = s->argv[i + 1], *letter = strchr("nrwb", *mode);
		char *end;

		perms[i].id = (unsigned int)strtoul(*mode ? mode + 1 : "", &end, 10);
		if (!*mode || !letter || !mode[1] || *end || perms[i].id > UINT16_MAX) {
			fprintf(stderr, "xenstore-chmod: %s: expected n, r, w or b and a domain id, "
				"as in r5\n", mode);
			return 2;
		}
		perms[i].perms = (enum xs_perm_type)(letter - "nrwb");
	}
	status = chmod_tree(s, path, perms, nr);
	while (!status && s->upwards && (slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (!xs_set_permissions(s->xs, s->t, path, perms, nr))
			status = complain("change", path);
	}
	return status;
}

static int run_watch(struct session *s)
{
	for (int i = 0; i < s->argc; i++)
		if (!xs_watch(s->xs, s->argv[i], s->argv[i]))
			return complain("watch", s->argv[i]);
	for (long n = 0; s->count < 0 || n < s->count; n++) {
		char **event = xs_read_watch(s->xs, NULL);

		if (!event)
			return complain("watch", s->argv[0]);
		printf("%s\n", event[XS_WATCH_PATH]);
		fflush(stdout);
		free(event);
	}
	return 0;
}

static int run_control(struct session *s)
{
	char *answer = xs_control_command(s->xs, (const char *const *)s->argv, (unsigned int)s->argc);

	if (!answer)
		return complain("run", s->argv[0]);
	printf("%s%s", answer, *answer && answer[strlen(answer) - 1] == '\n' ? "" : "\n");
	free(answer);
	return 0;
}

static const struct command {
	const char *name;
	int (*run)(struct session *s);
	const char *options, *usage;
	int min_args, multiple;		/* multiple: 2 wants pairs */
	bool transaction, changes;
} commands[] = {
	{ "chmod", run_chmod, "hurs", "[-u] [-r] KEY MODE...", 2, 1, true, true },
	{ "control", run_control, "hs", "COMMAND [ARGUMENT...]", 1, 1, false, false },
	{ "exists", run_exists, "hs", "KEY...", 1, 1, true, false },
	{ "list", run_list, "hps", "[-p] KEY...", 1, 1, true, false },
	{ "ls", run_ls, "hfpsw", "[-f] [-p] [KEY...]", 0, 1, true, false },
	{ "read", run_read, "hpsR", "[-p] [-R] KEY...", 1, 1, true, false },
	{ "rm", run_rm, "hts", "[-t] KEY...", 1, 1, true, true },
	{ "watch", run_watch, "hn:s", "[-n COUNT] KEY...", 1, 1, false, false },
	{ "write", run_write, "hs", "KEY VALUE [KEY VALUE]...", 2, 2, true, true },
};

#define COMMANDS_NR (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS_NR; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

__attribute__((noreturn))
static void usage(const struct command *c, int status)
{
	FILE *f = status ? stderr : stdout;

	for (size_t i = 0; i < COMMANDS_NR; i++)
		if (!c || c == &commands[i])
			fprintf(f, "usage: xenstore-%s %s\n", commands[i].name, commands[i].usage);
	exit(status);
}

static void parse_options(const struct command *c, struct session *s, int argc, char *argv[])
{
	int opt;

	s->count = -1;
	while ((opt = getopt(argc, argv, c->options)) != -1) {
		switch (opt) {
		case 'f': s->full = true; break;
		case 'p': s->prefix = s->perms = true; break;
		case 'r': s->recursive = true; break;
		case 'u': s->upwards = true; break;
		case 't': s->tidy = true; break;
		case 'R': s->raw = true; break;
		case 's': break;	/* through the socket: what we do anyway */
		case 'w': break;	/* never cut lines: we never do */
		case 'n':
			s->count = strtol(optarg, NULL, 10);
			if (s->count <= 0)
				usage(c, 2);
			break;
		case 'h': usage(c, 0);
		default: usage(c, 2);
		}
	}
	s->argc = argc - optind;
	s->argv = argv + optind;
	if (s->argc < c->min_args || s->argc % c->multiple)
		usage(c, 2);
}

static int run_in_transaction(const struct command *c, struct session *s)
{
	for (;;) {
		int status;

		s->t = xs_transaction_start(s->xs);
		if (!s->t)
			return complain("begin a transaction for", s->argc ? s->argv[0] : "/");
		status = c->run(s);
		if (xs_transaction_end(s->xs, s->t, status || !c->changes))
			return status;
		if (errno != EAGAIN)
			return complain("commit", s->argv[0]);
	}
}

int main(int argc, char *argv[])
{
	const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
	const struct command *c = NULL;
	struct session s = { .t = XBT_NULL };
	int status;

	if (!strncmp(name, "xenstore-", 9)) {
		c = find_command(name + 9);
	} else if (argc > 1) {
		c = find_command(argv[1]);
		argc--;
		argv++;
	}
	if (!c)
		usage(NULL, argc > 1 && !strcmp(argv[1], "-h") ? 0 : 2);
	command_name = c->name;
	parse_options(c, &s, argc, argv);
	s.xs = xs_open(0);
	if (!s.xs) {
		fprintf(stderr, "xenstore-%s: cannot reach xenstored: %s\n", c->name, strerror(errno));
		return 1;
	}
	status = c->transaction ? run_in_transaction(c, &s) : c->run(&s);
	xs_close(s.xs);
	return status;
}
