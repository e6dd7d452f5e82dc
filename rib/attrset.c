/*
 * Interned attribute sets. An UPDATE is interned once, however many NLRI it
 * carries; routes hold counted references, so equality is pointer equality.
 */
#include "rib/attrset.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "lib/wbuf.h"
#include "rib/rtset.h"

enum { SCRATCH = 65536, FIRST_BUCKETS = 256 };

void attr_table_init(struct attr_table *t)
{
	*t = (struct attr_table) { .n_buckets = FIRST_BUCKETS };
	t->bucket = xcalloc(t->n_buckets, sizeof(struct attrset *));
	t->scratch = xcalloc(1, SCRATCH);
	t->rts = rtlists_new();
}

void attr_table_fini(struct attr_table *t)
{
	free(t->bucket);
	free(t->scratch);
	rtlists_free(t->rts);
	*t = (struct attr_table) { 0 };
}

static void grow(struct attr_table *t)
{
	uint32_t n = t->n_buckets * 2;
	struct attrset **bucket = xcalloc(n, sizeof(struct attrset *));

	for (uint32_t i = 0; i < t->n_buckets; i++) {
		struct attrset *s = t->bucket[i], *next;

		for (; s; s = next) {
			next = s->next;
			s->next = bucket[s->hash & (n - 1)];
			bucket[s->hash & (n - 1)] = s;
		}
	}
	free(t->bucket);
	t->bucket = bucket;
	t->n_buckets = n;
}

static bool same(const struct attrset *s, uint64_t hash, const struct ip *nexthop,
		 const uint8_t *data, size_t len)
{
	return s->hash == hash && s->len == len && ip_eq(&s->nexthop, nexthop) &&
	       !memcmp(s->data, data, len);
}

static struct attrset *set_new(const struct attrs *a, const struct wbuf *w,
			       uint64_t hash)
{
	struct attrset *s = xcalloc(1, sizeof(*s) + w->len);

	s->hash = hash;
	s->len = (uint32_t)w->len;
	memcpy(s->data, w->base, w->len);
	s->nexthop = a->nexthop;
	s->origin = a->origin;
	s->local_pref = attrs_has(a, ATTR_LOCAL_PREF) ? a->local_pref : 100;
	s->med = attrs_has(a, ATTR_MED) ? a->med : 0;
	s->first_as = attrs_first_as(a);
	s->originator_id = attrs_has(a, ATTR_ORIGINATOR_ID) ? a->originator_id : 0;
	s->as_path_len = (uint16_t)attrs_as_path_len(a);
	s->cluster_len = (uint16_t)(a->cluster_list.len / 4);
	/* Without a confederation the two come to the same (RFC 1997). */
	s->no_export = attrs_has_community(a, COMMUNITY_NO_EXPORT) ||
		       attrs_has_community(a, COMMUNITY_NO_EXPORT_SUBCONFED);
	s->no_advertise = attrs_has_community(a, COMMUNITY_NO_ADVERTISE);
	s->llgr_stale = attrs_has_community(a, COMMUNITY_LLGR_STALE);
	return s;
}

struct attrset *attrset_intern(struct attr_table *t, const struct attrs *a)
{
	struct wbuf w = wbuf_of(t->scratch, SCRATCH);
	struct attrset *s;

	if (attrs_encode(&w, a))
		return NULL;

	uint64_t hash = hash_bytes(w.base, w.len) ^
			hash_bytes(a->nexthop.b, a->nexthop.len) * 3;

	for (s = t->bucket[hash & (t->n_buckets - 1)]; s; s = s->next)
		if (same(s, hash, &a->nexthop, w.base, w.len))
			return attrset_ref(s);
	if (t->n >= t->n_buckets)
		grow(t);
	s = set_new(a, &w, hash);
	s->refs = 1;
	s->next = t->bucket[hash & (t->n_buckets - 1)];
	t->bucket[hash & (t->n_buckets - 1)] = s;
	t->n++;
	t->bytes += sizeof(*s) + s->len;
	return s;
}

void attrset_unref(struct attr_table *t, struct attrset *s)
{
	if (!s || --s->refs)
		return;

	struct attrset **at = &t->bucket[s->hash & (t->n_buckets - 1)];

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	t->n--;
	t->bytes -= sizeof(*s) + s->len;
	if (s->rtlist)
		rtlist_unref(t->rts, s->rtlist);
	free(s);
}

uint32_t attrset_rtlist(struct attr_table *t, struct attrset *s)
{
	struct attrs a;

	if (!s->rtlist) {
		attrset_view(s, &a);
		s->rtlist = rtlist_intern(t->rts, &a);
	}
	return s->rtlist;
}

void attrset_view(const struct attrset *s, struct attrs *out)
{
	attrs_view(s->data, s->len, out); /* our own bytes: cannot fail */
	out->nexthop = s->nexthop;
}

struct attrset *attrset_long_lived(struct attr_table *t, struct attrset *s)
{
	struct attrset *marked;
	struct attrs a;
	struct wbuf w;
	uint8_t *list;

	attrset_view(s, &a);
	if (attrs_has_community(&a, COMMUNITY_NO_LLGR))
		return NULL;
	if (s->llgr_stale)
		return attrset_ref(s);
	list = xcalloc(1, a.communities.len + 4);
	w = wbuf_of(list, a.communities.len + 4);
	wbuf_bytes(&w, a.communities.p, a.communities.len);
	wbuf_u32(&w, COMMUNITY_LLGR_STALE);
	a.communities = (struct bytes) { list, w.len };
	a.present |= 1ull << ATTR_COMMUNITY;
	marked = attrset_intern(t, &a);
	free(list);
	return marked;
}
