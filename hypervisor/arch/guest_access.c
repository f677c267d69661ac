/* SPDX-License-Identifier: MIT
 *
 * Guest memory by guest virtual address. The range check keeps guests off our
 * part of the address space; the page tables, which no guest can make point at
 * what is not its own, do the rest. A fault inside comes back through the
 * exception table as "bytes not copied".
 *
 * With SMAP on, access is open only inside these functions.
 */
#include "arch/guest_access.h"
#include "lib/errno.h"

unsigned long guest_copy(void *to, const void *from, unsigned long n);
unsigned long guest_clear(void *to, unsigned long n);

/* TOUR 2.5: the guest's argument is fetched here, once; a bad pointer comes back as an error. */
unsigned long guest_copy_from(void *to, const void *guest, unsigned long n)
{
	unsigned long left;

	if (unlikely(!guest_range_ok(guest, n)))
		return n;
	guest_access_open();
	left = guest_copy(to, guest, n);
	guest_access_close();
	return left;
}

unsigned long guest_copy_to(void *guest, const void *from, unsigned long n)
{
	unsigned long left;

	if (unlikely(!guest_range_ok(guest, n)))
		return n;
	guest_access_open();
	left = guest_copy(guest, from, n);
	guest_access_close();
	return left;
}

unsigned long clear_guest_va(void *guest, unsigned long n)
{
	unsigned long left;

	if (unlikely(!guest_range_ok(guest, n)))
		return n;
	guest_access_open();
	left = guest_clear(guest, n);
	guest_access_close();
	return left;
}
