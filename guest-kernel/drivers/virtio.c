/* SPDX-License-Identifier: MIT */
/*
 * Virtqueues over legacy PCI: a ring of descriptors in memory that the device reads by DMA. Under PV
 * "physical" is machine memory: plat_dma_address() translates, and since neighbours need not be
 * neighbours there, a buffer takes one descriptor a page.
 */
#include "virtio.h"
#include "../kernel/lib.h"
#include "../kernel/page.h"
#include "../platform/platform.h"

#define REG_DEVICE_FEATURES 0
#define REG_DRIVER_FEATURES 4
#define REG_QUEUE_PFN 8
#define REG_QUEUE_SIZE 12
#define REG_QUEUE_SELECT 14
#define REG_QUEUE_NOTIFY 16
#define REG_STATUS 18
#define REG_ISR 19
#define REG_CONFIG 20

#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER 2
#define STATUS_DRIVER_OK 4

#define DESC_NEXT 1
#define DESC_WRITE 2

struct virtq_desc {
	u64 addr;
	u32 len;
	u16 flags, next;
};

struct virtq_avail {
	u16 flags, idx, ring[];
};

struct virtq_used {
	u16 flags, idx;
	struct {
		u32 id, len;
	} ring[];
};

struct virtio_device *virtio_create(const struct pci_device *pci, u32 wanted, u32 *features)
{
	struct virtio_device *d = kzalloc(sizeof(*d));

	if (!d || !pci->io_base) {
		kfree(d);
		return NULL;
	}
	d->io = pci->io_base;
	d->line = pci->line;
	outb(d->io + REG_STATUS, 0);
	outb(d->io + REG_STATUS, STATUS_ACKNOWLEDGE);
	outb(d->io + REG_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
	*features = inl(d->io + REG_DEVICE_FEATURES) & wanted;
	outl(d->io + REG_DRIVER_FEATURES, *features);
	return d;
}

/* Lines are shared: reading the ISR tells whether it was us, and lowers the line. */
static void virtio_interrupt(void *arg)
{
	struct virtio_device *d = arg;

	if (inb(d->io + REG_ISR) & 1)
		d->interrupt(d);
}

int virtio_start(struct virtio_device *d)
{
	int ret = plat_irq_bind(d->line, virtio_interrupt, d);

	if (ret)
		printk("virtio: interrupt line %u: error %d\n", d->line, ret);
	outb(d->io + REG_STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_DRIVER_OK);
	return ret;
}

u8 virtio_config8(struct virtio_device *d, unsigned offset)
{
	return inb(d->io + REG_CONFIG + offset);
}

u16 virtio_config16(struct virtio_device *d, unsigned offset)
{
	return inw(d->io + REG_CONFIG + offset);
}

struct virtq *virtq_create(struct virtio_device *d, unsigned index)
{
	struct virtq *q = kzalloc(sizeof(*q));
	size_t used_offset, bytes;
	unsigned order = 0;
	u8 *ring;

	outw(d->io + REG_QUEUE_SELECT, index);
	if (!q || !(q->size = inw(d->io + REG_QUEUE_SIZE))) {
		kfree(q);
		return NULL;
	}
	used_offset = page_up(q->size * sizeof(struct virtq_desc) + 6 + 2 * q->size);
	bytes = page_up(used_offset + 6 + 8 * q->size);
	while ((PAGE_SIZE << order) < bytes)
		order++;
	ring = plat_dma_alloc(order);
	q->tokens = kzalloc(q->size * sizeof(void *));
	if (!ring || !q->tokens) {
		printk("virtio: no memory for a queue of %u\n", q->size);
		kfree(q->tokens);
		kfree(q);
		return NULL;
	}
	q->dev = d;
	q->index = index;
	q->desc = (void *)ring;
	q->avail = (void *)(ring + q->size * sizeof(struct virtq_desc));
	q->used = (void *)(ring + used_offset);
	for (unsigned i = 0; i < q->size; i++)
		q->desc[i].next = i + 1;
	q->free_count = q->size;
	outl(d->io + REG_QUEUE_PFN, plat_dma_address(ring) >> PAGE_SHIFT);
	return q;
}

static unsigned pages_spanned(const struct virtio_buffer *b)
{
	return (((u64)b->data & ~PAGE_MASK) + b->len + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

int virtq_add(struct virtq *q, const struct virtio_buffer *b, unsigned out, unsigned in, void *token)
{
	unsigned need = 0;
	u16 head = q->free_head, at = head, last = head;

	for (unsigned i = 0; i < out + in; i++)
		need += pages_spanned(&b[i]);
	if (!need || need > q->free_count)
		return -1;
	for (unsigned i = 0; i < out + in; i++) {
		u8 *p = b[i].data;
		size_t left = b[i].len;

		while (left) {
			size_t n = min(left, PAGE_SIZE - ((u64)p & ~PAGE_MASK));

			q->desc[at].addr = plat_dma_address(p);
			q->desc[at].len = n;
			q->desc[at].flags = DESC_NEXT | (i < out ? 0 : DESC_WRITE);
			last = at;
			at = q->desc[at].next;
			p += n;
			left -= n;
		}
	}
	q->desc[last].flags &= ~DESC_NEXT;
	q->free_head = at;
	q->free_count -= need;
	q->tokens[head] = token;
	q->avail->ring[q->avail->idx % q->size] = head;
	__atomic_store_n(&q->avail->idx, q->avail->idx + 1, __ATOMIC_RELEASE);
	return 0;
}

void virtq_kick(struct virtq *q)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	outw(q->dev->io + REG_QUEUE_NOTIFY, q->index);
}

void *virtq_get(struct virtq *q, u32 *len)
{
	u16 head, at;

	if (q->last_used == __atomic_load_n(&q->used->idx, __ATOMIC_ACQUIRE))
		return NULL;
	head = at = q->used->ring[q->last_used % q->size].id;
	*len = q->used->ring[q->last_used % q->size].len;
	q->last_used++;
	for (q->free_count++; q->desc[at].flags & DESC_NEXT; q->free_count++)
		at = q->desc[at].next;
	q->desc[at].next = q->free_head;
	q->free_head = head;
	return q->tokens[head];
}
