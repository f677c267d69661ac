/* SPDX-License-Identifier: MIT */
/*
 * Signals of the shell itself, and `trap`. A handler only notes the signal; the commands run
 * between two commands of the script.
 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"

#define SIGNALS 32

static char *actions[SIGNALS];			/* [0] is EXIT */
static volatile sig_atomic_t pending[SIGNALS], any_pending;
static bool ignored_at_start[SIGNALS];

static void note(int sig)
{
	if (sig == SIGINT)
		sh.interrupted = 1;
	pending[sig] = 1;
	any_pending = 1;
}

static void catch(int sig, void (*handler)(int))
{
	struct sigaction sa = { .sa_flags = 0 };

	sa.sa_handler = handler;
	sigaction(sig, &sa, NULL);
}

/* How the shell treats a signal without a trap. */
static void (*default_action(int sig))(int)
{
	if (ignored_at_start[sig])
		return SIG_IGN;
	if (sh.interactive && !sh.subshell) {
		if (sig == SIGINT)
			return note;
		if (sig == SIGQUIT || sig == SIGTERM || sig == SIGTSTP || sig == SIGTTOU)
			return SIG_IGN;
	}
	return SIG_DFL;
}

void trap_init(void)
{
	for (int sig = 1; sig < SIGNALS; sig++) {
		struct sigaction sa;

		if (!sh.interactive &&
		    (sig == SIGHUP || sig == SIGINT || sig == SIGQUIT || sig == SIGTERM) &&
		    sigaction(sig, NULL, &sa) == 0)
			ignored_at_start[sig] = sa.sa_handler == SIG_IGN;
		if (default_action(sig) != SIG_DFL)
			catch(sig, default_action(sig));
	}
}

/* After fork: traps are forgotten; a background command does not listen to the keyboard. */
void trap_clear_in_child(bool background)
{
	for (int sig = 1; sig < SIGNALS; sig++) {
		bool ignore = actions[sig] && !actions[sig][0];

		pending[sig] = 0;
		if ((actions[sig] ||
		     (sh.interactive && (sig == SIGINT || sig == SIGQUIT || sig == SIGTERM ||
					 sig == SIGTSTP || sig == SIGTTOU))) &&
		    !ignore)
			catch(sig, ignored_at_start[sig] ? SIG_IGN : SIG_DFL);
		if (actions[sig] && !ignore) {
			free(actions[sig]);
			actions[sig] = NULL;
		}
	}
	free(actions[0]);
	actions[0] = NULL;
	any_pending = 0;
	sh.interrupted = 0;
	if (background) {
		catch(SIGINT, SIG_IGN);
		catch(SIGQUIT, SIG_IGN);
	}
}

void trap_run_pending(void)
{
	if (!any_pending)
		return;
	any_pending = 0;
	for (int sig = 1; sig < SIGNALS; sig++) {
		int status = sh.status;

		if (!pending[sig])
			continue;
		pending[sig] = 0;
		if (actions[sig] && actions[sig][0]) {
			if (sig == SIGINT)
				sh.interrupted = 0;
			sh_run_string(actions[sig], false);
			if (sh.unwind != UNWIND_EXIT)
				sh.status = status;
		}
	}
}

void trap_run_exit(void)
{
	char *action = actions[0];
	int status = sh.status;

	if (!action)
		return;
	actions[0] = NULL;
	sh.unwind = UNWIND_NONE;
	sh_run_string(action, false);
	if (sh.unwind != UNWIND_EXIT)
		sh.status = status;
	free(action);
}

static int signal_of(const char *name)
{
	if (!strcmp(name, "EXIT") || !strcmp(name, "0"))
		return 0;
	return signal_number(name);
}

int trap_builtin(int argc, char **argv)
{
	const char *action = argv[1];
	int first = 2, status = 0;

	if (argc == 1) {
		for (int sig = 0; sig < SIGNALS; sig++)
			if (actions[sig])
				printf("trap -- '%s' %s\n", actions[sig],
				       sig ? signal_name(sig) : "EXIT");
		return 0;
	}
	if (!strcmp(action, "--") && argc > 2)
		action = argv[first++];
	if (argc == first || isdigit((unsigned char)action[0])) {
		first--;		/* trap SIGNAL...: back to the default */
		action = "-";
	}
	for (int i = first; i < argc; i++) {
		int sig = signal_of(argv[i]);

		if (sig < 0 || sig >= SIGNALS) {
			sh_error("trap: %s: no such signal", argv[i]);
			status = 1;
			continue;
		}
		free(actions[sig]);
		actions[sig] = strcmp(action, "-") ? sh_strdup(action) : NULL;
		if (sig == 0 || ignored_at_start[sig])
			continue;
		catch(sig, !actions[sig] ? default_action(sig) : actions[sig][0] ? note : SIG_IGN);
	}
	return status;
}

bool trap_has_exit(void)
{
	return actions[0] != NULL;
}
