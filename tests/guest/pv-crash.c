/* SPDX-License-Identifier: MIT
 *
 * A guest beyond repair is crashed with the reason: the way is the first character of its arguments (tests/host/pv-crashes
 * goes through all of them). Run as a guest test: an exception without a handler.
 *
 * RUN: args=h status=39 expect="crashed:.vCPU.0:.trap.6"
 */
#include "testlib.h"
#include <pv-abi/hypercall-numbers.h>

static void iret_frame(unsigned long cs, unsigned long rip)
{
	__asm__ volatile("movq %%rsp, %%rdx\n\t pushq %2\n\t pushq %%rdx\n\t pushq $2\n\t pushq %0\n\t pushq %1\n\t"
			 "pushq $0\n\t pushq $0\n\t pushq $0\n\t pushq $0\n\t movl %3, %%eax\n\t syscall"
			 :: "r"(cs), "r"(rip), "r"((unsigned long)FLAT_KERNEL_SS), "i"(__HYPERVISOR_iret)
			 : "rax", "rcx", "rdx", "r11", "memory");
}

static void shut_down(unsigned int reason)
{
	struct sched_shutdown s = { .reason = reason };

	HYPERVISOR_sched_op(SCHEDOP_shutdown, &s);
}

static void event_without_callback(void)
{
	long port = evtchn_bind_ipi(0);

	HYPERVISOR_set_callbacks(0, 0, 0);
	unmask_port((unsigned int)port);
	vcpu_info(0)->evtchn_upcall_mask = 0;
	evtchn_send((unsigned int)port);
}

void test_main(void)
{
	struct callback_register none = { .type = CALLBACKTYPE_failsafe };

	HYPERVISOR_console_io(CONSOLEIO_write, 22, (char *)"1..1\nok 1 - on its way");
	HYPERVISOR_console_io(CONSOLEIO_write, 1, (char *)"\n");
	switch (si->cmd_line[0]) {
	case 'h':
		HYPERVISOR_set_trap_table(NULL);
		__asm__ volatile("ud2");
		break;
	case 's':
		__asm__ volatile("movq $0x1000, %rsp; ud2");
		break;
	case 'i':
		__asm__ volatile("movq $0x1000, %%rsp; movl %0, %%eax\n\t syscall" :: "i"(__HYPERVISOR_iret));
		break;
	case 'u':
		iret_frame(FLAT_KERNEL_CS | 3, 0x1000);
		break;
	case 'e':
		event_without_callback();
		break;
	case 'f':
		HYPERVISOR_callback_op(CALLBACKOP_register, &none);
		iret_frame(0x1230, 0x1000);
		break;
	case 'c':
		shut_down(SHUTDOWN_crash);
		break;
	case 'r':
		shut_down(SHUTDOWN_reboot);
		break;
	case 'z':
		shut_down(SHUTDOWN_suspend);
		break;
	case 'd':
		HYPERVISOR_vcpu_op(VCPUOP_down, 0, NULL);
		break;
	}
	delay_ns(5000000000);
	die("nothing happened");
}
