/* SPDX-License-Identifier: MIT */
/* Virtio devices behind the legacy I/O interface. [Virtio 1.1, 2.6 and 4.1.4.8] */
#ifndef GUEST_KERNEL_DRIVERS_VIRTIO_H
#define GUEST_KERNEL_DRIVERS_VIRTIO_H

#include "../kernel/lock.h"
#include "pci.h"

struct virtio_device;

struct virtq {
	struct virtio_device *dev;
	unsigned index, size;
	struct virtq_desc *desc;
	struct virtq_avail *avail;
	struct virtq_used *used;
	void **tokens;		/* of the first descriptor of each chain */
	u16 free_head, free_count, last_used;
};

struct virtio_device {
	u16 io;
	u8 line;
	void (*interrupt)(struct virtio_device *d);	/* some queue has used buffers */
	void *priv;
};

struct virtio_buffer {
	void *data;		/* kernel memory; may span pages */
	size_t len;
};

/* Resets the device and acknowledges it; features it does not offer are dropped. */
struct virtio_device *virtio_create(const struct pci_device *pci, u32 wanted, u32 *features);
/* The driver is ready: interrupts begin. */
int virtio_start(struct virtio_device *d);
u8 virtio_config8(struct virtio_device *d, unsigned offset);
u16 virtio_config16(struct virtio_device *d, unsigned offset);

/* NULL if there is no such queue or no memory. Locking is the caller's. */
struct virtq *virtq_create(struct virtio_device *d, unsigned index);
/* out buffers to the device, then in buffers from it. 0, or -1 while there are too few descriptors. */
int virtq_add(struct virtq *q, const struct virtio_buffer *b, unsigned out, unsigned in, void *token);
void virtq_kick(struct virtq *q);
/* The token of a chain that the device is done with, and how much it wrote; or NULL. */
void *virtq_get(struct virtq *q, u32 *len);

/* The drivers. */
void p9_found(const struct pci_device *pci);
void vserial_found(const struct pci_device *pci);

#endif
