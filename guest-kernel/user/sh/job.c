/* SPDX-License-Identifier: MIT */
/*
 * The shell's processes: forking, waiting, and the list of background commands.
 *
 * There are no process groups for jobs: everything of a terminal is in one group, Ctrl-C reaches
 * all of it, and background commands ignore it.
 */
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

struct job {
	pid_t	pid;
	int	status;
	bool	done;
	char	*text;
};

static struct job *jobs;
static size_t job_count;

pid_t sh_fork(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		sh_error("cannot fork: %s", strerror(errno));
		sh.status = 2;
		sh.unwind = UNWIND_ABORT;
	} else if (pid == 0) {
		trap_clear_in_child(false);
		sh.subshell = true;
		sh.loops = 0;
		job_count = 0;
	}
	return pid;
}

static int decode_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	if (WIFSIGNALED(status)) {
		int sig = WTERMSIG(status);

		if (sig == SIGINT) {
			if (sh.interactive && !sh.subshell) {
				fputc('\n', stderr);
				sh.unwind = UNWIND_ABORT;
			} else {
				sh.unwind = UNWIND_EXIT;
			}
		} else if (sig != SIGPIPE && !sh.subshell) {
			fprintf(stderr, "%s\n", strsignal(sig));
		}
	}
	return decode_status(status);
}

void job_add(pid_t pid, const struct node *n)
{
	const char *text = "command";

	while (n->kind != NODE_SIMPLE && n->a)
		n = n->a;
	if (n->words && n->words->parts && n->words->parts->kind == PART_TEXT)
		text = n->words->parts->text;
	jobs = sh_realloc(jobs, (job_count + 1) * sizeof(*jobs));
	jobs[job_count++] = (struct job){ .pid = pid, .text = sh_strdup(text) };
	sh.last_background = pid;
	if (sh.interactive && !sh.subshell)
		fprintf(stderr, "[%zu] %d\n", job_count, (int)pid);
}

static void job_forget(size_t i)
{
	free(jobs[i].text);
	memmove(&jobs[i], &jobs[i + 1], (--job_count - i) * sizeof(*jobs));
}

void reap_jobs(bool report)
{
	for (size_t i = 0; i < job_count; i++) {
		int status;

		if (jobs[i].done || waitpid(jobs[i].pid, &status, WNOHANG) == 0)
			continue;
		jobs[i].done = true;
		jobs[i].status = decode_status(status);
	}
	for (size_t i = 0; report && i < job_count; i++)
		if (jobs[i].done) {
			fprintf(stderr, "[%zu] done, status %d: %s\n", i + 1, jobs[i].status,
				jobs[i].text);
			job_forget(i--);
		}
}

void list_jobs(void)
{
	reap_jobs(false);
	for (size_t i = 0; i < job_count; i++)
		printf("[%zu] %-6d %s %s\n", i + 1, (int)jobs[i].pid,
		       jobs[i].done ? "done   " : "running", jobs[i].text);
}

/* "%1" or a number; -1 if there is no such job. */
pid_t job_pid(const char *spec)
{
	char *end;
	long n = strtol(spec + (*spec == '%'), &end, 10);

	if (*end || end == spec)
		return -1;
	if (*spec != '%')
		return (pid_t)n;
	return n >= 1 && (size_t)n <= job_count ? jobs[n - 1].pid : -1;
}

/* `wait` for one child: also one that has been reaped. */
int wait_job(pid_t pid)
{
	for (size_t i = 0; i < job_count; i++)
		if (jobs[i].pid == pid) {
			int status = jobs[i].status;

			if (!jobs[i].done) {
				int raw = 0;

				while (waitpid(pid, &raw, 0) < 0) {
					if (errno != EINTR)
						return 127;
					if (sh.interrupted)
						return 130;
					trap_run_pending();
					if (sh.unwind != UNWIND_NONE)
						return sh.status;
				}
				status = decode_status(raw);
			}
			job_forget(i);
			return status;
		}
	return 127;
}

int wait_jobs(void)
{
	while (job_count && !sh.interrupted && sh.unwind == UNWIND_NONE)
		wait_job(jobs[0].pid);
	return sh.interrupted ? 130 : 0;
}
