/* wire/nlri_evpn.h - EVPN routes (RFC 7432 section 7, RFC 9136 section 3.1). */
#ifndef WIRE_NLRI_EVPN_H
#define WIRE_NLRI_EVPN_H

#include "lib/addr.h"
#include "wire/nlri.h"

enum evpn_type {
	EVPN_AD = 1, /* Ethernet auto-discovery */
	EVPN_MACIP = 2,
	EVPN_IMET = 3, /* inclusive multicast Ethernet tag */
	EVPN_ES = 4,   /* Ethernet segment */
	EVPN_PREFIX = 5,
};

/*
 * An EVPN route as fields. Which are used depends on type; the rest is zero.
 * Labels are the raw 24 bits of the wire, host order: bits 0..23 are the VNI when
 * read as RFC 8365 says; label_from_mpls() gives the other reading.
 */
struct evpn_route {
	uint8_t type; /* enum evpn_type, or any other: then body is opaque in the key */
	struct rd rd;
	struct esi esi;      /* types 1, 2, 4, 5 */
	uint32_t tag;        /* types 1, 2, 3, 5; host order */
	struct mac mac;      /* type 2 */
	struct ip ip;        /* type 2 (may be none), 3 and 4 originator, 5 prefix */
	uint8_t prefix_bits; /* type 5 */
	struct ip gateway;   /* type 5; same family as the prefix */
	uint32_t label1, label2;
	bool has_label2;
};

extern const struct nlri_ops nlri_evpn_ops;

/** evpn_type_known - a type that has fields, rather than an opaque body? */
static inline bool evpn_type_known(uint8_t type)
{
	return type >= EVPN_AD && type <= EVPN_PREFIX;
}

/** evpn_format, evpn_cmp - as nlri_ops wants them (nlri_evpn_text.c). */
const char *evpn_format(const struct nlri *n, char buf[NLRI_STR_MAX]);
int evpn_cmp(const struct nlri *a, const struct nlri *b);

/** evpn_view - fields of a stored route; Return: 0, -EINVAL for bytes that did
 * not come from this file. Unknown types give only .type (and .rd never). */
int evpn_view(const struct nlri *n, struct evpn_route *out);

/** evpn_build - canonical key and data of a known type 1..5; Return: 0, -EINVAL. */
int evpn_build(const struct evpn_route *r, struct nlri *out);

/** label_from_mpls - top 20 bits of a raw 24-bit label (RFC 3032 reading). */
static inline uint32_t label_from_mpls(uint32_t raw24)
{
	return raw24 >> 4;
}

/** label_to_mpls - raw 24 bits of a 20-bit label with bottom-of-stack set. */
static inline uint32_t label_to_mpls(uint32_t label)
{
	return (label << 4 | 1) & 0xffffff;
}

#endif
