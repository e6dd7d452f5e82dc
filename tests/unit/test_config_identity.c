/* The stanza `identity`, and endpoints below a tenant: read, printed, refused. */
#include "tests/unit/config_help.h"

#include <stdlib.h>

#include "bgpd/config_edit.h"
#include "rib/identity.h"
#include "tests/unit/rand.h"

static const char full[] =
	"!\n"
	"identity\n"
	" domain 7\n"
	" attribute 200\n"
	" large-community 17\n"
	" unknown world\n"
	" connections 200000\n"
	" label-keys role app k8s:ns/x\n"
	" assign app=web,role=front number 1001\n"
	" assign app=db number 256\n"
	" map 10.1.0.0/16 labels app=old\n"
	" map 2001:db8::/32 tenant red labels app=v6,role=\n"
	" policy file /etc/selvage/a.json\n"
	" policy file /etc/selvage/b.json\n"
	"exit\n"
	"!\n"
	"tenant red\n"
	" vni 100\n"
	" bridge br100\n"
	" endpoint web interface v1 mac 02:00:00:00:00:01 ip 192.0.2.1,2001:db8::1 "
	"labels app=web,role=front\n"
	" endpoint db interface v2 mac 02:00:00:00:00:02\n"
	"exit\n"
	"!\n"
	"tenant blue\n"
	" endpoint i interface v3 ip 2001:db8::2 anycast weight 3 local-preference "
	"200\n"
	"exit\n"
	"!\n";

static void prints_what_it_read(void **state)
{
	struct config *c = must_parse(full), *d = config_copy(c);
	char *s = print(d);

	(void)state;
	assert_string_equal(s, full);
	assert_int_equal(c->identity.domain, 7);
	assert_int_equal(c->identity.large, 17);
	assert_string_equal(TAILQ_FIRST(&d->label_keys)->key, "role");
	assert_int_equal(TAILQ_FIRST(&d->assigns)->number, 1001);
	assert_string_equal(TAILQ_FIRST(&d->endpoints)->e.tenant, "red");
	assert_true(TAILQ_FIRST(&d->endpoints)->e.configured);
	free(s);
	config_free(c);
	config_free(d);
}

static const struct {
	const char *text, *out;
} rewritten[] = {
	/* labels in canonical order, wherever they stand */
	{ "identity\n assign b=2,a=1 number 300\n assign a=1,b=2 number 301\n"
	  " map 10.0.0.9/8 labels b=2,a=1\n map 10.0.0.0/8 labels a=1\n",
	  "!\nidentity\n assign a=1,b=2 number 301\n map 10.0.0.0/8 labels "
	  "a=1\nexit\n!\n" },
	/* the last line of keys is all there are, each once */
	{ "identity\n label-keys a b\n label-keys c a c\n",
	  "!\nidentity\n label-keys c a\nexit\n!\n" },
	{ "identity\n domain 1\n attribute 99\n large-community 1\n label-keys a\n"
	  " unknown world\n no unknown\n unknown init\n connections 4096\n no "
	  "connections\n"
	  " assign a=1 number 300\n map 10.0.0.0/8 labels a=1\n policy file /x\n"
	  " no domain\n no attribute\n no large-community 1\n no label-keys\n"
	  " no assign a=1\n no map 10.0.0.0/8\n no policy file /x\n",
	  "!\n" },
	{ "identity\n domain 1\n label-keys a\n policy file /x\n policy file /x\n"
	  "no identity\n",
	  "!\n" },
	{ "tenant a\n endpoint e interface i labels b=2,a=1\n"
	  " endpoint e interface j labels a=\n",
	  "!\ntenant a\n endpoint e interface j labels a=\nexit\n!\n" },
	{ "tenant a\n endpoint e interface i\n no endpoint e interface i\n"
	  "tenant b\n endpoint f interface i\nno tenant b\n",
	  "!\ntenant a\nexit\n!\n" },
};

static void puts_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rewritten); i++) {
		struct config *c = must_parse(rewritten[i].text);
		char *s = print(c);

		assert_string_equal(s, rewritten[i].out);
		free(s);
		config_free(c);
	}
}

#define ID  "identity\n"
#define RED "tenant red\n vni 100\n"
#define EP  " endpoint e interface i mac 02:00:00:00:00:01 ip 192.0.2.1"

/* Position, and the words that say why. */
static const struct {
	const char *text, *at, *why;
} bad[] = {
	{ ID " domain 0\n", "t:2:9", "1-4294967295" },
	{ ID " attribute 5\n", "t:2:12", "is another one" },
	{ ID " label-keys a b!\n", "t:2:13", "b!: a key has" },
	{ ID " label-keys a=b\n", "t:2:13", "a=b: a key has" },
	{ ID " label-keys reserved:x\n", "t:2:13", "not given by hand" },
	{ ID " assign app number 300\n", "t:2:9", "label app: expected key=value" },
	{ ID " assign a=1,a=2 number 300\n", "t:2:9", "a key is there twice" },
	{ ID " assign a=1 number 255\n", "t:2:20", "256-16777215" },
	{ ID " assign a=1 number 300\n assign a=2 number 300\n", "t:3:1",
	  "identity 300 is assigned to two label sets" },
	{ ID " no assign a=1\n", "t:2:12", "no number assigned" },
	{ ID " map 10.0.0.0/8 labels a\n", "t:2:24", "label a: expected key=value" },
	{ ID " map 10.0.0.0/8 tenant x labels a=1\n", "t:2:1", "no tenant x" },
	{ ID " no map 10.0.0.0/8\n", "t:2:9", "no such line" },
	{ ID " policy file x.json\n", "t:2:14", "absolute path" },
	{ ID " no policy file /x\n", "t:2:17", "no such line" },
	{ RED EP " labels a=1,b\n", "t:3:11", "label b: expected key=value" },
	{ RED EP " seq 3\n", "t:3:11", "sequence is not configured" },
	{ RED EP " tenant blue\n", "t:3:11", "given twice: tenant" },
	{ RED " endpoint e mac 02:00:00:00:00:01\n", "t:3:11", "interface is missing" },
	{ RED " endpoint e interface i\n", "t:3:1", "mac is missing" },
	{ RED EP "\n endpoint f interface i mac 02:00:00:00:00:02\n", "t:4:1",
	  "endpoints e and f have one interface" },
	{ RED EP "\n endpoint f interface k mac 02:00:00:00:00:01\n", "t:4:1",
	  "one mac" },
	{ RED EP "\n endpoint f interface k mac 02:00:00:00:00:02 ip 192.0.2.1\n",
	  "t:4:1", "one ip" },
	{ RED EP "\ntenant blue\n endpoint e interface j\n", "t:5:11",
	  "endpoint e is of tenant red already" },
	{ RED " no endpoint e\n", "t:3:14", "no such endpoint" },
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

/* Addresses may be the same in two tenants. */
static void takes_what_works(void **state)
{
	(void)state;
	config_free(must_parse(RED EP
			       "\ntenant blue\n vni 200\n endpoint f interface k "
			       "mac 02:00:00:00:00:01 ip 192.0.2.1\n"));
}

/* ---- property: print, read, the same ---- */

static void rnd_labels(struct labels *out)
{
	char text[256] = "";
	size_t at = 0;

	for (unsigned i = 0, n = 1 + rand_below(4); i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%sk%u=%x",
				       at ? "," : "", 10 * i + rand_below(10),
				       rand32());
	assert_int_equal(labels_parse(text, out), LABEL_FINE);
}

static void rnd_stanza(struct config *c)
{
	c->identity.domain = rand_below(2) ? rand32() : 0;
	c->identity.code = (uint8_t)(rand_below(2) ? 255 : 100 + rand_below(100));
	c->identity.large = rand_below(2) ? rand32() : 0;
	for (unsigned i = rand_below(5); i > 0; i--) {
		struct cfg_label_key *k = xcalloc(1, sizeof(*k));

		snprintf(k->key, sizeof(k->key), "k%u", i);
		TAILQ_INSERT_TAIL(&c->label_keys, k, link);
	}
	for (unsigned i = rand_below(5); i > 0; i--) {
		struct cfg_assign *a = xcalloc(1, sizeof(*a));

		a->number = rand_below(1000000) * 10 + 256 + i;
		rnd_labels(&a->labels);
		TAILQ_INSERT_TAIL(&c->assigns, a, link);
	}
	for (unsigned i = rand_below(5); i > 0; i--) {
		struct cfg_map *m = xcalloc(1, sizeof(*m));

		m->prefix.ip = ip4_of(i << 24);
		m->prefix.bits = (uint8_t)(8 + rand_below(25));
		if (rand_below(2))
			str_copy(m->tenant, sizeof(m->tenant), "t0");
		rnd_labels(&m->labels);
		TAILQ_INSERT_TAIL(&c->maps, m, link);
	}
	for (unsigned i = rand_below(3); i > 0; i--) {
		struct cfg_policy_file *p = xcalloc(1, sizeof(*p));

		snprintf(p->path, sizeof(p->path), "/p/%u.json", i);
		TAILQ_INSERT_TAIL(&c->policy_files, p, link);
	}
}

static void rnd_endpoint(struct config *c, const char *tenant, unsigned k)
{
	struct cfg_endpoint *e = xcalloc(1, sizeof(*e));
	struct labels l;

	snprintf(e->e.name, sizeof(e->e.name), "e%u", k);
	snprintf(e->e.ifname, sizeof(e->e.ifname), "v%u", k);
	str_copy(e->e.tenant, sizeof(e->e.tenant), tenant);
	e->e.mac = (struct mac) { { 2, 0, 0, 0, 0, (uint8_t)k } };
	e->e.n_ips = rand_below(3);
	for (unsigned i = 0; i < e->e.n_ips; i++)
		e->e.ip[i] = ip4_of(0x0a000000 + 256 * k + i);
	if (rand_below(2)) {
		rnd_labels(&l);
		labels_format(labels_bytes(&l), e->e.labels, sizeof(e->e.labels));
	}
	e->e.configured = true;
	TAILQ_INSERT_TAIL(&c->endpoints, e, link);
}

static void round_trips(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 400; n++) {
		struct config *c = config_new();

		rnd_stanza(c);
		for (unsigned k = 0; k < 3; k++) {
			struct cfg_tenant *t = xcalloc(1, sizeof(*t));

			snprintf(t->name, sizeof(t->name), "t%u", k);
			t->port = CFG_VXLAN_PORT;
			TAILQ_INSERT_TAIL(&c->tenants, t, link);
			for (unsigned i = rand_below(4); i > 0; i--)
				rnd_endpoint(c, t->name, 10 * k + i);
		}
		config_free(read_back(c));
		config_free(c);
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
		cmocka_unit_test(puts_in_order),
		cmocka_unit_test(refuses_and_says_why),
		cmocka_unit_test(takes_what_works),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(survives_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
