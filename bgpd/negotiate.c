/*
 * OPEN: what we offer, whether theirs is acceptable, and what the session is then.
 * RFC 4271 6.2, 5492, 4760, 6793, 6286, 2918, 7313, 8654, 4724, 8538, 9234, 7607,
 * 7911.
 * Bytes are wire/open.c's.
 */
#include "bgpd/session.h"

#include <errno.h>

#include "lib/util.h"
#include "lib/wbuf.h"

bool nbr_is_ebgp(const struct bgp *b, const struct cfg_nbr *n)
{
	return n->as_kind == CFG_AS_EXTERNAL ||
	       (n->as_kind == CFG_AS_NUMBER && n->remote_as != b->as);
}

/* Receiving costs nothing until the peer uses it, so it is offered as FRR does. */
static uint8_t addpath_offer(const struct cfg_nbr *n, const struct family *f)
{
	return f->addpath && !n->af[f->index].no_addpath_rx ? ADDPATH_RX : 0;
}

bool nbr_activates(const struct cfg_nbr *n, const struct family *f)
{
	return n->af[f->index].activate;
}

/* F bit: a pure reflector forwards nothing, so nothing of it can be lost; with F
 * clear its clients would drop all routes at each of its restarts. */
static bool forwarding_survived(const struct bgp *b)
{
	return b->forwarding_kept || b->cfg->gr_preserve ||
	       (TAILQ_EMPTY(&b->cfg->tenants) && !b->cfg->advertise_all_vni);
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
		.gr = true,
		.gr_notification = true,
		.gr_restarting = cfg->gr && b->restarting,
		.gr_time_s = cfg->gr_restart_s,
	};
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
			.gr = cfg->gr,
			.gr_forward = cfg->gr && forwarding_survived(b),
		};
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
	return notif_make(NOTIF_OPEN, 7, raw, w.len);
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
	} else if (o->hold_s == 1 || o->hold_s == 2) {
		wbuf_u16(&w, o->hold_s);
		*err = notif_make(NOTIF_OPEN, 6, raw, w.len);
	} else if (o->id == 0 || (o->as == p->bgp->as && o->id == p->bgp->router_id)) {
		wbuf_u32(&w, o->id);
		*err = notif_make(NOTIF_OPEN, 3, raw, w.len);
	} else if (!common_family(p, o)) {
		*err = no_family(p);
	} else if (o->as != p->bgp->as && o->role.conflict) {
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
	bool stale = ch->stale; /* of an earlier session: gr.c decides */

	*ch = (struct channel) { .stale = stale };
	if (!ours || !theirs)
		return;
	ch->up = ours->mp && theirs->mp;
	ch->tx_addpath = (ours->addpath & ADDPATH_TX) && (theirs->addpath & ADDPATH_RX);
	ch->rx_addpath = (ours->addpath & ADDPATH_RX) && (theirs->addpath & ADDPATH_TX);
	ch->gr = theirs->gr;
	ch->gr_forward = theirs->gr && theirs->gr_forward;
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
	p->notif_n = tx->gr_notification && rx->gr && rx->gr_notification;
	p->local_addr = c->local;
	p->local_port = c->local_port;
	p->remote_port = c->remote_port;
	for (size_t i = 0; i < FAMS; i++) {
		const struct nlri_ops *ops = families[i].ops;

		apply_channel(&p->chan[i], open_family_find(tx, ops->afi, ops->safi),
			      open_family_find(rx, ops->afi, ops->safi));
	}
}
