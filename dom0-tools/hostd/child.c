/* SPDX-License-Identifier: MIT */
/*
 * child: starts a command with its standard descriptors on pipes, or on a pseudo terminal when the host has
 * a terminal in raw mode for it and the kernel offers /dev/ptmx.
 *
 * A command is the leader of a process group (of a session, on a terminal), so that a signal reaches what it
 * started as well. An exec that fails is reported through a close-on-exec pipe, not through an exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "hostd.h"

#ifndef TIOCSWINSZ
#define TIOCSWINSZ 0x5414
#endif
#ifndef TIOCSCTTY
#define TIOCSCTTY 0x540e
#endif
#ifndef TIOCGPTN
#define TIOCGPTN 0x80045430
#endif
#ifndef TIOCSPTLCK
#define TIOCSPTLCK 0x40045431
#endif

static void set_flags(int fd, bool nonblocking)
{
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (nonblocking)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A pseudo terminal: returns the master, and the slave's name. -1 when the kernel has none. */
static int open_terminal(char *slave, size_t size)
{
	int unlock = 0, number = 0;
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);

	if (master < 0)
		return -1;
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCGPTN, &number) < 0) {
		close(master);
		return -1;
	}
	snprintf(slave, size, "/dev/pts/%d", number);
	return master;
}

struct ends {
	int in[2], out[2], err[2], fail[2];
	char slave[32];
};

static void close_ends(struct ends *e)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&e->in[i]);
		close_fd(&e->out[i]);
		close_fd(&e->err[i]);
		close_fd(&e->fail[i]);
	}
}

/* In the child: put the descriptors in place and exec. Errors leave through fail. */
static void become(const struct command *cmd, const char *path, struct ends *e, bool on_tty)
{
	static const int usual[] = { SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	int saved;

	if (on_tty) {
		setsid();
		e->in[0] = open(e->slave, O_RDWR);
		if (e->in[0] < 0)
			goto failed;
		ioctl(e->in[0], TIOCSCTTY, 0);
		e->out[1] = e->err[1] = e->in[0];
	} else {
		setpgid(0, 0);
	}
	if (dup2(e->in[0], 0) < 0 || dup2(e->out[1], 1) < 0 || dup2(e->err[1], 2) < 0)
		goto failed;
	/* What was ignored stays ignored over an exec. */
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		signal(usual[i], SIG_DFL);
	if (!cmd->cwd || chdir(cmd->cwd) < 0)
		if (chdir("/host") < 0 && chdir("/") < 0)
			goto failed;
	if (strchr(cmd->argv[0], '/')) {
		execve(cmd->argv[0], cmd->argv, cmd->envp);
		goto failed;
	}
	errno = ENOENT;
	while (*path) {
		size_t len = strcspn(path, ":");
		char name[256];

		snprintf(name, sizeof(name), "%.*s/%s", (int)len, path, cmd->argv[0]);
		if (access(name, F_OK) == 0) {
			execve(name, cmd->argv, cmd->envp);
			goto failed;
		}
		path += len + (path[len] == ':');
	}
	errno = ENOENT;
failed:
	saved = errno;
	if (write(e->fail[1], &saved, sizeof(saved)) < 0)
		_exit(126);
	_exit(127);
}

int child_start(struct child *child, const struct command *cmd, const char *path, char *error, size_t size)
{
	struct ends e = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 }, "" };
	int master = -1, reason = 0;
	pid_t pid;

	if (cmd->tty_flags & TTY_WANTED)
		master = open_terminal(e.slave, sizeof(e.slave));
	if (pipe(e.fail) < 0)
		goto err_pipes;
	if (master < 0 && (pipe(e.in) < 0 || pipe(e.out) < 0 || pipe(e.err) < 0))
		goto err_pipes;
	for (int i = 0; i < 2; i++) {
		const int fds[] = { e.in[i], e.out[i], e.err[i], e.fail[i] };

		for (size_t k = 0; k < sizeof(fds) / sizeof(fds[0]); k++)
			if (fds[k] >= 0)
				set_flags(fds[k], false);
	}
	if (master >= 0)
		set_flags(master, true);

	pid = fork();
	if (pid < 0)
		goto err_pipes;
	if (pid == 0)
		become(cmd, path, &e, master >= 0);

	close_fd(&e.fail[1]);
	if (read(e.fail[0], &reason, sizeof(reason)) == (ssize_t)sizeof(reason)) {
		snprintf(error, size, "cannot run '%s' in the control domain: %s", cmd->argv[0], strerror(reason));
		waitpid(pid, NULL, 0);
		close_ends(&e);
		close_fd(&master);
		return -1;
	}

	child->pid = pid;
	child->on_tty = master >= 0;
	if (master >= 0) {
		child->in = child->out = master;
		child->err = -1;
		child_resize(child, cmd->rows, cmd->cols);
	} else {
		child->in = e.in[1];
		child->out = e.out[0];
		child->err = e.err[0];
		e.in[1] = e.out[0] = e.err[0] = -1;
		set_flags(child->in, true);
		set_flags(child->out, true);
		set_flags(child->err, true);
	}
	close_ends(&e);
	return 0;

err_pipes:
	snprintf(error, size, "cannot start '%s': %s", cmd->argv[0], strerror(errno));
	close_ends(&e);
	close_fd(&master);
	return -1;
}

void child_signal(const struct child *child, int signo)
{
	if (child->pid <= 0)
		return;
	if (kill(-child->pid, signo) < 0)
		kill(child->pid, signo);
}

void child_resize(const struct child *child, uint16_t rows, uint16_t cols)
{
	struct winsize size = { 0 };

	if (!child->on_tty || !rows || !cols)
		return;
	size.ws_row = rows;
	size.ws_col = cols;
	ioctl(child->in, TIOCSWINSZ, &size);
}
