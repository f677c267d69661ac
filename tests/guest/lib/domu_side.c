/* SPDX-License-Identifier: MIT
 *
 * The second domain's own side: its results go into the channel. And the bystander's work.
 */
#include "domu.h"

struct domu_channel *domu_channel;

/* A line as print.c makes it: "ok 1 - ...", "not ok 2 - ...", "# ...", "Bail out! ...". Good ones are only counted. */
void domu_take_line(const char *line, size_t n);
void domu_take_line(const char *line, size_t n)
{
	struct domu_channel *c = domu_channel;
	uint32_t at = c->text_size;

	if (line[0] == 'o') {
		c->passed++;
		return;
	}
	if (line[0] == '1')             /* the plan */
		return;
	if (line[0] != '#')
		c->failed++;
	if (at + n > DOMU_TEXT) {
		c->lost++;
		return;
	}
	memcpy(c->text + at, line, n);
	c->text_size = at + (uint32_t)n;
}

/* ---- the bystander ---- */

#define PATTERN_PAGES 16

static void rest(uint64_t ns)
{
	struct sched_poll p = { .nr_ports = 0, .timeout = system_time() + ns };

	HYPERVISOR_sched_op(SCHEDOP_poll, &p);
}

void domu_neighbour(void *unused)
{
	uint64_t *page[PATTERN_PAGES], last = system_time();

	for (unsigned long i = 0; i < PATTERN_PAGES; i++) {
		page[i] = alloc_page();
		for (unsigned long j = 0; j < 512; j++)
			page[i][j] = i << 32 | j;
	}
	for (;;) {
		uint64_t t;

		rest(5000000);
		t = system_time();
		if (t < last)
			ok(false, "time went back from %lu to %lu", last, t);
		last = t;
		for (unsigned long i = 0; i < PATTERN_PAGES; i++)
			for (unsigned long j = 0; j < 512; j++)
				if (page[i][j] != (i << 32 | j))
					ok(false, "word %lu of page %lu is %#lx", j, i, page[i][j]);
		domu_channel->word[0]++;
	}
}
