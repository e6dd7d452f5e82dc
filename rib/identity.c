/*
 * Addresses and who is behind them. An address has what the best of its routes or an
 * endpoint of this host says, else what the static map says; nothing said is no entry.
 * A number is announced before the first address gets it and withdrawn after the
 * last, so that verdicts are there before anything is judged by them.
 * Not here: what a route says (identity_claim.c), which route counts (neigh.c,
 * ila_map.c), what is allowed (policy).
 */
#include "rib/identity.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/identity_priv.h"

static struct id_addr *addr_at(const struct identities *d, uint32_t i)
{
	return table_at(&d->addrs, i);
}

const char *identity_reason_name(enum identity_set s)
{
	static const char *const names[IDSET_FIRST] = {
		[IDSET_NONE] = "none",
		[IDSET_UNLABELLED] = "unlabelled",
		[IDSET_MALFORMED] = "malformed",
		[IDSET_MISMATCH] = "mismatch",
		[IDSET_RESERVED] = "reserved_number",
		[IDSET_CONFLICT] = "conflict",
		[IDSET_FULL] = "too_many",
		[IDSET_HOST] = "host",
	};

	return (unsigned)s < IDSET_FIRST ? names[s] : "labels";
}

const char *identity_reason_text(enum identity_set s)
{
	static const char *const text[IDSET_FIRST] = {
		[IDSET_NONE] = "nothing is said",
		[IDSET_UNLABELLED] = "an endpoint without labels that count",
		[IDSET_MALFORMED] = "its labels are malformed, or its numbers differ",
		[IDSET_MISMATCH] = "its number does not follow from its labels",
		[IDSET_RESERVED] = "its number is one that nobody may claim",
		[IDSET_CONFLICT] = "routes that are as good say different things",
		[IDSET_FULL] = "too many label sets",
		[IDSET_HOST] = "this host",
	};

	return (unsigned)s < IDSET_FIRST ? text[s] : "labels";
}

/* ---- handles ----------------------------------------------------------- */

uint32_t identities_ref(struct identities *d, uint32_t set)
{
	if (set >= IDSET_FIRST)
		labelsets_ref(d->sets, set_of(set));
	return set;
}

void identities_unref(struct identities *d, uint32_t set)
{
	if (set >= IDSET_FIRST)
		labelsets_unref(d->sets, set_of(set));
}

uint32_t identities_number(const struct identities *d, uint32_t set)
{
	if (set >= IDSET_FIRST)
		return labelsets_at(d->sets, set_of(set))->number;
	if (set == IDSET_HOST)
		return IDENTITY_HOST;
	return set ? IDENTITY_INIT : 0;
}

struct bytes identities_labels(const struct identities *d, uint32_t set)
{
	return set >= IDSET_FIRST ? labelsets_at(d->sets, set_of(set))->labels
				  : (struct bytes) { 0 };
}

uint32_t identities_of_labels(struct identities *d, const char *labels)
{
	struct labels l;

	if (!d)
		return IDSET_NONE;
	labels_select(labels, (const char *const *)d->keys, d->n_keys, &l);
	return l.len ? handle_of(labelsets_intern(d->sets, labels_bytes(&l)))
		     : (uint32_t)IDSET_NONE;
}

/* ---- numbers in use ---------------------------------------------------- */

static uint32_t number_find(const struct identities *d, uint32_t number)
{
	uint32_t i = table_find(&d->numbers, number);

	while (i && ((struct id_number *)table_at(&d->numbers, i))->number != number)
		i = table_find_next(&d->numbers, i);
	return i;
}

static void number_begin(struct identities *d, uint32_t number, uint32_t set)
{
	const struct bytes labels = labelsets_at(d->sets, set)->labels;
	uint32_t i = number_find(d, number);
	struct id_number *n;

	if (!i)
		i = table_add(&d->numbers, number);
	n = table_at(&d->numbers, i);
	n->number = number;
	*(labels.p ? &n->labelled : &n->bare) = set;
	if (labels.p || !n->labelled)
		d->hooks->labelset_used(d->ctx, number, labels);
}

static void number_end(struct identities *d, uint32_t number, uint32_t set)
{
	uint32_t i = number_find(d, number);
	struct id_number *n = table_at(&d->numbers, i);

	if (n->labelled == set) {
		n->labelled = 0;
		if (n->bare)
			d->hooks->labelset_used(d->ctx, number, (struct bytes) { 0 });
	} else {
		n->bare = 0;
	}
	if (n->labelled || n->bare)
		return;
	table_del(&d->numbers, i);
	d->hooks->labelset_unused(d->ctx, number);
}

/* What of an address counts. */
static uint32_t in_force(const struct id_addr *a)
{
	return a->set ? a->set : a->map;
}

static uint32_t *users_of(struct identities *d, const struct id_addr *a)
{
	struct labelset *l = labelsets_at(d->sets, set_of(in_force(a)));

	return !a->set ? &l->mapped : a->ifname ? &l->local : &l->remote;
}

static bool is_used(const struct labelset *l)
{
	return l->local || l->remote || l->mapped;
}

/* The address has what in_force() says from now on; or until now. */
static void use_begin(struct identities *d, const struct id_addr *a)
{
	uint32_t set = in_force(a);
	const struct labelset *l;

	if (set < IDSET_FIRST) {
		d->c.now[set]++;
		return;
	}
	l = labelsets_at(d->sets, set_of(set));
	if (!is_used(l))
		number_begin(d, l->number, set_of(set));
	++*users_of(d, a);
}

static void use_end(struct identities *d, const struct id_addr *a)
{
	uint32_t set = in_force(a);
	const struct labelset *l;

	if (set < IDSET_FIRST) {
		d->c.now[set]--;
		return;
	}
	l = labelsets_at(d->sets, set_of(set));
	--*users_of(d, a);
	if (!is_used(l))
		number_end(d, l->number, set_of(set));
}

/* ---- addresses --------------------------------------------------------- */

static uint32_t addr_hash(uint32_t vni, const struct ip *ip)
{
	uint8_t key[4 + sizeof(*ip)];

	memcpy(key, &vni, 4);
	memcpy(key + 4, ip, sizeof(*ip));
	return hash32(key, sizeof(key));
}

static uint32_t addr_find(const struct identities *d, uint32_t hash, uint32_t vni,
			  const struct ip *ip, uint8_t bits)
{
	uint32_t i = table_find(&d->addrs, hash);

	while (i && (addr_at(d, i)->vni != vni || addr_at(d, i)->bits != bits ||
		     !ip_eq(&addr_at(d, i)->ip, ip)))
		i = table_find_next(&d->addrs, i);
	return i;
}

static uint32_t addr_get(struct identities *d, uint32_t vni, const struct ip *ip,
			 uint8_t bits)
{
	uint32_t hash = addr_hash(vni, ip), i = addr_find(d, hash, vni, ip, bits);
	struct id_addr *a;

	if (i)
		return i;
	i = table_add(&d->addrs, hash);
	a = addr_at(d, i);
	a->vni = vni;
	a->ip = *ip;
	a->bits = bits;
	return i;
}

static uint32_t name_ref(struct identities *d, const char *name)
{
	uint32_t hash = hash32(name, strlen(name)), i = table_find(&d->names, hash);
	struct id_name *n;

	while (i && strcmp(((struct id_name *)table_at(&d->names, i))->name, name) != 0)
		i = table_find_next(&d->names, i);
	if (!i) {
		i = table_add(&d->names, hash);
		n = table_at(&d->names, i);
		str_copy(n->name, sizeof(n->name), name);
	}
	n = table_at(&d->names, i);
	n->refs++;
	return i;
}

static void name_unref(struct identities *d, uint32_t i)
{
	if (i && !--((struct id_name *)table_at(&d->names, i))->refs)
		table_del(&d->names, i);
}

static struct identity_addr addr_view(const struct identities *d,
				      const struct id_addr *a)
{
	struct identity_addr v = {
		.vni = a->vni,
		.ip = a->ip,
		.bits = a->bits,
		.identity = identities_number(d, in_force(a)),
	};

	if (a->ifname)
		str_copy(v.ifname, sizeof(v.ifname),
			 ((struct id_name *)table_at(&d->names, a->ifname))->name);
	return v;
}

static void tell_unknown(struct identities *d, const struct identity_addr *v,
			 uint32_t set)
{
	if (set <= IDSET_UNLABELLED || set >= IDSET_HOST)
		return;
	d->c.total[set]++;
	d->hooks->unknown(d->ctx, v, (enum identity_set)set);
}

/* After was, an address is what is in a now: the new number first, the old one last. */
static void addr_changed(struct identities *d, uint32_t i, const struct id_addr *was)
{
	struct id_addr *a = addr_at(d, i);
	uint32_t before = in_force(was), now = in_force(a);
	struct identity_addr v = addr_view(d, a);

	v.was = identities_number(d, before);
	if (now)
		use_begin(d, a);
	if (now && (now != before || a->ifname != was->ifname))
		d->hooks->address_set(d->ctx, &v);
	if (before && !now)
		d->hooks->address_unset(d->ctx, &v);
	if (before)
		use_end(d, was);
	if (now != before)
		tell_unknown(d, &v, now);
	if (!a->set && !a->map)
		table_del(&d->addrs, i);
}

static uint8_t host_bits(const struct ip *ip)
{
	return (uint8_t)(ip->len * 8);
}

void identities_put(struct identities *d, uint32_t vni, const struct ip *ip,
		    uint32_t set, const char *ifname)
{
	uint8_t bits = host_bits(ip);
	uint32_t i = set ? addr_get(d, vni, ip, bits)
			 : addr_find(d, addr_hash(vni, ip), vni, ip, bits);
	struct id_addr *a = i ? addr_at(d, i) : NULL, was;

	if (!a)
		return;
	was = *a;
	a->set = identities_ref(d, set);
	a->ifname = set && ifname[0] ? name_ref(d, ifname) : 0;
	addr_changed(d, i, &was);
	identities_unref(d, was.set);
	name_unref(d, was.ifname);
}

/* Every address with this set is told again; between that the new number is in use
 * beside the old one. */
static void renumbered(void *ctx, uint32_t set, uint32_t old)
{
	struct identities *d = ctx;
	const struct labelset *l = labelsets_at(d->sets, set);
	struct table_walk w = { 0 };

	if (!is_used(l))
		return;
	number_begin(d, l->number, set);
	for (uint32_t i; (i = table_next(&d->addrs, &w));) {
		struct identity_addr v = addr_view(d, addr_at(d, i));

		v.was = old;
		if (in_force(addr_at(d, i)) == handle_of(set))
			d->hooks->address_set(d->ctx, &v);
	}
	number_end(d, old, set);
}

void identities_resync(struct identities *d)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&d->numbers, &w));) {
		const struct id_number *n = table_at(&d->numbers, i);
		uint32_t set = n->labelled ? n->labelled : n->bare;

		d->hooks->labelset_used(d->ctx, n->number,
					labelsets_at(d->sets, set)->labels);
	}
	w = (struct table_walk) { 0 };
	for (uint32_t i; (i = table_next(&d->addrs, &w));) {
		struct identity_addr v = addr_view(d, addr_at(d, i));

		d->hooks->address_set(d->ctx, &v);
	}
}

/* ---- configuration ----------------------------------------------------- */

struct identities *identities_new(const struct identity_domain *dom,
				  const struct identity_hooks *hooks, void *ctx)
{
	static const struct labelsets_hooks set_hooks = { .renumbered = renumbered };
	struct identities *d = xcalloc(1, sizeof(*d));

	d->hooks = hooks;
	d->ctx = ctx;
	d->domain = *dom;
	d->sets = labelsets_new(dom->domain, &set_hooks, d);
	table_init(&d->addrs, sizeof(struct id_addr));
	table_init(&d->names, sizeof(struct id_name));
	table_init(&d->numbers, sizeof(struct id_number));
	return d;
}

static void keys_free(struct identities *d)
{
	for (size_t i = 0; i < d->n_keys; i++)
		free(d->keys[i]);
	free(d->keys);
}

void identities_free(struct identities *d)
{
	if (!d)
		return;
	keys_free(d);
	labelsets_free(d->sets);
	table_fini(&d->addrs);
	table_fini(&d->names);
	table_fini(&d->numbers);
	free(d);
}

const struct identity_domain *identities_domain(const struct identities *d)
{
	return &d->domain;
}

static void keys_set(struct identities *d, const struct identity_conf *c)
{
	keys_free(d);
	d->keys = xcalloc(c->n_keys + 1, sizeof(*d->keys));
	d->n_keys = c->n_keys;
	for (size_t i = 0; i < c->n_keys; i++)
		d->keys[i] = xstrdup(c->keys[i]);
}

static void map_set(struct identities *d, uint32_t i, uint32_t set)
{
	struct id_addr *a = addr_at(d, i), was = *a;

	a->map = identities_ref(d, set);
	addr_changed(d, i, &was);
	identities_unref(d, was.map);
}

static void map_put(struct identities *d, const struct identity_map *m)
{
	uint32_t set = handle_of(labelsets_intern(d->sets, labels_bytes(&m->labels)));

	for (size_t k = 0; k < m->n_scopes; k++) {
		uint32_t i = addr_get(d, m->scope[k], &m->prefix.ip, m->prefix.bits);

		addr_at(d, i)->in_map = true;
		map_set(d, i, set);
	}
	identities_unref(d, set);
}

static void maps_set(struct identities *d, const struct identity_conf *c)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&d->addrs, &w));)
		addr_at(d, i)->in_map = false;
	for (size_t i = 0; i < c->n_maps; i++)
		map_put(d, &c->maps[i]);
	w = (struct table_walk) { 0 };
	for (uint32_t i; (i = table_next(&d->addrs, &w));)
		if (addr_at(d, i)->map && !addr_at(d, i)->in_map)
			map_set(d, i, IDSET_NONE);
}

void identities_configure(struct identities *d, const struct identity_conf *c)
{
	keys_set(d, c);
	labelsets_assign(d->sets, c->assign, c->n_assign);
	maps_set(d, c);
}

void identities_clear(struct identities *d)
{
	const struct identity_conf none = { 0 };
	struct table_walk w = { 0 };

	maps_set(d, &none);
	for (uint32_t i; (i = table_next(&d->addrs, &w));) {
		const struct ip ip = addr_at(d, i)->ip;

		identities_put(d, addr_at(d, i)->vni, &ip, IDSET_NONE, "");
	}
}

/* ---- what there is ----------------------------------------------------- */

static int info_cmp(const void *pa, const void *pb)
{
	const struct identity_info *a = pa, *b = pb;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return (a->set > b->set) - (a->set < b->set);
}

static struct identity_info info_of(const struct identities *d, uint32_t set)
{
	const struct labelset *l = labelsets_at(d->sets, set);

	return (struct identity_info) {
		.set = handle_of(set),
		.number = l->number,
		.origin = (enum labelset_origin)l->origin,
		.labels = l->labels,
		.local = l->local,
		.remote = l->remote,
		.mapped = l->mapped,
	};
}

size_t identities_list(const struct identities *d, struct identity_info **out)
{
	struct identity_info *v =
		xcalloc(IDSET_FIRST + labelsets_count(d->sets), sizeof(*v));
	size_t n = 0;

	for (uint32_t i = 1; i < IDSET_FIRST; i++)
		if (d->c.now[i])
			v[n++] = (struct identity_info) {
				.set = i,
				.number = identities_number(d, i),
				.why = (enum identity_set)i,
				.remote = d->c.now[i],
			};
	for (uint32_t i = 0; (i = labelsets_next(d->sets, i));)
		if (is_used(labelsets_at(d->sets, i)))
			v[n++] = info_of(d, i);
	qsort(v, n, sizeof(*v), info_cmp);
	*out = v;
	return n;
}

void identities_addresses(const struct identities *d, uint32_t number, uint32_t max,
			  void (*fn)(void *arg, const struct identity_addr *a),
			  void *arg)
{
	struct table_walk w = { 0 };

	for (uint32_t i; max && (i = table_next(&d->addrs, &w));) {
		struct identity_addr v = addr_view(d, addr_at(d, i));

		if (number && v.identity != number)
			continue;
		fn(arg, &v);
		max--;
	}
}

bool identities_find(const struct identities *d, uint32_t vni, const struct prefix *p,
		     struct identity_addr *out)
{
	uint32_t i = addr_find(d, addr_hash(vni, &p->ip), vni, &p->ip, p->bits);

	if (i && out)
		*out = addr_view(d, addr_at(d, i));
	return i;
}

bool identities_lookup(const struct identities *d, uint32_t vni, const struct ip *ip,
		       struct identity_addr *out)
{
	struct prefix p = { *ip, host_bits(ip) };

	while (!identities_find(d, vni, &p, out)) {
		if (!p.bits)
			return false;
		p.bits--;
		p.ip.b[p.bits / 8] &= (uint8_t) ~(0x80 >> p.bits % 8);
	}
	return true;
}

struct bytes identities_labels_of(const struct identities *d, uint32_t number)
{
	uint32_t i = number_find(d, number);
	const struct id_number *n = i ? table_at(&d->numbers, i) : NULL;

	return n && n->labelled ? labelsets_at(d->sets, n->labelled)->labels
				: (struct bytes) { 0 };
}

static void count_addrs(const struct identities *d, struct identity_counts *out)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&d->addrs, &w));) {
		const struct id_addr *a = addr_at(d, i);

		out->maps += !a->set;
		out->local += a->set && a->ifname;
		out->remote += a->set && !a->ifname;
	}
}

void identities_counts_get(const struct identities *d, struct identity_counts *out)
{
	*out = d->c;
	count_addrs(d, out);
	for (uint32_t i = 0; (i = labelsets_next(d->sets, i));) {
		const struct labelset *l = labelsets_at(d->sets, i);

		if (!is_used(l))
			continue;
		out->sets += l->labels.p != NULL;
		out->unknown += !l->labels.p;
		out->twins += l->origin == LABELS_TWIN;
	}
	out->held = labelsets_count(d->sets);
	out->bytes = labelsets_bytes(d->sets) + table_bytes(&d->addrs) +
		     table_bytes(&d->names) + table_bytes(&d->numbers);
}

void identities_oversized(struct identities *d)
{
	d->c.oversized++;
}
