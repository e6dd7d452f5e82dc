/*
 * What is really in the maps of identities, MACs and neighbours: adopted at start,
 * compared later.
 */
#include <errno.h>
#include <string.h>

#include "fib/link.h"
#include "fib/pol_int.h"
#include "fib/state.h"
#include "lib/util.h"

enum { STRANGE_MAX = 64 };

struct reader {
	struct fib *f;
	enum bpf_map_id map;
	bool first;
	uint32_t n_strange; /* keys that no record can say */
	uint8_t strange[STRANGE_MAX * POLVAL_KEY];
	uint32_t key_size;
};

static struct want_dom *dom_of(struct fib *f, const struct want_key *k)
{
	return k->table == TABLE_IDENT ? &f->pol->idents : &net_dom_get(f, k->vni)->w;
}

static void on_entry(void *arg, const void *key, const void *value)
{
	struct reader *r = arg;
	struct fib *f = r->f;
	struct want_entry *e;
	struct want_key k;
	struct want_val v;

	if (!polval_read(r->map, key, value, &k, &v)) {
		if (r->n_strange < STRANGE_MAX)
			memcpy(r->strange + (size_t)r->n_strange++ * r->key_size, key,
			       r->key_size);
		return;
	}
	/* The way goes with the VTEP. */
	if (r->map == BPF_M_NET_FDB && !(v.flags & WV_LOCAL) &&
	    !net_way_is(f, &v.to, polval_way(value)))
		v.flags |= WV_STRANGE;
	e = want_get(&f->want, &k, dom_of(f, &k));
	e->dump = f->dump;
	if (e->flags & WE_SEEN && !memcmp(&e->seen, &v, sizeof(v)))
		return;
	if (e->flags & WE_SEEN && want_is_active(e))
		e->flags |= WE_BROKEN;
	else if (r->first && f->want.syncing && !(e->flags & WE_WANTED))
		e->flags |= WE_ADOPTED;
	want_seen(&f->want, e, &v);
}

static void missing(struct fib *f)
{
	struct want_entry *e;
	uint64_t at = 0;

	while ((e = want_each(&f->want, &at))) {
		if (!want_is_pol(e) || e->dump == f->dump || !(e->flags & WE_SEEN))
			continue;
		if (want_is_active(e))
			e->flags |= WE_BROKEN;
		want_gone(&f->want, e);
	}
}

static int mirrors_audit(struct pol *p)
{
	struct mirror *const m[] = { &p->eps, &p->groups, &p->net_doms, &p->vteps };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(m) && !err; i++)
		err = mirror_audit(m[i]);
	return err;
}

int pol_tables_read(struct fib *f, bool first)
{
	static const struct {
		enum bpf_map_id map;
		uint32_t key_size;
	} tables[] = {
		{ BPF_M_POL_IDENT, sizeof(struct bpf_pol_addr) },
		{ BPF_M_POL_NET, sizeof(struct bpf_pol_net) },
		{ BPF_M_NET_FDB, sizeof(struct bpf_net_mac) },
		{ BPF_M_NET_NEIGH, sizeof(struct bpf_pol_addr) },
	};
	int err = first ? 0 : mirrors_audit(f->pol), gone;

	for (size_t i = 0; i < ARRAY_SIZE(tables) && !err; i++) {
		struct reader r = { .f = f,
				    .first = first,
				    .map = tables[i].map,
				    .key_size = tables[i].key_size };

		err = bpf_map_read(pol_fd(f, r.map), on_entry, &r);
		bpf_map_erase(pol_fd(f, r.map), r.strange, r.n_strange, &gone);
	}
	if (!err)
		missing(f);
	return err;
}

/* ---- shown ---- */

static void dev_name(const struct fib *f, uint32_t ifindex, struct intent_entry *r)
{
	const struct link *l = ifindex ? link_find(f, ifindex) : NULL;

	if (l)
		memcpy(r->dev, l->name, sizeof(r->dev));
}

void pol_entry(const struct fib *f, const struct want_entry *e,
	       const struct want_val *v, struct intent_entry *r)
{
	uint32_t ifindex = 0;

	r->vni = e->key.vni;
	r->ip = e->key.ip;
	r->plane = ILA_PLANE_EBPF;
	if (e->key.table == TABLE_IDENT) {
		r->bits = e->key.bits;
		r->number = v->num;
		if (v->to.len)
			memcpy(&ifindex, v->to.b, sizeof(ifindex));
	} else if (e->key.table == TABLE_NET_NEIGH) {
		r->mac = want_mac(&v->to);
	} else {
		r->mac = want_mac(&e->key.ip);
		r->ip = v->to;
		ifindex = v->flags & WV_LOCAL ? v->num : 0;
	}
	dev_name(f, ifindex, r);
}
