/*
 * A walk over a table that changes under it: what is there all the time comes exactly
 * once and in order, nothing comes twice, and what comes is there.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "rib/locrib.h"
#include "rib/walk.h"
#include "tests/unit/attr_help.h"
#include "wire/nlri_evpn.h"

enum { KEYS = 6000, ROUNDS = 30, PEER = 1 };

static struct attr_table attrs;
static struct rib rib;
static struct attrset *set;
static bool there[KEYS], stayed[KEYS];
static unsigned came[KEYS];
static unsigned seed;

static unsigned rnd(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* All types, long and short keys; k is in the key and can be read back. */
static struct nlri key_nlri(unsigned k)
{
	struct evpn_route r = { .type = (uint8_t)(k % 2 ? EVPN_MACIP : EVPN_PREFIX),
				.label1 = 100,
				.prefix_bits = 128 };
	struct nlri n;

	r.rd = rd_make_ip(0x0a000001 + k % 7, (uint16_t)(k % 3));
	r.mac.b[4] = (uint8_t)(k >> 8);
	r.mac.b[5] = (uint8_t)k;
	if (k % 2 == 0 || k % 5 == 0)
		r.ip = ip_of("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	if (r.ip.len) {
		r.ip.b[14] = (uint8_t)(k >> 8);
		r.ip.b[15] = (uint8_t)k;
	}
	assert_int_equal(evpn_build(&r, &n), 0);
	return n;
}

static unsigned key_of(uint32_t net)
{
	struct evpn_route v;
	struct nlri n;

	rib_nlri(&rib, net, 0, &n);
	assert_int_equal(evpn_view(&n, &v), 0);
	return v.type == EVPN_MACIP ? (unsigned)(v.mac.b[4] << 8 | v.mac.b[5])
				    : (unsigned)(v.ip.b[14] << 8 | v.ip.b[15]);
}

static void set_there(unsigned k, bool yes)
{
	struct nlri n = key_nlri(k);

	if (yes)
		rib_update(&rib, PEER, &n, set);
	else
		rib_withdraw(&rib, PEER, &n);
	there[k] = yes;
	stayed[k] &= yes;
}

/* Routes come and go; without rib_trim() their ids stay theirs for a while. */
static void change(unsigned times)
{
	while (times--)
		set_there(rnd(KEYS), rnd(2));
	if (rnd(2))
		rib_trim(&rib);
}

static bool wanted(void *ctx, uint32_t net)
{
	return key_of(net) % *(unsigned *)ctx == 0;
}

/* One walk over every `every`th key, `changes` to the table between two steps. */
static void walk_once(unsigned every, unsigned changes)
{
	struct rib_walk *w = rib_walk_new(&rib);
	struct nlri last = { 0 }, now;
	uint32_t net;

	memset(came, 0, sizeof(came));
	memcpy(stayed, there, sizeof(stayed));
	while (rib_walk_look(w, 1 + rnd(500), every > 1 ? wanted : NULL, &every))
		change(rnd(changes + 1));
	change(changes);
	while ((net = rib_walk_next(w))) {
		unsigned k = key_of(net);

		assert_true(rib_is_route(&rib, net));
		assert_true(there[k]);
		assert_int_equal(came[k]++, 0);
		rib_nlri(&rib, net, 0, &now);
		assert_true(!last.key_len || rib.ops->cmp(&last, &now) < 0);
		last = now;
		if (rnd(20) == 0)
			change(rnd(changes + 1));
	}
	for (unsigned k = 0; k < KEYS; k++)
		assert_true(came[k] == 1 || !stayed[k] || k % every);
	if (!changes)
		assert_true(rib_walk_found(w) > KEYS / every / 4);
	rib_walk_free(w);
}

static int setup(void **state)
{
	struct attrs a = attrs_plain(1);

	(void)state;
	attr_table_init(&attrs);
	rib_init(&rib, &nlri_evpn_ops, &attrs);
	set = attrset_intern(&attrs, &a);
	rib_peer_add(&rib, PEER, &(struct path_source) { .id = 1 }, NULL);
	memset(there, 0, sizeof(there));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rib_peer_del(&rib, PEER);
	rib_trim(&rib);
	rib_fini(&rib);
	attrset_unref(&attrs, set);
	attr_table_fini(&attrs);
	return 0;
}

static void of_nothing(void **state)
{
	struct rib_walk *w = rib_walk_new(&rib);

	(void)state;
	assert_false(rib_walk_look(w, 100, NULL, NULL));
	assert_int_equal(rib_walk_next(w), 0);
	assert_int_equal(rib_walk_next(w), 0);
	rib_walk_free(w);
	rib_walk_free(NULL);
	w = rib_walk_new(&rib); /* given up half way */
	set_there(1, true);
	rib_walk_look(w, 1, NULL, NULL);
	rib_walk_free(w);
}

static void of_a_table_at_rest(void **state)
{
	(void)state;
	for (unsigned k = 0; k < KEYS; k++)
		set_there(k, rnd(10));
	walk_once(1, 0);
	walk_once(7, 0);
}

static void of_a_changing_table(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= ROUNDS; i++) {
		print_message("# seed %u\n", i);
		seed = i;
		for (unsigned k = 0; k < KEYS; k++)
			if (rnd(3))
				set_there(k, rnd(10));
		walk_once(1 + i % 3, 40);
	}
}

/* Everything goes while the walk stands; its ids become those of other routes. */
static void of_a_table_that_is_replaced(void **state)
{
	struct rib_walk *w = rib_walk_new(&rib);
	uint32_t net;

	(void)state;
	for (unsigned k = 0; k < KEYS / 2; k++)
		set_there(k, true);
	while (rib_walk_look(w, 999, NULL, NULL))
		;
	for (unsigned k = 0; k < 10; k++)
		assert_true((net = rib_walk_next(w)) && key_of(net) < KEYS / 2);
	rib_peer_flush(&rib, PEER);
	rib_trim(&rib);
	for (unsigned k = KEYS / 2; k < KEYS; k++)
		set_there(k, true);
	assert_true(rib.nets.next < KEYS); /* ids have been given to others */
	assert_int_equal(rib_walk_next(w), 0);
	rib_walk_free(w);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest t[] = {
		CASE(of_nothing),
		CASE(of_a_table_at_rest),
		CASE(of_a_changing_table),
		CASE(of_a_table_that_is_replaced),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
