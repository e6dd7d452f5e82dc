/* The stanza `ila`, and tenants with `encapsulation ila`: read, printed, refused. */
#include "tests/unit/config_help.h"

#include <stdlib.h>

#include "bgpd/config_edit.h"
#include "tests/unit/rand.h"

static const char full[] = "!\n"
			   "ila\n"
			   " family 33050 1\n"
			   " sir-prefix 2001:db8:c0de:1::/64\n"
			   " locator 2001:db8:100:1::/64\n"
			   " csum-mode neutral-map-auto\n"
			   " dataplane kernel\n"
			   " underlay interface eth0\n"
			   " underlay interface eth1\n"
			   " identifier 2000:0:1:a\n"
			   " identifier 2000:0:1:b interface veth1 anycast weight 3 "
			   "local-preference 200\n"
			   " locator-community\n"
			   "exit\n"
			   "!\n"
			   "ila second\n"
			   " sir-prefix 2001:db8:c0de:2::/64\n"
			   "exit\n"
			   "!\n"
			   "tenant blue\n"
			   " encapsulation ila\n"
			   "exit\n"
			   "!\n"
			   "tenant red\n"
			   " encapsulation ila domain second vnid 42\n"
			   " tenant-prefix fd00:9::/96\n"
			   "exit\n"
			   "!\n";

static void prints_what_it_read(void **state)
{
	struct config *c = must_parse(full), *d = config_copy(c);
	const struct cfg_ila *i = TAILQ_FIRST(&c->ilas);
	char *s = print(d);

	(void)state;
	assert_string_equal(s, full);
	assert_true(cfg_ila_unnamed(i));
	assert_int_equal(i->csum, ILA_CSUM_NEUTRAL_AUTO);
	assert_int_equal(i->n_underlay, 2);
	assert_int_equal(c->ila_afi, 33050);
	assert_int_equal(TAILQ_FIRST(&d->tenants)->vnid, 0);
	free(s);
	config_free(c);
	config_free(d);
}

static const char defaults[] = "ila default\n"
			       " dataplane auto\n"
			       " csum-mode neutral-map\n"
			       " family 2 241\n"
			       " underlay interface eth0\n"
			       " no underlay interface\n"
			       " locator-community\n"
			       " no locator-community\n"
			       " sir-prefix 2001:db8::/64\n"
			       " identifier 2000:0:0:1\n"
			       " no identifier 2000:0:0:1 interface x\n"
			       " locator 2001:db9::/64\n"
			       " no locator\n"
			       " no sir-prefix 2001:db8::/64\n";

static void takes_back(void **state)
{
	struct config *c = must_parse(defaults);
	char *s = print(c);

	(void)state;
	assert_string_equal(s, "!\nila\nexit\n!\n");
	free(s);
	config_free(c);
	c = must_parse("ila\n family 33050 1\n identifier 2000:0:0:1\nno ila\n");
	s = print(c);
	assert_string_equal(s, "!\n");
	assert_int_equal(c->ila_safi, 241);
	assert_true(TAILQ_EMPTY(&c->ila_ids));
	free(s);
	config_free(c);
	c = must_parse("tenant a\n encapsulation ila vnid 3\n encapsulation vxlan\n"
		       "tenant b\n encapsulation ila\n no encapsulation ila\n");
	assert_false(TAILQ_FIRST(&c->tenants)->ila);
	assert_int_equal(TAILQ_FIRST(&c->tenants)->vnid, 0);
	config_free(c);
}

#define SIR     "ila\n sir-prefix 2001:db8:c0de:1::/64\n"
#define SECOND  "ila two\n sir-prefix 2001:db8:c0de:2::/64\n"
#define ID(id)  SIR " identifier " id "\n"
#define VNID(n) " encapsulation ila vnid " n "\n"

/* Position, and the words that say why. */
static const struct {
	const char *text, *at, *why;
} bad[] = {
	{ SIR "ila two\n sir-prefix 2001:db8:c0de:1::/64\n", "t:3:1",
	  "would not tell which of the two" },
	{ SIR " locator 2001:db8:1::/64\n" SECOND " locator 2001:db8:1::/64\n", "t:4:1",
	  "would not tell which sir-prefix" },
	{ SIR " locator 2001:db8:c0de:1::/64\n", "t:1:1",
	  "would not tell whether it is translated" },
	{ SIR SECOND " locator 2001:db8:c0de:1::/64\n", "t:3:1", "is translated" },
	{ SECOND " locator 2001:db8:c0de:1::/64\n" SIR, "t:1:1", "is translated" },
	{ "ila\n locator 2001:db8:1::/64\n", "t:1:1", "a locator but no sir-prefix" },
	{ "ila\n identifier 2000:0:0:1\n", "t:1:1", "identifier but no sir-prefix" },
	{ "ila\n sir-prefix ff02::/64\n", "t:2:13", "multicast" },
	{ "ila\n sir-prefix fe80::/64\n", "t:2:13", "link-local" },
	{ "ila\n sir-prefix ::/64\n", "t:2:13", "zero" },
	{ "ila\n locator ff05::/64\n", "t:2:10", "multicast" },
	{ "ila\n locator 2001:db8::/48\n", "t:2:10", "an IPv6 prefix of /64" },
	{ "ila\n locator 10.0.0.0/8\n", "t:2:10", "an IPv6 prefix of /64" },
	{ "ila\n locator 2001:db8::1/64\n", "t:2:10", "bits beyond" },
	{ "ila\n underlay interface lo\n", "t:2:21", "nothing arrives" },
	{ "ila two\n family 2 241\n", "t:2:2", "expected it in `ila`" },
	{ "ila\n family 2 1\n", "t:2:9", "family 2 1 is a family of others" },
	{ "ila\n identifier 2000::1\n", "t:2:13", "four words of hex" },
	{ ID("0000:0:1:1"), "t:3:1", "type (its upper three bits)" },
	{ ID("c000:0:1:1"), "t:3:1", "type (its upper three bits)" },
	{ ID("3000:0:1:1"), "t:3:1", "C bit" },
	{ ID("2000:0:1:0"), "t:3:1", "low word is 0000" },
	{ ID("8000:0:1:1"), "t:3:1", "names a group" },
	{ ID("2000:0:1:1 weight 3"), "t:3:1", "for anycast only" },
	{ ID("4000:0:1:1") "tenant a\n" VNID("1"), "t:3:1", "of type 1 or 3" },
	{ SIR " csum-mode adj-transport\n dataplane kernel\n", "t:1:1", "wrong sign" },
	{ SIR " dataplane kernel\ntenant a\n" VNID("3"), "t:4:1",
	  "keeps nobody apart" },
	{ SIR " dataplane kernel\ntenant a\n encapsulation ila\n dataplane ebpf\n",
	  "t:4:1", "has dataplane kernel; expected ebpf or auto" },
	{ SIR "tenant a\n" VNID("3") "tenant b\n" VNID("3"), "t:5:1",
	  "would not tell which tenant" },
	{ SIR "tenant a\n" VNID("3") "tenant b\n encapsulation ila\n", "t:5:1",
	  "only one has a vnid" },
	{ SIR
	  "tenant a\n" VNID("3") " tenant-prefix fd00::/96\n"
				 "tenant b\n" VNID("4") " tenant-prefix fd00::/96\n",
	  "t:6:1", "one packet to it would not tell which tenant is meant" },
	{ SIR SECOND
	  "tenant a\n" VNID("3") " tenant-prefix fd00::/96\n"
				 "tenant b\n encapsulation ila domain two vnid 4\n"
				 " tenant-prefix fd00::/96\n",
	  "t:8:1", "which tenant is meant" },
	{ SIR "tenant a\n encapsulation ila\n tenant-prefix fd00::/96\n", "t:3:1",
	  "stands for a VNID" },
	{ SIR "tenant a\n" VNID("3") " tenant-prefix 2001:db8:c0de:1:5::/96\n", "t:3:1",
	  "lies in a prefix of ila default" },
	{ SIR "tenant a\n" VNID("3") " tenant-prefix ff05::/96\n", "t:5:16",
	  "unicast" },
	{ SIR "tenant a\n tenant-prefix fd00::/64\n", "t:4:16", "/96" },
	{ "tenant a\n encapsulation ila\n", "t:1:1", "no ila default" },
	{ "ila\ntenant a\n encapsulation ila\n", "t:2:1", "no ila default" },
	{ SIR "tenant a\n encapsulation ila domain x\n", "t:3:1", "no ila x" },
	{ SIR "tenant a\n vni 5\n encapsulation ila\n", "t:3:1", "knows no `vni`" },
	{ SIR "tenant a\n bridge b\n encapsulation ila\n", "t:3:1",
	  "knows no `bridge`" },
	{ SIR "tenant a\n local-vtep 1.2.3.4\n encapsulation ila\n", "t:3:1",
	  "knows no `local-vtep`" },
	{ "ila\n underlay interface a\n underlay interface b\n underlay interface c\n"
	  " underlay interface d\n underlay interface e\n",
	  "t:6:21", "at most 4" },
	{ "no ila\n", "t:1:", "no such SIR domain" },
	{ "ila 012345678901234567890123456789012\n", "t:1:5", "too long" },
};

static void refuses_and_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char err[512] = "";
		struct config *c =
			config_parse_text("t", bad[i].text, err, sizeof(err));

		if (c || strncmp(err, bad[i].at, strlen(bad[i].at)) != 0 ||
		    !strstr(err, bad[i].why))
			fail_msg("row %zu: %s", i, err);
	}
}

/* What is no fault. */
static const char *const good[] = {
	ID("2000:0:1:0") " csum-mode no-action\n",
	ID("6000:2a:a00:5"),
	SIR " csum-mode adj-transport\n",
	SIR " csum-mode adj-transport\n dataplane ebpf\n",
	SIR "tenant a\n encapsulation ila\ntenant b\n encapsulation ila\n",
	SIR "tenant a\n encapsulation ila\n dataplane ebpf\n",
	SIR SECOND
	"tenant a\n" VNID("3") "tenant b\n encapsulation ila domain two vnid 3\n",
	"ila\n family 33050 1\n",
};

static void takes_what_works(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		config_free(must_parse(good[i]));
}

/* ---- property: print, read, the same ---- */

static struct ila64 rnd_prefix(unsigned salt)
{
	struct ila64 p = { { 0x20, 1, 0x0d, 0xb8 } };

	p.b[4] = (uint8_t)salt;
	p.b[6] = (uint8_t)rand_below(3);
	p.b[7] = (uint8_t)(1 + rand_below(200));
	return p;
}

static void rnd_id(struct config *c, const struct cfg_ila *d, unsigned k)
{
	struct cfg_ila_id *i = xcalloc(1, sizeof(*i));

	i->id = (struct ila64) { { 0x20, 0, 0, (uint8_t)rand_below(3), 0, (uint8_t)k, 0,
				   1 } };
	str_copy(i->domain, sizeof(i->domain), d->name);
	if (rand_below(2))
		snprintf(i->ifname, sizeof(i->ifname), "veth%u", rand_below(99));
	i->anycast = rand_below(2);
	i->weight = (uint16_t)(i->anycast ? rand_below(65536) : 0);
	i->local_pref = rand_below(2) ? rand32() : 0;
	TAILQ_INSERT_TAIL(&c->ila_ids, i, link);
}

static void rnd_ila(struct config *c, unsigned k)
{
	struct cfg_ila *d = xcalloc(1, sizeof(*d));

	if (k)
		snprintf(d->name, sizeof(d->name), "dom%u", k);
	else
		str_copy(d->name, sizeof(d->name), CFG_ILA_UNNAMED);
	d->has_sir = true;
	d->sir = rnd_prefix(2 * k);
	d->has_locator = rand_below(2);
	if (d->has_locator)
		d->locator = rnd_prefix(2 * k + 1);
	d->csum = (enum ila_csum)rand_below(ILA_CSUMS);
	d->plane = rand_below(2) ? ILA_PLANE_AUTO : ILA_PLANE_EBPF;
	d->locator_community = rand_below(2);
	d->n_underlay = rand_below(ILA_UNDERLAYS + 1);
	for (unsigned u = 0; u < d->n_underlay; u++)
		snprintf(d->underlay[u], sizeof(d->underlay[u]), "eth%u", u);
	TAILQ_INSERT_TAIL(&c->ilas, d, link);
	for (unsigned i = rand_below(4); i > 0; i--)
		rnd_id(c, d, i);
}

static void rnd_tenant(struct config *c, unsigned k, unsigned domains)
{
	struct cfg_tenant *t = xcalloc(1, sizeof(*t));
	unsigned of = rand_below(domains);

	snprintf(t->name, sizeof(t->name), "t%u", k);
	t->port = CFG_VXLAN_PORT;
	t->ila = true;
	if (of)
		snprintf(t->domain, sizeof(t->domain), "dom%u", of);
	else
		str_copy(t->domain, sizeof(t->domain), CFG_ILA_UNNAMED);
	t->vnid = of & 1 ? 1 + k : 0; /* all of a domain, or none */
	if (t->vnid && rand_below(2)) {
		t->tenant_prefix.bits = 96;
		t->tenant_prefix.ip = ip_of((uint8_t[16]) { 0xfd, 0, (uint8_t)k }, 16);
	}
	TAILQ_INSERT_TAIL(&c->tenants, t, link);
}

static void round_trips(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 400; n++) {
		struct config *c = config_new(), *d;
		unsigned domains = 1 + rand_below(4);

		for (unsigned k = 0; k < domains; k++)
			rnd_ila(c, k);
		if (rand_below(2)) {
			c->ila_afi = (uint16_t)(20000 + rand_below(1000));
			c->ila_safi = (uint8_t)(1 + rand_below(254));
		}
		for (unsigned k = rand_below(6); k > 0; k--)
			rnd_tenant(c, k, domains);
		d = read_back(c);
		assert_int_equal(c->ila_afi, d->ila_afi);
		assert_int_equal(c->ila_safi, d->ila_safi);
		config_free(c);
		config_free(d);
	}
}

static void survives_cuts(void **state)
{
	(void)state;
	cut_anywhere(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_what_it_read),
		cmocka_unit_test(takes_back),
		cmocka_unit_test(refuses_and_says_why),
		cmocka_unit_test(takes_what_works),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(survives_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
