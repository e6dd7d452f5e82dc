/* tests/fuzz/session_holds.h - what must hold of an engine whatever it was sent. */
#ifndef TESTS_FUZZ_SESSION_HOLDS_H
#define TESTS_FUZZ_SESSION_HOLDS_H

#include "bgpd/routes.h"
#include "tests/fuzz/session_wires.h"

/** sums_hold - counts of peers, connections, routes and bytes are what is there; aborts
 * otherwise. */
void sums_hold(const struct bgp *bgp, const struct routes *routes);

/** heard_all - what was said on a wire of a family is what its peer may know; aborts
 * otherwise. p: the session on the wire, with nothing left to say. */
void heard_all(const struct routes *routes, const struct wire *w, const struct peer *p,
	       unsigned fam);

#endif
