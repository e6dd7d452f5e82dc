/* rib/claim.h - what the routes of a host may claim to be: `origin-check`; pure. */
#ifndef RIB_CLAIM_H
#define RIB_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "wire/update.h"

struct attrs;
struct nlri;
struct nlri_ops;

enum { CLAIM_VTEPS = 8, CLAIM_LOCATORS = 8, CLAIM_STR = 192 };

/* The setting of a neighbor: which addresses are its own beside that of the session. */
struct claim_rule {
	bool on;
	bool rd_as; /* RDs that begin with an AS number, which prove nothing, pass */
	uint8_t n_vteps, n_locators;
	struct prefix vteps[CLAIM_VTEPS];       /* or other next hops */
	struct prefix locators[CLAIM_LOCATORS]; /* of ILA: IPv6, 64 bits at most */
};

/** claim_rule_equal - is the same allowed by both? */
bool claim_rule_equal(const struct claim_rule *a, const struct claim_rule *b);

/* The judge of the routes of one UPDATE. */
struct claims {
	const struct claim_rule *rule; /* borrowed */
	const struct attrs *attrs;     /* borrowed */
	struct ip addr;                /* of the session */
	uint32_t id;                   /* BGP identifier of the host, host order */
	bool marked;            /* as ILA mappings, where a host route may be one */
	enum update_reason all; /* what is wrong with all routes; UR_NONE */
	enum update_reason mappings; /* ... with ILA mappings, instead of that */
	enum update_reason floods;   /* ... with those that say where to flood */
};

/**
 * claims_init - look at what is common to the routes of an UPDATE
 * @addr: address of the session
 * @id:   BGP identifier of the peer, host order
 *
 * Next hop, egress endpoints of attribute 23 and the endpoint of the PMSI tunnel
 * must be the host's own, and a route that was reflected is no host's
 * (ORIGINATOR_ID other than id, any CLUSTER_LIST). Of ILA mappings not the next hop but
 * the locator must be: it lies in one of rule->locators, or the address of the session
 * lies below it; both the one in the next hop and that of a large community.
 */
void claims_init(struct claims *c, const struct claim_rule *rule, const struct ip *addr,
		 uint32_t id, const struct attrs *a);

/**
 * claims_check - judge one route of the UPDATE
 *
 * A type 1 RD and the IP address of the originating router must be the host's own;
 * an RD of another type proves nothing and passes only by rule->rd_as.
 * Return: UR_NONE, or the UR_ORIGIN_ that it is refused for.
 */
enum update_reason claims_check(const struct claims *c, const struct nlri_ops *ops,
				const struct nlri *n);

/** claims_format - the refused claim in words ("next hop 10.0.0.11"); Return: buf. */
const char *claims_format(const struct claims *c, enum update_reason why,
			  const struct nlri_ops *ops, const struct nlri *n,
			  char buf[CLAIM_STR]);

#endif
