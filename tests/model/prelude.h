/* SPDX-License-Identifier: MIT
 *
 * Included in front of the hypervisor's sources when they are compiled for a model: what of the machine
 * they reach through headers is ours instead.
 */
#ifndef TESTS_MODEL_PRELUDE_H
#define TESTS_MODEL_PRELUDE_H

/* The C library's headers have one of their own. */
#include <stdint.h>
#undef __always_inline

/* The calls are shown to the explorer (hooks.c). */
#define memset  model_memset
#define memcpy  model_memcpy
#define memmove model_memmove
#include "lib/string.h"

/* Frames, memory and the table of machine frames are in the arena (shim.c). */
#include "arch/layout.h"
#undef FRAMETABLE_START
#undef DIRECTMAP_START
#undef M2P_RW_START
extern struct frame *model_frames;
extern char *model_memory;
extern unsigned long *model_m2p;
#define FRAMETABLE_START model_frames
#define DIRECTMAP_START  ((unsigned long)model_memory)
#define M2P_RW_START     model_m2p

/* Tables are small: what is done for each entry is done twice. */
#include "mm/pte.h"
#undef ENTRIES_PER_TABLE
#define ENTRIES_PER_TABLE 2U

/* Per-CPU data is the running vCPU's. */
#define this_cpu    hv_this_cpu
#define get_current hv_get_current
#include "arch/cpu.h"
#undef this_cpu
#undef get_current
struct cpu *this_cpu(void);
struct vcpu *get_current(void);

/* Interrupts do not come: their handlers are operations of a model. */
#define local_irq_enable     hv_local_irq_enable
#define local_irq_disable    hv_local_irq_disable
#define local_irq_save       hv_local_irq_save
#define local_irq_restore    hv_local_irq_restore
/* Names that a source without this header has for functions of its own. */
#define write_cr3 hv_write_cr3
#include "arch/x86.h"
#undef write_cr3
#undef local_irq_enable
#undef local_irq_disable
#undef local_irq_save
#undef local_irq_restore
static inline void local_irq_enable(void) { }
static inline void local_irq_disable(void) { }
static inline unsigned long local_irq_save(void) { return 0; }
static inline void local_irq_restore(unsigned long f) { (void)f; }

#endif
