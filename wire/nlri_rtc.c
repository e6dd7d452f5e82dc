/*
 * Route target membership between the wire, the RIB's key bytes, and text. Not for:
 * which routes a membership lets pass (rib/rtset.c).
 * RFC 4684 section 4, RFC 7606 section 5.3.
 *
 *   wire  bits u8, origin AS u32, route target 8; as many bytes as the bits need
 *   key   the same, with what lies beyond the bits cleared
 *
 * There is no data. An origin AS is no prefix, so 1 to 31 bits mean nothing: such a
 * route is skipped, as its length still tells where the next one begins. A length
 * above 96 tells nothing at all, and what follows cannot be trusted either.
 */
#include "wire/nlri_rtc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/rbuf.h"
#include "lib/util.h"
#include "lib/wbuf.h"
#include "wire/attrs.h"

enum { KEY_MAX = 1 + RTC_FULL_BITS / 8 };

static bool bits_valid(unsigned bits)
{
	return !bits || (bits >= RTC_AS_BITS && bits <= RTC_FULL_BITS);
}

static enum nlri_result rtc_decode(struct rbuf *r, bool withdraw, struct nlri *out)
{
	uint8_t bits = rbuf_u8(r);
	size_t len = (bits + 7u) / 8;

	(void)withdraw;
	if (r->bad || bits > RTC_FULL_BITS)
		return NLRI_FRAMING;

	const uint8_t *p = rbuf_take(r, len);

	if (r->bad)
		return NLRI_FRAMING;
	if (!bits_valid(bits))
		return NLRI_SKIP;
	out->key[0] = bits;
	memcpy(out->key + 1, p, len);
	if (bits % 8)
		out->key[len] &= (uint8_t)(0xff00 >> bits % 8);
	out->key_len = (uint16_t)(1 + len);
	out->data_len = 0;
	return NLRI_OK;
}

static void rtc_skip(struct rbuf *r)
{
	uint8_t bits = rbuf_u8(r);

	r->bad |= bits > RTC_FULL_BITS;
	(void)rbuf_take(r, (bits + 7u) / 8);
}

static int rtc_encode(struct wbuf *w, bool withdraw, const struct nlri *n)
{
	(void)withdraw;
	if (wbuf_left(w) < n->key_len)
		return -ENOSPC;
	wbuf_bytes(w, n->key, n->key_len);
	return 0;
}

int rtc_view(const struct nlri *n, struct rtc_route *out)
{
	struct rbuf r = rbuf_of(n->key, n->key_len);
	uint8_t bits = rbuf_u8(&r);

	*out = (struct rtc_route) { .bits = bits };
	if (r.bad || !bits_valid(bits) || rbuf_left(&r) != (bits + 7u) / 8)
		return -EINVAL;
	if (!bits)
		return 0;
	out->as = rbuf_u32(&r);
	memcpy(out->rt.b, r.p, rbuf_left(&r));
	return 0;
}

/* By way of the wire form: one place that knows what is canonical. */
int rtc_build(const struct rtc_route *r, struct nlri *out)
{
	uint8_t buf[KEY_MAX];
	struct wbuf w = wbuf_of(buf, sizeof(buf));

	if (!bits_valid(r->bits))
		return -EINVAL;
	wbuf_u8(&w, r->bits);
	wbuf_u32(&w, r->as);
	wbuf_bytes(&w, r->rt.b, sizeof(r->rt.b));

	struct rbuf b = rbuf_of(buf, 1 + (r->bits + 7u) / 8);

	out->path_id = 0;
	return rtc_decode(&b, false, out) == NLRI_OK ? 0 : -EINVAL;
}

/* Route targets that have words of their own, whole; others as bytes. */
static void target_format(const struct rtc_route *r, char *buf, size_t size)
{
	size_t len = (r->bits - RTC_AS_BITS + 7u) / 8, at = 0;

	buf[0] = '\0';
	if (r->bits == RTC_FULL_BITS) {
		extcom_format(r->rt.b, buf, size);
		if (!strncmp(buf, "RT:", 3)) {
			memmove(buf, buf + 3, strlen(buf + 3) + 1);
			return;
		}
		if (strncmp(buf, "UNK:", 4))
			return;
	}
	for (size_t i = 0; i < len && at + 3 <= size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%02x", r->rt.b[i]);
}

/* AS:TARGET/BITS, e.g. 65000:65000:100/96; "default". */
static const char *rtc_format(const struct nlri *n, char buf[NLRI_STR_MAX])
{
	struct rtc_route r;
	char target[64];

	if (rtc_view(n, &r)) {
		snprintf(buf, NLRI_STR_MAX, "[?]");
	} else if (!r.bits) {
		snprintf(buf, NLRI_STR_MAX, "default");
	} else if (r.bits == RTC_AS_BITS) {
		snprintf(buf, NLRI_STR_MAX, "%u/%u", r.as, r.bits);
	} else {
		target_format(&r, target, sizeof(target));
		snprintf(buf, NLRI_STR_MAX, "%u:%s/%u", r.as, target, r.bits);
	}
	return buf;
}

/* The default first, then by what they say, a prefix before what it covers. */
static int rtc_cmp(const struct nlri *a, const struct nlri *b)
{
	int c = memcmp(a->key + 1, b->key + 1, MIN_OF(a->key_len, b->key_len) - 1u);

	if (!c)
		c = a->key[0] - b->key[0];
	return c ? c : (a->path_id > b->path_id) - (a->path_id < b->path_id);
}

const struct nlri_ops nlri_rtc_ops = {
	.name = "ipv4 rt-constraint",
	.afi = 1,
	.safi = 132,
	.decode = rtc_decode,
	.skip = rtc_skip,
	.encode = rtc_encode,
	.format = rtc_format,
	.cmp = rtc_cmp,
};
