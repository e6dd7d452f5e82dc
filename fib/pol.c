/*
 * Identity and policy in the kernel: opens programs and maps when something is wanted,
 * and sees to the order of what is written (spec: identity-policy 7.7). Not for what is
 * in the maps: fib/pol_policy.c (verdicts), fib/pol_ident.c (addresses), fib/pol_load.c
 * (endpoints), fib/net.c (forwarding), fib/pol_seen.c (what is really there).
 */
#include "fib/pol.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fib/bpf_map.h"
#include "fib/pol_int.h"
#include "fib/run.h"
#include "fib/state.h"
#include "lib/clock.h"
#include "lib/util.h"

/* A map grows so many times over when it is full, up to so many entries. */
enum { GROWTH = 4, ENTRIES_MAX = 1 << 24, RETRY_MS = 10000, CONNECTIONS = 1 << 16 };

int pol_fd(const struct fib *f, enum bpf_map_id m)
{
	return f->progs.map[m];
}

void pol_due(struct fib *f)
{
	f->pol->due = true;
	fib_turn_soon(f);
}

void pol_again(struct fib *f, int64_t at_ms)
{
	f->pol->again_ms = MIN_OF(f->pol->again_ms, at_ms);
}

struct pol *pol_get(struct fib *f)
{
	struct pol *p = f->pol;

	if (p)
		return p;
	p = f->pol = xcalloc(1, sizeof(*p));
	TAILQ_INIT(&p->policies);
	STAILQ_INIT(&p->retired);
	p->idents = (struct want_dom) { .queue = WQ_POL, .open = true };
	p->opt.overlay = BPF_POL_INIT;
	p->again_ms = INT64_MAX;
	p->ways_next_ms = INT64_MAX;
	mirror_init(&p->eps, sizeof(uint32_t), sizeof(struct bpf_pol_ep));
	mirror_init(&p->groups, sizeof(struct bpf_pol_group), sizeof(uint32_t));
	mirror_init(&p->net_doms, sizeof(uint32_t), sizeof(struct bpf_net_dom));
	mirror_init(&p->vteps, sizeof(struct bpf_net_vtep), sizeof(uint32_t));
	return p;
}

/* ---- room ---- */

static int grow_to(struct fib *f, enum bpf_map_id m, uint32_t max)
{
	char why[BPF_WHY] = "";
	uint32_t at;
	int err = bpf_progs_grow(&f->progs, m, max, why);

	if (err) {
		log_warn(LOG_FIB, "policy: a map cannot grow, %s, entries=%u wanted=%u",
			 why, f->progs.max[m], max);
		return -E2BIG;
	}
	for (int o = 0; o < BPF_OBJS; o++) {
		bpf_attach_reload(&f->attach, o);
		bpf_attach_work(&f->attach, o, 0, &at);
	}
	log_info(LOG_FIB, "policy: a map has grown, entries=%u", max);
	return 0;
}

int pol_grow(struct fib *f, enum bpf_map_id m)
{
	uint32_t was = f->progs.max[m];
	uint32_t most = f->o->bpf_map_max ? f->o->bpf_map_max : ENTRIES_MAX;
	uint32_t max = MIN_OF(was * GROWTH, most);

	return was < max ? grow_to(f, m, max) : -E2BIG;
}

void pol_room(struct fib *f, uint32_t n)
{
	f->progs.room[BPF_M_POL_CT] = n ? n : CONNECTIONS;
}

/* The table of connections is there from the start, all of it: it is made large when
 * there is policy, and not where programs of ILA alone would have it. It never
 * shrinks: connections would be lost. */
static void room_make(struct fib *f)
{
	uint32_t *room = &f->progs.room[BPF_M_POL_CT];
	int was;

	if (!*room)
		pol_room(f, 0);
	if (pol_fd(f, BPF_M_POL_CT) < 0 || f->progs.max[BPF_M_POL_CT] >= *room)
		return;
	was = dup(pol_fd(f, BPF_M_POL_CT));
	if (grow_to(f, BPF_M_POL_CT, *room))
		*room = f->progs.max[BPF_M_POL_CT]; /* old ones go earlier, then */
	else if (was >= 0) /* what began before the programs were replaced */
		bpf_map_add(was, pol_fd(f, BPF_M_POL_CT));
	if (was >= 0)
		close(was);
}

int pol_push(struct fib *f, struct mirror *m, enum bpf_map_id id)
{
	int err = mirror_write(m, false);

	while (err == -E2BIG && !pol_grow(f, id))
		err = mirror_write(m, false);
	if (err)
		pol_again(f, clock_ms() + POL_AGAIN_MS);
	return err;
}

/* ---- opening and closing ---- */

static int adopt(struct fib *f)
{
	struct pol *p = f->pol;
	int err = mirror_adopt(&p->eps, pol_fd(f, BPF_M_POL_EP));
	struct bpf_pol_opt was = { 0 };
	uint32_t zero = 0;

	/* Verdicts may have changed since programs were told so. */
	bpf_map_lookup_elem(pol_fd(f, BPF_M_POL_OPT), &zero, &was);
	p->opt.changes = was.changes + 1;

	if (!err)
		err = mirror_adopt(&p->groups, pol_fd(f, BPF_M_POL_GROUP));
	if (!err)
		err = mirror_adopt(&p->net_doms, pol_fd(f, BPF_M_NET_DOM));
	if (!err)
		err = mirror_adopt(&p->vteps, pol_fd(f, BPF_M_NET_VTEP));
	return err ? err : policies_adopt(f);
}

static void serve(struct fib *f, bool on)
{
	struct pol *p = f->pol;

	want_serve(&f->want, &p->idents, on, true);
	for (struct net_dom *d = p->doms; d; d = d->hh.next)
		want_serve(&f->want, &d->w, on, d->w.open);
}

static void close_all(struct fib *f)
{
	pol_monitor_close(f->pol);
	net_ways_listen(f, false);
	bpf_attach_close(&f->attach, BPF_O_NET);
	bpf_progs_close(&f->progs, BPF_O_NET);
	f->pol->open = false;
	serve(f, false);
}

static int open_all(struct fib *f)
{
	struct pol *p = f->pol;
	int err;

	if (p->open)
		return 0;
	room_make(f);
	p->why[0] = '\0';
	err = bpf_progs_open(&f->progs, BPF_O_NET, bpf_dir(f), 0, p->why);
	if (!err) {
		bpf_attach_open(&f->attach, BPF_O_NET);
		for (const struct link *l = f->links; l; l = l->hh.next)
			bpf_attach_adopt(&f->attach, BPF_O_NET, l->ifindex);
		err = adopt(f);
	}
	if (err && !p->why[0])
		str_copy(p->why, sizeof(p->why), strerror(-err));
	if (err && err != p->err)
		log_err(LOG_FIB, "policy: cannot be enforced, %s, err=%d", p->why, err);
	p->err = err;
	p->open = !err;
	p->opt_due = p->singles_due = p->take_due = true;
	if (err)
		close_all(f);
	else
		serve(f, true);
	return err;
}

/* Is there anything that the programs are for? */
static bool in_use(const struct fib *f)
{
	const struct pol *p = f->pol;
	const struct intent_table_counters *c = f->want.count;

	return p->loads || p->by_engine || net_in_use(p) || c[TABLE_IDENT].wanted ||
	       c[TABLE_IDENT].seen || c[TABLE_NET_FDB].seen || c[TABLE_NET_NEIGH].seen;
}

void pol_flush(struct fib *f)
{
	struct pol *p = f->pol;

	for (struct load *l = p ? p->loads : NULL; l; l = l->hh.next)
		gate_open(f, l);
	if (!p || !p->open)
		return;
	bpf_attach_flush(&f->attach, BPF_O_NET);
	policies_remove(f);
	bpf_progs_remove(&f->progs, BPF_O_NET);
	close_all(f);
	policies_free(p);
	loads_free(p);
	mirror_fini(&p->eps);
	mirror_fini(&p->groups);
	mirror_fini(&p->net_doms);
	mirror_fini(&p->vteps);
}

void pol_fini(struct fib *f)
{
	struct pol *p = f->pol;
	struct local *l, *next;

	if (!p)
		return;
	if (p->open)
		close_all(f);
	policies_free(p);
	loads_free(p);
	net_free(p);
	net_ways_free(p);
	HASH_ITER (hh, p->locals, l, next) {
		HASH_DEL(p->locals, l);
		free(l);
	}
	mirror_fini(&p->eps);
	mirror_fini(&p->groups);
	mirror_fini(&p->net_doms);
	mirror_fini(&p->vteps);
	free(p);
	f->pol = NULL;
}

/* ---- generations ---- */

void pol_sync_begin(struct fib *f)
{
	struct pol *p = f->pol;

	if (!p)
		return;
	policies_forget(p);
	for (struct load *l = p->loads; l; l = l->hh.next)
		l->known = false;
	mirror_renew(&p->groups);
	p->monitor = false;
	pol_due(f);
}

static void tables_sweep(struct fib *f)
{
	struct pol *p = f->pol;

	p->swept = true;
	bpf_attach_sweep(&f->attach, BPF_O_NET);
	mirror_sweep(&p->eps);
	mirror_sweep(&p->groups);
	mirror_sweep(&p->net_doms);
	mirror_sweep(&p->vteps);
	bpf_progs_sweep(&f->progs);
}

void pol_sweep(struct fib *f)
{
	gates_sweep(f);
	if (!f->pol)
		return;
	mirror_renewed(&f->pol->groups);
	loads_sweep(f);
	pol_locals_sweep(f);
	policies_sweep(f);
	pol_due(f);
}

/* ---- turns ---- */

void pol_opt_write(struct fib *f)
{
	struct pol *p = f->pol;
	uint32_t zero = 0;

	p->opt.flags = p->monitor ? BPF_POL_OPT_EVENTS : 0;
	bpf_map_update_elem(pol_fd(f, BPF_M_POL_OPT), &zero, &p->opt, BPF_ANY);
	p->opt_due = false;
}

static void trouble(struct fib *f, int err)
{
	struct pol *p = f->pol;

	if (err && err != p->err)
		log_warn(LOG_FIB, "policy: maps cannot be written, err=%d", err);
	p->err = err;
}

/* Return: are programs and maps there? */
static bool is_ready(struct fib *f, int64_t now)
{
	struct pol *p = f->pol;

	if (p->open)
		return true;
	if (now >= p->retry_ms) {
		p->due = true;
		if (!open_all(f))
			return true;
		p->retry_ms = clock_ms() + RETRY_MS;
	}
	if (p->due)
		loads_tell(f);
	p->due = false;
	return false;
}

void pol_before(struct fib *f)
{
	struct pol *p = f->pol;
	int64_t now = clock_ms();

	if (!p || (!p->open && !in_use(f)) || !is_ready(f, now))
		return;
	if (now >= p->again_ms) {
		p->again_ms = INT64_MAX;
		p->due = true;
	}
	if (!p->due)
		return;
	if (p->opt_due)
		pol_opt_write(f);
	room_make(f);
	loads_resolve(f);
	gates_work(f);
	policies_work(f);
	loads_reshape(f);
	net_work(f);
	pol_monitor_work(f);
	trouble(f, pol_push(f, &p->groups, BPF_M_POL_GROUP));
}

static void pull(struct fib *f, struct mirror *m)
{
	if (mirror_write(m, true))
		pol_again(f, clock_ms() + POL_AGAIN_MS);
}

/* In reverse: who has an address went before, by pol_apply(). moved: no record names a
 * policy that is left. */
static void clean(struct fib *f, bool moved)
{
	struct pol *p = f->pol;

	pull(f, &p->eps);
	pull(f, &p->vteps);
	pull(f, &p->net_doms);
	pull(f, &p->groups);
	if (moved)
		policies_clean(f);
}

/* What became of programs of ILA is news to endpoints of ours. */
static bool is_due(const struct fib *f)
{
	return f->pol->due || f->pol->ila_changes != f->attach.changes[BPF_O_ILA];
}

static void work_after(struct fib *f)
{
	struct pol *p = f->pol;
	int err;

	p->due = false;
	p->ila_changes = f->attach.changes[BPF_O_ILA];
	if (!f->want.syncing && !p->swept)
		tables_sweep(f);
	err = loads_work(f);
	loads_tell(f);
	if (f->want.n_queue[WQ_POL])
		p->due = true; /* addresses first */
	else
		clean(f, !err);
	if (p->due)
		fib_turn_soon(f);
	policies_count(f);
	loads_count(f);
	/* Programs go a few at a time, like they came: not by pol_flush(). */
	if (p->swept && !p->due && !f->want.syncing && !in_use(f)) {
		pol_flush(f);
		policies_count(f);
		loads_count(f);
	}
}

int64_t pol_after(struct fib *f)
{
	struct pol *p = f->pol;

	if (p && p->open && is_due(f))
		work_after(f);
	if (!p || (!p->open && !in_use(f)))
		return INT64_MAX;
	return p->open ? p->again_ms : p->retry_ms;
}

int pol_dump(struct fib *f, bool first)
{
	int err;

	if (first && bpf_progs_left(bpf_dir(f), BPF_O_NET)) {
		pol_get(f);
		open_all(f);
	}
	if (!f->pol || !f->pol->open)
		return 0;
	err = pol_tables_read(f, first);
	if (!first) {
		bpf_attach_audit(&f->attach, BPF_O_NET);
		err = err ? err : policies_audit(f);
		f->pol->opt_due = f->pol->singles_due = true;
		f->pol->take_due = true;
		net_ways_gc(f);
	}
	net_ways_touch(f);
	return err;
}

void pol_link_changed(struct fib *f, const struct link *l, const char *was)
{
	if (!f->pol)
		return;
	if (strcmp(l->name, was))
		pol_locals_on(f, was);
	pol_locals_on(f, l->name);
	net_ways_touch(f); /* endpoints are looked at, too */
}

/* At once: the next device may have its ifindex. */
void pol_link_gone(struct fib *f, const struct link *l)
{
	struct pol *p = f->pol;

	if (!p)
		return;
	if (p->open) {
		mirror_discard(&p->eps, &l->ifindex);
		bpf_attach_gone(&f->attach, l->ifindex);
		mirror_write(&p->eps, true);
	}
	pol_locals_on(f, l->name);
	net_ways_touch(f);
}

void pol_offload_changed(struct fib *f)
{
	if (f->pol)
		pol_due(f);
}

/* The underlay may be another device now. */
void pol_addr_changed(struct fib *f)
{
	if (f->pol)
		net_ways_touch(f);
}
