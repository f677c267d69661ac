/* SPDX-License-Identifier: MIT */
/* ISO C and POSIX signals. */
#ifndef USER_SIGNAL_H
#define USER_SIGNAL_H

#include <sys/signal.h>

typedef int sig_atomic_t;
typedef _sig_func_ptr sighandler_t;
typedef _sig_func_ptr sig_t;

#define SIG_DFL ((_sig_func_ptr)0)
#define SIG_IGN ((_sig_func_ptr)1)
#define SIG_ERR ((_sig_func_ptr)-1)

_sig_func_ptr signal(int sig, _sig_func_ptr handler);
int raise(int sig);
void psignal(int sig, const char *prefix);
int siginterrupt(int sig, int flag);
/* "TERM" or "SIGTERM" or "15" to the number, -1 if there is none; and back, NULL if none. */
int signal_number(const char *name);
const char *signal_name(int sig);

#endif
