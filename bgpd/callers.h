/* bgpd/callers.h - addresses that call again and again and get nowhere. */
#ifndef BGPD_CALLERS_H
#define BGPD_CALLERS_H

#include <stdint.h>

#include "lib/addr.h"

/*
 * Remembers a thousand addresses, whatever calls: the one with the least on its
 * account makes room. A connection that gets nowhere costs CALLER_FAULT_MS, a session
 * that is over soon CALLER_FLAP_MS, and time pays it off; who owes more than
 * CALLER_CREDIT_MS is refused until it owes less. So whoever had a bad minute is let in
 * at once, and whoever does nothing else gets one connection in two seconds. A host
 * that restarts again and again is not what this is for.
 */
enum {
	CALLER_FAULT_MS = 2000,
	CALLER_FLAP_MS = 500,
	CALLER_CREDIT_MS = 20 * CALLER_FAULT_MS,
	CALLER_SETS = 256,
	CALLER_WAYS = 4,
};

struct callers {
	struct caller {
		struct ip addr;
		int64_t paid_ms; /* when its account is even again */
	} at[CALLER_SETS][CALLER_WAYS];
};

/** callers_fault - a connection from there ended before it was of use; cost_ms:
 * CALLER_FAULT_MS or CALLER_FLAP_MS. */
void callers_fault(struct callers *c, const struct ip *addr, int64_t now_ms,
		   int64_t cost_ms);

/** callers_hold - refuse it for so long, milliseconds. */
void callers_hold(struct callers *c, const struct ip *addr, int64_t now_ms, int64_t ms);

/** callers_wait_ms - how much longer it is refused; 0: it is welcome. */
int64_t callers_wait_ms(struct callers *c, const struct ip *addr, int64_t now_ms);

/** callers_forgive - forget what was held against it; NULL: against anybody. */
void callers_forgive(struct callers *c, const struct ip *addr);

#endif
