/* fib/want.h - what is wanted, what is seen, and the entries where they differ. */
#ifndef FIB_WANT_H
#define FIB_WANT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "fib/intent.h"
#include "lib/addr.h"

/* Names one kernel object. No padding: hashed and compared as bytes. */
struct want_key {
	uint32_t vni;
	struct ip ip;   /* TABLE_NEIGH: the address; TABLE_FLOOD: the VTEP */
	struct mac mac; /* TABLE_VXLAN_FDB, TABLE_BRIDGE_FDB */
	uint8_t table;  /* enum intent_table, not TABLE_L2DOM */
};
_Static_assert(sizeof(struct want_key) == 28, "want_key has no padding");

/* What the object says. Fields that a table does not use are zero. */
struct want_val {
	uint32_t dst_vni; /* TABLE_VXLAN_FDB, 0: as the device */
	struct ip vtep;   /* TABLE_VXLAN_FDB */
	struct mac mac;   /* TABLE_NEIGH */
	uint8_t flags;    /* WV_* */
};
_Static_assert(sizeof(struct want_val) == 28, "want_val has no padding");

enum {
	WV_STICKY = 1,  /* TABLE_BRIDGE_FDB */
	WV_ROUTER = 2,  /* TABLE_NEIGH */
	WV_STRANGE = 4, /* seen only: ours, but not as we write it */
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
};

/* One VNI as want.c sees it; fib/dom.h puts the devices around it. */
struct want_dom {
	uint32_t vni;
	bool serve; /* its devices are there: entries can be written and deleted */
	bool open;  /* it is wanted or adopted: entries may be there */
	LIST_HEAD(, want_entry) entries;
};

struct want_entry {
	struct want_key key;
	struct want_val want, seen;
	struct want_dom *dom;
	TAILQ_ENTRY(want_entry) q;      /* differences or parked */
	TAILQ_ENTRY(want_entry) result; /* results to be told */
	LIST_ENTRY(want_entry) in_dom;
	int64_t since_ms; /* of the difference, 0: none */
	int64_t retry_ms;
	uint32_t hash;
	uint32_t gen;    /* generation that wanted it last */
	uint32_t cookie; /* engine's, for RESULT */
	uint32_t epoch;  /* of events, at the last write (fib/watch.h) */
	uint32_t dump;   /* number of the last dump that showed it */
	int32_t err;     /* last refusal, 0 or -errno */
	uint16_t flags;  /* WE_* */
	uint8_t counted; /* what of it is in the counters */
	uint8_t tries;
	char *why; /* owned; text of the refusal or NULL */
};

TAILQ_HEAD(want_list, want_entry);

/* The hash beside the pointer: a probe that does not match touches no entry. */
struct want_slot {
	struct want_entry *e;
	uint32_t hash;
};

struct want {
	struct want_slot *slot; /* open addressing, linear probing */
	uint32_t slots, used;   /* slots is a power of two */
	struct want_list diff;  /* to be written, oldest first */
	struct want_list parked;
	struct want_list results;
	uint32_t n_diff;
	int64_t next_retry_ms; /* a parked entry is due no earlier; INT64_MAX: none */
	uint32_t gen;
	bool syncing; /* between SYNC_BEGIN and the sweep */
	struct intent_table_counters count[TABLES];
	bool changed;                 /* counters differ from what was last told */
	struct want_entry *free_list; /* entries not in use */
	struct want_chunk **chunk;
	uint32_t chunks;
};

void want_init(struct want *w);
void want_fini(struct want *w);

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

/** want_next - head of the differences, taken from the list; NULL when none. */
struct want_entry *want_next(struct want *w);

/** want_again - put an entry back on the list if it still differs. May free e. */
void want_again(struct want *w, struct want_entry *e);

/** want_is_active - is the object to be in the kernel? */
static inline bool want_is_active(const struct want_entry *e)
{
	return (e->flags & WE_WANTED) && e->dom->serve && e->dom->open;
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

/** want_transient - does an error pass by itself? */
bool want_transient(int err);

#endif
