/*
 * What the speaker of the ILA benchmarks says, as bytes. Not for sessions; not for
 * timing, as all is encoded before.
 */
#include "tests/bench/ilagen.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fib/ilaval.h"
#include "wire/ila_com.h"
#include "wire/nlri_ila.h"
#include "wire/nlri_ip6.h"
#include "wire/open.h"
#include "wire/update.h"

enum { ROUTE_ROOM = 32, MESSAGE_ROOM = 192 };

static const struct ila64 sir = { { 0x20, 1, 0xd, 0xb8, 0xc0, 0xde, 0, 1 } };

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench: %s cannot be encoded\n", what);
	exit(1);
}

struct ila_addr ilagen_addr(uint32_t i)
{
	uint32_t mixed = htonl(i * 2654435761u), nr = htonl(i);
	struct ila_addr a = { .prefix = sir };

	memcpy(a.id.b, &nr, 4);
	a.id.b[0] = 0x20;
	memcpy(a.id.b + 4, &mixed, 4);
	a.id.b[7] |= 1; /* the low word is not 0000 */
	return a;
}

static struct ila64 locator_of(uint32_t i, uint32_t moves)
{
	struct ila64 l = { { 0x20, 1, 0xd, 0xb8, 1 } };
	uint16_t low = htons((uint16_t)((i / ILAGEN_RUN + moves) % ILAGEN_HOSTS + 1));

	memcpy(l.b + 6, &low, 2);
	return l;
}

struct bpf_ila_rewrite ilagen_to(const struct ila64 *locator)
{
	return ilaval_to_wire(&sir, locator, ILA_CSUM_NEUTRAL);
}

struct bpf_ila_rewrite ilagen_value(uint32_t i, uint32_t moves)
{
	struct ila64 l = locator_of(i, moves);

	return ilagen_to(&l);
}

/* ---- messages -------------------------------------------------------------------- */

static const struct nlri_ops *ops_of(const struct ilagen *g)
{
	return g->draft ? &nlri_ila_ops : &nlri_ip6_ops;
}

static void nlri_of(const struct ilagen *g, uint32_t i, struct nlri *out)
{
	struct ila_addr a = ilagen_addr(i);
	struct prefix p = { ip_of(&a, sizeof(a)), 128 };

	if (g->draft)
		nlri_ila_build(&a.id, out);
	else
		must(!nlri_ip6_build(&p, out), "route");
}

/* The next hop is the locator; in IPv6 unicast it is an address below it. */
static struct ip nexthop_of(const struct ilagen *g, uint32_t i, uint32_t moves)
{
	struct ila_addr a = { .prefix = locator_of(i, moves) };

	a.id.b[7] = g->draft ? 0 : 1;
	return ip_of(&a, sizeof(a));
}

static size_t attributes(uint32_t moves, uint8_t *buf, size_t size)
{
	const struct ila_marker m = { ILA_CSUM_NEUTRAL, ILA_TYPE_LUID, false };
	const struct extcom ec[2] = {
		ila_marker_make(&m),
		{ { 6, 0, 0, 0, (uint8_t)(moves >> 24), (uint8_t)(moves >> 16),
		    (uint8_t)(moves >> 8), (uint8_t)moves } },
	};
	struct attrs a = {
		.present = 1ull << ATTR_ORIGIN | 1ull << ATTR_AS_PATH |
			   1ull << ATTR_LOCAL_PREF | 1ull << ATTR_EXT_COMMUNITY,
		.local_pref = 100,
		.ext_communities = { ec[0].b, (moves ? 2 : 1) * sizeof(ec[0]) },
	};
	struct wbuf w = wbuf_of(buf, size);

	must(!attrs_encode(&w, &a), "attributes");
	return w.len;
}

size_t ilagen_room(uint32_t n)
{
	return (size_t)n * ROUTE_ROOM + (n / ILAGEN_RUN + 3) * (size_t)MESSAGE_ROOM;
}

void ilagen_announce(const struct ilagen *g, struct wbuf *w, uint32_t from, uint32_t to,
		     uint32_t moves)
{
	uint8_t buf[256];
	struct nlri n;

	for (uint32_t i = from; i < to;) {
		struct ip nh = nexthop_of(g, i, moves);
		struct bytes tail = { buf, attributes(moves, buf, sizeof(buf)) };
		struct update_writer u;

		update_reach_begin(&u, w, MSG_MAX, ops_of(g), false, &nh, tail);
		do {
			nlri_of(g, i, &n);
			if (update_add(&u, &n))
				break;
		} while (++i < to && i % ILAGEN_RUN);
		must(!update_end(&u), "announcement");
	}
}

void ilagen_withdraw(const struct ilagen *g, struct wbuf *w, uint32_t from, uint32_t to)
{
	struct nlri n;

	for (uint32_t i = from; i < to;) {
		struct update_writer u;

		update_unreach_begin(&u, w, MSG_MAX, ops_of(g), false);
		do {
			nlri_of(g, i, &n);
			if (update_add(&u, &n))
				break;
		} while (++i < to && i % ILAGEN_RUN);
		must(!update_end(&u), "withdrawal");
	}
}

void ilagen_eor(const struct ilagen *g, struct wbuf *w)
{
	update_eor_encode(w, ops_of(g)->afi, ops_of(g)->safi);
	must(!w->full, "End-of-RIB");
}

void ilagen_open(const struct ilagen *g, struct wbuf *w, uint32_t id)
{
	struct open_msg o = {
		.version = 4,
		.as2 = (uint16_t)(g->as > UINT16_MAX ? AS_TRANS : g->as),
		.as = g->as,
		.id = id,
		.as4 = true,
		.any_mp = true,
		.refresh = true,
		.n_families = 2,
		.fam = { { nlri_ila_ops.afi, nlri_ila_ops.safi, .mp = true },
			 { nlri_ip6_ops.afi, nlri_ip6_ops.safi, .mp = true } },
	};

	must(!open_encode(w, &o), "OPEN");
}
