/* fib/want.h - what is wanted, what is seen, and the entries where they differ. */
#ifndef FIB_WANT_H
#define FIB_WANT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/queue.h>

#include "fib/intent.h"
#include "lib/addr.h"
#include "lib/hashidx.h"
#include "lib/ila.h"
#include "lib/slab.h"

/*
 * Names one kernel object. Addresses of all kinds are kept as bytes and a length, so
 * that there is no padding: keys are hashed, and values compared, as bytes.
 */
struct want_key {
	uint32_t vni; /* tables of ILA: enum ila_plane that it belongs to, or 0 */
	/* TABLE_NEIGH: the address; TABLE_FLOOD: the VTEP; FDB: the MAC, 6 bytes;
	 * TABLE_ILA_*: a SIR address, or prefix or locator and zeros; TABLE_IDENT: an
	 * address or prefix; TABLE_NET_*: as their namesakes */
	struct ip ip;
	uint8_t table; /* enum intent_table, not TABLE_L2DOM, _POLICY, _WORKLOAD */
	uint8_t bits;  /* TABLE_IDENT: of ip; else 0 */
	uint8_t zero;
};
_Static_assert(sizeof(struct want_key) == 24, "want_key has no padding");

/* What the object says. Fields that a table does not use are zero. */
struct want_val {
	/* TABLE_VXLAN_FDB: VNI to send with, 0: as the device; TABLE_ILA_MAP: see
	 * fib/ila.h; TABLE_ILA_LOCAL: ifindex; TABLE_IDENT: identity; TABLE_NET_FDB: as
	 * TABLE_VXLAN_FDB, or WV_LOCAL and the ifindex */
	uint32_t num;
	/* TABLE_VXLAN_FDB, TABLE_NET_FDB: VTEP; TABLE_NEIGH, TABLE_NET_NEIGH: MAC;
	 * TABLE_ILA_*: locator or SIR prefix, 8 bytes, or a tenant's prefix, 12 bytes;
	 * TABLE_IDENT: ifindex, 4 bytes, or none */
	struct ip to;
	uint8_t csum, ident_type; /* TABLE_ILA_* */
	uint8_t flags;            /* WV_* */
};
_Static_assert(sizeof(struct want_val) == 24, "want_val has no padding");

/** want_of_mac, want_mac - a MAC as one of those addresses, and back. */
static inline struct ip want_of_mac(const struct mac *m)
{
	struct ip a = { .len = sizeof(*m) };

	memcpy(a.b, m, sizeof(*m));
	return a;
}

static inline struct mac want_mac(const struct ip *a)
{
	struct mac m = { 0 };

	if (a->len == sizeof(m))
		memcpy(&m, a->b, sizeof(m));
	return m;
}

/** want_of_half, want_half - a locator or SIR prefix, dto. */
static inline struct ip want_of_half(const struct ila64 *h)
{
	struct ip a = { .len = sizeof(*h) };

	memcpy(a.b, h, sizeof(*h));
	return a;
}

static inline struct ila64 want_half(const struct ip *a)
{
	struct ila64 h;

	memcpy(&h, a->b, sizeof(h));
	return h;
}

enum {
	WV_STICKY = 1,  /* TABLE_BRIDGE_FDB */
	WV_ROUTER = 2,  /* TABLE_NEIGH, TABLE_NET_NEIGH */
	WV_STRANGE = 4, /* seen only: ours, but not as we write it */
	WV_UNREACH = 8, /* TABLE_ILA_DOMAIN: what has no mapping goes no further */
	WV_GBP = 16,    /* TABLE_NET_FDB: the VTEP reads group ids */
	WV_LOCAL = 32,  /* TABLE_NET_FDB: an endpoint of this host */
	WV_FAST = 64,   /* TABLE_ILA_LOCAL, EBPF: past the stack */
};

enum {
	WE_WANTED = 1 << 0,
	WE_SEEN = 1 << 1,    /* in the kernel, ours */
	WE_FOREIGN = 1 << 2, /* in the kernel, somebody else's */
	WE_FIXED = 1 << 3,   /* foreign, and not to be overwritten */
	WE_YIELD = 1 << 4,   /* the kernel learned the MAC locally: engine's turn */
	WE_UNSURE = 1 << 5,  /* seen may be out of date: write again */
	WE_ADOPTED = 1 << 6, /* found at start: not deleted before the sweep */
	WE_BROKEN = 1 << 7,  /* somebody took ours away: the next write is a repair */
	WE_QUEUED = 1 << 8,  /* on the list of differences */
	WE_PARKED = 1 << 9,  /* refused: waits for retry_ms */
	WE_TOLD = 1 << 10,   /* the engine knows of the refusal */
	WE_RESULT = 1 << 11, /* on the list of results to be told */
	WE_HELD = 1 << 12,   /* want_hold(): must not be there for now */
};

/* Who writes: each takes the differences of its own objects. */
enum want_queue { WQ_L2, WQ_ROUTE, WQ_BPF, WQ_POL, WANT_QUEUES };

/* A list of entries, by their numbers. */
struct want_list {
	uint32_t first, last;
};

/* One VNI, or part of a SIR domain, as want.c sees it; fib/dom.h and fib/ila.h put
 * the devices around it. */
struct want_dom {
	uint32_t vni;
	uint8_t queue; /* enum want_queue */
	bool serve;    /* its devices are there: entries can be written and deleted */
	bool open;     /* it is wanted or adopted: entries may be there */
	struct want_list entries;
};

/* What few entries have: a refusal, or something to be told about one. */
struct want_trouble {
	TAILQ_ENTRY(want_trouble) q; /* results to be told */
	struct want_entry *e;
	int64_t retry_ms;
	int32_t err; /* last refusal, 0 or -errno */
	uint8_t tries;
	char why[]; /* text of the refusal */
};

TAILQ_HEAD(want_troubles, want_trouble);

/* There may be millions. */
struct want_entry {
	struct want_key key;
	struct want_val want, seen;
	struct want_dom *dom;
	struct want_trouble *trouble; /* owned, NULL: none */
	uint32_t id;
	uint32_t next, prev;         /* differences or parked */
	uint32_t next_dom, prev_dom; /* the others of its domain */
	uint32_t since_ms; /* of the difference, lower bits of the clock, 0: none */
	uint32_t cookie;   /* engine's, for RESULT */
	uint32_t epoch;    /* of events, at the last write (fib/watch.h) */
	uint16_t gen;      /* generation that wanted it last */
	uint16_t dump;     /* number of the last dump that showed it */
	uint16_t flags;    /* WE_* */
	uint8_t counted;   /* what of it is in the counters */
	uint8_t pad;
};
_Static_assert(sizeof(struct want_entry) == 128, "two lines of cache");

struct want {
	struct slab entries;
	struct hashidx index;               /* by key */
	struct want_list diff[WANT_QUEUES]; /* to be written, oldest first */
	struct want_list parked;
	struct want_troubles results;
	uint32_t n_queue[WANT_QUEUES];
	uint32_t n_diff;       /* of all queues */
	uint32_t now_ms;       /* lower bits of the clock, at the last want_tick() */
	int64_t next_retry_ms; /* a parked entry is due no earlier; INT64_MAX: none */
	uint16_t gen;
	bool syncing; /* between SYNC_BEGIN and the sweep */
	struct intent_table_counters count[TABLES];
	bool changed; /* counters differ from what was last told */
};

void want_init(struct want *w);
void want_fini(struct want *w);

/** want_tick - time goes on: as often as ages are to be right. */
void want_tick(struct want *w);

/** want_ahead - this key will be asked for soon. */
void want_ahead(const struct want *w, const struct want_key *k);

/** want_find - NULL if none. */
struct want_entry *want_find(const struct want *w, const struct want_key *k);

/** want_get - the entry of a key, made when absent; dom is that of k->vni. */
struct want_entry *want_get(struct want *w, const struct want_key *k,
			    struct want_dom *dom);

/**
 * want_set - the engine wants this value now
 *
 * Ends WE_YIELD and any pause after a refusal. A value that is seen already stays
 * untouched.
 */
void want_set(struct want *w, struct want_entry *e, const struct want_val *v,
	      uint32_t cookie);

/** want_unset - the engine does not want it. May free e. */
void want_unset(struct want *w, struct want_entry *e);

/** want_seen - the kernel has it, ours, with this value. */
void want_seen(struct want *w, struct want_entry *e, const struct want_val *v);

/** want_gone - the kernel does not have it (any more). May free e. */
void want_gone(struct want *w, struct want_entry *e);

/** want_foreign - somebody else's object has this key (fixed: leave it alone), or
 * (on false) no longer. May free e. */
void want_foreign(struct want *w, struct want_entry *e, bool on, bool fixed);

/** want_flag - set and clear WE_YIELD, WE_UNSURE, WE_BROKEN, WE_ADOPTED. May free e. */
void want_flag(struct want *w, struct want_entry *e, uint16_t set, uint16_t clear);

/**
 * want_done - a write of the entry came back
 * @err: 0: the kernel is as wanted; else -errno, the entry is parked
 * @why: text for the refusal, borrowed, may be NULL
 *
 * Pauses: 20 ms doubled to 1 s for what passes by itself (memory, a device that is
 * down), 5 s doubled to 80 s for the rest. May free e.
 */
void want_done(struct want *w, struct want_entry *e, int err, const char *why);

/**
 * want_hold - as want_set(), but it must not be in the kernel: it cannot work there now
 * @err, @why: why, told to the engine as the refusals of want_done() are
 *
 * What is there is deleted. Ends with the next want_set().
 */
void want_hold(struct want *w, struct want_entry *e, const struct want_val *v,
	       uint32_t cookie, int err, const char *why);

/** want_is_ila, want_is_pol - whose tables: fib/ila.h, fib/pol.h? */
static inline bool want_is_ila(const struct want_entry *e)
{
	return e->key.table >= TABLE_ILA_DOMAIN && e->key.table <= TABLE_ILA_LOCAL;
}

static inline bool want_is_pol(const struct want_entry *e)
{
	return e->key.table >= TABLE_POLICY;
}

/** want_err, want_why - last refusal: 0 or -errno, and text or "". */
static inline int want_err(const struct want_entry *e)
{
	return e->trouble ? e->trouble->err : 0;
}

static inline const char *want_why(const struct want_entry *e)
{
	return e->trouble ? e->trouble->why : "";
}

/** want_result - the next entry whose refusal, or its end, is to be told; NULL: none.
 */
struct want_entry *want_result(const struct want *w);

/** want_told - it was. May free e. */
void want_told(struct want *w, struct want_entry *e);

/** want_next - first difference of a queue, taken from the list; NULL when none. */
struct want_entry *want_next(struct want *w, enum want_queue q);

/** want_is_active - is the object to be in the kernel? */
static inline bool want_is_active(const struct want_entry *e)
{
	return (e->flags & (WE_WANTED | WE_HELD)) == WE_WANTED && e->dom->serve &&
	       e->dom->open;
}

/** want_serve - the devices of a VNI, or what is wanted of them, changed: look at all
 * its entries again, the refused ones too. */
void want_serve(struct want *w, struct want_dom *d, bool serve, bool open);

/** want_unpark_due - try again what has waited long enough; sets next_retry_ms. */
void want_unpark_due(struct want *w, int64_t now_ms);

/** want_begin - a new generation: what is wanted now must be renewed. */
void want_begin(struct want *w);

/** want_sweep - forget what was not renewed, and give up what was adopted.
 * Return: number of entries concerned. */
uint32_t want_sweep(struct want *w);

/** want_each - entries one by one, stable while others come and go.
 * @at: cursor, 0 at first. Return: NULL at the end. */
struct want_entry *want_each(const struct want *w, uint64_t *at);

/** want_in_dom - the first entry of a domain, or the one after e; NULL: no more. */
struct want_entry *want_in_dom(const struct want *w, const struct want_dom *d,
			       const struct want_entry *e);

/** want_transient - does an error pass by itself? */
bool want_transient(int err);

#endif
