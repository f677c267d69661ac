/* SPDX-License-Identifier: MIT */
/*
 * The clock chip and its RAM, at ports 0x70 and 0x71. It shows the host's date in UTC, in BCD and 24 hours; that cannot
 * be set, and it does not interrupt. [Motorola MC146818A]
 */
#ifndef DEVMODEL_RTC_H
#define DEVMODEL_RTC_H

#include <stdint.h>

struct rtc {
	uint8_t index;
	uint8_t ram[128];
};

struct machine;

void rtc_reset(struct machine *m);
uint32_t rtc_read(struct machine *m, uint16_t port, unsigned int size);
void rtc_write(struct machine *m, uint16_t port, unsigned int size, uint32_t v);

#endif
