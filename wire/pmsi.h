/* wire/pmsi.h - PMSI Tunnel attribute: where broadcast traffic goes. */
#ifndef WIRE_PMSI_H
#define WIRE_PMSI_H

#include <stdint.h>

#include "lib/addr.h"
#include "lib/rbuf.h"

struct wbuf;

struct pmsi {
	uint8_t flags;
	uint8_t type;     /* 6: ingress replication */
	uint32_t label24; /* raw, host order */
	struct ip vtep;   /* of type 6, else none */
};

/**
 * pmsi_decode - value of attribute 22 (RFC 6514 section 5)
 * @v:   the value
 * @out: written only on success
 *
 * Tunnel types other than ingress replication pass with their id unread.
 * Return: 0; -EBADMSG when shorter than 5 bytes, or of type 6 with an id that is
 * no address.
 */
int pmsi_decode(struct rbuf v, struct pmsi *out);

/** pmsi_encode - value for ingress replication to p->vtep. */
void pmsi_encode(struct wbuf *w, const struct pmsi *p);

#endif
