/* rib/ila.h - ILA on one host: identifiers declared here, and mappings that peers
 * announce, become wanted forwarding state (fib/intent.h) and routes to originate. */
#ifndef RIB_ILA_H
#define RIB_ILA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fib/intent.h"
#include "lib/addr.h"
#include "lib/ila.h"
#include "rib/ila_pick.h"
#include "rib/tenant.h"
#include "wire/attrs.h"

struct ila; /* opaque: domains, mappings, identifiers of this host */
struct ila_paths;
struct identities;
struct walk_source;

enum {
	ILA_NAME = 32,
	ILA_DOMAINS = 64,
	ILA_STATICS = 4096, /* identifiers of the configuration, of one domain */
};

/* ---- what it says ------------------------------------------------------ */

enum ila_event {
	ILA_EV_DUPLICATE,      /* announced as alone by several locators */
	ILA_EV_DUPLICATE_HERE, /* ... and one of them is ours */
	ILA_EV_OUTBID,         /* ours, and newer elsewhere: no longer announced */
	ILA_EV_SEQ_END,        /* announced elsewhere with the last sequence there is */
	ILA_EV_MISMATCH,       /* checksum mode is not that of the domain; it is used */
	ILA_EV_ADDRESS,        /* a translated address is configured on this host */
	ILA_EV_ADDRESS_IN,     /* an address of this host is inside its locator */
	ILA_EV_REFUSED,        /* a peer announces what cannot be a mapping */
	ILA_EVENTS
};

struct ila_report {
	enum ila_event event;
	struct ila_addr addr; /* SIR address; ADDRESS*: the address itself */
	struct ila64 locator; /* the other side, zero if there is none */
	uint32_t number;      /* sequence; checksum mode; enum ila_refusal */
	const char *domain;
};

/** ila_report_format - one line for the log, subject first; Return: buf. */
const char *ila_report_format(const struct ila_report *r, char *buf, size_t size);

/* All are called from within the functions below; what they get is borrowed. None may
 * call back into struct ila, but for ila_paths_add() within paths(). */
struct ila_hooks {
	/** originate - our route is new or has new attributes. */
	void (*originate)(void *ctx, enum ila_carrier c, const struct ila_addr *addr,
			  const struct attrs *a);

	/** withdraw - our route goes; only for what was originated. */
	void (*withdraw)(void *ctx, enum ila_carrier c, const struct ila_addr *addr);

	/** paths - call ila_paths_add() for each path of others to this address; of
	 * ILA_DRAFT only the identifier counts. */
	void (*paths)(void *ctx, enum ila_carrier c, const struct ila_addr *addr,
		      struct ila_paths *to);

	/** intent - a record for fib; type and body as in fib/intent.h. */
	void (*intent)(void *ctx, uint16_t type, const void *body);

	/** report - something an operator should hear of, once per occasion. */
	void (*report)(void *ctx, const struct ila_report *r);

	/** reimport - domains changed: call ila_route() for every route again, now or
	 * soon. */
	void (*reimport)(void *ctx);

	/** sequence - that of a declared endpoint is another one now: keep it. */
	void (*sequence)(void *ctx, const char *name, uint32_t seq);
};

/** ila_new - hooks are borrowed for life, every one must be set. */
struct ila *ila_new(const struct ila_hooks *hooks, void *ctx);

/** ila_identify, ila_relabel - as those of rib/tenant.h. */
void ila_identify(struct ila *m, struct identities *ids);
void ila_relabel(struct ila *m);

/** ila_free - memory only: nothing is withdrawn, no intent is sent. */
void ila_free(struct ila *m);

/* ---- configuration ----------------------------------------------------- */

/* An identifier of the configuration. */
struct ila_static {
	struct ila64 id;
	char ifname[INTENT_IFNAME]; /* "": this host itself */
	bool anycast;
	uint16_t weight;     /* of anycast; 0: not said */
	uint32_t local_pref; /* 0: 100 */
};

struct ila_domain_conf {
	char name[ILA_NAME];
	bool draft; /* what ILA_DRAFT carries belongs to it: one domain at most */
	struct ila64 sir;
	struct ila64 locator; /* zero: nothing is originated */
	uint8_t csum;         /* enum ila_csum */
	uint8_t plane;        /* enum ila_plane */
	bool locator_community;
	char underlay[ILA_UNDERLAYS][INTENT_IFNAME];
	size_t n_ids;
	const struct ila_static *ids; /* borrowed for the call */
};

struct ila_tenant_conf {
	char name[TENANT_NAME];
	char domain[ILA_NAME];
	uint32_t vnid; /* 0: none */
	bool fast;     /* where programs translate: past the stack on arrival */
	bool has_prefix;
	uint8_t prefix[12]; /* 96 bits that its containers see; with a vnid only */
};

struct ila_conf {
	uint32_t as; /* 0: nothing is originated */
	size_t n_domains, n_tenants;
	const struct ila_domain_conf *domains;
	const struct ila_tenant_conf *tenants;
};

/**
 * ila_configure - make domains, tenants and static identifiers equal to these
 *
 * By difference: only what changed is withdrawn, originated or looked at again.
 * Return: 0; -EINVAL, -ENOSPC: nothing changed.
 */
int ila_configure(struct ila *m, const struct ila_conf *c);

/** ila_is_tenant - is this a tenant whose traffic ILA carries? */
bool ila_is_tenant(const struct ila *m, const char *tenant);

/** ila_is_on - is any domain configured? */
bool ila_is_on(const struct ila *m);

/* ---- routes ------------------------------------------------------------ */

/** ila_route - some path to this address came, changed or went; of ILA_DRAFT the
 * prefix does not matter. */
void ila_route(struct ila *m, enum ila_carrier c, const struct ila_addr *addr);

/** ila_ahead - ila_route() with this comes soon: its place comes into the cache. */
void ila_ahead(const struct ila *m, enum ila_carrier c, const struct ila_addr *addr);

/** ila_paths_add - within the hook paths(): one path, borrowed until that returns */
void ila_paths_add(struct ila_paths *to, const struct path_view *v);

/* ---- identifiers of this host ------------------------------------------ */

/**
 * ila_endpoint_check - could this endpoint be served?
 * @err: one line that says why not
 *
 * True of every endpoint of a tenant that is none of ours. Return: 0; -EINVAL, -EEXIST
 * (its identifier is that of another endpoint or of the configuration).
 */
int ila_endpoint_check(const struct ila *m, const struct tenants_endpoint *e, char *err,
		       size_t errlen);

/**
 * ila_declare - declare an endpoint, or change it; by name
 * @learned: it has come to this host: outbid who announces its identifiers elsewhere
 *
 * Identifiers of the configuration outbid nobody: LOCAL_PREF is their means.
 * One that fails the check, or whose tenant is none of ours, is as deleted. One that is
 * new here counts as learned.
 */
void ila_declare(struct ila *m, const struct tenants_endpoint *e, bool learned);

/** ila_undeclare - nothing happens if there is none. */
void ila_undeclare(struct ila *m, const char *name);

/* ---- fib --------------------------------------------------------------- */

/** ila_addr_fact - INTENT_ADDR, with the flags of its header; as tenants_addr(). */
void ila_addr_fact(struct ila *m, const struct intent_addr *a, uint32_t flags);
void ila_dump_end(struct ila *m);

/** ila_state, ila_counters - INTENT_ILA_STATE, INTENT_ILA_COUNTERS. */
void ila_state(struct ila *m, const struct intent_ila_state *s);
void ila_counters(struct ila *m, const struct intent_ila_counters *c);

/** ila_resync - every wanted intent again, domains first. */
void ila_resync(struct ila *m);

/* ---- what there is (show commands, metrics) ---------------------------- */

struct ila_domain_info {
	const char *name;
	bool draft, vnids, locator_community;
	struct ila64 sir, locator;
	uint8_t csum, plane;
	const char (*underlay)[INTENT_IFNAME];
	uint32_t local, remote, duplicates, mismatches, outbid;
	const struct intent_ila_state *state; /* NULL: fib has not said yet */
	struct intent_ila_counters counters;
};

struct ila_map_info {
	struct ila_addr addr;
	const char *domain;
	bool local, announced, outbid; /* local: delivered here, whatever BGP says */
	const char *ifname;            /* local: "" this host itself */
	const char *endpoint;          /* local: its name, "" of the configuration */
	uint32_t local_seq;
	bool programmed; /* fib was told the locators below */
	bool anycast, duplicate, more, mismatch, stale;
	unsigned n; /* locators that others announce */
	struct ila64 locator[ILA_LOCATORS];
	uint16_t weight[ILA_LOCATORS];
	uint8_t csum, ident_type;
	uint32_t seq, local_pref;
	uint32_t paths, usable; /* of both carriers */
	uint8_t carriers;       /* bit 1 << enum ila_carrier of usable ones */
	uint16_t refused;       /* bit 1 << enum ila_refusal */
	struct ip from;         /* peer of the best path */
};

struct ila_locator_info {
	struct ila64 locator;
	uint32_t mappings;
	uint64_t weight; /* sum of what they give it; 1 for a single locator */
};

/* An address of this host that ILA is wary of. */
struct ila_addr_info {
	struct ip ip;
	const char *domain;
	bool translated; /* locator and identifier, else merely inside the locator */
};

struct ila_counts {
	uint32_t domains, local, remote; /* identifiers here; mappings in use */
	uint32_t locators;
	uint32_t anycast, duplicates, mismatches, outbid; /* now */
	uint32_t refused_now[ILA_REFUSALS]; /* identifiers with such a path */
	uint64_t refused[ILA_REFUSALS];     /* since the start */
	uint64_t duplicates_found, moves, originated, withdrawn, intents;
	size_t bytes;
};

void ila_domain_foreach(const struct ila *m,
			void (*fn)(void *arg, const struct ila_domain_info *i),
			void *arg);

/** ila_domain_of - its name if this is a SIR address of a domain, else NULL. */
const char *ila_domain_of(const struct ila *m, const struct ila_addr *addr);

/** ila_map_find - number of a mapping or identifier of this host; 0: none. */
uint32_t ila_map_find(const struct ila *m, const struct ila_addr *addr);

/** ila_map_get - what there is about it, found out anew. */
void ila_map_get(struct ila *m, uint32_t map, struct ila_map_info *out);

/** ila_map_source - for rib/walk.h: numbers of ila_map_find() by address. */
extern const struct walk_source ila_map_source;

/** ila_map_domain - name of the domain of a number that a walk gave. */
const char *ila_map_domain(const struct ila *m, uint32_t map);

/** ila_locator_foreach - in order. */
void ila_locator_foreach(const struct ila *m,
			 void (*fn)(void *arg, const struct ila_locator_info *i),
			 void *arg);

/** ila_address_foreach - what is wrong with addresses of this host. */
void ila_address_foreach(const struct ila *m,
			 void (*fn)(void *arg, const struct ila_addr_info *i),
			 void *arg);

/** ila_endpoint_state - is an endpoint declared here; announced? */
enum ila_endpoint_state {
	ILA_EP_UNKNOWN,  /* not one of ILA, or it fails ila_endpoint_check() */
	ILA_EP_SILENT,   /* delivered here, and not announced: no locator, or no AS */
	ILA_EP_OUTBID,   /* ... newer elsewhere */
	ILA_EP_ANNOUNCED /* every identifier of it */
};
enum ila_endpoint_state ila_endpoint_state(const struct ila *m, const char *name);

/** ila_endpoint_addrs - SIR addresses of an endpoint that is served. */
void ila_endpoint_addrs(const struct ila *m, const char *name,
			void (*fn)(void *arg, const struct ila_addr *a), void *arg);

void ila_counts_get(const struct ila *m, struct ila_counts *out);

#endif
