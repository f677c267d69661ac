/* SPDX-License-Identifier: MIT */
/*
 * The demo domain: the only process of a guest of 4 MB. It says who it is, then answers a few
 * commands on its console, and ends the domain when it is asked to (by signal, as init does).
 */
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t asked;

static void on_signal(int sig)
{
	asked = sig;
}

static void put(const char *s)
{
	size_t n = strlen(s);

	while (n) {
		ssize_t done = write(1, s, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		s += done;
		n -= (size_t)done;
	}
}

static void show_system(void)
{
	struct utsname u;
	char text[256];

	if (uname(&u) < 0)
		return;
	sniprintf(text, sizeof(text), "%s %s %s %s\n", u.sysname, u.release, u.version, u.machine);
	put(text);
}

static void show_memory(void)
{
	struct sysinfo s;
	char text[96];

	if (sysinfo(&s) < 0)
		return;
	sniprintf(text, sizeof(text), "memory: %lu KB, %lu KB free\n",
		  s.totalram * s.mem_unit / 1024, s.freeram * s.mem_unit / 1024);
	put(text);
}

static void show_uptime(void)
{
	struct timespec t;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &t);
	sniprintf(text, sizeof(text), "up %lu.%03lu s\n", (unsigned long)t.tv_sec,
		  (unsigned long)t.tv_nsec / 1000000);
	put(text);
}

static void __attribute__((noreturn)) end(int command, const char *text)
{
	put(text);
	sync();
	reboot(command);
	for (;;)
		pause();
}

static void obey_signal(void)
{
	if (asked == SIGUSR1)
		end(RB_HALT_SYSTEM, "\nHalting.\n");
	if (asked == SIGUSR2)
		end(RB_POWER_OFF, "\nGood-bye.\n");
	if (asked)
		end(RB_AUTOBOOT, "\nStarting again.\n");
}

static void obey(char *line)
{
	size_t n = strcspn(line, " ");
	const char *rest = line + n + strspn(line + n, " ");

	line[n] = '\0';
	if (!strcmp(line, "help")) {
		put("echo TEXT, free, halt, poweroff, reboot, uname, uptime\n");
	} else if (!strcmp(line, "echo")) {
		put(rest);
		put("\n");
	} else if (!strcmp(line, "free")) {
		show_memory();
	} else if (!strcmp(line, "uname")) {
		show_system();
	} else if (!strcmp(line, "uptime")) {
		show_uptime();
	} else if (!strcmp(line, "halt")) {
		end(RB_HALT_SYSTEM, "Halting.\n");
	} else if (!strcmp(line, "reboot")) {
		end(RB_AUTOBOOT, "Starting again.\n");
	} else if (!strcmp(line, "poweroff") || !strcmp(line, "exit")) {
		end(RB_POWER_OFF, "Good-bye.\n");
	} else if (*line) {
		put(line);
		put(": unknown; try help\n");
	}
}

int main(void)
{
	static const int signals[] = { SIGUSR1, SIGUSR2, SIGTERM, SIGINT };
	struct sigaction sa = { .sa_flags = 0 };
	char line[256];
	ssize_t n;

	if (fcntl(0, F_GETFD) < 0 && open("/dev/console", O_RDWR) == 0) {
		dup2(0, 1);
		dup2(0, 2);
	}
	sa.sa_handler = on_signal;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
	put("\nHello from a paravirtualized domain.\n");
	show_system();
	show_memory();
	put("Type help for what it can do.\n");
	for (;;) {
		obey_signal();
		put("hello> ");
		n = read(0, line, sizeof(line) - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			/* Nobody at the console: wait for a signal. */
			pause();
			continue;
		}
		line[n] = '\0';
		line[strcspn(line, "\r\n")] = '\0';
		obey(line);
	}
}
