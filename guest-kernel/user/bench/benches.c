/* SPDX-License-Identifier: MIT */
/* The operations: what a guest's processes do all day, in the smallest form of each. */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <signal.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bench.h"

#define PAGE 4096

static char *area;
static int fds[2], back[2];
static pid_t partner;

static void null_call(long n)
{
	while (n--)
		getppid();
}

static void read_zero(long n)
{
	char c;

	while (n--)
		if (read(fds[0], &c, 1) != 1)
			bench_fail("read");
}

static void open_zero(void)
{
	fds[0] = open("/dev/zero", O_RDONLY);
	if (fds[0] < 0)
		bench_fail("/dev/zero");
}

static void close_first(void)
{
	close(fds[0]);
}

static void open_close(long n)
{
	while (n--) {
		int fd = open("/dev/null", O_RDONLY);

		if (fd < 0)
			bench_fail("/dev/null");
		close(fd);
	}
}

static void do_fork(long n)
{
	while (n--) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			bench_fail("fork");
	}
}

static void fork_exec(long n)
{
	static char *const argv[] = { (char *)"bench", (char *)"--nothing", NULL };

	while (n--) {
		pid_t pid = fork();

		if (pid == 0) {
			execve("/proc/self/exe", argv, environ);
			execve("/bin/bench", argv, environ);
			_exit(1);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			bench_fail("exec");
	}
}

static void map_area(void)
{
	area = mmap(NULL, 256 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		bench_fail("mmap");
}

static void unmap_area(void)
{
	munmap(area, 256 * PAGE);
}

static void page_fault(long n)
{
	while (n > 0) {
		map_area();
		for (int i = 0; i < 256 && n > 0; i++, n--)
			area[i * PAGE] = 1;
		unmap_area();
	}
}

static void map_unmap(long n)
{
	while (n--) {
		map_area();
		unmap_area();
	}
}

static void touch_and_map(void)
{
	map_area();
	memset(area, 1, 256 * PAGE);
}

static void protect(long n)
{
	while (n--)
		if (mprotect(area, PAGE, n & 1 ? PROT_READ | PROT_WRITE : PROT_READ) < 0)
			bench_fail("mprotect");
}

static void on_signal(int sig)
{
}

static void catch_signal(void)
{
	signal(SIGUSR1, on_signal);
}

static void do_signal(long n)
{
	pid_t me = getpid();

	while (n--)
		kill(me, SIGUSR1);
}

/* A partner that sends back each byte. */
static void start_partner(void)
{
	char c;

	if (pipe(fds) < 0 || pipe(back) < 0)
		bench_fail("pipe");
	partner = fork();
	if (partner < 0)
		bench_fail("fork");
	if (partner == 0) {
		close(fds[1]);
		close(back[0]);
		while (read(fds[0], &c, 1) == 1)
			if (write(back[1], &c, 1) != 1)
				break;
		_exit(0);
	}
	close(fds[0]);
	close(back[1]);
}

static void stop_partner(void)
{
	close(fds[1]);
	close(back[0]);
	waitpid(partner, NULL, 0);
}

static void ping_pong(long n)
{
	char c = 'x';

	while (n--)
		if (write(fds[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			bench_fail("pipe");
}

static void open_pipe(void)
{
	if (pipe(fds) < 0)
		bench_fail("pipe");
}

static void close_pipe(void)
{
	close(fds[0]);
	close(fds[1]);
}

static void pipe_page(long n)
{
	static char page[PAGE];

	while (n--)
		if (write(fds[1], page, PAGE) != PAGE || read(fds[0], page, PAGE) != PAGE)
			bench_fail("pipe");
}

static void yield(long n)
{
	while (n--)
		sched_yield();
}

static void compute(long n)
{
	unsigned long x = 1;

	while (n--) {
		for (int i = 0; i < 1000; i++)
			x = x * 6364136223846793005ul + 1442695040888963407ul;
		__asm__ volatile("" : : "r"(x));
	}
}

static void memory(long n)
{
	static char from[65536], to[65536];

	while (n--) {
		memcpy(to, from, sizeof(to));
		__asm__ volatile("" : : "r"(to), "r"(from) : "memory");
	}
}

const struct bench benches[] = {
	{ "null", NULL, null_call, NULL, 10000, "system call that does nothing (getppid)" },
	{ "read", open_zero, read_zero, close_first, 5000, "read of one byte from /dev/zero" },
	{ "open", NULL, open_close, NULL, 1000, "open and close of /dev/null" },
	{ "signal", catch_signal, do_signal, NULL, 1000, "signal to oneself, caught" },
	{ "fault", NULL, page_fault, NULL, 1024, "first write to an anonymous page" },
	{ "map", NULL, map_unmap, NULL, 500, "mmap and munmap of 1 MB, untouched" },
	{ "protect", touch_and_map, protect, unmap_area, 1000, "mprotect of one page" },
	{ "pipe", start_partner, ping_pong, stop_partner, 500, "byte to another process and back" },
	{ "pipe-page", open_pipe, pipe_page, close_pipe, 1000, "page into a pipe and out" },
	{ "yield", NULL, yield, NULL, 2000, "sched_yield" },
	{ "fork", NULL, do_fork, NULL, 50, "fork, exit, wait" },
	{ "exec", NULL, fork_exec, NULL, 30, "fork, exec, exit, wait" },
	{ "compute", NULL, compute, NULL, 500, "1000 multiplications, no system" },
	{ "memory", NULL, memory, NULL, 200, "copy of 64 KB" },
};
const unsigned long bench_count = sizeof(benches) / sizeof(benches[0]);
