/*
 * Text out of messages: host names, software versions, shutdown communications.
 * A peer chooses these bytes and an operator reads them, so nothing that moves a
 * cursor or rewrites a line may come through (RFC 9003 section 6).
 * Not for: configuration text, which is checked where it is parsed.
 */
#include "wire/text.h"

#include <stdbool.h>
#include <string.h>

#include "lib/rbuf.h"

/* Length of a well-formed sequence by its first byte; 0 for a byte that starts none. */
static size_t seq_len(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* The code point at p, or -1; n bytes long. */
static int32_t code_point(const uint8_t *p, size_t n)
{
	static const int32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int32_t c = n == 1 ? p[0] : p[0] & (0x7f >> n);

	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	return c;
}

static bool is_printable(int32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	if ((c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e))
		return false;
	return !(c >= 0x2066 && c <= 0x2069) && c != 0xfeff;
}

const char *text_copy(char *dst, size_t size, const uint8_t *src, size_t len)
{
	struct rbuf r = rbuf_of(src, len);
	size_t at = 0;

	while (rbuf_left(&r)) {
		size_t n = seq_len(r.p[0]);
		bool whole = n && n <= rbuf_left(&r);
		int32_t c = whole ? code_point(r.p, n) : -1;
		const uint8_t *from = rbuf_take(&r, c < 0 ? 1 : n);
		bool keep = c >= 0 && is_printable(c);

		if (!keep)
			n = 1;
		if (at + n + 1 > size)
			break;
		memcpy(dst + at, keep ? (const char *)from : "?", n);
		at += n;
	}
	if (size)
		dst[at] = '\0';
	return dst;
}
