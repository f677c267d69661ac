/* SPDX-License-Identifier: MIT */
/*
 * The shell. Text becomes a tree (lex.c, parse.c), words of the tree become arguments (expand.c,
 * arith.c), the tree is run (run.c, job.c) with variables (var.c), redirections (redirect.c) and
 * commands of the shell's own (builtin*.c). On a terminal, lines come from an editor (edit.c).
 *
 * Nothing unwinds by longjmp: whatever ends a command early (break, return, exit, an interrupt, an
 * expansion error) sets sh.unwind, and every loop of run.c looks at it.
 *
 * Memory: trees are allocated from an arena that is freed with the command line they came from,
 * unless it defined a function; results of expansion come from a scratch stack that each command
 * releases when it is done.
 */
#ifndef USER_SH_H
#define USER_SH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum part_kind { PART_TEXT, PART_PARAM, PART_COMMAND, PART_ARITH };

/* A piece of a word. */
struct part {
	enum part_kind	kind;
	bool		quoted;
	bool		colon;		/* PARAM: the operator had a colon: empty counts as unset */
	char		op;		/* PARAM: 0 - = ? + # % L (length); upper: 'H' ##, 'P' %% */
	char		*text;		/* TEXT: the text; PARAM: the name */
	struct word	*arg;		/* PARAM: the operator's word; ARITH: the expression */
	struct node	*command;
	struct part	*next;
};

struct word {
	struct part	*parts;
	struct word	*next;
};

enum redirect_op { RD_IN, RD_OUT, RD_APPEND, RD_RDWR, RD_DUP, RD_HERE };

struct redirect {
	enum redirect_op op;
	int		fd;
	struct word	*target;
	struct redirect	*next;
};

enum node_kind {
	NODE_SIMPLE, NODE_PIPE, NODE_AND, NODE_OR, NODE_SEQUENCE, NODE_BACKGROUND, NODE_NOT,
	NODE_SUBSHELL, NODE_GROUP, NODE_IF, NODE_WHILE, NODE_UNTIL, NODE_FOR, NODE_CASE,
	NODE_FUNCTION,
};

struct case_item {
	struct word	*patterns;
	struct node	*body;
	struct case_item *next;
};

struct node {
	enum node_kind	kind;
	int		line;
	struct word	*assigns;	/* SIMPLE: leading NAME=VALUE words */
	struct word	*words;		/* SIMPLE: the command; FOR: the list; CASE: the subject */
	struct redirect	*redirects;
	char		*name;		/* FOR, FUNCTION */
	bool		has_list;	/* FOR: "in" was given */
	struct node	*a, *b, *c;	/* operands; IF: condition, then, else */
	struct case_item *cases;
	struct node	*next;		/* PIPE: the next member */
};

enum unwind {
	UNWIND_NONE,
	UNWIND_BREAK,
	UNWIND_CONTINUE,
	UNWIND_RETURN,
	UNWIND_ABORT,
	UNWIND_EXIT
};

struct shell {
	const char	*name;		/* $0 */
	int		argc;		/* positional parameters: argv[1..argc] */
	char		**argv;
	int		status;		/* $? */
	pid_t		pid, last_background;
	bool		interactive, subshell, login;
	bool		opt_errexit, opt_nounset, opt_xtrace, opt_noglob, opt_noexec, opt_pipefail,
			opt_allexport, opt_verbose;
	enum unwind	unwind;
	int		unwind_levels;	/* of break and continue */
	int		loops, functions;
	int		tested;		/* depth of conditions, where set -e does not act */
	int		line;
	volatile int	interrupted;
	struct arena	*arena;
};
extern struct shell sh;

/* main.c */
void sh_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
int sh_main(int argc, char **argv);
int sh_run_string(const char *text, bool last);
int sh_run_file(const char *path);
char *sh_next_line(bool continuation);		/* of the main input; NULL at its end */
void sh_leave(int status) __attribute__((noreturn));

/* memory.c */
struct arena *arena_new(void);
void arena_keep(struct arena *a);
void arena_free(struct arena *a);
void *arena_alloc(struct arena *a, size_t size);
char *arena_strndup(struct arena *a, const char *s, size_t n);
void *scratch_alloc(size_t size);
char *scratch_strdup(const char *s);
size_t scratch_mark(void);
void scratch_release(size_t mark);
void *sh_malloc(size_t size);
void *sh_realloc(void *p, size_t size);
char *sh_strdup(const char *s);

struct text {			/* a growing string */
	char	*s;
	size_t	n, room;
};
void text_add(struct text *t, char c);
void text_add_string(struct text *t, const char *s);
char *text_get(struct text *t);		/* terminated; stays the text's */
void text_free(struct text *t);

/* parse.c */
struct node *parse_command(const char *text, const char **rest, char *(*more)(bool continuation),
			   bool *error);

/* expand.c */
char **expand_words(const struct word *words, int *count);
char *expand_string(const struct word *w);		/* one string, no splitting */
char *expand_pattern(const struct word *w);		/* with quoted characters escaped */
const char *param_value(const char *name);

/* arith.c */
long arith_evaluate(const char *expression);

/* var.c */
const char *var_get(const char *name);
bool var_set(const char *name, const char *value);
bool var_assign(const char *name_value);
void var_unset(const char *name);
void var_export(const char *name, bool on);
void var_readonly(const char *name);
void var_local(const char *name);
size_t var_scope_enter(void);
void var_scope_leave(size_t scope);
void var_list(bool exported_only, bool readonly_only);
char **var_environment(void);
void var_import(char **envp);
bool var_is_name(const char *s, size_t n);

/* run.c */
enum { RUN_EXIT = 1 };
int run(struct node *n, int flags);
struct node *function_find(const char *name);
void function_unset(const char *name);
const char *function_name(size_t i);
char *find_command(const char *name);
int call_function(struct node *body, int argc, char **argv);

/* job.c */
pid_t sh_fork(void);
int wait_for(pid_t pid);
void job_add(pid_t pid, const struct node *n);
int wait_jobs(void);
int wait_job(pid_t pid);
void reap_jobs(bool report);
void list_jobs(void);
pid_t job_pid(const char *spec);

/* redirect.c */
struct saved_fd {
	int		fd, copy;
	struct saved_fd	*next;
};
bool redirect_apply(const struct redirect *r, struct saved_fd **saved);
void redirect_restore(struct saved_fd *saved);

/* builtin.c */
typedef int (*builtin_fn)(int argc, char **argv);
struct builtin {
	const char	*name;
	builtin_fn	fn;
	bool		special;	/* assignments before it stay */
	const char	*usage, *help;
};
const struct builtin *builtin_find(const char *name);
const struct builtin *builtin_at(size_t i);

/* builtin_param.c */
/* "-ex", "+e", "-o NAME": returns how many arguments were options, -1 after an error. */
int sh_options(int argc, char **argv);

/* trap.c */
void trap_init(void);
void trap_run_pending(void);
void trap_run_exit(void);
void trap_clear_in_child(bool background);
bool trap_has_exit(void);
int trap_builtin(int argc, char **argv);

/* edit.c */
char *edit_line(const char *prompt);
void edit_list_history(void);
void edit_add_history(const char *line);

#endif
