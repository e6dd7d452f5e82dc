/* fib/ila.h - SIR domains: who translates, what is mapped, what is local. */
#ifndef FIB_ILA_H
#define FIB_ILA_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "fib/intent.h"
#include "fib/nl.h"
#include "fib/share.h"
#include "fib/want.h"

struct fib;
struct link;

/*
 * What fib/want.h has of a domain. key.vni is the data plane that the object is of:
 *
 *   table   key.vni  key.ip            value
 *   DOMAIN  0        SIR prefix, or    WV_UNREACH: route /64, unreachable
 *                    locator of ours
 *           KERNEL   locator of ours   to: SIR prefix, csum, ident_type: xlat entry
 *           EBPF     SIR prefix        to: locator of ours (zero: none), csum; num:
 * flags MAP     KERNEL   SIR address       num: struct ila_hops, to: locator when it is
 * one EBPF     SIR address       to: locator; of several num: struct ila_hops LOCAL   0
 * address           num: ifindex: route to the device EBPF     SIR address       num:
 * ifindex, 0 of the host itself; to: prefix of the tenant (12 bytes), none without
 * ILA_EP_PREFIX
 *
 * A change of plane puts everything into the tables of the new one and, once all of it
 * is written, takes it out of the old one's.
 */
enum { ILA_PLANES = ILA_PLANE_EBPF + 1 };

/* Locators of one mapping, and in the kernel plane how they are reached. Shared: the
 * number is want_val.num, ila_hops() has the value. Compared as bytes. */
struct ila_hops {
	uint8_t src[16]; /* kernel: preferred source of this host, zero: none */
	uint32_t n, pad;
	struct ila_hop {
		struct ila64 locator;
		uint32_t ifindex; /* kernel */
		uint16_t weight;  /* kernel: 1..256; else 1.. */
		uint8_t has_gw, pad;
		uint8_t gw[16]; /* kernel: zero when on link */
	} hop[ILA_LOCATORS];
};

/* A locator that mappings of a domain name. */
struct ila_loc {
	struct ila_loc_key {
		struct ila64 sir, locator;
	} key;
	struct ila_dom *dom;
	uint8_t csum;       /* of the last mapping that named it */
	bool own;           /* a locator of this host: nothing may be sent there */
	bool used;          /* found in use by the running count */
	bool dirty;         /* to be looked up: on fib.ila.dirty */
	bool changed;       /* mappings have not followed yet */
	bool told;          /* backend: loc_set() was called */
	int32_t err;        /* why it has no way; -EINPROGRESS: not asked yet */
	struct ila_hop hop; /* the way, when err is 0 */
	uint32_t mtu;       /* of that: the largest packet */
	uint32_t share;     /* hops with this one only; 0: not known yet */
	TAILQ_ENTRY(ila_loc) q;
	UT_hash_handle hh;
};

TAILQ_HEAD(ila_locs, ila_loc);

/* A mapping to several locators, as the engine gave it. */
struct ila_multi {
	struct intent_ila_multi want;
	UT_hash_handle hh; /* by want.addr */
};

/* One SIR domain, wanted or with entries of an earlier run. */
struct ila_dom {
	struct ila64 sir;
	struct intent_ila_domain want; /* when wanted */
	bool wanted;
	uint16_t gen;        /* generation of that */
	uint8_t plane;       /* enum ila_plane in force; NONE: nobody can */
	uint8_t home;        /* plane whose side has what is wanted; KERNEL or EBPF */
	uint8_t from;        /* plane that it is moving away from, 0: none */
	bool changed;        /* all mappings are to be looked at again */
	bool walk;           /* some of them */
	uint32_t host_addrs; /* addresses of this host within the SIR prefix */
	struct ila_addr src; /* the host's own identifier, zero: none */
	struct want_dom side[ILA_PLANES];
	struct intent_ila_state told;
	char why[NL_WHY];
	int32_t err;
	UT_hash_handle hh; /* by sir */
};

/* An identifier of this host. */
struct ila_ep {
	struct intent_ila_endpoint want;
	struct ila_dom *dom;
	uint16_t gen;
	uint32_t raised;   /* ifindex of the device that was set up once */
	int32_t err;       /* ILA_EP_HOST: told last */
	UT_hash_handle hh; /* by want.addr */
};

/*
 * A data plane. Its differences come by want_next() of its queue, each is answered by
 * want_done(); keys and values are as said above. In the order of enum ila_plane.
 */
struct ila_backend {
	const char *name;
	uint8_t queue; /* enum want_queue */

	/** probe - can this machine? May be asked again. Return: 0; or -errno, and in
	 * why[NL_WHY] what is missing. Opens what the others need. */
	int (*probe)(struct fib *f, char *why);
	void (*close)(struct fib *f);

	/** dom_set - a domain is served from here on, or a setting of it changed:
	 * before its entries are written. Return: 0 or -errno with why: it cannot be.
	 */
	int (*dom_set)(struct fib *f, struct ila_dom *d, char *why);

	/** dom_del - it is no longer; its entries are about to be deleted. */
	void (*dom_del)(struct fib *f, struct ila_dom *d);

	/** loc_set, loc_del - a locator is named by mappings from now on, or no longer.
	 * loc_way - its way has changed. Any may be NULL. */
	void (*loc_set)(struct fib *f, struct ila_loc *l);
	void (*loc_way)(struct fib *f, struct ila_loc *l);
	void (*loc_del)(struct fib *f, struct ila_loc *l);

	/** hops_freed - a number of struct ila_hops is going to name something else. */
	void (*hops_freed)(struct fib *f, uint32_t id);

	/** link_gone - a device is gone: at once, as the next one may have its ifindex.
	 * May be NULL. */
	void (*link_gone)(struct fib *f, uint32_t ifindex);

	/** apply - write up to max differences, in batches. */
	void (*apply)(struct fib *f, unsigned max);

	/** work - devices, endpoints, domains or underlay changed: once a turn. */
	void (*work)(struct fib *f);

	/** flush - we end, and all entries are deleted: the rest goes too. */
	void (*flush)(struct fib *f);

	/** dump - say by ila_seen() what is really there. Return: 0; -EINTR: the
	 * picture may have holes; other -errno: nothing is known. */
	int (*dump)(struct fib *f, bool first);
};

struct ila {
	struct ila_dom *doms;
	struct ila_ep *eps;
	struct ila_loc *locs;
	struct ila_multi *multis;
	struct ila_locs dirty;
	struct share hops;
	struct want_dom host; /* routes and xlat entries: what is of no one domain */
	struct ila_plane_state {
		bool probed, can;
		int32_t err;
		char why[NL_WHY];
	} plane[ILA_PLANES];
	bool work_due;    /* backends are to be told by work() */
	bool walk_due;    /* mappings are to follow a locator or domain that changed */
	bool joined;      /* route events are heard */
	bool xlat_due;    /* be_ila.c: something is in the way of an entry */
	uint16_t family;  /* be_ila.c: number of the generic family, 0: none */
	bool forwarding;  /* net.ipv6.conf.all.forwarding */
	uint32_t way;     /* route.c: ifindex of the last answer */
	uint32_t next_gc; /* locators, from which on they are counted */
	struct ila_dom *last;         /* of the last mapping */
	struct ila_loc *recent[4096]; /* by bytes of the locator, ila_map.c */
	struct ila_loc **sorted;      /* route.c: in order, NULL: to be made */
};

void ila_init(struct fib *f);
void ila_fini(struct fib *f);

/*
 * Records, with fields that fib/check.h found possible. Return: 0; or -errno when they
 * contradict what is there, with static text in *why: -ENOENT no such domain, -EEXIST
 * two domains with one prefix, -EINVAL.
 */
int ila_domain_set(struct fib *f, const void *body, const char **why);
int ila_domain_del(struct fib *f, const void *body, const char **why);
int ila_map_set(struct fib *f, const void *body, const char **why);
int ila_multi_set(struct fib *f, const void *body, const char **why);
int ila_map_del(struct fib *f, const void *body, const char **why);

/** ila_map_ahead - a record about this SIR address comes soon. */
void ila_map_ahead(struct fib *f, const struct ila_addr *a);

int ila_endpoint_set(struct fib *f, const void *body, const char **why);
int ila_endpoint_del(struct fib *f, const void *body, const char **why);

/** ila_dom_find - NULL if none; ila_dom_get - made when absent. */
struct ila_dom *ila_dom_find(const struct fib *f, const struct ila64 *sir);
struct ila_dom *ila_dom_get(struct fib *f, const struct ila64 *sir);

/** ila_dom_of - the domain of a TABLE_ILA_MAP entry, or of any of the eBPF plane. */
struct ila_dom *ila_dom_of(const struct want_entry *e);

/** ila_ep_find - NULL if none. */
struct ila_ep *ila_ep_find(const struct fib *f, const struct ila_addr *a);

/** ila_addr - SIR address of a key. */
struct ila_addr ila_addr(const struct want_key *k);

/** ila_hops - value of a number; ila_hops_get - number of a value. Bytes behind hop n
 * do not count. */
const struct ila_hops *ila_hops(const struct fib *f, uint32_t id);
uint32_t ila_hops_get(struct fib *f, const struct ila_hops *h);

/**
 * ila_seen - a backend found this object in a dump
 * @first: the first dump of this process: what is there is from an earlier run
 *
 * For entries of MAP, and all of the eBPF plane, the domain is that of the address.
 */
void ila_seen(struct fib *f, const struct want_key *k, const struct want_val *v,
	      bool first);

/** ila_unseen - somebody took this one away: by an event, or missing in a dump.
 * @sure: false: perhaps, write it again */
void ila_unseen(struct fib *f, struct want_entry *e, bool sure);

/** ila_underlay - ifindexes of the devices where translated packets of a domain arrive:
 * those named that exist, or those that lead to the locators in use. Return: number. */
unsigned ila_underlay(const struct fib *f, const struct ila_dom *d, uint32_t *ifindex,
		      unsigned max);

/** ila_entry - what `show fib` says of an entry; i: 0, 1, .. for several locators.
 * Return: false when there is no such line. */
bool ila_entry(const struct fib *f, const struct want_entry *e,
	       const struct want_val *v, unsigned i, struct intent_entry *r);

/* Called when the shadow changed. was: name of the device before. */
void ila_link_changed(struct fib *f, const struct link *l, const char *was);
void ila_link_gone(struct fib *f, const struct link *l);
void ila_addr_changed(struct fib *f, const struct ip *a);

/** ila_netconf - RTM_NEWNETCONF: is the host a router? */
struct nlmsghdr;
void ila_netconf(struct fib *f, const struct nlmsghdr *h);

/** ila_work - once a turn: look up locators, let mappings follow, move domains. */
void ila_work(struct fib *f);

/** ila_dump - compare with what is really there, after links and addresses; look up
 * every locator again. */
int ila_dump(struct fib *f, bool first);

/** ila_audit - now and then: forget locators that are not in use, probe again what
 * could not be used. */
void ila_audit(struct fib *f);

/** ila_sweep - after want_sweep(): domains and endpoints that were not renewed. */
void ila_sweep(struct fib *f);

/** ila_retell - a new engine: it knows nothing of the domains' states. */
void ila_retell(struct fib *f);

#endif
