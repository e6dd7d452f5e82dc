/*
 * Policies: sets of verdicts, each in a map of its own within pol_verdict_v1. The
 * numbers there are ours and never change their meaning: what replaces a policy gets a
 * number of its own, and endpoints move over to it in one write each. New verdicts go
 * into a live map in place; one that would overflow is replaced by a larger one.
 *
 * Each inner map is pinned as polset_NUMBER: by its number alone the kernel would not
 * give it back to us (that takes CAP_SYS_ADMIN).
 *
 * An earlier engine's policy, or an earlier run's, stays in force up to the sweep: what
 * the new engine says is added to it, so that nobody is locked out while peers have not
 * said all they know.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fib/pol_int.h"
#include "fib/state.h"
#include "lib/chan.h"
#include "lib/clock.h"
#include "lib/util.h"

enum { PATH = 192, ROOM_MIN = 64, ROOM_MAX = POLICY_VERDICTS * 4, BATCH = 64 };

static const char prefix[] = "polset_";

/* ---- records ---- */

static struct policy *find(const struct pol *p, uint32_t engine)
{
	struct policy *y;

	HASH_FIND(hh, p->by_engine, &engine, sizeof(engine), y);
	return y;
}

struct policy *policy_of(const struct pol *p, uint32_t engine)
{
	struct policy *y = find(p, engine);

	return y && y->committed ? y : NULL;
}

static struct policy *policy_new(struct pol *p)
{
	struct policy *y = xcalloc(1, sizeof(*y));

	y->fd = -1;
	y->told = 1;
	verdicts_init(&y->v);
	TAILQ_INSERT_TAIL(&p->policies, y, q);
	return y;
}

static void name_give(struct pol *p, struct policy *y, uint32_t engine)
{
	y->engine = engine;
	HASH_ADD(hh, p->by_engine, engine, sizeof(y->engine), y);
}

static void next_drop(struct policy *y)
{
	if (!y->next)
		return;
	verdicts_fini(y->next);
	free(y->next);
	y->next = NULL;
}

static void name_take(struct pol *p, struct policy *y)
{
	if (y->engine)
		HASH_DEL(p->by_engine, y);
	y->engine = 0;
	next_drop(y);
}

static void policy_free(struct pol *p, struct policy *y)
{
	name_take(p, y);
	TAILQ_REMOVE(&p->policies, y, q);
	if (y->fd >= 0)
		close(y->fd);
	verdicts_fini(&y->v);
	free(y);
}

int pol_policy_begin(struct fib *f, const void *body, const char **why UNUSED)
{
	const struct intent_policy *i = body;
	struct pol *p = pol_get(f);
	struct policy *y = find(p, i->policy);

	if (!y) {
		y = policy_new(p);
		name_give(p, y, i->policy);
	}
	next_drop(y);
	y->next = xcalloc(1, sizeof(*y->next));
	verdicts_init(y->next);
	return 0;
}

static struct verdicts *verdicts_of(struct fib *f, uint32_t policy, const char **why)
{
	struct policy *y = f->pol ? find(f->pol, policy) : NULL;

	if (!y)
		*why = "no such policy";
	return !y ? NULL : y->next ? y->next : &y->v;
}

int pol_verdict_set(struct fib *f, const void *body, const char **why)
{
	const struct intent_verdict *i = body;
	struct verdicts *v = verdicts_of(f, i->policy, why);
	struct bpf_pol_key k;
	struct bpf_pol_verdict value;

	if (!v)
		return -ENOENT;
	polval_verdict(i, &k, &value);
	if (v->n_keep >= POLICY_VERDICTS && !verdicts_find(v, &k)) {
		*why = "too many verdicts in one policy";
		return -E2BIG;
	}
	verdicts_set(v, &k, &value);
	pol_due(f);
	return 0;
}

int pol_verdict_del(struct fib *f, const void *body, const char **why)
{
	const struct intent_verdict *i = body;
	struct verdicts *v = verdicts_of(f, i->policy, why);
	struct bpf_pol_key k;
	struct bpf_pol_verdict value;

	if (!v)
		return 0;
	polval_verdict(i, &k, &value);
	verdicts_unset(v, &k);
	pol_due(f);
	return 0;
}

int pol_policy_commit(struct fib *f, const void *body, const char **why)
{
	const struct intent_policy *i = body;
	struct pol *p = f->pol;
	struct policy *y = p ? find(p, i->policy) : NULL;

	if (!y || !y->next) {
		*why = "commit without begin";
		return -ENOENT;
	}
	pol_due(f);
	y->told = 1;
	if (y->committed && verdicts_same(&y->v, y->next)) {
		next_drop(y);
		return 0;
	}
	if (y->committed) { /* the old one has its endpoints until they have moved */
		struct verdicts *next = y->next;

		y->next = NULL;
		name_take(p, y);
		y = policy_new(p);
		name_give(p, y, i->policy);
		y->next = next;
	}
	verdicts_fini(&y->v);
	y->v = *y->next;
	free(y->next);
	y->next = NULL;
	y->committed = true;
	return 0;
}

int pol_policy_del(struct fib *f, const void *body, const char **why UNUSED)
{
	const struct intent_policy *i = body;
	struct policy *y = f->pol ? find(f->pol, i->policy) : NULL;

	if (!y)
		return 0;
	name_take(f->pol, y);
	pol_due(f);
	return 0;
}

void policies_forget(struct pol *p)
{
	struct policy *y, *next;

	HASH_ITER (hh, p->by_engine, y, next) {
		name_take(p, y);
		if (!y->nr)
			policy_free(p, y);
	}
}

void policies_sweep(struct fib *f)
{
	struct policy *y;

	/* What nobody has replaced stays as it is at the endpoints that are at it. */
	TAILQ_FOREACH (y, &f->pol->policies, q) {
		f->want.count[TABLE_POLICY].swept += !y->engine && !y->users;
		if (y->engine)
			verdicts_sweep(&y->v);
	}
}

/* ---- one map ---- */

static void path_of(const struct fib *f, uint32_t nr, char out[PATH])
{
	snprintf(out, PATH, "%s/%s%u", f->progs.dir, prefix, nr);
}

static uint32_t map_number(int fd, uint32_t *max)
{
	struct bpf_map_info i = { 0 };
	uint32_t len = sizeof(i);

	if (bpf_obj_get_info_by_fd(fd, &i, &len) ||
	    i.key_size != sizeof(struct bpf_pol_key) ||
	    i.value_size != sizeof(struct bpf_pol_verdict))
		return 0;
	*max = i.max_entries;
	return i.id;
}

static bool number_is_used(const struct pol *p, uint32_t nr)
{
	const struct policy *y;

	TAILQ_FOREACH (y, &p->policies, q)
		if (y->nr == nr)
			return true;
	return false;
}

static uint32_t number_new(struct pol *p)
{
	do
		p->last_nr++;
	while (!p->last_nr || number_is_used(p, p->last_nr));
	return p->last_nr;
}

/* At least twice what is in it now: new identities come in place. */
static uint32_t room_for(uint32_t n)
{
	uint32_t room = ROOM_MIN;

	while (room < n * 2 && room < ROOM_MAX)
		room *= 2;
	return room;
}

static void retire(struct pol *p, uint32_t nr)
{
	struct retired *r = xcalloc(1, sizeof(*r));

	r->nr = nr;
	STAILQ_INSERT_TAIL(&p->retired, r, q);
}

static void on_audit(void *arg, const void *key, const void *value)
{
	verdicts_audit(arg, key, value);
}

/* Return: 0 or -errno: what we know of the map is as before. */
static int map_audit(struct policy *y)
{
	int err = bpf_map_read(y->fd, on_audit, &y->v);

	if (!err)
		verdicts_audited(&y->v);
	return err;
}

static int fill(int fd, struct verdicts *v)
{
	struct verdict_batch b;
	uint32_t n;
	int err;

	verdicts_take(v, false, &b);
	n = bpf_map_write(fd, b.key, b.value, b.n, &err);
	verdicts_done(v, false, &b, n);
	return err;
}

/* A successor is in force before anybody is told of it; a first map can wait for
 * outer_write(). */
static int map_enter(struct fib *f, const struct policy *y, uint32_t nr, int fd)
{
	uint32_t value = (uint32_t)fd;
	int err = 0;

	if (y->nr)
		bpf_map_write(pol_fd(f, BPF_M_POL_VERDICT), &nr, &value, 1, &err);
	return err;
}

/* A map with all that is to be in it, under a number of its own. On failure what was
 * before is still in force. */
static int map_make(struct fib *f, struct policy *y)
{
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = BPF_F_NO_PREALLOC);
	uint32_t max = room_for(y->v.n_keep), nr = number_new(f->pol);
	char path[PATH];
	int err, fd = bpf_map_create(BPF_MAP_TYPE_HASH, "pol_set",
				     sizeof(struct bpf_pol_key),
				     sizeof(struct bpf_pol_verdict), max, &o);

	if (fd < 0)
		return fd;
	verdicts_unseen(&y->v);
	err = fill(fd, &y->v);
	path_of(f, nr, path);
	unlink(path);
	if (!err && bpf_obj_pin(fd, path))
		err = -errno;
	if (!err)
		err = map_enter(f, y, nr, fd);
	if (err) {
		unlink(path);
		close(fd);
		verdicts_unseen(&y->v); /* there, and what has the other one? */
		if (y->fd >= 0)
			map_audit(y);
		return err;
	}
	if (y->nr)
		retire(f->pol, y->nr);
	if (y->fd >= 0)
		close(y->fd);
	y->fresh = !y->nr;
	y->fd = fd;
	y->nr = nr;
	y->id = map_number(fd, &y->max);
	return 0;
}

/* The new one is the old one, with perhaps more: it takes over map and number. */
static void take_over(struct pol *p, struct policy *y, struct policy *from)
{
	y->fd = from->fd;
	y->nr = from->nr;
	y->id = from->id;
	y->max = from->max;
	y->fresh = from->fresh;
	verdicts_settled(&y->v);
	for (struct load *l = p->loads; l; l = l->hh.next) {
		if (l->live != from)
			continue;
		l->live = y;
		y->users++;
	}
	from->fd = -1;
	from->users = 0;
	policy_free(p, from);
}

/* ---- to the kernel ---- */

static const char *reason(int err)
{
	switch (err) {
	case 0:
		return "";
	case -E2BIG:
		return "there is no room for more policies";
	default:
		return strerror(-err);
	}
}

static bool waits(const struct policy *y)
{
	return y->err && clock_ms() < y->retry_ms;
}

static void failed(struct fib *f, struct policy *y, int err)
{
	if (err && err != y->err)
		log_warn(LOG_FIB, "policy %u cannot be loaded, %s, verdicts=%u",
			 y->engine, reason(err), y->v.n_keep);
	f->want.count[TABLE_POLICY].ops_failed += err != 0;
	f->want.count[TABLE_POLICY].ops_ok += !err;
	if (err)
		y->retry_ms = clock_ms() + POL_AGAIN_MS;
	y->err = err;
	str_copy(y->why, sizeof(y->why), reason(err));
}

/* Is nobody at that old policy who goes, or may go, elsewhere? What is added to the new
 * one would be allowed to him, too. */
static bool is_left_to(const struct pol *p, const struct policy *from,
		       const struct policy *y)
{
	for (const struct load *l = p->loads; l; l = l->hh.next)
		if (l->live == from && !(l->known && l->want.policy == y->engine))
			return false;
	return true;
}

/*
 * What is in force at an endpoint that a new engine has moved to this policy: stays
 * beside it up to the sweep. Return: the policy that has all of it already, and whose
 * map it can have; or NULL.
 */
static struct policy *inherit(struct fib *f, struct policy *y)
{
	struct policy *from = NULL;

	if (!f->want.syncing)
		return NULL;
	for (const struct load *l = f->pol->loads; l && !from; l = l->hh.next)
		if (l->known && l->want.policy == y->engine && l->live &&
		    l->live != y && !l->live->engine)
			from = l->live;
	if (!from)
		return NULL;
	return verdicts_keep(&y->v, &from->v) && from->v.n_todo == 0 &&
			       is_left_to(f->pol, from, y)
		       ? from
		       : NULL;
}

/* A policy of an earlier run that nobody is at, with the same verdicts. */
static struct policy *twin(struct fib *f, const struct policy *y)
{
	struct policy *other;

	TAILQ_FOREACH (other, &f->pol->policies, q)
		if (!other->engine && !other->users && other->nr && !other->v.n_todo &&
		    verdicts_same(&other->v, &y->v))
			return other;
	return NULL;
}

static void names_look(const struct pol *p)
{
	struct policy *y;

	TAILQ_FOREACH (y, &p->policies, q)
		y->named = false;
	for (const struct load *l = p->loads; l; l = l->hh.next) {
		y = l->known ? find(p, l->want.policy) : NULL;
		if (y)
			y->named = true;
	}
}

static void enter(struct fib *f, struct policy *y)
{
	struct policy *from;

	if (f->want.syncing && !y->named)
		return; /* which one it follows is not known yet */
	from = inherit(f, y);
	if (!from)
		from = twin(f, y);
	if (from) {
		take_over(f->pol, y, from);
		failed(f, y, 0);
		return;
	}
	failed(f, y, map_make(f, y));
}

/* What programs remember of verdicts is to be asked again. */
static void changed(struct fib *f)
{
	f->pol->opt.changes++;
	pol_opt_write(f);
}

/* What changed in place. */
static void update(struct fib *f, struct policy *y)
{
	struct verdict_batch b;
	uint32_t n = 0;
	int err = 0;

	if (y->v.n_keep > y->max) {
		failed(f, y, map_make(f, y));
		return;
	}
	verdicts_take(&y->v, false, &b);
	if (!b.n && !y->err)
		return;
	n = bpf_map_write(y->fd, b.key, b.value, b.n, &err);
	changed(f);
	f->want.count[TABLE_POLICY].repaired += verdicts_done(&y->v, false, &b, n);
	/* Those to be erased take room, too. */
	failed(f, y, err == -E2BIG ? map_make(f, y) : err);
}

/* One wait of the kernel serves a whole batch. */
static void outer_write(struct fib *f)
{
	uint32_t nr[BATCH], fd[BATCH], n = 0, done;
	struct policy *y, *who[BATCH];
	int err;

	TAILQ_FOREACH (y, &f->pol->policies, q) {
		if (y->fresh && !waits(y)) {
			who[n] = y;
			nr[n] = y->nr;
			fd[n++] = (uint32_t)y->fd;
		}
		if (n < BATCH && TAILQ_NEXT(y, q))
			continue;
		done = bpf_map_write(pol_fd(f, BPF_M_POL_VERDICT), nr, fd, n, &err);
		for (uint32_t i = 0; i < n; i++) {
			who[i]->fresh = i >= done;
			if (i >= done || who[i]->err)
				failed(f, who[i], i < done ? 0 : err);
		}
		n = 0;
	}
}

static void tell(struct fib *f, struct policy *y)
{
	struct intent_policy_state s = { .policy = y->engine, .err = y->err };

	if (!f->chan || !y->engine || (!y->nr && !y->err) || y->told == y->err)
		return;
	y->told = y->err;
	str_copy(s.why, sizeof(s.why), y->why);
	chan_put(f->chan, INTENT_POLICY_STATE, 0, &s, sizeof(s));
}

void policies_work(struct fib *f)
{
	struct policy *y;

	names_look(f->pol);
	TAILQ_FOREACH (y, &f->pol->policies, q) { /* enter() may take others off */
		if (!y->engine || !y->committed || waits(y))
			continue;
		if (!y->nr)
			enter(f, y);
		else
			update(f, y);
	}
	outer_write(f);
	TAILQ_FOREACH (y, &f->pol->policies, q) {
		if (waits(y)) /* however early this turn came */
			pol_again(f, y->retry_ms);
		tell(f, y);
	}
}

/* ---- from the kernel ---- */

static void erase(struct fib *f, struct policy *y)
{
	struct verdict_batch b;
	uint32_t n;
	int err;

	verdicts_take(&y->v, true, &b);
	if (!b.n)
		return;
	n = bpf_map_erase(y->fd, b.key, b.n, &err);
	changed(f);
	f->want.count[TABLE_POLICY].repaired += verdicts_done(&y->v, true, &b, n);
	if (err)
		pol_again(f, clock_ms() + POL_AGAIN_MS);
}

/* Programs that run now may have read a record that named it: wait until they are
 * through. MEMBARRIER_CMD_GLOBAL is a grace period of the kernel. */
static void grace(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

static void retired_remove(struct fib *f)
{
	uint32_t nr[BATCH], n = 0;
	struct retired *r;
	char path[PATH];
	int err;

	if (!STAILQ_EMPTY(&f->pol->retired))
		grace();
	while ((r = STAILQ_FIRST(&f->pol->retired))) {
		STAILQ_REMOVE_HEAD(&f->pol->retired, q);
		path_of(f, r->nr, path);
		unlink(path);
		nr[n++] = r->nr;
		free(r);
		if (n == BATCH || STAILQ_EMPTY(&f->pol->retired)) {
			bpf_map_erase(pol_fd(f, BPF_M_POL_VERDICT), nr, n, &err);
			n = 0;
		}
	}
}

void policies_clean(struct fib *f)
{
	struct policy *y, *next;

	for (y = TAILQ_FIRST(&f->pol->policies); y; y = next) {
		next = TAILQ_NEXT(y, q);
		if (y->nr)
			erase(f, y);
		if (y->engine || y->users || (f->want.syncing && y->nr))
			continue;
		if (y->nr)
			retire(f->pol, y->nr);
		policy_free(f->pol, y);
	}
	retired_remove(f);
}

/* ---- found ---- */

static void on_found(void *arg, const void *key, const void *value)
{
	verdicts_found(arg, key, value);
}

static void adopt_one(struct fib *f, uint32_t nr)
{
	struct policy *y;
	char path[PATH];
	uint32_t max, id;
	int fd;

	path_of(f, nr, path);
	fd = bpf_obj_get(path);
	id = fd < 0 ? 0 : map_number(fd, &max);
	if (!id || number_is_used(f->pol, nr)) {
		unlink(path);
		if (fd >= 0)
			close(fd);
		return;
	}
	y = policy_new(f->pol);
	y->fd = fd;
	y->nr = nr;
	y->id = id;
	y->max = max;
	y->committed = true;
	y->fresh = true; /* cheaper than to look whether the outer one has it */
	f->pol->last_nr = MAX_OF(f->pol->last_nr, nr);
	if (!bpf_map_read(fd, on_found, &y->v))
		return;
	unlink(path); /* who knows what it allows */
	policy_free(f->pol, y);
}

struct outer {
	struct fib *f;
	uint32_t n;
	uint32_t strange[BATCH];
};

static void on_outer(void *arg, const void *key, const void *value)
{
	struct outer *o = arg;
	struct policy *y;
	uint32_t nr, id;

	memcpy(&nr, key, sizeof(nr));
	memcpy(&id, value, sizeof(id));
	TAILQ_FOREACH (y, &o->f->pol->policies, q)
		if (y->nr == nr)
			break;
	if (!y && o->n < BATCH)
		o->strange[o->n++] = nr;
	else if (y && y->id == id)
		y->fresh = false;
}

/* Every policy is as fresh as it is not in the outer map. */
static int outer_read(struct fib *f)
{
	struct outer o = { .f = f };
	struct policy *y;
	int err;

	TAILQ_FOREACH (y, &f->pol->policies, q)
		y->fresh = y->nr != 0;
	err = bpf_map_read(pol_fd(f, BPF_M_POL_VERDICT), on_outer, &o);
	for (uint32_t i = 0; i < o.n; i++)
		retire(f->pol, o.strange[i]);
	return err;
}

int policies_adopt(struct fib *f)
{
	DIR *d = opendir(f->progs.dir);
	const struct dirent *e;
	int err;

	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, prefix, strlen(prefix)))
			adopt_one(f, (uint32_t)strtoul(e->d_name + strlen(prefix), NULL,
						       10));
	if (d)
		closedir(d);
	/* One that was deleted is not given again: there may be connections that it has
	 * allowed. The maps live as long as this clock. */
	f->pol->last_nr = MAX_OF(f->pol->last_nr, (uint32_t)clock_ms());
	err = outer_read(f);
	outer_write(f);
	return err;
}

int policies_audit(struct fib *f)
{
	struct policy *y;
	int err = outer_read(f);

	TAILQ_FOREACH (y, &f->pol->policies, q) {
		char path[PATH];

		f->want.count[TABLE_POLICY].repaired += y->fresh;
		if (!y->nr || map_audit(y))
			continue;
		path_of(f, y->nr, path);
		if (access(path, F_OK))
			bpf_obj_pin(y->fd, path);
	}
	return err;
}

void policies_remove(struct fib *f)
{
	struct policy *y;

	TAILQ_FOREACH (y, &f->pol->policies, q)
		if (y->nr)
			retire(f->pol, y->nr);
	retired_remove(f);
}

void policies_free(struct pol *p)
{
	struct policy *y, *next;
	struct retired *r;

	for (y = TAILQ_FIRST(&p->policies); y; y = next) {
		next = TAILQ_NEXT(y, q);
		policy_free(p, y);
	}
	while ((r = STAILQ_FIRST(&p->retired))) {
		STAILQ_REMOVE_HEAD(&p->retired, q);
		free(r);
	}
}

void policies_count(struct fib *f)
{
	struct intent_table_counters *c = &f->want.count[TABLE_POLICY], was = *c;
	const struct policy *y;

	c->wanted = c->seen = c->missing = c->extra = c->failed = 0;
	TAILQ_FOREACH (y, &f->pol->policies, q) {
		bool wanted = y->engine && y->committed &&
			      (y->nr || !f->want.syncing || y->named);

		c->wanted += wanted;
		c->seen += y->nr && !y->fresh;
		c->missing += wanted && (!y->nr || y->fresh || y->v.n_todo);
		c->extra += !y->engine;
		c->failed += y->err != 0;
	}
	f->want.changed |= memcmp(&was, c, sizeof(was)) != 0;
}
