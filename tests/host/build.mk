# SPDX-License-Identifier: MIT
# What tests of the whole system need built.
TEST_NEEDS_host += $(B)/paravane $(B)/guest-kernel-pv $(B)/guest-kernel-native $(B)/initramfs.cpio $(B)/initramfs-hello.cpio \
	$(B)/linux/vmlinuz $(B)/linux/initramfs.cpio.gz $(B)/pvgrub/grub-x86_64-xen.bin

# The guest of tests of the tools.
SMALL := tests/host/small-guest
$(B)/tests/host/small-guest: $(SMALL)/small.c $(SMALL)/start.S $(SMALL)/small.lds
	@mkdir -p $(@D)
	@echo "  TEST    $@"
	@$(CC) -std=gnu11 $(WARN) -O1 -ffreestanding -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie \
		-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -I. -nostdlib -static -no-pie \
		-Wl,-T,$(SMALL)/small.lds -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments \
		-o $@ $(SMALL)/start.S $(SMALL)/small.c
TEST_NEEDS_host += $(B)/bench/guest
TEST_NEEDS_host += $(B)/tests/host/small-guest $(TOOLS_LINUX_PROGRAMS)
TEST_NEEDS_host += $(B)/tests/guest/boot-start-info $(B)/tests/guest/pv-crash
TEST_NEEDS_host += $(B)/paravane.iso $(DEPS)/xen/xen $(B)/user/ucc $(B)/user/libc.a
tests: | $(PKG_DEBUG)
