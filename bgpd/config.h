/* bgpd/config.h - the configuration as one tree of plain values. */
#ifndef BGPD_CONFIG_H
#define BGPD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "bgpd/family.h"
#include "fib/intent.h"
#include "lib/addr.h"
#include "lib/ila.h"
#include "rib/claim.h"
#include "rib/permit.h"
#include "rib/tenant.h"

struct out;

/* maximum-memory of neighbors that a listen range makes, unless it is written. */
enum { CFG_RANGE_MEMORY_MB = 256, CFG_MEMORY_MB_MAX = 1 << 20 };

/* Tables number neighbors in 16 bits: at most so many of listen ranges, whatever the
 * listen limit says, and so many that are configured. */
enum { CFG_DYNAMIC_MAX = 60000, CFG_NBRS_MAX = 5000 };

/* A setting of a neighbor or a group that was written down; others inherit. */
enum cfg_nbr_set {
	NBR_REMOTE_AS = 1 << 0,
	NBR_PASSWORD = 1 << 1,
	NBR_GTSM = 1 << 2,
	NBR_TIMERS = 1 << 3,
	NBR_CONNECT = 1 << 4,
	NBR_DESC = 1 << 5,
	NBR_SHUTDOWN = 1 << 6,
	NBR_PASSIVE = 1 << 7,
	NBR_UPDATE_SOURCE = 1 << 8,
	NBR_MULTIHOP = 1 << 9,
	NBR_PORT = 1 << 10,
	NBR_GR = 1 << 11,
	NBR_MAX_MEMORY = 1 << 12,
	NBR_ROLE = 1 << 13,
	NBR_INTERFACE = 1 << 14,
};

/* The same for the settings of one address family. */
enum cfg_af_set {
	AF_ACTIVATE = 1 << 0,
	AF_RR_CLIENT = 1 << 1,
	AF_RS_CLIENT = 1 << 2,
	AF_MAX_PREFIX = 1 << 3,
	AF_ALLOWAS_IN = 1 << 4,
	AF_NO_ADDPATH_RX = 1 << 5,
	AF_ADDPATH_RX_LIMIT = 1 << 6,
	AF_ORIGIN_CHECK = 1 << 7,
	AF_ADDPATH_TX_ALL = 1 << 8,
	AF_DEFAULT_ORIGINATE = 1 << 9,
	AF_NEXT_HOP_16 = 1 << 10,
	AF_LABELS = 1 << 11,
	AF_LABELS_PERMIT = 1 << 12,
	AF_TENANT_PERMIT = 1 << 13,
};

/* `neighbor P labels`: what becomes of labels, and of numbers of groups, on routes from
 * it. Strip takes them off routes to it as well. */
enum cfg_labels {
	CFG_LABELS_DEFAULT, /* pass of an internal neighbor, strip of an external one */
	CFG_LABELS_ACCEPT,  /* they make identities here, and are passed on */
	CFG_LABELS_PASS,
	CFG_LABELS_STRIP,
};

enum { CFG_LIST_NAME = 32 };

/* What a neighbor or a group has in one `address-family`. */
struct cfg_nbr_af {
	uint32_t set; /* enum cfg_af_set */
	bool activate, rr_client, rs_client;
	bool default_originate; /* rt-constraint: ask it for everything */
	bool next_hop_16;       /* ila: take a next hop of 16 octets for a locator */
	bool no_addpath_rx;     /* do not offer to receive several paths (RFC 7911) */
	bool addpath_tx_all;    /* offer to send all */
	bool max_prefix_warn_only, max_prefix_force;
	uint8_t max_prefix_pct;          /* warn at, default 75 */
	uint8_t allowas_in;              /* 0 = off */
	uint16_t max_prefix_restart_min; /* try again after, 0 = `clear bgp` */
	uint16_t addpath_rx_limit;       /* paths of one route, default 64 */
	uint32_t max_prefix;             /* 0 = none; counts paths */
	struct claim_rule origin;
	uint8_t labels;                  /* enum cfg_labels */
	char label_list[CFG_LIST_NAME];  /* labels permit; "": whatever it says */
	char tenant_list[CFG_LIST_NAME]; /* tenant permit, likewise */
};

/* Graceful restart (RFC 4724): nothing of it, keep routes of neighbors that restart, or
 * also ask them to keep ours. */
enum cfg_gr { CFG_GR_HELPER, CFG_GR_RESTARTS, CFG_GR_DISABLED };

enum cfg_as { CFG_AS_NUMBER, CFG_AS_INTERNAL, CFG_AS_EXTERNAL };

/* A neighbor (addr set) or a peer-group (name set). */
struct cfg_nbr {
	TAILQ_ENTRY(cfg_nbr) link;
	unsigned line;  /* where it came up in the file, 0 unknown */
	char name[64];  /* group name, or the address as text */
	struct ip addr; /* none for a group */
	char group[64]; /* neighbor: its group, "" none */
	uint32_t set;   /* enum cfg_nbr_set */
	enum cfg_as as_kind;
	uint32_t remote_as;
	char password[81]; /* TCP-MD5, 1..80 bytes */
	uint8_t gtsm_hops; /* 0 off, 1..254 */
	uint8_t multihop;  /* ebgp-multihop TTL, 0 = directly connected */
	bool has_role, role_strict;
	uint8_t role; /* enum bgp_role, of ours towards it */
	uint16_t keepalive_s, hold_s, connect_s;
	uint16_t port;
	uint32_t max_memory_mb; /* of its routes, 0 = no limit; ranges have one */
	char desc[81];
	bool shutdown;
	char shutdown_msg[256];
	enum cfg_gr
		gr; /* graceful-restart, -helper, -disable; default: the global one */
	bool passive;
	bool needs_policy;        /* resolved: an external one gives and gets nothing */
	struct ip source;         /* update-source as address ... */
	char source_if[16];       /* ... or as device */
	char ifname[16];          /* where its link-local address is */
	struct label_marks marks; /* resolved: what labels are called */
	struct cfg_nbr_af af[FAMS];
};

struct cfg_range {
	TAILQ_ENTRY(cfg_range) link;
	unsigned line;
	struct prefix prefix;
	char group[64];
};

enum { CFG_RTS = 16 };

/* `vni N` below address-family l2vpn evpn: overrides for one EVI. */
struct cfg_vni {
	TAILQ_ENTRY(cfg_vni) link;
	uint32_t vni;
	bool has_rd;
	struct rd rd;
	unsigned n_import, n_export; /* 0: default AS:VNI */
	struct extcom import[CFG_RTS], export[CFG_RTS];
};

enum vni_encoding { VNI_VXLAN, VNI_MPLS_SHIFTED };

struct cfg_tenant {
	TAILQ_ENTRY(cfg_tenant) link;
	unsigned line;
	char name[32];
	uint32_t vni;    /* 0 until given */
	char bridge[16]; /* br<VNI> unless given; "" while there is no VNI */
	uint16_t port;   /* default 4789 */
	bool gbp;
	bool ebpf;      /* endpoints forward past bridge and device */
	struct ip vtep; /* none: router id */
	char underlay[16];
	enum vni_encoding encoding;
	bool ila;        /* encapsulation ila, instead of all but the name */
	char domain[32]; /* ... of this SIR domain */
	uint32_t vnid;   /* ... 0: tenants are not kept apart */
	struct prefix tenant_prefix; /* 96 bits; no bits: none */
};

/* The SIR domain without a name has this one. */
#define CFG_ILA_UNNAMED "default"

/* `label-list`: what endpoints of a host may claim to be. */
struct cfg_label_list {
	TAILQ_ENTRY(cfg_label_list) link;
	char name[CFG_LIST_NAME];
	struct label_permit permit;
};

/* `tenant-list`: where they may claim to be. */
struct cfg_tenant_list {
	TAILQ_ENTRY(cfg_tenant_list) link;
	char name[CFG_LIST_NAME];
	struct tenant_permit permit;
};

/* `identity` */
struct cfg_identity {
	uint32_t domain; /* 0: labels are neither sent nor read */
	uint8_t code;    /* of the attribute */
	uint32_t large;  /* function of the large community, 0: not used */
	bool world;      /* who is in an overlay and not known is world, not init */
	uint32_t connections; /* room in the table, 0: fib's usual */
};

/* One of `label-keys`: labels with it make identities. */
struct cfg_label_key {
	TAILQ_ENTRY(cfg_label_key) link;
	char key[LABEL_KEY_LEN + 1];
};

/* `assign LABELS number N` */
struct cfg_assign {
	TAILQ_ENTRY(cfg_assign) link;
	unsigned line;
	uint32_t number;
	struct labels labels;
};

/* `map PREFIX labels L`: who is there, where no route says so. */
struct cfg_map {
	TAILQ_ENTRY(cfg_map) link;
	unsigned line;
	struct prefix prefix;
	char tenant[32]; /* "": of every one */
	struct labels labels;
};

/* `policy file PATH` */
struct cfg_policy_file {
	TAILQ_ENTRY(cfg_policy_file) link;
	char path[256];
};

enum { CFG_ENDPOINTS_MAX = 1024 };

/* `endpoint NAME ...` of a tenant */
struct cfg_endpoint {
	TAILQ_ENTRY(cfg_endpoint) link;
	unsigned line;
	struct tenants_endpoint e;
};

/* `ila [NAME]`: a SIR domain. */
struct cfg_ila {
	TAILQ_ENTRY(cfg_ila) link;
	unsigned line;
	char name[32];
	bool has_sir, has_locator;
	struct ila64 sir, locator;
	enum ila_csum csum;
	enum ila_plane plane;
	bool locator_community;
	unsigned n_underlay;
	char underlay[ILA_UNDERLAYS][16];
};

/* `identifier I` of a SIR domain. */
struct cfg_ila_id {
	TAILQ_ENTRY(cfg_ila_id) link;
	unsigned line;
	char domain[32];
	struct ila64 id;
	char ifname[16]; /* "": the host itself */
	bool anycast;
	uint16_t weight;     /* 0: not said */
	uint32_t local_pref; /* 0: not said */
};

/* A global setting that was written down; the others follow `frr defaults`. */
enum cfg_set {
	CFG_TIMERS = 1 << 0,
	CFG_EBGP_POLICY = 1 << 1,
	CFG_LOG_CHANGES = 1 << 2,
};

struct config {
	bool from_file; /* read anew: what it names is to be read anew as well */
	uint32_t set;   /* enum cfg_set */
	char hostname[64];
	char log_file[256];
	int log_level;   /* enum log_level, -1 default */
	bool datacenter; /* frr defaults datacenter */
	bool has_bgp;
	uint32_t as;
	uint32_t router_id;        /* host order, 0 = derive */
	uint32_t cluster_id;       /* host order, 0 = router id */
	bool no_ebgp_policy_check; /* no bgp ebgp-requires-policy */
	bool default_ipv4;         /* bgp default ipv4-unicast (true): of no effect */
	bool shutdown;             /* bgp shutdown: all neighbors */
	char shutdown_msg[256];    /* ... message, RFC 9003 */
	bool soft_admin_reset;     /* no bgp hard-administrative-reset */
	enum cfg_gr gr;            /* bgp graceful-restart, graceful-restart-disable */
	bool gr_preserve;          /* bgp graceful-restart preserve-fw-state */
	bool gr_no_notification;   /* no bgp graceful-restart notification: no N bit */
	uint16_t gr_restart_s;     /* default 120 */
	uint16_t gr_stale_s;       /* default 360 */
	uint32_t llgr_stale_s; /* bgp long-lived-graceful-restart stale-time, 0 off */
	bool llgr_partial;     /* ... partial-deployment */
	uint16_t gr_defer_s;   /* bgp graceful-restart select-defer-time, default 360 */
	uint16_t keepalive_s, hold_s; /* timers bgp; defaults 30 90, datacenter 3 9 */
	uint16_t connect_s;           /* neighbors' default: 120, datacenter 10 */
	uint16_t listen_limit;        /* bgp listen limit, default 100 */
	uint16_t min_hold_s;          /* bgp minimum-holdtime, 0 = none */
	bool log_neighbor_changes;
	TAILQ_HEAD(, cfg_nbr) groups, nbrs; /* in order of appearance */
	TAILQ_HEAD(, cfg_range) ranges;
	/* address-family l2vpn evpn */
	bool advertise_all_vni;
	bool autort_rfc8365;
	bool unknown_types_discard;     /* bgp evpn unknown-types discard */
	uint8_t malformed_nlri;         /* 0 skip, 1 disable-family, 2 reset */
	bool dad_off;                   /* no dup-addr-detection */
	uint16_t dad_moves, dad_time_s; /* 5, 180 */
	uint32_t dad_freeze_s;          /* 0: off (no freeze); UINT32_MAX: permanent */
	TAILQ_HEAD(, cfg_vni) vnis;
	TAILQ_HEAD(, cfg_tenant) tenants;
	TAILQ_HEAD(, cfg_ila) ilas;
	TAILQ_HEAD(, cfg_ila_id) ila_ids; /* of all domains */
	uint16_t ila_afi; /* number of the family `ila unicast`, default 2 241 */
	uint8_t ila_safi;
	struct cfg_identity identity;
	TAILQ_HEAD(, cfg_label_key) label_keys;
	TAILQ_HEAD(, cfg_assign) assigns;
	TAILQ_HEAD(, cfg_map) maps;
	TAILQ_HEAD(, cfg_policy_file) policy_files;
	TAILQ_HEAD(, cfg_endpoint) endpoints; /* of all tenants */
	TAILQ_HEAD(, cfg_label_list) label_lists;
	TAILQ_HEAD(, cfg_tenant_list) tenant_lists;
};

/** config_new - an empty configuration with all defaults; owned. */
struct config *config_new(void);
void config_free(struct config *c);
struct config *config_copy(const struct config *c);

/** config_parse_file - Return: owned configuration, or NULL with
 * "FILE:LINE:COLUMN: reason" in err[errlen]. */
struct config *config_parse_file(const char *path, char *err, size_t errlen);

/** config_parse_text - the same from memory; name stands for the file in err. */
struct config *config_parse_text(const char *name, const char *text, char *err,
				 size_t errlen);

/** config_check - what only the whole can tell (a listen range whose group has no
 * remote-as, two tenants with one VNI, gbp and not gbp on one port ...).
 * Return: 0, or -EINVAL with a reason in err. */
int config_check(const struct config *c, char *err, size_t errlen);

/** config_print - as `show running-config` prints it; reads back to the same tree. */
void config_print(const struct config *c, struct out *o);

/** config_equal - do both print alike? */
bool config_equal(const struct config *a, const struct config *b);

/** config_nbr_resolve - a neighbor with all that its group and the defaults give;
 * out->addr is addr for a dynamic peer of a group. */
void config_nbr_resolve(const struct config *c, const struct cfg_nbr *n,
			struct cfg_nbr *out);

/** config_restarts - does any neighbor keep our routes when we restart? */
bool config_restarts(const struct config *c);

struct cfg_nbr *config_nbr_find(const struct config *c, const struct ip *addr);
struct cfg_nbr *config_group_find(const struct config *c, const char *name);
struct cfg_vni *config_vni_find(const struct config *c, uint32_t vni);
struct cfg_tenant *config_tenant_find(const struct config *c, const char *name);
struct cfg_ila *config_ila_find(const struct config *c, const char *name);
struct cfg_label_list *config_label_list_find(const struct config *c, const char *name);
struct cfg_tenant_list *config_tenant_list_find(const struct config *c,
						const char *name);
struct cfg_endpoint *config_endpoint_find(const struct config *c, const char *name);

/** cfg_labels_of - what the setting comes to: never CFG_LABELS_DEFAULT. */
static inline enum cfg_labels cfg_labels_of(const struct cfg_nbr_af *af, bool ebgp)
{
	if (af->labels != CFG_LABELS_DEFAULT)
		return (enum cfg_labels)af->labels;
	return ebgp ? CFG_LABELS_STRIP : CFG_LABELS_PASS;
}

/** cfg_labels_name - "accept" and so on; not of CFG_LABELS_DEFAULT. */
const char *cfg_labels_name(enum cfg_labels l);

/** config_identity_used - is there anything in `identity`? */
bool config_identity_used(const struct config *c);

/** cfg_ila_unnamed - the one that `address-family ila unicast` is about? */
bool cfg_ila_unnamed(const struct cfg_ila *d);

#endif
