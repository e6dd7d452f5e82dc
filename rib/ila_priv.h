/* rib/ila_priv.h - what the files behind rib/ila.h share; nobody else includes it. */
#ifndef RIB_ILA_PRIV_H
#define RIB_ILA_PRIV_H

#include <sys/queue.h>

#include "lib/hashidx.h"
#include "lib/slab.h"
#include "lib/util.h"
#include "rib/identity.h"
#include "rib/ila.h"
#include "rib/table.h"

/* A SIR domain; its slot is a number from 1. */
struct ila_domain {
	struct ila_domain_conf conf; /* conf.ids: own copy */
	struct intent_ila_domain sent;
	bool vnids;  /* of some tenant */
	bool wanted; /* while a configuration is applied */
	uint32_t n_local, n_remote, n_duplicate, n_mismatch, n_outbid;
	bool has_state;
	struct intent_ila_state state;
	struct intent_ila_counters counters;
};

/* A locator that fib was told of, counted by mappings. */
struct ila_loc {
	struct table_node node;
	struct ila64 locator;
	uint32_t refs;
	uint64_t weight;
};

/* Several locators of one mapping. */
struct ila_multi {
	uint32_t loc[ILA_LOCATORS]; /* in order of the locators */
	uint16_t weight[ILA_LOCATORS];
};

enum {
	MAP_DUPLICATE = 1,
	MAP_MISMATCH = 2,
	MAP_ANYCAST = 4,
	MAP_SEQ_END = 8,     /* reported */
	MAP_IDENTIFIED = 16, /* identities.h knows somebody behind it */
};

/*
 * A SIR address of a configured domain: an identifier of this host, one that others
 * announce, or both. A million of these: bytes count. What the paths say is not kept,
 * only what follows from them.
 */
struct ila_map {
	uint32_t link; /* the slab's, when this entry is free */
	uint32_t hash;
	struct ila_addr addr;
	union {
		uint32_t loc;            /* n == 1 */
		struct ila_multi *multi; /* n > 1, owned */
	};
	struct ila_local *local;
	uint16_t refused; /* bits 1 << enum ila_refusal */
	uint8_t domain;   /* slot, 0: this entry is free */
	uint8_t flags;    /* MAP_* */
	uint8_t n;        /* locators that fib was told, 0: no mapping */
	uint8_t csum, ident_type;
	uint8_t spare;
};
_Static_assert(sizeof(struct ila_map) == 48, "struct ila_map has grown");
_Static_assert(ILA_REFUSALS <= 16, "bits of struct ila_map");
_Static_assert(ILA_DOMAINS < 256, "slots of struct ila_map");

/* What an announcement of ours is made of. */
struct ila_advert {
	struct ila64 locator;
	uint32_t as, seq, local_pref;
	uint16_t weight;
	uint8_t csum;
	bool on, draft, anycast, community;
	uint32_t set;     /* who it is; borrowed of ila_decl */
	uint32_t version; /* of what labels are called, 0 without */
};

/* What is wanted of an identifier of this host. */
struct ila_spec {
	char ifname[INTENT_IFNAME];
	uint32_t vnid;
	uint32_t local_pref;
	uint16_t weight;
	uint16_t flags; /* ILA_EP_* */
	uint8_t prefix[12];
	bool anycast;
};

/* An identifier of this host. */
struct ila_local {
	LIST_ENTRY(ila_local) link; /* ila.statics, or ila_decl.locals */
	struct ila_decl *decl;      /* endpoint; NULL: of the configuration */
	uint32_t map;
	struct ila_spec spec;
	uint32_t seq;
	bool outbid;
	bool wanted;           /* while a configuration is applied */
	struct ila_advert adv; /* as it is out */
};

LIST_HEAD(ila_locals, ila_local);

/* A declared endpoint of one of our tenants. */
struct ila_decl {
	struct table_node node; /* hash of the name */
	struct ila_locals locals;
	struct tenants_endpoint *e; /* owned */
	uint32_t set;               /* of its labels: a reference; 0 none */
};

/* An address of a device of this host; hash of the address alone. */
struct ila_own {
	struct table_node node;
	uint32_t ifindex;
	struct ip ip;
	bool fresh; /* repeated in the dump under way */
	bool said;  /* reported */
};

struct ila_paths {
	struct ila *m;
	const struct ila_map *map;
	struct ila_view view;
	struct ila_cand *cand;
	unsigned n, room;
	uint32_t paths;
	uint16_t refused;
};

struct ila {
	const struct ila_hooks *hooks;
	void *ctx;
	uint32_t as;
	struct ila_domain *dom[ILA_DOMAINS + 1];
	struct ila_tenant_conf *tenants;
	size_t n_tenants;
	/* Of all domains, for checks of paths. */
	struct ila64 sirs[ILA_DOMAINS], locators[ILA_DOMAINS];
	unsigned n_sirs, n_locators;
	uint8_t slot_of[ILA_DOMAINS]; /* of sirs[] */
	uint8_t draft;                /* slot, 0: no domain has ILA_DRAFT */
	/* Memory of mappings goes back when they go, and one that is not there is found
	 * missing without a look at others. */
	struct slab maps;
	struct hashidx by_addr;
	uint64_t n_freed; /* entries of maps given back */
	struct table locs, decls, owns;
	bool dumping;
	struct ila_locals statics;
	struct identities *ids; /* NULL: labels mean nothing */
	uint32_t labels_version;
	struct ila_paths paths; /* scratch */
	struct ila_counts c;
};

static inline struct ila_map *map_at(const struct ila *m, uint32_t i)
{
	return slab_at(&m->maps, i);
}

/* All entries by number; begin with at = 0. The one returned may be removed. Return: 0
 * at the end. */
static inline uint32_t map_next(const struct ila *m, uint32_t *at)
{
	while (++*at < m->maps.next)
		if (map_at(m, *at)->domain)
			return *at;
	return 0;
}

static inline struct ila_loc *loc_at(const struct ila *m, uint32_t i)
{
	return table_at(&m->locs, i);
}

static inline struct ila_domain *dom_of(const struct ila *m, const struct ila_map *e)
{
	return m->dom[e->domain];
}

void ila_intent(struct ila *m, uint16_t type, const void *body);
void ila_say(struct ila *m, enum ila_event ev, const struct ila_map *e,
	     const struct ila64 *locator, uint32_t number);

/** slot_find - slot of the domain of a SIR prefix; 0 none. */
uint8_t slot_find(const struct ila *m, const struct ila64 *sir);

/* ila_map.c */

/** map_get - the entry of this SIR address, made when there is none. */
uint32_t map_get(struct ila *m, const struct ila_addr *addr, uint8_t slot);

/** map_pick - read the paths of an address and choose; scratch is in m->paths. */
void map_pick(struct ila *m, const struct ila_map *e, struct ila_pick *out);

/** map_eval - all that follows from paths, domain and local identifier; an entry that
 * nothing needs goes. */
void map_eval(struct ila *m, uint32_t map);

/** map_identify - tell who is behind an address. p: what map_pick() gave just now. */
void map_identify(struct ila *m, struct ila_map *e, const struct ila_pick *p);

/** map_forget - as if nobody announced it: its domain goes. */
void map_forget(struct ila *m, uint32_t map);

/** map_send - its record, as fib has it. */
void map_send(struct ila *m, uint32_t map);

/* ila_local.c */

/** local_eval - announce or not, given what others say (best NULL: nothing). */
void local_eval(struct ila *m, struct ila_map *e, const struct ila_pick *p);

/** local_duplicate - do we and others announce it as alone, none of us newer? */
bool local_duplicate(const struct ila_map *e, const struct ila_pick *p);
void local_send(struct ila *m, const struct ila_local *l);

/** local_learned - it has come here: above every path there is, or level with those
 * that it joins. map_eval() follows. */
void local_learned(struct ila *m, struct ila_local *l);

/** local_put - make an identifier one of this owner (NULL: the configuration), or
 * change it. add: also if it is not yet; unless it is an endpoint's already. */
void local_put(struct ila *m, const struct ila_addr *addr, struct ila_decl *d,
	       const struct ila_spec *spec, bool add);

/** locals_mark, locals_sweep - what is not put in between goes. */
void locals_mark(struct ila_locals *list);
void locals_sweep(struct ila *m, struct ila_locals *list);

/** decls_relabel - sets of endpoints anew; decls_unlabel - give them back. */
void decls_relabel(struct ila *m);
void decls_unlabel(struct ila *m);

/** locals_drop - all that is in this domain. */
void locals_drop(struct ila *m, uint8_t slot);

/** statics_put - identifiers of the configuration. */
void statics_put(struct ila *m);

/* ila_endpoint.c */

/** locals_configure - static identifiers and endpoints, as domains and tenants are
 * now. */
void locals_configure(struct ila *m);
void locals_fini(struct ila *m);

/* ila_addr.c */
bool own_has(const struct ila *m, const struct ila_addr *a);
/** own_eval - addresses are judged anew: locators changed. */
void own_eval(struct ila *m);

#endif
