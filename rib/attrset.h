/* rib/attrset.h - interned attribute sets: equal sets are one object. */
#ifndef RIB_ATTRSET_H
#define RIB_ATTRSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "wire/attrs.h"

struct rtlists;

/* One set, counted. The fields are what best path and export ask for every
 * route; all else is in the canonical bytes (attrs_view()). */
struct attrset {
	struct attrset *next; /* hash chain */
	uint64_t hash;
	uint32_t refs;
	uint32_t len;        /* of data[] */
	uint32_t local_pref; /* 100 when absent */
	uint32_t med;        /* 0 when absent (RFC 4271 9.1.2.2) */
	uint32_t first_as;
	uint32_t originator_id; /* 0 when absent */
	uint32_t rtlist;        /* 0 until somebody asks: attrset_rtlist() */
	uint16_t as_path_len;
	uint16_t cluster_len; /* number of cluster ids */
	struct ip nexthop;
	uint8_t origin;
	bool no_export, no_advertise, llgr_stale;
	uint8_t data[]; /* attrs_encode() */
};

struct attr_table {
	struct attrset **bucket;
	uint32_t n_buckets; /* power of two */
	uint32_t n;
	size_t bytes; /* of all sets */
	struct rtlists
		*rts; /* route target lists (rib/rtset.h) of sets and told routes */
	uint8_t *scratch;
};

void attr_table_init(struct attr_table *t);
void attr_table_fini(struct attr_table *t);

/**
 * attrset_intern - the one object for these attributes and this next hop
 *
 * Return: a counted reference (attrset_unref it), NULL when the set does not fit
 * a message of 65535 bytes.
 */
struct attrset *attrset_intern(struct attr_table *t, const struct attrs *a);

static inline struct attrset *attrset_ref(struct attrset *s)
{
	s->refs++;
	return s;
}

/** attrset_unref - the last one frees it; NULL is fine. */
void attrset_unref(struct attr_table *t, struct attrset *s);

/**
 * attrset_long_lived - the same set, marked as LLGR_STALE (RFC 9494 section 4.2)
 *
 * Return: a counted reference; NULL when the set says NO_LLGR or would be too long.
 */
struct attrset *attrset_long_lived(struct attr_table *t, struct attrset *s);

/** attrset_rtlist - number of its list of route targets in t->rts; the set keeps the
 * reference. */
uint32_t attrset_rtlist(struct attr_table *t, struct attrset *s);

/** attrset_view - all fields, borrowed from the set; next hop included. */
void attrset_view(const struct attrset *s, struct attrs *out);

#endif
