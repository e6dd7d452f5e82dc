/*
 * A fabric of hosts with ILA: what one announces reaches the others in order, but when
 * it likes and over one carrier before the other. However it interleaves, everybody
 * must end up sending to who has the identifier. In between there may be a reflector,
 * which knows nothing of ILA: of all paths to an address it tells the best one.
 */
#include "tests/unit/ila_help.h"

#include "tests/unit/rand.h"

enum { HOSTS = 4, IDS = 3, QUEUE = 1024 };

struct item {
	enum ila_carrier c;
	struct ila_addr addr;
	struct ipath say;
	bool set;
};

/* What the reflector holds for one address of one carrier. */
struct reflected {
	struct item from[HOSTS];
	int told; /* whose path it tells, -1 nobody's */
};

struct queue {
	struct item v[QUEUE];
	size_t head, n;
};

struct fabric {
	struct ihost *h[HOSTS];
	struct queue link[HOSTS][HOSTS][ILA_CARRIERS]; /* from, to */
	unsigned declared[IDS];                        /* bits of hosts */
	bool reflector;
	struct queue up[HOSTS], down[HOSTS]; /* to and from it */
	struct reflected at[ILA_CARRIERS][IDS];
};

static struct ipath heard(unsigned from, enum ila_carrier c,
			  const struct ila_addr *addr, const struct attrs *a)
{
	struct ipath p = { .peer = from + 1, .carrier = c, .addr = *addr };
	struct ila_marker mark;
	uint32_t seq = 0;
	bool sticky;

	if (!a)
		return p;
	assert_int_equal(attrs_ila_marker(a, &mark), 0);
	attrs_macmob(a, &seq, &sticky);
	if (attrs_link_bandwidth(a, &p.bandwidth))
		p.bandwidth = 0;
	p.seq = seq;
	p.local_pref = a->local_pref;
	p.csum = mark.csum_mode;
	p.anycast = mark.anycast;
	memcpy(&p.locator, a->nexthop.b, sizeof(p.locator));
	return p;
}

static void push(struct queue *q, const struct item *it)
{
	assert_true(q->n < QUEUE);
	q->v[(q->head + q->n++) % QUEUE] = *it;
}

/* What an ordinary decision sees; locators and sequences are nothing to it. */
static bool preferred(const struct item *a, const struct item *b)
{
	if (a->say.local_pref != b->say.local_pref)
		return a->say.local_pref > b->say.local_pref;
	return a->say.peer < b->say.peer;
}

static void tell(struct fabric *f, struct reflected *r, int now, bool changed)
{
	for (int to = 0; to < HOSTS; to++) {
		bool had = r->told >= 0 && r->told != to;
		bool has = now >= 0 && now != to;
		struct item it;

		if (!had && !has)
			continue;
		if (has && had && r->told == now && !changed)
			continue;
		it = r->from[has ? now : r->told];
		it.set = has;
		it.say.peer = 100; /* one session, whoever began it */
		push(&f->down[to], &it);
	}
	r->told = now;
}

static void reflect(struct fabric *f, unsigned from, const struct item *it)
{
	struct reflected *r = &f->at[it->c][it->addr.id.b[7] - 1];
	int best = -1;

	r->from[from] = *it;
	for (int i = 0; i < HOSTS; i++)
		if (r->from[i].set &&
		    (best < 0 || preferred(&r->from[i], &r->from[best])))
			best = i;
	tell(f, r, best, best == (int)from);
}

static void on_route(struct ihost *h, enum ila_carrier c, const struct ila_addr *addr,
		     const struct attrs *a)
{
	struct fabric *f = h->arg;
	unsigned from = h->index - 1;
	const struct item it = { c, *addr, heard(from, c, addr, a), a };

	if (f->reflector) {
		push(&f->up[from], &it);
		return;
	}
	for (unsigned to = 0; to < HOSTS; to++)
		if (to != from)
			push(&f->link[from][to][c], &it);
}

enum { LINKS = HOSTS * HOSTS * ILA_CARRIERS, QUEUES = LINKS + 2 * HOSTS };

static struct queue *queue_at(struct fabric *f, unsigned n, unsigned *host, bool *up)
{
	*up = n >= LINKS && n < LINKS + HOSTS;
	*host = n % HOSTS;
	if (n >= LINKS)
		return *up ? &f->up[*host] : &f->down[*host];
	return &f->link[n / HOSTS % HOSTS][*host][n / HOSTS / HOSTS];
}

static bool deliver(struct fabric *f)
{
	unsigned start = rand_below(QUEUES), to;
	bool up;

	for (unsigned i = 0; i < QUEUES; i++) {
		struct queue *q = queue_at(f, (start + i) % QUEUES, &to, &up);

		if (!q->n)
			continue;

		struct item it = q->v[q->head];

		q->head = (q->head + 1) % QUEUE;
		q->n--;
		if (up)
			reflect(f, to, &it);
		else if (it.set)
			ihost_hears(f->h[to], it.say);
		else
			ihost_loses(f->h[to], it.say);
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

static struct fabric *fabric_new(bool reflector)
{
	struct fabric *f = calloc(1, sizeof(*f));

	f->reflector = reflector;
	for (unsigned c = 0; c < ILA_CARRIERS; c++)
		for (unsigned k = 0; k < IDS; k++)
			f->at[c][k].told = -1;

	for (unsigned i = 0; i < HOSTS; i++) {
		f->h[i] = ihost_new(i + 1);
		f->h[i]->arg = f;
		f->h[i]->on_route = on_route;
	}
	return f;
}

static void fabric_free(struct fabric *f)
{
	for (unsigned i = 0; i < HOSTS; i++)
		ihost_free(f->h[i]);
	free(f);
}

static struct tenants_endpoint endpoint(unsigned id)
{
	char name[8];

	snprintf(name, sizeof(name), "c%u", id);
	return ihost_endpoint(name, id + 1);
}

static void declare(struct fabric *f, unsigned host, unsigned id, bool anycast)
{
	struct tenants_endpoint e = endpoint(id);

	e.anycast = anycast;
	ila_declare(f->h[host]->m, &e, true);
	f->declared[id] |= 1u << host;
}

static void drop(struct fabric *f, unsigned host, unsigned id)
{
	struct tenants_endpoint e = endpoint(id);

	ila_undeclare(f->h[host]->m, e.name);
	f->declared[id] &= ~(1u << host);
}

/* Bits of the hosts that announce an identifier. */
static unsigned announcers(struct fabric *f, unsigned id)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < HOSTS; i++)
		if (ihost_seq(f->h[i], id + 1) >= 0)
			bits |= 1u << i;
	return bits;
}

static unsigned host_of(const struct ila64 *locator)
{
	return locator->b[7] - 1u;
}

/* Who has it delivers it; the others send to somebody who announces it. */
static void assert_consistent(struct fabric *f, unsigned id, bool anycast)
{
	const struct ila_addr a = sir_addr(id + 1);
	unsigned said = announcers(f, id), several = said & (said - 1);

	assert_int_equal(!said, !f->declared[id]);
	assert_int_equal(said & ~f->declared[id], 0);
	if (anycast)
		assert_int_equal(said, f->declared[id]);
	for (unsigned i = 0; i < HOSTS; i++) {
		const struct intent_ila_multi *r = ihost_map(f->h[i], &a);
		bool here = f->declared[id] >> i & 1;

		assert_int_equal(!!ihost_ep(f->h[i], &a), here);
		if (here || !said) {
			assert_null(r);
			continue;
		}
		assert_non_null(r);
		for (unsigned k = 0; k < r->n; k++)
			assert_true(said >> host_of(&r->locator[k]) & 1);
		assert_int_equal(r->n, anycast ? __builtin_popcount(said) : 1);
	}
	if (anycast || f->reflector) /* which hides who else there is */
		return;
	for (unsigned i = 0; i < HOSTS; i++) {
		struct ila_map_info info = { 0 };
		uint32_t map = ila_map_find(f->h[i]->m, &a);

		if (map)
			ila_map_get(f->h[i]->m, map, &info);
		/* Who is outbid takes no part: it is none of those that collide. */
		if (said >> i & 1 || !(f->declared[id] >> i & 1))
			assert_int_equal(info.duplicate, !!several);
	}
}

static void last_declared_wins(bool reflector)
{
	struct fabric *f = fabric_new(reflector);

	for (unsigned round = 0; round < 200; round++) {
		unsigned id = rand_below(IDS), to = rand_below(HOSTS);

		if (rand_below(4)) {
			declare(f, to, id, false);
			settle(f);
			assert_int_equal(announcers(f, id), 1u << to);
		} else {
			drop(f, to, id);
			settle(f);
		}
		for (unsigned k = 0; k < IDS; k++)
			assert_consistent(f, k, false);
	}
	fabric_free(f);
}

static void test_last_declared_wins(void **state)
{
	(void)state;
	last_declared_wins(false);
	last_declared_wins(true);
}

/* Declared and dropped while news are under way. */
static void any_interleaving(bool reflector)
{
	for (unsigned run = 0; run < 60; run++) {
		struct fabric *f = fabric_new(reflector);

		for (unsigned step = 0; step < 150; step++) {
			unsigned id = rand_below(IDS), to = rand_below(HOSTS);

			if (rand_below(8))
				deliver(f);
			else if (rand_below(3))
				declare(f, to, id, false);
			else
				drop(f, to, id);
		}
		settle(f);
		for (unsigned k = 0; k < IDS; k++)
			assert_consistent(f, k, false);
		fabric_free(f);
	}
}

static void test_any_interleaving(void **state)
{
	(void)state;
	any_interleaving(false);
	any_interleaving(true);
}

static void test_anycast_gathers(void **state)
{
	(void)state;
	for (unsigned run = 0; run < 60; run++) {
		struct fabric *f = fabric_new(false);

		/* Alone first, and moved: its sequence is not 0. */
		declare(f, 0, 0, false);
		settle(f);
		declare(f, 1, 0, false);
		settle(f);
		drop(f, 0, 0);
		drop(f, 1, 0);
		settle(f);
		for (unsigned step = 0; step < 100; step++) {
			unsigned id = rand_below(IDS), to = rand_below(HOSTS);

			if (rand_below(6))
				deliver(f);
			else if (rand_below(3))
				declare(f, to, id, true);
			else
				drop(f, to, id);
		}
		settle(f);
		for (unsigned k = 0; k < IDS; k++)
			assert_consistent(f, k, true);
		fabric_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_declared_wins),
		cmocka_unit_test(test_any_interleaving),
		cmocka_unit_test(test_anycast_gathers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
