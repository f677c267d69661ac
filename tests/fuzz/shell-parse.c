/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: the shell's lexer and parser, and its arithmetic. Text becomes trees, which are thrown
 * away.
 *
 * CFLAGS: -w -D_GNU_SOURCE
 * LINK: guest-kernel/user/sh/lex.c guest-kernel/user/sh/parse.c guest-kernel/user/sh/arith.c
 */
#include <stdarg.h>
#include <string.h>

#include "fuzz.h"
#include "guest-kernel/user/sh/memory.c"

struct shell sh;

void sh_error(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
}

const char *param_value(const char *name)
{
	return name[0] == 'a' ? "7" : NULL;
}

const char *var_get(const char *name)
{
	return param_value(name);
}

bool var_set(const char *name, const char *value)
{
	return true;
}

bool var_is_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(s[i] == '_' || (s[i] | 32) >= 'a' && (s[i] | 32) <= 'z' || i && s[i] >= '0' && s[i] <= '9'))
			return false;
	return n > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	const char *text = copy;
	size_t mark = scratch_mark();

	memcpy(copy, data, size);
	copy[size] = '\0';
	if (size && copy[0] == '(') {
		arith_evaluate(copy + 1);
		sh.unwind = UNWIND_NONE;
		text = NULL;
	}
	while (text) {
		struct arena *arena = arena_new();
		bool error;

		sh.arena = arena;
		parse_command(text, &text, NULL, &error);
		arena->keep = false;	/* what a function definition keeps for ever */
		arena_free(arena);
		MUST(!text || (text >= copy && text <= copy + size));
		if (error)
			break;
	}
	scratch_release(mark);
	free(copy);
	return 0;
}
