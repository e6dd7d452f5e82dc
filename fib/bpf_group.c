/*
 * Locator sets are shared by mappings (fib/share.h); here they get the numbers that the
 * programs look up. A number is given anew only when all others were, so that a packet
 * that is under way with it finds nothing rather than something else.
 */
#include "fib/bpf_group.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "fib/ila.h"
#include "fib/ilaval.h"
#include "lib/util.h"

struct bpf_group {
	struct bpf_group_key key;
	uint32_t nr;
	UT_hash_handle hh; /* by key */
	UT_hash_handle hn; /* by nr */
};

void bpf_groups_init(struct bpf_groups *g)
{
	*g = (struct bpf_groups) { 0 };
	mirror_init(&g->map, sizeof(uint32_t), sizeof(struct bpf_ila_group));
}

static void drop(struct bpf_groups *g, struct bpf_group *x)
{
	HASH_DELETE(hn, g->by_nr, x);
	HASH_DELETE(hh, g->by_key, x);
	free(x);
}

void bpf_groups_fini(struct bpf_groups *g)
{
	struct bpf_group *x, *next;

	HASH_ITER (hh, g->by_key, x, next)
		drop(g, x);
	mirror_fini(&g->map);
}

static struct bpf_group *by_nr(const struct bpf_groups *g, uint32_t nr)
{
	struct bpf_group *x;

	HASH_FIND(hn, g->by_nr, &nr, sizeof(nr), x);
	return x;
}

static struct bpf_group *by_key(const struct bpf_groups *g,
				const struct bpf_group_key *k)
{
	struct bpf_group *x;

	HASH_FIND(hh, g->by_key, k, sizeof(*k), x);
	return x;
}

static struct bpf_group *add(struct bpf_groups *g, uint32_t nr,
			     const struct bpf_group_key *k)
{
	struct bpf_group *x = xcalloc(1, sizeof(*x));

	x->key = *k;
	x->nr = nr;
	HASH_ADD(hh, g->by_key, key, sizeof(x->key), x);
	HASH_ADD(hn, g->by_nr, nr, sizeof(x->nr), x);
	return x;
}

/* In use, or still in the kernel. */
static bool is_taken(const struct bpf_groups *g, uint32_t nr)
{
	return !nr || by_nr(g, nr) || mirror_seen(&g->map, &nr);
}

/* The programs do not look at aux of a locator: it keeps the weight as it was given. */
static void value_of(const struct bpf_group_key *k, const struct ila_hops *h,
		     struct bpf_ila_group *v)
{
	struct ila64 locator[ILA_LOCATORS];
	uint16_t weight[ILA_LOCATORS];

	for (uint32_t i = 0; i < h->n; i++) {
		locator[i] = h->hop[i].locator;
		weight[i] = h->hop[i].weight;
	}
	ilaval_group(&k->sir, h->n, locator, weight, (enum ila_csum)k->csum, v);
	for (uint32_t i = 0; i < h->n; i++)
		v->to[i].aux = weight[i];
}

uint32_t bpf_groups_get(struct bpf_groups *g, const struct bpf_group_key *k,
			const struct ila_hops *h)
{
	struct bpf_group *x = by_key(g, k);
	struct bpf_ila_group v;

	if (!x) {
		while (is_taken(g, ++g->last))
			;
		x = add(g, g->last, k);
	}
	if (!mirror_get(&g->map, &x->nr)) {
		value_of(k, h, &v);
		mirror_set(&g->map, &x->nr, &v);
	}
	return x->nr;
}

const struct bpf_group_key *bpf_groups_find(const struct bpf_groups *g, uint32_t nr)
{
	const struct bpf_group *x = by_nr(g, nr);

	return x ? &x->key : NULL;
}

void bpf_groups_adopt(struct bpf_groups *g, uint32_t nr, const struct bpf_group_key *k)
{
	const void *there = mirror_seen(&g->map, &nr);
	struct bpf_ila_group v;

	if (!there || by_nr(g, nr) || by_key(g, k))
		return;
	memcpy(&v, there, sizeof(v));
	mirror_set(&g->map, &nr, &v); /* in use: not to be swept */
	add(g, nr, k);
	g->last = MAX_OF(g->last, nr);
}

void bpf_groups_forget(struct bpf_groups *g, uint32_t hops)
{
	struct bpf_group *x, *next;

	HASH_ITER (hh, g->by_key, x, next) {
		if (x->key.hops != hops)
			continue;
		mirror_unset(&g->map, &x->nr);
		drop(g, x);
	}
}

bool bpf_group_read(const struct bpf_ila_group *v, const struct ila64 *sir,
		    struct ila_hops *h, uint32_t *csum)
{
	struct bpf_group_key k = { .sir = *sir, .csum = v->to[0].mode };
	struct bpf_ila_group again;

	memset(h, 0, sizeof(*h));
	if (k.csum >= ILA_CSUMS)
		return false;
	while (h->n < ILA_LOCATORS && v->to[h->n].prefix) {
		struct ila_hop *p = &h->hop[h->n];

		memcpy(&p->locator, &v->to[h->n].prefix, sizeof(p->locator));
		p->weight = (uint16_t)v->to[h->n].aux;
		if (!p->weight)
			return false;
		h->n++;
	}
	if (!h->n)
		return false;
	value_of(&k, h, &again);
	*csum = k.csum;
	return !memcmp(&again, v, sizeof(again));
}
