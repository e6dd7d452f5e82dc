/*
 * Communities of an ILA mapping: the marker, the weight of one of several locators
 * (draft-ietf-idr-link-bandwidth, draft-lapukhov-bgp-ila-afi-02 section 8), and the
 * copy of the locator (RFC 8092). Not for: what follows from them.
 */
#include "wire/ila_com.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/rbuf.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "wire/open.h"

enum {
	EXTCOM_LEN = 8,
	KIND_MARKER = 0x831a,
	MARKER_VERSION = 1,
	MARKER_ANYCAST = 0x01,
	KIND_BANDWIDTH = 0x4004,
	KIND_BANDWIDTH_TRANSITIVE = 0x0004,
};

static unsigned kind_of(const uint8_t *c)
{
	return (unsigned)c[0] << 8 | c[1];
}

/* ---- marker ---- */

int attrs_ila_marker(const struct attrs *a, struct ila_marker *out)
{
	struct rbuf r = rbuf_of(a->ext_communities.p, a->ext_communities.len);
	const uint8_t *least = NULL;
	bool other = false;

	while (rbuf_left(&r) >= EXTCOM_LEN) {
		const uint8_t *c = rbuf_take(&r, EXTCOM_LEN);

		if (kind_of(c) != KIND_MARKER)
			continue;
		if (c[2] != MARKER_VERSION)
			other = true;
		else if (!least || memcmp(c, least, EXTCOM_LEN) < 0)
			least = c;
	}
	if (!least)
		return other ? -ENOTSUP : -ENOENT;
	*out = (struct ila_marker) { .csum_mode = least[3],
				     .ident_type = least[4],
				     .anycast = least[5] & MARKER_ANYCAST };
	return 0;
}

struct extcom ila_marker_make(const struct ila_marker *m)
{
	return (struct extcom) { { KIND_MARKER >> 8, KIND_MARKER & 0xff, MARKER_VERSION,
				   m->csum_mode, m->ident_type,
				   m->anycast ? MARKER_ANYCAST : 0 } };
}

/* iproute2's words. */
static const char *ident_type_name(unsigned type)
{
	static const char *const names[] = {
		[ILA_TYPE_IID] = "iid",
		[ILA_TYPE_LUID] = "luid",
		[ILA_TYPE_VIRT4] = "virt-v4",
		[ILA_TYPE_VIRT6] = "virt-uni-v6",
		[ILA_TYPE_VIRT6_MULTI] = "virt-multi-v6",
		[ILA_TYPE_NONLOCAL] = "nonlocal-addr",
		[ILA_TYPE_USE_FORMAT] = "use-format",
	};

	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "?";
}

const char *ila_marker_format(const uint8_t c[8], char *buf, size_t size)
{
	if (c[2] != MARKER_VERSION)
		snprintf(buf, size, "ILA:version-%u", c[2]);
	else
		snprintf(buf, size, "ILA:%s,%s%s", ila_csum_name(c[3]),
			 ident_type_name(c[4]),
			 c[5] & MARKER_ANYCAST ? ",anycast" : "");
	return buf;
}

/* ---- weight ---- */

static float float_of(uint32_t bits)
{
	float f;

	_Static_assert(sizeof(f) == sizeof(bits), "IEEE 754 binary32");
	memcpy(&f, &bits, sizeof(f));
	return f;
}

static float bandwidth_at(const uint8_t *c)
{
	struct rbuf r = rbuf_of(c + 4, 4);

	return float_of(rbuf_u32(&r));
}

static bool is_bandwidth(const uint8_t *c)
{
	return kind_of(c) == KIND_BANDWIDTH || kind_of(c) == KIND_BANDWIDTH_TRANSITIVE;
}

int attrs_link_bandwidth(const struct attrs *a, float *bytes_s)
{
	struct rbuf r = rbuf_of(a->ext_communities.p, a->ext_communities.len);
	float least = INFINITY;
	bool any = false;

	while (rbuf_left(&r) >= EXTCOM_LEN) {
		const uint8_t *c = rbuf_take(&r, EXTCOM_LEN);
		float f = is_bandwidth(c) ? bandwidth_at(c) : NAN;

		any |= is_bandwidth(c);
		if (isfinite(f) && f >= 0 && f < least)
			least = f;
	}
	if (!isfinite(least))
		return any ? -EINVAL : -ENOENT;
	*bytes_s = fabsf(least); /* no negative zero */
	return 0;
}

struct extcom link_bandwidth_make(uint32_t as, float bytes_s)
{
	struct extcom c;
	struct wbuf w = wbuf_of(c.b, sizeof(c.b));
	uint32_t bits;

	memcpy(&bits, &bytes_s, sizeof(bits));
	wbuf_u16(&w, KIND_BANDWIDTH);
	wbuf_u16(&w, as > UINT16_MAX ? AS_TRANS : as);
	wbuf_u32(&w, bits);
	return c;
}

const char *link_bandwidth_format(const uint8_t c[8], char *buf, size_t size)
{
	static const struct {
		uint32_t bytes_s;
		const char *unit;
	} units[] = {
		{ 1000 * 1000 * 1000 / 8, "Gbps" },
		{ 1000 * 1000 / 8, "Mbps" },
		{ 1000 / 8, "Kbps" },
	};
	unsigned as = (unsigned)c[2] << 8 | c[3];
	float f = bandwidth_at(c);
	/* 2^32 and more, or no number, as FRR has no word for it either */
	uint32_t n = f >= 0x1p32f ? UINT32_MAX : f >= 0 ? (uint32_t)f : 0;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (n < units[i].bytes_s)
			continue;
		snprintf(buf, size, "LB:%u:%u (%u.000 %s)", as, n, n / units[i].bytes_s,
			 units[i].unit);
		return buf;
	}
	snprintf(buf, size, "LB:%u:%u (%u bps)", as, n, n * 8);
	return buf;
}

/* ---- locator ---- */

static bool may_be_locator(const uint8_t *p)
{
	return (p[0] & 0xe0) == 0x20 || (p[0] & 0xfe) == 0xfc;
}

int attrs_ila_locator(const struct attrs *a, uint32_t as, struct ila64 *out)
{
	struct rbuf r = rbuf_of(a->large_communities.p, a->large_communities.len);
	const uint8_t *found = NULL;

	while (rbuf_left(&r) >= LARGE_COMMUNITY_LEN) {
		uint32_t of = rbuf_u32(&r);
		const uint8_t *p = rbuf_take(&r, sizeof(out->b));

		if ((as && of != as) || !may_be_locator(p))
			continue;
		if (found && memcmp(found, p, sizeof(out->b)))
			return -EINVAL;
		found = p;
	}
	if (!found)
		return -ENOENT;
	memcpy(out->b, found, sizeof(out->b));
	return 0;
}

void ila_locator_make(uint32_t as, const struct ila64 *locator,
		      uint8_t out[LARGE_COMMUNITY_LEN])
{
	struct wbuf w = wbuf_of(out, LARGE_COMMUNITY_LEN);

	wbuf_u32(&w, as);
	wbuf_bytes(&w, locator->b, sizeof(locator->b));
}
