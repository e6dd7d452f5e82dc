/*
 * Who has which address: endpoints as rib/identity.h says, prefixes of documents in
 * every network with endpoints where nobody else has the very same prefix, and group
 * policy ids that mean one identity only.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/enforce_priv.h"
#include "rib/labels.h"

/* ---- group policy ids ------------------------------------------------------- */

static uint32_t pair_hash(uint32_t a, uint32_t b)
{
	const uint32_t key[2] = { a, b };

	return hash32(key, sizeof(key));
}

static uint32_t group_get(struct enforce *e, uint32_t vni, uint16_t group)
{
	uint32_t hash = pair_hash(vni, group), i = table_find(&e->groups, hash);
	struct en_group *g;

	for (; i; i = table_find_next(&e->groups, i)) {
		g = table_at(&e->groups, i);
		if (g->vni == vni && g->group == group)
			return i;
	}
	i = table_add(&e->groups, hash);
	g = table_at(&e->groups, i);
	g->vni = vni;
	g->group = group;
	return i;
}

/* One identity more, or less, has this id in the network. */
static void group_count(struct enforce *e, uint32_t vni, uint32_t identity, int by)
{
	uint16_t group = (uint16_t)identity;
	uint32_t i = group_get(e, vni, group);
	struct en_group *g = table_at(&e->groups, i);
	struct intent_group r = { .vni = vni, .group = group };

	g->n += (uint32_t)by;
	g->mixed ^= identity;
	r.identity = g->n == 1 ? g->mixed : 0;
	if (r.identity && r.identity != g->told)
		emit(e, INTENT_GROUP_SET, &r);
	else if (!r.identity && g->told)
		emit(e, INTENT_GROUP_DEL, &r);
	g->told = r.identity;
	if (!g->n)
		table_del(&e->groups, i);
}

/* ILA has no header; numbers of this host only are in nobody's. */
static bool is_counted(uint32_t vni, uint32_t identity)
{
	return vni && identity_from_wire(identity) && (uint16_t)identity;
}

static uint32_t count_find(const struct enforce *e, uint32_t vni, uint32_t identity)
{
	uint32_t i = table_find(&e->counts, pair_hash(vni, identity));
	const struct en_count *c;

	for (; i; i = table_find_next(&e->counts, i)) {
		c = table_at(&e->counts, i);
		if (c->vni == vni && c->identity == identity)
			break;
	}
	return i;
}

static void count_add(struct enforce *e, uint32_t vni, uint32_t identity)
{
	struct en_count *c;
	uint32_t i;

	if (!is_counted(vni, identity))
		return;
	i = count_find(e, vni, identity);
	if (!i)
		i = table_add(&e->counts, pair_hash(vni, identity));
	c = table_at(&e->counts, i);
	c->vni = vni;
	c->identity = identity;
	if (!c->n++)
		group_count(e, vni, identity, 1);
}

static void count_drop(struct enforce *e, uint32_t vni, uint32_t identity)
{
	uint32_t i = count_find(e, vni, identity);

	if (!i || --((struct en_count *)table_at(&e->counts, i))->n)
		return;
	table_del(&e->counts, i);
	group_count(e, vni, identity, -1);
}

/* ---- prefixes of documents -------------------------------------------------- */

static int net_cmp(const void *a, const void *b)
{
	const struct policy_net *x = a, *y = b;

	return prefix_cmp(&x->prefix, &y->prefix);
}

struct en_nets *en_nets_of(const struct policy *p)
{
	size_t n = 0;
	const struct policy_net *v = p ? policy_nets(p, &n) : NULL;
	struct en_nets *s = xcalloc(1, sizeof(*s) + n * sizeof(s->v[0]));

	s->refs = 1;
	s->n = n;
	if (n)
		memcpy(s->v, v, n * sizeof(s->v[0]));
	return s;
}

struct en_nets *en_nets_ref(struct en_nets *n)
{
	if (n)
		n->refs++;
	return n;
}

void en_nets_unref(struct en_nets *n)
{
	if (n && !--n->refs)
		free(n);
}

static const struct policy_net *net_find(const struct en_nets *s,
					 const struct prefix *p)
{
	const struct policy_net key = { .prefix = *p };

	return s ? bsearch(&key, s->v, s->n, sizeof(s->v[0]), net_cmp) : NULL;
}

static struct en_scope *scope_find(const struct enforce *e, uint32_t vni)
{
	uint32_t i = table_find(&e->scopes, vni);

	while (i && ((struct en_scope *)table_at(&e->scopes, i))->vni != vni)
		i = table_find_next(&e->scopes, i);
	return i ? table_at(&e->scopes, i) : NULL;
}

void en_scope_use(struct enforce *e, uint32_t vni)
{
	struct en_scope *s = scope_find(e, vni);

	if (!s) {
		s = table_at(&e->scopes, table_add(&e->scopes, vni));
		s->vni = vni;
	}
	s->loads++;
}

/* Its prefixes go in turns, and then it. */
void en_scope_unuse(struct enforce *e, uint32_t vni)
{
	scope_find(e, vni)->loads--;
}

static void net_put(struct enforce *e, uint16_t type, uint32_t vni,
		    const struct policy_net *n)
{
	const struct intent_ident i = {
		.vni = vni,
		.identity = n->identity,
		.ip = n->prefix.ip,
		.bits = n->prefix.bits,
	};
	struct identity_addr owner;

	if (!e->hooks->address(e->ctx, vni, &n->prefix, &owner))
		emit(e, type, &i);
}

static struct en_nets *wanted(const struct enforce *e, const struct en_scope *s)
{
	return s->loads && e->nets->n ? e->nets : NULL;
}

static void scope_begin(const struct enforce *e, struct en_scope *s)
{
	if (s->busy || s->sent == wanted(e, s))
		return;
	s->busy = true;
	s->added = false;
	s->at = 0;
	s->to = en_nets_ref(wanted(e, s));
}

/* Return: false: no room. */
static bool scope_add(struct enforce *e, struct en_scope *s)
{
	for (; s->to && s->at < s->to->n; s->at++) {
		const struct policy_net *n = &s->to->v[s->at];
		const struct policy_net *was = net_find(s->sent, &n->prefix);

		if (!e->hooks->has_room(e->ctx))
			return false;
		if (!was || was->identity != n->identity)
			net_put(e, INTENT_IDENT_SET, s->vni, n);
	}
	s->added = true;
	s->at = 0;
	return true;
}

static bool scope_remove(struct enforce *e, struct en_scope *s)
{
	for (; s->sent && s->at < s->sent->n; s->at++) {
		const struct policy_net *n = &s->sent->v[s->at];

		if (!e->hooks->has_room(e->ctx))
			return false;
		if (!net_find(s->to, &n->prefix))
			net_put(e, INTENT_IDENT_DEL, s->vni, n);
	}
	en_nets_unref(s->sent);
	s->sent = s->to;
	s->to = NULL;
	s->busy = false;
	return true;
}

static bool scope_is_done(const struct enforce *e, const struct en_scope *s)
{
	return !s->busy && s->sent == wanted(e, s);
}

/* Return: is it where it is to be? */
static bool scope_work(struct enforce *e, struct en_scope *s, bool remove)
{
	/* On the way to what is no longer wanted: all of that way, then the next. */
	if (s->busy && s->to != wanted(e, s) &&
	    !((s->added || scope_add(e, s)) && scope_remove(e, s)))
		return false;
	scope_begin(e, s);
	if (s->busy && !s->added && !scope_add(e, s))
		return false;
	if (s->busy && remove && !scope_remove(e, s))
		return false;
	return s->busy ? s->to == wanted(e, s) : scope_is_done(e, s);
}

bool en_scopes_work(struct enforce *e, bool remove)
{
	struct table_walk w = { 0 };
	bool done = true;

	for (uint32_t i; (i = table_next(&e->scopes, &w));) {
		struct en_scope *s = table_at(&e->scopes, i);

		done &= scope_work(e, s, remove);
		if (!s->loads && !s->busy && !s->sent)
			table_del(&e->scopes, i);
	}
	return done;
}

bool en_scopes_done(const struct enforce *e)
{
	struct table_walk w = { 0 };
	bool done = true;

	for (uint32_t i; (i = table_next(&e->scopes, &w));)
		done &= scope_is_done(e, table_at(&e->scopes, i));
	return done;
}

void en_scopes_forget(struct enforce *e)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&e->scopes, &w));) {
		struct en_scope *s = table_at(&e->scopes, i);

		en_nets_unref(s->sent);
		en_nets_unref(s->to);
	}
	table_fini(&e->scopes);
	table_init(&e->scopes, sizeof(struct en_scope));
}

/* ---- addresses -------------------------------------------------------------- */

static void ident_put(struct enforce *e, uint16_t type, const struct identity_addr *a)
{
	struct intent_ident r = {
		.vni = a->vni,
		.identity = a->identity,
		.ip = a->ip,
		.bits = a->bits,
	};

	memcpy(r.ifname, a->ifname, sizeof(r.ifname));
	emit(e, type, &r);
}

void enforce_address_set(struct enforce *e, const struct identity_addr *a)
{
	ident_put(e, INTENT_IDENT_SET, a);
	if (a->was == a->identity)
		return;
	count_add(e, a->vni, a->identity);
	if (a->was)
		count_drop(e, a->vni, a->was);
}

/* What a document calls this prefix holds again. */
void enforce_address_unset(struct enforce *e, const struct identity_addr *a)
{
	const struct en_scope *s = scope_find(e, a->vni);
	const struct prefix p = { a->ip, a->bits };
	const struct policy_net *n = s ? net_find(s->busy ? s->to : s->sent, &p) : NULL;
	struct identity_addr v = *a;

	if (n)
		v.identity = n->identity;
	memset(v.ifname, 0, n ? sizeof(v.ifname) : 0);
	ident_put(e, n ? INTENT_IDENT_SET : INTENT_IDENT_DEL, &v);
	if (a->was)
		count_drop(e, a->vni, a->was);
}
