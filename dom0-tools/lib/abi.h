/* SPDX-License-Identifier: MIT */
/* The hypervisor's interface as the control domain's tools see it. */
#ifndef DOM0_TOOLS_LIB_ABI_H
#define DOM0_TOOLS_LIB_ABI_H

#include <stddef.h>
#include <stdint.h>

#define __XEN_TOOLS__ 1
#include <pv-abi/xen.h>
#include <pv-abi/memory.h>
#include <pv-abi/event_channel.h>
#include <pv-abi/grant_table.h>
#include <pv-abi/sched.h>
#include <pv-abi/version.h>
#include <pv-abi/vcpu.h>
#include <pv-abi/domctl.h>
#include <pv-abi/sysctl.h>
#include <pv-abi/elfnote.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096UL
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN_UP(x) (((x) + PAGE_SIZE - 1) & PAGE_MASK)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
