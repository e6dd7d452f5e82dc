/*
 * Where the tunnels of a Tunnel Encapsulation attribute end. The rest of the
 * attribute is passed on unread. RFC 9012 sections 2 and 3.1.
 */
#include "wire/tunnel.h"

#include <errno.h>

enum {
	SUB_ENDPOINT = 6,
	SUB_LONG = 128, /* from this type on a sub-TLV has a length of two octets */
	AFI_NONE = 0,
	AFI_IP4 = 1,
	AFI_IP6 = 2,
};

struct tunnel_walk tunnel_walk_of(struct bytes value)
{
	return (struct tunnel_walk) { rbuf_of(value.p, value.len), rbuf_of(NULL, 0) };
}

/* reserved (4 octets), address family (2), address */
static int endpoint_decode(struct rbuf v, struct ip *out)
{
	static const uint8_t lengths[] = {
		[AFI_NONE] = 0, [AFI_IP4] = 4, [AFI_IP6] = 16
	};
	uint16_t afi;

	(void)rbuf_u32(&v);
	afi = rbuf_u16(&v);
	if (v.bad || afi >= sizeof(lengths) || rbuf_left(&v) != lengths[afi])
		return -EBADMSG;
	*out = ip_of(v.p, lengths[afi]);
	return 1;
}

int tunnel_endpoint_next(struct tunnel_walk *w, struct ip *out)
{
	for (;;) {
		if (!rbuf_left(&w->subs)) {
			if (!rbuf_left(&w->tlvs))
				return 0;
			(void)rbuf_u16(&w->tlvs); /* tunnel type */
			w->subs = rbuf_sub(&w->tlvs, rbuf_u16(&w->tlvs));
			if (w->tlvs.bad)
				return -EBADMSG;
			continue;
		}

		uint8_t type = rbuf_u8(&w->subs);
		size_t len = type >= SUB_LONG ? rbuf_u16(&w->subs) : rbuf_u8(&w->subs);
		struct rbuf v = rbuf_sub(&w->subs, len);

		if (w->subs.bad)
			return -EBADMSG;
		if (type == SUB_ENDPOINT)
			return endpoint_decode(v, out);
	}
}
