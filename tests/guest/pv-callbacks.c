/* SPDX-License-Identifier: MIT
 *
 * Registering callbacks and the trap table: what is accepted takes effect, what is
 * not canonical, unknown or endless is refused and changes nothing.
 */
#include "testlib.h"

extern char event_entry[], failsafe_entry[], syscall_entry[];

static long reg(unsigned int type, unsigned long address)
{
	struct callback_register r = { .type = (uint16_t)type, .address = address };

	return HYPERVISOR_callback_op(CALLBACKOP_register, &r);
}

static long unreg(unsigned int type)
{
	struct callback_unregister u = { .type = (uint16_t)type };

	return HYPERVISOR_callback_op(CALLBACKOP_unregister, &u);
}

static void undefined(void *unused)
{
	__asm__ volatile("ud2");
}

void test_main(void)
{
	static struct trap_info endless[600], bad[2], good[2];
	struct fault f;
	long port = evtchn_bind_ipi(0);

	EXPECT_EQ(reg(CALLBACKTYPE_event, (unsigned long)event_entry), 0);
	EXPECT_EQ(reg(CALLBACKTYPE_failsafe, (unsigned long)failsafe_entry), 0);
	EXPECT_EQ(reg(CALLBACKTYPE_syscall32, (unsigned long)syscall_entry), 0);
	EXPECT(reg(CALLBACKTYPE_event, 0x800000000000) < 0);
	EXPECT_EQ(reg(77, (unsigned long)event_entry), -XEN_ENOSYS);
	EXPECT_EQ(unreg(CALLBACKTYPE_event), -XEN_EINVAL);
	EXPECT_EQ(unreg(CALLBACKTYPE_nmi), 0);
	EXPECT_EQ(unreg(77), -XEN_ENOSYS);
	EXPECT_EQ(HYPERVISOR_callback_op(9, NULL), -XEN_ENOSYS);
	EXPECT_EQ(HYPERVISOR_callback_op(CALLBACKOP_register, (void *)0x1000), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_callback_op(CALLBACKOP_register, (void *)0xffff830000000000), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_set_callbacks((unsigned long)event_entry, (unsigned long)failsafe_entry,
					   (unsigned long)syscall_entry), 0);
	EXPECT(HYPERVISOR_set_callbacks(1UL << 63, 0, 0) < 0);

	/* The event callback still works after the refused ones. */
	events_unmask();
	evtchn_send((unsigned int)port);
	EXPECT_EQ(upcalls, 1);
	EXPECT_EQ(port_count[port], 1);
	events_mask();

	for (unsigned int i = 0; i < 600; i++)
		endless[i] = (struct trap_info){ .vector = 0xf0, .cs = FLAT_KERNEL_CS, .address = 1 };
	ok(HYPERVISOR_set_trap_table(endless) < 0, "a table without an end is refused");
	bad[0] = (struct trap_info){ .vector = 6, .cs = FLAT_KERNEL_CS, .address = 1UL << 60 };
	ok(HYPERVISOR_set_trap_table(bad) < 0, "a handler that is not canonical is refused");
	try_call(undefined, NULL, &f);
	EXPECT_EQ(f.vector, 6);
	EXPECT_EQ(HYPERVISOR_set_trap_table((struct trap_info *)0x1000), -XEN_EFAULT);
	good[0] = (struct trap_info){ .vector = 0x90, .cs = FLAT_KERNEL_CS, .address = (unsigned long)event_entry };
	EXPECT_EQ(HYPERVISOR_set_trap_table(good), 0);
}
