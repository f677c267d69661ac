# SPDX-License-Identifier: MIT
# The initramfs images, after every area has added its files to INITRAMFS_FILES and INITRAMFS_LINKS.

MKCPIO := $(USER_OUT)/mkcpio
$(MKCPIO): $(USER_DIR)/mkcpio.c
	@mkdir -p $(@D)
	@echo "  HOSTCC  $@"
	@$(HOSTCC) $(WARN) -O1 -o $@ $<

INITRAMFS_DIRS += /dev /dev/pts /dev/xen /proc /sys /tmp /run /root /host /share /mnt /var/log /var/lib
INITRAMFS_NODES := "node /dev/console 0600 c 5 1" "node /dev/null 0666 c 1 3" \
                   "node /dev/zero 0666 c 1 5" "node /dev/tty 0666 c 5 0"
# More files from the command line: make INITRAMFS_EXTRA="/etc/x.cfg=x.cfg".
INITRAMFS_FILES += $(INITRAMFS_EXTRA)
INITRAMFS_ETC := $(filter-out %.md,$(wildcard $(USER_DIR)/etc/*))
INITRAMFS_FILES += $(foreach f,$(INITRAMFS_ETC),/etc/$(notdir $(f))=$(f))

# What the archive is made of, one line an entry; programs are executable, so is everything in /bin.
initramfs_source = $(word 2,$(subst =, ,$(1)))
initramfs_path = $(word 1,$(subst =, ,$(1)))
initramfs_mode = $(if $(filter /bin/% /sbin/% /init,$(call initramfs_path,$(1))),0755,0644)

$(B)/initramfs.cpio: $(MKCPIO) $(foreach f,$(INITRAMFS_FILES),$(call initramfs_source,$(f))) \
		$(USER_DIR)/initramfs.mk $(USER_DIR)/toolbox/applets.def
	@echo "  CPIO    $@"
	@{ $(foreach d,$(INITRAMFS_DIRS),echo "dir $(d) $(if $(filter /tmp,$(d)),1777,0755)";) \
	   printf '%s\n' $(INITRAMFS_NODES); \
	   $(foreach f,$(INITRAMFS_FILES),echo "file $(call initramfs_path,$(f)) $(call initramfs_source,$(f)) $(call initramfs_mode,$(f))";) \
	   $(foreach l,$(INITRAMFS_LINKS),echo "link $(call initramfs_path,$(l)) $(call initramfs_source,$(l))";) \
	 } | $(MKCPIO) > $@.tmp
	@mv $@.tmp $@

# The demo domain's: one program.
$(eval $(call user_program,hello,$(USER_DIR)/hello/hello.c))

$(B)/initramfs-hello.cpio: $(MKCPIO) $(USER_BIN)/hello
	@echo "  CPIO    $@"
	@printf '%s\n' "dir /dev 0755" "dir /proc 0755" $(INITRAMFS_NODES) "file /init $(USER_BIN)/hello 0755" | \
		$(MKCPIO) > $@.tmp
	@mv $@.tmp $@

user: $(B)/initramfs.cpio $(B)/initramfs-hello.cpio

# The guest kernel's small operations in its worlds; BENCH="null fork" for some, BENCH=--time for nanoseconds.
.PHONY: bench-kernel
BENCH ?=
bench-kernel: $(B)/initramfs.cpio $(MKCPIO) $(B)/guest-kernel-native $(B)/guest-kernel-pv $(B)/paravane \
		$(DEPS)/xen/xen | $(PKG_RUN)
	@$(USER_DIR)/bench/run.py $(B) $(BENCH)
