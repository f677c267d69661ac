/* SPDX-License-Identifier: MIT */
/*
 * Running the tree. Each function leaves the exit status in sh.status and returns it. With RUN_EXIT
 * the process has nothing to do afterwards, so the last command replaces it instead of being
 * forked.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sh.h"
#include "../toolbox/toolbox.h"

struct function {
	char		*name;
	struct node	*body;
	struct function	*next;
};

static struct function *functions;

/* ---- functions ---- */

struct node *function_find(const char *name)
{
	for (struct function *f = functions; f; f = f->next)
		if (!strcmp(f->name, name))
			return f->body;
	return NULL;
}

const char *function_name(size_t i)
{
	struct function *f = functions;

	while (f && i--)
		f = f->next;
	return f ? f->name : NULL;
}

void function_unset(const char *name)
{
	for (struct function **f = &functions; *f; f = &(*f)->next)
		if (!strcmp((*f)->name, name)) {
			struct function *gone = *f;

			*f = gone->next;
			free(gone->name);
			free(gone);
			return;
		}
}

static void function_define(const char *name, struct node *body)
{
	struct function *f = sh_malloc(sizeof(*f));

	function_unset(name);
	f->name = sh_strdup(name);
	f->body = body;
	f->next = functions;
	functions = f;
}

int call_function(struct node *body, int argc, char **argv)
{
	int saved_argc = sh.argc, saved_loops = sh.loops;
	char **saved_argv = sh.argv;
	size_t scope = var_scope_enter();

	if (sh.functions >= 500) {
		sh_error("%s: functions call each other too deeply", argv[0]);
		sh.unwind = UNWIND_ABORT;
		return sh.status = 2;
	}
	sh.argc = argc - 1;
	sh.argv = argv;
	sh.loops = 0;
	sh.functions++;
	run(body, 0);
	sh.functions--;
	if (sh.unwind == UNWIND_RETURN)
		sh.unwind = UNWIND_NONE;
	sh.loops = saved_loops;
	sh.argc = saved_argc;
	sh.argv = saved_argv;
	var_scope_leave(scope);
	return sh.status;
}

/* ---- simple commands ---- */

/* The command's path by PATH, in scratch memory, or NULL. */
char *find_command(const char *name)
{
	const char *path = var_get("PATH"), *end;
	struct stat st;
	char *full;

	if (strchr(name, '/'))
		return scratch_strdup(name);
	if (!path)
		path = "/bin:/sbin:/usr/bin:/usr/sbin";
	for (;; path = end + 1) {
		size_t n;

		end = path + strcspn(path, ":");
		n = (size_t)(end - path);
		full = scratch_alloc(n + strlen(name) + 2);
		memcpy(full, path, n);
		if (n)
			full[n++] = '/';
		strcpy(full + n, name);
		if (stat(full, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111))
			return full;
		if (!*end)
			return NULL;
	}
}

/*
 * A utility of the same program needs no exec: the process becomes it by calling it. Only if that
 * is what PATH leads to.
 */
static const struct applet *internal_command(const char *name, const char *path)
{
	const struct applet *a = applet_find(name);
	char target[64];
	ssize_t n;

	if (!a || !(a->flags & APPLET_DIRECT))
		return NULL;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 7)
		return NULL;
	target[n] = '\0';
	return strcmp(target + n - 7, "toolbox") ? NULL : a;
}

/* In the process that becomes the command. */
static void __attribute__((noreturn)) exec_command(char **argv, int argc)
{
	char *path = find_command(argv[0]);
	const struct applet *a;

	fflush(stdout);
	if (!path) {
		sh_error("%s: not found", argv[0]);
		_exit(127);
	}
	environ = var_environment();
	a = internal_command(argv[0], path);
	if (a)
		exit(applet_run(a, argc, argv));
	execve(path, argv, environ);
	if (errno == ENOEXEC) {
		/* A script without "#!". */
		sh.name = path;
		sh.argc = argc - 1;
		sh.argv = argv;
		sh.status = 0;
		sh_run_file(path);
		sh_leave(sh.status);
	}
	sh_error("%s: %s", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void set_assignments(const struct word *w, bool export, bool temporary)
{
	for (; w && sh.unwind == UNWIND_NONE; w = w->next) {
		const char *equals = strchr(w->parts->text, '=');
		struct part first = *w->parts;
		struct word value = { .parts = &first };
		char *name = scratch_strdup(w->parts->text), *s;

		name[equals - w->parts->text] = '\0';
		first.text = (char *)equals + 1;
		s = expand_string(&value);
		if (temporary)
			var_local(name);
		if (!var_set(name, s))
			return;
		if (export)
			var_export(name, true);
		if (sh.opt_xtrace)
			fprintf(stderr, "+ %s=%s\n", name, s);
	}
}

static void trace(int argc, char **argv)
{
	fputc('+', stderr);
	for (int i = 0; i < argc; i++)
		fprintf(stderr, " %s", argv[i]);
	fputc('\n', stderr);
}

static int run_builtin(const struct builtin *b, const struct node *n, int argc, char **argv)
{
	struct saved_fd *saved = NULL;
	bool stays = !strcmp(b->name, "exec"), redirected;
	size_t scope = var_scope_enter();

	redirected = redirect_apply(n->redirects, stays ? NULL : &saved);
	if (redirected) {
		set_assignments(n->assigns, !b->special, !b->special);
		if (sh.unwind == UNWIND_NONE) {
			sh.status = b->fn(argc, argv);
			if (fflush(stdout) < 0)
				clearerr(stdout);
		}
	} else {
		sh.status = 2;
		if (b->special && !sh.interactive)
			sh.unwind = UNWIND_EXIT;
	}
	/* `local` in a function is left by the function, not by itself. */
	if (!b->special && n->assigns)
		var_scope_leave(scope);
	redirect_restore(saved);
	return sh.status;
}

static int run_function(struct node *body, const struct node *n, int argc, char **argv)
{
	struct saved_fd *saved = NULL;
	size_t scope = var_scope_enter();

	if (redirect_apply(n->redirects, &saved)) {
		set_assignments(n->assigns, true, true);
		if (sh.unwind == UNWIND_NONE)
			call_function(body, argc, argv);
	} else {
		sh.status = 1;
	}
	var_scope_leave(scope);
	redirect_restore(saved);
	return sh.status;
}

static int run_external(const struct node *n, int argc, char **argv, int flags)
{
	pid_t pid = flags & RUN_EXIT ? 0 : sh_fork();

	if (pid < 0)
		return sh.status;
	if (pid > 0)
		return sh.status = wait_for(pid);
	if (flags & RUN_EXIT)
		trap_clear_in_child(false);
	if (!redirect_apply(n->redirects, NULL))
		_exit(2);
	set_assignments(n->assigns, true, false);
	if (sh.unwind != UNWIND_NONE)
		_exit(sh.status);
	exec_command(argv, argc);
}

static int run_simple(struct node *n, int flags)
{
	size_t mark = scratch_mark();
	struct node *function;
	const struct builtin *b;
	int argc, before = sh.status;
	char **argv;

	sh.line = n->line;
	if (!n->words) {
		struct saved_fd *saved = NULL;

		sh.status = 0;		/* or that of the last command substitution */
		set_assignments(n->assigns, false, false);
		if (sh.unwind == UNWIND_NONE && n->redirects &&
		    !redirect_apply(n->redirects, &saved))
			sh.status = 1;
		redirect_restore(saved);
		scratch_release(mark);
		return sh.status;
	}
	argv = expand_words(n->words, &argc);
	if (sh.unwind != UNWIND_NONE) {
		scratch_release(mark);
		return sh.status;
	}
	if (argc == 0) {
		if (!n->assigns && sh.status == before)
			sh.status = 0;
		set_assignments(n->assigns, false, false);
	} else {
		if (sh.opt_xtrace)
			trace(argc, argv);
		b = builtin_find(argv[0]);
		function = b && b->special ? NULL : function_find(argv[0]);
		if (function)
			run_function(function, n, argc, argv);
		else if (b)
			run_builtin(b, n, argc, argv);
		else
			run_external(n, argc, argv, flags);
	}
	scratch_release(mark);
	return sh.status;
}

/* ---- compound commands ---- */

static int run_pipe(struct node *n)
{
	int in = -1, fds[2] = { -1, -1 }, worst = 0, last = 0;
	pid_t pids[32];
	size_t count = 0;

	for (struct node *m = n->a; m; m = m->next) {
		if (m->next && (count == 31 || pipe(fds) < 0)) {
			sh_error("pipe: %s", count == 31 ? "too many commands" : strerror(errno));
			sh.unwind = UNWIND_ABORT;
			break;
		}
		pids[count] = sh_fork();
		if (pids[count] == 0) {
			if (in >= 0) {
				dup2(in, 0);
				close(in);
			}
			if (m->next) {
				close(fds[0]);
				dup2(fds[1], 1);
				if (fds[1] != 1)
					close(fds[1]);
			}
			run(m, RUN_EXIT);
			sh_leave(sh.status);
		}
		if (in >= 0)
			close(in);
		if (m->next) {
			close(fds[1]);
			in = fds[0];
		}
		if (pids[count] < 0)
			break;
		count++;
	}
	for (size_t i = 0; i < count; i++) {
		last = wait_for(pids[i]);
		if (last)
			worst = last;
	}
	return sh.status = sh.opt_pipefail ? worst : last;
}

static int run_background(struct node *n)
{
	pid_t pid = sh_fork();

	if (pid < 0)
		return sh.status;
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);

		trap_clear_in_child(true);
		if (null > 0) {
			dup2(null, 0);
			close(null);
		}
		run(n->a, RUN_EXIT);
		sh_leave(sh.status);
	}
	job_add(pid, n->a);
	return sh.status = 0;
}

static int run_subshell(struct node *n, int flags)
{
	pid_t pid = flags & RUN_EXIT ? 0 : sh_fork();

	if (pid < 0)
		return sh.status;
	if (pid > 0)
		return sh.status = wait_for(pid);
	sh.subshell = true;
	run(n->a, RUN_EXIT);
	sh_leave(sh.status);
}

static int run_condition(struct node *n)
{
	sh.tested++;
	run(n, 0);
	sh.tested--;
	return sh.status;
}

/* After a loop's body: does the loop go on? */
static bool loop_goes_on(void)
{
	if (sh.unwind == UNWIND_BREAK || sh.unwind == UNWIND_CONTINUE) {
		bool again = sh.unwind == UNWIND_CONTINUE;

		if (--sh.unwind_levels > 0)
			return false;
		sh.unwind = UNWIND_NONE;
		return again;
	}
	return sh.unwind == UNWIND_NONE;
}

static int run_while(struct node *n)
{
	int status = 0;

	sh.loops++;
	for (;;) {
		int test = run_condition(n->a);

		if (!loop_goes_on() || (test == 0) != (n->kind == NODE_WHILE))
			break;
		status = run(n->b, 0);
		if (!loop_goes_on())
			break;
	}
	sh.loops--;
	if (sh.unwind == UNWIND_NONE)
		sh.status = status;
	return sh.status;
}

static int run_for(struct node *n)
{
	size_t mark = scratch_mark();
	int count = sh.argc, status = 0;
	char **list = sh.argv + 1;

	if (n->has_list)
		list = expand_words(n->words, &count);
	sh.loops++;
	for (int i = 0; i < count && sh.unwind == UNWIND_NONE; i++) {
		if (!var_set(n->name, list[i]))
			break;
		status = run(n->a, 0);
		if (!loop_goes_on())
			break;
	}
	sh.loops--;
	scratch_release(mark);
	if (sh.unwind == UNWIND_NONE)
		sh.status = status;
	return sh.status;
}

static int run_case(struct node *n, int flags)
{
	size_t mark = scratch_mark();
	char *subject = expand_string(n->words);

	for (struct case_item *item = n->cases; item && sh.unwind == UNWIND_NONE; item = item->next)
		for (struct word *w = item->patterns; w; w = w->next)
			if (!fnmatch(expand_pattern(w), subject, 0)) {
				scratch_release(mark);
				sh.status = 0;
				return item->body ? run(item->body, flags) : 0;
			}
	scratch_release(mark);
	if (sh.unwind == UNWIND_NONE)
		sh.status = 0;
	return sh.status;
}

static int run_kind(struct node *n, int flags)
{
	switch (n->kind) {
	case NODE_SIMPLE:
		return run_simple(n, flags);
	case NODE_PIPE:
		return run_pipe(n);
	case NODE_AND:
	case NODE_OR:
		run_condition(n->a);
		if (sh.unwind == UNWIND_NONE && (sh.status == 0) == (n->kind == NODE_AND))
			run(n->b, flags);
		return sh.status;
	case NODE_NOT:
		run_condition(n->a);
		if (sh.unwind == UNWIND_NONE)
			sh.status = !sh.status;
		return sh.status;
	case NODE_SEQUENCE:
		run(n->a, 0);
		return sh.unwind == UNWIND_NONE ? run(n->b, flags) : sh.status;
	case NODE_BACKGROUND:
		return run_background(n);
	case NODE_SUBSHELL:
		return run_subshell(n, flags);
	case NODE_GROUP:
		return run(n->a, flags);
	case NODE_IF: {
		struct node *branch;

		run_condition(n->a);
		if (sh.unwind != UNWIND_NONE)
			return sh.status;
		branch = sh.status == 0 ? n->b : n->c;
		if (branch)
			return run(branch, flags);
		return sh.status = 0;
	}
	case NODE_WHILE:
	case NODE_UNTIL:
		return run_while(n);
	case NODE_FOR:
		return run_for(n);
	case NODE_CASE:
		return run_case(n, flags);
	case NODE_FUNCTION:
		function_define(n->name, n->a);
		return sh.status = 0;
	}
	return sh.status;
}

int run(struct node *n, int flags)
{
	struct saved_fd *saved = NULL;
	size_t mark = scratch_mark();

	if (!n || sh.opt_noexec)
		return sh.status;
	if (sh.interrupted && sh.interactive && !sh.subshell) {
		fputc('\n', stderr);
		sh.unwind = UNWIND_ABORT;
		return sh.status = 130;
	}
	if (trap_has_exit())
		flags &= ~RUN_EXIT;
	if (n->redirects && n->kind != NODE_SIMPLE && n->kind != NODE_FUNCTION) {
		flags &= n->kind == NODE_SUBSHELL ? ~0 : ~RUN_EXIT;
		if (redirect_apply(n->redirects, &saved))
			run_kind(n, flags);
		else
			sh.status = 1;
		redirect_restore(saved);
	} else {
		run_kind(n, flags);
	}
	scratch_release(mark);
	if (sh.status && sh.opt_errexit && !sh.tested && sh.unwind == UNWIND_NONE &&
	    (n->kind == NODE_SIMPLE || n->kind == NODE_PIPE || n->kind == NODE_SUBSHELL))
		sh.unwind = UNWIND_EXIT;
	trap_run_pending();
	return sh.status;
}
