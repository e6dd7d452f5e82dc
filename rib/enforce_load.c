/*
 * Endpoints under policy: which policy each is told to have, and what became of it. All
 * with equal labels share one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util.h"
#include "rib/enforce_priv.h"

/* ---- label sets ------------------------------------------------------------- */

static uint32_t subject_get(struct enforce *e, struct bytes labels)
{
	uint32_t hash = labels.len ? hash32(labels.p, labels.len) : !labels.p;
	uint32_t i = table_find(&e->subjects, hash);
	struct en_subject *s;

	while (i && !bytes_eq(subject_labels(subject_at(e, i)), labels))
		i = table_find_next(&e->subjects, i);
	if (i)
		return i;
	i = table_add(&e->subjects, hash);
	s = subject_at(e, i);
	if (labels.p) {
		s->labels = xcalloc(1, labels.len + 1);
		s->len = labels.len;
		if (labels.len)
			memcpy(s->labels, labels.p, labels.len);
	}
	s->next = en_policy_begin(e, i, en_gen_newest(e));
	return i;
}

static void olds_drop(struct enforce *e, struct en_subject *s)
{
	while (s->old) {
		struct en_policy *p = s->old;

		s->old = p->older;
		en_policy_drop(e, p);
	}
}

/* After the records of its last endpoint. */
static void subject_unuse(struct enforce *e, uint32_t i)
{
	struct en_subject *s = subject_at(e, i);

	if (--s->users)
		return;
	if (s->next)
		en_policy_drop(e, s->next);
	if (s->live)
		en_policy_drop(e, s->live);
	olds_drop(e, s);
	free(s->labels);
	table_del(&e->subjects, i);
}

/* ---- records ---------------------------------------------------------------- */

static uint32_t load_find(const struct enforce *e, const char *ifname)
{
	uint32_t i = table_find(&e->loads, hash32(ifname, strlen(ifname)));

	while (i && strcmp(load_at(e, i)->ep.ifname, ifname) != 0)
		i = table_find_next(&e->loads, i);
	return i;
}

static void load_queue(struct enforce *e, struct en_load *l)
{
	if (!l->queued)
		TAILQ_INSERT_TAIL(&e->due, l, link);
	l->queued = true;
}

static void load_unqueue(struct enforce *e, struct en_load *l)
{
	if (l->queued)
		TAILQ_REMOVE(&e->due, l, link);
	l->queued = false;
}

/* What its labels were before is no longer needed. */
static void was_leave(struct enforce *e, struct en_load *l)
{
	uint32_t was = l->was;

	l->was = 0;
	if (was)
		subject_unuse(e, was);
}

static void load_send(struct enforce *e, struct en_load *l)
{
	const struct en_policy *p = subject_at(e, l->subject)->live;
	struct intent_workload i = {
		.vni = l->ep.vni,
		.identity = l->ep.identity,
		.flags = l->ep.flags,
		.mac = l->ep.mac,
		.group = l->ep.group,
	};

	if (!p)
		return; /* comes when its policy is built */
	i.policy = p->number;
	memcpy(i.ifname, l->ep.ifname, sizeof(i.ifname));
	emit(e, INTENT_WORKLOAD_SET, &i);
	was_leave(e, l);
	l->sent = true;
	l->policy = p->number;
	l->answered = !e->answers;
	l->err = 0;
	l->why[0] = '\0';
	e->hooks->changed(e->ctx);
}

/* What is to be said of it, now: what was said before is no more. */
static void load_flush(struct enforce *e, struct en_load *l)
{
	if (!l->queued)
		return;
	load_unqueue(e, l);
	load_send(e, l);
}

void en_loads_work(struct enforce *e)
{
	struct en_load *l;

	while ((l = TAILQ_FIRST(&e->due)) && e->hooks->has_room(e->ctx))
		load_flush(e, l);
}

void en_loads_settle(struct enforce *e)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&e->loads, &w));)
		was_leave(e, load_at(e, i));
}

static bool same_endpoint(const struct enforce_endpoint *a,
			  const struct enforce_endpoint *b)
{
	return a->vni == b->vni && a->identity == b->identity && a->flags == b->flags &&
	       a->group == b->group && mac_eq(&a->mac, &b->mac);
}

/* With the policy of its old labels it goes on until that of the new ones is sent. */
static void subject_set(struct enforce *e, struct en_load *l, uint32_t subject)
{
	uint32_t was = l->subject;

	LIST_INSERT_HEAD(&subject_at(e, subject)->loads, l, of_subject);
	subject_at(e, subject)->users++;
	l->subject = subject;
	if (!was)
		return;
	if (!l->was)
		l->was = was;
	else
		subject_unuse(e, was);
}

static bool is_closed(const struct enforce_endpoint *ep)
{
	return ep->flags & WORKLOAD_CLOSED;
}

void enforce_endpoint_set(struct enforce *e, const struct enforce_endpoint *ep)
{
	uint32_t i = load_find(e, ep->ifname), subject;
	struct en_load *l = i ? load_at(e, i) : NULL;

	if (l) {
		load_flush(e, l);
		l->stale = false;
	}
	subject = subject_get(e, ep->labels);
	if (l && l->subject == subject && same_endpoint(&l->ep, ep))
		return;
	en_scope_use(e, ep->vni);
	if (l) {
		en_scope_unuse(e, l->ep.vni);
		LIST_REMOVE(l, of_subject);
	} else {
		i = table_add(&e->loads, hash32(ep->ifname, strlen(ep->ifname)));
		l = load_at(e, i);
	}
	e->closed_changes += is_closed(&l->ep) != is_closed(ep);
	l->ep = *ep;
	l->ep.labels = (struct bytes) { 0 };
	subject_set(e, l, subject);
	load_queue(e, l);
	e->hooks->changed(e->ctx);
}

static void load_del(struct enforce *e, uint32_t i)
{
	struct intent_workload w = { 0 };
	struct en_load *l = load_at(e, i);

	memcpy(w.ifname, l->ep.ifname, sizeof(w.ifname));
	if (l->sent)
		emit(e, INTENT_WORKLOAD_DEL, &w);
	e->closed_changes += is_closed(&l->ep);
	load_unqueue(e, l);
	LIST_REMOVE(l, of_subject);
	was_leave(e, l);
	subject_unuse(e, l->subject);
	en_scope_unuse(e, l->ep.vni);
	table_del(&e->loads, i);
	e->hooks->changed(e->ctx);
}

void enforce_endpoint_del(struct enforce *e, const char *ifname)
{
	uint32_t i = load_find(e, ifname);

	if (i)
		load_del(e, i);
}

/* Does it still matter what passes there? fib knows whether it is there, if anybody. */
static bool is_to_close(const struct enforce *e, const struct en_load *l)
{
	const struct en_gen *g = e->queued ? e->queued : en_gen_newest(e);

	return g->rule != ENFORCE_OPEN && e->answers &&
	       !(l->answered && l->err == -ENODEV);
}

static void load_close(struct enforce *e, uint32_t i)
{
	struct enforce_endpoint ep = load_at(e, i)->ep;

	if (!is_to_close(e, load_at(e, i))) {
		load_del(e, i);
		return;
	}
	ep.identity = IDENTITY_INIT;
	ep.flags = (ep.flags & WORKLOAD_ILA) | WORKLOAD_CLOSED;
	ep.group = 0;
	enforce_endpoint_set(e, &ep);
}

void enforce_endpoint_close(struct enforce *e, const char *ifname)
{
	uint32_t i = load_find(e, ifname);

	if (i)
		load_close(e, i);
}

void enforce_endpoints_begin(struct enforce *e)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&e->loads, &w));)
		load_at(e, i)->stale = true;
}

void enforce_endpoints_end(struct enforce *e, bool close)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&e->loads, &w));)
		if (load_at(e, i)->stale && close)
			load_close(e, i);
		else if (load_at(e, i)->stale)
			load_del(e, i);
}

void enforce_closed_foreach(const struct enforce *e,
			    void (*fn)(void *arg, const struct enforce_endpoint *ep),
			    void *arg)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&e->loads, &w));)
		if (is_closed(&load_at(e, i)->ep))
			fn(arg, &load_at(e, i)->ep);
}

uint32_t enforce_closed_changes(const struct enforce *e)
{
	return e->closed_changes;
}

void en_closed_drop(struct enforce *e)
{
	struct table_walk w = { 0 };

	for (uint32_t i; (i = table_next(&e->loads, &w));)
		if (is_closed(&load_at(e, i)->ep))
			load_del(e, i);
}

/* ---- which policy ----------------------------------------------------------- */

/* What replaces a policy that fib never had replaces what is in force as well. */
static void retire(struct enforce *e, struct en_subject *s, struct en_policy *p)
{
	if (!p->loaded && p->err) {
		en_policy_drop(e, p);
		return;
	}
	p->older = s->old;
	s->old = p;
}

static void live_set(struct enforce *e, uint32_t subject)
{
	struct en_subject *s = subject_at(e, subject);
	struct en_policy *was = s->live;
	struct en_load *l;

	s->live = s->next;
	s->next = NULL;
	LIST_FOREACH (l, &s->loads, of_subject)
		load_queue(e, l);
	if (was)
		retire(e, s, was);
	if (s->live->loaded)
		en_subject_settled(e, subject);
}

void en_subject_built(struct enforce *e, uint32_t subject)
{
	if (!subject_at(e, subject)->live)
		live_set(e, subject);
}

void en_subject_swap(struct enforce *e, uint32_t subject)
{
	const struct en_subject *s = subject_at(e, subject);

	if (s->next && s->next->state == EN_SENT && !s->next->held)
		live_set(e, subject);
}

void en_subject_settled(struct enforce *e, uint32_t subject)
{
	struct en_subject *s = subject_at(e, subject);
	struct en_load *l;

	LIST_FOREACH (l, &s->loads, of_subject)
		load_flush(e, l);
	olds_drop(e, s);
}

/* ---- what fib says ---------------------------------------------------------- */

void enforce_workload_state(struct enforce *e, const struct intent_workload_state *s)
{
	char name[sizeof(s->ifname) + 1];
	struct en_load *l;
	uint32_t i;

	snprintf(name, sizeof(name), "%.*s", (int)sizeof(s->ifname), s->ifname);
	i = load_find(e, name);
	l = i ? load_at(e, i) : NULL;
	if (!l || !l->sent || s->policy != l->policy)
		return; /* about what it had before */
	if (is_closed(&l->ep) && s->err == -ENODEV) {
		load_del(e, i); /* there is nothing to be closed */
		return;
	}
	l->answered = true;
	l->err = s->err;
	snprintf(l->why, sizeof(l->why), "%.*s", (int)sizeof(s->why), s->why);
	e->hooks->changed(e->ctx);
}

/* ---- what there is ---------------------------------------------------------- */

const char *enforce_wait_name(enum enforce_wait w)
{
	static const char *const names[ENFORCE_WAITS] = {
		[ENFORCE_READY] = "ready",
		[ENFORCE_WAIT_POLICY] = "waiting for policy",
		[ENFORCE_WAIT_PROGRAMS] = "waiting for programs",
		[ENFORCE_REFUSED] = "refused",
	};

	return (unsigned)w < ENFORCE_WAITS ? names[w] : "?";
}

const char *enforce_what_name(enum enforce_policy_what w)
{
	static const char *const names[ENFORCE_WHATS] = {
		[ENFORCE_BUILDING] = "building", [ENFORCE_SENT] = "sent",
		[ENFORCE_LOADED] = "loaded",     [ENFORCE_FAILED] = "refused",
		[ENFORCE_RETIRING] = "retiring",
	};

	return (unsigned)w < ENFORCE_WHATS ? names[w] : "?";
}

static enum enforce_wait wait_of(const struct en_load *l, const struct en_policy *p)
{
	if (!p || l->queued || !l->sent)
		return ENFORCE_WAIT_POLICY;
	if (l->answered && !l->err)
		return ENFORCE_READY;
	if (p->err)
		return ENFORCE_WAIT_POLICY;
	return l->answered && l->err != -EINPROGRESS ? ENFORCE_REFUSED
						     : ENFORCE_WAIT_PROGRAMS;
}

static void load_view(const struct enforce *e, const struct en_load *l,
		      struct enforce_load_info *out)
{
	const struct en_subject *s = subject_at(e, l->subject);

	*out = (struct enforce_load_info) {
		.ep = l->ep,
		.wait = wait_of(l, s->live),
		.policy = l->policy,
		.rule = s->live ? s->live->gen->rule : ENFORCE_CLOSED,
		.why = s->live && s->live->err ? s->live->why : l->why,
	};
	out->ep.labels = subject_labels(s);
}

bool enforce_load_get(const struct enforce *e, const char *ifname,
		      struct enforce_load_info *out)
{
	uint32_t i = load_find(e, ifname);

	if (i)
		load_view(e, load_at(e, i), out);
	return i;
}

static enum enforce_policy_what what_of(const struct enforce *e,
					const struct en_policy *p)
{
	const struct en_subject *s = subject_at(e, p->subject);

	if (p->err)
		return ENFORCE_FAILED;
	if (p != s->live && p != s->next)
		return ENFORCE_RETIRING;
	if (p->state != EN_SENT)
		return ENFORCE_BUILDING;
	return p->loaded ? ENFORCE_LOADED : ENFORCE_SENT;
}

static int number_cmp(const void *a, const void *b)
{
	const struct en_policy *const *x = a, *const *y = b;

	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

void enforce_policy_foreach(const struct enforce *e,
			    void (*fn)(void *arg, const struct enforce_policy_info *i),
			    void *arg)
{
	const struct en_policy **v =
		xcalloc(e->policies.n + 1, sizeof(struct en_policy *));
	struct table_walk w = { 0 };
	size_t n = 0;

	for (uint32_t i; (i = table_next(&e->policies, &w));)
		v[n++] = policy_at(e, i);
	qsort(v, n, sizeof(*v), number_cmp);
	for (size_t i = 0; i < n; i++) {
		const struct en_policy *p = v[i];
		const struct en_subject *s = subject_at(e, p->subject);
		const struct enforce_policy_info info = {
			.number = p->number,
			.labels = subject_labels(s),
			.rule = p->gen->rule,
			.what = what_of(e, p),
			.endpoints = s->users,
			.verdicts = p->n,
			.policy = p->ps ? p->gen->p : NULL,
			.subject = p->ps,
			.why = p->why,
		};

		fn(arg, &info);
	}
	free(v);
}

void enforce_counts_get(const struct enforce *e, struct enforce_counts *out)
{
	struct table_walk w = { 0 };

	*out = (struct enforce_counts) {
		.identities = e->idents.n,
		.refused = e->refused,
		.in_place = e->in_place,
		.nets = (uint32_t)e->nets->n,
		.groups = e->groups.n,
	};
	for (uint32_t i; (i = table_next(&e->policies, &w));) {
		const struct en_policy *p = policy_at(e, i);

		if (!p->number)
			continue;
		out->policies[what_of(e, p)]++;
		out->verdicts += p->n;
	}
	w = (struct table_walk) { 0 };
	for (uint32_t i; (i = table_next(&e->loads, &w));) {
		struct enforce_load_info info;

		load_view(e, load_at(e, i), &info);
		out->loads[info.wait]++;
	}
}
