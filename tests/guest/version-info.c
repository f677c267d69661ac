/* SPDX-License-Identifier: MIT
 *
 * xen_version, vm_assist, nmi_op and the calls that are refused: values and errors as on Xen 4.17.
 */
#include "testlib.h"
#include <pv-abi/nmi.h>

static void texts(void)
{
	static char buf[1024];
	struct xen_build_id *id = (void *)buf;

	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_version, NULL), 4 << 16 | 17);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_extraversion, buf), 0);
	ok(strlen(buf) < 16 && buf[0] == '.', "extraversion \"%s\"", buf);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_capabilities, buf), 0);
	ok(strstr(buf, "xen-3.0-x86_64") != NULL, "capabilities \"%s\"", buf);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_changeset, buf), 0);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_compile_info, buf), 0);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_commandline, buf), 0);
	ok(strstr(buf, is_control_domain() ? "console=" : "<denied>") != NULL, "command line \"%s\"", buf);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_guest_handle, buf), 0);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_extraversion, (void *)0x10), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_extraversion, (void *)0xffff830000000000), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_xen_version(99, buf), -XEN_ENOSYS);

	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_build_id, NULL), is_control_domain() ? 20 : -XEN_EPERM);
	if (is_control_domain()) {
		id->len = 0;
		EXPECT_EQ(HYPERVISOR_xen_version(XENVER_build_id, id), -XEN_EINVAL);
		id->len = 19;
		EXPECT_EQ(HYPERVISOR_xen_version(XENVER_build_id, id), -XEN_ENOBUFS);
		id->len = 20;
		EXPECT_EQ(HYPERVISOR_xen_version(XENVER_build_id, id), 20);
	}
}

static void numbers(void)
{
	struct xen_platform_parameters pp = { 0 };
	struct xen_feature_info fi = { 0 };

	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_platform_parameters, &pp), 0);
	EXPECT_EQ(pp.virt_start, HYPERVISOR_VIRT_START);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_pagesize, NULL), 4096);
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_get_features, &fi), 0);
	EXPECT((fi.submap >> XENFEAT_mmu_pt_update_preserve_ad) & 1);
	EXPECT(!((fi.submap >> XENFEAT_writable_page_tables) & 1));
	EXPECT_EQ((fi.submap >> XENFEAT_dom0) & 1, is_control_domain());
	EXPECT_EQ(HYPERVISOR_vm_assist(VMASST_CMD_enable, VMASST_TYPE_pae_extended_cr3), 0);
	HYPERVISOR_xen_version(XENVER_get_features, &fi);
	EXPECT((fi.submap >> XENFEAT_pae_pgdir_above_4gb) & 1);
	fi.submap_idx = 1;
	EXPECT_EQ(HYPERVISOR_xen_version(XENVER_get_features, &fi), -XEN_EINVAL);
}

static void others(void)
{
	struct xennmi_callback cb = { .handler_address = 0x800000000000UL };

	EXPECT_EQ(HYPERVISOR_vm_assist(VMASST_CMD_enable, 63), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_vm_assist(VMASST_CMD_enable, ~0U), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_vm_assist(7, VMASST_TYPE_4gb_segments), -XEN_ENOSYS);
	EXPECT_EQ(HYPERVISOR_nmi_op(XENNMI_register_callback, &cb), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_nmi_op(XENNMI_register_callback, (void *)0x10), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_nmi_op(XENNMI_unregister_callback, NULL), 0);
	EXPECT_EQ(HYPERVISOR_nmi_op(9, NULL), -XEN_ENOSYS);
	EXPECT_EQ(HYPERVISOR_xenpmu_op(0, NULL), -XEN_EOPNOTSUPP);
	EXPECT_EQ(HYPERVISOR_hvm_op(0, NULL), -XEN_EINVAL);
	EXPECT_EQ(HYPERVISOR_hvm_op(77, NULL), -XEN_ENOSYS);
	EXPECT_EQ(HYPERVISOR_console_io(9, 0, NULL), -XEN_ENOSYS);
	EXPECT_EQ(HYPERVISOR_console_io(CONSOLEIO_write, 10, (char *)0x10), -XEN_EFAULT);
	EXPECT_EQ(HYPERVISOR_console_io(CONSOLEIO_write, 0x80000000U, NULL), -XEN_EINVAL);
}

void test_main(void)
{
	texts();
	numbers();
	others();
}
