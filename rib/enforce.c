/*
 * From documents to policies in force. A new state of the documents is built beside the
 * one in force: a policy of its own for each label set, under a number of its own, all
 * of it sent before the first endpoint moves over. Then prefixes that are new, then the
 * endpoints, then prefixes that are no more; a policy goes when fib has its successor.
 * Not here: what is in a policy (enforce_policy.c), endpoints (enforce_load.c),
 * addresses (enforce_addr.c).
 */
#include "rib/enforce.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/enforce_priv.h"

/* ---- states of the documents ----------------------------------------------- */

static struct en_gen *gen_new(struct enforce *e, enum enforce_rule rule,
			      struct policy *p)
{
	struct en_gen *g = xcalloc(1, sizeof(*g));

	TAILQ_INSERT_TAIL(&e->gens, g, link);
	g->rule = rule;
	g->p = p;
	g->refs = 1;
	return g;
}

struct en_gen *en_gen_ref(struct en_gen *g)
{
	g->refs++;
	return g;
}

void en_gen_unref(struct enforce *e, struct en_gen *g)
{
	if (!g || --g->refs)
		return;
	for (uint32_t i = 0; i < g->n_peers; i++)
		free(g->peer[i]);
	free(g->peer);
	TAILQ_REMOVE(&e->gens, g, link);
	policy_free(g->p);
	free(g);
}

struct en_gen *en_gen_newest(const struct enforce *e)
{
	return e->target ? e->target : e->now;
}

struct enforce *enforce_new(const struct enforce_hooks *hooks, void *ctx, bool answers)
{
	struct enforce *e = xcalloc(1, sizeof(*e));

	e->hooks = hooks;
	e->ctx = ctx;
	e->answers = answers;
	e->opt.identity = IDENTITY_INIT;
	TAILQ_INIT(&e->gens);
	e->now = gen_new(e, ENFORCE_OPEN, NULL);
	e->nets = en_nets_of(NULL);
	TAILQ_INIT(&e->todo);
	TAILQ_INIT(&e->due);
	table_init(&e->idents, sizeof(struct en_ident));
	table_init(&e->policies, sizeof(struct en_policy));
	table_init(&e->subjects, sizeof(struct en_subject));
	table_init(&e->loads, sizeof(struct en_load));
	table_init(&e->scopes, sizeof(struct en_scope));
	table_init(&e->counts, sizeof(struct en_count));
	table_init(&e->groups, sizeof(struct en_group));
	return e;
}

static void policies_free(struct enforce *e)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&e->policies, &w));) {
		struct en_policy *p = policy_at(e, i);

		policy_verdicts_fini(&p->list);
		policy_subject_free(p->ps);
		en_gen_unref(e, p->gen);
	}
	table_fini(&e->policies);
}

void enforce_free(struct enforce *e)
{
	struct table_walk w = { 0 };

	if (!e)
		return;
	policies_free(e);
	for (uint32_t i; (i = table_next(&e->subjects, &w));)
		free(subject_at(e, i)->labels);
	en_scopes_forget(e);
	en_nets_unref(e->nets);
	en_gen_unref(e, e->now);
	en_gen_unref(e, e->target);
	en_gen_unref(e, e->queued);
	table_fini(&e->idents);
	table_fini(&e->subjects);
	table_fini(&e->loads);
	table_fini(&e->scopes);
	table_fini(&e->counts);
	table_fini(&e->groups);
	free(e);
}

/* ---- a new state ----------------------------------------------------------- */

/* Of every label set, what the target makes of it. */
static void build_begin(struct enforce *e)
{
	struct table_walk w = { 0 };

	e->phase = EN_BUILD;
	for (uint32_t i; (i = table_next(&e->subjects, &w));) {
		struct en_subject *s = subject_at(e, i);

		if (s->next) /* nobody has moved to it */
			en_policy_drop(e, s->next);
		s->next = en_policy_begin(e, i, e->target);
	}
}

static void next_begin(struct enforce *e)
{
	if (!e->queued || (e->phase != EN_REST && e->phase != EN_BUILD))
		return;
	en_gen_unref(e, e->target);
	e->target = e->queued;
	e->queued = NULL;
	build_begin(e);
}

void enforce_policy(struct enforce *e, enum enforce_rule rule, struct policy *p)
{
	en_gen_unref(e, e->queued);
	e->queued = gen_new(e, rule, p);
	if (rule == ENFORCE_OPEN)
		en_closed_drop(e);
	next_begin(e);
	e->hooks->changed(e->ctx);
}

const struct policy *enforce_policy_now(const struct enforce *e)
{
	return e->queued ? e->queued->p : en_gen_newest(e)->p;
}

static void move_over(struct enforce *e)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&e->subjects, &w));)
		en_subject_swap(e, i);
	en_gen_unref(e, e->now);
	e->now = e->target;
	e->target = NULL;
	e->phase = EN_CLEAN;
}

/* ---- turns ----------------------------------------------------------------- */

static void hello(struct enforce *e)
{
	if (e->hello || !e->loads.n) /* nobody asks */
		return;
	emit(e, INTENT_POLICY_OPT, &e->opt);
	e->hello = true;
}

void enforce_options(struct enforce *e, uint32_t unknown, uint32_t connections)
{
	e->hello &= e->opt.identity == unknown && e->opt.connections == connections;
	e->opt.identity = unknown;
	e->opt.connections = connections;
}

/* A step of the way to the target. Return: was it the last that can be done now? */
static bool step(struct enforce *e)
{
	switch (e->phase) {
	case EN_BUILD:
		if (!TAILQ_EMPTY(&e->todo))
			return true;
		en_nets_unref(e->nets);
		e->nets = en_nets_of(e->target->p);
		e->phase = EN_NETS;
		return false;
	case EN_NETS:
		/* Who has other labels meanwhile goes first: nobody is left behind. */
		if (!en_scopes_work(e, false) || !TAILQ_EMPTY(&e->todo) ||
		    !TAILQ_EMPTY(&e->due))
			return true;
		move_over(e);
		return false;
	case EN_CLEAN:
		if (!TAILQ_EMPTY(&e->due) || !en_scopes_work(e, true))
			return true;
		e->phase = EN_REST;
		next_begin(e);
		return e->phase == EN_REST;
	default:
		en_scopes_work(e, true); /* of networks that came or went */
		return true;
	}
}

bool enforce_turn(struct enforce *e)
{
	bool more;

	hello(e);
	more = en_index_work(e, en_gen_newest(e));
	if (!more)
		more = en_policies_work(e);
	en_loads_work(e);
	while (!step(e))
		en_loads_work(e);
	return (more || !enforce_idle(e)) && e->hooks->has_room(e->ctx);
}

bool enforce_idle(const struct enforce *e)
{
	return e->phase == EN_REST && (e->hello || !e->loads.n) &&
	       TAILQ_EMPTY(&e->todo) && TAILQ_EMPTY(&e->due) && en_scopes_done(e);
}

/* ---- fib is new ------------------------------------------------------------ */

static void tables_clear(struct enforce *e)
{
	table_fini(&e->counts);
	table_fini(&e->groups);
	table_init(&e->counts, sizeof(struct en_count));
	table_init(&e->groups, sizeof(struct en_group));
}

/* Policies are made anew, and fib knows none of the old ones. */
static void policies_again(struct enforce *e)
{
	struct table_walk w = { 0 };

	policies_free(e);
	table_init(&e->policies, sizeof(struct en_policy));
	TAILQ_INIT(&e->todo);
	for (uint32_t i; (i = table_next(&e->subjects, &w));) {
		struct en_subject *s = subject_at(e, i);

		s->live = s->old = NULL;
		s->next = en_policy_begin(e, i, en_gen_newest(e));
	}
}

void enforce_resync(struct enforce *e)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&e->policies, &w));)
		policy_at(e, i)->held = true; /* fib has heard of none */
	en_loads_settle(e);
	if (e->queued) {
		en_gen_unref(e, e->target);
		e->target = e->queued;
		e->queued = NULL;
	}
	if (e->target) {
		en_gen_unref(e, e->now);
		e->now = e->target;
		e->target = NULL;
	}
	e->phase = EN_REST;
	e->hello = false;
	en_nets_unref(e->nets);
	e->nets = en_nets_of(e->now->p);
	policies_again(e);
	en_scopes_forget(e);
	tables_clear(e);
	w = (struct table_walk) { 0 };
	for (uint32_t i; (i = table_next(&e->loads, &w));) {
		struct en_load *l = load_at(e, i);

		l->sent = l->answered = false;
		en_scope_use(e, l->ep.vni);
	}
}
