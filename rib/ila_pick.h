/* rib/ila_pick.h - which of the paths of an identifier say where it is; pure. */
#ifndef RIB_ILA_PICK_H
#define RIB_ILA_PICK_H

#include <stdbool.h>
#include <stdint.h>

#include "fib/intent.h"
#include "lib/ila.h"
#include "rib/best.h"

/* What carries mappings. */
enum ila_carrier {
	ILA_DRAFT, /* draft-lapukhov-bgp-ila-afi: next hop is the locator */
	ILA_IP6,   /* IPv6 unicast: host route with a marker */
	ILA_CARRIERS
};

/* Why a path is no mapping. What is wrong with the addresses themselves comes first,
 * as enum ila_fault has it. */
enum ila_refusal {
	ILA_R_NONE = ILA_OK,
	ILA_R_NO_LOCATOR = ILA_FAULTS, /* next hop is no IPv6 address */
	ILA_R_LOCATORS,                /* locator communities that differ */
	ILA_R_OWN_LOCATOR,             /* a locator of this host */
	ILA_R_OWN_ADDRESS,             /* the SIR address is one of this host */
	ILA_R_MODE,                    /* unknown checksum mode */
	ILA_R_TYPE,                    /* unknown type of identifier */
	ILA_R_VERSION,                 /* marker of another version */
	ILA_R_NO_DOMAIN,               /* of a SIR domain that is not configured */
	ILA_REFUSALS
};

/** ila_refusal_name - one word with underscores, for metrics. */
const char *ila_refusal_name(enum ila_refusal r);

/** ila_refusal_text - one line of words. */
const char *ila_refusal_text(enum ila_refusal r);

/* What the host that receives a path is, as far as checks ask for it. */
struct ila_view {
	bool draft;         /* carried by ILA_DRAFT, which names no SIR prefix */
	bool own_address;   /* the SIR address is an address of this host */
	enum ila_csum csum; /* of the domain, unless a marker says otherwise */
	/* SIR prefixes and locators of this host: none of them is where others are. */
	const struct ila64 *sirs, *locators;
	unsigned n_sirs, n_locators;
};

/* One usable path. */
struct ila_cand {
	struct path_view v; /* borrowed */
	struct ila64 locator;
	uint32_t seq;    /* MAC mobility, 0 without */
	float bandwidth; /* bytes per second; negative: not said */
	uint8_t csum, ident_type;
	bool anycast;
	uint8_t carrier; /* enum ila_carrier */
};

/**
 * ila_cand_read - is this path a mapping?
 * @addr: SIR address; its domain is configured
 * @out:  written only when it is
 *
 * Return: ILA_R_NONE; a reason; or -ENOENT: an IPv6 route without marker, which claims
 * nothing.
 */
int ila_cand_read(const struct ila_view *h, const struct ila_addr *addr,
		  const struct path_view *v, struct ila_cand *out);

/** ila_pick_equal - is nothing between these two that an operator can set: neither
 * staleness, sequence nor a step of the decision up to MED? */
bool ila_pick_equal(const struct ila_cand *best, const struct ila_cand *c);

struct ila_pick {
	const struct ila_cand *best; /* of those given; NULL: none is usable */
	unsigned n;                  /* locators: 1, or several that are anycast */
	bool duplicate;     /* announced as alone here and there, and none is newer */
	struct ila64 other; /* duplicate: the least of the other locators */
	bool more;          /* anycast: more locators than there is room for */
	struct ila64 locator[ILA_LOCATORS]; /* ascending */
	uint16_t weight[ILA_LOCATORS];
};

/**
 * ila_pick - decide, whatever the order of the candidates
 *
 * Not long-lived stale before long-lived stale, then the higher sequence, then what
 * best_cmp() says. If the best one is anycast, all that are so too, translate alike and
 * are equal to it up to MED join it; of more locators than ILA_LOCATORS the heaviest.
 * Sorts c.
 */
void ila_pick(struct ila_cand *c, unsigned n, struct ila_pick *out);

#endif
