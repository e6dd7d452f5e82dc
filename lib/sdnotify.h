/* lib/sdnotify.h - tell the service manager how we are (sd_notify(3)). */
#ifndef LIB_SDNOTIFY_H
#define LIB_SDNOTIFY_H

#include <stdint.h>

/** sdnotify_init - read and forget NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, so
 * that no child inherits them. */
void sdnotify_init(void);

/** sdnotify - send a state such as "READY=1"; nothing without a manager. */
void sdnotify(const char *state);

/** sdnotify_watchdog_ms - how often WATCHDOG=1 is expected; 0: never. */
uint32_t sdnotify_watchdog_ms(void);

#endif
