/* rib/identity.h - who is behind an address: from what routes claim, and what endpoints
 * of this host have, to (network, address) -> identity. */
#ifndef RIB_IDENTITY_H
#define RIB_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "rib/labels.h"
#include "wire/attrs.h"

struct identities; /* opaque: label sets in use, addresses, the static map */

enum {
	IDENTITY_KEYS = 32,    /* label-keys */
	IDENTITY_MAPS = 4096,  /* lines of the static map */
	IDENTITY_ATTRS = 2048, /* octets of attributes with labels that we originate */
	IDENTITY_IFNAME = 16,
};

/*
 * Sets are named by handles. These say that the labels are not known although somebody
 * said something, all of them as identity init, and one is this host itself; they need
 * no reference, and are the only ones where there are no identities.
 */
enum identity_set {
	IDSET_NONE,       /* nothing is said */
	IDSET_UNLABELLED, /* an endpoint of this host without labels that count */
	IDSET_MALFORMED,  /* labels, or communities that contradict each other */
	IDSET_MISMATCH,   /* numbers that do not follow from the labels */
	IDSET_RESERVED,   /* a number that nobody may claim */
	IDSET_CONFLICT,   /* paths of equal rank say different things */
	IDSET_FULL,       /* too many sets */
	IDSET_HOST,       /* this host itself: identity host */
	IDSET_FIRST,      /* label sets and bare numbers are from here on */
};

/** identity_reason_name - one word with underscores for IDSET_MALFORMED and so on. */
const char *identity_reason_name(enum identity_set s);

/** identity_reason_text - the same in words. */
const char *identity_reason_text(enum identity_set s);

/* An address, or a prefix of the static map. */
struct identity_addr {
	uint32_t vni; /* 0: ILA, SIR addresses */
	struct ip ip;
	uint8_t bits;
	uint32_t identity;
	uint32_t was;                 /* before a change; 0: nobody, or told again */
	char ifname[IDENTITY_IFNAME]; /* of an endpoint of this host, else "" */
};

/* What policy and the data plane hear. All are called from within the functions below;
 * bodies are borrowed; none may call back but to read. */
struct identity_hooks {
	/** labelset_used - this number is going to be that of an address
	 * @labels: canonical; p NULL: not known
	 *
	 * Comes again for the same number when its labels become known, or unknown. Not
	 * for reserved numbers, which are always there. */
	void (*labelset_used)(void *ctx, uint32_t identity, struct bytes labels);

	/** labelset_unused - no address has this number any more. */
	void (*labelset_unused)(void *ctx, uint32_t identity);

	/** address_set, address_unset - an address is new, or has another identity; is
	 * nobody's any more. */
	void (*address_set)(void *ctx, const struct identity_addr *a);
	void (*address_unset)(void *ctx, const struct identity_addr *a);

	/** unknown - it became init for this reason: for the log. */
	void (*unknown)(void *ctx, const struct identity_addr *a,
			enum identity_set why);
};

/* What makes claims of routes and labels of endpoints mean something else: with other
 * values there is a new struct identities. */
struct identity_domain {
	uint32_t domain; /* 0: labels are neither sent nor read */
	uint8_t code;    /* of the attribute */
	uint32_t as;     /* ours */
	uint32_t large;  /* function of the large community; 0: none */
};

/** identities_new - hooks are borrowed for life, every one must be set. */
struct identities *identities_new(const struct identity_domain *d,
				  const struct identity_hooks *hooks, void *ctx);

/** identities_free - memory only: nobody is told, and handles end with it. */
void identities_free(struct identities *d);

const struct identity_domain *identities_domain(const struct identities *d);

/* ---- configuration ----------------------------------------------------- */

/* A line of the static map, for addresses without a route that says more. */
struct identity_map {
	struct prefix prefix;
	struct labels labels;
	size_t n_scopes;
	const uint32_t *scope; /* VNIs; 0: ILA */
};

struct identity_conf {
	size_t n_keys, n_assign, n_maps;
	const char *const *keys;
	const struct labels_assign *assign;
	const struct identity_map *maps;
};

/**
 * identities_configure - label-keys, assigned numbers and static map, by difference
 *
 * What routes and endpoints come to may be something else then: ask again.
 */
void identities_configure(struct identities *d, const struct identity_conf *c);

/** identities_clear - no address has anybody behind it: before identities_free(), so
 * that who listens hears it. */
void identities_clear(struct identities *d);

/* ---- handles ----------------------------------------------------------- */

/**
 * identities_claim - what a route that is believed says of who is behind it
 *
 * The label set, else the wide community, else the group policy id, else the large
 * community; numbers that come with labels must follow from them, or be what the
 * operator assigns here.
 * Return: a counted handle; IDSET_NONE if it says nothing.
 */
uint32_t identities_claim(struct identities *d, const struct attrs *a);

/**
 * identities_of_labels - of an endpoint of this host
 * @d:      NULL: labels mean nothing
 * @labels: canonical text; only those of label-keys count
 *
 * Return: a counted handle; IDSET_NONE if none is left; IDSET_FULL.
 */
uint32_t identities_of_labels(struct identities *d, const char *labels);

/** identities_ref, identities_unref - nothing to do for an enum identity_set, so that d
 * may be NULL. */
uint32_t identities_ref(struct identities *d, uint32_t set);
void identities_unref(struct identities *d, uint32_t set);

/** identities_number - the identity; handle in use or an enum identity_set. */
uint32_t identities_number(const struct identities *d, uint32_t set);

/** identities_labels - canonical; empty: none, or not known. */
struct bytes identities_labels(const struct identities *d, uint32_t set);

/* ---- addresses --------------------------------------------------------- */

/**
 * identities_put - who is behind an address, as the best routes or endpoints say
 * @set:    takes no reference of the caller's; IDSET_NONE: nobody says so any more
 * @ifname: of an endpoint of this host, "" otherwise
 */
void identities_put(struct identities *d, uint32_t vni, const struct ip *ip,
		    uint32_t set, const char *ifname);

/** identities_resync - labelset_used and address_set for all there is, again. */
void identities_resync(struct identities *d);

/* ---- origination ------------------------------------------------------- */

enum { IDENTITY_EXTCOMS = 2, IDENTITY_TLV = 4 + LABELSET_HEAD + LABELS_LEN };

/* What goes with a route of ours. */
struct identity_tags {
	size_t n_extcoms;
	struct extcom extcom[IDENTITY_EXTCOMS];
	size_t large_len;
	uint8_t large[LARGE_COMMUNITY_LEN];
	size_t tlv_len;
	uint8_t tlv[IDENTITY_TLV]; /* the attribute, for attrs.other */
};

/**
 * identities_tags - how a route of this endpoint tells its labels
 * @group: also as a group policy id
 *
 * The group policy id is the low half of the identity. A VTEP that announces it says
 * with it that it takes frames with a group in their header, for that is what senders
 * go by: a device without `gbp` drops them. So it goes with a mapping of ILA, which
 * has no such header, and with routes of a tenant that has `gbp`, and with no others,
 * although it may be that nothing but this number is understood by who reads it.
 * Number and attribute are those that every host derives; what a twin has here is not
 * for others.
 */
void identities_tags(const struct identities *d, uint32_t set, bool group,
		     struct identity_tags *out);

/** identities_fit - can attributes with labels still grow on their way (CLUSTER_LIST,
 * AS_PATH)? If not, the route must not go out: labels are never dropped to make it fit.
 */
bool identities_fit(const struct attrs *a);

/* ---- what there is ----------------------------------------------------- */

struct identity_info {
	uint32_t set;
	uint32_t number;
	enum labelset_origin origin;
	enum identity_set why;          /* of init: else IDSET_NONE */
	struct bytes labels;            /* p NULL: none, or not known */
	uint32_t local, remote, mapped; /* addresses, and prefixes of the map */
};

/** identities_list - those that an address has, in order of numbers. Return: how many;
 * *out is owned, its labels are borrowed. */
size_t identities_list(const struct identities *d, struct identity_info **out);

/** identities_addresses - of one number (0: all), at most max, in no order. */
void identities_addresses(const struct identities *d, uint32_t number, uint32_t max,
			  void (*fn)(void *arg, const struct identity_addr *a),
			  void *arg);

/** identities_find - who has exactly this address or prefix; Return: false: nobody. */
bool identities_find(const struct identities *d, uint32_t vni, const struct prefix *p,
		     struct identity_addr *out);

/** identities_lookup - who an address belongs to: its own entry, else the longest
 * prefix of the static map. Return: false: nobody. */
bool identities_lookup(const struct identities *d, uint32_t vni, const struct ip *ip,
		       struct identity_addr *out);

/** identities_labels_of - of a number that addresses have; empty: not known. */
struct bytes identities_labels_of(const struct identities *d, uint32_t number);

struct identity_counts {
	uint32_t sets, unknown, twins; /* in use: with labels, bare numbers; of these */
	uint32_t local, remote, maps;  /* addresses; prefixes of the map in force */
	uint32_t held;             /* sets and numbers that somebody has a handle of */
	uint32_t now[IDSET_FIRST]; /* addresses by enum identity_set */
	uint64_t total[IDSET_FIRST]; /* how often one became that */
	uint64_t oversized;          /* routes not sent */
	size_t bytes;
};
void identities_counts_get(const struct identities *d, struct identity_counts *out);

/** identities_oversized - count a route that identities_fit() refused. */
void identities_oversized(struct identities *d);

#endif
