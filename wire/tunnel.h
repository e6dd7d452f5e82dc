/* wire/tunnel.h - egress endpoints in the Tunnel Encapsulation attribute. */
#ifndef WIRE_TUNNEL_H
#define WIRE_TUNNEL_H

#include "lib/addr.h"
#include "lib/rbuf.h"
#include "wire/attrs.h"

/* A walk over all tunnels of an attribute; borrows its value. */
struct tunnel_walk {
	struct rbuf tlvs, subs;
};

/** tunnel_walk_of - begin with the value of attribute 23 (may be empty). */
struct tunnel_walk tunnel_walk_of(struct bytes value);

/**
 * tunnel_endpoint_next - the next Tunnel Egress Endpoint sub-TLV (RFC 9012 3.1)
 * @out: its address; none (len 0) when it stands for the next hop (family 0)
 *
 * Return: 1 with *out written, 0 at the end, -EBADMSG when a length does not fit or
 * the address is of another family than IPv4 and IPv6.
 */
int tunnel_endpoint_next(struct tunnel_walk *w, struct ip *out);

#endif
