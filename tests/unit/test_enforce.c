/* Policies, endpoints and addresses towards fib: whatever happens in whatever order,
 * what fib has been told comes to the same as if all had been compiled at once, and on
 * the way no endpoint has half a policy. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>

#include "rib/labels.h"
#include "tests/unit/enforce_model.h"
#include "tests/unit/rand.h"

/* ---- what happens ----------------------------------------------------------- */

static struct ip addr(unsigned n)
{
	const uint8_t b[4] = { 10, 1, 1, (uint8_t)n };

	return ip_of(b, 4);
}

static void doc_set(struct model *m, enum enforce_rule rule, int doc)
{
	m->rule = rule;
	m->doc = doc;
	enforce_policy(m->e, rule,
		       rule == ENFORCE_POLICY ? policy_of(docs[doc]) : NULL);
}

static void id_use(struct model *m, int i, uint32_t number, const char *labels)
{
	m->id[i].used = true;
	m->id[i].number = number;
	m->id[i].labels = labels;
	enforce_labelset_used(m->e, number, bytes_of(labels));
}

static void id_unuse(struct model *m, int i)
{
	m->id[i].used = false;
	enforce_labelset_unused(m->e, m->id[i].number);
}

static int id_of(const struct model *m, uint32_t number)
{
	for (int i = 0; i < IDS; i++)
		if (m->id[i].used && m->id[i].number == number)
			return i;
	return -1;
}

static void addr_count(struct model *m, uint32_t number, int by)
{
	int i = id_of(m, number);

	if (i < 0)
		return;
	m->id[i].addrs += by;
	if (!m->id[i].addrs)
		id_unuse(m, i);
}

/* As rib/identity.c does: the number first, then the address, then the old number. */
static void addr_set(struct model *m, uint32_t vni, unsigned n, uint32_t number,
		     const char *labels)
{
	struct identity_addr a = { .vni = vni, .ip = addr(n), .bits = 32 };
	size_t i = addr_at(m, vni, &a.ip, 32);
	int id = id_of(m, number);

	a.was = i < m->n_addrs ? m->addr[i].identity : 0;
	a.identity = number;
	if (number >= IDENTITY_FIRST && id < 0) {
		for (id = 0; m->id[id].used;)
			id++;
		m->id[id].addrs = 0;
		id_use(m, id, number, labels);
	}
	addr_count(m, number, 1);
	m->addr[i] = a;
	m->n_addrs += i == m->n_addrs;
	enforce_address_set(m->e, &a);
	if (a.was)
		addr_count(m, a.was, -1);
}

static void addr_unset(struct model *m, uint32_t vni, unsigned n)
{
	struct identity_addr a = { .vni = vni, .ip = addr(n), .bits = 32 };
	size_t i = addr_at(m, vni, &a.ip, 32);

	if (i == m->n_addrs)
		return;
	a.was = m->addr[i].identity;
	m->addr[i] = m->addr[--m->n_addrs];
	enforce_address_unset(m->e, &a);
	addr_count(m, a.was, -1);
}

static void ep_set(struct model *m, int i, uint32_t vni, const char *labels)
{
	struct enforce_endpoint ep = { .vni = vni, .identity = 0x100 };

	snprintf(ep.ifname, sizeof(ep.ifname), "v%d", i);
	ep.labels = bytes_of(labels);
	m->ep[i].there = true;
	m->ep[i].ep = ep;
	m->ep[i].labels = labels;
	enforce_endpoint_set(m->e, &ep);
}

static void ep_del(struct model *m, int i)
{
	char name[8];

	snprintf(name, sizeof(name), "v%d", i);
	m->ep[i].there = false;
	enforce_endpoint_del(m->e, name);
}

static void answer(struct model *m)
{
	for (int i = 0; i < POLICIES; i++)
		if (m->policy[i].committed && !m->policy[i].told) {
			struct intent_policy_state s = { .policy =
								 m->policy[i].number };

			m->policy[i].told = true;
			enforce_policy_state(m->e, &s);
		}
	for (int i = 0; i < LOADS; i++)
		if (m->load[i].ifname[0] && !m->load_told[i]) {
			struct intent_workload_state s = { .policy =
								   m->load[i].policy };

			m->load_told[i] = true;
			memcpy(s.ifname, m->load[i].ifname, sizeof(s.ifname));
			enforce_workload_state(m->e, &s);
		}
}

static void settle(struct model *m)
{
	unsigned turns = 0;

	m->endless = true;
	do {
		while (enforce_turn(m->e))
			assert_true(++turns < 10000);
		answer(m);
	} while (!enforce_idle(m->e) && ++turns < 10000);
	assert_true(enforce_idle(m->e));
}

/* ---- what is to come of it -------------------------------------------------- */

static struct policy *compiled[ARRAY_SIZE(docs)];

static void full_compile(const struct model *m, int doc, const char *labels,
			 struct policy_verdicts *out)
{
	struct policy *p = compiled[doc];
	struct policy_subject *s = policy_subject_new(p, bytes_of(labels));
	struct policy_peer *peers[IDS];
	size_t n = 0;

	for (int i = 0; i < IDS; i++)
		if (m->id[i].used)
			peers[n++] = policy_peer_new(p, m->id[i].number,
						     bytes_of(m->id[i].labels));
	assert_int_equal(
		policy_compile(s, (const struct policy_peer *const *)peers, n, out), 0);
	while (n)
		free(peers[--n]);
	policy_subject_free(s);
}

static bool same_verdicts(const struct set *s, const struct policy_verdicts *l)
{
	if (s->n != l->n)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (place(&s->v[i], &l->v[i]) || s->v[i].flags != l->v[i].flags ||
		    s->v[i].rule != l->v[i].rule)
			return false;
	return true;
}

/* The verdicts of a policy in force are those of some document as a whole, with all
 * identities there are, and for some endpoint's labels. */
static bool is_whole(const struct model *m, const struct set *s)
{
	bool whole = s->n == 0;

	for (size_t d = 0; d < ARRAY_SIZE(docs) && !whole; d++)
		for (size_t k = 0; k < ARRAY_SIZE(sets) - 1 && !whole; k++) {
			struct policy_verdicts l = { 0 };

			full_compile(m, (int)d, sets[k], &l);
			whole = same_verdicts(s, &l);
			policy_verdicts_fini(&l);
		}
	return whole;
}

static void check_whole(const struct model *m)
{
	for (int i = 0; i < POLICIES; i++)
		if (m->policy[i].committed && !is_whole(m, &m->policy[i].live))
			fail_msg("policy %u is of no document", m->policy[i].number);
}

static void check_load(const struct model *m, int i)
{
	const struct intent_workload *w = &m->load[i];
	struct policy_verdicts l = { 0 };
	int p = w->policy ? policy_at(m, w->policy) : -1;

	assert_int_equal(w->ifname[0] != 0, m->ep[i].there);
	if (!m->ep[i].there)
		return;
	assert_int_equal(m->overlay, IDENTITY_INIT);
	assert_int_equal(w->vni, m->ep[i].ep.vni);
	assert_int_equal(w->policy == 0, m->rule == ENFORCE_OPEN);
	if (m->rule == ENFORCE_OPEN)
		return;
	if (m->rule == ENFORCE_CLOSED || !m->ep[i].labels) {
		assert_int_equal(m->policy[p].live.n, 0);
		return;
	}
	full_compile(m, m->doc, m->ep[i].labels, &l);
	assert_true(same_verdicts(&m->policy[p].live, &l));
	policy_verdicts_fini(&l);
}

static void check_policies(const struct model *m)
{
	unsigned want = 0, have = 0;

	for (size_t k = 0; k < ARRAY_SIZE(sets); k++) {
		bool used = false;

		for (int i = 0; i < LOADS; i++)
			used |= m->ep[i].there && m->ep[i].labels == sets[k];
		want += used && m->rule != ENFORCE_OPEN;
	}
	for (int i = 0; i < POLICIES; i++)
		have += m->policy[i].number != 0;
	assert_int_equal(have, want); /* one for equal labels, and none is left over */
}

static uint32_t ident_of(const struct model *m, uint32_t vni, const struct prefix *p)
{
	const struct intent_ident key = { .vni = vni, .ip = p->ip, .bits = p->bits };

	for (int i = 0; i < IDENTS; i++)
		if (m->ident[i].identity && same_key(&m->ident[i], &key))
			return m->ident[i].identity;
	return 0;
}

static void check_idents(const struct model *m)
{
	size_t n = 0, want = m->n_addrs, nets = 0;
	const struct policy_net *v = NULL;

	for (int i = 0; i < IDENTS; i++)
		n += m->ident[i].identity != 0;
	for (size_t i = 0; i < m->n_addrs; i++) {
		const struct prefix p = { m->addr[i].ip, m->addr[i].bits };

		assert_int_equal(ident_of(m, m->addr[i].vni, &p), m->addr[i].identity);
	}
	if (m->rule == ENFORCE_POLICY)
		v = policy_nets(compiled[m->doc], &nets);
	for (uint32_t vni = 0; vni < 3; vni++) {
		bool used = false;

		for (int i = 0; i < LOADS; i++)
			used |= m->ep[i].there && m->ep[i].ep.vni == vni;
		for (size_t k = 0; k < nets && used; k++) {
			if (addr_at(m, vni, &v[k].prefix.ip, v[k].prefix.bits) <
			    m->n_addrs)
				continue;
			assert_int_equal(ident_of(m, vni, &v[k].prefix), v[k].identity);
			want++;
		}
	}
	assert_int_equal(n, want);
}

static void check_groups(const struct model *m)
{
	size_t told = 0, want = 0, there = 0;
	struct enforce_counts c;

	for (int i = 0; i < GROUPS; i++)
		told += m->group[i].vni != 0;
	for (uint32_t vni = 1; vni < 3; vni++)
		for (uint32_t g = 1; g < 0x200; g++) {
			uint32_t one = 0;
			bool many = false;

			for (size_t i = 0; i < m->n_addrs; i++) {
				uint32_t id = m->addr[i].identity;

				if (m->addr[i].vni != vni || (uint16_t)id != g ||
				    id < IDENTITY_FIRST)
					continue;
				many |= one && one != id;
				one = id;
			}
			there += one != 0;
			want += one && !many;
			for (int i = 0; i < GROUPS && one && !many; i++)
				if (m->group[i].vni == vni && m->group[i].group == g)
					assert_int_equal(m->group[i].identity, one);
		}
	assert_int_equal(told, want);
	enforce_counts_get(m->e, &c);
	assert_int_equal(c.groups, there); /* nothing is kept of those that went */
}

static void check_all(struct model *m)
{
	struct enforce_counts c;

	settle(m);
	for (int i = 0; i < LOADS; i++)
		check_load(m, i);
	check_policies(m);
	check_idents(m);
	check_groups(m);
	enforce_counts_get(m->e, &c);
	assert_int_equal(c.loads[ENFORCE_WAIT_POLICY] + c.loads[ENFORCE_WAIT_PROGRAMS] +
				 c.loads[ENFORCE_REFUSED],
			 0);
	assert_int_equal(c.policies[ENFORCE_BUILDING] + c.policies[ENFORCE_RETIRING],
			 0);
}

static void anything(struct model *m)
{
	static const uint32_t numbers[] = { 0x100,      0x101,      0x80000100,
					    0x80000101, 0x80000102, IDENTITY_INIT };
	unsigned n = rand_below(ARRAY_SIZE(numbers)), what = rand_below(20);
	const char *set = sets[rand_below(ARRAY_SIZE(sets))];

	if (what < 7)
		addr_set(m, rand_below(3), rand_below(20), numbers[n],
			 sets[1 + n % (ARRAY_SIZE(sets) - 1)]);
	else if (what < 11)
		addr_unset(m, rand_below(3), rand_below(20));
	else if (what < 14)
		ep_set(m, (int)rand_below(LOADS), rand_below(3), set);
	else if (what < 15)
		ep_del(m, (int)rand_below(LOADS));
	else if (what < 16)
		doc_set(m,
			rand_below(6)   ? ENFORCE_POLICY
			: rand_below(2) ? ENFORCE_OPEN
					: ENFORCE_CLOSED,
			(int)rand_below(ARRAY_SIZE(docs)));
	else if (what < 17 && id_of(m, numbers[n]) >= 0) /* labels become known */
		id_use(m, id_of(m, numbers[n]), numbers[n], set && set[0] ? set : NULL);
	else if (what < 19)
		enforce_turn(m->e);
	else if (!m->silent)
		answer(m);
}

static void random_events(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct model *m = model_new(round % 4 == 0);

		for (int i = 0; i < 200; i++) {
			m->endless = false;
			m->room = rand_below(12);
			anything(m);
			if (rand_below(8) == 0)
				check_whole(m);
			if (rand_below(60) == 0)
				check_all(m);
		}
		check_all(m);
		model_free(m);
	}
}

/* A new fib is told everything, and comes to know the same. */
static void resync(void **state)
{
	(void)state;
	for (int round = 0; round < 60; round++) {
		struct model *m = model_new(false);

		for (int i = 0; i < 100; i++) {
			m->endless = false;
			m->room = rand_below(12);
			anything(m);
		}
		m->endless = true;
		memset(m->policy, 0, sizeof(m->policy));
		memset(m->ident, 0, sizeof(m->ident));
		memset(m->group, 0, sizeof(m->group));
		memset(m->load, 0, sizeof(m->load));
		m->overlay = 0;
		m->log[0] = '\0';
		enforce_resync(m->e);
		for (int i = 0; i < IDS; i++)
			if (m->id[i].used)
				enforce_labelset_used(m->e, m->id[i].number,
						      bytes_of(m->id[i].labels));
		for (size_t i = 0; i < m->n_addrs; i++) {
			m->addr[i].was = 0;
			enforce_address_set(m->e, &m->addr[i]);
		}
		check_all(m);
		model_free(m);
	}
}

/* ---- the order, record by record -------------------------------------------- */

static void order(void **state)
{
	struct model *m = model_new(false);

	(void)state;
	doc_set(m, ENFORCE_POLICY, 1);
	ep_set(m, 0, 1, "app=a");
	settle(m);
	/* egress is open; ingress allows nobody yet */
	assert_string_equal(m->log, "o(V)W");
	m->log[0] = '\0';
	addr_set(m, 1, 1, 0x80000101, "app=b"); /* verdict, then address */
	assert_string_equal(m->log, "VIG");
	m->log[0] = '\0';
	addr_unset(m, 1, 1); /* and in reverse */
	assert_string_equal(m->log, "igv");
	addr_set(m, 1, 1, 0x80000101, "app=b");
	m->log[0] = '\0';
	doc_set(m, ENFORCE_POLICY,
		2); /* whole, prefixes, endpoint, then the old goes */
	while (enforce_turn(m->e))
		;
	assert_string_equal(m->log, "(VVV)IW");
	m->log[0] = '\0';
	answer(m);
	assert_string_equal(m->log, "p");
	m->log[0] = '\0';
	ep_set(m, 0, 1, "app=c"); /* other labels: theirs first, then it moves */
	settle(m);
	assert_string_equal(m->log, "(VVV)Wp");
	m->log[0] = '\0';
	ep_del(m, 0);
	settle(m);
	assert_string_equal(m->log, "wpi");
	model_free(m);
}

/* Fib cannot load the new one: the old one stays, and goes on being told of identities.
 */
static void refused(void **state)
{
	struct model *m = model_new(false);
	struct intent_policy_state s = { .err = -ENOMEM, .why = "no memory" };
	struct intent_workload_state w = { .err = -ENOMEM, .why = "no memory" };
	struct enforce_load_info info;
	struct enforce_counts c;

	(void)state;
	doc_set(m, ENFORCE_POLICY, 1);
	ep_set(m, 0, 1, "app=a");
	settle(m);
	doc_set(m, ENFORCE_POLICY, 2);
	while (enforce_turn(m->e))
		;
	w.policy = s.policy = m->load[0].policy;
	enforce_policy_state(m->e, &s);
	snprintf(w.ifname, sizeof(w.ifname), "v0");
	enforce_workload_state(m->e, &w);
	assert_int_equal(m->refused, 1);
	assert_true(enforce_load_get(m->e, "v0", &info));
	assert_int_equal(info.wait, ENFORCE_WAIT_POLICY);
	assert_string_equal(info.why, "no memory");
	enforce_counts_get(m->e, &c);
	assert_int_equal(c.policies[ENFORCE_FAILED], 1);
	assert_int_equal(c.policies[ENFORCE_RETIRING], 1);
	m->log[0] = '\0';
	addr_set(m, 1, 1, 0x80000101, "app=b");
	assert_string_equal(m->log, "VVIG"); /* a verdict in each of both */
	m->log[0] = '\0';
	s.err = 0;
	enforce_policy_state(m->e, &s);
	assert_string_equal(m->log, "p");
	model_free(m);
}

/* What fib had no room for once is not refused for good, though nothing is allowed. */
static void refused_once(void **state)
{
	(void)state;
	for (unsigned known = 0; known < 2; known++) {
		struct model *m = model_new(false);
		struct intent_policy_state s = { .err = -ENOMEM, .why = "no memory" };
		struct enforce_counts c;

		doc_set(m, known ? ENFORCE_CLOSED : ENFORCE_POLICY, 1);
		ep_set(m, 0, 1, known ? "app=a" : NULL);
		settle(m);
		s.policy = m->load[0].policy;
		enforce_policy_state(m->e, &s);
		enforce_counts_get(m->e, &c);
		assert_int_equal(c.policies[ENFORCE_FAILED], 1);
		s.err = 0;
		enforce_policy_state(m->e, &s);
		enforce_counts_get(m->e, &c);
		assert_int_equal(c.policies[ENFORCE_FAILED], 0);
		assert_int_equal(c.policies[ENFORCE_LOADED], 1);
		model_free(m);
	}
}

static void waits(void **state)
{
	struct model *m = model_new(false);
	struct intent_workload_state w = { .err = -ENODEV, .why = "no such device" };
	struct enforce_load_info info;

	(void)state;
	assert_false(enforce_load_get(m->e, "v0", &info));
	ep_set(m, 0, 1, "app=a");
	enforce_load_get(m->e, "v0", &info);
	assert_int_equal(info.wait, ENFORCE_WAIT_POLICY);
	while (enforce_turn(m->e))
		;
	enforce_load_get(m->e, "v0", &info);
	assert_int_equal(info.wait, ENFORCE_WAIT_PROGRAMS);
	snprintf(w.ifname, sizeof(w.ifname), "v0");
	enforce_workload_state(m->e, &w);
	enforce_load_get(m->e, "v0", &info);
	assert_int_equal(info.wait, ENFORCE_REFUSED);
	assert_string_equal(info.why, "no such device");
	answer(m);
	enforce_load_get(m->e, "v0", &info);
	assert_int_equal(info.wait, ENFORCE_READY);
	/* an answer about what it had before says nothing of what it is to have */
	doc_set(m, ENFORCE_POLICY, 1);
	while (enforce_turn(m->e))
		;
	w.err = 0;
	enforce_workload_state(m->e, &w);
	enforce_load_get(m->e, "v0", &info);
	assert_int_equal(info.wait, ENFORCE_WAIT_PROGRAMS);
	model_free(m);
}

static void closed_count(void *arg, const struct enforce_endpoint *ep)
{
	unsigned *n = arg;

	assert_true(ep->flags & WORKLOAD_CLOSED);
	++*n;
}

static unsigned closed_now(const struct model *m)
{
	unsigned n = 0;

	enforce_closed_foreach(m->e, closed_count, &n);
	return n;
}

/* Who is declared no longer, but may be there. */
static void closed(void **state)
{
	struct model *m = model_new(false);
	struct intent_workload_state gone = { .err = -ENODEV };

	(void)state;
	ep_set(m, 0, 1, "app=a");
	settle(m);
	enforce_endpoint_close(m->e, "v0"); /* no documents: nothing to be closed for */
	assert_int_equal(m->load[0].ifname[0], 0);
	doc_set(m, ENFORCE_POLICY, 1);
	ep_set(m, 0, 1, "app=a");
	ep_set(m, 1, 1, "app=b");
	settle(m);
	assert_int_equal(enforce_closed_changes(m->e), 0);
	enforce_endpoint_close(m->e, "v0");
	enforce_endpoint_close(m->e, "v9");
	settle(m);
	assert_int_equal(m->load[0].flags, WORKLOAD_CLOSED);
	assert_int_equal(m->load[0].identity, IDENTITY_INIT);
	assert_int_equal(m->policy[policy_at(m, m->load[0].policy)].live.n, 0);
	assert_int_equal(closed_now(m), 1);
	assert_int_equal(enforce_closed_changes(m->e), 1);
	ep_set(m, 0, 1, "app=a");
	settle(m);
	assert_int_equal(m->load[0].flags, 0);
	assert_int_equal(closed_now(m), 0);
	/* All, by not being named; then one device goes, the documents do. */
	enforce_endpoints_begin(m->e);
	enforce_endpoints_end(m->e, true);
	settle(m);
	assert_int_equal(closed_now(m), 2);
	snprintf(gone.ifname, sizeof(gone.ifname), "v0");
	gone.policy = m->load[0].policy;
	enforce_workload_state(m->e, &gone);
	assert_int_equal(m->load[0].ifname[0], 0);
	assert_int_equal(closed_now(m), 1);
	doc_set(m, ENFORCE_OPEN, 0);
	assert_int_equal(closed_now(m), 0);
	assert_int_equal(m->load[1].ifname[0], 0);
	assert_int_equal(enforce_closed_changes(m->e), 6);
	/* Who asks for it has them go. */
	doc_set(m, ENFORCE_POLICY, 1);
	ep_set(m, 1, 1, "app=b");
	enforce_endpoints_begin(m->e);
	enforce_endpoints_end(m->e, false);
	assert_int_equal(closed_now(m), 0);
	model_free(m);
}

/* ---- more than fits --------------------------------------------------------- */

enum { CLAUSES = 200, PORTS = 256 };

/* Many ports, each a verdict for every identity. */
static struct policy *large_policy(const char *section)
{
	size_t size = CLAUSES * (PORTS * 48 + 128) + 256, at = 0;
	char *text = xcalloc(1, size);
	struct policy *p;

	at += (size_t)snprintf(text, size,
			       "[{'endpointSelector': {}, 'ingress': [{}], '%s': [",
			       section);
	for (int c = 0; c < CLAUSES; c++) {
		at += (size_t)snprintf(
			text + at, size - at, "%s{'%s': [{}], 'toPorts': [{'ports': [",
			c ? "," : "",
			section[0] == 'e' ? "toEndpoints" : "fromEndpoints");
		for (int i = 0; i < PORTS; i++)
			at += (size_t)snprintf(text + at, size - at,
					       "%s{'port': '%d', 'protocol': 'TCP'}",
					       i ? "," : "", 1 + c * PORTS + i);
		at += (size_t)snprintf(text + at, size - at, "]}]}");
	}
	snprintf(text + at, size - at, "]}]");
	p = policy_of(text);
	free(text);
	return p;
}

struct counter {
	long verdicts;
	unsigned begins, commits, refused;
};

static void count_intent(void *ctx, uint16_t type, const void *body)
{
	struct counter *c = ctx;

	(void)body;
	c->verdicts += (type == INTENT_VERDICT_SET) - (type == INTENT_VERDICT_DEL);
	c->begins += type == INTENT_POLICY_BEGIN;
	c->commits += type == INTENT_POLICY_COMMIT;
	if (type == INTENT_POLICY_BEGIN)
		c->verdicts = 0;
}

static bool count_room(void *ctx)
{
	(void)ctx;
	return true;
}

static bool count_address(void *ctx, uint32_t vni, const struct prefix *p,
			  struct identity_addr *out)
{
	(void)ctx;
	(void)vni;
	(void)p;
	(void)out;
	return false;
}

static void count_refused(void *ctx, struct bytes labels, const char *why)
{
	(void)labels;
	(void)why;
	((struct counter *)ctx)->refused++;
}

static const struct enforce_hooks count_hooks = {
	.intent = count_intent,
	.has_room = count_room,
	.address = count_address,
	.changed = on_changed,
	.refused = count_refused,
};

/* An allow that finds no room is missing; without a deny nobody gets in at all. */
static void full(void **state)
{
	static const char *const sections[] = { "egress", "ingressDeny" };

	(void)state;
	for (unsigned deny = 0; deny < 2; deny++) {
		struct counter c = { 0 };
		struct enforce *e = enforce_new(&count_hooks, &c, false);
		struct enforce_endpoint ep = { .ifname = "v0", .vni = 1 };
		const uint32_t fit = POLICY_VERDICTS / (CLAUSES * PORTS);
		uint32_t n = 0;

		ep.labels = bytes_of("app=a");
		enforce_policy(e, ENFORCE_POLICY, large_policy(sections[deny]));
		enforce_endpoint_set(e, &ep);
		while (enforce_turn(e))
			;
		while (!c.refused && n < 100)
			enforce_labelset_used(e, 0x80000100 + n++, bytes_of("app=b"));
		assert_int_equal(c.refused, 1);
		assert_int_equal(n, fit + 1);
		assert_true(deny ? c.verdicts == 0
				 : c.verdicts >= (long)fit * CLAUSES * PORTS);
		assert_int_equal(c.begins, c.commits);
		assert_int_equal(c.begins, 1 + deny);
		enforce_free(e);
	}
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test(order),        cmocka_unit_test(refused),
		cmocka_unit_test(refused_once), cmocka_unit_test(waits),
		cmocka_unit_test(closed),       cmocka_unit_test(random_events),
		cmocka_unit_test(resync),       cmocka_unit_test(full),
	};
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(docs); i++)
		compiled[i] = policy_of(docs[i]);
	rc = cmocka_run_group_tests(t, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(docs); i++)
		policy_free(compiled[i]);
	return rc;
}
