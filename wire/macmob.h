/* wire/macmob.h - MAC Mobility extended community: how often a MAC has moved. */
#ifndef WIRE_MACMOB_H
#define WIRE_MACMOB_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

struct rbuf;

struct macmob {
	uint32_t seq; /* host order */
	bool sticky;  /* the MAC must not move */
};

/**
 * macmob_decode - read one MAC Mobility community (RFC 7432 section 7.7)
 * @r:   reader at the type octet; 8 bytes are taken, network order
 * @out: written only on success; owned by the caller
 *
 * Return: 0; -EBADMSG if fewer than 8 bytes are left; -ENOENT if it is some
 * other community, its 8 bytes consumed so that the caller can go on.
 */
int macmob_decode(struct rbuf *r, struct macmob *out);

/** macmob_encode - the community for a sequence number and flag. */
struct extcom macmob_encode(const struct macmob *m);

#endif
