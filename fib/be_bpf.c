/*
 * The eBPF data plane: writes the differences of its tables into the maps of
 * bpf/ila.bpf.c, and sees to it that the programs run where packets come in, that what
 * the host itself sends comes to them (fib/ila_gate.c), and that what they mark is
 * rejected (fib/nft.c). Maps, programs and devices outlive us and are found again.
 */
#include "fib/be_bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "fib/be_bpf_int.h"
#include "fib/ila_gate.h"
#include "fib/ilaval.h"
#include "fib/link.h"
#include "fib/state.h"
#include "lib/chan.h"
#include "lib/clock.h"
#include "lib/util.h"

enum { COUNTERS_MS = 1000, AGAIN_MS = 2000 };

/* A map grows so many times over when it is full, up to so many entries. */
enum { GROWTH = 4, ENTRIES_MAX = 1 << 24 };

static struct be_bpf *be(const struct fib *f)
{
	return f->bpf;
}

/* ---- numbers of domains ---- */

uint16_t bpf_dom_find(const struct be_bpf *b, const struct ila64 *sir)
{
	for (uint16_t i = 1; i < BPF_ILA_DOMS; i++)
		if (b->dom[i].used && ila64_eq(&b->dom[i].sir, sir))
			return i;
	return 0;
}

/* Counters of a number begin at zero: whoever had it before is gone. */
static void counters_clear(const struct be_bpf *b, uint32_t dom)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *zero = xcalloc(cpus > 0 ? (size_t)cpus : 1, sizeof(*zero));

	for (uint32_t i = 0; cpus > 0 && i < ILA_COUNTS; i++) {
		uint32_t key = dom * BPF_ILA_ROW + i;

		bpf_map_update_elem(b->progs->map[BPF_M_COUNT], &key, zero, BPF_ANY);
	}
	free(zero);
}

uint16_t bpf_dom_get(struct be_bpf *b, const struct ila64 *sir)
{
	uint16_t nr = bpf_dom_find(b, sir);

	for (unsigned i = 0; !nr && i < BPF_ILA_DOMS; i++) {
		uint32_t next = (b->last_dom + 1) % BPF_ILA_DOMS;

		b->last_dom = next;
		if (next && !b->dom[next].used)
			nr = (uint16_t)next;
	}
	if (!nr || b->dom[nr].used)
		return nr;
	b->dom[nr] = (struct bpf_dom) { .used = true, .sir = *sir };
	counters_clear(b, nr);
	return nr;
}

/* Numbers of domains that are gone, from here and from the kernel, are free again. */
static void doms_release(const struct fib *f, struct be_bpf *b)
{
	for (unsigned i = 1; i < BPF_ILA_DOMS; i++) {
		struct want_key k = { .vni = ILA_PLANE_EBPF,
				      .ip.len = 16,
				      .table = TABLE_ILA_DOMAIN };
		const struct want_entry *e;

		if (!b->dom[i].used || b->dom[i].served)
			continue;
		memcpy(k.ip.b, &b->dom[i].sir, sizeof(b->dom[i].sir));
		e = want_find(&f->want, &k);
		if (!e || !(e->flags & WE_SEEN))
			b->dom[i].used = false;
	}
}

/* ---- opening and closing ---- */

/* The buckets of the map of mappings: at most 1/512 of the machine's memory at first.
 */
static uint32_t first_size(const struct fib *f)
{
	struct sysinfo s;
	uint32_t n = 1 << 20;
	uint64_t bytes;

	if (f->o->bpf_map_size)
		return f->o->bpf_map_size;
	if (sysinfo(&s))
		return 1 << 16;
	bytes = (uint64_t)s.totalram * s.mem_unit;
	while (n > 1 << 14 && (uint64_t)n * 16 > bytes / 512)
		n /= 2;
	return n;
}

static int open_parts(struct fib *f, struct be_bpf *b, char *why)
{
	int err = bpf_progs_open(b->progs, BPF_O_ILA, bpf_dir(f), first_size(f), why);

	if (err)
		return err;
	bpf_attach_open(b->attach, BPF_O_ILA);
	for (const struct link *l = f->links; l; l = l->hh.next)
		bpf_attach_adopt(b->attach, BPF_O_ILA, l->ifindex);
	mirror_init(&b->ifs, sizeof(uint32_t), sizeof(struct bpf_ila_if));
	mirror_init(&b->remotes, sizeof(__be64), sizeof(struct bpf_ila_rewrite));
	mirror_init(&b->ways, sizeof(__be64), sizeof(struct bpf_ila_way));
	bpf_groups_init(&b->groups);
	err = be_bpf_adopt(b);
	if (!err)
		err = nft_open(&b->nft);
	if (!err)
		err = nft_install(&b->nft, BPF_ILA_MARK_UNREACH, why);
	if (err && !why[0])
		str_copy(why, NL_WHY, strerror(-err));
	return err;
}

static void close_parts(struct be_bpf *b)
{
	bpf_attach_close(b->attach, BPF_O_ILA);
	mirror_fini(&b->ifs);
	mirror_fini(&b->remotes);
	mirror_fini(&b->ways);
	bpf_groups_fini(&b->groups);
	nft_close(&b->nft);
	bpf_writer_free(b->writer);
	b->writer = NULL;
	bpf_progs_close(b->progs, BPF_O_ILA);
	b->open = false;
}

static int open_all(struct fib *f, char *why)
{
	struct be_bpf *b = be(f);
	int err;

	if (b && b->open)
		return 0;
	if (!b)
		b = f->bpf = xcalloc(1, sizeof(*b));
	*b = (struct be_bpf) {
		.progs = &f->progs,
		.attach = &f->attach,
		.nft.nl.fd = -1,
		.max_entries = f->o->bpf_map_max ? f->o->bpf_map_max : ENTRIES_MAX,
	};
	why[0] = '\0';
	err = open_parts(f, b, why);
	b->open = !err;
	if (err)
		close_parts(b);
	return err;
}

static int bpf_probe(struct fib *f, char *why)
{
	return open_all(f, why);
}

static void bpf_close(struct fib *f)
{
	if (!be(f))
		return;
	if (be(f)->open)
		close_parts(be(f));
	free(f->bpf);
	f->bpf = NULL;
}

/* ---- room ---- */

/* Return: 0: there is room now; -E2BIG: no more. */
static int grow(struct be_bpf *b, enum bpf_map_id m)
{
	uint32_t was = b->progs->max[m], at;
	uint32_t max = MIN_OF(was * GROWTH, b->max_entries);
	char why[BPF_WHY] = "";
	int err;

	if (was >= max)
		return -E2BIG;
	err = bpf_progs_grow(b->progs, m, max, why);
	if (err) {
		log_warn(LOG_FIB, "eBPF: a full map cannot grow, %s, entries=%u", why,
			 was);
		return -E2BIG;
	}
	bpf_attach_reload(b->attach, BPF_O_ILA);
	err = bpf_attach_work(b->attach, BPF_O_ILA, 0, &at);
	log_info(LOG_FIB, "eBPF: a full map has grown, entries=%u err=%d", max, err);
	return 0;
}

int bpf_mirror_push(struct be_bpf *b, struct mirror *m, enum bpf_map_id id)
{
	int err = mirror_write(m, false);

	while (err == -E2BIG && !grow(b, id))
		err = mirror_write(m, false);
	return err;
}

/* What mappings lean on comes before them. */
static int push_before(struct be_bpf *b)
{
	int err = bpf_mirror_push(b, &b->remotes, BPF_M_REMOTE);

	return err ? err : bpf_mirror_push(b, &b->groups.map, BPF_M_GROUP);
}

static int pull_after(struct be_bpf *b)
{
	int err = mirror_write(&b->groups.map, true);

	err = err ? err : mirror_write(&b->remotes, true);
	if (!err)
		err = bpf_mirror_push(b, &b->ways, BPF_M_WAY);
	return err ? err : mirror_write(&b->ways, true);
}

/* ---- writing entries ---- */

static const char *reason(int err)
{
	switch (err) {
	case -E2BIG:
		return "the map of the kernel is full";
	case -ENOSPC:
		return "too many SIR domains in the eBPF data plane";
	default:
		return "";
	}
}

static void done(struct fib *f, struct want_entry *e, int err)
{
	want_done(&f->want, e, err, reason(err));
}

static int map_fd(const struct be_bpf *b)
{
	return b->progs->map[BPF_M_MAP];
}

/* Into a larger map? One may have come since the batch was written. */
static bool set_may_go_on(struct be_bpf *b, const struct bpf_batch *s)
{
	if (s->room < b->progs->max[BPF_M_MAP])
		return true;
	if (b->away)
		bpf_writer_wait(b->writer); /* growing copies the map */
	return !grow(b, BPF_M_MAP);
}

/* What became of a batch: n entries are in the map, err is that of the next. The rest
 * follows here. */
static void set_end(struct fib *f, struct bpf_batch *s, uint32_t n, int err)
{
	struct be_bpf *b = be(f);
	uint32_t at = 0;

	for (;;) {
		for (; at < n; at++)
			done(f, s->who[at], 0);
		if (at == s->n)
			break;
		if (err != -E2BIG || !set_may_go_on(b, s))
			done(f, s->who[at++], err);
		s->room = b->progs->max[BPF_M_MAP];
		n = at + bpf_map_write(map_fd(b), s->key + at, s->value + at, s->n - at,
				       &err);
	}
	s->n = 0;
}

static void set_take(struct fib *f)
{
	struct be_bpf *b = be(f);
	uint32_t n;
	int err;

	if (!b->away)
		return;
	n = bpf_writer_take(b->writer, &err);
	b->away = false;
	set_end(f, &b->set[!b->filling], n, err);
}

static void set_fail(struct fib *f, struct bpf_batch *s, int err)
{
	for (uint32_t i = 0; i < s->n; i++)
		done(f, s->who[i], err);
	s->n = 0;
}

/* Write what is gathered, or have it written while more is. */
static void set_write(struct fib *f, bool more)
{
	struct be_bpf *b = be(f);
	struct bpf_batch *s = &b->set[b->filling];
	int err = push_before(b);
	uint32_t n;

	if (err) {
		set_fail(f, s, err);
		return;
	}
	s->room = b->progs->max[BPF_M_MAP];
	if (more && !b->writer)
		b->writer = bpf_writer_new();
	if (more && b->writer && !(b->away && bpf_writer_is_busy(b->writer))) {
		set_take(f);
		bpf_writer_give(b->writer, map_fd(b), s->key, s->value, s->n);
		b->away = true;
		b->filling = !b->filling;
		return;
	}
	n = bpf_map_write(map_fd(b), s->key, s->value, s->n, &err);
	set_end(f, s, n, err);
}

/* Nothing is under way when this returns. */
static void flush_set(struct fib *f)
{
	struct be_bpf *b = be(f);

	if (b->set[b->filling].n)
		set_write(f, false);
	set_take(f);
}

static void flush_del(struct fib *f)
{
	struct be_bpf *b = be(f);
	struct bpf_batch *s = &b->del;
	uint32_t n;
	int err;

	n = bpf_map_erase(b->progs->map[BPF_M_MAP], s->key, s->n, &err);
	for (uint32_t i = 0; i < s->n; i++)
		done(f, s->who[i], i < n ? 0 : err);
	s->n = 0;
}

static struct bpf_ila_rewrite map_value(struct fib *f, const struct ila64 *sir,
					const struct want_val *v)
{
	struct bpf_group_key k = { .sir = *sir, .hops = v->num, .csum = v->csum };

	if (!v->num)
		return bpf_rewrite_value(sir, v);
	return (struct bpf_ila_rewrite) {
		.mode = v->csum,
		.type = v->ident_type,
		.aux = bpf_groups_get(&be(f)->groups, &k, ila_hops(f, v->num)),
	};
}

static void put_map(struct fib *f, struct want_entry *e)
{
	struct be_bpf *b = be(f);
	bool add = want_is_active(e);
	struct bpf_batch *s = add ? &b->set[b->filling] : &b->del;
	struct ila_addr a = ila_addr(&e->key);

	s->key[s->n] = ilaval_addr(&a);
	if (add)
		s->value[s->n] = map_value(f, &a.prefix, &e->want);
	s->who[s->n++] = e;
	if (s->n < BPF_BATCH)
		return;
	if (add)
		set_write(f, true);
	else
		flush_del(f);
}

static int write_one(struct be_bpf *b, enum bpf_map_id m, const void *key,
		     const void *value)
{
	int err = bpf_map_update_elem(b->progs->map[m], key, value, BPF_ANY);

	while (err == -E2BIG && !grow(b, m))
		err = bpf_map_update_elem(b->progs->map[m], key, value, BPF_ANY);
	return err;
}

/* A prefix or locator; zeros are none. */
static int erase_half(struct be_bpf *b, const struct ip *a)
{
	struct ila64 half = want_half(a);
	int err = 0;

	if (!ila64_is_zero(&half))
		bpf_map_erase(b->progs->map[BPF_M_DOM], &half, 1, &err);
	return err;
}

static int put_dom(struct be_bpf *b, const struct want_entry *e)
{
	struct ila64 sir = want_half(&e->key.ip);
	struct bpf_ila_dom s, l;
	bool has_locator;
	uint16_t dom;
	int err;

	if (!want_is_active(e)) {
		err = erase_half(b, &e->seen.to);
		return err ? err : erase_half(b, &e->key.ip);
	}
	dom = bpf_dom_get(b, &sir);
	if (!dom)
		return -ENOSPC;
	has_locator = bpf_dom_values(&sir, &e->want, dom, &s, &l);
	err = write_one(b, BPF_M_DOM, e->key.ip.b, &s);
	if (!err && has_locator)
		err = write_one(b, BPF_M_DOM, e->want.to.b, &l);
	if (!err && memcmp(&e->seen.to, &e->want.to, sizeof(e->seen.to)))
		err = erase_half(b, &e->seen.to);
	return err;
}

static int put_local(struct be_bpf *b, const struct want_entry *e)
{
	struct ila_addr a = ila_addr(&e->key);
	struct bpf_ila_local l;
	uint16_t dom;
	int err;

	if (!want_is_active(e)) {
		bpf_map_erase(b->progs->map[BPF_M_LOCAL], e->key.ip.b, 1, &err);
		return err;
	}
	dom = bpf_dom_get(b, &a.prefix);
	if (!dom)
		return -ENOSPC;
	l = bpf_local_value(&e->want, dom, b->dom[dom].flags);
	return write_one(b, BPF_M_LOCAL, e->key.ip.b, &l);
}

static void put_other(struct fib *f, struct want_entry *e)
{
	int err;

	if (!want_is_active(e))
		flush_set(f); /* one that left is mapped before it is no longer here */
	err = e->key.table == TABLE_ILA_DOMAIN ? put_dom(be(f), e)
					       : put_local(be(f), e);
	done(f, e, err);
}

static void bpf_apply(struct fib *f, unsigned max)
{
	struct be_bpf *b = be(f);
	struct want_entry *e;

	for (; max && (e = want_next(&f->want, WQ_BPF)); max--) {
		f->applied++;
		if (!b || !b->open)
			done(f, e, want_is_active(e) ? -EOPNOTSUPP : 0);
		else if (e->key.table == TABLE_ILA_MAP)
			put_map(f, e);
		else
			put_other(f, e);
	}
	if (!b || !b->open)
		return;
	flush_set(f);
	flush_del(f);
	pull_after(b);
}

/* ---- domains and locators ---- */

/* Entries of its endpoints say whether it has VNIDs. */
static void locals_again(struct fib *f, const struct ila64 *sir)
{
	for (const struct ila_ep *p = f->ila.eps; p; p = p->hh.next) {
		struct want_key k = { .vni = ILA_PLANE_EBPF,
				      .ip.len = 16,
				      .table = TABLE_ILA_LOCAL };
		struct want_entry *e;

		memcpy(k.ip.b, &p->want.addr, 16);
		e = ila64_eq(&p->want.addr.prefix, sir) ? want_find(&f->want, &k)
							: NULL;
		if (e)
			want_flag(&f->want, e, WE_UNSURE, 0);
	}
}

static int bpf_dom_set(struct fib *f, struct ila_dom *d, char *why)
{
	int err = open_all(f, why);
	struct bpf_dom *mine;
	uint16_t nr;

	if (err)
		return err;
	nr = bpf_dom_get(be(f), &d->sir);
	if (!nr) {
		doms_release(f, be(f));
		nr = bpf_dom_get(be(f), &d->sir);
	}
	if (!nr) {
		str_copy(why, NL_WHY, reason(-ENOSPC));
		return -ENOSPC;
	}
	mine = &be(f)->dom[nr];
	mine->served = true;
	if (mine->flags != d->want.flags) {
		mine->flags = d->want.flags;
		locals_again(f, &d->sir);
	}
	f->ila.work_due = true;
	return 0;
}

static void bpf_dom_del(struct fib *f, struct ila_dom *d)
{
	uint16_t nr = be(f) ? bpf_dom_find(be(f), &d->sir) : 0;

	if (!nr)
		return;
	be(f)->dom[nr].served = false;
	ila_gate_unroute(f, &d->sir);
	f->ila.work_due = true;
}

static void bpf_loc_set(struct fib *f, struct ila_loc *l)
{
	struct bpf_ila_rewrite r =
		ilaval_from_wire(&l->key.locator, &l->key.sir, (enum ila_csum)l->csum);

	if (be(f) && be(f)->open)
		mirror_set(&be(f)->remotes, &l->key.locator, &r);
}

/* The way is that of the locator, in whatever domain. */
static void bpf_loc_way(struct fib *f, struct ila_loc *l)
{
	struct bpf_ila_way w = { .ifindex = l->hop.ifindex, .mtu = l->mtu };

	if (!be(f) || !be(f)->open)
		return;
	if (l->err) {
		mirror_unset(&be(f)->ways, &l->key.locator);
		return;
	}
	if (l->hop.has_gw)
		memcpy(w.via, l->hop.gw, sizeof(w.via));
	mirror_set(&be(f)->ways, &l->key.locator, &w);
}

/* Another domain with the same locator goes by the stack until it is asked again. */
static void bpf_loc_del(struct fib *f, struct ila_loc *l)
{
	const struct bpf_ila_rewrite *r;

	if (!be(f) || !be(f)->open)
		return;
	mirror_unset(&be(f)->ways, &l->key.locator);
	r = mirror_get(&be(f)->remotes, &l->key.locator);
	if (r && r->prefix == ilaval_prefix(&l->key.sir))
		mirror_unset(&be(f)->remotes, &l->key.locator);
}

static void bpf_link_gone(struct fib *f, uint32_t ifindex)
{
	if (be(f) && be(f)->open)
		bpf_attach_gone(be(f)->attach, ifindex);
}

static void bpf_hops_freed(struct fib *f, uint32_t id)
{
	if (be(f) && be(f)->open)
		bpf_groups_forget(&be(f)->groups, id);
}

/* ---- turns ---- */

static void trouble(struct be_bpf *b, int err, const char *why)
{
	if (err && err != b->err)
		log_warn(LOG_FIB, "eBPF: %s, err=%d", why[0] ? why : strerror(-err),
			 err);
	b->err = err;
}

static void sweep(struct be_bpf *b)
{
	b->swept = true;
	bpf_attach_sweep(b->attach, BPF_O_ILA);
	mirror_sweep(&b->ifs);
	mirror_sweep(&b->remotes);
	mirror_sweep(&b->ways);
	mirror_sweep(&b->groups.map);
	bpf_progs_sweep(b->progs);
}

static void bpf_flush(struct fib *f)
{
	struct be_bpf *b = be(f);

	if (!b || !b->open)
		return;
	ila_gate_remove(f);
	bpf_attach_flush(b->attach, BPF_O_ILA);
	nft_remove(&b->nft);
	bpf_progs_remove(b->progs, BPF_O_ILA);
	close_parts(b);
}

static void bpf_work(struct fib *f)
{
	struct be_bpf *b = be(f);
	char why[NL_WHY] = "";
	struct bpf_underlay u;
	int err;

	if (!b || !b->open)
		return;
	if (!f->want.syncing && !b->swept)
		sweep(b);
	doms_release(f, b);
	bpf_underlay_find(f, &u);
	err = bpf_devices_work(f, &u, why);
	if (!err && !nft_is_intact(&b->nft))
		err = nft_install(&b->nft, BPF_ILA_MARK_UNREACH, why);
	push_before(b);
	trouble(b, err, why);
	b->again_ms = err ? clock_ms() + AGAIN_MS : 0;
	if (!b->swept || u.any)
		return;
	if (!f->want.n_queue[WQ_BPF] && !f->ila.work_due) {
		bpf_flush(f);
	} else { /* its last entries go first, and programs a few at a time */
		f->ila.work_due = true;
		fib_turn_soon(f);
	}
}

int64_t be_bpf_retry(struct fib *f, int64_t now)
{
	struct be_bpf *b = be(f);

	if (!b || !b->open || !b->again_ms)
		return INT64_MAX;
	if (now < b->again_ms)
		return b->again_ms;
	b->again_ms = 0;
	f->ila.work_due = true;
	fib_turn_soon(f);
	return INT64_MAX;
}

static int bpf_dump(struct fib *f, bool first)
{
	struct be_bpf *b;
	char why[NL_WHY];
	int err;

	if (first && bpf_progs_left(bpf_dir(f), BPF_O_ILA)) {
		err = open_all(f, why);
		if (err)
			log_warn(LOG_FIB,
				 "eBPF: what is left cannot be used, %s, "
				 "err=%d",
				 why, err);
	}
	b = be(f);
	if (!b || !b->open)
		return 0;
	err = be_bpf_tables(f, b, first);
	if (!first)
		bpf_attach_audit(b->attach, BPF_O_ILA);
	f->ila.work_due = true;
	return err;
}

/* ---- counters ---- */

int64_t be_bpf_counters(struct fib *f)
{
	struct be_bpf *b = be(f);
	int64_t now = clock_ms();

	if (!b || !b->open || !f->chan)
		return INT64_MAX;
	if (now - b->told_ms < COUNTERS_MS)
		return b->told_ms + COUNTERS_MS;
	b->told_ms = now;
	for (uint32_t i = 1; i < BPF_ILA_DOMS; i++) {
		struct intent_ila_counters c = { .sir = b->dom[i].sir };

		if (!b->dom[i].served ||
		    bpf_map_sums(b->progs->map[BPF_M_COUNT], i * BPF_ILA_ROW,
				 ILA_COUNTS, c.n) ||
		    !memcmp(c.n, b->dom[i].told, sizeof(c.n)))
			continue;
		memcpy(b->dom[i].told, c.n, sizeof(c.n));
		chan_put(f->chan, INTENT_ILA_COUNTERS, 0, &c, sizeof(c));
	}
	return now + COUNTERS_MS;
}

void be_bpf_retell(struct fib *f)
{
	struct be_bpf *b = be(f);

	for (unsigned i = 1; b && i < BPF_ILA_DOMS; i++)
		memset(b->dom[i].told, 0, sizeof(b->dom[i].told));
}

const struct ila_backend be_bpf = {
	.name = "ebpf",
	.queue = WQ_BPF,
	.probe = bpf_probe,
	.close = bpf_close,
	.dom_set = bpf_dom_set,
	.dom_del = bpf_dom_del,
	.loc_set = bpf_loc_set,
	.loc_way = bpf_loc_way,
	.loc_del = bpf_loc_del,
	.hops_freed = bpf_hops_freed,
	.link_gone = bpf_link_gone,
	.apply = bpf_apply,
	.work = bpf_work,
	.flush = bpf_flush,
	.dump = bpf_dump,
};
