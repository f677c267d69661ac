/* SPDX-License-Identifier: MIT */
/* Running a shell command: system() and popen(). */
#include <sys/wait.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <errno.h>

static struct {
	FILE	*file;
	pid_t	pid;
} children[16];

int system(const char *command)
{
	struct sigaction ignore = { .sa_flags = 0 }, old_int, old_quit;
	sigset_t chld = 1ul << (SIGCHLD - 1), old_mask;
	int status = -1;
	pid_t pid;

	if (!command)
		return access("/bin/sh", X_OK) == 0;
	ignore.sa_handler = SIG_IGN;
	sigaction(SIGINT, &ignore, &old_int);
	sigaction(SIGQUIT, &ignore, &old_quit);
	sigprocmask(SIG_BLOCK, &chld, &old_mask);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		sigaction(SIGINT, &old_int, NULL);
		sigaction(SIGQUIT, &old_quit, NULL);
		sigprocmask(SIG_SETMASK, &old_mask, NULL);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			status = -1;
			break;
		}
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGQUIT, &old_quit, NULL);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	return status;
}

FILE *popen(const char *command, const char *mode)
{
	int reading = mode[0] == 'r', fds[2];
	FILE *f;
	pid_t pid;
	size_t slot;

	for (slot = 0; slot < 16 && children[slot].file; slot++)
		;
	if (slot == 16) {
		errno = EMFILE;
		return NULL;
	}
	if (pipe2(fds, O_CLOEXEC) < 0)
		return NULL;
	f = fdopen(fds[!reading], mode);
	pid = f ? fork() : -1;
	if (pid == 0) {
		/* dup2() onto itself would leave close-on-exec set. */
		if (fds[reading] == reading)
			fcntl(reading, F_SETFD, 0);
		else
			dup2(fds[reading], reading);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(fds[reading]);
	if (pid < 0) {
		if (f)
			fclose(f);
		else
			close(fds[!reading]);
		return NULL;
	}
	children[slot].file = f;
	children[slot].pid = pid;
	return f;
}

int pclose(FILE *f)
{
	int status;
	size_t slot;

	for (slot = 0; slot < 16 && children[slot].file != f; slot++)
		;
	if (slot == 16) {
		errno = EINVAL;
		return -1;
	}
	children[slot].file = NULL;
	fclose(f);
	while (waitpid(children[slot].pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}
