/*
 * The table of address families. Capability, UPDATE decoding, fuzzing and show
 * commands follow from a row; nothing else switches on AFI or SAFI.
 */
#include "bgpd/family.h"

#include "wire/nlri_evpn.h"
#include "wire/nlri_ila.h"
#include "wire/nlri_ip6.h"
#include "wire/nlri_rtc.h"

const struct family families[FAMS] = {
	[FAM_EVPN] = { FAM_EVPN, &nlri_evpn_ops, "l2VpnEvpn", "L2VPN EVPN",
		       .addpath = true, .rt_constrained = true },
	[FAM_RTC] = { FAM_RTC, &nlri_rtc_ops, "ipv4RtConstraint",
		      "IPv4 RT Constraint" },
	[FAM_ILA] = { FAM_ILA, &nlri_ila_ops, "ilaUnicast", "ILA Unicast",
		      .addpath = true },
	[FAM_IP6] = { FAM_IP6, &nlri_ip6_ops, "ipv6Unicast", "IPv6 Unicast",
		      .addpath = true },
};

const struct family *family_find(uint16_t afi, uint8_t safi)
{
	for (size_t i = 0; i < FAMS; i++)
		if (families[i].ops->afi == afi && families[i].ops->safi == safi)
			return &families[i];
	return NULL;
}

bool family_ila_set(uint16_t afi, uint8_t safi)
{
	bool other = nlri_ila_ops.afi != afi || nlri_ila_ops.safi != safi;

	nlri_ila_ops.afi = afi;
	nlri_ila_ops.safi = safi;
	return other;
}
