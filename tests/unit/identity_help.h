/* tests/unit/identity_help.h - who is behind which address, as data plane and policy
 * hear it, and identities of domain 1 that tell it. */
#ifndef TESTS_UNIT_IDENTITY_HELP_H
#define TESTS_UNIT_IDENTITY_HELP_H

#include "rib/identity.h"
#include "tests/unit/unit.h"

enum { BOOK_MAX = 256 };

/* Of domain 1: app=web, app=db. */
#define WEB 0xcd721bffu
#define DB  0xe5657a8du

struct book {
	struct identity_addr v[BOOK_MAX];
	size_t n;
	unsigned unknown[IDSET_FIRST];
};

static inline void book_used(void *ctx, uint32_t number, struct bytes labels)
{
	(void)ctx;
	(void)number;
	(void)labels;
}

static inline void book_unused(void *ctx, uint32_t number)
{
	(void)ctx;
	(void)number;
}

static inline size_t book_find(const struct book *b, uint32_t vni, const struct ip *a)
{
	size_t i = 0;

	while (i < b->n && (b->v[i].vni != vni || !ip_eq(&b->v[i].ip, a)))
		i++;
	return i;
}

static inline void book_set(void *ctx, const struct identity_addr *a)
{
	struct book *b = ctx;
	size_t i = book_find(b, a->vni, &a->ip);

	assert_true(i < BOOK_MAX);
	b->v[i] = *a;
	b->n += i == b->n;
}

static inline void book_unset(void *ctx, const struct identity_addr *a)
{
	struct book *b = ctx;
	size_t i = book_find(b, a->vni, &a->ip);

	assert_true(i < b->n);
	b->v[i] = b->v[--b->n];
}

static inline void book_unknown(void *ctx, const struct identity_addr *a,
				enum identity_set why)
{
	(void)a;
	((struct book *)ctx)->unknown[why]++;
}

static const struct identity_hooks book_hooks = {
	.labelset_used = book_used,
	.labelset_unused = book_unused,
	.address_set = book_set,
	.address_unset = book_unset,
	.unknown = book_unknown,
};

/* Identities by the label `app` alone. */
static inline struct identities *book_identities(struct book *b)
{
	static const char *const keys[] = { "app" };
	const struct identity_domain d = { .domain = 1, .code = LABELSET_CODE };
	const struct identity_conf c = { .keys = keys, .n_keys = 1 };
	struct identities *ids = identities_new(&d, &book_hooks, b);

	identities_configure(ids, &c);
	return ids;
}

/* Nothing is left of anything. */
static inline void book_empty(const struct book *b, const struct identities *ids)
{
	struct identity_counts c;

	assert_int_equal(b->n, 0);
	identities_counts_get(ids, &c);
	assert_int_equal(c.held + c.remote + c.local, 0);
}

/* The identity of an address; 0: none. */
static inline uint32_t book_who(const struct book *b, uint32_t vni, struct ip a)
{
	size_t i = book_find(b, vni, &a);

	return i < b->n ? b->v[i].identity : 0;
}

static inline const char *book_device(const struct book *b, uint32_t vni, struct ip a)
{
	return b->v[book_find(b, vni, &a)].ifname;
}

#endif
