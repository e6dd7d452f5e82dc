/* rib/tenant_priv.h - what the files behind rib/tenant.h share; nobody else includes
 * it. */
#ifndef RIB_TENANT_PRIV_H
#define RIB_TENANT_PRIV_H

#include <sys/queue.h>

#include "lib/addr.h"
#include "lib/util.h"
#include "rib/identity.h"
#include "rib/table.h"
#include "rib/tenant.h"

/* A remote VTEP, counted by the imports that use it. */
struct vtep {
	struct table_node node;
	uint32_t refs;
	struct ip ip;
};

/* How often an owner changed lately (RFC 7432 section 15.1). */
struct dad {
	LIST_ENTRY(dad) link; /* tenants.dads while `listed` */
	bool listed;
	bool dup;  /* too many moves: frozen */
	bool wrap; /* MAC only: sequence used up: frozen until no route has a number */
	uint32_t count;
	int64_t start_ms, dup_ms;
	uint32_t mac, neigh; /* whose it is: one of them is 0 */
};

enum owner { OWNER_NONE, OWNER_LOCAL, OWNER_REMOTE };

enum {
	MAC_SAID_STICKY = 1, /* a conflict has been reported */
};

/* One MAC of one EVI. 100 000 of these: bytes count. */
struct mac_entry {
	struct table_node node;
	uint32_t self;
	uint32_t evi;
	struct mac mac;
	uint8_t owner;       /* enum owner */
	uint8_t flags;       /* MAC_* */
	uint32_t routes;     /* imports, linked by mnext */
	uint32_t best;       /* of them */
	uint32_t inst_vtep;  /* of the MAC_SET that fib has; 0 none */
	uint32_t inst_vni;   /* dst_vni and IMP_STICKY of it */
	struct mac_local *x; /* NULL unless something local is known about it */
};

struct neigh_local;

/* What is known locally of a MAC: facts, our claim, moves. */
struct mac_local {
	LIST_ENTRY(mac_local) link; /* evi.locals */
	uint32_t mac;
	bool kernel;        /* in the bridge's FDB on port ifindex */
	uint16_t fdb_flags; /* FDB_* */
	uint32_t ifindex, gen;
	struct endpoint *ep;  /* declared */
	uint32_t seq;         /* of our claim, as long as there is one */
	uint32_t rank_seq;    /* what addresses were last compared with ... */
	bool rank_sticky;     /* ... and whether as sticky */
	bool adv, adv_sticky; /* originated, with ... */
	uint32_t adv_seq;
	int64_t yield_ms; /* when a remote VTEP last won over us */
	struct dad dad;
	LIST_HEAD(, neigh_local) neighs;
};

enum { NEIGH_INST = 1, NEIGH_INST_ROUTER };

/* One IP address of one EVI. */
struct neigh_entry {
	struct table_node node;
	uint32_t self;
	uint32_t evi;
	struct ip ip;
	uint8_t owner;       /* enum owner */
	uint8_t inst;        /* NEIGH_SET that fib has: 0 none, else NEIGH_INST* */
	struct mac inst_mac; /* of it */
	bool identified;     /* identities.h knows somebody behind it */
	uint32_t routes;     /* imports, linked by nnext */
	uint32_t best;
	struct neigh_local *x;
};

struct neigh_local {
	LIST_ENTRY(neigh_local) link; /* mac_local.neighs of `mac` */
	uint32_t neigh;
	uint32_t mac; /* effective: the endpoint's, else the kernel's */
	bool kernel;
	struct mac kernel_mac;
	uint32_t gen;
	struct endpoint *ep;
	bool fresh; /* learned and not yet compared with remote routes */
	bool adv;
	struct dad dad;
};

/* A type 2 route in one EVI. */
enum {
	IMP_VNI = 0xffffff,
	IMP_STICKY = 1 << 24,
	IMP_ROUTER = 1 << 25,
	IMP_LLGR = 1 << 26,   /* long-lived stale: last choice */
	IMP_LABELS = 1 << 27, /* says who is behind it: tenants.claims */
	IMP_GBP = 1 << 28,    /* its VTEP takes a group in the header of frames */
};

struct import {
	struct table_node node; /* hash of the NLRI key */
	uint32_t mac, mprev, mnext;
	uint32_t neigh, nprev, nnext; /* neigh 0: route without IP */
	struct rd rd;
	uint32_t tag;
	uint32_t seq;
	uint32_t vtep;
	uint32_t vni; /* dst_vni and IMP_* */
};

/* Who is behind the address of an import, as its route says. Most say nothing and have
 * none of these. */
struct import_claim {
	struct table_node node; /* hash: the import's number */
	uint32_t import;
	uint32_t set; /* a reference */
};

/* A type 3 route in one EVI, and the flood target that it and others name. */
struct imet {
	struct table_node node;
	uint32_t evi;
	uint32_t flood;
	struct rd rd;
	uint32_t tag;
	struct ip origin;
};

struct flood {
	struct table_node node;
	uint32_t evi;
	uint32_t vtep;
	uint32_t refs;
};

struct rt_row {
	struct table_node node;
	uint32_t evi;
	struct extcom rt;
};

struct link_fact {
	struct table_node node;
	uint32_t gen;
	struct intent_link l;
};

struct addr_fact {
	struct table_node node;
	uint32_t gen;
	struct intent_addr a;
};

struct endpoint {
	struct tenants_endpoint e;
	uint32_t evi;      /* where it is applied, 0: nowhere */
	bool port_out;     /* ENDPOINT_SET is at fib ... */
	uint32_t port_vni; /* ... with this VNI */
	uint32_t set;      /* of its labels: a reference; 0 none */
};

/* What must be unique among endpoints: a device, a MAC or an IP of a tenant. */
enum endpoint_key_kind { EPKEY_IFNAME, EPKEY_MAC, EPKEY_IP };

struct endpoint_key {
	struct table_node node;
	uint8_t kind;
	struct endpoint *ep;
};

/* What an EVI originates and imports with. */
struct evi_params {
	bool served;      /* configured by a tenant, or adopted */
	bool originating; /* has all that our routes need */
	bool mpls_shifted;
	uint32_t vxlan_if, bridge_if; /* in the kernel, 0 none */
	struct rd rd;
	struct ip vtep;
	unsigned n_import, n_export;
	struct extcom import[TENANT_RTS], export[TENANT_RTS];
};

struct evi {
	uint32_t self;
	uint32_t vni;
	uint16_t rd_index;
	bool configured;
	struct tenants_evi_conf conf;
	struct evi_params p; /* in force */
	bool imet_out;
	bool l2dom_out;
	struct intent_l2dom l2dom; /* as sent */
	LIST_HEAD(, mac_local) locals;
	uint64_t stamp;
	uint32_t n_mac[3], n_neigh[3]; /* by owner */
	uint32_t n_vteps;
	uint64_t vni_mismatches;
};

struct tenants {
	const struct tenants_hooks *hooks;
	void *ctx;
	struct tenants_conf conf; /* .evis not used: see evi.conf */
	bool adopt_out;
	struct evi **evi; /* by index, [0] NULL */
	uint32_t n_evi;
	struct table evi_by_vni; /* struct evi_row */
	struct identities *ids;  /* NULL: labels mean nothing */
	struct table claims;     /* struct import_claim */
	struct table rts, vteps, imports, macs, neighs, imets, floods, links, addrs;
	uint8_t *rd_used;     /* bit per index */
	struct endpoint **ep; /* sorted by name */
	size_t n_ep;
	struct table ep_keys;
	bool restoring; /* endpoints from the state file: nothing to save */
	LIST_HEAD(, dad) dads;
	uint32_t gen; /* of the kernel picture */
	bool in_dump;
	uint64_t stamp;       /* of the route at hand; an EVI with it imports that */
	uint32_t *scratch;    /* n_evi indexes */
	uint64_t rts_version; /* of `rts` */
	bool reimport;        /* hooks->reimport() is due */
	bool drop;            /* import_drop_unserved() is due */
	struct tenants_counters c; /* only the 64-bit ones and duplicates */
};

struct evi_row {
	struct table_node node;
	uint32_t vni, evi;
};

static inline struct mac_entry *mac_at(const struct tenants *t, uint32_t i)
{
	return table_at(&t->macs, i);
}

static inline struct neigh_entry *neigh_at(const struct tenants *t, uint32_t i)
{
	return table_at(&t->neighs, i);
}

static inline struct import *import_at(const struct tenants *t, uint32_t i)
{
	return table_at(&t->imports, i);
}

static inline const struct ip *vtep_ip(const struct tenants *t, uint32_t i)
{
	return &((const struct vtep *)table_at(&t->vteps, i))->ip;
}

/* ---- tenant.c ---------------------------------------------------------- */

/** tenants_reimport - call the hook if import changed since the last time. */
void tenants_reimport(struct tenants *t);

/* ---- evi.c: the set of EVIs, their parameters, route target index ------ */

/** evi_find - NULL if the VNI was never heard of. */
struct evi *evi_find(const struct tenants *t, uint32_t vni);

/** evi_get - found or made; NULL for an impossible VNI or one too many. */
struct evi *evi_get(struct tenants *t, uint32_t vni);

/** evi_refresh - parameters anew from configuration and facts; acts on changes. */
void evi_refresh(struct tenants *t, struct evi *e);
void evi_refresh_all(struct tenants *t);

/** evi_link_find - the fact about a device, NULL. */
const struct intent_link *evi_link_find(const struct tenants *t, uint32_t ifindex);

/** evi_stamp_by_rt - mark with a new stamp the EVIs that import one of n 8-byte
 * communities. Return: how many; their indexes in out[n_evi]. */
unsigned evi_stamp_by_rt(struct tenants *t, const uint8_t *communities, size_t n,
			 uint32_t *out);

/** evi_is_own_mac - address of the VXLAN device, the bridge, or the port itself? */
bool evi_is_own_mac(const struct tenants *t, const struct evi *e, const struct mac *m,
		    uint32_t port);

/* ---- fact.c: the shadow of the kernel ---------------------------------- */

/** fact_is_own_ip - an address of the EVI's bridge itself? */
bool fact_is_own_ip(const struct tenants *t, const struct evi *e, const struct ip *a);

/* ---- import.c ---------------------------------------------------------- */

/** import_better - does a come before b in an EVI (RFC 7432 section 15)? Ties are
 * broken to the last field that matters, so that order of arrival never does. */
bool import_better(const struct tenants *t, const struct import *a,
		   const struct import *b);

/** import_best_remote - of the routes for an address, the best one whose MAC is not
 * here; 0 none. */
uint32_t import_best_remote(const struct tenants *t, const struct neigh_entry *n);

/** import_drop_unserved - forget the imports of EVIs that are served no more, if
 * tenants.drop says that there may be any. */
void import_drop_unserved(struct tenants *t);

/** import_claim_best - who the best route of an address says is there; of several that
 * are as new and say different things, IDSET_CONFLICT. */
uint32_t import_claim_best(const struct tenants *t, uint32_t best);

/** import_claims_drop - as if no route had said anything; tells nobody. */
void import_claims_drop(struct tenants *t);

uint32_t vtep_ref(struct tenants *t, const struct ip *a);
void vtep_unref(struct tenants *t, uint32_t i);

/* ---- mac.c: owner of a MAC --------------------------------------------- */

struct mac_entry *mac_find(const struct tenants *t, uint32_t evi, const struct mac *m);
struct mac_entry *mac_get(struct tenants *t, uint32_t evi, const struct mac *m);
struct mac_local *mac_local_get(struct tenants *t, struct mac_entry *m);

/** mac_gc - forget an entry that nothing refers to; m is gone then. */
void mac_gc(struct tenants *t, struct mac_entry *m);

/** mac_learned - the kernel or an operator says: it is here, now. */
void mac_learned(struct tenants *t, struct mac_entry *m);

/** mac_eval - decide the owner anew; acts on changes; m stays. */
void mac_eval(struct tenants *t, struct mac_entry *m);

/** mac_raise - our claim to at least this sequence (an IP of it moved here). */
void mac_raise(struct tenants *t, struct mac_entry *m, uint32_t seq);

/** mac_readvertise - our routes for it and its addresses again, if they are out. */
void mac_readvertise(struct tenants *t, struct mac_entry *m);

/** mac_is_sticky - static in our FDB? */
bool mac_is_sticky(const struct mac_entry *m);

/** mac_has_claim - does something local say that it is here? */
bool mac_has_claim(const struct tenants *t, const struct mac_entry *m);

/* ---- dad.c: duplicate detection ---------------------------------------- */

/** dad_move - count one; Return: true if that made it a duplicate (reported). */
bool dad_move(struct tenants *t, struct dad *d);
void dad_wrap(struct tenants *t, struct dad *d);

/** dad_unwrap - numbers are free again; Return: was it frozen for that? */
bool dad_unwrap(struct tenants *t, struct dad *d);
void dad_forget(struct tenants *t, struct dad *d);

static inline bool dad_is_frozen(const struct dad *d)
{
	return d->dup || d->wrap;
}

/* ---- neigh.c: owner of an IP address ----------------------------------- */

struct neigh_entry *neigh_find(const struct tenants *t, uint32_t evi,
			       const struct ip *a);
struct neigh_entry *neigh_get(struct tenants *t, uint32_t evi, const struct ip *a);
struct neigh_local *neigh_local_get(struct neigh_entry *n);

/** neigh_gc - forget an entry that nothing refers to; n is gone then. */
void neigh_gc(struct tenants *t, struct neigh_entry *n);

/** neigh_rebind - the local MAC of an IP may have changed; n stays. */
void neigh_rebind(struct tenants *t, struct neigh_entry *n);
void neigh_eval(struct tenants *t, struct neigh_entry *n);

/** neigh_identify - tell who is behind the address, if that is somebody else now. */
void neigh_identify(struct tenants *t, struct neigh_entry *n);

/** neigh_readvertise - attributes of its MAC changed: originate again. */
void neigh_readvertise(struct tenants *t, struct neigh_entry *n);
void neigh_withdraw(struct tenants *t, struct neigh_entry *n);

/* ---- project_evpn.c: winners -> intents -------------------------------- */

void project_mac(struct tenants *t, struct mac_entry *m, bool again);
void project_neigh(struct tenants *t, struct neigh_entry *n, uint32_t route,
		   bool again);
void project_flood(struct tenants *t, const struct flood *f, bool on);
void project_l2dom(struct tenants *t, struct evi *e);
void project_endpoint(struct tenants *t, struct endpoint *ep);
void project_intent(struct tenants *t, uint16_t type, const void *body);

/* ---- advert.c: our own routes ------------------------------------------ */

void advert_mac(struct tenants *t, const struct mac_entry *m, const struct ip *ip);
void advert_mac_withdraw(struct tenants *t, const struct mac_entry *m,
			 const struct ip *ip);
void advert_imet(struct tenants *t, struct evi *e, bool on);

/** advert_nlri - of the route that advert_mac() originates. */
void advert_nlri(const struct tenants *t, const struct mac_entry *m,
		 const struct ip *ip, struct nlri *out);

/* ---- endpoint.c -------------------------------------------------------- */

/** endpoint_apply_all - endpoints follow the tenants that are configured now. */
void endpoint_apply_all(struct tenants *t);

/** endpoint_labels_drop - give back what their labels come to. */
void endpoint_labels_drop(struct tenants *t);

/** endpoint_seq_set - our claim for its MAC has a new sequence. */
void endpoint_seq_set(struct tenants *t, struct endpoint *ep, uint32_t seq);
void endpoint_fini(struct tenants *t);

#endif
