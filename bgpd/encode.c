/*
 * What an update group is told, as messages: routes that share attributes and
 * audience go into common UPDATEs, each encoded once into a buffer that all members
 * share. Whom to tell what is decided elsewhere (export.c, rib/adjout.c).
 */
#include "bgpd/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/audience.h"
#include "lib/log.h"
#include "lib/util.h"
#include "lib/wbuf.h"

enum {
	STEPS = 4096,          /* routes looked at before they are encoded */
	ITEMS = 3 * STEPS,     /* a step says three things at most */
	HASH = 4 * STEPS,      /* power of two */
	OUT_BYTES = 256 << 10, /* one shared buffer at most */
	ROUND_BYTES = 1 << 20, /* of attributes in one round */
	STEP_BYTES = 16,       /* a step takes as long, though nobody hears of it */
};

/* Routes of one step list that share attributes and audience. */
struct bundle {
	struct attrset *set; /* NULL: withdraws */
	uint32_t from; /* slot whose paths they are; of withdraws see withdraw() */
	struct audience to;
	int32_t first, last; /* items */
	uint32_t slot;       /* where hash[] names it */
};

struct item {
	uint32_t net, path;
	uint32_t path_id; /* towards the group */
	int32_t next;
};

/* Working memory of one flush; one for the process, it is never nested. */
struct encoder {
	struct group *g;
	struct routes *r;
	struct bundle bundle[ITEMS];
	struct item item[ITEMS];
	int32_t hash[HASH]; /* bundles; -1 empty, as all are between rounds */
	int n_bundles, n_items;
	unsigned n_steps;
	uint8_t buf[OUT_BYTES];
	struct wbuf w;
	size_t bytes; /* of all messages of this round */
	uint32_t messages;
	size_t attr_bytes;      /* collected so far */
	struct audience to;     /* of what is in buf ... */
	struct member **member; /* ... and who that is */
	unsigned n_members;
	uint8_t attrs[MSG_MAX_EXTENDED];
	uint8_t unlabelled[MSG_MAX_EXTENDED]; /* what is left of a set */
	struct nlri nlri;
};

static struct encoder *enc;

static void audience_send(struct encoder *e)
{
	struct txbuf *t;

	if (!e->w.len)
		return;
	t = txbuf_new((uint32_t)e->w.len);
	memcpy(t->data, e->w.base, e->w.len);
	t->len = (uint32_t)e->w.len;
	t->messages = e->messages;
	for (unsigned i = 0; i < e->n_members; i++)
		peer_tx(e->member[i]->p, t);
	txbuf_unref(t);
	e->bytes += e->w.len;
	e->w = wbuf_of(e->buf, sizeof(e->buf));
	e->messages = 0;
}

/* Starts output for an audience; what was for another one goes out first. */
static void audience_set(struct encoder *e, const struct audience *to)
{
	bool other = audience_cmp(&e->to, to);

	if (other || wbuf_left(&e->w) < 2 * (size_t)MSG_MAX_EXTENDED)
		audience_send(e);
	if (other)
		e->n_members = audience_find(to, &e->member);
	e->to = *to;
}

/* Return: 0, -ENOSPC: no message can hold what they grow to on their way out (twice
 * the path for a 2-octet peer). */
static int bundle_attrs(struct encoder *e, const struct bundle *b, struct bytes *out)
{
	const struct group_key *k = &e->g->key;
	const struct rib *rib = e->g->out.rib;
	const struct path_source *src = &rib->peer[b->from].src;
	bool reflect = !k->ebgp && !src->own && !src->ebgp;
	/* A client must not take what it said itself for its own (RFC 4684 3.2). */
	bool as_ours = reflect && k->f->index == FAM_RTC && k->rr_client;
	const struct attr_export x = {
		.ebgp = k->ebgp,
		.transparent = k->rs_client,
		.as2 = !k->as4,
		.weak = k->llgr == LLGR_WEAK && b->set->llgr_stale,
		.local_as = e->r->bgp->as,
		.originator_id = as_ours   ? e->r->bgp->router_id
				 : reflect ? src->id
					   : 0,
		.originator_set = as_ours,
		.cluster_id = reflect ? e->r->bgp->cluster_id : 0,
	};
	struct wbuf w = wbuf_of(e->attrs, sizeof(e->attrs));
	struct attrs a;
	int rc;

	attrset_view(b->set, &a);
	if (k->unlabel) {
		struct wbuf left = wbuf_of(e->unlabelled, sizeof(e->unlabelled));

		attrs_unlabel(&a, &TAILQ_FIRST(&e->g->members)->p->cfg.marks, &left);
	}
	rc = attrs_export(&w, &a, &x);
	*out = (struct bytes) { e->attrs, w.len };
	return rc;
}

static void writer_begin(struct encoder *e, struct update_writer *u,
			 const struct bundle *b, struct bytes attrs)
{
	const struct group_key *k = &e->g->key;

	audience_set(e, &b->to);
	if (b->set)
		update_reach_begin(u, &e->w, k->max_msg, k->f->ops, k->addpath,
				   ip_is_none(&k->nexthop) ? &b->set->nexthop
							   : &k->nexthop,
				   attrs);
	else
		update_unreach_begin(u, &e->w, k->max_msg, k->f->ops, k->addpath);
}

static void item_nlri(struct encoder *e, const struct item *i, bool bare)
{
	rib_nlri(e->g->out.rib, i->net, bare ? 0 : i->path, &e->nlri);
	e->nlri.path_id = i->path_id;
}

/* The set is too long for this peer's messages (RFC 8654 section 4): what the
 * peers were told before must go, and this cannot be told. */
static void too_long(struct encoder *e, const struct bundle *b)
{
	static struct log_limit limit;
	struct bundle wd = { .to = b->to, .first = b->first, .last = b->last };
	struct update_writer u;

	if (log_ratelimited(&limit, 5))
		log_warn(LOG_RIB, "export: attributes too long for a message, bytes=%u",
			 b->set->len);
	writer_begin(e, &u, &wd, (struct bytes) { 0 });
	for (int32_t i = b->first; i >= 0; i = e->item[i].next) {
		item_nlri(e, &e->item[i], true);
		if (update_add(&u, &e->nlri) == -ENOSPC) {
			e->messages += !update_end(&u);
			writer_begin(e, &u, &wd, (struct bytes) { 0 });
			update_add(&u, &e->nlri);
		}
	}
	e->messages += !update_end(&u);
}

static void bundle_encode(struct encoder *e, const struct bundle *b)
{
	struct update_writer u;
	struct bytes attrs = { 0 };

	audience_set(e, &b->to);
	if (!e->n_members)
		return;
	if (b->set && bundle_attrs(e, b, &attrs)) {
		too_long(e, b);
		return;
	}
	writer_begin(e, &u, b, attrs);
	for (int32_t i = b->first; i >= 0; i = e->item[i].next) {
		item_nlri(e, &e->item[i], false);
		if (update_add(&u, &e->nlri) != -ENOSPC)
			continue;
		if (update_end(&u)) {
			too_long(e, b); /* not even one fits */
			return;
		}
		e->messages++;
		writer_begin(e, &u, b, attrs);
		if (update_add(&u, &e->nlri) == -ENOSPC) {
			update_end(&u);
			too_long(e, b);
			return;
		}
	}
	e->messages += !update_end(&u);
}

static uint32_t bundle_hash(const struct attrset *set, uint32_t from,
			    const struct audience *to)
{
	uint64_t h = ((uint64_t)(uintptr_t)set + from) * 0x9e3779b97f4a7c15u;

	return ((uint32_t)(h >> 32) ^ audience_hash(to)) & (HASH - 1);
}

static struct bundle *bundle_get(struct encoder *e, struct attrset *set, uint32_t from,
				 const struct audience *to)
{
	uint32_t h = bundle_hash(set, from, to);

	for (; e->hash[h] >= 0; h = (h + 1) & (HASH - 1)) {
		struct bundle *b = &e->bundle[e->hash[h]];

		if (b->set == set && b->from == from && !audience_cmp(&b->to, to))
			return b;
	}
	e->hash[h] = e->n_bundles;
	e->bundle[e->n_bundles] = (struct bundle) { set, from, *to, -1, -1, h };
	return &e->bundle[e->n_bundles++];
}

static void bundle_add(struct encoder *e, struct bundle *b, const struct adjout_step *s,
		       uint32_t path)
{
	int32_t at = e->n_items++;

	e->item[at] = (struct item) { s->net, path, s->path_id, -1 };
	if (b->first < 0)
		b->first = at;
	else
		e->item[b->last].next = at;
	b->last = at;
}

/* Withdraws first, then by audience: what the same members hear shares buffers. */
static int bundle_order(const void *pa, const void *pb)
{
	const struct bundle *a = pa, *b = pb;
	int c;

	if (!a->set != !b->set)
		return a->set ? 1 : -1;
	c = audience_cmp(&a->to, &b->to);
	return c ? c : (a->first > b->first) - (a->first < b->first);
}

/* Bytes of attributes that one more route of this bundle brings: a set that fills
 * messages is repeated with each few routes. */
static size_t attr_cost(const struct encoder *e, const struct bundle *b)
{
	bool often = 2 * (size_t)b->set->len > e->g->key.max_msg;

	return b->first < 0 || often ? b->set->len : 0;
}

/* A lone member is asked at once; then all that it hears has one audience. Return:
 * whether anybody may be left. */
static bool narrow(const struct encoder *e, struct audience *to)
{
	if (e->g->n > 1)
		return true;
	if (!audience_has(to, TAILQ_FIRST(&e->g->members)))
		return false;
	*to = audience_everybody();
	return true;
}

static void announce(struct encoder *e, const struct adjout_step *s, uint32_t path,
		     struct audience to)
{
	const struct path *p = rib_path(e->g->out.rib, path);
	struct bundle *b;

	if (!narrow(e, &to))
		return;
	b = bundle_get(e, p->attrs, p->peer, &to);
	e->attr_bytes += attr_cost(e, b);
	bundle_add(e, b, s, path);
}

/* Where a path id stands before many routes, those with one go together. */
static void withdraw(struct encoder *e, const struct adjout_step *s, struct audience to)
{
	uint32_t from = e->g->key.f->ops->block ? s->path_id : 0;

	if (narrow(e, &to))
		bundle_add(e, bundle_get(e, NULL, from, &to), s, 0);
}

static void say(struct encoder *e, const struct adjout_step *s)
{
	if (s->path)
		announce(e, s, s->path, (struct audience) { .src = s->src });
	if (s->alt)
		announce(e, s, s->alt,
			 (struct audience) { .src = s->src, .one = true });
	if (s->withdraw)
		withdraw(e, s,
			 (struct audience) { .src = s->withdraw_one ? s->src
								    : s->old_src,
					     .one = s->withdraw_one });
}

/*
 * With RT constraint: who wants the new list hears of the route, and of those who knew
 * it, as they wanted the old list, the others must forget it. They are who does not
 * want the new list, and the peer whose route it is now.
 */
static void say_wanted(struct encoder *e, const struct adjout_step *s)
{
	struct audience to = { .src = s->src, .list = s->list, .list_was = s->was };
	struct audience knew = { .src = s->old_src,
				 .list = s->old_list,
				 .list_was = s->was };
	bool same = s->old_list == s->list;

	if (s->path)
		announce(e, s, s->path, to);
	if (!s->old_list)
		return;
	if (!same) {
		knew.other = s->list; /* none when it is gone: all who knew it */
		knew.other_was = s->was;
		withdraw(e, s, knew);
	}
	if (s->path && s->src != s->old_src) {
		knew.src = s->src;
		knew.one = true;
		knew.other_too = !same;
		withdraw(e, s, knew);
	}
}

/* Only filters are new. */
static void say_difference(struct encoder *e, const struct adjout_step *s)
{
	struct audience to = {
		.src = s->src, .list = s->list, .other = s->list, .other_was = true
	};

	if (audience_gains(s->list))
		announce(e, s, s->path, to);
	to.list_was = true;
	to.other_was = false;
	if (audience_loses(s->list))
		withdraw(e, s, to);
}

/* Collects up to STEPS steps, fewer when their attributes are long: what is queued
 * is looked at between two rounds only. */
static void collect(struct encoder *e)
{
	struct group *g = e->g;
	struct adjout_step s;

	e->n_bundles = e->n_items = 0;
	e->n_steps = 0;
	e->attr_bytes = 0;
	audience_begin(e->r, g);
	for (; e->n_steps < STEPS && e->attr_bytes < ROUND_BYTES; e->n_steps++) {
		if (!group_next(g, &s))
			break;
		if (s.filter)
			say_difference(e, &s);
		else if (g->key.rtc)
			say_wanted(e, &s);
		else
			say(e, &s);
	}
	for (int i = 0; i < e->n_bundles; i++)
		e->hash[e->bundle[i].slot] = -1;
}

bool encode_round(struct routes *r, struct group *g, size_t *bytes)
{
	struct encoder *e = enc;

	e->r = r;
	e->bytes = 0;
	e->g = g;
	collect(e);
	*bytes += e->n_steps * (size_t)STEP_BYTES;
	if (!e->n_items)
		return !adjout_idle(&g->out); /* nobody wanted it, or a pause */
	qsort(e->bundle, (size_t)e->n_bundles, sizeof(e->bundle[0]), bundle_order);
	e->w = wbuf_of(e->buf, sizeof(e->buf));
	e->messages = 0;
	e->to = e->bundle[0].to;
	e->n_members = audience_find(&e->to, &e->member);
	for (int i = 0; i < e->n_bundles; i++)
		bundle_encode(e, &e->bundle[i]);
	audience_send(e);
	*bytes += e->bytes;
	return true;
}

void encode_init(void)
{
	enc = xcalloc(1, sizeof(*enc));
	memset(enc->hash, 0xff, sizeof(enc->hash));
}

void encode_fini(void)
{
	free(enc);
	enc = NULL;
}
