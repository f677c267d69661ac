# SPDX-License-Identifier: MIT
# Tests: see tests/README.md. `make test`, `make test T=name`, `make test T=suite`.

T ?=
TEST_OPTS ?=

UNIT_SRCS  := $(sort $(wildcard tests/unit/*.c))
UNIT_TESTS := $(UNIT_SRCS:tests/unit/%.c=$(B)/tests/unit/%)
UNIT_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Wno-unused-function -Wno-unused-parameter -Wno-sign-compare \
	-Werror -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -I. -Itests/unit

# Words behind "LINK:" in a test's head are more sources, those behind "CFLAGS:" more options.
unit_words = $(shell sed -n '1,40s/^[ *\/]*$(2):[ ]*\(.*\)$$/\1/p' $(1))

$(UNIT_TESTS): $(B)/tests/unit/%: tests/unit/%.c | $(PKG_TEST)
	@echo "  TEST    $@"
	@mkdir -p $(@D)
	@$(HOSTCC) $(UNIT_CFLAGS) $(call unit_words,$<,CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(call unit_words,$<,LINK) \
		$(call unit_words,$<,LIBS)

-include $(UNIT_TESTS:=.d)
-include tests/abi/build.mk
-include tests/guest/build.mk
-include tests/hostile/build.mk
-include tests/host/build.mk
-include tests/fuzz/build.mk
-include tests/model/build.mk

# What a suite needs before it runs; other build.mk files add to these.
TEST_NEEDS_unit    += $(UNIT_TESTS)
TEST_NEEDS_abi     +=
TEST_NEEDS_guest   += $(if $(wildcard tests/guest/*.c tests/guest/*/main.c),$(B)/paravane)
TEST_NEEDS_hostile += $(if $(wildcard tests/hostile/*.c tests/hostile/*/main.c),$(B)/paravane)
TEST_NEEDS_host    +=

TEST_SUITES := unit abi guest hostile host

# The suites that T= names; a single test's suite is that of the file with its name.
test_suite = $(sort $(filter $(TEST_SUITES),$(subst /, ,$(1))) \
	$(foreach s,$(TEST_SUITES),$(if $(wildcard tests/$(s)/$(notdir $(1)) $(addprefix tests/$(s)/$(notdir $(1)),.c .py .sh)),$(s))))
TEST_WANTED := $(if $(T),$(foreach t,$(T),$(call test_suite,$(t))),$(TEST_SUITES))
TEST_WANTED := $(if $(strip $(TEST_WANTED)),$(sort $(TEST_WANTED)),$(TEST_SUITES))

# A misspelt name is told at once, not after everything was built. Names may be patterns.
test_known = $(filter $(TEST_SUITES),$(1)) $(foreach s,$(if $(filter-out ./,$(dir $(1))),$(patsubst %/,%,$(dir $(1))),$(TEST_SUITES)),\
	$(wildcard tests/$(s)/$(notdir $(1)) $(addprefix tests/$(s)/$(notdir $(1)),.c .py .sh)))
ifneq ($(filter test tests,$(MAKECMDGOALS)),)
$(foreach t,$(T),$(if $(strip $(call test_known,$(t))),,$(error no test is called '$(t)'; suites are $(TEST_SUITES), \
	the tests below them are files in tests/)))
endif

.PHONY: test tests
tests: $(foreach s,$(TEST_WANTED),$(TEST_NEEDS_$(s))) | $(PKG_TEST) $(PKG_RUN)
test: tests
	@BUILD=$(B) tests/run $(TEST_OPTS) $(T)
-include tests/bench/build.mk
