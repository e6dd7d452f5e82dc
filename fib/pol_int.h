/* fib/pol_int.h - between the files fib/pol*.c and fib/net.c. */
#ifndef FIB_POL_INT_H
#define FIB_POL_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "fib/bpf_map.h"
#include "fib/bpf_prog.h"
#include "fib/intent.h"
#include "fib/nl.h"
#include "fib/pol.h"
#include "fib/polval.h"
#include "fib/verdicts.h"
#include "fib/want.h"

/* The verdicts of one label set; each state of a document is one of its own. */
struct policy {
	uint32_t engine;       /* its number there; 0: nobody's any more */
	uint32_t nr;           /* in pol_verdict_v1; 0: not in the kernel */
	int fd;                /* inner map, -1: none */
	uint32_t id;           /* the kernel's number of that */
	uint32_t max;          /* room in it */
	struct verdicts v;     /* in force, or to be */
	struct verdicts *next; /* between BEGIN and COMMIT; owned */
	bool committed;
	bool fresh;     /* inner map is not in the outer one yet */
	bool named;     /* by an endpoint of this engine, at the last policies_work() */
	uint32_t users; /* endpoints whose record names it */
	int32_t err;    /* last refusal */
	int64_t retry_ms; /* of that: not before */
	char why[BPF_WHY];
	int32_t told; /* err told last; 1: nothing was told */
	TAILQ_ENTRY(policy) q;
	UT_hash_handle hh; /* by engine, unless that is 0 */
};

/* An inner map that nobody needs any more. */
struct retired {
	uint32_t nr;
	STAILQ_ENTRY(retired) q;
};

/* An endpoint under policy. */
struct load {
	struct intent_workload want;
	uint16_t gen;
	bool known;          /* want.policy is a number of this engine */
	struct policy *live; /* in its record; NULL: none */
	bool live_open;      /* it has none, and everything is allowed */
	uint32_t ifindex;    /* whose record it is; 0: none */
	uint32_t fdb_vni;    /* its MAC is known to forwarding, here; 0: it is not */
	struct mac fdb_mac;
	uint32_t ip4, ip6[4]; /* an address each, as in the record */
	bool addrs_pending;   /* some are not in the kernel yet */
	bool shut;            /* its device is not to be used: programs do not run */
	bool held;            /* ILA: nothing is delivered to it, because of that */
	bool warned;          /* it was logged */
	int32_t err;
	char why[64];
	bool was_told;
	struct intent_workload_state told;
	UT_hash_handle hh; /* by want.ifname */
};

/* An address of an endpoint: its entry follows the device. */
struct local {
	struct want_key key;
	uint32_t identity, cookie;
	uint16_t gen;
	char ifname[INTENT_IFNAME];
	UT_hash_handle hh; /* by key */
};

/* A domain that programs forward for, or whose endpoints are under policy. */
struct net_dom {
	uint32_t vni;
	bool fast;       /* L2DOM_EBPF */
	bool endpoints;  /* some are in it */
	uint8_t receive; /* enum intent_receive, if it is fast */
	bool macs;       /* programs know who is elsewhere: to send to them, or to say a
			  * group when the VXLAN device does */
	struct want_dom w;
	UT_hash_handle hh; /* by vni */
};

enum {
	POL_BATCH = 256,
	POL_AGAIN_MS = 2000, /* after a refusal */
	POL_OPEN = BPF_POL_EP_OPEN_IN | BPF_POL_EP_OPEN_OUT
};

/* Entries that go to one map together. */
struct pol_batch {
	uint32_t n;
	uint8_t key[POL_BATCH * POLVAL_KEY];
	uint8_t value[POL_BATCH * POLVAL_VALUE];
	struct want_entry *who[POL_BATCH];
};

enum { POL_TABLES = 4 }; /* maps that entries are of */

struct pol {
	bool open;
	bool swept;   /* leftovers of earlier runs are gone */
	bool due;     /* something changed: pol_before(), pol_after() have work */
	bool monitor; /* wanted */
	int32_t err;  /* why it is not open, or last trouble */
	char why[BPF_WHY];
	int64_t retry_ms; /* not open: when to try again */
	int64_t again_ms; /* pol_again(); INT64_MAX: never */

	TAILQ_HEAD(, policy) policies;
	struct policy *by_engine;
	STAILQ_HEAD(, retired) retired;
	uint32_t last_nr;
	struct load *loads;
	struct local *locals;
	struct net_dom *doms;
	struct net_way *ways;
	struct event *ev_ways; /* something about routes changed */
	bool ways_due;
	int64_t ways_ms;      /* when all were asked for last */
	int64_t ways_next_ms; /* some are to be asked for again; INT64_MAX: none */
	struct want_dom idents;
	struct mirror eps, groups, net_doms, vteps;
	struct bpf_pol_opt opt;
	bool opt_due, take_due;
	struct bpf_net_ports ports; /* in the map, unless take_due */
	struct bpf_net_single singles[BPF_NET_SINGLES]; /* as in the map */
	bool singles_due;                               /* it may have others */
	uint32_t ila_changes; /* of fib/bpf_attach.h, as endpoints know them */
	struct pol_batch set[POL_TABLES], del[POL_TABLES];

	/* pol_up.c */
	struct ring_buffer *ring;
	struct event *ev_ring;
	int64_t told_ms, second_ms;
	uint32_t second_n; /* events told in this second */
	struct intent_drop_counters counted;
	bool was_counted;

	/* pol_ct.c */
	uint32_t connections; /* at the end of the last pass over them */
	struct {
		uint8_t at[sizeof(struct bpf_pol_flow)]; /* the kernel's mark */
		bool begun;
		uint32_t live, max;
	} ct_pass;
};

/* ---- pol.c ---- */

/** pol_get - made when something is wanted for the first time. */
struct pol *pol_get(struct fib *f);

/** pol_room - room for n connections, 0: the usual. As long as no engine has endpoints
 * with policies, there is next to none. */
void pol_room(struct fib *f, uint32_t n);

/** pol_opt_write - f->pol->opt into its map. */
void pol_opt_write(struct fib *f);

/** pol_due - there is work. pol_again - there will be, then; whoever asks for an
 * earlier time puts nobody off. */
void pol_due(struct fib *f);
void pol_again(struct fib *f, int64_t at_ms);

/** pol_fd - of a map. */
int pol_fd(const struct fib *f, enum bpf_map_id m);

/** pol_grow - a larger map in the place of one that is full. Return: 0 or -E2BIG. */
int pol_grow(struct fib *f, enum bpf_map_id m);

/** pol_push - bring a mirror's additions and changes to its map; what is refused is
 * tried again. Return: 0 or -errno. */
int pol_push(struct fib *f, struct mirror *m, enum bpf_map_id id);

/* ---- pol_ident.c ---- */

/** pol_locals_on - a device came, changed or went: addresses on it. */
void pol_locals_on(struct fib *f, const char *ifname);
void pol_locals_sweep(struct fib *f);

/** pol_locals_look - what endpoints are to know of their addresses. */
void pol_locals_look(struct fib *f);

/* ---- pol_policy.c ---- */

/** policy_of - the policy of an engine's number; NULL: not there, or not committed. */
struct policy *policy_of(const struct pol *p, uint32_t engine);

/** policies_work - to the kernel: what endpoints want, and what changed in place. */
void policies_work(struct fib *f);

/** policies_clean - from the kernel: verdicts that went, policies nobody needs. */
void policies_clean(struct fib *f);
void policies_forget(struct pol *p); /* numbers of the engine */
void policies_sweep(struct fib *f);
int policies_adopt(struct fib *f);
int policies_audit(struct fib *f);
void policies_free(struct pol *p);

/** policies_remove - unpin all inner maps. */
void policies_remove(struct fib *f);
void policies_count(struct fib *f);

/* ---- pol_load.c ---- */

/** loads_resolve - which device and policy each has, and a closed record for who has
 * none yet; loads_work - their records and programs (Return: 0; -errno: some of the
 * records were not written); loads_tell. */
void loads_resolve(struct fib *f);

/** loads_reshape - records follow what became of the policies that they name. */
void loads_reshape(struct fib *f);
int loads_work(struct fib *f);
void loads_tell(struct fib *f);
void loads_sweep(struct fib *f);
void loads_count(struct fib *f);
void loads_free(struct pol *p);

/** load_find - NULL if none. */
struct load *load_find(const struct pol *p, const char *ifname);

/** load_policy - what it is to have, committed; NULL: none, or not there. */
struct policy *load_policy(const struct pol *p, const struct load *l);

/* ---- pol_gate.c ---- */

/** gates_work - close devices whose policy is not enforced, open the others. */
void gates_work(struct fib *f);

/** gate_told - after err and why were found. gate_open - it is under policy no more. */
void gate_told(struct fib *f, struct load *l);
void gate_open(struct fib *f, struct load *l);

/** gates_sweep - open what an earlier run closed and is under policy no more. */
void gates_sweep(struct fib *f);

/* ---- pol_seen.c ---- */

/** pol_tables_read - tell the core what is in the maps. */
int pol_tables_read(struct fib *f, bool first);

/* ---- pol_up.c ---- */
void pol_monitor_work(struct fib *f);
void pol_monitor_close(struct pol *p);

/* ---- pol_ct.c ---- */

/** pol_ct_look - go on counting connections; for once a second. */
void pol_ct_look(struct fib *f);

/* ---- net.c ---- */

/** net_work - domains and VTEPs into their maps; net_attach - programs on the
 * underlay. */
void net_work(struct fib *f);
void net_attach(struct fib *f);

/** net_local - an endpoint's MAC is on this device now (0: nowhere). */
void net_local(struct fib *f, uint32_t vni, const struct mac *mac, uint32_t ifindex);
struct net_dom *net_dom_get(struct fib *f, uint32_t vni);
bool net_in_use(const struct pol *p);
void net_free(struct pol *p);

/* ---- net_way.c ---- */

/** net_way - how a VTEP is reached; borrowed until the next change of ways. */
const struct polval_way *net_way(struct fib *f, const struct ip *vtep);

/** net_way_is - is it that way? */
bool net_way_is(struct fib *f, const struct ip *vtep, struct polval_way way);

/** net_way_told - a router says that the path there takes less. */
void net_way_told(struct fib *f, const struct ip *vtep);

/** net_ways_touch - ask again; net_ways_work does. net_ways_gc - forget those that
 * nothing names. net_ways_listen - hear of routes? */
void net_ways_touch(struct fib *f);
void net_ways_work(struct fib *f);
void net_ways_gc(struct fib *f);
void net_ways_listen(struct fib *f, bool on);
void net_ways_each(const struct fib *f, void (*cb)(void *arg, uint32_t ifindex),
		   void *arg);

/** net_ways_mtu - the smallest; 0: there are none. */
uint32_t net_ways_mtu(const struct fib *f);
void net_ways_free(struct pol *p);

/* ---- net_rx.c ---- */

/* What the devices that a domain's frames come by do with segments. */
struct net_rx {
	struct fib *f;
	unsigned n;
	struct link *by[64]; /* ways to others */
	struct bpf_net_single want[BPF_NET_SINGLES];
};

/** net_rx_begin - find the ways. */
void net_rx_begin(struct net_rx *r, struct fib *f);

/**
 * net_rx_dom - who receives TCP of a domain with programs
 * @underlay: the device that it names, or that has its VTEP's address; NULL: none
 * @ways: it has not named one
 * @port: of its tunnels
 */
enum intent_receive net_rx_dom(struct net_rx *r, struct link *underlay, bool ways,
			       uint16_t port);

/** net_rx_end - tell the programs. */
void net_rx_end(struct net_rx *r);

#endif
