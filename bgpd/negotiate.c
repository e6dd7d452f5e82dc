/*
 * OPEN: what we offer, whether theirs is acceptable, and what the session is then.
 * RFC 4271 6.2, 5492, 4760, 6793, 6286, 2918, 7313, 8654, 4724, 8538, 9494, 9234,
 * 7607, 7911.
 * Bytes are wire/open.c's.
 */
#include "bgpd/session.h"

#include <errno.h>

#include "lib/util.h"
#include "lib/wbuf.h"
#include "wire/role.h"

bool nbr_is_ebgp(const struct bgp *b, const struct cfg_nbr *n)
{
	return n->as_kind == CFG_AS_EXTERNAL ||
	       (n->as_kind == CFG_AS_NUMBER && n->remote_as != b->as);
}

/* Receiving costs nothing until the peer uses it, so it is offered as FRR does. */
static uint8_t addpath_offer(const struct cfg_nbr *n, const struct family *f)
{
	const struct cfg_nbr_af *af = &n->af[f->index];

	if (!f->addpath)
		return 0;
	return (uint8_t)((af->no_addpath_rx ? 0 : ADDPATH_RX) |
			 (af->addpath_tx_all ? ADDPATH_TX : 0));
}

bool nbr_activates(const struct cfg_nbr *n, const struct family *f)
{
	return n->af[f->index].activate;
}

/* F bit: a pure reflector forwards nothing, so nothing of it can be lost; with F
 * clear its clients would drop all routes at each of its restarts. And when a session
 * ends while we run on, so does forwarding: whoever had a session with this process
 * keeps nothing that an earlier one had lost. */
static bool forwarding_survived(const struct peer *p)
{
	const struct bgp *b = p->bgp;

	return b->forwarding_kept || b->complete || p->stats.established ||
	       b->cfg->gr_preserve ||
	       (TAILQ_EMPTY(&b->cfg->tenants) && TAILQ_EMPTY(&b->cfg->ilas) &&
		!b->cfg->advertise_all_vni);
}

/* What capabilities 64 and 71 say of a family. As a helper we list it in 71 only, with
 * no time for our own routes: that tells that we know what LLGR_STALE is. */
static void gr_offer(const struct peer *p, struct open_family *f)
{
	const struct config *cfg = p->bgp->cfg;
	bool restarts = p->cfg.gr == CFG_GR_RESTARTS;

	f->gr = restarts;
	f->gr_forward = restarts && forwarding_survived(p);
	f->llgr = cfg->llgr_stale_s && p->cfg.gr != CFG_GR_DISABLED;
	f->llgr_forward = f->llgr && forwarding_survived(p);
	f->llgr_stale_s = restarts ? cfg->llgr_stale_s : 0;
}

void open_make(const struct peer *p, struct open_msg *o)
{
	const struct bgp *b = p->bgp;
	const struct config *cfg = b->cfg;

	*o = (struct open_msg) {
		.version = 4,
		.as = b->as,
		.as2 = (uint16_t)(b->as > UINT16_MAX ? AS_TRANS : b->as),
		.as4 = true,
		.hold_s = p->cfg.hold_s,
		.id = b->router_id,
		.refresh = true,
		.refresh_enhanced = true,
		.extended_msg = true,
		/* Without families it says: I help others to restart. */
		.gr = p->cfg.gr != CFG_GR_DISABLED,
		.gr_notification = !cfg->gr_no_notification,
		.gr_restarting = p->cfg.gr == CFG_GR_RESTARTS && b->restarting,
		.gr_time_s = cfg->gr_restart_s,
	};
	if (p->cfg.has_role && nbr_is_ebgp(b, &p->cfg))
		o->role = (struct open_role) { .present = true, .role = p->cfg.role };
	str_copy(o->hostname, sizeof(o->hostname), cfg->hostname);
	for (size_t i = 0; i < FAMS; i++) {
		const struct family *f = &families[i];

		if (!nbr_activates(&p->cfg, f))
			continue;
		o->any_mp = true;
		o->fam[o->n_families++] = (struct open_family) {
			.afi = f->ops->afi,
			.safi = f->ops->safi,
			.mp = true,
			.addpath = addpath_offer(&p->cfg, f),
		};
		gr_offer(p, &o->fam[o->n_families - 1]);
	}
}

static bool as_is_welcome(const struct peer *p, uint32_t as)
{
	if (as == 0) /* RFC 7607 */
		return false;
	switch (p->cfg.as_kind) {
	case CFG_AS_INTERNAL:
		return as == p->bgp->as;
	case CFG_AS_EXTERNAL:
		return as != p->bgp->as;
	case CFG_AS_NUMBER:
		return as == p->cfg.remote_as;
	}
	return false;
}

static bool common_family(const struct peer *p, const struct open_msg *o)
{
	for (size_t i = 0; i < FAMS; i++) {
		const struct nlri_ops *ops = families[i].ops;
		const struct open_family *f = open_family_find(o, ops->afi, ops->safi);

		if (f && f->mp && nbr_activates(&p->cfg, &families[i]))
			return true;
	}
	return false;
}

/* The capabilities that the peer lacks, as RFC 5492 section 5 wants them named. */
static struct notif no_family(const struct peer *p)
{
	uint8_t raw[6 * FAMS];
	struct wbuf w = wbuf_of(raw, sizeof(raw));

	for (size_t i = 0; i < FAMS; i++) {
		if (!nbr_activates(&p->cfg, &families[i]))
			continue;
		wbuf_u8(&w, 1);
		wbuf_u8(&w, 4);
		wbuf_u16(&w, families[i].ops->afi);
		wbuf_u16(&w, families[i].ops->safi);
	}
	return notif_make(NOTIF_OPEN, OPEN_CAPABILITY, raw, w.len);
}

/* RFC 9234 section 4.2; of external neighbors only. */
static bool roles_agree(const struct cfg_nbr *cfg, const struct open_role *theirs)
{
	if (theirs->conflict)
		return false;
	if (!cfg->has_role)
		return true;
	return theirs->present ? role_pair_ok(cfg->role, theirs->role)
			       : !cfg->role_strict;
}

int open_check(const struct peer *p, const struct open_msg *o, struct notif *err)
{
	const uint8_t version4[2] = { 0, 4 };
	uint8_t raw[4];
	struct wbuf w = wbuf_of(raw, sizeof(raw));

	if (o->version != 4) {
		*err = notif_make(NOTIF_OPEN, 1, version4, sizeof(version4));
	} else if (!as_is_welcome(p, o->as)) {
		wbuf_u32(&w, o->as);
		*err = notif_make(NOTIF_OPEN, 2, raw, w.len);
	} else if (o->hold_s == 1 || o->hold_s == 2 ||
		   o->hold_s < p->bgp->cfg->min_hold_s) {
		wbuf_u16(&w, o->hold_s);
		*err = notif_make(NOTIF_OPEN, 6, raw, w.len);
	} else if (o->id == 0 || (o->as == p->bgp->as && o->id == p->bgp->router_id)) {
		wbuf_u32(&w, o->id);
		*err = notif_make(NOTIF_OPEN, 3, raw, w.len);
	} else if (!common_family(p, o)) {
		*err = no_family(p);
	} else if (o->as != p->bgp->as && !roles_agree(&p->cfg, &o->role)) {
		*err = notif_make(NOTIF_OPEN, 11, NULL, 0);
	} else {
		return 0;
	}
	return -EPROTO;
}

void open_timers(const struct peer *p, const struct open_msg *o, uint16_t *hold_s,
		 uint16_t *keepalive_s)
{
	uint16_t hold = MIN_OF(p->cfg.hold_s, o->hold_s);
	uint16_t third = hold / 3;

	*hold_s = hold;
	*keepalive_s = p->cfg.keepalive_s ? MIN_OF(p->cfg.keepalive_s, third) : third;
}

static void apply_channel(struct channel *ch, const struct open_family *ours,
			  const struct open_family *theirs)
{
	*ch = (struct channel) { 0 };
	if (!ours || !theirs)
		return;
	ch->up = ours->mp && theirs->mp;
	ch->tx_addpath = (ours->addpath & ADDPATH_TX) && (theirs->addpath & ADDPATH_RX);
	ch->rx_addpath = (ours->addpath & ADDPATH_RX) && (theirs->addpath & ADDPATH_TX);
	ch->gr = theirs->gr;
	ch->gr_forward = theirs->gr && theirs->gr_forward;
	ch->llgr = ours->llgr && theirs->llgr;
	ch->llgr_forward = ch->llgr && theirs->llgr_forward;
	ch->llgr_s = ch->llgr ? theirs->llgr_stale_s : 0;
}

void open_apply(struct peer *p, const struct conn *c)
{
	const struct open_msg *rx = &c->rx_open, *tx = &c->tx_open;

	p->rx_open = *rx;
	p->tx_open = *tx;
	p->remote_id = rx->id;
	p->remote_as = rx->as;
	p->ebgp = rx->as != p->bgp->as;
	p->hold_s = c->hold_s;
	p->keepalive_s = c->keepalive_s;
	p->as4 = rx->as4;
	p->ext_msg = rx->extended_msg;
	p->refresh = rx->refresh;
	p->refresh_enhanced = rx->refresh_enhanced;
	p->gr_both = tx->gr && rx->gr;
	p->notif_n = p->gr_both && tx->gr_notification && rx->gr_notification;
	p->local_addr = c->local;
	p->local_port = c->local_port;
	p->remote_port = c->remote_port;
	for (size_t i = 0; i < FAMS; i++) {
		const struct nlri_ops *ops = families[i].ops;

		apply_channel(&p->chan[i], open_family_find(tx, ops->afi, ops->safi),
			      open_family_find(rx, ops->afi, ops->safi));
		if (!tx->gr) /* what the peer asks for was not granted */
			p->chan[i].gr = false;
		/* RFC 9494 section 4.2 lets us keep them for less time. */
		p->chan[i].llgr_s =
			MIN_OF(p->chan[i].llgr_s, p->bgp->cfg->llgr_stale_s);
	}
}
