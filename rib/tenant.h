/* rib/tenant.h - tenants: winning EVPN routes and local kernel facts become wanted
 * forwarding state (fib/intent.h) and routes to originate. */
#ifndef RIB_TENANT_H
#define RIB_TENANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fib/intent.h"
#include "lib/addr.h"
#include "wire/attrs.h"
#include "wire/labelset.h"
#include "wire/nlri.h"

struct identities;
struct tenants; /* opaque: every EVI, MAC, neighbour, flood list, endpoint */

enum {
	TENANT_NAME = 32,
	TENANT_RTS = 16, /* route targets of one direction of one EVI */
	TENANT_EVIS = 65000,
	TENANT_DAD_MOVES = 5, /* RFC 7432 section 15.1 */
	TENANT_DAD_TIME_S = 180,
};

/* ---- what it says ------------------------------------------------------ */

enum tenants_event {
	TEV_DUPLICATE,     /* too many moves: MAC (or IP) no longer advertised */
	TEV_RECOVERED,     /* ... advertised again (timer or operator) */
	TEV_STICKY_REMOTE, /* learned here although a remote VTEP says sticky */
	TEV_STICKY_CLASH,  /* static here and sticky at a remote VTEP: ours kept */
	TEV_SEQ_WRAP,      /* sequence number used up: MAC no longer advertised */
	TEV_VNI_MISMATCH,  /* a VTEP sends another VNI than ours; it is used */
};

struct tenants_report {
	enum tenants_event event;
	uint32_t vni;
	struct mac mac;
	struct ip ip;    /* none unless it is about an IP address */
	struct ip vtep;  /* the other side, none if there is none */
	uint32_t number; /* moves; the received VNI */
};

/** tenants_report_format - one line for the log, subject first; Return: buf. */
const char *tenants_report_format(const struct tenants_report *r, char *buf,
				  size_t size);

/*
 * All are called from within the functions below; bodies are borrowed. None may
 * call back into the tenants, except reimport().
 */
struct tenants_hooks {
	/** originate - our route is new or has new attributes. */
	void (*originate)(void *ctx, const struct nlri *n, const struct attrs *a);

	/** withdraw - our route goes; only for what was originated. */
	void (*withdraw)(void *ctx, const struct nlri *n);

	/** intent - a record for fib; type and body as in fib/intent.h. */
	void (*intent)(void *ctx, uint16_t type, const void *body);

	/** report - something an operator should hear of, once per occasion. */
	void (*report)(void *ctx, const struct tenants_report *r);

	/** reimport - import route targets or an EVI came or changed: call
	 * tenants_route() for every winner again, now or soon. Routes that match no
	 * EVI are not kept here, so only the Loc-RIB has them. */
	void (*reimport)(void *ctx);

	/** endpoints_changed - the text of tenants_endpoints_encode() is another one
	 * now: save it. */
	void (*endpoints_changed)(void *ctx);
};

/** tenants_new - hooks are borrowed for life, every one must be set. */
struct tenants *tenants_new(const struct tenants_hooks *hooks, void *ctx);

/**
 * tenants_identify - read labels of routes and endpoints, and tell who is behind which
 * address
 * @ids: borrowed until the next call; NULL: none of that (as at the start), and every
 *       handle of the former is given back
 *
 * Routes are to be imported again, see reimport().
 */
void tenants_identify(struct tenants *t, struct identities *ids);

/** tenants_relabel - what labels of endpoints come to may be something else now. */
void tenants_relabel(struct tenants *t);

/** tenants_free - memory only: nothing is withdrawn, no intent is sent. */
void tenants_free(struct tenants *t);

/* ---- configuration ----------------------------------------------------- */

/*
 * One EVI. With a tenant name it is served as configured and created when absent;
 * without one it only overrides what `advertise-all-vni` finds.
 */
struct tenants_evi_conf {
	uint32_t vni;               /* 1..0xffffff */
	char tenant[TENANT_NAME];   /* "": overrides only */
	char bridge[INTENT_IFNAME]; /* "": that of a VXLAN device present, else br<VNI>
				     */
	char underlay[INTENT_IFNAME]; /* "": by route */
	uint16_t port;                /* UDP, host order; 0: 4789 */
	bool gbp;
	bool ebpf;         /* endpoints forward past bridge and device */
	bool mpls_shifted; /* VNI in the upper 20 bits of the label */
	struct ip vtep;    /* none: local address of an adopted device, router id */
	bool has_rd;
	struct rd rd;                /* default router-id:index */
	unsigned n_import, n_export; /* 0: default AS:VNI */
	struct extcom import[TENANT_RTS], export[TENANT_RTS];
};

struct tenants_conf {
	uint32_t router_id; /* host order; 0: nothing is originated */
	uint32_t as;        /* 0: dto. */
	bool advertise_all_vni;
	bool autort_rfc8365; /* default route targets with type bits, RFC 8365 5.1.2.1
			      */
	bool dad_off;
	uint16_t dad_moves, dad_time_s; /* 0: 5 moves, 180 s */
	uint32_t dad_freeze_s;          /* 0, UINT32_MAX: until tenants_dup_clear() */
	size_t n_evis;
	const struct tenants_evi_conf *evis; /* borrowed for the call; one per VNI */
};

/**
 * tenants_configure - make the EVIs equal to a configuration
 *
 * By difference: only what changed is withdrawn, originated or imported again.
 * Return: 0; -EINVAL (a VNI out of range or twice, or more than TENANT_RTS route
 * targets), -ENOSPC (more than TENANT_EVIS), nothing changed then.
 */
int tenants_configure(struct tenants *t, const struct tenants_conf *c);

/* ---- kernel facts: INTENT_LINK, FDB, LNEIGH, ADDR, DUMP_END ------------ */

/*
 * Flags are those of the record's header (INTENT_F_GONE, INTENT_F_DUMP). Facts are
 * kept whether or not anything is configured for them. Between the first record
 * with INTENT_F_DUMP and tenants_dump_end() a picture is complete: what it did not
 * repeat has gone.
 *
 * An FDB record is about its (vni, mac); when it is gone the port does not matter.
 * A MAC_SET for a MAC that the kernel holds on a port replaces that entry: fib then
 * reports the FDB entry gone, and again when the kernel learns it anew. Each such
 * report without INTENT_F_DUMP is a learning event in the sense of RFC 7432 15.
 */
void tenants_link(struct tenants *t, const struct intent_link *l, uint32_t flags);
void tenants_fdb(struct tenants *t, const struct intent_fdb *f, uint32_t flags);
void tenants_neigh(struct tenants *t, const struct intent_neigh *n, uint32_t flags);
void tenants_addr(struct tenants *t, const struct intent_addr *a, uint32_t flags);
void tenants_dump_end(struct tenants *t);

/* ---- routes ------------------------------------------------------------ */

/**
 * tenants_route - the best path of a key changed
 * @n:     EVPN route of nlri_evpn_ops; path_id is ignored
 * @attrs: of the winner, borrowed; NULL: no path is left, or the winner is our own
 * @believed: labels that its peer says make identities
 *
 * Types other than 2 and 3 have no effect here.
 */
void tenants_route(struct tenants *t, const struct nlri *n, const struct attrs *attrs,
		   bool believed);

/** tenants_imports - call fn for every route target that leads into an EVI; more than
 * once for one that several EVIs import. */
void tenants_imports(const struct tenants *t,
		     void (*fn)(void *arg, const struct extcom *rt), void *arg);

/** tenants_imports_version - is another number after any change of these. */
uint64_t tenants_imports_version(const struct tenants *t);

/* ---- time, fib, operator ----------------------------------------------- */

/** tenants_tick - freeze timers of duplicates, by clock_ms(); about once a second. */
void tenants_tick(struct tenants *t);

/** tenants_resync - every wanted intent again, in an order fib can apply; the
 * caller sends SYNC_BEGIN before and SYNC_END after. */
void tenants_resync(struct tenants *t);

/** tenants_dup_clear - serve duplicates again. vni 0: of all; mac NULL: all.
 * Return: how many were cleared. */
unsigned tenants_dup_clear(struct tenants *t, uint32_t vni, const struct mac *mac);

/* ---- endpoints --------------------------------------------------------- */

enum {
	ENDPOINT_NAME = 64,
	ENDPOINT_IPS = 16,
	ENDPOINT_LABELS = LABELS_STR,
	ENDPOINTS_MAX = 16384,
	ENDPOINT_LINE = 2048, /* text of one, terminated */
};

/* A declared endpoint; its routes do not age. The last three are for ILA, where no MAC
 * is needed (rib/ila.h). */
struct tenants_endpoint {
	char name[ENDPOINT_NAME]; /* letters, digits, . _ - / : @ ; unique */
	char tenant[TENANT_NAME];
	char ifname[INTENT_IFNAME];
	struct mac mac; /* zero: none, so no EVI serves it */
	unsigned n_ips;
	struct ip ip[ENDPOINT_IPS];
	char labels[ENDPOINT_LABELS]; /* k=v,k=v; in canonical order, "" none */
	uint32_t seq;                 /* mobility, kept over restarts */
	bool anycast;        /* several hosts have its identifiers on purpose */
	uint16_t weight;     /* of anycast; 0: not said */
	uint32_t local_pref; /* 0: 100 */
	bool configured;     /* of the configuration, not kept here over restarts */
};

/**
 * tenants_endpoint_add - declare; the same name replaces
 * @err: one line that says what is wrong, when not 0
 *
 * A tenant not yet configured is accepted, and served once it is, if there is a MAC.
 * Adding, also again, counts as learning the MAC here: it outbids remote VTEPs.
 * Return: 0; -EINVAL bad value, -EEXIST another endpoint of the tenant has that MAC,
 * IP or interface, or it is one of the configuration and this one is not, -ENOSPC too
 * many.
 */
int tenants_endpoint_add(struct tenants *t, const struct tenants_endpoint *e, char *err,
			 size_t errlen);

/**
 * tenants_endpoint_labels - change the labels of an endpoint, nothing else
 * @labels: text as that of `labels`; "" none
 *
 * Return: 0; -ENOENT; -EINVAL with a line in err.
 */
int tenants_endpoint_labels(struct tenants *t, const char *name, const char *labels,
			    char *err, size_t errlen);

/** tenants_endpoint_find - borrowed until the next change; NULL if there is none. */
const struct tenants_endpoint *tenants_endpoint_find(const struct tenants *t,
						     const char *name);

/** tenants_endpoint_seq - keep another sequence with an endpoint that no EVI serves. */
void tenants_endpoint_seq(struct tenants *t, const char *name, uint32_t seq);

/** tenants_endpoint_del - Return: 0, -ENOENT. */
int tenants_endpoint_del(struct tenants *t, const char *name);

struct tenants_endpoint_info {
	const struct tenants_endpoint *e;
	uint32_t vni; /* 0: its tenant is not configured */
	bool active;  /* its MAC is advertised from here */
};

/** tenants_endpoint_foreach - in order of names. */
void tenants_endpoint_foreach(const struct tenants *t,
			      void (*fn)(void *arg,
					 const struct tenants_endpoint_info *i),
			      void *arg);

/** tenants_endpoint_get - one by name; Return: false: there is none. */
bool tenants_endpoint_get(const struct tenants *t, const char *name,
			  struct tenants_endpoint_info *out);

/** tenants_endpoint_on - the one that has this device; as tenants_endpoint_find(). */
const struct tenants_endpoint *tenants_endpoint_on(const struct tenants *t,
						   const char *ifname);

/**
 * tenants_endpoint_routes - call fn for every route that tells others of an endpoint
 *
 * None where no EVI serves it. Which of them are originated now is for the table to
 * say.
 */
void tenants_endpoint_routes(const struct tenants *t, const char *name,
			     void (*fn)(void *arg, const struct nlri *n), void *arg);

/** endpoint_parse - the words after `endpoint add`: NAME tenant T interface I
 * [mac M] [ip A,B] [labels k=v,...] [anycast] [weight W] [local-preference N] [seq N],
 * in any order. Return: 0, -EINVAL with a reason. */
int endpoint_parse(const char *words, struct tenants_endpoint *out, char *err,
		   size_t errlen);

/** endpoint_format - what endpoint_parse() reads; Return: buf. */
const char *endpoint_format(const struct tenants_endpoint *e, char buf[ENDPOINT_LINE]);

/** endpoint_parse_in, endpoint_format_in - the same without `tenant T`, for lines that
 * stand below a tenant. */
int endpoint_parse_in(const char *tenant, const char *words,
		      struct tenants_endpoint *out, char *err, size_t errlen);
const char *endpoint_format_in(const struct tenants_endpoint *e,
			       char buf[ENDPOINT_LINE]);

/** tenants_endpoints_encode - state file: a version line, one line each; Return:
 * owned text. */
char *tenants_endpoints_encode(const struct tenants *t);

/**
 * tenants_endpoints_decode - declare what a state file holds
 *
 * Meant for the start. A bad line is skipped and does not cost the others.
 * Return: number of bad lines, the first one in err as "line N: reason";
 * -EPROTO when the version line is missing or another one: nothing was read.
 */
int tenants_endpoints_decode(struct tenants *t, const char *text, char *err,
			     size_t errlen);

/* ---- what there is (show commands, metrics) ---------------------------- */

struct tenants_evi_info {
	uint32_t vni;
	const char *tenant; /* "" when only adopted */
	bool adopted;       /* served because of advertise_all_vni */
	bool in_kernel;     /* bridge and VXLAN device are there */
	bool originating;   /* IMET is out */
	struct rd rd;
	struct ip vtep; /* none: unknown, so nothing is originated */
	unsigned n_import, n_export;
	const struct extcom *import, *export;
	const char *bridge, *vxlan; /* device names, "" unknown */
	uint32_t bridge_ifindex, vxlan_ifindex;
	uint32_t macs_local, macs_remote, neighs_local, neighs_remote, vteps;
	uint64_t vni_mismatches;
};

struct tenants_mac_info {
	uint32_t vni;
	struct mac mac;
	bool local; /* else behind vtep */
	bool advertised;
	bool sticky;
	bool declared;    /* by an endpoint */
	bool duplicate;   /* not advertised: too many moves, or the sequence ran out */
	uint32_t ifindex; /* local: port, 0 unknown */
	const char *ifname; /* "" unknown */
	struct ip vtep;
	uint32_t dst_vni;
	uint32_t local_seq, remote_seq;
	uint32_t moves;  /* detection count */
	uint32_t routes; /* imported */
	uint32_t neighs; /* local neighbours */
};

struct tenants_neigh_info {
	uint32_t vni;
	struct ip ip;
	struct mac mac;
	bool local;
	bool active; /* advertised, or asked of fib */
	bool duplicate;
	struct ip vtep;
	uint32_t local_seq, remote_seq;
	uint32_t moves;
};

struct tenants_vtep_info {
	uint32_t vni;
	struct ip vtep;
	uint32_t imets; /* routes that name it */
};

struct tenants_counters {
	uint32_t evis, macs_local, macs_remote, neighs_local, neighs_remote, vteps;
	uint32_t imports;    /* type 2 and 3 routes in use, once per EVI */
	uint32_t duplicates; /* now */
	uint64_t moves, duplicates_found, seq_wraps, sticky_conflicts, vni_mismatches;
	uint64_t routes_ignored; /* unusable: multicast MAC, next hop, encapsulation */
	uint64_t originated, withdrawn, intents;
	size_t bytes; /* memory of routes, MACs and neighbours */
};

/* Sorted by VNI, then address. vni 0: of all EVIs served; mac NULL: every one. */
void tenants_evi_foreach(const struct tenants *t, uint32_t vni,
			 void (*fn)(void *arg, const struct tenants_evi_info *i),
			 void *arg);
void tenants_mac_foreach(const struct tenants *t, uint32_t vni, const struct mac *mac,
			 void (*fn)(void *arg, const struct tenants_mac_info *i),
			 void *arg);
void tenants_neigh_foreach(const struct tenants *t, uint32_t vni,
			   void (*fn)(void *arg, const struct tenants_neigh_info *i),
			   void *arg);
void tenants_vtep_foreach(const struct tenants *t, uint32_t vni,
			  void (*fn)(void *arg, const struct tenants_vtep_info *i),
			  void *arg);
void tenants_counters_get(const struct tenants *t, struct tenants_counters *out);

#endif
