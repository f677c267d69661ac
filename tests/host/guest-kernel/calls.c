// SPDX-License-Identifier: MIT
/*
 * One program for guest-kernel-native and guest-kernel-pv: what our kernel must do as Linux does. It is
 * linked statically with the system's C library and first passes on the machine that runs the tests, so a
 * check that fails in the guest is our kernel's fault. Prints TAP; with an argument, a prefix to names.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int count, bad;
static const char *prefix = "";

static void check(const char *name, long got, long wanted)
{
	count++;
	if (got != wanted) {
		bad++;
		printf("# got %ld, wanted %ld, errno %s\n", got, wanted, strerror(errno));
	}
	printf("%sok %d - %s%s\n", got == wanted ? "" : "not ", count, prefix, name);
	fflush(stdout);
}

static volatile sig_atomic_t seen, seen_count;

static void note(int sig)
{
	seen = sig;
	seen_count++;
}

static void on(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
}

static void fork_and_memory(void)
{
	char *private = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	memset(private, 'a', 1 << 20);
	pid = fork();
	if (!pid) {
		private[5000] = 'b';
		shared[4097] = 'c';
		_exit(private[5000] == 'b' && private[5001] == 'a' ? 7 : 1);
	}
	check("wait-pid", waitpid(pid, &status, 0), pid);
	check("exit-status", WIFEXITED(status) ? WEXITSTATUS(status) : -1, 7);
	check("copy-on-write", private[5000], 'a');
	check("shared-memory", shared[4097], 'c');
	check("wait-without-children", waitpid(-1, &status, 0) == -1 ? errno : 0, ECHILD);
	check("mremap-grows", (long)((private = mremap(private, 1 << 20, 4 << 20, MREMAP_MAYMOVE))[99999]), 'a');
	check("munmap", munmap(private + 8192, 4096), 0);
	check("around-a-hole", private[8191] + private[12288], 'a' + 'a');
	check("brk", (long)sbrk(1 << 20) != -1, 1);
}

static sigjmp_buf jump;

static void fault(int sig)
{
	siglongjmp(jump, sig);
}

static void protection(void)
{
	volatile char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int r;

	on(SIGSEGV, fault, 0);
	on(SIGILL, fault, 0);
	on(SIGFPE, fault, 0);
	*p = 1;
	mprotect((void *)p, 4096, PROT_READ);
	r = sigsetjmp(jump, 1);
	if (!r)
		*p = 2;
	check("write-to-read-only", r, SIGSEGV);
	mprotect((void *)p, 4096, PROT_NONE);
	r = sigsetjmp(jump, 1);
	if (!r)
		(void)*p;
	check("read-of-nothing", r, SIGSEGV);
	mprotect((void *)p, 4096, PROT_READ | PROT_WRITE);
	check("contents-survive-mprotect", *p, 1);
	r = sigsetjmp(jump, 1);
	if (!r)
		((void (*)(void))p)();
	check("no-execute", r, SIGSEGV);
	r = sigsetjmp(jump, 1);
	if (!r)
		__asm__ volatile("ud2");
	check("invalid-opcode", r, SIGILL);
	r = sigsetjmp(jump, 1);
	if (!r)
		__asm__ volatile("xor %%edx, %%edx; mov $1, %%eax; xor %%ecx, %%ecx; idiv %%ecx" ::: "eax", "ecx", "edx");
	check("divide-error", r, SIGFPE);
	r = sigsetjmp(jump, 1);
	if (!r)
		__asm__ volatile("cli");
	check("privileged-instruction", r, SIGSEGV);
	r = sigsetjmp(jump, 1);
	if (!r)
		(void)*(volatile char *)0xffffffff80100000;
	check("kernel-memory-read", r, SIGSEGV);
	check("bad-pointer-to-a-call", write(1, (void *)0xffffffff80100000, 4) == -1 ? errno : 0, EFAULT);
	check("unmapped-pointer-to-a-call", write(1, (void *)8, 4) == -1 ? errno : 0, EFAULT);
	signal(SIGSEGV, SIG_DFL);
	signal(SIGILL, SIG_DFL);
	signal(SIGFPE, SIG_DFL);
}

static void spoil_vectors(int sig)
{
	__asm__ volatile("pxor %%xmm5, %%xmm5; pxor %%xmm15, %%xmm15" ::: "xmm5", "xmm15");
	note(sig);
}

static void vector_registers(void)
{
	unsigned long in = 0x1122334455667788, out = 0, out15 = 0;
	int status, wrong = 0;

	on(SIGUSR1, spoil_vectors, 0);
	__asm__ volatile("movq %2, %%xmm5; movq %2, %%xmm15; mov $39, %%eax; syscall; mov %%eax, %%edi; mov $10, %%esi;"
			 "mov $62, %%eax; syscall; movq %%xmm5, %0; movq %%xmm15, %1"
			 : "=&r"(out), "=&r"(out15) : "r"(in) : "rax", "rcx", "rdi", "rsi", "r11", "xmm5", "xmm15", "memory");
	check("vectors-across-a-signal", out == in && out15 == in && seen == SIGUSR1, 1);
	/* Several processes, each with its own value, on however many CPUs. */
	for (int i = 0; i < 4; i++) {
		if (fork())
			continue;
		unsigned long mine = 0x0101010101010101ul * (i + 1), now;

		for (int k = 0; k < 300; k++) {
			__asm__ volatile("movq %1, %%xmm7; mov $24, %%eax; syscall; movq %%xmm7, %0"
					 : "=r"(now) : "r"(mine) : "rax", "rcx", "r11", "xmm7", "memory");
			if (now != mine)
				_exit(1);
		}
		_exit(0);
	}
	while (wait(&status) > 0)
		wrong |= status;
	check("vectors-across-switches", wrong, 0);
}

static void signals(void)
{
	struct itimerval tv = { { 0, 20000 }, { 0, 20000 } }, off = { 0 };
	sigset_t set, old;
	int fds[2], status;
	char c;
	pid_t pid;

	on(SIGALRM, note, 0);
	seen = 0;
	alarm(1);
	check("pause-is-interrupted", pause() == -1 ? errno : 0, EINTR);
	check("alarm", seen, SIGALRM);
	seen_count = 0;
	setitimer(ITIMER_REAL, &tv, NULL);
	while (seen_count < 3)
		pause();
	setitimer(ITIMER_REAL, &off, NULL);
	check("interval-timer", seen_count >= 3, 1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	on(SIGUSR2, note, 0);
	seen = 0;
	sigprocmask(SIG_BLOCK, &set, &old);
	raise(SIGUSR2);
	check("blocked", seen, 0);
	sigsuspend(&old);
	check("sigsuspend", seen, SIGUSR2);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, SIG_IGN);
	check("pipe", pipe(fds), 0);
	close(fds[0]);
	check("broken-pipe", write(fds[1], "x", 1) == -1 ? errno : 0, EPIPE);
	close(fds[1]);
	signal(SIGPIPE, SIG_DFL);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	kill(pid, SIGSTOP);
	check("stopped", waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) ? WSTOPSIG(status) : -1, SIGSTOP);
	kill(pid, SIGCONT);
	check("continued", waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status), 1);
	kill(pid, SIGTERM);
	check("killed", waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : -1, SIGTERM);
	/* A read that a signal interrupts goes on, if the handler says so. */
	pipe(fds);
	on(SIGALRM, note, SA_RESTART);
	pid = fork();
	if (!pid) {
		usleep(300000);
		write(fds[1], "z", 1);
		_exit(0);
	}
	seen = 0;
	tv.it_interval.tv_usec = 0;
	tv.it_value.tv_usec = 50000;
	setitimer(ITIMER_REAL, &tv, NULL);
	check("restarted-read", read(fds[0], &c, 1), 1);
	check("restarted-after-handler", seen, SIGALRM);
	waitpid(pid, &status, 0);
	close(fds[0]);
	close(fds[1]);
}

static void files(void)
{
	struct stat st;
	char buf[64], path[] = "/tmp/gkXXXXXX";
	int fd = mkstemp(path), other;
	char *m;

	check("create", fd >= 0, 1);
	check("write", write(fd, "hello world", 11), 11);
	check("pread", pread(fd, buf, 5, 6) == 5 && !memcmp(buf, "world", 5), 1);
	check("lseek-end", lseek(fd, 0, SEEK_END), 11);
	check("seek-past-end", lseek(fd, 10000, SEEK_SET), 10000);
	write(fd, "!", 1);
	check("hole", pread(fd, buf, 1, 5000) == 1 && !buf[0], 1);
	check("fstat-size", fstat(fd, &st) ? -1 : st.st_size, 10001);
	m = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	m[0] = 'J';
	check("shared-file-mapping", pread(fd, buf, 1, 0) == 1 ? buf[0] : -1, 'J');
	munmap(m, 12288);
	m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	m[1] = 'X';
	check("private-file-mapping", pread(fd, buf, 1, 1) == 1 ? buf[0] : -1, 'e');
	munmap(m, 4096);
	check("ftruncate", ftruncate(fd, 3) || fstat(fd, &st) ? -1 : st.st_size, 3);
	other = open(path, O_WRONLY | O_APPEND);
	write(other, "++", 2);
	check("append", pread(fd, buf, 64, 0) == 5 && !memcmp(buf, "Jel++", 5), 1);
	check("excl", open(path, O_CREAT | O_EXCL, 0600) == -1 ? errno : 0, EEXIST);
	unlink(path);
	check("unlinked-but-open", pread(fd, buf, 1, 0), 1);
	check("gone", open(path, O_RDONLY) == -1 ? errno : 0, ENOENT);
	close(fd);
	close(other);
	mkdir("/tmp/gkd", 0755);
	symlink("../gkd", "/tmp/gkd/l");
	check("symlink-loop", open("/tmp/gkd/l/l/l/x", O_RDONLY) == -1 ? errno : 0, ENOENT);
	check("rmdir-not-empty", rmdir("/tmp/gkd") == -1 ? errno : 0, ENOTEMPTY);
	unlink("/tmp/gkd/l");
	check("rmdir", rmdir("/tmp/gkd"), 0);
	check("not-a-directory", open("/dev/null/x", O_RDONLY) == -1 ? errno : 0, ENOTDIR);
}

static void streams(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct timeval tv = { 0, 30000 };
	struct pollfd pf;
	int sv[2], s, c, l, status;
	char buf[65536];
	fd_set set;
	long total = 0;
	ssize_t n;

	check("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	pf = (struct pollfd){ .fd = sv[0], .events = POLLIN };
	check("poll-times-out", poll(&pf, 1, 20), 0);
	write(sv[1], "ab", 2);
	check("poll-readable", poll(&pf, 1, 1000) == 1 && (pf.revents & POLLIN), 1);
	FD_ZERO(&set);
	FD_SET(sv[0], &set);
	check("select-readable", select(sv[0] + 1, &set, NULL, NULL, &tv), 1);
	check("read-both", read(sv[0], buf, 10), 2);
	close(sv[1]);
	check("end-of-stream", read(sv[0], buf, 10), 0);
	check("poll-hang-up", poll(&pf, 1, 1000) == 1 && (pf.revents & POLLHUP), 1);
	close(sv[0]);

	l = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/gk-%d", getpid());
	check("bind-listen", bind(l, (void *)&a, sizeof(a)) || listen(l, 4), 0);
	if (!fork()) {
		c = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(c, (void *)&a, sizeof(a)))
			_exit(1);
		memset(buf, 'q', sizeof(buf));
		for (int i = 0; i < 8; i++)
			if (write(c, buf, sizeof(buf)) != sizeof(buf))
				_exit(2);
		_exit(0);
	}
	s = accept(l, NULL, NULL);
	while ((n = read(s, buf, sizeof(buf))) > 0)
		total += n;
	wait(&status);
	check("socket-carries", status == 0 ? total : -1, 8 * 65536);
	close(s);
	close(l);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	check("nobody-listens", connect(c, (void *)&a, sizeof(a)) == -1 ? errno : 0, ECONNREFUSED);
	close(c);
	unlink(a.sun_path);
}

/* A session on a pseudo terminal: line editing, the interrupt key, the end of the terminal. */
static void terminal(void)
{
	char buf[256] = "";
	int master, status;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);
	size_t len = 0;
	ssize_t n;

	if (!pid) {
		char line[64];
		int k = read(0, line, sizeof(line));

		printf("<%.*s>\n", k - 1, line);
		fflush(stdout);
		pause();
		_exit(0);
	}
	usleep(100000);
	write(master, "abx\177c\n", 6);
	while (len < sizeof(buf) - 1 && !strstr(buf, "<abc>") && (n = read(master, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += n;
	check("terminal-edits-lines", strstr(buf, "<abc>") != NULL, 1);
	check("terminal-echoes", strstr(buf, "abx\b \bc\r\n") != NULL, 1);
	write(master, "\003", 1);
	check("interrupt-key", waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : -1, SIGINT);
	close(master);
	pid = forkpty(&master, NULL, NULL, NULL);
	if (!pid) {
		pause();
		_exit(0);
	}
	usleep(100000);
	close(master);
	check("hang-up", waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : -1, SIGHUP);
}

static void clocks(void)
{
	struct timespec a, b, nap = { 0, 50000000 };
	long ns;

	clock_gettime(CLOCK_MONOTONIC, &a);
	nanosleep(&nap, NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ns = (b.tv_sec - a.tv_sec) * 1000000000l + b.tv_nsec - a.tv_nsec;
	check("sleep-is-long-enough", ns >= 50000000, 1);
	check("date-is-plausible", time(NULL) > 1700000000, 1);
	for (int i = 0; i < 2000; i++) {
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &a);
		if (a.tv_sec * 1000000000l + a.tv_nsec < b.tv_sec * 1000000000l + b.tv_nsec) {
			check("time-runs-forward", i, -1);
			return;
		}
		b = a;
	}
	check("time-runs-forward", 0, 0);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		prefix = argv[1];
	signal(SIGHUP, SIG_DFL);
	fork_and_memory();
	protection();
	vector_registers();
	signals();
	files();
	streams();
	terminal();
	clocks();
	printf("1..%d\n", count);
	return bad != 0;
}
