/*
 * Sets of verdicts, with the difference to the kernel's map. Pure. Not for the maps
 * themselves: fib/pol_policy.c.
 *
 * Shapes are counted as long as a verdict is in the map: a program that still finds it
 * must be told to look.
 */
#include "fib/verdicts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"

enum { KEEP = VS_WANTED | VS_STALE, ALL_SHAPE = 17 };

static struct verdict *at(const struct verdicts *v, uint32_t id)
{
	return slab_at(&v->all, id);
}

static uint32_t hash(const struct bpf_pol_key *k)
{
	return (uint32_t)hash_bytes(k, sizeof(*k));
}

void verdicts_init(struct verdicts *v)
{
	*v = (struct verdicts) { .n_todo = 0 };
	slab_init(&v->all, sizeof(struct verdict));
	hashidx_init(&v->index);
}

void verdicts_fini(struct verdicts *v)
{
	slab_fini(&v->all);
	hashidx_fini(&v->index);
	free(v->todo);
	v->todo = NULL;
}

/* ---- entries ---- */

static unsigned dir_of(const struct bpf_pol_key *k)
{
	return k->dir_plen >> 7;
}

static uint32_t *shape_of(struct verdicts *v, const struct bpf_pol_key *k)
{
	unsigned shape = k->proto ? k->dir_plen & 0x7fu : ALL_SHAPE;

	return &v->shape[dir_of(k)][!k->identity][MIN_OF(shape, ALL_SHAPE)];
}

static uint32_t id_find(const struct verdicts *v, const struct bpf_pol_key *k)
{
	uint32_t h = hash(k), next = h, id;

	while ((id = hashidx_next(&v->index, h, &next)))
		if (!memcmp(&at(v, id)->key, k, sizeof(*k)))
			return id;
	return 0;
}

/* All changes of state go through here: what is counted follows from it. */
static void state_set(struct verdicts *v, struct verdict *e, uint8_t state)
{
	v->n_keep -= !!(e->state & KEEP);
	v->n_keep += !!(state & KEEP);
	v->n_seen -= !!(e->state & VS_SEEN);
	v->n_seen += !!(state & VS_SEEN);
	e->state = state;
}

static void value_set(struct verdicts *v, struct verdict *e,
		      const struct bpf_pol_verdict *value)
{
	v->deny[dir_of(&e->key)] -= !!(e->value.flags & BPF_POL_DENY);
	e->value = *value;
	v->deny[dir_of(&e->key)] += !!(e->value.flags & BPF_POL_DENY);
}

static uint32_t id_get(struct verdicts *v, const struct bpf_pol_key *k)
{
	uint32_t id = id_find(v, k);

	if (id)
		return id;
	id = slab_alloc(&v->all);
	at(v, id)->key = *k;
	hashidx_add(&v->index, hash(k), id);
	++*shape_of(v, k);
	return id;
}

static void drop(struct verdicts *v, uint32_t id)
{
	static const struct bpf_pol_verdict none;
	struct verdict *e = at(v, id);

	state_set(v, e, 0);
	value_set(v, e, &none);
	--*shape_of(v, &e->key);
	hashidx_del(&v->index, hash(&e->key), id);
	slab_free(&v->all, id);
}

static void queue(struct verdicts *v, uint32_t id)
{
	struct verdict *e = at(v, id);

	if (e->state & VS_QUEUED)
		return;
	e->state |= VS_QUEUED;
	if (v->n_todo == v->room) {
		v->room = MAX_OF(v->room * 2, 64);
		v->todo = xrealloc(v->todo, v->room * sizeof(*v->todo));
	}
	v->todo[v->n_todo++] = id;
}

void verdicts_set(struct verdicts *v, const struct bpf_pol_key *k,
		  const struct bpf_pol_verdict *value)
{
	uint32_t id = id_get(v, k);
	struct verdict *e = at(v, id);
	bool same = !memcmp(&e->value, value, sizeof(*value));

	if (!(e->state & VS_SEEN) || !same)
		queue(v, id);
	value_set(v, e, value);
	state_set(v, e, (uint8_t)((e->state | VS_WANTED) & ~VS_STALE));
}

/* Neither wanted nor stale any more. */
static void unkeep(struct verdicts *v, uint32_t id)
{
	struct verdict *e = at(v, id);

	state_set(v, e, e->state & (uint8_t)~KEEP);
	queue(v, id); /* who is on the list is freed from there */
}

void verdicts_unset(struct verdicts *v, const struct bpf_pol_key *k)
{
	uint32_t id = id_find(v, k);

	if (id && at(v, id)->state & KEEP)
		unkeep(v, id);
}

void verdicts_found(struct verdicts *v, const struct bpf_pol_key *k,
		    const struct bpf_pol_verdict *value)
{
	struct verdict *e = at(v, id_get(v, k));

	value_set(v, e, value);
	state_set(v, e, VS_SEEN | VS_STALE);
}

const struct verdict *verdicts_find(const struct verdicts *v,
				    const struct bpf_pol_key *k)
{
	uint32_t id = id_find(v, k);

	return id && at(v, id)->state & KEEP ? at(v, id) : NULL;
}

const struct verdict *verdicts_each(const struct verdicts *v, uint32_t *pos)
{
	while (++*pos < v->all.next)
		if (at(v, *pos)->state)
			return at(v, *pos);
	return NULL;
}

/* ---- sets ---- */

bool verdicts_keep(struct verdicts *v, const struct verdicts *from)
{
	const struct verdict *e, *mine;
	uint32_t pos = 0, same = 0;

	while ((e = verdicts_each(from, &pos))) {
		uint32_t id;

		if (!(e->state & KEEP))
			continue;
		mine = verdicts_find(v, &e->key);
		if (mine) {
			same += !memcmp(&mine->value, &e->value, sizeof(e->value));
			continue;
		}
		id = id_get(v, &e->key);
		value_set(v, at(v, id), &e->value);
		state_set(v, at(v, id), at(v, id)->state | VS_STALE);
		queue(v, id);
		same++;
	}
	return same == v->n_keep;
}

bool verdicts_same(const struct verdicts *a, const struct verdicts *b)
{
	const struct verdict *e, *other;
	uint32_t pos = 0;

	if (a->n_keep != b->n_keep)
		return false;
	while ((e = verdicts_each(a, &pos))) {
		if (!(e->state & KEEP))
			continue;
		other = verdicts_find(b, &e->key);
		if (!other || memcmp(&other->value, &e->value, sizeof(e->value)))
			return false;
	}
	return true;
}

uint32_t verdicts_sweep(struct verdicts *v)
{
	uint32_t n = 0;

	for (uint32_t id = 1; id < v->all.next; id++) {
		struct verdict *e = at(v, id);

		if (!(e->state & VS_STALE))
			continue;
		n++;
		unkeep(v, id);
	}
	return n;
}

static void list_clear(struct verdicts *v)
{
	for (uint32_t i = 0; i < v->n_todo; i++) {
		struct verdict *e = at(v, v->todo[i]);

		e->state &= (uint8_t)~VS_QUEUED;
		if (!(e->state & KEEP))
			drop(v, v->todo[i]);
	}
	v->n_todo = 0;
}

void verdicts_settled(struct verdicts *v)
{
	list_clear(v);
	for (uint32_t id = 1; id < v->all.next; id++)
		if (at(v, id)->state)
			state_set(v, at(v, id), at(v, id)->state | VS_SEEN);
}

void verdicts_unseen(struct verdicts *v)
{
	list_clear(v);
	for (uint32_t id = 1; id < v->all.next; id++) {
		struct verdict *e = at(v, id);

		if (!e->state)
			continue;
		state_set(v, e, e->state & (uint8_t)~VS_SEEN);
		queue(v, id);
	}
}

/* ---- to and from the kernel ---- */

static void batch_add(const struct verdicts *v, struct verdict_batch *b, uint32_t id)
{
	b->id[b->n] = id;
	b->key[b->n] = at(v, id)->key;
	b->value[b->n++] = at(v, id)->value;
}

static void batch_free(struct verdict_batch *b)
{
	free(b->id);
	free(b->key);
	free(b->value);
	*b = (struct verdict_batch) { .n = 0 };
}

void verdicts_take(struct verdicts *v, bool erase, struct verdict_batch *b)
{
	uint32_t left = 0;

	*b = (struct verdict_batch) { .n = 0 };
	if (!v->n_todo)
		return;
	b->id = xcalloc(v->n_todo, sizeof(*b->id));
	b->key = xcalloc(v->n_todo, sizeof(*b->key));
	b->value = xcalloc(v->n_todo, sizeof(*b->value));
	for (uint32_t i = 0; i < v->n_todo; i++) {
		uint32_t id = v->todo[i];
		struct verdict *e = at(v, id);
		bool keep = e->state & KEEP;

		if (keep == erase) {
			v->todo[left++] = id;
			continue;
		}
		e->state &= (uint8_t)~VS_QUEUED;
		if (keep || e->state & VS_SEEN)
			batch_add(v, b, id);
		else
			drop(v, id);
	}
	v->n_todo = left;
	if (!b->n)
		batch_free(b);
}

static bool done_one(struct verdicts *v, bool erase, uint32_t id)
{
	struct verdict *e = at(v, id);
	bool repair = e->state & VS_BROKEN;

	e->state &= (uint8_t)~VS_BROKEN;
	if (erase)
		drop(v, id);
	else
		state_set(v, e, e->state | VS_SEEN);
	return repair;
}

uint32_t verdicts_done(struct verdicts *v, bool erase, struct verdict_batch *b,
		       uint32_t n)
{
	uint32_t repairs = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		if (i < n)
			repairs += done_one(v, erase, b->id[i]);
		else
			queue(v, b->id[i]);
	}
	batch_free(b);
	return repairs;
}

/* What we do not know has no place in our map. */
uint32_t verdicts_audit(struct verdicts *v, const struct bpf_pol_key *k,
			const struct bpf_pol_verdict *value)
{
	uint32_t id = id_find(v, k);
	struct verdict *e;

	if (!id) {
		id = id_get(v, k);
		e = at(v, id);
		value_set(v, e, value);
		state_set(v, e, VS_SEEN | VS_MARK | VS_BROKEN);
		queue(v, id);
		return 1;
	}
	e = at(v, id);
	state_set(v, e, e->state | VS_MARK | VS_SEEN);
	if (e->state & VS_QUEUED || !memcmp(&e->value, value, sizeof(*value)))
		return 0;
	e->state |= VS_BROKEN;
	queue(v, id);
	return 1;
}

uint32_t verdicts_audited(struct verdicts *v)
{
	uint32_t n = 0;

	for (uint32_t id = 1; id < v->all.next; id++) {
		struct verdict *e = at(v, id);
		bool there = e->state & VS_MARK;

		e->state &= (uint8_t)~VS_MARK;
		if (there || !(e->state & VS_SEEN))
			continue;
		n += !(e->state & VS_QUEUED);
		state_set(v, e, (e->state | VS_BROKEN) & (uint8_t)~VS_SEEN);
		queue(v, id);
	}
	return n;
}

/* ---- shapes ---- */

static uint32_t mask(const uint32_t *n)
{
	uint32_t m = 0;

	for (unsigned i = 0; i < SHAPES; i++)
		m |= (n[i] ? 1u : 0u) << i;
	return m;
}

/* Whoever the peer is, whatever it says, and no rule counts it. */
static bool is_open(const struct verdicts *v, unsigned dir)
{
	const struct bpf_pol_key all = { .dir_plen = (uint8_t)(dir << 7) };
	const struct verdict *e = verdicts_find(v, &all);
	uint32_t n = 0;

	for (unsigned i = 0; i < SHAPES; i++)
		n += v->shape[dir][0][i] + v->shape[dir][1][i];
	return e && n == 1 && !v->deny[dir] && !e->value.rule;
}

void verdicts_shapes(const struct verdicts *v, struct bpf_pol_ep *ep)
{
	for (unsigned dir = 0; dir < BPF_POL_DIRS; dir++) {
		ep->shape_id[dir] = mask(v->shape[dir][0]);
		ep->shape_any[dir] = mask(v->shape[dir][1]);
		if (is_open(v, dir))
			ep->flags |= (uint16_t)(BPF_POL_EP_OPEN_IN << dir);
		if (v->deny[dir])
			ep->flags |= (uint16_t)(BPF_POL_EP_DENY_IN << dir);
	}
}
