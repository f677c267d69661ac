/* SPDX-License-Identifier: MIT */
/*
 * Prints what the C library does, a section at a time; user-libc.sh compares the output of this
 * program built with our library and with the system's.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define SECTION(name) printf("### %s\n", name)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void errors(void)
{
	static const int numbers[] = { EPERM, ENOENT, EINTR, EAGAIN, ENOMEM, EEXIST, EINVAL, ENOTTY,
				       ENOSPC, EPIPE, ENAMETOOLONG, ENOSYS, ENOTEMPTY, ELOOP,
				       ENOTSOCK, EOPNOTSUPP, EADDRINUSE, ECONNREFUSED, ETIMEDOUT,
				       EINPROGRESS, EOVERFLOW, EILSEQ };

	SECTION("errors");
	for (size_t i = 0; i < COUNT(numbers); i++)
		printf("%d\n", numbers[i]);
	printf("%s %s %s\n", strerror(ENOENT), strerror(ENOSYS), strerror(EADDRINUSE));
	printf("%d", open("/nonexistent/x", O_RDONLY));
	printf(" %d\n", errno);
	printf("%d", rmdir("/"));
	printf(" %d\n", errno == EBUSY || errno == ENOTEMPTY);
	printf("%d", socket(77, 1, 0));
	printf(" %d\n", errno);
}

static void formats(void)
{
	char b[100];

	SECTION("formats");
	printf("%d %5d|%-5d|%05d %+d % d %x %#x %X %o %u %c %%\n", 1, 2, 3, 4, 5, 6, 255, 255, 255, 8, 7u, 'c');
	printf("%ld %lld %zu %zd %jd %hhd %hd %p\n", -1l, -2ll, (size_t)3, (ssize_t)-4, (intmax_t)5, 300, 70000,
	       (void *)0x1234);
	printf("%f %.2f %e %g %g %g %10.3f|%-10.1f|\n", 1.5, 2.345, 12345.678, 0.0001, 1e20, 100.0, 3.14159, 2.0);
	printf("%s %10s|%-10s|%.3s|%*s|%.*s\n", "str", "right", "left", "truncated", 6, "w", 2, "precision");
	printf("%d %s\n", snprintf(b, 5, "truncation"), b);
	printf("%lu %lx %ld\n", ULONG_MAX, ULONG_MAX, LONG_MIN);
	printf("%.17g %a\n", 0.1, 1.0);
}

static void numbers(void)
{
	static const char *const texts[] = { "0", "12", "-7", "0x1f", "010", " 5x", "x", "", "99999999999999999999",
					     "-99999999999999999999", "+3" };
	char *end;

	SECTION("numbers");
	for (size_t i = 0; i < COUNT(texts); i++) {
		errno = 0;
		printf("%ld", strtol(texts[i], &end, 0));
		printf(" %ld %d", (long)(end - texts[i]), errno);
		errno = 0;
		printf(" %lu %g\n", strtoul(texts[i], NULL, 10), strtod(texts[i], NULL));
	}
}

static void patterns(void)
{
	static const char *const p[] = { "*", "a*", "*.c", "a?c", "[abc]", "[!abc]", "[a-c]x", "a[]]b", "a\\*b", "[[:digit:]]*",
					 "*a*b*c*", "", "?", "[", "a[", ".*", "*/x", "[a-", "\\", "a**b" };
	static const char *const s[] = { "", "a", "abc", "x.c", "a*b", "aXb", "5x", "a]b", "xaybzc", ".hidden", "dir/x", "bx", "[", "a[",
					 "ab", "\\" };
	static const int flags[] = { 0, FNM_PATHNAME, FNM_PERIOD, FNM_NOESCAPE };

	SECTION("fnmatch");
	for (size_t i = 0; i < COUNT(p); i++)
		for (size_t f = 0; f < COUNT(flags); f++) {
			printf("%s %zu:", p[i], f);
			for (size_t k = 0; k < COUNT(s); k++)
				putchar(fnmatch(p[i], s[k], flags[f]) ? '-' : '+');
			putchar('\n');
		}
}

static void expressions(void)
{
	static const struct {
		const char	*pattern;
		int		flags;
	} e[] = {
		{ "a", 0 }, { "a*", 0 }, { "^a*$", 0 }, { "a\\{2,3\\}", 0 }, { "\\(ab\\)*c", 0 }, { "\\(a*\\)\\1", 0 },
		{ "[a-c]x", 0 }, { "[^a-c]", 0 }, { "a.c", 0 }, { "*a", 0 }, { "a\\.c", 0 }, { "[[:space:]]", 0 },
		{ "a+", REG_EXTENDED }, { "(a|ab)(c|bcd)", REG_EXTENDED }, { "(a|b)*c", REG_EXTENDED },
		{ "^(ab?)+$", REG_EXTENDED }, { "a{2}", REG_EXTENDED }, { "x|y|", REG_EXTENDED },
		{ "(a)(b)?(c)?", REG_EXTENDED }, { "ABC", REG_ICASE }, { "[A-C]+", REG_EXTENDED | REG_ICASE },
		{ "^b", REG_NEWLINE }, { "a$", REG_NEWLINE }, { "(", REG_EXTENDED }, { "[a", 0 }, { "a{1", REG_EXTENDED },
		{ "\\(", 0 }, { "a\\{2", 0 }, { "()", REG_EXTENDED }, { "(a*)*", REG_EXTENDED }, { "(a*)+b", REG_EXTENDED },
		{ "\\<b", 0 }, { "b\\>", 0 }, { "[]a]", 0 }, { "[^]a]", 0 }, { "a-b", 0 }, { "[a\\]", 0 },
	};
	static const char *const s[] = { "", "a", "aaa", "abc", "ababc", "xax", "a.c", "*a", "a b", "abcd", "aab", "xyz", "ABC", "a\nb",
					 "aabaab", "]", "a-b", "\\" };

	SECTION("regex");
	for (size_t i = 0; i < COUNT(e); i++) {
		regex_t re;
		int bad = regcomp(&re, e[i].pattern, e[i].flags);

		printf("%s %d:", e[i].pattern, bad != 0);
		for (size_t k = 0; !bad && k < COUNT(s); k++) {
			regmatch_t m[2];

			if (regexec(&re, s[k], 2, m, 0))
				printf(" -");
			else
				printf(" %d,%d", (int)m[0].rm_so, (int)m[0].rm_eo);
		}
		if (!bad)
			regfree(&re);
		putchar('\n');
	}
}

static void paths(void)
{
	static const char *const p[] = { "/a/b", "a", "/", "a/", "/a", "", ".", "a//b//" };
	char b[64], resolved[PATH_MAX];
	glob_t g;

	SECTION("paths");
	for (size_t i = 0; i < COUNT(p); i++) {
		strcpy(b, p[i]);
		printf("%s", dirname(b));
		strcpy(b, p[i]);
		printf(" %s\n", p[i][0] ? basename(b) : "");
	}
	puts(realpath("/usr/../etc/./passwd", resolved) ? resolved : "none");
	puts(realpath("/nonexistent/x", resolved) ? resolved : "none");
	printf("%d", glob("/etc/host?", 0, NULL, &g));
	for (size_t i = 0; i < g.gl_pathc; i++)
		printf(" %s", g.gl_pathv[i]);
	putchar('\n');
	globfree(&g);
	printf("%d\n", glob("/none*", 0, NULL, &g));
}

static void times(void)
{
	static const time_t t[] = { 0, 86399, 951782400, 1078012800, 4102444800, -1 };
	struct tm tm;
	char b[64];

	SECTION("time");
	for (size_t i = 0; i < COUNT(t); i++) {
		gmtime_r(&t[i], &tm);
		strftime(b, sizeof(b), "%Y-%m-%d %H:%M:%S %a %j", &tm);
		printf("%s %ld\n", b, (long)timegm(&tm));
	}
	printf("%d %d\n", CLOCK_REALTIME, CLOCK_MONOTONIC);
}

static void files(void)
{
	char name[] = "/tmp/libcXXXXXX", *line = NULL;
	struct stat st;
	size_t size = 0;
	ssize_t n;
	FILE *f;
	int fd = mkstemp(name);

	SECTION("files");
	printf("%d %d\n", fd >= 0, (int)write(fd, "one\ntwo\n", 8));
	close(fd);
	f = fopen(name, "a+");
	fputs("three", f);
	rewind(f);
	while ((n = getline(&line, &size, f)) > 0)
		printf("%d %s|", (int)n, line);
	fclose(f);
	f = fopen(name, "r+");
	fseek(f, 4, SEEK_SET);
	fputs("TWO", f);
	fflush(f);
	fseek(f, 0, SEEK_END);
	printf("%ld\n", ftell(f));
	fclose(f);
	printf("%d", fopen(name, "wx") == NULL);
	printf(" %d\n", errno);
	stat(name, &st);
	printf("%o %ld %d %lu\n", (unsigned int)st.st_mode, (long)st.st_size, S_ISREG(st.st_mode), (unsigned long)st.st_nlink);
	fd = open(name, O_WRONLY | O_APPEND | O_CLOEXEC);
	printf("%d %d\n", fcntl(fd, F_GETFD), (fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND));
	close(fd);
	printf("%d", truncate(name, 3));
	printf(" %d\n", access(name, R_OK));
	stat(name, &st);
	printf("%ld\n", (long)st.st_size);
	printf("%d", unlink(name));
	printf(" %d\n", access(name, F_OK));
	free(line);
}

static volatile sig_atomic_t got_signal, got_pid;
static sigjmp_buf jump;

static void on_info(int sig, siginfo_t *info, void *context)
{
	got_signal = sig;
	got_pid = info->si_pid;
}

static void on_fault(int sig)
{
	siglongjmp(jump, sig);
}

static void signals(void)
{
	struct sigaction sa, old;
	sigset_t set, was;

	SECTION("signals");
	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = on_info;
	sa.sa_flags = SA_SIGINFO | SA_RESTART;
	sigaction(SIGUSR1, &sa, NULL);
	kill(getpid(), SIGUSR1);
	printf("%d %d\n", got_signal, got_pid == getpid());
	sigaction(SIGUSR1, NULL, &old);
	printf("%d %d\n", old.sa_sigaction == on_info, (old.sa_flags & (SA_SIGINFO | SA_RESTART | SA_NODEFER)) == (SA_SIGINFO | SA_RESTART));
	got_signal = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &was);
	raise(SIGUSR1);
	printf("%d ", got_signal);
	sigpending(&set);
	printf("%d ", sigismember(&set, SIGUSR1));
	sigprocmask(SIG_SETMASK, &was, NULL);
	printf("%d\n", got_signal);
	sa.sa_handler = on_fault;
	sa.sa_flags = SA_NODEFER;
	sigaction(SIGSEGV, &sa, NULL);
	if (sigsetjmp(jump, 1) == 0) {
		*(volatile int *)8 = 1;
		puts("not reached");
	} else {
		puts("caught");
	}
	printf("%s %s\n", strsignal(SIGTERM), strsignal(SIGKILL));
	printf("%d %d %d %d %d\n", SIGCHLD, SIGSTOP, SIGWINCH, SIGPIPE, SIGBUS);
}

static void processes(void)
{
	int status, fds[2];
	char b[100];
	pid_t pid;
	FILE *f;

	SECTION("processes");
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(42);
	waitpid(pid, &status, 0);
	printf("%d %d\n", WIFEXITED(status), WEXITSTATUS(status));
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		signal(SIGTERM, SIG_DFL);
		for (;;)
			pause();
	}
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	printf("%d %d\n", WIFSIGNALED(status), WTERMSIG(status));
	printf("%d\n", WEXITSTATUS(system("exit 3")));
	f = popen("echo from; exit 5", "r");
	fgets(b, sizeof(b), f);
	status = pclose(f);
	printf("%s%d\n", b, WEXITSTATUS(status));
	fflush(stdout);
	f = popen("cat", "w");
	fputs("through cat\n", f);
	printf("%d\n", pclose(f));
	pipe(fds);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], 1);
		setenv("LIBC_TEST", "value", 1);
		execlp("sh", "sh", "-c", "echo $LIBC_TEST \"$0\" \"$@\"", "zero", "one", "two words", (char *)NULL);
		_exit(1);
	}
	close(fds[1]);
	b[read(fds[0], b, sizeof(b) - 1)] = '\0';
	waitpid(pid, &status, 0);
	printf("%s", b);
	printf("%d", execlp("nonexistent-program", "x", (char *)NULL));
	printf(" %d\n", errno);
	printf("%d", (int)waitpid(-1, &status, WNOHANG));
	printf(" %d\n", errno);
}

static void talking(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct pollfd p[2];
	int fds[2], s, c, d;
	char b[20];

	SECTION("sockets");
	socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
	p[0] = (struct pollfd){ .fd = fds[0], .events = POLLIN | POLLOUT };
	p[1] = (struct pollfd){ .fd = fds[1], .events = POLLIN };
	printf("%d", poll(p, 2, 0));
	printf(" %d %d\n", p[0].revents, p[1].revents);
	send(fds[0], "hello", 5, MSG_NOSIGNAL);
	printf("%d", poll(p, 2, 1000));
	printf(" %d\n", p[1].revents);
	printf("%d\n", (int)recv(fds[1], b, sizeof(b), 0));
	close(fds[0]);
	printf("%d", poll(p + 1, 1, 1000));
	printf(" %d\n", p[1].revents & (POLLIN | POLLHUP));
	printf("%d\n", (int)read(fds[1], b, sizeof(b)));
	signal(SIGPIPE, SIG_IGN);
	printf("%d ", (int)write(fds[1], "x", 1));
	printf("%d\n", errno);
	snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/libc-socket.%d", (int)getpid());
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	printf("%d", bind(s, (struct sockaddr *)&a, sizeof(a)));
	printf(" %d\n", listen(s, 5));
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	printf("%d\n", connect(c, (struct sockaddr *)&a, sizeof(a)));
	d = accept(s, NULL, NULL);
	printf("%d\n", (int)write(c, "abc", 3));
	printf("%d\n", (int)read(d, b, sizeof(b)));
	unlink(a.sun_path);
	printf("%d ", connect(c, (struct sockaddr *)&a, sizeof(a)));
	printf("%d\n", errno);
}

static void terminals(void)
{
	struct winsize w = { .ws_row = 30, .ws_col = 100 }, v;
	struct termios t;
	int master, slave;
	char b[20];

	SECTION("terminals");
	printf("%d\n", openpty(&master, &slave, NULL, NULL, &w));
	ioctl(slave, TIOCGWINSZ, &v);
	printf("%d %d %d %d\n", isatty(slave), isatty(0) < 2, v.ws_row, v.ws_col);
	tcgetattr(slave, &t);
	printf("%d %d\n", (t.c_lflag & ICANON) != 0, (t.c_lflag & ECHO) != 0);
	cfmakeraw(&t);
	tcsetattr(slave, TCSANOW, &t);
	write(master, "\003q", 2);
	printf("%d", (int)read(slave, b, sizeof(b)));
	printf(" %d\n", b[0]);
	write(slave, "a\n", 2);
	printf("%d\n", (int)read(master, b, sizeof(b)));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void memory(void)
{
	char *words[] = { (char *)"pear", (char *)"apple", (char *)"fig" }, *p, *q;
	void *aligned;
	int fd;

	SECTION("memory");
	qsort(words, 3, sizeof(*words), by_name);
	printf("%s %s %s\n", words[0], words[1], words[2]);
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	printf("%d ", p != MAP_FAILED);
	fflush(stdout);
	if (fork() == 0) {
		p[100] = 'S';
		_exit(0);
	}
	wait(NULL);
	printf("%c", p[100]);
	printf(" %d\n", munmap(p, 8192));
	fd = open("/etc/passwd", O_RDONLY);
	p = mmap(NULL, 100, PROT_READ, MAP_PRIVATE, fd, 0);
	printf("%.5s\n", p);
	p = malloc(1000000);
	memset(p, 7, 1000000);
	q = realloc(p, 2000000);
	printf("%d %d\n", q[999999], posix_memalign(&aligned, 4096, 100) || (unsigned long)aligned % 4096);
	free(q);
	free(aligned);
	printf("%d %d\n", strcasecmp("ABC", "abc"), strncasecmp("ABx", "aby", 2));
}

static void system_names(void)
{
	struct utsname u;
	struct statvfs v;
	struct rlimit l;
	struct rusage r;

	SECTION("system");
	uname(&u);
	printf("%s %s %s\n", u.sysname, u.machine, u.release);
	printf("%d", statvfs("/", &v));
	printf(" %d\n", v.f_bsize > 0);
	printf("%d %d\n", getrlimit(RLIMIT_NOFILE, &l), getrusage(RUSAGE_SELF, &r));
	printf("%ld %ld %d\n", sysconf(_SC_PAGESIZE), sysconf(_SC_CLK_TCK), sysconf(_SC_NPROCESSORS_ONLN) > 0);
	printf("%d %d\n", PATH_MAX, (int)sizeof(struct stat));
	printf("%d\n", (int)sizeof(struct sockaddr_un));
}

int main(void)
{
	errors();
	formats();
	numbers();
	patterns();
	expressions();
	paths();
	times();
	files();
	signals();
	processes();
	talking();
	terminals();
	memory();
	system_names();
	return 0;
}
