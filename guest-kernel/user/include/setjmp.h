/* SPDX-License-Identifier: MIT */
/* newlib's setjmp; signal masks are not saved. */
#ifndef USER_SETJMP_H
#define USER_SETJMP_H

#include_next <setjmp.h>

#ifndef sigsetjmp
typedef jmp_buf sigjmp_buf;
#define sigsetjmp(env, save) setjmp(env)
#define siglongjmp(env, value) longjmp(env, value)
#endif

#endif
