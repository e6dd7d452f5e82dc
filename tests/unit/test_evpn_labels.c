/* Labels of endpoints on type 2 routes, and who is behind an address of a tenant. */
#include "tests/unit/tenant_help.h"

#include "tests/unit/identity_help.h"
#include "wire/group.h"

/* A host with identities. */
struct node {
	struct host *h;
	struct identities *ids;
	struct book book;
};

static void node_init(struct node *n, unsigned k)
{
	memset(n, 0, sizeof(*n));
	n->h = host_new(k);
	n->ids = book_identities(&n->book);
	tenants_identify(n->h->t, n->ids);
}

/* Nothing is left behind. */
static void node_fini(struct node *n)
{
	tenants_identify(n->h->t, NULL);
	book_empty(&n->book, n->ids);
	host_free(n->h);
	identities_free(n->ids);
}

static uint32_t who(const struct node *n, const char *ip)
{
	return book_who(&n->book, 100, ip_from(ip));
}

static const char *device(const struct node *n, const char *ip)
{
	return book_device(&n->book, 100, ip_from(ip));
}

static void endpoint(struct node *n, const char *words)
{
	struct tenants_endpoint e;
	char err[256] = "";

	if (endpoint_parse(words, &e, err, sizeof(err)) ||
	    tenants_endpoint_add(n->h->t, &e, err, sizeof(err)))
		fail_msg("%s", err);
}

static void relabel(struct node *n, const char *name, const char *labels)
{
	char err[256];

	assert_int_equal(
		tenants_endpoint_labels(n->h->t, name, labels, err, sizeof(err)), 0);
}

/* All that one has out, and nothing else, is what the other hears of it. */
static void deliver(const struct node *from, struct node *to)
{
	struct host *h = to->h;

	for (size_t i = 0; i < h->n_rib;)
		if (!hroute_find(from->h->own, from->h->n_own, &h->rib[i].n)) {
			const struct nlri gone = h->rib[i].n;

			host_route(h, &gone, NULL);
		} else {
			i++;
		}
	for (size_t i = 0; i < from->h->n_own; i++)
		host_route(h, &from->h->own[i].n, &from->h->own[i].a);
}

static bool labelled(const struct hroute *r)
{
	struct bytes value;

	assert_non_null(r);
	return !attrs_labelset(&r->a, 255, &value);
}

/* ---- origination ------------------------------------------------------- */

static void on_routes(void **state)
{
	struct node n;
	struct group g;
	const struct hroute *r;
	struct bytes value, labels;
	char text[64];

	(void)state;
	node_init(&n, 1);
	endpoint(&n, "e tenant red interface v1 mac 02:00:00:00:00:01 ip "
		     "192.0.2.1 labels host=7,app=web");
	for (int ip = 0; ip < 2; ip++) {
		r = host_own(n.h, 1, ip ? "192.0.2.1" : NULL);
		assert_true(labelled(r));
		attrs_labelset(&r->a, 255, &value);
		assert_int_equal(labelset_decode(value, 1, &labels), LABELSET_OK);
		assert_string_equal(labels_format(labels, text, sizeof(text)),
				    "app=web"); /* of label-keys only */
		assert_int_equal(attrs_group(&r->a, &g), 0);
		assert_true(g.has_wide && g.identity == WEB && g.derived);
		assert_false(g.has_id); /* its VTEP takes no group */
	}
	assert_int_equal(who(&n, "192.0.2.1"), WEB);
	assert_string_equal(device(&n, "192.0.2.1"), "v1");
	n.h->evis[0].gbp = true;
	host_configure(n.h);
	assert_int_equal(attrs_group(&host_own(n.h, 1, NULL)->a, &g), 0);
	assert_true(g.has_id && g.id == (WEB & 0xffff));
	relabel(&n, "e", "app=db");
	r = host_own(n.h, 1, "192.0.2.1");
	assert_int_equal(attrs_group(&r->a, &g), 0);
	assert_true(g.has_id && g.id == (DB & 0xffff) && g.identity == DB);
	relabel(&n, "e", "host=7");
	assert_false(labelled(host_own(n.h, 1, "192.0.2.1")));
	assert_false(labelled(host_own(n.h, 1, NULL)));
	assert_int_equal(who(&n, "192.0.2.1"), IDENTITY_INIT);
	node_fini(&n);
}

/* What the kernel learned before, or beside: the MAC is the endpoint's whoever said it
 * first, an address only if it was declared. */
static void learned_before(void **state)
{
	struct node n;

	(void)state;
	node_init(&n, 1);
	host_pair(n.h, true);
	host_learn(n.h, 1);
	host_arp(n.h, 1, "192.0.2.1", 0);
	host_arp(n.h, 1, "192.0.2.99", 0);
	assert_false(labelled(host_own(n.h, 1, "192.0.2.1")));
	endpoint(&n, "e tenant red interface v1 mac 02:00:00:00:00:01 ip "
		     "192.0.2.1 labels app=web");
	assert_true(labelled(host_own(n.h, 1, NULL)));
	assert_true(labelled(host_own(n.h, 1, "192.0.2.1")));
	assert_false(labelled(host_own(n.h, 1, "192.0.2.99")));
	assert_int_equal(who(&n, "192.0.2.99"), 0);
	assert_int_equal(tenants_endpoint_del(n.h->t, "e"), 0);
	assert_false(labelled(host_own(n.h, 1, NULL)));
	assert_false(labelled(host_own(n.h, 1, "192.0.2.1")));
	assert_int_equal(who(&n, "192.0.2.1"), 0);
	node_fini(&n);
}

/* Labels change nothing else: no move, no other sequence. */
static void no_move(void **state)
{
	struct node n;
	unsigned saved;

	(void)state;
	node_init(&n, 1);
	host_hears(n.h, (struct rroute) { .k = 2, .mac = 1, .ip = "192.0.2.1" });
	endpoint(&n, "e tenant red interface v1 mac 02:00:00:00:00:01 ip "
		     "192.0.2.1 labels app=web");
	assert_int_equal(host_seq(n.h, 1), 1);
	saved = n.h->n_saved;
	relabel(&n, "e", "app=db");
	assert_int_equal(host_seq(n.h, 1), 1);
	assert_true(n.h->n_saved > saved);
	assert_int_equal(who(&n, "192.0.2.1"), DB);
	node_fini(&n);
}

/* ---- import ------------------------------------------------------------ */

static void arrives(void **state)
{
	struct node a, b;

	(void)state;
	node_init(&a, 1);
	node_init(&b, 2);
	endpoint(&a, "e tenant red interface v1 mac 02:00:00:00:00:01 ip "
		     "192.0.2.1,2001:db8::1 labels app=web");
	deliver(&a, &b);
	assert_int_equal(who(&b, "192.0.2.1"), WEB);
	assert_int_equal(who(&b, "2001:db8::1"), WEB);
	assert_string_equal(device(&b, "192.0.2.1"), "");
	relabel(&a, "e", "app=db");
	deliver(&a, &b);
	assert_int_equal(who(&b, "192.0.2.1"), DB);
	tenants_endpoint_del(a.h->t, "e");
	deliver(&a, &b);
	assert_int_equal(b.book.n, 0);
	node_fini(&a);
	node_fini(&b);
}

/* A VTEP that announces groups takes them in frames; no other gets any. */
static void takes_groups(void **state)
{
	struct node a, b;

	(void)state;
	node_init(&a, 1);
	node_init(&b, 2);
	endpoint(&a, "e tenant red interface v1 mac 02:00:00:00:00:01 labels app=web");
	deliver(&a, &b);
	assert_int_equal(b.h->mac[0].flags, 0);
	a.h->evis[0].gbp = true;
	host_configure(a.h);
	deliver(&a, &b);
	assert_int_equal(b.h->n_mac, 1);
	assert_int_equal(b.h->mac[0].flags, FMAC_GBP);
	relabel(&a, "e", "");
	deliver(&a, &b);
	assert_int_equal(b.h->mac[0].flags, 0);
	node_fini(&a);
	node_fini(&b);
}

/* It moves to the host that hears, and is there whatever the old one says. */
static void moves(void **state)
{
	struct node a, b;

	(void)state;
	node_init(&a, 1);
	node_init(&b, 2);
	endpoint(&a, "e tenant red interface v1 mac 02:00:00:00:00:01 ip "
		     "192.0.2.1 labels app=web");
	deliver(&a, &b);
	endpoint(&b, "e tenant red interface v9 mac 02:00:00:00:00:01 ip "
		     "192.0.2.1 labels app=db");
	assert_int_equal(who(&b, "192.0.2.1"), DB);
	assert_string_equal(device(&b, "192.0.2.1"), "v9");
	deliver(&b, &a);
	assert_int_equal(who(&a, "192.0.2.1"), DB);
	assert_string_equal(device(&a, "192.0.2.1"), "");
	tenants_endpoint_del(b.h->t, "e");
	deliver(&b, &a); /* it is where it was declared */
	assert_int_equal(who(&a, "192.0.2.1"), WEB);
	node_fini(&a);
	node_fini(&b);
}

static void hear(struct node *n, struct rroute r, const char *labels, bool believed)
{
	static struct identity_tags t;
	struct identities *ids = n->ids;
	uint32_t set = identities_of_labels(ids, labels);
	struct hroute x;

	hroute_make(&x, &r);
	identities_tags(ids, set, true, &t);
	x.a.other = (struct bytes) { t.tlv, t.tlv_len };
	hroute_set(n->h->rib, &n->h->n_rib, &x.n, &x.a);
	tenants_route(n->h->t, &x.n, &x.a, believed);
	identities_unref(ids, set);
}

/* Who is newer decides; who is as new and says something else leaves nobody. */
static void several(void **state)
{
	const struct rroute one = { .k = 2, .mac = 1, .ip = "192.0.2.1" };
	const struct rroute two = { .k = 3, .mac = 2, .ip = "192.0.2.1" };
	struct rroute newer = two;
	struct node n;

	(void)state;
	newer.seq = 1;
	for (int turn = 0; turn < 2; turn++) {
		node_init(&n, 1);
		hear(&n, turn ? one : two, "app=web", true);
		hear(&n, turn ? two : one, "app=web", true);
		assert_int_equal(who(&n, "192.0.2.1"), WEB);
		hear(&n, two, "app=db", true);
		assert_int_equal(who(&n, "192.0.2.1"), IDENTITY_INIT);
		assert_int_equal(n.book.unknown[IDSET_CONFLICT], 1);
		hear(&n, newer, "app=db", true);
		assert_int_equal(who(&n, "192.0.2.1"), DB);
		host_loses(n.h, newer);
		assert_int_equal(who(&n, "192.0.2.1"), WEB);
		host_loses(n.h, one);
		assert_int_equal(n.book.n, 0);
		node_fini(&n);
	}
}

/* Not believed: nobody, which is not the same as nobody knows. */
static void not_believed(void **state)
{
	const struct rroute one = { .k = 2, .mac = 1, .ip = "192.0.2.1" };
	struct node n;

	(void)state;
	node_init(&n, 1);
	hear(&n, one, "app=web", false);
	assert_int_equal(who(&n, "192.0.2.1"), 0);
	assert_int_equal(host_fib(n.h, 1), 2);
	hear(&n, one, "app=web", true);
	assert_int_equal(who(&n, "192.0.2.1"), WEB);
	hear(&n, one, "app=web", false);
	assert_int_equal(who(&n, "192.0.2.1"), 0);
	node_fini(&n);
}

/* So many say that the address is theirs that nobody looks any further. */
static void crowd(void **state)
{
	struct node n;

	(void)state;
	node_init(&n, 1);
	for (uint16_t k = 0; k < 100; k++)
		hear(&n,
		     (struct rroute) { .k = 2,
				       .mac = 1,
				       .ip = "192.0.2.1",
				       .rd = (uint16_t)(k + 2) },
		     "app=web", true);
	assert_int_equal(who(&n, "192.0.2.1"), IDENTITY_INIT);
	for (uint16_t k = 1; k < 100; k++)
		host_loses(n.h, (struct rroute) { .k = 2,
						  .mac = 1,
						  .ip = "192.0.2.1",
						  .rd = (uint16_t)(k + 2) });
	assert_int_equal(who(&n, "192.0.2.1"), WEB);
	node_fini(&n);
}

/* The tenant goes, the identities go, and come again. */
static void comes_and_goes(void **state)
{
	const struct rroute one = { .k = 2, .mac = 2, .ip = "192.0.2.2" };
	struct node n;

	(void)state;
	node_init(&n, 1);
	endpoint(&n, "e tenant red interface v1 mac 02:00:00:00:00:01 ip "
		     "192.0.2.1 labels app=web");
	hear(&n, one, "app=db", true);
	n.h->conf.n_evis = 0;
	host_configure(n.h);
	assert_int_equal(n.book.n, 0);
	n.h->conf.n_evis = 1;
	host_configure(n.h);
	h_reimport(n.h);
	assert_int_equal(who(&n, "192.0.2.1"), WEB);
	tenants_identify(n.h->t, NULL);
	assert_int_equal(n.book.n, 0);
	assert_false(labelled(host_own(n.h, 1, "192.0.2.1")));
	tenants_identify(n.h->t, n.ids);
	assert_true(labelled(host_own(n.h, 1, "192.0.2.1")));
	assert_int_equal(who(&n, "192.0.2.1"), WEB);
	node_fini(&n);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(on_routes),    cmocka_unit_test(learned_before),
		cmocka_unit_test(no_move),      cmocka_unit_test(arrives),
		cmocka_unit_test(takes_groups), cmocka_unit_test(moves),
		cmocka_unit_test(several),      cmocka_unit_test(not_believed),
		cmocka_unit_test(crowd),        cmocka_unit_test(comes_and_goes),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
