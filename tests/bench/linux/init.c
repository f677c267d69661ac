/* SPDX-License-Identifier: MIT
 *
 * The first program of a Linux that is measured: how long the kernel took to come here, and what a few system
 * calls of every day cost. Prints the lines that tests/bench/machine.py reads, as the benchmark guest does.
 *
 * linux-boot is the time that the vCPU has run, which the hypervisor keeps (under -icount a nanosecond is an instruction); it
 * is asked for through /dev/xen/privcmd, whose module is loaded first, and the time of that is taken off.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HYPERVISOR_VCPU_OP 24
#define VCPU_GET_RUNSTATE 4
#define RUNNING 0
#define SAMPLES 48
#define WARM_UP 8

struct hypercall { uint64_t op, arg[5]; };
#define IOCTL_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct hypercall))

struct runstate { int state; uint64_t entered, time[4]; };

static uint64_t ticks[SAMPLES];

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void figure(const char *name, uint64_t value)
{
	printf("@op %s %lu %lu 1 1\n", name, value, value);
}

static void report(const char *name, const char *(*once)(uint64_t *ticks))
{
	for (int i = 0; i < SAMPLES + WARM_UP; i++) {
		uint64_t t = 0;
		const char *reason = once(&t);

		if (reason) {
			printf("@error %s %s\n", name, reason);
			return;
		}
		if (i >= WARM_UP)
			ticks[i - WARM_UP] = t;
	}
	qsort(ticks, SAMPLES, sizeof(ticks[0]), by_value);
	printf("@op %s %lu %lu %d 1\n", name, ticks[0], ticks[SAMPLES / 2], SAMPLES);
}

/* ---- how long it took to come here ---- */

static void boot_time(uint64_t here)
{
	struct runstate r;
	struct hypercall h = { HYPERVISOR_VCPU_OP, { VCPU_GET_RUNSTATE, 0, (uint64_t)&r } };
	int module = open("/xen-privcmd.ko", O_RDONLY), fd;
	uint64_t now;

	memset(&r, 0, sizeof(r));
	if (module < 0 || syscall(SYS_finit_module, module, "", 0) || (fd = open("/dev/xen/privcmd", O_RDWR)) < 0) {
		printf("@error linux-boot privcmd could not be opened\n");
		return;
	}
	if (ioctl(fd, IOCTL_HYPERCALL, &h)) {
		printf("@error linux-boot the run state could not be read\n");
		return;
	}
	now = rdtsc();
	if (r.state != RUNNING || r.time[RUNNING] < now - here)
		printf("@error linux-boot the run state makes no sense: %lu of %lu\n", r.time[RUNNING], now);
	else
		figure("linux-boot", r.time[RUNNING] - (now - here));
	close(fd);
	close(module);
}

/* ---- system calls ---- */

static const char *null_call(uint64_t *t)
{
	uint64_t start = rdtsc();
	long rc = syscall(SYS_getppid);

	*t = rdtsc() - start;
	return rc == 0 ? NULL : "getppid of the first program is not 0";
}

static const char *child(uint64_t *t, int exec)
{
	static char name[] = "init", leave[] = "leave";
	char *args[] = { name, leave, NULL };
	int status;
	uint64_t start = rdtsc();
	pid_t pid = fork();

	if (pid == 0) {
		if (exec)
			execv("/init", args);
		_exit(exec ? 1 : 7);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return "no child";
	*t = rdtsc() - start;
	return WIFEXITED(status) && WEXITSTATUS(status) == 7 ? NULL : "the child did not end as it should";
}

static const char *fork_exit(uint64_t *t) { return child(t, 0); }
static const char *fork_exec(uint64_t *t) { return child(t, 1); }

static int to_child[2], from_child[2];

static const char *pipe_switch(uint64_t *t)
{
	static char sent;
	char got;
	uint64_t start = rdtsc();

	sent++;
	if (write(to_child[1], &sent, 1) != 1 || read(from_child[0], &got, 1) != 1)
		return "the pipe is broken";
	*t = rdtsc() - start;
	return got == (char)(sent + 1) ? NULL : "another byte came back";
}

static void pipes(void)
{
	char c;
	pid_t pid;

	if (pipe(to_child) || pipe(from_child) || (pid = fork()) < 0) {
		printf("@error linux-pipe no pipes\n");
		return;
	}
	if (pid == 0) {
		while (read(to_child[0], &c, 1) == 1) {
			c++;
			if (write(from_child[1], &c, 1) != 1)
				break;
		}
		_exit(0);
	}
	report("linux-pipe", pipe_switch);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static const char *page_fault(uint64_t *t)
{
	static char *area;
	static unsigned int next;
	uint64_t start;

	if (!area)
		area = mmap(NULL, 4096 * 128, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED || next == 128)
		return "no memory";
	start = rdtsc();
	((volatile char *)area)[4096 * next] = 1;
	*t = rdtsc() - start;
	next++;
	return *t > 100 ? NULL : "the page was there already";
}

static const char *mmap_munmap(uint64_t *t)
{
	uint64_t start = rdtsc();
	char *p = mmap(NULL, 4096 * 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED || munmap(p, 4096 * 16))
		return "mmap or munmap failed";
	*t = rdtsc() - start;
	return NULL;
}

static const char *protect(uint64_t *t)
{
	static char *page;
	static int turn;
	uint64_t start;

	if (!page) {
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		*page = 1;
	}
	turn = !turn;
	start = rdtsc();
	if (mprotect(page, 4096, turn ? PROT_READ : PROT_READ | PROT_WRITE))
		return "mprotect failed";
	*t = rdtsc() - start;
	return NULL;
}

static volatile sig_atomic_t signals;
static void on_signal(int signo) { signals++; }

static const char *signal_self(uint64_t *t)
{
	int before = signals;
	uint64_t start;

	signal(SIGUSR1, on_signal);
	start = rdtsc();
	kill(getpid(), SIGUSR1);
	*t = rdtsc() - start;
	return signals == before + 1 ? NULL : "the signal did not come";
}

int main(int argc, char **argv)
{
	uint64_t here = rdtsc();

	if (argc > 1 && !strcmp(argv[1], "leave"))
		_exit(7);
	setvbuf(stdout, NULL, _IOLBF, 0);
	figure("reset-to-linux-init", here);
	if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL))
		perror("devtmpfs");
	boot_time(here);
	report("linux-null-call", null_call);
	report("linux-signal", signal_self);
	report("linux-page-fault", page_fault);
	report("linux-mmap-munmap-16", mmap_munmap);
	report("linux-mprotect", protect);
	pipes();
	report("linux-fork-exit", fork_exit);
	report("linux-fork-exec", fork_exec);
	printf("@end\n");
	for (;;)
		pause();
}
