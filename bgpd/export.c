/*
 * What we tell peers. Peers that are told the same share an update group, whose
 * messages are encoded once into counted buffers. Runs at the end of an event-loop
 * turn, never on a timer: what changed in one turn is packed together.
 *
 * A peer that comes up, asks for a refresh, or cannot keep pace is a group of its
 * own, with its own place in the change list, until it has caught up; so nobody
 * waits for it and its backlog is bounded by the table, not by time.
 */
#include "bgpd/routes.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/util.h"
#include "lib/wbuf.h"

enum {
	STEPS = 4096,          /* routes looked at before they are encoded */
	HASH = 2 * STEPS,      /* power of two */
	OUT_BYTES = 256 << 10, /* one shared buffer at most */
	NOBODY = UINT32_MAX,
};

/* What makes peers alike; peers with equal keys are told the same. */
struct group_key {
	const struct family *f;
	bool ebgp, rr_client, rs_client, as4, addpath, policy_missing;
	size_t max_msg;
};

struct member {
	TAILQ_ENTRY(member) link;
	struct peer *p;
	struct group *g;
	bool want_eor;  /* End-of-RIB after the first complete walk */
	bool want_eorr; /* EoRR after a refresh (RFC 7313) */
};

struct group {
	TAILQ_ENTRY(group) link;
	struct group_key key;
	struct adjout out;
	TAILQ_HEAD(, member) members;
	unsigned n;
	uint32_t id;
	bool blocked; /* one slow member: waits for export_drained() */
};

/* ---- policy ---------------------------------------------------------------- */

/* RFC 4456 section 6: who may learn what from whom; 1997 for the communities. */
static bool key_allows(const struct routes *r, const struct group_key *k,
		       const struct rib *rib, const struct path *p)
{
	const struct peer *from = routes_peer(r, rib, p->peer);

	if (k->policy_missing || p->attrs->no_advertise ||
	    (k->ebgp && p->attrs->no_export))
		return false;
	if (p->peer == RIB_OWN || k->ebgp || rib->peer[p->peer].src.ebgp)
		return true;
	return k->rr_client || (from && from->cfg.af[k->f->index].rr_client);
}

static struct group_key key_of(const struct peer *p, const struct family *f)
{
	return (struct group_key) {
		.f = f,
		.ebgp = p->ebgp,
		.rr_client = p->cfg.af[f->index].rr_client,
		.rs_client = p->cfg.af[f->index].rs_client,
		.as4 = p->as4,
		.addpath = p->chan[f->index].tx_addpath,
		.policy_missing = p->ebgp && !p->bgp->cfg->no_ebgp_policy_check,
		.max_msg = peer_max_msg(p),
	};
}

static bool key_equal(const struct group_key *a, const struct group_key *b)
{
	return a->f == b->f && a->ebgp == b->ebgp && a->rr_client == b->rr_client &&
	       a->rs_client == b->rs_client && a->as4 == b->as4 &&
	       a->addpath == b->addpath && a->policy_missing == b->policy_missing &&
	       a->max_msg == b->max_msg;
}

/* ---- encoding -------------------------------------------------------------- */

/* Routes of one step list that share attributes and audience. */
struct bundle {
	struct attrset *set; /* NULL: withdraws */
	uint32_t src;        /* slot left out, or the only one for `one` */
	bool one;            /* only `src` gets it */
	int32_t first, last; /* items */
};

struct item {
	uint32_t net, path;
	int32_t next;
};

/* Working memory of one flush; one for the process, it is never nested. */
struct encoder {
	struct group *g;
	struct routes *r;
	struct bundle bundle[2 * STEPS];
	struct item item[2 * STEPS];
	int32_t hash[HASH];
	int n_bundles, n_items;
	uint8_t buf[OUT_BYTES];
	struct wbuf w;
	uint32_t messages;
	uint32_t src; /* audience of what is in buf */
	bool one;
	uint8_t attrs[MSG_MAX_EXTENDED];
	struct nlri nlri;
};

static struct encoder *enc;

static void audience_send(struct encoder *e)
{
	struct txbuf *t;
	struct member *m;

	if (!e->w.len)
		return;
	t = txbuf_new((uint32_t)e->w.len);
	memcpy(t->data, e->w.base, e->w.len);
	t->len = (uint32_t)e->w.len;
	t->messages = e->messages;
	TAILQ_FOREACH (m, &e->g->members, link)
		if ((peer_slot(m->p) == e->src) == e->one)
			peer_tx(m->p, t);
	txbuf_unref(t);
	e->w = wbuf_of(e->buf, sizeof(e->buf));
	e->messages = 0;
}

/* Starts output for an audience; what was for another one goes out first. */
static void audience_set(struct encoder *e, uint32_t src, bool one)
{
	if (e->src != src || e->one != one ||
	    wbuf_left(&e->w) < 2 * (size_t)MSG_MAX_EXTENDED)
		audience_send(e);
	e->src = src;
	e->one = one;
}

static void bundle_attrs(struct encoder *e, const struct bundle *b, struct bytes *out)
{
	const struct group_key *k = &e->g->key;
	const struct rib *rib = e->g->out.rib;
	const struct path_source *src = &rib->peer[b->src].src;
	bool reflect = !k->ebgp && !src->own && !src->ebgp;
	const struct attr_export x = {
		.ebgp = k->ebgp,
		.transparent = k->rs_client,
		.as2 = !k->as4,
		.local_as = e->r->bgp->as,
		.originator_id = reflect ? src->id : 0,
		.cluster_id = reflect ? e->r->bgp->cluster_id : 0,
	};
	struct wbuf w = wbuf_of(e->attrs, sizeof(e->attrs));
	struct attrs a;

	attrset_view(b->set, &a);
	*out = (struct bytes) { 0 };
	if (!attrs_export(&w, &a, &x))
		*out = (struct bytes) { e->attrs, w.len };
}

static void writer_begin(struct encoder *e, struct update_writer *u,
			 const struct bundle *b, struct bytes attrs)
{
	const struct group_key *k = &e->g->key;

	audience_set(e, b->src, b->one);
	if (b->set)
		update_reach_begin(u, &e->w, k->max_msg, k->f->ops, k->addpath,
				   &b->set->nexthop, attrs);
	else
		update_unreach_begin(u, &e->w, k->max_msg, k->f->ops, k->addpath);
}

/* The set is too long for this peer's messages (RFC 8654 section 4): what the
 * peers were told before must go, and this cannot be told. */
static void too_long(struct encoder *e, const struct bundle *b)
{
	static struct log_limit limit;
	struct bundle wd = { .src = b->src, .first = b->first, .last = b->last };
	struct update_writer u;

	if (log_ratelimited(&limit, 5))
		log_warn(LOG_RIB, "export: attributes too long for a message, bytes=%u",
			 b->set->len);
	writer_begin(e, &u, &wd, (struct bytes) { 0 });
	for (int32_t i = b->first; i >= 0; i = e->item[i].next) {
		rib_nlri(e->g->out.rib, e->item[i].net, 0, &e->nlri);
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

	if (b->set)
		bundle_attrs(e, b, &attrs);
	writer_begin(e, &u, b, attrs);
	for (int32_t i = b->first; i >= 0; i = e->item[i].next) {
		rib_nlri(e->g->out.rib, e->item[i].net, e->item[i].path, &e->nlri);
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

static uint32_t bundle_hash(const struct attrset *set, uint32_t src, bool one)
{
	uint64_t h = (uint64_t)(uintptr_t)set * 0x9e3779b97f4a7c15u;

	return (uint32_t)((h >> 32) ^ src * 31u ^ one) & (HASH - 1);
}

static struct bundle *bundle_get(struct encoder *e, struct attrset *set, uint32_t src,
				 bool one)
{
	uint32_t h = bundle_hash(set, src, one);

	for (; e->hash[h] >= 0; h = (h + 1) & (HASH - 1)) {
		struct bundle *b = &e->bundle[e->hash[h]];

		if (b->set == set && b->src == src && b->one == one)
			return b;
	}
	e->hash[h] = e->n_bundles;
	e->bundle[e->n_bundles] = (struct bundle) { set, src, one, -1, -1 };
	return &e->bundle[e->n_bundles++];
}

static void bundle_add(struct encoder *e, struct bundle *b, uint32_t net, uint32_t path)
{
	int32_t at = e->n_items++;

	e->item[at] = (struct item) { net, path, -1 };
	if (b->first < 0)
		b->first = at;
	else
		e->item[b->last].next = at;
	b->last = at;
}

/* Withdraws first, then by source: routes of one source share buffers. */
static int bundle_order(const void *pa, const void *pb)
{
	const struct bundle *a = pa, *b = pb;

	if (!a->set != !b->set)
		return a->set ? 1 : -1;
	if (a->src != b->src)
		return a->src < b->src ? -1 : 1;
	if (a->one != b->one)
		return a->one - b->one;
	return (a->first > b->first) - (a->first < b->first);
}

static bool allowed(void *ctx, const struct rib *rib, const struct path *p)
{
	const struct encoder *e = ctx;

	return key_allows(e->r, &e->g->key, rib, p);
}

/* Collects up to STEPS steps and sends them; Return: whether there was anything. */
static bool group_round(struct encoder *e, struct group *g)
{
	struct adjout_step s;

	e->g = g;
	e->n_bundles = e->n_items = 0;
	memset(e->hash, 0xff, sizeof(e->hash));
	while (e->n_items < STEPS && adjout_next(&g->out, allowed, e, &s)) {
		if (s.path) {
			struct attrset *set = rib_path(g->out.rib, s.path)->attrs;

			bundle_add(e, bundle_get(e, set, s.src, false), s.net, s.path);
		}
		if (s.withdraw && s.withdraw_one)
			bundle_add(e, bundle_get(e, NULL, s.src, true), s.net, 0);
		else if (s.withdraw)
			bundle_add(e, bundle_get(e, NULL, s.old_src, false), s.net, 0);
	}
	if (!e->n_items)
		return false;
	qsort(e->bundle, (size_t)e->n_bundles, sizeof(e->bundle[0]), bundle_order);
	e->w = wbuf_of(e->buf, sizeof(e->buf));
	e->messages = 0;
	e->src = NOBODY;
	e->one = false;
	for (int i = 0; i < e->n_bundles; i++)
		bundle_encode(e, &e->bundle[i]);
	audience_send(e);
	return true;
}

/* ---- groups ---------------------------------------------------------------- */

static struct group *group_new(struct routes *r, const struct group_key *k)
{
	static uint32_t ids;
	struct group *g = xcalloc(1, sizeof(*g));

	g->key = *k;
	g->id = ++ids;
	TAILQ_INIT(&g->members);
	TAILQ_INSERT_TAIL(&r->groups, g, link);
	return g;
}

static void group_free(struct routes *r, struct group *g)
{
	TAILQ_REMOVE(&r->groups, g, link);
	adjout_fini(&g->out);
	free(g);
}

static void member_join(struct member *m, struct group *g)
{
	m->g = g;
	TAILQ_INSERT_TAIL(&g->members, m, link);
	g->n++;
}

static void member_leave(struct routes *r, struct member *m)
{
	struct group *g = m->g;

	TAILQ_REMOVE(&g->members, m, link);
	m->g = NULL;
	if (!--g->n)
		group_free(r, g);
}

/* Into a group of its own, which has been told the same. */
static struct group *member_split(struct routes *r, struct member *m)
{
	struct group *g;

	if (m->g->n == 1)
		return m->g;
	g = group_new(r, &m->g->key);
	adjout_split(&g->out, &m->g->out);
	member_leave(r, m);
	member_join(m, g);
	return g;
}

static void send_control(struct peer *p,
			 void (*encode)(struct wbuf *, const struct peer *,
					const struct family *),
			 const struct family *f, uint32_t messages)
{
	uint8_t buf[64];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct txbuf *t;

	encode(&w, p, f);
	t = txbuf_new((uint32_t)w.len);
	memcpy(t->data, buf, w.len);
	t->len = (uint32_t)w.len;
	t->messages = messages;
	peer_tx(p, t);
	txbuf_unref(t);
}

static void eor_encode(struct wbuf *w, const struct peer *p, const struct family *f)
{
	(void)p;
	update_eor_encode(w, f->ops->afi, f->ops->safi);
}

static void refresh_encode(struct wbuf *w, const struct family *f, uint8_t sub)
{
	struct msg_refresh m = { .afi = f->ops->afi, .sub = sub, .safi = f->ops->safi };

	msg_refresh_encode(w, &m);
}

static void borr_encode(struct wbuf *w, const struct peer *p, const struct family *f)
{
	(void)p;
	refresh_encode(w, f, RR_BEGIN);
}

static void eorr_encode(struct wbuf *w, const struct peer *p, const struct family *f)
{
	(void)p;
	refresh_encode(w, f, RR_END);
}

/*
 * All is told: End-of-RIB and EoRR for those that wait for it. While we restart,
 * routes go out as they come, and only End-of-RIB waits until our own peers have
 * told us theirs: receivers keep the stale rest meanwhile. RFC 4724 section 4.1
 * would hold back the routes too, which makes everybody wait for the slowest peer.
 */
static void group_finished(const struct routes *r, struct group *g)
{
	struct member *m;

	TAILQ_FOREACH (m, &g->members, link) {
		if (m->want_eor && !r->hold_eor) {
			m->want_eor = false;
			send_control(m->p, eor_encode, g->key.f, 1);
			m->p->chan[g->key.f->index].eor_tx = true;
		}
		if (m->want_eorr) {
			send_control(m->p, eorr_encode, g->key.f, 0);
			m->p->stats.tx[MSG_ROUTE_REFRESH]++;
		}
		m->want_eorr = false;
	}
}

/* Slow members leave for groups of their own; Return: the group must wait. */
static bool group_throttle(struct routes *r, struct group *g)
{
	struct member *m, *next;

	for (m = TAILQ_FIRST(&g->members); m; m = next) {
		next = TAILQ_NEXT(m, link);
		if (peer_tx_queued(m->p) < PEER_TXQ_LIMIT)
			continue;
		if (g->n == 1) {
			g->blocked = true;
			return true;
		}
		member_split(r, m)->blocked = true;
	}
	return false;
}

static void group_flush(struct routes *r, struct group *g)
{
	enc->r = r;
	while (!g->blocked && group_round(enc, g))
		group_throttle(r, g);
	if (!g->blocked)
		group_finished(r, g);
}

/* Groups with equal keys that have said everything have said the same. */
static void groups_merge(struct routes *r)
{
	struct group *g, *h, *next;

	TAILQ_FOREACH (g, &r->groups, link) {
		if (g->blocked || !adjout_idle(&g->out))
			continue;
		for (h = TAILQ_NEXT(g, link); h; h = next) {
			struct member *m, *m_next;

			next = TAILQ_NEXT(h, link);
			if (h->blocked || !key_equal(&g->key, &h->key) ||
			    !adjout_idle(&h->out))
				continue;
			for (m = TAILQ_FIRST(&h->members); m; m = m_next) {
				m_next = TAILQ_NEXT(m, link);
				member_leave(r, m); /* the last one frees h */
				member_join(m, g);
			}
		}
	}
}

static void export_run(evutil_socket_t fd, short what, void *arg)
{
	struct routes *r = arg;
	struct group *g, *next;

	(void)fd;
	(void)what;
	if (r->consume)
		r->consume(r->consume_ctx);
	/* New groups that splits append have been told what theirs was. */
	for (g = TAILQ_FIRST(&r->groups); g; g = next) {
		next = TAILQ_NEXT(g, link);
		group_flush(r, g);
	}
	groups_merge(r);
	for (unsigned i = 0; i < FAMS; i++)
		rib_trim(&r->rib[i]);
}

void export_kick(struct routes *r)
{
	if (!event_pending(r->export_ev, EV_TIMEOUT, NULL))
		event_active(r->export_ev, EV_TIMEOUT, 0);
}

void export_init(struct routes *r)
{
	TAILQ_INIT(&r->groups);
	r->export_ev = event_new(r->bgp->base, -1, 0, export_run, r);
	enc = xcalloc(1, sizeof(*enc));
}

void export_fini(struct routes *r)
{
	event_free(r->export_ev);
	r->export_ev = NULL;
	free(enc);
	enc = NULL;
}

/* ---- peers ----------------------------------------------------------------- */

/* A group for newcomers that has not begun its walk: peers that come up in one
 * turn (a reflector restart) walk the table together. */
static struct group *newborn_group(struct routes *r, const struct group_key *k)
{
	struct group *g;

	TAILQ_FOREACH (g, &r->groups, link)
		if (key_equal(&g->key, k) && g->out.walk == 1 && !g->out.n_routes)
			return g;
	g = group_new(r, k);
	adjout_init(&g->out, &r->rib[k->f->index]);
	return g;
}

void export_peer_up(struct routes *r, struct peer *p)
{
	for (unsigned i = 0; i < FAMS; i++) {
		struct group_key k = key_of(p, &families[i]);
		struct member *m;

		if (!p->chan[i].up)
			continue;
		m = xcalloc(1, sizeof(*m));
		m->p = p;
		m->want_eor = true;
		p->member[i] = m;
		member_join(m, newborn_group(r, &k));
	}
	export_kick(r);
}

void export_peer_down(struct routes *r, struct peer *p)
{
	for (unsigned i = 0; i < FAMS; i++) {
		if (!p->member[i])
			continue;
		member_leave(r, p->member[i]);
		free(p->member[i]);
		p->member[i] = NULL;
	}
}

void export_refresh(struct routes *r, struct peer *p, const struct family *f)
{
	struct member *m = p->member[f->index];

	if (!m)
		return;
	/* RFC 7313 section 4: no BoRR before our End-of-RIB. */
	if (p->refresh_enhanced && !m->want_eor) {
		send_control(p, borr_encode, f, 0);
		p->stats.tx[MSG_ROUTE_REFRESH]++;
		m->want_eorr = true;
	}
	adjout_refresh(&member_split(r, m)->out);
	export_kick(r);
}

void export_drained(struct routes *r, struct peer *p)
{
	for (unsigned i = 0; i < FAMS; i++)
		if (p->member[i] && p->member[i]->g->blocked) {
			p->member[i]->g->blocked = false;
			export_kick(r);
		}
}

uint32_t export_count(const struct peer *p, const struct family *f)
{
	const struct member *m = p->member[f->index];

	return m ? adjout_count(&m->g->out, peer_slot(p)) : 0;
}

bool export_told(const struct peer *p, const struct family *f, uint32_t net)
{
	const struct member *m = p->member[f->index];
	int src = m ? adjout_told(&m->g->out, net) : -1;

	return src >= 0 && (uint32_t)src != peer_slot(p);
}

uint32_t export_group_id(const struct peer *p, const struct family *f)
{
	const struct member *m = p->member[f->index];

	return m ? m->g->id : 0;
}
