/*
 * What must hold of an engine whatever it was sent: sums of its tables, and that each
 * peer has heard what the RFCs let it know; worked out anew, from the tables alone.
 */
#include "tests/fuzz/session_holds.h"

#include "bgpd/conn.h"
#include "bgpd/rtc.h"
#include "bgpd/session.h"
#include "lib/util.h"
#include "tests/fuzz/fuzz.h"
#include "wire/nlri_rtc.h"

static void rib_sums_hold(const struct rib *r)
{
	uint32_t paths = 0;

	for (uint32_t i = 0; i < r->n_peers; i++) {
		const struct rib_peer *rp = &r->peer[i];
		uint32_t n = 0, stale = 0;
		size_t far = 0;

		for (uint32_t id = rp->first; id; id = rib_path(r, id)->peer_next) {
			const struct path *path = rib_path(r, id);
			const struct net *net = rib_net(r, path->net);

			must(path->peer == i && path->attrs->refs > 0);
			n++;
			stale += path->flags & PATH_STALE;
			far += path->attrs->len;
			far += path->data_len > PATH_DATA_INLINE ? path->data_len : 0;
			far += net->key_len > NET_KEY_INLINE ? net->key_len : 0;
		}
		must(n == rp->n && stale == rp->n_stale);
		must(rib_peer_bytes(r, i) ==
		     far + n * (sizeof(struct net) + sizeof(struct path)));
		paths += n;
	}
	must(paths == r->n_paths && paths <= r->paths.used);
}

void sums_hold(const struct bgp *bgp, const struct routes *routes)
{
	const struct peer *p;
	const struct conn *c;
	unsigned dynamic = 0, closing = 0;

	TAILQ_FOREACH (p, &bgp->peers, link) {
		dynamic += p->dynamic;
		must(bgp->by_index[p->index] == p);
		must(p->conn[0] || !p->conn[1]);
		must((p->state == FSM_ESTABLISHED) == (peer_established(p) != NULL));
		must(!p->dynamic || p->conn[0] || p->gr_stale);
		for (unsigned f = 0; f < FAMS; f++)
			must(!peer_established(p) || !p->chan[f].eor_rx ||
			     !p->stale[f].any);
	}
	TAILQ_FOREACH (c, &bgp->closing, link)
		closing++;
	must(dynamic == bgp->n_dynamic && dynamic <= 2);
	must(closing == bgp->n_closing);
	for (unsigned f = 0; f < FAMS; f++)
		rib_sums_hold(&routes->rib[f]);
}

/* Do the memberships of a peer cover this target (RFC 4684 section 4)? */
static bool covers(const struct rtc_route *m, const uint8_t *target)
{
	for (unsigned bit = 0; bit + RTC_AS_BITS < m->bits; bit++)
		if ((m->rt.b[bit / 8] ^ target[bit / 8]) & (0x80 >> bit % 8))
			return false;
	return true;
}

static bool asks_for(const struct routes *routes, const struct peer *p,
		     const struct attrset *set)
{
	const struct rib *r = &routes->rib[FAM_RTC];
	uint32_t id = r->peer[peer_slot(p)].first;
	struct attrs a;

	attrset_view(set, &a);
	for (; id; id = rib_path(r, id)->peer_next) {
		struct rtc_route m;
		struct nlri n;

		rib_nlri(r, rib_path(r, id)->net, 0, &n);
		must(!rtc_view(&n, &m));
		if (!m.bits ||
		    (a.ext_communities.len && covers(&m, a.ext_communities.p)))
			return true;
	}
	return false;
}

/* RT constraint lets this path go there? Sets have one community, a target. */
static bool is_wanted(const struct routes *routes, const struct peer *p,
		      const struct path *path)
{
	switch (rtc_state(p)) {
	case RTC_WAITING:
		return false;
	case RTC_IN_FORCE:
		return asks_for(routes, p, path->attrs);
	default:
		return true;
	}
}

/* May this peer know this path? Not asked of group_next(), but of the RFCs. */
static bool may_know(const struct routes *routes, const struct peer *p, unsigned fam,
		     const struct path *path)
{
	const struct rib *r = &routes->rib[fam];
	const struct rib_peer *from = &r->peer[path->peer];
	const struct peer *source = routes_peer(routes, r, path->peer);

	if (path->attrs->no_advertise)
		return false;
	if (path->peer == peer_slot(p)) /* a client's membership comes back */
		return fam == FAM_RTC && p->cfg.af[fam].rr_client;
	if (p->ebgp)
		return !path->attrs->no_export;
	if (path->peer == RIB_OWN || from->src.ebgp)
		return true;
	return p->cfg.af[fam].rr_client || (source && source->cfg.af[fam].rr_client);
}

/* One route; Return: of how many paths of it the peer should know. */
static unsigned heard_net(const struct routes *routes, const struct wire *w,
			  const struct peer *p, unsigned fam, uint32_t id)
{
	const struct rib *r = &routes->rib[fam];
	const bool addpath = w->addpath[fam];
	const struct net *net = rib_net(r, id);
	unsigned want = 0;
	struct nlri n;

	rib_nlri(r, id, 0, &n);
	for (uint32_t path = net->paths; path; path = rib_path(r, path)->next) {
		bool may = (addpath || path == net->best) &&
			   may_know(routes, p, fam, rib_path(r, path)) &&
			   (fam != FAM_EVPN || is_wanted(routes, p, rib_path(r, path)));

		must(export_told_path(p, &families[fam], path) == may);
		if (addpath)
			must((wire_told(w, r->ops, &n, rib_path_tx_id(r, path)) !=
			      NULL) == may);
		want += may;
	}
	if (!addpath)
		must((wire_told(w, r->ops, &n, 0) != NULL) == (want == 1));
	return want;
}

/* One membership: an external peer hears of the best path if it may, an internal one of
 * any that may. */
static unsigned heard_membership(const struct routes *routes, const struct wire *w,
				 const struct peer *p, uint32_t id)
{
	const struct rib *r = &routes->rib[FAM_RTC];
	const struct net *net = rib_net(r, id);
	struct nlri n;
	bool may = false;

	rib_nlri(r, id, 0, &n);
	for (uint32_t path = net->paths; path; path = rib_path(r, path)->next)
		may |= (!p->ebgp || path == net->best) &&
		       may_know(routes, p, FAM_RTC, rib_path(r, path));
	must((wire_told(w, r->ops, &n, 0) != NULL) == may);
	must(export_told(p, &families[FAM_RTC], id) == may);
	return may;
}

/* LLGR goes by what the peer has said, and long attributes may not fit its messages. */
static bool is_plain(const struct rib *r, uint32_t id)
{
	for (uint32_t p = rib_net(r, id)->paths; p; p = rib_path(r, p)->next)
		if (rib_path(r, p)->attrs->llgr_stale ||
		    rib_path(r, p)->attrs->len > 3000)
			return false;
	return true;
}

void heard_all(const struct routes *routes, const struct wire *w, const struct peer *p,
	       unsigned fam)
{
	const struct rib *r = &routes->rib[fam];
	unsigned told = 0, want = 0;

	for (unsigned i = 0; i < w->n_told; i++)
		told += w->told[i].used && w->told[i].ops == r->ops;
	for (uint32_t id = 1; id < r->nets.next; id++) {
		if (!rib_is_route(r, id))
			continue;
		if (!is_plain(r, id))
			return;
		want += fam == FAM_RTC ? heard_membership(routes, w, p, id)
				       : heard_net(routes, w, p, fam, id);
	}
	must(export_count(p, &families[fam]) == want);
	must(told == want);
}
