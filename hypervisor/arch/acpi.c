/* SPDX-License-Identifier: MIT
 *
 * ACPI, as far as a hypervisor without an AML interpreter needs it. Tables are
 * firmware's: trusted, but every length is checked before it is followed.
 *
 * [ACPI 6.4, 5.2]
 */
#include "arch/acpi.h"
#include "boot/boot.h"
#include "lib/string.h"
#include "mm/domain_mm.h"

struct acpi_info acpi_info __aligned(8);

struct rsdp {
	char sig[8];
	uint8_t sum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
} __packed;

struct sdt {
	char sig[4];
	uint32_t length;
	uint8_t rest[28];
} __packed;

static __init bool sum_is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint8_t s = 0;

	while (n--)
		s = (uint8_t)(s + *b++);
	return s == 0;
}

static __init const struct rsdp *rsdp_scan(uint64_t from, uint64_t to)
{
	const char *p = map_boot_range(maddr(from), to - from);

	for (; from < to; from += 16, p += 16)
		if (!memcmp(p, "RSD PTR ", 8) && sum_is_zero(p, 20)) {
			acpi_info.rsdp = from;
			return (const struct rsdp *)p;
		}
	return NULL;
}

static __init const struct rsdp *rsdp_find(void)
{
	uint16_t ebda = *(const uint16_t *)map_boot_range(maddr(0x40e), 2);
	const struct rsdp *r = NULL;

	if (boot_info.rsdp) {
		acpi_info.rsdp = boot_info.rsdp;
		return map_boot_range(maddr(boot_info.rsdp), sizeof(*r));
	}
	if (ebda >= 0x8000 && ebda < 0xa000)
		r = rsdp_scan((uint64_t)ebda << 4, ((uint64_t)ebda << 4) + 1024);
	return r ? r : rsdp_scan(0xe0000, 0x100000);
}

static __init const struct sdt *table_map(uint64_t a)
{
	const struct sdt *t = map_boot_range(maddr(a), sizeof(*t));

	if (!t || t->length < sizeof(*t) || t->length > 1 << 20)
		return NULL;
	return map_boot_range(maddr(a), t->length);
}

static __init const struct sdt *table_find(const struct rsdp *r, const char *sig)
{
	bool x = r->revision >= 2 && r->xsdt;
	const struct sdt *root = table_map(x ? r->xsdt : r->rsdt), *t;
	unsigned int size = x ? 8 : 4;

	if (!root)
		return NULL;
	for (uint32_t off = 36; off + size <= root->length; off += size) {
		uint64_t a = 0;

		memcpy(&a, (const char *)root + off, size);
		t = table_map(a);
		if (t && !memcmp(t->sig, sig, 4))
			return t;
	}
	return NULL;
}

static __init void add_cpu(uint32_t apic_id, uint32_t flags)
{
	if ((flags & 1) && acpi_info.nr_cpus < MAX_CPUS)
		acpi_info.cpu_apic_id[acpi_info.nr_cpus++] = apic_id;
}

static __init uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

/* [ACPI 6.4, 5.2.12] */
static __init void madt_parse(const struct sdt *t)
{
	const uint8_t *p = (const uint8_t *)t + 44, *end = (const uint8_t *)t + t->length;

	acpi_info.lapic_base = get32((const uint8_t *)t + 36);
	for (; p + 2 <= end && p[1] >= 2 && p + p[1] <= end; p += p[1]) {
		if (p[0] == 0 && p[1] >= 8) {
			add_cpu(p[3], get32(p + 4));
		} else if (p[0] == 9 && p[1] >= 16) {
			add_cpu(get32(p + 4), get32(p + 8));
		} else if (p[0] == 1 && p[1] >= 12 && !acpi_info.ioapic_base) {
			acpi_info.ioapic_base = get32(p + 4);
			acpi_info.ioapic_gsi_base = get32(p + 8);
		} else if (p[0] == 2 && p[1] >= 10 && acpi_info.nr_overrides < 16) {
			unsigned int i = acpi_info.nr_overrides++;

			acpi_info.override[i].irq = p[3];
			acpi_info.override[i].gsi = get32(p + 4);
			acpi_info.override[i].flags = (uint16_t)(p[8] | p[9] << 8);
		}
	}
}

/* \_S5 in the DSDT: NameOp, "_S5_", PackageOp, length, count, two integers. [ACPI 6.4, 20.2] */
static __init void s5_parse(const struct sdt *dsdt)
{
	const uint8_t *p = (const uint8_t *)dsdt, *end = p + dsdt->length - 12;

	for (; p < end; p++) {
		if (memcmp(p, "_S5_\x12", 5))
			continue;
		p += 5;
		p += (*p >> 6) + 1;     /* package length */
		p++;                    /* count */
		acpi_info.slp_typ_a = *p == 0x0a ? *++p : *p == 1 ? 1 : 0;
		p++;
		acpi_info.slp_typ_b = *p == 0x0a ? p[1] : *p == 1 ? 1 : 0;
		return;
	}
}

static __init void fadt_parse(const struct sdt *t)
{
	const uint8_t *f = (const uint8_t *)t;
	const struct sdt *dsdt;

	if (t->length < 76)
		return;
	acpi_info.pm1a_cnt = (uint16_t)get32(f + 64);
	acpi_info.pm1b_cnt = (uint16_t)get32(f + 68);
	dsdt = table_map(get32(f + 40));
	if (dsdt)
		s5_parse(dsdt);
}

void __init acpi_init(void)
{
	const struct rsdp *r = rsdp_find();
	const struct sdt *t;

	acpi_info.lapic_base = 0xfee00000;
	if (r && (t = table_find(r, "APIC")))
		madt_parse(t);
	if (r && (t = table_find(r, "FACP")))
		fadt_parse(t);
	if (!acpi_info.nr_cpus)
		acpi_info.nr_cpus = 1;
	if (!acpi_info.ioapic_base)
		acpi_info.ioapic_base = 0xfec00000;
}
