/* SPDX-License-Identifier: MIT */
/*
 * From the kernel's initial stack to main(). Constructors run in the order of the linker's table;
 * exit() runs what atexit() registered and flushes stdio.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "syscall.h"

int main(int argc, char **argv, char **envp);
void __libc_start(long *sp) __attribute__((noreturn));

char *program_invocation_name = (char *)"?";
char *program_invocation_short_name = (char *)"?";

extern void (*__preinit_array_start[])(void) __attribute__((weak));
extern void (*__preinit_array_end[])(void) __attribute__((weak));
extern void (*__init_array_start[])(void) __attribute__((weak));
extern void (*__init_array_end[])(void) __attribute__((weak));

static void run_table(void (**from)(void), void (**to)(void))
{
	for (; from < to; from++)
		(*from)();
}

void __libc_start(long *sp)
{
	int argc = (int)sp[0];
	char **argv = (char **)(sp + 1);
	char *slash;

	environ = argv + argc + 1;
	if (argc > 0) {
		program_invocation_name = argv[0];
		slash = strrchr(argv[0], '/');
		program_invocation_short_name = slash ? slash + 1 : argv[0];
	}
	run_table(__preinit_array_start, __preinit_array_end);
	run_table(__init_array_start, __init_array_end);
	exit(main(argc, argv, environ));
}

void _exit(int status)
{
	for (;;)
		syscall3(SYS_exit_group, status, 0, 0);
}
