# SPDX-License-Identifier: MIT
# devmodel: for the guest kernel, and for Linux.

DEVMODEL_SRC := $(sort $(wildcard dom0-tools/devmodel/*.c))

ifneq ($(TOOLS_LIB),)
$(eval $(call tools_linux_program,devmodel,$(DEVMODEL_SRC)))
-include $(patsubst %.o,%.d,$(call tools_linux_objects,$(DEVMODEL_SRC)))
TOOLS_LINUX_PROGRAMS += $(TOOLS_OUT)/linux/devmodel

ifdef USER_CC
$(eval $(call user_program,devmodel,$(DEVMODEL_SRC),$(TOOLS_FLAGS),$(USER_OUT)/tools-lib.a))
INITRAMFS_FILES += /bin/devmodel=$(USER_BIN)/devmodel
TOOLS_USER_PROGRAMS += $(USER_BIN)/devmodel
endif
endif
