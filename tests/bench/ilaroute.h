/* tests/bench/ilaroute.h - kernel ILA: a namespace for it, and the ceiling of routes.
 */
#ifndef TESTS_BENCH_ILAROUTE_H
#define TESTS_BENCH_ILAROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/ila.h"

/** ilaroute_stage - a device with a default route, in this namespace. Exits when that
 * fails. */
void ilaroute_stage(void);

/**
 * ilaroute_unstage - delete the device, and with it the routes
 *
 * Over only when the kernel has freed the last of them (it waits for its RCU callbacks
 * before it gives a device up). Most of what a route costs is its memory per CPU, and
 * who writes while old routes of another namespace are freed, or finds the pages that
 * those before had to get, is not to be compared with them. Exits when that fails.
 */
void ilaroute_unstage(void);

/** ilaroute_there - is there a route of 128 bits? One request. */
bool ilaroute_there(const struct ila_addr *a);

/** ilaroute_write - write n routes `encap ila` of `ilaroute_stage()`'s device, in
 * batches, the ACK asked for the last of each. Exits when the kernel refuses one. */
void ilaroute_write(uint32_t n, struct ila_addr (*addr)(uint32_t i),
		    struct ila64 (*locator)(uint32_t i));

#endif
