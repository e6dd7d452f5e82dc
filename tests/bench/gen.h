/* tests/bench/gen.h - messages of the speakers of the benchmarks. */
#ifndef TESTS_BENCH_GEN_H
#define TESTS_BENCH_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wbuf.h"
#include "tests/bench/model.h"
#include "wire/attrs.h"
#include "wire/nlri.h"

/*
 * The routes of the model as Type-2 routes of one AS. Without senders the VTEPs are
 * the model's; with them each sender is the VTEP of an equal share of the routes.
 */
struct gen {
	uint32_t as, routes, vnis;
	uint32_t senders;
	uint32_t first_vtep; /* of sender 0, host order; the others follow */
	/* Routes one after another share one of so many, 0: none; number of the first.
	 */
	uint32_t label_sets, label_first;
};

/** gen_share - first route of a sender; that of the next one is the end. */
static inline uint32_t gen_share(const struct gen *g, uint32_t sender)
{
	return (uint32_t)((uint64_t)sender * g->routes / g->senders);
}

/** gen_sender - whose share a route is in. */
static inline uint32_t gen_sender(const struct gen *g, uint32_t i)
{
	return (uint32_t)((((uint64_t)i + 1) * g->senders - 1) / g->routes);
}

/** gen_vtep - next hop of route i, host order. */
uint32_t gen_vtep(const struct gen *g, uint32_t i);

/** gen_route - key and label of route i. */
void gen_route(const struct gen *g, uint32_t i, struct nlri *out);

/* Communities of one route: RT AS:VNI, encapsulation VXLAN, perhaps MAC mobility. */
struct gen_communities {
	struct extcom c[3];
	size_t n;
};

/** gen_communities - what route i carries; moves: its sequence, 0 = none. */
struct gen_communities gen_communities(const struct gen *g, uint32_t i, uint32_t moves);

/** gen_room - bytes that suffice for this many routes, whichever way. */
size_t gen_room(const struct gen *g, uint32_t routes);

/** gen_announce, gen_withdraw - append UPDATEs for routes from..to-1: one for each
 * run of the model, or more when it does not fit. Exits when w is too small. */
void gen_announce(const struct gen *g, struct wbuf *w, uint32_t from, uint32_t to,
		  uint32_t moves);
void gen_withdraw(const struct gen *g, struct wbuf *w, uint32_t from, uint32_t to);

/** gen_eor - append End-of-RIB. */
void gen_eor(struct wbuf *w);

enum { GEN_HOLD_S = 180 };

/** gen_open - append an OPEN: EVPN, 4-octet AS, route refresh, this hold time. */
void gen_open(struct wbuf *w, uint32_t as, uint32_t id, uint16_t hold_s);

#endif
