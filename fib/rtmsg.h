/* fib/rtmsg.h - route messages: what we write, and what the kernel says. */
#ifndef FIB_RTMSG_H
#define FIB_RTMSG_H

#include <stdbool.h>
#include <stdint.h>

#include "fib/ila.h"

struct fib;
struct nl;
struct nlmsghdr;

/*
 * Lower is better. A route to an endpoint wins over a mapping of the same identifier,
 * so that a container that comes here is reached at once; what has neither ends in the
 * domain's unreachable route.
 */
enum {
	METRIC_LOCAL = 100,
	METRIC_MAP = 200,
	METRIC_UNREACH = 0x7ffffffe,
};

enum { ENCAP_ILA = 3 }; /* LWTUNNEL_ENCAP_ILA */

/* Attributes of ILA, inside RTA_ENCAP and of the generic family; linux/ila.h. */
enum {
	RTMSG_ILA_LOCATOR = 1,
	RTMSG_ILA_LOCATOR_MATCH = 3,
	RTMSG_ILA_CSUM_MODE = 7,
	RTMSG_ILA_IDENT_TYPE = 8,
	RTMSG_ILA_HOOK_TYPE = 9,
	RTMSG_ILA_MAX = RTMSG_ILA_HOOK_TYPE,
};

/* An IPv6 route as a message has it. */
struct rtmsg_route {
	struct ip dst; /* 16 bytes */
	uint8_t bits, protocol, type;
	bool cloned;
	bool strange; /* not as we write it: encap of other kinds, hooks, mixed modes */
	uint32_t table, metric;
	uint32_t mtu;                     /* of its own; 0: that of the device */
	uint32_t n;                       /* next hops */
	struct ila_hop hop[ILA_LOCATORS]; /* locator zero: no encap */
	uint8_t csum, ident_type;         /* of the encap */
	struct ip src;
};

/** rtmsg_parse - RTM_NEWROUTE or RTM_DELROUTE; Return: 0; -EBADMSG; -EAFNOSUPPORT. */
int rtmsg_parse(const struct nlmsghdr *h, struct rtmsg_route *r);

/** rtmsg_mtu - of RTA_METRICS, which may be NULL; 0: none. */
uint32_t rtmsg_mtu(const struct rtattr *metrics);

/** rtmsg_key - which object of ours has this place? Return: false: none. */
bool rtmsg_key(const struct rtmsg_route *r, struct want_key *k);

/** rtmsg_entry - a route of ours as entry and value; Return: false: it is none. */
bool rtmsg_entry(struct fib *f, const struct rtmsg_route *r, struct want_key *k,
		 struct want_val *v);

/**
 * rtmsg_put - append the message that adds (or replaces) or deletes a route
 * @who: as nl_add(): given back with the answer
 * @v:   what it says; when deleted: what it said
 *
 * k->table MAP (of ILA_PLANE_KERNEL), LOCAL or DOMAIN (vni 0).
 */
void rtmsg_put(struct fib *f, struct nl *nl, void *who, bool add,
	       const struct want_key *k, const struct want_val *v);

#endif
