/* tests/unit/rib_help.h - a table, and a slow model of it: what each peer announces for
 * each key and path id. Random events happen to both. */
#ifndef TESTS_UNIT_RIB_HELP_H
#define TESTS_UNIT_RIB_HELP_H

#include "tests/unit/unit.h"

#include <stdlib.h>

#include "rib/locrib.h"
#include "tests/unit/attr_help.h"
#include "wire/nlri_evpn.h"

enum { PEERS = 8, KEYS = 40, SETS = 6, IDS = 4 };

/* Path ids of the peers: we ourselves (0) and some others use none, the rest number
 * from 0, and may have `room` paths of one route. */
static const unsigned ids[PEERS + 1] = { 1, 1, IDS, 1, IDS, IDS, IDS, IDS, 1 };
static const unsigned room[PEERS + 1] = { 1, 1, 2, 1, 3, IDS, 2, IDS, 1 };

/* What the model knows: which set each peer announces for each key and path id. */
static int said[PEERS + 1][IDS][KEYS]; /* -1 nothing, else set */
static bool stale[PEERS + 1][IDS][KEYS];

static struct attr_table attrs;
static struct rib rib;
static struct attrset *sets[SETS];

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

static void peer_open(uint32_t p)
{
	rib_peer_add(&rib, p, &(struct path_source) { .id = p, .addr = ip4_of(p) },
		     NULL);
	rib.peer[p].max_paths = (uint16_t)room[p];
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
	for (uint32_t p = 1; p <= PEERS; p++)
		peer_open(p);
	memset(said, 0xff, sizeof(said));
	memset(stale, 0, sizeof(stale));
}

static void teardown_tables(void)
{
	for (uint32_t p = 0; p <= PEERS; p++)
		rib_peer_flush(&rib, p);
	rib_trim(&rib);
	assert_int_equal(rib.n_nets, 0);
	assert_int_equal(rib.n_dead, 0);
	assert_int_equal(rib.n_paths, 0);
	assert_int_equal(rib.paths.used, 0);
	rib_fini(&rib);
	for (int i = 0; i < SETS; i++)
		attrset_unref(&attrs, sets[i]);
	assert_int_equal(attrs.n, 0);
	attr_table_fini(&attrs);
}

struct winner {
	int peer, id; /* peer -1: nobody */
};

/* Highest local preference (set number / 2), then our own, then lowest peer, then
 * lowest path id. */
static struct winner model_best(unsigned k)
{
	struct winner w = { -1, 0 };

	for (int p = 0; p <= PEERS; p++)
		for (int i = 0; i < IDS; i++)
			if (said[p][i][k] >= 0 &&
			    (w.peer < 0 ||
			     said[p][i][k] / 2 > said[w.peer][w.id][k] / 2))
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

/* Something happens to one peer; restarts only to others than ourselves. */
static void peer_event(unsigned p, unsigned *seed)
{
	unsigned k = (unsigned)rand_r(seed) % KEYS, i = (unsigned)rand_r(seed) % ids[p];
	unsigned what = (unsigned)rand_r(seed) % 400;

	if (what < 10)
		assert_int_equal(rib_peer_flush(&rib, p), model_drop(p, true));
	else if (what < 14 && p)
		make_stale(p);
	else if (what < 18)
		assert_int_equal(rib_peer_sweep(&rib, p), model_drop(p, false));
	else if (what < 110)
		withdraw(p, i, k);
	else
		announce(p, i, k, rand_r(seed) % SETS);
}

#endif
