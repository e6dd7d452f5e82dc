/*
 * A set of attributes on its way out: what one kind of peer gets to see. Not for:
 * whether the peer gets the route at all (rib/, RFC 4456 section 6 and policy).
 * RFC 4271 section 5.1, 4360 section 6 (non-transitive communities), 4456 section
 * 8, 5701, 6793 section 4.2.2, 7947, 9494 section 4.6.
 */
#include <errno.h>

#include "lib/wbuf.h"
#include "wire/aspath.h"
#include "wire/attr.h"
#include "wire/open.h"

enum {
	LOCAL_PREF_DEFAULT = 100,
	NON_TRANSITIVE = 0x40, /* bit of the type octet of a community */
};

#define BIT(code) (1ull << (code))

static const uint64_t never = BIT(ATTR_NEXT_HOP) | BIT(ATTR_MP_REACH) |
			      BIT(ATTR_MP_UNREACH) | BIT(ATTR_AS4_PATH) |
			      BIT(ATTR_AS4_AGGREGATOR);

static bool prepends(const struct attr_export *x)
{
	return x->ebgp && !x->transparent;
}

static uint32_t aggregator_as(const struct attrs *a)
{
	struct rbuf r = rbuf_of(a->aggregator.p, a->aggregator.len);

	return rbuf_u32(&r);
}

static bool needs_as4_path(const struct attrs *a, const struct attr_export *x)
{
	return aspath_needs_as4(a->as_path) ||
	       (prepends(x) && x->local_as > UINT16_MAX);
}

/* The attributes that this peer gets, as bits by code. */
static uint64_t chosen(const struct attrs *a, const struct attr_export *x)
{
	uint64_t set = (a->present & ~never) | BIT(ATTR_ORIGIN) | BIT(ATTR_AS_PATH);

	if (x->ebgp) {
		set &= ~(BIT(ATTR_LOCAL_PREF) | BIT(ATTR_ORIGINATOR_ID) |
			 BIT(ATTR_CLUSTER_LIST));
		/* MED of another AS goes no further (RFC 4271 section 5.1.4). */
		if (!x->transparent && a->as_path.len)
			set &= ~BIT(ATTR_MED);
	} else {
		set |= BIT(ATTR_LOCAL_PREF);
		if (x->originator_id)
			set |= BIT(ATTR_ORIGINATOR_ID) | BIT(ATTR_CLUSTER_LIST);
	}
	if (x->weak)
		set |= BIT(ATTR_COMMUNITY);
	if (x->as2 && needs_as4_path(a, x))
		set |= BIT(ATTR_AS4_PATH);
	if (x->as2 && attrs_has(a, ATTR_AGGREGATOR) && aggregator_as(a) > UINT16_MAX)
		set |= BIT(ATTR_AS4_AGGREGATOR);
	return set;
}

static void u32_put(struct wbuf *w, uint8_t code, uint32_t value)
{
	attr_head(w, attr_rows[code].flags, code, 4);
	wbuf_u32(w, value);
}

static void as_path_out(struct wbuf *w, uint8_t code, const struct attrs *a,
			const struct attr_export *x)
{
	unsigned as_size = x->as2 && code == ATTR_AS_PATH ? 2 : 4;

	aspath_put(w, code, a->as_path, prepends(x) ? x->local_as : 0, as_size);
}

static void aggregator_out(struct wbuf *w, const struct attrs *a,
			   const struct attr_export *x)
{
	uint32_t as = aggregator_as(a);

	if (!x->as2) {
		attr_put(w, ATTR_AGGREGATOR, a);
		return;
	}
	attr_head(w, attr_flags(a, ATTR_AGGREGATOR), ATTR_AGGREGATOR, 6);
	wbuf_u16(w, as > UINT16_MAX ? AS_TRANS : as);
	wbuf_bytes(w, a->aggregator.p + 4, 4);
}

static void cluster_list_out(struct wbuf *w, const struct attrs *a,
			     const struct attr_export *x)
{
	size_t had = attrs_has(a, ATTR_CLUSTER_LIST) ? a->cluster_list.len : 0;

	if (!x->originator_id) {
		attr_put(w, ATTR_CLUSTER_LIST, a);
		return;
	}
	attr_head(w, attr_rows[ATTR_CLUSTER_LIST].flags, ATTR_CLUSTER_LIST, had + 4);
	wbuf_u32(w, x->cluster_id);
	wbuf_bytes(w, a->cluster_list.p, had);
}

static void local_pref_out(struct wbuf *w, const struct attrs *a,
			   const struct attr_export *x)
{
	uint32_t pref =
		attrs_has(a, ATTR_LOCAL_PREF) ? a->local_pref : LOCAL_PREF_DEFAULT;

	u32_put(w, ATTR_LOCAL_PREF, x->weak ? 0 : pref);
}

static void communities_out(struct wbuf *w, const struct attrs *a,
			    const struct attr_export *x)
{
	size_t had = attrs_has(a, ATTR_COMMUNITY) ? a->communities.len : 0;

	if (!x->weak || attrs_has_community(a, COMMUNITY_NO_EXPORT)) {
		attr_put(w, ATTR_COMMUNITY, a);
		return;
	}
	attr_head(w, attr_rows[ATTR_COMMUNITY].flags, ATTR_COMMUNITY, had + 4);
	wbuf_bytes(w, a->communities.p, had);
	wbuf_u32(w, COMMUNITY_NO_EXPORT);
}

/* Communities that may cross an AS boundary; size is that of one. */
static void transitive_out(struct wbuf *w, uint8_t code, uint8_t flags,
			   struct bytes list, size_t size)
{
	struct rbuf r = rbuf_of(list.p, list.len);
	size_t n = 0;

	while (rbuf_left(&r) >= size)
		n += !(rbuf_take(&r, size)[0] & NON_TRANSITIVE);
	if (!n)
		return;
	attr_head(w, flags, code, n * size);
	r = rbuf_of(list.p, list.len);
	while (rbuf_left(&r) >= size) {
		const uint8_t *c = rbuf_take(&r, size);

		if (!(c[0] & NON_TRANSITIVE))
			wbuf_bytes(w, c, size);
	}
}

static void one_out(struct wbuf *w, uint8_t code, const struct attrs *a,
		    const struct attr_export *x)
{
	switch (code) {
	case ATTR_AS_PATH:
	case ATTR_AS4_PATH:
		as_path_out(w, code, a, x);
		return;
	case ATTR_LOCAL_PREF:
		local_pref_out(w, a, x);
		return;
	case ATTR_COMMUNITY:
		communities_out(w, a, x);
		return;
	case ATTR_AGGREGATOR:
		aggregator_out(w, a, x);
		return;
	case ATTR_AS4_AGGREGATOR:
		attr_head(w, attr_rows[code].flags, code, 8);
		wbuf_bytes(w, a->aggregator.p, 8);
		return;
	case ATTR_ORIGINATOR_ID:
		u32_put(w, code,
			attrs_has(a, code) && !x->originator_set ? a->originator_id
								 : x->originator_id);
		return;
	case ATTR_CLUSTER_LIST:
		cluster_list_out(w, a, x);
		return;
	case ATTR_EXT_COMMUNITY:
		if (x->ebgp)
			transitive_out(w, code, attr_flags(a, code), a->ext_communities,
				       8);
		else
			attr_put(w, code, a);
		return;
	case ATTR_IPV6_EXT_COMMUNITY:
		if (x->ebgp)
			transitive_out(w, code, attr_flags(a, code),
				       a->ext6_communities, 20);
		else
			attr_put(w, code, a);
		return;
	default:
		attr_put(w, code, a);
	}
}

int attrs_export(struct wbuf *w, const struct attrs *a, const struct attr_export *x)
{
	for (uint64_t left = chosen(a, x); left; left &= left - 1) {
		uint8_t code = (uint8_t)__builtin_ctzll(left);

		if (attr_rows[code].name)
			one_out(w, code, a, x);
	}
	wbuf_bytes(w, a->other.p, a->other.len);
	return w->full ? -ENOSPC : 0;
}
