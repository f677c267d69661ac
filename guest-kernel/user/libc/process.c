/* SPDX-License-Identifier: MIT */
/* Processes: identity, creation, execution, waiting, limits. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "syscall.h"

pid_t getpid(void) { return (pid_t)SC0(getpid); }
pid_t getppid(void) { return (pid_t)SC0(getppid); }
pid_t fork(void) { return (pid_t)SC0(fork); }
pid_t vfork(void) { return fork(); }
uid_t getuid(void) { return (uid_t)SC0(getuid); }
uid_t geteuid(void) { return (uid_t)SC0(geteuid); }
gid_t getgid(void) { return (gid_t)SC0(getgid); }
gid_t getegid(void) { return (gid_t)SC0(getegid); }
int setuid(uid_t uid) { return (int)SC1(setuid, uid); }
int setgid(gid_t gid) { return (int)SC1(setgid, gid); }
int setpgid(pid_t pid, pid_t group) { return (int)SC2(setpgid, pid, group); }
pid_t getpgid(pid_t pid) { return (pid_t)SC1(getpgid, pid); }
pid_t getpgrp(void) { return getpgid(0); }
int setpgrp(void) { return setpgid(0, 0); }
pid_t setsid(void) { return (pid_t)SC0(setsid); }
pid_t getsid(pid_t pid) { return (pid_t)SC1(getsid, pid); }
int sched_yield(void) { return (int)SC0(sched_yield); }
pid_t wait(int *status) { return waitpid(-1, status, 0); }
pid_t waitpid(pid_t pid, int *status, int options) { return wait4(pid, status, options, NULL); }
int getrusage(int who, struct rusage *u) { return (int)SC2(getrusage, who, u); }
int getrlimit(int what, struct rlimit *l) { return (int)SC2(getrlimit, what, l); }
int setrlimit(int what, const struct rlimit *l) { return (int)SC2(setrlimit, what, l); }
int nice(int increment) { return (int)SC3(setpriority, 0, 0, increment); }
int getpagesize(void) { return 4096; }
int mprotect(void *a, size_t n, int prot) { return (int)SC3(mprotect, a, n, prot); }
int munmap(void *a, size_t n) { return (int)SC2(munmap, a, n); }
int msync(void *a, size_t n, int flags) { return (int)SC3(msync, a, n, flags); }
int madvise(void *a, size_t n, int advice) { return (int)SC3(madvise, a, n, advice); }
int mlock(const void *a, size_t n) { return (int)SC2(mlock, a, n); }
int munlock(const void *a, size_t n) { return (int)SC2(munlock, a, n); }
int mlockall(int flags) { return (int)SC1(mlockall, flags); }

int getgroups(int size, gid_t list[]) { return (int)SC2(getgroups, size, list); }

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	return (pid_t)SC4(wait4, pid, status, options, usage);
}

void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	return (void *)SC6(mmap, addr, length, prot, flags, fd, offset);
}

int prctl(int option, ...)
{
	va_list ap;
	long a;

	va_start(ap, option);
	a = va_arg(ap, long);
	va_end(ap);
	return (int)SC5(prctl, option, a, 0, 0, 0);
}

long syscall(long number, ...)
{
	va_list ap;
	long a[6];

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return __syscall_result(syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5]));
}

int execve(const char *path, char *const argv[], char *const envp[])
{
	return (int)SC3(execve, path, argv, envp);
}

int execv(const char *path, char *const argv[]) { return execve(path, argv, environ); }
int execvp(const char *file, char *const argv[]) { return execvpe(file, argv, environ); }

/* A text file without "#!" is a shell script: sh FILE ARGS. */
static void exec_script(const char *path, char *const argv[], char *const envp[])
{
	size_t n = 0;

	while (argv[n])
		n++;
	char **args = malloc((n + 3) * sizeof(*args));

	if (!args)
		return;
	args[0] = (char *)"sh";
	args[1] = (char *)path;
	for (size_t i = 1; i <= n; i++)
		args[i + 1] = argv[i];
	if (n == 0)
		args[2] = NULL;
	execve("/bin/sh", args, envp);
	free(args);
}

int execvpe(const char *file, char *const argv[], char *const envp[])
{
	const char *path = getenv("PATH"), *end;
	char full[PATH_MAX];
	int denied = 0;

	if (strchr(file, '/') || !*file) {
		execve(file, argv, envp);
		if (errno == ENOEXEC)
			exec_script(file, argv, envp);
		return -1;
	}
	if (!path)
		path = "/bin:/sbin:/usr/bin:/usr/sbin";
	for (;; path = end + 1) {
		end = strchrnul(path, ':');
		if (snprintf(full, sizeof(full), "%.*s%s%s", (int)(end - path), path,
			     end > path ? "/" : "", file) < (int)sizeof(full)) {
			execve(full, argv, envp);
			if (errno == ENOEXEC) {
				exec_script(full, argv, envp);
				return -1;
			}
			if (errno == EACCES)
				denied = 1;
			else if (errno != ENOENT && errno != ENOTDIR)
				return -1;
		}
		if (!*end)
			break;
	}
	errno = denied ? EACCES : ENOENT;
	return -1;
}

/*
 * The arguments of a variable form as a vector, and the environment after them if it is asked for.
 */
static char **list_arguments(const char *arg, va_list ap, char *const **envp)
{
	size_t n = 0, room = 16;
	char **argv = malloc(room * sizeof(*argv)), **more;

	for (char *s = (char *)arg; argv; s = va_arg(ap, char *)) {
		if (n == room) {
			room *= 2;
			more = realloc(argv, room * sizeof(*argv));
			if (!more)
				free(argv);
			argv = more;
			if (!argv)
				break;
		}
		argv[n++] = s;
		if (!s)
			break;
	}
	if (argv && envp)
		*envp = va_arg(ap, char *const *);
	return argv;
}

int execl(const char *path, const char *arg, ...)
{
	va_list ap;
	char **argv;

	va_start(ap, arg);
	argv = list_arguments(arg, ap, NULL);
	va_end(ap);
	if (argv)
		execv(path, argv);
	free(argv);
	return -1;
}

int execlp(const char *file, const char *arg, ...)
{
	va_list ap;
	char **argv;

	va_start(ap, arg);
	argv = list_arguments(arg, ap, NULL);
	va_end(ap);
	if (argv)
		execvp(file, argv);
	free(argv);
	return -1;
}

int execle(const char *path, const char *arg, ...)
{
	char *const *envp = NULL;
	va_list ap;
	char **argv;

	va_start(ap, arg);
	argv = list_arguments(arg, ap, &envp);
	va_end(ap);
	if (argv)
		execve(path, argv, envp);
	free(argv);
	return -1;
}

int daemon(int nochdir, int noclose)
{
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid)
		_exit(0);
	setsid();
	if (!nochdir)
		chdir("/");
	if (!noclose) {
		int fd = open("/dev/null", O_RDWR);

		for (int i = 0; fd >= 0 && i < 3; i++)
			dup2(fd, i);
		if (fd > 2)
			close(fd);
	}
	return 0;
}
