/*
 * From prefixes, modes and weights to what the ILA programs find in their maps. All
 * that can be computed once for a mapping is computed here, and not for every packet.
 */
#include "fib/ilaval.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "fib/intent.h"

_Static_assert((int)BPF_ILA_ADJUST == (int)ILA_CSUM_ADJUST, "one number");
_Static_assert((int)BPF_ILA_NEUTRAL == (int)ILA_CSUM_NEUTRAL, "one number");
_Static_assert((int)BPF_ILA_NONE == (int)ILA_CSUM_NONE, "one number");
_Static_assert((int)BPF_ILA_NEUTRAL_AUTO == (int)ILA_CSUM_NEUTRAL_AUTO, "one number");
_Static_assert((int)BPF_ILA_LOCATORS == (int)ILA_LOCATORS, "room for every locator");
#define COUNT_IS_ONE(name)                                                             \
	_Static_assert((int)BPF_ILA_N_##name == (int)ILA_N_##name, "one number")
COUNT_IS_ONE(OUT);
COUNT_IS_ONE(IN);
COUNT_IS_ONE(LOCAL);
COUNT_IS_ONE(NO_MAPPING);
COUNT_IS_ONE(NOT_HERE);
COUNT_IS_ONE(ISOLATED_OUT);
COUNT_IS_ONE(ISOLATED_IN);
COUNT_IS_ONE(SPOOFED);
COUNT_IS_ONE(MALFORMED);
COUNT_IS_ONE(ERROR);
COUNT_IS_ONE(ERROR_BAD);
_Static_assert((int)BPF_ILA_COUNTS == (int)ILA_COUNTS, "and no more of them");

enum { C_WORD = 0x1000 };

static uint16_t sum16(uint32_t a, uint32_t b)
{
	uint32_t s = a + b;

	return (uint16_t)(s + (s >> 16));
}

static struct bpf_ila_rewrite rewrite(const struct ila64 *from, const struct ila64 *to,
				      enum ila_csum mode, uint16_t c_bit)
{
	uint16_t diff;

	if (mode == ILA_CSUM_NEUTRAL)
		diff = sum16(ila_diff(from, to), c_bit);
	else if (mode == ILA_CSUM_NEUTRAL_AUTO)
		diff = ila_diff(from, to);
	else /* what the checksum must make good */
		diff = ila_diff(to, from);
	return (struct bpf_ila_rewrite) {
		.prefix = ilaval_prefix(to),
		.diff = htons(diff),
		.mode = (uint8_t)mode,
	};
}

struct bpf_ila_rewrite ilaval_to_wire(const struct ila64 *sir,
				      const struct ila64 *locator, enum ila_csum mode)
{
	return rewrite(sir, locator, mode, (uint16_t)~C_WORD);
}

struct bpf_ila_rewrite ilaval_from_wire(const struct ila64 *locator,
					const struct ila64 *sir, enum ila_csum mode)
{
	return rewrite(locator, sir, mode, C_WORD);
}

/* ---- groups --------------------------------------------------------------- */

/* How much a locator would like a slot. */
struct bid {
	uint64_t score;
	uint8_t slot, who;
};

static int bid_cmp(const void *a, const void *b)
{
	const struct bid *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->slot != y->slot ? x->slot - y->slot : x->who - y->who;
}

/* The same on every host: not keyed. */
static uint64_t bid_score(const struct ila64 *locator, unsigned slot)
{
	uint64_t h = slot + 1;

	for (unsigned i = 0; i < sizeof(locator->b); i++)
		h = (h ^ locator->b[i]) * 0x100000001b3;
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93;
	return h ^ h >> 32;
}

/* Shares by largest remainder: they add up to the slots. */
static void quotas(unsigned n, const uint16_t *weight, uint32_t quota[BPF_ILA_LOCATORS])
{
	uint32_t rest[BPF_ILA_LOCATORS], sum = 0, given = 0;

	for (unsigned i = 0; i < n; i++)
		sum += weight[i];
	for (unsigned i = 0; i < n; i++) {
		uint32_t part = (uint32_t)weight[i] * BPF_ILA_SLOTS;

		quota[i] = part / sum;
		rest[i] = part % sum;
		given += quota[i];
	}
	for (; given < BPF_ILA_SLOTS; given++) {
		unsigned best = 0;

		for (unsigned i = 1; i < n; i++) {
			if (rest[i] > rest[best])
				best = i;
		}
		quota[best]++;
		rest[best] = 0;
	}
}

void ilaval_group(const struct ila64 *sir, unsigned n, const struct ila64 *locator,
		  const uint16_t *weight, enum ila_csum mode, struct bpf_ila_group *out)
{
	struct bid bids[BPF_ILA_LOCATORS * BPF_ILA_SLOTS];
	uint32_t quota[BPF_ILA_LOCATORS] = { 0 };
	bool taken[BPF_ILA_SLOTS] = { false };
	unsigned count = 0;

	memset(out, 0, sizeof(*out));
	quotas(n, weight, quota);
	for (unsigned i = 0; i < n; i++) {
		out->to[i] = ilaval_to_wire(sir, &locator[i], mode);
		for (unsigned s = 0; s < BPF_ILA_SLOTS; s++)
			bids[count++] = (struct bid) { bid_score(&locator[i], s),
						       (uint8_t)s, (uint8_t)i };
	}
	qsort(bids, count, sizeof(bids[0]), bid_cmp);
	for (unsigned i = 0; i < count; i++) {
		const struct bid *b = &bids[i];

		if (taken[b->slot] || !quota[b->who])
			continue;
		taken[b->slot] = true;
		quota[b->who]--;
		out->slot[b->slot] = b->who;
	}
}
