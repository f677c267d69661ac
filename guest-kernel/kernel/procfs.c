/* SPDX-License-Identifier: MIT */
/*
 * /proc: what ps, free, uptime, mount and their like read, in Linux's formats.
 *
 * Inodes are made as they are looked up. A file's text is produced when it is opened, so a reader sees
 * one moment, however small its buffer.
 *
 * Locks: proc_lock while tasks are looked at.
 */
#include "lib.h"
#include "mm.h"
#include "page.h"
#include "syscall.h"
#include "task.h"
#include "tty.h"
#include "vfs.h"

#define TEXT_SIZE 16384

struct proc_entry {
	const char *name;
	void (*text)(struct text *t, int pid);
	const struct proc_entry *dir;	/* a directory: its entries, ended by a NULL name */
	int (*link)(char *buf, size_t size, int pid);
	bool only_pv;
};

struct proc_node {
	const struct proc_entry *entry;	/* NULL: the root, or a process's directory if pid is set */
	int pid;
	int fd;				/* 1 + descriptor, for /proc/PID/fd/N; -1 for the directory */
};

static const struct inode_ops proc_ops;
static struct fs *proc_fs;

static void text_meminfo(struct text *t, int pid)
{
	u64 total = page_total_count() * 4, free = page_free_count() * 4;

	text_printf(t, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\nMemAvailable:   %8lu kB\n", total, free, free);
	text_printf(t, "Buffers:        %8u kB\nCached:         %8u kB\nShmem:          %8u kB\n", 0, 0, 0);
	text_printf(t, "SwapTotal:      %8u kB\nSwapFree:       %8u kB\n", 0, 0);
}

static void text_cpuinfo(struct text *t, int pid)
{
	u32 r[12], a, b, c, d;

	for (u32 i = 0; i < 3; i++)
		__asm__("cpuid" : "=a"(r[i * 4]), "=b"(r[i * 4 + 1]), "=c"(r[i * 4 + 2]), "=d"(r[i * 4 + 3])
			: "a"(0x80000002 + i), "c"(0));
	__asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0), "c"(0));
	for (unsigned i = 0; i < cpu_count; i++) {
		text_printf(t, "processor\t: %u\nvendor_id\t: %.4s%.4s%.4s\n", i, (char *)&b, (char *)&d, (char *)&c);
		text_printf(t, "model name\t: %.48s\nflags\t\t: fpu%s\n\n", (char *)r,
			    plat_name[0] == 'p' ? " hypervisor" : "");
	}
}

static void text_uptime(struct text *t, int pid)
{
	u64 now = plat_clock() / 10000000, idle = 0;

	for (unsigned i = 0; i < cpu_count; i++)
		idle += cpus[i].idle_time / 10000000;
	text_printf(t, "%lu.%02lu %lu.%02lu\n", now / 100, now % 100, idle / 100, idle % 100);
}

static unsigned count_tasks(bool running_only)
{
	struct task *p;
	unsigned n = 0;

	spin_lock(&proc_lock);
	list_for_each(p, &all_tasks, all_link)
		n += !running_only || p->state == TASK_RUNNING;
	spin_unlock(&proc_lock);
	return n;
}

static void text_loadavg(struct text *t, int pid)
{
	unsigned running = count_tasks(true);

	text_printf(t, "%u.00 %u.00 %u.00 %u/%u %d\n", running - 1, running - 1, running - 1, running,
		    count_tasks(false), current->pid);
}

static void text_stat(struct text *t, int pid)
{
	u64 now = plat_clock(), user = 0, total_idle = 0;
	struct task *p;

	spin_lock(&proc_lock);
	list_for_each(p, &all_tasks, all_link)
		user += p->utime + p->child_utime;
	spin_unlock(&proc_lock);
	for (unsigned i = 0; i < cpu_count; i++)
		total_idle += cpus[i].idle_time;
	u64 busy = now * cpu_count > total_idle + user ? now * cpu_count - total_idle - user : 0;

	text_printf(t, "cpu  %lu 0 %lu %lu 0 0 0 0 0 0\n", user / 10000000, busy / 10000000, total_idle / 10000000);
	for (unsigned i = 0; i < cpu_count; i++)
		text_printf(t, "cpu%u 0 0 %lu %lu 0 0 0 0 0 0\n", i, (now - cpus[i].idle_time) / 10000000,
			    cpus[i].idle_time / 10000000);
	text_printf(t, "btime %lu\nprocesses %u\nprocs_running %u\n", plat_wallclock() / NSEC_PER_SEC,
		    count_tasks(false), count_tasks(true));
}

static void text_mounts(struct text *t, int pid)
{
	struct mount *m;

	list_for_each(m, &mounts, link)
		text_printf(t, "%s %s %s %s 0 0\n", m->fs->source, m->path, m->fs->type, m->flags & 1 ? "ro" : "rw");
}

static void text_version(struct text *t, int pid)
{
	text_printf(t, "Paravane guest kernel on %s\n", plat_name);
}

static void text_cmdline(struct text *t, int pid)
{
	text_printf(t, "%s\n", boot_info.cmdline);
}

static void text_filesystems(struct text *t, int pid)
{
	text_printf(t, "nodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\t9p\n");
}

static void text_capabilities(struct text *t, int pid)
{
	if (boot_info.control_domain)
		text_printf(t, "control_d\n");
}

static void text_hostname(struct text *t, int pid)
{
	text_printf(t, "%s\n", hostname);
}

static int link_self(char *buf, size_t size, int pid)
{
	return snprintf(buf, size, "%d", current->pid);
}

static int link_mounts(char *buf, size_t size, int pid)
{
	return snprintf(buf, size, "self/mounts");
}

static const char state_letters[] = { 'R', 'S', 'D', 'T', 'Z', 'D' };

static void task_stat(struct text *t, const struct task *p)
{
	struct tty *tty = p->session ? p->session->tty : NULL;
	u64 tick = 10000000, rss = p->mm ? p->mm->rss : 0;

	text_printf(t, "%d (%s) %c %d %d %d %d %d 0 0 0 0 0 ", p->pid, p->name, state_letters[p->state],
		    p->parent ? p->parent->pid : 0, p->pgid, p->session ? p->session->sid : 0,
		    tty ? 0x501 : 0, tty ? tty->foreground : -1);
	text_printf(t, "%lu %lu %lu %lu 20 0 1 0 %lu %lu %lu ", p->utime / tick, p->stime / tick,
		    p->child_utime / tick, p->child_stime / tick, p->start_time / tick, rss * PAGE_SIZE, rss);
	text_printf(t, "18446744073709551615 0 0 0 0 0 %lu %lu 0 0 0 0 0 17 %u 0 0 0 0 0\n", p->sig_pending,
		    p->sig_blocked, p->cpu);
}

static void task_status(struct text *t, const struct task *p)
{
	u64 rss = p->mm ? p->mm->rss * 4 : 0;

	text_printf(t, "Name:\t%s\nState:\t%c\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\n", p->name, state_letters[p->state],
		    p->pid, p->pid, p->parent ? p->parent->pid : 0);
	text_printf(t, "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nVmSize:\t%8lu kB\nVmRSS:\t%8lu kB\nThreads:\t1\n", rss, rss);
	text_printf(t, "SigPnd:\t%016lx\nSigBlk:\t%016lx\n", p->sig_pending, p->sig_blocked);
}

static void task_cmdline(struct text *t, const struct task *p)
{
	size_t n = min((size_t)p->cmdline_len, t->size - t->len);

	if (p->cmdline) {
		memcpy(t->buf + t->len, p->cmdline, n);
		t->len += n;
	}
}

static void task_comm(struct text *t, const struct task *p)
{
	text_printf(t, "%s\n", p->name);
}

static void with_task(struct text *t, int pid, void (*fn)(struct text *, const struct task *))
{
	struct task *p;

	spin_lock(&proc_lock);
	p = task_find(pid);
	if (p)
		fn(t, p);
	spin_unlock(&proc_lock);
}

static void text_pid_stat(struct text *t, int pid) { with_task(t, pid, task_stat); }
static void text_pid_status(struct text *t, int pid) { with_task(t, pid, task_status); }
static void text_pid_cmdline(struct text *t, int pid) { with_task(t, pid, task_cmdline); }
static void text_pid_comm(struct text *t, int pid) { with_task(t, pid, task_comm); }

/* Only of the reader itself: another's areas are not ours to walk. */
static void text_maps(struct text *t, int pid)
{
	struct vma *v;

	if (pid != current->pid || !current->mm)
		return;
	mutex_lock(&current->mm->lock);
	list_for_each(v, &current->mm->vmas, link)
		text_printf(t, "%08lx-%08lx %c%c%c%c %08lx 00:00 0 %s\n", v->start, v->end, v->prot & 1 ? 'r' : '-',
			    v->prot & 2 ? 'w' : '-', v->prot & 4 ? 'x' : '-', v->flags & MAP_SHARED ? 's' : 'p', v->offset,
			    v->flags & MAP_GROWSDOWN ? "[stack]" : "");
	mutex_unlock(&current->mm->lock);
}

static const struct proc_entry xen_dir[] = {
	{ .name = "capabilities", .text = text_capabilities },
	{ .name = NULL },
};

static const struct proc_entry kernel_dir[] = {
	{ .name = "hostname", .text = text_hostname },
	{ .name = NULL },
};

static const struct proc_entry sys_dir[] = {
	{ .name = "kernel", .dir = kernel_dir },
	{ .name = NULL },
};

static const struct proc_entry root_dir[] = {
	{ .name = "self", .link = link_self },
	{ .name = "cmdline", .text = text_cmdline },
	{ .name = "cpuinfo", .text = text_cpuinfo },
	{ .name = "filesystems", .text = text_filesystems },
	{ .name = "loadavg", .text = text_loadavg },
	{ .name = "meminfo", .text = text_meminfo },
	{ .name = "mounts", .link = link_mounts },
	{ .name = "stat", .text = text_stat },
	{ .name = "sys", .dir = sys_dir },
	{ .name = "uptime", .text = text_uptime },
	{ .name = "version", .text = text_version },
	{ .name = "xen", .dir = xen_dir, .only_pv = true },
	{ .name = NULL },
};

static const struct proc_entry fd_marker = { .name = "fd" };

static const struct proc_entry pid_dir[] = {
	{ .name = "cmdline", .text = text_pid_cmdline },
	{ .name = "comm", .text = text_pid_comm },
	{ .name = "maps", .text = text_maps },
	{ .name = "mounts", .text = text_mounts },
	{ .name = "stat", .text = text_pid_stat },
	{ .name = "status", .text = text_pid_status },
	{ .name = NULL },
};

static const struct proc_entry *entries_of(const struct proc_node *n)
{
	return n->fd ? NULL : n->entry ? n->entry->dir : n->pid ? pid_dir : root_dir;
}

static struct inode *proc_inode(const struct proc_entry *e, int pid, int fd, u32 mode)
{
	struct inode *i = inode_alloc(proc_fs, &proc_ops, mode);
	struct proc_node *n = kzalloc(sizeof(*n));

	if (!i || !n) {
		kfree(i);
		kfree(n);
		return NULL;
	}
	*n = (struct proc_node){ e, pid, fd };
	i->priv = n;
	return i;
}

static u32 mode_of(const struct proc_entry *e)
{
	return e->dir ? S_IFDIR | 0555 : e->link ? S_IFLNK | 0777 : S_IFREG | 0444;
}

static bool visible(const struct proc_entry *e)
{
	return !e->only_pv || plat_name[0] == 'p';
}

static bool pid_exists(int pid)
{
	bool yes;

	spin_lock(&proc_lock);
	yes = task_find(pid) != NULL;
	spin_unlock(&proc_lock);
	return yes;
}

static int proc_lookup(struct inode *dir, const char *name, struct inode **out)
{
	const struct proc_node *n = dir->priv;
	const struct proc_entry *e = entries_of(n);
	const char *end;
	u64 number = strtoul(name, &end);

	*out = NULL;
	for (; e && e->name; e++) {
		if (!strcmp(e->name, name) && visible(e)) {
			*out = proc_inode(e, n->pid, 0, mode_of(e));
			return *out ? 0 : -ENOMEM;
		}
	}
	if (n->fd == -1 && !*end) {
		struct file *f = n->pid == current->pid ? fd_get(number) : NULL;

		if (!f)
			return -ENOENT;
		file_put(f);
		*out = proc_inode(&fd_marker, n->pid, number + 1, S_IFLNK | 0777);
	} else if (n->pid && !n->entry && !strcmp(name, "fd")) {
		*out = proc_inode(&fd_marker, n->pid, -1, S_IFDIR | 0555);
	} else if (!n->pid && !n->entry && !*end && pid_exists(number)) {
		*out = proc_inode(NULL, number, 0, S_IFDIR | 0555);
	} else {
		return -ENOENT;
	}
	return *out ? 0 : -ENOMEM;
}

static int emit_pids(struct dirctx *c)
{
	/* Positions of processes are their numbers, above those of the fixed entries. */
	u64 base = 100, after = c->pos > base ? c->pos - base : 0;

	for (;;) {
		struct task *p;
		int best = 0;
		char name[16];

		spin_lock(&proc_lock);
		list_for_each(p, &all_tasks, all_link)
			if ((u64)p->pid > after && (!best || p->pid < best))
				best = p->pid;
		spin_unlock(&proc_lock);
		if (!best)
			return 0;
		snprintf(name, sizeof(name), "%d", best);
		if (!c->emit(c, name, base + best, 4, base + best))
			return 0;
		after = best;
	}
}

static int proc_readdir(struct inode *i, struct file *f, struct dirctx *c)
{
	const struct proc_node *n = i->priv;
	const struct proc_entry *e = entries_of(n);
	u64 pos = 3;

	for (; e && e->name; e++, pos++)
		if (pos > c->pos && visible(e) && !c->emit(c, e->name, pos, mode_of(e) >> 12, pos))
			return 0;
	if (n->pid && !n->entry && pos > c->pos && !c->emit(c, "fd", pos, 4, pos))
		return 0;
	if (n->fd == -1 && n->pid == current->pid) {
		for (int fd = 0; fd < MAX_FDS; fd++) {
			char name[16];

			snprintf(name, sizeof(name), "%d", fd);
			if (current->files->fd[fd] && c->pos < 3 + (u64)fd && !c->emit(c, name, fd + 1, 10, 3 + fd))
				return 0;
		}
	}
	return n->pid || n->entry ? 0 : emit_pids(c);
}

static int link_fd(char *buf, size_t size, int fd)
{
	struct file *f = fd_get(fd);
	int n;

	if (!f)
		return -ENOENT;
	if (f->path)
		n = snprintf(buf, size, "%s", f->path);
	else if (tty_of(f))
		n = snprintf(buf, size, "/dev/%s", tty_of(f)->name);
	else
		n = snprintf(buf, size, "%s:[%lu]", (f->mode & S_IFMT) == S_IFIFO ? "pipe" : "file",
			     f->inode ? f->inode->ino : 0);
	file_put(f);
	return n;
}

static int proc_readlink(struct inode *i, char *buf, size_t size)
{
	const struct proc_node *n = i->priv;

	if (n->fd > 0)
		return link_fd(buf, size, n->fd - 1);
	return n->entry->link(buf, size, n->pid);
}

static ssize_t proc_file_read(struct file *f, struct iobuf *io)
{
	struct text *t = f->priv;
	size_t n;

	if (f->pos >= t->len)
		return 0;
	n = min(io->len, t->len - f->pos);
	if (iobuf_put(io, t->buf + f->pos, n))
		return -EFAULT;
	f->pos += n;
	return n;
}

static void proc_file_release(struct file *f)
{
	struct text *t = f->priv;

	if (t)
		kfree(t->buf);
	kfree(t);
}

static const struct file_ops proc_file_ops = { .read = proc_file_read, .release = proc_file_release };

static int proc_open(struct inode *i, struct file *f)
{
	const struct proc_node *n = i->priv;
	struct text *t;

	if (!S_ISREG(i->mode))
		return 0;
	t = kzalloc(sizeof(*t));
	if (t)
		t->buf = kmalloc(TEXT_SIZE);
	if (!t || !t->buf) {
		kfree(t);
		return -ENOMEM;
	}
	t->size = TEXT_SIZE;
	n->entry->text(t, n->pid);
	f->priv = t;
	f->ops = &proc_file_ops;
	return 0;
}

static void proc_release(struct inode *i)
{
	kfree(i->priv);
	kfree(i);
}

static int proc_statfs(struct fs *fs, struct linux_statfs *s)
{
	s->type = 0x9fa0;
	return 0;
}

static const struct inode_ops proc_ops = {
	.lookup = proc_lookup,
	.readdir = proc_readdir,
	.readlink = proc_readlink,
	.open = proc_open,
	.release = proc_release,
};

/* There is one, however often it is mounted. */
struct fs *procfs_create(void)
{
	if (!proc_fs) {
		proc_fs = kzalloc(sizeof(*proc_fs));
		if (!proc_fs)
			return NULL;
		proc_fs->type = proc_fs->source = "proc";
		proc_fs->dev = 4;
		proc_fs->statfs = proc_statfs;
		proc_fs->root = proc_inode(NULL, 0, 0, S_IFDIR | 0555);
	}
	return proc_fs;
}
