/* wire/ila_com.h - what a route says of an ILA mapping beside its NLRI: marker, weight
 * and locator, as communities. Not for: what is to be believed (rib/). */
#ifndef WIRE_ILA_COM_H
#define WIRE_ILA_COM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/ila.h"
#include "wire/attrs.h"

/*
 * The marker makes an ILA mapping of an IPv6 host route (AFI 2 SAFI 1), and may stand
 * beside a route of the draft's own family. An extended community of the experimental
 * range (RFC 9184), 8 bytes:
 *
 *   83 1a  version 01  checksum mode  type of identifier  flags  00 00
 *
 * Modes and types are the kernel's numbers (lib/ila.h), as they came: whoever acts on
 * them checks them. Flag bits other than these are ignored on receipt, zero when sent.
 */
struct ila_marker {
	uint8_t csum_mode;  /* enum ila_csum */
	uint8_t ident_type; /* enum ila_type */
	bool anycast;       /* bit 0: several hosts announce it on purpose */
};

/**
 * attrs_ila_marker - the marker of a route
 * @out: written only on success
 *
 * Reflectors sort communities, so of several markers the least one counts.
 * Return: 0; -ENOENT without one; -ENOTSUP if all are of versions that we do not know.
 */
int attrs_ila_marker(const struct attrs *a, struct ila_marker *out);

struct extcom ila_marker_make(const struct ila_marker *m);

/**
 * attrs_link_bandwidth - draft-ietf-idr-link-bandwidth, transitive (00 04) or not
 * (40 04); of several the least one counts
 * @bytes_s: bytes per second, a finite number >= 0; written only on success
 *
 * Return: 0; -ENOENT without one; -EINVAL if it is no such number.
 */
int attrs_link_bandwidth(const struct attrs *a, float *bytes_s);

/** link_bandwidth_make - the non-transitive one, 40 04; an AS of four octets is told as
 * AS_TRANS. */
struct extcom link_bandwidth_make(uint32_t as, float bytes_s);

/**
 * attrs_ila_locator - the copy of the locator that survives a changed next hop
 * @as:  of the community's first number, host order; 0: of any
 * @out: written only on success
 *
 * What is neither global unicast (2000::/3) nor unique local (fc00::/7) is somebody
 * else's large community.
 * Return: 0; -ENOENT without one; -EINVAL if there are several that differ.
 */
int attrs_ila_locator(const struct attrs *a, uint32_t as, struct ila64 *out);

/** ila_locator_make - the community: AS, and the locator's halves. */
void ila_locator_make(uint32_t as, const struct ila64 *locator,
		      uint8_t out[LARGE_COMMUNITY_LEN]);

/** ila_marker_format - "ILA:neutral-map,luid,anycast" of the 8 bytes; Return: buf. */
const char *ila_marker_format(const uint8_t c[8], char *buf, size_t size);

/** link_bandwidth_format - FRR's words, "LB:65000:125000000 (1.000 Gbps)", of the 8
 * bytes; Return: buf. */
const char *link_bandwidth_format(const uint8_t c[8], char *buf, size_t size);

#endif
