/*
 * Update groups as a whole: peers come, go and come back on the same slot, join groups,
 * fall behind, ask for everything again, are merged; some are told winners, some all
 * paths. Whatever the pace, what a peer hears adds up to the model, no withdraw is lost
 * and none is one too many.
 */
#include "tests/unit/rib_help.h"

#include "rib/adjout.h"

enum { GROUPS = 2 * PEERS, MAX_ID = 4096 };

struct group {
	bool used;
	enum rib_list list;
	bool hides; /* tells nothing of the last set, as of a no-advertise route */
	struct adjout out;
	bool member[PEERS + 1];
};

static struct group groups[GROUPS];
static struct group *in[PEERS + 1];        /* NULL: not up */
static int heard[PEERS + 1][KEYS][MAX_ID]; /* by path id; set, -1 none */
static unsigned seed;

static unsigned rnd(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

static enum rib_list list_of(unsigned p)
{
	return p % 2 ? RIB_PATHS : RIB_NETS;
}

static bool hides(unsigned p)
{
	return p > 5;
}

/* ---- groups, as bgpd/export.c has them ---- */

static struct group *group_free_slot(unsigned p)
{
	struct group *g = groups;

	while (g->used)
		g++;
	assert_true(g < groups + GROUPS);
	*g = (struct group) { .used = true, .list = list_of(p), .hides = hides(p) };
	return g;
}

static void leave(unsigned p)
{
	struct group *g = in[p];
	bool empty = true;

	g->member[p] = false;
	in[p] = NULL;
	for (unsigned m = 1; m <= PEERS; m++)
		empty &= !g->member[m];
	if (empty) {
		adjout_fini(&g->out);
		g->used = false;
	}
}

static void join(unsigned p, struct group *g)
{
	g->member[p] = true;
	in[p] = g;
}

static bool alike(const struct group *a, const struct group *b)
{
	return a->list == b->list && a->hides == b->hides;
}

static void session_up(unsigned p)
{
	struct group *g;

	if (!rib.peer[p].used)
		peer_open(p);
	memset(heard[p], 0xff, sizeof(heard[p]));
	for (g = groups; g < groups + GROUPS; g++)
		if (g->used && g->list == list_of(p) && g->hides == hides(p) &&
		    g->out.walk == 1 && !g->out.n_routes)
			break;
	if (g == groups + GROUPS) {
		g = group_free_slot(p);
		adjout_init(&g->out, &rib, g->list);
	}
	join(p, g);
}

static void session_down(unsigned p, bool keep)
{
	leave(p);
	if (keep) {
		make_stale(p);
	} else {
		rib_peer_del(&rib, p);
		model_drop(p, true);
	}
}

static struct group *split(unsigned p)
{
	struct group *g = group_free_slot(p);

	adjout_split(&g->out, &in[p]->out);
	leave(p);
	join(p, g);
	return g;
}

static void merge(void)
{
	for (struct group *g = groups; g < groups + GROUPS; g++)
		for (unsigned p = 1; p <= PEERS; p++)
			if (g->used && adjout_idle(&g->out) && in[p] && in[p] != g &&
			    alike(in[p], g) && adjout_idle(&in[p]->out)) {
				leave(p);
				join(p, g);
			}
}

/* ---- receivers ---- */

static unsigned key_of_net(uint32_t net)
{
	struct nlri n;
	struct evpn_route r;

	rib_nlri(&rib, net, 0, &n);
	assert_int_equal(evpn_view(&n, &r), 0);
	return r.mac.b[5];
}

static int set_number(const struct path *p)
{
	for (int i = 0; i < SETS; i++)
		if (sets[i] == p->attrs)
			return i;
	fail();
	return -1;
}

static bool may(void *ctx, const struct rib *r, const struct path *p)
{
	const struct group *g = ctx;

	(void)r;
	return !g->hides || p->attrs != sets[SETS - 1];
}

/* Up to `most` steps of a group; Return: how many there were. */
static int hear(struct group *g, int most)
{
	struct adjout_step s;
	int n = 0;

	while (n < most && adjout_next(&g->out, may, g, &s)) {
		unsigned k = key_of_net(s.net);

		n++;
		assert_true(s.path || s.withdraw);
		assert_true(s.path_id < MAX_ID);
		assert_int_equal(g->list == RIB_PATHS, s.path_id != 0);
		for (uint32_t p = 1; p <= PEERS; p++) {
			int *what = &heard[p][k][s.path_id];

			if (!g->member[p])
				continue;
			if (s.withdraw &&
			    (s.withdraw_one ? p == s.src : p != s.old_src)) {
				assert_true(*what >= 0); /* none too many */
				*what = -1;
			}
			if (s.path && p != s.src)
				*what = set_number(rib_path(&rib, s.path));
		}
	}
	return n;
}

static bool shown(unsigned to, unsigned from, int set)
{
	return set >= 0 && to != from && !(hides(to) && set == SETS - 1);
}

/* How often each set should be heard for a key. */
static void model_heard(unsigned to, unsigned k, unsigned want[SETS])
{
	struct winner w = model_best(k);

	memset(want, 0, SETS * sizeof(*want));
	if (list_of(to) == RIB_NETS) {
		if (w.peer >= 0 && shown(to, (unsigned)w.peer, said[w.peer][w.id][k]))
			want[said[w.peer][w.id][k]]++;
		return;
	}
	for (unsigned p = 0; p <= PEERS; p++)
		for (unsigned i = 0; i < IDS; i++)
			if (shown(to, p, said[p][i][k]))
				want[said[p][i][k]]++;
}

static void check_heard(unsigned to)
{
	uint32_t total = 0;

	for (unsigned k = 0; k < KEYS; k++) {
		unsigned want[SETS], got[SETS] = { 0 };

		model_heard(to, k, want);
		for (unsigned id = 0; id < MAX_ID; id++)
			if (heard[to][k][id] >= 0) {
				got[heard[to][k][id]]++;
				total++;
			}
		assert_memory_equal(got, want, sizeof(want));
	}
	assert_int_equal(adjout_count(&in[to]->out, to), total);
}

/* What `show` says a peer was told is what it heard. */
static void check_knows(unsigned to)
{
	for (uint32_t id = 1; id < rib.paths.next; id++) {
		const struct path *p = rib_path(&rib, id);
		bool knows;

		if (!rib_is_path(&rib, id))
			continue;
		knows = adjout_knows(&in[to]->out, to, id);
		assert_int_equal(knows, adjout_is_current(&in[to]->out, to, id));
		if (list_of(to) == RIB_PATHS)
			assert_int_equal(knows, heard[to][key_of_net(p->net)][id] >= 0);
		else if (knows)
			assert_int_equal(heard[to][key_of_net(p->net)][0],
					 set_number(p));
	}
}

/* At any time: what is said to be known as it is now was heard like that. */
static void check_current(unsigned to)
{
	for (uint32_t id = 1; id < rib.paths.next; id++) {
		const struct path *p = rib_path(&rib, id);

		if (rib_is_path(&rib, id) && adjout_is_current(&in[to]->out, to, id))
			assert_int_equal(heard[to][key_of_net(p->net)]
					      [list_of(to) == RIB_PATHS ? id : 0],
					 set_number(p));
	}
}

static void all_hear(void)
{
	for (struct group *g = groups; g < groups + GROUPS; g++)
		if (g->used) {
			hear(g, INT32_MAX);
			assert_true(adjout_idle(&g->out));
		}
	for (unsigned p = 1; p <= PEERS; p++)
		if (in[p]) {
			check_heard(p);
			check_knows(p);
		}
	rib_trim(&rib);
	/* Nothing is kept that nobody needs. */
	assert_int_equal(rib.paths.used, rib.n_paths + rib.list[RIB_PATHS].cursors);
	assert_int_equal(rib.nets.used, rib.n_nets + rib.list[RIB_NETS].cursors);
}

static bool told_somebody(void *ctx, const struct rib *r, uint32_t net)
{
	(void)ctx;
	(void)r;
	for (struct group *g = groups; g < groups + GROUPS; g++)
		if (g->used && g->list == RIB_NETS && adjout_told(&g->out, net) >= 0)
			return true;
	return false;
}

static void group_event(void)
{
	unsigned p = 1 + rnd(PEERS);

	switch (rnd(8)) {
	case 0:
		if (in[p])
			session_down(p, rnd(2));
		break;
	case 1:
		if (in[p])
			adjout_refresh(&split(p)->out);
		break;
	case 2:
		if (in[p])
			split(p);
		break;
	case 3:
	case 4:
		merge();
		break;
	case 5:
		all_hear();
		break;
	default:
		if (!in[p])
			session_up(p);
	}
}

static int setup(void **state)
{
	(void)state;
	setup_tables();
	for (unsigned p = 1; p <= PEERS; p++)
		session_up(p);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned p = 1; p <= PEERS; p++)
		if (in[p])
			leave(p);
	assert_null(rib.note);
	assert_null(rib.gone);
	teardown_tables();
	return 0;
}

static void everybody_hears_the_model(void **state)
{
	(void)state;
	seed = 5;
	for (int i = 0; i < 60000; i++) {
		unsigned p = rnd(PEERS + 1);
		struct group *g = &groups[rnd(GROUPS)];

		if (!p || in[p])
			peer_event(p, &seed);
		if (g->used && rnd(3) == 0)
			hear(g, (int)rnd(12));
		if (rnd(40) == 0)
			group_event();
		if (p && rnd(10) == 0 && in[p])
			check_current(p);
		if (rnd(20) == 0)
			rib_trim(&rib);
		if (rnd(10) == 0) {
			rib.dead_limit = 0; /* few are many */
			rib_forget(&rib, NULL, told_somebody, NULL);
		}
	}
	all_hear();
}

/* ---- one thing each -------------------------------------------------------- */

/* Only peers 1, 3 and 5 stay: told all paths, in one group; 8 speaks. */
static struct group *three(void)
{
	all_hear();
	merge();
	assert_ptr_equal(in[1], in[3]);
	assert_ptr_equal(in[1], in[5]);
	return in[1];
}

static void only_what_changed_is_said(void **state)
{
	struct group *g = three();
	struct nlri n = key_nlri(3);
	struct evpn_route r;

	(void)state;
	announce(8, 0, 3, 1);
	announce(4, 0, 3, 2);
	announce(4, 1, 3, 3);
	assert_int_equal(hear(g, 99), 3);
	announce(4, 1, 3, 4); /* one of three paths */
	announce(4, 1, 3, 4);
	assert_int_equal(hear(g, 99), 1);
	announce(4, 1, 3, 1); /* there and back is a change, one */
	announce(4, 1, 3, 4);
	assert_int_equal(hear(g, 99), 1);
	assert_int_equal(evpn_view(&n, &r), 0);
	r.label1 = 7; /* not its attributes, but its label */
	assert_int_equal(evpn_build(&r, &n), 0);
	assert_int_equal(rib_update(&rib, 8, &n, sets[1]), RIB_REPLACED);
	assert_int_equal(hear(g, 99), 1);
	withdraw(4, 0, 3);
	assert_int_equal(hear(g, 99), 1);
	make_stale(4);
	announce(4, 1, 3, 4); /* what is stale was told and stays so */
	assert_int_equal(hear(g, 99), 0);
}

/* Who was told a route is told it anew when it changes, each when he reads of it. */
static void changed_is_not_told(void **state)
{
	struct group *fast, *slow;
	uint32_t id;

	(void)state;
	for (unsigned to = 1; to <= 2; to++) { /* all paths; winners */
		session_down(to, false);
		session_up(to);
		session_down(to + 2, false);
		session_up(to + 2);
		announce(8, 0, 3, 1);
		all_hear();
		id = path_find(8, 0, 3);
		fast = in[to];
		slow = in[to + 2] == fast ? split(to + 2) : in[to + 2];
		assert_true(adjout_is_current(&fast->out, to, id));
		announce(8, 0, 3, 2);
		assert_true(adjout_knows(&fast->out, to, id));
		assert_false(adjout_is_current(&fast->out, to, id));
		hear(fast, 99);
		assert_true(adjout_is_current(&fast->out, to, id));
		assert_false(adjout_is_current(&slow->out, to + 2, id));
		announce(8, 0, 4, 2); /* another one */
		assert_false(adjout_is_current(&slow->out, to + 2, id));
		all_hear();
		assert_true(adjout_is_current(&slow->out, to + 2, id));
	}
}

static void path_id_outlives_a_withdraw(void **state)
{
	struct group *g = three();
	uint32_t id;

	(void)state;
	announce(8, 0, 5, 1);
	announce(8, 0, 6, 1);
	hear(g, 99);
	id = path_find(8, 0, 5);
	/* Gone and back before anybody was told so: the same path, said anew. */
	withdraw(8, 0, 5);
	announce(8, 0, 7, 1);
	announce(8, 0, 5, 2);
	assert_int_equal(path_find(8, 0, 5), id);
	assert_int_not_equal(path_find(8, 0, 7), id);
	assert_int_equal(hear(g, 99), 2);
	check_heard(1);
	/* Also for whoever comes to the slot after it; then it is gone for good. */
	session_down(8, false);
	session_up(8);
	announce(8, 0, 5, 3);
	assert_int_equal(path_find(8, 0, 5), id);
	withdraw(8, 0, 5);
	assert_int_equal(hear(g, 99), 3);
	check_heard(1);
	all_hear();
	assert_false(rib_is_path(&rib, id));
}

/* A client that stopped reading knows one path. Whatever passes by meanwhile that it
 * was never told leaves nothing behind. */
static void slow_group_costs_what_it_knows(void **state)
{
	struct group *fast = three(), *slow;
	uint32_t before;

	(void)state;
	announce(8, 0, 1, 1);
	hear(fast, 99);
	slow = split(1);
	withdraw(8, 0, 1);
	for (uint32_t i = 0; i < 5000; i++) {
		struct nlri n = key_nlri(2);

		if (i == 10)
			before = rib.paths.next;
		n.path_id = i;
		assert_int_equal(rib_update(&rib, 4, &n, sets[0]), RIB_NEW);
		hear(fast, 99);
		assert_int_equal(rib_withdraw(&rib, 4, &n), RIB_GONE);
		hear(fast, 99);
		for (unsigned p = 2; p <= PEERS; p++)
			if (list_of(p) == RIB_NETS)
				hear(in[p], 99);
		hear(in[7], 99);
		rib_trim(&rib);
	}
	assert_int_equal(rib.paths.next, before);
	assert_int_equal(hear(slow, 99), 1); /* the withdraw of the first */
	check_heard(1);
}

/* Who stands still keeps what it was told of, not what it never heard of; a reader
 * that has to see everything keeps all. */
static void the_unheard_is_forgotten(void **state)
{
	struct nlri n = key_nlri(2);
	struct rib_cursor all;

	(void)state;
	all_hear();
	merge();
	rib_update(&rib, 1, &n, sets[0]);
	hear(in[2], 10);
	hear(in[3], 10);
	rib_withdraw(&rib, 1, &n); /* has to be told, in both ways */
	for (uint32_t i = 0; i < 300000; i++) {
		struct evpn_route r = { .type = EVPN_MACIP };

		if (i == 200000) {
			assert_true(rib.n_nets < 70000);
			rib_cursor_init(&rib, &all, RIB_NETS);
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
	assert_int_equal(hear(in[2], 1), 1);
	check_heard(2);
	assert_int_equal(hear(in[3], 1), 1);
	check_heard(3);
	rib_cursor_fini(&rib, &all);
	all_hear();
}

/* A path that policy refuses from now on is withdrawn, though its peer stands by it. */
static void refused_later_is_withdrawn(void **state)
{
	(void)state;
	all_hear();
	announce(8, 0, 9, 0);
	announce(4, 1, 9, 1);
	hear(in[7], 99);
	check_heard(7);
	announce(4, 1, 9, SETS - 1);
	assert_int_equal(hear(in[7], 99), 1);
	check_heard(7);
	assert_int_equal(adjout_count(&in[7]->out, 7), 1);
}

/* The router id of a peer stands in what is reflected of it. */
static void new_router_id_is_news(void **state)
{
	struct group *g = three();
	struct path_source src = { .id = 4, .addr = ip4_of(4) };

	(void)state;
	announce(4, 0, 1, 0);
	announce(4, 1, 1, 1);
	announce(4, 0, 2, 1);
	all_hear();
	rib_peer_source(&rib, 4, &src); /* as before */
	assert_int_equal(hear(g, 99), 0);
	assert_int_equal(hear(in[2], 99), 0);
	src.id = 5;
	rib_peer_source(&rib, 4, &src);
	assert_int_equal(hear(g, 99), 3);
	assert_int_equal(hear(in[2], 99), 2);
}

static bool tell(void *ctx, const struct rib *r, const struct path *p)
{
	(void)ctx;
	(void)r;
	(void)p;
	return true;
}

static bool any_list(void *ctx, uint32_t list)
{
	(void)ctx;
	return list;
}

static void next_is(struct adjout *o, uint32_t net, bool filter, bool was)
{
	struct adjout_step s;

	assert_true(adjout_next(o, tell, NULL, &s));
	assert_int_equal(s.net, net);
	assert_int_equal(s.filter, filter);
	assert_int_equal(s.was, was);
	assert_int_not_equal(s.list, 0);
}

static uint32_t net_of_key(unsigned k)
{
	struct nlri n = key_nlri(k);

	return rib_find(&rib, &n);
}

/* While members change their filters: what the walk has passed, and what is newer than
 * the walk, goes by the new ones, what is ahead of it by the old ones. */
static void a_walk_for_filters_goes_from_old_to_new(void **state)
{
	struct adjout o;
	struct adjout_step s;
	uint32_t passed, newer;
	unsigned walked = 1;

	(void)state;
	adjout_init(&o, &rib, RIB_NETS);
	adjout_constrain(&o);
	for (unsigned k = 0; k < 8; k++)
		announce(1, 0, k, 0);
	while (adjout_next(&o, tell, NULL, &s))
		assert_int_equal(s.old_list, 0);
	assert_int_equal(o.rt.by_list[sets[0]->rtlist], 8);

	adjout_filter(&o, any_list);
	o.walk_end = newer = net_of_key(7); /* as if there had been 7 only */
	assert_true(adjout_next(&o, tell, NULL, &s));
	assert_true(s.filter && !s.was);
	passed = s.net;
	assert_true(passed < newer);
	for (unsigned k = 0; k < 8; k++)
		announce(8, 0, k, 5);
	for (unsigned k = 0; k < 8; k++)
		next_is(&o, net_of_key(k), false,
			net_of_key(k) != passed && net_of_key(k) < newer);
	/* That must be out before the walk says more. */
	assert_false(adjout_next(&o, tell, NULL, &s));
	assert_false(adjout_idle(&o));
	for (; adjout_next(&o, tell, NULL, &s); walked++)
		assert_true(s.filter && !s.was && s.net > passed && s.net < newer);
	assert_true(walked > 1);
	assert_true(adjout_idle(&o));
	adjout_fini(&o);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest t[] = {
		CASE(a_walk_for_filters_goes_from_old_to_new),
		CASE(everybody_hears_the_model),
		CASE(only_what_changed_is_said),
		CASE(changed_is_not_told),
		CASE(path_id_outlives_a_withdraw),
		CASE(slow_group_costs_what_it_knows),
		CASE(the_unheard_is_forgotten),
		CASE(refused_later_is_withdrawn),
		CASE(new_router_id_is_news),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
