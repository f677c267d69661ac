# SPDX-License-Identifier: MIT
# Dependencies from Debian packages, made by mk/deps.sh as they are needed. A rule that uses one names
# its stamp, order-only unless a new version must rebuild it:
#
#	$(B)/x.o: x.c $(DEP_NEWLIB)
#
# or simply a file of it: $(DEPS)/newlib/lib/libc.a, $(DEPS)/src/zlib/inflate.c, $(DEPS)/linux/vmlinuz.

# The compiler and what else every build needs come before anything is asked of them below.
ifneq ($(filter-out help clean distclean down hosts,$(or $(MAKECMDGOALS),help)),)
ifeq ($(wildcard $(DEPS)/.stamp-packages-build),)
$(shell DEPS=$(DEPS) mk/deps.sh packages build >&2)
ifneq ($(.SHELLSTATUS),0)
$(error the packages that the build needs could not be installed)
endif
endif
endif

DEP_NEWLIB  := $(DEPS)/.stamp-newlib
DEP_LIBFDT  := $(DEPS)/.stamp-linux-source
DEP_XZ      := $(DEPS)/.stamp-linux-source
DEP_ZLIB    := $(DEPS)/.stamp-zlib
DEP_LZ4     := $(DEPS)/.stamp-lz4
DEP_ZSTD    := $(DEPS)/.stamp-zstd
DEP_LINUX   := $(DEPS)/.stamp-linux
DEP_GRUB    := $(DEPS)/.stamp-grub
DEP_XEN     := $(DEPS)/.stamp-xen
DEP_BUSYBOX := $(DEPS)/.stamp-busybox

# Groups of Debian packages; order-only prerequisites.
PKG_BUILD := $(DEPS)/.stamp-packages-build
PKG_RUN   := $(DEPS)/.stamp-packages-run
PKG_TEST  := $(DEPS)/.stamp-packages-test
PKG_ISO   := $(DEPS)/.stamp-packages-iso
PKG_DEBUG := $(DEPS)/.stamp-packages-debug
PKG_LINT  := $(DEPS)/.stamp-packages-lint

DEP_NAMES := newlib linux-source zlib lz4 zstd linux grub xen busybox

$(DEP_NAMES:%=$(DEPS)/.stamp-%): $(DEPS)/.stamp-%: mk/deps.lock
	@DEPS=$(DEPS) mk/deps.sh $*

$(DEPS)/.stamp-packages-%: mk/deps.sh
	@DEPS=$(DEPS) mk/deps.sh packages $*

# A file of a dependency is there as soon as its stamp is; the rule's own work is to say so when it is not.
dep_file = @test -e $@ || { echo "deps: error: $@ is not in this dependency" >&2; exit 1; }

$(DEPS)/newlib/%:     | $(DEP_NEWLIB)  ; $(dep_file)
$(DEPS)/src/libfdt/%: | $(DEP_LIBFDT)  ; $(dep_file)
$(DEPS)/src/xz/%:     | $(DEP_XZ)      ; $(dep_file)
$(DEPS)/src/zlib/%:   | $(DEP_ZLIB)    ; $(dep_file)
$(DEPS)/src/lz4/%:    | $(DEP_LZ4)     ; $(dep_file)
$(DEPS)/src/zstd/%:   | $(DEP_ZSTD)    ; $(dep_file)
$(DEPS)/linux/%:      | $(DEP_LINUX)   ; $(dep_file)
$(DEPS)/grub/%:       | $(DEP_GRUB)    ; $(dep_file)
$(DEPS)/xen/%:        | $(DEP_XEN)     ; $(dep_file)
$(DEPS)/busybox:      | $(DEP_BUSYBOX) ; $(dep_file)

.PHONY: deps
deps: $(DEP_NAMES:%=$(DEPS)/.stamp-%)
