/*
 * What is in a policy: compiled once for all identities, then sent in pieces as fib has
 * room; identities that come and go change it in place, also while it is being sent.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/enforce_priv.h"

enum {
	TURN_PEERS = 512,  /* identities matched with all selectors in one turn */
	TURN_WORK = 65536, /* identities and verdicts looked at, dto. */
};

_Static_assert((int)POLICY_VERDICTS_MAX == (int)POLICY_VERDICTS, "fits fib");

/* ---- begin and end ---------------------------------------------------------- */

struct en_policy *en_policy_find(const struct enforce *e, uint32_t number)
{
	uint32_t i = number ? table_find(&e->policies, number) : 0;

	while (i && policy_at(e, i)->number != number)
		i = table_find_next(&e->policies, i);
	return i ? policy_at(e, i) : NULL;
}

static uint32_t number_new(struct enforce *e)
{
	do
		e->last_number++;
	while (!e->last_number || en_policy_find(e, e->last_number));
	return e->last_number;
}

static void todo_end(struct enforce *e, struct en_policy *p)
{
	if (p->todo)
		TAILQ_REMOVE(&e->todo, p, link);
	p->todo = false;
}

struct en_policy *en_policy_begin(struct enforce *e, uint32_t subject, struct en_gen *g)
{
	struct bytes labels = subject_labels(subject_at(e, subject));
	uint32_t number = g->rule == ENFORCE_OPEN ? 0 : number_new(e);
	struct en_policy *p = policy_at(e, table_add(&e->policies, number));

	p->number = number;
	p->subject = subject;
	p->gen = en_gen_ref(g);
	if (g->rule == ENFORCE_POLICY && labels.p)
		p->ps = policy_subject_new(g->p, labels);
	p->todo = true;
	TAILQ_INSERT_TAIL(&e->todo, p, link);
	return p;
}

/* Its index: that of the node is not kept. */
static void row_del(struct enforce *e, const struct en_policy *p)
{
	uint32_t i = table_find(&e->policies, p->number);

	while (policy_at(e, i) != p)
		i = table_find_next(&e->policies, i);
	table_del(&e->policies, i);
}

void en_policy_drop(struct enforce *e, struct en_policy *p)
{
	const struct intent_policy i = { .policy = p->number };

	if (p->number && p->state != EN_WAIT && !p->held)
		emit(e, INTENT_POLICY_DEL, &i);
	todo_end(e, p);
	policy_verdicts_fini(&p->list);
	policy_subject_free(p->ps);
	en_gen_unref(e, p->gen);
	row_del(e, p);
}

/* ---- peers ------------------------------------------------------------------ */

static struct policy_peer *peer_of(const struct en_gen *g, uint32_t ident)
{
	return ident < g->n_peers ? g->peer[ident] : NULL;
}

static void peer_make(struct enforce *e, struct en_gen *g, uint32_t ident)
{
	const struct en_ident *id = ident_at(e, ident);

	if (!g->p)
		return;
	if (ident >= g->n_peers) {
		uint32_t n = MAX_OF(ident + 1, 2 * g->n_peers);

		g->peer = xrealloc(g->peer, n * sizeof(*g->peer));
		memset(g->peer + g->n_peers, 0, (n - g->n_peers) * sizeof(*g->peer));
		g->n_peers = n;
	}
	free(g->peer[ident]);
	g->peer[ident] = policy_peer_new(g->p, id->number, id->labels);
}

bool en_index_work(struct enforce *e, struct en_gen *g)
{
	if (!g->p)
		return false;
	for (unsigned n = 0; g->indexed + 1 < e->idents.top && n < TURN_PEERS; n++) {
		uint32_t i = ++g->indexed;

		if (ident_at(e, i)->number && !peer_of(g, i))
			peer_make(e, g, i);
	}
	return g->indexed + 1 < e->idents.top;
}

/* ---- verdicts to fib -------------------------------------------------------- */

static struct intent_verdict record(const struct en_policy *p,
				    const struct policy_verdict *v)
{
	return (struct intent_verdict) {
		.policy = p->number,
		.identity = v->identity,
		.dir = v->dir,
		.proto = v->proto,
		.plen = v->plen,
		.flags = v->flags,
		.port = v->port,
		.rule = v->rule,
	};
}

static void verdict_put(struct enforce *e, const struct en_policy *p, uint16_t type,
			const struct policy_verdict *v)
{
	const struct intent_verdict i = record(p, v);

	emit(e, type, &i);
}

static bool same_value(const struct policy_verdict *a, const struct policy_verdict *b)
{
	return a->flags == b->flags && a->rule == b->rule;
}

/* One identity had the verdicts of old in this policy; now those of new. What is new
 * comes first. */
static void change(struct enforce *e, struct en_policy *p,
		   const struct policy_verdicts *old, const struct policy_verdicts *new)
{
	size_t k = 0;

	for (size_t i = 0; i < new->n; i++) {
		while (k < old->n && policy_verdict_cmp(&old->v[k], &new->v[i]) < 0)
			k++;
		if (k < old->n && !policy_verdict_cmp(&old->v[k], &new->v[i]) &&
		    same_value(&old->v[k], &new->v[i]))
			continue;
		verdict_put(e, p, INTENT_VERDICT_SET, &new->v[i]);
		e->in_place++;
	}
	k = 0;
	for (size_t i = 0; i < old->n; i++) {
		while (k < new->n && policy_verdict_cmp(&new->v[k], &old->v[i]) < 0)
			k++;
		if (k < new->n && !policy_verdict_cmp(&new->v[k], &old->v[i]))
			continue;
		verdict_put(e, p, INTENT_VERDICT_DEL, &old->v[i]);
		e->in_place++;
	}
	p->n += (uint32_t) new->n - (uint32_t)old->n;
}

/* Of a list that is being sent, what is left of an identity is not sent: whoever calls
 * sends what holds now. */
static void unsend(struct en_policy *p, uint32_t identity)
{
	size_t lo = p->at, hi = p->list.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->list.v[mid].identity < identity)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < p->list.n && p->list.v[lo].identity == identity; lo++)
		p->list.v[lo].pad = 1;
}

static void refuse(struct enforce *e, struct en_policy *p, int err, const char *why)
{
	p->err = err;
	str_copy(p->why, sizeof(p->why), why);
	e->refused++;
	e->hooks->refused(e->ctx, subject_labels(subject_at(e, p->subject)), p->why);
}

static const char too_many[] = "too many verdicts";

/* A deny that finds no room would let through what it is about, by a verdict for all:
 * then nothing is allowed, up to the next document. */
static void shut(struct enforce *e, struct en_policy *p)
{
	const struct intent_policy i = { .policy = p->number };

	emit(e, INTENT_POLICY_BEGIN, &i);
	if (p->state == EN_SENT)
		emit(e, INTENT_POLICY_COMMIT, &i);
	policy_verdicts_fini(&p->list);
	p->at = 0;
	p->n = 0;
	policy_subject_free(p->ps);
	p->ps = NULL;
	p->too_long = true;
}

static bool has_deny(const struct policy_verdicts *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].flags & POLICY_DENY)
			return true;
	return false;
}

/* What follows from a peer for this policy; was or now may be NULL. */
static void peer_changed(struct enforce *e, struct en_policy *p,
			 const struct policy_peer *was, const struct policy_peer *now)
{
	struct policy_verdicts old = { 0 }, new = { 0 }, none = { 0 };
	bool full, deny = true;

	if (was && was->n)
		policy_compile_peer(p->ps, was, &old);
	full = now && now->n && policy_compile_peer(p->ps, now, &new);
	if (!full) {
		full = p->n - old.n + new.n > POLICY_VERDICTS;
		deny = has_deny(&new);
	}
	if (full) {
		refuse(e, p, -E2BIG, too_many);
		policy_verdicts_fini(&new);
	}
	if (full && deny) {
		shut(e, p);
	} else if (p->state == EN_STREAM && old.n) {
		unsend(p, was->identity);
		change(e, p, &old, &none);
		change(e, p, &none, &new);
	} else if (old.n || new.n) {
		change(e, p, &old, &new);
	}
	policy_verdicts_fini(&old);
	policy_verdicts_fini(&new);
}

static bool is_made_from(const struct en_policy *p, const struct en_gen *g)
{
	return p->gen == g && p->ps && p->state != EN_WAIT && !p->held;
}

/* In every state of the documents that some policy is made from. */
static void gen_changed(struct enforce *e, struct en_gen *g, uint32_t ident, bool there)
{
	struct policy_peer *was = peer_of(g, ident);
	struct table_walk w = { 0 };

	if (was)
		g->peer[ident] = NULL;
	if (there)
		peer_make(e, g, ident);
	for (uint32_t i; (i = table_next(&e->policies, &w));)
		if (is_made_from(policy_at(e, i), g))
			peer_changed(e, policy_at(e, i), was, peer_of(g, ident));
	free(was);
}

static void ident_changed(struct enforce *e, uint32_t ident, bool there)
{
	struct en_gen *g;

	TAILQ_FOREACH (g, &e->gens, link)
		if (g->p)
			gen_changed(e, g, ident, there);
}

static uint32_t ident_find(const struct enforce *e, uint32_t number)
{
	uint32_t i = table_find(&e->idents, number);

	while (i && ident_at(e, i)->number != number)
		i = table_find_next(&e->idents, i);
	return i;
}

void enforce_labelset_used(struct enforce *e, uint32_t identity, struct bytes labels)
{
	uint32_t i = ident_find(e, identity);
	bool same = i && bytes_eq(ident_at(e, i)->labels, labels);

	if (!i) {
		i = table_add(&e->idents, identity);
		ident_at(e, i)->number = identity;
	}
	ident_at(e, i)->labels = labels;
	if (!same)
		ident_changed(e, i, true);
}

void enforce_labelset_unused(struct enforce *e, uint32_t identity)
{
	uint32_t i = ident_find(e, identity);

	if (!i)
		return;
	ident_changed(e, i, false);
	ident_at(e, i)->number = 0;
	table_del(&e->idents, i);
}

/* ---- to be built ------------------------------------------------------------ */

/* Return: how much work it was. */
static size_t compile(struct enforce *e, struct en_policy *p)
{
	const struct policy_peer **peers = xcalloc(p->gen->n_peers + 1, sizeof(*peers));
	size_t n = 0;
	int err = 0;

	for (uint32_t i = 0; i < p->gen->n_peers; i++)
		if (p->gen->peer[i] && p->gen->peer[i]->n)
			peers[n++] = p->gen->peer[i];
	if (p->ps)
		err = policy_compile(p->ps, peers, n, &p->list);
	free(peers);
	p->n = (uint32_t)p->list.n;
	if (err)
		refuse(e, p, err, too_many);
	return n + p->list.n + 64;
}

static void built(struct enforce *e, struct en_policy *p)
{
	const struct intent_policy i = { p->number, p->n };

	if (p->number && !p->held)
		emit(e, INTENT_POLICY_COMMIT, &i);
	p->state = EN_SENT;
	p->loaded = !p->number || !e->answers;
	policy_verdicts_fini(&p->list);
	p->at = 0;
	todo_end(e, p);
	en_subject_built(e, p->subject);
}

/* Return: is it sent? */
static bool stream(struct enforce *e, struct en_policy *p, size_t *work)
{
	while (p->at < p->list.n && *work) {
		const struct policy_verdict *v = &p->list.v[p->at];

		if (!e->hooks->has_room(e->ctx))
			return false;
		if (!v->pad)
			verdict_put(e, p, INTENT_VERDICT_SET, v);
		p->at++;
		--*work;
	}
	return p->at == p->list.n;
}

/* Too long: what was in force stays so, and if nothing was, nothing is allowed. */
static void begin(struct enforce *e, struct en_policy *p, size_t *work)
{
	struct intent_policy i = { .policy = p->number };
	size_t cost = p->number ? compile(e, p) : 1;

	*work -= MIN_OF(*work, cost);
	p->state = EN_STREAM;
	if (p->err) {
		policy_subject_free(p->ps);
		p->ps = NULL;
		p->too_long = true;
		p->held = subject_at(e, p->subject)->live;
	}
	i.count = p->n;
	if (p->number && !p->held)
		emit(e, INTENT_POLICY_BEGIN, &i);
}

bool en_policies_work(struct enforce *e)
{
	size_t work = TURN_WORK;
	struct en_policy *p;

	while (work && (p = TAILQ_FIRST(&e->todo))) {
		if (!e->hooks->has_room(e->ctx))
			return false;
		if (p->state == EN_WAIT)
			begin(e, p, &work);
		if (!stream(e, p, &work))
			break;
		built(e, p);
	}
	return !TAILQ_EMPTY(&e->todo);
}

/* ---- what fib says ---------------------------------------------------------- */

void enforce_policy_state(struct enforce *e, const struct intent_policy_state *s)
{
	struct en_policy *p = en_policy_find(e, s->policy);
	char why[sizeof(s->why) + 1];

	if (!p || p->state != EN_SENT)
		return;
	if (s->err && s->err != p->err) {
		snprintf(why, sizeof(why), "%.*s", (int)sizeof(s->why), s->why);
		refuse(e, p, s->err, why[0] ? why : strerror(-s->err));
	} else if (!s->err && !p->too_long) {
		p->err = 0;
		p->why[0] = '\0';
	}
	p->loaded |= !s->err;
	if (p->loaded && subject_at(e, p->subject)->live == p)
		en_subject_settled(e, p->subject);
	e->hooks->changed(e->ctx);
}
