/* Any configuration, printed and read, is the same; so is its copy. */
#include "tests/unit/config_help.h"

#include <stdlib.h>

#include "bgpd/config_edit.h"
#include "tests/unit/rand.h"
#include "wire/role.h"

static void rnd_word(char *dst, size_t size)
{
	static const char letters[] = "abcXYZ019-_.";
	size_t n = 1 + rand_below((uint32_t)MIN_OF(size - 1, (size_t)20));

	for (size_t i = 0; i < n; i++)
		dst[i] = letters[rand_below(sizeof(letters) - 1)];
	dst[0] = (char)('a' + rand_below(26));
	dst[n] = '\0';
}

static void rnd_text(char *dst, size_t size)
{
	size_t n = 1 + rand_below((uint32_t)size - 1);

	for (size_t i = 0; i < n; i++)
		dst[i] = (char)(rand_below(8)    ? 33 + rand_below(94)
				: i && i + 1 < n ? ' '
						 : '!');
	dst[n] = '\0';
}

static struct ip rnd_ip(void)
{
	uint8_t b[16] = { 0x20, 0x01 };

	if (rand_below(2))
		return ip4_of(0x0a000000 | rand_below(1 << 24));
	for (int i = 4; i < 16; i++)
		b[i] = (uint8_t)rand_below(3);
	return ip_of(b, 16);
}

static uint32_t rnd_as(void)
{
	return rand_below(2) ? 1 + rand_below(65535) : 1 + rand_below(UINT32_MAX);
}

/* Switched off it is empty, and written down only against a group. */
static void rnd_origin(struct claim_rule *r, bool may_be_off)
{
	r->on = !may_be_off || rand_below(2);
	if (!r->on)
		return;
	r->rd_as = rand_below(2);
	r->n_vteps = (uint8_t)rand_below(CLAIM_VTEPS + 1);
	for (unsigned i = 0; i < r->n_vteps; i++) {
		struct prefix *p = &r->vteps[i];

		p->ip.len = rand_below(2) ? 4 : 16;
		p->ip.b[1] = (uint8_t)i; /* all differ */
		p->bits = (uint8_t)(16 + rand_below(p->ip.len * 8u - 15));
	}
	r->n_locators = (uint8_t)rand_below(CLAIM_LOCATORS + 1);
	for (unsigned i = 0; i < r->n_locators; i++) {
		r->locators[i].ip.len = 16;
		r->locators[i].ip.b[1] = (uint8_t)i;
		r->locators[i].bits = (uint8_t)(16 + rand_below(49));
	}
}

/* What of it there are words for in a family. */
static void origin_only(struct claim_rule *r, unsigned fam)
{
	if (fam == FAM_EVPN) {
		r->n_locators = 0;
		memset(r->locators, 0, sizeof(r->locators));
	} else {
		r->rd_as = false;
	}
	if (fam == FAM_ILA) {
		r->n_vteps = 0;
		memset(r->vteps, 0, sizeof(r->vteps));
	}
}

static const char *const lists[] = { "red-hosts", "X_9" };

static void rnd_af(struct cfg_nbr_af *af, bool flags_too)
{
	af->set = rand_below(1 << 14);
	/* which neighbors may be reflector clients is not this test's question */
	af->set &= ~(uint32_t)AF_RR_CLIENT;
	af->activate = af->set & AF_ACTIVATE && (!flags_too || rand_below(2));
	af->rs_client = af->set & AF_RS_CLIENT && (!flags_too || rand_below(2));
	af->addpath_tx_all =
		af->set & AF_ADDPATH_TX_ALL && (!flags_too || rand_below(2));
	af->default_originate =
		af->set & AF_DEFAULT_ORIGINATE && (!flags_too || rand_below(2));
	af->next_hop_16 = af->set & AF_NEXT_HOP_16 && (!flags_too || rand_below(2));
	af->no_addpath_rx = af->set & AF_NO_ADDPATH_RX && (!flags_too || rand_below(2));
	if (af->set & AF_ADDPATH_RX_LIMIT)
		af->addpath_rx_limit = (uint16_t)(1 + rand_below(65535));
	if (af->set & AF_MAX_PREFIX) {
		af->max_prefix = 1 + rand_below(UINT32_MAX);
		af->max_prefix_pct = (uint8_t)(1 + rand_below(100));
		af->max_prefix_warn_only = rand_below(2);
		af->max_prefix_force = rand_below(2);
		if (!af->max_prefix_warn_only && rand_below(2))
			af->max_prefix_restart_min = (uint16_t)(1 + rand_below(65535));
	}
	af->allowas_in = (uint8_t)(af->set & AF_ALLOWAS_IN ? 1 + rand_below(10) : 0);
	if (af->set & AF_ORIGIN_CHECK)
		rnd_origin(&af->origin, flags_too);
	if (af->set & AF_LABELS)
		af->labels = (uint8_t)(CFG_LABELS_ACCEPT + rand_below(3));
	if (af->set & AF_LABELS_PERMIT && (!flags_too || rand_below(2)))
		str_copy(af->label_list, sizeof(af->label_list), lists[rand_below(2)]);
	if (af->set & AF_TENANT_PERMIT && (!flags_too || rand_below(2)))
		str_copy(af->tenant_list, sizeof(af->tenant_list),
			 lists[rand_below(2)]);
}

/* Any names, as long as there are such lists. */
static void rnd_lists(struct config *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct cfg_label_list *l = xcalloc(1, sizeof(*l));
		struct cfg_tenant_list *t = xcalloc(1, sizeof(*t));

		str_copy(l->name, sizeof(l->name), lists[i]);
		str_copy(t->name, sizeof(t->name), lists[i]);
		for (uint32_t k = 1 + rand_below(3); k; k--) {
			struct tenant_rule r = { .is_rt = rand_below(2) };
			struct labels rule;
			char text[64];

			snprintf(text, sizeof(text), "k%u=v%u,app=%s", rand_below(9),
				 rand_below(9), rand_below(2) ? "*" : "web*");
			assert_int_equal(label_rule_parse(text, &rule), LABEL_FINE);
			label_permit_add(&l->permit, labels_bytes(&rule));
			if (r.is_rt)
				r.rt = rt_make(rnd_as(), rand_below(65536));
			else
				r.last = (r.first = 1 + rand_below(1000)) +
					 rand_below(2) * rand_below(1000);
			tenant_permit_add(&t->permit, &r);
		}
		TAILQ_INSERT_TAIL(&c->label_lists, l, link);
		TAILQ_INSERT_TAIL(&c->tenant_lists, t, link);
	}
}

/* Settings that only some family has. */
static void af_only(struct cfg_nbr_af *af, unsigned fam)
{
	origin_only(&af->origin, fam);
	if (fam == FAM_RTC) {
		af->set &= ~(uint32_t)(AF_ORIGIN_CHECK | AF_LABELS | AF_LABELS_PERMIT |
				       AF_TENANT_PERMIT);
		af->origin = (struct claim_rule) { 0 };
		af->labels = CFG_LABELS_DEFAULT;
		memset(af->label_list, 0, sizeof(af->label_list));
		memset(af->tenant_list, 0, sizeof(af->tenant_list));
	}
	if (fam != FAM_RTC) {
		af->set &= ~(uint32_t)AF_DEFAULT_ORIGINATE;
		af->default_originate = false;
	}
	if (fam != FAM_ILA) {
		af->set &= ~(uint32_t)AF_NEXT_HOP_16;
		af->next_hop_16 = false;
	}
}

static void rnd_nbr(struct cfg_nbr *n)
{
	bool flags_too = n->group[0];

	n->set = rand_below(1 << (ip_is_none(&n->addr) ? 14 : 15));
	if (!n->group[0] && !ip_is_none(&n->addr))
		n->set |= NBR_REMOTE_AS;
	if (n->set & NBR_GTSM)
		n->set &= ~(uint32_t)NBR_MULTIHOP;
	if (n->set & NBR_REMOTE_AS)
		n->as_kind = rand_below(3);
	if (n->set & NBR_REMOTE_AS && n->as_kind == CFG_AS_NUMBER)
		n->remote_as = rnd_as();
	if (n->set & NBR_PASSWORD)
		rnd_text(n->password, sizeof(n->password));
	if (n->set & NBR_DESC)
		rnd_text(n->desc, sizeof(n->desc));
	n->gtsm_hops = (uint8_t)(n->set & NBR_GTSM ? 1 + rand_below(254) : 0);
	n->multihop = (uint8_t)(n->set & NBR_MULTIHOP ? 1 + rand_below(255) : 0);
	if (n->set & NBR_ROLE) {
		n->has_role = true;
		n->role = (uint8_t)rand_below(ROLE_COUNT);
		n->role_strict = rand_below(2);
	}
	if (n->set & NBR_TIMERS) {
		n->keepalive_s = (uint16_t)rand_below(65536);
		n->hold_s = (uint16_t)(rand_below(4) ? 3 + rand_below(65533) : 0);
	}
	n->connect_s = (uint16_t)(n->set & NBR_CONNECT ? 1 + rand_below(65535) : 0);
	n->port = (uint16_t)(n->set & NBR_PORT ? 1 + rand_below(65535) : 0);
	n->max_memory_mb =
		n->set & NBR_MAX_MEMORY ? rand_below(CFG_MEMORY_MB_MAX + 1) : 0;
	if (n->set & NBR_UPDATE_SOURCE && rand_below(2))
		n->source = rnd_ip();
	else if (n->set & NBR_UPDATE_SOURCE)
		rnd_word(n->source_if, sizeof(n->source_if));
	if (n->set & NBR_INTERFACE)
		rnd_word(n->ifname, sizeof(n->ifname));
	n->shutdown = n->set & NBR_SHUTDOWN && (!flags_too || rand_below(2));
	if (n->shutdown && rand_below(2))
		rnd_text(n->shutdown_msg, sizeof(n->shutdown_msg));
	n->gr = n->set & NBR_GR ? rand_below(3) : CFG_GR_HELPER;
	n->passive = n->set & NBR_PASSIVE && (!flags_too || rand_below(2));
	for (unsigned i = 0; i < FAMS; i++) {
		rnd_af(&n->af[i], flags_too);
		af_only(&n->af[i], i);
	}
}

static void rnd_nbrs(struct config *c)
{
	for (uint32_t i = rand_below(4); i > 0; i--) {
		struct cfg_nbr *g = xcalloc(1, sizeof(*g));

		rnd_word(g->name, sizeof(g->name));
		if (config_group_find(c, g->name)) {
			free(g);
			continue;
		}
		TAILQ_INSERT_TAIL(&c->groups, g, link);
		rnd_nbr(g);
		g->set |= NBR_REMOTE_AS; /* so that ranges and members may use it */
		g->as_kind = CFG_AS_EXTERNAL;
		g->remote_as = 0;
		g->set &= ~(uint32_t)(NBR_GTSM | NBR_MULTIHOP);
		g->gtsm_hops = g->multihop = 0;
	}
	for (uint32_t i = rand_below(6); i > 0; i--) {
		struct cfg_nbr *n = xcalloc(1, sizeof(*n)),
			       *g = TAILQ_FIRST(&c->groups);

		n->addr = rnd_ip();
		ip_format(&n->addr, n->name);
		if (config_nbr_find(c, &n->addr)) {
			free(n);
			continue;
		}
		if (g && rand_below(2))
			memcpy(n->group, g->name, sizeof(n->group));
		rnd_nbr(n);
		/* roles, its own or its group's, are for external ones */
		if (n->has_role || (n->group[0] && g->has_role)) {
			n->as_kind = n->set & NBR_REMOTE_AS ? CFG_AS_EXTERNAL : 0;
			n->remote_as = 0;
		}
		TAILQ_INSERT_TAIL(&c->nbrs, n, link);
	}
	if (!TAILQ_EMPTY(&c->groups) && rand_below(2)) {
		struct cfg_range *r = xcalloc(1, sizeof(*r));

		r->prefix = (struct prefix) { ip4_of(rand_below(256) << 24), 8 };
		memcpy(r->group, TAILQ_FIRST(&c->groups)->name, sizeof(r->group));
		TAILQ_INSERT_TAIL(&c->ranges, r, link);
	}
}

static void rnd_vnis(struct config *c)
{
	for (uint32_t i = rand_below(4); i > 0; i--) {
		struct cfg_vni *v = xcalloc(1, sizeof(*v));
		char rd[ADDR_STR];

		v->vni = i * 1000 + rand_below(1000);
		v->has_rd = rand_below(2);
		if (v->has_rd) {
			snprintf(rd, sizeof(rd), "%u:%u", rnd_as(), rand_below(65536));
			assert_int_equal(rd_parse(rd, &v->rd), 0);
		}
		v->n_import = rand_below(CFG_RTS + 1);
		v->n_export = rand_below(CFG_RTS + 1);
		for (unsigned k = 0; k < CFG_RTS; k++) {
			if (k < v->n_import)
				v->import[k] = rt_make(rnd_as(), k);
			if (k < v->n_export)
				v->export[k] = rt_make(rnd_as(), k);
		}
		TAILQ_INSERT_TAIL(&c->vnis, v, link);
	}
}

static void rnd_bgp(struct config *c)
{
	c->has_bgp = true;
	c->as = rnd_as();
	c->router_id = rand_below(2) * (1 + rand_below(UINT32_MAX));
	c->cluster_id = rand_below(2) * (1 + rand_below(UINT32_MAX));
	c->set = rand_below(8);
	if (c->set & CFG_TIMERS) {
		c->keepalive_s = (uint16_t)rand_below(65536);
		c->hold_s = (uint16_t)(3 + rand_below(65533));
	}
	if (c->set & CFG_EBGP_POLICY)
		c->no_ebgp_policy_check = rand_below(2);
	if (c->set & CFG_LOG_CHANGES)
		c->log_neighbor_changes = rand_below(2);
	config_defaults_apply(c);
	c->default_ipv4 = rand_below(2);
	c->gr = rand_below(3);
	c->gr_preserve = rand_below(2);
	c->gr_no_notification = rand_below(2);
	c->soft_admin_reset = rand_below(2);
	c->llgr_stale_s = rand_below(2) * (1 + rand_below(16777215));
	c->llgr_partial = rand_below(2);
	c->shutdown = rand_below(2);
	if (c->shutdown && rand_below(2))
		rnd_text(c->shutdown_msg, sizeof(c->shutdown_msg));
	c->gr_restart_s = (uint16_t)rand_below(4096);
	c->gr_stale_s = (uint16_t)(1 + rand_below(4095));
	c->gr_defer_s = (uint16_t)rand_below(3601);
	c->listen_limit = (uint16_t)(1 + rand_below(65535));
	c->min_hold_s = (uint16_t)rand_below(65536);
	c->advertise_all_vni = rand_below(2);
	c->autort_rfc8365 = rand_below(2);
	c->unknown_types_discard = rand_below(2);
	c->malformed_nlri = (uint8_t)rand_below(3);
	c->dad_off = rand_below(2);
	c->dad_moves = (uint16_t)(2 + rand_below(999));
	c->dad_time_s = (uint16_t)(2 + rand_below(1799));
	c->dad_freeze_s =
		rand_below(3) ? rand_below(2) * (30 + rand_below(3571)) : UINT32_MAX;
	rnd_nbrs(c);
	rnd_vnis(c);
}

static void rnd_tenants(struct config *c)
{
	for (uint32_t i = rand_below(4); i > 0; i--) {
		struct cfg_tenant *t = xcalloc(1, sizeof(*t));

		rnd_word(t->name, sizeof(t->name) - 2);
		t->name[strlen(t->name)] = (char)('0' + i); /* zeroed behind */
		t->vni = rand_below(4) * (10 + i);
		t->port = (uint16_t)(rand_below(2) ? 4789 : 5000 + i);
		t->gbp = t->port != 4789 && rand_below(2);
		if (rand_below(2))
			snprintf(t->bridge, sizeof(t->bridge), "bridge%u", i % 10);
		else if (t->vni)
			snprintf(t->bridge, sizeof(t->bridge), "br%u", t->vni);
		if (rand_below(2))
			t->vtep = rnd_ip();
		if (rand_below(2))
			rnd_word(t->underlay, sizeof(t->underlay));
		t->encoding = rand_below(2);
		TAILQ_INSERT_TAIL(&c->tenants, t, link);
	}
}

static struct config *rnd_config(void)
{
	struct config *c = config_new();

	c->datacenter = rand_below(2);
	config_defaults_apply(c);
	c->log_level = (int)rand_below(5) - 1;
	if (rand_below(2))
		rnd_word(c->hostname, sizeof(c->hostname));
	if (rand_below(2))
		rnd_word(c->log_file, sizeof(c->log_file));
	rnd_lists(c);
	c->identity.domain = rand_below(2) * rand_below(UINT32_MAX);
	c->identity.connections = rand_below(2) * (1024 + rand_below(1000000));
	c->identity.large = rand_below(2) * rand_below(UINT32_MAX);
	c->identity.code = (uint8_t)(rand_below(2) ? 128 + rand_below(128) : 255);
	if (rand_below(4))
		rnd_bgp(c);
	rnd_tenants(c);
	return c;
}

/* Compares more than text: resolved neighbors and plain fields. */
static void assert_same(const struct config *a, const struct config *b)
{
	const struct cfg_nbr *n, *m = TAILQ_FIRST(&b->nbrs);

	assert_int_equal(a->set, b->set);
	assert_int_equal(a->hold_s, b->hold_s);
	assert_int_equal(a->connect_s, b->connect_s);
	assert_int_equal(a->no_ebgp_policy_check, b->no_ebgp_policy_check);
	assert_memory_equal(&a->identity, &b->identity, sizeof(a->identity));
	TAILQ_FOREACH (n, &a->nbrs, link) {
		struct cfg_nbr x, y;

		config_nbr_resolve(a, n, &x);
		config_nbr_resolve(b, m, &y);
		memset(&x.link, 0, sizeof(x.link));
		memset(&y.link, 0, sizeof(y.link));
		x.line = y.line = 0;
		assert_int_equal(x.set, y.set);
		assert_int_equal(x.remote_as, y.remote_as);
		assert_int_equal(x.gr, y.gr);
		assert_int_equal(x.shutdown, y.shutdown);
		assert_string_equal(x.shutdown_msg, y.shutdown_msg);
		assert_string_equal(x.password, y.password);
		assert_string_equal(x.desc, y.desc);
		assert_memory_equal(&x.source, &y.source, sizeof(x.source));
		assert_memory_equal(x.af, y.af, sizeof(x.af));
		m = TAILQ_NEXT(m, link);
	}
	assert_null(m);
}

/* cmocka cuts long strings: compare by line. */
static void assert_same_text(const char *a, const char *b)
{
	while (*a || *b) {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		if (n != m || memcmp(a, b, n) != 0)
			fail_msg("`%.*s` became `%.*s`", (int)n, a, (int)m, b);
		a += n + (a[n] == '\n');
		b += m + (b[m] == '\n');
	}
}

static void round_trips(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 400; i++) {
		struct config *c, *d, *e;
		char *s, *again;

		rand_state = i * 0x9e3779b97f4a7c15;
		c = rnd_config();
		s = print(c);
		print_message("# round %u\n", i);
		d = must_parse(s);
		e = config_copy(d);
		again = print(e);
		assert_same_text(s, again);
		assert_true(config_equal(c, d));
		assert_same(c, d);
		config_free(d);
		assert_true(config_equal(c, e));
		assert_same(c, e);
		free(s);
		free(again);
		config_free(c);
		config_free(e);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = { cmocka_unit_test(round_trips) };

	return cmocka_run_group_tests(t, NULL, NULL);
}
