/* SPDX-License-Identifier: MIT */
/*
 * Character devices by number, and /dev: a tmpfs with a node for each. The memory devices are here;
 * others register themselves.
 *
 * Locks: devices_lock for the list.
 */
#include "lib.h"
#include "page.h"
#include "process.h"
#include "task.h"
#include "vfs.h"

static struct spinlock devices_lock = SPINLOCK_INIT(LOCK_OBJECT2);
static struct list devices = LIST_INIT(devices);
static struct fs *devfs;

struct fs *devfs_get(void)
{
	return devfs;
}

static void make_node(struct chardev *d)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", d->name);
	for (char *p = path + 5; (p = strchr(p, '/')); p++) {
		*p = 0;
		vfs_mkdir(path, 0755);
		*p = '/';
	}
	vfs_mknod(path, S_IFCHR | d->mode, makedev(d->major, d->minor));
}

/* Before or after /dev exists. */
void chardev_add(struct chardev *d)
{
	spin_lock(&devices_lock);
	list_add_tail(&d->link, &devices);
	spin_unlock(&devices_lock);
	if (devfs)
		make_node(d);
}

void chardev_remove(struct chardev *d)
{
	spin_lock(&devices_lock);
	list_del(&d->link);
	spin_unlock(&devices_lock);
}

/* A device that can go away checks in its open function whether it still exists. */
int chardev_open(u64 rdev, struct file *f)
{
	struct chardev *d, found = { 0 };

	spin_lock(&devices_lock);
	list_for_each(d, &devices, link)
		if (d->major == dev_major(rdev) && d->minor == dev_minor(rdev))
			found = *d;
	spin_unlock(&devices_lock);
	if (!found.ops && !found.open)
		return -ENXIO;
	f->ops = found.ops;
	return found.open ? found.open(f, found.arg) : 0;
}

static ssize_t null_read(struct file *f, struct iobuf *io)
{
	return 0;
}

static ssize_t null_write(struct file *f, struct iobuf *io)
{
	return io->len;
}

static ssize_t zero_read(struct file *f, struct iobuf *io)
{
	static const u8 zeros[512];
	ssize_t done = 0;

	while (io->len) {
		size_t n = min(io->len, sizeof(zeros));

		if (iobuf_put(io, zeros, n))
			return done ? done : -EFAULT;
		done += n;
	}
	return done;
}

static ssize_t full_write(struct file *f, struct iobuf *io)
{
	return -ENOSPC;
}

/* Not for secrets: the time stamp counter through a mixer (splitmix64). */
u64 random_u64(void)
{
	static u64 state;
	u32 lo, hi;
	u64 z;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	z = __atomic_add_fetch(&state, 0x9e3779b97f4a7c15 ^ lo ^ (u64)hi << 32, __ATOMIC_RELAXED);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static ssize_t random_read(struct file *f, struct iobuf *io)
{
	ssize_t done = 0;

	while (io->len) {
		u64 r = random_u64();
		size_t n = min(io->len, sizeof(r));

		if (iobuf_put(io, &r, n))
			return done ? done : -EFAULT;
		done += n;
	}
	return done;
}

static ssize_t kmsg_read(struct file *f, struct iobuf *io)
{
	char chunk[256];
	ssize_t done = 0;

	while (io->len) {
		size_t n = klog_read(chunk, min(io->len, sizeof(chunk)), &f->pos);

		if (!n || iobuf_put(io, chunk, n))
			break;
		done += n;
	}
	return done;
}

static ssize_t kmsg_write(struct file *f, struct iobuf *io)
{
	char line[200];
	ssize_t total = io->len;

	while (io->len) {
		size_t n = min(io->len, sizeof(line) - 1);

		if (iobuf_get(io, line, n))
			return -EFAULT;
		line[n] = 0;
		printk("%s%s", line, !io->len && line[n - 1] != '\n' ? "\n" : "");
	}
	return total;
}

static const struct file_ops null_ops = { .read = null_read, .write = null_write };
static const struct file_ops zero_ops = { .read = zero_read, .write = null_write };
static const struct file_ops full_ops = { .read = zero_read, .write = full_write };
static const struct file_ops random_ops = { .read = random_read, .write = null_write };
static const struct file_ops kmsg_ops = { .read = kmsg_read, .write = kmsg_write };

static struct chardev memory_devices[] = {
	{ .major = 1, .minor = 3, .name = "null", .ops = &null_ops, .mode = 0666 },
	{ .major = 1, .minor = 5, .name = "zero", .ops = &zero_ops, .mode = 0666 },
	{ .major = 1, .minor = 7, .name = "full", .ops = &full_ops, .mode = 0666 },
	{ .major = 1, .minor = 8, .name = "random", .ops = &random_ops, .mode = 0666 },
	{ .major = 1, .minor = 9, .name = "urandom", .ops = &random_ops, .mode = 0666 },
	{ .major = 1, .minor = 11, .name = "kmsg", .ops = &kmsg_ops, .mode = 0644 },
};

/* Once the root file system is unpacked. */
void devices_init(void)
{
	struct chardev *d;
	struct fs *fs;

	for (unsigned i = 0; i < ARRAY_SIZE(memory_devices); i++)
		list_add_tail(&memory_devices[i].link, &devices);
	vfs_mkdir("/dev", 0755);
	fs = tmpfs_create("devtmpfs");
	if (!fs || mount_fs("/dev", fs, 0))
		panic("no /dev");
	devfs = fs;
	list_for_each(d, &devices, link)
		make_node(d);
	vfs_symlink("/dev/fd", "/proc/self/fd");
}
