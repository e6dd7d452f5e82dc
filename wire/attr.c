/*
 * The table of path attributes and the canonical bytes of a set. A row says all
 * about one attribute: form, where its value goes, and what an error means
 * (RFC 7606 section 7). To add an attribute, add a row and a field in attrs.h.
 * Not for: walking a message (update.c), changes towards a peer (attr_export.c).
 * RFC 4271 section 5, 4360, 4456, 4760, 5701, 6514, 6793, 7606, 7607, 8092, 9012,
 * 9234.
 */
#include "wire/attr.h"

#include <errno.h>

#include "lib/wbuf.h"
#include "wire/aspath.h"
#include "wire/pmsi.h"

static bool refuse(struct attr_fault *f, enum update_reason reason, uint8_t sub)
{
	*f = (struct attr_fault) { reason, sub };
	return false;
}

static bool origin_check(struct attr_dec *d, struct rbuf v, struct attr_fault *f)
{
	(void)d;
	if (rbuf_u8(&v) > ORIGIN_INCOMPLETE)
		return refuse(f, UR_ATTR_VALUE, SUB_ORIGIN);
	return true;
}

/* Confederation segments may not come from outside (RFC 5065 section 5). */
static bool as_path_check(struct attr_dec *d, struct rbuf v, struct attr_fault *f)
{
	unsigned as_size = d->ctx->as4 ? 4 : 2;

	if (!aspath_valid(v.p, rbuf_left(&v), as_size, !d->ctx->ebgp))
		return refuse(f, UR_AS_PATH, SUB_AS_PATH);
	return true;
}

static bool as4_path_check(struct attr_dec *d, struct rbuf v, struct attr_fault *f)
{
	if (!aspath_valid(v.p, rbuf_left(&v), 4, true))
		return refuse(f, UR_AS_PATH, SUB_OPTIONAL);
	d->as4_path = (struct bytes) { v.p, rbuf_left(&v) };
	return true;
}

/* RFC 7606 section 7.7: 8 bytes between two 4-octet speakers, else 6. */
static bool aggregator_check(struct attr_dec *d, struct rbuf v, struct attr_fault *f)
{
	size_t len = rbuf_left(&v);

	if (len != (d->ctx->as4 ? 8 : 6))
		return refuse(f, UR_ATTR_LENGTH, SUB_LENGTH);
	if (!(len == 8 ? rbuf_u32(&v) : rbuf_u16(&v)))
		return refuse(f, UR_ATTR_VALUE, SUB_OPTIONAL);
	return true;
}

static bool as4_aggregator_check(struct attr_dec *d, struct rbuf v,
				 struct attr_fault *f)
{
	const uint8_t *p = v.p;

	if (!rbuf_u32(&v))
		return refuse(f, UR_ATTR_VALUE, SUB_OPTIONAL);
	d->as4_aggregator = p;
	return true;
}

static bool next_hop_check(struct attr_dec *d, struct rbuf v, struct attr_fault *f)
{
	(void)f;
	/* Whether it makes sense matters only beside IPv4 NLRI: update.c asks. */
	d->next_hop4 = ip_of(v.p, rbuf_left(&v));
	return true;
}

static bool pmsi_check(struct attr_dec *d, struct rbuf v, struct attr_fault *f)
{
	struct pmsi p;

	(void)d;
	if (pmsi_decode(v, &p))
		return refuse(f, UR_ATTR_LENGTH, SUB_OPTIONAL);
	return true;
}

/* RFC 9012 section 2: TLVs of type u16, length u16 fill the value exactly. */
static bool tunnel_encap_check(struct attr_dec *d, struct rbuf v, struct attr_fault *f)
{
	(void)d;
	while (rbuf_left(&v)) {
		(void)rbuf_u16(&v);
		(void)rbuf_take(&v, rbuf_u16(&v));
	}
	if (v.bad)
		return refuse(f, UR_ATTR_VALUE, SUB_OPTIONAL);
	return true;
}

#define WELL_KNOWN  .flags = AF_TRANSITIVE, .bad_flags = V_WITHDRAW
#define OPT_TRANS   .flags = AF_OPTIONAL | AF_TRANSITIVE, .bad_flags = V_WITHDRAW
#define OPT_LOCAL   .flags = AF_OPTIONAL, .bad_flags = V_WITHDRAW
#define EXACTLY(n)  .least = (n), .most = (n), .sub_length = SUB_LENGTH
#define TIMES(n)    .least = (n), .most = UINT16_MAX, .step = (n), .sub_length = SUB_LENGTH
#define AT_LEAST(n) .least = (n), .most = UINT16_MAX, .sub_length = SUB_LENGTH
#define TO(f, kind) .at = offsetof(struct attrs, f), .field = (kind)
#define WITHDRAW    .ibgp = V_WITHDRAW, .ebgp = V_WITHDRAW
#define DISCARD     .ibgp = V_DISCARD_ATTR, .ebgp = V_DISCARD_ATTR

const struct attr_row attr_rows[ATTR_ROWS] = {
	[ATTR_ORIGIN] = { "ORIGIN", WELL_KNOWN, EXACTLY(1), WITHDRAW,
			  TO(origin, FIELD_U8), .check = origin_check },
	[ATTR_AS_PATH] = { "AS_PATH", WELL_KNOWN, AT_LEAST(0), WITHDRAW,
			   TO(as_path, FIELD_BYTES), .check = as_path_check },
	[ATTR_NEXT_HOP] = { "NEXT_HOP", WELL_KNOWN, EXACTLY(4), WITHDRAW,
			    .check = next_hop_check },
	[ATTR_MED] = { "MULTI_EXIT_DISC", OPT_LOCAL, EXACTLY(4), WITHDRAW,
		       TO(med, FIELD_U32) },
	[ATTR_LOCAL_PREF] = { "LOCAL_PREF", WELL_KNOWN, EXACTLY(4), WITHDRAW,
			      TO(local_pref, FIELD_U32), .internal = true },
	[ATTR_ATOMIC_AGGREGATE] = { "ATOMIC_AGGREGATE", WELL_KNOWN, EXACTLY(0),
				    DISCARD },
	[ATTR_AGGREGATOR] = { "AGGREGATOR", OPT_TRANS, AT_LEAST(6), DISCARD,
			      TO(aggregator, FIELD_BYTES), .check = aggregator_check },
	[ATTR_COMMUNITY] = { "COMMUNITIES", OPT_TRANS, TIMES(4), WITHDRAW,
			     TO(communities, FIELD_BYTES) },
	[ATTR_ORIGINATOR_ID] = { "ORIGINATOR_ID", OPT_LOCAL, EXACTLY(4), WITHDRAW,
				 TO(originator_id, FIELD_U32), .internal = true },
	[ATTR_CLUSTER_LIST] = { "CLUSTER_LIST", OPT_LOCAL, TIMES(4), WITHDRAW,
				TO(cluster_list, FIELD_BYTES), .internal = true },
	[ATTR_MP_REACH] = { "MP_REACH_NLRI", .flags = AF_OPTIONAL, .bad_flags = V_RESET,
			    .least = 5, .most = UINT16_MAX, .sub_length = SUB_OPTIONAL,
			    .ibgp = V_RESET, .ebgp = V_RESET, .check = mp_reach_check },
	[ATTR_MP_UNREACH] = { "MP_UNREACH_NLRI", .flags = AF_OPTIONAL,
			      .bad_flags = V_RESET, .least = 3, .most = UINT16_MAX,
			      .sub_length = SUB_OPTIONAL, .ibgp = V_RESET,
			      .ebgp = V_RESET, .check = mp_unreach_check },
	[ATTR_EXT_COMMUNITY] = { "EXTENDED_COMMUNITIES", OPT_TRANS, TIMES(8), WITHDRAW,
				 TO(ext_communities, FIELD_BYTES) },
	[ATTR_AS4_PATH] = { "AS4_PATH", OPT_TRANS, AT_LEAST(6), DISCARD,
			    .old_only = true, .check = as4_path_check },
	[ATTR_AS4_AGGREGATOR] = { "AS4_AGGREGATOR", OPT_TRANS, EXACTLY(8), DISCARD,
				  .old_only = true, .check = as4_aggregator_check },
	[ATTR_PMSI] = { "PMSI_TUNNEL", OPT_TRANS, AT_LEAST(5), WITHDRAW,
			TO(pmsi, FIELD_BYTES), .check = pmsi_check },
	[ATTR_TUNNEL_ENCAP] = { "TUNNEL_ENCAPSULATION", OPT_TRANS, AT_LEAST(4),
				WITHDRAW, TO(tunnel_encap, FIELD_BYTES),
				.check = tunnel_encap_check },
	[ATTR_IPV6_EXT_COMMUNITY] = { "IPV6_EXTENDED_COMMUNITIES", OPT_TRANS, TIMES(20),
				      WITHDRAW, TO(ext6_communities, FIELD_BYTES) },
	[ATTR_LARGE_COMMUNITY] = { "LARGE_COMMUNITIES", OPT_TRANS, TIMES(12), WITHDRAW,
				   TO(large_communities, FIELD_BYTES) },
	[ATTR_OTC] = { "ONLY_TO_CUSTOMER", OPT_TRANS, EXACTLY(4), WITHDRAW,
		       TO(otc, FIELD_U32) },
};

/* What attrs_encode() writes: the rest belongs to a message, not to a set. */
static const uint64_t canonical =
	~(1ull << ATTR_NEXT_HOP | 1ull << ATTR_MP_REACH | 1ull << ATTR_MP_UNREACH |
	  1ull << ATTR_AS4_PATH | 1ull << ATTR_AS4_AGGREGATOR);

void attr_store(const struct attr_row *row, uint8_t flags, uint8_t code, struct rbuf v,
		struct attrs *a)
{
	uint8_t *field = (uint8_t *)a + row->at;
	struct bytes bytes = { v.p, rbuf_left(&v) };
	uint32_t number;

	switch (row->field) {
	case FIELD_U8:
		*field = rbuf_u8(&v);
		break;
	case FIELD_U32:
		number = rbuf_u32(&v);
		memcpy(field, &number, sizeof(number));
		break;
	case FIELD_BYTES:
		memcpy(field, &bytes, sizeof(bytes));
		break;
	default:
		break;
	}
	a->present |= 1ull << code;
	if ((flags & AF_PARTIAL) && (row->flags & AF_OPTIONAL) &&
	    (row->flags & AF_TRANSITIVE))
		a->partial |= 1ull << code;
}

void attr_head(struct wbuf *w, unsigned flags, uint8_t code, size_t len)
{
	bool wide = len > UINT8_MAX;

	wbuf_u8(w, wide ? flags | AF_EXTENDED : flags);
	wbuf_u8(w, code);
	if (wide)
		wbuf_u16(w, (unsigned)len);
	else
		wbuf_u8(w, (unsigned)len);
}

void attr_put(struct wbuf *w, uint8_t code, const struct attrs *a)
{
	const struct attr_row *row = &attr_rows[code];
	const uint8_t *field = (const uint8_t *)a + row->at;
	struct bytes bytes = { NULL, 0 };
	uint8_t flags = attr_flags(a, code);
	uint32_t number;

	switch (row->field) {
	case FIELD_U8:
		attr_head(w, flags, code, 1);
		wbuf_u8(w, *field);
		break;
	case FIELD_U32:
		memcpy(&number, field, sizeof(number));
		attr_head(w, flags, code, 4);
		wbuf_u32(w, number);
		break;
	case FIELD_BYTES:
		memcpy(&bytes, field, sizeof(bytes));
		attr_head(w, flags, code, bytes.len);
		wbuf_bytes(w, bytes.p, bytes.len);
		break;
	default:
		attr_head(w, flags, code, 0);
		break;
	}
}

int attrs_encode(struct wbuf *w, const struct attrs *a)
{
	for (uint64_t left = a->present & canonical; left; left &= left - 1) {
		uint8_t code = (uint8_t)__builtin_ctzll(left);

		if (attr_rows[code].name)
			attr_put(w, code, a);
	}
	wbuf_bytes(w, a->other.p, a->other.len);
	return w->full ? -ENOSPC : 0;
}

int attrs_view(const uint8_t *p, size_t len, struct attrs *out)
{
	struct rbuf r = rbuf_of(p, len);

	memset(out, 0, sizeof(*out));
	while (rbuf_left(&r)) {
		const uint8_t *start = r.p;
		uint8_t flags = rbuf_u8(&r), code = rbuf_u8(&r);
		size_t n = flags & AF_EXTENDED ? rbuf_u16(&r) : rbuf_u8(&r);
		struct rbuf v = rbuf_sub(&r, n);
		const struct attr_row *row = attr_row_find(code);

		if (r.bad)
			return -EBADMSG;
		if (!row) { /* the known ones come first: the rest is `other` */
			out->other = (struct bytes) { start, (size_t)(r.end - start) };
			return 0;
		}
		if (!attr_length_ok(row, n) || !(canonical >> code & 1))
			return -EBADMSG;
		attr_store(row, flags, code, v, out);
	}
	return 0;
}

bool attrs_has_cluster(const struct attrs *a, uint32_t id)
{
	struct rbuf r = rbuf_of(a->cluster_list.p, a->cluster_list.len);

	while (rbuf_left(&r) >= 4)
		if (rbuf_u32(&r) == id)
			return true;
	return false;
}

bool attrs_has_community(const struct attrs *a, uint32_t value)
{
	struct rbuf r = rbuf_of(a->communities.p, a->communities.len);

	while (rbuf_left(&r) >= 4)
		if (rbuf_u32(&r) == value)
			return true;
	return false;
}
