/* SPDX-License-Identifier: MIT */
/* What a domain config means: see domcfg.h. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "domcfg.h"

const char *const dom_action_names[] = {
	[ACTION_DESTROY] = "destroy", [ACTION_RESTART] = "restart",
	[ACTION_RENAME_RESTART] = "rename-restart", [ACTION_PRESERVE] = "preserve",
	[ACTION_COREDUMP_DESTROY] = "coredump-destroy",
	[ACTION_COREDUMP_RESTART] = "coredump-restart", NULL
};

const char *const dom_type_names[] = { [DOM_PV] = "pv", [DOM_HVM] = "hvm", [DOM_PVH] = "pvh", NULL };
/* How the hypervisor runs an hvm domain: nested paging, shadow paging, or without the processor's help. */
const char *const dom_virt_names[] = {
	[VIRT_SVM_NPT] = "svm-npt", [VIRT_SVM_SHADOW] = "svm-shadow", [VIRT_TANDE] = "tande", NULL
};

static const char *const builder_names[] = { "generic", "linux", NULL };

enum kind {
	STRING,		/* offset: char * */
	NAME,		/* a domain's name */
	NUMBER,		/* offset: long long; min to max */
	MEMORY,		/* megabytes; max is what is free */
	CHOICE,		/* offset: long long or none; index into choices */
	CPUS,
	UUID,
	NOT_YET,	/* refused unless empty; text says why */
	OTHER_TYPE,	/* for hvm or pvh domains, or hardware; refused unless empty */
};

struct key {
	const char *name;
	enum kind kind;
	size_t offset;
	long long min, max;
	const char *const *choices;
	const char *text;	/* what is expected, or why it is refused */
};

#define NOWHERE ((size_t)-1)
#define HVM_MAX_MEMORY 3072	/* a PC has its devices from 3 GB on */
#define AT(field) offsetof(struct domcfg, field)

static const struct key keys[] = {
	{ "name", NAME, AT(name), 0, 0, NULL, NULL },
	{ "type", CHOICE, AT(type), 0, 0, dom_type_names, NULL },
	{ "virt", CHOICE, AT(virt), 0, 0, dom_virt_names, NULL },
	{ "builder", CHOICE, NOWHERE, 0, 0, builder_names, NULL },
	{ "kernel", STRING, AT(kernel), 1, 1023, NULL, "a path" },
	{ "ramdisk", STRING, AT(ramdisk), 1, 1023, NULL, "a path" },
	{ "cmdline", STRING, AT(cmdline), 0, 1023, NULL, NULL },
	{ "root", STRING, AT(root), 0, 1023, NULL, NULL },
	{ "extra", STRING, AT(extra), 0, 1023, NULL, NULL },
	{ "memory", MEMORY, AT(memory), 1, 1 << 20, NULL, NULL },
	{ "maxmem", NUMBER, AT(maxmem), 1, 1 << 20, NULL, "megabytes" },
	{ "vcpus", NUMBER, AT(vcpus), 1, DOMCFG_MAX_VCPUS, NULL, "a number of vCPUs" },
	{ "maxvcpus", NUMBER, AT(maxvcpus), 1, DOMCFG_MAX_VCPUS, NULL, "a number of vCPUs" },
	{ "cpus", CPUS, NOWHERE, 0, 0, NULL, NULL },
	{ "cpu_weight", NUMBER, AT(weight), 1, 65535, NULL, "a scheduler weight" },
	{ "cap", NUMBER, AT(cap), 0, 100 * DOMCFG_MAX_VCPUS, NULL, "percent of one CPU (0: none)" },
	{ "on_poweroff", CHOICE, AT(on_poweroff), 0, 0, dom_action_names, NULL },
	{ "on_reboot", CHOICE, AT(on_reboot), 0, 0, dom_action_names, NULL },
	{ "on_crash", CHOICE, AT(on_crash), 0, 0, dom_action_names, NULL },
	{ "on_watchdog", CHOICE, AT(on_watchdog), 0, 0, dom_action_names, NULL },
	{ "uuid", UUID, NOWHERE, 0, 0, NULL, NULL },
	{ "max_grant_frames", NUMBER, AT(max_grant_frames), 1, 1024, NULL, "pages of grant table" },
	{ "max_maptrack_frames", NUMBER, AT(max_maptrack_frames), 0, 4096, NULL, "pages" },
	{ "event_channels", NUMBER, AT(max_event_channels), 127, 131071, NULL, "highest event channel" },

	{ "disk", NOT_YET, NOWHERE, 0, 0, NULL, "block devices do not exist yet: put files into "
	  "the ramdisk" },
	{ "vif", NOT_YET, NOWHERE, 0, 0, NULL, "network devices do not exist yet" },
	{ "pool", CHOICE, NOWHERE, 0, 0, (const char *const[]){ "Pool-0", NULL }, NULL },
	{ "cpus_soft", NOT_YET, NOWHERE, 0, 0, NULL, "the scheduler has no soft affinity" },
	{ "on_soft_reset", NOT_YET, NOWHERE, 0, 0, NULL, "soft reset does not exist" },
	{ "bootloader", NOT_YET, NOWHERE, 0, 0, NULL, "set kernel= to build/pvgrub/grub-x86_64-xen.bin "
	  "to boot from inside" },
	{ "bootloader_args", NOT_YET, NOWHERE, 0, 0, NULL, "there is no boot loader in this domain" },
	{ "driver_domain", NOT_YET, NOWHERE, 0, 0, NULL, "devices are served by the control domain" },
	{ "device_tree", NOT_YET, NOWHERE, 0, 0, NULL, "a device tree is given as the config itself" },
	{ "localtime", NOT_YET, NOWHERE, 0, 0, NULL, "the clock is in UTC" },
	{ "rtc_timeoffset", NOT_YET, NOWHERE, 0, 0, NULL, "the clock is in UTC" },
	{ "cpuid", NOT_YET, NOWHERE, 0, 0, NULL, "the CPUID policy is the default one" },
	{ "msr_relaxed", NOT_YET, NOWHERE, 0, 0, NULL, "MSR accesses follow the default policy" },
	{ "tsc_mode", NOT_YET, NOWHERE, 0, 0, NULL, "the TSC is always native" },
	{ "seclabel", NOT_YET, NOWHERE, 0, 0, NULL, "there is no security module" },
	{ "init_seclabel", NOT_YET, NOWHERE, 0, 0, NULL, "there is no security module" },
	{ "passthrough", NOT_YET, NOWHERE, 0, 0, NULL, "there is no device pass-through" },
	{ "p9", NOT_YET, NOWHERE, 0, 0, NULL, "9p devices do not exist yet" },
	{ "pvcalls", NOT_YET, NOWHERE, 0, 0, NULL, "pvcalls devices do not exist" },
	{ "vkb", NOT_YET, NOWHERE, 0, 0, NULL, "keyboard devices do not exist" },
	{ "vsnd", NOT_YET, NOWHERE, 0, 0, NULL, "sound devices do not exist" },
	{ "vtpm", NOT_YET, NOWHERE, 0, 0, NULL, "TPM devices do not exist" },
	{ "vfb", NOT_YET, NOWHERE, 0, 0, NULL, "frame buffers do not exist: use the console" },
	{ "channel", NOT_YET, NOWHERE, 0, 0, NULL, "channels do not exist yet" },
	{ "vdispl", NOT_YET, NOWHERE, 0, 0, NULL, "displays do not exist" },
	{ "virtio", NOT_YET, NOWHERE, 0, 0, NULL, "virtio devices do not exist" },
	{ "usbctrl", NOT_YET, NOWHERE, 0, 0, NULL, "USB devices do not exist" },
	{ "usbdev", NOT_YET, NOWHERE, 0, 0, NULL, "USB devices do not exist" },
	{ "pvshim", NOT_YET, NOWHERE, 0, 0, NULL, "PV domains run as they are" },
	{ "vnuma", NOT_YET, NOWHERE, 0, 0, NULL, "there is one NUMA node" },
	{ "claim_mode", NOT_YET, NOWHERE, 0, 0, NULL, "memory is checked before the domain exists" },
	{ "vmtrace_buf_kb", NOT_YET, NOWHERE, 0, 0, NULL, "there is no processor trace" },

	{ "pci", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "pci_permissive", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "pci_msitranslate", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "pci_power_mgmt", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "ioports", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "iomem", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "irqs", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "rdm", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "dtdev", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "e820_host", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "acpi", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "acpi_s3", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "acpi_s4", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "acpi_firmware", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "altp2m", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "apic", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "bios", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "bios_path_override", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "boot", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "device_model_args", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "device_model_override", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "device_model_version", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "firmware_override", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "firmware", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "gfx_passthru", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "hap", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "hpet", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "keymap", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "mca_caps", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "nestedhvm", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "nomigrate", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "nx", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "oos", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "pae", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "sdl", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "serial", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "shadow_memory", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "smbios_firmware", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "soundhw", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "spice", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "stdvga", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "timer_mode", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "usb", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "usbdevice", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "vendor_device", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "vga", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "videoram", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "viridian", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "vm_event", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "vnc", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "vnclisten", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "vncdisplay", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "vncpasswd", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "vncunused", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "vpt_align", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "vuart", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
	{ "xen_platform_pci", OTHER_TYPE, NOWHERE, 0, 0, NULL, NULL },
};

#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

struct check {
	struct domcfg *d;
	const struct domcfg_limits *lim;
	const struct cfg_entry *en;
	struct err *e;
};

static const char *key_name(void *ctx, unsigned int i)
{
	return i < NR_KEYS ? keys[i].name : NULL;
}

static int expected(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "web.cfg:7: memory = "64x": expected ..." */
static int expected(struct check *c, const char *fmt, ...)
{
	char where[256], value[80], text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(c->e, "%s: %s = %s: expected %s", cfg_where(c->en, where, sizeof(where)),
		       c->en->key, cfg_show(&c->en->value, value, sizeof(value)), text);
}

/* A number, also when it is written in quotes, as xl takes it. */
static int get_number(const struct cfg_value *v, long long *n)
{
	char *stop;

	if (v->type == CFG_LIST || !*v->str)
		return -1;
	errno = 0;
	*n = strtoll(v->str, &stop, 0);
	return *stop || errno ? -1 : 0;
}

static long long *number_at(struct domcfg *d, const struct key *k)
{
	return (long long *)(void *)((char *)d + k->offset);
}

static int check_number(struct check *c, const struct key *k)
{
	long long n;

	if (get_number(&c->en->value, &n) || n < k->min || n > k->max)
		return expected(c, "%s, %lld to %lld", k->text, k->min, k->max);
	*number_at(c->d, k) = n;
	return 0;
}

static int check_memory(struct check *c, const struct key *k)
{
	long long n, max = c->lim->free_mb ? (long long)c->lim->free_mb : k->max;

	if (!get_number(&c->en->value, &n) && n >= k->min && n <= max) {
		*number_at(c->d, k) = n;
		return 0;
	}
	return expected(c, "megabytes, %lld to %lld%s", k->min, max, c->lim->free_mb ? " free" : "");
}

static int check_string(struct check *c, const struct key *k)
{
	const struct cfg_value *v = &c->en->value;
	char **s = (char **)(void *)((char *)c->d + k->offset);

	if (v->type == CFG_LIST)
		return expected(c, "%s in quotes", k->text ? k->text : "a string");
	if (strlen(v->str) < (size_t)k->min || strlen(v->str) > (size_t)k->max)
		return expected(c, "%s of %lld to %lld characters", k->text ? k->text : "a string",
				k->min, k->max);
	*s = strdup(v->str);
	return 0;
}

static int check_name(struct check *c)
{
	const struct cfg_value *v = &c->en->value;
	size_t i, digits = 0;

	if (v->type == CFG_LIST || !*v->str || strlen(v->str) > DOMCFG_NAME_MAX)
		return expected(c, "a name of 1 to %d characters", DOMCFG_NAME_MAX);
	for (i = 0; v->str[i]; i++) {
		if (!isalnum((unsigned char)v->str[i]) && !strchr("_.:+-", v->str[i]))
			return expected(c, "a name of letters, digits and _ . : + -");
		digits += isdigit((unsigned char)v->str[i]) != 0;
	}
	if (i == digits)
		return expected(c, "a name that is not a number: numbers are domain ids");
	c->d->name = strdup(v->str);
	return 0;
}

static int check_choice(struct check *c, const struct key *k)
{
	const struct cfg_value *v = &c->en->value;
	char list[256] = "";
	int i;

	for (i = 0; k->choices[i]; i++) {
		size_t len = strlen(list);

		if (v->type == CFG_STRING && !strcmp(v->str, k->choices[i])) {
			if (k->offset != NOWHERE)
				*number_at(c->d, k) = i;
			return 0;
		}
		snprintf(list + len, sizeof(list) - len, "%s\"%s\"", i ? ", " : "", k->choices[i]);
	}
	return expected(c, "%s%s", i > 1 ? "one of " : "", list);
}

static int add_cpuset(struct check *c, const char *text)
{
	struct domcfg *d = c->d;

	if (d->nr_cpusets == DOMCFG_MAX_VCPUS)
		return expected(c, "at most %d sets", DOMCFG_MAX_VCPUS);
	if (cpuset_parse(&d->cpus[d->nr_cpusets], text))
		return expected(c, "CPUs as \"all\", \"0-3,5\" or \"all,^2\"");
	if (c->lim->nr_cpus && !cpuset_usable(&d->cpus[d->nr_cpusets], c->lim->nr_cpus))
		return expected(c, "CPUs of this machine, 0 to %u", c->lim->nr_cpus - 1);
	d->nr_cpusets++;
	return 0;
}

static int check_cpus(struct check *c)
{
	const struct cfg_value *v = &c->en->value;
	size_t i;

	c->d->cpus = calloc(DOMCFG_MAX_VCPUS, sizeof(*c->d->cpus));
	if (!c->d->cpus)
		return err_sys(c->e, ENOMEM, "cpus");
	if (v->type != CFG_LIST)
		return add_cpuset(c, v->str);
	for (i = 0; i < v->nr_items; i++) {
		if (v->items[i].type == CFG_LIST)
			return expected(c, "a list of strings, one for each vCPU");
		if (add_cpuset(c, v->items[i].str))
			return -1;
	}
	return 0;
}

/* Nothing asked for: an empty list or string, or 0. */
static int is_empty(const struct cfg_value *v)
{
	if (v->type == CFG_LIST)
		return !v->nr_items;
	return v->type == CFG_NUMBER ? !v->num : !*v->str;
}

static int refuse(struct check *c, const char *why)
{
	char where[256];

	if (is_empty(&c->en->value))
		return 0;
	return err_set(c->e, "%s: %s is not supported: %s; remove the line",
		       cfg_where(c->en, where, sizeof(where)), c->en->key, why);
}

static int check_entry(struct check *c)
{
	const struct key *k = keys;
	const char *near;
	char where[256];

	while (k < keys + NR_KEYS && strcmp(k->name, c->en->key))
		k++;
	if (k == keys + NR_KEYS) {
		near = nearest_word(c->en->key, key_name, NULL);
		cfg_where(c->en, where, sizeof(where));
		if (near)
			return err_set(c->e, "%s: unknown key %s; did you mean %s?", where,
				       c->en->key, near);
		return err_set(c->e, "%s: unknown key %s", where, c->en->key);
	}
	switch (k->kind) {
	case STRING:
		return check_string(c, k);
	case NAME:
		return check_name(c);
	case NUMBER:
		return check_number(c, k);
	case MEMORY:
		return check_memory(c, k);
	case CHOICE:
		return check_choice(c, k);
	case CPUS:
		return check_cpus(c);
	case UUID:
		c->d->uuid_given = 1;
		if (c->en->value.type != CFG_STRING || uuid_parse(c->d->uuid, c->en->value.str))
			return expected(c, "\"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx\", x being hex "
					"digits");
		return 0;
	case NOT_YET:
		return refuse(c, k->text);
	case OTHER_TYPE:
		return refuse(c, "it has no meaning for a pv domain without pass-through");
	}
	return 0;
}

/* The machine of a fully virtualized domain is made when it is created: nothing is plugged in later. */
static int check_hvm(struct check *c, const struct cfg *cfg)
{
	struct domcfg *d = c->d;

	c->en = cfg_find(cfg, "memory");
	if (d->memory > HVM_MAX_MEMORY)
		return expected(c, "at most %d megabytes for type = \"hvm\"", HVM_MAX_MEMORY);
	c->en = cfg_find(cfg, "maxmem");
	if (d->maxmem != d->memory)
		return expected(c, "no maxmem, or memory's value, %lld, for type = \"hvm\"", d->memory);
	c->en = cfg_find(cfg, "maxvcpus");
	if (d->maxvcpus != d->vcpus)
		return expected(c, "no maxvcpus, or vcpus' value, %lld, for type = \"hvm\"", d->vcpus);
	c->en = cfg_find(cfg, "on_crash");
	if (d->on_crash >= ACTION_COREDUMP_DESTROY)
		return expected(c, "an action without a core dump: there is none of type = \"hvm\"");
	return 0;
}

static int check_type(struct check *c, const struct cfg *cfg)
{
	c->en = cfg_find(cfg, "type");
	if (c->d->type == DOM_PVH)
		return expected(c, "\"pv\" or \"hvm\": the PVH entry does not exist yet; a Linux kernel runs as \"pv\"");
	if (c->d->type == DOM_HVM)
		return check_hvm(c, cfg);
	c->en = cfg_find(cfg, "virt");
	if (c->en)
		return expected(c, "no virt for a pv domain: add type = \"hvm\"");
	return 0;
}

/* What single keys cannot say. */
static int check_together(struct check *c, const struct cfg *cfg)
{
	struct domcfg *d = c->d;

	if (!d->name)
		return err_set(c->e, "%s: no name: add name = \"...\"",
			       cfg->nr ? cfg->entries[0].file : "config");
	if (!d->kernel)
		return err_set(c->e, "%s: no kernel: add kernel = \"PATH\"", cfg->entries[0].file);
	if (!d->maxmem)
		d->maxmem = d->memory;
	if (!d->maxvcpus)
		d->maxvcpus = d->vcpus;
	c->en = cfg_find(cfg, "maxmem");
	if (d->maxmem < d->memory)
		return expected(c, "at least memory, %lld", d->memory);
	c->en = cfg_find(cfg, "maxvcpus");
	if (d->vcpus > d->maxvcpus)
		return expected(c, "at least vcpus, %lld", d->vcpus);
	return check_type(c, cfg);
}

int domcfg_check(struct domcfg *d, const struct cfg *cfg, const struct domcfg_limits *lim, struct err *e)
{
	struct check c = { .d = d, .lim = lim, .e = e };
	size_t i;

	memset(d, 0, sizeof(*d));
	d->memory = 32;
	d->vcpus = 1;
	d->weight = d->cap = -1;
	d->max_grant_frames = d->max_maptrack_frames = -1;
	d->max_event_channels = 1023;
	d->on_reboot = ACTION_RESTART;
	for (i = 0; i < cfg->nr; i++) {
		c.en = &cfg->entries[i];
		if (check_entry(&c))
			return -1;
	}
	return check_together(&c, cfg);
}

void domcfg_free(struct domcfg *d)
{
	free(d->name);
	free(d->kernel);
	free(d->ramdisk);
	free(d->cmdline);
	free(d->root);
	free(d->extra);
	free(d->cpus);
	memset(d, 0, sizeof(*d));
}

char *domcfg_cmdline(const struct domcfg *d)
{
	const char *root = d->root ? d->root : "", *extra = d->extra ? d->extra : "";
	size_t size = strlen(root) + strlen(extra) + sizeof("root= ");
	char *s;

	if (d->cmdline)
		return strdup(d->cmdline);
	if (!*root && !*extra)
		return NULL;
	s = malloc(size);
	if (s)
		snprintf(s, size, "%s%s%s%s", *root ? "root=" : "", root,
			 *root && *extra ? " " : "", extra);
	return s;
}

char *domcfg_path(const char *path)
{
	const char *root = getenv("PVCTL_ROOT");
	size_t size;
	char *s;

	if (*path == '/')
		return strdup(path);
	if (!root)
		root = "/host";
	size = strlen(root) + strlen(path) + 2;
	s = malloc(size);
	if (s)
		snprintf(s, size, "%s/%s", root, path);
	return s;
}

char *uuid_format(const uint8_t *u, char *buf)
{
	snprintf(buf, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12],
		 u[13], u[14], u[15]);
	return buf;
}

static int hex(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch |= 32;
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

int uuid_parse(uint8_t *uuid, const char *text)
{
	int i;

	for (i = 0; i < 16; i++) {
		if (*text == '-' && (i == 4 || i == 6 || i == 8 || i == 10))
			text++;
		if (hex(text[0]) < 0 || hex(text[1]) < 0)
			return -1;
		uuid[i] = (uint8_t)(hex(text[0]) << 4 | hex(text[1]));
		text += 2;
	}
	return *text ? -1 : 0;
}

void uuid_generate(uint8_t *uuid)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC), i;
	ssize_t n = -1;

	if (fd >= 0) {
		n = read(fd, uuid, 16);
		close(fd);
	}
	if (n != 16) {
		/* Not secret: two domains of one host must differ, that is all. */
		struct timespec ts;
		uint64_t x;

		clock_gettime(CLOCK_REALTIME, &ts);
		x = (uint64_t)ts.tv_sec * 1000000007ULL + (uint64_t)ts.tv_nsec * 31 +
			(uint64_t)getpid();
		for (i = 0; i < 16; i++) {
			x = x * 6364136223846793005ULL + 1442695040888963407ULL;
			uuid[i] = (uint8_t)(x >> 56);
		}
	}
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
}
