/*
 * What is in the maps, told to the core: at the start, when all of it is from an
 * earlier run, and in audits, when somebody else may have changed it.
 */
#include <errno.h>
#include <string.h>

#include "fib/be_bpf_int.h"
#include "fib/ilaval.h"
#include "fib/state.h"
#include "lib/log.h"
#include "lib/util.h"

struct dumper {
	struct fib *f;
	struct be_bpf *b;
	bool first;
};

/* len: of a whole address, or of its first half */
static struct want_key key_of(uint8_t table, const void *bytes, size_t len)
{
	struct want_key k = { .vni = ILA_PLANE_EBPF, .ip.len = 16, .table = table };

	memcpy(k.ip.b, bytes, len);
	return k;
}

/* ---- domains: two entries for one of ours ---- */

struct dom_entry {
	struct ila64 prefix;
	struct bpf_ila_dom v;
	bool taken; /* locator: belongs to a prefix */
};

struct dom_table {
	struct dom_entry e[256];
	unsigned n;
};

static void on_dom(void *arg, const void *key, const void *value)
{
	struct dom_table *t = arg;
	struct dom_entry *e;

	if (t->n == ARRAY_SIZE(t->e))
		return;
	e = &t->e[t->n++];
	memcpy(&e->prefix, key, sizeof(e->prefix));
	memcpy(&e->v, value, sizeof(e->v));
	e->taken = false;
}

/* Is l how this prefix's locator looks? */
static bool leads_back(const struct dom_entry *s, const struct dom_entry *l,
		       struct want_val *v)
{
	struct bpf_ila_dom sir, loc;

	v->to = want_of_half(&l->prefix);
	return bpf_dom_values(&s->prefix, v, s->v.dom, &sir, &loc) &&
	       !memcmp(&loc, &l->v, sizeof(loc));
}

static struct want_val dom_read(struct dom_table *t, const struct dom_entry *s)
{
	static const struct ila64 none;
	struct want_val v = { .num = s->v.flags & (uint32_t)~BPF_ILA_DOM_ROUTER,
			      .to = want_of_half(&none),
			      .csum = s->v.to.mode,
			      .ident_type = s->v.to.type };
	struct bpf_ila_dom sir, loc;

	for (unsigned i = 0; i < t->n; i++) {
		struct dom_entry *l = &t->e[i];
		struct want_val with = v;

		if (l->v.kind != BPF_ILA_LOCATOR || l->taken ||
		    !leads_back(s, l, &with))
			continue;
		l->taken = true;
		v = with;
		break;
	}
	bpf_dom_values(&s->prefix, &v, s->v.dom, &sir, &loc);
	if (v.csum >= ILA_CSUMS || memcmp(&sir, &s->v, sizeof(sir)))
		v.flags = WV_STRANGE;
	return v;
}

/* The number that the entry has, if nobody else has it. */
static void number_adopt(struct be_bpf *b, const struct dom_entry *s)
{
	struct bpf_dom *d = &b->dom[s->v.dom % BPF_ILA_DOMS];

	if (d == b->dom || d->used || bpf_dom_find(b, &s->prefix))
		return;
	d->used = true;
	d->sir = s->prefix;
	d->flags = s->v.flags & (uint16_t)~BPF_ILA_DOM_ROUTER;
}

static int dump_doms(struct dumper *d)
{
	int fd = d->b->progs->map[BPF_M_DOM], err;
	struct dom_table t = { .n = 0 };

	err = bpf_map_read(fd, on_dom, &t);
	for (unsigned i = 0; !err && i < t.n; i++) {
		const struct dom_entry *s = &t.e[i];
		struct want_key k = key_of(TABLE_ILA_DOMAIN, &s->prefix, 8);
		struct want_val v;

		if (s->v.kind != BPF_ILA_SIR)
			continue;
		if (d->first)
			number_adopt(d->b, s);
		v = dom_read(&t, s);
		if (s->v.dom != bpf_dom_find(d->b, &s->prefix))
			v.flags = WV_STRANGE;
		ila_seen(d->f, &k, &v, d->first);
	}
	/* A locator of no domain would translate for nobody. */
	for (unsigned i = 0; !err && i < t.n; i++) {
		if (t.e[i].v.kind == BPF_ILA_SIR || t.e[i].taken)
			continue;
		bpf_map_erase(fd, &t.e[i].prefix, 1, &err);
	}
	return err;
}

/* ---- the rest ---- */

static void on_local(void *arg, const void *key, const void *value)
{
	struct dumper *d = arg;
	struct want_key k = key_of(TABLE_ILA_LOCAL, key, 16);
	struct ila_addr a = ila_addr(&k);
	uint16_t dom = bpf_dom_find(d->b, &a.prefix);
	struct bpf_ila_local l;
	struct want_val v;

	memcpy(&l, value, sizeof(l));
	v = bpf_local_read(&a, &l, mirror_seen(&d->b->ifs, &l.ifindex), dom,
			   d->b->dom[dom].flags);
	ila_seen(d->f, &k, &v, d->first);
}

/* The number of a group back to the locators; of an earlier run: by its contents. */
static bool group_value(struct dumper *d, const struct ila64 *sir, uint32_t nr,
			struct want_val *v)
{
	const struct bpf_ila_group *g = mirror_seen(&d->b->groups.map, &nr);
	struct bpf_group_key k = { .sir = *sir };
	const struct bpf_group_key *known;
	struct ila_hops h;

	if (d->first && g && bpf_group_read(g, sir, &h, &k.csum)) {
		k.hops = ila_hops_get(d->f, &h);
		bpf_groups_adopt(&d->b->groups, nr, &k);
	}
	known = bpf_groups_find(&d->b->groups, nr);
	if (!known || !ila64_eq(&known->sir, sir) || known->csum != v->csum)
		return false;
	v->num = known->hops;
	return true;
}

static void on_map(void *arg, const void *key, const void *value)
{
	struct dumper *d = arg;
	struct want_key k = key_of(TABLE_ILA_MAP, key, 16);
	struct ila_addr a = ila_addr(&k);
	struct bpf_ila_rewrite r;
	struct want_val v;

	memcpy(&r, value, sizeof(r));
	if (!r.aux) {
		v = bpf_rewrite_read(&a.prefix, &r);
	} else {
		v = (struct want_val) { .csum = r.mode, .ident_type = r.type };
		if (r.prefix || r.diff || !group_value(d, &a.prefix, r.aux, &v))
			v.flags = WV_STRANGE;
	}
	ila_seen(d->f, &k, &v, d->first);
}

int be_bpf_adopt(struct be_bpf *b)
{
	int err = mirror_adopt(&b->ifs, b->progs->map[BPF_M_IF]);

	if (!err)
		err = mirror_adopt(&b->remotes, b->progs->map[BPF_M_REMOTE]);
	if (!err)
		err = mirror_adopt(&b->ways, b->progs->map[BPF_M_WAY]);
	if (!err)
		err = mirror_adopt(&b->groups.map, b->progs->map[BPF_M_GROUP]);
	return err;
}

static int audit_mirrors(struct be_bpf *b)
{
	int err = mirror_audit(&b->ifs);

	if (!err)
		err = mirror_audit(&b->remotes);
	if (!err)
		err = mirror_audit(&b->ways);
	if (!err)
		err = mirror_audit(&b->groups.map);
	return err;
}

int be_bpf_tables(struct fib *f, struct be_bpf *b, bool first)
{
	struct dumper d = { .f = f, .b = b, .first = first };
	int err = first ? 0 : audit_mirrors(b);

	if (!err)
		err = dump_doms(&d);
	if (!err)
		err = bpf_map_read(b->progs->map[BPF_M_LOCAL], on_local, &d);
	if (!err)
		err = bpf_map_read(b->progs->map[BPF_M_MAP], on_map, &d);
	return err;
}
