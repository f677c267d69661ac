/* SPDX-License-Identifier: MIT */
/*
 * hostd: runs in the control domain what ./pvctl on the host asks for.
 *
 * One process serves one serial port and one command at a time; the parent only watches over them. Nothing
 * here blocks but poll(): what cannot be sent yet waits in a buffer, and while the one towards the host is
 * full the command's output is not read.
 *
 *	hostd [-f] [-r RUNDIR] [-p PROGRAM-PATH] [PORT...]
 *
 * It goes to the background unless -f says otherwise. Without arguments the ports are /dev/vport0 to /dev/vport7. Read next: ../hostctl/proto.h, session.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostd.h"

static pid_t pids[PROTO_PORTS];

/* Told to end: the servers end first, so that nobody holds the ports. */
static void on_terminate(int signo)
{
	for (unsigned int k = 0; k < PROTO_PORTS; k++)
		if (pids[k] > 0)
			kill(pids[k], SIGTERM);
	_exit(128 + signo);
}

static void usage(void)
{
	fprintf(stderr, "usage: hostd [-f] [-r RUNDIR] [-p PROGRAM-PATH] [PORT...]\n");
	exit(2);
}

/* Messages still go where they went, which is the console; input comes from nowhere. */
static void go_to_background(void)
{
	pid_t pid = fork();
	int null;

	if (pid < 0)
		fprintf(stderr, "hostd: fork: %s; staying in the foreground\n", strerror(errno));
	if (pid > 0)
		_exit(0);
	setsid();
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, 0);
		if (null > 2)
			close(null);
	}
}

static pid_t serve_in_child(const struct hostd_config *config, const char *port, unsigned int number)
{
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGTERM, SIG_DFL);
		exit(session_serve(config, port, number));
	}
	if (pid < 0)
		fprintf(stderr, "hostd: fork: %s\n", strerror(errno));
	return pid;
}

int main(int argc, char **argv)
{
	static const char *const standard[PROTO_PORTS] = {
		"/dev/vport0", "/dev/vport1", "/dev/vport2", "/dev/vport3",
		"/dev/vport4", "/dev/vport5", "/dev/vport6", "/dev/vport7",
	};
	struct hostd_config config = { "/run/hostd", "/bin:/sbin:/usr/bin:/usr/sbin" };
	const char *ports[PROTO_PORTS];
	unsigned int n = 0, alive = 0;
	bool foreground = false;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-r") == 0 && i + 1 < argc)
			config.run_dir = argv[++i];
		else if (strcmp(argv[i], "-f") == 0)
			foreground = true;
		else if (strcmp(argv[i], "-p") == 0 && i + 1 < argc)
			config.path = argv[++i];
		else
			usage();
	}
	for (; i < argc; i++) {
		if (n == PROTO_PORTS)
			usage();
		ports[n++] = argv[i];
	}
	if (n == 0) {
		while (n < PROTO_PORTS && access(standard[n], F_OK) == 0) {
			ports[n] = standard[n];
			n++;
		}
		if (n == 0) {
			fprintf(stderr, "hostd: no /dev/vport0: this machine has no serial ports for the host\n");
			return 1;
		}
	}

	if (!foreground)
		go_to_background();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_terminate);
	mkdir("/run", 0755);
	mkdir(config.run_dir, 0700);
	for (unsigned int k = 0; k < n; k++) {
		pids[k] = serve_in_child(&config, ports[k], k);
		alive += pids[k] > 0;
	}

	/* A server that died on a signal is a bug of ours; the port must not die with it. */
	while (alive > 0) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		for (unsigned int k = 0; k < n; k++) {
			if (pids[k] != pid)
				continue;
			if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM) {
				fprintf(stderr, "hostd: %s: server died on signal %d; starting another\n",
					ports[k], WTERMSIG(status));
				pids[k] = serve_in_child(&config, ports[k], k);
				alive -= pids[k] <= 0;
			} else {
				pids[k] = -1;
				alive--;
			}
		}
	}
	return 1;
}
