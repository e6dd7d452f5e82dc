/*
 * Interned label sets and their numbers. A number follows from the labels, so no host
 * asks another; where two sets that are here derive the same one, both get numbers of
 * this host, in the order of their labels, and nobody is taken for somebody else.
 * Not here: who has which labels (identity.c), their form (wire/labelset.c).
 */
#include "rib/labels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/digest.h"
#include "lib/hashidx.h"
#include "lib/slab.h"
#include "lib/util.h"
#include "lib/wbuf.h"

/* ---- labels ------------------------------------------------------------ */

uint32_t labels_number(uint32_t domain, struct bytes labels)
{
	uint8_t in[4 + LABELS_LEN], out[DIGEST_SHA256];
	struct wbuf w = wbuf_of(in, sizeof(in));
	uint32_t n;

	wbuf_u32(&w, domain);
	wbuf_bytes(&w, labels.p, labels.len);
	digest_sha256(in, w.len, out);
	n = (uint32_t)out[0] << 24 | (uint32_t)out[1] << 16 | (uint32_t)out[2] << 8 |
	    out[3] | IDENTITY_DERIVED;
	return (n & 0xffff) < IDENTITY_FIRST ? n | IDENTITY_FIRST : n;
}

/* Which of the labels of a list is it? A fault of the whole has none. */
static int explain(const char *text, enum label_fault f, char *err, size_t errlen)
{
	char one[LABELS_STR], *save, *list, *p;
	struct labels l;

	if (f == LABEL_COUNT || f == LABEL_SIZE) {
		snprintf(err, errlen, "labels: %s", label_fault_text(f));
		return -EINVAL;
	}
	list = xstrdup(text);
	one[0] = '\0';
	for (p = strtok_r(list, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		enum label_fault of = labels_parse(p, &l);

		if (of == LABEL_FINE)
			continue;
		f = of;
		snprintf(one, sizeof(one), " %s", p);
		break;
	}
	free(list);
	snprintf(err, errlen, "label%.100s: %s", one, label_fault_text(f));
	return -EINVAL;
}

int labels_canonical(const char *text, char out[LABELS_STR], char *err, size_t errlen)
{
	enum label_fault f = LABEL_FINE;
	struct labels l;

	if (*text)
		f = labels_parse(text, &l);
	if (f)
		return explain(text, f, err, errlen);
	if (*text)
		labels_format(labels_bytes(&l), out, LABELS_STR);
	else
		out[0] = '\0';
	return 0;
}

static bool is_key(struct bytes key, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(keys[i]) == key.len && !memcmp(keys[i], key.p, key.len))
			return true;
	return false;
}

void labels_select(const char *text, const char *const *keys, size_t n_keys,
		   struct labels *out)
{
	struct bytes rest, key, value;
	struct labels all;

	out->len = 0;
	if (labels_parse(text, &all))
		return;
	rest = labels_bytes(&all);
	while (labels_next(&rest, &key, &value)) {
		size_t len = key.len + 1 + value.len;

		if (!is_key(key, keys, n_keys))
			continue;
		if (out->len)
			out->b[out->len++] = '\0';
		memcpy(out->b + out->len, key.p, len); /* value lies behind its key */
		out->len = (uint16_t)(out->len + len);
	}
}

/* ---- the table --------------------------------------------------------- */

struct entry {
	uint32_t link; /* the slab's */
	uint32_t hash;
	uint32_t derived;
	bool twin;
	struct labelset s; /* refs 0: this entry is free */
	uint8_t *b;        /* labels, owned */
};

/* Sets that lose an assigned number may become twins, however many there are; with a
 * rival each. */
enum { TWINS_MAX = LABELSETS_TWINS + 2 * LABELSETS_ASSIGNS };

struct labelsets {
	const struct labelsets_hooks *hooks;
	void *ctx;
	uint32_t domain;
	struct labels_assign *assign;
	size_t n_assign;
	struct slab entries;
	struct hashidx by_key;     /* labels, or the number where there are none */
	struct hashidx by_derived; /* sets with labels only */
	uint32_t twins[TWINS_MAX]; /* ascending by labels */
	unsigned n_twins;
	uint32_t twin_half; /* of the range, 0 or TWIN_HALF: where numbers are now */
	size_t bytes;       /* of labels */
};

static struct entry *entry_at(const struct labelsets *s, uint32_t i)
{
	return slab_at(&s->entries, i);
}

struct labelsets *labelsets_new(uint32_t domain, const struct labelsets_hooks *hooks,
				void *ctx)
{
	struct labelsets *s = xcalloc(1, sizeof(*s));

	s->domain = domain;
	s->hooks = hooks;
	s->ctx = ctx;
	slab_init(&s->entries, sizeof(struct entry));
	hashidx_init(&s->by_key);
	hashidx_init(&s->by_derived);
	return s;
}

uint32_t labelsets_next(const struct labelsets *s, uint32_t after)
{
	while (++after < s->entries.next)
		if (entry_at(s, after)->s.refs)
			return after;
	return 0;
}

void labelsets_free(struct labelsets *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; (i = labelsets_next(s, i));)
		free(entry_at(s, i)->b);
	slab_fini(&s->entries);
	hashidx_fini(&s->by_key);
	hashidx_fini(&s->by_derived);
	free(s->assign);
	free(s);
}

struct labelset *labelsets_at(const struct labelsets *s, uint32_t set)
{
	return &entry_at(s, set)->s;
}

uint32_t labelsets_derived(const struct labelsets *s, uint32_t set)
{
	return entry_at(s, set)->derived;
}

uint32_t labelsets_count(const struct labelsets *s)
{
	return s->entries.used;
}

size_t labelsets_bytes(const struct labelsets *s)
{
	return s->bytes + slab_bytes(&s->entries) + hashidx_bytes(&s->by_key) +
	       hashidx_bytes(&s->by_derived);
}

/* ---- numbers ----------------------------------------------------------- */

static const struct labels_assign *assign_find(const struct labelsets *s,
					       struct bytes labels)
{
	for (size_t i = 0; i < s->n_assign; i++)
		if (bytes_eq(labels_bytes(&s->assign[i].labels), labels))
			return &s->assign[i];
	return NULL;
}

static void number_set(struct labelsets *s, uint32_t set, uint32_t number)
{
	struct labelset *l = labelsets_at(s, set);
	uint32_t old = l->number;

	l->number = number;
	if (old && old != number)
		s->hooks->renumbered(s->ctx, set, old);
}

/* Another set that would go by the number which this one derives; 0 none. */
static uint32_t rival_of(const struct labelsets *s, uint32_t set)
{
	uint32_t w = entry_at(s, set)->derived, at = w, i;

	while ((i = hashidx_next(&s->by_derived, w, &at)))
		if (i != set && labelsets_at(s, i)->origin != LABELS_ASSIGNED)
			return i;
	return 0;
}

static int labels_cmp(struct bytes a, struct bytes b)
{
	int c = memcmp(a.p, b.p, MIN_OF(a.len, b.len));

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

/* ---- twins ------------------------------------------------------------- */

/* Their numbers leave room between each other, so that one more changes no other. When
 * there is none left all get new ones, in the half of the range that none has now: a
 * new number is never that of somebody who is about to change, too. */
enum { TWIN_HALF = 1 << 23, TWIN_STEP = TWIN_HALF / (TWINS_MAX + 1) };

/* The number of the twin at place i, or of who would be before the first and behind
 * the last; without IDENTITY_TWIN. */
static uint32_t twin_at(const struct labelsets *s, int i)
{
	if (i < 0)
		return s->twin_half;
	if ((unsigned)i == s->n_twins)
		return s->twin_half + TWIN_HALF;
	return labelsets_at(s, s->twins[i])->number & ~(uint32_t)IDENTITY_TWIN;
}

static void twins_number(struct labelsets *s)
{
	s->twin_half ^= TWIN_HALF;
	for (unsigned i = 0; i < s->n_twins; i++)
		number_set(s, s->twins[i],
			   IDENTITY_TWIN | (s->twin_half + (i + 1) * TWIN_STEP));
}

static void twin_add(struct labelsets *s, uint32_t set)
{
	struct labelset *l = labelsets_at(s, set), *o;
	unsigned i = s->n_twins++;
	uint32_t before, room;

	for (; i; i--) {
		o = labelsets_at(s, s->twins[i - 1]);
		if (labels_cmp(o->labels, l->labels) < 0)
			break;
		s->twins[i] = s->twins[i - 1];
	}
	s->twins[i] = set;
	l->origin = LABELS_TWIN;
	before = twin_at(s, (int)i - 1);
	room = twin_at(s, (int)i + 1) - before;
	if (room > 1)
		number_set(s, set,
			   IDENTITY_TWIN | (before + MIN_OF(room / 2, TWIN_STEP)));
	else
		twins_number(s);
}

static void twin_del(struct labelsets *s, uint32_t set)
{
	unsigned i = 0;

	while (s->twins[i] != set)
		i++;
	s->n_twins--;
	memmove(s->twins + i, s->twins + i + 1, (s->n_twins - i) * sizeof(s->twins[0]));
}

/* Return: false when there are so many twins already. */
static bool place_derived(struct labelsets *s, uint32_t set, unsigned most)
{
	uint32_t rival = rival_of(s, set);
	struct labelset *l = labelsets_at(s, set);
	bool first;

	if (!rival) {
		l->origin = LABELS_DERIVED;
		number_set(s, set, entry_at(s, set)->derived);
		return true;
	}
	first = labelsets_at(s, rival)->origin != LABELS_TWIN;
	if (s->n_twins + 1 + first > most)
		return false;
	if (first)
		twin_add(s, rival);
	twin_add(s, set);
	return true;
}

/* It goes, or gets a number otherwise: a last twin is one no longer. */
static void displace_derived(struct labelsets *s, uint32_t set)
{
	uint32_t last;

	if (labelsets_at(s, set)->origin != LABELS_TWIN)
		return;
	twin_del(s, set);
	labelsets_at(s, set)->origin = LABELS_ASSIGNED; /* in nobody's way */
	last = rival_of(s, set);
	if (last && !rival_of(s, last)) {
		twin_del(s, last);
		labelsets_at(s, last)->origin = LABELS_DERIVED;
		number_set(s, last, entry_at(s, last)->derived);
	}
}

static bool place(struct labelsets *s, uint32_t set)
{
	const struct labels_assign *a = assign_find(s, labelsets_at(s, set)->labels);

	if (!a)
		return place_derived(s, set, LABELSETS_TWINS);
	labelsets_at(s, set)->origin = LABELS_ASSIGNED;
	number_set(s, set, a->number);
	return true;
}

/* What loses its number first, so that two can change places. */
void labelsets_assign(struct labelsets *s, const struct labels_assign *assign, size_t n)
{
	struct labels_assign *old = s->assign;

	s->assign = xmemdup(assign, n * sizeof(*assign));
	s->n_assign = n;
	for (uint32_t i = 0; (i = labelsets_next(s, i));) {
		const struct labelset *l = labelsets_at(s, i);
		const struct labels_assign *a = assign_find(s, l->labels);

		if (l->origin != LABELS_ASSIGNED || (a && a->number == l->number))
			continue;
		place_derived(s, i, TWINS_MAX);
	}
	for (uint32_t i = 0; (i = labelsets_next(s, i));) {
		const struct labelset *l = labelsets_at(s, i);

		if (l->origin == LABELS_UNKNOWN || l->origin == LABELS_ASSIGNED ||
		    !assign_find(s, l->labels))
			continue;
		displace_derived(s, i);
		place(s, i);
	}
	free(old);
}

/* ---- coming and going -------------------------------------------------- */

static uint32_t key_hash(struct bytes labels, uint32_t number)
{
	return labels.len ? hash32(labels.p, labels.len)
			  : hash32(&number, sizeof(number));
}

static uint32_t lookup(const struct labelsets *s, uint32_t hash, struct bytes labels,
		       uint32_t number)
{
	uint32_t at = hash, i;

	while ((i = hashidx_next(&s->by_key, hash, &at))) {
		const struct labelset *l = labelsets_at(s, i);

		if (bytes_eq(l->labels, labels) && (labels.len || l->number == number))
			break;
	}
	return i;
}

/* A new entry that is found; 0: there are too many. */
static uint32_t entry_new(struct labelsets *s, uint32_t hash, struct bytes labels)
{
	struct entry *e;
	uint32_t i;

	if (s->entries.used >= LABELSETS_MAX ||
	    s->bytes + labels.len > LABELSETS_BYTES_MAX)
		return 0;
	i = slab_alloc(&s->entries);
	e = entry_at(s, i);
	memset(e, 0, sizeof(*e));
	e->hash = hash;
	e->b = labels.len ? xmemdup(labels.p, labels.len) : NULL;
	e->s = (struct labelset) { .refs = 1, .labels = { e->b, labels.len } };
	s->bytes += labels.len;
	hashidx_add(&s->by_key, hash, i);
	return i;
}

static void entry_del(struct labelsets *s, uint32_t i)
{
	struct entry *e = entry_at(s, i);

	s->bytes -= e->s.labels.len;
	hashidx_del(&s->by_key, e->hash, i);
	if (e->s.labels.len)
		hashidx_del(&s->by_derived, e->derived, i);
	free(e->b);
	e->s.refs = 0;
	slab_free(&s->entries, i);
}

uint32_t labelsets_intern(struct labelsets *s, struct bytes labels)
{
	uint32_t hash = key_hash(labels, 0), i = lookup(s, hash, labels, 0);

	if (i)
		return labelsets_ref(s, i);
	i = entry_new(s, hash, labels);
	if (!i)
		return 0;
	entry_at(s, i)->derived = labels_number(s->domain, labels);
	hashidx_add(&s->by_derived, entry_at(s, i)->derived, i);
	if (place(s, i))
		return i;
	entry_del(s, i);
	return 0;
}

uint32_t labelsets_unknown(struct labelsets *s, uint32_t number)
{
	const struct bytes none = { 0 };
	uint32_t hash = key_hash(none, number), i = lookup(s, hash, none, number);

	if (i)
		return labelsets_ref(s, i);
	i = entry_new(s, hash, none);
	if (!i)
		return 0;
	labelsets_at(s, i)->origin = LABELS_UNKNOWN;
	labelsets_at(s, i)->number = number;
	return i;
}

uint32_t labelsets_ref(struct labelsets *s, uint32_t set)
{
	if (set)
		labelsets_at(s, set)->refs++;
	return set;
}

void labelsets_unref(struct labelsets *s, uint32_t set)
{
	if (!set || --labelsets_at(s, set)->refs)
		return;
	displace_derived(s, set);
	entry_del(s, set);
}
