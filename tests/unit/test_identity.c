/* Who is behind an address: what routes say, what is told of it and in which order. */
#include "tests/unit/addr_help.h"

#include <stdlib.h>

#include "lib/wbuf.h"
#include "rib/identity.h"
#include "tests/unit/rand.h"
#include "wire/attr.h"
#include "wire/group.h"

/* ---- who listens ------------------------------------------------------- */

enum { NUMBERS = 64, ADDRS = 256 };

/* What a consumer knows; asserts what it may rely on. */
struct world {
	struct identities *d;
	struct {
		uint32_t number;
		char labels[LABELS_STR];
	} used[NUMBERS];
	struct identity_addr addr[ADDRS]; /* identity 0: free */
	unsigned unknown[IDSET_FIRST];
};

static int used_find(const struct world *w, uint32_t number)
{
	for (int i = 0; i < NUMBERS; i++)
		if (w->used[i].number == number)
			return i;
	return -1;
}

static void on_used(void *ctx, uint32_t number, struct bytes labels)
{
	struct world *w = ctx;
	int i = used_find(w, number);

	assert_true(number >= IDENTITY_FIRST);
	if (i < 0)
		i = used_find(w, 0);
	assert_true(i >= 0);
	w->used[i].number = number;
	labels_format(labels, w->used[i].labels, LABELS_STR);
}

static void on_unused(void *ctx, uint32_t number)
{
	struct world *w = ctx;
	int i = used_find(w, number);

	assert_true(i >= 0);
	for (int k = 0; k < ADDRS; k++)
		assert_int_not_equal(w->addr[k].identity, number);
	memset(&w->used[i], 0, sizeof(w->used[i]));
}

static struct identity_addr *addr_find(struct world *w, const struct identity_addr *a)
{
	for (int i = 0; i < ADDRS; i++)
		if (w->addr[i].identity && w->addr[i].vni == a->vni &&
		    w->addr[i].bits == a->bits && ip_eq(&w->addr[i].ip, &a->ip))
			return &w->addr[i];
	return NULL;
}

static void on_set(void *ctx, const struct identity_addr *a)
{
	struct world *w = ctx;
	struct identity_addr *at = addr_find(w, a);

	assert_int_not_equal(a->identity, 0);
	assert_int_equal(a->was, at ? at->identity : 0);
	if (a->identity >= IDENTITY_FIRST)
		assert_true(used_find(w, a->identity) >= 0);
	for (int i = 0; !at && i < ADDRS; i++)
		if (!w->addr[i].identity)
			at = &w->addr[i];
	assert_non_null(at);
	*at = *a;
}

static void on_unset(void *ctx, const struct identity_addr *a)
{
	struct identity_addr *at = addr_find(ctx, a);

	assert_non_null(at);
	assert_int_equal(a->was, at->identity);
	at->identity = 0;
}

static void on_unknown(void *ctx, const struct identity_addr *a, enum identity_set why)
{
	struct world *w = ctx;

	assert_int_equal(a->identity, IDENTITY_INIT);
	w->unknown[why]++;
}

static const struct identity_hooks hooks = {
	.labelset_used = on_used,
	.labelset_unused = on_unused,
	.address_set = on_set,
	.address_unset = on_unset,
	.unknown = on_unknown,
};

static const char *const keys[] = { "app", "id", "role" };

static void conf(struct world *w, const struct labels_assign *assign, size_t n_assign,
		 const struct identity_map *maps, size_t n_maps)
{
	const struct identity_conf c = { .keys = keys,
					 .n_keys = ARRAY_SIZE(keys),
					 .assign = assign,
					 .n_assign = n_assign,
					 .maps = maps,
					 .n_maps = n_maps };

	identities_configure(w->d, &c);
}

static void world_init(struct world *w)
{
	const struct identity_domain dom = {
		.domain = 1, .code = LABELSET_CODE, .as = 65000, .large = 17
	};

	memset(w, 0, sizeof(*w));
	w->d = identities_new(&dom, &hooks, w);
	conf(w, NULL, 0, NULL, 0);
}

/* Nothing is left of anything. */
static void world_fini(struct world *w)
{
	struct identity_counts c;

	identities_clear(w->d);
	for (int i = 0; i < NUMBERS; i++)
		assert_int_equal(w->used[i].number, 0);
	for (int i = 0; i < ADDRS; i++)
		assert_int_equal(w->addr[i].identity, 0);
	identities_counts_get(w->d, &c);
	assert_int_equal(c.held + c.local + c.remote + c.maps, 0);
	for (int i = 0; i < IDSET_FIRST; i++)
		assert_int_equal(c.now[i], 0);
	identities_free(w->d);
}

static const struct identity_addr *addr_at(struct world *w, uint32_t vni,
					   const char *text)
{
	const struct identity_addr k = { .vni = vni,
					 .ip = ip(text),
					 .bits = (uint8_t)(ip(text).len * 8) };

	return addr_find(w, &k);
}

static uint32_t identity_at(struct world *w, uint32_t vni, const char *text)
{
	const struct identity_addr *a = addr_at(w, vni, text);

	return a ? a->identity : 0;
}

static void put(struct world *w, uint32_t vni, const char *text, uint32_t set,
		const char *ifname)
{
	const struct ip a = ip(text);

	identities_put(w->d, vni, &a, set, ifname);
	identities_unref(w->d, set);
}

/* ---- claims ------------------------------------------------------------ */

enum { NO = -1 };

/* A route with labels (NULL: none), and numbers beside it. */
struct route {
	const char *labels;
	int64_t id, wide, large;
	int64_t id2, wide2, large2; /* second ones; 0: none */
	uint32_t domain;            /* 0: 1 */
	uint8_t flags;              /* of the attribute; 0: 0xc0 */
	uint8_t spoil;              /* put in front of the labels */
};

struct made {
	struct attrs a;
	uint8_t ext[64], large[24], other[IDENTITY_TLV];
};

static void ext_put(struct made *m, struct extcom c)
{
	memcpy(m->ext + m->a.ext_communities.len, c.b, 8);
	m->a.ext_communities.len += 8;
}

static void large_put(struct made *m, int64_t v)
{
	struct wbuf w = wbuf_of(m->large + m->a.large_communities.len, 12);

	wbuf_u32(&w, 65000);
	wbuf_u32(&w, 17);
	wbuf_u32(&w, (uint32_t)v);
	m->a.large_communities.len += 12;
}

static void route_make(const struct route *r, struct made *m)
{
	struct wbuf w = wbuf_of(m->other, sizeof(m->other));
	struct labels l = { 0 };

	memset(m, 0, sizeof(*m));
	m->a.ext_communities.p = m->ext;
	m->a.large_communities.p = m->large;
	if (r->id != NO)
		ext_put(m, group_id_make((uint16_t)r->id));
	if (r->id2)
		ext_put(m, group_id_make((uint16_t)r->id2));
	if (r->wide != NO)
		ext_put(m, group_wide_make((uint32_t)r->wide, true));
	if (r->wide2)
		ext_put(m, group_wide_make((uint32_t)r->wide2, true));
	if (r->large != NO)
		large_put(m, r->large);
	if (r->large2)
		large_put(m, r->large2);
	if (!r->labels)
		return;
	if (r->labels[0])
		assert_int_equal(labels_parse(r->labels, &l), LABEL_FINE);
	if (r->spoil)
		l.b[0] = r->spoil;
	attr_head(&w, r->flags ? r->flags : 0xc0, LABELSET_CODE, LABELSET_HEAD + l.len);
	labelset_encode(&w, r->domain ? r->domain : 1, labels_bytes(&l));
	m->a.other = (struct bytes) { m->other, w.len };
}

#define WEB 0xcd721bff

static const struct {
	const char *name;
	struct route r;
	int64_t want; /* number; below IDSET_FIRST: that enum identity_set */
} claims[] = {
	{ "nothing", { NULL, NO, NO, NO }, IDSET_NONE },
	{ "labels", { "app=web", NO, NO, NO }, WEB },
	{ "partial", { "app=web", NO, NO, NO, .flags = 0xe0 }, WEB },
	{ "all agree", { "app=web", 0x1bff, WEB, WEB }, WEB },
	{ "id differs", { "app=web", 0x1bfe, NO, NO }, IDSET_MISMATCH },
	{ "wide differs", { "app=web", NO, WEB - 1, NO }, IDSET_MISMATCH },
	{ "large differs", { "app=web", NO, NO, 5000 }, IDSET_MISMATCH },
	{ "what reserved numbers say is no labels",
	  { "app=web", NO, 1, NO },
	  IDSET_MISMATCH },
	{ "not optional transitive",
	  { "app=web", NO, NO, NO, .flags = 0x80 },
	  IDSET_MALFORMED },
	{ "no labels in it", { "", NO, NO, NO }, IDSET_MALFORMED },
	{ "a bad label", { "app=web", NO, NO, NO, .spoil = '!' }, IDSET_MALFORMED },
	{ "malformed beside a good number",
	  { "app=web", NO, 70000, NO, .spoil = '!' },
	  IDSET_MALFORMED },
	{ "other domain", { "app=web", NO, NO, NO, .domain = 2 }, IDSET_NONE },
	{ "other domain, with its number",
	  { "app=web", NO, 70000, NO, .domain = 2 },
	  IDSET_NONE },
	{ "wide", { NULL, NO, 70000, NO }, 70000 },
	{ "wide before id", { NULL, 70000 & 0xffff, 70000, NO }, 70000 },
	{ "id", { NULL, 1001, NO, NO }, 1001 },
	{ "large", { NULL, NO, NO, 1002 }, 1002 },
	{ "id before large", { NULL, 1001, NO, 1002 }, 1001 },
	{ "two ids", { NULL, 1001, NO, NO, .id2 = 1002 }, IDSET_MALFORMED },
	{ "one id twice", { NULL, 1001, NO, NO, .id2 = 1001 }, 1001 },
	{ "two wide", { NULL, NO, 70000, NO, .wide2 = 70001 }, IDSET_MALFORMED },
	{ "two large", { NULL, NO, NO, 1001, .large2 = 1002 }, IDSET_MALFORMED },
	{ "wide is not id", { NULL, 1001, 1002, NO }, IDSET_MALFORMED },
	{ "host", { NULL, NO, IDENTITY_HOST, NO }, IDSET_RESERVED },
	{ "world by id", { NULL, IDENTITY_WORLD, NO, NO }, IDSET_RESERVED },
	{ "none", { NULL, 0, NO, NO }, IDSET_RESERVED },
	{ "a prefix of ours", { NULL, NO, 0x01000001, NO }, IDSET_RESERVED },
	{ "a twin of ours", { NULL, NO, 0x02000001, NO }, IDSET_RESERVED },
	{ "host by large", { NULL, NO, NO, 1 }, IDSET_RESERVED },
};

static void claimed(void **state)
{
	static struct made m;
	struct world w;

	(void)state;
	world_init(&w);
	for (size_t i = 0; i < ARRAY_SIZE(claims); i++) {
		uint32_t set;

		print_message("# %s\n", claims[i].name);
		route_make(&claims[i].r, &m);
		set = identities_claim(w.d, &m.a);
		if (claims[i].want < IDSET_FIRST)
			assert_int_equal(set, claims[i].want);
		else
			assert_int_equal(identities_number(w.d, set), claims[i].want);
		assert_int_equal(identities_labels(w.d, set).p != NULL,
				 claims[i].want == WEB);
		identities_unref(w.d, set);
	}
	world_fini(&w);
}

/* Both numbers are good while an operator goes from one to the other, no third one. */
static void claims_of_assigned(void **state)
{
	static const struct {
		int64_t wide, want;
	} rows[] = { { NO, 1001 }, { 1001, 1001 }, { WEB, 1001 }, { 1002, NO } };
	struct labels_assign a = { .number = 1001 };
	static struct made m;
	struct world w;

	(void)state;
	world_init(&w);
	labels_parse("app=web", &a.labels);
	conf(&w, &a, 1, NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct route r = { "app=web", NO, rows[i].wide, NO };
		uint32_t set;

		route_make(&r, &m);
		set = identities_claim(w.d, &m.a);
		if (rows[i].want == NO)
			assert_int_equal(set, IDSET_MISMATCH);
		else
			assert_int_equal(identities_number(w.d, set), rows[i].want);
		identities_unref(w.d, set);
	}
	world_fini(&w);
}

/* What is sent is read as the same; without the group there is one number less. */
static void tags(void **state)
{
	static struct identity_tags t;
	struct group g;
	struct world w;

	(void)state;
	world_init(&w);
	for (int group = 0; group < 2; group++) {
		uint32_t set = identities_of_labels(w.d, "app=web,other=1"), back;
		struct attrs a = { 0 };
		uint8_t ext[16];

		identities_tags(w.d, set, group, &t);
		for (size_t i = 0; i < t.n_extcoms; i++)
			memcpy(ext + 8 * i, t.extcom[i].b, 8);
		a.ext_communities = (struct bytes) { ext, 8 * t.n_extcoms };
		a.large_communities = (struct bytes) { t.large, t.large_len };
		a.other = (struct bytes) { t.tlv, t.tlv_len };
		back = identities_claim(w.d, &a);
		assert_int_equal(back, set);
		assert_int_equal(attrs_group(&a, &g), 0);
		assert_int_equal(g.has_id, group);
		assert_true(g.has_wide && g.derived && g.identity == WEB);
		assert_int_equal(t.large_len, 12);
		identities_unref(w.d, back);
		identities_unref(w.d, set);
	}
	identities_tags(w.d, IDSET_NONE, true, &t);
	assert_int_equal(t.n_extcoms + t.large_len + t.tlv_len, 0);
	world_fini(&w);
}

static void fit(void **state)
{
	static uint8_t list[8 * 300];
	struct attrs a = { .present = 1ull << ATTR_EXT_COMMUNITY };

	(void)state;
	a.ext_communities = (struct bytes) { list, 8 * 255 };
	assert_true(identities_fit(&a)); /* 2040 and a head of 4 */
	a.ext_communities.len += 8;
	assert_false(identities_fit(&a));
}

/* ---- addresses --------------------------------------------------------- */

static void addresses(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	put(&w, 100, "10.0.0.1", identities_of_labels(w.d, "app=web"), "veth1");
	put(&w, 100, "10.0.0.2", identities_of_labels(w.d, "app=web"), "");
	assert_string_equal(addr_at(&w, 100, "10.0.0.1")->ifname, "veth1");
	put(&w, 100, "10.0.0.1", identities_of_labels(w.d, "app=web"), "veth2");
	assert_string_equal(addr_at(&w, 100, "10.0.0.1")->ifname, "veth2");
	put(&w, 200, "10.0.0.1", identities_of_labels(w.d, "app=db"), "");
	assert_int_equal(identity_at(&w, 100, "10.0.0.1"), WEB);
	assert_int_equal(identity_at(&w, 100, "10.0.0.2"), WEB);
	assert_int_equal(identity_at(&w, 200, "10.0.0.1"), 0xe5657a8d);
	put(&w, 100, "10.0.0.2", IDSET_MALFORMED, "");
	assert_int_equal(identity_at(&w, 100, "10.0.0.2"), IDENTITY_INIT);
	assert_int_equal(w.unknown[IDSET_MALFORMED], 1);
	put(&w, 100, "10.0.0.2", IDSET_MALFORMED, "");
	assert_int_equal(w.unknown[IDSET_MALFORMED], 1); /* once per occasion */
	put(&w, 100, "10.0.0.1", IDSET_NONE, "");
	assert_int_equal(identity_at(&w, 100, "10.0.0.1"), 0);
	assert_int_equal(used_find(&w, WEB), -1);
	put(&w, 0, "2001:db8::1", IDSET_HOST, "");
	assert_int_equal(identity_at(&w, 0, "2001:db8::1"), IDENTITY_HOST);
	put(&w, 100, "10.0.0.9", IDSET_NONE, ""); /* never was there */
	world_fini(&w);
}

/* A number that came alone is known once its labels are; and no more when they go. */
static void bare_number(void **state)
{
	static struct made m;
	const struct route r = { NULL, NO, WEB, NO };
	struct world w;

	(void)state;
	world_init(&w);
	route_make(&r, &m);
	put(&w, 1, "10.0.0.1", identities_claim(w.d, &m.a), "");
	assert_string_equal(w.used[used_find(&w, WEB)].labels, "");
	put(&w, 1, "10.0.0.2", identities_of_labels(w.d, "app=web"), "");
	assert_string_equal(w.used[used_find(&w, WEB)].labels, "app=web");
	put(&w, 1, "10.0.0.1", IDSET_NONE, "");
	put(&w, 1, "10.0.0.1", identities_claim(w.d, &m.a), ""); /* behind the other */
	assert_string_equal(w.used[used_find(&w, WEB)].labels, "app=web");
	put(&w, 1, "10.0.0.2", IDSET_NONE, "");
	assert_string_equal(w.used[used_find(&w, WEB)].labels, "");
	assert_int_equal(identity_at(&w, 1, "10.0.0.1"), WEB);
	world_fini(&w);
}

/* In networks vni and vni + 1. */
static struct identity_map map(const char *prefix, const char *labels, uint32_t vni)
{
	static const uint32_t scopes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct identity_map m = { .n_scopes = 2, .scope = scopes + vni - 1 };

	assert_int_equal(prefix_parse(prefix, &m.prefix), 0);
	assert_int_equal(labels_parse(labels, &m.labels), LABEL_FINE);
	return m;
}

/* A route says more than the map, also when it says that nobody knows. */
static void static_map(void **state)
{
	struct identity_map two[] = { map("10.0.0.1/32", "app=web", 7),
				      map("10.1.0.0/16", "any=thing", 7) };
	const struct ip in = ip("10.1.255.255"), out = ip("10.2.0.0");
	struct identity_counts c;
	struct identity_addr a;
	struct world w;

	(void)state;
	world_init(&w);
	conf(&w, NULL, 0, two, 2);
	assert_true(identities_lookup(w.d, 7, &in, &a));
	assert_int_equal(a.bits, 16);
	assert_false(identities_lookup(w.d, 9, &in, &a));
	assert_false(identities_lookup(w.d, 7, &out, &a));
	assert_int_equal(identity_at(&w, 7, "10.0.0.1"), WEB);
	assert_int_equal(identity_at(&w, 8, "10.0.0.1"), WEB);
	put(&w, 7, "10.0.0.1", IDSET_CONFLICT, "");
	assert_int_equal(identity_at(&w, 7, "10.0.0.1"), IDENTITY_INIT);
	identities_counts_get(w.d, &c);
	assert_int_equal(c.maps, 3);
	assert_int_equal(c.now[IDSET_CONFLICT], 1);
	conf(&w, NULL, 0, two + 1, 1);
	assert_int_equal(identity_at(&w, 8, "10.0.0.1"), 0);
	assert_int_equal(identity_at(&w, 7, "10.0.0.1"), IDENTITY_INIT);
	conf(&w, NULL, 0, two, 2);
	put(&w, 7, "10.0.0.1", IDSET_NONE, "");
	assert_int_equal(identity_at(&w, 7, "10.0.0.1"), WEB);
	world_fini(&w);
}

/* Numbers given by hand change under way: the consumer follows. */
static void renumber(void **state)
{
	struct labels_assign a = { .number = 1001 };
	struct world w;

	(void)state;
	world_init(&w);
	labels_parse("app=web", &a.labels);
	put(&w, 1, "10.0.0.1", identities_of_labels(w.d, "app=web"), "");
	put(&w, 1, "10.0.0.2", identities_of_labels(w.d, "app=db"), "");
	conf(&w, &a, 1, NULL, 0);
	assert_int_equal(identity_at(&w, 1, "10.0.0.1"), 1001);
	assert_int_equal(identity_at(&w, 1, "10.0.0.2"), 0xe5657a8d);
	assert_int_equal(used_find(&w, WEB), -1);
	conf(&w, NULL, 0, NULL, 0);
	assert_int_equal(identity_at(&w, 1, "10.0.0.1"), WEB);
	world_fini(&w);
}

/* ---- property ---------------------------------------------------------- */

enum { STEPS = 20000, IPS = 24, SETS = 8 };

/* Sets of which two collide, bare numbers of some of them, and words of no identity. */
static uint32_t any_set(struct world *w)
{
	static const char *const sets[SETS] = { "app=web",  "app=db",        "id=25387",
						"id=54067", "id=1",          "id=2",
						"role=a",   "app=web,role=a" };
	static const uint32_t bare[] = { WEB, 0xe5657a8d, 70000, 0x9cc42ab2 };
	struct route r = { NULL, NO, 0, NO };
	static struct made m;

	switch (rand_below(4)) {
	case 0:
		return rand_below(IDSET_FIRST);
	case 1:
		r.wide = bare[rand_below(ARRAY_SIZE(bare))];
		route_make(&r, &m);
		return identities_claim(w->d, &m.a);
	default:
		return identities_of_labels(w->d, sets[rand_below(SETS)]);
	}
}

/* Whatever happens in whatever order, who listens knows what is, and a number only as
 * long as there is somebody; asserted by the hooks above all. */
static void any_order(void **state)
{
	struct labels_assign assign[2] = { { .number = 1001 }, { .number = 1002 } };
	struct identity_map maps[] = { map("10.0.0.3/32", "id=1", 1),
				       map("10.0.0.4/32", "id=25387", 1),
				       map("10.9.0.0/16", "id=54067", 1) };
	uint32_t model[2][IPS] = { 0 };
	struct world w;

	(void)state;
	world_init(&w);
	labels_parse("id=25387", &assign[0].labels);
	labels_parse("app=web", &assign[1].labels);
	for (unsigned step = 0; step < STEPS; step++) {
		uint32_t v = rand_below(2), k = rand_below(IPS), set = any_set(&w);
		char text[16];

		if (step % 64 == 0)
			conf(&w, assign + rand_below(2), rand_below(2),
			     maps + rand_below(2), rand_below(3));
		snprintf(text, sizeof(text), "10.0.0.%u", k);
		identities_unref(w.d, model[v][k]);
		model[v][k] = identities_ref(w.d, set);
		put(&w, v + 1, text, set, rand_below(2) ? "veth0" : "");
		for (v = 0; v < 2; v++)
			for (k = 0; k < IPS; k++) {
				snprintf(text, sizeof(text), "10.0.0.%u", k);
				if (model[v][k])
					assert_int_equal(
						identity_at(&w, v + 1, text),
						identities_number(w.d, model[v][k]));
			}
	}
	for (unsigned i = 0; i < 2 * IPS; i++)
		identities_unref(w.d, model[i / IPS][i % IPS]);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(claimed),    cmocka_unit_test(claims_of_assigned),
		cmocka_unit_test(tags),       cmocka_unit_test(fit),
		cmocka_unit_test(addresses),  cmocka_unit_test(bare_number),
		cmocka_unit_test(static_map), cmocka_unit_test(renumber),
		cmocka_unit_test(any_order),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
