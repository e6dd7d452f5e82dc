/*
 * What we tell peers. Peers that are told the same share an update group, whose
 * messages are encoded once into counted buffers. Runs at the end of an event-loop
 * turn, never on a timer: what changed in one turn is packed together. What is too
 * much for one turn goes on in the next one.
 *
 * A peer that comes up, asks for a refresh, or cannot keep pace is a group of its
 * own, with its own place in the change list, until it has caught up; so nobody
 * waits for it and its backlog is bounded by the table, not by time.
 */
#include "bgpd/group.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/audience.h"
#include "bgpd/rtc.h"
#include "bgpd/session.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "rib/rtset.h"
#include "wire/nlri_rtc.h"

enum { /* of messages for each member of a group, in one turn of the loop */
       TURN_MOST = 1 << 20,
       TURN_LEAST = 128 << 10,
       TURN_TOTAL = 64 << 20, /* for all of them together */
};

/* ---- policy ---------------------------------------------------------------- */

/* The membership of who wants everything. */
static bool is_default(const struct rib *rib, const struct path *p)
{
	struct rtc_route m;
	struct nlri n;

	rib_nlri(rib, p->net, 0, &n);
	return !rtc_view(&n, &m) && !m.bits;
}

/* RFC 4456 section 6: who may learn what from whom; 1997, 9494 for the communities. */
static bool key_allows(const struct group_key *k, const struct rib *rib,
		       const struct path *p)
{
	const struct path_source *from = &rib->peer[p->peer].src;

	if (p->peer == RIB_OWN && k->f->index == FAM_RTC && !k->ask_all &&
	    is_default(rib, p))
		return false;
	if (k->policy_missing || p->attrs->no_advertise ||
	    (k->ebgp && p->attrs->no_export) ||
	    (k->llgr == LLGR_HIDDEN && p->attrs->llgr_stale))
		return false;
	return from->own || k->ebgp || from->ebgp || k->rr_client || from->client;
}

/* Where LLGR is not configured we pass marked routes on as who never heard of it. */
static enum group_llgr llgr_of(const struct peer *p, const struct family *f)
{
	const struct config *c = p->bgp->cfg;

	if (!c->llgr_stale_s || p->chan[f->index].llgr)
		return LLGR_KNOWN;
	return c->llgr_partial && !p->ebgp ? LLGR_WEAK : LLGR_HIDDEN;
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
		.policy_missing = p->ebgp && p->cfg.needs_policy,
		.llgr = llgr_of(p, f),
		.ask_all = p->cfg.af[f->index].default_originate,
		.rtc = f->rt_constrained && rtc_state(p) != RTC_OFF,
		.unlabel = labels_trust(p, f->index) == CFG_LABELS_STRIP,
		.nexthop = f->index == FAM_RTC ? p->local_addr : (struct ip) { 0 },
		.max_msg = peer_max_msg(p),
	};
}

static bool key_equal(const struct group_key *a, const struct group_key *b)
{
	return a->f == b->f && a->ebgp == b->ebgp && a->rr_client == b->rr_client &&
	       a->rs_client == b->rs_client && a->as4 == b->as4 &&
	       a->addpath == b->addpath && a->policy_missing == b->policy_missing &&
	       a->llgr == b->llgr && a->ask_all == b->ask_all && a->rtc == b->rtc &&
	       a->unlabel == b->unlabel && ip_eq(&a->nexthop, &b->nexthop) &&
	       a->max_msg == b->max_msg;
}

static bool allowed(void *key, const struct rib *rib, const struct path *p)
{
	return key_allows(key, rib, p);
}

bool group_next(struct group *g, struct adjout_step *out)
{
	return adjout_next(&g->out, allowed, &g->key, out);
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
	g->chores = true;
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

/* The walk for new filters is over: what was before matters no longer. */
static void filter_settled(struct member *m)
{
	rtfilter_unref(m->was);
	m->was = NULL;
}

/*
 * While we restart End-of-RIB waits for what others have to tell; but End-of-RIB of
 * memberships only for theirs: they hold back their routes until they have ours.
 */
static bool eor_is_held(const struct routes *r, const struct family *f)
{
	return r->hold_eor && (f->index != FAM_RTC || gr_awaits_memberships(r->bgp));
}

/* With RT constraint not before the peer has said what it wants, and has it. */
static bool eor_is_due(const struct member *m)
{
	if (m->g->key.rtc && (rtc_state(m->p) == RTC_WAITING || m->filter_due))
		return false;
	return m->want_eor;
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
static void group_finished(struct routes *r, struct group *g)
{
	struct member *m;
	bool held;

	if (!g->chores) /* a change that thousands hear is not to be dear */
		return;
	g->chores = false;
	held = eor_is_held(r, g->key.f);
	TAILQ_FOREACH (m, &g->members, link) {
		filter_settled(m);
		if (!held && eor_is_due(m)) {
			m->want_eor = false;
			send_control(m->p, eor_encode, g->key.f, 1);
			m->p->chan[g->key.f->index].eor_tx = true;
		}
		if (m->want_eorr) {
			send_control(m->p, eorr_encode, g->key.f, 0);
			m->p->stats.tx[MSG_ROUTE_REFRESH]++;
		}
		m->want_eorr = m->refreshing = false;
		/* Asked for meanwhile; who is full begins when it has drained. */
		if ((m->refresh_due || m->filter_due) && !peer_tx_full(m->p))
			export_kick(r);
		g->chores |= m->want_eor || m->refresh_due || m->filter_due;
	}
}

/* Those who cannot take more, into a group of their own that waits for them. */
static void group_split_full(struct routes *r, struct group *g)
{
	struct group *slow = group_new(r, &g->key);
	struct member *m, *next;

	adjout_split(&slow->out, &g->out);
	slow->blocked = true;
	for (m = TAILQ_FIRST(&g->members); m; m = next) {
		next = TAILQ_NEXT(m, link);
		if (!peer_tx_full(m->p))
			continue;
		member_leave(r, m);
		member_join(m, slow);
	}
}

/*
 * Must the group wait? When some members are full while others have nothing left to
 * send, it is these that are slow, and they leave. When all have plenty, we were
 * faster than the network: nobody is slow, and everybody is waited for.
 */
static bool group_waits(struct routes *r, struct group *g)
{
	bool idle = false, full = false;
	struct member *m;

	if (txbuf_total() < PEER_TXQ_LEAST)
		return false; /* nobody can be full */
	TAILQ_FOREACH (m, &g->members, link) {
		full |= peer_tx_full(m->p);
		idle |= peer_tx_idle(m->p);
	}
	if (full && idle)
		group_split_full(r, g);
	g->blocked = full && !idle;
	if (g->blocked)
		TAILQ_FOREACH (m, &g->members, link)
			peer_tx_watch(m->p);
	return g->blocked;
}

/* So much at a time, that timers and other sessions have their turn meanwhile. */
static size_t turn_bytes(const struct group *g)
{
	size_t share = TURN_TOTAL / g->n;

	return MAX_OF(MIN_OF(share, (size_t)TURN_MOST), (size_t)TURN_LEAST);
}

/* Return: is there more to say now? */
static bool group_flush(struct routes *r, struct group *g)
{
	size_t bytes = 0, most = turn_bytes(g);

	while (!g->blocked && !group_waits(r, g)) {
		if (!encode_round(r, g, &bytes)) {
			group_finished(r, g);
			return false;
		}
		if (bytes >= most)
			return true;
	}
	return false;
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

static void refresh_begin(struct routes *r, struct member *m, const struct family *f)
{
	struct peer *p = m->p;

	m->refresh_due = false;
	m->refreshing = true;
	m->g->chores = true;
	/* RFC 7313 section 4: no BoRR before our End-of-RIB. */
	if (p->refresh_enhanced && !m->want_eor) {
		send_control(p, borr_encode, f, 0);
		p->stats.tx[MSG_ROUTE_REFRESH]++;
		m->want_eorr = true;
	}
	adjout_refresh(&member_split(r, m)->out);
}

/* However often a peer asks, one refresh runs and one waits, and none begins while
 * its queue is full. */
static void refreshes_begin(struct routes *r)
{
	struct peer *p;

	r->refresh_due = false;
	TAILQ_FOREACH (p, &r->bgp->peers, link)
		for (unsigned i = 0; i < FAMS; i++) {
			struct member *m = p->member[i];

			if (!m || !m->refresh_due)
				continue;
			if (m->refreshing || m->g->blocked || peer_tx_full(p) ||
			    adjout_walking(&m->g->out))
				r->refresh_due = true;
			else
				refresh_begin(r, m, &families[i]);
		}
}

/*
 * A member wants something else. It leaves for a group of its own, as one that asks
 * for a refresh does, and there goes over what was told: but only for the difference.
 * All who change their mind in one turn go together. As nobody's filter is part of
 * the key they come back when they are through.
 */
static void filter_begin(struct routes *r, struct member *m)
{
	struct group *from = m->g;

	m->filter_due = false;
	m->g->chores = true;
	filter_settled(m);
	m->was = m->now; /* with its reference */
	m->now = rtfilter_ref(rtc_filter(m->p));
	rtindex_change(r->rt_index, peer_slot(m->p), m->was, m->now);
	if (from->filtering == from)
		return;
	if (from->filtering) {
		struct group *to = from->filtering;

		member_leave(r, m); /* the last one frees `from` */
		member_join(m, to);
		return;
	}
	from->filtering = member_split(r, m);
	m->g->filtering = m->g;
	adjout_filter(&m->g->out, audience_affects);
}

/* One after the other: a walk must end before the next may begin. */
static bool filter_may_begin(const struct member *m)
{
	return !m->g->blocked && !peer_tx_full(m->p) &&
	       (!adjout_walking(&m->g->out) || m->g->filtering == m->g);
}

static void filters_begin(struct routes *r)
{
	struct group *g;
	struct peer *p;

	r->filter_due = false;
	TAILQ_FOREACH (p, &r->bgp->peers, link)
		for (unsigned i = 0; i < FAMS; i++) {
			struct member *m = p->member[i];

			if (!m || !m->filter_due)
				continue;
			if (filter_may_begin(m))
				filter_begin(r, m);
			else
				r->filter_due = true;
		}
	TAILQ_FOREACH (g, &r->groups, link)
		g->filtering = NULL;
}

static bool told_somebody(void *ctx, const struct rib *rib, uint32_t net)
{
	const struct routes *r = ctx;
	const struct group *g;

	TAILQ_FOREACH (g, &r->groups, link)
		if (g->out.rib == rib && g->out.list == RIB_NETS &&
		    adjout_told(&g->out, net) >= 0)
			return true;
	return false;
}

static void export_run(evutil_socket_t fd, short what, void *arg)
{
	struct routes *r = arg;
	struct group *g, *next;
	bool more = false;

	(void)fd;
	(void)what;
	if (r->consume)
		more = r->consume(r->consume_ctx);
	rtc_apply(r);
	if (r->filter_due)
		filters_begin(r);
	if (r->refresh_due)
		refreshes_begin(r);
	/* New groups that splits append have been told what theirs was. */
	for (g = TAILQ_FIRST(&r->groups); g; g = next) {
		next = TAILQ_NEXT(g, link);
		more |= group_flush(r, g);
	}
	groups_merge(r);
	for (unsigned i = 0; i < FAMS; i++) {
		rib_trim(&r->rib[i]);
		rib_forget(&r->rib[i], r->consume_at[i], told_somebody, r);
	}
	rtlists_trim(r->attrs.rts);
	if (r->exported)
		r->exported(r->consume_ctx);
	if (more) /* in the next turn of the loop, not at the end of this one */
		event_add(r->export_ev, &(struct timeval) { 0 });
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
	encode_init();
}

void export_fini(struct routes *r)
{
	event_free(r->export_ev);
	r->export_ev = NULL;
	encode_fini();
	audience_fini();
}

/* ---- peers ----------------------------------------------------------------- */

/* What an internal peer hears of memberships follows rules of its own. */
static void group_start(struct routes *r, struct group *g)
{
	const struct group_key *k = &g->key;

	adjout_init(&g->out, &r->rib[k->f->index], k->addpath ? RIB_PATHS : RIB_NETS);
	if (k->rtc)
		adjout_constrain(&g->out);
	if (k->f->index == FAM_RTC && !k->ebgp)
		adjout_memberships(&g->out, k->rr_client);
}

/* Into a group that waits for nobody. With RT constraint a newcomer wants nothing yet
 * and knows as little as everybody there: no walk is needed. */
static bool may_join(const struct group *g)
{
	return !g->blocked && (g->key.rtc || (g->out.walk == 1 && !g->out.n_routes));
}

/* A group for newcomers that has not begun its walk: peers that come up in one
 * turn (a reflector restart) walk the table together. */
static struct group *newborn_group(struct routes *r, const struct group_key *k)
{
	struct group *g;

	TAILQ_FOREACH (g, &r->groups, link)
		if (key_equal(&g->key, k) && may_join(g))
			return g;
	g = group_new(r, k);
	group_start(r, g);
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
		struct member *m = p->member[i];

		if (!m)
			continue;
		member_leave(r, m);
		rtindex_change(r->rt_index, peer_slot(p), m->now, NULL);
		rtfilter_unref(m->now);
		rtfilter_unref(m->was);
		free(m);
		p->member[i] = NULL;
	}
	export_kick(r);
}

void export_filter(struct routes *r, struct peer *p)
{
	for (unsigned i = 0; i < FAMS; i++) {
		struct member *m = p->member[i];

		if (m && m->g->key.rtc)
			m->filter_due = r->filter_due = m->g->chores = true;
	}
	export_kick(r);
}

void export_refresh(struct routes *r, struct peer *p, const struct family *f)
{
	struct member *m = p->member[f->index];

	if (!m)
		return;
	m->refresh_due = r->refresh_due = m->g->chores = true;
	export_kick(r);
}

void export_drained(struct routes *r, struct peer *p)
{
	for (unsigned i = 0; i < FAMS; i++) {
		struct member *m = p->member[i];

		if (!m || (!m->g->blocked && !m->refresh_due && !m->filter_due))
			continue;
		m->g->blocked = false;
		export_kick(r);
	}
}

static bool wants(void *ctx, uint32_t list)
{
	const struct member *m = ctx;

	return rtfilter_wants(m->now, rtlist_at(m->g->out.rt.lists, list));
}

struct export_counts export_counts(const struct peer *p, const struct family *f)
{
	struct member *m = p->member[f->index];
	struct export_counts c = { 0 };
	uint32_t all, told;

	if (!m)
		return c;
	told = all = adjout_count(&m->g->out, peer_slot(p));
	if (m->g->key.rtc)
		told = adjout_wanted(&m->g->out, peer_slot(p), wants, m);
	c.told = MIN_OF(told, all);
	c.held_back = all - c.told;
	return c;
}

bool export_told_path(const struct peer *p, const struct family *f, uint32_t path)
{
	const struct member *m = p->member[f->index];
	const struct adjout *o = m ? &m->g->out : NULL;
	uint32_t id;

	if (!m || !adjout_knows(o, peer_slot(p), path))
		return false;
	id = adjout_id(o, path);
	return !m->g->key.rtc ||
	       rtfilter_wants(adjout_was(o, id) ? m->was : m->now,
			      rtlist_at(o->rt.lists, adjrt_told(&o->rt, id)));
}

bool export_passed_path(const struct peer *p, const struct family *f, uint32_t path)
{
	const struct member *m = p->member[f->index];

	return m && adjout_is_current(&m->g->out, peer_slot(p), path);
}

bool export_told(const struct peer *p, const struct family *f, uint32_t net)
{
	const struct rib *r = &p->bgp->routes->rib[f->index];
	uint32_t path = rib_net(r, net)->paths;

	while (path && !export_told_path(p, f, path))
		path = rib_path(r, path)->next;
	return path;
}

uint32_t export_group_id(const struct peer *p, const struct family *f)
{
	const struct member *m = p->member[f->index];

	return m ? m->g->id : 0;
}
