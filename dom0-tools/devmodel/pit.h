/* SPDX-License-Identifier: MIT */
/*
 * The 8254 timer: three counters at 1,193,182 Hz. Channel 0 interrupts, channel 2 has its gate and its output at port
 * 0x61, where kernels poll it to find out how fast other clocks are. Counts are binary; BCD is taken for binary, too.
 * [Intel 8254]
 */
#ifndef DEVMODEL_PIT_H
#define DEVMODEL_PIT_H

#include <stdbool.h>
#include <stdint.h>

#define PIT_HZ 1193182u

struct pit {
	struct pit_channel {
		uint8_t mode;			/* 0 to 5 */
		uint8_t access;			/* 1 low byte, 2 high byte, 3 both, low first */
		bool loaded;			/* has a count, and counts */
		bool gate;
		uint32_t count;			/* 1 to 65536 */
		uint64_t start;			/* when it began */
		uint64_t held;			/* nanoseconds that had passed when the gate closed */
		uint8_t low;			/* of a count that is half written */
		bool write_high, read_high;	/* the second byte comes next */
		uint8_t latched;		/* bytes of @latch still to read */
		uint16_t latch;
		bool status_latched;
		uint8_t status;
	} channel[3];
	bool speaker;
	uint64_t deadline;			/* of channel 0's interrupt, or NEVER */
};

struct machine;

void pit_reset(struct machine *m);
uint32_t pit_read(struct machine *m, uint16_t port, unsigned int size);
void pit_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v);
uint32_t pit_speaker_read(struct machine *m, uint16_t port, unsigned int size);
void pit_speaker_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v);
/* Channel 0's deadline has come. */
void pit_timer(struct machine *m);

#endif
