/* SPDX-License-Identifier: MIT */
/*
 * init, the first process, and poweroff, reboot and halt, which ask it. It runs /etc/init, then
 * keeps a login shell on the console, and reaps whatever loses its parent. Signals tell it to end
 * the system: USR1 halt, USR2 power off, TERM and INT (Ctrl-Alt-Del) reboot; the kernel sends the
 * same ones when the domain is asked to shut down.
 */
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "toolbox.h"

static volatile sig_atomic_t asked;

static void on_signal(int sig)
{
	if (sig != SIGCHLD)		/* that one only ends the wait */
		asked = sig;
}

static void say(const char *text)
{
	write_all(2, text, strlen(text));
}

/* Descriptors 0 to 2 are the console. */
static void open_console(void)
{
	int fd;

	if (fcntl(0, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0)
		return;
	fd = open("/dev/console", O_RDWR);
	for (int i = 0; fd >= 0 && i < 3; i++)
		if (fd != i)
			dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* The shell in a session of its own on the console; it is in this program, so needs no exec. */
static pid_t start_shell(const char *name, const char *script)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *argv[] = { (char *)name, (char *)script, NULL };
		sigset_t none = 0;

		for (int sig = 1; sig < NSIG; sig++)
			signal(sig, SIG_DFL);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setsid();
		ioctl(0, TIOCSCTTY, 1l);
		if (!script)
			execv("/bin/sh", argv);		/* so that ps shows what it is */
		exit(applet_run(applet_find("sh"), script ? 2 : 1, argv));
	}
	return pid;
}

static void __attribute__((noreturn)) end_system(int sig)
{
	struct timespec tick = { 0, 20000000 };
	int command = sig == SIGUSR1 ? RB_HALT_SYSTEM : sig == SIGUSR2 ? RB_POWER_OFF : RB_AUTOBOOT;

	say(sig == SIGUSR1   ? "init: halting\n"
	    : sig == SIGUSR2 ? "init: powering off\n"
			     : "init: rebooting\n");
	signal(SIGTERM, SIG_IGN);
	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	for (int i = 0; i < 25; i++) {
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			break;
		nanosleep(&tick, NULL);
	}
	kill(-1, SIGKILL);
	sync();
	reboot(command);
	for (;;)
		pause();
}

/*
 * Wait until that child ends, reaping the others. The signals are blocked except while waiting for
 * them, so none is missed between the look and the wait.
 */
static void wait_child(pid_t pid)
{
	sigset_t open_set;

	sigemptyset(&open_set);
	for (;;) {
		pid_t gone;

		if (asked)
			end_system(asked);
		while ((gone = waitpid(-1, NULL, WNOHANG)) > 0)
			if (gone == pid)
				return;
		if (gone < 0 && errno == ECHILD)
			return;
		sigsuspend(&open_set);
	}
}

int init_main(int argc, char **argv)
{
	static const int signals[] = { SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGCHLD };
	sigset_t blocked;
	struct sigaction sa = { .sa_flags = 0 };
	struct timespec second = { 1, 0 };

	if (getpid() != 1)
		return fail_text("init", "is the first process only; see reboot and poweroff");
	open_console();
	chdir("/");
	umask(022);
	reboot(RB_DISABLE_CAD);
	sa.sa_handler = on_signal;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&blocked, signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	for (int sig = SIGTSTP; sig <= SIGTTOU; sig++)
		signal(sig, SIG_IGN);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "vt100", 0);
	if (access("/etc/init", R_OK) == 0)
		wait_child(start_shell("sh", "/etc/init"));
	for (;;) {
		time_t from = time(NULL);
		pid_t pid = start_shell("-sh", NULL);

		if (pid < 0) {
			say("init: cannot start a shell\n");
			nanosleep(&second, NULL);
			continue;
		}
		wait_child(pid);
		/* A shell that ends at once is not started faster than that. */
		if (time(NULL) - from < 1)
			nanosleep(&second, NULL);
	}
}

int poweroff_main(int argc, char **argv)
{
	struct options o;
	const char *name = base_name(argv[0]);
	int sig = !strcmp(name, "halt") ? SIGUSR1 : !strcmp(name, "reboot") ? SIGTERM : SIGUSR2;

	if (options_parse(&o, argc, argv, "fn") < 0)
		return 2;
	if (opt(&o, 'f')) {
		sync();
		reboot(sig == SIGUSR1 ? RB_HALT_SYSTEM
		       : sig == SIGUSR2 ? RB_POWER_OFF
					: RB_AUTOBOOT);
		return fail_errno("reboot");
	}
	return kill(1, sig) < 0 ? fail_errno("init") : 0;
}
