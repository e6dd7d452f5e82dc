/*
 * Who calls too often: the damping of RFC 4271 section 8.1.1 (DampPeerOscillations)
 * for connections that come in, also for neighbors that exist only while they are
 * connected. Not for addresses that nobody knows: those are closed at once anyway.
 */
#include "bgpd/callers.h"

#include <string.h>

#include "lib/util.h"

static struct caller *find(struct callers *c, const struct ip *addr)
{
	struct caller *set = c->at[hash_bytes(addr->b, addr->len) % CALLER_SETS];

	for (int i = 0; i < CALLER_WAYS; i++)
		if (ip_eq(&set[i].addr, addr))
			return &set[i];
	return NULL;
}

static struct caller *get(struct callers *c, const struct ip *addr)
{
	struct caller *set = c->at[hash_bytes(addr->b, addr->len) % CALLER_SETS];
	struct caller *least = find(c, addr);

	if (least)
		return least;
	least = set;
	for (int i = 1; i < CALLER_WAYS; i++)
		if (set[i].paid_ms < least->paid_ms)
			least = &set[i];
	*least = (struct caller) { .addr = *addr };
	return least;
}

void callers_fault(struct callers *c, const struct ip *addr, int64_t now_ms,
		   int64_t cost_ms)
{
	struct caller *k = get(c, addr);

	k->paid_ms = MAX_OF(k->paid_ms, now_ms) + cost_ms;
}

void callers_hold(struct callers *c, const struct ip *addr, int64_t now_ms, int64_t ms)
{
	struct caller *k = get(c, addr);

	k->paid_ms = MAX_OF(k->paid_ms, now_ms + CALLER_CREDIT_MS + ms);
}

int64_t callers_wait_ms(struct callers *c, const struct ip *addr, int64_t now_ms)
{
	const struct caller *k = find(c, addr);
	int64_t left = k ? k->paid_ms - now_ms - CALLER_CREDIT_MS : 0;

	return left > 0 ? left : 0;
}

void callers_forgive(struct callers *c, const struct ip *addr)
{
	struct caller *k = addr ? find(c, addr) : NULL;

	if (!addr)
		memset(c, 0, sizeof(*c));
	else if (k)
		*k = (struct caller) { 0 };
}
