/*
 * A fabric of hosts, each with tenants of its own: what one originates reaches the
 * others over links that keep order but are as slow as they like, kernels answer late,
 * and MACs move about. However it interleaves, one owner must come out of it.
 */
#include "tests/unit/tenant_help.h"

enum { HOSTS = 4, MACS = 2, QUEUE = 512, PORT = 7 };

/* What the kernel of a host holds for a MAC. */
enum where { NOWHERE, HERE, THERE };

struct kernel {
	enum where at, arp; /* FDB entry, neighbour entry */
	unsigned vtep;
};

enum msg_kind { MSG_ROUTE, MSG_FDB, MSG_ARP, MSG_INTENT, MSG_NEIGH };

/* The address of each MAC. */
static const char *const ips[MACS] = { "192.0.2.10", "192.0.2.11" };

struct item {
	enum msg_kind kind;
	struct hroute r;
	bool set; /* route: announced; intent: SET; fdb: learned */
	unsigned mac, vtep;
};

/* In order, and only in order. */
struct queue {
	struct item *v;
	size_t head, n;
};

struct fabric {
	unsigned n;
	struct host *h[HOSTS];
	struct kernel k[HOSTS][MACS];
	struct queue link[HOSTS][HOSTS]; /* routes from, to */
	struct queue up[HOSTS];          /* kernel -> engine */
	struct queue down[HOSTS];        /* engine -> kernel */
};

static struct item *push(struct queue *q, enum msg_kind kind)
{
	assert_true(q->n < QUEUE);
	if (!q->v)
		q->v = calloc(QUEUE, sizeof(*q->v));

	struct item *i = &q->v[(q->head + q->n++) % QUEUE];

	i->kind = kind;
	return i;
}

static struct item *pop(struct queue *q)
{
	struct item *i = &q->v[q->head];

	q->head = (q->head + 1) % QUEUE;
	q->n--;
	return i;
}

static unsigned mac_number(const struct mac *m)
{
	return (unsigned)(m->b[4] << 8 | m->b[5]);
}

static void on_route(struct host *h, const struct nlri *n, const struct attrs *a)
{
	struct fabric *f = h->arg;
	unsigned from = (unsigned)h->index - 1;

	for (unsigned to = 0; to < f->n; to++) {
		if (to == from)
			continue;

		struct item *i = push(&f->link[from][to], MSG_ROUTE);

		i->set = a;
		if (a)
			hroute_copy(&i->r, n, a);
		else
			i->r.n = *n;
	}
}

static void on_mac(struct host *h, const struct intent_mac *m, bool set)
{
	struct fabric *f = h->arg;
	struct item *i = push(&f->down[h->index - 1], MSG_INTENT);

	i->set = set;
	i->mac = mac_number(&m->mac);
	i->vtep = set ? ip4_host(&m->vtep) - 0x0a000000u : 0;
}

static void on_neigh(struct host *h, const struct intent_neigh *n, bool set)
{
	struct fabric *f = h->arg;
	struct item *i = push(&f->down[h->index - 1], MSG_NEIGH);

	i->set = set;
	i->mac = mac_number(&n->mac);
}

/* ---- kernels ----------------------------------------------------------- */

static void kernel_event(struct fabric *f, unsigned host, unsigned mac,
			 enum msg_kind kind, bool learned)
{
	struct item *i = push(&f->up[host], kind);

	i->set = learned;
	i->mac = mac;
}

/* A frame from the MAC enters on a port of this host. */
static void kernel_frame(struct fabric *f, unsigned host, unsigned mac)
{
	if (f->k[host][mac].at == HERE)
		return;
	f->k[host][mac].at = HERE;
	kernel_event(f, host, mac, MSG_FDB, true);
}

/* It asks for an address: learned unless fib's entry is there (NOARP). */
static void kernel_arp(struct fabric *f, unsigned host, unsigned mac)
{
	kernel_frame(f, host, mac);
	if (f->k[host][mac].arp != NOWHERE)
		return;
	f->k[host][mac].arp = HERE;
	kernel_event(f, host, mac, MSG_ARP, true);
}

static void kernel_age(struct fabric *f, unsigned host, unsigned mac)
{
	if (f->k[host][mac].at != HERE)
		return;
	f->k[host][mac].at = NOWHERE;
	kernel_event(f, host, mac, MSG_FDB, false);
}

/* fib replaces a local entry by what is wanted, and never deletes one. */
static void kernel_apply(struct fabric *f, unsigned host, const struct item *i)
{
	struct kernel *k = &f->k[host][i->mac];
	bool fdb = i->kind == MSG_INTENT;
	enum where *e = fdb ? &k->at : &k->arp;
	bool was_here = *e == HERE;

	if (i->set)
		*e = THERE;
	else if (!was_here)
		*e = NOWHERE;
	if (fdb && i->set)
		k->vtep = i->vtep;
	if (i->set && was_here)
		kernel_event(f, host, i->mac, fdb ? MSG_FDB : MSG_ARP, false);
}

/* ---- schedule ---------------------------------------------------------- */

static struct queue *queue_at(struct fabric *f, unsigned i, unsigned *host)
{
	unsigned n = f->n;

	if (i < n * n) {
		*host = i % n;
		return &f->link[i / n][i % n];
	}
	i -= n * n;
	*host = i % n;
	return i < n ? &f->up[i] : &f->down[i - n];
}

/* Deliver one item of some queue; false: all are empty. */
static bool deliver(struct fabric *f)
{
	unsigned n = f->n * f->n + 2 * f->n, start = (unsigned)random() % n, host;

	for (unsigned j = 0; j < n; j++) {
		struct queue *q = queue_at(f, (start + j) % n, &host);

		if (!q->n)
			continue;

		struct item i = *pop(q);

		if (i.kind == MSG_INTENT || i.kind == MSG_NEIGH) {
			kernel_apply(f, host, &i);
		} else if (i.kind == MSG_ARP) {
			host_arp(f->h[host], i.mac, ips[i.mac],
				 i.set ? 0 : INTENT_F_GONE);
		} else if (i.kind == MSG_FDB) {
			host_fdb(f->h[host], i.mac, PORT, 0, i.set ? 0 : INTENT_F_GONE);
		} else {
			i.r.a.ext_communities.p = i.r.ext;
			i.r.a.pmsi.p = i.r.pmsi;
			host_route(f->h[host], &i.r.n, i.set ? &i.r.a : NULL);
		}
		return true;
	}
	return false;
}

static void settle(struct fabric *f)
{
	for (unsigned i = 0; i < 100000; i++)
		if (!deliver(f))
			return;
	fail_msg("does not settle");
}

static struct fabric *fabric_new(unsigned n, bool dad)
{
	struct fabric *f = calloc(1, sizeof(*f));

	f->n = n;
	for (unsigned i = 0; i < n; i++) {
		f->h[i] = host_bare(i + 1);
		f->h[i]->arg = f;
		f->h[i]->on_route = on_route;
		f->h[i]->on_mac = on_mac;
		f->h[i]->evis[0] =
			(struct tenants_evi_conf) { .vni = 100, .tenant = "red" };
		f->h[i]->conf.n_evis = 1;
		f->h[i]->on_neigh = on_neigh;
		f->h[i]->conf.dad_off = !dad;
		host_configure(f->h[i]);
	}
	return f;
}

static void fabric_free(struct fabric *f)
{
	for (unsigned i = 0; i < f->n; i++) {
		host_free(f->h[i]);
		free(f->up[i].v);
		free(f->down[i].v);
		for (unsigned j = 0; j < f->n; j++)
			free(f->link[i][j].v);
	}
	free(f);
}

/* A session breaks: what was under way is lost, what was heard is withdrawn, and all
 * comes again when it is back. */
static void flap(struct fabric *f, unsigned from, unsigned to)
{
	struct queue *q = &f->link[from][to];
	struct host *h = f->h[to];

	q->n = 0;
	for (size_t i = 0; i < h->n_rib;) {
		const struct nlri n = h->rib[i].n;

		if (ip4_host(&h->rib[i].a.nexthop) == 0x0a000001u + from)
			host_route(h, &n, NULL);
		else
			i++;
	}
	for (size_t i = 0; i < f->h[from]->n_own; i++) {
		struct item *it = push(q, MSG_ROUTE);

		it->set = true;
		hroute_copy(&it->r, &f->h[from]->own[i].n, &f->h[from]->own[i].a);
	}
}

/* ---- what must hold when all is quiet ---------------------------------- */

/* The one host that advertises a MAC; 0 if none does. */
static unsigned owner_of(struct fabric *f, unsigned mac)
{
	unsigned owner = 0;

	for (unsigned i = 0; i < f->n; i++) {
		if (host_seq(f->h[i], mac) < 0)
			continue;
		assert_int_equal(owner, 0);
		owner = i + 1;
	}
	return owner;
}

static bool has_neigh(const struct host *h, const char *ip)
{
	const struct ip a = ip_from(ip);

	for (size_t i = 0; i < h->n_neigh; i++)
		if (ip_eq(&h->neigh[i].ip, &a))
			return true;
	return false;
}

static void assert_consistent(struct fabric *f, unsigned mac)
{
	unsigned owner = owner_of(f, mac);

	unsigned with_ip = 0;

	for (unsigned i = 0; i < f->n; i++) {
		const struct kernel *k = &f->k[i][mac];
		bool ip = host_own(f->h[i], mac, ips[mac]);

		with_ip += ip;
		if (i + 1 == owner) {
			assert_int_equal(host_fib(f->h[i], mac), 0);
			assert_int_equal(k->at, HERE);
		} else if (owner) {
			assert_int_equal(host_fib(f->h[i], mac), owner);
			assert_int_equal(k->at, THERE);
			assert_int_equal(k->vtep, owner);
			assert_false(ip);
		} else {
			assert_int_equal(host_fib(f->h[i], mac), 0);
			assert_int_equal(k->at, NOWHERE);
			assert_false(ip);
		}
	}
	for (unsigned i = 0; i < f->n; i++) {
		bool there = with_ip && i + 1 != owner;

		assert_int_equal(has_neigh(f->h[i], ips[mac]), there);
		assert_int_equal(f->k[i][mac].arp == THERE, there);
	}
}

/* ---- scenarios --------------------------------------------------------- */

/* MACs move at random while messages are under way; then each speaks once more where
 * it really is. */
static void one_owner_after_any_schedule(void **state)
{
	(void)state;
	srandom(3);
	for (unsigned round = 0; round < 3000; round++) {
		struct fabric *f = fabric_new(2 + round % 3, false);
		unsigned home[MACS] = { 0 };

		for (unsigned step = 0; step < 24; step++) {
			unsigned mac = (unsigned)random() % MACS;

			if (random() % 3 == 0)
				home[mac] = (unsigned)random() % f->n;
			if (random() % 8 == 0)
				kernel_age(f, (unsigned)random() % f->n, mac);
			else if (random() % 2)
				kernel_frame(f, home[mac], mac);
			else
				kernel_arp(f, home[mac], mac);
			if (random() % 16 == 0) {
				unsigned from = (unsigned)random() % f->n;

				flap(f, from, (from + 1) % f->n);
			}
			for (long d = random() % 6; d; d--)
				deliver(f);
		}
		settle(f);
		for (unsigned mac = 0; mac < MACS; mac++) {
			assert_consistent(f, mac);
			kernel_frame(f, home[mac], mac);
			settle(f);
			assert_consistent(f, mac);
			assert_int_equal(owner_of(f, mac), home[mac] + 1);
			kernel_arp(f, home[mac], mac);
			settle(f);
			assert_consistent(f, mac);
			assert_non_null(host_own(f->h[home[mac]], mac, ips[mac]));
		}
		fabric_free(f);
	}
}

/* A MAC is on two hosts at once and neither stops talking: detection ends it, with at
 * most one host that advertises. The third host sees no move of its own. */
static void a_real_duplicate_comes_to_rest(void **state)
{
	(void)state;
	srandom(13);
	for (unsigned round = 0; round < 300; round++) {
		struct fabric *f = fabric_new(3, true);
		unsigned quiet = 0;

		for (unsigned i = 0; quiet < 20 && i < 500; i++) {
			kernel_arp(f, 0, 1);
			kernel_arp(f, 1, 1);
			quiet++;
			while (deliver(f))
				quiet = 0;
		}
		assert_int_equal(quiet, 20);
		owner_of(f, 1); /* at most one */
		assert_true(f->h[0]->reports[TEV_DUPLICATE] +
				    f->h[1]->reports[TEV_DUPLICATE] >
			    0);
		assert_int_equal(f->h[2]->reports[TEV_DUPLICATE], 0);
		fabric_free(f);
	}
}

/* One move at a time: the number grows by one each, none is left over at the end. */
static void numbers_grow_by_one(void **state)
{
	struct fabric *f = fabric_new(3, false);
	uint32_t seq = 0;

	(void)state;
	srandom(4);
	kernel_frame(f, 0, 1);
	settle(f);
	for (unsigned i = 1; i < 50; i++) {
		kernel_frame(f, i % 3, 1);
		settle(f);
		assert_consistent(f, 1);
		assert_int_equal(host_seq(f->h[i % 3], 1), ++seq);
	}
	for (unsigned i = 0; i < 3; i++)
		kernel_age(f, i, 1);
	settle(f);
	assert_int_equal(owner_of(f, 1), 0);
	kernel_frame(f, 2, 1);
	settle(f);
	assert_int_equal(host_seq(f->h[2], 1), 0);
	fabric_free(f);
}

/* Two hosts learn the same MAC at the same moment, in every interleaving tried: the
 * lower address keeps it. */
static void same_moment_lowest_address(void **state)
{
	(void)state;
	srandom(5);
	for (unsigned round = 0; round < 500; round++) {
		struct fabric *f = fabric_new(3, false);

		kernel_frame(f, 0, 1);
		kernel_frame(f, 2, 1);
		while (f->up[0].n || f->up[2].n) { /* both learn before any route */
			unsigned i = random() % 2 ? 0 : 2;

			if (!f->up[i].n)
				continue;
			pop(&f->up[i]);
			host_fdb(f->h[i], 1, PORT, 0, 0);
		}
		settle(f);
		assert_int_equal(owner_of(f, 1), 1);
		assert_consistent(f, 1);
		fabric_free(f);
	}
}

/* The same endpoint declared on two hosts: the later one has it, and when it is
 * deleted there the first one has it again. */
static void declared_endpoint_yields(void **state)
{
	char err[128];

	(void)state;
	srandom(6);
	for (unsigned round = 0; round < 300; round++) {
		struct fabric *f = fabric_new(3, false);
		struct tenants_endpoint e;
		const char *line =
			"web tenant red interface veth0 mac 02:00:00:00:00:01"
			" ip 192.0.2.1,2001:db8::1";

		assert_int_equal(endpoint_parse(line, &e, err, sizeof(err)), 0);
		assert_int_equal(tenants_endpoint_add(f->h[0]->t, &e, err, 128), 0);
		settle(f);
		assert_int_equal(owner_of(f, 1), 1);
		assert_int_equal(tenants_endpoint_add(f->h[1]->t, &e, err, 128), 0);
		settle(f);
		assert_int_equal(owner_of(f, 1), 2);
		assert_int_equal(host_fib(f->h[0], 1), 2);
		assert_non_null(host_own(f->h[1], 1, "2001:db8::1"));
		assert_null(host_own(f->h[0], 1, "192.0.2.1"));
		assert_int_equal(host_neigh(f->h[0], "192.0.2.1"), 1);
		assert_int_equal(tenants_endpoint_del(f->h[1]->t, "web"), 0);
		settle(f);
		assert_int_equal(owner_of(f, 1), 1);
		assert_non_null(host_own(f->h[0], 1, "192.0.2.1"));
		fabric_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(one_owner_after_any_schedule),
		cmocka_unit_test(a_real_duplicate_comes_to_rest),
		cmocka_unit_test(numbers_grow_by_one),
		cmocka_unit_test(same_moment_lowest_address),
		cmocka_unit_test(declared_endpoint_yields),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
