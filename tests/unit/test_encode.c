/* Messages of an update group, where attributes do not fit: nothing half is said. */
#include "tests/unit/unit.h"

#include <event2/event.h>

#include "bgpd/group.h"
#include "lib/log.h"
#include "wire/nlri_evpn.h"
#include "wire/update.h"

enum { AS = 65000, SEGMENT = 2 + 255 * 4, SEGMENTS = 64 };

static struct bgp bgp;
static struct config cfg;
static struct routes routes;
static struct peer from, to;
static unsigned reached, withdrawn; /* routes that `to` was told */

void __wrap_peer_tx(struct peer *p, struct txbuf *t);

void __wrap_peer_tx(struct peer *p, struct txbuf *t)
{
	static struct update_scratch scratch;
	const struct update_ctx ctx = { .as4 = p->as4 };
	struct rbuf all = rbuf_of(t->data, t->len);
	struct nlri n;

	while (p == &to && rbuf_left(&all)) {
		struct update u;
		struct rbuf m;
		uint16_t len;

		rbuf_take(&all, 16);
		len = rbuf_u16(&all);
		(void)rbuf_u8(&all);
		m = rbuf_sub(&all, len - 19u);
		assert_true(len <= peer_max_msg(p));
		assert_int_equal(update_decode(m, &ctx, &scratch, &u), V_OK);
		while (u.reach.present && rbuf_left(&u.reach.nlri)) {
			nlri_next(&nlri_evpn_ops, &u.reach.nlri, false, false, &n);
			reached++;
		}
		while (u.unreach.present && rbuf_left(&u.unreach.nlri)) {
			nlri_next(&nlri_evpn_ops, &u.unreach.nlri, false, true, &n);
			withdrawn++;
		}
	}
}

static void peer_up(struct peer *p, uint32_t addr, bool as4, bool ext_msg)
{
	*p = (struct peer) {
		.bgp = &bgp,
		.index = addr & 0xff,
		.addr = ip4_of(addr),
		.remote_id = addr,
		.as4 = as4,
		.ext_msg = ext_msg,
		.cfg.af[FAM_EVPN].rr_client = true,
		.chan[FAM_EVPN].up = true,
	};
	routes_hooks.up(p);
}

static int setup(void **state)
{
	(void)state;
	log_level_set(LOG_LVL_ERR);
	bgp = (struct bgp) { .base = event_base_new(), .cfg = &cfg, .as = AS };
	bgp.router_id = bgp.cluster_id = 0x0a000001;
	TAILQ_INIT(&bgp.peers);
	routes_init(&routes, &bgp);
	peer_up(&from, 0x0a000001, true, true);
	reached = withdrawn = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	routes_hooks.down(&to, false);
	routes_hooks.down(&from, false);
	routes_fini(&routes);
	event_base_free(bgp.base);
	return 0;
}

/* A route whose path has this many segments of 255 long AS numbers. */
static void announce(unsigned segments)
{
	static uint8_t path[SEGMENTS * SEGMENT];
	struct attrs a = { .nexthop = ip4_of(0x0a000002), .local_pref = 100 };
	struct evpn_route r = { .type = EVPN_MACIP, .label1 = 100 };
	struct attrset *set;
	struct nlri n;

	memset(path, 0xee, sizeof(path));
	for (unsigned i = 0; i < segments; i++) {
		path[i * SEGMENT] = 2; /* AS_SEQUENCE */
		path[i * SEGMENT + 1] = 255;
	}
	a.as_path = (struct bytes) { path, segments * SEGMENT };
	a.present =
		1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH | 1ull << ATTR_LOCAL_PREF;
	r.rd = rd_make_ip(1, 1);
	assert_int_equal(evpn_build(&r, &n), 0);
	set = attrset_intern(&routes.attrs, &a);
	assert_non_null(set);
	rib_update(&routes.rib[FAM_EVPN], peer_slot(&from), &n, set);
	attrset_unref(&routes.attrs, set);
	event_base_loop(bgp.base, EVLOOP_NONBLOCK);
}

static void too_long(bool as4, bool ext_msg, unsigned fits)
{
	peer_up(&to, 0x0a000002, as4, ext_msg);
	announce(1);
	assert_int_equal(reached, 1);
	assert_int_equal(withdrawn, 0);
	announce(fits + 1);
	assert_int_equal(reached, 1);
	assert_int_equal(withdrawn, 1);
	announce(fits);
	assert_int_equal(reached, 2);
	assert_int_equal(withdrawn, 1);
}

/* With AS4_PATH beside AS_PATH more than any message holds. */
static void a_path_too_long_for_old_peers(void **state)
{
	(void)state;
	too_long(false, true, 42);
}

static void a_path_too_long_for_short_messages(void **state)
{
	(void)state;
	too_long(true, false, 3);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test_setup_teardown(a_path_too_long_for_old_peers, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_path_too_long_for_short_messages,
						setup, teardown),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
