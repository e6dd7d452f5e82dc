/*
 * Prefixes that rules name, as identities. A packet has the identity of the longest
 * prefix that holds its peer's address, so a rule means all prefixes inside its own;
 * an excepted prefix is numbered, too, and those inside it are left out.
 */
#include "rib/policy_int.h"

#include <stdlib.h>

#include "lib/util.h"

enum { NUMBER_BITS = 24, NUMBER_MASK = (1 << NUMBER_BITS) - 1 };

static int net_cmp(const void *a, const void *b)
{
	const struct policy_net *x = a, *y = b;

	return prefix_cmp(&x->prefix, &y->prefix);
}

/* Of the prefix alone: the same on every host and in every run (FNV-1a, folded). */
static uint32_t number_of(const struct prefix *p)
{
	uint32_t h = 2166136261u;

	for (unsigned i = 0; i < p->ip.len; i++)
		h = (h ^ p->ip.b[i]) * 16777619u;
	h = (h ^ p->ip.len) * 16777619u;
	h = (h ^ p->bits) * 16777619u;
	return (h >> NUMBER_BITS ^ h) & NUMBER_MASK;
}

static bool taken(const struct hashidx *numbers, uint32_t number)
{
	uint32_t at = number;

	return hashidx_next(numbers, number, &at) != 0;
}

static void number_all(struct policy_netset *s)
{
	struct hashidx numbers;

	hashidx_init(&numbers);
	for (size_t i = 0; i < s->n; i++) {
		uint32_t n = number_of(&s->net[i].prefix);

		while (taken(&numbers, n))
			n = (n + 1) & NUMBER_MASK;
		hashidx_add(&numbers, n, (uint32_t)i + 1);
		s->net[i].identity = IDENTITY_CIDR_BASE | n;
	}
	hashidx_fini(&numbers);
}

static size_t count(const struct policy_doc *d)
{
	size_t n = 0;

	for (uint32_t c = 0; c < d->n_clauses; c++)
		for (uint32_t i = 0; i < d->clause[c].n_cidrs; i++)
			n += 1 + d->clause[c].cidr[i].n;
	return n;
}

static void collect(struct policy_netset *s, const struct policy_cidr *c)
{
	s->net[s->n++].prefix = c->prefix;
	for (uint32_t i = 0; i < c->n; i++)
		s->net[s->n++].prefix = c->except[i];
}

void policy_netset_init(struct policy_netset *s, const struct policy_doc *d)
{
	size_t n = 0, all = count(d);

	*s = (struct policy_netset) { 0 };
	if (!all)
		return;
	s->net = xcalloc(all, sizeof(*s->net));
	for (uint32_t c = 0; c < d->n_clauses; c++)
		for (uint32_t i = 0; i < d->clause[c].n_cidrs; i++)
			collect(s, &d->clause[c].cidr[i]);
	qsort(s->net, s->n, sizeof(*s->net), net_cmp);
	for (size_t i = 0; i < s->n; i++)
		if (!n || net_cmp(&s->net[n - 1], &s->net[i]))
			s->net[n++] = s->net[i];
	s->n = n;
	number_all(s);
}

void policy_netset_fini(struct policy_netset *s)
{
	free(s->net);
	*s = (struct policy_netset) { 0 };
}

static bool inside(const struct prefix *p, const struct prefix *outer)
{
	return p->bits >= outer->bits && prefix_contains(outer, &p->ip);
}

static bool excepted(const struct prefix *p, const struct policy_cidr *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (inside(p, &c->except[i]))
			return true;
	return false;
}

/* First that is not below p. */
static size_t lower_bound(const struct policy_netset *s, const struct prefix *p)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (prefix_cmp(&s->net[mid].prefix, p) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void policy_netset_each(const struct policy_netset *s, const struct policy_cidr *c,
			void (*fn)(void *arg, uint32_t identity), void *arg)
{
	/* Those inside a prefix follow it without a gap. */
	for (size_t i = lower_bound(s, &c->prefix);
	     i < s->n && inside(&s->net[i].prefix, &c->prefix); i++)
		if (!excepted(&s->net[i].prefix, c))
			fn(arg, s->net[i].identity);
}

const struct policy_net *policy_nets(const struct policy *p, size_t *n)
{
	*n = p->nets.n;
	return p->nets.net;
}

const struct policy_net *policy_net_find(const struct policy *p, const struct ip *a)
{
	const struct policy_net *best = NULL;

	/* A longer one comes after those that it is in. */
	for (size_t i = 0; i < p->nets.n; i++)
		if (prefix_contains(&p->nets.net[i].prefix, a))
			best = &p->nets.net[i];
	return best;
}
