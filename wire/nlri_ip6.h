/* wire/nlri_ip6.h - IPv6 unicast prefixes, AFI 2 SAFI 1 (RFC 4760, 2545). */
#ifndef WIRE_NLRI_IP6_H
#define WIRE_NLRI_IP6_H

#include "lib/addr.h"
#include "wire/nlri.h"

extern const struct nlri_ops nlri_ip6_ops;

/** nlri_ip6_view - the prefix of a stored route; Return: 0, -EINVAL for bytes that did
 * not come from this file. */
int nlri_ip6_view(const struct nlri *n, struct prefix *out);

/** nlri_ip6_build - the route of a prefix, what lies beyond its bits cleared; Return:
 * 0, -EINVAL if it is none of IPv6. */
int nlri_ip6_build(const struct prefix *p, struct nlri *out);

#endif
