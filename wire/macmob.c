/*
 * MAC Mobility extended community (RFC 7432 section 7.7). Whether a higher
 * sequence wins is a decision, and not made here (RFC 7432 section 15).
 */
#include "wire/macmob.h"

#include <errno.h>

#include "lib/rbuf.h"
#include "lib/wbuf.h"

enum { MACMOB_TYPE = 0x0600, MACMOB_STICKY = 0x01 }; /* type 0x06, subtype 0x00 */

int macmob_decode(struct rbuf *r, struct macmob *out)
{
	uint16_t type = rbuf_u16(r);
	uint8_t flags = rbuf_u8(r);

	(void)rbuf_u8(r); /* reserved octet: ignored on receipt */
	uint32_t seq = rbuf_u32(r);

	if (r->bad) /* one check: an over-read sticks, and yields zeros */
		return -EBADMSG;
	if (type != MACMOB_TYPE)
		return -ENOENT;
	*out = (struct macmob) { .seq = seq, .sticky = flags & MACMOB_STICKY };
	return 0;
}

struct extcom macmob_encode(const struct macmob *m)
{
	struct extcom c;
	struct wbuf w = wbuf_of(c.b, sizeof(c.b));

	wbuf_u16(&w, MACMOB_TYPE);
	wbuf_u8(&w, m->sticky ? MACMOB_STICKY : 0);
	wbuf_u8(&w, 0);
	wbuf_u32(&w, m->seq);
	return c;
}
