/*
 * Endpoints under policy: the record of each device in pol_ep_v1, and the programs on
 * it. A device gets a record that allows nothing before programs run there: one without
 * a record would be open. Which policy a record names changes in one write, when that
 * policy is in the kernel; up to then the last one stays in force.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fib/link.h"
#include "fib/pol_int.h"
#include "fib/state.h"
#include "lib/chan.h"
#include "lib/clock.h"
#include "lib/util.h"

struct load *load_find(const struct pol *p, const char *ifname)
{
	struct load *l;

	HASH_FIND_STR(p->loads, ifname, l);
	return l;
}

/* ---- records ---- */

int pol_workload_set(struct fib *f, const void *body, const char **why UNUSED)
{
	const struct intent_workload *i = body;
	struct pol *p = pol_get(f);
	struct load *l = load_find(p, i->ifname);

	if (!l) {
		l = xcalloc(1, sizeof(*l));
		str_copy(l->want.ifname, sizeof(l->want.ifname), i->ifname);
		HASH_ADD_STR(p->loads, want.ifname, l);
	}
	l->want.vni = i->vni;
	l->want.identity = i->identity;
	l->want.policy = i->policy;
	l->want.cookie = i->cookie;
	l->want.flags = i->flags;
	l->want.mac = i->mac;
	l->want.group = i->group;
	l->gen = f->want.gen;
	l->known = true;
	l->was_told = false;
	pol_due(f);
	return 0;
}

static void live_set(struct load *l, struct policy *y, bool open)
{
	if (y)
		y->users++;
	if (l->live)
		l->live->users--;
	l->live = y;
	l->live_open = open;
}

static void fdb_set(struct fib *f, struct load *l, bool on)
{
	on = on && l->want.flags & WORKLOAD_EBPF && l->ifindex &&
	     !mac_is_zero(&l->want.mac);
	if (l->fdb_vni &&
	    (!on || l->fdb_vni != l->want.vni || !mac_eq(&l->fdb_mac, &l->want.mac)))
		net_local(f, l->fdb_vni, &l->fdb_mac, 0);
	l->fdb_vni = on ? l->want.vni : 0;
	l->fdb_mac = l->want.mac;
	if (on)
		net_local(f, l->fdb_vni, &l->fdb_mac, l->ifindex);
}

static void load_drop(struct fib *f, struct load *l)
{
	struct pol *p = f->pol;

	gate_open(f, l);
	fdb_set(f, l, false);
	live_set(l, NULL, false);
	if (l->ifindex)
		mirror_unset(&p->eps, &l->ifindex);
	HASH_DEL(p->loads, l);
	free(l);
}

int pol_workload_del(struct fib *f, const void *body, const char **why UNUSED)
{
	const struct intent_workload *i = body;
	struct load *l = f->pol ? load_find(f->pol, i->ifname) : NULL;

	if (!l)
		return 0;
	load_drop(f, l);
	pol_due(f);
	return 0;
}

void loads_sweep(struct fib *f)
{
	struct load *l, *next;

	HASH_ITER (hh, f->pol->loads, l, next)
		if (l->gen != f->want.gen) {
			f->want.count[TABLE_WORKLOAD].swept++;
			load_drop(f, l);
		}
}

void loads_free(struct pol *p)
{
	struct load *l, *next;

	HASH_ITER (hh, p->loads, l, next) {
		HASH_DEL(p->loads, l);
		free(l);
	}
}

/* ---- what the map says ---- */

static struct bpf_pol_ep record(const struct load *l)
{
	struct bpf_pol_ep e = {
		.identity = l->want.identity,
		.vni = l->want.vni,
		.policy = l->live ? l->live->nr : 0,
		.group = l->want.group,
		.ip4 = l->ip4,
	};

	memcpy(e.mac, &l->want.mac, sizeof(e.mac));
	memcpy(e.ip6, l->ip6, sizeof(e.ip6));
	if (l->want.flags & WORKLOAD_ILA)
		e.flags |= BPF_POL_EP_ILA;
	if (l->want.flags & WORKLOAD_EBPF)
		e.flags |= BPF_POL_EP_FAST;
	if (l->want.flags & WORKLOAD_CLOSED)
		return e; /* whoever it says it is */
	if (!mac_is_zero(&l->want.mac) || l->want.flags & WORKLOAD_ILA)
		e.flags |= BPF_POL_EP_GUARD;
	if (l->live_open)
		e.flags |= POL_OPEN;
	if (l->live)
		verdicts_shapes(&l->live->v, &e);
	return e;
}

static void record_set(struct fib *f, const struct load *l)
{
	struct bpf_pol_ep e = record(l);

	mirror_set(&f->pol->eps, &l->ifindex, &e);
}

/* Has this very device had our programs before we came? */
static bool was_ours(const struct fib *f, uint32_t ifindex)
{
	return bpf_attach_found(&f->attach, BPF_P_NET_TO_CONTAINER, ifindex) ||
	       bpf_attach_found(&f->attach, BPF_P_TO_CONTAINER, ifindex);
}

/* What an earlier run has put in force there stays so for now. */
static void record_adopt(struct fib *f, struct load *l)
{
	const struct bpf_pol_ep *e = mirror_seen(&f->pol->eps, &l->ifindex);
	struct policy *y;

	if (!e)
		return;
	if (!was_ours(f, l->ifindex)) {
		mirror_discard(&f->pol->eps, &l->ifindex);
		return;
	}
	if (!e->policy)
		live_set(l, NULL, (e->flags & POL_OPEN) == POL_OPEN);
	TAILQ_FOREACH (y, &f->pol->policies, q)
		if (e->policy && y->nr == e->policy)
			live_set(l, y, false);
}

static void device_set(struct fib *f, struct load *l, uint32_t ifindex)
{
	if (l->ifindex == ifindex)
		return;
	if (l->ifindex)
		mirror_discard(&f->pol->eps, &l->ifindex);
	live_set(l, NULL, false);
	l->ifindex = ifindex;
	if (ifindex)
		record_adopt(f, l);
}

void loads_resolve(struct fib *f)
{
	struct pol *p = f->pol;

	for (struct load *l = p->loads; l; l = l->hh.next) {
		const struct link *dev = link_by_name(f, l->want.ifname);

		device_set(f, l,
			   dev && dev->ethernet && !dev->loopback ? dev->ifindex : 0);
		fdb_set(f, l, true);
		l->addrs_pending = false;
		l->ip4 = 0;
		memset(l->ip6, 0, sizeof(l->ip6));
	}
	pol_locals_look(f);
	for (const struct load *l = p->loads; l; l = l->hh.next)
		if (l->ifindex)
			record_set(f, l);
	pol_push(f, &p->eps, BPF_M_POL_EP);
}

struct policy *load_policy(const struct pol *p, const struct load *l)
{
	return l->known && l->want.policy ? policy_of(p, l->want.policy) : NULL;
}

/* The policy that it is to have, once that is in the kernel. Return: false: nothing is
 * known or loaded yet. */
static bool target(const struct pol *p, const struct load *l, struct policy **y)
{
	*y = load_policy(p, l);
	if (!l->known)
		return false;
	return !l->want.policy || (*y && (*y)->nr && !(*y)->fresh);
}

void loads_reshape(struct fib *f)
{
	for (struct load *l = f->pol->loads; l; l = l->hh.next)
		if (l->ifindex && (l->live || l->live_open))
			record_set(f, l);
	pol_push(f, &f->pol->eps, BPF_M_POL_EP);
}

/* An ILA endpoint has the programs of ILA, which ask policy themselves; where the
 * kernel translates there are none. */
static bool has_ila_progs(const struct fib *f, const struct load *l)
{
	return l->want.flags & WORKLOAD_ILA &&
	       bpf_attach_state(&f->attach, BPF_P_TO_CONTAINER, l->ifindex) != -ENOENT;
}

static void attach_all(struct fib *f)
{
	uint32_t at = 0;
	int err;

	bpf_attach_renew(&f->attach, BPF_O_NET);
	for (const struct load *l = f->pol->loads; l; l = l->hh.next) {
		if (!l->ifindex || has_ila_progs(f, l))
			continue;
		bpf_attach_set(&f->attach, BPF_P_NET_CONTAINER, l->ifindex);
		bpf_attach_set(&f->attach, BPF_P_NET_TO_CONTAINER, l->ifindex);
	}
	net_attach(f);
	bpf_attach_renewed(&f->attach, BPF_O_NET);
	err = bpf_attach_work(&f->attach, BPF_O_NET, BPF_ATTACH_TURN, &at);
	if (err == -EINPROGRESS)
		f->pol->due = true;
	else if (err)
		pol_again(f, clock_ms() + POL_AGAIN_MS);
}

int loads_work(struct fib *f)
{
	struct pol *p = f->pol;
	struct policy *y;
	int err;

	for (struct load *l = p->loads; l; l = l->hh.next) {
		if (!l->ifindex)
			continue;
		if (target(p, l, &y))
			live_set(l, y, !l->want.policy);
		record_set(f, l);
	}
	err = pol_push(f, &p->eps, BPF_M_POL_EP);
	attach_all(f);
	return err;
}

/* ---- what the engine is told ---- */

static int says(char *why, size_t size, int err, const char *text)
{
	str_copy(why, size, text);
	return err;
}

static int attach_err(const struct fib *f, const struct load *l)
{
	bool ila = has_ila_progs(f, l);
	int in = bpf_attach_state(
		&f->attach, ila ? BPF_P_CONTAINER : BPF_P_NET_CONTAINER, l->ifindex);
	int out = bpf_attach_state(&f->attach,
				   ila ? BPF_P_TO_CONTAINER : BPF_P_NET_TO_CONTAINER,
				   l->ifindex);

	return in ? in : out;
}

static int state_of(const struct fib *f, const struct load *l, char *why, size_t size)
{
	const struct pol *p = f->pol;
	const struct link *dev = link_by_name(f, l->want.ifname);
	struct policy *y;
	int err;

	if (!dev)
		return says(why, size, -ENODEV, "no such device");
	if (!p->open)
		return says(why, size, p->err ? p->err : -EINPROGRESS,
			    p->err ? p->why : "programs are being loaded");
	if (!l->ifindex)
		return says(why, size, -EMEDIUMTYPE, "device has no Ethernet header");
	if (!target(p, l, &y)) {
		if (y && y->err)
			return says(why, size, y->err, y->why);
		return says(why, size, -EINPROGRESS, "its policy is not loaded");
	}
	if (!mirror_done(&p->eps, &l->ifindex))
		return says(why, size, -EAGAIN, "its record cannot be written");
	if (y && has_ila_progs(f, l) && !f->progs.polices[BPF_O_ILA])
		return says(why, size, -EOPNOTSUPP, "programs of ILA ask no policy");
	err = attach_err(f, l);
	if (err == -EINPROGRESS || err == -ENOENT)
		return says(why, size, -EINPROGRESS, "its programs are not attached");
	if (err) {
		snprintf(why, size, "programs cannot be attached: %.30s",
			 strerror(-err));
		return err;
	}
	if (l->addrs_pending)
		return says(why, size, -EINPROGRESS, "its addresses are not written");
	return 0;
}

static void look(const struct fib *f, struct load *l)
{
	char why[sizeof(l->why)] = "";

	memset(l->why, 0, sizeof(l->why));
	l->err = state_of(f, l, why, sizeof(why));
	if (l->err && l->shut)
		snprintf(l->why, sizeof(l->why), "port closed: %.50s", why);
	else
		str_copy(l->why, sizeof(l->why), why);
}

static void tell(struct fib *f, struct load *l)
{
	struct intent_workload_state s = { .err = l->err, .policy = l->want.policy };

	if (!f->chan || !l->known)
		return;
	str_copy(s.ifname, sizeof(s.ifname), l->want.ifname);
	str_copy(s.why, sizeof(s.why), l->why);
	if (l->was_told && !memcmp(&s, &l->told, sizeof(s)))
		return;
	l->told = s;
	l->was_told = true;
	chan_put(f->chan, INTENT_WORKLOAD_STATE, 0, &s, sizeof(s));
}

void loads_tell(struct fib *f)
{
	/* They may have been written since this turn began. */
	for (struct load *l = f->pol->loads; l; l = l->hh.next)
		l->addrs_pending = false;
	pol_locals_look(f);
	gates_work(f);
	for (struct load *l = f->pol->loads; l; l = l->hh.next) {
		look(f, l);
		gate_told(f, l);
		tell(f, l);
	}
}

void loads_count(struct fib *f)
{
	struct intent_table_counters *c = &f->want.count[TABLE_WORKLOAD], was = *c;
	const struct mirror *m = &f->pol->eps;

	c->wanted = c->seen = c->missing = c->failed = 0;
	for (const struct load *l = f->pol->loads; l; l = l->hh.next) {
		c->wanted++;
		c->seen += !l->err;
		/* without its device nothing can be there */
		c->missing += l->err && l->err != -ENODEV;
		c->failed += l->err && l->err != -EINPROGRESS;
	}
	c->extra = mirror_extra(m);
	c->repaired = m->repaired + f->attach.repaired;
	f->want.changed |= memcmp(&was, c, sizeof(was)) != 0;
}
