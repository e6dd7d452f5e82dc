/*
 * Our own routes as NLRI and attributes. Whether to originate is decided elsewhere
 * (mac.c, neigh.c, evi.c); this only says how such a route looks.
 * RFC 7432 sections 7.2, 7.3, 7.7, 11; RFC 8365 sections 5.1.3, 9; RFC 6514 section 5.
 */
#include "lib/wbuf.h"
#include "rib/tenant_priv.h"
#include "wire/nlri_evpn.h"

enum { EXTCOMS = TENANT_RTS + 2 + IDENTITY_EXTCOMS, LOCAL_PREF = 100 };

static void put_encap(struct wbuf *w)
{
	wbuf_u16(w, 0x030c);
	wbuf_u32(w, 0);
	wbuf_u16(w, ENCAP_VXLAN);
}

static void put_mobility(struct wbuf *w, uint32_t seq, bool sticky)
{
	wbuf_u16(w, 0x0600);
	wbuf_u16(w, sticky ? 0x0100 : 0);
	wbuf_u32(w, seq);
}

static void put_common(struct wbuf *w, const struct evi *e)
{
	for (unsigned i = 0; i < e->p.n_export; i++)
		wbuf_bytes(w, e->p.export[i].b, 8);
	put_encap(w);
}

static struct attrs attrs_of(const struct evi *e, const struct wbuf *extcoms)
{
	return (struct attrs) {
		.present = 1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH |
			   1ull << ATTR_LOCAL_PREF | 1ull << ATTR_EXT_COMMUNITY,
		.nexthop = e->p.vtep,
		.origin = ORIGIN_IGP,
		.local_pref = LOCAL_PREF,
		.ext_communities = { .p = extcoms->base, .len = extcoms->len },
	};
}

static struct nlri macip_nlri(const struct evi *e, const struct mac_entry *m,
			      const struct ip *ip)
{
	struct evpn_route r = {
		.type = EVPN_MACIP,
		.rd = e->p.rd,
		.mac = m->mac,
		.label1 = e->p.mpls_shifted ? label_to_mpls(e->vni) : e->vni,
	};
	struct nlri n = { 0 };

	if (ip)
		r.ip = *ip;
	evpn_build(&r, &n);
	return n;
}

void advert_nlri(const struct tenants *t, const struct mac_entry *m,
		 const struct ip *ip, struct nlri *out)
{
	*out = macip_nlri(t->evi[m->evi], m, ip);
}

/* Whose it is: the endpoint that declared the MAC and, if it is about one, the IP. What
 * else a container says of itself gets no labels. */
static uint32_t set_of(const struct tenants *t, const struct mac_entry *m,
		       const struct ip *ip)
{
	const struct endpoint *ep = m->x->ep;
	const struct neigh_entry *n = ep && ip ? neigh_find(t, m->evi, ip) : NULL;

	if (!ep || (ip && !(n && n->x && n->x->ep == ep)))
		return IDSET_NONE;
	return ep->set;
}

void advert_mac(struct tenants *t, const struct mac_entry *m, const struct ip *ip)
{
	const struct evi *e = t->evi[m->evi];
	uint8_t buf[EXTCOMS * 8];
	struct wbuf w = wbuf_of(buf, sizeof(buf));
	struct nlri n = macip_nlri(e, m, ip);
	static struct identity_tags tags;

	put_common(&w, e);
	/* The first time a MAC shows up it carries no community (section 15). */
	if (m->x->adv_seq || m->x->adv_sticky)
		put_mobility(&w, m->x->adv_seq, m->x->adv_sticky);
	identities_tags(t->ids, set_of(t, m, ip), e->conf.gbp, &tags);
	for (size_t i = 0; i < tags.n_extcoms; i++)
		wbuf_bytes(&w, tags.extcom[i].b, 8);

	struct attrs a = attrs_of(e, &w);

	if (tags.large_len) {
		a.large_communities = (struct bytes) { tags.large, tags.large_len };
		a.present |= 1ull << ATTR_LARGE_COMMUNITY;
	}
	a.other = (struct bytes) { tags.tlv, tags.tlv_len };

	t->c.originated++;
	t->hooks->originate(t->ctx, &n, &a);
}

void advert_mac_withdraw(struct tenants *t, const struct mac_entry *m,
			 const struct ip *ip)
{
	struct nlri n = macip_nlri(t->evi[m->evi], m, ip);

	t->c.withdrawn++;
	t->hooks->withdraw(t->ctx, &n);
}

static void put_pmsi(struct wbuf *w, const struct evi *e)
{
	/* bagpipe-bgp packs its label without the bottom-of-stack bit here. */
	uint32_t label = e->p.mpls_shifted ? e->vni << 4 & 0xffffff : e->vni;

	wbuf_u8(w, 0);
	wbuf_u8(w, PMSI_INGRESS_REPL);
	wbuf_u24(w, label);
	wbuf_bytes(w, e->p.vtep.b, e->p.vtep.len);
}

void advert_imet(struct tenants *t, struct evi *e, bool on)
{
	struct evpn_route r = { .type = EVPN_IMET, .rd = e->p.rd, .ip = e->p.vtep };
	uint8_t buf[EXTCOMS * 8], pmsi[5 + 16];
	struct wbuf w = wbuf_of(buf, sizeof(buf)), pw = wbuf_of(pmsi, sizeof(pmsi));
	struct nlri n = { 0 };

	if (!on && !e->imet_out)
		return;
	e->imet_out = on;
	evpn_build(&r, &n);
	if (!on) {
		t->c.withdrawn++;
		t->hooks->withdraw(t->ctx, &n);
		return;
	}
	put_common(&w, e);
	put_pmsi(&pw, e);

	struct attrs a = attrs_of(e, &w);

	a.present |= 1ull << ATTR_PMSI;
	a.pmsi = (struct bytes) { .p = pw.base, .len = pw.len };
	t->c.originated++;
	t->hooks->originate(t->ctx, &n, &a);
}
