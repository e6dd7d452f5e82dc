/*
 * Duplicate detection: N moves within M seconds, and the MAC (or the address) is no
 * longer advertised until an operator or a timer says so. A move is a change between
 * this host and a remote VTEP while both claim it, in either direction; a VTEP that
 * withdraws hands over, that is none.
 * RFC 7432 section 15.1; section 15 for sequence numbers that ran out.
 */
#include "lib/clock.h"
#include "rib/tenant_priv.h"

static const struct import *dad_rival(const struct tenants *t, const struct dad *d)
{
	uint32_t i = d->mac ? mac_at(t, d->mac)->best : neigh_at(t, d->neigh)->best;

	return i ? import_at(t, i) : NULL;
}

static void dad_report(struct tenants *t, const struct dad *d, enum tenants_event ev)
{
	const struct import *r = dad_rival(t, d);
	struct tenants_report rep = { .event = ev, .number = d->count };

	if (d->mac) {
		const struct mac_entry *m = mac_at(t, d->mac);

		rep.vni = t->evi[m->evi]->vni;
		rep.mac = m->mac;
	} else {
		const struct neigh_entry *n = neigh_at(t, d->neigh);

		rep.vni = t->evi[n->evi]->vni;
		rep.ip = n->ip;
		if (n->x->mac)
			rep.mac = mac_at(t, n->x->mac)->mac;
	}
	if (r)
		rep.vtep = *vtep_ip(t, r->vtep);
	t->hooks->report(t->ctx, &rep);
}

static void dad_list(struct tenants *t, struct dad *d)
{
	if (!d->listed)
		LIST_INSERT_HEAD(&t->dads, d, link);
	d->listed = true;
}

void dad_forget(struct tenants *t, struct dad *d)
{
	if (d->listed)
		LIST_REMOVE(d, link);
	t->c.duplicates -= dad_is_frozen(d);
	d->listed = d->dup = d->wrap = false;
	d->count = 0;
}

bool dad_move(struct tenants *t, struct dad *d)
{
	int64_t now = clock_ms();
	unsigned moves = t->conf.dad_moves ? t->conf.dad_moves : TENANT_DAD_MOVES;
	unsigned time_s = t->conf.dad_time_s ? t->conf.dad_time_s : TENANT_DAD_TIME_S;

	t->c.moves++;
	if (t->conf.dad_off)
		return false;
	if (!d->count || now - d->start_ms > (int64_t)time_s * 1000) {
		d->start_ms = now;
		d->count = 0;
	}
	dad_list(t, d);
	if (++d->count < moves)
		return false;
	d->dup = true;
	d->dup_ms = now;
	t->c.duplicates++;
	t->c.duplicates_found++;
	dad_report(t, d, TEV_DUPLICATE);
	return true;
}

void dad_wrap(struct tenants *t, struct dad *d)
{
	if (dad_is_frozen(d))
		return;
	dad_list(t, d);
	d->wrap = true;
	t->c.duplicates++;
	t->c.seq_wraps++;
	dad_report(t, d, TEV_SEQ_WRAP);
}

bool dad_unwrap(struct tenants *t, struct dad *d)
{
	if (!d->wrap)
		return false;
	dad_forget(t, d);
	return true;
}

/* d may be freed when this returns. */
static void dad_end(struct tenants *t, struct dad *d, bool recovered)
{
	uint32_t mac = d->mac, neigh = d->neigh;

	if (recovered)
		dad_report(t, d, TEV_RECOVERED);
	dad_forget(t, d);
	if (mac) {
		mac_eval(t, mac_at(t, mac));
		mac_gc(t, mac_at(t, mac));
	} else {
		neigh_eval(t, neigh_at(t, neigh));
		neigh_gc(t, neigh_at(t, neigh));
	}
}

void tenants_tick(struct tenants *t)
{
	int64_t now = clock_ms(), freeze_ms = (int64_t)t->conf.dad_freeze_s * 1000;
	unsigned time_s = t->conf.dad_time_s ? t->conf.dad_time_s : TENANT_DAD_TIME_S;
	bool thaws = t->conf.dad_freeze_s && t->conf.dad_freeze_s != UINT32_MAX;

	for (struct dad *d = LIST_FIRST(&t->dads), *next; d; d = next) {
		next = LIST_NEXT(d, link); /* d may be freed, no other leaves */
		if (d->dup) {
			if (thaws && now - d->dup_ms >= freeze_ms)
				dad_end(t, d, true);
		} else if (!d->wrap && now - d->start_ms > (int64_t)time_s * 1000) {
			dad_end(t, d, false);
		}
	}
}

static bool dad_matches(const struct tenants *t, const struct dad *d, uint32_t vni,
			const struct mac *mac)
{
	uint32_t m = d->mac ? d->mac : neigh_at(t, d->neigh)->x->mac;
	uint32_t evi = d->mac ? mac_at(t, m)->evi : neigh_at(t, d->neigh)->evi;

	if (!dad_is_frozen(d) || (vni && t->evi[evi]->vni != vni))
		return false;
	return !mac || (m && mac_eq(&mac_at(t, m)->mac, mac));
}

unsigned tenants_dup_clear(struct tenants *t, uint32_t vni, const struct mac *mac)
{
	unsigned n = 0;

	for (struct dad *d = LIST_FIRST(&t->dads), *next; d; d = next) {
		next = LIST_NEXT(d, link); /* d may be freed, no other leaves */
		if (!dad_matches(t, d, vni, mac))
			continue;
		dad_end(t, d, true);
		n++;
	}
	return n;
}
