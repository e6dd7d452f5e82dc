/*
 * Adj-RIB-In, Loc-RIB and change list of one family. Knows neither bytes of
 * messages nor sockets; keys and data of routes are opaque. Which path wins: select.c.
 *
 * Peers decide how many routes there are: their number is limited by
 * maximum-prefix before it comes here, and by the id space here.
 */
#include "rib/locrib.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/changes.h"
#include "rib/select.h"

enum { FIRST_BUCKETS = 1024, DEAD_MIN = 65536 };

void rib_init(struct rib *r, const struct nlri_ops *ops, struct attr_table *attrs)
{
	*r = (struct rib) { .ops = ops, .attrs = attrs };
	slab_init(&r->nets, sizeof(struct net));
	slab_init(&r->paths, sizeof(struct path));
	hashidx_init(&r->index);
	r->dead_limit = DEAD_MIN;
	rib_peer_add(r, RIB_OWN, &(struct path_source) { .own = true }, NULL);
}

void rib_fini(struct rib *r)
{
	for (uint32_t i = 0; i < r->n_peers; i++)
		if (r->peer[i].used)
			rib_peer_flush(r, i);
	rib_trim(r);
	changes_fini(r);
	slab_fini(&r->nets);
	slab_fini(&r->paths);
	hashidx_fini(&r->index);
	free(r->peer);
	*r = (struct rib) { 0 };
}

/* ---- keys ------------------------------------------------------------------ */

static uint32_t hash_of(const struct nlri *n)
{
	return hash32(n->key, n->key_len);
}

static uint32_t find(const struct rib *r, const struct nlri *n, uint32_t hash)
{
	uint32_t at = hash, id;

	while ((id = hashidx_next(&r->index, hash, &at))) {
		const struct net *net = rib_net(r, id);

		if (net->key_len == n->key_len &&
		    !memcmp(net_key(net), n->key, n->key_len))
			break;
	}
	return id;
}

uint32_t rib_find(const struct rib *r, const struct nlri *n)
{
	return find(r, n, hash_of(n));
}

uint32_t rib_prefetch(const struct rib *r, const struct nlri *n)
{
	uint32_t hash = hash_of(n);

	hashidx_prefetch(&r->index, hash);
	return hash;
}

void rib_prefetch_net(const struct rib *r, uint32_t hash)
{
	uint32_t at = hash, id = hashidx_next(&r->index, hash, &at);

	if (id)
		__builtin_prefetch(rib_net(r, id));
}

static uint32_t net_get(struct rib *r, const struct nlri *n)
{
	uint32_t hash = hash_of(n), id = find(r, n, hash);

	if (id)
		return id;
	id = slab_alloc(&r->nets);
	if (!id)
		return 0;

	struct net *net = rib_net(r, id);

	net->hash = hash;
	net->key_len = n->key_len;
	if (n->key_len > NET_KEY_INLINE) {
		net->key_far = xmemdup(n->key, n->key_len);
		r->far_bytes += n->key_len;
	} else {
		memcpy(net->key, n->key, n->key_len);
	}
	hashidx_add(&r->index, hash, id);
	r->n_nets++;
	r->n_dead++; /* until it has a path */
	return id;
}

static void path_free(struct rib *r, uint32_t id)
{
	rib_path(r, id)->net = 0; /* no path: rib_is_path() */
	slab_free(&r->paths, id);
}

static void net_free(struct rib *r, uint32_t id)
{
	struct net *n = rib_net(r, id);

	hashidx_del(&r->index, n->hash, id);
	if (n->key_len > NET_KEY_INLINE) {
		r->far_bytes -= n->key_len;
		free(n->key_far);
	}
	slab_free(&r->nets, id);
	r->n_freed++;
	r->n_nets--;
	r->n_dead--;
}

/* ---- changes --------------------------------------------------------------- */

void rib_touch(struct rib *r, uint32_t id)
{
	r->version++;
	changes_net(r, id);
}

void rib_trim(struct rib *r)
{
	uint32_t id, net;

	while ((id = changes_pop(r, RIB_PATHS))) {
		if (rib_is_path(r, id))
			continue;
		net = rib_path(r, id)->net;
		gone_remove(r, id);
		path_free(r, id);
		if (!rib_net(r, net)->paths && !gone_any(r, net) &&
		    !changes_has(r, net))
			net_free(r, net);
	}
	while ((id = changes_pop(r, RIB_NETS)))
		if (!rib_net(r, id)->paths && !gone_any(r, id))
			net_free(r, id);
}

void rib_forget(struct rib *r, const struct rib_cursor *reader,
		bool (*told)(void *ctx, const struct rib *r, uint32_t net), void *ctx)
{
	uint32_t next;

	if (r->n_dead <= r->dead_limit)
		return;
	for (uint32_t id = r->list[RIB_NETS].head; id; id = next) {
		next = rib_net(r, id)->link.next;
		if (reader && id == reader->marker)
			break; /* has not seen the rest */
		if (changes_is_marker(r, id) || rib_net(r, id)->paths ||
		    gone_any(r, id) || told(ctx, r, id))
			continue;
		changes_drop_net(r, id);
		net_free(r, id);
	}
	r->dead_limit = DEAD_MIN + 2 * r->n_dead;
}

/* ---- winner ---------------------------------------------------------------- */

/* Chooses the winner; `changed`: what the present winner says has changed. */
static void decide(struct rib *r, uint32_t id, bool changed)
{
	struct net *n = rib_net(r, id);
	uint32_t best = select_best(r, n->paths);

	if (best == n->best && !changed && !r->every_path)
		return;
	n->best = best;
	rib_touch(r, id);
}

/* What a path says is new. */
static void path_changed(struct rib *r, uint32_t net, uint32_t path)
{
	changes_path(r, path);
	decide(r, net, rib_net(r, net)->best == path);
}

/* ---- paths ----------------------------------------------------------------- */

static uint32_t path_of(const struct rib *r, const struct net *n, uint32_t slot,
			uint32_t rx_id)
{
	for (uint32_t id = n->paths; id; id = rib_path(r, id)->next) {
		const struct path *p = rib_path(r, id);

		if (p->peer == slot && p->rx_id == rx_id)
			return id;
	}
	return 0;
}

static const uint8_t *path_data(const struct path *p)
{
	return p->data_len > PATH_DATA_INLINE ? p->data_far : p->data;
}

static void path_data_clear(struct rib *r, struct path *p)
{
	if (p->data_len > PATH_DATA_INLINE) {
		r->far_bytes -= p->data_len;
		free(p->data_far);
	}
	p->data_len = 0;
}

static void path_data_set(struct rib *r, struct path *p, const struct nlri *n)
{
	path_data_clear(r, p);
	p->data_len = n->data_len;
	if (n->data_len > PATH_DATA_INLINE) {
		p->data_far = xmemdup(n->data, n->data_len);
		r->far_bytes += n->data_len;
	} else {
		memcpy(p->data, n->data, n->data_len);
	}
}

/* What a path needs outside of the slabs, if it shared nothing. */
static uint32_t path_far(const struct net *n, const struct path *p)
{
	return p->attrs->len + (p->data_len > PATH_DATA_INLINE ? p->data_len : 0u) +
	       (n->key_len > NET_KEY_INLINE ? n->key_len : 0u);
}

/* In front of the others of its peer. */
static void peer_push(struct rib *r, uint32_t id)
{
	struct path *p = rib_path(r, id);
	struct rib_peer *peer = &r->peer[p->peer];

	p->peer_prev = 0;
	p->peer_next = peer->first;
	if (peer->first)
		rib_path(r, peer->first)->peer_prev = id;
	peer->first = id;
}

static void peer_remove(struct rib *r, uint32_t id)
{
	const struct path *p = rib_path(r, id);

	if (p->peer_prev)
		rib_path(r, p->peer_prev)->peer_next = p->peer_next;
	else
		r->peer[p->peer].first = p->peer_next;
	if (p->peer_next)
		rib_path(r, p->peer_next)->peer_prev = p->peer_prev;
}

static void path_link(struct rib *r, uint32_t id, uint32_t net, uint32_t slot)
{
	struct path *p = rib_path(r, id);
	struct net *n = rib_net(r, net);
	struct rib_peer *peer = &r->peer[slot];

	r->n_dead -= !n->paths;
	p->net = net;
	p->peer = (uint16_t)slot;
	p->next = n->paths;
	n->paths = id;
	peer_push(r, id);
	peer->n++;
	r->n_paths++;
	peer->far_bytes += path_far(n, p);
}

static void unstale(struct rib *r, struct path *p)
{
	struct rib_peer *peer = &r->peer[p->peer];

	peer->n_stale -= !!(p->flags & PATH_STALE);
	peer->n_long_lived -= !!(p->flags & PATH_LONG_LIVED);
	p->flags &= (uint8_t) ~(PATH_STALE | PATH_LONG_LIVED);
}

/* Its peer has said it again. */
static void path_confirm(struct rib *r, uint32_t id)
{
	struct path *p = rib_path(r, id);

	if (!(p->flags & PATH_STALE))
		return;
	unstale(r, p);
	peer_remove(r, id);
	peer_push(r, id);
}

/* Out of its net and its peer, with all that it said. */
static void path_unlink(struct rib *r, uint32_t id)
{
	struct path *p = rib_path(r, id);
	struct rib_peer *peer = &r->peer[p->peer];
	struct net *n = rib_net(r, p->net);
	uint32_t *at = &n->paths;

	while (*at != id)
		at = &rib_path(r, *at)->next;
	*at = p->next;
	r->n_dead += !n->paths;
	peer_remove(r, id);
	peer->n--;
	r->n_paths--;
	unstale(r, p);
	peer->far_bytes -= path_far(n, p);
	path_data_clear(r, p);
	attrset_unref(r->attrs, p->attrs);
	p->attrs = NULL;
	p->next = p->peer_prev = p->peer_next = 0;
}

/* Drops a path and finds the next winner of its net. */
static void path_drop(struct rib *r, uint32_t id)
{
	uint32_t net = rib_path(r, id)->net;
	bool was_best = rib_net(r, net)->best == id;

	path_unlink(r, id);
	if (!gone_keep(r, id))
		path_free(r, id);
	if (was_best)
		rib_net(r, net)->best = 0;
	decide(r, net, was_best);
}

static enum rib_result path_replace(struct rib *r, uint32_t id, const struct nlri *n,
				    struct attrset *set)
{
	struct path *p = rib_path(r, id);
	const struct net *net = rib_net(r, p->net);
	struct rib_peer *peer = &r->peer[p->peer];

	path_confirm(r, id);
	if (p->attrs == set && p->data_len == n->data_len &&
	    !memcmp(path_data(p), n->data, n->data_len))
		return RIB_SAME;
	peer->far_bytes -= path_far(net, p);
	attrset_ref(set);
	attrset_unref(r->attrs, p->attrs);
	p->attrs = set;
	path_data_set(r, p, n);
	peer->far_bytes += path_far(net, p);
	path_changed(r, p->net, id);
	return RIB_REPLACED;
}

static enum rib_result path_add(struct rib *r, uint32_t net, uint32_t slot,
				const struct nlri *n, struct attrset *set)
{
	uint32_t id = gone_take(r, net, slot, n->path_id);
	struct path *p;

	if (!id)
		id = slab_alloc(&r->paths);
	if (!id)
		return RIB_FULL;
	p = rib_path(r, id);
	p->attrs = attrset_ref(set);
	p->rx_id = n->path_id;
	path_data_set(r, p, n);
	path_link(r, id, net, slot);
	path_changed(r, net, id);
	return RIB_NEW;
}

/* May the peer have one more path of this net? A stale one makes room for it. */
static bool make_room(struct rib *r, uint32_t net, uint32_t slot)
{
	uint32_t n = 0, stale = 0;

	for (uint32_t id = rib_net(r, net)->paths; id; id = rib_path(r, id)->next) {
		const struct path *p = rib_path(r, id);

		if (p->peer != slot)
			continue;
		n++;
		if (p->flags & PATH_STALE)
			stale = id;
	}
	if (n < r->peer[slot].max_paths)
		return true;
	if (stale)
		path_drop(r, stale);
	return stale;
}

enum rib_result rib_update(struct rib *r, uint32_t slot, const struct nlri *n,
			   struct attrset *set)
{
	uint32_t net = net_get(r, n), id;
	enum rib_result res;

	if (!net)
		return RIB_FULL;
	id = path_of(r, rib_net(r, net), slot, n->path_id);
	if (id)
		return path_replace(r, id, n, set);
	if (!make_room(r, net, slot))
		return RIB_LIMIT;
	res = path_add(r, net, slot, n, set);
	if (res == RIB_FULL && !rib_net(r, net)->paths && !gone_any(r, net) &&
	    !changes_has(r, net))
		net_free(r, net);
	return res;
}

enum rib_result rib_withdraw(struct rib *r, uint32_t slot, const struct nlri *n)
{
	uint32_t net = rib_find(r, n);
	uint32_t id = net ? path_of(r, rib_net(r, net), slot, n->path_id) : 0;

	if (!id)
		return RIB_SAME;
	path_drop(r, id);
	return RIB_GONE;
}

void rib_nlri(const struct rib *r, uint32_t net, uint32_t path, struct nlri *out)
{
	const struct net *n = rib_net(r, net);

	out->path_id = 0;
	out->key_len = n->key_len;
	memcpy(out->key, net_key(n), n->key_len);
	out->data_len = 0;
	if (path) {
		const struct path *p = rib_path(r, path);

		out->data_len = p->data_len;
		memcpy(out->data, path_data(p), p->data_len);
	}
}

/* ---- peers ----------------------------------------------------------------- */

void rib_peer_add(struct rib *r, uint32_t slot, const struct path_source *src,
		  void *owner)
{
	if (slot >= r->n_peers) {
		uint32_t n = MAX_OF(slot + 1, r->n_peers * 2);

		r->peer = xrealloc(r->peer, n * sizeof(*r->peer));
		memset(r->peer + r->n_peers, 0, (n - r->n_peers) * sizeof(*r->peer));
		r->n_peers = n;
	}
	r->peer[slot] = (struct rib_peer) {
		.used = true, .max_paths = 1, .src = *src, .owner = owner
	};
}

static bool source_eq(const struct path_source *a, const struct path_source *b)
{
	return a->own == b->own && a->ebgp == b->ebgp && a->client == b->client &&
	       a->labels == b->labels && a->id == b->id && ip_eq(&a->addr, &b->addr);
}

void rib_peer_source(struct rib *r, uint32_t slot, const struct path_source *src)
{
	if (source_eq(&r->peer[slot].src, src))
		return;
	r->peer[slot].src = *src;
	for (uint32_t p = r->peer[slot].first; p; p = rib_path(r, p)->peer_next)
		path_changed(r, rib_path(r, p)->net, p);
}

void rib_peer_stale(struct rib *r, uint32_t slot)
{
	struct rib_peer *peer = &r->peer[slot];

	for (uint32_t p = peer->first; p && !(rib_path(r, p)->flags & PATH_STALE);
	     p = rib_path(r, p)->peer_next)
		rib_path(r, p)->flags |= PATH_STALE;
	peer->n_stale = peer->n;
}

static uint32_t drop_paths(struct rib *r, uint32_t slot, bool all)
{
	uint32_t dropped = 0;

	for (uint32_t p = r->peer[slot].first, next; p; p = next) {
		next = rib_path(r, p)->peer_next;
		if (!all && !(rib_path(r, p)->flags & PATH_STALE))
			continue;
		path_drop(r, p);
		dropped++;
	}
	return dropped;
}

/* Gives a path that is stale the set that says so. */
static void path_mark(struct rib *r, uint32_t id, struct attrset *marked)
{
	struct path *p = rib_path(r, id);
	bool changed = p->attrs != marked;

	p->flags |= PATH_LONG_LIVED;
	r->peer[p->peer].n_long_lived++;
	r->peer[p->peer].far_bytes += (uint64_t)marked->len - p->attrs->len;
	attrset_ref(marked);
	attrset_unref(r->attrs, p->attrs);
	p->attrs = marked;
	if (changed)
		path_changed(r, p->net, id);
}

uint32_t rib_peer_long_lived(struct rib *r, uint32_t slot)
{
	struct attrset *from = NULL,
		       *to = NULL; /* routes of one UPDATE are neighbours */

	for (uint32_t id = r->peer[slot].first, next; id; id = next) {
		struct path *p = rib_path(r, id);

		next = p->peer_next;
		if ((p->flags & (PATH_STALE | PATH_LONG_LIVED)) != PATH_STALE)
			continue;
		if (p->attrs != from) {
			attrset_unref(r->attrs, from);
			attrset_unref(r->attrs, to);
			from = attrset_ref(p->attrs);
			to = attrset_long_lived(r->attrs, from);
		}
		if (to)
			path_mark(r, id, to);
		else
			path_drop(r, id);
	}
	attrset_unref(r->attrs, from);
	attrset_unref(r->attrs, to);
	return r->peer[slot].n_long_lived;
}

uint32_t rib_peer_sweep(struct rib *r, uint32_t slot)
{
	return r->peer[slot].n_stale ? drop_paths(r, slot, false) : 0;
}

uint32_t rib_peer_filter(struct rib *r, uint32_t slot,
			 bool (*keep)(void *ctx, const struct nlri *n,
				      const struct attrset *set),
			 void *ctx)
{
	uint32_t dropped = 0;
	struct nlri n;

	for (uint32_t p = r->peer[slot].first, next; p; p = next) {
		next = rib_path(r, p)->peer_next;
		rib_nlri(r, rib_path(r, p)->net, p, &n);
		if (keep(ctx, &n, rib_path(r, p)->attrs))
			continue;
		path_drop(r, p);
		dropped++;
	}
	return dropped;
}

uint32_t rib_peer_flush(struct rib *r, uint32_t slot)
{
	return drop_paths(r, slot, true);
}

void rib_peer_del(struct rib *r, uint32_t slot)
{
	rib_peer_flush(r, slot);
	r->peer[slot] = (struct rib_peer) { 0 };
}

size_t rib_peer_bytes(const struct rib *r, uint32_t slot)
{
	const struct rib_peer *p = &r->peer[slot];

	return p->far_bytes + p->n * (sizeof(struct net) + sizeof(struct path));
}

size_t rib_bytes(const struct rib *r)
{
	return slab_bytes(&r->nets) + slab_bytes(&r->paths) + hashidx_bytes(&r->index) +
	       r->far_bytes + r->n_peers * sizeof(*r->peer) + changes_bytes(r);
}
