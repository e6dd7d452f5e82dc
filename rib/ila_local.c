/*
 * Identifiers of this host, of the configuration and of declared endpoints: whether and
 * how they are announced. They are always delivered here, whoever
 * announces them too. The sequence is that of RFC 7432 section 7.7, with two rules
 * more: anycast ones do not outbid but join each other; and as reflectors choose one
 * path for everybody and know no sequence, it is added to LOCAL_PREF, which they do
 * know.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/wbuf.h"
#include "rib/attrset.h"
#include "rib/ila_priv.h"
#include "wire/ila_com.h"
#include "wire/macmob.h"

enum {
	LOCAL_PREF = 100,
	PREF_CHASE = 1 << 16, /* a LOCAL_PREF that is so much higher is left alone */
};

/* ---- announcing -------------------------------------------------------- */

static struct ip nexthop_of(const struct ila64 *locator, uint8_t last)
{
	uint8_t b[16] = { 0 };

	memcpy(b, locator, sizeof(*locator));
	b[15] = last;
	return ip_of(b, sizeof(b));
}

static void originate(struct ila *m, const struct ila_map *e, enum ila_carrier c)
{
	const struct ila_advert *v = &e->local->adv;
	const struct ila_marker mark = {
		.csum_mode = v->csum,
		.ident_type = (uint8_t)ila_type_of(&e->addr.id),
		.anycast = v->anycast,
	};
	uint8_t ext[(3 + IDENTITY_EXTCOMS) * 8], large[2 * LARGE_COMMUNITY_LEN];
	struct wbuf w = wbuf_of(ext, sizeof(ext)), lw = wbuf_of(large, sizeof(large));
	static struct identity_tags tags;
	struct attrs a = {
		.present = 1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH |
			   1ull << ATTR_LOCAL_PREF | 1ull << ATTR_EXT_COMMUNITY,
		.nexthop = nexthop_of(&v->locator, c == ILA_IP6),
		.origin = ORIGIN_IGP,
		.local_pref = v->local_pref,
	};

	/* The first time an identifier shows up it carries no sequence. */
	if (v->seq)
		wbuf_bytes(&w, macmob_encode(&(struct macmob) { .seq = v->seq }).b, 8);
	if (v->weight)
		wbuf_bytes(&w, link_bandwidth_make(v->as, v->weight).b, 8);
	wbuf_bytes(&w, ila_marker_make(&mark).b, 8);
	/* There is no header that could carry a group: its number is for receivers. */
	identities_tags(m->ids, v->set, true, &tags);
	for (size_t i = 0; i < tags.n_extcoms; i++)
		wbuf_bytes(&w, tags.extcom[i].b, 8);
	a.ext_communities = (struct bytes) { .p = ext, .len = w.len };
	if (v->community)
		ila_locator_make(v->as, &v->locator,
				 wbuf_put(&lw, LARGE_COMMUNITY_LEN));
	wbuf_bytes(&lw, tags.large, tags.large_len);
	if (lw.len) {
		a.large_communities = (struct bytes) { large, lw.len };
		a.present |= 1ull << ATTR_LARGE_COMMUNITY;
	}
	a.other = (struct bytes) { tags.tlv, tags.tlv_len };
	m->c.originated++;
	m->hooks->originate(m->ctx, c, &e->addr, &a);
}

static void advertise(struct ila *m, const struct ila_map *e,
		      const struct ila_advert *now)
{
	struct ila_advert *v = &e->local->adv, was = *v;
	bool same = !memcmp(v, now, sizeof(*now));

	*v = *now;
	for (int c = 0; c < ILA_CARRIERS; c++) {
		bool had = was.on && (c == ILA_IP6 || was.draft);
		bool has = now->on && (c == ILA_IP6 || now->draft);

		if (has && !(had && same)) {
			originate(m, e, (enum ila_carrier)c);
		} else if (had && !has) {
			m->c.withdrawn++;
			m->hooks->withdraw(m->ctx, (enum ila_carrier)c, &e->addr);
		}
	}
}

static uint32_t pref_plain(const struct ila_local *l)
{
	return l->spec.local_pref ? l->spec.local_pref : LOCAL_PREF;
}

/* LOCAL_PREF as it is announced. */
static uint32_t pref_of(const struct ila_local *l)
{
	uint32_t base = pref_plain(l);

	return base > UINT32_MAX - l->seq ? UINT32_MAX : base + l->seq;
}

static struct ila_advert advert_of(const struct ila *m, const struct ila_map *e)
{
	const struct ila_domain_conf *d = &dom_of(m, e)->conf;
	const struct ila_local *l = e->local;
	struct ila_advert v;

	memset(&v, 0, sizeof(v)); /* compared as bytes */
	if (!m->as || ila64_is_zero(&d->locator) || l->outbid)
		return v;
	v.on = true;
	v.draft = d->draft;
	v.locator = d->locator;
	v.as = m->as;
	v.seq = l->seq;
	v.local_pref = pref_of(l);
	v.anycast = l->spec.anycast;
	v.weight = l->spec.anycast ? l->spec.weight : 0;
	v.csum = d->csum;
	v.community = d->locator_community;
	v.set = l->decl ? l->decl->set : (uint32_t)IDSET_NONE;
	v.version = v.set ? m->labels_version : 0;
	return v;
}

/* ---- against others ---------------------------------------------------- */

/* Who may contradict us: what is long-lived stale may not. */
static const struct ila_cand *rival(const struct ila_pick *p)
{
	return p->best && !p->best->v.attrs->llgr_stale ? p->best : NULL;
}

static void seq_set(struct ila *m, struct ila_local *l, uint32_t seq)
{
	l->seq = seq;
	if (!l->decl || l->decl->e->seq >= seq)
		return;
	l->decl->e->seq = seq;
	m->hooks->sequence(m->ctx, l->decl->e->name, seq);
}

static bool wins(const struct ila_cand *r, const struct ila_local *l)
{
	if (r->anycast && l->spec.anycast)
		return false;
	if (r->seq != l->seq)
		return r->seq > l->seq;
	return r->v.attrs->local_pref > pref_of(l);
}

bool local_duplicate(const struct ila_map *e, const struct ila_pick *p)
{
	const struct ila_cand *r = rival(p);
	const struct ila_local *l = e->local;

	return r && l->adv.on && !(r->anycast && l->spec.anycast) && r->seq == l->seq &&
	       r->v.attrs->local_pref == pref_of(l);
}

void local_eval(struct ila *m, struct ila_map *e, const struct ila_pick *p)
{
	const struct ila_cand *r = rival(p);
	struct ila_local *l = e->local;
	struct ila_advert now;
	bool outbid;

	if (r && r->anycast && l->spec.anycast && r->seq > l->seq)
		seq_set(m, l, r->seq);
	outbid = r && wins(r, l);
	if (outbid != l->outbid) {
		l->outbid = outbid;
		dom_of(m, e)->n_outbid += outbid ? 1u : -1u;
		m->c.outbid += outbid ? 1u : -1u;
		if (outbid)
			ila_say(m, ILA_EV_OUTBID, e, &r->locator, r->seq);
	}
	now = advert_of(m, e);
	advertise(m, e, &now);
}

/* The least number that outbids a path, in the eyes of reflectors, too. */
static uint32_t seq_above(const struct ila_local *l, const struct ila_cand *r)
{
	uint32_t base = pref_plain(l), pref = r->v.attrs->local_pref;
	uint32_t over = pref >= base ? pref - base : 0;

	return MAX_OF(r->seq, over < PREF_CHASE ? over : 0) + 1;
}

void local_learned(struct ila *m, struct ila_local *l)
{
	struct ila_map *e = map_at(m, l->map);
	const struct ila_cand *r;
	struct ila_pick p;

	map_pick(m, e, &p);
	r = rival(&p);
	if (!r || (r->seq < l->seq && r->v.attrs->local_pref < pref_of(l)))
		return;
	if (r->anycast && l->spec.anycast)
		seq_set(m, l, MAX_OF(l->seq, r->seq));
	else if (r->seq < UINT32_MAX)
		seq_set(m, l, MAX_OF(l->seq, seq_above(l, r)));
	else
		ila_say(m, ILA_EV_SEQ_END, e, &r->locator, r->seq);
}

/* ---- identifiers ------------------------------------------------------- */

void local_send(struct ila *m, const struct ila_local *l)
{
	const struct ila_map *e = map_at(m, l->map);
	struct intent_ila_endpoint r = {
		.addr = e->addr,
		.vnid = dom_of(m, e)->vnids ? ila_vnid_of(&e->addr.id) : 0,
		.flags = l->spec.flags,
	};

	memcpy(r.prefix, l->spec.prefix, sizeof(r.prefix));
	memcpy(r.ifname, l->spec.ifname, sizeof(r.ifname));
	ila_intent(m, INTENT_ILA_ENDPOINT_SET, &r);
}

static void local_drop(struct ila *m, struct ila_local *l)
{
	static const struct ila_advert none;
	struct ila_map *e = map_at(m, l->map);
	const struct intent_ila_endpoint r = { .addr = e->addr };
	uint32_t map = l->map;

	advertise(m, e, &none);
	ila_intent(m, INTENT_ILA_ENDPOINT_DEL, &r);
	dom_of(m, e)->n_outbid -= l->outbid;
	m->c.outbid -= l->outbid;
	dom_of(m, e)->n_local--;
	m->c.local--;
	LIST_REMOVE(l, link);
	e->local = NULL;
	free(l);
	map_eval(m, map);
}

/* New here: what others announce of it is theirs no longer to be sent to. */
static void local_add(struct ila *m, uint32_t map, struct ila_decl *d,
		      const struct ila_spec *spec)
{
	struct ila_map *e = map_at(m, map);
	struct ila_local *l = xcalloc(1, sizeof(*l));

	l->map = map;
	l->decl = d;
	l->spec = *spec;
	l->wanted = true;
	l->seq = d ? d->e->seq : 0;
	LIST_INSERT_HEAD(d ? &d->locals : &m->statics, l, link);
	e->local = l;
	dom_of(m, e)->n_local++;
	m->c.local++;
	if (d) /* what is configured is no news: LOCAL_PREF is its means */
		local_learned(m, l);
	map_eval(m, map);
	local_send(m, l);
}

void local_put(struct ila *m, const struct ila_addr *addr, struct ila_decl *d,
	       const struct ila_spec *spec, bool add)
{
	uint32_t i = ila_map_find(m, addr);
	struct ila_local *l = i ? map_at(m, i)->local : NULL;

	if (l && l->decl == d) {
		bool same = !memcmp(&l->spec, spec, sizeof(*spec));

		l->wanted = true;
		l->spec = *spec;
		if (!same)
			local_send(m, l);
		return;
	}
	if (!add || (l && d))
		return;
	if (l)
		local_drop(m, l); /* what is configured displaces what was declared */
	local_add(m, map_get(m, addr, slot_find(m, &addr->prefix)), d, spec);
}

void locals_mark(struct ila_locals *list)
{
	struct ila_local *l;

	LIST_FOREACH (l, list, link)
		l->wanted = false;
}

void locals_sweep(struct ila *m, struct ila_locals *list)
{
	struct ila_local *l, *next;

	for (l = LIST_FIRST(list); l; l = next) {
		next = LIST_NEXT(l, link);
		if (!l->wanted)
			local_drop(m, l);
		else
			map_eval(m, l->map);
	}
}

void locals_drop(struct ila *m, uint8_t slot)
{
	for (uint32_t at = 0, i; (i = map_next(m, &at));)
		if (map_at(m, i)->domain == slot && map_at(m, i)->local)
			local_drop(m, map_at(m, i)->local);
}

/* ---- of the configuration ---------------------------------------------- */

static void of_domain(struct ila *m, const struct ila_domain *d)
{
	for (size_t i = 0; i < d->conf.n_ids; i++) {
		const struct ila_static *s = &d->conf.ids[i];
		const struct ila_addr addr = { d->conf.sir, s->id };
		struct ila_spec spec;

		if (ila_own_id_check(&s->id, (enum ila_csum)d->conf.csum, d->vnids))
			continue; /* the configuration's own check has said why */
		memset(&spec, 0, sizeof(spec)); /* compared as bytes */
		str_copy(spec.ifname, sizeof(spec.ifname), s->ifname);
		spec.flags = s->ifname[0] ? 0 : ILA_EP_HOST;
		spec.anycast = s->anycast;
		spec.weight = s->weight;
		spec.local_pref = s->local_pref;
		local_put(m, &addr, NULL, &spec, true);
	}
}

void statics_put(struct ila *m)
{
	locals_mark(&m->statics);
	for (unsigned i = 1; i <= ILA_DOMAINS; i++)
		if (m->dom[i])
			of_domain(m, m->dom[i]);
	locals_sweep(m, &m->statics);
}
