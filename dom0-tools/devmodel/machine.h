/* SPDX-License-Identifier: MIT */
/*
 * The machine that a fully virtualized domain sees around its processors: a PC of the mid-nineties with an IOAPIC. Each
 * device is one file; this one joins them. Nothing here knows of hypercalls, processes or files: what a device does to
 * the outside goes through struct machine_host, time comes in as an argument, so that tests drive the same code.
 *
 * Everything that comes from the guest is hostile: any port, any address, any value, in any order and at any time.
 *
 * Time is in nanoseconds of one clock, that of the caller.
 */
#ifndef DEVMODEL_MACHINE_H
#define DEVMODEL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pv-abi/paravane-hvm.h>

#include "fwcfg.h"
#include "ioapic.h"
#include "lapic.h"
#include "pci.h"
#include "pic.h"
#include "pit.h"
#include "power.h"
#include "rtc.h"
#include "uart.h"

#define MACHINE_MAX_VCPUS 32
#define NEVER UINT64_MAX

/*
 * A guest that asks for a faster periodic interrupt gets this one: each costs the control domain a round through its
 * scheduler, and the time of the control domain is everybody's.
 */
#define MACHINE_MIN_PERIOD 100000

/* What the machine does to the outside. Called from within machine_access(), machine_run_timers() and machine_receive(). */
struct machine_host {
	void *ctx;
	/* Something changed in this vCPU's page: the hypervisor should look at it. */
	void (*kick)(void *ctx, unsigned int vcpu);
	/* INIT: the vCPU stops. Startup: it begins in real mode at page @vector. */
	void (*init)(void *ctx, unsigned int vcpu);
	void (*startup)(void *ctx, unsigned int vcpu, uint8_t vector);
	/* The serial line; returns how many bytes there was room for. */
	size_t (*line_out)(void *ctx, const uint8_t *data, size_t len);
	/* The machine goes off (SHUTDOWN_poweroff) or through its reset line (SHUTDOWN_reboot). */
	void (*end)(void *ctx, unsigned int reason);
	/* The date, in seconds since 1970. */
	int64_t (*date)(void *ctx);
};

struct machine {
	const struct machine_host *host;
	unsigned int nr_vcpus;
	uint64_t memory;		/* bytes, from address 0 up */
	uint64_t now;			/* of the access or timer at hand */
	struct paravane_vcpu_page *page[MACHINE_MAX_VCPUS];
	struct lapic lapic[MACHINE_MAX_VCPUS];
	struct ioapic ioapic;
	struct pic pic;
	struct pit pit;
	struct rtc rtc;
	struct uart uart;
	struct fwcfg fwcfg;
	struct pci pci;
	struct power power;
};

/* As after power-on, @m->page[] set: vCPU 0 runs, the others wait for their startup. */
void machine_init(struct machine *m, const struct machine_host *host, unsigned int nr_vcpus, uint64_t memory,
		  uint64_t now);

/* One access of a vCPU: what it wrote in @data, or what it reads as result. @size: 1, 2, 4 or 8 bytes. */
uint64_t machine_port(struct machine *m, unsigned int vcpu, uint16_t port, unsigned int size, bool write, uint64_t data,
		      uint64_t now);
uint64_t machine_memory(struct machine *m, unsigned int vcpu, uint64_t addr, unsigned int size, bool write, uint64_t data,
			uint64_t now);

/* When something is due (NEVER: nothing), and what is due at @now. */
uint64_t machine_deadline(const struct machine *m);
void machine_run_timers(struct machine *m, uint64_t now);

/* An interrupt line of the board, 0 to 23. */
void machine_line(struct machine *m, unsigned int line, bool high);
/* High and low again: what an edge is made of. */
void machine_pulse(struct machine *m, unsigned int line);

#endif
