/* SPDX-License-Identifier: MIT */
/*
 * Issuing a system call: number in rax, arguments in rdi rsi rdx r10 r8 r9, result in rax, where
 * -4095..-1 is an error number; rcx and r11 are lost. __syscall_result() turns that into errno.
 */
#ifndef USER_LIBC_SYSCALL_H
#define USER_LIBC_SYSCALL_H

#include <sys/syscall.h>
#include <errno.h>

static inline long syscall6(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long syscall3(long n, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline long __syscall_result(long ret)
{
	if ((unsigned long)ret > -4096ul) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}

#define SC3(name, a, b, c) \
	__syscall_result(syscall3(SYS_##name, (long)(a), (long)(b), (long)(c)))
#define SC0(name) SC3(name, 0, 0, 0)
#define SC1(name, a) SC3(name, a, 0, 0)
#define SC2(name, a, b) SC3(name, a, b, 0)
#define SC6(name, a, b, c, d, e, f) \
	__syscall_result(syscall6(SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), \
				  (long)(e), (long)(f)))
#define SC4(name, a, b, c, d) SC6(name, a, b, c, d, 0, 0)
#define SC5(name, a, b, c, d, e) SC6(name, a, b, c, d, e, 0)

#endif
