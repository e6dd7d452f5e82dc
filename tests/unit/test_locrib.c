/*
 * The table against a slow model: random announcements, withdraws and session
 * losses; after each, winners, peers' counts and the change list must agree.
 * And update groups: what a set of receivers hears must add up to the model.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "rib/adjout.h"
#include "rib/locrib.h"
#include "tests/unit/attr_help.h"
#include "wire/nlri_evpn.h"

enum { PEERS = 5, KEYS = 40, SETS = 6, GROUPS = 3, IDS = 4 };

/* Path ids of the peers: the first two send none, the others number from 0, and may
 * have `room` paths of one route. */
static const unsigned ids[PEERS + 1] = { 0, 1, 1, IDS, IDS, IDS };
static const unsigned room[PEERS + 1] = { 0, 1, 1, 2, 3, IDS };

/* What the model knows: which set each peer announces for each key and path id. */
static int said[PEERS + 1][IDS][KEYS]; /* -1 nothing, else set */
static bool stale[PEERS + 1][IDS][KEYS];
static int heard[GROUPS][PEERS + 1][KEYS]; /* receivers: set heard, -1 none */

static struct attr_table attrs;
static struct rib rib;
static struct attrset *sets[SETS];
static struct adjout groups[GROUPS];

static struct nlri key_nlri(unsigned k)
{
	struct nlri n;
	struct evpn_route r = { .type = EVPN_MACIP, .label1 = 100 };

	r.rd = rd_make_ip(0x0a000001, (uint16_t)(k % 3));
	r.mac.b[5] = (uint8_t)k;
	if (k & 1) /* some keys are longer than what a net keeps inside */
		r.ip = ip_of("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	assert_int_equal(evpn_build(&r, &n), 0);
	return n;
}

static void setup_tables(void)
{
	attr_table_init(&attrs);
	rib_init(&rib, &nlri_evpn_ops, &attrs);
	for (uint32_t i = 0; i < SETS; i++) {
		struct attrs a = attrs_plain(i + 1);

		a.local_pref = 100 + i / 2;
		sets[i] = attrset_intern(&attrs, &a);
	}
	for (uint32_t p = 1; p <= PEERS; p++) {
		rib_peer_add(&rib, p,
			     &(struct path_source) { .id = p, .addr = ip4_of(p) },
			     NULL);
		rib.peer[p].max_paths = (uint16_t)room[p];
	}
	memset(said, 0xff, sizeof(said));
	memset(stale, 0, sizeof(stale));
	memset(heard, 0xff, sizeof(heard));
}

static void teardown_tables(void)
{
	for (uint32_t p = 1; p <= PEERS; p++)
		rib_peer_del(&rib, p);
	rib_trim(&rib);
	assert_int_equal(rib.n_nets, 0);
	assert_int_equal(rib.paths.used, 0);
	rib_fini(&rib);
	for (int i = 0; i < SETS; i++)
		attrset_unref(&attrs, sets[i]);
	assert_int_equal(attrs.n, 0);
	attr_table_fini(&attrs);
}

struct winner {
	int peer, id; /* peer 0: nobody */
};

/* Highest local preference (set number / 2), then lowest peer, then lowest path id. */
static struct winner model_best(unsigned k)
{
	struct winner w = { 0 };

	for (int p = 1; p <= PEERS; p++)
		for (int i = 0; i < IDS; i++)
			if (said[p][i][k] >= 0 &&
			    (!w.peer || said[p][i][k] / 2 > said[w.peer][w.id][k] / 2))
				w = (struct winner) { p, i };
	return w;
}

static uint32_t path_find(unsigned p, unsigned i, unsigned k)
{
	struct nlri n = key_nlri(k);
	uint32_t net = rib_find(&rib, &n);
	uint32_t id = net ? rib_net(&rib, net)->paths : 0;

	while (id && (rib_path(&rib, id)->peer != p || rib_path(&rib, id)->rx_id != i))
		id = rib_path(&rib, id)->next;
	return id;
}

/* Path i of peer p came as one too many: one that was stale has made room for it. */
static void model_evict(unsigned p, unsigned k)
{
	unsigned gone = 0;

	for (unsigned i = 0; i < IDS; i++) {
		if (said[p][i][k] < 0 || path_find(p, i, k))
			continue;
		assert_true(stale[p][i][k]);
		said[p][i][k] = -1;
		gone++;
	}
	assert_int_equal(gone, 1);
}

static void announce(unsigned p, unsigned i, unsigned k, int set)
{
	struct nlri n = key_nlri(k);
	unsigned others = 0, others_stale = 0;
	enum rib_result res;

	for (unsigned o = 0; o < IDS; o++)
		if (o != i && said[p][o][k] >= 0) {
			others++;
			others_stale += stale[p][o][k];
		}
	n.path_id = i;
	res = rib_update(&rib, p, &n, sets[set]);
	if (said[p][i][k] >= 0) {
		assert_int_equal(res, said[p][i][k] == set ? RIB_SAME : RIB_REPLACED);
	} else if (others >= room[p]) {
		assert_int_equal(res, others_stale ? RIB_NEW : RIB_LIMIT);
		if (res == RIB_LIMIT)
			return;
		model_evict(p, k);
	} else {
		assert_int_equal(res, RIB_NEW);
	}
	said[p][i][k] = set;
	stale[p][i][k] = false;
}

static void withdraw(unsigned p, unsigned i, unsigned k)
{
	struct nlri n = key_nlri(k);

	n.path_id = i;
	assert_int_equal(rib_withdraw(&rib, p, &n),
			 said[p][i][k] >= 0 ? RIB_GONE : RIB_SAME);
	said[p][i][k] = -1;
}

/* All paths of a peer, or those that are stale. */
static unsigned model_drop(unsigned p, bool all)
{
	unsigned n = 0;

	for (unsigned i = 0; i < IDS; i++)
		for (unsigned k = 0; k < KEYS; k++) {
			if (said[p][i][k] < 0 || (!all && !stale[p][i][k]))
				continue;
			said[p][i][k] = -1;
			n++;
		}
	return n;
}

static void make_stale(unsigned p)
{
	rib_peer_stale(&rib, p);
	for (unsigned i = 0; i < IDS; i++)
		for (unsigned k = 0; k < KEYS; k++)
			stale[p][i][k] = said[p][i][k] >= 0;
}

static void random_event(unsigned *seed)
{
	unsigned p = 1 + (unsigned)rand_r(seed) % PEERS,
		 k = (unsigned)rand_r(seed) % KEYS;
	unsigned what = (unsigned)rand_r(seed) % 400,
		 i = (unsigned)rand_r(seed) % ids[p];

	if (what < 10)
		assert_int_equal(rib_peer_flush(&rib, p), model_drop(p, true));
	else if (what < 14)
		make_stale(p);
	else if (what < 18)
		assert_int_equal(rib_peer_sweep(&rib, p), model_drop(p, false));
	else if (what < 110)
		withdraw(p, i, k);
	else
		announce(p, i, k, rand_r(seed) % SETS);
}

static void check_winners(void)
{
	for (unsigned k = 0; k < KEYS; k++) {
		struct nlri n = key_nlri(k);
		uint32_t id = rib_find(&rib, &n);
		struct winner w = model_best(k);

		if (!w.peer) {
			assert_true(!id || !rib_net(&rib, id)->best);
			continue;
		}
		assert_true(id && rib_net(&rib, id)->best);
		const struct path *p = rib_path(&rib, rib_net(&rib, id)->best);

		assert_int_equal(p->peer, w.peer);
		assert_int_equal(p->rx_id, w.id);
		assert_ptr_equal(p->attrs, sets[said[w.peer][w.id][k]]);
	}
	for (uint32_t p = 1; p <= PEERS; p++) {
		uint32_t n = 0, n_stale = 0;

		for (unsigned i = 0; i < IDS; i++)
			for (unsigned k = 0; k < KEYS; k++) {
				bool is = said[p][i][k] >= 0;

				assert_int_equal(is, path_find(p, i, k) != 0);
				n += is;
				n_stale += is && stale[p][i][k];
			}
		assert_int_equal(rib.peer[p].n, n);
		assert_int_equal(rib.peer[p].n_stale, n_stale);
	}
}

static void winners_follow_the_model(void **state)
{
	unsigned seed = 1;

	(void)state;
	setup_tables();
	for (int i = 0; i < 20000; i++) {
		random_event(&seed);
		check_winners();
		if (i % 7 == 0)
			rib_trim(&rib);
	}
	teardown_tables();
}

/* ---- update groups --------------------------------------------------------- */

static unsigned key_of_net(uint32_t net)
{
	struct nlri n;
	struct evpn_route r;

	rib_nlri(&rib, net, 0, &n);
	assert_int_equal(evpn_view(&n, &r), 0);
	return r.mac.b[5];
}

/* Group g hides what peer g announces, so that refusals are in the mix too. */
static bool may(void *ctx, const struct rib *r, const struct path *p)
{
	(void)r;
	return p->peer != (uint16_t)(uintptr_t)ctx;
}

static int set_number(const struct path *p)
{
	for (int i = 0; i < SETS; i++)
		if (sets[i] == p->attrs)
			return i;
	return -1;
}

/* Applies up to `most` steps to the receivers of a group. */
static void hear(unsigned g, int most)
{
	struct adjout_step s;

	while (most-- > 0 && adjout_next(&groups[g], may, (void *)(uintptr_t)g, &s)) {
		unsigned k = key_of_net(s.net);

		assert_true(s.path || s.withdraw);
		for (uint32_t p = 0; p <= PEERS; p++) {
			if (s.withdraw &&
			    (s.withdraw_one ? p == s.src : p != s.old_src)) {
				assert_true(heard[g][p][k] >= 0); /* none too many */
				heard[g][p][k] = -1;
			}
			if (s.path && p != s.src)
				heard[g][p][k] = set_number(rib_path(&rib, s.path));
		}
	}
}

static void check_heard(unsigned g)
{
	uint32_t count[PEERS + 1] = { 0 };

	for (unsigned k = 0; k < KEYS; k++) {
		struct winner w = model_best(k);
		int set = w.peer ? said[w.peer][w.id][k] : -1;

		for (int p = 0; p <= PEERS; p++) {
			int want = w.peer != (int)g && w.peer != p ? set : -1;

			assert_int_equal(heard[g][p][k], want);
			count[p] += want >= 0;
		}
	}
	for (uint32_t p = 0; p <= PEERS; p++)
		assert_int_equal(adjout_count(&groups[g], p), count[p]);
}

static bool told_somebody(void *ctx, const struct rib *r, uint32_t net)
{
	(void)ctx;
	(void)r;
	for (unsigned g = 0; g < GROUPS; g++)
		if (groups[g].rib && adjout_told(&groups[g], net) >= 0)
			return true;
	return false;
}

static void groups_hear_the_model(void **state)
{
	unsigned seed = 2;

	(void)state;
	setup_tables();
	for (int i = 0; i < 200; i++)
		random_event(&seed); /* a table to walk over */
	for (unsigned g = 0; g < GROUPS; g++)
		adjout_init(&groups[g], &rib);
	for (int i = 0; i < 20000; i++) {
		random_event(&seed);
		/* Each group at a pace of its own; sometimes all catch up. */
		for (unsigned g = 0; g < GROUPS; g++)
			if (rand_r(&seed) % (2 + g * 5) == 0)
				hear(g, rand_r(&seed) % 10);
		if (i % 50 == 0)
			rib_trim(&rib);
		if (i % 3 == 0) {
			rib.dead_limit = 0; /* few are many */
			rib_forget(&rib, NULL, told_somebody, NULL);
		}
		if (i % 101 == 0) {
			adjout_refresh(&groups[1]);
			for (unsigned g = 0; g < GROUPS; g++) {
				hear(g, 1 << 20);
				assert_true(adjout_idle(&groups[g]));
				check_heard(g);
			}
		}
	}
	for (unsigned g = 0; g < GROUPS; g++)
		adjout_fini(&groups[g]);
	teardown_tables();
}

/* Who stands still keeps what it was told of, not what it never heard of; a reader
 * that has to see everything keeps all. */
static void the_unheard_is_forgotten(void **state)
{
	struct nlri n = key_nlri(2);
	struct rib_cursor all;

	(void)state;
	setup_tables();
	adjout_init(&groups[0], &rib);
	rib_update(&rib, 1, &n, sets[0]);
	hear(0, 10);
	rib_withdraw(&rib, 1, &n); /* has to be told */
	for (uint32_t i = 0; i < 300000; i++) {
		struct evpn_route r = { .type = EVPN_MACIP };

		if (i == 200000) {
			assert_true(rib.n_nets < 70000);
			rib_cursor_init(&rib, &all);
		}
		memcpy(r.mac.b + 2, &i, sizeof(i));
		r.mac.b[0] = 2;
		assert_int_equal(evpn_build(&r, &n), 0);
		rib_update(&rib, 1, &n, sets[0]);
		rib_withdraw(&rib, 1, &n);
		rib_forget(&rib, i < 200000 ? NULL : &all, told_somebody, NULL);
	}
	n = key_nlri(2);
	assert_int_not_equal(rib_find(&rib, &n), 0);
	assert_true(rib.n_nets > 100000 && rib.n_nets == rib.n_dead);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_not_equal(rib_cursor_next(&rib, &all), 0);
	assert_int_equal(rib_cursor_next(&rib, &all), 0);
	hear(0, 1);
	check_heard(0);
	rib_cursor_fini(&rib, &all);
	adjout_fini(&groups[0]);
	teardown_tables();
	assert_int_equal(rib.n_dead, 0);
}

static void split_group_says_the_same(void **state)
{
	unsigned seed = 3;

	(void)state;
	setup_tables();
	adjout_init(&groups[0], &rib);
	for (int i = 0; i < 300; i++)
		random_event(&seed);
	hear(0, 7); /* in the middle of the walk */
	adjout_split(&groups[1], &groups[0]);
	memcpy(heard[1], heard[0], sizeof(heard[1]));
	for (int i = 0; i < 300; i++)
		random_event(&seed);
	hear(0, 1 << 20);
	/* groups[1] must hide nothing here: play it with the policy of group 0. */
	struct adjout_step s;
	unsigned steps = 0;

	while (adjout_next(&groups[1], may, (void *)0, &s))
		steps++;
	assert_true(steps > 0);
	for (uint32_t id = 1; id < rib.nets.next; id++)
		if (rib_is_route(&rib, id))
			assert_int_equal(adjout_told(&groups[0], id),
					 adjout_told(&groups[1], id));
	check_heard(0);
	adjout_fini(&groups[0]);
	adjout_fini(&groups[1]);
	teardown_tables();
}

/* ---- change list, graceful restart, MED ------------------------------------ */

static void hundred_changes_are_one(void **state)
{
	struct rib_cursor c;
	struct nlri n = key_nlri(2);

	(void)state;
	setup_tables();
	rib_cursor_init(&rib, &c);
	for (int i = 0; i < 100; i++)
		rib_update(&rib, 1, &n, sets[i % SETS]);
	assert_int_not_equal(rib_cursor_next(&rib, &c), 0);
	assert_int_equal(rib_cursor_next(&rib, &c), 0);
	/* A net that came and went while nobody looked is still one change. */
	rib_withdraw(&rib, 1, &n);
	rib_trim(&rib);
	assert_int_equal(rib.n_nets, 1);
	assert_int_not_equal(rib_cursor_next(&rib, &c), 0);
	rib_trim(&rib);
	assert_int_equal(rib.n_nets, 0);
	rib_cursor_fini(&rib, &c);
	teardown_tables();
}

static void stale_paths_are_swept(void **state)
{
	struct nlri a = key_nlri(2), b = key_nlri(4), c = key_nlri(6);

	(void)state;
	setup_tables();
	rib_update(&rib, 1, &a, sets[0]);
	rib_update(&rib, 1, &b, sets[0]);
	rib_peer_stale(&rib, 1);
	assert_int_equal(rib.peer[1].n_stale, 2);
	assert_int_equal(rib_update(&rib, 1, &a, sets[0]), RIB_SAME);
	rib_update(&rib, 1, &c, sets[1]);
	assert_int_equal(rib.peer[1].n_stale, 1);
	assert_int_equal(rib_peer_sweep(&rib, 1), 1);
	assert_int_equal(rib.peer[1].n, 2);
	assert_int_equal(rib_find(&rib, &b) && rib_net(&rib, rib_find(&rib, &b))->best,
			 0);
	rib_peer_stale(&rib, 1);
	assert_int_equal(rib_peer_sweep(&rib, 1), 2);
	assert_int_equal(rib.peer[1].n, 0);
	teardown_tables();
}

/* A set of peer 1 with one community; counted. */
static struct attrset *set_with_community(uint32_t community)
{
	uint8_t raw[4] = { (uint8_t)(community >> 24), (uint8_t)(community >> 16),
			   (uint8_t)(community >> 8), (uint8_t)community };
	struct attrs a;

	attrset_view(sets[0], &a);
	a.communities = (struct bytes) { raw, sizeof(raw) };
	a.present |= 1ull << ATTR_COMMUNITY;
	return attrset_intern(&attrs, &a);
}

static struct attrset *attrs_of(const struct nlri *n)
{
	return rib_path(&rib, rib_net(&rib, rib_find(&rib, n))->best)->attrs;
}

static void long_lived_paths_are_marked(void **state)
{
	struct nlri a = key_nlri(2), b = key_nlri(4), c = key_nlri(6);
	struct attrset *no_llgr, *other;
	struct attrs v;
	uint32_t n_sets;

	(void)state;
	setup_tables();
	no_llgr = set_with_community(COMMUNITY_NO_LLGR);
	other = set_with_community(7);
	rib_update(&rib, 1, &a, sets[0]);
	rib_update(&rib, 1, &b, no_llgr);
	rib_update(&rib, 1, &c, other);
	n_sets = attrs.n;
	assert_int_equal(rib_peer_long_lived(&rib, 1), 0); /* nothing is stale */
	rib_peer_stale(&rib, 1);
	assert_int_equal(rib_peer_long_lived(&rib, 1), 2);
	assert_int_equal(rib.peer[1].n, 2);
	assert_int_equal(rib.peer[1].n_stale, 2);
	assert_true(attrs_of(&a)->llgr_stale && attrs_of(&c)->llgr_stale);
	assert_ptr_not_equal(attrs_of(&a), attrs_of(&c));
	attrset_view(attrs_of(&c), &v);
	assert_int_equal(v.communities.len, 8);
	assert_true(attrs_has_community(&v, 7)); /* what was there stays */
	assert_int_equal(attrs.n, n_sets + 2);
	assert_int_equal(rib_peer_long_lived(&rib, 1), 2); /* once is enough */
	attrset_view(attrs_of(&c), &v);
	assert_int_equal(v.communities.len, 8);

	/* Any other path is better, and the peer's own word takes the mark away. */
	rib_update(&rib, 2, &a, sets[1]);
	assert_ptr_equal(attrs_of(&a), sets[1]);
	rib_update(&rib, 1, &c, other);
	assert_ptr_equal(attrs_of(&c), other);
	assert_int_equal(rib.peer[1].n_stale, 1);
	assert_int_equal(rib.peer[1].n_long_lived, 1);
	assert_int_equal(rib_peer_sweep(&rib, 1), 1);
	assert_int_equal(rib.peer[1].n_long_lived, 0);
	assert_int_equal(attrs.n, n_sets);
	attrset_unref(&attrs, no_llgr);
	attrset_unref(&attrs, other);
	teardown_tables();
}

/* Three paths whose pairwise order is a circle without deterministic MED: the
 * winner must not depend on the order of arrival. */
static void med_does_not_depend_on_order(void **state)
{
	static const uint8_t path[3][6] = { { 2, 1, 0, 0, 0, 1 },
					    { 2, 1, 0, 0, 0, 2 },
					    { 2, 1, 0, 0, 0, 1 } };
	static const uint32_t med[3] = { 10, 0, 5 }, id[3] = { 1, 2, 3 };
	static const int order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					 { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	struct nlri n = key_nlri(8);

	(void)state;
	for (size_t o = 0; o < ARRAY_SIZE(order); o++) {
		setup_tables();
		for (int i = 0; i < 3; i++) {
			int p = order[o][i];
			struct attrs a = attrs_plain(1);
			struct attrset *s;

			a.present |= 1ull << ATTR_MED;
			a.med = med[p];
			a.as_path = (struct bytes) { path[p], 6 };
			s = attrset_intern(&attrs, &a);
			rib_peer_source(
				&rib, (uint32_t)p + 1,
				&(struct path_source) { .id = id[p],
							.ebgp = true,
							.addr = ip4_of(id[p]) });
			rib_update(&rib, (uint32_t)p + 1, &n, s);
			attrset_unref(&attrs, s);
		}
		/* AS 1: MED 5 beats 10, so path 2; against AS 2 the id decides. */
		assert_int_equal(
			rib_path(&rib, rib_net(&rib, rib_find(&rib, &n))->best)->peer,
			2);
		teardown_tables();
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(winners_follow_the_model),
		cmocka_unit_test(groups_hear_the_model),
		cmocka_unit_test(the_unheard_is_forgotten),
		cmocka_unit_test(split_group_says_the_same),
		cmocka_unit_test(hundred_changes_are_one),
		cmocka_unit_test(stale_paths_are_swept),
		cmocka_unit_test(long_lived_paths_are_marked),
		cmocka_unit_test(med_does_not_depend_on_order),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
