/*
 * Mappings: what the paths of an address come to, and the record that fib gets of it.
 * Nothing a path says is kept but the result, so a change of any path, of either
 * carrier, is one new evaluation.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rib/attrset.h"
#include "rib/ila_priv.h"

enum { SINGLE_WEIGHT = 1 };

/* ---- entries ----------------------------------------------------------- */

static uint32_t lookup(const struct ila *m, uint32_t hash, const struct ila_addr *addr)
{
	uint32_t at = hash, i;

	do
		i = hashidx_next(&m->by_addr, hash, &at);
	while (i && memcmp(&map_at(m, i)->addr, addr, sizeof(*addr)) != 0);
	return i;
}

uint32_t ila_map_find(const struct ila *m, const struct ila_addr *addr)
{
	return lookup(m, hash32(addr, sizeof(*addr)), addr);
}

uint32_t map_get(struct ila *m, const struct ila_addr *addr, uint8_t slot)
{
	uint32_t hash = hash32(addr, sizeof(*addr)), i = lookup(m, hash, addr);

	if (i)
		return i;
	i = slab_alloc(&m->maps);
	assert(i); /* no more mappings than routes, and those have limits */
	hashidx_add(&m->by_addr, hash, i);
	map_at(m, i)->hash = hash;
	map_at(m, i)->addr = *addr;
	map_at(m, i)->domain = slot;
	return i;
}

static void map_free(struct ila *m, uint32_t i)
{
	map_at(m, i)->domain = 0;
	hashidx_del(&m->by_addr, map_at(m, i)->hash, i);
	slab_free(&m->maps, i);
	m->n_freed++;
}

/* ---- locators ---------------------------------------------------------- */

static uint32_t loc_ref(struct ila *m, const struct ila64 *locator, uint16_t weight)
{
	uint32_t hash = hash32(locator, sizeof(*locator));
	uint32_t i = table_find(&m->locs, hash);
	struct ila_loc *l;

	while (i && !ila64_eq(&loc_at(m, i)->locator, locator))
		i = table_find_next(&m->locs, i);
	if (!i) {
		i = table_add(&m->locs, hash);
		loc_at(m, i)->locator = *locator;
	}
	l = loc_at(m, i);
	l->refs++;
	l->weight += weight;
	return i;
}

static void loc_unref(struct ila *m, uint32_t i, uint16_t weight)
{
	struct ila_loc *l = loc_at(m, i);

	l->weight -= weight;
	if (!--l->refs)
		table_del(&m->locs, i);
}

/* ---- what fib was told ------------------------------------------------- */

static bool told_same(const struct ila *m, const struct ila_map *e,
		      const struct ila_pick *p)
{
	if (e->n != p->n || e->csum != p->best->csum ||
	    e->ident_type != p->best->ident_type)
		return false;
	if (e->n == 1)
		return ila64_eq(&loc_at(m, e->loc)->locator, &p->locator[0]);
	for (unsigned i = 0; i < e->n; i++)
		if (!ila64_eq(&loc_at(m, e->multi->loc[i])->locator, &p->locator[i]) ||
		    e->multi->weight[i] != p->weight[i])
			return false;
	return true;
}

static void told_release(struct ila *m, struct ila_map *e)
{
	if (e->n == 1)
		loc_unref(m, e->loc, SINGLE_WEIGHT);
	for (unsigned i = 0; e->n > 1 && i < e->n; i++)
		loc_unref(m, e->multi->loc[i], e->multi->weight[i]);
	if (e->n > 1)
		free(e->multi);
	e->multi = NULL;
	e->n = 0;
}

static void told_take(struct ila *m, struct ila_map *e, const struct ila_pick *p)
{
	e->n = (uint8_t)p->n;
	e->csum = p->best->csum;
	e->ident_type = p->best->ident_type;
	if (p->n == 1) {
		e->loc = loc_ref(m, &p->locator[0], SINGLE_WEIGHT);
		return;
	}
	e->multi = xcalloc(1, sizeof(*e->multi));
	for (unsigned i = 0; i < p->n; i++) {
		e->multi->loc[i] = loc_ref(m, &p->locator[i], p->weight[i]);
		e->multi->weight[i] = p->weight[i];
	}
}

static void send_multi(struct ila *m, const struct ila_map *e, uint32_t map)
{
	struct intent_ila_multi r = {
		.addr = e->addr,
		.cookie = map,
		.csum = e->csum,
		.ident_type = e->ident_type,
		.n = e->n,
	};

	for (unsigned i = 0; i < e->n; i++) {
		r.locator[i] = loc_at(m, e->multi->loc[i])->locator;
		r.weight[i] = e->multi->weight[i];
	}
	ila_intent(m, INTENT_ILA_MULTI_SET, &r);
}

void map_send(struct ila *m, uint32_t map)
{
	const struct ila_map *e = map_at(m, map);
	struct intent_ila_map r = { .addr = e->addr, .cookie = map };

	if (e->n > 1) {
		send_multi(m, e, map);
		return;
	}
	r.locator = loc_at(m, e->loc)->locator;
	r.csum = e->csum;
	r.ident_type = e->ident_type;
	ila_intent(m, INTENT_ILA_MAP_SET, &r);
}

static void unmap(struct ila *m, struct ila_map *e)
{
	const struct intent_ila_map r = { .addr = e->addr };

	if (!e->n)
		return;
	told_release(m, e);
	dom_of(m, e)->n_remote--;
	m->c.remote--;
	ila_intent(m, INTENT_ILA_MAP_DEL, &r);
}

/* A mapping that moves is replaced: there is no moment without one. */
static void remap(struct ila *m, uint32_t map, const struct ila_pick *p)
{
	struct ila_map *e = map_at(m, map);
	bool one = e->n == 1 && p->n == 1;

	if (e->n && told_same(m, e, p))
		return;
	m->c.moves += one && !ila64_eq(&loc_at(m, e->loc)->locator, &p->locator[0]);
	if (e->n) {
		told_release(m, e);
	} else {
		dom_of(m, e)->n_remote++;
		m->c.remote++;
	}
	told_take(m, e, p);
	map_send(m, map);
}

/* ---- evaluation -------------------------------------------------------- */

void ila_paths_add(struct ila_paths *to, const struct path_view *v)
{
	int rc;

	to->paths++;
	if (to->n == to->room) {
		to->room = to->room ? 2 * to->room : 16;
		to->cand = xrealloc(to->cand, to->room * sizeof(*to->cand));
	}
	rc = ila_cand_read(&to->view, &to->map->addr, v, &to->cand[to->n]);
	if (!rc)
		to->n++;
	else if (rc > 0)
		to->refused |= (uint16_t)(1u << rc);
	else
		to->paths--; /* claims nothing */
}

void map_pick(struct ila *m, const struct ila_map *e, struct ila_pick *out)
{
	struct ila_paths *p = &m->paths;

	p->map = e;
	p->n = p->paths = p->refused = 0;
	p->view = (struct ila_view) {
		.own_address = own_has(m, &e->addr),
		.csum = (enum ila_csum)dom_of(m, e)->conf.csum,
		.sirs = m->sirs,
		.n_sirs = m->n_sirs,
		.locators = m->locators,
		.n_locators = m->n_locators,
	};
	m->hooks->paths(m->ctx, ILA_IP6, &e->addr, p);
	p->view.draft = true;
	if (e->domain == m->draft)
		m->hooks->paths(m->ctx, ILA_DRAFT, &e->addr, p);
	ila_pick(p->cand, p->n, out);
}

static void refused_set(struct ila *m, struct ila_map *e, uint16_t now)
{
	static const struct ila64 none;
	uint16_t changed = e->refused ^ now;

	for (unsigned i = 0; changed; i++, changed >>= 1) {
		if (!(changed & 1))
			continue;
		if (now >> i & 1) {
			m->c.refused[i]++;
			m->c.refused_now[i]++;
			ila_say(m, ILA_EV_REFUSED, e, &none, i);
		} else {
			m->c.refused_now[i]--;
		}
	}
	e->refused = now;
}

static bool flag_set(struct ila_map *e, uint8_t flag, bool on, uint32_t *of_domain,
		     uint32_t *total)
{
	bool was = e->flags & flag;

	if (was == on)
		return false;
	e->flags ^= flag;
	*total += on ? 1u : -1u;
	if (of_domain)
		*of_domain += on ? 1u : -1u;
	return on;
}

static void flags_eval(struct ila *m, struct ila_map *e, const struct ila_pick *p)
{
	struct ila_domain *d = dom_of(m, e);
	bool here = e->local && local_duplicate(e, p);
	bool dup = e->local ? here : p->duplicate;

	if (flag_set(e, MAP_DUPLICATE, dup, &d->n_duplicate, &m->c.duplicates)) {
		m->c.duplicates_found++;
		ila_say(m, here ? ILA_EV_DUPLICATE_HERE : ILA_EV_DUPLICATE, e,
			here ? &p->best->locator : &p->other, p->best->seq);
	}
	if (flag_set(e, MAP_MISMATCH, e->n && e->csum != d->conf.csum, &d->n_mismatch,
		     &m->c.mismatches) &&
	    d->n_mismatch == 1)
		ila_say(m, ILA_EV_MISMATCH, e, &p->best->locator, e->csum);
	flag_set(e, MAP_ANYCAST, p->best && p->best->anycast, NULL, &m->c.anycast);
}

/* ---- who is there ------------------------------------------------------ */

/* What a path says; a reference. */
static uint32_t claim_of(struct ila *m, const struct ila_cand *c)
{
	struct attrs a;

	if (!c->v.src->labels)
		return IDSET_NONE;
	attrset_view(c->v.attrs, &a);
	return identities_claim(m->ids, &a);
}

/* Of several paths, as good as the best up to MED, that say different things nobody is
 * believed. A reference. */
static uint32_t claim_of_pick(struct ila *m, const struct ila_pick *p)
{
	uint32_t set = claim_of(m, p->best), other;
	bool same = true;

	for (unsigned i = 0; set && same && i < m->paths.n; i++) {
		if (!ila_pick_equal(p->best, &m->paths.cand[i]))
			continue;
		other = claim_of(m, &m->paths.cand[i]);
		same = !other || other == set;
		identities_unref(m->ids, other);
	}
	if (same)
		return set;
	identities_unref(m->ids, set);
	return IDSET_CONFLICT;
}

/* Of an identifier that is here what was declared, whatever others say. */
static uint32_t claim_of_local(struct ila *m, const struct ila_local *l)
{
	if (!l->decl)
		return l->spec.ifname[0] ? IDSET_UNLABELLED : IDSET_HOST;
	return l->decl->set ? identities_ref(m->ids, l->decl->set)
			    : (uint32_t)IDSET_UNLABELLED;
}

void map_identify(struct ila *m, struct ila_map *e, const struct ila_pick *p)
{
	const struct ip ip = ip_of(&e->addr, sizeof(e->addr));
	uint32_t set = IDSET_NONE;

	if (m->ids && e->local)
		set = claim_of_local(m, e->local);
	else if (m->ids && p->n)
		set = claim_of_pick(m, p);
	if (!set && !(e->flags & MAP_IDENTIFIED))
		return;
	e->flags &= (uint8_t)~MAP_IDENTIFIED;
	e->flags |= set ? MAP_IDENTIFIED : 0;
	identities_put(m->ids, 0, &ip, set, e->local ? e->local->spec.ifname : "");
	identities_unref(m->ids, set);
}

void map_eval(struct ila *m, uint32_t map)
{
	struct ila_map *e = map_at(m, map);
	struct ila_pick p;

	map_pick(m, e, &p);
	refused_set(m, e, m->paths.refused);
	if (e->local)
		local_eval(m, e, &p);
	if (e->local || !p.n)
		unmap(m, e);
	else
		remap(m, map, &p);
	flags_eval(m, e, &p);
	map_identify(m, e, &p);
	if (!e->local && !e->n && !e->refused)
		map_free(m, map);
}

void map_forget(struct ila *m, uint32_t map)
{
	static const struct ila_pick none;
	struct ila_map *e = map_at(m, map);

	refused_set(m, e, 0);
	unmap(m, e);
	flags_eval(m, e, &none);
	map_identify(m, e, &none);
	map_free(m, map);
}

/* SIR address that a route is about; Return: slot of its domain, 0: none. */
static uint8_t full_addr(const struct ila *m, enum ila_carrier c, struct ila_addr *addr)
{
	uint8_t slot = c == ILA_DRAFT ? m->draft : slot_find(m, &addr->prefix);

	if (slot)
		addr->prefix = m->dom[slot]->conf.sir;
	return slot;
}

void ila_ahead(const struct ila *m, enum ila_carrier c, const struct ila_addr *addr)
{
	struct ila_addr full = *addr;

	if (full_addr(m, c, &full))
		hashidx_prefetch(&m->by_addr, hash32(&full, sizeof(full)));
}

void ila_route(struct ila *m, enum ila_carrier c, const struct ila_addr *addr)
{
	struct ila_addr full = *addr;
	uint8_t slot = full_addr(m, c, &full);

	if (!slot) {
		m->c.refused[ILA_R_NO_DOMAIN] += c == ILA_DRAFT;
		return;
	}
	map_eval(m, map_get(m, &full, slot));
}
