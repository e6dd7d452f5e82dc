/* Who owns a MAC: rib/mac.c and rib/dad.c (RFC 7432 section 15). */
#include "tests/unit/tenant_help.h"

enum { M = 1 };

/* One event; VTEPs 1..4, we are host 2. */
enum ev { END, LEARN, AGE, HEAR, LOSE, STICK };

struct step {
	enum ev ev;
	unsigned k;
	uint32_t seq;
	bool sticky;
};

#define S_END                                                                          \
	{                                                                              \
		END, 0, 0, false                                                       \
	}
#define S_LEARN                                                                        \
	{                                                                              \
		LEARN, 0, 0, false                                                     \
	}
#define S_STICK                                                                        \
	{                                                                              \
		STICK, 0, 0, false                                                     \
	}
#define S_AGE                                                                          \
	{                                                                              \
		AGE, 0, 0, false                                                       \
	}
#define S_HEAR(k, seq)                                                                 \
	{                                                                              \
		HEAR, k, seq, false                                                    \
	}
#define S_HEAR_STICKY(k)                                                               \
	{                                                                              \
		HEAR, k, 0, true                                                       \
	}
#define S_LOSE(k)                                                                      \
	{                                                                              \
		LOSE, k, 0, false                                                      \
	}

static void run(struct host *h, const struct step *s, size_t n)
{
	for (size_t i = 0; i < n && s[i].ev != END; i++) {
		struct rroute r = {
			.k = s[i].k, .mac = M, .seq = s[i].seq, .sticky = s[i].sticky
		};

		switch (s[i].ev) {
		case LEARN:
			host_learn(h, M);
			break;
		case STICK:
			host_fdb(h, M, 7, FDB_STICKY | FDB_STATIC, 0);
			break;
		case AGE:
			host_age(h, M);
			break;
		case HEAR:
			host_hears(h, r);
			break;
		default:
			host_loses(h, r);
		}
	}
}

/* What must come out: our sequence (-1: not advertised) and the VTEP in fib. */
static const struct {
	const char *name;
	struct step s[8];
	int64_t seq;
	unsigned fib;
} cases[] = {
	{ "nothing", { S_END }, -1, 0 },
	{ "first time: no number", { S_LEARN }, 0, 0 },
	{ "aged", { S_LEARN, S_AGE }, -1, 0 },
	{ "remote only", { S_HEAR(3, 0) }, -1, 3 },
	{ "remote gone", { S_HEAR(3, 0), S_LOSE(3) }, -1, 0 },
	{ "learned though remote has it: one more", { S_HEAR(3, 4), S_LEARN }, 5, 0 },
	{ "above the highest of all", { S_HEAR(3, 4), S_HEAR(4, 9), S_LEARN }, 10, 0 },
	{ "higher remote wins", { S_LEARN, S_HEAR(3, 1) }, -1, 3 },
	{ "lower remote is ignored", { S_HEAR(3, 4), S_LEARN, S_HEAR(4, 2) }, 5, 0 },
	{ "tie: lower address wins over us", { S_LEARN, S_HEAR(1, 0) }, -1, 1 },
	{ "tie: we win over a higher address", { S_LEARN, S_HEAR(3, 0) }, 0, 0 },
	{ "two remote, tie", { S_HEAR(4, 2), S_HEAR(3, 2) }, -1, 3 },
	{ "two remote, higher number", { S_HEAR(3, 2), S_HEAR(4, 3) }, -1, 4 },
	{ "holder of the higher number leaves: the lower one serves",
	  { S_HEAR(3, 2), S_HEAR(4, 9), S_LOSE(4) },
	  -1,
	  3 },
	{ "... and no mark stays: it may even go down",
	  { S_HEAR(4, 9), S_LOSE(4), S_HEAR(3, 1) },
	  -1,
	  3 },
	{ "same VTEP, lower number in a new route",
	  { S_HEAR(4, 9), S_HEAR(4, 1), S_HEAR(3, 2) },
	  -1,
	  3 },
	{ "winner withdraws: ours is advertised again",
	  { S_LEARN, S_HEAR(3, 1), S_LOSE(3) },
	  0,
	  0 },
	{ "winner withdraws, what is left is above ours",
	  { S_LEARN, S_HEAR(3, 1), S_HEAR(4, 2), S_LOSE(4) },
	  -1,
	  3 },
	{ "lost, then learned anew", { S_LEARN, S_HEAR(3, 1), S_LEARN }, 2, 0 },
	{ "aged while it was theirs",
	  { S_LEARN, S_HEAR(3, 1), S_AGE, S_LOSE(3) },
	  -1,
	  0 },
	{ "aged and learned without others: from none again",
	  { S_HEAR(3, 4), S_LEARN, S_LOSE(3), S_AGE, S_LEARN },
	  0,
	  0 },
	{ "learning what is ours changes nothing",
	  { S_HEAR(3, 4), S_LEARN, S_LEARN },
	  5,
	  0 },
	{ "static here: sequence 0", { S_HEAR(3, 4), S_STICK }, 0, 0 },
	{ "static here, higher remote", { S_STICK, S_HEAR(1, 7) }, 0, 0 },
	{ "static here, sticky there: ours kept", { S_STICK, S_HEAR_STICKY(1) }, 0, 0 },
	{ "sticky there: a local learn is not advertised",
	  { S_HEAR_STICKY(3), S_LEARN },
	  -1,
	  3 },
	{ "sticky there, after us", { S_LEARN, S_HEAR_STICKY(3) }, -1, 3 },
	{ "sticky beats any number", { S_HEAR(1, 9), S_HEAR_STICKY(3) }, -1, 3 },
	{ "sticky gone: others count",
	  { S_HEAR(1, 9), S_HEAR_STICKY(3), S_LOSE(3) },
	  -1,
	  1 },
	{ "sticky gone: ours again", { S_LEARN, S_HEAR_STICKY(3), S_LOSE(3) }, 0, 0 },
	{ "static, then aged", { S_STICK, S_HEAR(3, 7), S_AGE }, -1, 3 },
	{ "static after moving here: sequence 0 all the same",
	  { S_HEAR(3, 4), S_LEARN, S_STICK },
	  0,
	  0 },
	{ "no longer static: that is learning",
	  { S_HEAR(3, 4), S_STICK, S_LEARN },
	  5,
	  0 },
	{ "no longer static, never contested", { S_STICK, S_LEARN }, 0, 0 },
	{ "static is no learning", { S_HEAR(3, UINT32_MAX), S_STICK }, 0, 0 },
	{ "wrap: the number goes, a route stays",
	  { S_HEAR(3, UINT32_MAX), S_LEARN, S_HEAR(3, 0) },
	  0,
	  0 },
	{ "wrap: lower, but still a number",
	  { S_HEAR(3, UINT32_MAX), S_LEARN, S_HEAR(3, 9) },
	  -1,
	  0 },
	{ "wrap: frozen, not advertised", { S_HEAR(3, UINT32_MAX), S_LEARN }, -1, 0 },
	{ "wrap: again from none when numbers are free",
	  { S_HEAR(3, UINT32_MAX), S_LEARN, S_LOSE(3) },
	  0,
	  0 },
	{ "wrap: last number is still a number",
	  { S_HEAR(3, UINT32_MAX - 1), S_LEARN },
	  UINT32_MAX,
	  0 },
};

static void decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct host *h = host_new(2);

		print_message("# %s\n", cases[i].name);
		run(h, cases[i].s, ARRAY_SIZE(cases[i].s));
		assert_int_equal(host_seq(h, M), cases[i].seq);
		assert_int_equal(host_fib(h, M), cases[i].fib);
		host_free(h);
	}
}

/* Without learning in between, only the final set counts, not the way there. */
static void order_of_remote_routes_is_no_matter(void **state)
{
	static const struct rroute set[] = {
		{ .k = 1, .mac = M, .seq = 3 },
		{ .k = 3, .mac = M, .seq = 5 },
		{ .k = 4, .mac = M, .seq = 5 },
		{ .k = 4, .mac = M, .seq = 6, .ip = "192.0.2.1" },
	};
	(void)state;
	srandom(1);
	for (int round = 0; round < 2000; round++) {
		struct host *h = host_new(2);
		bool there[ARRAY_SIZE(set)] = { false };
		unsigned best = 0;
		uint32_t seq = 0;

		for (int step = 0; step < 12; step++) {
			size_t i = (size_t)random() % ARRAY_SIZE(set);

			there[i] = random() % 3;
			if (there[i])
				host_hears(h, set[i]);
			else
				host_loses(h, set[i]);
		}
		for (size_t i = 0; i < ARRAY_SIZE(set); i++) {
			if (!there[i] || (best && set[i].seq < seq) ||
			    (best && set[i].seq == seq && set[i].k > best))
				continue;
			best = set[i].k;
			seq = set[i].seq;
		}
		assert_int_equal(host_fib(h, M), best);
		host_learn(h, M);
		assert_int_equal(host_seq(h, M), best ? seq + 1 : 0);
		assert_int_equal(host_fib(h, M), 0);
		host_free(h);
	}
}

/* Local learning anywhere in between: the claim has one more than it had to beat. */
static void claim_is_a_function_of_what_it_saw(void **state)
{
	(void)state;
	srandom(2);
	for (int round = 0; round < 3000; round++) {
		struct host *h = host_new(2);
		int64_t num[5] = { 0, -1, -1, -1, -1 }, claim = -1;

		h->conf.dad_off = true;
		host_configure(h);

		for (int step = 0; step < 20; step++) {
			unsigned k = (unsigned)(random() % 4) + 1;
			unsigned best = 0;

			if (k == 2 && random() % 3) {
				host_learn(h, M);
				for (unsigned j = 1; j <= 4; j++)
					if (j != 2 && num[j] >= 0 &&
					    (!best || num[j] > num[best]))
						best = j;
				if (claim < 0)
					claim = best ? num[best] + 1 : 0;
				else if (best && (num[best] > claim ||
						  (num[best] == claim && best < 2)))
					claim = num[best] + 1;
			} else if (k == 2) {
				host_age(h, M);
				claim = -1;
			} else if (random() % 3) {
				num[k] = random() % 4;
				host_hears(h,
					   (struct rroute) { .k = k,
							     .mac = M,
							     .seq = (uint32_t)num[k] });
			} else {
				num[k] = -1;
				host_loses(h, (struct rroute) { .k = k, .mac = M });
			}
			num[2] = claim;
			best = 0;
			for (unsigned j = 1; j <= 4; j++)
				if (num[j] >= 0 && (!best || num[j] > num[best]))
					best = j;
			assert_int_equal(host_fib(h, M), best == 2 ? 0 : best);
			assert_int_equal(host_seq(h, M), best == 2 ? claim : -1);
		}
		host_free(h);
	}
}

static void dies_with_its_last_route(void **state)
{
	struct host *h = host_new(2);
	const struct rroute only = { .k = 3, .mac = M, .seq = 2 };
	const struct rroute with = { .k = 3, .mac = M, .seq = 2, .ip = "192.0.2.1" };

	(void)state;
	host_hears(h, only);
	host_hears(h, with);
	assert_int_equal(host_neigh(h, "192.0.2.1"), M);
	host_loses(h, only);
	assert_int_equal(host_fib(h, M), 3);
	host_hears(h, only);
	host_loses(h, with);
	assert_int_equal(host_neigh(h, "192.0.2.1"), 0);
	assert_int_equal(host_fib(h, M), 3);
	host_loses(h, only);
	assert_int_equal(host_fib(h, M), 0);
	host_free(h);
}

static void sticky_is_said_once(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	host_hears(h, (struct rroute) { .k = 3, .mac = M, .sticky = true });
	host_learn(h, M);
	host_learn(h, M);
	assert_int_equal(h->reports[TEV_STICKY_REMOTE], 1);
	host_age(h, M);
	host_learn(h, M);
	assert_int_equal(h->reports[TEV_STICKY_REMOTE], 2);
	host_fdb(h, M, 7, FDB_STATIC, 0);
	assert_int_equal(host_seq(h, M), 0);
	host_free(h);

	h = host_new(2);
	host_fdb(h, M, 7, FDB_STATIC, 0);
	host_hears(h, (struct rroute) { .k = 3, .mac = M, .sticky = true });
	assert_int_equal(h->reports[TEV_STICKY_CLASH], 1);
	host_free(h);
}

static void sticky_is_told(void **state)
{
	struct host *h = host_new(2);
	uint32_t seq = 9;
	bool sticky = false;

	(void)state;
	host_fdb(h, M, 7, FDB_STICKY, 0);
	assert_true(attrs_macmob(&host_own(h, M, NULL)->a, &seq, &sticky));
	assert_true(sticky && seq == 0);
	host_fdb(h, M, 7, 0, 0);
	assert_false(attrs_macmob(&host_own(h, M, NULL)->a, &seq, &sticky));
	host_hears(h, (struct rroute) { .k = 3, .mac = 2, .sticky = true });
	assert_int_equal(h->mac[0].flags, FMAC_STICKY);
	host_free(h);
}

/* ---- duplicates -------------------------------------------------------- */

/* From our side a MAC that two hosts have: learn, lose, learn, lose, learn. */
static void flap(struct host *h, unsigned moves)
{
	uint32_t seq = 0;

	host_hears(h, (struct rroute) { .k = 3, .mac = M });
	for (unsigned i = 0; i < moves; i++) {
		if (i % 2 == 0)
			host_learn(h, M);
		else
			host_hears(h, (struct rroute) {
					      .k = 3, .mac = M, .seq = seq + 1 });
		seq++;
	}
}

static void duplicate_is_frozen(void **state)
{
	struct host *h = host_new(2);
	struct tenants_counters c;

	(void)state;
	clock_set(1000);
	flap(h, 4);
	assert_int_equal(h->reports[TEV_DUPLICATE], 0);
	host_learn(h, M);
	assert_int_equal(h->reports[TEV_DUPLICATE], 1);
	assert_int_equal(h->last.number, 5);
	assert_int_equal(host_seq(h, M), -1);
	assert_int_equal(host_fib(h, M), 0); /* our port keeps it */
	host_hears(h, (struct rroute) { .k = 3, .mac = M, .seq = 50 });
	host_learn(h, M);
	assert_int_equal(host_seq(h, M), -1);
	assert_int_equal(h->reports[TEV_DUPLICATE], 1);
	tenants_counters_get(h->t, &c);
	assert_int_equal(c.duplicates, 1);
	assert_int_equal(c.duplicates_found, 1);
	host_age(h, M); /* not here: the other one serves, frozen or not */
	assert_int_equal(host_fib(h, M), 3);
	host_learn(h, M);
	assert_int_equal(host_fib(h, M), 0);
	clock_set(1000 + 100000000);
	tenants_tick(h->t); /* no freeze timer: the operator has to */
	assert_int_equal(host_seq(h, M), -1);
	assert_int_equal(tenants_dup_clear(h->t, 101, NULL), 0);
	assert_int_equal(tenants_dup_clear(h->t, 100, &(struct mac) { { 2 } }), 0);
	assert_int_equal(tenants_dup_clear(h->t, 100, &(struct mac[]) { mac_of(M) }[0]),
			 1);
	assert_int_equal(h->reports[TEV_RECOVERED], 1);
	assert_int_equal(host_fib(h, M), 3); /* the higher number, as ever */
	host_learn(h, M);
	assert_int_equal(host_seq(h, M), 51);
	tenants_counters_get(h->t, &c);
	assert_int_equal(c.duplicates, 0);
	host_free(h);
	clock_set(-1);
}

static void duplicate_thaws(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	clock_set(1000);
	h->conf.dad_freeze_s = 30;
	host_configure(h);
	flap(h, 5);
	assert_int_equal(host_seq(h, M), -1);
	host_loses(h, (struct rroute) { .k = 3, .mac = M });
	assert_int_equal(host_seq(h, M), -1);
	clock_set(30999);
	tenants_tick(h->t);
	assert_int_equal(host_seq(h, M), -1);
	clock_set(31000);
	tenants_tick(h->t);
	assert_true(host_seq(h, M) >= 0);
	assert_int_equal(h->reports[TEV_RECOVERED], 1);
	host_free(h);
	clock_set(-1);
}

static void slow_moves_are_no_duplicate(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		clock_set(1000 + i * 46 * 1000);
		tenants_tick(h->t);
		if (i % 2)
			host_hears(h, (struct rroute) { .k = 3, .mac = M, .seq = i });
		else
			host_learn(h, M);
	}
	assert_int_equal(h->reports[TEV_DUPLICATE], 0);
	host_free(h);
	clock_set(-1);
}

/* The same without a tick in between: the window is from the first move on. */
static void window_starts_anew(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	host_hears(h, (struct rroute) { .k = 3, .mac = M });
	for (uint32_t i = 0; i < 4; i++) {
		clock_set(1000 + i * 1000);
		if (i % 2)
			host_hears(h,
				   (struct rroute) { .k = 3, .mac = M, .seq = i + 1 });
		else
			host_learn(h, M);
	}
	clock_set(1000 + 181 * 1000);
	host_learn(h, M);
	assert_int_equal(h->reports[TEV_DUPLICATE], 0);
	assert_int_equal(host_seq(h, M), 5);
	host_free(h);
	clock_set(-1);
}

static void sticky_takes_are_no_moves(void **state)
{
	struct host *h = host_new(2);
	struct tenants_counters c;

	(void)state;
	for (int i = 0; i < 9; i++) {
		host_learn(h, M);
		host_hears(h, (struct rroute) { .k = 3, .mac = M, .sticky = true });
		host_loses(h, (struct rroute) { .k = 3, .mac = M });
	}
	tenants_counters_get(h->t, &c);
	assert_int_equal(c.moves, 0);
	host_free(h);
}

static void detection_can_be_off_or_other(void **state)
{
	struct host *h = host_new(2);

	(void)state;
	h->conf.dad_off = true;
	host_configure(h);
	flap(h, 31);
	assert_int_equal(host_seq(h, M), 31);
	host_free(h);

	h = host_new(2);
	h->conf.dad_moves = 2;
	host_configure(h);
	flap(h, 2);
	assert_int_equal(h->reports[TEV_DUPLICATE], 1);
	host_free(h);
}

static void handing_over_is_no_move(void **state)
{
	struct host *h = host_new(2);
	struct tenants_counters c;

	(void)state;
	host_learn(h, M);
	for (int i = 0; i < 20; i++) {
		host_hears(h, (struct rroute) { .k = 4, .mac = 2, .seq = 1 });
		host_loses(h, (struct rroute) { .k = 4, .mac = 2 });
		host_learn(h, 2);
		host_age(h, 2);
		host_hears(h, (struct rroute) { .k = 3, .mac = 2, .seq = 1 });
		host_hears(h, (struct rroute) { .k = 4, .mac = 2, .seq = 2 });
		host_loses(h, (struct rroute) { .k = 3, .mac = 2 });
		host_loses(h, (struct rroute) { .k = 4, .mac = 2 });
	}
	tenants_counters_get(h->t, &c);
	assert_int_equal(c.moves, 0);
	host_free(h);
}

static void wrap_is_reported(void **state)
{
	struct host *h = host_new(2);
	struct tenants_counters c;

	(void)state;
	run(h, (struct step[]) { S_HEAR(3, UINT32_MAX), S_LEARN, S_LEARN }, 3);
	assert_int_equal(h->reports[TEV_SEQ_WRAP], 1);
	tenants_counters_get(h->t, &c);
	assert_int_equal(c.seq_wraps, 1);
	assert_int_equal(c.duplicates, 1);
	run(h, (struct step[]) { S_LOSE(3) }, 1);
	tenants_counters_get(h->t, &c);
	assert_int_equal(c.duplicates, 0);
	host_free(h);
}

struct seen {
	unsigned n;
	struct tenants_mac_info i[8];
};

static void see(void *arg, const struct tenants_mac_info *i)
{
	struct seen *s = arg;

	s->i[s->n++] = *i;
}

static void is_shown(void **state)
{
	struct host *h = host_new(2);
	struct mac only = mac_of(2);
	struct seen s = { 0 };

	(void)state;
	host_pair(h, true);
	host_hears(h, (struct rroute) { .k = 3, .mac = 1, .seq = 4 });
	host_learn(h, 1);
	host_arp(h, 1, "192.0.2.1", 0);
	host_hears(h, (struct rroute) { .k = 3, .mac = 2, .seq = 7, .label = 555 });
	tenants_mac_foreach(h->t, 0, NULL, see, &s);
	assert_int_equal(s.n, 2);
	assert_true(s.i[0].local && s.i[0].advertised && !s.i[0].duplicate);
	assert_int_equal(s.i[0].local_seq, 5);
	assert_int_equal(s.i[0].remote_seq, 4);
	assert_int_equal(s.i[0].ifindex, 7);
	assert_int_equal(s.i[0].neighs, 1);
	assert_int_equal(s.i[0].moves, 1);
	assert_false(s.i[1].local);
	assert_int_equal(s.i[1].remote_seq, 7);
	assert_int_equal(s.i[1].dst_vni, 555);
	assert_int_equal(ip4_host(&s.i[1].vtep), 0x0a000003);
	s.n = 0;
	tenants_mac_foreach(h->t, 101, NULL, see, &s);
	assert_int_equal(s.n, 0);
	tenants_mac_foreach(h->t, 0, &only, see, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.i[0].remote_seq, 7);
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(decides),
		cmocka_unit_test(order_of_remote_routes_is_no_matter),
		cmocka_unit_test(claim_is_a_function_of_what_it_saw),
		cmocka_unit_test(dies_with_its_last_route),
		cmocka_unit_test(sticky_is_said_once),
		cmocka_unit_test(sticky_is_told),
		cmocka_unit_test(duplicate_is_frozen),
		cmocka_unit_test(duplicate_thaws),
		cmocka_unit_test(slow_moves_are_no_duplicate),
		cmocka_unit_test(window_starts_anew),
		cmocka_unit_test(sticky_takes_are_no_moves),
		cmocka_unit_test(detection_can_be_off_or_other),
		cmocka_unit_test(handing_over_is_no_move),
		cmocka_unit_test(wrap_is_reported),
		cmocka_unit_test(is_shown),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
