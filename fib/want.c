/*
 * Wanted and seen state of every kernel object, and the list of those where they
 * differ. Pure: knows no netlink; who writes takes want_next() and reports with
 * want_done(). Not for devices, which fib/dom.c makes.
 *
 * After each change of an entry, settle() decides what follows: is it different,
 * does it wait, is it counted, can it be freed. Nothing else queues or frees.
 */
#include "fib/want.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/util.h"

enum { CHUNK = 256, SLOTS_MIN = 1024 };

struct want_chunk {
	struct want_entry e[CHUNK];
};

/* want_entry.counted */
enum {
	C_WANTED = 1,
	C_SEEN = 2,
	C_MISSING = 4,
	C_EXTRA = 8,
	C_FOREIGN = 16,
	C_FAILED = 32,
	C_FREE = 128
};

void want_init(struct want *w)
{
	*w = (struct want) { .slots = SLOTS_MIN };
	w->slot = xcalloc(w->slots, sizeof(*w->slot));
	TAILQ_INIT(&w->diff);
	TAILQ_INIT(&w->parked);
	TAILQ_INIT(&w->results);
}

void want_fini(struct want *w)
{
	for (uint32_t i = 0; i < w->chunks; i++) {
		for (uint32_t j = 0; j < CHUNK; j++)
			free(w->chunk[i]->e[j].why);
		free(w->chunk[i]);
	}
	free(w->chunk);
	free(w->slot);
	*w = (struct want) { 0 };
}

/* The two FDB entries of a MAC come and go together: they hash to neighbouring slots,
 * so that the second one is in the cache already. */
static uint32_t key_hash(const struct want_key *k)
{
	struct want_key plain = *k;

	plain.table = 0;
	return (uint32_t)hash_bytes(&plain, sizeof(plain)) + k->table;
}

static uint32_t slot_of(const struct want *w, const struct want_key *k, uint32_t hash)
{
	uint32_t mask = w->slots - 1, i = hash & mask;

	while (w->slot[i].e &&
	       (w->slot[i].hash != hash || memcmp(&w->slot[i].e->key, k, sizeof(*k))))
		i = (i + 1) & mask;
	return i;
}

struct want_entry *want_find(const struct want *w, const struct want_key *k)
{
	return w->slot[slot_of(w, k, key_hash(k))].e;
}

static void grow(struct want *w)
{
	struct want_slot *old = w->slot;
	uint32_t n = w->slots;

	w->slots *= 2;
	w->slot = xcalloc(w->slots, sizeof(*w->slot));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = old[i].hash & (w->slots - 1);

		if (!old[i].e)
			continue;
		while (w->slot[at].e)
			at = (at + 1) & (w->slots - 1);
		w->slot[at] = old[i];
	}
	free(old);
}

static struct want_entry *entry_alloc(struct want *w)
{
	if (!w->free_list) {
		struct want_chunk *c = xcalloc(1, sizeof(*c));

		w->chunk = xrealloc(w->chunk, (w->chunks + 1) * sizeof(*w->chunk));
		w->chunk[w->chunks++] = c;
		for (int i = CHUNK - 1; i >= 0; i--) {
			c->e[i].counted = C_FREE;
			c->e[i].q.tqe_next = w->free_list;
			w->free_list = &c->e[i];
		}
	}

	struct want_entry *e = w->free_list;

	w->free_list = e->q.tqe_next;
	memset(e, 0, sizeof(*e));
	return e;
}

struct want_entry *want_get(struct want *w, const struct want_key *k,
			    struct want_dom *dom)
{
	uint32_t hash = key_hash(k), at = slot_of(w, k, hash);

	if (w->slot[at].e)
		return w->slot[at].e;
	if ((w->used + 1) * 3 > w->slots * 2) {
		grow(w);
		at = slot_of(w, k, hash);
	}

	struct want_entry *e = entry_alloc(w);

	e->key = *k;
	e->hash = hash;
	e->dom = dom;
	LIST_INSERT_HEAD(&dom->entries, e, in_dom);
	w->slot[at] = (struct want_slot) { .e = e, .hash = hash };
	w->used++;
	return e;
}

/* Linear probing: close the gap so that no chain is cut. */
static void slot_clear(struct want *w, uint32_t at)
{
	uint32_t mask = w->slots - 1, next = at;

	for (;;) {
		next = (next + 1) & mask;
		if (!w->slot[next].e)
			break;

		uint32_t home = w->slot[next].hash & mask;

		if (((next - home) & mask) >= ((next - at) & mask)) {
			w->slot[at] = w->slot[next];
			at = next;
		}
	}
	w->slot[at] = (struct want_slot) { 0 };
	w->used--;
}

static void unlist(struct want *w, struct want_entry *e)
{
	if (e->flags & WE_QUEUED) {
		TAILQ_REMOVE(&w->diff, e, q);
		w->n_diff--;
	}
	if (e->flags & WE_PARKED)
		TAILQ_REMOVE(&w->parked, e, q);
	e->flags &= (uint16_t) ~(WE_QUEUED | WE_PARKED);
}

static void entry_free(struct want *w, struct want_entry *e)
{
	unlist(w, e);
	LIST_REMOVE(e, in_dom);
	slot_clear(w, slot_of(w, &e->key, e->hash));
	free(e->why);
	e->why = NULL;
	e->counted = C_FREE;
	e->q.tqe_next = w->free_list;
	w->free_list = e;
}

static bool is_right(const struct want_entry *e)
{
	/* Somebody else floods there already: as good as ours, and never deleted. */
	if (e->key.table == TABLE_FLOOD && e->flags & WE_FOREIGN)
		return true;
	return (e->flags & WE_SEEN) && !memcmp(&e->want, &e->seen, sizeof(e->want));
}

/* Does something have to be written? */
static bool differs(const struct want *w, const struct want_entry *e)
{
	if (!e->dom->serve)
		return false;
	if (want_is_active(e))
		return !is_right(e) || (e->flags & WE_UNSURE);
	if (!(e->flags & WE_SEEN) || (e->flags & WE_ADOPTED))
		return false;
	/* Records come in any order: its domain may be about to be renewed. */
	return !(e->flags & WE_WANTED) || !w->syncing;
}

static void count_one(uint32_t *n, uint8_t was, uint8_t now, uint8_t bit)
{
	if ((was ^ now) & bit)
		*n += now & bit ? 1 : UINT32_MAX;
}

static void recount(struct want *w, struct want_entry *e)
{
	struct intent_table_counters *c = &w->count[e->key.table];
	uint16_t f = e->flags;
	uint8_t was = e->counted, now = 0;

	now |= f & WE_WANTED ? C_WANTED : 0;
	now |= f & WE_SEEN ? C_SEEN : 0;
	now |= f & WE_WANTED && !is_right(e) ? C_MISSING : 0;
	now |= f & WE_SEEN && !(f & WE_WANTED) ? C_EXTRA : 0;
	now |= f & WE_FOREIGN ? C_FOREIGN : 0;
	now |= e->err ? C_FAILED : 0;
	if (now == was)
		return;
	count_one(&c->wanted, was, now, C_WANTED);
	count_one(&c->seen, was, now, C_SEEN);
	count_one(&c->missing, was, now, C_MISSING);
	count_one(&c->extra, was, now, C_EXTRA);
	count_one(&c->foreign, was, now, C_FOREIGN);
	count_one(&c->failed, was, now, C_FAILED);
	if (now & (C_MISSING | C_EXTRA)) {
		if (!e->since_ms)
			e->since_ms = clock_ms();
	} else {
		e->since_ms = 0;
	}
	e->counted = now;
	w->changed = true;
}

static void queue(struct want *w, struct want_entry *e)
{
	if (e->flags & (WE_QUEUED | WE_PARKED))
		return;
	e->flags |= WE_QUEUED;
	TAILQ_INSERT_TAIL(&w->diff, e, q);
	w->n_diff++;
}

static void tell(struct want *w, struct want_entry *e)
{
	if (e->flags & WE_RESULT)
		return;
	e->flags |= WE_RESULT;
	TAILQ_INSERT_TAIL(&w->results, e, result);
}

static void err_clear(struct want *w, struct want_entry *e)
{
	free(e->why);
	e->why = NULL;
	e->err = 0;
	e->tries = 0;
	if (e->flags & WE_TOLD && e->flags & WE_WANTED)
		tell(w, e);
}

static void settle(struct want *w, struct want_entry *e)
{
	if (!(e->flags & WE_WANTED) && e->err && !(e->flags & WE_SEEN))
		err_clear(w, e);
	recount(w, e);
	if (differs(w, e) && !(e->flags & WE_YIELD)) {
		queue(w, e);
		return;
	}
	unlist(w, e);
	if (!(e->flags & (WE_WANTED | WE_SEEN | WE_FOREIGN | WE_RESULT)))
		entry_free(w, e);
}

void want_set(struct want *w, struct want_entry *e, const struct want_val *v,
	      uint32_t cookie)
{
	e->cookie = cookie;
	e->gen = w->gen;
	if ((e->flags & (WE_WANTED | WE_YIELD | WE_PARKED)) == WE_WANTED &&
	    !memcmp(&e->want, v, sizeof(*v)))
		return;
	e->want = *v;
	e->flags |= WE_WANTED;
	e->flags &= (uint16_t) ~(WE_YIELD | WE_ADOPTED);
	e->tries = 0;
	if (e->flags & WE_PARKED)
		unlist(w, e);
	settle(w, e);
}

void want_unset(struct want *w, struct want_entry *e)
{
	e->flags &= (uint16_t) ~(WE_WANTED | WE_YIELD | WE_BROKEN | WE_UNSURE);
	e->want = (struct want_val) { 0 };
	if (e->flags & WE_PARKED)
		unlist(w, e);
	settle(w, e);
}

void want_seen(struct want *w, struct want_entry *e, const struct want_val *v)
{
	e->flags |= WE_SEEN;
	e->flags &= (uint16_t) ~(WE_FOREIGN | WE_FIXED);
	e->seen = *v;
	if (is_right(e) && e->err)
		err_clear(w, e);
	settle(w, e);
}

void want_gone(struct want *w, struct want_entry *e)
{
	e->flags &= (uint16_t) ~(WE_SEEN | WE_ADOPTED);
	e->seen = (struct want_val) { 0 };
	settle(w, e);
}

void want_foreign(struct want *w, struct want_entry *e, bool on, bool fixed)
{
	uint16_t was = e->flags;

	e->flags &= (uint16_t) ~(WE_FOREIGN | WE_FIXED);
	if (on)
		e->flags |= fixed ? WE_FOREIGN | WE_FIXED : WE_FOREIGN;
	if ((was & WE_FIXED) && !(e->flags & WE_FIXED) && (e->flags & WE_PARKED))
		unlist(w, e); /* out of the way: try at once */
	settle(w, e);
}

void want_flag(struct want *w, struct want_entry *e, uint16_t set, uint16_t clear)
{
	e->flags = (uint16_t)((e->flags | set) & ~clear);
	settle(w, e);
}

bool want_transient(int err)
{
	switch (-err) {
	case ENOMEM:
	case ENOBUFS:
	case EBUSY:
	case EAGAIN:
	case EINTR:
	case ENETDOWN:
	case ENETUNREACH:
	case ENODEV:
	case ENXIO:
		return true;
	default:
		return false;
	}
}

static void park(struct want *w, struct want_entry *e)
{
	bool quick = want_transient(e->err);
	int64_t pause = quick ? 20 : 5000;
	unsigned most = quick ? 6 : 4;

	pause <<= MIN_OF(e->tries, most);
	pause = quick ? MIN_OF(pause, 1000) : pause;
	if (e->tries < UINT8_MAX)
		e->tries++;
	e->retry_ms = clock_ms() + pause;
	if (e->retry_ms < w->next_retry_ms)
		w->next_retry_ms = e->retry_ms;
	unlist(w, e);
	e->flags |= WE_PARKED;
	TAILQ_INSERT_TAIL(&w->parked, e, q);
}

void want_done(struct want *w, struct want_entry *e, int err, const char *why)
{
	struct intent_table_counters *c = &w->count[e->key.table];

	w->changed = true;
	if (err) {
		bool news = e->err != err || !(e->flags & WE_TOLD);

		c->ops_failed++;
		e->err = err;
		free(e->why);
		e->why = why && why[0] ? xstrdup(why) : NULL;
		/* What passes by itself is told only when it does not. */
		if (news && (!want_transient(err) || e->tries >= 5)) {
			e->flags |= WE_TOLD;
			tell(w, e);
		}
		park(w, e);
		recount(w, e);
		return;
	}
	c->ops_ok++;
	if (e->err)
		err_clear(w, e);
	if (want_is_active(e)) {
		if (e->flags & WE_BROKEN)
			c->repaired++;
		e->flags |= WE_SEEN;
		e->flags &= (uint16_t) ~(WE_BROKEN | WE_UNSURE | WE_FOREIGN | WE_FIXED);
		e->seen = e->want;
	} else {
		e->flags &= (uint16_t) ~(WE_SEEN | WE_UNSURE | WE_ADOPTED);
		e->seen = (struct want_val) { 0 };
	}
	settle(w, e);
}

struct want_entry *want_next(struct want *w)
{
	struct want_entry *e = TAILQ_FIRST(&w->diff);

	if (e)
		unlist(w, e);
	return e;
}

void want_again(struct want *w, struct want_entry *e)
{
	settle(w, e);
}

void want_serve(struct want *w, struct want_dom *d, bool serve, bool open)
{
	struct want_entry *e, *next;

	d->serve = serve;
	d->open = open;
	for (e = LIST_FIRST(&d->entries); e; e = next) {
		next = LIST_NEXT(e, in_dom);
		if (e->flags & WE_PARKED)
			unlist(w, e);
		settle(w, e);
	}
}

void want_unpark_due(struct want *w, int64_t now_ms)
{
	struct want_entry *e, *next;

	w->next_retry_ms = INT64_MAX;
	for (e = TAILQ_FIRST(&w->parked); e; e = next) {
		next = TAILQ_NEXT(e, q);
		if (e->retry_ms <= now_ms) {
			unlist(w, e);
			settle(w, e);
		} else if (e->retry_ms < w->next_retry_ms) {
			w->next_retry_ms = e->retry_ms;
		}
	}
}

void want_begin(struct want *w)
{
	w->gen++;
	w->syncing = true;
	w->changed = true;
}

uint32_t want_sweep(struct want *w)
{
	struct want_entry *e;
	uint64_t at = 0;
	uint32_t n = 0;

	w->syncing = false;
	w->changed = true;
	while ((e = want_each(w, &at))) {
		if (e->flags & WE_WANTED && e->gen != w->gen) {
			w->count[e->key.table].swept++;
			n++;
			e->flags &= (uint16_t)~WE_ADOPTED;
			want_unset(w, e);
		} else if (e->flags & WE_ADOPTED && !(e->flags & WE_WANTED)) {
			w->count[e->key.table].swept++;
			n++;
			want_flag(w, e, 0, WE_ADOPTED);
		} else {
			settle(w, e); /* its domain may have stayed away */
		}
	}
	return n;
}

struct want_entry *want_each(const struct want *w, uint64_t *at)
{
	while (*at < (uint64_t)w->chunks * CHUNK) {
		struct want_entry *e = &w->chunk[*at / CHUNK]->e[*at % CHUNK];

		++*at;
		if (e->counted != C_FREE)
			return e;
	}
	return NULL;
}
