/* maximum-prefix by numbers, and the one warning for each time a bound is passed. */
#include "tests/unit/unit.h"

#include <event2/event.h>

#include "bgpd/maxprefix.h"
#include "bgpd/routes.h"
#include "tests/unit/attr_help.h"
#include "wire/nlri_evpn.h"

static void by_numbers(void **state)
{
	static const struct {
		uint32_t limit;
		uint8_t pct;
		uint32_t fresh, all;
		enum maxprefix want;
	} rows[] = {
		{ 0, 75, UINT32_MAX, UINT32_MAX, MAXPREFIX_BELOW },
		{ 100, 75, 75, 75, MAXPREFIX_BELOW },
		{ 100, 75, 76, 76, MAXPREFIX_NEAR },
		{ 100, 75, 100, 100, MAXPREFIX_NEAR },
		{ 100, 75, 101, 101, MAXPREFIX_OVER },
		{ 100, 100, 100, 100, MAXPREFIX_BELOW },
		{ 100, 1, 2, 2, MAXPREFIX_NEAR },
		{ 1, 75, 0, 0, MAXPREFIX_BELOW },
		{ 1, 75, 1, 1, MAXPREFIX_NEAR },
		{ UINT32_MAX, 100, UINT32_MAX, UINT32_MAX, MAXPREFIX_BELOW },
		{ UINT32_MAX, 50, UINT32_MAX / 2 + 1, UINT32_MAX, MAXPREFIX_NEAR },
		/* stale ones: as many again, and no more */
		{ 100, 75, 10, 201, MAXPREFIX_BELOW },
		{ 100, 75, 10, 202, MAXPREFIX_OVER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct cfg_nbr_af c = { .max_prefix = rows[i].limit,
					      .max_prefix_pct = rows[i].pct };

		print_message("# %u of %u\n", rows[i].fresh, rows[i].limit);
		assert_int_equal(maxprefix_state(&c, rows[i].fresh, rows[i].all),
				 rows[i].want);
	}
}

static struct bgp bgp;
static struct config cfg;
static struct routes routes;
static struct peer peer;
static struct attrset *set;

static int setup(void **state)
{
	struct attrs a = attrs_plain(1);

	(void)state;
	bgp = (struct bgp) { .base = event_base_new(), .cfg = &cfg };
	TAILQ_INIT(&bgp.peers);
	routes_init(&routes, &bgp);
	peer = (struct peer) { .bgp = &bgp, .addr = ip4_of(1) };
	peer.chan[FAM_EVPN].up = true;
	peer.cfg.af[FAM_EVPN].max_prefix = 4;
	peer.cfg.af[FAM_EVPN].max_prefix_pct = 50;
	routes_hooks.up(&peer);
	set = attrset_intern(&routes.attrs, &a);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	routes_hooks.down(&peer, false);
	attrset_unref(&routes.attrs, set);
	routes_fini(&routes);
	event_base_free(bgp.base);
	return 0;
}

/* The peer has so many routes now; Return: must it go? */
static bool holds(unsigned n)
{
	bool over = false;

	for (unsigned i = 1; i <= 9; i++) {
		struct evpn_route r = { .type = EVPN_MACIP, .label1 = 100 };
		struct nlri nlri;

		r.mac.b[5] = (uint8_t)i;
		assert_int_equal(evpn_build(&r, &nlri), 0);
		if (i <= n)
			rib_update(&routes.rib[0], peer_slot(&peer), &nlri, set);
		else
			rib_withdraw(&routes.rib[0], peer_slot(&peer), &nlri);
		over = maxprefix_check(&peer, &families[FAM_EVPN]);
	}
	return over;
}

static void once_each_time(void **state)
{
	const uint64_t *near = &bgp.limits[LIMIT_PREFIXES_NEAR];
	const uint64_t *over = &bgp.limits[LIMIT_PREFIXES];

	(void)state;
	assert_false(holds(2));
	assert_int_equal(*near, 0);
	assert_false(holds(3));
	assert_false(holds(4));
	assert_int_equal(*near, 1);
	holds(3); /* not below it yet */
	assert_int_equal(*near, 1);
	holds(2);
	holds(3);
	assert_int_equal(*near, 2);
	assert_int_equal(*over, 0);
	assert_true(holds(5));
	assert_int_equal(*over, 1);

	peer.cfg.af[FAM_EVPN].max_prefix_warn_only = true;
	assert_false(holds(9));
	assert_int_equal(*over, 1);
	holds(4);
	assert_int_equal(*near, 2); /* on the way down nothing is said */
	assert_false(holds(5));
	assert_int_equal(*over, 2);
}

static void tells_why(void **state)
{
	struct notif n;

	(void)state;
	peer.cfg.af[FAM_EVPN].max_prefix = 0x01020304;
	peer.cfg.af[FAM_EVPN].max_prefix_restart_min = 65535;
	maxprefix_exceeded(&peer, &families[FAM_EVPN], &n);
	assert_int_equal(n.code, NOTIF_CEASE);
	assert_int_equal(n.sub, CEASE_MAX_PREFIX);
	assert_int_equal(n.len, 7);
	assert_memory_equal(n.data, "\0\x19\x46\x01\x02\x03\x04", 7);
	assert_int_equal(peer.held_s, 65535 * 60);
	peer.cfg.af[FAM_EVPN].max_prefix_restart_min = 0;
	maxprefix_exceeded(&peer, &families[FAM_EVPN], &n);
	assert_int_equal(peer.held_s, 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest t[] = {
		cmocka_unit_test(by_numbers),
		CASE(once_each_time),
		CASE(tells_why),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
