/* SPDX-License-Identifier: MIT
 *
 * The console: log ring, COM1, input switching, debug keys, console_io.
 */
#ifndef HYPERVISOR_CORE_CONSOLE_H
#define HYPERVISOR_CORE_CONSOLE_H

#include "core/domain.h"

void console_early_init(void);          /* polled output works from here */
void console_init(void);                /* log ring, arguments loglvl=, guest_loglvl= read */
void console_input(char c);             /* from the UART interrupt */
void console_force_sync(void);          /* panic */
size_t console_read_log(char *to, size_t size, uint32_t *index, bool clear, bool incremental);
/* A guest's text. raw: as it is, to the serial line only; else as whole lines "(dN) text". */
void console_write_raw(const char *s, size_t n);
void console_write_line(const struct domain *d, const char *line);
void debug_keys_init(void);
void console_input_init(void);
bool log_guest_unlimited(void);         /* guest_loglvl=all or =debug without a rate limit */
void register_debug_key(char key, const char *what, void (*fn)(void));
void handle_debug_key(char key);
int console_domain_init(struct domain *d);
void console_domain_free(struct domain *d);

#endif
