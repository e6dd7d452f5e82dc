/*
 * Wanted and seen state of every kernel object, and the list of those where they
 * differ. Pure: knows no netlink; who writes takes want_next() and reports with
 * want_done(). Not for devices, which fib/dom.c makes.
 *
 * After each change of an entry, settle() decides what follows: is it different,
 * does it wait, is it counted, can it be freed. Nothing else queues or frees.
 */
#include "fib/want.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/util.h"

/* want_entry.counted */
enum {
	C_WANTED = 1,
	C_SEEN = 2,
	C_MISSING = 4,
	C_EXTRA = 8,
	C_FOREIGN = 16,
	C_FAILED = 32,
};

void want_init(struct want *w)
{
	*w = (struct want) { .next_retry_ms = INT64_MAX };
	slab_init(&w->entries, sizeof(struct want_entry));
	hashidx_init(&w->index);
	TAILQ_INIT(&w->results);
	want_tick(w);
}

void want_tick(struct want *w)
{
	w->now_ms = (uint32_t)clock_ms();
}

void want_fini(struct want *w)
{
	struct want_entry *e;
	uint64_t at = 0;

	while ((e = want_each(w, &at)))
		free(e->trouble);
	slab_fini(&w->entries);
	hashidx_fini(&w->index);
	*w = (struct want) { 0 };
}

static struct want_entry *entry_at(const struct want *w, uint32_t id)
{
	return id ? slab_at(&w->entries, id) : NULL;
}

/* ---- lists ---- */

static void list_append(const struct want *w, struct want_list *l, struct want_entry *e)
{
	e->next = 0;
	e->prev = l->last;
	*(l->last ? &entry_at(w, l->last)->next : &l->first) = e->id;
	l->last = e->id;
}

static void list_remove(const struct want *w, struct want_list *l, struct want_entry *e)
{
	*(e->prev ? &entry_at(w, e->prev)->next : &l->first) = e->next;
	*(e->next ? &entry_at(w, e->next)->prev : &l->last) = e->prev;
}

static void dom_add(const struct want *w, struct want_dom *d, struct want_entry *e)
{
	e->next_dom = d->entries.first;
	if (e->next_dom)
		entry_at(w, e->next_dom)->prev_dom = e->id;
	d->entries.first = e->id;
}

static void dom_remove(const struct want *w, struct want_entry *e)
{
	*(e->prev_dom ? &entry_at(w, e->prev_dom)->next_dom : &e->dom->entries.first) =
		e->next_dom;
	if (e->next_dom)
		entry_at(w, e->next_dom)->prev_dom = e->prev_dom;
}

struct want_entry *want_in_dom(const struct want *w, const struct want_dom *d,
			       const struct want_entry *e)
{
	return entry_at(w, e ? e->next_dom : d->entries.first);
}

/* ---- entries by key ---- */

/* The two FDB entries of a MAC come and go together: they hash to neighbouring slots,
 * so that the second one is in the cache already. */
static uint32_t key_hash(const struct want_key *k)
{
	return (uint32_t)hash_bytes(k, offsetof(struct want_key, table)) + k->table;
}

static struct want_entry *find(const struct want *w, const struct want_key *k,
			       uint32_t hash)
{
	uint32_t at = hash, id;

	while ((id = hashidx_next(&w->index, hash, &at))) {
		struct want_entry *e = entry_at(w, id);

		if (!memcmp(&e->key, k, sizeof(*k)))
			return e;
	}
	return NULL;
}

struct want_entry *want_find(const struct want *w, const struct want_key *k)
{
	return find(w, k, key_hash(k));
}

void want_ahead(const struct want *w, const struct want_key *k)
{
	hashidx_prefetch(&w->index, key_hash(k));
}

struct want_entry *want_get(struct want *w, const struct want_key *k,
			    struct want_dom *dom)
{
	uint32_t hash = key_hash(k), id;
	struct want_entry *e = find(w, k, hash);

	if (e)
		return e;
	id = slab_alloc(&w->entries);
	assert(id); /* 2^32 - 1 entries of 128 bytes */
	e = entry_at(w, id);
	e->id = id;
	e->key = *k;
	e->dom = dom;
	dom_add(w, dom, e);
	hashidx_add(&w->index, hash, id);
	return e;
}

static void queue(struct want *w, struct want_entry *e)
{
	uint8_t q = e->dom->queue;

	if (e->flags & (WE_QUEUED | WE_PARKED))
		return;
	e->flags |= WE_QUEUED;
	list_append(w, &w->diff[q], e);
	w->n_queue[q]++;
	w->n_diff++;
}

static void unlist(struct want *w, struct want_entry *e)
{
	uint8_t q = e->dom->queue;

	if (e->flags & WE_QUEUED) {
		list_remove(w, &w->diff[q], e);
		w->n_queue[q]--;
		w->n_diff--;
	} else if (e->flags & WE_PARKED) {
		list_remove(w, &w->parked, e);
	}
	e->flags &= (uint16_t) ~(WE_QUEUED | WE_PARKED);
}

static void entry_free(struct want *w, struct want_entry *e)
{
	unlist(w, e);
	dom_remove(w, e);
	hashidx_del(&w->index, key_hash(&e->key), e->id);
	free(e->trouble);
	e->dom = NULL; /* not in use, for want_each() */
	slab_free(&w->entries, e->id);
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
	now |= (f & (WE_WANTED | WE_HELD)) == WE_WANTED && !is_right(e) ? C_MISSING : 0;
	/* What is held back is no difference, unless it is there. */
	now |= f & WE_SEEN && (f & (WE_WANTED | WE_HELD)) != WE_WANTED ? C_EXTRA : 0;
	now |= f & WE_FOREIGN ? C_FOREIGN : 0;
	now |= want_err(e) ? C_FAILED : 0;
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
			e->since_ms = MAX_OF(w->now_ms, 1);
	} else {
		e->since_ms = 0;
	}
	e->counted = now;
	w->changed = true;
}

/* ---- refusals ---- */

static void trouble_set(struct want *w, struct want_entry *e, int err, const char *why)
{
	struct want_trouble *was = e->trouble, *t;
	size_t len = strlen(why) + 1;

	if (was && was->err == err && !strcmp(was->why, why))
		return;
	t = xcalloc(1, sizeof(*t) + len);
	if (was)
		*t = *was;
	t->e = e;
	t->err = err;
	memcpy(t->why, why, len);
	e->trouble = t;
	if (e->flags & WE_RESULT) {
		TAILQ_REMOVE(&w->results, was, q);
		TAILQ_INSERT_TAIL(&w->results, t, q);
	}
	free(was);
}

static void trouble_free(struct want_entry *e)
{
	free(e->trouble);
	e->trouble = NULL;
}

static void tell(struct want *w, struct want_entry *e)
{
	if (e->flags & WE_RESULT)
		return;
	e->flags |= WE_RESULT;
	TAILQ_INSERT_TAIL(&w->results, e->trouble, q);
}

/* The engine is told once it was told of the refusal; else it need not know. */
static void err_clear(struct want *w, struct want_entry *e)
{
	if (e->flags & WE_TOLD) {
		e->trouble->err = 0;
		e->trouble->tries = 0;
		e->trouble->why[0] = '\0';
		if (e->flags & WE_WANTED)
			tell(w, e);
	} else if (e->flags & WE_RESULT) {
		TAILQ_REMOVE(&w->results, e->trouble, q);
		e->flags &= (uint16_t)~WE_RESULT;
	}
	if (!(e->flags & WE_RESULT))
		trouble_free(e);
}

struct want_entry *want_result(const struct want *w)
{
	const struct want_trouble *t = TAILQ_FIRST(&w->results);

	return t ? t->e : NULL;
}

static void settle(struct want *w, struct want_entry *e)
{
	if (!(e->flags & WE_WANTED) && want_err(e) && !(e->flags & WE_SEEN))
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
	if ((e->flags & (WE_WANTED | WE_YIELD | WE_PARKED | WE_HELD)) == WE_WANTED &&
	    !memcmp(&e->want, v, sizeof(*v)))
		return;
	e->want = *v;
	e->flags |= WE_WANTED;
	if (e->flags & WE_HELD && want_err(e))
		err_clear(w, e); /* the reason is no more */
	e->flags &= (uint16_t) ~(WE_YIELD | WE_ADOPTED | WE_HELD);
	if (e->trouble)
		e->trouble->tries = 0;
	if (e->flags & WE_PARKED)
		unlist(w, e);
	settle(w, e);
}

void want_hold(struct want *w, struct want_entry *e, const struct want_val *v,
	       uint32_t cookie, int err, const char *why)
{
	bool news = want_err(e) != err || !(e->flags & (WE_TOLD | WE_RESULT));

	e->cookie = cookie;
	e->gen = w->gen;
	e->want = *v;
	e->flags |= WE_WANTED | WE_HELD;
	e->flags &= (uint16_t) ~(WE_YIELD | WE_ADOPTED | WE_BROKEN | WE_UNSURE);
	trouble_set(w, e, err, why);
	if (news)
		tell(w, e);
	if (e->flags & WE_PARKED)
		unlist(w, e);
	settle(w, e);
}

void want_unset(struct want *w, struct want_entry *e)
{
	e->flags &=
		(uint16_t) ~(WE_WANTED | WE_YIELD | WE_BROKEN | WE_UNSURE | WE_HELD);
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
	if (is_right(e) && want_err(e) && !(e->flags & WE_HELD))
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
	struct want_trouble *t = e->trouble;
	bool quick = want_transient(t->err);
	int64_t pause = quick ? 20 : 5000;
	unsigned most = quick ? 6 : 4;

	pause <<= MIN_OF(t->tries, most);
	pause = quick ? MIN_OF(pause, 1000) : pause;
	if (t->tries < UINT8_MAX)
		t->tries++;
	t->retry_ms = clock_ms() + pause;
	if (t->retry_ms < w->next_retry_ms)
		w->next_retry_ms = t->retry_ms;
	unlist(w, e);
	e->flags |= WE_PARKED;
	list_append(w, &w->parked, e);
}

static void refused(struct want *w, struct want_entry *e, int err, const char *why)
{
	bool news = want_err(e) != err || !(e->flags & (WE_TOLD | WE_RESULT));

	w->count[e->key.table].ops_failed++;
	trouble_set(w, e, err, why ? why : "");
	/* What passes by itself is told only when it does not. */
	if (news && (!want_transient(err) || e->trouble->tries >= 5))
		tell(w, e);
	park(w, e);
	recount(w, e);
}

void want_done(struct want *w, struct want_entry *e, int err, const char *why)
{
	struct intent_table_counters *c = &w->count[e->key.table];

	w->changed = true;
	if (err) {
		refused(w, e, err, why);
		return;
	}
	c->ops_ok++;
	if (want_err(e) && !(e->flags & WE_HELD))
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

struct want_entry *want_next(struct want *w, enum want_queue q)
{
	struct want_entry *e = entry_at(w, w->diff[q].first);

	if (e)
		unlist(w, e);
	return e;
}

void want_told(struct want *w, struct want_entry *e)
{
	TAILQ_REMOVE(&w->results, e->trouble, q);
	e->flags &= (uint16_t)~WE_RESULT;
	e->flags |= WE_TOLD;
	if (!want_err(e)) {
		e->flags &= (uint16_t)~WE_TOLD;
		trouble_free(e);
	}
	settle(w, e);
}

void want_serve(struct want *w, struct want_dom *d, bool serve, bool open)
{
	struct want_entry *e, *next;

	d->serve = serve;
	d->open = open;
	for (e = want_in_dom(w, d, NULL); e; e = next) {
		next = want_in_dom(w, d, e);
		if (e->flags & WE_PARKED)
			unlist(w, e);
		settle(w, e);
	}
}

void want_unpark_due(struct want *w, int64_t now_ms)
{
	struct want_entry *e, *next;

	w->next_retry_ms = INT64_MAX;
	for (e = entry_at(w, w->parked.first); e; e = next) {
		next = entry_at(w, e->next);
		if (e->trouble->retry_ms <= now_ms) {
			unlist(w, e);
			settle(w, e);
		} else if (e->trouble->retry_ms < w->next_retry_ms) {
			w->next_retry_ms = e->trouble->retry_ms;
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
	*at = MAX_OF(*at, 1); /* ids begin there */
	while (*at < w->entries.next) {
		struct want_entry *e = slab_at(&w->entries, (uint32_t)*at);

		++*at;
		if (e->dom)
			return e;
	}
	return NULL;
}
