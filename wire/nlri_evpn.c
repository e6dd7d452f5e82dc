/*
 * EVPN routes between the wire, the RIB's key and data bytes, and text. Types 1 to
 * 5 are understood, all others carried as they are (RFC 7606 section 5.4 would
 * drop them, but a reflector must not). Not for: what a route means to a tenant.
 * RFC 7432 section 7 (types 1 to 4), RFC 9136 section 3.1 (type 5), RFC 8365.
 *
 *   type  key                                         data
 *   1     type RD ESI tag                             label
 *   2     type RD tag MAC [IP]                        label [label2] [ESI]
 *   3     type RD tag IP                              -
 *   4     type RD ESI IP                              -
 *   5     type RD tag bits prefix                     label [gateway] [ESI]
 *   else  type body                                   -
 *
 * Bytes: RD 8, ESI 10, tag 4, MAC 6, IP 4 or 16, label 3. A zero ESI or gateway is
 * left out, so that the data of a plain route is its 3 label bytes; the lengths
 * tell which parts are there. A route that was only withdrawn has no data.
 */
#include "wire/nlri_evpn.h"

#include <errno.h>
#include <string.h>

#include "lib/rbuf.h"
#include "lib/util.h"
#include "lib/wbuf.h"

enum {
	RD_LEN = 8,
	ESI_LEN = 10,
	TAG_LEN = 4,
	MAC_LEN = 6,
	LABEL_LEN = 3,
	MAC_BITS = 48,
	TYPES = EVPN_PREFIX + 1,
	BODY_PREFIX4 = 34, /* lengths that a type 5 body may have */
	BODY_PREFIX6 = 58,
};

static const uint8_t zeros[16];

static bool is_zero(const uint8_t *p, size_t n)
{
	return !memcmp(p, zeros, n);
}

/* Start a key; the parts follow with key_add(). */
static void key_start(struct nlri *n, uint8_t type)
{
	n->key[0] = type;
	n->key_len = 1;
	n->data_len = 0;
}

static void key_add(struct nlri *n, const uint8_t *p, size_t len)
{
	memcpy(n->key + n->key_len, p, len);
	n->key_len = (uint16_t)(n->key_len + len);
}

static void data_add(struct nlri *n, const uint8_t *p, size_t len)
{
	memcpy(n->data + n->data_len, p, len);
	n->data_len = (uint8_t)(n->data_len + len);
}

static enum nlri_result ad_decode(struct rbuf *b, bool withdraw, struct nlri *out)
{
	const uint8_t *rd = rbuf_take(b, RD_LEN), *esi = rbuf_take(b, ESI_LEN);
	const uint8_t *tag = rbuf_take(b, TAG_LEN);

	if (b->bad)
		return NLRI_SKIP;
	key_start(out, EVPN_AD);
	key_add(out, rd, RD_LEN);
	key_add(out, esi, ESI_LEN);
	key_add(out, tag, TAG_LEN);
	if (withdraw)
		return NLRI_OK;
	if (rbuf_left(b) != LABEL_LEN)
		return NLRI_TREAT_WITHDRAW;
	data_add(out, rbuf_take(b, LABEL_LEN), LABEL_LEN);
	return NLRI_OK;
}

/* A length in bits and an address of that length, or none at all. */
static const uint8_t *ip_take(struct rbuf *b, size_t *len)
{
	uint8_t bits = rbuf_u8(b);

	*len = bits / 8;
	if (bits && bits != 32 && bits != 128)
		b->bad = true;
	return rbuf_take(b, *len);
}

static enum nlri_result macip_decode(struct rbuf *b, bool withdraw, struct nlri *out)
{
	const uint8_t *rd = rbuf_take(b, RD_LEN), *esi = rbuf_take(b, ESI_LEN);
	const uint8_t *tag = rbuf_take(b, TAG_LEN);
	uint8_t mac_bits = rbuf_u8(b);
	const uint8_t *mac = rbuf_take(b, MAC_LEN);
	size_t ip_len, labels;
	const uint8_t *ip = ip_take(b, &ip_len);

	if (b->bad || mac_bits != MAC_BITS)
		return NLRI_SKIP;
	key_start(out, EVPN_MACIP);
	key_add(out, rd, RD_LEN);
	key_add(out, tag, TAG_LEN);
	key_add(out, mac, MAC_LEN);
	key_add(out, ip, ip_len);
	if (withdraw)
		return NLRI_OK;
	labels = rbuf_left(b);
	if (labels != LABEL_LEN && labels != 2 * LABEL_LEN)
		return NLRI_TREAT_WITHDRAW;
	data_add(out, rbuf_take(b, labels), labels);
	if (!is_zero(esi, ESI_LEN))
		data_add(out, esi, ESI_LEN);
	return NLRI_OK;
}

/* Types 3 and 4: RD, then a tag or an ESI, then the originator. */
static enum nlri_result originated_decode(struct rbuf *b, bool withdraw, uint8_t type,
					  size_t middle_len, struct nlri *out)
{
	const uint8_t *rd = rbuf_take(b, RD_LEN), *middle = rbuf_take(b, middle_len);
	size_t ip_len;
	const uint8_t *ip = ip_take(b, &ip_len);

	if (b->bad || !ip_len)
		return NLRI_SKIP;
	key_start(out, type);
	key_add(out, rd, RD_LEN);
	key_add(out, middle, middle_len);
	key_add(out, ip, ip_len);
	return withdraw || !rbuf_left(b) ? NLRI_OK : NLRI_TREAT_WITHDRAW;
}

static enum nlri_result imet_decode(struct rbuf *b, bool withdraw, struct nlri *out)
{
	return originated_decode(b, withdraw, EVPN_IMET, TAG_LEN, out);
}

static enum nlri_result es_decode(struct rbuf *b, bool withdraw, struct nlri *out)
{
	return originated_decode(b, withdraw, EVPN_ES, ESI_LEN, out);
}

/* A prefix of any bits with what lies beyond them cleared. */
static void prefix_add(struct nlri *n, uint8_t bits, const uint8_t *p, size_t len)
{
	uint8_t *at = n->key + n->key_len + 1;
	size_t whole = bits / 8;

	key_add(n, &bits, 1);
	key_add(n, p, len);
	if (whole == len)
		return;
	at[whole] &= (uint8_t)(0xff00 >> bits % 8);
	memset(at + whole + 1, 0, len - whole - 1);
}

/*
 * The body's length tells the family, so one of another length has no readable
 * key. Gateway and ESI exclude each other; without either the label must say where
 * the prefix leads (RFC 9136 section 3.1 and 3.2).
 */
static enum nlri_result prefix_decode(struct rbuf *b, bool withdraw, struct nlri *out)
{
	size_t len = rbuf_left(b) == BODY_PREFIX4 ? 4 : 16;

	if (rbuf_left(b) != BODY_PREFIX4 && rbuf_left(b) != BODY_PREFIX6)
		return NLRI_SKIP;

	const uint8_t *rd = rbuf_take(b, RD_LEN), *esi = rbuf_take(b, ESI_LEN);
	const uint8_t *tag = rbuf_take(b, TAG_LEN);
	uint8_t bits = rbuf_u8(b);
	const uint8_t *prefix = rbuf_take(b, len), *gateway = rbuf_take(b, len);
	const uint8_t *label = rbuf_take(b, LABEL_LEN);
	bool has_esi = !is_zero(esi, ESI_LEN), has_gateway = !is_zero(gateway, len);

	if (bits > len * 8)
		return NLRI_SKIP;
	key_start(out, EVPN_PREFIX);
	key_add(out, rd, RD_LEN);
	key_add(out, tag, TAG_LEN);
	prefix_add(out, bits, prefix, len);
	if (withdraw)
		return NLRI_OK;
	if (has_esi && has_gateway)
		return NLRI_TREAT_WITHDRAW;
	if (!has_esi && !has_gateway && is_zero(label, LABEL_LEN))
		return NLRI_TREAT_WITHDRAW;
	data_add(out, label, LABEL_LEN);
	if (has_gateway)
		data_add(out, gateway, len);
	if (has_esi)
		data_add(out, esi, ESI_LEN);
	return NLRI_OK;
}

/* The parts of a stored route, borrowed; absent ones point at zeros. */
struct parts {
	const uint8_t *rd, *tag, *esi, *mac, *ip, *labels, *gateway;
	size_t ip_len, labels_len;
	uint8_t bits; /* type 5 */
};

static bool is_ip_len(size_t len)
{
	return len == 4 || len == 16;
}

/* Split the data of type 2 or 5 at its length; false for one that is none of ours. */
static bool data_split(const struct nlri *n, struct parts *p)
{
	size_t gateway_len = 0, len = n->data_len;
	struct rbuf r = rbuf_of(n->data, len);

	p->labels_len = MIN_OF(len, (size_t)LABEL_LEN);
	if (n->key[0] == EVPN_MACIP && (len == 6 || len == 6 + ESI_LEN))
		p->labels_len = 2 * LABEL_LEN;
	if (n->key[0] == EVPN_PREFIX && len == LABEL_LEN + p->ip_len)
		gateway_len = p->ip_len;
	if (p->labels_len)
		p->labels = rbuf_take(&r, p->labels_len);
	if (gateway_len)
		p->gateway = rbuf_take(&r, gateway_len);
	if (rbuf_left(&r) == ESI_LEN && n->key[0] != EVPN_AD)
		p->esi = rbuf_take(&r, ESI_LEN);
	return !rbuf_left(&r) && (!len || len >= LABEL_LEN);
}

/* Take a key and data of ours apart; false if they are not. */
static bool split(const struct nlri *n, struct parts *p)
{
	struct rbuf r = rbuf_of(n->key, n->key_len);
	uint8_t type = rbuf_u8(&r);

	*p = (struct parts) { NULL, zeros, zeros, zeros, zeros, zeros, zeros, 0, 0, 0 };
	p->rd = rbuf_take(&r, RD_LEN);
	if (type == EVPN_AD || type == EVPN_ES)
		p->esi = rbuf_take(&r, ESI_LEN);
	if (type != EVPN_ES)
		p->tag = rbuf_take(&r, TAG_LEN);
	if (type == EVPN_MACIP)
		p->mac = rbuf_take(&r, MAC_LEN);
	if (type == EVPN_PREFIX)
		p->bits = rbuf_u8(&r);
	p->ip_len = rbuf_left(&r);
	if (p->ip_len)
		p->ip = rbuf_take(&r, p->ip_len);
	if (r.bad || p->bits > p->ip_len * 8)
		return false;
	if (type == EVPN_AD
		    ? p->ip_len != 0
		    : !is_ip_len(p->ip_len) && !(type == EVPN_MACIP && !p->ip_len))
		return false;
	if (type == EVPN_IMET || type == EVPN_ES)
		return !n->data_len;
	return data_split(n, p);
}

static void ip_put(struct wbuf *w, const struct parts *p)
{
	wbuf_u8(w, (unsigned)p->ip_len * 8);
	wbuf_bytes(w, p->ip, p->ip_len);
}

static void ad_encode(struct wbuf *w, const struct parts *p)
{
	wbuf_bytes(w, p->rd, RD_LEN);
	wbuf_bytes(w, p->esi, ESI_LEN);
	wbuf_bytes(w, p->tag, TAG_LEN);
	wbuf_bytes(w, p->labels, LABEL_LEN);
}

static void macip_encode(struct wbuf *w, const struct parts *p)
{
	wbuf_bytes(w, p->rd, RD_LEN);
	wbuf_bytes(w, p->esi, ESI_LEN);
	wbuf_bytes(w, p->tag, TAG_LEN);
	wbuf_u8(w, MAC_BITS);
	wbuf_bytes(w, p->mac, MAC_LEN);
	ip_put(w, p);
	wbuf_bytes(w, p->labels, MAX_OF(p->labels_len, (size_t)LABEL_LEN));
}

static void imet_encode(struct wbuf *w, const struct parts *p)
{
	wbuf_bytes(w, p->rd, RD_LEN);
	wbuf_bytes(w, p->tag, TAG_LEN);
	ip_put(w, p);
}

static void es_encode(struct wbuf *w, const struct parts *p)
{
	wbuf_bytes(w, p->rd, RD_LEN);
	wbuf_bytes(w, p->esi, ESI_LEN);
	ip_put(w, p);
}

static void prefix_encode(struct wbuf *w, const struct parts *p)
{
	wbuf_bytes(w, p->rd, RD_LEN);
	wbuf_bytes(w, p->esi, ESI_LEN);
	wbuf_bytes(w, p->tag, TAG_LEN);
	wbuf_u8(w, p->bits);
	wbuf_bytes(w, p->ip, p->ip_len);
	wbuf_bytes(w, p->gateway, p->ip_len);
	wbuf_bytes(w, p->labels, LABEL_LEN);
}

static const struct evpn_row {
	enum nlri_result (*decode)(struct rbuf *b, bool withdraw, struct nlri *out);
	void (*encode)(struct wbuf *w, const struct parts *p);
} rows[TYPES] = {
	[EVPN_AD] = { ad_decode, ad_encode },
	[EVPN_MACIP] = { macip_decode, macip_encode },
	[EVPN_IMET] = { imet_decode, imet_encode },
	[EVPN_ES] = { es_decode, es_encode },
	[EVPN_PREFIX] = { prefix_decode, prefix_encode },
};

static enum nlri_result evpn_decode(struct rbuf *r, bool withdraw, struct nlri *out)
{
	uint8_t type = rbuf_u8(r), len = rbuf_u8(r);
	struct rbuf body = rbuf_sub(r, len);

	if (r->bad)
		return NLRI_FRAMING;
	if (evpn_type_known(type))
		return rows[type].decode(&body, withdraw, out);
	key_start(out, type);
	key_add(out, rbuf_take(&body, len), len);
	return NLRI_OK;
}

static void evpn_skip(struct rbuf *r)
{
	(void)rbuf_u8(r);
	(void)rbuf_take(r, rbuf_u8(r));
}

static int evpn_encode(struct wbuf *w, bool withdraw, const struct nlri *n)
{
	/* A writer of its own, so that nothing is left behind when it is full. */
	struct wbuf own = wbuf_of(w->base + w->len, wbuf_left(w));
	struct parts p;

	wbuf_u8(&own, n->key[0]);
	wbuf_u8(&own, 0);
	if (!evpn_type_known(n->key[0])) {
		wbuf_bytes(&own, n->key + 1, n->key_len - 1u);
	} else {
		if (!split(n, &p))
			return -EINVAL;
		if (withdraw) {
			p.labels = p.gateway = zeros;
			p.labels_len = 0;
			if (n->key[0] == EVPN_MACIP || n->key[0] == EVPN_PREFIX)
				p.esi = zeros;
		}
		rows[n->key[0]].encode(&own, &p);
	}
	if (own.full)
		return -ENOSPC;
	wbuf_set_u8(&own, 1, (unsigned)own.len - 2);
	w->len += own.len;
	return 0;
}

static uint32_t label_at(const uint8_t *p)
{
	struct rbuf r = rbuf_of(p, LABEL_LEN);

	return rbuf_u24(&r);
}

int evpn_view(const struct nlri *n, struct evpn_route *out)
{
	struct parts p;

	if (!n->key_len)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	out->type = n->key[0];
	if (!evpn_type_known(out->type))
		return 0;
	if (!split(n, &p))
		return -EINVAL;

	struct rbuf tag = rbuf_of(p.tag, TAG_LEN);

	memcpy(out->rd.b, p.rd, RD_LEN);
	memcpy(out->esi.b, p.esi, ESI_LEN);
	memcpy(out->mac.b, p.mac, MAC_LEN);
	out->tag = rbuf_u32(&tag);
	out->ip = ip_of(p.ip, p.ip_len);
	out->prefix_bits = p.bits;
	if (out->type == EVPN_PREFIX)
		out->gateway = ip_of(p.gateway, p.ip_len);
	out->label1 = label_at(p.labels);
	out->has_label2 = p.labels_len == 2 * LABEL_LEN;
	if (out->has_label2)
		out->label2 = label_at(p.labels + LABEL_LEN);
	return 0;
}

static bool buildable(const struct evpn_route *r)
{
	bool ip = is_ip_len(r->ip.len);
	bool same = r->gateway.len == r->ip.len || ip_is_none(&r->gateway);

	switch (r->type) {
	case EVPN_AD:
		return true;
	case EVPN_MACIP:
		return ip || ip_is_none(&r->ip);
	case EVPN_IMET:
	case EVPN_ES:
		return ip;
	case EVPN_PREFIX:
		return ip && same && r->prefix_bits <= r->ip.len * 8;
	default:
		return false;
	}
}

/* By way of the wire form: one place that knows what is canonical. */
int evpn_build(const struct evpn_route *r, struct nlri *out)
{
	uint8_t body[64], tag[TAG_LEN], labels[2 * LABEL_LEN];
	struct wbuf w = wbuf_of(body, sizeof(body)), t = wbuf_of(tag, sizeof(tag));
	struct wbuf l = wbuf_of(labels, sizeof(labels));
	struct parts p = { r->rd.b,       tag,       r->esi.b,
			   r->mac.b,      r->ip.b,   labels,
			   r->gateway.b,  r->ip.len, r->has_label2 ? 6 : 3,
			   r->prefix_bits };

	if (!buildable(r))
		return -EINVAL;
	wbuf_u32(&t, r->tag);
	wbuf_u24(&l, r->label1);
	wbuf_u24(&l, r->label2);
	rows[r->type].encode(&w, &p);

	struct rbuf b = rbuf_of(body, w.len);

	out->path_id = 0;
	return rows[r->type].decode(&b, false, out) == NLRI_OK ? 0 : -EINVAL;
}

static bool evpn_opaque(const struct nlri *n)
{
	return !evpn_type_known(n->key[0]);
}

/* On the path of every route from a peer under origin-check: no split(). */
static bool evpn_origin(const struct nlri *n, struct nlri_origin *out)
{
	size_t ip_at = 0;

	if (evpn_opaque(n))
		return false;
	if (n->key[0] == EVPN_IMET)
		ip_at = 1 + RD_LEN + TAG_LEN;
	if (n->key[0] == EVPN_ES)
		ip_at = 1 + RD_LEN + ESI_LEN;
	*out = (struct nlri_origin) { .rd = n->key + 1,
				      .floods = n->key[0] == EVPN_IMET };
	if (ip_at) {
		out->ip = n->key + ip_at;
		out->ip_len = (uint8_t)(n->key_len - ip_at);
	}
	return true;
}

const struct nlri_ops nlri_evpn_ops = {
	.name = "l2vpn evpn",
	.afi = 25,
	.safi = 70,
	.decode = evpn_decode,
	.skip = evpn_skip,
	.encode = evpn_encode,
	.format = evpn_format,
	.opaque = evpn_opaque,
	.origin = evpn_origin,
	.cmp = evpn_cmp,
};
