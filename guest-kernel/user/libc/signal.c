/* SPDX-License-Identifier: MIT */
/*
 * Signals. The kernel's sigaction has the mask last and needs to be told where a handler returns.
 */
#include <sys/wait.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "syscall.h"

#define SA_RESTORER 0x04000000ul

struct kernel_sigaction {
	void		*handler;
	unsigned long	flags;
	void		(*restorer)(void);
	unsigned long	mask;
};

void __signal_return(void);
struct _reent;
int _raise_r(struct _reent *r, int sig);
_sig_func_ptr _signal_r(struct _reent *r, int sig, _sig_func_ptr handler);

static const char *const names[] = {
	"0", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1",
	"SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN",
	"TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
};
static const char *const texts[] = {
	"Unknown signal", "Hangup", "Interrupt", "Quit", "Illegal instruction", "Trace trap",
	"Aborted", "Bus error", "Floating point exception", "Killed", "User signal 1",
	"Segmentation fault", "User signal 2", "Broken pipe", "Alarm clock", "Terminated",
	"Stack fault", "Child exited", "Continued", "Stopped (signal)", "Stopped",
	"Stopped (tty input)", "Stopped (tty output)", "Urgent I/O", "CPU time limit exceeded",
	"File size limit exceeded", "Virtual timer expired", "Profiling timer expired",
	"Window changed", "I/O possible", "Power failure", "Bad system call",
};
#define NAMES ((int)(sizeof(names) / sizeof(names[0])))

int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	struct kernel_sigaction new = { 0 }, was = { 0 };
	long ret;

	if (act) {
		new.handler = (void *)act->sa_handler;
		new.flags = (unsigned int)act->sa_flags | SA_RESTORER;
		new.restorer = __signal_return;
		new.mask = act->sa_mask;
	}
	ret = SC4(rt_sigaction, sig, act ? &new : NULL, old ? &was : NULL, 8);
	if (ret == 0 && old) {
		old->sa_handler = (_sig_func_ptr)was.handler;
		old->sa_flags = (int)(was.flags & ~SA_RESTORER);
		old->sa_mask = was.mask;
		old->sa_restorer = was.restorer;
	}
	return (int)ret;
}

_sig_func_ptr signal(int sig, _sig_func_ptr handler)
{
	struct sigaction sa = { .sa_flags = SA_RESTART }, old;

	sa.sa_handler = handler;
	return sigaction(sig, &sa, &old) < 0 ? SIG_ERR : old.sa_handler;
}

int siginterrupt(int sig, int flag)
{
	struct sigaction sa;

	if (sigaction(sig, NULL, &sa) < 0)
		return -1;
	sa.sa_flags = flag ? sa.sa_flags & ~SA_RESTART : sa.sa_flags | SA_RESTART;
	return sigaction(sig, &sa, NULL);
}

_sig_func_ptr _signal_r(struct _reent *r, int sig, _sig_func_ptr handler)
{
	return signal(sig, handler);
}

int kill(pid_t pid, int sig) { return (int)SC2(kill, pid, sig); }
int killpg(pid_t group, int sig) { return kill(-group, sig); }
int raise(int sig) { return kill(getpid(), sig); }
int _raise_r(struct _reent *r, int sig) { return raise(sig); }
int pause(void) { return (int)SC0(pause); }
int sigpending(sigset_t *set) { return (int)SC2(rt_sigpending, set, 8); }
int sigsuspend(const sigset_t *set) { return (int)SC2(rt_sigsuspend, set, 8); }
int sigaltstack(const stack_t *ss, stack_t *old) { return (int)SC2(sigaltstack, ss, old); }
int sigemptyset(sigset_t *set) { *set = 0; return 0; }
int sigfillset(sigset_t *set) { *set = ~0ul; return 0; }
int sigaddset(sigset_t *set, const int sig) { *set |= 1ul << (sig - 1); return 0; }
int sigdelset(sigset_t *set, const int sig) { *set &= ~(1ul << (sig - 1)); return 0; }
int sigismember(const sigset_t *set, int sig) { return (int)(*set >> (sig - 1) & 1); }

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)SC4(rt_sigprocmask, how, set, old, 8);
}

int sigwait(const sigset_t *set, int *sig)
{
	long ret = syscall6(SYS_rt_sigtimedwait, (long)set, 0, 0, 8, 0, 0);

	if (ret < 0)
		return (int)-ret;
	*sig = (int)ret;
	return 0;
}

const char *signal_name(int sig)
{
	return sig >= 0 && sig < NAMES ? names[sig] : NULL;
}

int signal_number(const char *name)
{
	char *end;
	long n = strtol(name, &end, 10);

	if (end != name && !*end)
		return n >= 0 && n < NSIG ? (int)n : -1;
	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	for (int i = 1; i < NAMES; i++)
		if (!strcasecmp(name, names[i]))
			return i;
	return -1;
}

char *strsignal(int sig)
{
	return (char *)(sig > 0 && sig < NAMES ? texts[sig] : texts[0]);
}

void psignal(int sig, const char *prefix)
{
	fprintf(stderr, "%s%s%s\n", prefix ? prefix : "", prefix && *prefix ? ": " : "",
		strsignal(sig));
}
