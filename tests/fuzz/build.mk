# SPDX-License-Identifier: MIT
# Fuzzing: see docs/fuzzing.md. `make fuzz [MINUTES=n] [T=name] [CPUS=n]`; each tests/fuzz/NAME.c is a libFuzzer target,
# whose head says what it is linked from as a unit test's does; `guest` is the guest of tests/fuzz/guest.

MINUTES ?= 5
FUZZ_SUPPORT := tests/fuzz/hv-support.c
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(filter-out $(FUZZ_SUPPORT),$(sort $(wildcard tests/fuzz/*.c))))
FUZZ_CFLAGS := -std=gnu11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	-I. -Itests/fuzz

$(FUZZ_TARGETS): $(B)/fuzz/%: tests/fuzz/%.c $(FUZZ_SUPPORT) tests/fuzz/build.mk | $(PKG_TEST)
	@mkdir -p $(@D)
	@echo "  FUZZ    $@"
	@clang $(FUZZ_CFLAGS) $(call unit_words,$<,CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(call unit_words,$<,LINK)

$(B)/fuzz/tools-image: | $(DEP_XZ) $(DEP_ZLIB) $(DEP_LZ4) $(DEP_ZSTD)
$(B)/fuzz/tools-cfg $(B)/fuzz/tools-cfg-fdt $(B)/fuzz/hv-hyperlaunch: | $(DEP_LIBFDT)
$(B)/fuzz/hv-hyperlaunch: | $(HB)/hypercall_protos.h

-include $(FUZZ_TARGETS:=.d)

.PHONY: fuzz fuzz-targets
fuzz-targets: $(FUZZ_TARGETS)


# The fuzzing guest, on the library of the test guests.
FG_OBJS := $(patsubst tests/fuzz/guest/%.c,$(B)/tests/fuzz/%.o,$(sort $(wildcard tests/fuzz/guest/*.c)))
$(B)/tests/fuzz/%.o: tests/fuzz/guest/%.c tests/fuzz/build.mk tests/guest/build.mk
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(TG_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/fuzz/guest: $(FG_OBJS) $(TG_OBJS) tests/guest/lib/guest.lds
	@echo "  LD      $@"
	@$(LD) -m elf_x86_64 -nostdlib -static -z max-page-size=4096 --no-warn-rwx-segments \
		-T tests/guest/lib/guest.lds -o $@ $(TG_OBJS) $(FG_OBJS)

-include $(FG_OBJS:.o=.d)
FUZZ_NEEDS = $(if $(filter-out guest,$(T)),,$(B)/tests/fuzz/guest $(B)/paravane)
TEST_NEEDS_host += $(B)/tests/fuzz/guest $(B)/paravane

fuzz: $(if $(filter $(T),$(FUZZ_TARGETS:$(B)/fuzz/%=%)),$(B)/fuzz/$(T),$(if $(filter guest,$(T)),,$(FUZZ_TARGETS))) $(FUZZ_NEEDS)
	@BUILD=$(B) tests/fuzz/fuzz.py --minutes $(MINUTES) $(T)
