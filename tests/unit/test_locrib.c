/*
 * The table against a slow model: random announcements, withdraws, restarts and
 * session losses; after each, winners and peers' counts must agree. And its change
 * lists.
 */
#include "tests/unit/rib_help.h"

static void check_winners(void)
{
	for (unsigned k = 0; k < KEYS; k++) {
		struct nlri n = key_nlri(k);
		uint32_t id = rib_find(&rib, &n);
		struct winner w = model_best(k);

		if (w.peer < 0) {
			assert_true(!id || !rib_net(&rib, id)->best);
			continue;
		}
		assert_true(id && rib_net(&rib, id)->best);
		const struct path *p = rib_path(&rib, rib_net(&rib, id)->best);

		assert_int_equal(p->peer, w.peer);
		assert_int_equal(p->rx_id, w.id);
		assert_ptr_equal(p->attrs, sets[said[w.peer][w.id][k]]);
	}
	for (uint32_t p = 0; p <= PEERS; p++) {
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
	for (int i = 0; i < 10000; i++) {
		peer_event((unsigned)rand_r(&seed) % (PEERS + 1), &seed);
		check_winners();
		if (i % 7 == 0)
			rib_trim(&rib);
	}
	teardown_tables();
}

/* ---- change list, graceful restart, MED ------------------------------------ */

static void hundred_changes_are_one(void **state)
{
	struct rib_cursor c;
	struct nlri n = key_nlri(2);

	(void)state;
	setup_tables();
	rib_cursor_init(&rib, &c, RIB_NETS);
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

/* The best of those that nobody of their neighbouring AS beats: as the text says it. */
static uint32_t slow_winner(const struct net *n)
{
	uint32_t best = 0;

	for (uint32_t a = n->paths; a; a = rib_path(&rib, a)->next) {
		struct path_view va = rib_path_view(&rib, a), vb;
		bool beaten = false;

		for (uint32_t b = n->paths; b; b = rib_path(&rib, b)->next) {
			vb = rib_path_view(&rib, b);
			beaten |= vb.attrs->first_as == va.attrs->first_as &&
				  best_cmp(&vb, &va, NULL) < 0;
		}
		if (beaten)
			continue;
		vb = best ? rib_path_view(&rib, best) : va;
		if (!best || best_cmp(&va, &vb, NULL) < 0)
			best = a;
	}
	return best;
}

static void med_among_many(void **state)
{
	struct nlri n = key_nlri(8);
	unsigned seed = 9;

	(void)state;
	setup_tables();
	rib.peer[1].max_paths = rib.peer[2].max_paths = 100;
	for (int i = 0; i < 5000; i++) {
		uint8_t path[6] = { 2, 1, 0, 0, 0, (uint8_t)(rand_r(&seed) % 5) };
		struct attrs a = attrs_plain(1);
		uint32_t p = 1 + (uint32_t)rand_r(&seed) % 2;
		struct attrset *s;

		a.present |= 1ull << ATTR_MED | 1ull << ATTR_ORIGINATOR_ID;
		a.med = (uint32_t)rand_r(&seed) % 4;
		a.originator_id = 1 + (uint32_t)rand_r(&seed) % 9;
		a.as_path = (struct bytes) { path, 6 };
		s = attrset_intern(&attrs, &a);
		n.path_id = (uint32_t)rand_r(&seed) % 40;
		if (rand_r(&seed) % 3)
			rib_update(&rib, p, &n, s);
		else
			rib_withdraw(&rib, p, &n);
		attrset_unref(&attrs, s);
		if (rib_find(&rib, &n)) {
			const struct net *net = rib_net(&rib, rib_find(&rib, &n));

			assert_int_equal(net->best, slow_winner(net));
		}
	}
	teardown_tables();
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(winners_follow_the_model),
		cmocka_unit_test(hundred_changes_are_one),
		cmocka_unit_test(stale_paths_are_swept),
		cmocka_unit_test(long_lived_paths_are_marked),
		cmocka_unit_test(med_does_not_depend_on_order),
		cmocka_unit_test(med_among_many),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
