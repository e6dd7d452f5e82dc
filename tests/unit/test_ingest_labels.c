/* What becomes of labels on routes: taken off, refused, believed. */
#include "tests/unit/ingest_help.h"

#include <stdlib.h>

static uint8_t labelled[256];
static const struct extcom tags[] = {
	{ { 0, 2, 0xfd, 0xe8, 0, 0, 0, 100 } }, /* route target */
	{ { 3, 0x17, 0, 0, 0, 0, 3, 0xe9 } },   /* group policy id */
};

/* Attributes of an endpoint with these labels, in a VNI 100. */
static struct attrs with_labels(const char *text)
{
	struct wbuf w = wbuf_of(labelled, sizeof(labelled));
	struct attrs a = plain();
	struct labels l;

	assert_int_equal(labels_parse(text, &l), LABEL_FINE);
	wbuf_u8(&w, 0xc0);
	wbuf_u8(&w, 255);
	wbuf_u8(&w, LABELSET_HEAD + l.len);
	labelset_encode(&w, 7, labels_bytes(&l));
	a.other = (struct bytes) { labelled, w.len };
	a.ext_communities = (struct bytes) { tags[0].b, sizeof(tags) };
	a.present |= 1ull << ATTR_EXT_COMMUNITY;
	return a;
}

/* The attributes of the one route that is held. */
static struct attrs held_attrs(void)
{
	struct nlri n = route(1);
	uint32_t net = rib_find(&routes.rib[0], &n);
	struct attrs a;

	assert_true(net && rib_net(&routes.rib[0], net)->best);
	attrset_view(
		rib_path(&routes.rib[0], rib_net(&routes.rib[0], net)->best)->attrs,
		&a);
	return a;
}

static void label_settings(void)
{
	TAILQ_INIT(&cfg.label_lists);
	TAILQ_INIT(&cfg.tenant_lists);
	peer.cfg.marks.code = LABELSET_CODE;
	cfg.identity.code = LABELSET_CODE;
	cfg.identity.domain = 7;
}

static void labels_taken_off(void **state)
{
	static const struct {
		bool ebgp;
		enum cfg_labels setting;
		bool stay;
	} rows[] = {
		{ false, CFG_LABELS_DEFAULT, true },
		{ true, CFG_LABELS_DEFAULT, false },
		{ false, CFG_LABELS_PASS, true },
		{ true, CFG_LABELS_PASS, true },
		{ false, CFG_LABELS_ACCEPT, true },
		{ true, CFG_LABELS_ACCEPT, true },
		{ false, CFG_LABELS_STRIP, false },
		{ true, CFG_LABELS_STRIP, false },
	};
	struct attrs a = with_labels("app=db"), held_now;
	struct bytes value;
	struct notif err;

	(void)state;
	label_settings();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		peer.ebgp = rows[i].ebgp;
		peer.cfg.af[FAM_EVPN].labels = (uint8_t)rows[i].setting;
		announce(&a, 1);
		assert_int_equal(feed(&err), V_OK);
		held_now = held_attrs();
		assert_int_equal(!attrs_labelset(&held_now, LABELSET_CODE, &value),
				 rows[i].stay);
		assert_int_equal(held_now.ext_communities.len,
				 rows[i].stay ? sizeof(tags) : sizeof(tags[0]));
	}
}

static void believed_by_source(void **state)
{
	struct attrs a = with_labels("app=db");
	struct rib *rib = &routes.rib[0];
	struct nlri n = route(1);
	struct cfg_nbr was = peer.cfg;
	struct notif err;
	uint64_t version;
	uint32_t best;

	(void)state;
	label_settings();
	announce(&a, 1);
	assert_int_equal(feed(&err), V_OK);
	best = rib_net(rib, rib_find(rib, &n))->best;
	assert_false(rib_path_trusted(rib, best));
	version = rib->version;
	peer.cfg.af[FAM_EVPN].labels = CFG_LABELS_ACCEPT;
	routes_hooks.configured(&peer, &was);
	assert_true(rib_path_trusted(rib, best));
	assert_true(rib->version > version); /* who reads the table hears of it */
	version = rib->version;
	routes_hooks.configured(&peer, &was);
	assert_true(rib->version == version);
	peer.cfg.af[FAM_EVPN].labels = CFG_LABELS_PASS;
	routes_hooks.configured(&peer, &was);
	assert_false(rib_path_trusted(rib, best));
}

static void only_permitted(void **state)
{
	static struct cfg_label_list list = { .name = "L" };
	static struct cfg_tenant_list tenants = { .name = "T" };
	const struct tenant_rule vni = { .first = 100, .last = 100 };
	struct cfg_nbr_af *af = &peer.cfg.af[FAM_EVPN];
	struct attrs good = with_labels("app=db"), bad;
	struct cfg_nbr was = peer.cfg;
	struct labels rule;
	struct notif err;

	(void)state;
	label_settings();
	good.ext_communities.len = sizeof(tags[0]); /* no number */
	TAILQ_INSERT_TAIL(&cfg.label_lists, &list, link);
	TAILQ_INSERT_TAIL(&cfg.tenant_lists, &tenants, link);
	label_rule_parse("app=db", &rule);
	label_permit_add(&list.permit, labels_bytes(&rule));
	str_copy(af->label_list, sizeof(af->label_list), "L");
	routes_hooks.configured(&peer, &was);
	announce(&good, 2);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 2);
	/* What it may not say takes away what it said. */
	bad = with_labels("app=db,role=admin");
	announce(&bad, 1);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 1);
	assert_int_equal(peer.stats.update_errors[UR_LABELS_DENIED], 1);
	assert_int_equal(peer.stats.permit_refused[FAM_EVPN][0], 1);
	/* A number that is not that of the labels goes the same way. */
	bad = with_labels("app=db");
	announce(&bad, 2);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 0);
	assert_int_equal(peer.stats.permit_refused[FAM_EVPN][0], 3);
	announce(&good, 1);
	assert_int_equal(feed(&err), V_OK);
	/* Tenants: VNI 100 is permitted, and then not any more. */
	tenant_permit_add(&tenants.permit, &vni);
	str_copy(af->tenant_list, sizeof(af->tenant_list), "T");
	routes_hooks.configured(&peer, &was);
	assert_int_equal(held(), 1);
	tenants.permit.rule[0].first = tenants.permit.rule[0].last = 101;
	routes_hooks.configured(&peer, &was);
	assert_int_equal(held(), 0);
	assert_int_equal(peer.stats.update_errors[UR_TENANT_DENIED], 1);
	assert_int_equal(peer.stats.permit_refused[FAM_EVPN][1], 1);
	good = with_labels("app=db");
	good.ext_communities.len = sizeof(tags[0]);
	announce(&good, 1);
	assert_int_equal(feed(&err), V_OK);
	assert_int_equal(held(), 0);
	free(list.permit.rules);
	free(tenants.permit.rule);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest t[] = {
		CASE(labels_taken_off),
		CASE(believed_by_source),
		CASE(only_permitted),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
