/* tests/bench/ilagen.h - the mappings of the benchmarks as a function of their number,
 * and what a speaker says of them. */
#ifndef TESTS_BENCH_ILAGEN_H
#define TESTS_BENCH_ILAGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/maps.h"
#include "lib/ila.h"
#include "lib/wbuf.h"

/*
 * ILAGEN_RUN consecutive identifiers are at one host, so they share a locator, hence
 * attributes: one UPDATE. There are ILAGEN_HOSTS hosts. Identifiers are unordered, as
 * those that hosts choose at random.
 */
enum { ILAGEN_RUN = 100, ILAGEN_HOSTS = 1000 };

struct ilagen {
	uint32_t as;
	bool draft; /* the draft's own family; else IPv6 unicast with the marker */
};

/** ilagen_addr - SIR address of mapping i. */
struct ila_addr ilagen_addr(uint32_t i);

/** ilagen_value - what the map has to say of it, after so many moves. */
struct bpf_ila_rewrite ilagen_value(uint32_t i, uint32_t moves);

/** ilagen_to - the same of any locator. */
struct bpf_ila_rewrite ilagen_to(const struct ila64 *locator);

/** ilagen_room - bytes that suffice for this many mappings, whichever way. */
size_t ilagen_room(uint32_t n);

/** ilagen_announce, ilagen_withdraw - append UPDATEs for mappings from..to-1. Exits
 * when w is too small. */
void ilagen_announce(const struct ilagen *g, struct wbuf *w, uint32_t from, uint32_t to,
		     uint32_t moves);
void ilagen_withdraw(const struct ilagen *g, struct wbuf *w, uint32_t from,
		     uint32_t to);

/** ilagen_eor - append End-of-RIB. */
void ilagen_eor(const struct ilagen *g, struct wbuf *w);

/** ilagen_open - append an OPEN with both families and no hold time; id: host order. */
void ilagen_open(const struct ilagen *g, struct wbuf *w, uint32_t id);

#endif
