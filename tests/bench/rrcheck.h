/* tests/bench/rrcheck.h - what a client of the reflector holds, against the model. */
#ifndef TESTS_BENCH_RRCHECK_H
#define TESTS_BENCH_RRCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gen;

enum holds { HOLDS_NOT, HOLDS_MODEL, HOLDS_MOVED }; /* moved: with MAC mobility */

struct check {
	const struct gen *g; /* borrowed */
	uint32_t cluster; /* id expected in CLUSTER_LIST; 0: not reflected, a relay */
	bool lenient;     /* FRR adds a MED of 0: let it */
	uint8_t *holds;   /* by route: enum holds; owned */
	uint64_t wrong;   /* routes that differ from the model in anything */
	char first[160];  /* of those, how the first one differs */
};

/** check_init - a client that holds nothing. */
void check_init(struct check *c, const struct gen *g, uint32_t cluster, bool lenient);
void check_fini(struct check *c);

/** check_updates - take whole UPDATEs, headers included, into account. */
void check_updates(struct check *c, const uint8_t *p, size_t len);

/* How far a client is from what it should hold; a moved route is a missing one. */
struct check_result {
	uint32_t missing, extra;
};

/** check_against - want: may this client hold route i? */
struct check_result check_against(const struct check *c,
				  bool (*want)(const void *ctx, uint32_t i),
				  const void *ctx);

#endif
