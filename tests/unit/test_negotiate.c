/* OPEN: offered, checked in order, applied. */
#include "tests/unit/bgp_help.h"

#include "wire/role.h"

static struct bgp bgp;
static struct config *cfg;

static void edit_version(struct open_msg *o)
{
	o->version = 3;
	o->as = 9; /* the version comes first */
}

static void edit_as(struct open_msg *o)
{
	o->as = 65009;
	o->hold_s = 1; /* the AS comes before the hold time */
}

static void edit_as_zero(struct open_msg *o)
{
	o->as = 0;
}

static void edit_hold(struct open_msg *o)
{
	o->hold_s = 2;
	o->id = 0;
}

static void edit_hold_zero(struct open_msg *o)
{
	o->hold_s = 0;
}

static void edit_id_zero(struct open_msg *o)
{
	o->id = 0;
	o->n_families = 0;
}

static void edit_id_ours(struct open_msg *o)
{
	o->id = bgp.router_id;
}

static void edit_no_mp(struct open_msg *o)
{
	o->n_families = 0;
	o->any_mp = false;
	o->role.conflict = true;
}

static void edit_other_family(struct open_msg *o)
{
	o->fam[0].safi = 1;
}

static void edit_role(struct open_msg *o)
{
	o->role = (struct open_role) { .present = true, .conflict = true };
}

static void role_is(struct open_msg *o, uint8_t role)
{
	o->role = (struct open_role) { .present = true, .role = role };
}

static void edit_provider(struct open_msg *o)
{
	role_is(o, ROLE_PROVIDER);
}

static void edit_customer(struct open_msg *o)
{
	role_is(o, ROLE_CUSTOMER);
}

static void edit_role_unknown(struct open_msg *o)
{
	role_is(o, 77);
}

static void edit_role_no_family(struct open_msg *o)
{
	edit_customer(o);
	o->fam[0].safi = 1; /* a family comes before the role */
}

static void edit_2octet(struct open_msg *o)
{
	o->as4 = false;
}

static const struct {
	const char *name;
	enum cfg_as kind;
	uint32_t cfg_as, as;
	void (*edit)(struct open_msg *o);
	uint8_t code, sub;
	size_t data;
} checks[] = {
	{ "good, internal", CFG_AS_NUMBER, 65000, 65000, NULL, 0, 0, 0 },
	{ "good, external", CFG_AS_NUMBER, 65001, 65001, NULL, 0, 0, 0 },
	{ "remote-as internal", CFG_AS_INTERNAL, 0, 65000, NULL, 0, 0, 0 },
	{ "remote-as external", CFG_AS_EXTERNAL, 0, 65001, NULL, 0, 0, 0 },
	{ "internal wanted", CFG_AS_INTERNAL, 0, 65001, NULL, 2, 2, 4 },
	{ "external wanted", CFG_AS_EXTERNAL, 0, 65000, NULL, 2, 2, 4 },
	{ "version", CFG_AS_NUMBER, 65000, 65000, edit_version, 2, 1, 2 },
	{ "other AS", CFG_AS_NUMBER, 65000, 65000, edit_as, 2, 2, 4 },
	{ "AS 0", CFG_AS_EXTERNAL, 0, 65001, edit_as_zero, 2, 2, 4 },
	{ "hold 2", CFG_AS_NUMBER, 65000, 65000, edit_hold, 2, 6, 2 },
	{ "hold 0", CFG_AS_NUMBER, 65000, 65000, edit_hold_zero, 0, 0, 0 },
	{ "id 0", CFG_AS_NUMBER, 65000, 65000, edit_id_zero, 2, 3, 4 },
	{ "our id, internal", CFG_AS_NUMBER, 65000, 65000, edit_id_ours, 2, 3, 4 },
	{ "our id, external", CFG_AS_NUMBER, 65001, 65001, edit_id_ours, 0, 0, 0 },
	{ "no family", CFG_AS_NUMBER, 65000, 65000, edit_no_mp, 2, 7, 6 },
	{ "IPv4 only", CFG_AS_NUMBER, 65000, 65000, edit_other_family, 2, 7, 6 },
	{ "role conflict", CFG_AS_NUMBER, 65001, 65001, edit_role, 2, 11, 0 },
	{ "role is for eBGP", CFG_AS_NUMBER, 65000, 65000, edit_role, 0, 0, 0 },
	{ "2-octet peer", CFG_AS_NUMBER, 65001, 65001, edit_2octet, 0, 0, 0 },
};

/* We: customer of our neighbor. */
static const struct {
	const char *name;
	bool has_role, strict;
	uint32_t as;
	void (*edit)(struct open_msg *o);
	uint8_t sub;
} role_checks[] = {
	{ "pair", true, false, 65001, edit_provider, 0 },
	{ "no pair", true, false, 65001, edit_customer, 11 },
	{ "a role of tomorrow", true, false, 65001, edit_role_unknown, 11 },
	{ "two differing", true, false, 65001, edit_role, 11 },
	{ "none", true, false, 65001, NULL, 0 },
	{ "none, strict", true, true, 65001, NULL, 11 },
	{ "pair, strict", true, true, 65001, edit_provider, 0 },
	{ "we have none", false, false, 65001, edit_role_unknown, 0 },
	{ "we have none, two differing", false, false, 65001, edit_role, 11 },
	{ "internal", true, true, 65000, edit_customer, 0 },
	{ "internal, strict, none", true, true, 65000, NULL, 0 },
	{ "no family comes first", true, true, 65001, edit_role_no_family, 7 },
};

static void roles(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(role_checks); i++) {
		struct cfg_nbr n = { .remote_as = role_checks[i].as,
				     .has_role = role_checks[i].has_role,
				     .role = ROLE_CUSTOMER,
				     .role_strict = role_checks[i].strict };
		struct open_msg o = raw_open(role_checks[i].as, "10.9.9.9"), ours;
		struct notif err = { 0 };
		struct peer *p;

		print_message("# %s\n", role_checks[i].name);
		nbr_defaults(&n);
		n.addr = ip("127.0.3.9");
		p = peer_new(&bgp, &n, false);
		if (role_checks[i].edit)
			role_checks[i].edit(&o);
		assert_int_equal(open_check(p, &o, &err),
				 role_checks[i].sub ? -EPROTO : 0);
		assert_int_equal(err.sub, role_checks[i].sub);
		open_make(p, &ours);
		assert_int_equal(ours.role.present,
				 n.has_role && role_checks[i].as != 65000);
		assert_int_equal(ours.role.role, ours.role.present ? ROLE_CUSTOMER : 0);
		peer_delete(p, NULL, "test");
		pump(1);
	}
}

static struct peer *fresh_peer(enum cfg_as kind, uint32_t as)
{
	struct cfg_nbr n = { .as_kind = kind, .remote_as = as };

	nbr_defaults(&n);
	n.addr = ip("127.0.3.9");
	return peer_new(&bgp, &n, false);
}

static void minimum_hold_time(void **state UNUSED)
{
	static const struct {
		uint16_t least, offered;
		bool ok;
	} cases[] = { { 0, 0, true },    { 0, 3, true },   { 30, 0, false },
		      { 30, 29, false }, { 30, 30, true }, { 30, 90, true } };
	struct config c = { .min_hold_s = 0 };
	struct config *was = bgp.cfg;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct open_msg o = raw_open(65000, "10.9.9.9");
		struct peer *p = fresh_peer(CFG_AS_NUMBER, 65000);
		struct notif n = { 0 };

		c = *was;
		c.min_hold_s = cases[i].least;
		bgp.cfg = &c;
		o.hold_s = cases[i].offered;
		assert_int_equal(open_check(p, &o, &n), cases[i].ok ? 0 : -EPROTO);
		assert_int_equal(n.sub, cases[i].ok ? 0 : 6);
		bgp.cfg = was;
		peer_delete(p, NULL, "test");
	}
	pump(3);
}

static void checks_in_order(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct open_msg o = raw_open(checks[i].as, "10.9.9.9");
		struct peer *p = fresh_peer(checks[i].kind, checks[i].cfg_as);
		struct notif n = { 0 };
		int err;

		print_message("# %s\n", checks[i].name);
		if (checks[i].edit)
			checks[i].edit(&o);
		err = open_check(p, &o, &n);
		assert_int_equal(err, checks[i].code ? -EPROTO : 0);
		assert_int_equal(n.code, checks[i].code);
		assert_int_equal(n.sub, checks[i].sub);
		assert_int_equal(n.len, checks[i].data);
		peer_delete(p, NULL, "test");
	}
	pump(3);
}

static const struct {
	uint16_t ours, ours_ka, theirs, hold, keepalive;
} timers[] = {
	{ 90, 30, 90, 90, 30 }, { 90, 30, 9, 9, 3 },       { 9, 3, 180, 9, 3 },
	{ 90, 60, 90, 90, 30 }, { 180, 10, 180, 180, 10 }, { 0, 0, 90, 0, 0 },
	{ 90, 30, 0, 0, 0 },    { 90, 0, 90, 90, 30 },     { 3, 1, 90, 3, 1 },
};

static void negotiates_timers(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(timers); i++) {
		struct open_msg o = { .hold_s = timers[i].theirs };
		struct peer p = { .cfg = { .hold_s = timers[i].ours,
					   .keepalive_s = timers[i].ours_ka } };
		uint16_t hold, keepalive;

		open_timers(&p, &o, &hold, &keepalive);
		assert_int_equal(hold, timers[i].hold);
		assert_int_equal(keepalive, timers[i].keepalive);
	}
}

static void offers(void **state UNUSED)
{
	struct peer *p = fresh_peer(CFG_AS_INTERNAL, 0);
	struct open_msg o;

	open_make(p, &o);
	assert_int_equal(o.as2, 65000);
	assert_true(o.as4 && o.refresh && o.refresh_enhanced && o.extended_msg);
	assert_int_equal(o.n_families, 1);
	assert_true(o.fam[0].mp);
	assert_string_equal(o.hostname, "host1");

	bgp.as = 4200000001;
	open_make(p, &o);
	assert_int_equal(o.as2, AS_TRANS);
	assert_int_equal(o.as, 4200000001);
	bgp.as = 65000;
	peer_delete(p, NULL, "test");
}

static const struct {
	const char *name;
	enum cfg_gr mode;
	uint32_t llgr_s;
	bool gr, r, family, llgr;
	uint32_t llgr_told;
} modes[] = {
	{ "helper", CFG_GR_HELPER, 0, true, false, false, false, 0 },
	{ "helper, LLGR", CFG_GR_HELPER, 600, true, false, false, true, 0 },
	{ "restarts", CFG_GR_RESTARTS, 0, true, true, true, false, 0 },
	{ "restarts, LLGR", CFG_GR_RESTARTS, 600, true, true, true, true, 600 },
	{ "nothing", CFG_GR_DISABLED, 600, false, false, false, false, 0 },
};

static void offers_graceful_restart(void **state UNUSED)
{
	struct peer *p = fresh_peer(CFG_AS_INTERNAL, 0);
	struct open_msg o;

	bgp.restarting = true;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		print_message("# %s\n", modes[i].name);
		p->cfg.gr = modes[i].mode;
		cfg->llgr_stale_s = modes[i].llgr_s;
		open_make(p, &o);
		assert_int_equal(o.gr, modes[i].gr);
		assert_int_equal(o.gr_restarting, modes[i].r);
		assert_true(o.gr_notification);
		assert_int_equal(o.gr_time_s, 120);
		assert_int_equal(o.fam[0].gr, modes[i].family);
		assert_int_equal(o.fam[0].llgr, modes[i].llgr);
		assert_int_equal(o.fam[0].llgr_stale_s, modes[i].llgr_told);
	}
	cfg->gr_no_notification = true;
	open_make(p, &o);
	assert_false(o.gr_notification);
	cfg->gr_no_notification = false;
	cfg->llgr_stale_s = 0;
	bgp.restarting = false;
	peer_delete(p, NULL, "test");
}

static bool says_forwarding(const struct peer *p)
{
	struct open_msg o;

	open_make(p, &o);
	assert_int_equal(o.fam[0].gr_forward, o.fam[0].llgr_forward);
	return o.fam[0].gr_forward;
}

static void tells_the_truth_of_forwarding(void **state UNUSED)
{
	struct peer *p = fresh_peer(CFG_AS_INTERNAL, 0);
	struct cfg_ila domain = { 0 };

	p->cfg.gr = CFG_GR_RESTARTS;
	cfg->llgr_stale_s = 600;
	bgp.complete = false;
	assert_true(says_forwarding(p)); /* a reflector: nothing to lose */
	TAILQ_INIT(&cfg->ilas);
	TAILQ_INSERT_TAIL(&cfg->ilas, &domain, link);
	assert_false(says_forwarding(p));
	TAILQ_REMOVE(&cfg->ilas, &domain, link);
	cfg->advertise_all_vni = true;
	assert_false(says_forwarding(p));
	bgp.forwarding_kept = true; /* fib found the entries of the earlier run */
	assert_true(says_forwarding(p));
	bgp.forwarding_kept = false;
	cfg->gr_preserve = true; /* the operator's word */
	assert_true(says_forwarding(p));
	cfg->gr_preserve = false;
	p->stats.established = 1; /* only the session was lost, not we */
	assert_true(says_forwarding(p));
	p->stats.established = 0;
	bgp.complete = true;
	assert_true(says_forwarding(p));
	cfg->advertise_all_vni = false;
	cfg->llgr_stale_s = 0;
	peer_delete(p, NULL, "test");
}

static void applies(void **state UNUSED)
{
	struct peer *p = fresh_peer(CFG_AS_NUMBER, 65001);
	struct conn c = { .peer = p, .hold_s = 9, .keepalive_s = 3 };

	p->cfg.gr = CFG_GR_RESTARTS;
	cfg->llgr_stale_s = 600;
	open_make(p, &c.tx_open);
	c.rx_open = raw_open(65001, "10.9.9.9");
	c.rx_open.gr = c.rx_open.gr_notification = true;
	c.rx_open.fam[0].gr = c.rx_open.fam[0].llgr = true;
	c.rx_open.fam[0].llgr_forward = true;
	c.rx_open.fam[0].llgr_stale_s = 86400;
	p->stale[0].any = p->chan[0].eor_rx = true; /* of an earlier session */
	open_apply(p, &c);
	assert_true(p->ebgp && p->as4 && p->ext_msg && p->refresh);
	assert_true(p->refresh_enhanced && p->gr_both && p->notif_n);
	assert_true(p->chan[0].up && p->chan[0].gr && !p->chan[0].gr_forward);
	assert_true(p->chan[0].llgr && p->chan[0].llgr_forward);
	assert_int_equal(p->chan[0].llgr_s, 600); /* no longer than we like */
	assert_true(p->stale[0].any);
	assert_false(p->chan[0].eor_rx);
	assert_int_equal(p->remote_as, 65001);
	assert_int_equal(p->hold_s, 9);
	assert_int_equal(peer_max_msg(p), 65535);

	/* What we did not offer is not granted either. */
	p->cfg.gr = CFG_GR_DISABLED;
	open_make(p, &c.tx_open);
	open_apply(p, &c);
	assert_false(p->gr_both || p->notif_n || p->chan[0].gr || p->chan[0].llgr);
	assert_int_equal(p->chan[0].llgr_s, 0);
	p->cfg.gr = CFG_GR_RESTARTS;
	open_make(p, &c.tx_open);
	cfg->llgr_stale_s = 0;

	/* N without the rest of the capability is nothing. */
	c.rx_open.gr = false;
	c.rx_open.fam[0].gr = false;
	c.rx_open.as4 = c.rx_open.extended_msg = false;
	open_apply(p, &c);
	assert_false(p->gr_both || p->notif_n || p->as4 || p->chan[0].gr);
	assert_int_equal(peer_max_msg(p), 4096);
	peer_delete(p, NULL, "test");
}

/* Who may send several paths of a route to whom: RFC 7911 section 4. */
static void several_paths(void **state UNUSED)
{
	struct peer *p = fresh_peer(CFG_AS_NUMBER, 65001);
	struct conn c = { .peer = p };

	open_make(p, &c.tx_open);
	assert_int_equal(c.tx_open.fam[0].addpath, ADDPATH_RX);
	c.rx_open = raw_open(65001, "10.9.9.9");
	for (uint8_t ours = 0; ours <= 3; ours++)
		for (uint8_t theirs = 0; theirs <= 3; theirs++) {
			c.tx_open.fam[0].addpath = ours;
			c.rx_open.fam[0].addpath = theirs;
			open_apply(p, &c);
			assert_int_equal(p->chan[0].rx_addpath, ours & theirs >> 1 & 1);
			assert_int_equal(p->chan[0].tx_addpath, ours >> 1 & theirs & 1);
		}
	p->cfg.af[FAM_EVPN].no_addpath_rx = true;
	open_make(p, &c.tx_open);
	assert_int_equal(c.tx_open.fam[0].addpath, 0);
	p->cfg.af[FAM_EVPN].addpath_tx_all = true;
	open_make(p, &c.tx_open);
	assert_int_equal(c.tx_open.fam[0].addpath, ADDPATH_TX);
	p->cfg.af[FAM_EVPN].no_addpath_rx = false;
	open_make(p, &c.tx_open);
	assert_int_equal(c.tx_open.fam[0].addpath, ADDPATH_RX | ADDPATH_TX);
	peer_delete(p, NULL, "test");
}

static int setup(void **state UNUSED)
{
	help_init();
	bgp_init(&bgp, base, &hooks);
	cfg = cfg_new(65000, "10.0.0.1");
	bgp_apply(&bgp, cfg);
	return 0;
}

static int teardown(void **state UNUSED)
{
	bgp_fini(&bgp);
	cfg_drop(cfg);
	help_fini();
	return 0;
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(minimum_hold_time),
		cmocka_unit_test(checks_in_order),
		cmocka_unit_test(roles),
		cmocka_unit_test(negotiates_timers),
		cmocka_unit_test(offers),
		cmocka_unit_test(offers_graceful_restart),
		cmocka_unit_test(tells_the_truth_of_forwarding),
		cmocka_unit_test(applies),
		cmocka_unit_test(several_paths),
	};

	return cmocka_run_group_tests(t, setup, teardown);
}
