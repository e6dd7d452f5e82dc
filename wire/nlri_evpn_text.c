/*
 * EVPN routes for people: FRR's prefix texts and the order of display. Both look
 * at key bytes only (their layout: nlri_evpn.c).
 */
#include "wire/nlri_evpn.h"

#include <stdio.h>
#include <string.h>

#include "lib/util.h"

enum {
	RD_LEN = 8,
	AT_PREFIX_BITS = 13, /* in the key of type 5 */
};

static const char *opaque_format(const struct nlri *n, char buf[NLRI_STR_MAX])
{
	int at = snprintf(buf, NLRI_STR_MAX, "[%u]:[", n->key[0]);

	for (size_t i = 1; i < n->key_len; i++)
		at += snprintf(buf + at, NLRI_STR_MAX - (size_t)at, "%02x", n->key[i]);
	snprintf(buf + at, NLRI_STR_MAX - (size_t)at, "]");
	return buf;
}

/* FRR's texts; its type 1 has room for a VTEP and a fragment that no route carries. */
const char *evpn_format(const struct nlri *n, char buf[NLRI_STR_MAX])
{
	struct evpn_route r;
	char a[ADDR_STR], b[ADDR_STR];

	if (evpn_view(n, &r)) {
		snprintf(buf, NLRI_STR_MAX, "[?]");
		return buf;
	}
	switch (r.type) {
	case EVPN_AD:
		snprintf(buf, NLRI_STR_MAX, "[1]:[%u]:[%s]:[32]:[0.0.0.0]:[0]", r.tag,
			 esi_format(&r.esi, a));
		break;
	case EVPN_MACIP:
		snprintf(buf, NLRI_STR_MAX, "[2]:[%u]:[48]:[%s]", r.tag,
			 mac_format(&r.mac, a));
		if (!ip_is_none(&r.ip))
			snprintf(buf + strlen(buf), NLRI_STR_MAX - strlen(buf),
				 ":[%u]:[%s]", r.ip.len * 8u, ip_format(&r.ip, b));
		break;
	case EVPN_IMET:
		snprintf(buf, NLRI_STR_MAX, "[3]:[%u]:[%u]:[%s]", r.tag, r.ip.len * 8u,
			 ip_format(&r.ip, a));
		break;
	case EVPN_ES:
		snprintf(buf, NLRI_STR_MAX, "[4]:[%s]:[%u]:[%s]", esi_format(&r.esi, b),
			 r.ip.len * 8u, ip_format(&r.ip, a));
		break;
	case EVPN_PREFIX:
		snprintf(buf, NLRI_STR_MAX, "[5]:[%u]:[%u]:[%s]", r.tag, r.prefix_bits,
			 ip_format(&r.ip, a));
		break;
	default:
		return opaque_format(n, buf);
	}
	return buf;
}

/* Bytes of a key before the address. */
static const uint8_t fixed_len[] = {
	[EVPN_AD] = 23, [EVPN_MACIP] = 19,  [EVPN_IMET] = 13,
	[EVPN_ES] = 19, [EVPN_PREFIX] = 13,
};

static int num_cmp(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int opaque_cmp(const struct nlri *a, const struct nlri *b)
{
	int c = memcmp(a->key, b->key, MIN_OF(a->key_len, b->key_len));

	return c ? c : num_cmp(a->key_len, b->key_len);
}

/* After RD and type: what stands before the address, none < IPv4 < IPv6, address. */
static int known_cmp(const struct nlri *a, const struct nlri *b)
{
	size_t fixed = fixed_len[a->key[0]];
	size_t address = a->key[0] == EVPN_PREFIX ? AT_PREFIX_BITS + 1 : fixed;
	int c = memcmp(a->key, b->key, fixed);

	if (!c)
		c = num_cmp(a->key_len, b->key_len);
	if (!c)
		c = memcmp(a->key + address, b->key + address, a->key_len - address);
	if (!c && a->key[0] == EVPN_PREFIX)
		c = num_cmp(a->key[AT_PREFIX_BITS], b->key[AT_PREFIX_BITS]);
	return c;
}

/* Routes are shown by RD, then type; what we do not understand comes last. */
int evpn_cmp(const struct nlri *a, const struct nlri *b)
{
	bool known_a = evpn_type_known(a->key[0]), known_b = evpn_type_known(b->key[0]);
	int c;

	if (known_a != known_b)
		return known_a ? -1 : 1;
	if (!known_a) {
		c = opaque_cmp(a, b);
	} else {
		c = memcmp(a->key + 1, b->key + 1, RD_LEN);
		if (!c)
			c = num_cmp(a->key[0], b->key[0]);
		if (!c)
			c = known_cmp(a, b);
	}
	return c ? c : num_cmp(a->path_id, b->path_id);
}
