/* rib/select.h - the winner among the paths of a route. */
#ifndef RIB_SELECT_H
#define RIB_SELECT_H

#include <stdint.h>

struct rib;

/** select_best - the best of the paths of one net; first: 0 for none, as Return. */
uint32_t select_best(const struct rib *r, uint32_t first);

#endif
