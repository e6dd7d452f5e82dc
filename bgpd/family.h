/* bgpd/family.h - the address families we speak, one row each. */
#ifndef BGPD_FAMILY_H
#define BGPD_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/nlri.h"

/* Rows in families.c, and of the settings that a neighbor has per family. */
enum { FAM_EVPN, FAM_RTC, FAM_ILA, FAM_IP6, FAMS };

struct family {
	unsigned index; /* place in families[], 0..FAMS-1 */
	const struct nlri_ops *ops;
	const char *json; /* FRR's key: "l2VpnEvpn" */
	const char *text; /* FRR's heading: "L2VPN EVPN" */
	bool addpath;     /* several paths of one route may be exchanged (RFC 7911) */
	/* Told only to whom asks for a route target of theirs, once the peer speaks
	 * FAM_RTC (RFC 4684). */
	bool rt_constrained;
};

extern const struct family families[FAMS];

/** family_find - NULL for one we do not speak. */
const struct family *family_find(uint16_t afi, uint8_t safi);

/** family_ila_set - the number of FAM_ILA from now on, one that
 * nlri_ila_family_check() does not refuse. Sessions that were told another one have to
 * end: bgp_apply() sees to it. Return: is it another one? */
bool family_ila_set(uint16_t afi, uint8_t safi);

#endif
