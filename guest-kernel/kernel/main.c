/* SPDX-License-Identifier: MIT */
/*
 * From the platform's start to the first process. The platform has found memory, the console
 * and the initramfs; what follows is the same everywhere.
 */
#include "../drivers/drivers.h"
#include "lib.h"
#include "mm.h"
#include "page.h"
#include "process.h"
#include "syscall.h"
#include "task.h"
#include "tty.h"
#include "vfs.h"

extern u8 boot_stack[];
struct boot_info boot_info;
void *ap_stacks[MAX_CPUS];

/* The value of name=value on the command line, up to the next blank. */
bool boot_option(const char *name, char *value, size_t size)
{
	size_t n = strlen(name);

	for (const char *s = boot_info.cmdline; s && *s; s = strchr(s, ' ')) {
		while (*s == ' ')
			s++;
		if (!strncmp(s, name, n) && s[n] == '=') {
			size_t k = 0;

			for (s += n + 1; *s && *s != ' ' && k + 1 < size; s++)
				value[k++] = *s;
			value[k] = 0;
			return true;
		}
	}
	return false;
}

/* Each CPU's idle task runs on the stack that it started on. */
static void adopt_idle(unsigned cpu, struct task *t)
{
	struct cpu *c = &cpus[cpu];

	t->state = TASK_RUNNING;
	t->on_cpu = true;
	t->cpu = cpu;
	c->idle = c->task = t;
	c->kstack_top = (u64)t->kstack + KSTACK_SIZE;
	c->timer_deadline = ~0ull;
	c->online = true;
}

static struct task *idle_create(unsigned cpu)
{
	struct task *t = task_alloc("idle");

	if (!t)
		return NULL;
	if (!cpu) {	/* the stack it has been running on all along */
		page_free(pa(t->kstack), KSTACK_ORDER);
		t->kstack = boot_stack;
		*(u64 *)t->kstack = KSTACK_CANARY;
	}
	ap_stacks[cpu] = t->kstack + KSTACK_SIZE;
	snprintf(t->name, sizeof(t->name), "idle/%u", cpu);
	return t;
}

static struct task *ap_idle[MAX_CPUS];

static void start_other_cpus(void)
{
	unsigned n = min(plat_cpu_possible(), (unsigned)MAX_CPUS);

	for (unsigned i = 1; i < n; i++)
		ap_idle[i] = idle_create(i);
	plat_start_cpus(n);
}

void cpu_main(unsigned cpu)
{
	sched_init_cpu(cpu);
	adopt_idle(cpu, ap_idle[cpu]);
	plat_cpu_init(cpu);
	plat_fpu_enable();
	plat_timer_init(cpu);
	__atomic_add_fetch(&cpu_count, 1, __ATOMIC_SEQ_CST);
	sched_idle();
}

static void mount_root(void)
{
	struct fs *fs = tmpfs_create("rootfs");
	int n;

	if (!fs || mount_fs("/", fs, 0))
		panic("no root file system");
	if (boot_info.initrd) {
		n = initramfs_unpack(va(boot_info.initrd), boot_info.initrd_size);
		if (n < 0)
			printk("initramfs: not understood (%d)\n", n);
		else
			printk("initramfs: %d files from %lu KB\n", n, boot_info.initrd_size >> 10);
		page_add_range(page_up(boot_info.initrd), page_down(boot_info.initrd + boot_info.initrd_size));
	}
	devices_init();
	vfs_mkdir("/proc", 0555);
	fs = procfs_create();
	if (fs)
		mount_fs("/proc", fs, 0);
	vfs_mkdir("/tmp", 01777);
	vfs_mkdir("/run", 0755);
}

static bool open_console(void)
{
	struct file *f;

	if (file_open(AT_FDCWD, "/dev/console", O_RDWR | O_NOCTTY, 0, &f))
		return false;
	for (int i = 0; i < 3; i++) {
		if (i)
			file_get(f);
		fd_install(f, i, false);
	}
	return true;
}

/* The first process. Returning means: into the program that exec_kernel() has set up. */
void init_thread(void *arg)
{
	static const char *const candidates[] = { "/init", "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };
	static const char *const envp[] = { "HOME=/", "PATH=/bin:/sbin:/usr/bin:/usr/sbin", "TERM=vt100", NULL };
	struct task *t = current;
	char chosen[64];

	t->files = files_create();
	t->fs = kzalloc(sizeof(*t->fs));
	t->actions = kzalloc((NSIG + 1) * sizeof(*t->actions));
	t->fs->cwd[0] = '/';
	t->fs->umask = 022;
	t->sig_blocked = 0;
	t->pgid = t->pid;
	init_process = t;
	mount_root();
	drivers_init();
	open_console();
	if (boot_option("rdinit", chosen, sizeof(chosen)) || boot_option("init", chosen, sizeof(chosen))) {
		const char *argv[] = { chosen, NULL };

		if (!exec_kernel(chosen, argv, envp))
			return;
		printk("init=%s cannot be run\n", chosen);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(candidates); i++) {
		const char *argv[] = { candidates[i], NULL };

		if (!exec_kernel(candidates[i], argv, envp))
			return;
	}
	demo_init();
}

/* TOUR 5.3: the same from here on, natively and under the hypervisor. */
void kernel_main(void)
{
	sched_init_cpu(0);
	printk("Paravane guest kernel on %s, %lu KB free%s%s\n", plat_name, page_free_count() * 4,
	       boot_info.cmdline[0] ? ", arguments: " : "", boot_info.cmdline);
	plat_fpu_enable();
	fpu_init();
	adopt_idle(0, idle_create(0));
	cpu_count = 1;
	plat_cpu_init(0);
	plat_timer_init(0);
	console_init();
	pty_init();
	plat_console_start();
	start_other_cpus();
	kthread_create("init", init_thread, NULL);
	sched_idle();
}
