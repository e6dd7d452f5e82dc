/* rib/rtset.h - the route targets of routes, and what a peer's memberships let pass
 * (RFC 4684). Pure: no peers, no sessions. */
#ifndef RIB_RTSET_H
#define RIB_RTSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "rib/table.h"
#include "wire/attrs.h"

struct rib;

/* ---- lists: the route targets of an attribute set ------------------------- */

/*
 * Interned: however many attribute sets and routes have these targets, there is one
 * list, named by a number. That number is all that an update group remembers of what
 * it was told, so it is counted. Targets are sorted, each once; ES-Import targets
 * (RFC 7432 section 7.6) are among them.
 */
struct rtlist {
	struct table_node node;
	uint32_t refs;
	uint32_t unused; /* next in rtlists.unused, UINT32_MAX at its end; 0: not in it
			  */
	uint32_t n;
	struct extcom *rt;
};

struct rtlists {
	struct table t;
	uint32_t unused; /* lists that had no reference once, 0 = none */
	size_t bytes;    /* of the targets */
};

struct rtlists *rtlists_new(void);
void rtlists_free(struct rtlists *l);

/** rtlist_intern - the list of these attributes, often the empty one; Return: its
 * number, never 0, with a reference of the caller's. */
uint32_t rtlist_intern(struct rtlists *l, const struct attrs *a);

static inline struct rtlist *rtlist_at(const struct rtlists *l, uint32_t id)
{
	return table_at(&l->t, id);
}

static inline uint32_t rtlist_ref(struct rtlists *l, uint32_t id)
{
	rtlist_at(l, id)->refs++;
	return id;
}

/** rtlist_unref - who has no reference left goes with the next rtlists_trim(). */
void rtlist_unref(struct rtlists *l, uint32_t id);

/** rtlists_trim - free lists without references; only now a number may become that of
 * another list, so that who works with numbers need not count them meanwhile. */
void rtlists_trim(struct rtlists *l);

/* ---- filters: what one peer wants ------------------------------------------ */

/* Targets whose first `bits` bits are these; the others are zero. */
struct rtwant {
	uint8_t bits; /* 0..64 */
	struct extcom rt;
};

_Static_assert(sizeof(struct rtwant) == 9, "compared and hashed as bytes");

/* Immutable and counted; NULL is a filter too, of who wants nothing. */
struct rtfilter {
	uint32_t refs;
	bool all;      /* the default target: also routes without any */
	bool any;      /* some want has no bits: every route that has a target */
	uint64_t bits; /* lengths of the wants, bit 0 for 1 ... bit 63 for 64 */
	uint32_t n;
	struct rtwant want[]; /* sorted, each once */
};

/**
 * rtfilter_of - what the memberships of a peer ask for
 * @r:    table of route target membership
 * @slot: the peer; all its paths count, best or not (RFC 4684 section 3.2), of
 *        whatever origin AS
 *
 * Return: owned, NULL when there are none.
 */
struct rtfilter *rtfilter_of(const struct rib *r, uint32_t slot);

/** rtfilter_all - of who did not say what it wants: everything. */
struct rtfilter *rtfilter_all(void);

struct rtfilter *rtfilter_ref(struct rtfilter *f);
void rtfilter_unref(struct rtfilter *f);

bool rtfilter_same(const struct rtfilter *a, const struct rtfilter *b);

/** rtfilter_wants - does a route with these targets pass? */
bool rtfilter_wants(const struct rtfilter *f, const struct rtlist *l);

/* ---- index: who wants a list ------------------------------------------------ */

struct rtslots {
	uint32_t n, room;
	uint16_t *slot; /* sorted */
};

/* From targets to the peers whose filter has them. */
struct rtindex {
	struct table t;      /* struct rtindex_row, of rtset.c */
	uint32_t n_bits[65]; /* rows by length, so that unused ones cost nothing */
	struct rtslots all;  /* peers that want everything */
};

struct rtindex *rtindex_new(void);
void rtindex_free(struct rtindex *x);

/** rtindex_change - a peer's filter was `old` and is `now`. */
void rtindex_change(struct rtindex *x, uint32_t slot, const struct rtfilter *old,
		    const struct rtfilter *now);

/** rtindex_each - call fn for every peer that wants the list; more than once for one
 * that has several reasons. */
void rtindex_each(const struct rtindex *x, const struct rtlist *l,
		  void (*fn)(void *ctx, uint32_t slot), void *ctx);

#endif
