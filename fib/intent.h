/* fib/intent.h - the contract between engine and fib: fixed-size records over a
 * SOCK_SEQPACKET pair. Both ends are the same build, so host byte order and no
 * version negotiation beyond HELLO; addresses are in network order as everywhere. */
#ifndef FIB_INTENT_H
#define FIB_INTENT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/ila.h"

enum {
	INTENT_VERSION = 1,
	INTENT_IFNAME = 16,
	INTENT_BATCH_MAX = 16384, /* bytes of one datagram */
	INTENT_PROTOCOL = 201,    /* kernel mark: route and neighbour protocol */
};

/*
 * A datagram is a sequence of records, each a header and a body of the size that
 * its type has (intent_size()). Down: SET is an upsert, DEL of nothing is fine;
 * records carry their whole state, so the last one of a key wins.
 */
enum intent_type {
	/* engine -> fib */
	INTENT_SYNC_BEGIN = 1, /* what follows is all that is wanted ... */
	INTENT_SYNC_END,  /* ... up to here; flags: INTENT_F_SWEEP sweep the rest now */
	INTENT_L2DOM_SET, /* struct intent_l2dom */
	INTENT_L2DOM_DEL,
	INTENT_MAC_SET, /* struct intent_mac */
	INTENT_MAC_DEL,
	INTENT_NEIGH_SET, /* struct intent_neigh */
	INTENT_NEIGH_DEL,
	INTENT_FLOOD_SET, /* struct intent_flood */
	INTENT_FLOOD_DEL,
	INTENT_ENDPOINT_SET, /* struct intent_endpoint: fib may touch its port */
	INTENT_ENDPOINT_DEL,
	INTENT_ADOPT, /* struct intent_adopt: adopt every bridge + VXLAN pair? */
	INTENT_QUERY, /* struct intent_query: answered by INTENT_ENTRY..., QUERY_END */
	INTENT_PONG,  /* struct intent_ping: answer to PING */
	INTENT_READY, /* no body: engine has its configuration applied */
	INTENT_EXIT,  /* struct intent_exit: engine leaves on purpose */
	INTENT_ILA_DOMAIN_SET, /* struct intent_ila_domain */
	INTENT_ILA_DOMAIN_DEL,
	INTENT_ILA_MAP_SET,      /* struct intent_ila_map: one locator */
	INTENT_ILA_MULTI_SET,    /* struct intent_ila_multi: several, same key space */
	INTENT_ILA_MAP_DEL,      /* struct intent_ila_map */
	INTENT_ILA_ENDPOINT_SET, /* struct intent_ila_endpoint */
	INTENT_ILA_ENDPOINT_DEL,
	INTENT_IDENT_SET, /* struct intent_ident: who has an address */
	INTENT_IDENT_DEL,
	INTENT_GROUP_SET, /* struct intent_group: what a group policy id stands for */
	INTENT_GROUP_DEL,
	INTENT_POLICY_OPT, /* struct intent_policy_opt: what holds for all endpoints */
	INTENT_WORKLOAD_SET, /* struct intent_workload: policy of an endpoint */
	INTENT_WORKLOAD_DEL,
	INTENT_POLICY_BEGIN, /* struct intent_policy: its verdicts follow ... */
	INTENT_VERDICT_SET,  /* struct intent_verdict */
	INTENT_VERDICT_DEL,
	INTENT_POLICY_COMMIT, /* struct intent_policy: ... up to here */
	INTENT_POLICY_DEL,    /* struct intent_policy */
	INTENT_MONITOR,       /* struct intent_monitor: tell of dropped packets? */
	INTENT_FIRST_UP = 64,
	/* fib -> engine */
	INTENT_HELLO = INTENT_FIRST_UP, /* struct intent_hello */
	INTENT_LINK,      /* struct intent_link: a bridge, VXLAN device or port */
	INTENT_FDB,       /* struct intent_fdb: a local MAC came, changed or went */
	INTENT_LNEIGH,    /* struct intent_neigh: a local neighbour, dto. */
	INTENT_ADDR,      /* struct intent_addr: an address of this host */
	INTENT_DUMP_END,  /* no body: the initial (or a repeated) picture is complete */
	INTENT_RESULT,    /* struct intent_result: the kernel refused, or again took */
	INTENT_COUNTERS,  /* struct intent_counters */
	INTENT_SIGNAL,    /* struct intent_signal: relayed to the engine */
	INTENT_PING,      /* struct intent_ping: are you alive? */
	INTENT_ENTRY,     /* struct intent_entry: one line of a query's answer */
	INTENT_QUERY_END, /* struct intent_query, as asked */
	INTENT_ILA_STATE, /* struct intent_ila_state: who translates, on change */
	INTENT_ILA_COUNTERS,   /* struct intent_ila_counters */
	INTENT_POLICY_STATE,   /* struct intent_policy_state: on change */
	INTENT_WORKLOAD_STATE, /* struct intent_workload_state: on change */
	INTENT_DROP,           /* struct intent_drop: one packet, see MONITOR */
	INTENT_RULE_COUNT,     /* struct intent_rule_count: answer to QUERY_RULES */
	INTENT_DROP_COUNTERS,  /* struct intent_drop_counters: on change */
};

struct intent_hdr {
	uint16_t type; /* enum intent_type */
	uint16_t len;  /* of header and body, a multiple of 4 */
	uint32_t flags;
};

enum {
	INTENT_F_SWEEP = 1, /* SYNC_END: every peer said End-of-RIB */
	INTENT_F_GONE = 2,  /* LINK, FDB, LNEIGH, ADDR: it went away */
	INTENT_F_DUMP = 4,  /* part of a dump, not an event */
};

enum {
	L2DOM_CREATE = 1, /* make bridge and device when they are absent */
	L2DOM_GBP = 2,
	L2DOM_SUPPRESS = 4, /* neigh_suppress on the VXLAN port */
	L2DOM_EBPF = 8, /* `dataplane ebpf`: endpoints forward past bridge and device */
};

/* One tenant's layer 2: bridge + VXLAN device. Key: vni. */
struct intent_l2dom {
	uint32_t vni;
	uint16_t port;  /* UDP, host order */
	uint16_t flags; /* L2DOM_* */
	struct ip vtep; /* 17 bytes */
	uint8_t pad[3];
	char bridge[INTENT_IFNAME];
	char vxlan[INTENT_IFNAME];    /* vx<VNI>, or the adopted device */
	char underlay[INTENT_IFNAME]; /* empty: by route */
	char tenant[32];              /* for the ifalias */
};

enum {
	FMAC_STICKY = 1,
	FMAC_GBP = 2, /* that VTEP reads group ids: its routes carry them */
};

/* A MAC behind a remote VTEP: VXLAN FDB + bridge FDB. Key: vni, mac. */
struct intent_mac {
	uint32_t vni;
	uint32_t dst_vni; /* VNI to send with; equal to vni when both ends agree */
	uint32_t cookie;  /* given back in RESULT */
	uint16_t flags;   /* FMAC_* */
	struct mac mac;
	struct ip vtep;
	uint8_t pad[3];
};

enum { FNEIGH_ROUTER = 1 };

/* IP -> MAC on the bridge, for ARP/ND suppression. Key: vni, ip.
 * Also upwards (INTENT_LNEIGH): a neighbour that the kernel learned. */
struct intent_neigh {
	uint32_t vni;
	uint32_t cookie;
	struct ip ip;
	struct mac mac;
	uint8_t flags; /* FNEIGH_* */
};

/* A head-end replication target. Key: vni, vtep. */
struct intent_flood {
	uint32_t vni;
	uint32_t cookie;
	struct ip vtep;
	uint8_t pad[3];
};

/* A declared endpoint: its port is ours to enslave; MACs on it are known. Key: ifname.
 */
struct intent_endpoint {
	uint32_t vni;
	char ifname[INTENT_IFNAME];
	struct mac mac;
	uint16_t pad;
};

struct intent_adopt {
	uint32_t on; /* 1: report and serve every bridge + VXLAN pair there is */
};

/* ---- ILA (spec/ila.md) ---- */

/* Who translates. */
enum ila_plane {
	ILA_PLANE_NONE, /* STATE: nobody, err and why say more */
	ILA_PLANE_AUTO, /* DOMAIN_SET: the kernel where it can, else eBPF */
	ILA_PLANE_KERNEL,
	ILA_PLANE_EBPF,
};

enum { ILA_UNDERLAYS = 4, ILA_LOCATORS = 8 };

enum {
	/* Bits 59..32 of every identifier are a VNID: nothing passes between two. */
	ILA_DOM_VNID = 1,
};

/* One SIR domain. Key: sir. */
struct intent_ila_domain {
	struct ila64 sir;
	struct ila64 locator; /* of this host; zero: nothing can be received */
	uint8_t csum;         /* enum ila_csum: what arrives here was sent with */
	uint8_t plane;        /* enum ila_plane, wanted */
	uint16_t flags;       /* ILA_DOM_* */
	/* Where translated packets arrive; all empty: the devices that lead to the
	 * locators in use. */
	char underlay[ILA_UNDERLAYS][INTENT_IFNAME];
};

/* An identifier behind a remote locator. Key: addr. */
struct intent_ila_map {
	struct ila_addr addr; /* SIR address, of a domain that was set before */
	struct ila64 locator;
	uint32_t cookie;    /* given back in RESULT */
	uint8_t csum;       /* enum ila_csum */
	uint8_t ident_type; /* enum ila_type, as told by the mapping */
	uint16_t pad;
};

/* The same behind several (anycast): each flow has one of them. Key: addr. */
struct intent_ila_multi {
	struct ila_addr addr;
	uint32_t cookie;
	uint8_t csum;
	uint8_t ident_type;
	uint8_t n; /* 2..ILA_LOCATORS; locators ascending, each once */
	uint8_t pad;
	struct ila64 locator[ILA_LOCATORS];
	uint16_t weight[ILA_LOCATORS]; /* 1.. */
};

enum {
	ILA_EP_PREFIX = 1, /* the container sees prefix + its low 32 bits */
	ILA_EP_HOST = 2,   /* an identifier of the host itself: no device */
	ILA_EP_FAST = 4,   /* eBPF: what arrives for it goes past the stack */
};

/* An identifier of this host. Key: addr. */
struct intent_ila_endpoint {
	struct ila_addr addr; /* SIR address */
	uint32_t vnid;        /* of a domain with ILA_DOM_VNID, else 0 */
	uint16_t flags;       /* ILA_EP_* */
	uint16_t pad;
	uint8_t prefix[12]; /* ILA_EP_PREFIX: the tenant's own, 96 bits */
	char ifname[INTENT_IFNAME];
};

/* Packets that the eBPF programs have seen, by what became of them. */
enum ila_count {
	ILA_N_OUT,          /* translated to a locator */
	ILA_N_IN,           /* translated to a SIR address of ours */
	ILA_N_LOCAL,        /* from one endpoint of this host to another */
	ILA_N_NO_MAPPING,   /* answered with unreachable, code 3 */
	ILA_N_NOT_HERE,     /* came for an identifier that is not here, dto. */
	ILA_N_ISOLATED_OUT, /* between tenants, dropped where they began */
	ILA_N_ISOLATED_IN,  /* between tenants, dropped on arrival */
	ILA_N_SPOOFED,      /* dropped: source is not what the endpoint may use */
	ILA_N_MALFORMED,    /* dropped: could not be read or rewritten */
	ILA_N_ERROR,        /* ICMPv6 errors whose quotation was translated back */
	ILA_N_ERROR_BAD,    /* ... whose quotation leads nowhere: passed as it was */
	ILA_COUNTS
};

struct intent_ila_counters {
	struct ila64 sir;
	uint64_t n[ILA_COUNTS];
};

/* Key: sir. */
struct intent_ila_state {
	struct ila64 sir;
	uint8_t plane;                /* enum ila_plane in force: NONE, KERNEL, EBPF */
	uint8_t kernel_can, ebpf_can; /* 1: this machine could, as far as asked */
	uint8_t forwarding;           /* 1: net.ipv6.conf.all.forwarding */
	int32_t err;
	char why[64]; /* why not the other one, or what is missing */
};

/* ---- identity and policy (spec/identity-policy.md) ---- */

/*
 * Within one turn fib brings policies and verdicts to the kernel, then identities, then
 * workloads, and takes away in reverse. After SYNC_BEGIN what an earlier engine wanted
 * stays beside what the new one says, up to the sweep: a verdict that was not renewed
 * goes then. Numbers of policies are the engine's own and mean nothing to the next one.
 */

/* Who has an address, or a prefix. Key: vni, ip, bits. */
struct intent_ident {
	uint32_t vni; /* 0: ILA */
	uint32_t identity;
	uint32_t cookie; /* given back in RESULT */
	struct ip ip;    /* nothing set behind bits */
	uint8_t bits;    /* 32 or 128: an address; less: a prefix */
	uint8_t pad[2];
	char ifname[INTENT_IFNAME]; /* of this host's endpoint, else empty */
};

/* A group policy id that means exactly one identity in the VNI. Key: vni, group. */
struct intent_group {
	uint32_t vni;
	uint32_t identity;
	uint16_t group;
	uint16_t pad;
};

struct intent_policy_opt {
	uint32_t identity; /* of addresses in an overlay that nobody told of; 5: init */
	uint32_t connections; /* room for so many; 0: the usual */
};

enum { CONNECTIONS_MIN = 1 << 10, CONNECTIONS_MAX = 1 << 22 };

enum {
	WORKLOAD_EBPF = 1,   /* forwarded by our programs: its domain has L2DOM_EBPF */
	WORKLOAD_ILA = 2,    /* sends and receives SIR addresses; vni is 0 */
	WORKLOAD_CLOSED = 4, /* declared no longer: nothing passes while it is there */
};

/* A declared endpoint on whose device programs enforce policy. Key: ifname. */
struct intent_workload {
	uint32_t vni;
	uint32_t identity;
	uint32_t policy; /* of POLICY_BEGIN; 0: everything is allowed */
	uint32_t cookie; /* given back in RESULT */
	uint16_t flags;  /* WORKLOAD_* */
	struct mac mac;  /* zero: any source; else no other */
	uint16_t group;  /* group policy id to send; 0: none */
	uint16_t pad;
	char ifname[INTENT_IFNAME];
};

enum { POLICY_VERDICTS = 1 << 20 }; /* of one policy at most */

/*
 * The verdicts of all endpoints with the same labels. Between BEGIN and COMMIT
 * VERDICT_SET builds a policy, later VERDICT_SET and _DEL change it in place. BEGIN of
 * a number in use replaces that policy at COMMIT, for no packet by half. Between
 * SYNC_BEGIN and the sweep a policy is loaded when a workload names it. Key: policy.
 */
struct intent_policy {
	uint32_t policy; /* not 0 */
	uint32_t count;  /* BEGIN: of verdicts, as far as known */
};

enum { VERDICT_INGRESS, VERDICT_EGRESS }; /* direction, seen from the endpoint */
enum { VERDICT_DENY = 1 };

/* Key: policy, identity, dir, proto, plen, port. */
struct intent_verdict {
	uint32_t policy;
	uint32_t identity; /* of the peer; 0: any */
	uint8_t dir;       /* VERDICT_INGRESS, VERDICT_EGRESS */
	uint8_t proto;     /* 0: any, then plen is 0 */
	uint8_t plen;      /* leading bits of port that count, 0..16 */
	uint8_t flags;     /* VERDICT_DENY */
	uint16_t port;     /* of the receiver, or ICMP type; nothing set behind plen */
	uint16_t pad;
	uint32_t rule; /* for counters and drops; 0: none */
};

struct intent_monitor {
	uint32_t on; /* 1: INTENT_DROP for packets dropped from now on */
};

/* err 0: in the kernel. Else it is not, and what was before is still in force. */
struct intent_policy_state {
	uint32_t policy;
	int32_t err;
	char why[64];
};

/* err 0: programs run on the device and the policy named is in force; -EINPROGRESS:
 * soon. Else the endpoint is not open: what is missing, in why. */
struct intent_workload_state {
	char ifname[INTENT_IFNAME];
	int32_t err;
	uint32_t policy; /* as wanted; the engine's number */
	char why[64];
};

/* Why our programs dropped a packet. */
enum drop_reason {
	DROP_NONE,
	DROP_POLICY,    /* no verdict allows it */
	DROP_DENY,      /* a verdict denies it */
	DROP_NO_POLICY, /* the endpoint's policy is not loaded */
	DROP_NO_FLOW,   /* an answer, by its looks, to nothing that is known of */
	DROP_FRAGMENT,  /* later part of a datagram of which none was allowed */
	DROP_SPOOF_MAC, /* not the endpoint's own */
	DROP_SPOOF_IP,
	DROP_SPOOF_NEIGH,   /* ARP, neighbour discovery for somebody else */
	DROP_SPOOF_OUTSIDE, /* from the underlay with an address of this host */
	DROP_NOT_FOR,       /* not the endpoint's address */
	DROP_VLAN,          /* tagged: not seen by policy, which is not open */
	DROP_NOT_IP,
	DROP_MALFORMED,
	DROP_VXLAN,  /* header of the tunnel: flags, lengths */
	DROP_FAILED, /* the kernel would not rewrite it */
	DROP_REASONS
};

/** drop_name - "policy", "spoof-mac", ..; "?" when unknown. */
const char *drop_name(unsigned reason);

/* One dropped packet; at most some hundred a second are told. */
struct intent_drop {
	uint32_t ifindex;                    /* of the endpoint's host side */
	uint32_t vni;                        /* 0: ILA */
	uint32_t src_identity, dst_identity; /* 0: not known */
	uint32_t rule;                       /* 0: none */
	uint8_t reason;                      /* enum drop_reason */
	uint8_t dir;                         /* VERDICT_* */
	uint8_t proto;
	uint8_t family;           /* 1: IPv4, 2: IPv6, 0: neither */
	uint16_t sport, dport;    /* host order; ICMP, ICMPv6: 0, type */
	uint8_t src[16], dst[16]; /* IPv4: the first four, the others are zero */
	uint32_t len;             /* bytes of the packet */
};

/* Packets that a rule decided about, since the programs were first loaded. */
struct intent_rule_count {
	uint32_t rule;
	uint32_t id; /* of the query */
	uint64_t packets, bytes;
};

struct intent_drop_counters {
	uint64_t n[DROP_REASONS];
	uint64_t events_lost; /* dropped packets that MONITOR did not tell of */
	uint32_t connections; /* remembered, as they were counted last */
	uint32_t room;        /* for so many */
};

enum intent_table {
	TABLE_L2DOM,
	TABLE_VXLAN_FDB,
	TABLE_BRIDGE_FDB,
	TABLE_NEIGH,
	TABLE_FLOOD,
	TABLE_ILA_DOMAIN, /* own locator: xlat entry, or map entry and programs */
	TABLE_ILA_MAP,    /* identifier behind a locator: route or map entry */
	TABLE_ILA_LOCAL,  /* identifier of this host: route to its device */
	TABLE_POLICY,     /* verdicts of a label set: one entry for all of them */
	TABLE_IDENT,      /* address or prefix -> identity */
	TABLE_WORKLOAD,   /* endpoint under policy: its programs and their record */
	TABLE_NET_FDB,    /* MAC of a domain with L2DOM_EBPF, for the programs */
	TABLE_NET_NEIGH,  /* dto., neighbour: ARP and ND are answered from it */
	TABLES
};

/* intent_query.table: INTENT_RULE_COUNT for each rule that has counted something. */
enum { QUERY_RULES = 1000 };

struct intent_query {
	uint32_t id;        /* the engine's own number */
	uint32_t diff_only; /* 1: only entries where wanted and seen differ */
	uint32_t table;     /* enum intent_table, TABLES = all, QUERY_RULES */
};

/* HELD: wanted, but not to be in the kernel for now: err says why. */
enum { ENTRY_WANTED = 1, ENTRY_SEEN = 2, ENTRY_FOREIGN = 4, ENTRY_HELD = 8 };

/* What comes by the tunnels of an L2 domain is received by the kernel; by programs; by
 * programs but for TCP in single segments, which the VXLAN device puts together; the
 * one or the other, by the device that it comes from. */
enum intent_receive {
	RECEIVE_KERNEL,
	RECEIVE_DIRECT,
	RECEIVE_AGGREGATED,
	RECEIVE_MIXED,
};

struct intent_entry {
	uint32_t id;          /* query */
	uint8_t table, state; /* ENTRY_* */
	uint16_t pad;
	int32_t err;     /* last refusal, 0 or -errno */
	uint32_t age_ms; /* of the difference */
	uint32_t vni;
	struct mac mac;
	struct ip ip;    /* VTEP, neighbour's address, SIR address or prefix */
	uint8_t plane;   /* TABLE_ILA_*: enum ila_plane that has it, or NONE */
	uint8_t bits;    /* TABLE_IDENT: of ip */
	uint8_t receive; /* TABLE_L2DOM: enum intent_receive */
	uint8_t pad2[2];
	uint32_t number; /* TABLE_IDENT, _WORKLOAD: identity; _POLICY: verdicts */
	uint32_t policy; /* TABLE_POLICY, _WORKLOAD: the engine's number */
	char dev[INTENT_IFNAME];
	struct ila64 locator; /* TABLE_ILA_*; of several: an entry for each */
};

struct intent_hello {
	uint32_t version;
	uint32_t fib_restarts; /* of the engine, seen by this fib */
	uint32_t kept;         /* 1: kernel entries of an earlier run are known */
};

enum link_kind { LINK_OTHER, LINK_BRIDGE, LINK_VXLAN, LINK_PORT };
enum { LINK_UP = 1, LINK_OURS = 2, LINK_L2DOM_OK = 4 };

struct intent_link {
	uint32_t ifindex;
	uint32_t master; /* ifindex of the bridge, 0 none */
	uint32_t vni;    /* VXLAN device */
	uint16_t kind;   /* enum link_kind */
	uint16_t flags;  /* LINK_* */
	uint16_t port;   /* VXLAN UDP port */
	struct mac mac;
	struct ip vtep; /* VXLAN local */
	char name[INTENT_IFNAME];
	uint8_t pad[3];
};

enum { FDB_STICKY = 1, FDB_STATIC = 2 };

/* A MAC on a port of a bridge that has a VXLAN device. */
struct intent_fdb {
	uint32_t vni;
	uint32_t ifindex; /* port */
	struct mac mac;
	uint16_t flags; /* FDB_* */
};

struct intent_addr {
	uint32_t ifindex;
	struct ip ip;
	uint8_t bits;
	uint8_t pad[2];
};

struct intent_result {
	uint32_t cookie;
	uint32_t vni;
	int32_t err;    /* 0: earlier refusal is mended; else -errno */
	uint16_t table; /* enum intent_table */
	struct mac mac;
	struct ip ip;
	uint8_t pad[3];
	char why[64]; /* extended ack of the kernel, or ours */
};

/* What /metrics and `show fib` sum up; sent on change, at most once a turn. Bodies
 * are aligned to 4 in a datagram: copy this one out before use. */
struct intent_counters {
	struct intent_table_counters {
		uint32_t wanted, seen, missing, extra, foreign, failed;
		uint64_t ops_ok, ops_failed, repaired, swept;
	} table[TABLES];
	uint64_t batches, messages, resyncs, enobufs, audits, retries;
	uint64_t in_sync_since_ms; /* CLOCK_MONOTONIC; 0: not in sync */
	uint32_t queue;
	uint32_t syncing;           /* 1 between SYNC_BEGIN and the sweep */
	uint64_t apply_ns, applied; /* sum and number of applied intents */
};

struct intent_signal {
	uint32_t signo; /* SIGHUP, SIGUSR1, SIGUSR2, SIGTERM */
};

struct intent_ping {
	uint32_t seq;
};

struct intent_exit {
	uint32_t status; /* exit status for the whole daemon */
	uint32_t keep;   /* 1: leave forwarding state (graceful restart) */
};

#define INTENT_SIZE_IS(type, bytes)                                                    \
	_Static_assert(sizeof(struct type) == (bytes), #type " changed its size")
INTENT_SIZE_IS(intent_hdr, 8);
INTENT_SIZE_IS(intent_l2dom, 108);
INTENT_SIZE_IS(intent_mac, 40);
INTENT_SIZE_IS(intent_neigh, 32);
INTENT_SIZE_IS(intent_flood, 28);
INTENT_SIZE_IS(intent_endpoint, 28);
INTENT_SIZE_IS(intent_fdb, 16);
INTENT_SIZE_IS(intent_ila_domain, 84);
INTENT_SIZE_IS(intent_ila_map, 32);
INTENT_SIZE_IS(intent_ila_multi, 104);
INTENT_SIZE_IS(intent_ila_endpoint, 52);
INTENT_SIZE_IS(intent_ila_counters, 96);
INTENT_SIZE_IS(intent_ila_state, 80);
INTENT_SIZE_IS(intent_ident, 48);
INTENT_SIZE_IS(intent_group, 12);
INTENT_SIZE_IS(intent_workload, 44);
INTENT_SIZE_IS(intent_policy, 8);
INTENT_SIZE_IS(intent_verdict, 20);
INTENT_SIZE_IS(intent_policy_state, 72);
INTENT_SIZE_IS(intent_workload_state, 88);
INTENT_SIZE_IS(intent_drop, 64);
INTENT_SIZE_IS(intent_rule_count, 24);
INTENT_SIZE_IS(intent_drop_counters, 144);
INTENT_SIZE_IS(intent_result, 104);
INTENT_SIZE_IS(intent_entry, 80);

/** intent_size - bytes of header and body for a type; 0 for an unknown one. */
size_t intent_size(uint16_t type);

/** intent_name - lower-case name for logs and --fib=record; "?" when unknown. */
const char *intent_name(uint16_t type);

/** intent_format - one line of text, the form of --fib=record; Return: buf. */
const char *intent_format(const struct intent_hdr *h, const void *body, char *buf,
			  size_t size);

#endif
