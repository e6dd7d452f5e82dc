/*
 * Random policies, label sets and flows: text -> rules -> verdicts -> the lookup of the
 * programs, against what the policy means to a reader (polgen.c). And that a policy is
 * the same whether its peers were there at once or came one by one.
 *
 * SEED=n tries one policy, ROUNDS=n that many from seed 1.
 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "bgpd/policy_json.h"
#include "rib/policy_trace.h"
#include "tests/unit/polgen.h"
#include "tests/unit/rand.h"

enum { ROUNDS = 2500, SETS = 6, FLOWS = 60, UNTOLD = SETS, PEERS = SETS + 1 };

/* One policy and the label sets about it. */
struct world {
	struct gen_policy gen;
	char *text;
	struct policy *policy;
	struct gen_set set[SETS];
	char label[SETS][256];
	unsigned len[SETS];
	struct policy_peer *peer[PEERS]; /* the last: without labels */
	uint64_t seed;
};

static struct bytes labels_of(const struct world *w, unsigned set)
{
	return (struct bytes) { (const uint8_t *)w->label[set], w->len[set] };
}

static void explain(const struct world *w)
{
	print_error("SEED=%llu\n%s\n", (unsigned long long)w->seed, w->text);
}

#define holds(w, x)                                                                    \
	do {                                                                           \
		if (!(x)) {                                                            \
			explain(w);                                                    \
			fail_msg("%s", #x);                                            \
		}                                                                      \
	} while (0)

/* Numbers with and without the top bit, in no order of the sets. */
static uint32_t number_of(unsigned peer)
{
	static const uint32_t number[PEERS] = { 0x80000300, 300,        0xffffffff, 256,
						0x02000001, 0x90001234, 0x80000111 };

	return number[peer];
}

static void world_make(struct world *w, uint64_t seed)
{
	struct policy_err err = { "" };
	struct policy_doc *doc;

	*w = (struct world) { .seed = seed };
	rand_state = seed * 0x9e3779b97f4a7c15;
	gen_policy(&w->gen);
	w->text = gen_print(&w->gen);
	if (policy_parse("random", w->text, strlen(w->text), &doc, &err)) {
		explain(w);
		fail_msg("%s", err.text);
	}
	w->policy = policy_new(doc);
	for (unsigned i = 0; i < SETS; i++) {
		gen_set(&w->set[i]);
		w->len[i] = gen_labels(&w->set[i], w->label[i]);
		w->peer[i] = policy_peer_new(w->policy, number_of(i), labels_of(w, i));
	}
	w->peer[UNTOLD] = policy_peer_new(w->policy, number_of(UNTOLD),
					  (struct bytes) { NULL, 0 });
}

static void world_free(struct world *w)
{
	for (unsigned i = 0; i < PEERS; i++)
		free(w->peer[i]);
	policy_free(w->policy);
	free(w->text);
}

/* ---- the programs --------------------------------------------------------------- */

static const struct policy_verdict *entry(const struct policy_verdicts *l, uint32_t id,
					  int dir, unsigned proto, unsigned plen,
					  unsigned port)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct policy_verdict *v = &l->v[i];

		if (v->identity == id && v->dir == dir && v->proto == proto &&
		    v->plen == plen && v->port == port)
			return v;
	}
	return NULL;
}

/* The verdict of a map and its hints: every shape is looked at, allow if some entry
 * allows and none denies. */
static bool program(const struct policy_verdicts *l, const struct policy_hints *h,
		    int dir, uint32_t id, const struct gen_flow *f)
{
	bool allow = false, deny = false;

	if (h->open[dir])
		return true;
	for (unsigned shape = 0; shape <= 17; shape++) {
		unsigned proto = shape == 17 ? 0 : f->proto;
		unsigned plen = shape == 17 ? 0 : shape;
		unsigned port = plen ? f->port & (0xffffu << (16 - plen)) & 0xffff : 0;

		if (f->fragment && plen)
			continue;
		for (int any = 0; any < 2; any++) {
			uint32_t mask = any ? h->shape_any[dir] : h->shape_id[dir];
			const struct policy_verdict *v = NULL;

			if (mask >> shape & 1)
				v = entry(l, any ? 0 : id, dir, proto, plen, port);
			allow |= v && !(v->flags & POLICY_DENY);
			deny |= v && v->flags & POLICY_DENY;
		}
	}
	return allow && !deny;
}

/* ---- flows ---------------------------------------------------------------------- */

static uint32_t outside(const struct world *w, const struct gen_net *at)
{
	struct ip a = ip_of(at->b, at->len);
	const struct policy_net *best = NULL, *net;
	size_t n;

	net = policy_nets(w->policy, &n);
	for (size_t i = 0; i < n; i++)
		if (prefix_contains(&net[i].prefix, &a) &&
		    (!best || net[i].prefix.bits >= best->prefix.bits))
			best = &net[i];
	holds(w, best == policy_net_find(w->policy, &a));
	return best ? best->identity : IDENTITY_WORLD;
}

static uint32_t gen_other(const struct world *w, struct gen_peer *p,
			  struct policy_party *party)
{
	static const uint32_t reserved[] = {
		[GEN_IS_HOST] = IDENTITY_HOST,
		[GEN_IS_REMOTE] = IDENTITY_REMOTE_NODE,
		[GEN_IS_INIT] = IDENTITY_INIT,
	};
	unsigned set = rand_below(SETS);

	*p = (struct gen_peer) { .is = rand_below(6) };
	*party = (struct policy_party) { 0 };
	if (rand_below(2))
		p->is = GEN_IS_LABELS;
	switch (p->is) {
	case GEN_IS_LABELS:
		p->set = w->set[set];
		party->labels = labels_of(w, set);
		party->endpoint = true;
		return number_of(set);
	case GEN_IS_UNTOLD:
		return number_of(UNTOLD);
	case GEN_IS_OUTSIDE:
		gen_address(&p->at, &w->gen);
		return outside(w, &p->at);
	default:
		return reserved[p->is];
	}
}

struct subject {
	unsigned set;
	struct policy_subject *s;
	struct policy_verdicts l;
};

static void check_side(const struct world *w, const struct subject *s, int dir,
		       const struct gen_peer *peer, const struct gen_flow *f, bool want,
		       const struct policy_side *side)
{
	bool denies = false;

	holds(w, side->allowed == want);
	if (side->number) {
		holds(w, gen_fits(&w->gen, side->number, &w->set[s->set], dir, peer, f,
				  &denies));
		holds(w, denies == !want);
		holds(w, side->why == (want ? POLICY_WHY_ALLOWED : POLICY_WHY_DENIED));
		holds(w, side->by != POLICY_BY_NONE);
	} else {
		holds(w,
		      side->why == (want ? POLICY_WHY_OPEN : POLICY_WHY_DEFAULT_DENY));
		holds(w, want || side->rule);
	}
}

static void one_flow(const struct world *w, const struct subject *s, int dir)
{
	struct policy_party me = { number_of(s->set), labels_of(w, s->set), true },
			    other;
	struct policy_trace t;
	struct gen_peer peer;
	struct gen_flow f;
	uint32_t id = gen_other(w, &peer, &other);

	other.identity = id;
	gen_flow(&f, &w->gen);
	struct policy_flow flow = { id, f.proto, f.port, f.fragment };
	const struct policy_hints *h = policy_subject_hints(s->s);
	bool want = gen_verdict(&w->gen, &w->set[s->set], dir, &peer, &f);
	bool got = program(&s->l, h, dir, id, &f);
	const struct policy_verdict *v =
		policy_lookup(&s->l, h, (enum policy_dir)dir, &flow);

	if (got != want)
		print_error(
			"proto %u port %u fragment %d dir %d peer %u id %x: want %d\n",
			f.proto, f.port, f.fragment, dir, peer.is, id, want);
	holds(w, got == want);
	holds(w, (v && !(v->flags & POLICY_DENY)) == want);

	if (dir)
		policy_trace(w->policy, &me, &other, &flow, &t);
	else
		policy_trace(w->policy, &other, &me, &flow, &t);
	check_side(w, s, dir, &peer, &f, want, dir ? &t.egress : &t.ingress);
	holds(w, t.allowed == (t.egress.allowed && t.ingress.allowed));
	holds(w, (v ? v->rule : 0) == (dir ? t.egress : t.ingress).number);
}

/* ---- lists ---------------------------------------------------------------------- */

static void check_list(const struct world *w, const struct policy_hints *h,
		       const struct policy_verdicts *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct policy_verdict *v = &l->v[i];
		uint32_t shape = 1u << (v->proto ? v->plen : POLICY_SHAPE_NO_PROTO);
		uint32_t mask =
			v->identity ? h->shape_id[v->dir] : h->shape_any[v->dir];

		holds(w, mask & shape);
		holds(w, v->proto || !v->plen);
		holds(w, !(v->port & (0xffffu >> v->plen)));
		holds(w, !(v->flags & POLICY_DENY) || h->deny[v->dir]);
		holds(w, !v->pad);
		holds(w,
		      entry(l, v->identity, v->dir, v->proto, v->plen, v->port) == v);
	}
}

/* Peers in another order, and some of them only afterwards. */
static void check_steps(const struct world *w, const struct subject *s)
{
	const struct policy_peer *some[PEERS];
	struct policy_verdicts part = { 0 }, one = { 0 };
	unsigned n = 0, from = rand_below(PEERS);
	bool in[PEERS];
	size_t total;

	for (unsigned i = 0; i < PEERS; i++) {
		in[(i + from) % PEERS] = rand_below(2);
		if (in[(i + from) % PEERS])
			some[n++] = w->peer[(i + from) % PEERS];
	}
	holds(w, !policy_compile(s->s, some, n, &part));
	total = part.n;
	for (size_t i = 0; i < part.n; i++) {
		const struct policy_verdict *v = &part.v[i];
		const struct policy_verdict *x =
			entry(&s->l, v->identity, v->dir, v->proto, v->plen, v->port);

		holds(w, x && !memcmp(x, v, sizeof(*v)));
	}
	for (unsigned i = 0; i < PEERS; i++) {
		holds(w, !policy_compile_peer(s->s, w->peer[i], &one));
		for (size_t k = 0; k < one.n; k++) {
			const struct policy_verdict *v = &one.v[k];
			const struct policy_verdict *x = entry(
				&s->l, v->identity, v->dir, v->proto, v->plen, v->port);

			holds(w, v->identity == number_of(i));
			holds(w, x && !memcmp(x, v, sizeof(*v)));
		}
		total += in[i] ? 0 : one.n;
	}
	holds(w, total == s->l.n);
	policy_verdicts_fini(&one);
	policy_verdicts_fini(&part);
}

static void check_order(const struct world *w, const struct subject *s)
{
	const struct policy_peer *back[PEERS];
	struct policy_verdicts l = { 0 };

	for (unsigned i = 0; i < PEERS; i++)
		back[i] = w->peer[PEERS - 1 - i];
	holds(w, !policy_compile(s->s, back, PEERS, &l));
	holds(w, l.n == s->l.n);
	holds(w, !l.n || !memcmp(l.v, s->l.v, l.n * sizeof(*l.v)));
	policy_verdicts_fini(&l);
}

static unsigned round_of(uint64_t seed)
{
	struct world w;
	unsigned flows = 0;

	world_make(&w, seed);
	for (unsigned i = 0; i < 2; i++) {
		struct subject s = { .set = i };

		s.s = policy_subject_new(w.policy, labels_of(&w, i));
		holds(&w,
		      !policy_compile(s.s, (const struct policy_peer *const *)w.peer,
				      PEERS, &s.l));
		check_list(&w, policy_subject_hints(s.s), &s.l);
		check_steps(&w, &s);
		check_order(&w, &s);
		for (unsigned f = 0; f < FLOWS; f++, flows++)
			one_flow(&w, &s, (int)(f & 1));
		policy_verdicts_fini(&s.l);
		policy_subject_free(s.s);
	}
	world_free(&w);
	return flows;
}

static void same_verdicts(void **state)
{
	const char *seed = getenv("SEED"), *rounds = getenv("ROUNDS");
	unsigned flows = 0, n = rounds ? (unsigned)atoi(rounds) : ROUNDS;

	(void)state;
	if (seed) {
		round_of((uint64_t)atoll(seed));
		return;
	}
	for (unsigned i = 1; i <= n; i++)
		flows += round_of(i);
	print_message("# %u policies, %u flows\n", n, flows);
}

int main(void)
{
	const struct CMUnitTest t[] = { cmocka_unit_test(same_verdicts) };

	return cmocka_run_group_tests(t, NULL, NULL);
}
