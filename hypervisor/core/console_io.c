/* SPDX-License-Identifier: MIT
 *
 * The console_io hypercall, and input from the serial line.
 *
 * The control domain writes to the line as it likes. Other domains' text comes
 * out in whole lines marked with their number, without control characters, and not
 * more than a certain amount a second.
 *
 * Input goes to the control domain or to the hypervisor's debug keys; three times
 * Ctrl-A (conswitch=) changes between the two. The interrupt handler only
 * stores characters; a tasklet acts on them.
 *
 * Locks: input_lock (LOCK_CONSOLE) for the input ring; LOCK_DOMAIN_CONSOLE for a domain's line.
 */
#include "arch/guest_access.h"
#include "boot/boot.h"
#include "core/console.h"
#include "core/hypercall.h"
#include "core/tasklet.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame.h"

#define LINE_MAX     200
#define CHUNK        128
#define INPUT_RING   256        /* power of two */
#define BUCKET_BYTES 65536      /* a burst that a domain may write at once... */
#define REFILL_BYTES 8192       /* ...and what it may write each second after that */

struct domain_console {
	spinlock_t lock;
	unsigned int len;
	char line[LINE_MAX];
	int64_t bucket;
	s_time_t filled;
	unsigned int dropped;           /* lines */
};

int console_domain_init(struct domain *d)
{
	struct domain_console *dc = kzalloc(sizeof(*dc));

	if (!dc)
		return -ENOMEM;
	spin_lock_init(&dc->lock, LOCK_DOMAIN_CONSOLE);
	dc->bucket = BUCKET_BYTES;
	d->console = dc;
	return 0;
}

void console_domain_free(struct domain *d)
{
	kfree(d->console);
	d->console = NULL;
}

/* --- output --- */

static bool line_allowed(struct domain_console *dc)
{
	s_time_t when = now();

	if (log_guest_unlimited())
		return true;
	dc->bucket += (when - dc->filled) / 1000 * REFILL_BYTES / 1000000;
	dc->bucket = MIN(dc->bucket, BUCKET_BYTES);
	dc->filled = when;
	if (dc->bucket < (int64_t)dc->len)
		return false;
	dc->bucket -= dc->len + 8;
	return true;
}

static void end_line(const struct domain *d, struct domain_console *dc)
{
	char note[64];

	dc->line[dc->len] = 0;
	if (line_allowed(dc)) {
		if (dc->dropped) {
			snprintf(note, sizeof(note), "[%u lines suppressed]", dc->dropped);
			console_write_line(d, note);
			dc->dropped = 0;
		}
		console_write_line(d, dc->line);
	} else {
		dc->dropped++;
	}
	dc->len = 0;
}

static void write_lines(const struct domain *d, const char *s, size_t n)
{
	struct domain_console *dc = d->console;

	spin_lock(&dc->lock);
	for (; n; n--, s++) {
		if (*s == '\n') {
			end_line(d, dc);
			continue;
		}
		if ((unsigned char)*s >= ' ' || *s == '\t')
			dc->line[dc->len++] = *s;
		if (dc->len == LINE_MAX - 1)
			end_line(d, dc);
	}
	spin_unlock(&dc->lock);
}

static long console_write(unsigned int count, char *from)
{
	const struct domain *d = current->domain;
	char chunk[CHUNK];

	while (count) {
		unsigned int n = MIN(count, CHUNK);

		if (hypercall_preempt_check())
			return hypercall_continue(__HYPERVISOR_console_io, 3,
						  (unsigned long)CONSOLEIO_write, (unsigned long)count,
						  (unsigned long)from);
		if (copy_from_guest_va(chunk, from, n))
			return -EFAULT;
		if (d == dom0)
			console_write_raw(chunk, n);
		else
			write_lines(d, chunk, n);
		from += n;
		count -= n;
	}
	return 0;
}

/* --- input --- */

static DEFINE_SPINLOCK(input_lock, LOCK_CONSOLE);
static char ring[INPUT_RING];
static unsigned int ring_prod, ring_cons;
static char keys[16];
static unsigned int keys_prod, keys_cons;
static bool to_hypervisor;
static char switch_char = 'a' & 0x1f;
static unsigned int switch_count;

static void input_tasklet_fn(void *unused);
static struct tasklet input_tasklet = TASKLET_INIT(input_tasklet_fn, NULL);

static void input_tasklet_fn(void *unused)
{
	unsigned long flags;
	bool any;
	char key;

	for (;;) {
		spin_lock_irqsave(&input_lock, flags);
		any = keys_cons != keys_prod;
		key = any ? keys[keys_cons++ % sizeof(keys)] : 0;
		spin_unlock_irqrestore(&input_lock, flags);
		if (!any)
			break;
		handle_debug_key(key);
	}
	if (READ_ONCE(ring_cons) != READ_ONCE(ring_prod))
		evtchn_send_global_virq(VIRQ_CONSOLE);
}

/* input_lock held. Full rings drop the newest. */
static void input_store(char c)
{
	if (to_hypervisor || !dom0) {
		if (keys_prod - keys_cons < sizeof(keys))
			keys[keys_prod++ % sizeof(keys)] = c;
	} else if (ring_prod - ring_cons < INPUT_RING) {
		ring[ring_prod++ % INPUT_RING] = c;
	}
}

/* Interrupt context. Fewer than three switch characters in a row are meant for the domain. */
void console_input(char c)
{
	bool switched = false;
	unsigned long flags;

	spin_lock_irqsave(&input_lock, flags);
	if (c == switch_char && switch_char) {
		if (++switch_count == 3) {
			switch_count = 0;
			to_hypervisor = !to_hypervisor;
			switched = true;
		}
	} else {
		for (; switch_count; switch_count--)
			input_store(switch_char);
		input_store(c);
	}
	spin_unlock_irqrestore(&input_lock, flags);
	if (switched)
		printk("*** Serial input to %s (type CTRL-%c three times to switch)\n",
		       to_hypervisor ? "the hypervisor" : "the control domain", switch_char + '@' + 0x20);
	tasklet_schedule(&input_tasklet);
}

static long console_read(unsigned int count, char *to)
{
	unsigned long flags;
	unsigned int done = 0, n;
	char chunk[CHUNK];

	while (done < count) {
		spin_lock_irqsave(&input_lock, flags);
		for (n = 0; n < MIN(count - done, CHUNK) && ring_cons != ring_prod; n++)
			chunk[n] = ring[ring_cons++ % INPUT_RING];
		spin_unlock_irqrestore(&input_lock, flags);
		if (n == 0)
			break;
		if (copy_to_guest_va(to + done, chunk, n))
			return -EFAULT;
		done += n;
	}
	return done;
}

long do_console_io(unsigned long cmd, unsigned long a2, unsigned long buffer)
{
	unsigned int count = (unsigned int)a2;

	if (count > INT32_MAX)
		return hypercall_error(-EINVAL, "console_io: count %u", count);
	switch ((unsigned int)cmd) {
	case CONSOLEIO_write:
		return console_write(count, (char *)buffer);
	case CONSOLEIO_read:
		if (!current->domain->privileged)
			return -EPERM;
		return console_read(count, (char *)buffer);
	default:
		return -ENOSYS;
	}
}

void console_input_init(void)
{
	char value[4];

	/* Xen's form: a letter, or "x" for none. */
	if (cmdline_find("conswitch", value, sizeof(value)) && value[0])
		switch_char = value[0] == 'x' ? 0 : value[0] & 0x1f;
}
