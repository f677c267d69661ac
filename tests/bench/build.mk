# SPDX-License-Identifier: MIT
# `make bench`: one guest, two hypervisors, the same operations. See docs/performance.md.

BG := $(B)/tests/benchguest
BG_SRCS := $(wildcard tests/bench/guest/*.c tests/bench/guest/*.S)
BG_OBJS := $(patsubst tests/bench/guest/%,$(BG)/%.o,$(BG_SRCS))
BG_CFLAGS := $(filter-out -O1,$(TG_CFLAGS)) -O2

$(BG)/%.o: tests/bench/guest/% tests/bench/build.mk
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(BG_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/bench/guest: $(BG_OBJS) $(TG_OBJS) tests/guest/lib/guest.lds
	@mkdir -p $(@D)
	@echo "  LD      $@"
	@$(LD) -m elf_x86_64 -nostdlib -static -z max-page-size=4096 --no-warn-rwx-segments \
		-T tests/guest/lib/guest.lds -o $@ $(TG_OBJS) $(BG_OBJS)

-include $(BG_OBJS:.o=.d)

.PHONY: bench bench-table bench-release
bench-release:
	@$(MAKE) --no-print-directory -s RELEASE=1 hypervisor

# BENCH='name name': these only. FRESH=1: Xen again. DEBUG=1: the debug build. XEN=0: without Xen. DOC=1: the table into
# docs/performance.md. WHOLE=1: many domains, Linux, the prompt; minutes.
BENCH_WHOLE_NEEDS := $(B)/bench/linux.cpio $(DEPS)/linux/vmlinuz $(B)/guest-kernel-pv $(B)/initramfs.cpio
bench-table: $(if $(filter 1,$(WHOLE)),$(BENCH_WHOLE_NEEDS)) bench-release $(B)/bench/guest $(if $(filter 1,$(DEBUG)),$(B)/paravane) $(if $(filter 0,$(XEN)),,$(DEPS)/xen/xen) | $(PKG_RUN)
	@tests/bench/bench.py --build '$(B)' --only '$(BENCH)' $(if $(filter 1,$(FRESH)),--fresh) $(if $(filter 1,$(WHOLE)),--whole) \
		$(if $(filter 1,$(DEBUG)),--debug) $(if $(filter 0,$(XEN)),--no-xen) $(if $(filter 1,$(DOC)),--doc docs/performance.md)

# ACCOUNT='name name': where the instructions of one repetition go, by function. LISTING=1: each one.
ifneq ($(ACCOUNT),)
bench: bench-account
.PHONY: bench-account
bench-account: bench-release $(B)/bench/guest | $(PKG_RUN)
	@tests/bench/account.py --build '$(B)' $(if $(filter 1,$(LISTING)),--listing) $(ACCOUNT)
else
bench: bench-table
endif

# A Linux whose first program measures.
$(B)/bench/linux-init: tests/bench/linux/init.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) -std=gnu11 -O2 -static $(WARN) -o $@ $<

$(B)/bench/linux.cpio: $(B)/bench/linux-init $(MKCPIO) $(DEP_LINUX)
	@echo "  CPIO    $@"
	@printf '%s\n' "dir /dev 0755" "node /dev/console 0600 c 5 1" "file /init $(B)/bench/linux-init 0755" \
		"file /xen-privcmd.ko $(DEPS)/linux/modules/xen-privcmd.ko 0644" | $(MKCPIO) >$@.tmp
	@mv $@.tmp $@
