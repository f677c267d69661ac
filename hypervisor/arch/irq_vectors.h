/* SPDX-License-Identifier: MIT
 *
 * The 256 vectors. [SDM 3A 6.2]
 */
#ifndef HYPERVISOR_ARCH_IRQ_VECTORS_H
#define HYPERVISOR_ARCH_IRQ_VECTORS_H

#define FIRST_IRQ_VECTOR  0x20
#define PIC_VECTOR        0x20  /* the 8259s, masked; spurious ones land here */
#define GSI_VECTOR        0x30  /* + pin of the IO-APIC */
#define MSI_VECTOR        0x50  /* first for messages */
#define MSI_VECTOR_LAST   0xdf
#define VECTOR_TIMER      0xf0
#define VECTOR_EVENT_CHECK 0xf1 /* look at softirq_pending */
#define VECTOR_CALL       0xf2  /* arch/smp.c's mailbox */
#define VECTOR_ERROR      0xfe
#define VECTOR_SPURIOUS   0xff

void irq_dispatch(unsigned int vector);

#endif
