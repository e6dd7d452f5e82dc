/*
 * UPDATE: the frame, the walk over attributes, and what their errors come to.
 * All that is particular to an attribute stands in its row (attr.c). Not for:
 * NLRI, which need to know what was negotiated, and acting on a verdict (ingest).
 * RFC 4271 sections 4.3 and 6.3, RFC 7606 (the section numbers below are its),
 * RFC 6793 (2-octet peers), RFC 4724 section 2 (End-of-RIB).
 */
#include "wire/update.h"

#include <errno.h>
#include <string.h>

#include "lib/wbuf.h"
#include "wire/aspath.h"
#include "wire/attr.h"
#include "wire/group.h"
#include "wire/labelset.h"
#include "wire/open.h"

enum { TYPE_FLAGS = AF_OPTIONAL | AF_TRANSITIVE };

static const char *const reason_names[UR_COUNT] = {
	[UR_NONE] = "none",
	[UR_FRAME] = "frame",
	[UR_ATTR_OVERRUN] = "attribute_overrun",
	[UR_ATTR_FLAGS] = "attribute_flags",
	[UR_ATTR_LENGTH] = "attribute_length",
	[UR_ATTR_VALUE] = "attribute_value",
	[UR_ATTR_DUPLICATE] = "attribute_duplicate",
	[UR_ATTR_MISSING] = "attribute_missing",
	[UR_WELLKNOWN_UNKNOWN] = "wellknown_unknown",
	[UR_MP_DUPLICATE] = "mp_duplicate",
	[UR_MP_FORM] = "mp_form",
	[UR_AS_PATH] = "as_path",
	[UR_EXTERNAL_ONLY_INTERNAL] = "internal_attribute_from_external",
	[UR_NLRI_FRAME] = "nlri_frame",
	[UR_NLRI_KEY] = "nlri_key",
	[UR_NLRI_BODY] = "nlri_body",
	[UR_NLRI_OPAQUE] = "nlri_type_unknown",
	[UR_NOT_NEGOTIATED] = "not_negotiated",
	[UR_NO_NLRI] = "no_nlri",
	[UR_PATHS_LIMIT] = "paths_limit",
	[UR_LOOP_AS] = "loop_as",
	[UR_LOOP_ORIGINATOR] = "loop_originator",
	[UR_LOOP_CLUSTER] = "loop_cluster",
	[UR_ORIGIN_NEXT_HOP] = "origin_next_hop",
	[UR_ORIGIN_RD] = "origin_rd",
	[UR_ORIGIN_ROUTER] = "origin_router",
	[UR_ORIGIN_TUNNEL] = "origin_tunnel",
	[UR_ORIGIN_REFLECTED] = "origin_reflected",
	[UR_ORIGIN_LOCATOR] = "origin_locator",
	[UR_ORIGIN_TYPE] = "origin_type",
	[UR_LABELS_FORM] = "labels_malformed",
	[UR_LABELS_FLAGS] = "labels_flags",
	[UR_LABELS_NUMBERS] = "labels_numbers",
	[UR_LABELS_DENIED] = "labels_denied",
	[UR_TENANT_DENIED] = "tenant_denied",
};

const char *update_reason_name(enum update_reason r)
{
	return (unsigned)r < UR_COUNT ? reason_names[r] : "unknown";
}

/* Note an error; the first of the worst ones makes the NOTIFICATION. */
static void note(struct attr_dec *d, enum verdict v, enum update_reason reason,
		 uint8_t sub, const struct attr_tlv *tlv)
{
	struct update *u = d->u;
	uint8_t code = tlv ? tlv->code : 0;

	if (u->n_errors < UPDATE_ERRORS)
		u->errors[u->n_errors] = (struct update_error) { v, reason, code };
	u->n_errors++;
	if (v <= u->verdict)
		return;
	u->verdict = v;
	u->reason = (uint8_t)reason;
	if (v >= V_WITHDRAW)
		u->err = notif_make(NOTIF_UPDATE, sub, tlv ? tlv->p : NULL,
				    tlv ? tlv->len : 0);
}

/* A missing attribute is told by its code alone (RFC 4271 section 6.3). */
static void note_missing(struct attr_dec *d, uint8_t code)
{
	struct attr_tlv tlv = { .p = &code, .len = 1, .code = code };

	note(d, V_WITHDRAW, UR_ATTR_MISSING, SUB_MISSING, &tlv);
}

/*
 * An attribute that does not fit (section 4). What was lost with MP_REACH or
 * MP_UNREACH cannot be treated as withdrawn, so for them it ends the session.
 */
static void note_overrun(struct attr_dec *d, const uint8_t *p, const uint8_t *end)
{
	struct attr_tlv tlv = { .p = p, .len = (size_t)(end - p) };

	tlv.code = tlv.len > 1 ? p[1] : 0;
	if (tlv.code == ATTR_MP_REACH || tlv.code == ATTR_MP_UNREACH)
		note(d, V_RESET, UR_ATTR_OVERRUN, SUB_MALFORMED, &tlv);
	else
		note(d, V_WITHDRAW, UR_ATTR_OVERRUN, SUB_MALFORMED, &tlv);
}

/* Mark a code as met; was it before? */
static bool seen_before(struct attr_dec *d, uint8_t code)
{
	uint64_t bit = 1ull << (code & 63), *word = &d->seen[code >> 6];
	bool was = *word & bit;

	*word |= bit;
	return was;
}

/* Numbers that contradict each other say of somebody that nobody knows who he is. They
 * travel on for the same reason. */
static void numbers(struct attr_dec *d, const struct attr_tlv *tlv)
{
	const struct attrs *a = &d->u->attrs;
	struct group g;

	if (d->ctx->labels && a->ext_communities.len > sizeof(struct extcom) &&
	    attrs_group(a, &g) == -EBADMSG)
		note(d, V_OK, UR_LABELS_NUMBERS, 0, tlv);
}

static void known(struct attr_dec *d, const struct attr_row *row,
		  const struct attr_tlv *tlv)
{
	struct attr_fault f = { UR_ATTR_VALUE, SUB_OPTIONAL };
	bool is_mp = tlv->code == ATTR_MP_REACH || tlv->code == ATTR_MP_UNREACH;

	/* What is discarded in any case is discarded unread, flags and all. */
	if (row->internal && d->ctx->ebgp) {
		note(d, V_DISCARD_ATTR, UR_EXTERNAL_ONLY_INTERNAL, 0, tlv);
	} else if (row->old_only && d->ctx->as4) {
		note(d, V_DISCARD_ATTR, UR_ATTR_VALUE, 0, tlv);
	} else if ((tlv->flags ^ row->flags) & TYPE_FLAGS) {
		note(d, row->bad_flags, UR_ATTR_FLAGS, is_mp ? SUB_OPTIONAL : SUB_FLAGS,
		     tlv);
	} else if (!attr_length_ok(row, rbuf_left(&tlv->value))) {
		note(d, d->ctx->ebgp ? row->ebgp : row->ibgp,
		     is_mp ? UR_MP_FORM : UR_ATTR_LENGTH, row->sub_length, tlv);
	} else if (row->check && !row->check(d, tlv->value, &f)) {
		note(d, d->ctx->ebgp ? row->ebgp : row->ibgp, f.reason, f.sub, tlv);
	} else {
		attr_store(row, tlv->flags, tlv->code, tlv->value, &d->u->attrs);
		if (tlv->code == ATTR_EXT_COMMUNITY)
			numbers(d, tlv);
	}
}

/* Keep an attribute without a row in its place by code. */
static void keep(struct attr_dec *d, const struct attr_tlv *tlv)
{
	unsigned i = d->n_unknown;

	for (; i && d->unknown[i - 1].code > tlv->code; i--)
		d->unknown[i] = d->unknown[i - 1];
	d->unknown[i] = *tlv;
	d->n_unknown++;
}

/* Only transitive ones travel on. */
static void unknown(struct attr_dec *d, const struct attr_tlv *tlv)
{
	if (!(tlv->flags & AF_OPTIONAL))
		note(d, V_RESET, UR_WELLKNOWN_UNKNOWN, SUB_UNKNOWN, tlv);
	else if (tlv->flags & AF_TRANSITIVE)
		keep(d, tlv);
}

static bool is_labelset(const struct attr_dec *d, const struct attr_tlv *tlv)
{
	return d->ctx->labels && tlv->code == d->ctx->labels &&
	       labelset_is_ours(tlv->value.p, rbuf_left(&tlv->value));
}

/*
 * A label set travels on whatever is wrong with it: as if it was not there, its route
 * would look like one of an endpoint without labels. So errors are only counted.
 */
static void labelset(struct attr_dec *d, const struct attr_tlv *tlv)
{
	struct bytes value = { tlv->value.p, rbuf_left(&tlv->value) }, labels;

	if ((tlv->flags & TYPE_FLAGS) != TYPE_FLAGS)
		note(d, V_OK, UR_LABELS_FLAGS, 0, tlv);
	else if (labelset_decode(value, d->ctx->labels_domain, &labels) ==
		 LABELSET_MALFORMED)
		note(d, V_OK, UR_LABELS_FORM, 0, tlv);
	keep(d, tlv);
}

static void duplicate(struct attr_dec *d, const struct attr_tlv *tlv)
{
	if (tlv->code == ATTR_MP_REACH || tlv->code == ATTR_MP_UNREACH)
		note(d, V_RESET, UR_MP_DUPLICATE, SUB_MALFORMED, NULL);
	else
		note(d, V_DISCARD_ATTR, UR_ATTR_DUPLICATE, 0, tlv);
}

static void walk(struct attr_dec *d, struct rbuf block)
{
	while (rbuf_left(&block) && d->u->verdict < V_RESET) {
		struct attr_tlv tlv;

		if (!attr_next(&block, &tlv)) {
			note_overrun(d, tlv.p, block.end);
			return;
		}

		const struct attr_row *row = attr_row_find(tlv.code);

		if (seen_before(d, tlv.code))
			duplicate(d, &tlv);
		else if (row)
			known(d, row, &tlv);
		else if (is_labelset(d, &tlv))
			labelset(d, &tlv);
		else
			unknown(d, &tlv);
	}
}

/* 8 bytes from the 6 of a 2-octet peer, or what attribute 18 says instead. */
static void finish_aggregator(struct attr_dec *d, bool trans)
{
	struct attrs *a = &d->u->attrs;
	struct rbuf r = rbuf_of(a->aggregator.p, a->aggregator.len);
	size_t at = d->scratch->len;

	if (trans && d->as4_aggregator) {
		a->aggregator = (struct bytes) { d->as4_aggregator, 8 };
		return;
	}
	wbuf_u32(d->scratch, rbuf_u16(&r));
	wbuf_bytes(d->scratch, r.p, 4);
	a->aggregator = (struct bytes) { d->scratch->base + at, 8 };
}

/*
 * From a 2-octet peer: one set of 4-octet numbers (RFC 6793 section 4.2.3). When
 * AGGREGATOR names a real AS beside AS4_AGGREGATOR, somebody on the way who knew
 * neither rewrote it, and both AS4_ attributes are stale.
 */
static void finish_as4(struct attr_dec *d)
{
	struct attrs *a = &d->u->attrs;
	struct rbuf agg = rbuf_of(a->aggregator.p, a->aggregator.len);
	bool has_agg = attrs_has(a, ATTR_AGGREGATOR);
	bool trans = has_agg && rbuf_u16(&agg) == AS_TRANS;

	if (has_agg && !trans && d->as4_aggregator)
		d->as4_path = (struct bytes) { NULL, 0 };
	if (has_agg)
		finish_aggregator(d, trans);
	if (attrs_has(a, ATTR_AS_PATH))
		(void)aspath_merge(d->scratch, a->as_path, d->as4_path, &a->as_path);
}

/*
 * Flags with which an attribute without a row goes on: Partial, as nobody here knows
 * it. A label set we know; if its flags were wrong it goes on as optional
 * non-transitive, which is wrong still for who knows it, and which nobody else ends a
 * session for.
 */
static uint8_t flags_on(const struct attr_dec *d, const struct attr_tlv *t)
{
	if (!is_labelset(d, t))
		return AF_OPTIONAL | AF_TRANSITIVE | AF_PARTIAL;
	if ((t->flags & TYPE_FLAGS) != TYPE_FLAGS)
		return AF_OPTIONAL;
	return t->flags & (TYPE_FLAGS | AF_PARTIAL);
}

/* They go on with low flag bits zero and short length. */
static void finish_unknown(struct attr_dec *d)
{
	struct wbuf *w = d->scratch;
	size_t start = w->len;

	for (unsigned i = 0; i < d->n_unknown; i++) {
		const struct attr_tlv *t = &d->unknown[i];
		size_t len = rbuf_left(&t->value);

		attr_head(w, flags_on(d, t), t->code, len);
		wbuf_bytes(w, t->value.p, len);
	}
	d->u->attrs.other = (struct bytes) { w->base + start, w->len - start };
}

static bool has_reachable(const struct update *u)
{
	return rbuf_left(&u->nlri4) || (u->reach.present && rbuf_left(&u->reach.nlri));
}

/* Sections 3d and 7.3; asked only when there is something to reach. */
static void check_mandatory(struct attr_dec *d)
{
	static const struct {
		uint8_t code;
		bool ibgp_only, ipv4_only;
	} wanted[] = {
		{ ATTR_ORIGIN, false, false },
		{ ATTR_AS_PATH, false, false },
		{ ATTR_LOCAL_PREF, true, false },
		{ ATTR_NEXT_HOP, false, true },
	};
	bool ipv4 = rbuf_left(&d->u->nlri4);

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (d->seen[0] >> wanted[i].code & 1)
			continue;
		if ((wanted[i].ibgp_only && d->ctx->ebgp) ||
		    (wanted[i].ipv4_only && !ipv4))
			continue;
		note_missing(d, wanted[i].code);
	}
}

/* A next hop that no packet can be sent to (RFC 4271 section 6.3). */
static void check_next_hop(struct attr_dec *d)
{
	struct update *u = d->u;
	bool ipv4 = rbuf_left(&u->nlri4) && attrs_has(&u->attrs, ATTR_NEXT_HOP);

	if ((ipv4 && !mp_next_hop_usable(&d->next_hop4)) || mp_next_hop_wrong(d))
		note(d, V_WITHDRAW, UR_ATTR_VALUE, SUB_NEXT_HOP, NULL);
}

/*
 * Section 5.2: treat-as-withdraw needs something to withdraw. Without reachable
 * NLRI we cannot know that we read them all. (When MP_UNREACH was the only
 * attribute, the error is a fragment after it, which might have been MP_REACH.)
 */
static void check_withdrawable(struct attr_dec *d)
{
	struct update *u = d->u;

	if (u->verdict != V_WITHDRAW || has_reachable(u))
		return;

	struct notif first = u->err;

	note(d, V_RESET, UR_NO_NLRI, first.sub, NULL);
	u->err = first;
}

/* Sections 3i and 5.3: the fields of the message itself hold IPv4 prefixes, whether
 * that family was negotiated or not. */
static bool prefixes_ok(struct rbuf r)
{
	while (rbuf_left(&r)) {
		uint8_t bits = rbuf_u8(&r);

		if (bits > 32)
			return false;
		(void)rbuf_take(&r, (bits + 7u) / 8);
	}
	return !r.bad;
}

static void clear(struct update *u)
{
	memset(&u->attrs, 0, sizeof(u->attrs));
	u->withdrawn4 = u->nlri4 = rbuf_of(NULL, 0);
	u->reach.present = u->unreach.present = false;
	u->verdict = V_OK;
	u->reason = UR_NONE;
	u->n_errors = 0;
	u->err.code = u->err.sub = 0;
	u->err.len = 0;
}

enum verdict update_decode(struct rbuf body, const struct update_ctx *ctx,
			   struct update_scratch *scratch, struct update *out)
{
	struct wbuf w = wbuf_of(scratch->buf, sizeof(scratch->buf));
	struct attr_dec d; /* the array of unknown attributes stays as it is */

	d.ctx = ctx;
	d.u = out;
	d.scratch = &w;
	memset(d.seen, 0, sizeof(d.seen));
	d.as4_path = (struct bytes) { NULL, 0 };
	d.as4_aggregator = NULL;
	d.next_hop4 = (struct ip) { 0 };
	d.n_unknown = 0;
	clear(out);
	out->withdrawn4 = rbuf_sub(&body, rbuf_u16(&body));

	struct rbuf block = rbuf_sub(&body, rbuf_u16(&body));

	if (body.bad) {
		note(&d, V_RESET, UR_FRAME, SUB_MALFORMED, NULL);
		return out->verdict;
	}
	out->nlri4 = body;
	if (!prefixes_ok(out->withdrawn4) || !prefixes_ok(out->nlri4)) {
		note(&d, V_RESET, UR_NLRI_FRAME, SUB_NETWORK, NULL);
		return out->verdict;
	}
	walk(&d, block);
	if (out->verdict == V_RESET)
		return V_RESET;
	out->attrs.nexthop = out->reach.present ? out->reach.nexthop : d.next_hop4;
	if (!ctx->as4)
		finish_as4(&d);
	if (d.n_unknown)
		finish_unknown(&d);
	if (has_reachable(out)) {
		check_mandatory(&d);
		check_next_hop(&d);
	}
	check_withdrawable(&d);
	return out->verdict;
}

bool update_is_eor(const struct update *u, uint16_t *afi, uint8_t *safi)
{
	const uint64_t unreach = 1ull << ATTR_MP_UNREACH;

	if (u->n_errors || u->attrs.other.len || (u->attrs.present & ~unreach) ||
	    rbuf_left(&u->withdrawn4) || rbuf_left(&u->nlri4))
		return false;
	if (u->unreach.present && rbuf_left(&u->unreach.nlri))
		return false;
	*afi = u->unreach.present ? u->unreach.afi : 1;
	*safi = u->unreach.present ? u->unreach.safi : 1;
	return true;
}
