/* SPDX-License-Identifier: MIT */
/* Signals with the numbers and layouts of the system call interface. */
#ifndef USER_SYS_SIGNAL_H
#define USER_SYS_SIGNAL_H

#include <sys/cdefs.h>
#include <sys/features.h>
#include <sys/types.h>
#include <sys/_sigset.h>
#include <sys/_timespec.h>

#if !defined(_SIGSET_T_DECLARED)
#define _SIGSET_T_DECLARED
typedef __sigset_t sigset_t;
#endif

#define SIGHUP		1
#define SIGINT		2
#define SIGQUIT		3
#define SIGILL		4
#define SIGTRAP		5
#define SIGABRT		6
#define SIGIOT		6
#define SIGBUS		7
#define SIGFPE		8
#define SIGKILL		9
#define SIGUSR1		10
#define SIGSEGV		11
#define SIGUSR2		12
#define SIGPIPE		13
#define SIGALRM		14
#define SIGTERM		15
#define SIGSTKFLT	16
#define SIGCHLD		17
#define SIGCONT		18
#define SIGSTOP		19
#define SIGTSTP		20
#define SIGTTIN		21
#define SIGTTOU		22
#define SIGURG		23
#define SIGXCPU		24
#define SIGXFSZ		25
#define SIGVTALRM	26
#define SIGPROF		27
#define SIGWINCH	28
#define SIGIO		29
#define SIGPOLL		29
#define SIGPWR		30
#define SIGSYS		31
#define SIGRTMIN	34
#define SIGRTMAX	64
#define NSIG		65
#define _NSIG		65

#define SA_NOCLDSTOP	0x00000001
#define SA_NOCLDWAIT	0x00000002
#define SA_SIGINFO	0x00000004
#define SA_ONSTACK	0x08000000
#define SA_RESTART	0x10000000
#define SA_NODEFER	0x40000000
#define SA_RESETHAND	0x80000000

#define SIG_BLOCK	0
#define SIG_UNBLOCK	1
#define SIG_SETMASK	2

#define SI_USER		0
#define SI_KERNEL	0x80
#define SI_TIMER	(-2)
#define SEGV_MAPERR	1
#define SEGV_ACCERR	2

typedef void (*_sig_func_ptr)(int);

union sigval {
	int	sival_int;
	void	*sival_ptr;
};

typedef struct {
	int	si_signo;
	int	si_errno;
	int	si_code;
	int	__pad;
	union {
		struct {
			pid_t		_pid;
			uid_t		_uid;
			union sigval	_value;
		} _kill;
		struct {
			pid_t		_pid;
			uid_t		_uid;
			int		_status;
		} _chld;
		void	*_addr;
		char	_size[112];
	} _si;
} siginfo_t;
#define si_pid		_si._kill._pid
#define si_uid		_si._kill._uid
#define si_value	_si._kill._value
#define si_status	_si._chld._status
#define si_addr		_si._addr

struct sigaction {
	union {
		_sig_func_ptr	_handler;
		void		(*_sigaction)(int, siginfo_t *, void *);
	} _sa;
	sigset_t	sa_mask;
	int		sa_flags;
	void		(*sa_restorer)(void);
};
#define sa_handler	_sa._handler
#define sa_sigaction	_sa._sigaction

typedef struct sigaltstack {
	void	*ss_sp;
	int	ss_flags;
	size_t	ss_size;
} stack_t;
#define SS_ONSTACK	1
#define SS_DISABLE	2
#define MINSIGSTKSZ	2048
#define SIGSTKSZ	8192

struct sigevent {
	union sigval	sigev_value;
	int		sigev_signo;
	int		sigev_notify;
	char		__pad[48];
};
#define SIGEV_SIGNAL	0
#define SIGEV_NONE	1

int kill(pid_t pid, int sig);
int killpg(pid_t pgrp, int sig);
int sigaction(int sig, const struct sigaction *act, struct sigaction *old);
int sigprocmask(int how, const sigset_t *set, sigset_t *old);
int sigaddset(sigset_t *set, const int sig);
int sigdelset(sigset_t *set, const int sig);
int sigismember(const sigset_t *set, int sig);
int sigfillset(sigset_t *set);
int sigemptyset(sigset_t *set);
int sigpending(sigset_t *set);
int sigsuspend(const sigset_t *set);
int sigwait(const sigset_t *set, int *sig);
int sigaltstack(const stack_t *ss, stack_t *old);

#endif
