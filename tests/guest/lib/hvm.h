/* SPDX-License-Identifier: MIT
 *
 * A fully virtualized domain, and a device model of a few lines for it.
 *
 * The control domain builds it from code of the test's own, in which it says what it found: OUT of 32 bits to
 * HVM_PORT_SAY appends a word to said[], OUT to HVM_PORT_END ends hvm_serve(). Reads of HVM_PORT_ASK take the next word of
 * ask[]. What lies at HVM_REGISTERS (64 KB of device memory) is kept in regs[], and each access is noted.
 *
 *	struct hvm g;
 *	hvm_create(&g, 1, 256);
 *	hvm_write(&g, HVM_CODE, start, end - start);
 *	hvm_real_mode(&s, HVM_CODE);
 *	hvm_set_state(&g, 0, &s);
 *	hvm_start(&g);
 *	EXPECT_EQ(hvm_serve(&g), HVM_ENDED);
 */
#ifndef TESTS_GUEST_LIB_HVM_H
#define TESTS_GUEST_LIB_HVM_H

#include <pv-abi/paravane.h>
#include <pv-abi/paravane-hvm.h>
#include "domu.h"

#define HVM_VCPUS      4
#define HVM_PORT_SAY   0xe0
#define HVM_PORT_ASK   0xe4
#define HVM_PORT_END   0xf4
#define HVM_REGISTERS  0xfe000000UL
#define HVM_APIC       0xfee00000UL     /* only EOI, at 0xb0 */

/* Where things are in the first megabyte. */
#define HVM_GDT        0x0800UL
#define HVM_CODE       0x1000UL         /* real mode begins here */
#define HVM_TABLES     0x2000UL         /* three pages: identity, the first and the fourth GB by pages of 2 MB */
#define HVM_IDT        0x6000UL
#define HVM_CODE64     0x8000UL
#define HVM_STACK      0x20000UL        /* of vCPU 0; each next has 4 KB more */

/* For the assembly: say VALUE. RAX and RDX change. */
#define HVM_SAY \
"	.macro say value\n" \
"	movl \\value, %eax\n" \
"	movw $0xe0, %dx\n"             /* HVM_PORT_SAY */ \
"	outl %eax, %dx\n" \
"	.endm\n"

struct hvm_note {
	uint64_t addr, data;
	uint8_t size, write;
};

struct hvm {
	unsigned int domid, vcpus;
	unsigned long pages;
	struct paravane_vcpu_page *page[HVM_VCPUS];
	evtchn_port_t port[HVM_VCPUS];
	uint32_t said[128], nr_said, ask[32], nr_ask, next_ask;
	uint8_t regs[256];
	struct hvm_note note[64];
	unsigned int nr_notes;
	uint32_t ended_by;              /* what was written to HVM_PORT_END */
	bool (*hook)(struct hvm *g, unsigned int vcpu);  /* sees each request first; true: has dealt with it */
};

enum hvm_end { HVM_ENDED, HVM_CRASHED, HVM_TIMEOUT };

/* Whether this machine can; ends the test as skipped if not. */
void hvm_needed(void);
/* A domain of that many pages from guest frame 0 on, paused. It dies when something is refused. */
void hvm_create(struct hvm *g, unsigned int vcpus, unsigned long pages);
long hvm_try_create(unsigned int flags, unsigned int vcpus, unsigned int *domid);
void hvm_write(struct hvm *g, uint64_t gpa, const void *from, size_t n);
void hvm_read(struct hvm *g, uint64_t gpa, void *to, size_t n);
/* Identity page tables, flat segments; code64 starts at HVM_CODE64. */
void hvm_write_tables(struct hvm *g);
void hvm_write_gate(struct hvm *g, unsigned int vector, uint64_t handler);
void hvm_real_mode(struct paravane_hvm_state *s, uint64_t start);
void hvm_long_mode(struct paravane_hvm_state *s, unsigned int vcpu, uint64_t rip);
long hvm_domctl(unsigned int domid, uint32_t cmd, void *arg, size_t n);
long hvm_set_state(struct hvm *g, unsigned int vcpu, struct paravane_hvm_state *s);
long hvm_get_state(struct hvm *g, unsigned int vcpu, struct paravane_hvm_state *s);
long hvm_down(struct hvm *g, unsigned int vcpu);
void hvm_exits(struct hvm *g, unsigned int vcpu, struct paravane_domctl_hvm_exits *e);
void hvm_start(struct hvm *g);
/* Answers requests until the guest writes to HVM_PORT_END (its request is left unanswered) or crashes, or ten seconds are over. */
enum hvm_end hvm_serve(struct hvm *g);
/* A request of some vCPU is there, not answered: its number; -1: crashed or ten seconds are over. */
int hvm_wait_request(struct hvm *g);
void hvm_answer(struct hvm *g, unsigned int vcpu, uint64_t data);
void hvm_kick(struct hvm *g, unsigned int vcpu);
void hvm_interrupt(struct hvm *g, unsigned int vcpu, unsigned int vector);
bool hvm_has_crashed(struct hvm *g);
const char *hvm_crash_reason(struct hvm *g);
void hvm_destroy(struct hvm *g);

#endif
