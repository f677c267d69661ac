# SPDX-License-Identifier: MIT
# Test guests: each tests/guest/NAME.c or tests/hostile/NAME.c with the library of
# tests/guest/lib becomes a PV64 kernel, build/tests/{guest,hostile}/NAME.

TG := $(B)/tests/guestlib
TG_CFLAGS := -std=gnu11 -O1 -g -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) \
             -m64 -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie -fno-stack-protector \
             -fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing -I. -Itests/guest/lib $(WARN)
TG_OBJS := $(patsubst tests/guest/lib/%,$(TG)/%.o,$(wildcard tests/guest/lib/*.c tests/guest/lib/*.S))

GUEST_TESTS := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/guest/*.c tests/hostile/*.c))

$(TG)/%.o: tests/guest/lib/% tests/guest/build.mk
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(TG_CFLAGS) -MMD -MP -c -o $@ $<

$(GUEST_TESTS): $(B)/tests/%: tests/%.c $(TG_OBJS) tests/guest/lib/guest.lds tests/guest/build.mk
	@mkdir -p $(@D)
	@echo "  TEST    $@"
	@$(CC) $(TG_CFLAGS) -MMD -MP -MT $@ -MF $@.d -c -o $@.o $<
	@$(LD) -m elf_x86_64 -nostdlib -static -z max-page-size=4096 --no-warn-rwx-segments \
		-T tests/guest/lib/guest.lds -o $@ $(TG_OBJS) $@.o

.PHONY: guest-tests
guest-tests: $(GUEST_TESTS)
TEST_NEEDS_guest   += $(filter $(B)/tests/guest/%,$(GUEST_TESTS))
TEST_NEEDS_hostile += $(filter $(B)/tests/hostile/%,$(GUEST_TESTS))

-include $(TG_OBJS:.o=.d) $(GUEST_TESTS:=.d)
