/* SPDX-License-Identifier: MIT */
/* Variables: one list in order of definition; those saved by `local` on a stack. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sh.h"

struct var {
	char		*name, *value;		/* value NULL: known (exported, say) but not set */
	bool		exported, readonly;
	struct var	*next;
};

struct saved_var {
	char	*name, *value;
	bool	exported;
};

static struct var *vars[64];
static struct saved_var *saved;
static size_t saved_count;

bool var_is_name(const char *s, size_t n)
{
	if (n == 0 || isdigit((unsigned char)s[0]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_')
			return false;
	return true;
}

static struct var **slot(const char *name)
{
	unsigned int hash = 0;
	struct var **v;

	for (const char *s = name; *s; s++)
		hash = hash * 31 + (unsigned char)*s;
	for (v = &vars[hash % 64]; *v && strcmp((*v)->name, name); v = &(*v)->next)
		;
	return v;
}

static struct var *make(const char *name)
{
	struct var **v = slot(name);

	if (!*v) {
		*v = sh_malloc(sizeof(**v));
		memset(*v, 0, sizeof(**v));
		(*v)->name = sh_strdup(name);
	}
	return *v;
}

const char *var_get(const char *name)
{
	struct var *v = *slot(name);

	return v ? v->value : NULL;
}

bool var_set(const char *name, const char *value)
{
	struct var *v = make(name);
	char *copy;

	if (v->readonly) {
		sh_error("%s: is read only", name);
		sh.status = 2;
		if (!sh.interactive)
			sh.unwind = UNWIND_EXIT;
		return false;
	}
	copy = value ? sh_strdup(value) : NULL;
	free(v->value);
	v->value = copy;
	if (sh.opt_allexport)
		v->exported = true;
	return true;
}

/* NAME=VALUE in one string. */
bool var_assign(const char *name_value)
{
	const char *equals = strchr(name_value, '=');
	char *name = sh_strdup(name_value);
	bool ok;

	name[equals - name_value] = '\0';
	ok = var_set(name, equals + 1);
	free(name);
	return ok;
}

void var_unset(const char *name)
{
	struct var **v = slot(name), *gone = *v;

	if (!gone)
		return;
	if (gone->readonly) {
		sh_error("%s: is read only", name);
		sh.status = 2;
		return;
	}
	*v = gone->next;
	free(gone->name);
	free(gone->value);
	free(gone);
}

void var_export(const char *name, bool on)
{
	make(name)->exported = on;
}

void var_readonly(const char *name)
{
	make(name)->readonly = true;
}

size_t var_scope_enter(void)
{
	return saved_count;
}

void var_local(const char *name)
{
	struct var *v = make(name);

	saved = sh_realloc(saved, (saved_count + 1) * sizeof(*saved));
	saved[saved_count].name = sh_strdup(name);
	saved[saved_count].value = v->value ? sh_strdup(v->value) : NULL;
	saved[saved_count++].exported = v->exported;
}

void var_scope_leave(size_t scope)
{
	while (saved_count > scope) {
		struct saved_var *s = &saved[--saved_count];
		struct var *v = make(s->name);

		free(v->value);
		v->value = s->value;
		v->exported = s->exported;
		free(s->name);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct var *const *)a)->name, (*(struct var *const *)b)->name);
}

static struct var **sorted(size_t *count)
{
	struct var **list;
	size_t n = 0;

	for (size_t i = 0; i < 64; i++)
		for (struct var *v = vars[i]; v; v = v->next)
			n++;
	list = scratch_alloc((n + 1) * sizeof(*list));
	n = 0;
	for (size_t i = 0; i < 64; i++)
		for (struct var *v = vars[i]; v; v = v->next)
			list[n++] = v;
	qsort(list, n, sizeof(*list), by_name);
	*count = n;
	return list;
}

static void print_quoted(const char *s)
{
	putchar('\'');
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*s);
	}
	putchar('\'');
}

void var_list(bool exported_only, bool readonly_only)
{
	size_t n;
	struct var **list = sorted(&n);

	for (size_t i = 0; i < n; i++) {
		if ((exported_only && !list[i]->exported) || (readonly_only && !list[i]->readonly))
			continue;
		if (!exported_only && !readonly_only && !list[i]->value)
			continue;
		printf("%s%s",
		       exported_only   ? "export "
		       : readonly_only ? "readonly "
				       : "",
		       list[i]->name);
		if (list[i]->value) {
			putchar('=');
			print_quoted(list[i]->value);
		}
		putchar('\n');
	}
}

char **var_environment(void)
{
	size_t n, count = 0;
	struct var **list = sorted(&n);
	char **env = scratch_alloc((n + 1) * sizeof(*env));

	for (size_t i = 0; i < n; i++) {
		size_t len;

		if (!list[i]->exported || !list[i]->value)
			continue;
		len = strlen(list[i]->name) + strlen(list[i]->value) + 2;
		env[count] = scratch_alloc(len);
		snprintf(env[count++], len, "%s=%s", list[i]->name, list[i]->value);
	}
	env[count] = NULL;
	return env;
}

void var_import(char **envp)
{
	for (; envp && *envp; envp++) {
		const char *equals = strchr(*envp, '=');

		if (equals && var_is_name(*envp, (size_t)(equals - *envp))) {
			char *name = sh_strdup(*envp);

			name[equals - *envp] = '\0';
			var_set(name, equals + 1);
			var_export(name, true);
			free(name);
		}
	}
}
