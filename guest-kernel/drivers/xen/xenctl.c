/* SPDX-License-Identifier: MIT */
/*
 * What the toolstack asks of a domain through XenStore: control/shutdown, control/sysrq, memory/target.
 * The watches' callback only notes that something happened; a thread reads the store and acts.
 */
#include "xen.h"
#include "../../kernel/page.h"

static struct spinlock ctl_lock = SPINLOCK_INIT(LOCK_OBJECT2);
static struct waitq ctl_wait = WAITQ_INIT(ctl_wait);
static bool news;

static void ctl_event(struct xenbus_watch *w, const char *path, const char *token)
{
	spin_lock(&ctl_lock);
	news = true;
	spin_unlock(&ctl_lock);
	wake_all(&ctl_wait);
}

static struct xenbus_watch watches[] = {
	{ .token = "shutdown", .fn = ctl_event },
	{ .token = "sysrq", .fn = ctl_event },
	{ .token = "memory", .fn = ctl_event },
};

/* Programs get a moment to finish what they are at. */
static void end_programs(void)
{
	struct task *t;

	spin_lock(&proc_lock);
	list_for_each(t, &all_tasks, all_link)
		if (t->pid > 1)
			signal_send_locked(t, SIGTERM, 1);
	spin_unlock(&proc_lock);
	sleep_until(plat_clock() + 100000000);
}

static void handle_shutdown(void)
{
	char *what = xenbus_read("control/shutdown");

	if (what && what[0]) {
		xenbus_write("control/shutdown", "");	/* the acknowledgement */
		printk("The toolstack asks for: %s\n", what);
		if (!strcmp(what, "poweroff") || !strcmp(what, "halt")) {
			end_programs();
			plat_power_off();
		} else if (!strcmp(what, "reboot")) {
			end_programs();
			plat_reboot();
		} else {
			printk("control/shutdown: \"%s\" is not supported\n", what);
		}
	}
	kfree(what);
}

static void show_tasks(void)
{
	struct task *t;

	spin_lock(&proc_lock);
	list_for_each(t, &all_tasks, all_link)
		printk("%5d %-15s state %d system call %d\n", t->pid, t->name, t->state, t->syscall_nr);
	spin_unlock(&proc_lock);
}

static void handle_sysrq(void)
{
	char *key = xenbus_read("control/sysrq");

	if (key && key[0]) {
		char c = key[0];

		xenbus_write("control/sysrq", "");
		printk("sysrq: %c\n", c);
		if (c == 'b')
			plat_reboot();
		else if (c == 'o')
			plat_power_off();
		else if (c == 'c')
			panic("sysrq asked for a crash");
		else if (c == 't')
			show_tasks();
		else if (c == 'm')
			printk("%lu of %lu KB free\n", page_free_count() * 4, page_total_count() * 4);
		else
			printk("sysrq: b reboot, c crash, m memory, o power off, t tasks\n");
	}
	kfree(key);
}

static void ctl_thread(void *arg)
{
	static const char *const paths[] = { "control/shutdown", "control/sysrq", "memory/target" };
	static const char *const features[] = { "control/feature-poweroff", "control/feature-reboot",
						"control/feature-halt", "control/feature-balloon" };

	for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
		xenbus_write(features[i], "1");
	for (unsigned i = 0; i < ARRAY_SIZE(paths); i++)
		xenbus_watch(&watches[i], paths[i]);
	for (;;) {
		spin_lock(&ctl_lock);
		while (!news)
			wait_locked_uninterruptible(&ctl_wait, &ctl_lock);
		news = false;
		spin_unlock(&ctl_lock);
		handle_shutdown();
		handle_sysrq();
		balloon_follow_target();
	}
}

void xenctl_init(void)
{
	if (!boot_info.control_domain && xenbus_connected())
		kthread_create("xenctl", ctl_thread, NULL);
}
