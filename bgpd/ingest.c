/*
 * What peers tell us: UPDATEs judged by RFC 7606, loops (RFC 4271 9.1.2, 4456 8),
 * limits, and into the tables. Alone decides what a verdict does to routes.
 *
 * A route that must not be used still replaces what it replaces: whenever a key
 * is readable and the route is refused, the peer's earlier route goes.
 */
#include "bgpd/maxprefix.h"
#include "bgpd/routes.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd/rtc.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/util.h"

struct peer *routes_peer(const struct routes *r, const struct rib *rib, uint32_t slot)
{
	(void)r;
	return slot < rib->n_peers ? rib->peer[slot].owner : NULL;
}

uint32_t routes_received(const struct routes *r, const struct peer *p,
			 const struct family *f)
{
	const struct rib *rib = &r->rib[f->index];

	return peer_slot(p) < rib->n_peers ? rib->peer[peer_slot(p)].n : 0;
}

uint32_t routes_stale(const struct routes *r, const struct peer *p, unsigned fam,
		      bool long_lived)
{
	const struct rib *rib = &r->rib[fam];
	const struct rib_peer *of;

	if (peer_slot(p) >= rib->n_peers)
		return 0;
	of = &rib->peer[peer_slot(p)];
	return long_lived ? of->n_long_lived : of->n_stale;
}

static void count_error(struct peer *p, enum update_reason why, unsigned attr)
{
	static struct log_limit limit;

	p->stats.update_errors[why]++;
	if (log_ratelimited(&limit, 10)) {
		char addr[ADDR_STR];

		log_warn(LOG_UPDATE, "peer %s: malformed UPDATE: %s, attribute=%u",
			 ip_format(&p->addr, addr), update_reason_name(why), attr);
	}
}

/* ---- what a peer may say --------------------------------------------------- */

/* What settings of a neighbor say of routes with the same attributes. */
struct judges {
	bool origin; /* origin-check: claims is set */
	bool labels; /* labels or tenant permit: label is set */
	struct claims claims;
	struct label_judge label;
};

static void judges_set(struct judges *j, const struct peer *p, const struct family *f,
		       const struct attrs *a)
{
	j->origin = origin_claims(p, f, a, &j->claims);
	j->labels = labels_judge(p, f, a, &j->label);
}

/* Does the route claim to be another host's, or what none of this host may be? Then it
 * is counted and said. */
static bool refused(const struct judges *j, struct peer *p, const struct family *f,
		    const struct nlri *n)
{
	enum update_reason why = UR_NONE;

	if (j->origin)
		why = claims_check(&j->claims, f->ops, n);
	if (why != UR_NONE) {
		origin_refused(p, f, &j->claims, why, n);
		return true;
	}
	if (j->labels)
		why = labels_judge_route(&j->label, f->ops, n);
	if (why != UR_NONE)
		labels_refused(p, f, &j->label, why, n);
	return why != UR_NONE;
}

struct recheck {
	struct peer *p;
	const struct family *f;
	const struct attrset *set; /* whose fields are in attrs */
	struct attrs attrs;
	struct judges judges;
};

static bool still_allowed(void *ctx, const struct nlri *n, const struct attrset *set)
{
	struct recheck *r = ctx;

	if (r->set != set) { /* routes of one UPDATE stand together */
		attrset_view(set, &r->attrs);
		judges_set(&r->judges, r->p, r->f, &r->attrs);
		r->set = set;
	}
	return !refused(&r->judges, r->p, r->f, n);
}

void routes_recheck(struct peer *p, const struct family *f, const char *what)
{
	struct rib *rib = &p->bgp->routes->rib[f->index];
	struct recheck r = { .p = p, .f = f };
	char addr[ADDR_STR];
	uint32_t n;

	if (!routes_has(rib, p))
		return;
	n = rib_peer_filter(rib, peer_slot(p), still_allowed, &r);
	log_info(LOG_UPDATE, "peer %s: %s in force, refused=%u",
		 ip_format(&p->addr, addr), what, n);
}

/* ---- one route ------------------------------------------------------------- */

struct feed {
	struct peer *p;
	struct rib *rib;
	const struct family *f;
	struct attrset *set; /* NULL: withdraw whatever comes */
	bool over_limit;
	bool no_opaque; /* bgp evpn unknown-types discard (RFC 7606 5.4) */
	struct judges judges;
};

/* Paths that this session has told. */
static uint32_t fresh(const struct feed *d)
{
	const struct rib_peer *p = &d->rib->peer[peer_slot(d->p)];

	return p->n - p->n_stale;
}

static void too_many_paths(const struct feed *d, const struct nlri *n)
{
	static struct log_limit limit;
	char addr[ADDR_STR], route[NLRI_STR_MAX];

	d->p->stats.update_errors[UR_PATHS_LIMIT]++;
	if (log_ratelimited(&limit, 10))
		log_warn(LOG_UPDATE, "peer %s: path refused, too many of %s, limit=%u",
			 ip_format(&d->p->addr, addr), d->f->ops->format(n, route),
			 d->rib->peer[peer_slot(d->p)].max_paths);
}

static void feed_route(struct feed *d, const struct nlri *n)
{
	uint32_t before = fresh(d);
	enum rib_result res = rib_update(d->rib, peer_slot(d->p), n, d->set);

	if (res == RIB_LIMIT)
		too_many_paths(d, n);
	else if (fresh(d) > before)
		d->over_limit = maxprefix_check(d->p, d->f);
}

static void feed_one(struct feed *d, enum nlri_result res, const struct nlri *n)
{
	if (res == NLRI_TREAT_WITHDRAW) {
		count_error(d->p, UR_NLRI_BODY, ATTR_MP_REACH);
		d->p->stats.treat_as_withdraw++;
	}
	if (d->no_opaque && d->f->ops->opaque && d->f->ops->opaque(n)) {
		d->p->stats.update_errors[UR_NLRI_OPAQUE]++;
		res = NLRI_TREAT_WITHDRAW; /* it may be here from before */
	}
	if (res == NLRI_OK && d->set && !refused(&d->judges, d->p, d->f, n)) {
		feed_route(d, n);
		return;
	}
	rib_withdraw(d->rib, peer_slot(d->p), n);
	if (d->p->chan[d->f->index].maxprefix != MAXPREFIX_BELOW)
		maxprefix_check(d->p, d->f);
}

/* malformed-nlri: skip (ours), disable the family, or reset (RFC 7606 5.3). */
static enum verdict bad_key_verdict(const struct peer *p, bool withdraw)
{
	static const enum verdict by_knob[] = { V_OK, V_DISABLE_AF, V_RESET };
	unsigned knob = p->bgp->cfg->malformed_nlri;

	/* A withdraw that cannot be read is never repeated: the route it meant
	 * would stand for ever. */
	if (withdraw)
		return V_RESET;
	return knob < ARRAY_SIZE(by_knob) ? by_knob[knob] : V_RESET;
}

/*
 * Routes are decoded a few ahead of the one that is dealt with: in a large table each
 * look-up is a miss of every cache, and these then overlap.
 */
enum { AHEAD = 8 };

struct look {
	enum nlri_result res;
	uint32_t hash;
	struct nlri n;
};

static void look_at(const struct feed *d, struct nlri_list *nlri, bool withdraw,
		    struct look *l)
{
	l->res = nlri_list_next(nlri, withdraw, &l->n);
	if (l->res != NLRI_FRAMING && l->res != NLRI_SKIP)
		l->hash = rib_prefetch(d->rib, &l->n);
}

static enum verdict feed_look(struct feed *d, const struct look *l, bool withdraw)
{
	switch (l->res) {
	case NLRI_FRAMING: /* nlri_list_open() should have said it */
		return V_RESET;
	case NLRI_SKIP:
		count_error(d->p, UR_NLRI_KEY,
			    withdraw ? ATTR_MP_UNREACH : ATTR_MP_REACH);
		return bad_key_verdict(d->p, withdraw);
	default:
		feed_one(d, l->res, &l->n);
		return V_OK;
	}
}

static enum verdict feed_all(struct feed *d, struct nlri_list *nlri, bool withdraw,
			     struct notif *err)
{
	enum verdict worst = V_OK;
	struct look look[AHEAD];
	unsigned in = 0, out = 0;

	while (!d->over_limit) {
		if (nlri_list_more(nlri) && in - out < AHEAD) {
			look_at(d, nlri, withdraw, &look[in++ % AHEAD]);
			continue;
		}
		if (out == in)
			break;
		if (in - out > AHEAD / 2)
			rib_prefetch_net(d->rib, look[(out + AHEAD / 2) % AHEAD].hash);
		worst = verdict_worst(worst,
				      feed_look(d, &look[out++ % AHEAD], withdraw));
	}
	if (worst == V_RESET)
		*err = notif_make(NOTIF_UPDATE, 9, NULL, 0);
	return worst;
}

/* ---- one UPDATE ------------------------------------------------------------ */

/* Our own id, cluster or AS in the route: it has been here before. */
static enum update_reason loop_found(const struct peer *p, const struct family *f,
				     const struct attrs *a)
{
	const struct bgp *b = p->bgp;

	if (attrs_as_path_count(a, b->as) > p->cfg.af[f->index].allowas_in)
		return UR_LOOP_AS;
	if (p->ebgp) /* it says nothing of reflection */
		return UR_NONE;
	if (attrs_has(a, ATTR_ORIGINATOR_ID) && a->originator_id == b->router_id)
		return UR_LOOP_ORIGINATOR;
	return attrs_has_cluster(a, b->cluster_id) ? UR_LOOP_CLUSTER : UR_NONE;
}

/* RFC 8212: an external peer without policy gives and gets nothing. */
static bool policy_missing(const struct peer *p)
{
	return p->ebgp && p->cfg.needs_policy;
}

static const struct family *negotiated(const struct peer *p, uint16_t afi, uint8_t safi)
{
	const struct family *f = family_find(afi, safi);

	return f && p->chan[f->index].up ? f : NULL;
}

static void disable_family(struct routes *r, struct peer *p, const struct family *f)
{
	char addr[ADDR_STR];

	log_err(LOG_UPDATE, "peer %s: %s disabled until the next session",
		ip_format(&p->addr, addr), f->ops->name);
	p->chan[f->index].disabled = true;
	rib_peer_flush(&r->rib[f->index], peer_slot(p));
	if (f->index == FAM_RTC)
		rtc_disabled(r, p);
}

size_t routes_peer_bytes(const struct routes *r, const struct peer *p)
{
	size_t bytes = 0;

	for (unsigned i = 0; i < FAMS; i++)
		if (peer_slot(p) < r->rib[i].n_peers)
			bytes += rib_peer_bytes(&r->rib[i], peer_slot(p));
	return bytes;
}

/* maximum-memory: what bounds attributes, as no number of routes does. Once for each
 * UPDATE: one alone cannot take much. */
static bool over_memory(const struct routes *r, const struct peer *p)
{
	uint32_t mb = p->cfg.max_memory_mb;

	return mb && routes_peer_bytes(r, p) > (size_t)mb << 20;
}

static enum verdict limit_reached(struct peer *p, const struct feed *d,
				  struct notif *err)
{
	char addr[ADDR_STR];

	if (d->over_limit) {
		maxprefix_exceeded(p, d->f, err);
		return V_RESET;
	}
	log_warn(LOG_UPDATE, "peer %s: routes take too much memory, limit_mb=%u",
		 ip_format(&p->addr, addr), p->cfg.max_memory_mb);
	p->bgp->limits[LIMIT_MEMORY]++;
	p->held_s = 0;
	*err = notif_make(NOTIF_CEASE, CEASE_RESOURCES, NULL, 0);
	return V_RESET;
}

/* One of MP_REACH, MP_UNREACH. */
static enum verdict feed_mp(struct routes *r, struct peer *p, struct update *u,
			    bool withdraw, struct notif *err)
{
	const struct update_mp *mp = withdraw ? &u->unreach : &u->reach;
	struct feed d = { .p = p, .no_opaque = p->bgp->cfg->unknown_types_discard };
	struct nlri_list list;
	enum verdict v;

	if (!mp->present)
		return V_OK;
	d.f = negotiated(p, mp->afi, mp->safi);
	if (!d.f) {
		count_error(p, UR_NOT_NEGOTIATED,
			    withdraw ? ATTR_MP_UNREACH : ATTR_MP_REACH);
		return V_OK;
	}
	if (p->chan[d.f->index].disabled)
		return V_OK;
	if (u->verdict == V_DISABLE_AF) {
		disable_family(r, p, d.f);
		return V_OK;
	}
	if (!nlri_list_open(&list, d.f->ops, mp->nlri,
			    p->chan[d.f->index].rx_addpath)) {
		count_error(p, UR_NLRI_FRAME,
			    withdraw ? ATTR_MP_UNREACH : ATTR_MP_REACH);
		*err = notif_make(NOTIF_UPDATE, 9, NULL, 0);
		return V_RESET;
	}
	d.rib = &r->rib[d.f->index];
	d.rib->peer[peer_slot(p)].max_paths =
		p->chan[d.f->index].rx_addpath ? p->cfg.af[d.f->index].addpath_rx_limit
					       : 1;
	if (!withdraw && u->verdict < V_WITHDRAW && !policy_missing(p)) {
		enum update_reason loop = loop_found(p, d.f, &u->attrs);

		labels_strip(r, p, d.f, &u->attrs);
		if (loop != UR_NONE)
			p->stats.update_errors[loop]++;
		else
			d.set = attrset_intern(&r->attrs, &u->attrs);
		if (loop == UR_NONE && !d.set) /* longer than any message can be */
			count_error(p, UR_ATTR_LENGTH, ATTR_AS_PATH);
		judges_set(&d.judges, p, d.f, &u->attrs);
	}
	v = feed_all(&d, &list, withdraw, err);
	attrset_unref(&r->attrs, d.set);
	if (d.f->index == FAM_RTC)
		rtc_changed(r, p);
	if (d.over_limit || (!withdraw && over_memory(r, p)))
		return limit_reached(p, &d, err);
	if (v == V_DISABLE_AF)
		disable_family(r, p, d.f);
	return v;
}

static void count_update_errors(struct peer *p, const struct update *u)
{
	for (unsigned i = 0; i < u->n_errors && i < UPDATE_ERRORS; i++)
		count_error(p, u->errors[i].reason, u->errors[i].attr);
}

/* The fields of the message itself: IPv4 unicast, which we do not speak. */
static void count_ipv4(struct peer *p, const struct update *u)
{
	if (rbuf_left(&u->withdrawn4) || rbuf_left(&u->nlri4))
		count_error(p, UR_NOT_NEGOTIATED, 0);
}

static void on_eor(struct routes *r, struct peer *p, const struct family *f)
{
	peer_eor_received(p, f); /* sweeps what it did not confirm */
	if (f->index == FAM_RTC)
		rtc_eor(r, p);
	if (r->hold_eor)
		export_kick(r); /* it may have been the one that ours waits for */
}

static enum verdict on_update(struct peer *p, struct rbuf body, struct notif *err)
{
	struct routes *r = p->bgp->routes;
	const struct channel *ila = &p->chan[FAM_ILA];
	const struct update_ctx ctx = {
		.as4 = p->as4,
		.ebgp = p->ebgp,
		.ila = ila->up ? families[FAM_ILA].ops : NULL,
		.ila_addpath = ila->rx_addpath,
		.ila_next_hop_16 = p->cfg.af[FAM_ILA].next_hop_16,
		.labels = p->cfg.marks.code,
		.labels_domain = p->bgp->cfg->identity.domain,
	};
	struct update u;
	uint16_t afi;
	uint8_t safi;
	enum verdict v;

	update_decode(body, &ctx, r->scratch, &u);
	if (u.n_errors)
		count_update_errors(p, &u);
	if (u.verdict == V_RESET) {
		*err = u.err;
		return V_RESET;
	}
	if (update_is_eor(&u, &afi, &safi)) {
		const struct family *f = negotiated(p, afi, safi);

		if (f)
			on_eor(r, p, f);
		return V_OK;
	}
	count_ipv4(p, &u);
	/* Withdraws first: an UPDATE that does both to one key means the route. */
	v = feed_mp(r, p, &u, true, err);
	if (v != V_RESET)
		v = verdict_worst(v, feed_mp(r, p, &u, false, err));
	if (v != V_RESET && u.verdict == V_WITHDRAW)
		p->stats.treat_as_withdraw++;
	return v;
}

/* ---- sessions come and go -------------------------------------------------- */

static void on_up(struct peer *p)
{
	struct routes *r = p->bgp->routes;

	labels_up(p);
	for (unsigned i = 0; i < FAMS; i++) {
		const struct path_source src = { .ebgp = p->ebgp,
						 .client = p->cfg.af[i].rr_client,
						 .labels = labels_trust(p, i) ==
							   CFG_LABELS_ACCEPT,
						 .id = p->remote_id,
						 .addr = p->addr };
		struct rib *rib = &r->rib[i];
		uint32_t slot = peer_slot(p);

		if (slot < rib->n_peers && rib->peer[slot].used)
			rib_peer_source(rib, slot, &src);
		else
			rib_peer_add(rib, slot, &src, p);
		rib->peer[slot].owner = p;
	}
	rtc_up(r, p);
	export_peer_up(r, p);
}

/* What was stale before stays only as long as it is not too much with what is now:
 * restarts in a row, each with other routes, must not heap them up. */
static void keep(struct rib *rib, const struct peer *p, const struct cfg_nbr_af *c)
{
	uint32_t slot = peer_slot(p);

	if (c->max_prefix && rib->peer[slot].n > c->max_prefix)
		rib_peer_sweep(rib, slot);
	rib_peer_stale(rib, slot);
}

static void on_down(struct peer *p, bool keep_stale)
{
	struct routes *r = p->bgp->routes;

	export_peer_down(r, p);
	rtc_down(r, p);
	for (unsigned i = 0; i < FAMS; i++) {
		struct rib *rib = &r->rib[i];

		if (keep_stale && p->stale[i].any)
			keep(rib, p, &p->cfg.af[i]);
		else
			rib_peer_del(rib, peer_slot(p));
	}
	export_kick(r);
}

static void on_gone(struct peer *p)
{
	struct routes *r = p->bgp->routes;

	for (unsigned i = 0; i < FAMS; i++)
		if (routes_has(&r->rib[i], p))
			rib_peer_del(&r->rib[i], peer_slot(p));
}

static void sweep(struct routes *r, struct peer *p, unsigned fam)
{
	struct rib *rib = &r->rib[fam];

	if (peer_slot(p) < rib->n_peers && rib->peer[peer_slot(p)].used)
		rib_peer_sweep(rib, peer_slot(p));
	if (fam == FAM_RTC)
		rtc_changed(r, p);
}

static void on_refresh(struct peer *p, const struct family *f, uint8_t sub)
{
	struct routes *r = p->bgp->routes;
	struct rib *rib = &r->rib[f->index];

	if (sub == RR_REQUEST)
		export_refresh(r, p, f);
	else if (sub == RR_BEGIN)
		rib_peer_stale(rib, peer_slot(p));
	else if (sub == RR_END)
		sweep(r, p, f->index);
}

static void on_stale_sweep(struct peer *p, const struct family *only)
{
	struct routes *r = p->bgp->routes;

	for (unsigned i = 0; i < FAMS; i++)
		if (!only || only->index == i)
			sweep(r, p, i);
}

static void on_long_lived(struct peer *p, const struct family *f)
{
	rib_peer_long_lived(&p->bgp->routes->rib[f->index], peer_slot(p));
}

static void on_configured(struct peer *p, const struct cfg_nbr *was)
{
	labels_configured(p); /* first: it finds the lists that judge now */
	origin_configured(p, was);
	maxprefix_settings(p);
}

void routes_ask_again(struct peer *p, const struct family *f, const char *what)
{
	char addr[ADDR_STR];

	if (peer_refresh_send(p, f, RR_REQUEST) == -ENOTSUP)
		log_warn(LOG_UPDATE,
			 "peer %s: no route refresh, %s allows more from the next "
			 "session on",
			 ip_format(&p->addr, addr), what);
}

static void on_drained(struct peer *p)
{
	export_drained(p->bgp->routes, p);
}

const struct session_hooks routes_hooks = {
	.up = on_up,
	.down = on_down,
	.update = on_update,
	.refresh = on_refresh,
	.stale_sweep = on_stale_sweep,
	.long_lived = on_long_lived,
	.drained = on_drained,
	.gone = on_gone,
	.configured = on_configured,
};

/* ---- our own routes -------------------------------------------------------- */

void routes_originate(struct routes *r, const struct family *f, const struct nlri *n,
		      const struct attrs *a)
{
	struct attrset *set = attrset_intern(&r->attrs, a);

	rib_update(&r->rib[f->index], RIB_OWN, n, set);
	attrset_unref(&r->attrs, set);
}

void routes_unoriginate(struct routes *r, const struct family *f, const struct nlri *n)
{
	rib_withdraw(&r->rib[f->index], RIB_OWN, n);
}

void routes_release(struct routes *r)
{
	r->hold_eor = false;
	export_kick(r);
}

static void on_change(void *ctx)
{
	export_kick(ctx);
}

void routes_init(struct routes *r, struct bgp *b)
{
	*r = (struct routes) { .bgp = b };
	b->routes = r;
	attr_table_init(&r->attrs);
	for (unsigned i = 0; i < FAMS; i++) {
		rib_init(&r->rib[i], families[i].ops, &r->attrs);
		r->rib[i].on_change = on_change;
		r->rib[i].on_change_ctx = r;
	}
	r->rib[FAM_RTC].every_path = true;
	r->scratch = xcalloc(1, sizeof(*r->scratch));
	r->unlabelled = xcalloc(1, MSG_MAX_EXTENDED);
	rtc_init(r);
	export_init(r);
}

void routes_fini(struct routes *r)
{
	for (unsigned i = 0; i < FAMS; i++) {
		r->rib[i].on_change = NULL; /* nobody to tell any more */
		rib_fini(&r->rib[i]);
	}
	export_fini(r);
	rtc_fini(r);
	attr_table_fini(&r->attrs);
	free(r->scratch);
	free(r->unlabelled);
}
