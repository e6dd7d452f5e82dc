/* wire/nlri_ila.h - identifiers of draft-lapukhov-bgp-ila-afi-02. */
#ifndef WIRE_NLRI_ILA_H
#define WIRE_NLRI_ILA_H

#include "lib/ila.h"
#include "wire/nlri.h"

/* The draft's AFI was never assigned. By default it is SAFI 241, for private use (RFC
 * 4760 section 9), of AFI 2. */
enum { ILA_AFI_DEFAULT = 2, ILA_SAFI_DEFAULT = 241 };

/* Constant but for afi and safi, which bgpd/families.c sets as configured. */
extern struct nlri_ops nlri_ila_ops;

/** nlri_ila_family_check - may the family have this number? Return: NULL, or why it may
 * not, for `family AFI SAFI ...`. */
const char *nlri_ila_family_check(uint16_t afi, uint8_t safi);

/** nlri_ila_view - the identifier of a stored route; Return: 0, -EINVAL for bytes that
 * did not come from this file. */
int nlri_ila_view(const struct nlri *n, struct ila64 *id);

/** nlri_ila_build - the route of an identifier. */
void nlri_ila_build(const struct ila64 *id, struct nlri *out);

#endif
