/* SPDX-License-Identifier: MIT
 *
 * Never linked: compiled to assembly, from which the build makes asm_offsets.h.
 */
#include "core/domain.h"

#define DEFINE(sym, val) __asm__ volatile("->" #sym " %0" :: "i"(val))
#define REG(sym, field) DEFINE(REGS_##sym, offsetof(struct cpu_user_regs, field))

void asm_offsets(void);
void asm_offsets(void)
{
	REG(r15, r15);
	REG(rdi, rdi);
	REG(error_code, error_code);
	REG(entry_vector, entry_vector);
	REG(rip, rip);
	REG(cs, cs);
	REG(rflags, rflags);
	REG(rsp, rsp);
	REG(ss, ss);
	REG(rax, rax);
	REG(es, es);
	DEFINE(VCPU_regs, offsetof(struct vcpu, regs));
	DEFINE(VCPU_kernel_mode, offsetof(struct vcpu, pv.kernel_mode));
	DEFINE(CPU_current, offsetof(struct cpu, curr));
	DEFINE(CPU_stack_top, offsetof(struct cpu, stack_top));
	DEFINE(CPU_regs_top, offsetof(struct cpu, regs_top));
	DEFINE(CPU_scratch, offsetof(struct cpu, scratch));
	DEFINE(CPU_softirq_pending, offsetof(struct cpu, softirq_pending));
}
