# SPDX-License-Identifier: MIT
# `make model` explores the states of page types, grants and event channels: docs/models.md.
#   make model DEPTH=6 SEQUENCE=2    more rounds, more operations of a vCPU during one of the other's
#   make model MUTATE=1              with seeded bugs, each of which has to be found

MB := $(B)/model
MODEL_ENGINE := explore step state failure memory hooks
MODEL_CFLAGS := -std=gnu11 -O2 -g -fno-pie -Wall -Wextra -Wno-unused-parameter -Werror -Itests/model
# The hypervisor's own sources: every access to memory is shown to hooks.c.
MODEL_HV_CFLAGS := $(MODEL_CFLAGS) -Wno-unused-function -Wno-array-bounds -Wno-stringop-overflow -Wno-div-by-zero \
	-fsanitize=thread --param=tsan-distinguish-volatile=1 --param=tsan-instrument-func-entry-exit=0 \
	-fno-builtin -fno-strict-aliasing -fno-tree-vectorize -ftrivial-auto-var-init=zero -fno-optimize-sibling-calls \
	-ffunction-sections -fdata-sections -fno-common -include tests/model/prelude.h -Ihypervisor -I. -I$(HB) -D__PARAVANE__

MODELS := pages grants events
MODEL_HV_pages := mm/type mm/table mm/entry mm/mmu_update mm/mmuext mm/domain_pages mm/relinquish mm/segdesc mm/tlb mm/domain_mm \
	mm/va_mapping core/rangeset
MODEL_OWN_pages := shim books pages
MODEL_HV_grants := $(MODEL_HV_pages) mm/grant_map core/grant core/grant_entry core/grant_mapping core/grant_op core/grant_copy
MODEL_OWN_grants := shim books grants
MODEL_HV_events := core/evtchn core/evtchn_op core/evtchn_virq core/evtchn_fifo mm/tlb mm/type mm/table mm/entry \
	mm/domain_pages mm/segdesc mm/domain_mm core/rangeset
MODEL_OWN_events := shim events

model_objs = $(MODEL_ENGINE:%=$(MB)/%.o) $(MODEL_OWN_$(1):%=$(MB)/%.o) $(MODEL_HV_$(1):%=$(MB)/hv/%.o)

$(MODEL_ENGINE:%=$(MB)/%.o): $(MB)/%.o: tests/model/%.c tests/model/build.mk
	@mkdir -p $(@D)
	@$(HOSTCC) $(MODEL_CFLAGS) -MMD -MP -c -o $@ $<

$(MB)/%.o: tests/model/%.c tests/model/build.mk | $(HB)/hypercall_protos.h
	@mkdir -p $(@D)
	@$(HOSTCC) $(MODEL_HV_CFLAGS) -MMD -MP -c -o $@ $<

$(MB)/hv/%.o: hypervisor/%.c tests/model/build.mk | $(HB)/hypercall_protos.h
	@mkdir -p $(@D)
	@$(HOSTCC) $(MODEL_HV_CFLAGS) -MMD -MP -c -o $@ $<

MODEL_LDFLAGS := -no-pie -Wl,--gc-sections
define model_program
$(MB)/$(1): $(call model_objs,$(1))
	@echo "  MODEL   $$@"
	@$(HOSTCC) $(MODEL_LDFLAGS) -o $$@ $$^
	@echo '$(MODEL_HV_CFLAGS)' >$(MB)/flags
	@echo '$$^' >$$@.objs
endef
$(foreach m,$(MODELS),$(eval $(call model_program,$(m))))

-include $(wildcard $(MB)/*.d $(MB)/hv/*/*.d)

DEPTH ?=
SEQUENCE ?= 1

.PHONY: model
model: $(MODELS:%=$(MB)/%)
	@tests/model/run.sh $(if $(MUTATE),-m) -s $(SEQUENCE) $(if $(DEPTH),-d $(DEPTH)) $(MB)

TEST_NEEDS_host += $(MODELS:%=$(MB)/%)
