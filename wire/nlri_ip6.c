/*
 * IPv6 unicast prefixes between the wire, the RIB's key bytes, and text. Not for: which
 * of them are ILA mappings (rib/). RFC 4760 section 5, RFC 2545, RFC 7606 section 5.3.
 *
 *   wire  bits u8, as many bytes as they need
 *   key   the same, with what lies beyond the bits cleared
 *
 * There is no data. With more than 128 bits nobody can tell where the next prefix
 * begins.
 */
#include "wire/nlri_ip6.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/util.h"
#include "lib/wbuf.h"

enum { BITS_MAX = 128 };

static size_t bytes_of(unsigned bits)
{
	return (bits + 7) / 8;
}

static void key_set(struct nlri *n, uint8_t bits, const uint8_t *p)
{
	size_t len = bytes_of(bits);

	n->key[0] = bits;
	memcpy(n->key + 1, p, len);
	if (bits % 8)
		n->key[len] &= (uint8_t)(0xff00 >> bits % 8);
	n->key_len = (uint16_t)(1 + len);
	n->data_len = 0;
}

static enum nlri_result ip6_decode(struct rbuf *r, bool withdraw, struct nlri *out)
{
	uint8_t bits = rbuf_u8(r);
	const uint8_t *p;

	(void)withdraw;
	if (r->bad || bits > BITS_MAX)
		return NLRI_FRAMING;
	p = rbuf_take(r, bytes_of(bits));
	if (r->bad)
		return NLRI_FRAMING;
	key_set(out, bits, p);
	return NLRI_OK;
}

static void ip6_skip(struct rbuf *r)
{
	uint8_t bits = rbuf_u8(r);

	r->bad |= bits > BITS_MAX;
	(void)rbuf_take(r, bytes_of(bits));
}

static int ip6_encode(struct wbuf *w, bool withdraw, const struct nlri *n)
{
	(void)withdraw;
	if (wbuf_left(w) < n->key_len)
		return -ENOSPC;
	wbuf_bytes(w, n->key, n->key_len);
	return 0;
}

int nlri_ip6_view(const struct nlri *n, struct prefix *out)
{
	if (!n->key_len || n->key[0] > BITS_MAX ||
	    n->key_len != 1 + bytes_of(n->key[0]))
		return -EINVAL;
	*out = (struct prefix) { .ip.len = 16, .bits = n->key[0] };
	memcpy(out->ip.b, n->key + 1, n->key_len - 1u);
	return 0;
}

int nlri_ip6_build(const struct prefix *p, struct nlri *out)
{
	if (p->ip.len != 16 || p->bits > BITS_MAX)
		return -EINVAL;
	out->path_id = 0;
	key_set(out, p->bits, p->ip.b);
	return 0;
}

static const char *ip6_format(const struct nlri *n, char buf[NLRI_STR_MAX])
{
	char text[ADDR_STR];
	struct prefix p;

	if (nlri_ip6_view(n, &p))
		snprintf(buf, NLRI_STR_MAX, "[?]");
	else
		snprintf(buf, NLRI_STR_MAX, "%s", prefix_format(&p, text));
	return buf;
}

/* By address, and a prefix before what it covers: cleared bits are the least. */
static int ip6_cmp(const struct nlri *a, const struct nlri *b)
{
	struct prefix pa = { 0 }, pb = { 0 };
	int c;

	(void)nlri_ip6_view(a, &pa);
	(void)nlri_ip6_view(b, &pb);
	c = prefix_cmp(&pa, &pb);
	return c ? c : (a->path_id > b->path_id) - (a->path_id < b->path_id);
}

static bool ip6_origin(const struct nlri *n, struct nlri_origin *out)
{
	*out = (struct nlri_origin) {
		.mapping = n->key[0] == BITS_MAX ? NLRI_MAPPING_IF_MARKED
						 : NLRI_NO_MAPPING,
	};
	return true;
}

const struct nlri_ops nlri_ip6_ops = {
	.name = "ipv6 unicast",
	.afi = 2,
	.safi = 1,
	.decode = ip6_decode,
	.skip = ip6_skip,
	.encode = ip6_encode,
	.format = ip6_format,
	.origin = ip6_origin,
	.cmp = ip6_cmp,
};
