/*
 * What peers are told, message by message, against a slow model: random routes,
 * memberships, sessions, refreshes and peers that do not keep pace. Whenever all have
 * caught up, each receiver must hold exactly the routes that policy and its route
 * targets allow, and never have been told to forget what it did not know.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include <event2/event.h>

#include "bgpd/routes.h"
#include "bgpd/rtc.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "rib/rtset.h"
#include "tests/unit/rand.h"
#include "wire/nlri_evpn.h"
#include "wire/nlri_rtc.h"

enum {
	AS = 65000,
	OUR_ID = 0x0a0000fe,
	CLUSTER = 0x0a0000ff,
	PEERS = 61,
	KEYS = 40,
	SETS = 24,
	TARGETS = 5,
	ROUNDS = 40000,
};

/* Memberships: exact ones of each target, all of them, everything. */
enum { ALL_TARGETS = TARGETS, EVERYTHING, WISHES };

static struct receiver {
	struct peer p;
	bool client, rtc, up;
	bool paths;       /* is told all paths (RFC 7911) */
	bool said_all;    /* its End-of-RIB of memberships came, or its time is over */
	bool full;        /* does not read */
	int evpn_eor;     /* how many we sent, in this session */
	int said[KEYS];   /* what it announces: set, -1 nothing */
	int wish[WISHES]; /* with which set, -1 not */
	int heard[KEYS];  /* what it was told */
	int heard_from[KEYS][PEERS]; /* the same of each peer's path, if `paths` */
	int asked[WISHES];           /* memberships that it was told */
	bool asked_as_ours[WISHES];
} peers[PEERS];

static struct bgp bgp;
static struct config cfg;
static struct routes routes;
static struct attrset *sets[SETS];
static unsigned targets[SETS]; /* a bit for each */
static int64_t now_ms;
static uint32_t n_keys; /* in use: the table grows */

/* ---- what goes in ---- */

static struct nlri route(int key)
{
	struct evpn_route r = { .type = EVPN_MACIP, .label1 = 100 };
	struct nlri n;

	r.rd = rd_make_ip(1, (uint16_t)(key % 3));
	r.mac.b[5] = (uint8_t)key;
	assert_int_equal(evpn_build(&r, &n), 0);
	return n;
}

static struct nlri wish_nlri(int wish)
{
	struct rtc_route m = { .bits = RTC_FULL_BITS, .as = AS };
	struct nlri n;

	if (wish < TARGETS)
		m.rt = rt_make(AS, (uint32_t)wish);
	else
		m.bits = wish == ALL_TARGETS ? RTC_AS_BITS : 0;
	assert_int_equal(rtc_build(&m, &n), 0);
	return n;
}

static void make_sets(void)
{
	for (uint32_t i = 0; i < SETS; i++) {
		struct extcom rt[TARGETS + 1] = { { { 3, 12, 0, 0, 0, 0, 0, 8 } } };
		struct attrs a = { .nexthop = ip4_of(1),
				   .local_pref = 100 + i / 8,
				   .med = i };
		size_t n = 1;

		targets[i] = rand_below(3) ? 1u << rand_below(TARGETS)
					   : rand_below(1 << TARGETS);
		for (uint32_t k = 0; k < TARGETS; k++)
			if (targets[i] >> k & 1)
				rt[n++] = rt_make(AS, k);
		a.ext_communities = (struct bytes) { rt[0].b, n * 8 };
		a.present = 1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH |
			    1ull << ATTR_LOCAL_PREF | 1ull << ATTR_MED |
			    1ull << ATTR_EXT_COMMUNITY;
		sets[i] = attrset_intern(&routes.attrs, &a);
	}
}

static void announce(struct receiver *r, int key, int set)
{
	struct rib *rib = &routes.rib[FAM_EVPN];
	struct nlri n = route(key);

	if (set >= 0)
		rib_update(rib, peer_slot(&r->p), &n, sets[set]);
	else
		rib_withdraw(rib, peer_slot(&r->p), &n);
	r->said[key] = set;
}

static void wish(struct receiver *r, int w, int set)
{
	struct rib *rib = &routes.rib[FAM_RTC];
	struct nlri n = wish_nlri(w);

	if (set >= 0)
		rib_update(rib, peer_slot(&r->p), &n, sets[set]);
	else
		rib_withdraw(rib, peer_slot(&r->p), &n);
	rtc_changed(&routes, &r->p);
	r->wish[w] = set;
}

static void said_all(struct receiver *r)
{
	r->said_all = true;
	rtc_eor(&routes, &r->p);
}

static void session_up(struct receiver *r)
{
	memset(r->heard, 0xff, sizeof(r->heard));
	memset(r->heard_from, 0xff, sizeof(r->heard_from));
	memset(r->asked, 0xff, sizeof(r->asked));
	r->evpn_eor = 0;
	r->up = true;
	r->said_all = !r->rtc;
	routes_hooks.up(&r->p);
}

static void session_down(struct receiver *r)
{
	r->up = r->full = false;
	memset(r->said, 0xff, sizeof(r->said));
	memset(r->wish, 0xff, sizeof(r->wish));
	routes_hooks.down(&r->p, false);
}

/* ---- what comes out ---- */

void __wrap_peer_tx(struct peer *p, struct txbuf *t);
bool __wrap_peer_tx_full(struct peer *p);
bool __wrap_peer_tx_idle(const struct peer *p);
void __wrap_peer_tx_watch(struct peer *p);
size_t __wrap_txbuf_total(void);

static bool hurried; /* nobody gets full, rounds are as long as they are */

bool __wrap_peer_tx_full(struct peer *p)
{
	return container_of(p, struct receiver, p)->full;
}

bool __real_adjout_next(struct adjout *o, adjout_policy may, void *ctx,
			struct adjout_step *out);
bool __wrap_adjout_next(struct adjout *o, adjout_policy may, void *ctx,
			struct adjout_step *out);

/* Short rounds, so that walks are interrupted, as those over large tables are. */
bool __wrap_adjout_next(struct adjout *o, adjout_policy may, void *ctx,
			struct adjout_step *out)
{
	return (hurried || rand_below(6)) && __real_adjout_next(o, may, ctx, out);
}

/* Some are ahead of those that are full, so that these are slow; or nobody is. */
bool __wrap_peer_tx_idle(const struct peer *p)
{
	return !container_of(p, const struct receiver, p)->full && rand_below(2);
}

void __wrap_peer_tx_watch(struct peer *p)
{
	(void)p; /* export_drained() comes in any case */
}

size_t __wrap_txbuf_total(void)
{
	return SIZE_MAX;
}

/* A path id is that of the path in the table, which stays while somebody knows it. */
static unsigned source_of(uint32_t path_id)
{
	return rib_path(&routes.rib[FAM_EVPN], path_id)->peer - 1u;
}

static void hear_route(struct receiver *r, const struct nlri *n, int set)
{
	struct evpn_route v;

	assert_int_equal(evpn_view(n, &v), 0);
	int *heard = r->paths ? &r->heard_from[v.mac.b[5]][source_of(n->path_id)]
			      : &r->heard[v.mac.b[5]];

	assert_true(r->said_all); /* held back until then */
	assert_true(set >= 0 || *heard >= 0);
	*heard = set;
}

static void hear_wish(struct receiver *r, const struct nlri *n, int set,
		      const struct attrs *a)
{
	struct rtc_route m;
	int w;

	assert_int_equal(rtc_view(n, &m), 0);
	w = !m.bits ? EVERYTHING : m.bits == RTC_AS_BITS ? ALL_TARGETS : m.rt.b[7];
	assert_true(set >= 0 || r->asked[w] >= 0);
	r->asked[w] = set;
	if (set < 0)
		return;
	assert_true(attrs_has_cluster(a, CLUSTER));
	assert_true(ip_eq(&a->nexthop, &r->p.local_addr));
	r->asked_as_ours[w] = a->originator_id == OUR_ID;
}

static void hear_all(struct receiver *r, const struct update_mp *mp, int set,
		     const struct attrs *a)
{
	const struct family *f = family_find(mp->afi, mp->safi);
	struct rbuf nlri = mp->nlri;
	struct nlri n;

	assert_non_null(f);
	while (rbuf_left(&nlri)) {
		bool ids = f->index == FAM_EVPN && r->paths;

		assert_int_equal(nlri_next(f->ops, &nlri, ids, set < 0, &n), NLRI_OK);
		if (f->index == FAM_EVPN)
			hear_route(r, &n, set);
		else
			hear_wish(r, &n, set, a);
	}
}

static void hear_update(struct receiver *r, struct rbuf body)
{
	static struct update_scratch scratch;
	const struct update_ctx ctx = { .as4 = true };
	struct update u;
	uint16_t afi;
	uint8_t safi;

	assert_int_equal(update_decode(body, &ctx, &scratch, &u), V_OK);
	if (update_is_eor(&u, &afi, &safi)) {
		r->evpn_eor += safi == 70;
		assert_true(safi != 70 || r->said_all);
		return;
	}
	if (u.unreach.present)
		hear_all(r, &u.unreach, -1, &u.attrs);
	if (u.reach.present)
		hear_all(r, &u.reach, (int)u.attrs.med, &u.attrs);
}

void __wrap_peer_tx(struct peer *p, struct txbuf *t)
{
	struct receiver *r = container_of(p, struct receiver, p);
	struct rbuf all = rbuf_of(t->data, t->len);

	assert_true(r->up);
	/* Queues fill while something is told, not only between. */
	r->full |= !hurried && !rand_below(8);
	while (rbuf_left(&all)) {
		struct rbuf m;
		uint8_t type;
		uint16_t len;

		rbuf_take(&all, 16);
		len = rbuf_u16(&all);
		type = rbuf_u8(&all);
		m = rbuf_sub(&all, len - 19u);
		assert_false(all.bad);
		if (type == MSG_UPDATE)
			hear_update(r, m);
	}
}

/* ---- the model ---- */

/* Highest local preference (8 sets have the same), then lowest MED (the set), then
 * lowest peer; of those but `except`, from clients only if so. */
static bool better(int a, int b)
{
	return a / 8 != b / 8 ? a / 8 > b / 8 : a < b;
}

static int best_of(const int *said[PEERS], int except, bool clients_only)
{
	int best = -1;

	for (int i = 0; i < PEERS; i++) {
		if (!said[i] || *said[i] < 0 || i == except ||
		    (clients_only && !peers[i].client))
			continue;
		if (best < 0 || better(*said[i], *said[best]))
			best = i;
	}
	return best;
}

static bool wants(const struct receiver *r, int set)
{
	if (!r->rtc || r->wish[EVERYTHING] >= 0)
		return true;
	for (int w = 0; w < TARGETS; w++)
		if (targets[set] >> w & 1 &&
		    (r->wish[w] >= 0 || r->wish[ALL_TARGETS] >= 0))
			return true;
	return false;
}

static int route_for(const struct receiver *r, int key)
{
	const int *said[PEERS];
	int best, self = (int)(r - peers);

	for (int i = 0; i < PEERS; i++)
		said[i] = &peers[i].said[key];
	best = best_of(said, -1, false);
	if (best < 0 || best == self || (!r->client && !peers[best].client))
		return -1;
	return wants(r, *said[best]) ? *said[best] : -1;
}

/* RFC 4684 section 3.2, and another's path rather than one's own. */
static int wish_for(const struct receiver *r, int w)
{
	const int *said[PEERS];
	int best, self = (int)(r - peers);

	for (int i = 0; i < PEERS; i++)
		said[i] = &peers[i].wish[w];
	best = best_of(said, -1, !r->client);
	if (best == self) {
		int other = best_of(said, self, false);

		best = other < 0 ? self : other;
	}
	return best < 0 ? -1 : *said[best];
}

static uint32_t net_of(int key)
{
	struct nlri n = route(key);

	return rib_find(&routes.rib[FAM_EVPN], &n);
}

/* Every path that may go there and is wanted; Return: how many. */
static uint32_t check_paths(const struct receiver *r, int key)
{
	uint32_t count = 0;

	for (int i = 0; i < PEERS; i++) {
		int set = peers[i].said[key];
		bool want = set >= 0 && &peers[i] != r && r->said_all &&
			    (r->client || peers[i].client) && wants(r, set);

		assert_int_equal(r->heard_from[key][i], want ? set : -1);
		count += want;
	}
	return count;
}

static uint32_t check_route(const struct receiver *r, int key)
{
	int want = r->said_all ? route_for(r, key) : -1;

	assert_int_equal(r->heard[key], want);
	return want >= 0;
}

static void check_wishes(const struct receiver *r)
{
	for (int w = 0; w < WISHES; w++) {
		assert_int_equal(r->asked[w], wish_for(r, w));
		if (r->client && r->asked[w] >= 0)
			assert_true(r->asked_as_ours[w]);
	}
}

static void check_receiver(const struct receiver *r)
{
	const struct family *f = &families[FAM_EVPN];
	uint32_t count = 0;

	for (int k = 0; k < KEYS; k++) {
		uint32_t net = net_of(k);
		uint32_t n = r->paths ? check_paths(r, k) : check_route(r, k);

		count += n;
		if (net)
			assert_int_equal(export_told(&r->p, f, net), n > 0);
	}
	assert_int_equal(export_count(&r->p, f), count);
	assert_int_equal(r->evpn_eor, r->said_all);
	if (r->rtc)
		check_wishes(r);
}

static void flush(void)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(bgp.base, EVLOOP_NONBLOCK);
}

static void settle_and_check(void)
{
	hurried = true;
	for (int i = 0; i < PEERS; i++) {
		peers[i].full = false;
		if (peers[i].up)
			routes_hooks.drained(&peers[i].p);
	}
	flush();
	hurried = false;
	for (int i = 0; i < PEERS; i++)
		if (peers[i].up)
			check_receiver(&peers[i]);
}

/* ---- events ---- */

static void wait_a_minute(void)
{
	now_ms += RTC_WAIT_MS;
	clock_set(now_ms);
	for (int i = 0; i < PEERS; i++)
		peers[i].said_all |= peers[i].up;
	ev_timers_run();
}

static void random_wish(struct receiver *r)
{
	wish(r, (int)rand_below(WISHES - !!rand_below(4)),
	     rand_below(2) ? (int)rand_below(SETS) : -1);
}

/* As after a restart of ours: all at once. */
static void everybody_wishes(void)
{
	for (int i = 0; i < PEERS; i++)
		if (peers[i].up && peers[i].rtc)
			random_wish(&peers[i]);
}

static void random_event(void)
{
	struct receiver *r = &peers[rand_below(PEERS)];
	unsigned what = rand_below(100);

	if (!r->up) {
		session_up(r);
	} else if (what < 2) {
		session_down(r);
	} else if (what < 30) {
		announce(r, (int)rand_below(n_keys), -1);
	} else if (what < 70) {
		announce(r, (int)rand_below(n_keys), (int)rand_below(SETS));
	} else if (what < 74) {
		routes_hooks.refresh(&r->p, &families[FAM_EVPN], RR_REQUEST);
	} else if (r->full) {
		r->full = false;
		routes_hooks.drained(&r->p);
	} else if (r->rtc && !r->said_all && what < 86) {
		said_all(r);
	} else if (r->rtc) {
		random_wish(r);
	}
}

static void receiver_init(struct receiver *r, uint32_t i)
{
	memset(r, 0, sizeof(*r));
	memset(r->said, 0xff, sizeof(r->said));
	memset(r->wish, 0xff, sizeof(r->wish));
	r->client = i % 4 != 3;
	r->rtc = i % 3 != 2;
	r->paths = i % 5 > 2;
	r->p.bgp = &bgp;
	r->p.index = i;
	r->p.state = FSM_ESTABLISHED;
	r->p.addr = ip4_of(0x0a000001 + i);
	r->p.local_addr = ip4_of(OUR_ID + i / 10);
	r->p.remote_id = 0x0a000001 + i;
	r->p.as4 = true;
	r->p.ext_msg = i % 7 == 0;
	r->p.chan[FAM_EVPN].up = true;
	r->p.chan[FAM_EVPN].tx_addpath = r->paths;
	r->p.chan[FAM_RTC].up = r->rtc;
	for (unsigned f = 0; f < FAMS; f++)
		r->p.cfg.af[f].rr_client = r->client;
	TAILQ_INSERT_TAIL(&bgp.peers, &r->p, link);
}

static int setup(void **state)
{
	(void)state;
	memset(&bgp, 0, sizeof(bgp));
	memset(&cfg, 0, sizeof(cfg));
	log_level_set(LOG_LVL_ERR);
	now_ms = 1000000;
	clock_set(now_ms);
	bgp.base = event_base_new();
	bgp.cfg = &cfg;
	bgp.as = AS;
	bgp.router_id = OUR_ID;
	bgp.cluster_id = CLUSTER;
	TAILQ_INIT(&bgp.peers);
	routes_init(&routes, &bgp);
	make_sets();
	for (uint32_t i = 0; i < PEERS; i++)
		receiver_init(&peers[i], i);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < PEERS; i++)
		if (peers[i].up)
			session_down(&peers[i]);
	flush();
	for (int i = 0; i < SETS; i++)
		attrset_unref(&routes.attrs, sets[i]);
	assert_int_equal(routes.attrs.n, 0);
	rtlists_trim(routes.attrs.rts);
	assert_int_equal(routes.attrs.rts->t.n, 0);
	assert_int_equal(routes.rt_index->t.n, 0);
	assert_int_equal(routes.rt_index->all.n, 0);
	assert_true(TAILQ_EMPTY(&routes.groups));
	routes_fini(&routes);
	event_base_free(bgp.base);
	return 0;
}

static void everybody_hears_the_model(void **state)
{
	(void)state;
	for (int i = 0; i < PEERS; i++)
		session_up(&peers[i]);
	for (int i = 0; i < ROUNDS; i++) {
		n_keys = 1 + (uint32_t)i * KEYS / ROUNDS;
		random_event();
		if (rand_below(3) == 0)
			flush();
		if (i % 997 == 0)
			wait_a_minute();
		if (i % 101 == 0)
			everybody_wishes();
		if (i % 40 == 0)
			settle_and_check();
	}
	settle_and_check();
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test_setup_teardown(everybody_hears_the_model, setup,
						teardown),
	};
	return cmocka_run_group_tests(t, NULL, NULL);
}
