/* SPDX-License-Identifier: MIT */
/* The device model as a process: see dmproc.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dmproc.h"
#include "launch.h"

static int open_socket(domid_t dom, struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/%u.devmodel", launch_run_dir(), dom);
	if (fd >= 0) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, O_NONBLOCK);
	}
	return fd;
}

int dmproc_listen(domid_t dom, struct err *e)
{
	struct sockaddr_un addr;
	int fd = open_socket(dom, &addr);

	if (fd < 0)
		return err_sys(e, errno, "socket");
	mkdir("/run", 0755);
	mkdir(launch_run_dir(), 0755);
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)) || errno == EAGAIN) {
		close(fd);
		return err_set(e, "domain %u has a device model already", dom);
	}
	close(fd);
	fd = open_socket(dom, &addr);
	if (fd < 0)
		return err_sys(e, errno, "socket");
	unlink(addr.sun_path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 4)) {
		err_sys(e, errno, "%s", addr.sun_path);
		close(fd);
		return -1;
	}
	return fd;
}

int dmproc_is_dead(domid_t dom)
{
	struct sockaddr_un addr;
	int fd = open_socket(dom, &addr), dead;

	if (fd < 0)
		return 0;
	/* Only this says that nobody listens; one that is busy has others waiting, and we may be out of memory. */
	dead = !access(addr.sun_path, F_OK) && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) && errno == ECONNREFUSED;
	close(fd);
	return dead;
}

void dmproc_forget(domid_t dom)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%u.devmodel", launch_run_dir(), dom);
	unlink(path);
}

/* In the grandchild: nothing of the caller's stays open but the way to tell. */
__attribute__((noreturn))
static void become(domid_t dom, int tell)
{
	const char *program = getenv("PVCTL_DEVMODEL");
	char id[8], fd[12];
	int null = open("/dev/null", O_RDWR);

	setsid();
	/* Messages go the way that is watched, until it has a log. */
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(tell, STDERR_FILENO);
	for (int i = STDERR_FILENO + 1; i < 256; i++)
		if (i != tell)
			close(i);
	snprintf(id, sizeof(id), "%u", dom);
	snprintf(fd, sizeof(fd), "%d", tell);
	execlp(program ? program : "devmodel", "devmodel", "-r", fd, id, (char *)NULL);
	dprintf(tell, "cannot start %s: %s\n", program ? program : "devmodel", strerror(errno));
	_exit(1);
}

/* Everything that it says until it closes its end: "ok", or what went wrong. */
static int hear(int fd, domid_t dom, struct err *e)
{
	char text[512];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1) {
		n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	text[len] = 0;
	while (len && text[len - 1] == '\n')
		text[--len] = 0;
	if (!strcmp(text, "ok"))
		return 0;
	return err_set(e, "device model of domain %u: %s", dom, len ? text : "ended without a word");
}

int dmproc_start(domid_t dom, struct err *e)
{
	int tell[2], ret, status;
	pid_t pid;

	if (pipe(tell))
		return err_sys(e, errno, "device model of domain %u: pipe", dom);
	pid = fork();
	if (!pid) {
		/* A process that nobody waits for: its parent ends at once. */
		pid_t real = fork();

		if (!real)
			become(dom, tell[1]);
		_exit(real < 0);
	}
	close(tell[1]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		close(tell[0]);
		return err_sys(e, pid < 0 ? errno : EAGAIN, "device model of domain %u: fork", dom);
	}
	ret = hear(tell[0], dom, e);
	close(tell[0]);
	return ret;
}
