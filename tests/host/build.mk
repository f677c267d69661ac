# SPDX-License-Identifier: MIT
# What tests of the whole system need built.
TEST_NEEDS_host += $(B)/paravane $(B)/guest-kernel-pv $(B)/guest-kernel-native $(B)/initramfs.cpio $(B)/initramfs-hello.cpio \
	$(B)/linux/vmlinuz $(B)/linux/initramfs.cpio.gz $(B)/pvgrub/grub-x86_64-xen.bin
