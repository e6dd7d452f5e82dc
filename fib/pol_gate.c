/*
 * Endpoints whose policy cannot be enforced, because programs or maps are refused, or
 * not yet there, and those that are declared no longer: their devices are closed. Mode
 * dormant is made for it: whatever happens to the carrier, a bridge keeps the port
 * disabled until we say otherwise. To an ILA endpoint, which is in no bridge, nothing
 * is delivered. What an earlier run has left in force is not closed, even for a moment.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "fib/dev.h"
#include "fib/ila_int.h"
#include "fib/link.h"
#include "fib/pol_int.h"
#include "fib/state.h"

static bool programs_run(const struct fib *f, uint32_t i)
{
	const struct bpf_attach *a = &f->attach;

	return (bpf_attach_there(a, BPF_P_NET_CONTAINER, i) &&
		bpf_attach_there(a, BPF_P_NET_TO_CONTAINER, i)) ||
	       (f->progs.polices[BPF_O_ILA] &&
		bpf_attach_there(a, BPF_P_CONTAINER, i) &&
		bpf_attach_there(a, BPF_P_TO_CONTAINER, i));
}

static bool programs_left(const struct fib *f, uint32_t i)
{
	const char *dir = bpf_dir(f);

	return (bpf_attach_left(dir, BPF_P_NET_CONTAINER, i) &&
		bpf_attach_left(dir, BPF_P_NET_TO_CONTAINER, i)) ||
	       (bpf_attach_left(dir, BPF_P_CONTAINER, i) &&
		bpf_attach_left(dir, BPF_P_TO_CONTAINER, i));
}

/* Does the record of an earlier run allow something else than everything? Who may not
 * look believes it. */
static bool record_left(const struct fib *f, uint32_t i)
{
	struct bpf_pol_ep e = { 0 };
	char path[256];
	int fd, err;

	snprintf(path, sizeof(path), "%s/pol_ep_v1", bpf_dir(f));
	fd = bpf_obj_get(path);
	if (fd < 0)
		return errno == EPERM;
	err = bpf_map_lookup_elem(fd, &i, &e) ? errno : 0;
	close(fd);
	return err == EPERM || (!err && (e.flags & POL_OPEN) != POL_OPEN);
}

/* A policy that is refused, or not there, leaves what was: no policy, perhaps. */
static bool is_enforced(const struct fib *f, const struct load *l, uint32_t ifindex)
{
	const struct pol *p = f->pol;
	const struct policy *y;

	if (!p->open)
		return programs_left(f, ifindex) && record_left(f, ifindex);
	y = load_policy(p, l);
	if (l->live_open && (!y || y->err))
		return false;
	if (!mirror_done(&p->eps, &ifindex))
		return false;
	return programs_run(f, ifindex) ||
	       (l->want.flags & WORKLOAD_ILA && programs_left(f, ifindex));
}

/* No document is about it: there is nothing to enforce. */
static bool is_free(const struct fib *f, const struct load *l)
{
	const struct policy *y = load_policy(f->pol, l);
	struct bpf_pol_ep e = { 0 };

	if (y)
		verdicts_shapes(&y->v, &e);
	return !l->want.policy || (e.flags & POL_OPEN) == POL_OPEN;
}

static void dormant_set(struct fib *f, struct link *dev, bool on)
{
	char why[NL_WHY];
	int err;

	if (on ? dev->dormant && !dev->forced : !dev->dormant)
		return;
	err = dev_dormant(&f->nl, dev->ifindex, on, why);
	if (err && err != -ENODEV)
		log_err(LOG_FIB, "%s: cannot be %s, %s, err=%d", dev->name,
			on ? "closed" : "opened", why, err);
	if (err)
		return;
	dev->dormant = on;
	dev->forced = false;
}

static void gate_set(struct fib *f, struct load *l, struct link *dev)
{
	bool ila = l->want.flags & WORKLOAD_ILA;

	if (!l->known) /* what a new engine wants of it is not known */
		return;
	l->shut = l->want.flags & WORKLOAD_CLOSED ||
		  (!is_free(f, l) && !is_enforced(f, l, dev->ifindex));
	dormant_set(f, dev, l->shut && !ila);
}

void gates_work(struct fib *f)
{
	for (struct load *l = f->pol->loads; l; l = l->hh.next) {
		struct link *dev = link_by_name(f, l->want.ifname);

		if (dev && dev->kind == LINK_OTHER && !dev->loopback)
			gate_set(f, l, dev);
		else
			l->shut = false;
	}
}

void pol_gate_before(struct fib *f, struct link *dev)
{
	struct load *l = f->pol ? load_find(f->pol, dev->name) : NULL;

	if (l)
		gate_set(f, l, dev);
}

/* ---- what follows ---- */

static void hold(struct fib *f, struct load *l, bool on)
{
	if (l->held == on)
		return;
	l->held = on;
	ila_eps_on(f, l->want.ifname);
}

/* Programs that are on their way are not waited for: those of ILA follow the route. */
void gate_told(struct fib *f, struct load *l)
{
	bool failed = l->shut && l->err && l->err != -EINPROGRESS;

	if (failed && !l->warned)
		log_err(LOG_FIB, "%s: policy is not enforced there, %s", l->want.ifname,
			l->why);
	else if (l->warned && !l->shut)
		log_info(LOG_FIB, "%s: is open again", l->want.ifname);
	l->warned = failed || (l->warned && l->shut);
	hold(f, l, l->want.flags & WORKLOAD_ILA && l->warned);
}

bool pol_gate_held(const struct fib *f, const char *ifname)
{
	const struct load *l = f->pol ? load_find(f->pol, ifname) : NULL;

	return l && l->held;
}

void gate_open(struct fib *f, struct load *l)
{
	struct link *dev = link_by_name(f, l->want.ifname);

	if (l->shut && dev)
		dormant_set(f, dev, false);
	l->shut = false;
	hold(f, l, false);
}

void gates_sweep(struct fib *f)
{
	for (struct endpoint *e = f->endpoints; e; e = e->hh.next) {
		struct link *dev = link_by_name(f, e->ifname);

		if (dev && !(f->pol && load_find(f->pol, e->ifname)))
			dormant_set(f, dev, false);
	}
}
