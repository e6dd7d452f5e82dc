/* wire/attrs.h - the path attributes of one UPDATE as fields. */
#ifndef WIRE_ATTRS_H
#define WIRE_ATTRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/addr.h"

struct wbuf;

enum attr_code {
	ATTR_ORIGIN = 1,
	ATTR_AS_PATH = 2,
	ATTR_NEXT_HOP = 3,
	ATTR_MED = 4,
	ATTR_LOCAL_PREF = 5,
	ATTR_ATOMIC_AGGREGATE = 6,
	ATTR_AGGREGATOR = 7,
	ATTR_COMMUNITY = 8,
	ATTR_ORIGINATOR_ID = 9,
	ATTR_CLUSTER_LIST = 10,
	ATTR_MP_REACH = 14,
	ATTR_MP_UNREACH = 15,
	ATTR_EXT_COMMUNITY = 16,
	ATTR_AS4_PATH = 17,
	ATTR_AS4_AGGREGATOR = 18,
	ATTR_PMSI = 22,
	ATTR_TUNNEL_ENCAP = 23,
	ATTR_IPV6_EXT_COMMUNITY = 25,
	ATTR_LARGE_COMMUNITY = 32,
	ATTR_OTC = 35,
};

/* A large community is three numbers (RFC 8092). */
enum { LARGE_COMMUNITY_LEN = 12 };

enum { ORIGIN_IGP, ORIGIN_EGP, ORIGIN_INCOMPLETE };
enum { PMSI_NONE = 0, PMSI_INGRESS_REPL = 6 };
enum { ENCAP_VXLAN = 8, ENCAP_NVGRE = 9, ENCAP_MPLS = 10 };

/* Well-known communities (RFC 1997, 9494), host order. */
#define COMMUNITY_NO_EXPORT           0xffffff01u
#define COMMUNITY_NO_ADVERTISE        0xffffff02u
#define COMMUNITY_NO_EXPORT_SUBCONFED 0xffffff03u
#define COMMUNITY_LLGR_STALE          0xffff0006u
#define COMMUNITY_NO_LLGR             0xffff0007u

struct bytes {
	const uint8_t *p; /* borrowed */
	size_t len;
};

/** bytes_eq - the same octets? None (p NULL) is not the same as no octets. */
static inline bool bytes_eq(struct bytes a, struct bytes b)
{
	return a.len == b.len && !a.p == !b.p && (!a.len || !memcmp(a.p, b.p, a.len));
}

/*
 * One attribute set. Byte strings are borrowed from the message or from the
 * interned set. AS paths are always 4-octet here (RFC 6793 merge already done).
 * `other` holds whole TLVs (flags, code, length, value) of attributes unknown to
 * us, optional transitive, partial bit set; in ascending code order. Among them is the
 * label set, which attrs_labelset() finds (wire/labelset.h); its Partial bit is as it
 * came, and it is not transitive if its flags were wrong.
 */
struct attrs {
	uint64_t present;  /* bit 1<<code for every code < 64 present and valid */
	uint64_t partial;  /* likewise: came with the Partial bit, which stays */
	struct ip nexthop; /* of MP_REACH or NEXT_HOP; none if neither */
	uint8_t origin;
	uint32_t med, local_pref;
	uint32_t originator_id;         /* host order */
	struct bytes as_path;           /* segments, 4-octet AS numbers */
	struct bytes aggregator;        /* 8 bytes: AS u32, IPv4 */
	struct bytes communities;       /* 4n */
	struct bytes cluster_list;      /* 4n */
	struct bytes ext_communities;   /* 8n */
	struct bytes ext6_communities;  /* 20n */
	struct bytes large_communities; /* LARGE_COMMUNITY_LEN n */
	struct bytes pmsi;              /* flags, type, label, tunnel id */
	struct bytes tunnel_encap;
	uint32_t otc;
	struct bytes other;
};

static inline bool attrs_has(const struct attrs *a, enum attr_code c)
{
	return a->present >> c & 1;
}

/** attrs_encode - canonical bytes of a set: known attributes in code order with
 * their standard flags and Partial (extended length only above 255), then `other`; no
 * MP_REACH, MP_UNREACH or NEXT_HOP, no AS4_*. Equal sets give equal bytes: the
 * intern key together with the next hop. Return: 0, -ENOSPC. */
int attrs_encode(struct wbuf *w, const struct attrs *a);

/** attrs_view - fields of what attrs_encode() wrote; borrowed from p.
 * nexthop is left none. Return: 0, -EBADMSG. */
int attrs_view(const uint8_t *p, size_t len, struct attrs *out);

/* How a set changes on its way out to one kind of peer. */
struct attr_export {
	bool ebgp;        /* prepend local_as, drop LOCAL_PREF, ORIGINATOR_ID,
			     CLUSTER_LIST, non-transitive communities, MED of others */
	bool transparent; /* route server (RFC 7947): leave AS_PATH and MED alone */
	bool weak;        /* long-lived stale to one who does not know (RFC 9494 4.6):
			     LOCAL_PREF 0, NO_EXPORT */
	bool as2;         /* peer has no 4-octet AS: 2-octet AS_PATH + AS4_PATH */
	uint32_t local_as;
	uint32_t originator_id; /* reflecting: set if absent; 0 = not reflecting */
	bool originator_set;    /* ... or if another one is there, too */
	uint32_t cluster_id;    /* reflecting: prepended */
};

/** attrs_export - path attributes as they go on the wire (without MP_REACH,
 * MP_UNREACH, NEXT_HOP). Return: 0, -ENOSPC. */
int attrs_export(struct wbuf *w, const struct attrs *a, const struct attr_export *x);

/* Facts that best path and tenants read again and again. */

/** attrs_as_path_len - RFC 4271 9.1.2.2: a SET counts 1, confederations 0. */
unsigned attrs_as_path_len(const struct attrs *a);

/** attrs_as_path_count - how often the AS occurs, in segments of all kinds. */
unsigned attrs_as_path_count(const struct attrs *a, uint32_t as);

/** attrs_first_as - leftmost AS of the first SEQUENCE; 0 when empty. */
uint32_t attrs_first_as(const struct attrs *a);

/** attrs_has_cluster - is this id (host order) in CLUSTER_LIST? */
bool attrs_has_cluster(const struct attrs *a, uint32_t id);

/** attrs_has_community - RFC 1997 value, host order. */
bool attrs_has_community(const struct attrs *a, uint32_t value);

/** attrs_has_rt - is exactly this extended community among them? */
bool attrs_has_extcom(const struct attrs *a, const struct extcom *c);

/** attrs_encap - tunnel type of the encapsulation community (RFC 9012 4.1);
 * -ENOENT when there is none. */
int attrs_encap(const struct attrs *a);

/** attrs_macmob - MAC mobility (RFC 7432 7.7); *seq 0 and *sticky false if absent.
 * Return: true if present. */
bool attrs_macmob(const struct attrs *a, uint32_t *seq, bool *sticky);

/** attrs_router_mac - RFC 9135 8.1; Return: true if present. */
bool attrs_router_mac(const struct attrs *a, struct mac *out);

/** attrs_pmsi - ingress replication endpoint (RFC 6514 5); Return: true for
 * tunnel type 6 with a 4- or 16-byte id. */
bool attrs_pmsi_ingress(const struct attrs *a, struct ip *vtep, uint32_t *label24);

/** as_path_format - "65001 65002 {65003}" into buf; Return: buf. */
const char *as_path_format(const struct bytes *path, char *buf, size_t size);

/** communities_format - "65000:1 no-export llgr-stale"; Return: buf. */
const char *communities_format(const struct bytes *list, char *buf, size_t size);

/** large_communities_format - "65000:1:2 65000:3:4"; Return: buf. */
const char *large_communities_format(const struct bytes *list, char *buf, size_t size);

/** extcom_format - FRR's words: RT:65000:100, ET:8, MM:3, MM:3, sticky MAC,
 * Rmac:..., else UNK:t, s. Return: buf. */
const char *extcom_format(const uint8_t c[8], char *buf, size_t size);

/** extcoms_format - all of a set, separated by one blank; Return: buf. */
const char *extcoms_format(const struct bytes *list, char *buf, size_t size);

#endif
