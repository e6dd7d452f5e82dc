/* fib/state.h - everything the fib process knows; included by fib/ only. */
#ifndef FIB_STATE_H
#define FIB_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "fib/bpf_attach.h"
#include "fib/bpf_prog.h"
#include "fib/fib.h"
#include "fib/ila.h"
#include "fib/intent.h"
#include "fib/nl.h"
#include "fib/want.h"
#include "lib/addr.h"
#include "lib/log.h"

struct chan;
struct event;
struct event_base;
struct dom;
struct be_bpf;
struct pol;

/* Something to be told to the engine, once for all changes since the last time. */
enum up_kind { UP_LINK, UP_ADDR, UP_FDB, UP_NEIGH, UP_DUMP_END };

struct up {
	TAILQ_ENTRY(up) q;
	uint8_t kind; /* enum up_kind */
	bool queued;
	bool gone; /* freed as soon as the engine knows */
	bool dump; /* queued by a new engine's first picture */
	uint32_t
		told; /* LINK, ADDR: 1, FDB, NEIGH: VNI it was told with; 0: not told */
};

TAILQ_HEAD(up_list, up);

/* What sort of device it is, for how packets come from it (offload.c). */
enum link_make {
	LINK_MAKE_OTHER,
	LINK_CABLE, /* what one end sends comes from the other as it was */
	LINK_UPPER, /* on one other device */
	LINK_GROUP, /* of those whose master it is */
};

/* Segments of TCP, in a tunnel. */
enum link_arrival { ARRIVAL_UNKNOWN, ARRIVAL_WHOLE, ARRIVAL_SINGLE };

/* A network device; all of them, whatever the engine wants (spec 4c). */
struct link {
	struct up up;
	uint32_t ifindex;
	char name[INTENT_IFNAME];
	uint16_t kind; /* LINK_BRIDGE, LINK_VXLAN, LINK_OTHER */
	bool is_up;
	bool ours; /* ifalias selvage:TENANT */
	bool loopback;
	bool ethernet; /* frames on it begin with an Ethernet header */
	bool learning; /* as a bridge port */
	bool suppress;
	bool gbp;
	bool dormant;    /* of mode dormant: dev_dormant() */
	bool forced;     /* that, and used all the same */
	uint8_t make;    /* enum link_make */
	uint8_t arrival; /* enum link_arrival; UNKNOWN: was not asked for */
	uint32_t lower;  /* LINK_UPPER: ifindex, 0: in another namespace */
	uint32_t master; /* ifindex, 0 none */
	uint32_t vni;    /* LINK_VXLAN */
	uint16_t port;
	uint32_t mtu;
	struct mac mac;
	struct ip vtep;
	LIST_ENTRY(link) in_dom; /* LINK_VXLAN with a VNI */
	uint32_t dump;
	UT_hash_handle hh; /* by ifindex */
	UT_hash_handle hn; /* by name */
};

struct laddr_key {
	uint32_t ifindex;
	struct ip ip;
	uint8_t pad[3];
};

struct laddr {
	struct up up;
	struct laddr_key key;
	uint8_t bits;
	uint32_t dump;
	UT_hash_handle hh;
};

struct lfdb_key {
	uint32_t bridge; /* ifindex */
	struct mac mac;
	uint16_t pad;
};

enum { LFDB_PERMANENT = 1 << 8 }; /* beside FDB_STICKY, FDB_STATIC */

/* A bridge's entry that is not ours: on the VXLAN device, one without our mark. */
struct lfdb {
	struct up up;
	struct lfdb_key key;
	uint32_t port; /* ifindex */
	uint16_t flags;
	uint32_t dump;
	UT_hash_handle hh;
};

struct lneigh_key {
	uint32_t bridge;
	struct ip ip;
	uint8_t pad[3];
};

/* A usable neighbour on a bridge that is not ours. */
struct lneigh {
	struct up up;
	struct lneigh_key key;
	struct mac mac;
	bool permanent;
	bool router;
	uint32_t dump;
	UT_hash_handle hh;
};

/* One VNI: what is wanted of its devices, the devices, the entries. */
struct dom {
	struct want_dom w;
	struct intent_l2dom want;
	bool wanted;                 /* by L2DOM_SET */
	uint32_t gen;                /* generation of that */
	LIST_HEAD(, link) vxlans;    /* devices with this VNI */
	struct link *vxlan, *bridge; /* in use; NULL when there is none */
	uint32_t foreign_floods;     /* destinations on the device that are not ours */
	bool ok;                     /* devices are as wanted */
	bool dirty;                  /* to be looked at: on fib.doms */
	bool raised; /* was set up once: later downs are the operator's */
	bool bad;    /* the devices are not ours and not as wanted: no entries */
	bool was_ok; /* since L2DOM_SET: mending it is a repair */
	bool told;   /* the engine knows of err */
	uint8_t tries;
	int32_t err;
	int64_t retry_ms, since_ms;
	char why[NL_WHY];
	uint8_t counted;
	TAILQ_ENTRY(dom) q;
	UT_hash_handle hh; /* by VNI */
};

struct endpoint {
	char ifname[INTENT_IFNAME];
	uint32_t vni;
	uint32_t gen;
	int32_t err; /* told last */
	UT_hash_handle hh;
};

struct query {
	STAILQ_ENTRY(query) q;
	struct intent_query ask;
	uint64_t at;
	uint32_t dom_at;
};

struct fib {
	const struct fib_opts *o;
	struct event_base *base;
	struct nl nl, gnl; /* routes and devices; generic netlink, when it is open */
	struct want want;

	/* shadow of the kernel */
	struct link *links, *link_names;
	struct laddr *addrs;
	struct lfdb *fdbs;
	struct lneigh *neighs;
	struct dom *by_vni;
	struct endpoint *endpoints;
	TAILQ_HEAD(dom_list, dom) doms; /* dirty */
	struct ila ila;
	struct bpf_progs progs;
	struct bpf_attach attach;
	struct be_bpf *bpf; /* owned by fib/be_bpf.c */
	struct pol *pol;    /* owned by fib/pol.c; NULL: nothing was ever wanted */
	bool adopt;
	bool ports_due; /* endpoints and bridges without ports are to be looked at */

	/* watch.c */
	int ev_fd, own_fd; /* all but our kind; only our kind */
	struct event *ev_watch, *ev_own;
	bool deaf;      /* own_fd does not listen, we are writing a lot */
	bool lost;      /* events were lost: a dump is due */
	uint32_t epoch; /* ends whenever both sockets were read empty */
	uint16_t dump;  /* number of the current or last dump */
	bool started;   /* the first dump is done */
	uint64_t resyncs, enobufs, audits, retries;

	/* up.c */
	struct chan *chan;
	struct up_list ups;
	struct up dump_end;
	STAILQ_HEAD(, query) queries;
	int64_t counters_ms; /* when they were told last */
	int64_t in_sync_since_ms;
	uint64_t apply_ns, applied;

	/* run.c, super.c */
	struct event *ev_chan, *ev_chan_w, *ev_turn, *ev_tick, *ev_audit, *ev_sweep;
	int64_t tick_ms;   /* when ev_tick fires, INT64_MAX: not set */
	int64_t resync_ms; /* not before */
	struct super *super;
	bool turn_due, in_turn;
	bool over; /* all of ours was deleted, and nothing is written any more */
};

/** bpf_dir - where maps and programs are pinned. */
static inline const char *bpf_dir(const struct fib *f)
{
	return f->o->bpf_dir ? f->o->bpf_dir : "/sys/fs/bpf/selvage";
}

/** fib_turn_soon - a turn in this round of the loop; asked for by a turn: another one,
 * after a look at what has come meanwhile. */
void fib_turn_soon(struct fib *f);

#endif
