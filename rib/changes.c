/*
 * Two lists of changes of a table: nets whose winner changed, and paths. An entry is
 * in a list at most once, at the place of its latest change; readers have cursors,
 * which are entries of their own kind with a mark.
 *
 * The links of nets lie in the nets. What is kept of paths (links, by how many they
 * were told, what is gone) lies beside them, and only while somebody is told all
 * paths (RFC 7911): without that a path costs nothing here, in memory and in time.
 */
#include "rib/changes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

enum { LISTED = 1, MARKER = 2, GONE = 4 };

/* Beside each path. */
struct path_note {
	struct rib_link link;
	uint16_t told; /* Adj-RIBs-Out that were told it */
	uint8_t flags;
};

/* One source for both lists, but no test of which one it is for each link. */
#define FOR_EACH_LIST static inline __attribute__((always_inline))

FOR_EACH_LIST struct rib_link *link_at(const struct rib *r, enum rib_list l,
				       uint32_t id)
{
	return l == RIB_NETS ? &rib_net(r, id)->link : &r->note[id].link;
}

FOR_EACH_LIST uint8_t *flags_at(const struct rib *r, enum rib_list l, uint32_t id)
{
	return l == RIB_NETS ? &rib_net(r, id)->list_flags : &r->note[id].flags;
}

/* Arrays by id grow with the slab, a quarter ahead. */
static void *grown(void *array, uint32_t *size, uint32_t id, uint32_t next, size_t one)
{
	uint32_t n = MAX_OF(next, id + 1);

	n += n / 4;
	array = xrealloc(array, n * one);
	memset((char *)array + *size * one, 0, (n - *size) * one);
	*size = n;
	return array;
}

static struct path_note *note_at(struct rib *r, uint32_t path)
{
	if (path >= r->n_notes)
		r->note = grown(r->note, &r->n_notes, path, r->paths.next,
				sizeof(*r->note));
	return &r->note[path];
}

/* ---- lists ----------------------------------------------------------------- */

FOR_EACH_LIST void list_unlink(struct rib *r, enum rib_list l, uint32_t id)
{
	struct rib_link *at = link_at(r, l, id);

	if (at->prev)
		link_at(r, l, at->prev)->next = at->next;
	else
		r->list[l].head = at->next;
	if (at->next)
		link_at(r, l, at->next)->prev = at->prev;
	else
		r->list[l].tail = at->prev;
	*at = (struct rib_link) { 0 };
	*flags_at(r, l, id) &= (uint8_t)~LISTED;
}

/* Behind `after`; 0 = at the head. */
FOR_EACH_LIST void list_insert(struct rib *r, enum rib_list l, uint32_t id,
			       uint32_t after)
{
	struct rib_link *at = link_at(r, l, id);

	at->prev = after;
	at->next = after ? link_at(r, l, after)->next : r->list[l].head;
	if (after)
		link_at(r, l, after)->next = id;
	else
		r->list[l].head = id;
	if (at->next)
		link_at(r, l, at->next)->prev = id;
	else
		r->list[l].tail = id;
	*flags_at(r, l, id) |= LISTED;
}

FOR_EACH_LIST void touch(struct rib *r, enum rib_list l, uint32_t id)
{
	if (*flags_at(r, l, id) & LISTED)
		list_unlink(r, l, id);
	list_insert(r, l, id, r->list[l].tail);
	if (r->on_change)
		r->on_change(r->on_change_ctx);
}

void changes_net(struct rib *r, uint32_t id)
{
	touch(r, RIB_NETS, id);
}

void changes_path_noted(struct rib *r, uint32_t id)
{
	note_at(r, id);
	touch(r, RIB_PATHS, id);
}

FOR_EACH_LIST uint32_t pop(struct rib *r, enum rib_list l)
{
	uint32_t id = r->list[l].head;

	if (!id || *flags_at(r, l, id) & MARKER)
		return 0;
	/* Whoever has passed it was told that it is gone. */
	assert(l == RIB_NETS || !(r->note[id].flags & GONE) || !r->note[id].told);
	list_unlink(r, l, id);
	return id;
}

uint32_t changes_pop(struct rib *r, enum rib_list l)
{
	return l == RIB_NETS ? pop(r, RIB_NETS) : pop(r, RIB_PATHS);
}

bool changes_has(const struct rib *r, uint32_t net)
{
	return rib_net(r, net)->list_flags & LISTED;
}

bool changes_is_marker(const struct rib *r, uint32_t net)
{
	return rib_net(r, net)->list_flags & MARKER;
}

void changes_drop_net(struct rib *r, uint32_t net)
{
	list_unlink(r, RIB_NETS, net);
}

/* ---- cursors --------------------------------------------------------------- */

static struct slab *slab_of(struct rib *r, enum rib_list l)
{
	return l == RIB_NETS ? &r->nets : &r->paths;
}

static void place(struct rib *r, struct rib_cursor *c, enum rib_list l, uint32_t after)
{
	c->list = l;
	c->marker = slab_alloc(slab_of(r, l));
	if (l == RIB_PATHS)
		note_at(r, c->marker);
	*flags_at(r, l, c->marker) = MARKER;
	list_insert(r, l, c->marker, after);
	r->list[l].cursors++;
}

void rib_cursor_init(struct rib *r, struct rib_cursor *c, enum rib_list l)
{
	place(r, c, l, r->list[l].tail);
}

void rib_cursor_copy(struct rib *r, struct rib_cursor *c, const struct rib_cursor *of)
{
	place(r, c, of->list, of->marker);
}

void rib_cursor_fini(struct rib *r, struct rib_cursor *c)
{
	if (!c->marker)
		return;
	list_unlink(r, c->list, c->marker);
	*flags_at(r, c->list, c->marker) = 0;
	slab_free(slab_of(r, c->list), c->marker);
	r->list[c->list].cursors--;
	c->marker = 0;
	rib_trim(r);
	if (!r->list[RIB_PATHS].cursors)
		changes_fini(r);
}

FOR_EACH_LIST uint32_t peek(const struct rib *r, enum rib_list l, uint32_t marker)
{
	uint32_t id = link_at(r, l, marker)->next;

	while (id && *flags_at(r, l, id) & MARKER)
		id = link_at(r, l, id)->next;
	return id;
}

bool rib_cursor_at_end(const struct rib *r, const struct rib_cursor *c)
{
	return !peek(r, c->list, c->marker);
}

bool rib_cursor_passed(const struct rib *r, const struct rib_cursor *c, uint32_t id)
{
	bool listed = c->list == RIB_NETS
			      ? changes_has(r, id)
			      : id < r->n_notes && r->note[id].flags & LISTED;

	return !listed || rib_cursor_at_end(r, c);
}

FOR_EACH_LIST uint32_t advance(struct rib *r, enum rib_list l, uint32_t marker)
{
	uint32_t id = peek(r, l, marker);

	if (id) {
		list_unlink(r, l, marker);
		list_insert(r, l, marker, id);
	}
	return id;
}

uint32_t rib_cursor_next(struct rib *r, struct rib_cursor *c)
{
	return c->list == RIB_NETS ? advance(r, RIB_NETS, c->marker)
				   : advance(r, RIB_PATHS, c->marker);
}

/* ---- paths that are gone --------------------------------------------------- */

bool rib_is_path(const struct rib *r, uint32_t id)
{
	return rib_path(r, id)->net && !(id < r->n_notes && r->note[id].flags & GONE);
}

bool rib_is_route(const struct rib *r, uint32_t id)
{
	const struct net *n = rib_net(r, id);

	/* Neither a freed one nor one that waits for its withdraw has paths. */
	return !(n->list_flags & MARKER) && n->paths;
}

bool gone_keep_noted(struct rib *r, uint32_t path)
{
	uint32_t net = rib_path(r, path)->net;

	if (!r->note[path].told) {
		if (r->note[path].flags & LISTED)
			list_unlink(r, RIB_PATHS, path);
		return false;
	}
	if (net >= r->n_gone)
		r->gone =
			grown(r->gone, &r->n_gone, net, r->nets.next, sizeof(*r->gone));
	rib_path(r, path)->next = r->gone[net];
	r->gone[net] = path;
	r->note[path].flags |= GONE;
	touch(r, RIB_PATHS, path);
	return true;
}

void gone_remove(struct rib *r, uint32_t path)
{
	uint32_t *at = &r->gone[rib_path(r, path)->net];

	while (*at != path)
		at = &rib_path(r, *at)->next;
	assert(r->note[path].flags & GONE);
	*at = rib_path(r, path)->next;
	r->note[path].flags &= (uint8_t)~GONE;
}

uint32_t gone_take(struct rib *r, uint32_t net, uint32_t slot, uint32_t rx_id)
{
	uint32_t id = gone_any(r, net) ? r->gone[net] : 0;

	while (id && (rib_path(r, id)->peer != slot || rib_path(r, id)->rx_id != rx_id))
		id = rib_path(r, id)->next;
	if (id)
		gone_remove(r, id);
	return id;
}

/* Peer and path id of the peer are one path of a net, gone or not: gone_take(). Where
 * they do not fit, the number of the path is one, with a bit of its own. */
uint32_t rib_block_id(const struct rib *r, uint32_t path)
{
	const struct path *p = rib_path(r, path);
	const uint32_t own_number = UINT32_C(1) << 31;

	_Static_assert(RIB_PEERS_MAX < UINT16_MAX, "16 bits for slot + 1");
	if (p->rx_id >= own_number >> 16)
		return own_number | path;
	return p->rx_id << 16 | (p->peer + 1u);
}

void rib_path_told(struct rib *r, uint32_t path, bool told)
{
	struct path_note *n = note_at(r, path);

	if (told) {
		n->told++;
		return;
	}
	n->told--;
	/* Nobody waits for it any more: to the head, where rib_trim() finds it. */
	if (n->told || !(n->flags & GONE))
		return;
	if (n->flags & LISTED)
		list_unlink(r, RIB_PATHS, path);
	list_insert(r, RIB_PATHS, path, 0);
}

void changes_fini(struct rib *r)
{
	free(r->note);
	free(r->gone);
	r->note = NULL;
	r->gone = NULL;
	r->n_notes = r->n_gone = 0;
}

size_t changes_bytes(const struct rib *r)
{
	return r->n_notes * sizeof(*r->note) + r->n_gone * sizeof(*r->gone);
}
