/* SPDX-License-Identifier: MIT */
/*
 * stress [-s SECONDS] [-j PROCESSES] [-r SEED] [-v]: many processes that do random things to the
 * kernel and check the results: memory keeps what was written across fork and other processes,
 * pipes deliver in order, files read back, signals arrive. Ends with "stress: N operations, no
 * error" and status 0.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul

static unsigned long seed, operations;
static int verbose;
static const char *doing = "starting";
static volatile sig_atomic_t signals;

static unsigned long random_below(unsigned long n)
{
	seed = seed * 6364136223846793005ul + 1442695040888963407ul;
	return (seed >> 33) % n;
}

static void __attribute__((noreturn))
fail(const char *what, unsigned long wanted, unsigned long got)
{
	fprintf(stderr, "stress: process %d: %s: %s: wanted %lu, got %lu (%s)\n", (int)getpid(),
		doing, what, wanted, got, strerror(errno));
	_exit(1);
}

static void expect(const char *what, unsigned long wanted, unsigned long got)
{
	if (wanted != got)
		fail(what, wanted, got);
}

static pid_t do_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork", 0, (unsigned long)errno);
	return pid;
}

static void reap(pid_t pid, int wanted)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid", (unsigned long)pid, (unsigned long)errno);
	expect("status of the child", (unsigned long)wanted, (unsigned long)status);
}

/* Pages of one's own before and after fork; holes, protection. */
static void test_memory(void)
{
	unsigned long pages = 1 + random_below(64), stamp = random_below(1ul << 30), own;
	unsigned long *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (p == MAP_FAILED)
		fail("mmap", 0, (unsigned long)errno);
	for (unsigned long i = 0; i < pages; i++) {
		expect("fresh page", 0, p[i * 512 + 3]);
		p[i * 512 + 3] = stamp + i;
	}
	pid = do_fork();
	own = pid == 0 ? 1000 : 2000;
	for (unsigned long i = 0; i < pages; i++)
		expect("page after fork", stamp + i, p[i * 512 + 3]);
	for (unsigned long i = 0; i < pages; i += 2)
		p[i * 512 + 3] = stamp + i + own;
	for (unsigned long i = 0; i < pages; i++)
		expect("page written after fork", stamp + i + (i % 2 ? 0 : own), p[i * 512 + 3]);
	if (pid == 0)
		_exit(5);
	reap(pid, 5 << 8);
	if (pages > 2) {
		if (munmap((char *)p + PAGE, PAGE) < 0 || mprotect(p, PAGE, PROT_READ) < 0)
			fail("munmap", 0, (unsigned long)errno);
		expect("read-only page", stamp + 2000, p[3]);
		expect("page beyond a hole", stamp + 2 + 2000, p[2 * 512 + 3]);
	}
	munmap(p, pages * PAGE);
}

static void test_heap(void)
{
	unsigned char *blocks[32];
	size_t sizes[32];

	for (unsigned long i = 0; i < 32; i++) {
		sizes[i] = 1 + random_below(i % 8 == 0 ? 40000 : 600);
		blocks[i] = malloc(sizes[i]);
		if (!blocks[i])
			fail("malloc", sizes[i], 0);
		memset(blocks[i], (int)i, sizes[i]);
	}
	for (unsigned long i = 0; i < 32; i++) {
		expect("first byte of a block", i, blocks[i][0]);
		expect("last byte of a block", i, blocks[i][sizes[i] - 1]);
		free(blocks[i]);
	}
}

static void test_pipe(void)
{
	unsigned long total = 1 + random_below(60000), got = 0;
	unsigned char buffer[777];
	int fds[2];
	pid_t pid;
	ssize_t n;

	if (pipe(fds) < 0)
		fail("pipe", 0, (unsigned long)errno);
	pid = do_fork();
	if (pid == 0) {
		unsigned long sent = 0;

		close(fds[0]);
		while (sent < total) {
			size_t m = 1 + random_below(sizeof(buffer));

			if (m > total - sent)
				m = total - sent;
			for (size_t i = 0; i < m; i++)
				buffer[i] = (unsigned char)((sent + i) * 7);
			n = write(fds[1], buffer, m);
			if (n <= 0)
				fail("write to pipe", m, (unsigned long)n);
			sent += (unsigned long)n;
		}
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], buffer, sizeof(buffer))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			expect("byte from pipe", (unsigned char)((got + (unsigned long)i) * 7),
			       buffer[i]);
		got += (unsigned long)n;
	}
	expect("bytes from pipe", total, got);
	close(fds[0]);
	reap(pid, 0);
}

static void test_file(void)
{
	unsigned long words = 1 + random_below(3000), at;
	char name[40], other[48];
	unsigned long value;
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "/tmp/stress.%d", (int)getpid());
	snprintf(other, sizeof(other), "%s.moved", name);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		fail("open", 0, (unsigned long)errno);
	for (value = 0; value < words; value++)
		expect("write to file", sizeof(value),
		       (unsigned long)write(fd, &value, sizeof(value)));
	if (rename(name, other) < 0 || stat(other, &st) < 0)
		fail("rename", 0, (unsigned long)errno);
	expect("size of file", words * sizeof(value), (unsigned long)st.st_size);
	for (int i = 0; i < 20; i++) {
		at = random_below(words);
		lseek(fd, (off_t)(at * sizeof(value)), SEEK_SET);
		expect("read from file", sizeof(value),
		       (unsigned long)read(fd, &value, sizeof(value)));
		expect("word of file", at, value);
	}
	close(fd);
	if (unlink(other) < 0)
		fail("unlink", 0, (unsigned long)errno);
}

static void on_signal(int sig)
{
	signals++;
}

static void test_signal(void)
{
	struct sigaction sa = { .sa_flags = SA_RESTART };
	pid_t pid;

	sa.sa_handler = on_signal;
	sigaction(SIGUSR1, &sa, NULL);
	signals = 0;
	for (int i = 0; i < 10; i++)
		kill(getpid(), SIGUSR1);
	expect("signals to oneself", 10, (unsigned long)signals);
	pid = do_fork();
	if (pid == 0)
		for (;;)
			pause();
	kill(pid, random_below(2) ? SIGKILL : SIGTERM);
	while (waitpid(pid, NULL, 0) < 0)
		if (errno != EINTR)
			fail("waitpid", (unsigned long)pid, (unsigned long)errno);
}

static void test_float(void)
{
	double x = 1.0 + (double)random_below(1000) / 1000.0, y = x;
	pid_t pid = do_fork();

	/* The other process computes too: registers must not mix. */
	for (int i = 0; i < 20000; i++) {
		y = y * 1.0000001;
		y = y / 1.0000001;
	}
	if (y < x * 0.999999 || y > x * 1.000001)
		fail("floating point", (unsigned long)(x * 1e6), (unsigned long)(y * 1e6));
	if (pid == 0)
		_exit(0);
	reap(pid, 0);
}

static void test_exec(void)
{
	pid_t pid = do_fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "x=$((6*7)); exit $x", (char *)NULL);
		_exit(1);
	}
	reap(pid, 42 << 8);
}

static void test_poll(void)
{
	struct pollfd p[2];
	int a[2], b[2];
	char c = 'p';

	if (pipe(a) < 0 || pipe(b) < 0)
		fail("pipe", 0, (unsigned long)errno);
	p[0] = (struct pollfd){ .fd = a[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = b[0], .events = POLLIN };
	expect("poll of empty pipes", 0, (unsigned long)poll(p, 2, (int)random_below(5)));
	if (write(b[1], &c, 1) != 1)
		fail("write", 1, 0);
	expect("poll of one filled pipe", 1, (unsigned long)poll(p, 2, 1000));
	expect("events of the filled pipe", POLLIN, (unsigned long)p[1].revents & POLLIN);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

/* Two processes leave their ends of sockets and pipes at the same time. */
static void test_ends(void)
{
	int pairs[16][2];
	pid_t pid;

	for (int i = 0; i < 16; i++)
		if (i % 2 ? pipe(pairs[i]) : socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]))
			fail("a pair of ends", 0, (unsigned long)errno);
	pid = do_fork();
	for (int i = 0; i < 16; i++)
		close(pairs[i][pid == 0]);
	/* Both have one end of each; the other's close is in between somewhere. */
	for (int i = 0; i < 16; i++)
		close(pairs[i][pid != 0]);
	if (pid == 0)
		_exit(0);
	reap(pid, 0);
}

static const struct {
	const char	*name;
	void		(*run)(void);
} tests[] = {
	{ "memory", test_memory }, { "heap", test_heap }, { "pipe", test_pipe },
	{ "file", test_file }, { "signal", test_signal }, { "float", test_float },
	{ "exec", test_exec }, { "poll", test_poll }, { "ends", test_ends },
};

static unsigned long seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long)ts.tv_sec;
}

static void work(unsigned long until, int report)
{
	while (seconds_now() < until) {
		size_t i = random_below(sizeof(tests) / sizeof(tests[0]));

		doing = tests[i].name;
		if (verbose)
			fprintf(stderr, "stress: process %d: %s\n", (int)getpid(), doing);
		tests[i].run();
		operations++;
	}
	if (write(report, &operations, sizeof(operations)) != sizeof(operations))
		_exit(1);
	_exit(0);
}

int main(int argc, char **argv)
{
	unsigned long seconds = 5, processes = 4, total = 0, one, until;
	int option, fds[2], failed = 0, status;

	seed = 1;
	while ((option = getopt(argc, argv, "s:j:r:v")) != -1) {
		switch (option) {
		case 's':
			seconds = strtoul(optarg, NULL, 10);
			break;
		case 'j':
			processes = strtoul(optarg, NULL, 10);
			break;
		case 'r':
			seed = strtoul(optarg, NULL, 10);
			break;
		case 'v':
			verbose = 1;
			break;
		default:
			fprintf(stderr,
				"usage: stress [-s SECONDS] [-j PROCESSES] [-r SEED] [-v]\n");
			return 2;
		}
	}
	if (pipe(fds) < 0)
		fail("pipe", 0, (unsigned long)errno);
	until = seconds_now() + seconds;
	for (unsigned long i = 0; i < processes; i++) {
		seed += 0x9e3779b97f4a7c15ul;
		if (do_fork() == 0) {
			close(fds[0]);
			work(until, fds[1]);
		}
	}
	close(fds[1]);
	while (read(fds[0], &one, sizeof(one)) == (ssize_t)sizeof(one))
		total += one;
	while (wait(&status) > 0)
		if (status) {
			fprintf(stderr, "stress: a process ended with status %#x\n",
				(unsigned int)status);
			failed = 1;
		}
	if (failed)
		return 1;
	printf("stress: %lu operations, no error\n", total);
	return 0;
}
