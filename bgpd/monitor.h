/* bgpd/monitor.h - dropped packets, told to clients as they happen. */
#ifndef BGPD_MONITOR_H
#define BGPD_MONITOR_H

#include "fib/intent.h"

struct engine;

void monitor_init(struct engine *e);

/** monitor_resync - fib is new: does anybody look? */
void monitor_resync(struct engine *e);

/** monitor_drop - INTENT_DROP. */
void monitor_drop(struct engine *e, const struct intent_drop *d);

#endif
