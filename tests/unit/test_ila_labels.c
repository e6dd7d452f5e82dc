/* Labels of endpoints on ILA mappings, and who is behind a SIR address. */
#include "tests/unit/ila_help.h"

#include "tests/unit/identity_help.h"
#include "wire/group.h"

struct node {
	struct ihost *h;
	struct identities *ids;
	struct book book;
};

static void node_init(struct node *n, unsigned k)
{
	memset(n, 0, sizeof(*n));
	n->h = ihost_new(k);
	n->ids = book_identities(&n->book);
	ila_identify(n->h->m, n->ids);
}

static void node_fini(struct node *n)
{
	ila_identify(n->h->m, NULL);
	book_empty(&n->book, n->ids);
	ihost_free(n->h);
	identities_free(n->ids);
}

static uint32_t who(const struct node *n, unsigned k)
{
	const struct ila_addr a = sir_addr(k);

	return book_who(&n->book, 0, ip_of(&a, sizeof(a)));
}

static const char *device(const struct node *n, unsigned k)
{
	const struct ila_addr a = sir_addr(k);

	return book_device(&n->book, 0, ip_of(&a, sizeof(a)));
}

static void declare(struct node *n, unsigned k, const char *labels)
{
	struct tenants_endpoint e = ihost_endpoint("web", k);

	str_copy(e.labels, sizeof(e.labels), labels);
	ila_declare(n->h->m, &e, false);
}

static bool labelled(struct node *n, enum ila_carrier c, unsigned k)
{
	const struct ila_addr a = sir_addr(k);
	const struct iroute *r = ihost_own(n->h, c, &a);
	struct bytes value;

	assert_non_null(r);
	return !attrs_labelset(&r->a, LABELSET_CODE, &value);
}

/* ---- origination ------------------------------------------------------- */

static void both_carriers(void **state)
{
	const struct ila_addr a = sir_addr(10);
	struct bytes value, labels;
	struct ila_marker mark;
	char text[64];
	struct group g;
	struct node n;

	(void)state;
	node_init(&n, 1);
	declare(&n, 10, "app=web,id=3");
	for (int c = 0; c < ILA_CARRIERS; c++) {
		const struct iroute *r = ihost_own(n.h, (enum ila_carrier)c, &a);

		assert_int_equal(attrs_labelset(&r->a, LABELSET_CODE, &value), 0);
		assert_int_equal(labelset_decode(value, 1, &labels), LABELSET_OK);
		assert_string_equal(labels_format(labels, text, sizeof(text)),
				    "app=web");
		assert_int_equal(attrs_group(&r->a, &g), 0);
		assert_true(g.has_id && g.id == (WEB & 0xffff));
		assert_true(g.has_wide && g.identity == WEB && g.derived);
		assert_int_equal(attrs_ila_marker(&r->a, &mark), 0);
	}
	assert_int_equal(who(&n, 10), WEB);
	assert_string_equal(device(&n, 10), "veth0");
	node_fini(&n);
}

/* Each change goes out once on each carrier, and what is none is silent. */
static void changes(void **state)
{
	static const struct {
		const char *labels;
		unsigned told;
		uint32_t number;
	} rows[] = {
		{ "", 2, IDENTITY_INIT }, { "app=web", 2, WEB },
		{ "app=web", 0, WEB },    { "app=web,x=y", 0, WEB },
		{ "app=db", 2, DB },      { "x=y", 2, IDENTITY_INIT },
		{ "app=db", 2, DB },
	};
	struct node n;

	(void)state;
	node_init(&n, 1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned before = n.h->n_originate;

		print_message("# '%s'\n", rows[i].labels);
		declare(&n, 10, rows[i].labels);
		assert_int_equal(n.h->n_originate - before, rows[i].told);
		assert_int_equal(labelled(&n, ILA_IP6, 10),
				 rows[i].number != IDENTITY_INIT);
		assert_int_equal(who(&n, 10), rows[i].number);
	}
	assert_int_equal(n.h->n_withdraw, 0);
	ila_undeclare(n.h->m, "web");
	assert_int_equal(n.book.n, 0);
	node_fini(&n);
}

static void comes_and_goes(void **state)
{
	struct node n;

	(void)state;
	node_init(&n, 1);
	n.h->ids[0] = (struct ila_static) { .id = id_of(20) };
	n.h->ids[1] = (struct ila_static) { .id = id_of(21), .ifname = "veth9" };
	n.h->dom[0].ids = n.h->ids;
	n.h->dom[0].n_ids = 2;
	ihost_configure(n.h);
	declare(&n, 10, "app=web");
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(who(&n, 20), IDENTITY_HOST);
		assert_int_equal(who(&n, 21), IDENTITY_INIT);
		assert_int_equal(who(&n, 10), WEB);
		assert_true(labelled(&n, ILA_DRAFT, 10));
		ila_identify(n.h->m, NULL);
		assert_int_equal(n.book.n, 0);
		assert_false(labelled(&n, ILA_DRAFT, 10));
		ila_identify(n.h->m, n.ids);
	}
	node_fini(&n);
}

/* The same labels, told by another number. */
static void other_number(void **state)
{
	static const char *const keys[] = { "app" };
	struct labels_assign assign = { .number = 1001 };
	const struct identity_conf c = {
		.keys = keys, .n_keys = 1, .assign = &assign, .n_assign = 1
	};
	const struct ila_addr a = sir_addr(10);
	struct group g;
	struct node n;

	(void)state;
	node_init(&n, 1);
	declare(&n, 10, "app=web");
	labels_parse("app=web", &assign.labels);
	identities_configure(n.ids, &c);
	ila_relabel(n.h->m);
	assert_int_equal(attrs_group(&ihost_own(n.h, ILA_IP6, &a)->a, &g), 0);
	assert_true(g.identity == 1001 && g.id == 1001 && !g.derived);
	assert_int_equal(who(&n, 10), 1001);
	node_fini(&n);
}

/* ---- mappings ---------------------------------------------------------- */

enum { PEERS = 4, LOCATORS = 4 };

/* What peer `by` says of identifier 10 behind locator l. */
static struct ipath says(struct node *n, unsigned by, unsigned l, const char *labels)
{
	static struct identity_tags tags[PEERS][LOCATORS];
	struct identity_tags *t = &tags[by][l];
	struct ipath p = { .peer = by,
			   .carrier = ILA_IP6,
			   .addr = sir_addr(10),
			   .locator = loc_of(l),
			   .csum = ILA_CSUM_NEUTRAL };
	uint32_t set = identities_of_labels(n->ids, labels);

	identities_tags(n->ids, set, true, t);
	p.labels = (struct bytes) { t->tlv, t->tlv_len };
	identities_unref(n->ids, set);
	return p;
}

static void arrives(void **state)
{
	struct ipath p;
	struct node n;

	(void)state;
	node_init(&n, 1);
	p = says(&n, 2, 2, "app=web");
	ihost_hears(n.h, p);
	assert_int_equal(who(&n, 10), WEB);
	assert_string_equal(device(&n, 10), "");
	ihost_hears(n.h, says(&n, 2, 3, "app=db")); /* moves, and is another */
	assert_int_equal(who(&n, 10), DB);
	p.doubted = true;
	ihost_hears(n.h, p);
	assert_int_equal(who(&n, 10), 0);
	p.doubted = false;
	ihost_hears(n.h, p);
	declare(&n, 10, "app=db"); /* is here, whatever others say */
	assert_int_equal(who(&n, 10), DB);
	ila_undeclare(n.h->m, "web");
	assert_int_equal(who(&n, 10), WEB);
	ihost_loses(n.h, p);
	assert_int_equal(n.book.n, 0);
	node_fini(&n);
}

/* By two reflectors it is one; two that differ are nobody, unless one is better. */
static void several(void **state)
{
	struct ipath two;
	struct node n;

	(void)state;
	node_init(&n, 1);
	ihost_hears(n.h, says(&n, 2, 2, "app=web"));
	ihost_hears(n.h, says(&n, 3, 2, "app=web"));
	assert_int_equal(who(&n, 10), WEB);
	two = says(&n, 3, 3, "app=db");
	ihost_hears(n.h, two);
	assert_int_equal(who(&n, 10), IDENTITY_INIT);
	assert_int_equal(n.book.unknown[IDSET_CONFLICT], 1);
	two.local_pref = 200;
	ihost_hears(n.h, two);
	assert_int_equal(who(&n, 10), DB);
	two.local_pref = 0;
	two.seq = 1;
	ihost_hears(n.h, two);
	assert_int_equal(who(&n, 10), DB);
	ihost_loses(n.h, two);
	assert_int_equal(who(&n, 10), WEB);
	node_fini(&n);
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(both_carriers),  cmocka_unit_test(changes),
		cmocka_unit_test(comes_and_goes), cmocka_unit_test(other_number),
		cmocka_unit_test(arrives),        cmocka_unit_test(several),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
