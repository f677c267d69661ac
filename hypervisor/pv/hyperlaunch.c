/* SPDX-License-Identifier: MIT
 *
 * Boot domains from a device tree. The tree is a module like the others; in it
 *
 *      /chosen/hypervisor { compatible = "hypervisor,xen";
 *          domU1 { compatible = "xen,domain";
 *                  domid = <1>; memory = <0 65536>; cpus = <1>;    (memory in kB)
 *                  permissions = <1>;                              (bit 0: control domain)
 *                  domain-uuid = [16 bytes];
 *                  kernel  { compatible = "module,kernel";  module-index = <1>; bootargs = "..."; };
 *                  ramdisk { compatible = "module,ramdisk"; module-index = <2>; };
 *          };
 *      };
 *
 * module-index counts the modules from 0, the tree included. The spellings "multiboot,kernel" and
 * "multiboot,ramdisk" are taken too. Which node is what goes by `compatible`, never by name.
 *
 * [Xen docs/designs/launch/hyperlaunch-devicetree.rst]
 */
#include "pv/hyperlaunch.h"
#include <libfdt.h>
#include "arch/smp.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "pv/builder.h"
#include "pv/internal.h"

#define FIRST_FREE_DOMID 1

static const void *__init find_tree(const struct boot_info *bi)
{
	for (unsigned int i = 0; i < bi->nr_modules; i++) {
		const void *p = maddr_to_virt(maddr(bi->module[i].start));

		if (bi->module[i].size < sizeof(struct fdt_header) || fdt_magic(p) != FDT_MAGIC)
			continue;
		if (fdt_check_header(p) || fdt_totalsize(p) > bi->module[i].size)
			panic("module %u: a damaged device tree (%lu bytes)", i,
			      (unsigned long)bi->module[i].size);
		return p;
	}
	return NULL;
}

static bool __init is_compatible(const void *t, int node, const char *a, const char *b)
{
	return !fdt_node_check_compatible(t, node, a) || !fdt_node_check_compatible(t, node, b);
}

/* A property of one or two cells. False when it is not there. */
static bool __init get_number(const void *t, int node, const char *name, uint64_t *v)
{
	int len;
	const fdt32_t *p = fdt_getprop(t, node, name, &len);

	if (!p)
		return false;
	if (len != 4 && len != 8)
		panic("device tree: %s: %s has %d bytes: expected one or two cells",
		      fdt_get_name(t, node, NULL), name, len);
	*v = fdt32_to_cpu(p[0]);
	if (len == 8)
		*v = *v << 32 | fdt32_to_cpu(p[1]);
	return true;
}

static struct boot_module __init get_module(const void *t, int node, const struct boot_info *bi)
{
	uint64_t i;

	if (!get_number(t, node, "module-index", &i))
		panic("device tree: %s: no module-index", fdt_get_name(t, node, NULL));
	if (i >= bi->nr_modules)
		panic("device tree: %s: module-index %lu: there are %u modules", fdt_get_name(t, node, NULL),
		      (unsigned long)i, bi->nr_modules);
	return bi->module[i];
}

static void __init parse_domain(const void *t, int node, const struct boot_info *bi, struct boot_domain *b)
{
	const char *name = fdt_get_name(t, node, NULL);
	uint64_t v;
	int sub, len;
	const void *p;

	strlcpy(b->name, name, sizeof(b->name));
	if (get_number(t, node, "domid", &v)) {
		if (v >= DOMID_FIRST_RESERVED)
			panic("device tree: %s: domid %lu: at most %u", name, (unsigned long)v,
			      DOMID_FIRST_RESERVED - 1);
		b->domid = (domid_t)v;
	}
	if (get_number(t, node, "memory", &v))
		b->memory = v << 10;
	if (get_number(t, node, "cpus", &v))
		b->max_vcpus = (unsigned int)v;
	if (!b->max_vcpus || b->max_vcpus > MAX_VCPUS)
		panic("device tree: %s: cpus %u: expected 1 to %d", name, b->max_vcpus, MAX_VCPUS);
	if (get_number(t, node, "permissions", &v))
		b->privileged = v & 1;
	p = fdt_getprop(t, node, "domain-uuid", &len);
	if (p && len == sizeof(b->handle))
		memcpy(b->handle, p, sizeof(b->handle));
	fdt_for_each_subnode(sub, t, node) {
		if (is_compatible(t, sub, "module,kernel", "multiboot,kernel")) {
			b->kernel = get_module(t, sub, bi);
			b->cmdline = fdt_getprop(t, sub, "bootargs", NULL);
			if (!b->cmdline)
				b->cmdline = module_arguments(b->kernel.args);
		} else if (is_compatible(t, sub, "module,ramdisk", "multiboot,ramdisk")) {
			b->ramdisk = get_module(t, sub, bi);
		}
	}
	if (!b->kernel.size)
		panic("device tree: %s: no node with compatible = \"module,kernel\"", name);
	if (!b->memory && !b->privileged)
		panic("device tree: %s: no memory", name);
}

bool __init hyperlaunch_build(const struct boot_info *bi)
{
	const void *t = find_tree(bi);
	int root, node;
	unsigned int n = 0;
	struct domain *built[BOOT_MAX_MODULES];
	char why[192];

	if (!t)
		return false;
	root = fdt_path_offset(t, "/chosen/hypervisor");
	if (root < 0)
		panic("device tree: no node /chosen/hypervisor");
	fdt_for_each_subnode(node, t, root) {
		struct boot_domain b = { .domid = (domid_t)(FIRST_FREE_DOMID + n), .max_vcpus = 1 };

		if (!is_compatible(t, node, "xen,domain", "xen,domain"))
			continue;
		if (n == ARRAY_SIZE(built))
			panic("device tree: more than %zu domains", ARRAY_SIZE(built));
		parse_domain(t, node, bi, &b);
		if (build_boot_domain(&b, &built[n], why, sizeof(why)))
			panic("device tree: domain %s could not be built: %s", b.name, why);
		n++;
	}
	if (!n)
		panic("device tree: no domain under /chosen/hypervisor (compatible = \"xen,domain\")");
	for (unsigned int i = 0; i < n; i++)
		domain_unpause_by_controller(built[i]);
	return true;
}
