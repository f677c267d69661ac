# SPDX-License-Identifier: MIT
# Compilers and the warnings that every area is built with.

CC     := gcc
HOSTCC := gcc
LD     := ld
OBJCOPY := objcopy

WARN := -Wall -Wextra -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wwrite-strings -Wvla -Wimplicit-fallthrough \
        -Wno-unused-parameter -Werror
