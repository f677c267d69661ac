/* SPDX-License-Identifier: MIT */
/* head and tail: one end of a file. */
#include <sys/stat.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "toolbox.h"

struct job {
	long	lines, bytes;		/* bytes < 0: count lines */
	bool	from_start, follow, headings, first;
};

/* "-5" is "-n 5". */
static char **modernize(int argc, char **argv, char *room)
{
	if (argc > 1 && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1])) {
		snprintf(room, 24, "-n%.20s", argv[1] + 1);
		argv[1] = room;
	}
	return argv;
}

static void heading(struct job *job, const char *name)
{
	if (job->headings)
		printf("%s==> %s <==\n", job->first ? "" : "\n", name);
	job->first = false;
}

static int head_one(FILE *f, const char *name, void *arg)
{
	struct job *job = arg;
	long left = job->bytes >= 0 ? job->bytes : job->lines;
	int c;

	heading(job, name);
	while (left > 0 && (c = getc(f)) != EOF) {
		putchar(c);
		if (job->bytes >= 0 || c == '\n')
			left--;
	}
	return 0;
}

int head_main(int argc, char **argv)
{
	struct job job = { .lines = 10, .bytes = -1, .first = true };
	struct options o;
	char room[24];
	int first;

	argv = modernize(argc, argv, room);
	first = options_parse(&o, argc, argv, "n:c:qv");
	if (first < 0)
		return 2;
	if (!opt_number(&o, 'n', &job.lines) || !opt_number(&o, 'c', &job.bytes))
		return 1;
	job.headings = argc - first > 1 && !opt(&o, 'q');
	return for_each_file(argc, argv, first, head_one, &job);
}

/* Show what is added to the file, until the command is stopped. */
static void follow(FILE *f)
{
	struct timespec pause = { 0, 200000000 };
	int c;

	for (;;) {
		while ((c = getc(f)) != EOF)
			putchar(c);
		fflush(stdout);
		clearerr(f);
		nanosleep(&pause, NULL);
	}
}

static int tail_one(FILE *f, const char *name, void *arg)
{
	struct job *job = arg;
	char *text = NULL;
	size_t n = 0, room = 0, start;
	long left = job->lines;
	int c;

	heading(job, name);
	if (job->from_start) {
		long skip = job->bytes >= 0 ? job->bytes : job->lines;

		while (skip > 1 && (c = getc(f)) != EOF)
			skip -= job->bytes >= 0 || c == '\n';
		while ((c = getc(f)) != EOF)
			putchar(c);
	} else {
		while ((c = getc(f)) != EOF) {
			if (n == room) {
				room = room ? room * 2 : 4096;
				text = must(realloc(text, room));
			}
			text[n++] = (char)c;
		}
		if (job->bytes >= 0) {
			start = n > (size_t)job->bytes ? n - (size_t)job->bytes : 0;
		} else {
			start = n;
			if (start > 0 && left > 0)
				start--;		/* the last newline ends the last line */
			while (start > 0 && left > 0) {
				if (text[start - 1] == '\n' && --left == 0)
					break;
				start--;
			}
			if (job->lines == 0)
				start = n;
		}
		fwrite(text + start, 1, n - start, stdout);
		free(text);
	}
	if (job->follow)
		follow(f);
	return 0;
}

int tail_main(int argc, char **argv)
{
	struct job job = { .lines = 10, .bytes = -1, .first = true };
	struct options o;
	char room[24];
	int first;

	argv = modernize(argc, argv, room);
	first = options_parse(&o, argc, argv, "n:c:fq");
	if (first < 0)
		return 2;
	if (!opt_number(&o, 'n', &job.lines) || !opt_number(&o, 'c', &job.bytes))
		return 1;
	job.from_start = (opt(&o, 'n') && o.value['n'][0] == '+') ||
			 (opt(&o, 'c') && o.value['c'][0] == '+');
	job.lines = labs(job.lines);
	if (opt(&o, 'c'))
		job.bytes = labs(job.bytes);
	job.headings = argc - first > 1 && !opt(&o, 'q');
	job.follow = opt(&o, 'f') && argc - first <= 1;
	return for_each_file(argc, argv, first, tail_one, &job);
}
