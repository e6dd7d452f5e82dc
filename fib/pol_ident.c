/*
 * Who has which address: TABLE_IDENT, the hash of addresses and the trie of prefixes.
 * An address of this host's endpoint names its device, and follows it.
 */
#include <errno.h>
#include <string.h>

#include "fib/link.h"
#include "fib/pol_int.h"
#include "fib/state.h"
#include "lib/util.h"

static struct want_key key_of(const struct intent_ident *i)
{
	return (struct want_key) {
		.vni = i->vni, .ip = i->ip, .table = TABLE_IDENT, .bits = i->bits
	};
}

static struct local *local_find(const struct pol *p, const struct want_key *k)
{
	struct local *l;

	HASH_FIND(hh, p->locals, k, sizeof(*k), l);
	return l;
}

static void local_drop(struct pol *p, struct local *l)
{
	HASH_DEL(p->locals, l);
	free(l);
}

static void local_keep(struct fib *f, const struct want_key *k,
		       const struct intent_ident *i)
{
	struct local *l = local_find(f->pol, k);

	if (!i->ifname[0]) {
		if (l)
			local_drop(f->pol, l);
		return;
	}
	if (!l) {
		l = xcalloc(1, sizeof(*l));
		l->key = *k;
		HASH_ADD(hh, f->pol->locals, key, sizeof(l->key), l);
	}
	l->identity = i->identity;
	l->cookie = i->cookie;
	l->gen = f->want.gen;
	str_copy(l->ifname, sizeof(l->ifname), i->ifname);
	pol_due(f);
}

static struct want_val value_of(const struct fib *f, uint32_t identity,
				const char *ifname)
{
	const struct link *dev = ifname[0] ? link_by_name(f, ifname) : NULL;
	struct want_val v = { .num = identity };

	if (dev) {
		v.to.len = sizeof(dev->ifindex);
		memcpy(v.to.b, &dev->ifindex, sizeof(dev->ifindex));
	}
	return v;
}

int pol_ident_set(struct fib *f, const void *body, const char **why UNUSED)
{
	const struct intent_ident *i = body;
	struct want_key k = key_of(i);
	struct pol *p = pol_get(f);
	struct want_val v;

	if (i->ifname[0] || p->locals)
		local_keep(f, &k, i);
	v = value_of(f, i->identity, i->ifname);
	want_set(&f->want, want_get(&f->want, &k, &p->idents), &v, i->cookie);
	return 0;
}

int pol_ident_del(struct fib *f, const void *body, const char **why UNUSED)
{
	const struct intent_ident *i = body;
	struct want_key k = key_of(i);
	struct want_entry *e = want_find(&f->want, &k);
	struct local *l = f->pol ? local_find(f->pol, &k) : NULL;

	if (l) {
		local_drop(f->pol, l);
		pol_due(f);
	}
	if (e)
		want_unset(&f->want, e);
	return 0;
}

/* An entry follows the device, and is as young as the record was. */
static void local_again(struct fib *f, const struct local *l)
{
	struct want_entry *e = want_get(&f->want, &l->key, &f->pol->idents);
	struct want_val v = value_of(f, l->identity, l->ifname);

	want_set(&f->want, e, &v, l->cookie);
	e->gen = l->gen;
}

void pol_locals_on(struct fib *f, const char *ifname)
{
	for (const struct local *l = f->pol->locals; l; l = l->hh.next)
		if (!strcmp(l->ifname, ifname))
			local_again(f, l);
}

void pol_locals_sweep(struct fib *f)
{
	struct local *l, *next;

	HASH_ITER (hh, f->pol->locals, l, next)
		if (l->gen != f->want.gen)
			local_drop(f->pol, l);
}

void pol_locals_look(struct fib *f)
{
	for (const struct local *i = f->pol->locals; i; i = i->hh.next) {
		const struct want_entry *e = want_find(&f->want, &i->key);
		struct load *l = load_find(f->pol, i->ifname);
		bool written = e && e->flags & WE_SEEN &&
			       !memcmp(&e->seen, &e->want, sizeof(e->seen));

		if (!l || i->key.vni != l->want.vni)
			continue;
		l->addrs_pending |= !written;
		if (i->key.ip.len == 4)
			memcpy(&l->ip4, i->key.ip.b, 4);
		else
			memcpy(l->ip6, i->key.ip.b, 16);
	}
}

/* ---- group policy ids, and who is not known ---- */

static struct bpf_pol_group group_key(const struct intent_group *g)
{
	return (struct bpf_pol_group) { .vni = g->vni, .group = g->group };
}

int pol_group_set(struct fib *f, const void *body, const char **why UNUSED)
{
	const struct intent_group *g = body;
	struct bpf_pol_group k = group_key(g);

	mirror_set(&pol_get(f)->groups, &k, &g->identity);
	pol_due(f);
	return 0;
}

int pol_group_del(struct fib *f, const void *body, const char **why UNUSED)
{
	struct bpf_pol_group k = group_key(body);

	if (!f->pol)
		return 0;
	mirror_unset(&f->pol->groups, &k);
	pol_due(f);
	return 0;
}

int pol_options(struct fib *f, const void *body, const char **why UNUSED)
{
	struct pol *p = pol_get(f);

	const struct intent_policy_opt *o = body;

	p->opt.overlay = o->identity;
	pol_room(f, o->connections);
	p->opt_due = true;
	pol_due(f);
	return 0;
}

/* ---- to the kernel ---- */

static const enum bpf_map_id tables[POL_TABLES] = { BPF_M_POL_IDENT, BPF_M_POL_NET,
						    BPF_M_NET_FDB, BPF_M_NET_NEIGH };

static const uint8_t key_size[POL_TABLES] = { sizeof(struct bpf_pol_addr),
					      sizeof(struct bpf_pol_net),
					      sizeof(struct bpf_net_mac),
					      sizeof(struct bpf_pol_addr) };
static const uint8_t value_size[POL_TABLES] = { sizeof(struct bpf_pol_ident),
						sizeof(struct bpf_pol_ident),
						sizeof(struct bpf_net_fdb),
						sizeof(struct bpf_net_neigh) };

static void done(struct fib *f, struct want_entry *e, int err)
{
	want_done(&f->want, e, err,
		  err == -E2BIG ? "the map of the kernel is full" : "");
}

static void flush_set(struct fib *f, int t)
{
	struct pol_batch *b = &f->pol->set[t];
	uint32_t at = 0;
	int err = 0;

	while (at < b->n) {
		uint32_t end = at + bpf_map_write(pol_fd(f, tables[t]),
						  b->key + (size_t)at * key_size[t],
						  b->value + (size_t)at * value_size[t],
						  b->n - at, &err);

		for (; at < end; at++)
			done(f, b->who[at], 0);
		if (err == -E2BIG || err == -ENOSPC)
			err = pol_grow(f, tables[t]);
		if (err && at < b->n)
			done(f, b->who[at++], err);
	}
	b->n = 0;
}

static void flush_del(struct fib *f, int t)
{
	struct pol_batch *b = &f->pol->del[t];
	int err;
	uint32_t n = bpf_map_erase(pol_fd(f, tables[t]), b->key, b->n, &err);

	for (uint32_t i = 0; i < b->n; i++)
		done(f, b->who[i], i < n ? 0 : err);
	b->n = 0;
}

static void value_put(struct fib *f, const struct want_entry *e, uint8_t *value)
{
	polval_value(&e->key, &e->want, value);
	if (e->key.table == TABLE_NET_FDB && !(e->want.flags & WV_LOCAL))
		polval_way_set(value, net_way(f, &e->want.to));
}

static void put(struct fib *f, struct want_entry *e)
{
	bool add = want_is_active(e);
	enum bpf_map_id m = polval_map(&e->key);
	struct pol_batch *b;
	int t = 0;

	while (tables[t] != m)
		t++;
	b = add ? &f->pol->set[t] : &f->pol->del[t];
	polval_key(&e->key, b->key + (size_t)b->n * key_size[t]);
	if (add)
		value_put(f, e, b->value + (size_t)b->n * value_size[t]);
	b->who[b->n++] = e;
	if (b->n < POL_BATCH)
		return;
	if (add)
		flush_set(f, t);
	else
		flush_del(f, t);
}

void pol_apply(struct fib *f, unsigned max)
{
	struct pol *p = f->pol;
	struct want_entry *e;

	for (; max && (e = want_next(&f->want, WQ_POL)); max--) {
		f->applied++;
		p->due = true;
		if (p->open)
			put(f, e);
		else
			done(f, e, want_is_active(e) ? -EOPNOTSUPP : 0);
	}
	for (int t = 0; p && p->open && t < POL_TABLES; t++) {
		flush_set(f, t);
		flush_del(f, t);
	}
}
