/*
 * SIR domains: configuration by difference, and what fib says of them. Mappings are in
 * ila_map.c, identifiers of this host in ila_local.c.
 */
#include "rib/ila.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rib/ila_priv.h"

/* ---- hooks ------------------------------------------------------------- */

void ila_intent(struct ila *m, uint16_t type, const void *body)
{
	m->c.intents++;
	m->hooks->intent(m->ctx, type, body);
}

void ila_say(struct ila *m, enum ila_event ev, const struct ila_map *e,
	     const struct ila64 *locator, uint32_t number)
{
	const struct ila_report r = {
		.event = ev,
		.addr = e->addr,
		.locator = *locator,
		.number = number,
		.domain = dom_of(m, e)->conf.name,
	};

	m->hooks->report(m->ctx, &r);
}

const char *ila_report_format(const struct ila_report *r, char *buf, size_t size)
{
	char addr[ADDR_STR], loc[ILA_STR];
	const struct ip ip = ip_of(&r->addr, sizeof(r->addr));

	ip_format(&ip, addr);
	ila64_format(&r->locator, loc);
	switch (r->event) {
	case ILA_EV_DUPLICATE:
		snprintf(buf, size,
			 "%s: identifier has several locators and is not anycast, "
			 "other=%s domain=%s",
			 addr, loc, r->domain);
		break;
	case ILA_EV_DUPLICATE_HERE:
		snprintf(buf, size,
			 "%s: identifier of this host is announced elsewhere too, "
			 "locator=%s domain=%s",
			 addr, loc, r->domain);
		break;
	case ILA_EV_OUTBID:
		snprintf(buf, size,
			 "%s: newer or preferred elsewhere: no longer announced from "
			 "here, delivered until it is deleted, locator=%s seq=%u "
			 "domain=%s",
			 addr, loc, r->number, r->domain);
		break;
	case ILA_EV_SEQ_END:
		snprintf(buf, size,
			 "%s: announced elsewhere with the last sequence number, which "
			 "cannot be outbid, locator=%s domain=%s",
			 addr, loc, r->domain);
		break;
	case ILA_EV_MISMATCH:
		snprintf(
			buf, size,
			"%s: mapping wants %s, not the domain's csum-mode; it is used, "
			"locator=%s domain=%s",
			addr, ila_csum_name(r->number), loc, r->domain);
		break;
	case ILA_EV_ADDRESS:
		snprintf(buf, size,
			 "%s: is locator and identifier, and an address of this host: "
			 "packets to it end here untranslated, domain=%s",
			 addr, r->domain);
		break;
	case ILA_EV_ADDRESS_IN:
		snprintf(
			buf, size,
			"%s: is an address of this host inside its locator: kernel ILA "
			"translates packets to it, domain=%s",
			addr, r->domain);
		break;
	case ILA_EV_REFUSED:
		snprintf(buf, size, "%s: mapping refused: %s, domain=%s", addr,
			 ila_refusal_text((enum ila_refusal)r->number), r->domain);
		break;
	case ILA_EVENTS:
		break;
	}
	return buf;
}

/* ---- domains ----------------------------------------------------------- */

uint8_t slot_find(const struct ila *m, const struct ila64 *sir)
{
	for (unsigned i = 0; i < m->n_sirs; i++)
		if (ila64_eq(&m->sirs[i], sir))
			return m->slot_of[i];
	return 0;
}

static uint8_t slot_free(const struct ila *m)
{
	uint8_t i = 1;

	while (i <= ILA_DOMAINS && m->dom[i])
		i++;
	return i;
}

static struct intent_ila_domain record_of(const struct ila_domain *d)
{
	struct intent_ila_domain r = {
		.sir = d->conf.sir,
		.locator = d->conf.locator,
		.csum = d->conf.csum,
		.plane = d->conf.plane,
		.flags = d->vnids ? ILA_DOM_VNID : 0,
	};

	memcpy(r.underlay, d->conf.underlay, sizeof(r.underlay));
	return r;
}

static void domain_send(struct ila *m, struct ila_domain *d)
{
	const struct intent_ila_domain r = record_of(d);

	if (!memcmp(&r, &d->sent, sizeof(r)))
		return;
	d->sent = r;
	ila_intent(m, INTENT_ILA_DOMAIN_SET, &r);
}

static void domain_free(struct ila_domain *d)
{
	if (d)
		free((void *)(uintptr_t)d->conf.ids);
	free(d);
}

static void domain_drop(struct ila *m, uint8_t slot)
{
	locals_drop(m, slot);
	for (uint32_t at = 0, i; (i = map_next(m, &at));)
		if (map_at(m, i)->domain == slot)
			map_forget(m, i);
	ila_intent(m, INTENT_ILA_DOMAIN_DEL, &m->dom[slot]->sent);
	domain_free(m->dom[slot]);
	m->dom[slot] = NULL;
	m->c.domains--;
}

/* Do mappings look different through this change? */
static bool domain_matters(const struct ila_domain_conf *a,
			   const struct ila_domain_conf *b)
{
	return a->draft != b->draft || a->csum != b->csum ||
	       !ila64_eq(&a->locator, &b->locator);
}

static void domain_set(struct ila *m, uint8_t slot, const struct ila_domain_conf *c)
{
	struct ila_domain *d = m->dom[slot];

	free((void *)(uintptr_t)d->conf.ids);
	d->conf = *c;
	d->conf.ids = c->n_ids ? xmemdup(c->ids, c->n_ids * sizeof(*c->ids)) : NULL;
}

static void vnids_set(struct ila *m)
{
	for (unsigned i = 1; i <= ILA_DOMAINS; i++) {
		struct ila_domain *d = m->dom[i];

		if (!d)
			continue;
		d->vnids = false;
		for (size_t k = 0; k < m->n_tenants; k++)
			if (m->tenants[k].vnid &&
			    !strcmp(m->tenants[k].domain, d->conf.name))
				d->vnids = true;
	}
}

static void lists_set(struct ila *m)
{
	m->n_sirs = m->n_locators = 0;
	m->draft = 0;
	for (uint8_t i = 1; i <= ILA_DOMAINS; i++) {
		const struct ila_domain *d = m->dom[i];

		if (!d)
			continue;
		m->slot_of[m->n_sirs] = i;
		m->sirs[m->n_sirs++] = d->conf.sir;
		if (!ila64_is_zero(&d->conf.locator))
			m->locators[m->n_locators++] = d->conf.locator;
		if (d->conf.draft)
			m->draft = i;
	}
}

/* ---- configuration ----------------------------------------------------- */

static bool conf_ok(const struct ila_domain_conf *c)
{
	return !ila_prefix_check(&c->sir) && c->csum < ILA_CSUMS &&
	       (ila64_is_zero(&c->locator) || !ila_prefix_check(&c->locator));
}

static int conf_check(const struct ila_conf *c)
{
	unsigned drafts = 0;

	if (c->n_domains > ILA_DOMAINS)
		return -ENOSPC;
	for (size_t i = 0; i < c->n_domains; i++) {
		if (!conf_ok(&c->domains[i]))
			return -EINVAL;
		if (c->domains[i].n_ids > ILA_STATICS)
			return -ENOSPC;
		drafts += c->domains[i].draft;
		for (size_t k = 0; k < i; k++)
			if (ila64_eq(&c->domains[i].sir, &c->domains[k].sir))
				return -EINVAL;
	}
	return drafts > 1 ? -EINVAL : 0;
}

/* Return: must routes be looked at again? */
static bool domains_set(struct ila *m, const struct ila_conf *c)
{
	bool again = false;

	for (size_t i = 0; i < c->n_domains; i++) {
		const struct ila_domain_conf *dc = &c->domains[i];
		uint8_t slot = slot_find(m, &dc->sir);

		if (!slot) {
			slot = slot_free(m);
			m->dom[slot] = xcalloc(1, sizeof(struct ila_domain));
			m->c.domains++;
			again = true;
		} else {
			again |= domain_matters(&m->dom[slot]->conf, dc);
		}
		domain_set(m, slot, dc);
	}
	return again;
}

static void domains_drop_others(struct ila *m, const struct ila_conf *c)
{
	for (size_t i = 0; i < c->n_domains; i++) {
		uint8_t slot = slot_find(m, &c->domains[i].sir);

		if (slot)
			m->dom[slot]->wanted = true;
	}
	for (uint8_t i = 1; i <= ILA_DOMAINS; i++) {
		if (m->dom[i] && !m->dom[i]->wanted)
			domain_drop(m, i);
		else if (m->dom[i])
			m->dom[i]->wanted = false;
	}
}

static void tenants_copy(struct ila *m, const struct ila_conf *c)
{
	free(m->tenants);
	m->n_tenants = c->n_tenants;
	m->tenants = c->n_tenants
			     ? xmemdup(c->tenants, c->n_tenants * sizeof(*c->tenants))
			     : NULL;
}

/* The draft's routes do not name their domain: those of the one that lost them are not
 * found by looking at routes again. */
static void draft_moved(struct ila *m, uint8_t was)
{
	if (was == m->draft || !was || !m->dom[was])
		return;
	for (uint32_t at = 0, i; (i = map_next(m, &at));)
		if (map_at(m, i)->domain == was)
			map_eval(m, i);
}

int ila_configure(struct ila *m, const struct ila_conf *c)
{
	int rc = conf_check(c);
	uint8_t draft = m->draft;
	bool again;

	if (rc)
		return rc;
	domains_drop_others(m, c);
	again = domains_set(m, c);
	m->as = c->as;
	tenants_copy(m, c);
	vnids_set(m);
	again |= m->n_sirs != c->n_domains; /* a SIR prefix is no locator: one went */
	lists_set(m);
	for (unsigned i = 1; i <= ILA_DOMAINS; i++)
		if (m->dom[i])
			domain_send(m, m->dom[i]);
	draft_moved(m, draft);
	locals_configure(m);
	own_eval(m);
	if (again)
		m->hooks->reimport(m->ctx);
	return 0;
}

bool ila_is_on(const struct ila *m)
{
	return m->n_sirs > 0;
}

/* ---- fib --------------------------------------------------------------- */

void ila_state(struct ila *m, const struct intent_ila_state *s)
{
	uint8_t slot = slot_find(m, &s->sir);

	if (!slot)
		return;
	m->dom[slot]->state = *s;
	m->dom[slot]->state.why[sizeof(s->why) - 1] = '\0';
	m->dom[slot]->has_state = true;
	own_eval(m);
}

void ila_counters(struct ila *m, const struct intent_ila_counters *c)
{
	struct ila64 sir;
	uint8_t slot;

	memcpy(&sir, c, sizeof(sir)); /* bodies are aligned to 4 only */
	slot = slot_find(m, &sir);
	if (slot)
		memcpy(&m->dom[slot]->counters, c, sizeof(*c));
}

static void locals_resync(struct ila *m)
{
	for (uint32_t at = 0, i; (i = map_next(m, &at));)
		if (map_at(m, i)->local)
			local_send(m, map_at(m, i)->local);
}

void ila_resync(struct ila *m)
{
	for (unsigned i = 1; i <= ILA_DOMAINS; i++)
		if (m->dom[i])
			ila_intent(m, INTENT_ILA_DOMAIN_SET, &m->dom[i]->sent);
	locals_resync(m);
	for (uint32_t at = 0, i; (i = map_next(m, &at));)
		if (map_at(m, i)->n)
			map_send(m, i);
}

/* ---- who is there ------------------------------------------------------ */

static void nobody_is_there(struct ila *m)
{
	for (uint32_t at = 0, i; (i = map_next(m, &at));) {
		struct ila_map *e = map_at(m, i);
		const struct ip ip = ip_of(&e->addr, sizeof(e->addr));

		if (e->flags & MAP_IDENTIFIED)
			identities_put(m->ids, 0, &ip, IDSET_NONE, "");
		e->flags &= (uint8_t)~MAP_IDENTIFIED;
	}
}

void ila_relabel(struct ila *m)
{
	m->labels_version++;
	decls_relabel(m);
}

void ila_identify(struct ila *m, struct identities *ids)
{
	struct ila_local *l;

	if (m->ids == ids)
		return;
	if (m->ids) {
		nobody_is_there(m);
		decls_unlabel(m);
	}
	m->ids = ids;
	ila_relabel(m);
	LIST_FOREACH (l, &m->statics, link)
		map_eval(m, l->map);
}

/* ---- life -------------------------------------------------------------- */

struct ila *ila_new(const struct ila_hooks *hooks, void *ctx)
{
	struct ila *m = xcalloc(1, sizeof(*m));

	m->hooks = hooks;
	m->ctx = ctx;
	slab_init(&m->maps, sizeof(struct ila_map));
	hashidx_init(&m->by_addr);
	table_init(&m->locs, sizeof(struct ila_loc));
	table_init(&m->decls, sizeof(struct ila_decl));
	table_init(&m->owns, sizeof(struct ila_own));
	LIST_INIT(&m->statics);
	return m;
}

void ila_free(struct ila *m)
{
	if (!m)
		return;
	for (uint32_t at = 0, i; (i = map_next(m, &at));)
		if (map_at(m, i)->n > 1)
			free(map_at(m, i)->multi);
	locals_fini(m);
	for (unsigned i = 1; i <= ILA_DOMAINS; i++)
		domain_free(m->dom[i]);
	slab_fini(&m->maps);
	hashidx_fini(&m->by_addr);
	table_fini(&m->locs);
	table_fini(&m->decls);
	table_fini(&m->owns);
	free(m->paths.cand);
	free(m->tenants);
	free(m);
}
