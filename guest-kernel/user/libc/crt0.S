/* SPDX-License-Identifier: MIT */
/*
 * Program entry. The kernel passes everything on the stack (argc, argv, envp, auxiliary vector) and
 * leaves the registers undefined; %rbp is cleared so that a backtrace ends here.
 */
	.section .text.start, "ax"
	.globl _start
	.type _start, @function
_start:
	xorl	%ebp, %ebp
	movq	%rsp, %rdi
	andq	$-16, %rsp
	call	__libc_start
	hlt
	.size _start, . - _start

/*
 * Where a signal handler returns to. The kernel takes its frame from the stack pointer.
 */
	.section .text.sigreturn, "ax"
	.globl __signal_return
	.type __signal_return, @function
__signal_return:
	movl	$15, %eax		/* SYS_rt_sigreturn */
	syscall
	hlt
	.size __signal_return, . - __signal_return

	.section .note.GNU-stack, "", @progbits
