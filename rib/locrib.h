/* rib/locrib.h - one family's routes: every peer's paths, the winner of each
 * route, and the list of what changed. */
#ifndef RIB_LOCRIB_H
#define RIB_LOCRIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/hashidx.h"
#include "lib/slab.h"
#include "rib/attrset.h"
#include "rib/best.h"
#include "wire/nlri.h"

/*
 * A route ("net") is named by a number, and so is each path to it. The paths of a
 * net are what the peers said (Adj-RIB-In); `best` is the winner (Loc-RIB). A net
 * whose winner changed moves to the end of the change list; each consumer (an
 * update group, the tenants) reads the list at its own pace through a cursor, so
 * a net that changes a hundred times before a slow consumer looks is one change.
 * A net without paths lives until every cursor has passed it.
 *
 * Groups that are told all paths (RFC 7911) read a second list in the same way, of
 * paths that came, changed or went. It is kept only while there are such groups.
 */
enum rib_list { RIB_NETS, RIB_PATHS, RIB_LISTS };

/* Place in a list of changes, 0 = end. */
struct rib_link {
	uint32_t prev, next;
};

enum { NET_KEY_INLINE = 24, PATH_DATA_INLINE = 8 };

enum {
	RIB_OWN = 0, /* peer slot of routes that we originate */
	RIB_PEERS_MAX = 65000,
};

struct net {
	uint32_t hash;        /* of the key */
	struct rib_link link; /* in RIB_NETS */
	uint32_t paths;       /* first path, 0 = none */
	uint32_t best;        /* winner, 0 = none */
	uint16_t key_len;
	uint8_t list_flags; /* of rib/changes.c */
	union {
		uint8_t key[NET_KEY_INLINE];
		uint8_t *key_far; /* key_len > NET_KEY_INLINE */
	};
};

/* PATH_LONG_LIVED: stale, and marked as LLGR_STALE by us. */
enum { PATH_STALE = 1, PATH_LONG_LIVED = 2 };

struct path {
	struct attrset *attrs; /* counted */
	union {
		uint8_t data[PATH_DATA_INLINE];
		uint8_t *data_far; /* data_len > PATH_DATA_INLINE */
	};
	uint32_t net;
	uint32_t next;                 /* of the same net */
	uint32_t peer_prev, peer_next; /* of the same peer */
	uint16_t peer;                 /* slot */
	uint8_t data_len;
	uint8_t flags;  /* PATH_* */
	uint32_t rx_id; /* path id the peer gave it (RFC 7911), 0 without */
};

/* There are as many as routes and peers: mind their size. */
_Static_assert(sizeof(struct net) == 48, "struct net has grown");
_Static_assert(sizeof(struct path) == 40, "struct path has grown");

struct rib_peer {
	bool used;
	uint16_t max_paths; /* of one net; 1 unless the peer sends path ids */
	struct path_source src;
	uint32_t first; /* its paths, those that are stale last */
	uint32_t n, n_stale, n_long_lived;
	uint64_t far_bytes; /* attributes, long keys and data of its paths */
	void *owner;        /* struct peer, opaque here */
};

struct rib_cursor {
	enum rib_list list;
	uint32_t marker; /* id of its place in the list */
};

struct path_note; /* of rib/changes.c */

struct rib {
	const struct nlri_ops *ops;
	struct attr_table *attrs; /* shared by all families; borrowed */
	struct slab nets, paths;
	struct hashidx index; /* nets by key */
	uint32_t n_nets, n_paths;
	uint32_t n_dead;     /* of those, without a path: a withdraw is to be told */
	uint32_t dead_limit; /* rib_forget() is worth its time above this */
	struct {
		uint32_t head, tail;
		uint32_t cursors;
	} list[RIB_LISTS];
	struct path_note *note; /* by path id, while RIB_PATHS has cursors ... */
	uint32_t *gone;         /* ... by net id: paths that some still know */
	uint32_t n_notes, n_gone;
	struct rib_peer *peer;
	uint32_t n_peers;             /* size of peer[] */
	uint64_t n_freed;             /* grows when the id of a net becomes free */
	bool every_path;              /* a change of any path changes its net */
	uint64_t version;             /* grows with each change of a winner */
	size_t far_bytes;             /* memory of keys and data kept outside */
	void (*on_change)(void *ctx); /* a list has something new; may be NULL */
	void *on_change_ctx;
};

void rib_init(struct rib *r, const struct nlri_ops *ops, struct attr_table *attrs);
void rib_fini(struct rib *r);

/** rib_peer_add - open slot (1.. RIB_PEERS_MAX; RIB_OWN exists) for a session; its
 * max_paths is 1. */
void rib_peer_add(struct rib *r, uint32_t slot, const struct path_source *src,
		  void *owner);

/** rib_peer_del - drop all its paths and close the slot. */
void rib_peer_del(struct rib *r, uint32_t slot);

/** rib_peer_source - the slot's source, which may have changed (new router id after a
 * restart, other settings): then winners that it takes part in are chosen anew, and its
 * paths count as changed. */
void rib_peer_source(struct rib *r, uint32_t slot, const struct path_source *src);

/** rib_peer_stale - mark all its paths: kept until they are confirmed or swept. Looks
 * at those only that were said since the last time, as peers may ask for it (RFC 7313).
 */
void rib_peer_stale(struct rib *r, uint32_t slot);

/** rib_peer_long_lived - what is stale becomes long-lived stale (RFC 9494 section
 * 4.2): LLGR_STALE is added, what says NO_LLGR is dropped. Return: how many are. */
uint32_t rib_peer_long_lived(struct rib *r, uint32_t slot);

/** rib_peer_sweep - drop paths that are still stale; Return: how many. */
uint32_t rib_peer_sweep(struct rib *r, uint32_t slot);

/** rib_peer_filter - drop the paths of a peer that keep() does not want; Return: how
 * many. n and set are borrowed for the call. */
uint32_t rib_peer_filter(struct rib *r, uint32_t slot,
			 bool (*keep)(void *ctx, const struct nlri *n,
				      const struct attrset *set),
			 void *ctx);

/** rib_peer_flush - drop all paths; Return: how many. */
uint32_t rib_peer_flush(struct rib *r, uint32_t slot);

enum rib_result { RIB_SAME, RIB_NEW, RIB_REPLACED, RIB_GONE, RIB_LIMIT, RIB_FULL };

/**
 * rib_update - a peer announces n with these attributes
 * @n:   replaces the path of the same key and path id
 * @set: the path takes its own reference
 *
 * When the peer has max_paths to this net already, one of them that is stale makes
 * room: a peer that restarted may number its paths differently.
 * Return: RIB_NEW, RIB_REPLACED, RIB_SAME (nothing but staleness changed),
 * RIB_LIMIT (too many paths, none of them stale), RIB_FULL when the table cannot grow.
 */
enum rib_result rib_update(struct rib *r, uint32_t slot, const struct nlri *n,
			   struct attrset *set);

/** rib_withdraw - the path of this key and path id goes; Return: RIB_GONE, or RIB_SAME
 * when the peer had no such path. */
enum rib_result rib_withdraw(struct rib *r, uint32_t slot, const struct nlri *n);

/** rib_find - id of the net with this key, 0 = none. */
uint32_t rib_find(const struct rib *r, const struct nlri *n);

/**
 * rib_prefetch - a route is going to be looked up: fetch the index
 *
 * Return: the hash of its key, for rib_prefetch_net() a little later, which fetches
 * the net itself, should it be there. Neither waits, and neither changes anything.
 */
uint32_t rib_prefetch(const struct rib *r, const struct nlri *n);
void rib_prefetch_net(const struct rib *r, uint32_t hash);

static inline struct net *rib_net(const struct rib *r, uint32_t id)
{
	return slab_at(&r->nets, id);
}

static inline struct path *rib_path(const struct rib *r, uint32_t id)
{
	return slab_at(&r->paths, id);
}

/** rib_routes - how many routes there are, without those that are only to be withdrawn
 * by others still. */
static inline uint32_t rib_routes(const struct rib *r)
{
	return r->n_nets - r->n_dead;
}

/** rib_is_route - is this id (below r->nets.next) a route with paths? */
bool rib_is_route(const struct rib *r, uint32_t id);

/** rib_is_path - is this id (below r->paths.next) a path that its peer stands by?
 * Others that a cursor yields are gone: name, net and peer are all they have. */
bool rib_is_path(const struct rib *r, uint32_t id);

static inline const uint8_t *net_key(const struct net *n)
{
	return n->key_len > NET_KEY_INLINE ? n->key_far : n->key;
}

/** rib_nlri - key and data of a path (or of a bare net: path 0) as an nlri, without a
 * path id. */
void rib_nlri(const struct rib *r, uint32_t net, uint32_t path, struct nlri *out);

/** rib_path_view - what best_cmp() wants. */
struct path_view rib_path_view(const struct rib *r, uint32_t path);

/** rib_path_trusted - is what this path says of identities believed? Ours is, and that
 * of neighbors with `labels accept`; when that changes, all their paths change. */
static inline bool rib_path_trusted(const struct rib *r, uint32_t path)
{
	const struct path_source *src = &r->peer[rib_path(r, path)->peer].src;

	return src->own || src->labels;
}

/** rib_best_reason - why the winner of a net won (compared with the runner-up). */
enum best_reason rib_best_reason(const struct rib *r, uint32_t net);

/* Change lists. A new cursor stands at the end: it sees what changes from now on. */
void rib_cursor_init(struct rib *r, struct rib_cursor *c, enum rib_list l);
/** rib_cursor_copy - a new cursor at the place of another. */
void rib_cursor_copy(struct rib *r, struct rib_cursor *c, const struct rib_cursor *of);
void rib_cursor_fini(struct rib *r, struct rib_cursor *c);

/** rib_cursor_next - next changed net or path, 0 when there is none; the cursor passes
 * it. */
uint32_t rib_cursor_next(struct rib *r, struct rib_cursor *c);

/** rib_cursor_at_end - nothing left to read? */
bool rib_cursor_at_end(const struct rib *r, const struct rib_cursor *c);

/** rib_cursor_passed - has this reader seen the latest change of a net or path? Also
 * false while it is still reading and the change is kept for somebody: which of the two
 * comes first is not looked for. */
bool rib_cursor_passed(const struct rib *r, const struct rib_cursor *c, uint32_t id);

/** rib_block_id - rib_path_tx_id() for families with blocks. */
uint32_t rib_block_id(const struct rib *r, uint32_t path);

/**
 * rib_path_tx_id - what groups that are told all paths hear this one called
 *
 * Among the paths of a net, those that are gone included, it is the only one of this
 * name. Where a path id stands once before many routes (nlri_ops.block), many paths of
 * different nets share it.
 * Return: not 0, as long as somebody knows the path; 0 while there is no such group.
 */
static inline uint32_t rib_path_tx_id(const struct rib *r, uint32_t path)
{
	if (!r->list[RIB_PATHS].cursors)
		return 0;
	return r->ops->block ? rib_block_id(r, path) : path;
}

/** rib_path_told - one more, or one less, who reads RIB_PATHS knows this path. What
 * somebody knows stays when it is gone, so that everybody can be told. */
void rib_path_told(struct rib *r, uint32_t path, bool told);

/** rib_trim - forget changes that every cursor has passed; call after reading.
 * Nets without paths and paths that are gone go here: their ids are good until then. */
void rib_trim(struct rib *r);

/**
 * rib_forget - forget nets without paths that nobody has been told of
 * @reader: a cursor of RIB_NETS that has to see every change, NULL for none
 * @told:   was somebody who reads RIB_NETS told of this net?
 *
 * rib_trim() has to keep a net until the slowest cursor has passed it, although one
 * that came and went behind the back of a stalled peer means nothing to it. Does
 * nothing until they have become many: call it as often as rib_trim().
 */
void rib_forget(struct rib *r, const struct rib_cursor *reader,
		bool (*told)(void *ctx, const struct rib *r, uint32_t net), void *ctx);

/** rib_touch - put a net on the change list although its winner is the same. */
void rib_touch(struct rib *r, uint32_t net);

/**
 * rib_peer_bytes - memory that a peer's paths would take if nothing was shared
 *
 * Attributes count for each path that has them: who shares them today need not do so
 * tomorrow, and what one peer says must not add to the account of another.
 */
size_t rib_peer_bytes(const struct rib *r, uint32_t slot);

/** rib_bytes - memory of this table without the attribute sets. */
size_t rib_bytes(const struct rib *r);

#endif
