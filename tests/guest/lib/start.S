/* SPDX-License-Identifier: MIT
 *
 * A test guest's first instructions, its Xen notes, and its entry points for
 * traps, events and SYSCALL.
 *
 * In: RSI = start_info (virtual), RSP = the builder's stack.
 */
#include <pv-abi/elfnote.h>
#include <pv-abi/hypercall-numbers.h>

	.macro NOTE type, width, value
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 4, 9f - 8f, \type
	.asciz "Xen"
8:	\width \value
9:	.balign 4
	.popsection
	.endm

	.macro NOTE_TEXT type, value
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 4, 9f - 8f, \type
	.asciz "Xen"
8:	.asciz "\value"
9:	.balign 4
	.popsection
	.endm

	NOTE_TEXT XEN_ELFNOTE_GUEST_OS, "paravane-test"
	NOTE_TEXT XEN_ELFNOTE_GUEST_VERSION, "1"
	NOTE_TEXT XEN_ELFNOTE_XEN_VERSION, "xen-3.0"
	NOTE_TEXT XEN_ELFNOTE_LOADER, "generic"
	NOTE_TEXT XEN_ELFNOTE_PAE_MODE, "yes"
	NOTE XEN_ELFNOTE_VIRT_BASE, .quad, 0xffffffff80000000
	NOTE XEN_ELFNOTE_PADDR_OFFSET, .quad, 0
	NOTE XEN_ELFNOTE_ENTRY, .quad, start
	NOTE XEN_ELFNOTE_HYPERCALL_PAGE, .quad, hypercall_page
	NOTE_TEXT XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb"

	.text
	.globl start
start:
	cld
	leaq boot_stack_top(%rip), %rsp
	movq %rsi, %rdi
	xorl %ebp, %ebp
	call lib_start
	ud2

	/* A second domain: RSI = start_info, RDI = struct domu_channel *. */
	.globl start_domu
start_domu:
	cld
	leaq boot_stack_top(%rip), %rsp
	xchgq %rsi, %rdi
	xorl %ebp, %ebp
	call lib_start_domu
	ud2

	/* A second vCPU: RSI = struct cpu_start *. */
	.globl start_secondary
start_secondary:
	movq %rsi, %rdi
	xorl %ebp, %ebp
	call lib_start_secondary
	ud2

	.macro SAVE
	pushq %rdi
	pushq %rsi
	pushq %rdx
	pushq %rcx
	pushq %rax
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	.endm

	.macro RESTORE
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rax
	popq %rcx
	popq %rdx
	popq %rsi
	popq %rdi
	.endm

	/*
	 * On entry: rcx, r11, (error code), rip, cs, rflags, rsp, ss. After popping the
	 * two and pushing what is missing, the frame is struct regs of testlib.h.
	 */
	.macro TRAP vec, error
	.balign 16
trap_\vec:
	popq %rcx
	popq %r11
	.if \error == 0
	pushq $0
	.endif
	pushq $\vec
	jmp trap_common
	.endm

	.set v, 0
	.rept 32
	.altmacro
	.macro T n
	.if \n == 8 || (\n >= 10 && \n <= 14) || \n == 17 || \n == 21
	TRAP \n, 1
	.else
	TRAP \n, 0
	.endif
	.endm
	T %v
	.purgem T
	.noaltmacro
	.set v, v + 1
	.endr

	.globl trap_soft
	.balign 16
trap_soft:                              /* INT 0x40 */
	popq %rcx
	popq %r11
	pushq $0
	pushq $0x40
	jmp trap_common

trap_common:
	cld
	SAVE
	movq %rsp, %rdi
	movq %rsp, %rbp
	andq $-16, %rsp
	call lib_trap
	movq %rbp, %rsp
	jmp leave

	.globl event_entry
	.balign 16
event_entry:
	popq %rcx
	popq %r11
	pushq $0
	pushq $0x100
	cld
	SAVE
	movq %rsp, %rdi
	movq %rsp, %rbp
	andq $-16, %rsp
	call lib_event
	movq %rbp, %rsp
	jmp leave

	.globl failsafe_entry
	.balign 16
failsafe_entry:                         /* ds es fs gs, then rcx, r11, rip ... */
	addq $32, %rsp
	popq %rcx
	popq %r11
	pushq $0
	pushq $0x101
	jmp trap_common

	.globl syscall_entry
	.balign 16
syscall_entry:
	popq %rcx
	popq %r11
	pushq $0
	pushq $0x102
	jmp trap_common

	/* Out by the iret hypercall: rax r11 rcx flags rip cs rflags rsp ss on the stack. */
leave:
	RESTORE
	addq $16, %rsp
	pushq $0
	pushq %rcx
	pushq %r11
	pushq %rax
	movl $__HYPERVISOR_iret, %eax
	syscall
	ud2

	/* long lib_setjmp(void *buf[8]); void lib_longjmp(void *buf[8], long value) */
	.globl lib_setjmp, lib_longjmp
lib_setjmp:
	movq %rbx, 0(%rdi)
	movq %rbp, 8(%rdi)
	movq %r12, 16(%rdi)
	movq %r13, 24(%rdi)
	movq %r14, 32(%rdi)
	movq %r15, 40(%rdi)
	leaq 8(%rsp), %rax
	movq %rax, 48(%rdi)
	movq (%rsp), %rax
	movq %rax, 56(%rdi)
	xorl %eax, %eax
	ret
lib_longjmp:
	movq 0(%rdi), %rbx
	movq 8(%rdi), %rbp
	movq 16(%rdi), %r12
	movq 24(%rdi), %r13
	movq 32(%rdi), %r14
	movq 40(%rdi), %r15
	movq 48(%rdi), %rsp
	movq %rsi, %rax
	jmp *56(%rdi)

	/* void lib_enter_user(ip = RDI, sp = RSI, arg = RDX) */
	.globl lib_enter_user
lib_enter_user:
	movl $0xe02b | 3, %eax
	pushq %rax
	pushq %rsi
	pushq $0x202
	movl $0xe033 | 3, %eax
	pushq %rax
	pushq %rdi
	movq %rdx, %rdi
	pushq $0
	pushq $0
	pushq $0
	pushq $0
	movl $__HYPERVISOR_iret, %eax
	syscall
	ud2

	.section .rodata
	.globl trap_entries
	.balign 8
trap_entries:
	.set v, 0
	.rept 32
	.altmacro
	.macro T n
	.quad trap_\n
	.endm
	T %v
	.purgem T
	.noaltmacro
	.set v, v + 1
	.endr

	.bss
	.balign 4096
	.skip 32768
	.globl boot_stack_top
boot_stack_top:
	.section .text.page, "ax"
	.balign 4096
	.globl hypercall_page
hypercall_page:
	.skip 4096

	.section .note.GNU-stack, "", @progbits
