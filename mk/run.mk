# SPDX-License-Identifier: MIT
# The front door: start, stop, debug and pack the whole. What each target needs is built first.

HOST  ?= main
MEM   ?= 1G
CPUS  ?= 2
SHARE ?=
DEMO  ?= 1

HOST_IMAGES := $(B)/paravane $(B)/guest-kernel-pv $(B)/guest-kernel-native $(B)/initramfs.cpio $(B)/initramfs-hello.cpio
HOST_OPTS = --host '$(HOST)' --mem '$(MEM)' --cpus '$(CPUS)' --share '$(SHARE)' --build '$(B)'

# What domain configs name: copies, because /host in the control domain shows this folder and a symbolic
# link out of it leads nowhere there.
GUEST_IMAGES := $(B)/linux/vmlinuz $(B)/linux/initramfs.cpio.gz $(B)/pvgrub/grub-x86_64-xen.bin

.PHONY: run up down hosts debug guests images
images: $(HOST_IMAGES)
guests: $(GUEST_IMAGES)

run: $(HOST_IMAGES) $(GUEST_IMAGES) $(B)/pvctl-host | $(PKG_RUN)
	@echo "  RUN     $(CPUS) CPUs, $(MEM); Ctrl-A X leaves"
	@mk/qemu.py run $(HOST_OPTS) --demo '$(if $(filter-out 0,$(DEMO)),demo)'

up: $(HOST_IMAGES) $(GUEST_IMAGES) $(B)/pvctl-host | $(PKG_RUN)
	@mk/qemu.py up $(HOST_OPTS)

down:
	@mk/qemu.py down $(HOST_OPTS)

hosts:
	@mk/qemu.py list --build '$(B)'

debug: $(HOST_IMAGES) | $(PKG_RUN) $(PKG_DEBUG)
	@mk/qemu.py debug $(HOST_OPTS)

$(B)/linux/vmlinuz: $(DEPS)/linux/vmlinuz
	@mkdir -p $(@D)
	@cp $< $@

$(B)/pvgrub/grub-x86_64-xen.bin: $(DEPS)/grub/grub-x86_64-xen.bin
	@mkdir -p $(@D)
	@cp $< $@

# The initramfs of the stock Linux domain: busybox, an init that mounts what is needed and starts a shell,
# and the modules of Xen's front ends.
$(B)/linux/initramfs.cpio.gz: mk/linux-init $(DEPS)/busybox $(DEP_LINUX)
	@echo "  CPIO    $@"
	@rm -rf $(@D)/root && mkdir -p $(@D)/root/bin $(@D)/root/lib/modules
	@cp $(DEPS)/busybox $(@D)/root/bin/busybox && ln -s busybox $(@D)/root/bin/sh
	@cp $(DEPS)/linux/modules/xen-*.ko $(DEPS)/linux/modules/xenfs.ko $(@D)/root/lib/modules/
	@cp mk/linux-init $(@D)/root/init && chmod 755 $(@D)/root/init
	@cd $(@D)/root && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible | gzip -n9 >../initramfs.cpio.gz

# ---- a disc image that GRUB boots, on BIOS and UEFI ----------------------------------------------

.PHONY: iso
iso: $(B)/paravane.iso
$(B)/paravane.iso: mk/grub.cfg $(HOST_IMAGES) | $(PKG_ISO)
	@echo "  ISO     $@"
	@rm -rf $(B)/iso && mkdir -p $(B)/iso/boot/grub
	@cp $(filter $(B)/%,$^) $(B)/iso/boot/ && cp mk/grub.cfg $(B)/iso/boot/grub/
	@grub-mkrescue -o $@.tmp $(B)/iso >$(B)/iso.log 2>&1 || { tail -n 20 $(B)/iso.log >&2; exit 1; }
	@mv $@.tmp $@

# ---- checkers that are no tests ------------------------------------------------------------------

.PHONY: lint print-hypervisor-cflags
print-hypervisor-cflags:
	@echo '$(HV_FLAGS)'
lint: $(HB)/hypercall_protos.h $(HB)/asm_offsets.h | $(PKG_LINT) $(DEP_LIBFDT) $(DEP_XZ)
	@mk/lint.sh

.PHONY: tour
tour:
	@mk/tour.py
