# SPDX-License-Identifier: MIT
# `make fuzz F=NAME [FUZZ_SECONDS=60]` runs tests/fuzz/NAME.c with libFuzzer; inputs that found something new
# are kept in build/fuzz/NAME.corpus.

F ?= $(firstword $(basename $(notdir $(wildcard tests/fuzz/*.c))))
FUZZ_SECONDS ?= 60

$(B)/fuzz/%: tests/fuzz/%.c | $(PKG_TEST)
	@mkdir -p $@.corpus
	@echo "  FUZZ    $@"
	@clang -std=gnu11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I. \
		-MMD -MP -MF $@.d -o $@ $< $(call unit_words,$<,LINK)

-include $(wildcard $(B)/fuzz/*.d)

.PHONY: fuzz
fuzz: $(B)/fuzz/$(F)
	@$< -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -print_final_stats=1 $<.corpus
